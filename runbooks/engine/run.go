package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/facts"
)

// Errors a caller decides on.
var (
	// ErrLeft says that the person stopped for now; the run can be resumed.
	ErrLeft = errors.New("left for now")
	// ErrTooOld says that a run has rested longer than its runbook allows.
	ErrTooOld = errors.New("the run has rested too long to be resumed")
	// ErrClosed says that the run has ended.
	ErrClosed = errors.New("the run is closed")
	// ErrNotProven says that the check that must prove the end does not pass.
	ErrNotProven = errors.New("the end is not proven")
	// ErrOtherProduct says that a runbook is for another kind of target.
	ErrOtherProduct = errors.New("the runbook is not for this kind of target")
	// ErrNotYours says that a run belongs to somebody who has not handed it over.
	ErrNotYours = errors.New("the run belongs to somebody else")
	// ErrNeeds says that a run may not begin before something is there.
	ErrNeeds = errors.New("the runbook cannot begin yet")
	// ErrUnsigned says that a run has ended and its log could not be signed; [Sign]
	// makes up for it.
	ErrUnsigned = errors.New("the log of the run is not signed")
)

// Answers a person can give at any screen besides its choices.
const (
	AnswerLeave = "q" // stop here for now
	AnswerStop  = "!" // stop and open a case
)

// Case is what a draft is made from when a runbook stops.
type Case struct {
	Target, Component string
	Alert             uint64
	Severity          int
	Subject           string
	Impact            string // what the business cannot do
	Run               string
	Hold              []string // what not to touch meanwhile
}

// Site is what the engine asks of the place it runs in.
type Site interface {
	// Evidence takes the profile's files. Names are slash paths of the run's folder.
	Evidence(ctx context.Context, profile string) (map[string][]byte, error)
	// DraftCase opens a case draft and returns its id.
	DraftCase(ctx context.Context, c Case) (string, error)
}

// Options is what a run needs from outside.
type Options struct {
	Facts runbooks.Facts
	Human Human
	Site  Site
	Lang  runbooks.Lang
	Actor string
	Now   func() time.Time
	Boot  func() time.Duration                             // time since the machine started
	Sleep func(ctx context.Context, d time.Duration) error // between two looks
	Sign  func(log []byte) ([]byte, error)                 // nil: the closed log stays unsigned

	Hands    Hands                                     // nil: the kit does nothing to an array (the rule)
	Second   Second                                    // nil: no step of risk R3 can be taken
	Identity func(ctx context.Context) (string, error) // what the target calls itself; nil: not asked
	Book     func(id string) (*runbooks.Runbook, bool) // runbooks that can be called; nil: none
	TakeOver string                                    // why a run of somebody else is taken over unasked
}

// Begin is what a new run is about.
type Begin struct {
	Run       string // id such as R-0001
	Target    string
	Component string
	Alert     uint64
	Refers    string // an older run this one follows
	Product   string // kind of target, such as flasharray; empty when nobody knows
	Serial    string // what the target calls itself; empty when nobody knows
	Change    string // the change request that allows risk R3
	Case      string // a case that is open already
}

// Run is one run, open for writing.
type Run struct {
	dir  string
	book *runbooks.Runbook
	log  *log
	o    Options
	at   string          // id of the next step
	seen *facts.Recorder // behind the newest verdict; nil once it is written
	dry  bool
}

// Start makes a run in the folder dir, which must not exist.
func Start(dir string, book *runbooks.Runbook, b Begin, o Options) (*Run, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("start run %s: %w", b.Run, err)
	}
	// The name of the target is what a person types before acting: it must be one
	// that cannot be typed by mistake.
	if b.Run == "" || len(b.Target) < 2 {
		return nil, fmt.Errorf("start run %q about %q: an id and the name of a target are needed", b.Run, b.Target)
	}
	if err := mayBegin(book, b); err != nil {
		return nil, fmt.Errorf("start run %s: %w", b.Run, err)
	}
	r, err := start(dir, book, b, o)
	if err != nil {
		return nil, fmt.Errorf("start run %s: %w", b.Run, err)
	}
	return r, nil
}

// mayBegin refuses a runbook for another kind of target, and one whose risk wants
// more said before it begins.
func mayBegin(book *runbooks.Runbook, b Begin) error {
	switch {
	case book.Withdrawn != "":
		return fmt.Errorf("%w: %s is withdrawn: %s", ErrNeeds, book.ID, runbooks.Printable(book.Withdrawn))
	case !book.For(b.Product):
		return fmt.Errorf("%w: %s is for %s, and %s is a %s", ErrOtherProduct, book.ID, strings.Join(book.Products, ", "), b.Target, b.Product)
	case book.RiskMax >= runbooks.R3 && b.Change == "":
		return fmt.Errorf("%w: %s reaches risk R3, which needs the number of an approved change", ErrNeeds, book.ID)
	case book.VendorCase && b.Case == "":
		return fmt.Errorf("%w: %s needs a case that is open with the vendor", ErrNeeds, book.ID)
	}
	return nil
}

// began is the first line of a run.
func began(book *runbooks.Runbook, b Begin) Entry {
	return Entry{
		Event: Began, Book: fmt.Sprintf("%s@%d", book.ID, book.Version), Digest: book.Digest,
		Target: b.Target, About: b.Component, Alert: b.Alert, Refers: b.Refers,
		Serial: b.Serial, Product: b.Product, Change: b.Change, Case: b.Case,
	}
}

// start makes the run beside its place and renames it there with its first line
// on disk, so that a folder of a run's name is always a run.
func start(dir string, book *runbooks.Runbook, b Begin, o Options) (_ *Run, err error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, fs.ErrExist
	}
	runs := filepath.Dir(dir)
	if err := os.MkdirAll(runs, 0o700); err != nil {
		return nil, err
	}
	made, err := os.MkdirTemp(runs, ".start-")
	if err != nil {
		return nil, err
	}
	r := &Run{dir: made, book: book, o: o, at: book.First}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close(), os.RemoveAll(r.dir))
		}
	}()
	for name, text := range book.Files {
		if err := writeSynced(filepath.Join(made, name), text); err != nil {
			return nil, err
		}
	}
	if r.log, err = openLog(made, os.O_CREATE); err != nil {
		return nil, err
	}
	r.log.run = b.Run
	if err := r.write(began(book, b)); err != nil {
		return nil, err
	}
	if err := syncDir(made); err != nil {
		return nil, err
	}
	if err := os.Rename(made, dir); err != nil {
		return nil, err
	}
	r.dir = dir
	return r, syncDir(runs)
}

// Open takes up the run in dir. It reads the runbook from the run's own copy.
func Open(dir string, o Options) (*Run, error) { return open(dir, o, toGoOn) }

// What a run is opened for. One that has rested too long can still be ended.
const (
	toGoOn = iota
	toEnd
)

func open(dir string, o Options, forWhat int) (*Run, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	name := filepath.Base(dir)
	book, err := runbooks.LoadOne(os.DirFS(filepath.Dir(dir)), name)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	l, err := openLog(dir, 0)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: dir, book: book, log: l, o: o}
	if err := r.place(forWhat); err != nil {
		return nil, errors.Join(fmt.Errorf("open run %s: %w", l.run, err), l.close())
	}
	return r, nil
}

// place finds from the log where the run stands.
func (r *Run) place(forWhat int) error {
	if len(r.log.entries) == 0 {
		return fmt.Errorf("%w: it has no first line", ErrLogDamaged)
	}
	first, last := r.log.entries[0], r.log.entries[len(r.log.entries)-1]
	if first.Event != Began || first.Digest != r.book.Digest {
		return fmt.Errorf("%w: the runbook beside it is not the one the run began with", ErrLogDamaged)
	}
	if last.Event == Closed {
		return ErrClosed
	}
	// A run that was stopped has nothing left but its last line.
	if rested := r.o.Now().Sub(last.At); rested > r.book.ResumeMax && last.Event != Stopped && forWhat == toGoOn {
		return fmt.Errorf("%w: %s, at most %s", ErrTooOld, rested.Round(time.Minute), r.book.ResumeMax)
	}
	r.at = r.book.First
	for i, e := range r.log.entries {
		switch e.Event {
		case Finished:
			s, ok := r.book.Step(e.Step)
			if !ok {
				return fmt.Errorf("%w: step %s is not in the runbook", ErrLogDamaged, e.Step)
			}
			r.at = follow(s, e.Result, r.log.entries[:i+1])
		case Returned:
			r.at = e.Step
		}
	}
	if _, ok := r.book.Step(r.at); !ok {
		return fmt.Errorf("%w: it leads to step %q, which is not in the runbook", ErrLogDamaged, r.at)
	}
	return nil
}

// check says which part is missing.
func (o Options) check() error {
	if o.Facts == nil || o.Human == nil || o.Site == nil || o.Actor == "" || o.Now == nil || o.Boot == nil || o.Sleep == nil {
		return errors.New("facts, human, site, actor, now, boot and sleep are needed")
	}
	return nil
}

// Close releases the run.
func (r *Run) Close() error {
	if r.log == nil {
		return nil
	}
	return r.log.close()
}

// ID is the run's id.
func (r *Run) ID() string { return r.log.run }

// Go leads on until the run is closed or the person leaves. It returns the
// outcome of a closed run, with an error that wraps ErrUnsigned when its log
// could not be signed; any other error, such as ErrLeft or ErrNotProven, leaves
// a run that can be resumed. After Go has closed a run there is only Close.
func (r *Run) Go(ctx context.Context) (runbooks.Outcome, error) {
	switch last := r.log.entries[len(r.log.entries)-1]; last.Event {
	case Closed:
		return "", fmt.Errorf("run %s: %w", r.ID(), ErrClosed)
	case Stopped: // and then the light went out
		return r.escalated(ctx, last)
	}
	if err := r.accept(ctx); err != nil {
		return "", err
	}
	if last := r.log.entries[len(r.log.entries)-1]; last.Event != Began {
		if err := r.recheck(ctx); err != nil {
			return "", err
		}
	}
	for {
		s, ok := r.book.Step(r.at)
		if !ok {
			return "", fmt.Errorf("run %s: step %q does not exist", r.ID(), r.at)
		}
		if s.Kind == runbooks.End {
			return r.end(ctx, s)
		}
		result, err := r.step(ctx, s)
		if errors.Is(err, errStop) {
			return r.stop(ctx, s, result)
		}
		if err != nil {
			return "", err
		}
		r.at = follow(s, result, r.log.entries)
	}
}

// errStop carries "!" up to Go, with the person's note in the place of a result.
var errStop = errors.New("stop and open a case")

// recheck asks again what passed before the interruption.
func (r *Run) recheck(ctx context.Context) error {
	if err := r.write(Entry{Event: Resumed}); err != nil {
		return err
	}
	for _, id := range r.passed() {
		s, _ := r.book.Step(id)
		v := r.eval(ctx, *s.Expect, s.MaxAge)
		if v.Result != runbooks.Pass {
			r.at = id
			return r.write(Entry{Event: Returned, Step: id, Kind: s.Kind, Verdict: &v, Result: string(v.Result)})
		}
	}
	return nil
}

// passed lists the checks that passed on the way that led here, in the order
// asked. What was asked before an action is left out: the action was meant to
// change it. Going back to a check gives up what came behind it.
func (r *Run) passed() []string {
	var way []string
	for _, e := range r.log.entries {
		if e.Event == Entered {
			way = nil
			continue
		}
		if e.Kind != runbooks.Check || e.Event != Finished && e.Event != Returned {
			continue
		}
		if i := slices.Index(way, e.Step); i >= 0 {
			way = way[:i]
		}
		if e.Event == Finished && e.Result == string(runbooks.Pass) {
			way = append(way, e.Step)
		}
	}
	return way
}

// follow is the next step after a result; past is the log up to that result.
func follow(s runbooks.Step, result string, past []Entry) string {
	if s.Kind != runbooks.Branch {
		return s.On[result]
	}
	for _, w := range s.When {
		if newest(past, w.Step) == w.Is {
			return w.Then
		}
	}
	return s.Else
}

func newest(past []Entry, step string) string {
	result := ""
	for _, e := range past {
		if e.Event == Finished && e.Step == step {
			result = e.Result
		}
	}
	return result
}

// end closes the run, as resolved only when its proof holds right now.
func (r *Run) end(ctx context.Context, s runbooks.Step) (runbooks.Outcome, error) {
	var proof *runbooks.Verdict
	var unproven error
	screen := r.screen(s)
	if s.Outcome == runbooks.Resolved && !r.dry {
		by, p := r.proof(s)
		v := r.eval(ctx, p, by.MaxAge)
		r.verdict(&screen, p, v)
		if proof = &v; v.Result != runbooks.Pass {
			screen.Notice = r.say("The end is not proven, so the run stays open.", "La fin n'est pas prouvée, l'exécution reste donc ouverte.")
			unproven = fmt.Errorf("run %s: %w: %s: %s", r.ID(), ErrNotProven, screen.Expected, screen.Found)
		}
	}
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	switch {
	case errors.Is(err, errStop):
		return r.stop(ctx, s, note)
	case err != nil:
		return "", err
	case unproven != nil:
		return "", errors.Join(unproven, r.write(Entry{Event: Left, Step: s.ID, Verdict: proof, Note: note}))
	}
	if err := r.undo(ctx); err != nil {
		return "", err
	}
	if err := r.write(Entry{Event: Closed, Step: s.ID, Kind: s.Kind, Result: string(s.Outcome), Verdict: proof, Note: note}); err != nil {
		return "", err
	}
	return s.Outcome, r.seal()
}

// proof is the question that must pass for an end to be the end.
func (r *Run) proof(s runbooks.Step) (by runbooks.Step, p runbooks.Predicate) {
	by, _ = r.book.Step(s.Needs)
	if by.Kind == runbooks.Action {
		return by, *by.After
	}
	return by, *by.Expect
}

// stop is "!": draft a case from where the run stands, and close.
func (r *Run) stop(ctx context.Context, s runbooks.Step, note string) (runbooks.Outcome, error) {
	if r.dry {
		return runbooks.Escalated, nil
	}
	id, err := r.o.Site.DraftCase(ctx, r.draft(r.book.Severity, r.book.Title))
	if err != nil {
		return "", fmt.Errorf("run %s: open a case: %w", r.ID(), err)
	}
	e := Entry{Event: Stopped, Step: s.ID, Kind: s.Kind, Case: id, Note: note}
	if err := r.write(e); err != nil {
		return "", err
	}
	return r.escalated(ctx, e)
}

// escalated closes a run that was stopped.
func (r *Run) escalated(ctx context.Context, at Entry) (runbooks.Outcome, error) {
	if err := r.undo(ctx); err != nil {
		return "", err
	}
	if err := r.write(Entry{Event: Closed, Step: at.Step, Kind: at.Kind, Result: string(runbooks.Escalated)}); err != nil {
		return "", err
	}
	return runbooks.Escalated, r.seal()
}

// draft begins a case about what this run is about.
func (r *Run) draft(severity int, subject runbooks.Text) Case {
	first := r.log.entries[0]
	return Case{
		Target: first.Target, Component: first.About, Alert: first.Alert, Severity: severity,
		Subject: first.Target + ": " + r.fill(subject.In(r.o.Lang)), Impact: r.fill(r.book.Impact.In(r.o.Lang)), Run: r.ID(),
	}
}

// seal signs the closed log.
func (r *Run) seal() error {
	if r.o.Sign == nil || r.dry {
		return nil
	}
	if err := signLog(r.dir, r.o.Sign); err != nil {
		return fmt.Errorf("run %s: %w: %w", r.ID(), ErrUnsigned, err)
	}
	return nil
}

// Sign signs the log of a run that has ended, for when that failed at its end. A
// signature that is there already is kept.
func Sign(dir string, sign func(log []byte) ([]byte, error)) error {
	l, err := openLog(dir, 0)
	if err != nil {
		return err
	}
	if n := len(l.entries); n == 0 || l.entries[n-1].Event != Closed {
		err = errors.New("it has not ended")
	} else if _, there := os.Stat(filepath.Join(dir, SigFile)); errors.Is(there, fs.ErrNotExist) {
		err = signLog(dir, sign)
	}
	if err != nil {
		err = fmt.Errorf("sign run %s: %w", l.run, err)
	}
	return errors.Join(err, l.close())
}

func signLog(dir string, sign func(log []byte) ([]byte, error)) error {
	text, err := os.ReadFile(filepath.Join(dir, LogFile))
	if err != nil {
		return err
	}
	sig, err := sign(text)
	if err != nil {
		return err
	}
	// Whole or not at all: half a signature would look like a forged one.
	part := filepath.Join(dir, "."+SigFile)
	if err := writeSynced(part, sig); err != nil {
		return err
	}
	if err := os.Rename(part, filepath.Join(dir, SigFile)); err != nil {
		return err
	}
	return syncDir(dir)
}

func (r *Run) write(e Entry) error {
	e.Actor, e.At, e.Boot = r.o.Actor, r.o.Now().UTC().Truncate(time.Millisecond), int64(r.o.Boot()/time.Second)
	if e.Verdict != nil && r.seen != nil {
		digest, err := r.keepFacts()
		if err != nil {
			return fmt.Errorf("run %s: %w", r.ID(), err)
		}
		e.Facts = digest
	}
	return r.log.append(e)
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
