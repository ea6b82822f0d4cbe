package labs

import (
	"math"

	"darksite/runbooks"
	"darksite/training/exam"
)

// Verdict is what a lab came to.
type Verdict struct {
	Lab    string
	Kind   exam.LabKind
	Goals  []Reached
	Done   []Broken // what was forbidden and done
	Hints  int      // points that hints cost
	Points int      // of FullScore, never below none
	Fatal  bool
	Digest string // of the world it was judged by
}

// Reached is a goal and whether it was reached.
type Reached struct {
	ID     string
	Weight int
	Got    bool
	Says   runbooks.Text
	Missed runbooks.Text
}

// Broken is a forbidden thing that was done.
type Broken struct {
	ID      string
	Fatal   bool
	Penalty int
	Says    runbooks.Text
}

// Grade judges a world. The lab is a drawn one; hints are the points given for them.
func Grade(l *Lab, w World, hints int) Verdict {
	v := Verdict{Lab: l.ID, Kind: l.Kind, Hints: hints, Digest: w.Digest()}
	for _, g := range l.Goals {
		got := g.When.Holds(w)
		if got {
			v.Points += g.Weight
		}
		v.Goals = append(v.Goals, Reached{g.ID, g.Weight, got, g.Says, g.Missed})
	}
	for _, f := range l.Forbid {
		v.judge(f, f.When.Holds(w))
	}
	for _, f := range l.Invariants {
		v.judge(f, f.When.Holds(w) || Predicate{Fact: "rule", Where: map[string]Match{"name": Match(f.ID)}}.Holds(w))
	}
	if v.Points = max(0, v.Points-hints); v.Fatal {
		v.Points = 0
	}
	return v
}

func (v *Verdict) judge(f Forbidden, done bool) {
	if !done {
		return
	}
	v.Done = append(v.Done, Broken{f.ID, f.Fatal, f.Penalty, f.Says})
	v.Points -= f.Penalty
	v.Fatal = v.Fatal || f.Fatal
}

// Passed reports whether it is enough for an examination.
func (v Verdict) Passed() bool { return !v.Fatal && v.Score() >= exam.CutLab }

// Score is the share of all points, from 0 to 1, in thousandths.
func (v Verdict) Score() float64 { return math.Round(float64(v.Points)/FullScore*1000) / 1000 }

// Result is the verdict as the record of an examination holds it.
func (v Verdict) Result() exam.LabResult {
	return exam.LabResult{Kind: v.Kind, Lab: v.Lab, Score: v.Score(), Fatal: v.Fatal, Digest: v.Digest}
}

// Next is the hint that helps now: for the first goal that is not reached, one that was
// not given and fits the state. given are the places of hints in the list.
func (l *Lab) Next(w World, given []int) (at int, ok bool) {
	had := map[int]bool{}
	for _, i := range given {
		had[i] = true
	}
	for i, h := range l.Hints {
		g, _ := l.Goal(h.For)
		if !had[i] && !g.When.Holds(w) && (h.When == nil || h.When.Holds(w)) {
			return i, true
		}
	}
	return 0, false
}
