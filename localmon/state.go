package localmon

import "time"

// ComponentStateMetric is the series in which the history keeps what a target
// said of its parts: one of the value 1 for each part, with the labels
// component_name, component_status and component_type.
const ComponentStateMetric = "localmon_component_state"

// StateSamples are the samples that keep the states of a batch.
func StateSamples(b Batch) []Sample {
	s := NewSampler(b.Target)
	for _, st := range b.States {
		s.Add(1, ComponentStateMetric, "component_name", st.Component, "component_status", st.Status, "component_type", st.Type)
	}
	return s.Samples()
}

// StateOf reads one of them back; ok is false for any other series. The health is
// not kept: it is the kit's judgement of the word.
func StateOf(k SeriesKey) (s ComponentState, ok bool) {
	if k.Metric != ComponentStateMetric {
		return s, false
	}
	labels, err := ParseLabels(k.Labels)
	if err != nil {
		return s, false
	}
	for _, l := range labels {
		switch l.Name {
		case "component_name":
			s.Component = l.Value
		case "component_status":
			s.Status = l.Value
		case "component_type":
			s.Type = l.Value
		}
	}
	s.Health = JudgeWord(s.Status)
	return s, s.Type != ""
}

// Latest is the newest sample of a series. It may be old: the reader judges its
// age.
type Latest struct {
	Key   SeriesKey
	Point Point
	// Present says that the newest look at the target had the series.
	Present bool
}

// NewestStates puts the newest list of parts together from the newest samples of
// their series, with the time of the look that read it. A target does not read
// every list at each look, so each type has a time of its own; what was not in the
// newest list of its type is no part any more. Without a series the time is zero.
func NewestStates(all []Latest, kind string) (parts []ComponentState, at time.Time) {
	for _, l := range all {
		s, ok := StateOf(l.Key)
		if !ok || s.Type != kind || l.Point.At.Before(at) {
			continue
		}
		if l.Point.At.After(at) {
			parts, at = parts[:0], l.Point.At
		}
		parts = append(parts, s)
	}
	return parts, at
}
