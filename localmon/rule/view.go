package rule

import (
	"time"

	"darksite/localmon"
)

// view is one batch, indexed.
type view struct {
	b       localmon.Batch
	blind   bool
	states  map[string][]localmon.ComponentState // by type
	samples map[string][]localmon.Sample         // by metric, those that rules read
	clock   time.Time                            // the target's clock, else the kit's
	names   map[string]map[string]bool           // by type, made when asked for
	over    []string                             // rules that find more than they may look at
	most    int                                  // samples the largest of them finds
}

// listed is the names of the parts of a type.
func (v *view) listed(kind string) map[string]bool {
	names, ok := v.names[kind]
	if !ok {
		names = make(map[string]bool, len(v.states[kind]))
		for _, s := range v.states[kind] {
			names[s.Component] = true
		}
		v.names[kind] = names
	}
	return names
}

// clockOff is how far the target's clock is from the kit's, in seconds. The
// evaluator makes it of each look that tells a time, for rules to match.
const clockOff = "localmon_target_clock_off_seconds"

// certificateLeft is how long the certificate that the target showed holds, in
// seconds. The evaluator makes it of what a look says of its end, so that what is
// kept stays one value that does not change.
const (
	certificateLeft = "localmon_target_certificate_left_seconds"
	certificateEnd  = "localmon_target_certificate_expires_timestamp_seconds"
)

func (e *Evaluator) look(now time.Time, b localmon.Batch) *view {
	v := &view{
		b: b, states: map[string][]localmon.ComponentState{}, samples: map[string][]localmon.Sample{},
		names: map[string]map[string]bool{}, clock: b.TargetAt,
	}
	if v.clock.IsZero() {
		v.clock = now
	}
	up, said := 0.0, false
	for _, s := range b.Samples {
		if s.Key.Metric == "localmon_source_up" {
			up, said = s.Value, true
		}
		if e.wanted[s.Key.Metric] {
			v.samples[s.Key.Metric] = append(v.samples[s.Key.Metric], s)
		}
		if s.Key.Metric == certificateEnd && e.wanted[certificateLeft] {
			s.Key.Metric, s.Value = certificateLeft, s.Value-float64(b.At.Unix())
			v.samples[certificateLeft] = append(v.samples[certificateLeft], s)
		}
	}
	if !b.TargetAt.IsZero() && e.wanted[clockOff] {
		// The target told its time at some moment of the look.
		off := max(0, b.TargetAt.Sub(b.At).Abs()-b.Took).Seconds()
		v.samples[clockOff] = append(v.samples[clockOff], localmon.Sample{Key: localmon.SeriesKey{Target: e.target, Metric: clockOff}, Value: off})
	}
	for _, s := range b.States {
		s.Component = e.canon(s.Component)
		v.states[s.Type] = append(v.states[s.Type], s)
	}
	v.over, v.most = e.overrun(v)
	if said {
		v.blind = up == 0
	} else {
		v.blind = len(b.Samples) == 0 && len(b.States) == 0 && !b.AlertsRead
	}
	return v
}

// canon remembers spellings: a look lists the same parts as the one before.
func (e *Evaluator) canon(name string) string {
	c, ok := e.spelt[name]
	if !ok {
		c = canon(name)
		set(&e.spelt, name, c, maxParts)
	}
	return c
}
