package redact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"darksite/bundle"
	"darksite/bundle/redact/proof"
	"darksite/bundle/redact/pseudonym"
)

// File is a file that went through the gate.
type File struct {
	In         string // relative path as found; never leaves the site
	Out        string // relative path as written
	Inspected  bundle.Inspected
	Type       string // by content
	Size       int64  // of what was written
	Redactions map[string]int64
	NearMisses int64 // words kept that look drawn by chance
}

// Withheld is a file, or behind a ! a member of an archive, that did not pass.
type Withheld struct {
	In     string // relative path as found; never leaves the site
	Path   string // the same after redaction
	Reason string
}

// Result is what a tree came to.
type Result struct {
	Files    []File
	Withheld []Withheld
	Map      *Map
	Report   Report
	Leaks    []proof.Leak // what the proof found and is hidden since, or withheld with its file

	originals []proof.Original
}

// Originals are the values that must not be found in the result, for the proof.
func (r *Result) Originals() []proof.Original { return r.originals }

// LeakError says that the proof found values in the finished tree, which was
// removed: the policy is strict, or withholding the files did not help.
type LeakError struct {
	Leaks []proof.Leak
}

// Error names files and kinds, never a value.
func (e *LeakError) Error() string {
	l := e.Leaks[0]
	return fmt.Sprintf("redaction refused: the proof found %d values left, the first in %s (kind %s, spelled %s)", len(e.Leaks), l.File, l.Kind, l.Spelling)
}

// Tree redacts the folder in into the folder out, which must not exist or be
// empty. Relative paths stay the same except where names had to change. On any
// error nothing is left at out. Files that cannot be handled as text, and files in
// which the proof finds a value left, are withheld and listed.
func (g *Gate) Tree(ctx context.Context, in, out string) (res *Result, err error) {
	g.tree.Lock()
	defer g.tree.Unlock()
	in, out, err = folders(in, out)
	if err != nil {
		return nil, fmt.Errorf("redact tree: %w", err)
	}
	work, err := newWork(out)
	if err != nil {
		return nil, fmt.Errorf("redact tree: %w", err)
	}
	finished := false
	defer func() {
		if p := recover(); p != nil {
			err = unexpected(p)
		}
		err = errors.Join(err, work.close())
		if err != nil && finished {
			err = errors.Join(err, os.RemoveAll(out))
		}
		if err != nil {
			res = nil
		}
	}()
	if res, err = g.runTree(ctx, in, work); err != nil {
		return nil, err
	}
	if err := work.publish(res.Files); err != nil {
		return nil, fmt.Errorf("redact tree: %w", err)
	}
	finished = true
	return res, nil
}

func (g *Gate) runTree(ctx context.Context, in string, work *workFolder) (res *Result, err error) {
	plan, err := planTree(in)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plan.in.Close()) }()
	plan.out, plan.tmp = work.tree(), work.tmp()
	plan.spools = newSpools(plan.tmp)
	defer func() { err = errors.Join(err, plan.spools.close()) }()
	if err := g.learnNames(plan); err != nil {
		return nil, err
	}
	g.enter("learn")
	if err := g.pass(ctx, "learn", plan, g.learnFile); err != nil {
		return nil, err
	}
	if err := g.refresh(); err != nil {
		return nil, fmt.Errorf("redact tree: %w", err)
	}
	if err := g.nameOutputs(plan); err != nil {
		return nil, err
	}
	g.enter("redact")
	if err := g.pass(ctx, "redact", plan, g.writeFile); err != nil {
		return nil, err
	}
	if err := g.writeLinks(plan); err != nil {
		return nil, err
	}
	g.enter("prove")
	defer g.enter("end")
	return g.prove(ctx, plan, g.result(plan))
}

// enter tells tests where the time goes.
func (g *Gate) enter(pass string) {
	if g.entered != nil {
		g.entered(pass)
	}
}

// proofRounds bounds how often files are withheld and the rest proved again.
const proofRounds = 50

// prove searches the finished tree. What is left in a text is hidden there, a file
// of another sort is withheld whole, and all of it is proved again; where that
// does not help, or the policy is strict, the whole tree is refused.
func (g *Gate) prove(ctx context.Context, p *plan, res *Result) (*Result, error) {
	originals := res.originals
	var all []proof.Leak
	tell := func(done, total int64) {
		if g.progress != nil {
			g.progress("prove", done, total)
		}
	}
	for range proofRounds {
		leaks, err := proof.Search(ctx, p.out, originals, tell)
		if err != nil {
			return nil, fmt.Errorf("prove that nothing is left: %w", err)
		}
		if len(leaks) == 0 {
			if len(all) > 0 {
				res = g.result(p)
			}
			res.Leaks = all
			return res, nil
		}
		all = append(all, leaks...)
		if g.policy.Strict {
			return nil, &LeakError{Leaks: leaks}
		}
		mended, rest, err := p.mend(leaks)
		if err != nil {
			return nil, err
		}
		held, err := p.withholdLeaking(rest)
		if err == nil {
			err = p.withholdDangling()
		}
		if err != nil {
			return nil, err
		}
		if mended+held == 0 {
			return nil, &LeakError{Leaks: leaks}
		}
	}
	return nil, &LeakError{Leaks: all}
}

// withholdLeaking removes the files that leaks are in and says how many.
func (p *plan) withholdLeaking(leaks []proof.Leak) (int, error) {
	bad := map[string]bool{}
	for _, l := range leaks {
		name, _, _ := strings.Cut(l.File, "!")
		bad[name] = true
	}
	held := 0
	for _, t := range p.tasks {
		if t.withheld != "" || !bad[t.outRel] {
			continue
		}
		path := filepath.Join(p.out, filepath.FromSlash(t.outRel))
		if err := os.Remove(path); err != nil {
			return held, fmt.Errorf("withhold %s: %w", t.outRel, cause(err))
		}
		if err := removeEmptyParents(p.out, filepath.Dir(path)); err != nil {
			return held, err
		}
		t.withheld = "the proof found a value left in it"
		held++
	}
	return held, nil
}

// task is one file of a tree.
type task struct {
	rel      string
	number   int // in order of names, from 1
	outRel   string
	found    *spool // from one pass to the other
	size     int64
	link     string // where it points, when it is a symbolic link
	kind     string // type by content, from the first pass
	withheld string // reason, when it does not pass
	held     []Withheld
	file     File
}

// shown is how an error names a file: by its redacted path, or while that is not
// known by its place.
func (t *task) shown() string {
	if t.outRel != "" {
		return t.outRel
	}
	return fmt.Sprintf("file %d in order of names", t.number)
}

// plan is the work of one tree.
type plan struct {
	tasks  []*task
	in     *os.Root
	out    string // where the result is made
	spools *spools
	crew   *crew  // of the pass at hand
	tmp    string // for parts of archives
	total  int64
}

// pass runs a step over all files on the gate's workers and stops at the first
// error.
func (g *Gate) pass(ctx context.Context, name string, p *plan, step func(context.Context, *plan, *task, *stream) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m := &meter{name: name, total: p.total, tell: g.progress}
	queue := make(chan *task)
	busy := min(g.workers, max(1, len(p.tasks)))
	p.crew = g.newCrew(g.workers - busy)
	var wg sync.WaitGroup
	hands := make([]hand, busy)
	for i := range hands {
		h := &hands[i]
		wg.Go(func() {
			defer func() { p.crew.back(h.w) }()
			for t := range queue {
				s := &stream{gate: g, hand: h, meter: m, hint: t.rel, tmp: p.tmp, crew: p.crew}
				if err := guarded(func() error { return step(ctx, p, t, s) }); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, t := range p.tasks {
		if ctx.Err() != nil {
			break
		}
		if t.withheld == "" && t.link == "" {
			queue <- t
		}
	}
	close(queue)
	wg.Wait()
	p.crew = nil // with what its workers remember
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range hands {
		if w := hands[i].w; w != nil {
			g.learnt.add(w.seen)
		}
		hands[i] = hand{}
	}
	return nil
}

// guarded turns a panic into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = unexpected(p)
		}
	}()
	return f()
}

// unexpected is the error of a panic. What the panic says is left out: it can
// quote the text at hand.
func unexpected(p any) error {
	at := ""
	if e, ok := p.(runtime.Error); ok {
		at = fmt.Sprintf(" (%T)", e)
	}
	return fmt.Errorf("redact tree: failed unexpectedly%s; nothing was written; this is a fault of this program", at)
}

// meter adds up progress.
type meter struct {
	mu          sync.Mutex
	name        string
	done, total int64
	tell        Progress
}

func (m *meter) add(n int) {
	if m == nil || m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += int64(n)
	m.tell(m.name, m.done, m.total)
}

// metered counts what is read.
type metered struct {
	r io.Reader
	m *meter
}

func (r metered) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.m.add(n)
	return n, err
}

// learnFile reads a file for what it tells.
func (g *Gate) learnFile(ctx context.Context, p *plan, t *task, s *stream) error {
	t.found = newSpool(p.spools)
	s.spool = t.found
	if err := g.through(ctx, p, t, s, nil); err != nil {
		return err
	}
	return t.found.end()
}

// writeFile writes the redacted file.
func (g *Gate) writeFile(ctx context.Context, p *plan, t *task, s *stream) (err error) {
	path := filepath.Join(p.out, filepath.FromSlash(t.outRel))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("redact %s: %w", t.outRel, cause(err))
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("redact %s: %w", t.outRel, cause(err))
	}
	s.write, s.counts, s.replay = true, map[string]int64{}, &replay{s: t.found, lost: g.rescan}
	err = g.through(ctx, p, t, s, f)
	t.found = nil
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	if t.withheld != "" {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("withhold %s: %w", t.outRel, cause(err))
		}
		return removeEmptyParents(p.out, filepath.Dir(path))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("redact %s: %w", t.outRel, cause(err))
	}
	t.file = File{In: t.rel, Out: t.outRel, Inspected: bundle.InspectedFull, Type: s.kind, Size: info.Size(), Redactions: s.counts}
	for _, h := range s.held {
		t.file.Inspected = bundle.InspectedPartial
		t.held = append(t.held, Withheld{In: h.In, Path: t.outRel + "!" + h.Path, Reason: h.Reason})
	}
	if s.w != nil {
		t.file.NearMisses = s.w.near
	}
	return nil
}

// removeEmptyParents removes folders that a withheld file leaves without content.
func removeEmptyParents(root, dir string) error {
	for dir != root && strings.HasPrefix(dir, root) {
		if err := os.Remove(dir); err != nil {
			return nil // not empty, which is what ends the climb
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// through opens a file and runs its content through a stream. A file that cannot
// be opened or handled is marked withheld.
func (g *Gate) through(ctx context.Context, p *plan, t *task, s *stream, w io.Writer) error {
	f, reason, err := p.open(t)
	if err != nil {
		return fmt.Errorf("redact %s: %w", t.shown(), cause(err))
	}
	if t.withheld = reason; reason != "" {
		return nil
	}
	defer f.Close()
	s.ctx = ctx
	if w == nil {
		w = io.Discard
	}
	s.from = &counter{r: f}
	if g.opened != nil {
		s.from.r = g.opened(f)
	}
	s.kind, err = s.content(metered{s.from, s.meter}, w, t.rel, 0)
	t.kind = s.kind
	var no *withholdError
	if errors.As(err, &no) {
		t.withheld = no.reason
		return nil
	}
	if err != nil {
		return fmt.Errorf("redact %s: %w", t.shown(), cause(err))
	}
	return nil
}

// result gathers what the tasks came to.
func (g *Gate) result(p *plan) *Result {
	res := &Result{Map: g.mint.Map()}
	for _, t := range p.tasks {
		if t.withheld != "" {
			res.Withheld = append(res.Withheld, Withheld{In: t.rel, Path: g.pathText(t.rel), Reason: t.withheld})
			continue
		}
		res.Files = append(res.Files, t.file)
		res.Withheld = append(res.Withheld, t.held...)
	}
	slices.SortFunc(res.Files, func(a, b File) int { return strings.Compare(a.Out, b.Out) })
	res.originals = g.originals()
	res.Report = g.report(res)
	return res
}

// originals lists what the proof looks for: every value the gate promises to
// hide wherever it stands.
func (g *Gate) originals() []proof.Original {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []proof.Original
	add := func(k pseudonym.Kind, v string, fold bool) {
		out = append(out, proof.Original{Kind: k.String(), Value: v, Fold: fold})
	}
	for _, it := range g.inv.Items() {
		add(it.Kind, it.Text, !it.Exact)
	}
	for _, v := range g.learnt.sorted(0) {
		switch v.kind {
		case pseudonym.IPv4, pseudonym.IPv6, pseudonym.IQN, pseudonym.NQN, pseudonym.SID:
			if v.kind != pseudonym.IPv6 || len(v.canon) > 8 {
				add(v.kind, v.canon, true)
			}
		}
	}
	return out
}
