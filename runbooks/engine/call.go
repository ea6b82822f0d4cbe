package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"darksite/runbooks"
)

// call follows another runbook in a run of its own beside this one, and comes back
// with its outcome. Left in the middle, it is taken up where it stood.
func (r *Run) call(ctx context.Context, s runbooks.Step) (string, error) {
	child, note := r.called(s.ID), ""
	if child == "" {
		screen := r.screen(s)
		screen.Choices = r.onward()
		var err error
		if _, note, err = r.ask(ctx, screen); err != nil {
			return note, err
		}
		child = fmt.Sprintf("%s.%d", r.ID(), len(r.log.entries)+1)
		if err := r.write(Entry{Event: Entered, Step: s.ID, Kind: s.Kind, Child: child, Note: note}); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(filepath.Dir(r.dir), child)
	outcome, err := ended(dir)
	if outcome == "" && err == nil {
		outcome, err = r.lead(ctx, s, dir, child)
	}
	switch {
	case errors.Is(err, errNoBook) || errors.Is(err, ErrOtherProduct) || errors.Is(err, ErrNeeds) || errors.Is(err, ErrTooOld):
		return r.failed(ctx, s, note, err)
	case err != nil:
		return "", err
	}
	result := string(outcome)
	if outcome == runbooks.Aborted {
		result = "failed"
	}
	return result, r.finish(s, Entry{Result: result, Child: child})
}

// called is the run that this step has begun and that has not come back.
func (r *Run) called(step string) string {
	child := ""
	for _, e := range r.log.entries {
		if e.Step == step && (e.Event == Entered || e.Event == Finished) {
			child = ""
			if e.Event == Entered {
				child = e.Child
			}
		}
	}
	return child
}

// ended is the outcome of a run that is closed, or "".
func ended(dir string) (runbooks.Outcome, error) {
	past, err := readDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(past) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if last := past[len(past)-1]; last.Event == Closed {
		return runbooks.Outcome(last.Result), nil
	}
	return "", nil
}

var errNoBook = errors.New("this kit does not hold the runbook")

// lead begins the called run, or takes it up, and leads it on.
func (r *Run) lead(ctx context.Context, s runbooks.Step, dir, child string) (runbooks.Outcome, error) {
	run, err := r.child(s, dir, child)
	if err != nil {
		return "", err
	}
	outcome, err := run.Go(ctx)
	if errors.Is(err, ErrUnsigned) { // it has ended all the same; Sign makes up for it
		err = nil
	}
	return outcome, errors.Join(err, run.Close())
}

func (r *Run) child(s runbooks.Step, dir, child string) (*Run, error) {
	if _, err := os.Stat(dir); err == nil {
		return Open(dir, r.o)
	}
	if r.o.Book == nil {
		return nil, fmt.Errorf("%w: %s", errNoBook, s.Runbook)
	}
	book, ok := r.o.Book(s.Runbook)
	if !ok {
		return nil, fmt.Errorf("%w: %s", errNoBook, s.Runbook)
	}
	first := r.log.entries[0]
	return Start(dir, book, Begin{
		Run: child, Target: first.Target, Component: first.About, Alert: first.Alert, Refers: r.ID(),
		Product: first.Product, Serial: first.Serial, Change: first.Change, Case: first.Case,
	}, r.o)
}
