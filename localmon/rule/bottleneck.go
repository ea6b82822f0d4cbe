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

	maxSplit = 8 // parts of one whole
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

// judgeBottleneck follows the latency of each side, and of each part of it that
// the target tells. The condition is about the target as a whole and tells the
// side that is slower.
func (e *Evaluator) judgeBottleneck(now time.Time, v *view, f *findings) {
	m := f.rule.Bottleneck
	ref := localmon.Ref{Rule: f.rule.ID}
	slowest, grown, held := course{}, []string{}, false
	for _, c := range m.courses(v) {
		f.at(ref).read |= fromSamples
		id := f.rule.ID + "/" + c.name
		c.side = e.m.Sides[id]
		switch {
		case c.part == "" || slices.Contains(m.Split.Judged, c.part):
			c.side.step(now, m, c.total, c.layers)
		case !held:
			c.side.learn(c.side.pass(now), c.total, c.layers)
		}
		if c.part == "" {
			held = c.side.On
		}
		set(&e.m.Sides, id, c.side, 100)
		if c.part != "" && c.total > m.EndFactor*c.side.Normal && !slices.Contains(grown, c.part) {
			grown = append(grown, c.part)
		}
		if !c.side.On {
			continue
		}
		layer, by := c.grew()
		f.at(ref).say(fromSamples, f.rule.Severity, f.rule.Why, fmt.Sprintf("%s %s, normal %s; %s grew by %s",
			c.name, written(c.total, "usec"), c.side.normal(), layer, written(by, "usec")))
		if c.total > slowest.total {
			slowest = c
		}
	}
	if slowest.name == "" {
		return
	}
	layer, _ := slowest.grew()
	switch {
	case m.Split != nil && len(grown) > 0:
		layer = strings.Join(grown, ", ")
	case m.Split != nil:
		layer = "none alone, their mix changed"
	case !slowest.told:
		layer = "not told by the target"
	}
	f.at(ref).set("side", slowest.name, "value", written(slowest.total, "usec"), "normal", slowest.side.normal(),
		"layer", layer, "since", stamp(slowest.side.Began))
}

// course is one time that is followed: that of a side, or of a part of it.
type course struct {
	name   string
	part   string
	total  float64
	layers [4]float64
	told   bool // the target tells the layers
	side   side
}

// grew is the layer that grew most and by how much: the whole where none is told.
func (c course) grew() (string, float64) {
	if !c.told {
		return "it", c.total - c.side.Normal
	}
	return c.side.grew(c.layers)
}

// courses are the newest times of a target, the whole before its parts.
func (m *BottleneckMatch) courses(v *view) []course {
	times := m.read(v)
	var all []course
	for _, dim := range m.Sides {
		if total, ok := times[""][dim.Total]; ok {
			t := times[""]
			all = append(all, course{name: dim.Name, total: total, told: !dim.untold(), layers: [4]float64{t[dim.SAN], t[dim.Queue], t[dim.QoS], t[dim.Service]}})
		}
		if m.Split == nil {
			continue
		}
		for _, part := range m.Split.Into {
			if total, ok := times[part][dim.Total]; ok {
				all = append(all, course{name: part + " " + dim.Name, part: part, total: total})
			}
		}
	}
	return all
}

// read sorts times by part, which is empty for the whole, and by dimension.
func (m *BottleneckMatch) read(v *view) map[string]map[string]float64 {
	times := map[string]map[string]float64{}
	for _, s := range v.samples[m.Metric] {
		dimension, part, ok := m.place(s.Key.Labels)
		if !ok {
			continue
		}
		if times[part] == nil {
			times[part] = map[string]float64{}
		}
		times[part][dimension] = s.Value
	}
	return times
}

// place is the dimension of a series, and the part it is about, empty for the
// whole; false where it is none the rule looks at.
func (m *BottleneckMatch) place(labels string) (dimension, part string, ok bool) {
	all, err := localmon.ParseLabels(labels)
	if err != nil {
		return "", "", false
	}
	for _, l := range all {
		allowed, named := m.Labels[l.Name]
		switch {
		case l.Name == m.Label:
			dimension = l.Value
		case m.Split != nil && l.Name == m.Split.Label && slices.Contains(m.Split.Into, l.Value):
			part = l.Value
		case named && !slices.Contains(allowed, l.Value):
			return "", "", false
		}
	}
	return dimension, part, dimension != ""
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
	if now.Sub(s.Seen) > longestGap {
		s.Bad, s.Calm = time.Time{}, time.Time{} // what nobody saw is neither bad nor calm
	}
	dt := s.pass(now)
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

// pass moves the side on to now, and says how much of the time since the last look
// counts.
func (s *side) pass(now time.Time) time.Duration {
	dt := min(max(now.Sub(s.Seen), 0), longestGap)
	s.Seen = now.UTC()
	return dt
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

// grew is the layer that is furthest above its normal.
func (s *side) grew(layers [4]float64) (string, float64) {
	best := 0
	for i := range layers {
		if layers[i]-s.Layers[i] > layers[best]-s.Layers[best] {
			best = i
		}
	}
	return layerNames[best], layers[best] - s.Layers[best]
}
