package rule

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Change is how one rule stands in a book that takes the place of another.
type Change struct {
	Rule    string
	Was, Is *Rule  // nil where it was or is not in force
	Off     string // why it is off now
	// Loosens says why less may be told than before, or told as less grave. It is
	// empty only where that is certain not to be: what cannot be compared loosens.
	Loosens []string
}

// Compare says what changes for those who rely on alerts when a book takes the
// place of another, by id.
func Compare(was, is Book) []Change {
	before, after := was.byID(), is.byID()
	ids := slices.Collect(keysOf(before, after))
	slices.Sort(ids)
	named := was.namedTypes()
	var out []Change
	for _, id := range slices.Compact(ids) {
		c := Change{Rule: id, Was: before[id], Is: after[id]}
		switch {
		case c.Is == nil:
			c.Off = is.offWhy(id)
			c.Loosens = []string{"nothing tells what it told"}
		case c.Was == nil:
			c.Loosens = takesOver(Rule{}, *c.Is, named)
		case reflect.DeepEqual(*c.Was, *c.Is):
			continue
		default:
			c.Loosens = append(loosens(*c.Was, *c.Is), takesOver(*c.Was, *c.Is, named)...)
		}
		out = append(out, c)
	}
	return out
}

func keysOf(maps ...map[string]*Rule) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, m := range maps {
			for id := range m {
				if !yield(id) {
					return
				}
			}
		}
	}
}

func (b Book) byID() map[string]*Rule {
	m := map[string]*Rule{}
	for i := range b.Rules {
		m[b.Rules[i].ID] = &b.Rules[i]
	}
	return m
}

func (b Book) offWhy(id string) string {
	for _, o := range b.Off {
		if o.Rule == id {
			return o.Why
		}
	}
	return ""
}

// namedTypes are the types of parts that a rule names, which the rule for every
// other type passes over.
func (b Book) namedTypes() map[string]bool {
	named := map[string]bool{}
	for _, r := range b.Rules {
		for _, s := range r.States {
			for _, t := range s.Types {
				named[t] = true
			}
		}
	}
	return named
}

// ownWord is the gravest severity that an alert gets by the target's own word.
const ownWord = 2

// takesOver finds what a rule takes away from the rules for everything that no
// other one names: a type of part, and alerts.
func takesOver(was, is Rule, named map[string]bool) (why []string) {
	for _, s := range is.States {
		for _, t := range s.Types {
			if t != "*" && !named[t] {
				why = append(why, fmt.Sprintf("parts of type %s are not looked at any more by the rule for every other type", t))
			}
		}
	}
	takes := slices.ContainsFunc(is.Alerts, func(a AlertMatch) bool {
		return !a.Word && !a.Uncovered && !slices.ContainsFunc(was.Alerts, func(o AlertMatch) bool { return reflect.DeepEqual(o, a) })
	})
	switch {
	case takes && is.Severity > ownWord:
		why = append(why, fmt.Sprintf("it takes alerts that the target's own word may give severity %d, and gives them %d", ownWord, is.Severity))
	case takes && !is.Hard:
		why = append(why, "it takes alerts that one look was enough for, and wants two")
	}
	return why
}

// loosens holds a rule against the one it replaces. What it knows to be the same
// or sharper is taken out of both; what is left has to be equal.
func loosens(was, is Rule) (why []string) {
	say := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	if is.Severity > was.Severity {
		say("severity %d instead of %d", is.Severity, was.Severity)
	}
	for _, k := range was.Kinds {
		if len(is.Kinds) > 0 && !slices.Contains(is.Kinds, k) {
			say("no longer for %s", k)
		}
	}
	if len(was.Kinds) == 0 && len(is.Kinds) > 0 {
		say("no longer for every kind")
	}
	if was.Hard && !is.Hard {
		say("one look is no longer enough")
	}
	if len(is.States) < len(was.States) || !reflect.DeepEqual(was.States, is.States[:len(was.States)]) {
		say("it looks at parts in another way")
	}
	if len(is.Alerts) < len(was.Alerts) || !reflect.DeepEqual(was.Alerts, is.Alerts[:len(was.Alerts)]) {
		say("it looks at the target's alerts in another way")
	}
	for _, w := range was.Worse {
		if !slices.Contains(is.Worse, w) {
			say("%d or more together are no longer severity %d", w.Count, w.Severity)
		}
	}
	for _, e := range is.ExplainedBy {
		if !slices.Contains(was.ExplainedBy, e) {
			say("it is said under %s when that fires", e.Rule)
		}
	}
	why = append(why, was.Metric.loosened(is.Metric)...)
	why = append(why, was.Bottleneck.loosened(is.Bottleneck)...)
	for _, part := range []struct {
		what    string
		was, is any
	}{{"starts", was.Jump, is.Jump}, {"what the target is", was.Identity, is.Identity}, {"the look itself", was.Source, is.Source}} {
		if !reflect.DeepEqual(part.was, part.is) {
			say("it judges %s in another way", part.what)
		}
	}
	return append(why, restDiffers(was, is)...)
}

// restDiffers catches a field that nothing above knows, so that one that is added
// to the language loosens until somebody has thought about it.
func restDiffers(was, is Rule) []string {
	for _, r := range []*Rule{&was, &is} {
		r.Severity, r.Kinds, r.Hard, r.States, r.Alerts, r.Worse, r.ExplainedBy = 0, nil, false, nil, nil, nil, nil
		r.Metric, r.Bottleneck, r.Jump, r.Identity, r.Source = nil, nil, nil, nil, nil
		r.About, r.Why, r.Runbook, r.Summary, r.Cases, r.Replaces = "", "", "", "", nil, false // words and proofs
	}
	if reflect.DeepEqual(was, is) {
		return nil
	}
	return []string{"it cannot be compared"}
}

// limit is a bound that makes a rule quieter when it goes one way.
type limit struct {
	what    string
	was, is *float64
	quieter int // the sign of is-was that finds less
}

// weaker says which limits find less than before. One that comes or goes changes
// the question that is asked.
func weaker(limits []limit) (why []string) {
	for _, l := range limits {
		switch {
		case l.was == nil && l.is == nil:
		case l.was == nil || l.is == nil:
			why = append(why, "it asks otherwise: "+l.what)
		case cmp.Compare(*l.is, *l.was)*l.quieter > 0:
			why = append(why, fmt.Sprintf("%s %.6g instead of %.6g", l.what, *l.is, *l.was))
		}
	}
	return why
}

func value(v float64) *float64      { return &v }
func count(n int) *float64          { return value(float64(n)) }
func secs(d time.Duration) *float64 { return value(d.Seconds()) }

func (m *MetricMatch) loosened(is *MetricMatch) []string {
	if m == nil && is == nil {
		return nil
	}
	if m == nil || is == nil {
		return []string{"it looks at another figure"}
	}
	past := 1 // over sooner when until is nearer to the limit
	if m.Below != nil {
		past = -1
	}
	why := weaker([]limit{
		{"above", m.Above, is.Above, 1},
		{"below", m.Below, is.Below, -1},
		{"until", m.Until, is.Until, past},
		{"full at", m.FullAt, is.FullAt, 1},
		{"growing", m.Growing, is.Growing, 1},
		{"hits", count(m.Need), count(is.Need), 1},
		{"of samples", count(m.Of), count(is.Of), -1},
		{"seconds ahead", secs(m.Within), secs(is.Within), -1},
		{"seconds of history", secs(m.History), secs(is.History), 1},
		{"times its own mean", value(m.Rise), value(is.Rise), 1},
		{"of at least", value(m.OfAtLeast), value(is.OfAtLeast), 1},
		{"seconds missing", secs(m.Absent), secs(is.Absent), 1},
	})
	if (m.Absent == 0) != (is.Absent == 0) || (m.Need == 0) != (is.Need == 0) || (m.Within == 0) != (is.Within == 0) {
		why = append(why, "it asks otherwise: how long, or how often")
	}
	why = append(why, weakerLevels(m.Levels, is.Levels)...)
	switch {
	case m.Unusual == nil && is.Unusual == nil:
	case m.Unusual == nil || is.Unusual == nil:
		why = append(why, "it asks otherwise: what is usual for the hour")
	default:
		up := 1
		if m.Above != nil {
			up = -1 // beside above it quietens
		}
		why = append(why, weaker([]limit{
			{"times what is usual", value(m.Unusual.Times), value(is.Unusual.Times), up},
			{"usual and above", value(m.Unusual.Floor), value(is.Unusual.Floor), up},
			{"weeks", count(m.Unusual.Weeks), count(is.Unusual.Weeks), up},
		})...)
	}
	a, b := *m, *is
	for _, x := range []*MetricMatch{&a, &b} {
		x.Above, x.Below, x.Until, x.FullAt, x.Growing, x.Unusual, x.Levels = nil, nil, nil, nil, nil, nil, nil
		x.Need, x.Of, x.Rise, x.OfAtLeast = 0, 0, 0, 0
		x.Within, x.History, x.Absent = 0, 0, 0
	}
	if !reflect.DeepEqual(a, b) {
		why = append(why, "it looks at another figure")
	}
	return why
}

// weakerLevels wants for each level of before one that is not higher and at least
// as grave.
func weakerLevels(was, is []Level) (why []string) {
	if (len(was) == 0) != (len(is) == 0) {
		return []string{"it asks otherwise: levels"}
	}
	for _, w := range was {
		if !slices.ContainsFunc(is, func(l Level) bool { return l.Above <= w.Above && l.Severity <= w.Severity }) {
			why = append(why, fmt.Sprintf("above %.6g is no longer severity %d", w.Above, w.Severity))
		}
	}
	for _, l := range is { // the gravest level that is passed counts: a mild one must not lie above a grave one
		for _, w := range was {
			if l.Above >= w.Above && l.Severity > w.Severity {
				why = append(why, fmt.Sprintf("above %.6g is severity %d", l.Above, l.Severity))
			}
		}
	}
	return why
}

func (m *BottleneckMatch) loosened(is *BottleneckMatch) []string {
	if m == nil && is == nil {
		return nil
	}
	if m == nil || is == nil {
		return []string{"it judges latency in another way"}
	}
	why := weaker([]limit{
		{"never below", value(m.Floor), value(is.Floor), 1},
		{"always above", value(m.Ceiling), value(is.Ceiling), 1},
		{"times normal", value(m.Factor), value(is.Factor), 1},
		{"share of the queue", value(m.QueueShare), value(is.QueueShare), 1},
		{"seconds", secs(m.For), secs(is.For), 1},
		{"over below times normal", value(m.EndFactor), value(is.EndFactor), 1},
		{"seconds until over", secs(m.EndFor), secs(is.EndFor), -1},
	})
	a, b := *m, *is
	for _, x := range []*BottleneckMatch{&a, &b} {
		x.Floor, x.Ceiling, x.Factor, x.QueueShare, x.EndFactor = 0, 0, 0, 0, 0
		x.For, x.EndFor = 0, 0
	}
	if !reflect.DeepEqual(a, b) {
		why = append(why, "it judges another latency")
	}
	return why
}

// Why is the reasons in one sentence.
func (c Change) Why() string { return strings.Join(c.Loosens, "; ") }
