package labs

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/strictyaml"
	"darksite/training/certificate"
	"darksite/training/exam"
)

// Bounds of a lab.
const (
	maxMinutes = 120
	minWrong   = 3  // solutions that must not pass
	passMark   = 70 // points
)

var labID = regexp.MustCompile(`^(s-|t-)?l[1-9][0-9]?$`)

// lint says what is wrong with a lab that could be read.
func (l *Lab) lint(at strictyaml.Place) {
	if !labID.MatchString(l.ID) {
		at.Key("id").Fail("id %q: want one such as l1, s-l1 or t-l2", l.ID)
	}
	if !slices.Contains(certificate.Tracks(), l.Track) {
		at.Key("track").Fail("track %q: want one of %v", l.Track, certificate.Tracks())
	} else if of := (exam.LabResult{Lab: l.ID}).Track(); of != l.Track {
		at.Key("id").Fail("id %q is that of a lab of track %s, not %s", l.ID, of, l.Track)
	}
	if k := []exam.LabKind{exam.EasyLab, exam.BundleLab, exam.EscalateLab}; !slices.Contains(k, l.Kind) {
		at.Key("kind").Fail("kind %q: want one of %v", l.Kind, k)
	}
	if l.Minutes < 1 || l.Minutes > maxMinutes {
		at.Key("minutes").Fail("%d minutes: want 1 to %d", l.Minutes, maxMinutes)
	}
	if l.Version < 1 || len(l.Lessons) == 0 || l.First == "" {
		at.Fail("a lab has a version, lessons it belongs to, and what to type first")
	}
	if len(l.Arrays) == 0 {
		at.Key("arrays").Fail("a lab has at least one array")
	}
	if l.Watch.Every < 0 || l.Watch.For < 0 || l.Watch.For > 0 && (l.Watch.Every < time.Second || l.Watch.For/l.Watch.Every > 200) {
		at.Key("watch").Fail("watch: at most 200 looks, at least a second apart")
	}
	both(at.Key("title"), l.Title)
	both(at.Key("brief"), l.Brief)
	l.lintBundles(at)
	l.lintHands(at.Key("hands"))
	l.lintGoals(at)
	l.lintForbidden(at)
	l.lintHints(at.Key("hints"))
	l.lintSolutions(at.Key("solutions"))
	l.lintNames(at)
}

// both wants a phrase in both languages.
func both(at strictyaml.Place, t runbooks.Text) {
	if strings.TrimSpace(t.EN) == "" || strings.TrimSpace(t.FR) == "" {
		at.Fail("a text has an English and a French form")
	}
}

// maxBundles bounds the bundles of one kind: each takes a while to make.
const maxBundles = 8

func (l *Lab) lintBundles(at strictyaml.Place) {
	for i, b := range l.Bundles {
		if b.Times < 0 || b.Times > maxBundles || len(b.Files) == 0 && b.Case == "" {
			at.Key("bundles").Item(i).Fail("a bundle has files or a case, and there are at most %d like it", maxBundles)
		}
	}
	for i, p := range l.Plants {
		if p.Bundle == "" || p.File == "" || p.Text == "" {
			at.Key("plants").Item(i).Fail("say what stands in which file of which bundle")
		}
	}
	for i, x := range l.Altered {
		if x.Bundle == "" {
			at.Key("altered").Item(i).Fail("say which bundle was altered")
		}
	}
}

func (l *Lab) lintHands(at strictyaml.Place) {
	for i, h := range l.Hands {
		at := at.Item(i)
		both(at.Key("says"), h.Says)
		if h.Verb == "" || strings.ContainsAny(h.Verb, " \t") {
			at.Key("verb").Fail("a verb is one word")
		}
		if slices.ContainsFunc(l.Hands[:i], func(o Hand) bool { return o.Verb == h.Verb }) {
			at.Key("verb").Fail("verb %q is here twice", h.Verb)
		}
	}
}

func (l *Lab) lintGoals(at strictyaml.Place) {
	sum := 0
	for i, g := range l.Goals {
		at := at.Key("goals").Item(i)
		sum += g.Weight
		both(at.Key("says"), g.Says)
		both(at.Key("missed"), g.Missed)
		if err := g.When.check(); err != nil {
			at.Key("when").Fail("%s", err)
		}
		if g.ID == "" || g.Weight < 1 || slices.ContainsFunc(l.Goals[:i], func(o Goal) bool { return o.ID == g.ID }) {
			at.Fail("a goal has an id of its own and a weight")
		}
	}
	if sum != FullScore {
		at.Key("goals").Fail("the weights add up to %d: want %d", sum, FullScore)
	}
}

func (l *Lab) lintForbidden(at strictyaml.Place) {
	for _, key := range []string{"forbid", "invariants"} {
		list := map[string][]Forbidden{"forbid": l.Forbid, "invariants": l.Invariants}[key]
		for i, f := range list {
			at := at.Key(key).Item(i)
			both(at.Key("says"), f.Says)
			if err := f.When.check(); err != nil {
				at.Key("when").Fail("%s", err)
			}
			if f.ID == "" || f.Fatal == (f.Penalty > 0) || f.Penalty < 0 {
				at.Fail("what is forbidden has an id and is either fatal or has a penalty")
			}
		}
	}
}

func (l *Lab) lintHints(at strictyaml.Place) {
	if len(l.Hints) == 0 {
		at.Fail("a lab has hints")
	}
	for i, h := range l.Hints {
		at := at.Item(i)
		both(at.Key("text"), h.Text)
		if _, ok := l.Goal(h.For); !ok {
			at.Key("for").Fail("there is no goal %q", h.For)
		}
		if h.Cost < 1 {
			at.Key("cost").Fail("a hint costs something")
		}
		if h.When != nil {
			if err := h.When.check(); err != nil {
				at.Key("when").Fail("%s", err)
			}
		}
	}
}

// lintSolutions wants what tells a good grader from a bad one: the reference, another
// way that passes, three that do not, and the fatal act where there is one.
func (l *Lab) lintSolutions(at strictyaml.Place) {
	right, wrong, fatal := 0, 0, false
	for i, s := range l.Solutions {
		if s.Name == "" || len(s.Steps) == 0 {
			at.Item(i).Fail("a solution has a name and steps")
		}
		if s.Fatal && s.Score != 0 {
			at.Item(i).Key("score").Fail("a fatal solution comes to nothing")
		}
		fatal = fatal || s.Fatal
		if s.Score >= passMark {
			right++
		} else {
			wrong++
		}
	}
	if len(l.Solutions) == 0 || l.Solutions[0].Score != FullScore {
		at.Fail("the first solution is the reference and comes to %d points", FullScore)
	}
	if right < 2 || wrong < minWrong {
		at.Fail("%d solutions pass and %d do not: want at least 2 and %d", right, wrong, minWrong)
	}
	deadly := func(f Forbidden) bool { return f.Fatal }
	if (slices.ContainsFunc(l.Forbid, deadly) || slices.ContainsFunc(l.Invariants, deadly)) && !fatal {
		at.Fail("the lab has a fatal act and no solution commits it")
	}
}

var braces = regexp.MustCompile(`\{[a-z0-9]+\}`)

// lintNames finds {names} that nothing fills: those that are drawn, and those that only
// a run of a solution or an act of hands knows.
func (l *Lab) lintNames(at strictyaml.Place) {
	for _, name := range slices.Sorted(maps.Keys(l.Choices)) {
		if len(l.Choices[name]) == 0 {
			at.Key("draw").Key(name).Fail("nothing to choose from")
			return
		}
	}
	drawn, _ := l.Draw(1)
	for i, g := range drawn.Goals {
		unfilled(at.Key("goals").Item(i), g.Says, g.Missed)
	}
	for i, h := range drawn.Hints {
		unfilled(at.Key("hints").Item(i), h.Text)
	}
	unfilled(at.Key("brief"), drawn.Brief)
}

func unfilled(at strictyaml.Place, texts ...runbooks.Text) {
	for _, t := range texts {
		if name := braces.FindString(t.EN + t.FR); name != "" {
			at.Fail("%s is not drawn", name)
		}
	}
}
