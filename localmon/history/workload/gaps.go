package workload

import (
	"math/rand/v2"
	"time"
)

const (
	runOfAbsence = 40             // scrapes, on average
	offAt        = 37 * time.Hour // after the start
	offEvery     = 7 * 24 * time.Hour
)

// gaps decides what of the array is seen, and what comes and goes. It has a
// source of chance of its own: a shape without gaps makes the same samples
// whether this exists or not.
type gaps struct {
	shape  Shape
	rng    *rand.Rand
	absent []bool // nil when the shape has no absent values
	was    []bool // absent in the scrape before
}

func newGaps(s Shape, series int) gaps {
	g := gaps{shape: s, rng: rand.New(rand.NewPCG(s.Seed, 0x6a95))}
	if s.Absent > 0 {
		g.absent, g.was = make([]bool, series), make([]bool, series)
	}
	return g
}

// next decides about a scrape and reports whether it happens.
func (g *gaps) next(n int) bool {
	copy(g.was, g.absent)
	for i, absent := range g.absent {
		if g.rng.Float64() < g.shape.turn(absent) {
			g.absent[i] = !absent
		}
	}
	if g.shape.Missed > 0 && g.rng.Float64() < g.shape.Missed {
		return false
	}
	return !g.shape.off(n)
}

// turn is the probability that a series that was absent is back, or that one
// that was there is absent.
func (s *Shape) turn(absent bool) float64 {
	if absent {
		return 1. / runOfAbsence
	}
	return s.Absent / (1 - s.Absent) / runOfAbsence
}

// off reports whether the array is out of reach.
func (s *Shape) off(n int) bool {
	since := time.Duration(n)*s.Every - offAt
	return since >= 0 && since%offEvery < s.Off
}

// replaced is the probability that a volume is replaced in one scrape.
func (s *Shape) replaced() float64 { return s.Churn * s.Every.Hours() / 24 }

// replace deletes volumes and creates others in their place, under names that
// were never used.
func (a *Array) replace() {
	p := a.shape.replaced()
	if p == 0 || a.n == 0 {
		return
	}
	for i := range a.vols {
		if a.gaps.rng.Float64() >= p {
			continue
		}
		a.vols[i] = newVolume(a.gaps.rng, a.shape.Busy)
		copy(a.keys[i*len(volumeMetrics):], keysOf(a.shape.Target, "volume", a.named, volumeMetrics))
		a.named++
		// a new series is there when it begins
		for k := range volumeMetrics {
			if a.gaps.absent != nil {
				a.gaps.absent[i*len(volumeMetrics)+k] = false
			}
		}
		if a.meter != nil {
			a.meter.replaced(i)
		}
	}
}
