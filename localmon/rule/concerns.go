package rule

import (
	"slices"
	"strings"

	"darksite/localmon"
)

// Concerns reports whether an alert is about this series: the rule of the alert
// judges it and it is the alert's component, or the alert's evidence names it.
func (s Set) Concerns(a localmon.Alert, key localmon.SeriesKey) bool {
	if key.Target != a.Target {
		return false
	}
	if slices.ContainsFunc(a.Evidence, func(line string) bool { return strings.HasPrefix(line, key.Series()+" is ") }) {
		return true
	}
	i := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.ID == a.Rule })
	if i < 0 {
		return false
	}
	switch r := s.Rules[i]; {
	case r.Metric != nil:
		p := pickOf(r.Metric, key.Labels)
		return key.Metric == r.Metric.Name && p.ok && p.component == a.Component
	case r.Bottleneck != nil:
		dimension, _, ok := r.Bottleneck.place(key.Labels)
		return ok && key.Metric == r.Bottleneck.Metric && slices.ContainsFunc(r.Bottleneck.Sides, func(s Side) bool { return s.Total == dimension })
	case r.Jump != nil:
		return key.Metric == r.Jump.Metric && r.Jump.Component == ""
	}
	return false
}

// Metrics are the metrics an alert can be about.
func (s Set) Metrics(a localmon.Alert) []string {
	var out []string
	for _, line := range a.Evidence {
		if series, _, ok := strings.Cut(line, " is "); ok && !strings.Contains(series, " ") {
			name, _, _ := strings.Cut(series, "{")
			out = append(out, name)
		}
	}
	for _, r := range s.Rules {
		if r.ID == a.Rule {
			out = append(out, r.Metrics()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
