// Package pipeline is the journey of a bundle at the site, and the only place
// that knows its order:
//
//	COLLECTED -> REDACTED -> FROZEN -> IN_REVIEW -> APPROVED_1 -> APPROVED ->
//	SEALED -> WRITTEN -> VERIFIED -> RELEASED -> RECEIPTED
//
// with the side states REJECTED, WITHDRAWN, INVALIDATED and LAPSED, from which
// nothing goes on, and BEGUN before the first.
//
// How to start: [New], then [Pipeline.Collect] as a collector; [Pipeline.Review],
// [Pipeline.Approve] or [Pipeline.Reject] as officers, or [Pipeline.Ask] for
// changes, which a collector makes with [Pipeline.Amend]; [Pipeline.Seal];
// [Pipeline.Write], [Pipeline.Verify] and [Pipeline.Release] for the medium.
// [Pipeline.Show] and [Pipeline.List] read the record at any time.
//
// # On disk
//
// Every bundle has a folder named by its id:
//
//	record.json    where it stands and how it came there; replaced as a whole
//	lock           held by the process that works on the bundle
//	staging/       raw and half-done data, mode 0700; gone once FROZEN
//	frozen/        MANIFEST.json, sig/, meta/, files/; read-only; frozen-2/ once
//	               it was frozen again
//	near.json      what the redactor was not sure of
//	known.json     files and shapes, for the review of the next bundle
//	asks.json      what an officer must answer for before approving
//	reading/       what each officer has read and answered, <officer>.jsonl
//	orders.json    changes an officer asked for that were not made yet
//	approvals/     <n>.txt and <n>.txt.sig
//	sealed/        <BID>.tar.zst.age, or <BID>.tar.zst of a bundle in clear
//	set.json       which media hold the set, where it lies on several
//
// The pseudonym map lies in the folder of maps, sealed to the site's record key.
//
// # Promises
//
// A step is first journalled, then recorded: a state in the record is always in
// the journal. A step that fails leaves the state as it was, except that a
// failure before FROZEN removes all staged data and ends the journey: raw data
// is not kept waiting. After kill -9 the record tells the last finished step;
// staged data of an unfinished one lies in staging/ and nowhere else, until
// [Pipeline.Resume] goes on or [Pipeline.Withdraw] removes it.
//
// A bundle that is amended goes back to FROZEN under a new manifest, with no
// approval left; until that is recorded it stays as it was, and the old tree is
// removed only after it.
//
// Nothing is believed because it was true before. Every step after FROZEN hashes
// the frozen tree again and verifies the collector's signature; sealing checks
// every approval, the roster, revocations, rules, policy and recipients as they
// are now, and the bytes it hashes are the very bytes it seals. What does not fit voids
// every approval: the state becomes INVALIDATED and stays so.
//
// # Limits
//
// Who rules the machine can delete a bundle, and can put back an old state of
// the whole site folder; the journal marks on labels and cover sheets show it.
// A lock is advisory: it keeps honest processes apart. Removing staged data is
// not wiping the disk: keep the site folder on an encrypted one.
package pipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/seal"
	"darksite/bundle/sign"
)

// State is where a bundle stands.
type State string

// The states, in the order of the journey, then those that end it.
const (
	Begun       State = "BEGUN"
	Collected   State = "COLLECTED"
	Redacted    State = "REDACTED"
	Frozen      State = "FROZEN"
	InReview    State = "IN_REVIEW"
	Approved1   State = "APPROVED_1"
	Approved    State = "APPROVED"
	Sealed      State = "SEALED"
	Written     State = "WRITTEN"
	Verified    State = "VERIFIED"
	Released    State = "RELEASED"
	Receipted   State = "RECEIPTED"
	Rejected    State = "REJECTED"
	Withdrawn   State = "WITHDRAWN"
	Invalidated State = "INVALIDATED"
	Lapsed      State = "LAPSED"
)

func journey() []State {
	return []State{Begun, Collected, Redacted, Frozen, InReview, Approved1, Approved, Sealed, Written, Verified, Released, Receipted}
}

// reached reports whether the journey is at or beyond a state. A side state has
// reached nothing.
func (s State) reached(other State) bool {
	at := slices.Index(journey(), s)
	return at >= 0 && at >= slices.Index(journey(), other)
}

// ended reports whether nothing goes on from here.
func (s State) ended() bool { return !slices.Contains(journey(), s) }

// Errors a caller decides on. Refused and tampered are the two kinds of no: a
// rule forbids it, or something is not what it was.
var (
	ErrRefused     = errors.New("refused by a rule")
	ErrTampered    = errors.New("not what it was")
	ErrInvalidated = errors.New("approvals are void")
	ErrState       = errors.New("not possible in this state")
	ErrNotFound    = errors.New("no such bundle")
	ErrBusy        = errors.New("another process works on this bundle")
	ErrUnread      = errors.New("nobody approves what he has not opened")
	ErrLeak        = errors.New("the proof found values that must not leave")
	ErrProfile     = errors.New("not what the officers signed")
)

// Journal is where every step is written down before it counts. A
// *journal.Journal is one.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (int64, error)
	Checkpoint(ctx context.Context) (journal.Checkpoint, error)
	Mark() bundle.JournalMark
	// Holds wants a mark to be a beginning of the journal.
	Holds(m bundle.JournalMark) error
	Entries(ctx context.Context, from int64) iter.Seq2[journal.Entry, error]
}

// Trust is whom the site believes now.
type Trust struct {
	Roster roster.Roster
	Vendor roster.Vendor
	Seen   bundle.Trust // what the site knows of the vendor's word
}

// recipients are everyone who will be able to open a bundle.
func (t Trust) recipients() []string {
	all := append(t.Vendor.Recipients(), t.Roster.Record)
	slices.Sort(all)
	return slices.Compact(all)
}

// Options of a pipeline. All are needed unless said otherwise.
type Options struct {
	Dir      string // folder of bundles
	MapDir   string // folder of sealed pseudonym maps
	Counters Counters
	Journal  Journal
	// Trust is asked at every step, so that a revocation counts at once.
	Trust func() (Trust, error)
	// Gate makes the redactor for one bundle. Only Collect and Resume need it.
	Gate func(ctx context.Context) (Gate, error)
	// GateHiding makes the redactor for a bundle that is frozen again: it hides
	// these words besides. Only Amend needs it; it may be nil.
	GateHiding func(ctx context.Context, words []string) (Gate, error)
	// Versions are the rules and the policy that are in force now.
	Versions func() (rules, policy bundle.Versioned, err error)
	Now      func() time.Time
	Tool     func() (bundle.Tool, error) // asked only where a bundle is frozen, approved or sealed
	Random   io.Reader                   // for salts; nil means crypto/rand
	// ValidFor is how many further bundles the site may begin before an
	// approval lapses; zero means DefaultValidFor.
	ValidFor int64
}

// DefaultValidFor is used where Options.ValidFor is zero.
const DefaultValidFor = 20

// Pipeline leads bundles through the journey. It may be used by several
// goroutines and processes; each bundle is worked on by one at a time.
type Pipeline struct {
	o Options
	// step is called at named points of the work; tests stop the process there.
	step func(name string)
}

// New makes a pipeline and its folders.
func New(o Options) (*Pipeline, error) {
	if o.Dir == "" || o.MapDir == "" || o.Counters == nil || o.Journal == nil || o.Trust == nil || o.Gate == nil || o.Versions == nil || o.Now == nil || o.Tool == nil {
		return nil, errors.New("new pipeline: an option is missing")
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.ValidFor == 0 {
		o.ValidFor = DefaultValidFor
	}
	for _, dir := range []string{o.Dir, o.MapDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("new pipeline: %w", err)
		}
	}
	if _, err := safefile.Sweep(o.MapDir); err != nil {
		return nil, fmt.Errorf("new pipeline: %w", err)
	}
	p := &Pipeline{o: o, step: func(string) {}}
	return p, p.sweepAll()
}

// sweepAll removes what crashes left behind bundles that nobody works on.
func (p *Pipeline) sweepAll() error {
	all, _ := p.List() // an unreadable record is reported where it is asked for
	for _, r := range all {
		if _, err := os.Lstat(p.staging(r.BID)); err != nil {
			continue
		}
		_, release, err := p.hold(r.BID)
		if errors.Is(err, ErrBusy) {
			continue
		}
		if err != nil {
			return fmt.Errorf("new pipeline: %w", err)
		}
		release()
	}
	return nil
}

// Show reads the record of a bundle.
func (p *Pipeline) Show(id bundle.ID) (Record, error) { return p.load(id) }

// List reads the records of all bundles, the oldest first. A folder without a
// readable record is an error of its own and does not hide the others.
func (p *Pipeline) List() ([]Record, error) {
	entries, err := os.ReadDir(p.o.Dir)
	if err != nil {
		return nil, fmt.Errorf("list bundles: %w", err)
	}
	var all []Record
	var failed []error
	for _, e := range entries {
		if !e.IsDir() || !validID(bundle.ID(e.Name())) {
			continue
		}
		r, err := p.load(bundle.ID(e.Name()))
		switch {
		case err == nil:
			all = append(all, r)
		case !errors.Is(err, ErrNotFound): // a crash may leave an empty folder
			failed = append(failed, err)
		}
	}
	slices.SortStableFunc(all, func(a, b Record) int { return int(a.Seq - b.Seq) })
	return all, errors.Join(failed...)
}

// Folder is where a bundle lies.
func (p *Pipeline) Folder(id bundle.ID) string { return filepath.Join(p.o.Dir, string(id)) }

// MapFile is where the sealed pseudonym map of a bundle lies.
func (p *Pipeline) MapFile(id bundle.ID) string { return filepath.Join(p.o.MapDir, string(id)+".age") }

// SealedFile is where the sealed file of a bundle lies once it is sealed.
func (p *Pipeline) SealedFile(r Record) string {
	return filepath.Join(p.Folder(r.BID), sealedDir, r.SealedName())
}

// holder finds whom a key belongs to and whether that person may act in one of
// the roles.
func holder(r roster.Roster, key sign.PublicKey, seq int64, roles ...roster.Role) (roster.Person, error) {
	i := slices.IndexFunc(r.People, func(p roster.Person) bool { return p.Key == key })
	if i < 0 {
		return roster.Person{}, fmt.Errorf("key %s: %w: %w", key.ID(), roster.ErrUnknownKey, ErrRefused)
	}
	person := r.People[i]
	if !slices.Contains(roles, person.Role) {
		return roster.Person{}, fmt.Errorf("%s is a %s, not a %s: %w: %w", person.ID, person.Role, roles[0], roster.ErrWrongRole, ErrRefused)
	}
	for _, rev := range r.Revoked {
		if rev.KeyID == key.ID() && seq > rev.After {
			return roster.Person{}, fmt.Errorf("key of %s since sequence %d: %w: %w", person.ID, rev.After, roster.ErrRevoked, ErrRefused)
		}
	}
	return person, nil
}

// readers gives the recipients of a manifest; a bundle in clear has none, and the
// roster must allow one.
func (t Trust) readers(clear bool) ([]string, error) {
	if clear && !t.Roster.Clear {
		return nil, fmt.Errorf("a bundle in clear: %w: %w", approve.ErrClear, ErrRefused)
	}
	if clear {
		return nil, nil
	}
	prints, err := seal.Fingerprints(t.recipients())
	if err != nil {
		return nil, fmt.Errorf("recipients: %w: %w", err, ErrRefused)
	}
	return prints, nil
}
