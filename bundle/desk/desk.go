// Package desk is the vocabulary of the central case desk: sites, cases, the
// events that make them, and the bundles that brought them.
//
// Events are the truth. An [Event] is appended and never changed; a [Case] is
// what [Apply] makes of its events and a [Site] what [ApplySite] makes of them,
// and both can be rebuilt at any time. Every rule of the vendor's guide stands in
// these two functions and nowhere else:
//
//   - a site has at most five contacts, one of them the admin; a case somebody
//     else asked for, or one without a valid plan, is held until a person decides;
//   - severity 1 never waits on paperwork: it is taken and the paperwork is named;
//   - a number has eight digits and is given here, once;
//   - a severity only rises until the case is closed;
//   - a text has at most 4,000 characters;
//   - an escalation needs the number, who asks and how to reach them, a summary
//     and a reason; a manager answers it and follows the case to its end;
//   - a part needs a valid plan and the address, room, network and security of the
//     site; only a drive may be kept;
//   - closing needs the confirmation of an authorised contact, and is followed by
//     a survey; a case that comes back is reopened, with a reason.
//
// How long each of these may take is the business of package sla.
//
// A [Store] keeps events and what follows from them, a [Blobs] keeps sealed
// bundles by digest; package desktest holds the suite every implementation
// passes. The package does no I/O and reads no clock.
package desk

import (
	"context"
	"errors"
	"io"

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

// Store keeps events and what follows from them.
type Store interface {
	// Record applies events in one transaction, in order, and returns for each the
	// case as it then stands, the zero case for an event of a site. When one event
	// is refused none is kept. It gives each event its Seq, and an acknowledgement
	// without a number the next one.
	Record(ctx context.Context, events ...Event) ([]Case, error)
	// Case returns a case by id or number, with its events in order.
	Case(ctx context.Context, name string) (Case, []Event, error)
	// Cases returns all cases, newest received first.
	Cases(ctx context.Context) ([]Case, error)
	// Site returns what is on file of a site. A site nobody said anything of is
	// not missing: only its code is known.
	Site(ctx context.Context, code string) (Site, error)
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
	// Remove takes back a Put that no event speaks of. Removing what is not there
	// does nothing.
	Remove(ctx context.Context, d bundle.Digest) error
}
