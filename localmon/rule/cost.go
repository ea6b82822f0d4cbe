package rule

import (
	"maps"
	"slices"

	"darksite/localmon"
	"darksite/runbooks/strictyaml"
)

// Bounds of what one rule may ask for. A site's rule that goes beyond them, held
// against the series the site has, is refused when it is loaded; a rule that a
// look takes beyond maxJudged is left out of that look, and that is told.
const (
	maxSteps    = 50_000    // comparisons in one look
	maxAllSteps = 1_000_000 // of all rules together
	maxFollowed = 2_000     // series whose newest samples are remembered
	maxCourses  = 100       // series whose course is remembered, some 10 KB each
	maxSpeakers = 1_000     // components that may be told of one by one
	maxJudged   = 20_000    // samples of one metric in one look

	maxPatterns = 200 // of one list of names, words, codes or texts
	maxMatchers = 50  // of one rule
	longest     = 200 // characters of one of them
	maxCases    = 100
)

// Known is a target as the site knows it: what a rule will cost is estimated from
// its series.
type Known struct {
	Target string
	Kind   localmon.Kind
	Series []localmon.SeriesKey
}

// cost is what a rule asks for at one target.
type cost struct {
	steps      int // comparisons in every look
	components int // that may be told of one by one
	followed   int // series whose newest samples are remembered
	courses    int
	weeks      int
}

// budget is what of a cost one rule may ask for, and the rules of a target
// together where they share what there is of it; zero is no bound.
type budget struct {
	of             func(cost) int
	each, together int
	what           string
}

var budgets = []budget{
	{func(c cost) int { return c.components }, maxSpeakers, 0, "components could be told of one by one"},
	{func(c cost) int { return c.followed }, maxFollowed, maxSeries, "series would have to be remembered"},
	{func(c cost) int { return c.courses }, maxCourses, maxSeries / 8, "courses would have to be remembered"},
	{func(c cost) int { return c.weeks }, maxHabits, maxHabits, "series would have their weeks remembered"},
	{func(c cost) int { return c.steps }, maxSteps, maxAllSteps, "comparisons in every look"},
}

// costs counts a rule against what a target is known to tell.
func (r Rule) costs(k Known) (c cost) {
	m := r.Metric
	switch {
	case len(r.Kinds) > 0 && !slices.Contains(r.Kinds, k.Kind):
		return cost{}
	case r.Jump != nil:
		m = &MetricMatch{Name: r.Jump.Metric, Component: r.Jump.Component, Rate: true}
	case r.Bottleneck != nil:
		m = &MetricMatch{Name: r.Bottleneck.Metric, Labels: r.Bottleneck.Labels}
	case m == nil:
		return cost{}
	}
	of, told, speakers := 0, 0, map[string]bool{}
	for _, s := range k.Series {
		if s.Metric == m.ShareOf {
			of++
		}
		if s.Metric != m.Name {
			continue
		}
		c.steps++ // to see that it is, or is not, the rule's
		if p := pickOf(m, s.Labels); p.ok {
			told++
			speakers[p.component] = true
		}
	}
	course := m.FullAt != nil || m.Growing != nil
	c.followed = told * truth(m.Need > 0 || m.Rate || m.Absent > 0)
	c.courses = told * truth(course)
	c.weeks = told * truth(m.Unusual != nil && m.Above == nil)
	c.steps += told * (1 + truth(c.followed > 0) + 8*truth(course || m.Unusual != nil) + min(of, maxTotals))
	c.components = len(speakers)
	return c
}

func (c cost) plus(o cost) cost {
	return cost{c.steps + o.steps, c.components + o.components, c.followed + o.followed, c.courses + o.courses, c.weeks + o.weeks}
}

// checkCosts refuses rules of a site that would be too much for one of its
// targets, by themselves or with the rules before them. What replaces a rule of
// the kit may cost what that did.
func (s Site) checkCosts(kit, docs []document) {
	for _, k := range s.Known {
		all, was := cost{}, map[string]cost{}
		for _, d := range kit {
			for _, r := range d.Rules {
				c := r.costs(k)
				was[r.ID] = c
				all.courses, all.weeks = all.courses+c.courses, all.weeks+c.weeks // nothing else is remembered of all that there is
			}
		}
		for _, d := range docs {
			for i, r := range d.Rules {
				c := r.costs(k)
				all = all.plus(c)
				checkBudgets(d.at.Key("rules").Item(i), r, k.Target, c, was[r.ID], all)
			}
		}
	}
}

// checkBudgets refuses a rule for the first thing that it asks too much of.
func checkBudgets(at strictyaml.Place, r Rule, target string, c, was, all cost) {
	for key, given := range map[string]bool{"metric": r.Metric != nil, "jump": r.Jump != nil, "bottleneck": r.Bottleneck != nil} {
		if given {
			at = at.Key(key)
		}
	}
	mend := "narrow it with labels or not_labels"
	if r.Metric == nil {
		mend = "judge another metric"
	}
	for _, b := range budgets {
		if b.of(c) <= b.of(was) {
			continue
		}
		if n := b.of(c); n > b.each {
			at.Fail("rule %s: %d %s at %s, at most %d: %s", r.ID, n, b.what, target, b.each, mend)
			return
		}
		if n := b.of(all); b.together > 0 && n > b.together {
			at.Fail("rule %s: with the rules before it %d %s at %s, at most %d: %s, or do without another one", r.ID, n, b.what, target, b.together, mend)
			return
		}
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkSize refuses rules that are slow by their sheer length.
func (r Rule) checkSize(at strictyaml.Place) {
	for _, l := range []struct {
		key string
		n   int
	}{{"states", len(r.States)}, {"alerts", len(r.Alerts)}, {"worse", len(r.Worse)}, {"explained_by", len(r.ExplainedBy)}} {
		if l.n > maxMatchers {
			at.Key(l.key).Fail("%d entries, at most %d", l.n, maxMatchers)
		}
	}
	if len(r.Cases) > maxCases {
		at.Key("cases").Fail("%d cases, at most %d", len(r.Cases), maxCases)
	}
	for i, s := range r.States {
		checkLists(at.Key("states").Item(i), map[string][]string{
			"types": s.Types, "names": s.Names, "not_names": s.NotNames, "statuses": s.Statuses, "not": s.Not,
		})
	}
	for i, a := range r.Alerts {
		checkLists(at.Key("alerts").Item(i), map[string][]string{
			"types": a.Types, "categories": a.Categories, "names": a.Names, "not_names": a.NotNames, "text": a.Text,
		})
		if len(a.Codes) > maxPatterns || len(a.NotCodes) > maxPatterns {
			at.Key("alerts").Item(i).Fail("more than %d codes", maxPatterns)
		}
	}
	if r.Metric != nil {
		checkLists(at.Key("metric").Key("labels"), r.Metric.Labels)
		checkLists(at.Key("metric").Key("not_labels"), r.Metric.NotLabels)
	}
}

func checkLists(at strictyaml.Place, lists map[string][]string) {
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		list := lists[key]
		if len(list) > maxPatterns {
			at.Key(key).Fail("%d entries, at most %d", len(list), maxPatterns)
			continue
		}
		for i, text := range list {
			if len(text) > longest {
				at.Key(key).Item(i).Fail("%d characters, at most %d", len(text), longest)
			}
		}
	}
}

// overrun lists the rules that a look would take beyond what they may look at.
func (e *Evaluator) overrun(v *view) (over []string, most int) {
	for i := range e.rules {
		for _, name := range e.rules[i].Metrics() {
			if n := len(v.samples[name]); n > maxJudged {
				over, most = append(over, e.rules[i].ID), max(most, n)
				break
			}
		}
	}
	return over, most
}
