package journal

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"darksite/bundle"
)

// Witness is a mark that was carried out of reach of whoever keeps the journal:
// on a cover sheet, a label, a receipt, a checkpoint on a medium.
type Witness struct {
	Name string // where it was read
	Mark bundle.JournalMark
}

// Verdict is what a witness says of the journal.
type Verdict string

// The verdicts. A journal that is older than a witness lost its end. One that
// differs from a witness was written anew: after the last witness that agrees
// (forked), or as far back as any witness can see (rewritten).
const (
	Agrees    Verdict = "agrees"
	Truncated Verdict = "truncated"
	Forked    Verdict = "forked"
	Rewritten Verdict = "rewritten"
)

// Testimony is a witness with its verdict and the reason in words.
type Testimony struct {
	Witness
	Verdict Verdict
	Why     string
}

// Hear compares the journal with what witnesses saw of it, the oldest first.
func (l *Log) Hear(witnesses []Witness) []Testimony {
	l.mu.RLock()
	defer l.mu.RUnlock()
	sorted := slices.SortedStableFunc(slices.Values(witnesses), func(a, b Witness) int { return cmp.Compare(a.Mark.Size, b.Mark.Size) })
	out := make([]Testimony, 0, len(sorted))
	var last *Witness // that agrees
	for i, w := range sorted {
		t := Testimony{Witness: w, Verdict: Agrees, Why: fmt.Sprintf("the first %d entries are those it saw", w.Mark.Size)}
		switch why := l.holds(w.Mark); {
		case why == "":
			last = &sorted[i]
		case w.Mark.Size > l.n:
			t.Verdict = Truncated
			t.Why = fmt.Sprintf("it saw %d entries, the journal has %d: the end was cut off", w.Mark.Size, l.n)
		case last != nil:
			t.Verdict = Forked
			t.Why = fmt.Sprintf("up to entry %d the journal is the one that %s saw; what comes after it, up to entry %d, was written anew", last.Mark.Size, last.Name, w.Mark.Size)
		default:
			t.Verdict = Rewritten
			t.Why = fmt.Sprintf("something among the first %d entries was altered, left out or written anew", w.Mark.Size)
		}
		out = append(out, t)
	}
	return out
}

// Newest is the newest signed checkpoint, text and signature, to be carried out
// as a witness.
func (l *Log) Newest() (text, sig []byte, err error) {
	names, err := l.checkpointNames()
	if err == nil && len(names) == 0 {
		err = errors.New("none was signed yet")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("newest checkpoint of journal %s: %w", l.dir, err)
	}
	base := filepath.Join(l.dir, checkpointDir, names[len(names)-1])
	if text, err = os.ReadFile(base + ".txt"); err == nil {
		sig, err = os.ReadFile(base + ".sig")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("newest checkpoint of journal %s: %w", l.dir, err)
	}
	return text, sig, nil
}
