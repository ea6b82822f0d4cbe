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
	at        int64 // begin of the open step
	min, max  float64
	sum, last float64
	count     float64

	known    bool // rate: prevAt and prev are set
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
	if s.agg == localmon.AggNone {
		return localmon.Point{At: time.Unix(0, at), Value: v}, true
	}
	// the division is slow and seldom needed
	if !s.open || at < s.at || at-s.at >= s.step {
		begin := floorDiv(at, s.step) * s.step
		p, ok = s.end()
		s.open, s.at = true, begin
		s.min, s.max, s.sum, s.count = v, v, 0, 0
		s.increase, s.elapsed = 0, 0
	}
	s.min, s.max = math.Min(s.min, v), math.Max(s.max, v)
	s.sum += v
	s.last = v
	s.count++
	if s.known && at > s.prevAt {
		if v >= s.prev {
			s.increase += v - s.prev
		} else {
			s.increase += v
		}
		s.elapsed += at - s.prevAt
	}
	s.known, s.prevAt, s.prev = true, at, v
	return p, ok
}

// addStep is add for step i of a tier, of which the columns that the
// aggregation needs are there.
func (s *stepper) addStep(at int64, cols *[stepColumns][]float64, i int) (p localmon.Point, ok bool) {
	opens := !s.open || at < s.at || at-s.at >= s.step
	if opens {
		p, ok = s.end()
		s.open, s.at = true, floorDiv(at, s.step)*s.step
		s.sum, s.count = 0, 0
	}
	switch s.agg {
	case localmon.AggMin:
		if v := cols[chunk.StepMin][i]; opens {
			s.min = v
		} else {
			s.min = math.Min(s.min, v)
		}
	case localmon.AggMax:
		if v := cols[chunk.StepMax][i]; opens {
			s.max = v
		} else {
			s.max = math.Max(s.max, v)
		}
	case localmon.AggSum:
		s.sum += cols[chunk.StepSum][i]
	default:
		s.sum += cols[chunk.StepSum][i]
		s.count += cols[chunk.StepCount][i]
	}
	return p, ok
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
