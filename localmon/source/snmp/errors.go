package snmp

import (
	"errors"

	"darksite/localmon"
)

// ErrNoData says that the target answers, and that nothing it said could be
// used. It is wrapped in an [Error], as [localmon.ErrUnreachable] and
// [localmon.ErrTokenRefused] are.
var ErrNoData = errors.New("answers, but nothing could be read")

// Error is a failure of the target as a whole.
type Error = localmon.TargetError

// refusal is a report that says why a request was not taken.
type refusal struct{ what, hint string }

func (r *refusal) Error() string { return r.what }

// refused gives the refusal that a report of the user-based security model is,
// by its number below 1.3.6.1.6.3.15.1.1; nil for those that concern the
// engine or its clock.
func refused(report string) *refusal {
	switch report {
	case "1":
		return &refusal{"unsupported security level", "give the user the same authentication and privacy here and on the target"}
	case "3":
		return &refusal{"unknown user name", "make the user on the target, or correct its name here"}
	case "5":
		return &refusal{"wrong digest", "the authentication password or protocol differs from the target's: set both anew"}
	case "6":
		return &refusal{"decryption error", "the privacy password or protocol differs from the target's: set both anew"}
	}
	return nil
}

// fail makes the error a person sees.
func (c *client) fail(err error) error {
	e := &Error{What: "SNMP of", Target: c.target, Address: c.address, Kind: localmon.ErrUnreachable, Err: err}
	var r *refusal
	switch {
	case errors.As(err, &r):
		e.Kind, e.Hint = localmon.ErrTokenRefused, r.hint
	case errors.Is(err, errUseless):
		e.Kind, e.Hint = ErrNoData, "check that the address is the array's management address and that its SNMP agent is enabled"
	case c.user != nil:
		e.Hint = "check that the target is up, its SNMP agent enabled, UDP open between here and there, and the privacy password: some agents are silent to a wrong one"
	default:
		e.Hint = "check that the target is up, its SNMP agent enabled, UDP open between here and there, and the community: an agent is silent to a wrong one"
	}
	return e
}
