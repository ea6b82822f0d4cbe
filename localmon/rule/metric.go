package rule

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/localmon/trend"
)

// judgeMetric holds every series of the rule's metric against it.
func (e *Evaluator) judgeMetric(now time.Time, v *view, f *findings) {
	m := f.rule.Metric
	if m.Absent > 0 {
		e.judgeAbsent(now, v, f)
		return
	}
	if m.Summed {
		e.judgeSums(now, v, f)
		return
	}
	wholes := totals(m, v)
	for _, s := range v.samples[m.Name] {
		p := e.pick(f.rule, m, s.Key.Labels)
		if !p.ok {
			continue
		}
		value, ok := e.value(now, wholes, m, p, s)
		if !ok {
			continue
		}
		e.judgeValue(now, f, p, s.Key, value)
	}
}

// pick says whether a series is the rule's, and whose it is. Labels are parsed
// once a series.
func (e *Evaluator) pick(r *Rule, m *MetricMatch, labels string) pick {
	if p, ok := e.picks[r.ID][labels]; ok {
		return p
	}
	p := pickOf(m, labels)
	p.id = m.Name + "/" + labels + "/" + r.ID
	if e.picks[r.ID] == nil {
		e.picks[r.ID] = map[string]pick{}
	}
	if len(e.picks[r.ID]) < maxSeries {
		e.picks[r.ID][labels] = p
	}
	return p
}

func pickOf(m *MetricMatch, labels string) pick {
	have, err := localmon.ParseLabels(labels)
	if err != nil {
		return pick{}
	}
	value := func(name string) (string, bool) {
		i := slices.IndexFunc(have, func(l localmon.Label) bool { return l.Name == name })
		if i < 0 {
			return "", false
		}
		return have[i].Value, true
	}
	for name, allowed := range m.Labels {
		if got, ok := value(name); !ok || !slices.Contains(allowed, got) {
			return pick{}
		}
	}
	for name, patterns := range m.NotLabels {
		if got, ok := value(name); ok && matches(got, patterns) {
			return pick{}
		}
	}
	if m.Component == "" {
		return pick{ok: true}
	}
	name, ok := value(m.Component)
	return pick{ok: ok, component: canon(name)}
}

// value is what is compared: the sample, its share of another, or its rate. A
// counter that went back was restarted and says nothing this time.
func (e *Evaluator) value(now time.Time, wholes []total, m *MetricMatch, p pick, s localmon.Sample) (float64, bool) {
	if m.ShareOf != "" {
		for i := range wholes {
			if of := &wholes[i]; of.value > 0 && of.value >= m.OfAtLeast && of.holds(s.Key.Labels) {
				return 100 * s.Value / of.value, true
			}
		}
		return 0, false
	}
	if !m.Rate {
		return s.Value, true
	}
	id := "rate/" + p.id
	last, ok := e.m.Counters[id]
	set(&e.m.Counters, id, counter{At: now.UTC(), V: s.Value}, maxSeries)
	seconds := now.Sub(last.At).Seconds()
	if !ok || seconds <= 0 || s.Value < last.V {
		return 0, false
	}
	return (s.Value - last.V) / seconds, true
}

func (e *Evaluator) judgeValue(now time.Time, f *findings, p pick, key localmon.SeriesKey, value float64) {
	m := f.rule.Metric
	ref := localmon.Ref{Rule: f.rule.ID, Component: p.component}
	o, opened := e.m.opened(ref.Rule, ref.Component)
	if opened {
		f.at(ref).read |= fromSamples // a No counts only where it was Yes before
	}
	opened = opened && o.From&fromSamples != 0 && o.Good.IsZero()
	yes, severity, why, limit := m.hit(value, opened, f.rule)
	said, normal := "", ""
	if m.Rise > 0 {
		yes = e.risen(now, m, p.id, value, yes)
	}
	if m.Unusual != nil {
		var usual float64
		yes, usual = e.judgeUnusual(now, f.rule.Metric, p.id, value, yes)
		normal = written(usual, m.Unit)
	}
	if m.Growing != nil {
		yes, said = e.judgeGrowing(now, f.rule.Metric, p.id, value)
	}
	if m.FullAt != nil {
		yes, said = e.judgeFuture(now, f.rule.Metric, p.id, value, yes)
	}
	if m.Need > 0 {
		yes = e.window(m, p.id, yes)
	}
	if !yes {
		return
	}
	v := f.at(ref)
	v.read |= fromSamples
	if !v.yes || v.from&fromSamples == 0 || severity < v.severity {
		v.put("value", written(value, m.Unit))
		v.put("limit", written(limit, m.Unit))
		v.put("forecast", clean(said, 160))
		v.put("normal", normal)
	}
	labels := key.Labels
	if labels != "" {
		labels = "{" + labels + "}"
	}
	v.say(fromSamples, severity, why, fmt.Sprintf("%s%s is %s", key.Metric, labels, written(value, m.Unit)))
}

// hit compares one value; once open, the good side begins at Until.
func (m *MetricMatch) hit(value float64, opened bool, r *Rule) (bool, localmon.Severity, string, float64) {
	switch {
	case m.Above != nil:
		limit := *m.Above
		if opened && m.Until != nil {
			limit = *m.Until
		}
		return value > limit, r.Severity, r.Why, *m.Above
	case m.Below != nil:
		limit := *m.Below
		if opened && m.Until != nil {
			limit = *m.Until
		}
		return value < limit, r.Severity, r.Why, *m.Below
	}
	for _, l := range slices.Backward(m.Levels) {
		if value > l.Above {
			return true, l.Severity, l.Why, l.Above
		}
	}
	return false, r.Severity, r.Why, 0
}

// judgeFuture follows the course of a value that fills something up. It says
// when it will be full, and with Within that is the question itself; then the
// slowest likely growth must reach the limit too, so that noise does not.
func (e *Evaluator) judgeFuture(now time.Time, m *MetricMatch, id string, value float64, yes bool) (bool, string) {
	line := e.m.Lines[id]
	if line == nil {
		line = &trend.Line{}
		set(&e.m.Lines, id, line, maxSeries/8)
	}
	line.Add(now, value)
	if m.Within == 0 && !yes {
		return false, "" // nobody will read it
	}
	fit, ok := e.fit(id, line)
	if !ok {
		return yes && m.Within == 0, ", too little history for a forecast"
	}
	said := ", not growing"
	forecast, ok := fit.Until(*m.FullAt)
	if ok {
		said = fmt.Sprintf(", %s %s in about %s", written(*m.FullAt, m.Unit), reached(m.Unit), span(forecast.Likely))
		if forecast.Latest > 0 {
			said += fmt.Sprintf(" (%s to %s)", span(forecast.Earliest), span(forecast.Latest))
		}
	}
	if m.Within == 0 {
		return yes, said
	}
	return ok && fit.To.Sub(fit.From) >= m.History && forecast.Likely <= m.Within && forecast.Latest > 0 && forecast.Latest <= 3*m.Within, said
}

// fitted is a fit and the course it was made from, but for its newest point.
type fitted struct {
	points int
	since  time.Time // of the newest point but one
	fit    trend.Fit
	ok     bool
}

// fit draws the line anew once a point is complete, not at every look.
func (e *Evaluator) fit(id string, line *trend.Line) (trend.Fit, bool) {
	n := len(line.Points)
	if n < 2 {
		return trend.Fit{}, false
	}
	was, known := e.fits[id]
	if !known || was.points != n || !was.since.Equal(line.Points[n-2].At) {
		was = fitted{points: n, since: line.Points[n-2].At}
		was.fit, was.ok = line.Fit()
		set(&e.fits, id, was, maxSeries/8)
	}
	was.fit.Value = line.Points[n-1].V
	return was.fit, was.ok
}

func reached(unit string) string {
	if unit == "percent" {
		return "full"
	}
	return "reached"
}

// window counts hits among the newest samples of a series. Series without a
// hit need no memory.
func (e *Evaluator) window(m *MetricMatch, id string, hit bool) bool {
	w := e.m.Hits[id] << 1
	if hit {
		w |= 1
	}
	if m.Of < 64 {
		w &= 1<<m.Of - 1
	}
	if w == 0 {
		delete(e.m.Hits, id)
		return false
	}
	set(&e.m.Hits, id, w, maxSeries)
	return bits.OnesCount64(e.m.Hits[id]) >= m.Need
}
