package localmon

import (
	"errors"
	"fmt"
	"strings"
)

// What may keep a look at a target from succeeding, where the difference
// decides what a person does next. A [Source] wraps one of these into the error
// it returns and into [Batch.Partial]; anything else reads as unreachable.
var (
	// ErrUnreachable says that the target did not answer, or not in time.
	ErrUnreachable = errors.New("unreachable")
	// ErrCertificateChanged says that the target showed another certificate
	// than the one pinned: another machine may be answering.
	ErrCertificateChanged = errors.New("certificate changed")
	// ErrTokenRefused says that the target answered and refused the log-in.
	ErrTokenRefused = errors.New("token refused")
)

// TargetError is a failure to look at a target as a whole: which, what happened,
// and what to do.
type TargetError struct {
	What    string // how the target is spoken of, such as array or SNMP of
	Target  string // the site's name for it
	Address string // where it was asked
	Kind    error  // one of the sentinels a caller decides on
	Hint    string // what a person should do next
	Err     error  // the cause, may be nil
}

// Error says all of it on one line.
func (e *TargetError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (%s): %v", e.What, e.Target, e.Address, e.Kind)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *TargetError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
