package localmon

import "errors"

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
