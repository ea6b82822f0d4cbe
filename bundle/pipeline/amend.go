package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"darksite/bundle"
	"darksite/bundle/collect"
	"darksite/bundle/review"
	"darksite/bundle/roster"
)

// Amend makes the changes that officers asked for: the frozen tree goes through
// the gate again, hiding the words besides and without the files to remove, and
// is frozen under a new manifest of the same collector. Every approval so far is
// worth nothing, and every officer reviews again; who has read it before is shown
// what changed. Of the request, signer and progress count. When something fails
// the bundle stays as it was.
func (p *Pipeline) Amend(ctx context.Context, id bundle.ID, q Request) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.need("amend", Frozen, InReview, Approved1, Approved); err != nil {
		return err
	}
	orders, err := p.Orders(id)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		return fmt.Errorf("amend bundle %s: nobody has asked for a change: %w", id, ErrRefused)
	}
	if p.o.GateHiding == nil {
		return fmt.Errorf("amend bundle %s: no gate that hides more", id)
	}
	t, err := p.o.Trust()
	if err != nil {
		return fmt.Errorf("amend bundle %s: %w", id, err)
	}
	person, err := holder(t.Roster, q.Signer.Public(), r.Seq, roster.Collector)
	if err != nil {
		return fmt.Errorf("amend bundle %s: %w", id, err)
	}
	if person.ID != r.Collector.Principal || person.Key.ID() != r.Collector.KeyID {
		return fmt.Errorf("amend bundle %s: collected by %s, not by %s: %w", id, r.Collector.Principal, person.ID, ErrRefused)
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return p.void(ctx, r, person.ID, err)
	}
	defer c.Close()
	return p.amend(ctx, r, q, c, orders)
}

func (p *Pipeline) amend(ctx context.Context, r *Record, q Request, c *contents, orders []Order) (err error) {
	old := p.treeDir(r)
	q.ClockNote = r.ClockNote
	a := &amender{freezer: freezer{p: p, r: r, q: q, again: len(r.frozenSteps())}, before: c, orders: orders}
	a.note = fmt.Sprintf("frozen again: %d changes asked for by officers", len(orders))
	defer func() {
		if err == nil {
			return
		}
		err = fmt.Errorf("amend bundle %s: %w", r.BID, err)
		err = errors.Join(err, removeTree(p.staging(r.BID)))
		if now, loadErr := p.load(r.BID); loadErr == nil {
			err = errors.Join(err, p.sweepTrees(&now))
		}
	}()
	if err := removeTree(p.staging(r.BID)); err != nil {
		return err
	}
	if err := a.run(ctx); err != nil {
		return err
	}
	// From here on the new freeze counts whatever happens to the leftovers.
	return errors.Join(removeTree(old), removeTree(p.staging(r.BID)), os.RemoveAll(filepath.Join(p.Folder(r.BID), approvalDir)), os.Remove(p.ordersFile(r.BID)))
}

// frozenSteps are the times a bundle was frozen.
func (r *Record) frozenSteps() (all []Step) {
	for _, s := range r.Trail {
		if s.State == Frozen {
			all = append(all, s)
		}
	}
	return all
}

// amender freezes a frozen tree again.
type amender struct {
	freezer
	before *contents
	orders []Order
}

func (a *amender) run(ctx context.Context) error {
	if err := a.stage(ctx); err != nil {
		return err
	}
	words := hidden(a.orders)
	a.q.progress("redact", 0, 1)
	gate, err := a.p.o.GateHiding(ctx, words)
	if err != nil {
		return err
	}
	rules, policy, err := a.p.o.Versions()
	if err != nil {
		return err
	}
	a.gate = stricter{gate, rules, policy}
	if a.out, err = a.gate.Tree(ctx, a.staged("raw"), a.staged("red")); err != nil {
		return err
	}
	a.p.step("redacted again")
	collected, err := bundle.Begin(a.r.BID, a.p.staging(a.r.BID))
	if err != nil {
		return err
	}
	redacted, err := a.proven(ctx, collected)
	if err != nil {
		return err
	}
	if err := a.gone(ctx, words); err != nil {
		return err
	}
	a.took.Collectors = a.r.Collected
	a.r.Approvals = nil
	return a.freeze(ctx, redacted)
}

// stricter is a gate that hides more than its policy says: what passes it is
// redacted under that policy all the same.
type stricter struct {
	Gate
	rules, policy bundle.Versioned
}

func (s stricter) Rules() bundle.Versioned  { return s.rules }
func (s stricter) Policy() bundle.Versioned { return s.policy }

// stage copies what stays into the staging folder and tells the freezer what is
// known of it.
func (a *amender) stage(ctx context.Context) error {
	m := a.before.frozen.Manifest()
	for _, e := range m.Files {
		if e.Path == ReportPath {
			continue // written anew
		}
		if order, gone := removed(a.orders, e.Path); gone {
			a.took.Omitted = append(a.took.Omitted, collect.Omission{Origin: e.OrigPath, Reason: strings.TrimSuffix("removed at review: "+order.Reason, ": ")})
			continue
		}
		if err := a.copy(ctx, e.Path); err != nil {
			return err
		}
		a.took.Items = append(a.took.Items, collect.Item{Path: e.Path, Origin: e.OrigPath, Source: e.Source})
	}
	for _, o := range m.Omitted {
		a.took.Omitted = append(a.took.Omitted, collect.Omission{Origin: o.OrigPath, Reason: o.Reason})
	}
	return nil
}

func (a *amender) copy(ctx context.Context, path string) error {
	from, err := a.before.tree().Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to := filepath.Join(a.staged("raw"), filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close(), ctx.Err())
}

// proven names and proves, and adds up what was replaced by both passes.
func (a *amender) proven(ctx context.Context, collected bundle.Collected) (bundle.Redacted, error) {
	before := map[string]bundle.Entry{}
	for _, e := range a.before.frozen.Manifest().Files {
		before[e.Path] = e
	}
	for i, file := range a.out.Files {
		old := before[filepath.ToSlash(file.In)]
		sum := map[string]int64{}
		for _, counts := range []map[string]int64{old.Redactions, file.Redactions} {
			for rule, n := range counts {
				sum[rule] += n
			}
		}
		a.out.Files[i].Redactions = sum
		if old.Inspected != "" && old.Inspected != bundle.InspectedFull {
			a.out.Files[i].Inspected, a.out.Files[i].Reason = old.Inspected, old.Reason
		}
	}
	return a.freezer.proven(ctx, collected)
}

// gone refuses to freeze what still shows a word that was to be hidden.
func (a *amender) gone(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return nil
	}
	found, err := review.Find(ctx, os.DirFS(a.staged(frozenDir)), a.m.Files, words, 1)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("a word to be hidden still stands in line %d of %s; have that file removed: %w: %w", found[0].Line, found[0].Path, ErrLeak, ErrRefused)
	}
	return nil
}
