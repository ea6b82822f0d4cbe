package rule

import (
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

// total is one series of which others are a share.
type total struct {
	value  float64
	labels []string // name="value", each
	text   string   // all of them
}

// maxTotals bounds the series a share may be of: each is held against each part.
const maxTotals = 64

// totals are the series that the metric is a share of.
func totals(m *MetricMatch, v *view) []total {
	if m.ShareOf == "" {
		return nil
	}
	var out []total
	for _, s := range v.samples[m.ShareOf] {
		if len(out) == maxTotals {
			break
		}
		labels, err := localmon.ParseLabels(s.Key.Labels)
		if err != nil {
			continue
		}
		t := total{value: s.Value, text: s.Key.Labels}
		for _, l := range labels {
			t.labels = append(t.labels, localmon.FormatLabels(l.Name, l.Value))
		}
		out = append(out, t)
	}
	// The most alike first: one with more labels says more exactly what it is.
	slices.SortStableFunc(out, func(a, b total) int { return len(b.labels) - len(a.labels) })
	return out
}

// holds reports whether all labels of the total are among those of a part.
func (t *total) holds(labels string) bool {
	if t.text == labels {
		return true
	}
	for _, l := range t.labels {
		i := strings.Index(labels, l)
		if i < 0 || i > 0 && labels[i-1] != ',' {
			return false
		}
	}
	return true
}

// judgeSums holds what all series of each component come to together against
// what those of the whole with the same labels come to.
func (e *Evaluator) judgeSums(now time.Time, v *view, f *findings) {
	m := f.rule.Metric
	of := MetricMatch{Name: m.ShareOf, Labels: m.Labels, NotLabels: m.NotLabels}
	whole := 0.0
	for _, s := range v.samples[m.ShareOf] {
		if pickOf(&of, s.Key.Labels).ok {
			whole += s.Value
		}
	}
	if whole <= 0 || whole < m.OfAtLeast {
		return
	}
	sums := map[string]float64{}
	for _, s := range v.samples[m.Name] {
		if p := e.pick(f.rule, m, s.Key.Labels); p.ok {
			sums[p.component] += s.Value
		}
	}
	for component, sum := range sums {
		p := pick{ok: true, component: component, id: m.Name + "/sum/" + component + "/" + f.rule.ID}
		key := localmon.SeriesKey{Target: e.target, Metric: m.Name}
		if m.Component != "" {
			key.Labels = localmon.FormatLabels(m.Component, component)
		}
		e.judgeValue(now, f, p, key, 100*sum/whole)
	}
}

// maxRisen bounds the series whose last hours are remembered for a rise.
const maxRisen = 500

// risen reports whether a value that is above its limit got there within the last
// hours. What is always there is no news, and neither is what was found by the
// first looks. A series far below the limit needs no memory: when it comes up, it
// is known to have been there.
func (e *Evaluator) risen(now time.Time, m *MetricMatch, id string, value float64, above bool) bool {
	low := *m.Above / 4
	s, known := e.m.Sides[id]
	if !known {
		if value < low {
			return false
		}
		if now.Sub(e.m.Began) >= learntAt {
			s = side{Normal: low, Learnt: learntAt}
		}
	}
	dt := min(max(now.Sub(s.Seen), 0), longestGap)
	s.Seen = now.UTC()
	risen := above && s.Learnt >= learntAt && value > m.Rise*s.Normal
	if !risen {
		s.learn(dt, value, [4]float64{})
	}
	set(&e.m.Sides, id, s, maxRisen)
	return risen
}
