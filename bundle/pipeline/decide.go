package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/review"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
)

// Reader says who reviews and what that person looks for.
type Reader struct {
	Officer    string                // id on the roster
	Keywords   []string              // the site's own words
	Recipients map[string]string     // names of recipients by fingerprint, for people
	Words      func(string) []string // spells a fingerprint as words; may be nil
	// Progress, if set, is told how many bytes were read.
	Progress func(done, total int64)
}

// Review shows an officer what would leave. It may be called as often as wanted
// from FROZEN on and builds the summary anew from the frozen tree, which is
// hashed first. The first call makes the bundle IN_REVIEW, and every call is
// journalled: who looked, and when. [Pipeline.Approve] wants each officer to
// have looked.
func (p *Pipeline) Review(ctx context.Context, id bundle.ID, who Reader) (review.Summary, error) {
	r, release, err := p.hold(id)
	if err != nil {
		return review.Summary{}, err
	}
	defer release()
	if !r.State.reached(Frozen) {
		return review.Summary{}, r.need("review", Frozen)
	}
	t, err := p.o.Trust()
	if err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", id, err)
	}
	officer, err := p.officer(r, who.Officer)
	if err != nil {
		return review.Summary{}, err
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return review.Summary{}, p.void(ctx, r, officer.ID, err)
	}
	defer c.Close()
	s, err := p.summary(ctx, r, c, who)
	if err != nil {
		return review.Summary{}, err
	}
	if r.State == Frozen {
		return s, p.enter(ctx, r, InReview, officer.ID, "", nil)
	}
	if err := p.note(ctx, r, InReview, officer.ID, "", nil); err != nil {
		return review.Summary{}, err
	}
	return s, p.save(*r)
}

// notCollector is the rule that nobody decides on what he made: person and key.
func notCollector(r *Record, officer roster.Person) error {
	if officer.ID == r.Collector.Principal || officer.Key.ID() == r.Collector.KeyID {
		return fmt.Errorf("%s collected it: %w: %w", officer.ID, approve.ErrSelfApproval, ErrRefused)
	}
	return nil
}

// summary builds the review and keeps what the next one compares with.
func (p *Pipeline) summary(ctx context.Context, r *Record, c *contents, who Reader) (review.Summary, error) {
	m := c.frozen.Manifest()
	in := review.Input{Manifest: m, Digest: c.frozen.Digest(), Tree: c.tree(), Keywords: who.Keywords, Progress: who.Progress}
	for _, print := range m.Recipients {
		one := review.Recipient{Name: who.Recipients[print], Fingerprint: print}
		if who.Words != nil {
			one.Words = who.Words(print)
		}
		in.Recipients = append(in.Recipients, one)
	}
	if err := readJSON(filepath.Join(p.Folder(r.BID), "near.json"), &in.Near); err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	var err error
	if in.Loosened, err = c.loosened(); err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	if in.Known, err = p.lastKnown(r.Seq); err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	s, known, err := review.Build(ctx, in)
	if err != nil {
		return review.Summary{}, err
	}
	if who.Words != nil {
		s.ManifestWords = who.Words(string(c.frozen.Digest()))
	}
	if err := p.saveAsks(r, s); err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	text, err := json.Marshal(known)
	if err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	if err := safefile.Write(filepath.Join(p.Folder(r.BID), "known.json"), text, 0o600); err != nil {
		return review.Summary{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	return s, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// lastKnown finds what the newest approved bundle before seq had. It only helps
// an officer to see what is new; nothing is approved by it.
func (p *Pipeline) lastKnown(seq int64) (*review.Known, error) {
	all, _ := p.List() // a damaged record of another bundle is no reason not to review this one
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Seq >= seq || !all[i].State.reached(Approved) {
			continue
		}
		var known review.Known
		err := readJSON(filepath.Join(p.Folder(all[i].BID), "known.json"), &known)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return &known, err
	}
	return nil, nil
}

// Decision is what an officer adds to what the manifest fixes.
type Decision struct {
	MarkingIn     string // marking of the system the data comes from
	Destination   string // who receives it; empty means the vendor of the card
	Medium        string // kind and serial number, where known
	ViewedFull    int64  // files read or searched from end to end
	ViewedPartial int64
	Exceptions    []string // one line of words each
	Reason        string   // needed to reject
	// Confirm, if set, is shown the exact text before it is signed, once nothing
	// stands against signing it. An error leaves the text unsigned.
	Confirm func(text []byte) error
}

// confirm shows the text that will be signed: the same statement gives the same
// bytes.
func (d Decision) confirm(s approve.Statement) error {
	if d.Confirm == nil {
		return nil
	}
	text, err := s.Encode()
	if err != nil {
		return err
	}
	return d.Confirm(text)
}

// Statement is the text an officer would sign, for people who sign with stock
// ssh-keygen on another station; to release he must have opened the review here.
// [Pipeline.Submit] takes the signature.
func (p *Pipeline) Statement(ctx context.Context, id bundle.ID, officer string, what approve.Decision, d Decision) ([]byte, error) {
	r, release, err := p.hold(id)
	if err != nil {
		return nil, err
	}
	defer release()
	if what == approve.Release && r.State.reached(InReview) {
		if err := p.read(r, officer); err != nil {
			return nil, fmt.Errorf("approve bundle %s: %w", id, err)
		}
	}
	s, err := p.statement(ctx, r, officer, what, d)
	if err != nil {
		return nil, err
	}
	return s.Encode()
}

func (p *Pipeline) statement(ctx context.Context, r *Record, officer string, what approve.Decision, d Decision) (approve.Statement, error) {
	if err := r.need("decide on", decidable(what)...); err != nil {
		return approve.Statement{}, err
	}
	t, err := p.o.Trust()
	if err != nil {
		return approve.Statement{}, fmt.Errorf("decide on bundle %s: %w", r.BID, err)
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return approve.Statement{}, p.void(ctx, r, officer, err)
	}
	defer c.Close()
	latest, err := p.o.Counters.Latest()
	if err != nil {
		return approve.Statement{}, fmt.Errorf("decide on bundle %s: %w", r.BID, err)
	}
	m := c.frozen.Manifest()
	s := approve.For(m, c.frozen.Digest())
	s.Decision, s.Reason, s.Reviewer = what, d.Reason, officer
	s.MarkingIn, s.Destination, s.Medium, s.Exceptions = d.MarkingIn, d.Destination, d.Medium, d.Exceptions
	if s.Destination == "" {
		s.Destination = t.Vendor.Name
	}
	s.ViewedFull, s.ViewedPartial = d.ViewedFull, d.ViewedPartial
	for _, e := range m.Files {
		if e.Inspected == bundle.InspectedNone {
			s.NotInspectable++
		}
	}
	s.Role = approve.Officer
	if len(r.Approvals) > 0 {
		s.Role = approve.SecondOfficer
	}
	s.SignedUTC, s.ValidUntilSeq = stamp(p.o.Now()), max(latest, r.Seq)+p.o.ValidFor
	return s, nil
}

// decidable are the states in which a decision can be taken. An officer may
// still reject what was approved or sealed, as long as it has not left.
func decidable(what approve.Decision) []State {
	if what == approve.Reject {
		return []State{Frozen, InReview, Approved1, Approved, Sealed, Written, Verified}
	}
	return []State{InReview, Approved1}
}

// Approve signs a release and submits it. The officer must have opened the
// review; one who reviews and signs on another station uses [Pipeline.Submit]
// and vouches for the reading by the statement alone.
func (p *Pipeline) Approve(ctx context.Context, id bundle.ID, signer sign.Signer, d Decision) error {
	return p.decide(ctx, id, signer, approve.Release, d)
}

// Reject signs a rejection, which ends the journey whatever was approved before.
func (p *Pipeline) Reject(ctx context.Context, id bundle.ID, signer sign.Signer, d Decision) error {
	return p.decide(ctx, id, signer, approve.Reject, d)
}

func (p *Pipeline) decide(ctx context.Context, id bundle.ID, signer sign.Signer, what approve.Decision, d Decision) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	t, err := p.o.Trust()
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w", id, err)
	}
	officer, err := holder(t.Roster, signer.Public(), r.Seq, roster.Officer)
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w", id, err)
	}
	if err := notCollector(r, officer); err != nil {
		return fmt.Errorf("decide on bundle %s: %w", id, err)
	}
	if what == approve.Release && r.State.reached(InReview) {
		if err := p.read(r, officer.ID); err != nil {
			return fmt.Errorf("approve bundle %s: %w", id, err)
		}
	}
	s, err := p.statement(ctx, r, officer.ID, what, d)
	if err != nil {
		return err
	}
	if err := d.confirm(s); err != nil {
		return err
	}
	signed, err := approve.Sign(s, signer)
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w", id, err)
	}
	return p.submit(ctx, r, t, signed)
}

// read refuses an officer who has not opened the review or left something
// unanswered in it, and everybody while changes are asked for.
func (p *Pipeline) read(r *Record, officer string) error {
	if !r.looked(officer) {
		return fmt.Errorf("%s has to open the review first: %w: %w", officer, ErrUnread, ErrRefused)
	}
	if err := p.answered(r, officer); err != nil {
		return err
	}
	return p.settled(r)
}

// settled refuses while there are orders that were neither carried out nor taken
// back.
func (p *Pipeline) settled(r *Record) error {
	orders, err := p.Orders(r.BID)
	if err != nil {
		return err
	}
	if len(orders) > 0 {
		return fmt.Errorf("%d open: %w: %w", len(orders), ErrOrders, ErrRefused)
	}
	return nil
}

// Submit takes a signed statement. It is checked as sealing will check it, so
// that a statement that would void the set later is refused now.
func (p *Pipeline) Submit(ctx context.Context, id bundle.ID, signed approve.Signed) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	t, err := p.o.Trust()
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w", id, err)
	}
	return p.submit(ctx, r, t, signed)
}

func (p *Pipeline) submit(ctx context.Context, r *Record, t Trust, signed approve.Signed) error {
	s, err := approve.Parse(signed.Text)
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w: %w", r.BID, err, ErrRefused)
	}
	if err := r.need("decide on", decidable(s.Decision)...); err != nil {
		return err
	}
	officer, err := t.Roster.Check(sign.Approval, r.Seq, signed.Text, signed.Sig)
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w: %w", r.BID, err, ErrRefused)
	}
	if s.Decision == approve.Release {
		if err := p.settled(r); err != nil {
			return fmt.Errorf("decide on bundle %s: %w", r.BID, err)
		}
	}
	if err := notCollector(r, officer); err != nil {
		return fmt.Errorf("decide on bundle %s: %w", r.BID, err)
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return p.void(ctx, r, officer.ID, err)
	}
	defer c.Close()
	before, err := p.approvals(r)
	if err != nil {
		return p.void(ctx, r, officer.ID, err)
	}
	latest, err := p.o.Counters.Latest()
	if err != nil {
		return fmt.Errorf("decide on bundle %s: %w", r.BID, err)
	}
	people, err := approve.Check(c.frozen.Manifest(), c.frozen.Digest(), t.Roster, append(before, signed), latest)
	if err == nil {
		err = c.twoForLoosening(people)
	}
	enough := err == nil
	switch {
	case enough, errors.Is(err, approve.ErrNotApproved):
	case s.Decision == approve.Reject && errors.Is(err, approve.ErrRejected):
	case s.Decision == approve.Reject && errors.Is(err, approve.ErrOnePerson):
		// Who has approved may still change his mind.
	default:
		return fmt.Errorf("decide on bundle %s: %w: %w", r.BID, err, ErrRefused)
	}
	return p.accept(ctx, r, officer, s, signed, enough)
}

// accept keeps a checked statement and moves the bundle on.
func (p *Pipeline) accept(ctx context.Context, r *Record, officer roster.Person, s approve.Statement, signed approve.Signed, enough bool) error {
	a := Approval{N: int64(len(r.Approvals)) + 1, Reviewer: officer.ID, KeyID: officer.Key.ID(), Decision: string(s.Decision), SHA256: bundle.DigestOf(signed.Text)}
	text, sig := p.approvalFiles(r.BID, a.N)
	if err := os.MkdirAll(filepath.Dir(text), 0o700); err != nil {
		return fmt.Errorf("decide on bundle %s: %w", r.BID, err)
	}
	if err := errors.Join(safefile.Write(text, signed.Text, 0o600), safefile.Write(sig, signed.Sig, 0o600)); err != nil {
		return fmt.Errorf("decide on bundle %s: %w", r.BID, err)
	}
	p.step("approval kept")
	r.Approvals = append(r.Approvals, a)
	to := Approved1
	switch {
	case s.Decision == approve.Reject:
		to = Rejected
	case enough:
		to = Approved
	}
	return p.enter(ctx, r, to, officer.ID, s.Reason, map[string]string{
		"approval_sha256": string(a.SHA256), "keyid": a.KeyID, "decision": a.Decision, "number": strconv.FormatInt(a.N, 10),
	})
}

func (p *Pipeline) approvalFiles(id bundle.ID, n int64) (text, sig string) {
	text = filepath.Join(p.Folder(id), approvalDir, strconv.FormatInt(n, 10)+".txt")
	return text, text + ".sig"
}

// approvals reads the statements kept so far; each must be the one recorded.
func (p *Pipeline) approvals(r *Record) ([]approve.Signed, error) {
	var all []approve.Signed
	for _, a := range r.Approvals {
		text, sig := p.approvalFiles(r.BID, a.N)
		var one approve.Signed
		var err error
		if one.Text, err = os.ReadFile(text); err == nil {
			one.Sig, err = os.ReadFile(sig)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("approval %d is gone: %w", a.N, ErrTampered)
		}
		if err != nil {
			return nil, fmt.Errorf("approval %d: %w", a.N, err)
		}
		if bundle.DigestOf(one.Text) != a.SHA256 {
			return nil, fmt.Errorf("approval %d was changed: %w", a.N, ErrTampered)
		}
		all = append(all, one)
	}
	return all, nil
}

// void ends a bundle whose evidence no longer holds: every approval is worth
// nothing from now on. A failure to read voids nothing: it may pass.
func (p *Pipeline) void(ctx context.Context, r *Record, actor string, why error) error {
	if !errors.Is(why, ErrTampered) && !errors.Is(why, ErrRefused) {
		return why
	}
	to := Invalidated
	if errors.Is(why, approve.ErrLapsed) {
		to = Lapsed
	}
	why = fmt.Errorf("bundle %s: %w: %w", r.BID, ErrInvalidated, why)
	if r.State.ended() || r.State.reached(Released) {
		// What has left cannot be called back by a state; the finding is noted.
		return errors.Join(why, p.note(context.WithoutCancel(ctx), r, to, actor, oneLine(why.Error()), nil))
	}
	return errors.Join(why, p.end(ctx, r, to, actor, why))
}
