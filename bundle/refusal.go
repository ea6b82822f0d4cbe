package bundle

import (
	"errors"
	"fmt"
)

// Refusal is the answer to untrusted input that is not believed. Its code is
// stable: tests, logs and the desk's records name it. Its sentence is for the
// person who brought the medium; values out of the input stand in it quoted, so
// that nothing in them can act on a terminal.
type Refusal struct {
	Code string // such as tar-link or age-trailing; part before the dash is the layer
	Why  string // one sentence: what was found, where, and what was wanted
	Err  error  // the cause, when another package found it
}

// Refuse makes a refusal. Quote what comes out of the input with %q.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Why: fmt.Sprintf(format, args...)}
}

// RefuseFor makes a refusal out of an error of another package.
func RefuseFor(code string, err error, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Why: fmt.Sprintf(format, args...), Err: err}
}

// Error gives sentence and code.
func (r *Refusal) Error() string {
	if r.Err != nil {
		return fmt.Sprintf("%s: %v [%s]", r.Why, r.Err, r.Code)
	}
	return fmt.Sprintf("%s [%s]", r.Why, r.Code)
}

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// RefusalCode returns the code of the refusal in err, or "" when err is none.
func RefusalCode(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}
