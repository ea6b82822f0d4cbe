package airlock

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"syscall"
	"unicode"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
)

// Code is the code of a refusal because of the process itself: it was killed, fell
// silent, said what cannot be, or left something else than it said.
const Code = "reader"

// causes are the errors somebody outside decides on, by the names they cross under.
func causes() map[string]error {
	return map[string]error{
		"incomplete": carry.ErrIncomplete, "label": carry.ErrLabel, "clear": carry.ErrClear, "mixed": carry.ErrMixed,
		"irregular": carry.ErrIrregular, "digest": carry.ErrDigest, "beyond-repair": carry.ErrBeyondRepair,
		"unknown-key": roster.ErrUnknownKey, "wrong-role": roster.ErrWrongRole, "revoked": roster.ErrRevoked,
		"signature": sign.ErrBadSignature, "not-there": fs.ErrNotExist, "permission": fs.ErrPermission,
		"full": syscall.ENOSPC, "too-big": syscall.EFBIG, "read-only": syscall.EROFS,
	}
}

// refuse puts an error into words that cross.
func refuse(err error) refused {
	r := refused{Code: bundle.RefusalCode(err), Text: err.Error()}
	for name, cause := range causes() {
		if errors.Is(err, cause) {
			r.Causes = append(r.Causes, name)
		}
	}
	r.Text = disarm(r.Text)
	return r
}

var codePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// told is a refusal as the process words it.
type told struct {
	text string
	of   []error
}

func (t *told) Error() string   { return t.text }
func (t *told) Unwrap() []error { return t.of }

// err believes of a refusal no more than that it is one.
func (r refused) err() error {
	t := &told{text: disarm(r.Text)}
	if len(r.Code) < 40 && codePattern.MatchString(r.Code) {
		t.of = append(t.of, bundle.Refuse(r.Code, "%s", t.text))
	}
	known := causes()
	for _, name := range r.Causes {
		if cause := known[name]; cause != nil && len(t.of) < len(known) {
			t.of = append(t.of, cause)
		}
	}
	return t
}

// disarm makes one line of a text that no terminal acts on, and bounds it.
func disarm(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return s
}
