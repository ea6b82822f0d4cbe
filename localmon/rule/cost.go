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
	maxSteps    = 50_000 // comparisons in one look
	maxFollowed = 2_000  // series whose newest samples are remembered
	maxCourses  = 100    // series whose course is remembered, some 10 KB each
	maxSpeakers = 1_000  // components that may be told of one by one
	maxJudged   = 20_000 // samples of one metric in one look

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
	steps, series, components int
}

// costs counts a metric rule against what a target is known to tell.
func (m *MetricMatch) costs(k Known) (c cost) {
	each, of := 1, 0
	if m.Need > 0 || m.Rate {
		each++
	}
	if m.FullAt != nil || m.Growing != nil || m.Unusual != nil {
		each += 8
	}
	speakers := map[string]bool{}
	for _, s := range k.Series {
		if s.Metric == m.ShareOf {
			of++
		}
		if s.Metric != m.Name {
			continue
		}
		c.steps++ // to see that it is, or is not, the rule's
		if p := pickOf(m, s.Labels); p.ok {
			c.series++
			speakers[p.component] = true
		}
	}
	c.steps += c.series * (each + min(of, maxTotals))
	c.components = len(speakers)
	return c
}

// checkCost refuses what would be too much for any target of the rule's kinds.
func (r Rule) checkCost(at strictyaml.Place, known []Known) {
	m := r.Metric
	if m == nil {
		return
	}
	at = at.Key("metric")
	for _, k := range known {
		if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, k.Kind) {
			continue
		}
		c := m.costs(k)
		for _, b := range []struct {
			have, most int
			what       string
		}{
			{c.components, maxSpeakers, "components could be told of one by one"},
			{c.series * truth(m.Need > 0 || m.Rate), maxFollowed, "series would have to be remembered"},
			{c.series * truth(m.FullAt != nil || m.Growing != nil), maxCourses, "courses would have to be remembered"},
			{c.series * truth(m.Unusual != nil && m.Above == nil), maxHabits, "series would have their weeks remembered"},
			{c.steps, maxSteps, "comparisons in every look"},
		} {
			if b.have > b.most {
				at.Fail("rule %s: %d %s at %s, at most %d: narrow it with labels or not_labels", r.ID, b.have, b.what, k.Target, b.most)
				return
			}
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
		for _, name := range e.rules[i].metrics() {
			if n := len(v.samples[name]); n > maxJudged {
				over, most = append(over, e.rules[i].ID), max(most, n)
				break
			}
		}
	}
	return over, most
}
