package history

import (
	"fmt"
	"math"
	"time"

	"darksite/localmon"
	"darksite/localmon/chunk"
)

// stepper turns the samples of one series, in the order they come, into the
// points of a window. Neighbouring samples of the same step make one point.
type stepper struct {
	agg  localmon.Agg
	step int64

	open      bool
	known     bool  // at is the begin of a step,
	at        int64 // of the open one or of the one before
	min, max  float64
	sum, last float64
	count     float64

	before   bool // rate: prevAt and prev are set
	prevAt   int64
	prev     float64
	increase float64
	elapsed  int64
}

func newStepper(w localmon.Window) (*stepper, error) {
	switch w.Agg {
	case localmon.AggNone:
	case localmon.AggAvg, localmon.AggMin, localmon.AggMax, localmon.AggSum, localmon.AggLast, localmon.AggRate:
		if w.Step <= 0 {
			return nil, fmt.Errorf("aggregation %q needs a step above zero, not %v", w.Agg, w.Step)
		}
	default:
		return nil, fmt.Errorf("unknown aggregation %q", w.Agg)
	}
	return &stepper{agg: w.Agg, step: int64(w.Step)}, nil
}

// add takes one sample and returns the point that it completes, if any.
func (s *stepper) add(at int64, v float64) (p localmon.Point, ok bool) {
	if !s.holds(at) {
		p, ok = s.end()
		s.begin(at)
	}
	s.take(at, v)
	return p, ok
}

// addAll takes samples and emits the points that they complete, until emit
// says no.
func (s *stepper) addAll(times []int64, values []float64, emit func(localmon.Point) bool) bool {
	for len(times) > 0 {
		if !s.holds(times[0]) {
			if p, ok := s.end(); ok && !emit(p) {
				return false
			}
			s.begin(times[0])
		}
		n := 1
		for n < len(times) && s.holds(times[n]) {
			n++
		}
		if s.agg == localmon.AggAvg || s.agg == localmon.AggSum {
			sum := s.sum
			for _, v := range values[:n] {
				sum += v
			}
			s.sum, s.count = sum, s.count+float64(n)
		} else {
			for i, v := range values[:n] {
				s.take(times[i], v)
			}
		}
		times, values = times[n:], values[n:]
	}
	return true
}

// addSteps is addAll for the steps of a tier, of which the columns that the
// aggregation needs are there.
func (s *stepper) addSteps(times []int64, cols *[stepColumns][]float64, emit func(localmon.Point) bool) bool {
	for i, at := range times {
		if !s.holds(at) {
			if p, ok := s.end(); ok && !emit(p) {
				return false
			}
			s.begin(at)
		}
		switch s.agg {
		case localmon.AggMin:
			s.take(at, cols[chunk.StepMin][i])
		case localmon.AggMax:
			s.take(at, cols[chunk.StepMax][i])
		case localmon.AggSum:
			s.sum += cols[chunk.StepSum][i]
		default:
			s.sum += cols[chunk.StepSum][i]
			s.count += cols[chunk.StepCount][i]
		}
	}
	return true
}

// holds reports whether a time is in the open step.
func (s *stepper) holds(at int64) bool {
	return s.open && uint64(at-s.at) < uint64(s.step)
}

// begin opens the step that a time is in: the next one, as a rule, which saves a
// division.
func (s *stepper) begin(at int64) {
	if next := s.at + s.step; s.known && uint64(at-next) < uint64(s.step) {
		s.at = next
	} else {
		s.at = floorDiv(at, s.step) * s.step
	}
	s.open, s.known = true, true
	s.sum, s.count, s.increase, s.elapsed = 0, 0, 0, 0
}

// take adds a sample to the open step.
func (s *stepper) take(at int64, v float64) {
	if s.count == 0 {
		s.min, s.max = v, v
	}
	s.count++
	switch s.agg {
	case localmon.AggMin:
		s.min = math.Min(s.min, v)
	case localmon.AggMax:
		s.max = math.Max(s.max, v)
	case localmon.AggLast:
		s.last = v
	case localmon.AggRate:
		s.grow(at, v)
	default:
		s.sum += v
	}
}

// grow counts the increase since the sample before.
func (s *stepper) grow(at int64, v float64) {
	if s.before && at > s.prevAt {
		if v >= s.prev {
			s.increase += v - s.prev
		} else {
			s.increase += v
		}
		s.elapsed += at - s.prevAt
	}
	s.before, s.prevAt, s.prev = true, at, v
}

// end returns the point of the open step.
func (s *stepper) end() (localmon.Point, bool) {
	if !s.open {
		return localmon.Point{}, false
	}
	s.open = false
	p := localmon.Point{At: time.Unix(0, s.at)}
	switch s.agg {
	case localmon.AggMin:
		p.Value = s.min
	case localmon.AggMax:
		p.Value = s.max
	case localmon.AggSum:
		p.Value = s.sum
	case localmon.AggLast:
		p.Value = s.last
	case localmon.AggRate:
		if s.elapsed == 0 {
			return p, false
		}
		p.Value = s.increase / time.Duration(s.elapsed).Seconds()
	default:
		p.Value = s.sum / s.count
	}
	return p, true
}
