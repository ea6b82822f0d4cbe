package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/casedraft"
	"darksite/bundle/collect"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
)

// Request says what to collect and who asks.
type Request struct {
	Collectors []collect.Collector
	Profile    collect.Profile
	Signer     sign.Signer // of a collector of the roster
	Case       string      // number or temporary id of a case, or empty
	Marking    string      // of what leaves: 1 to 64 characters of printable ASCII
	// Clear asks for a bundle that leaves signed but not encrypted, for a guard that
	// must see inside. The roster must allow it, and the officers sign it as such.
	Clear     bool
	ClockNote string // what is known of the clock, in words
	// Progress, if set, is told which part of the work begins.
	Progress func(step string, done, of int)
}

func (q Request) progress(step string, done, of int) {
	if q.Progress != nil {
		q.Progress(step, done, of)
	}
}

// check refuses now what a manifest or a label would refuse after all the work.
func (q Request) check() error {
	if q.Case != "" && !casedraft.ValidNumber(q.Case) && !casedraft.ID(q.Case).Valid() {
		return fmt.Errorf("case %q: want eight digits or a temporary id such as T-ABCDEFGHIJ: %w", q.Case, ErrRefused)
	}
	ascii := !strings.ContainsFunc(q.Marking, func(r rune) bool { return r < ' ' || r > '~' })
	if q.Marking == "" || len(q.Marking) > 64 || !ascii || strings.TrimSpace(q.Marking) != q.Marking {
		return fmt.Errorf("marking %q: want 1 to 64 characters of plain ASCII, such as INTERNAL: %w", q.Marking, ErrRefused)
	}
	return nil
}

// Folders inside the folder of a bundle.
const (
	stagingDir  = "staging"
	frozenDir   = "frozen"
	approvalDir = "approvals"
	sealedDir   = "sealed"
)

func (p *Pipeline) staging(id bundle.ID) string { return filepath.Join(p.Folder(id), stagingDir) }

// Collect begins a bundle and leads it to FROZEN. When something fails before
// that, staged data is removed and the bundle is WITHDRAWN with the reason; the
// id is returned all the same once there is one. A collector that gets only
// part of what it wants is no failure: the record and the manifest say so.
func (p *Pipeline) Collect(ctx context.Context, q Request) (bundle.ID, error) {
	if err := q.check(); err != nil {
		return "", fmt.Errorf("collect: %w", err)
	}
	t, err := p.o.Trust()
	if err != nil {
		return "", fmt.Errorf("collect: %w", err)
	}
	latest, err := p.o.Counters.Latest()
	if err != nil {
		return "", fmt.Errorf("collect: %w", err)
	}
	person, err := holder(t.Roster, q.Signer.Public(), latest+1, roster.Collector)
	if err != nil {
		return "", fmt.Errorf("collect: %w", err)
	}
	if _, err := t.readers(q.Clear); err != nil {
		return "", fmt.Errorf("collect: %w", err)
	}
	r, release, err := p.begin(ctx, q, t.Roster.Site, person)
	if err != nil {
		return "", fmt.Errorf("collect: %w", err)
	}
	defer release()
	if err := p.toCollected(ctx, r, q); err != nil {
		return r.BID, p.fail(ctx, r, err)
	}
	return r.BID, p.toFrozen(ctx, r, q)
}

// Resume goes on with a bundle that an interrupted Collect left at COLLECTED or
// REDACTED. Of the request, signer, note on the clock and progress count. A
// bundle left at BEGUN cannot go on: what was staged is not known
// to be whole, so it is withdrawn.
func (p *Pipeline) Resume(ctx context.Context, id bundle.ID, q Request) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.need("resume", Begun, Collected, Redacted); err != nil {
		return err
	}
	t, err := p.o.Trust()
	if err != nil {
		return fmt.Errorf("resume bundle %s: %w", id, err)
	}
	person, err := holder(t.Roster, q.Signer.Public(), r.Seq, roster.Collector)
	if err != nil {
		return fmt.Errorf("resume bundle %s: %w", id, err)
	}
	if person.ID != r.Collector.Principal || person.Key.ID() != r.Collector.KeyID {
		return fmt.Errorf("resume bundle %s: begun by %s, not by %s: %w", id, r.Collector.Principal, person.ID, ErrRefused)
	}
	if r.State == Begun {
		return p.fail(ctx, r, errors.New("interrupted while it was collected; collect again"))
	}
	return p.toFrozen(ctx, r, q)
}

// begin gives out a sequence and makes folder, lock and record.
func (p *Pipeline) begin(ctx context.Context, q Request, site string, person roster.Person) (*Record, func(), error) {
	seq, err := p.o.Counters.Next()
	if err != nil {
		return nil, nil, err
	}
	r := &Record{
		Format: recordFormat, BID: bundle.NewID(site, uint64(seq)), Seq: seq, Case: q.Case, Marking: q.Marking, Clear: q.Clear,
		Collector: bundle.Principal{Principal: person.ID, KeyID: person.Key.ID()},
		Created:   stamp(p.o.Now()), Profile: q.Profile.Name,
	}
	if err := os.Mkdir(p.Folder(r.BID), 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("the sequence %d was given out before: is the site's database an old copy? %w", seq, err)
		}
		return nil, nil, err
	}
	release, err := lock(filepath.Join(p.Folder(r.BID), "lock"))
	if err != nil {
		return nil, nil, err
	}
	if err := p.enter(ctx, r, Begun, person.ID, "", map[string]string{"profile": q.Profile.Name, "encrypted": r.encrypted()}); err != nil {
		release()
		return nil, nil, err
	}
	return r, release, nil
}

func (p *Pipeline) toCollected(ctx context.Context, r *Record, q Request) error {
	raw := filepath.Join(p.staging(r.BID), "raw")
	if err := os.MkdirAll(raw, 0o700); err != nil {
		return fmt.Errorf("collect bundle %s: %w", r.BID, err)
	}
	p.step("staging made")
	res, err := collect.Run(ctx, collect.Options{
		Staging: raw, Profile: q.Profile, Now: p.o.Now,
		Progress: func(name string, done, of int) {
			if name != "" {
				q.progress("collect "+name, done, of)
			}
		},
	}, q.Collectors)
	if err != nil {
		return fmt.Errorf("collect bundle %s: %w", r.BID, err)
	}
	p.step("collected")
	r.Collected = res.Collectors
	for i := range r.Collected {
		r.Collected[i].Reason = "" // not redacted yet; comes back when FROZEN
	}
	return p.enter(ctx, r, Collected, r.Collector.Principal, "", map[string]string{
		"files": strconv.Itoa(len(res.Items)), "bytes": strconv.FormatInt(res.Bytes(), 10), "omitted": strconv.Itoa(len(res.Omitted)),
	})
}

// fail ends a bundle that is not frozen: staged data is removed first, because
// nothing may be left where it could be carried out.
func (p *Pipeline) fail(ctx context.Context, r *Record, why error) error {
	if err := p.wipe(r.BID); err != nil {
		why = errors.Join(why, err)
	}
	if err := p.end(ctx, r, Withdrawn, r.Collector.Principal, why); err != nil {
		why = errors.Join(why, err)
	}
	return why
}

// wipe removes everything staged, also read-only parts of it, and a frozen tree
// that was never recorded.
func (p *Pipeline) wipe(id bundle.ID) error {
	for _, dir := range []string{stagingDir, frozenDir} {
		if err := removeTree(filepath.Join(p.Folder(id), dir)); err != nil {
			return fmt.Errorf("remove staged data of bundle %s: %w", id, err)
		}
	}
	return nil
}

// discard removes the sealed file and staged data of a bundle that ends; the
// frozen tree only while nobody has seen it: later it is evidence of what was
// decided on.
func (p *Pipeline) discard(id bundle.ID, tree bool) error {
	if err := os.RemoveAll(filepath.Join(p.Folder(id), sealedDir)); err != nil {
		return fmt.Errorf("remove the sealed file of bundle %s: %w", id, err)
	}
	if tree {
		return p.wipe(id)
	}
	return nil
}

// sweep removes staged data that a crash left behind a bundle which is frozen
// or has ended: it has no use any more.
func (p *Pipeline) sweep(r *Record) error {
	if !r.State.reached(Frozen) && !r.State.ended() {
		return nil
	}
	if err := removeTree(p.staging(r.BID)); err != nil {
		return fmt.Errorf("remove staged data of bundle %s: %w", r.BID, err)
	}
	if _, err := safefile.Sweep(p.Folder(r.BID)); err != nil {
		return fmt.Errorf("bundle %s: %w", r.BID, err)
	}
	return p.sweepTrees(r)
}

// sweepTrees removes frozen trees that are not the recorded one, if that is
// there: what a freeze again left behind when it was cut off.
func (p *Pipeline) sweepTrees(r *Record) error {
	trees := p.trees(r.BID)
	if len(trees) == 1 {
		return nil
	}
	current := p.treeDir(r)
	if _, err := os.Lstat(current); err != nil {
		return nil // nothing is removed when the tree itself is gone; whoever asks for it is told
	}
	for _, dir := range trees {
		if dir == current {
			continue
		}
		if err := removeTree(dir); err != nil {
			return fmt.Errorf("remove an old tree of bundle %s: %w", r.BID, err)
		}
	}
	return nil
}

// removeTree removes a folder whose folders may be read-only. It follows no
// links.
func removeTree(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(dir)
}
