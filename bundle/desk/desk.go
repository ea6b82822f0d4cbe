// Package desk is the vocabulary of the central case desk: cases, the events
// that make them, and the bundles that brought them.
//
// Events are the truth. An [Event] is appended and never changed; a [Case] is
// what [Apply] makes of its events, and can be rebuilt from them at any time.
// Every rule of the vendor's guide about cases stands in Apply and nowhere else:
// a number is given once and has eight digits, a severity only rises until the
// case is closed, a comment has at most 4,000 characters.
//
// A [Store] keeps events and cases, a [Blobs] keeps sealed bundles by digest;
// package desktest holds the suite every implementation of them passes. The
// package does no I/O and reads no clock.
package desk

import (
	"context"
	"errors"
	"io"
	"time"

	"darksite/bundle"
)

// Errors a caller decides on.
var (
	ErrNotFound = errors.New("not found")
	// ErrRule says that an event breaks a rule of the desk.
	ErrRule = errors.New("against the rules of the desk")
	// ErrFork says that a site has given one sequence number to two bundles.
	ErrFork = errors.New("two different bundles have the same sequence number")
	// ErrKnown says that a bundle is imported already.
	ErrKnown = errors.New("already imported")
)

// Status is where a case stands.
type Status string

// The statuses, in the words of the vendor's guide.
const (
	New              Status = "new"
	AwaitingSupport  Status = "awaiting on support"
	AwaitingCustomer Status = "awaiting on customer"
	InProgress       Status = "in progress"
	Closed           Status = "closed"
)

// Kind is what happened.
type Kind string

// The kinds of event.
const (
	Imported     Kind = "imported"     // a bundle came in
	Acknowledged Kind = "acknowledged" // number, severity and first diagnosis
	Commented    Kind = "commented"
	Raised       Kind = "severity"
	Moved        Kind = "status"
	Replied      Kind = "replied" // a reply was sealed to be carried
)

// Event is one thing that happened to a case. Which of the lower fields are
// used depends on the kind.
type Event struct {
	Seq   uint64    `json:"seq"`  // order at this desk, given by the store
	Case  string    `json:"case"` // id of the case
	Kind  Kind      `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`

	Bundle    *Bundle `json:"bundle,omitempty"`   // imported
	Draft     *Draft  `json:"draft,omitempty"`    // imported, when the bundle holds one
	Number    string  `json:"number,omitempty"`   // acknowledged; given by the store when empty
	Severity  int     `json:"severity,omitempty"` // acknowledged, severity
	Text      string  `json:"text,omitempty"`     // diagnosis, comment, reason
	Status    Status  `json:"status,omitempty"`   // status
	ReplySeq  int64   `json:"reply_seq,omitempty"`
	ReplyHash string  `json:"reply_sha256,omitempty"` // of REPLY.txt
}

// Draft is what the site wrote, after redaction.
type Draft struct {
	ID          string `json:"id"`
	Number      string `json:"number,omitempty"` // when the site already has one
	Array       string `json:"array"`
	Model       string `json:"model"`
	OSVersion   string `json:"os_version"`
	InitiatorOS string `json:"initiator_os"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
	Severity    int    `json:"severity"`
	Primary     string `json:"primary"`
	Secondary   string `json:"secondary"`
}

// Bundle is one bundle as it was imported.
type Bundle struct {
	BID            bundle.ID     `json:"bid"`
	Site           string        `json:"site"`
	Seq            int64         `json:"seq"`
	SealedSHA256   bundle.Digest `json:"sealed_sha256"`
	SealedSize     int64         `json:"sealed_size"`
	ManifestSHA256 bundle.Digest `json:"manifest_sha256"`
	Prev           string        `json:"prev_manifest_sha256,omitempty"`
	Taken          time.Time     `json:"taken"`    // site's clock
	Received       time.Time     `json:"received"` // ours
	Collector      string        `json:"collector"`
	Officers       []string      `json:"officers"`
	ReleasedBy     string        `json:"released_by"`
	Files          int64         `json:"files"`
	Bytes          int64         `json:"bytes"`
	Repaired       int           `json:"repaired_blocks,omitempty"`
	ReplySeqSeen   int64         `json:"reply_seq_seen"` // the newest reply the site had opened
	Warnings       []string      `json:"warnings,omitempty"`
}

// Case is what the events of one case add up to.
type Case struct {
	ID           string    `json:"id"` // site/draft id, or site/bundle id
	Site         string    `json:"site"`
	DraftID      string    `json:"draft_id,omitempty"`
	Number       string    `json:"number,omitempty"`
	Status       Status    `json:"status"`
	Severity     int       `json:"severity"`
	Draft        Draft     `json:"draft"`
	Bundles      []Bundle  `json:"bundles"`
	Raised       time.Time `json:"raised"`   // site's clock, from the first bundle
	Received     time.Time `json:"received"` // our clock: response times count from here
	Acknowledged time.Time `json:"acknowledged,omitzero"`
	Diagnosis    string    `json:"diagnosis,omitempty"`
	Closed       time.Time `json:"closed,omitzero"`
	Version      uint64    `json:"version"` // seq of its newest event
}

// Store keeps events and what follows from them.
type Store interface {
	// Record applies events in one transaction, in order, and returns the cases
	// as they then stand. When one event is refused none is kept. It gives each
	// event its Seq, and an acknowledgement without a number the next one.
	Record(ctx context.Context, events ...Event) ([]Case, error)
	// Case returns a case by id or number, with its events in order.
	Case(ctx context.Context, name string) (Case, []Event, error)
	// Cases returns all cases, newest received first.
	Cases(ctx context.Context) ([]Case, error)
}

// Index answers what is known of carried things. Stores implement it beside Store.
type Index interface {
	// Bundle returns an imported bundle by the digest of its sealed file.
	Bundle(ctx context.Context, sealed bundle.Digest) (Bundle, error)
	// Bundles returns a site's bundles by sequence.
	Bundles(ctx context.Context, site string) ([]Bundle, error)
	// LastReply returns sequence and hash of the newest reply made for a site,
	// zero and "" when there is none.
	LastReply(ctx context.Context, site string) (seq int64, hash string, err error)
}

// Blobs keeps files by their SHA-256.
type Blobs interface {
	// Put reads r to its end and keeps it under the digest it must have. A
	// content of another digest is refused and nothing is kept. Putting what is
	// there already does nothing.
	Put(ctx context.Context, d bundle.Digest, r io.Reader) error
	// Open returns the content. It fails with ErrNotFound.
	Open(ctx context.Context, d bundle.Digest) (io.ReadCloser, error)
}
