package query

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"darksite/localmon"
)

// Bounds of what is held at once.
const (
	MaxStepSamples = 4 << 20 // samples of one step of Quantile
	MaxSteps       = 1 << 20 // steps of Across
)

// Quantile yields for each step of the window the q-quantile of the series'
// samples, q between 0 and 1. Between two samples it interpolates linearly, as
// type 7 of Hyndman and Fan (1996), "Sample Quantiles in Statistical Packages",
// does. w.Agg is ignored; w.Step must be positive. Points stand at the begin of
// their step.
func Quantile(ctx context.Context, r localmon.Reader, key localmon.SeriesKey, w localmon.Window, q float64) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		if !(q >= 0 && q <= 1) || w.Step <= 0 {
			yield(localmon.Point{}, fmt.Errorf("quantile %v of %s in steps of %s: want 0 to 1 and a positive step", q, key, w.Step))
			return
		}
		step, samples := int64(0), []float64(nil)
		emit := func() bool {
			if len(samples) == 0 {
				return true
			}
			p := localmon.Point{At: time.Unix(0, step*int64(w.Step)).UTC(), Value: quantile(samples, q)}
			samples = samples[:0]
			return yield(p, nil)
		}
		for row, err := range rows(ctx, r, key, w) {
			for i, at := range row.At {
				if err == nil && len(samples) == MaxStepSamples {
					err = fmt.Errorf("quantile of %s: a step of %s has more than %d samples; take a narrower one", key, w.Step, MaxStepSamples)
					break
				}
				if s := stepOf(at, w.Step); s != step {
					if !emit() {
						return
					}
					step = s
				}
				if v := row.Values[i]; !math.IsNaN(v) {
					samples = append(samples, v)
				}
			}
			if err != nil {
				if emit() { // what was read is yielded, as a Reader does
					yield(localmon.Point{}, err)
				}
				return
			}
		}
		emit()
	}
}

// rows reads the samples of a window, as many at a time as the reader can.
func rows(ctx context.Context, r localmon.Reader, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Samples, error] {
	if by, ok := r.(localmon.RowReader); ok {
		return by.Samples(ctx, key, w.From, w.To)
	}
	return func(yield func(localmon.Samples, error) bool) {
		w.Agg, w.Step = localmon.AggNone, 0
		for p, err := range r.Range(ctx, key, w) {
			one := localmon.Samples{At: []int64{p.At.UnixNano()}, Values: []float64{p.Value}}
			if err != nil {
				one = localmon.Samples{}
			}
			if !yield(one, err) {
				return
			}
		}
	}
}

// quantile sorts the samples in place.
func quantile(samples []float64, q float64) float64 {
	slices.Sort(samples)
	rank := q * float64(len(samples)-1)
	low := int(rank)
	high := min(low+1, len(samples)-1)
	a, b, share := samples[low], samples[high], rank-float64(low)
	if share == 0 || a == b {
		return a
	}
	return a*(1-share) + b*share
}

// stepOf is the number of the step that a time, in Unix nanoseconds, is in, rounded down also before 1970.
func stepOf(n int64, step time.Duration) int64 {
	s := int64(step)
	if n%s < 0 {
		return n/s - 1
	}
	return n / s
}

// Ranked is a series and what it is ranked by.
type Ranked struct {
	Key    localmon.SeriesKey
	Unit   localmon.Unit
	Value  float64
	Points int // steps, or samples, the value comes from
}

// Top returns the n series with the highest value in the window, the highest
// first, equal ones by key. By is what the value is: AggMax the highest point,
// AggMin the lowest, AggAvg the mean of the points. With w.Step these are the
// maxima, minima or averages of the steps, so that each step weighs the same
// however many samples it has; without, they are the samples. w.Agg is ignored.
// Series without a value in the window are left out.
func Top(ctx context.Context, r localmon.Reader, sel localmon.Selector, w localmon.Window, by localmon.Agg, n int) ([]Ranked, error) {
	switch by {
	case localmon.AggAvg, localmon.AggMin, localmon.AggMax:
	default:
		return nil, fmt.Errorf("rank series by %q: want avg, min or max", by)
	}
	if n <= 0 {
		return nil, fmt.Errorf("rank series: the best %d, want at least one", n)
	}
	if w.Agg = localmon.AggNone; w.Step > 0 {
		w.Agg = by
	}
	list, err := r.Series(ctx, sel)
	if err != nil {
		return nil, err
	}
	var best []Ranked
	for _, s := range list {
		one, err := rank(ctx, r, s, w, by)
		if err != nil {
			return nil, err
		}
		if one.Points == 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, one, higher)
		if at == n {
			continue
		}
		best = slices.Insert(best, at, one)
		best = best[:min(n, len(best))]
	}
	return best, nil
}

func higher(a, b Ranked) int { return cmp.Or(-cmp.Compare(a.Value, b.Value), a.Key.Compare(b.Key)) }

func rank(ctx context.Context, r localmon.Reader, s localmon.Series, w localmon.Window, by localmon.Agg) (Ranked, error) {
	var a total
	for p, err := range r.Range(ctx, s.Key, w) {
		if err != nil {
			return Ranked{}, err
		}
		a.add(p.Value)
	}
	return Ranked{Key: s.Key, Unit: s.Unit, Value: a.value(by), Points: a.count}, nil
}

// total gathers values that are numbers.
type total struct {
	sum, low, high float64
	count          int
}

func (t *total) add(v float64) {
	if math.IsNaN(v) {
		return
	}
	if t.count == 0 {
		t.low, t.high = v, v
	}
	t.sum += v
	t.low, t.high = min(t.low, v), max(t.high, v)
	t.count++
}

func (t *total) value(by localmon.Agg) float64 {
	switch by {
	case localmon.AggMin:
		return t.low
	case localmon.AggMax:
		return t.high
	case localmon.AggAvg:
		return t.sum / float64(t.count)
	default:
		return t.sum
	}
}

// Across makes one series of several, as localmon.Crosser says; a reader that is
// one is asked to do it.
func Across(ctx context.Context, r localmon.Reader, sel localmon.Selector, w localmon.Window, how localmon.Agg) iter.Seq2[localmon.Point, error] {
	if c, ok := r.(localmon.Crosser); ok {
		return c.Across(ctx, sel, w, how)
	}
	return func(yield func(localmon.Point, error) bool) {
		steps, err := gather(ctx, r, sel, w, how)
		if err != nil {
			yield(localmon.Point{}, err)
			return
		}
		for _, n := range slices.Sorted(maps.Keys(steps)) {
			if !yield(localmon.Point{At: time.Unix(0, n*int64(w.Step)).UTC(), Value: steps[n].value(how)}, nil) {
				return
			}
		}
	}
}

func gather(ctx context.Context, r localmon.Reader, sel localmon.Selector, w localmon.Window, how localmon.Agg) (map[int64]*total, error) {
	switch how {
	case localmon.AggSum, localmon.AggAvg, localmon.AggMin, localmon.AggMax:
	default:
		return nil, fmt.Errorf("put series together by %q: want sum, avg, min or max", how)
	}
	if w.Step <= 0 || w.Agg == localmon.AggNone {
		return nil, fmt.Errorf("put series together: %q in steps of %s: want an aggregation and a positive step", w.Agg, w.Step)
	}
	steps, own := map[int64]*total{}, map[int64]float64{}
	series, err := r.Series(ctx, sel)
	if err != nil {
		return nil, err
	}
	for _, s := range series {
		clear(own)
		for p, err := range r.Range(ctx, s.Key, w) {
			if err != nil {
				return nil, err
			}
			if own[stepOf(p.At.UnixNano(), w.Step)] = p.Value; len(own) > MaxSteps {
				return nil, fmt.Errorf("put series together: more than %d steps of %s; take wider ones or less time", MaxSteps, w.Step)
			}
		}
		for n, v := range own {
			t := steps[n]
			if t == nil {
				if math.IsNaN(v) {
					continue
				}
				t = &total{}
				steps[n] = t
			}
			t.add(v)
		}
	}
	return steps, nil
}
