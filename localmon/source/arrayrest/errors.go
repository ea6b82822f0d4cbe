package arrayrest

import (
	"errors"
	"fmt"
	"net/http"

	"darksite/localmon"
	"darksite/localmon/source/pinned"
)

// What a caller decides on beside [localmon.ErrUnreachable],
// [localmon.ErrCertificateChanged] and [localmon.ErrTokenRefused]. They are
// wrapped in an [Error], which says which array and what to do.
var (
	// ErrNoData: the array answers, but nothing it said could be used.
	ErrNoData = errors.New("answers, but nothing could be read")
	// ErrTooOld: the array offers no REST version this kit speaks.
	ErrTooOld = errors.New("array too old")
	// ErrNothingToAsk: a [Reader] has no request to make yet.
	ErrNothingToAsk = errors.New("nothing to ask")
)

// Error is a failure of the array as a whole.
type Error = localmon.TargetError

// StatusError is a reply with another HTTP status than success.
type StatusError struct {
	Status  int
	Message string // what the array said, shortened
}

// Error gives the status and the array's own words.
func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("array answered HTTP %d", e.Status)
	}
	return fmt.Sprintf("array answered HTTP %d: %s", e.Status, e.Message)
}

// errReplyLimit marks a reply that broke one of the limits.
var errReplyLimit = errors.New("reply beyond what an array sends")

// errReplyShape marks a reply that is not what the interface describes.
var errReplyShape = errors.New("reply is not what the interface describes")

// errMorePages marks a saved reply that was one page of several.
var errMorePages = errors.New("the reply is one page of several, the rest is not in it")

// fail makes the error a person sees from the kind and its cause.
func (c *Client) fail(kind, cause error) error {
	e := &Error{What: "array", Target: c.target, Address: c.base.String(), Kind: kind, Err: cause}
	switch kind {
	case localmon.ErrUnreachable:
		e.Hint = "check that the array is up, that its management address answers from this machine, and the url in site.yaml"
	case localmon.ErrCertificateChanged:
		e.Hint = "if the array's certificate was renewed on purpose, compare the new fingerprint with the array's own and set tls_pin; otherwise treat the address as taken over"
	case localmon.ErrTokenRefused:
		e.Hint = "make a new API token for a read-only user on the array and put it in the token file"
	case ErrNoData:
		e.Hint = "look at the array's own console; the kit keeps trying"
	case ErrTooOld:
		e.Hint = "upgrade the array or watch it by syslog and traps"
		if c.dialect.Release != "" {
			e.Hint = "REST " + c.dialect.Oldest.String() + " came with " + c.dialect.Release + "; " + e.Hint
		}
	}
	return e
}

// classify turns a transport error into one of the typed errors.
func (c *Client) classify(err error) error {
	var typed *Error
	if errors.As(err, &typed) {
		return err
	}
	var cert *pinned.CertificateError
	if errors.As(err, &cert) {
		return c.fail(localmon.ErrCertificateChanged, cert)
	}
	var status *StatusError
	if errors.As(err, &status) || errors.Is(err, errReplyLimit) || errors.Is(err, errReplyShape) {
		return c.fail(ErrNoData, err)
	}
	return c.fail(localmon.ErrUnreachable, err)
}

// Refused reports whether the array answered that it does not understand the
// query.
func Refused(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusBadRequest
}

// ends reports whether an error concerns the array as a whole, so that asking
// the next endpoint is pointless.
func ends(err error) bool {
	return errors.Is(err, localmon.ErrCertificateChanged) || errors.Is(err, localmon.ErrTokenRefused) || errors.Is(err, ErrTooOld)
}
