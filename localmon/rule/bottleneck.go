package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

const (
	learnOver = 2 * time.Hour    // the span of the slow mean
	learntAt  = 30 * time.Minute // before, nothing is called normal

	longestGap = 5 * time.Minute // between two looks that count as one stretch
)

// layers in the order of side.Layers.
var layerNames = [...]string{"SAN", "queue", "QoS limit", "service"}

// side is what is remembered of one direction of work.
type side struct {
	Normal float64       `json:"normal"`
	Layers [4]float64    `json:"layers"` // normal times of the layers
	Learnt time.Duration `json:"learnt"`
	Seen   time.Time     `json:"seen"`
	Bad    time.Time     `json:"bad,omitzero"`  // since when it looks like a bottleneck
	Calm   time.Time     `json:"calm,omitzero"` // since when it is over
	On     bool          `json:"on,omitempty"`
	Began  time.Time     `json:"began,omitzero"`
}

// judgeBottleneck follows the latency of each side. The condition is about the
// target as a whole and tells the side that is slower.
func (e *Evaluator) judgeBottleneck(now time.Time, v *view, f *findings) {
	m := f.rule.Bottleneck
	times := m.read(v)
	worst := 0.0
	for _, dim := range m.Sides {
		total, ok := times.whole[dim.Total]
		if !ok {
			continue
		}
		ref := localmon.Ref{Rule: f.rule.ID}
		f.at(ref).read |= fromSamples
		id := f.rule.ID + "/" + dim.Name
		s := e.m.Sides[id]
		layers := times.layers(m, dim, s.Layers)
		s.step(now, m, total, layers)
		set(&e.m.Sides, id, s, 100)
		if !s.On {
			continue
		}
		verdict := f.at(ref)
		what, where, by := s.cause(m, dim, total, layers)
		verdict.say(fromSamples, f.rule.Severity, f.rule.Why, fmt.Sprintf("%s %s, normal %s; %s grew by %s",
			dim.Total, written(total, "usec"), s.normal(), where, written(by, "usec")))
		if total > worst {
			worst = total
			verdict.put("side", dim.Name)
			verdict.put("value", written(total, "usec"))
			verdict.put("normal", s.normal())
			verdict.put("layer", what)
			verdict.put("since", stamp(s.Began))
		}
	}
}

// latencies are the newest times of a target: by dimension, and the same by part
// where the target tells its parts.
type latencies struct {
	whole map[string]float64
	parts map[string]map[string]float64
}

func (m *BottleneckMatch) read(v *view) latencies {
	l := latencies{whole: map[string]float64{}, parts: map[string]map[string]float64{}}
	for _, s := range v.samples[m.Metric] {
		labels, err := localmon.ParseLabels(s.Key.Labels)
		if err != nil {
			continue
		}
		dimension, part, other := "", "", false
		for _, label := range labels {
			if label.Name == m.Label {
				dimension = label.Value
			}
			if m.Split != nil && label.Name == m.Split.Label && slices.Contains(m.Split.Into, label.Value) {
				part = label.Value
			} else if allowed, named := m.Labels[label.Name]; named && !slices.Contains(allowed, label.Value) {
				other = true
			}
		}
		switch {
		case dimension == "" || other:
		case part == "":
			l.whole[dimension] = s.Value
		default:
			if l.parts[part] == nil {
				l.parts[part] = map[string]float64{}
			}
			l.parts[part][dimension] = s.Value
		}
	}
	return l
}

// layers are the times of what a side is made of. A part that does nothing has no
// time, and keeps its normal one.
func (l latencies) layers(m *BottleneckMatch, dim Side, normal [4]float64) (times [4]float64) {
	if m.Split == nil {
		return [4]float64{l.whole[dim.SAN], l.whole[dim.Queue], l.whole[dim.QoS], l.whole[dim.Service]}
	}
	for i, part := range m.Split.Into {
		if times[i] = l.parts[part][dim.Total]; times[i] <= 0 {
			times[i] = normal[i]
		}
	}
	return times
}

// untold reports whether the target says nothing of the layers.
func (s Side) untold() bool { return s.SAN == "" && s.Queue == "" && s.QoS == "" && s.Service == "" }

func (s *side) normal() string {
	if s.Learnt < learntAt {
		return "not known yet"
	}
	return written(s.Normal, "usec")
}

// step takes one value of latency and of its layers.
func (s *side) step(now time.Time, m *BottleneckMatch, total float64, layers [4]float64) {
	dt := min(max(now.Sub(s.Seen), 0), longestGap)
	if now.Sub(s.Seen) > longestGap {
		s.Bad, s.Calm = time.Time{}, time.Time{} // what nobody saw is neither bad nor calm
	}
	s.Seen = now.UTC()
	bad := s.bad(m, total, layers)
	if !s.On {
		switch {
		case !bad:
			s.Bad = time.Time{}
			s.learn(dt, total, layers)
		case s.Bad.IsZero() || now.Before(s.Bad):
			s.Bad = now.UTC()
		}
		if bad && now.Sub(s.Bad) >= m.For {
			s.On, s.Began, s.Calm = true, s.Bad, time.Time{}
		}
		return
	}
	calm := total < m.Floor || s.Learnt >= learntAt && total < m.EndFactor*s.Normal
	switch {
	case !calm:
		s.Calm = time.Time{}
	case s.Calm.IsZero() || now.Before(s.Calm):
		s.Calm = now.UTC()
	case now.Sub(s.Calm) >= m.EndFor:
		s.On, s.Bad, s.Calm, s.Began = false, time.Time{}, time.Time{}, time.Time{}
	}
}

func (s *side) bad(m *BottleneckMatch, total float64, layers [4]float64) bool {
	if total <= m.Floor {
		return false
	}
	return total > m.Ceiling || s.Learnt >= learntAt && total > m.Factor*s.Normal || layers[1] > m.QueueShare*total
}

// learn moves the slow mean. A value counts at most twice the mean, so that a
// short rise before it is called a bottleneck hardly moves it; an idle target
// teaches nothing.
func (s *side) learn(dt time.Duration, total float64, layers [4]float64) {
	if total <= 0 || dt <= 0 && s.Learnt > 0 {
		return
	}
	share := 1.0
	if s.Learnt > 0 {
		share = max(1-math.Exp(-dt.Seconds()/learnOver.Seconds()), dt.Seconds()/(s.Learnt+dt).Seconds())
		if s.Learnt >= learntAt {
			share = 1 - math.Exp(-dt.Seconds()/learnOver.Seconds())
			total = min(total, 2*s.Normal)
		}
	}
	s.Normal += (total - s.Normal) * share
	for i, l := range layers {
		s.Layers[i] += (l - s.Layers[i]) * share
	}
	s.Learnt = min(s.Learnt+max(dt, time.Second), learnOver)
}

// cause tells what grew in one word or a few, the one that grew most, and by how
// much.
func (s *side) cause(m *BottleneckMatch, dim Side, total float64, layers [4]float64) (what, most string, by float64) {
	if m.Split == nil && dim.untold() {
		return "not told by the target", "the whole", total - s.Normal
	}
	best := 0
	for i := range layers {
		if layers[i]-s.Layers[i] > layers[best]-s.Layers[best] {
			best = i
		}
	}
	by = layers[best] - s.Layers[best]
	if m.Split == nil {
		return layerNames[best], layerNames[best], by
	}
	var grown []string
	for i, part := range m.Split.Into {
		if layers[i] > m.EndFactor*s.Layers[i] {
			grown = append(grown, part)
		}
	}
	if len(grown) == 0 {
		return "none alone, their mix changed", "the whole", total - s.Normal
	}
	return strings.Join(grown, ", "), m.Split.Into[best], by
}
