package query_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/query"

	"github.com/stretchr/testify/require"
)

var start = time.Unix(1763820000, 0) // at a full minute

func key(i int) localmon.SeriesKey {
	return localmon.SeriesKey{Target: "kit", Metric: "m", Labels: localmon.FormatLabels("i", fmt.Sprintf("%03d", i))}
}

// plain is the model: all samples, in memory.
type plain map[localmon.SeriesKey][]localmon.Point

// store puts the samples of a model into a real history.
func store(t *testing.T, m plain) *history.DB {
	t.Helper()
	db, err := history.Open(t.TempDir()+"/history.db", history.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	batches := map[int64]*localmon.Batch{}
	for k, pts := range m {
		for _, p := range pts {
			b := batches[p.At.UnixNano()]
			if b == nil {
				b = &localmon.Batch{Target: k.Target, At: p.At}
				batches[p.At.UnixNano()] = b
			}
			b.Samples = append(b.Samples, localmon.Sample{Key: k, Value: p.Value})
		}
	}
	for _, at := range slices.Sorted(maps.Keys(batches)) {
		_, err := db.Append(t.Context(), *batches[at])
		require.NoError(t, err)
	}
	return db
}

// random makes series with jitter and gaps, and values that are not numbers
// when nan is set: what a reader makes of these in a step is its own matter.
func random(seed uint64, series, looks int, nan bool) plain {
	r := rand.New(rand.NewPCG(seed, 1))
	m := plain{}
	for n := range looks {
		at := start.Add(time.Duration(n)*10*time.Second + time.Duration(r.IntN(3000))*time.Millisecond)
		for i := range series {
			v := math.Round(r.NormFloat64()*1000) / 8 // sums of these are exact in any order
			switch r.IntN(20) {
			case 0:
				continue
			case 1:
				if nan {
					v = math.NaN()
				}
			}
			m[key(i)] = append(m[key(i)], localmon.Point{At: at, Value: v})
		}
	}
	return m
}

// steps groups the numbers of a series by step, the naive way.
func (m plain) steps(k localmon.SeriesKey, w localmon.Window) map[time.Time][]float64 {
	out := map[time.Time][]float64{}
	for _, p := range m[k] {
		if !p.At.Before(w.From) && p.At.Before(w.To) && !math.IsNaN(p.Value) {
			at := p.At.Truncate(w.Step).UTC() // the zero time is a multiple of these steps from the epoch
			out[at] = append(out[at], p.Value)
		}
	}
	return out
}

func collect(t *testing.T, seq iter.Seq2[localmon.Point, error]) (pts []localmon.Point) {
	t.Helper()
	for p, err := range seq {
		require.NoError(t, err)
		pts = append(pts, p)
	}
	return pts
}

var window = localmon.Window{From: start.Add(70 * time.Second), To: start.Add(3000 * time.Second), Step: time.Minute, Agg: localmon.AggMax}

func TestQuantileAgainstAModel(t *testing.T) {
	m := random(1, 4, 400, true)
	db := store(t, m)
	for _, q := range []float64{0, 0.01, 0.5, 0.95, 0.999, 1} {
		for i := range 4 {
			got := collect(t, query.Quantile(t.Context(), db, key(i), window, q))
			want := m.steps(key(i), window)
			require.Len(t, got, len(want))
			require.NotEmpty(t, got)
			for n, p := range got {
				samples := want[p.At]
				require.NotEmpty(t, samples, "step %s", p.At)
				require.True(t, n == 0 || got[n-1].At.Before(p.At))
				below, above := 0, 0 // the defining property, without sorting
				for _, v := range samples {
					if v <= p.Value {
						below++
					}
					if v >= p.Value {
						above++
					}
				}
				rank := q * float64(len(samples)-1)
				require.GreaterOrEqual(t, below, int(math.Floor(rank))+1)
				require.GreaterOrEqual(t, above, len(samples)-int(math.Ceil(rank)))
			}
		}
	}
}

func TestQuantileInterpolates(t *testing.T) {
	points := func(values ...float64) plain {
		m := plain{}
		for i, v := range values {
			m[key(0)] = append(m[key(0)], localmon.Point{At: start.Add(time.Duration(i) * time.Second), Value: v})
		}
		return m
	}
	inf := math.Inf(1)
	cases := []struct {
		name   string
		values []float64
		q      float64
		want   float64
	}{
		{"one", []float64{7}, 0.95, 7},
		{"middle of two", []float64{10, 20}, 0.5, 15},
		{"a quarter of the way", []float64{20, 10}, 0.25, 12.5},
		{"p95 of five", []float64{5, 4, 3, 2, 1}, 0.95, 4.8},
		{"exactly on one", []float64{5, 4, 3, 2, 1}, 0.75, 4},
		{"between equal infinities", []float64{inf, inf}, 0.5, inf},
		{"not a number is no value", []float64{math.NaN(), 3, math.NaN()}, 0.5, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := collect(t, query.Quantile(t.Context(), memory{m: points(c.values...)}, key(0), window4(start), c.q))
			require.Len(t, got, 1)
			if math.IsInf(c.want, 0) {
				require.Equal(t, c.want, got[0].Value)
				return
			}
			require.InDelta(t, c.want, got[0].Value, 1e-12)
		})
	}
}

func window4(from time.Time) localmon.Window {
	return localmon.Window{From: from, To: from.Add(time.Hour), Step: time.Minute}
}

// Steps are those of the epoch also before it.
func TestQuantileBeforeTheEpoch(t *testing.T) {
	at := time.Unix(-61, 0)
	m := plain{key(0): {{At: at, Value: 1}, {At: time.Unix(-59, 0), Value: 2}}}
	got := collect(t, query.Quantile(t.Context(), memory{m: m}, key(0), window4(at), 0.5))
	require.Equal(t, []localmon.Point{{At: time.Unix(-120, 0).UTC(), Value: 1}, {At: time.Unix(-60, 0).UTC(), Value: 2}}, got)
}

func TestTopAgainstAModel(t *testing.T) {
	m := random(2, 40, 200, false)
	db := store(t, m)
	for _, step := range []time.Duration{0, time.Minute} {
		for _, by := range []localmon.Agg{localmon.AggAvg, localmon.AggMin, localmon.AggMax} {
			for _, n := range []int{1, 10, 100} {
				w := window
				w.Step = step
				want := rankAll(m, w, by)
				got, err := query.Top(t.Context(), db, localmon.Selector{Metric: "m"}, w, by, n)
				require.NoError(t, err)
				require.Len(t, got, min(n, len(want)))
				for i := range got {
					require.Equal(t, want[i].Key, got[i].Key, "place %d by %s in steps of %s", i, by, step)
					require.InDelta(t, want[i].Value, got[i].Value, 1e-9)
					require.Equal(t, want[i].Points, got[i].Points)
				}
			}
		}
	}
}

func rankAll(m plain, w localmon.Window, by localmon.Agg) (all []query.Ranked) {
	of := func(values []float64) float64 {
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		return map[localmon.Agg]float64{localmon.AggAvg: sum / float64(len(values)), localmon.AggMin: slices.Min(values), localmon.AggMax: slices.Max(values)}[by]
	}
	each := w
	if w.Step == 0 {
		each.Step = time.Nanosecond
	}
	for k := range m {
		var values []float64
		for _, samples := range m.steps(k, each) {
			values = append(values, of(samples))
		}
		if len(values) > 0 {
			all = append(all, query.Ranked{Key: k, Value: of(values), Points: len(values)})
		}
	}
	slices.SortFunc(all, func(a, b query.Ranked) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), a.Key.Compare(b.Key))
	})
	return all
}

func TestTopKeepsOrderAmongEquals(t *testing.T) {
	m := plain{}
	for i := range 5 {
		m[key(i)] = []localmon.Point{{At: start, Value: 1}}
	}
	m[key(9)] = []localmon.Point{{At: start, Value: math.NaN()}}
	got, err := query.Top(t.Context(), memory{m: m}, localmon.Selector{}, window4(start), localmon.AggMax, 3)
	require.NoError(t, err)
	require.Equal(t, []query.Ranked{{Key: key(0), Value: 1, Points: 1}, {Key: key(1), Value: 1, Points: 1}, {Key: key(2), Value: 1, Points: 1}}, got)
}

func TestAcrossAgainstAModel(t *testing.T) {
	m := random(3, 7, 300, false)
	db := store(t, m)
	keys := slices.SortedFunc(maps.Keys(m), localmon.SeriesKey.Compare)
	for _, how := range []localmon.Agg{localmon.AggSum, localmon.AggAvg, localmon.AggMin, localmon.AggMax} {
		want := map[time.Time][]float64{}
		for _, k := range keys {
			for at, samples := range m.steps(k, window) {
				want[at] = append(want[at], slices.Max(samples)) // window.Agg
			}
		}
		for name, r := range map[string]localmon.Reader{"by the history itself": db, "one after the other": plainReader{db}} {
			got := collect(t, query.Across(t.Context(), r, localmon.Selector{}, window, how))
			require.Len(t, got, len(want), name)
			for n, p := range got {
				require.True(t, n == 0 || got[n-1].At.Before(p.At))
				values, sum := want[p.At], 0.0
				for _, v := range values {
					sum += v
				}
				expected := map[localmon.Agg]float64{
					localmon.AggSum: sum, localmon.AggAvg: sum / float64(len(values)),
					localmon.AggMin: slices.Min(values), localmon.AggMax: slices.Max(values),
				}[how]
				require.InDelta(t, expected, p.Value, 1e-9, name)
			}
		}
	}
}

// plainReader hides what else a reader can do.
type plainReader struct{ localmon.Reader }

// A step that a jump of the clock brings twice counts once.
func TestAcrossCountsAStepOnce(t *testing.T) {
	m := plain{
		key(0): {{At: start, Value: 1}, {At: start.Add(time.Minute), Value: 5}, {At: start, Value: 3}},
		key(1): {{At: start, Value: 10}},
	}
	w := window4(start)
	w.Agg = localmon.AggLast
	got := collect(t, query.Across(t.Context(), memory{m: m}, localmon.Selector{}, w, localmon.AggSum))
	require.Equal(t, []localmon.Point{{At: start.UTC(), Value: 13}, {At: start.Add(time.Minute).UTC(), Value: 5}}, got)
}

// memory is a reader of points that yields them as they are, then an error.
type memory struct {
	m   plain
	err error
}

func (r memory) Series(context.Context, localmon.Selector) ([]localmon.Series, error) {
	var list []localmon.Series
	for _, k := range slices.SortedFunc(maps.Keys(r.m), localmon.SeriesKey.Compare) {
		list = append(list, localmon.Series{Key: k})
	}
	return list, nil
}

func (r memory) Range(_ context.Context, k localmon.SeriesKey, _ localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		for _, p := range r.m[k] {
			if !yield(p, nil) {
				return
			}
		}
		if r.err != nil {
			yield(localmon.Point{}, r.err)
		}
	}
}

func TestErrorsComeThrough(t *testing.T) {
	cause := errors.New("damaged")
	r := memory{m: plain{key(0): {{At: start, Value: 4}}}, err: cause}
	w := window4(start)
	w.Agg = localmon.AggAvg
	var pts []localmon.Point
	var last error
	for p, err := range query.Quantile(t.Context(), r, key(0), w, 0.5) {
		if last = err; err == nil {
			pts = append(pts, p)
		}
	}
	require.ErrorIs(t, last, cause)
	require.Len(t, pts, 1, "what could be read comes before the error")
	_, err := query.Top(t.Context(), r, localmon.Selector{}, w, localmon.AggMax, 1)
	require.ErrorIs(t, err, cause)
	for _, err := range query.Across(t.Context(), r, localmon.Selector{}, w, localmon.AggSum) {
		require.ErrorIs(t, err, cause)
	}
}

func TestWrongQuestions(t *testing.T) {
	r, w := memory{}, window4(start)
	first := func(seq iter.Seq2[localmon.Point, error]) error {
		for _, err := range seq {
			return err
		}
		return nil
	}
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		require.ErrorContains(t, first(query.Quantile(t.Context(), r, key(0), w, q)), "want 0 to 1")
	}
	require.ErrorContains(t, first(query.Quantile(t.Context(), r, key(0), localmon.Window{}, 0.5)), "positive step")
	require.ErrorContains(t, first(query.Across(t.Context(), r, localmon.Selector{}, w, localmon.AggRate)), "want sum, avg, min or max")
	require.ErrorContains(t, first(query.Across(t.Context(), r, localmon.Selector{}, w, localmon.AggSum)), "want an aggregation")
	_, err := query.Top(t.Context(), r, localmon.Selector{}, w, localmon.AggSum, 1)
	require.ErrorContains(t, err, "want avg, min or max")
	_, err = query.Top(t.Context(), r, localmon.Selector{}, w, localmon.AggMax, 0)
	require.ErrorContains(t, err, "at least one")
}

// Stopping early ends the reading.
func TestStopEarly(t *testing.T) {
	m := random(5, 1, 100, true)
	db := store(t, m)
	n := 0
	for _, err := range query.Quantile(t.Context(), db, key(0), window, 0.5) {
		require.NoError(t, err)
		if n++; n == 2 {
			break
		}
	}
	require.Equal(t, 2, n)
}
