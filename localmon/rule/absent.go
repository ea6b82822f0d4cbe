package rule

import (
	"time"

	"darksite/localmon"
)

// absence is what is remembered of a series that must not be missing.
type absence struct {
	Seen    time.Time `json:"seen"`             // when it was last read
	Missing time.Time `json:"missing,omitzero"` // the first look of this stretch that lacked it
	Newest  time.Time `json:"newest,omitzero"`  // the newest look that lacked it
}

// judgeAbsent tells of components whose series were read once and are missing
// from looks that read other things. What no look could read is not missing: the
// time counts anew after each stretch in which nobody looked.
func (e *Evaluator) judgeAbsent(now time.Time, v *view, f *findings) {
	m := f.rule.Metric
	f.read |= fromSamples
	prefix := f.rule.ID + "/"
	there := map[string]bool{}
	for _, s := range v.samples[m.Name] {
		if p := e.pick(f.rule, m, s.Key.Labels); p.ok {
			there[p.component] = true
			set(&e.m.Absences, prefix+p.component, absence{Seen: now.UTC()}, maxSeries)
		}
	}
	for id, a := range e.m.Absences {
		if len(id) < len(prefix) || id[:len(prefix)] != prefix || there[id[len(prefix):]] {
			continue
		}
		gap := now.Sub(a.Newest)
		if a.Missing.IsZero() || gap > longestGap || gap < 0 || e.m.Blind.After(a.Newest) {
			a.Missing = now.UTC()
		}
		a.Newest = now.UTC()
		e.m.Absences[id] = a
		if now.Sub(a.Missing) < m.Absent {
			continue
		}
		verdict := f.at(localmon.Ref{Rule: f.rule.ID, Component: id[len(prefix):]})
		verdict.set("since", stamp(a.Seen))
		verdict.say(fromSamples, f.rule.Severity, f.rule.Why, m.Name+" was last read "+stamp(a.Seen))
	}
}
