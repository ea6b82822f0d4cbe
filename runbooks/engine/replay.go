package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/facts"
)

// MaxReplay bounds a log, and the facts beside it, that are replayed.
const MaxReplay = 64 << 20

// Replay is a run looked at again, far from the array, on what it carried along.
type Replay struct {
	Run, Target, Book string // Book is id@version
	Outcome           runbooks.Outcome
	Whole             bool // the log is byte for byte as it was written; redaction changes that
	SameBook          bool // the runbook at hand is byte for byte the one the run followed
	Verdicts          []Replayed
}

// Replayed is one verdict of the log beside what the same question answers now.
type Replayed struct {
	Line      int
	Step      string
	Predicate runbooks.Predicate
	Logged    runbooks.Verdict
	Again     runbooks.Verdict
	Problem   string // why it could not be asked again; Again is unknown then
}

// Agrees reports whether the question was asked again with the same answer. Names
// are left out, as redaction may have changed them.
func (v Replayed) Agrees() bool {
	return v.Problem == "" && v.Again.Result == v.Logged.Result && v.Again.Found.Number == v.Logged.Found.Number && v.Again.Found.Total == v.Logged.Found.Total
}

// Again evaluates every verdict of a run's log once more on the facts kept beside
// it. books gives the runbook of an id, such as runbooks.Library.Get. A log that
// was redacted is taken as it is; an unreadable one is an error.
func Again(ctx context.Context, log, kept []byte, books func(id string) (*runbooks.Runbook, bool)) (Replay, error) {
	if len(log) > MaxReplay || len(kept) > MaxReplay {
		return Replay{}, fmt.Errorf("replay: more than %d bytes", MaxReplay)
	}
	entries, torn, err := ReadLog(bytes.NewReader(log))
	whole := err == nil && !torn
	if err != nil {
		if entries, err = readLoose(log); err != nil {
			return Replay{}, fmt.Errorf("replay: %w", err)
		}
	}
	if len(entries) == 0 || entries[0].Event != Began {
		return Replay{}, fmt.Errorf("replay: %w: it has no first line", ErrLogDamaged)
	}
	first, last := entries[0], entries[len(entries)-1]
	out := Replay{Run: first.Run, Target: first.Target, Book: first.Book, Whole: whole}
	if last.Event == Closed {
		out.Outcome = runbooks.Outcome(last.Result)
	}
	id, _, _ := bytes.Cut([]byte(first.Book), []byte("@"))
	book, ok := books(string(id))
	if ok {
		out.SameBook = book.Digest == first.Digest && first.Book == fmt.Sprintf("%s@%d", book.ID, book.Version)
	}
	sets, broken := readSets(kept)
	for i, e := range entries {
		if e.Verdict == nil {
			continue
		}
		v := Replayed{Line: e.Seq, Step: e.Step, Logged: *e.Verdict, Again: runbooks.Verdict{Result: runbooks.Unknown}}
		v.Problem = v.again(ctx, book, entries[:i+1], sets)
		if v.Problem != "" && broken != nil {
			v.Problem += ": " + broken.Error()
		}
		out.Verdicts = append(out.Verdicts, v)
	}
	return out, nil
}

// again fills in what the newest of the entries answers now; it returns why it
// cannot.
func (v *Replayed) again(ctx context.Context, book *runbooks.Runbook, past []Entry, sets map[int]*facts.Set) string {
	if book == nil {
		return "this kit does not hold the runbook"
	}
	p, maxAge, ok := asked(book, past)
	if !ok {
		return "the runbook at hand has no such question"
	}
	v.Predicate = p
	set, ok := sets[v.Line]
	if !ok {
		return "what it was answered was not kept"
	}
	v.Again = p.Eval(ctx, set.Now, set.Facts(), maxAge)
	return ""
}

// asked is the question whose verdict the newest of the entries holds.
func asked(book *runbooks.Runbook, past []Entry) (p runbooks.Predicate, maxAge time.Duration, ok bool) {
	e := past[len(past)-1]
	s, found := book.Step(e.Step)
	if !found {
		return p, 0, false
	}
	q := s.Expect
	switch {
	case s.Kind == runbooks.End:
		by, there := book.Step(s.Needs)
		if !there {
			return p, 0, false
		}
		q, s = by.Expect, by
		if by.Kind == runbooks.Action {
			q = by.After
		}
	case s.Kind == runbooks.Action && (e.Event == Entered || !begun(past[:len(past)-1], e.Step)):
		q = s.Before
	case s.Kind == runbooks.Action:
		q = s.After
	}
	if q == nil {
		return p, 0, false
	}
	return *q, s.MaxAge, true
}

// begun reports whether the entries hold an intention to take a step, without a
// result.
func begun(past []Entry, step string) bool {
	open := false
	for _, e := range past {
		if e.Step == step && (e.Event == Entered || e.Event == Finished) {
			open = e.Event == Entered
		}
	}
	return open
}

// readLoose reads the lines of a log whose chain does not hold any more.
func readLoose(log []byte) ([]Entry, error) {
	var out []Entry
	for line := range bytes.Lines(log) {
		if len(line) > maxLine {
			return nil, fmt.Errorf("%w: a line has more than %d bytes", ErrLogDamaged, maxLine)
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrLogDamaged, len(out)+1, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// readSets reads what was kept, by the line of the log it belongs to. Of two for
// one line the later counts: a crash left the earlier one.
func readSets(kept []byte) (sets map[int]*facts.Set, broken error) {
	sets = map[int]*facts.Set{}
	for line := range bytes.Lines(kept) {
		set, err := facts.Decode(line)
		if err != nil {
			broken = errors.Join(broken, err)
			continue
		}
		sets[set.Line] = set
	}
	return sets, broken
}
