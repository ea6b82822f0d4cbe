package exam

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/training/certificate"
)

// Answer is what a candidate gave, in one line. Its form by kind: the ID of an option
// (single); IDs parted by spaces in any order (multi); a number (numeric); all IDs in
// order (order); id=id pairs parted by spaces (match); what the screen shows (screen).
type Answer string

// Mark says whether an answer is right. Want is the right answer of a screen and is not
// looked at for other kinds. An answer that does not have the form of its kind is an
// error: the candidate is asked again.
func Mark(it *Item, a Answer, want string) (bool, error) {
	words := strings.Fields(string(a))
	if len(words) == 0 {
		return false, fmt.Errorf("item %s: no answer", it.ID)
	}
	switch it.Kind {
	case Single:
		if len(words) != 1 {
			return false, fmt.Errorf("item %s: choose one", it.ID)
		}
		return it.chosen(words)
	case Multi:
		return it.chosen(words)
	case Numeric:
		return it.near(words)
	case Order:
		return it.ordered(words)
	case Match:
		return it.matched(words)
	case Screen:
		return strings.EqualFold(strings.Join(words, " "), want), nil
	}
	return false, fmt.Errorf("item %s: kind %q is not known", it.ID, it.Kind)
}

func (it *Item) has(id string) bool {
	return slices.ContainsFunc(it.Options, func(o Option) bool { return o.ID == id })
}

// options checks that each is an option and none stands twice.
func (it *Item) options(ids []string) error {
	for i, id := range ids {
		if !it.has(id) {
			return fmt.Errorf("item %s: there is no option %q", it.ID, id)
		}
		if slices.Contains(ids[:i], id) {
			return fmt.Errorf("item %s: option %s stands twice", it.ID, id)
		}
	}
	return nil
}

func (it *Item) chosen(ids []string) (bool, error) {
	if err := it.options(ids); err != nil {
		return false, err
	}
	want := it.keys()
	slices.Sort(want)
	return slices.Equal(slices.Sorted(slices.Values(ids)), want), nil
}

func (it *Item) near(words []string) (bool, error) {
	n, err := strconv.ParseFloat(strings.Replace(words[0], ",", ".", 1), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || len(words) > 2 || len(words) == 2 && words[1] != it.Number.Unit {
		return false, fmt.Errorf("item %s: want a number%s", it.ID, unit(it.Number.Unit))
	}
	// A hair more than the tolerance, so that 0.3 within 0.1 of 0.2 is.
	return math.Abs(n-it.Number.Value) <= it.Number.Tolerance*(1+1e-9)+1e-12, nil
}

func unit(u string) string {
	if u == "" {
		return ""
	}
	return " in " + u
}

func (it *Item) ordered(ids []string) (bool, error) {
	if err := it.options(ids); err != nil {
		return false, err
	}
	if len(ids) != len(it.Options) {
		return false, fmt.Errorf("item %s: put all %d in order", it.ID, len(it.Options))
	}
	for i, o := range it.Options {
		if ids[i] != o.ID {
			return false, nil
		}
	}
	return true, nil
}

func (it *Item) matched(pairs []string) (bool, error) {
	var left []string
	right := true
	for _, p := range pairs {
		a, b, ok := strings.Cut(p, "=")
		if !ok || !it.has(b) {
			return false, fmt.Errorf("item %s: want pairs such as a=b, not %q", it.ID, p)
		}
		left = append(left, a)
		right = right && a == b
	}
	if err := it.options(left); err != nil {
		return false, err
	}
	if len(left) != len(it.Options) {
		return false, fmt.Errorf("item %s: match all %d", it.ID, len(it.Options))
	}
	return right, nil
}

// LabResult is what a practical part came to.
type LabResult struct {
	Kind   LabKind
	Lab    string    // ID of the lab
	Score  float64   // from 0 to 1
	Fatal  bool      // an act was done that must never be done
	Digest string    // SHA-256 over the state it was judged by, hex
	At     time.Time // when it was judged
}

// Track is the track whose lab it is, by how labs are called: l1 is one for admins, s-l1
// for officers, t-l1 for support engineers.
func (l LabResult) Track() certificate.Track {
	switch {
	case strings.HasPrefix(l.Lab, "s-"):
		return certificate.Officer
	case strings.HasPrefix(l.Lab, "t-"):
		return certificate.TSE
	}
	return certificate.Admin
}

// Result is what an examination came to.
type Result struct {
	Right, Asked int
	Domains      map[string]Share
	Wrong        []string // IDs of the items that were not right
	Safety       []string // of them, those about safety
	Labs         []LabResult
	Passed       bool
	Lacks        []Lack // why not, empty when passed
}

// Share is so many right of so many.
type Share struct{ Right, Asked int }

// Of is the share as a number from 0 to 1.
func (s Share) Of() float64 {
	if s.Asked == 0 {
		return 0
	}
	return float64(s.Right) / float64(s.Asked)
}

// Lack is one condition that was not met.
type Lack struct {
	What string  // items, domain, safety or lab
	Name string  // of the domain, item or lab
	Had  float64 // share that was had
	Cut  float64 // share that was wanted
}

// Judge says what right answers and labs come to under a blueprint.
func Judge(p Blueprint, f Form, right map[string]bool, labs []LabResult) Result {
	r := Result{Domains: map[string]Share{}, Labs: labs}
	for _, q := range f.Questions {
		d := r.Domains[q.Domain]
		d.Asked++
		r.Asked++
		if right[q.ID] {
			d.Right++
			r.Right++
		} else {
			r.Wrong = append(r.Wrong, q.ID)
			if q.Safety {
				r.Safety = append(r.Safety, q.ID)
			}
		}
		r.Domains[q.Domain] = d
	}
	r.Lacks = lacks(p, r)
	r.Passed = len(r.Lacks) == 0
	return r
}

func lacks(p Blueprint, r Result) (out []Lack) {
	if had := (Share{r.Right, r.Asked}).Of(); had < CutItems {
		out = append(out, Lack{"items", "", had, CutItems})
	}
	var domains []string
	for _, part := range p.Parts {
		if !slices.Contains(domains, part.Domain) {
			domains = append(domains, part.Domain)
		}
	}
	for _, d := range domains {
		if had := r.Domains[d].Of(); had < CutDomain {
			out = append(out, Lack{"domain", d, had, CutDomain})
		}
	}
	for _, id := range r.Safety {
		out = append(out, Lack{"safety", id, 0, 1})
	}
	for _, kind := range p.Labs {
		i := slices.IndexFunc(r.Labs, func(l LabResult) bool { return l.Kind == kind })
		switch {
		case i < 0:
			out = append(out, Lack{"lab", string(kind), 0, CutLab})
		case r.Labs[i].Fatal:
			out = append(out, Lack{"lab", r.Labs[i].Lab, 0, CutLab})
		case r.Labs[i].Score < CutLab:
			out = append(out, Lack{"lab", r.Labs[i].Lab, r.Labs[i].Score, CutLab})
		}
	}
	return out
}

// Total is the share of all points: items and labs weigh half each.
func (r Result) Total() float64 {
	items := Share{r.Right, r.Asked}.Of()
	if len(r.Labs) == 0 {
		return items
	}
	sum := 0.0
	for _, l := range r.Labs {
		if !l.Fatal {
			sum += l.Score
		}
	}
	return (items + sum/float64(len(r.Labs))) / 2
}

// Attempt is an examination that was sat before.
type Attempt struct {
	At     time.Time
	Passed bool
}

// Next is the first instant at which someone may try again, given earlier attempts in
// the order of time. Trainer reports that the word of a trainer is needed even then.
func Next(attempts []Attempt, now time.Time) (at time.Time, trainer bool) {
	failed := 0
	for _, a := range attempts {
		if failed++; a.Passed {
			failed = 0
		}
		wait := WaitFirst
		if failed > 1 {
			wait = WaitLater
		}
		if failed > 0 {
			at = a.At.Add(wait)
		}
	}
	if failed == 0 {
		return time.Time{}, false
	}
	recent := 0
	for _, a := range attempts {
		if !a.Passed && now.Sub(a.At) < AttemptWindow {
			recent++
		}
	}
	return at, failed >= MaxAttempts || recent >= MaxAttempts
}
