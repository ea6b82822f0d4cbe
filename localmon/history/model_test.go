package history_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// model is the plain truth the history is compared with: the samples of each
// series in order of acknowledgement.
type model map[localmon.SeriesKey][]localmon.Point

func (m model) append(b localmon.Batch) {
	for i, s := range b.Samples {
		// the later of two equal keys counts
		if !slices.ContainsFunc(b.Samples[i+1:], func(o localmon.Sample) bool { return o.Key == s.Key }) {
			m[s.Key] = append(m[s.Key], localmon.Point{At: b.At.Truncate(time.Millisecond), Value: s.Value})
		}
	}
}

// samples lists what a series holds within a window, in order.
func (m model) samples(key localmon.SeriesKey, from, to time.Time) []localmon.Point {
	var points []localmon.Point
	for _, p := range m[key] {
		if !p.At.Before(from) && p.At.Before(to) {
			points = append(points, p)
		}
	}
	return points
}

// steps is the definition of the aggregations, written as plainly as it goes.
func steps(points []localmon.Point, w localmon.Window) []localmon.Point {
	if w.Agg == localmon.AggNone {
		return points
	}
	var out []localmon.Point
	begin := func(p localmon.Point) int64 {
		n, s := p.At.UnixNano(), int64(w.Step)
		return n - ((n%s)+s)%s
	}
	for i := 0; i < len(points); {
		j := i
		var increase, elapsed float64
		var sum float64
		low, high := points[i].Value, points[i].Value
		for ; j < len(points) && begin(points[j]) == begin(points[i]); j++ {
			v := points[j].Value
			sum += v
			low, high = math.Min(low, v), math.Max(high, v)
			if j > 0 {
				if dt := points[j].At.Sub(points[j-1].At).Seconds(); dt > 0 {
					elapsed += dt
					if v >= points[j-1].Value {
						v -= points[j-1].Value
					}
					increase += v
				}
			}
		}
		p := localmon.Point{At: time.Unix(0, begin(points[i]))}
		ok := true
		switch w.Agg {
		case localmon.AggAvg:
			p.Value = sum / float64(j-i)
		case localmon.AggMin:
			p.Value = low
		case localmon.AggMax:
			p.Value = high
		case localmon.AggSum:
			p.Value = sum
		case localmon.AggLast:
			p.Value = points[j-1].Value
		case localmon.AggRate:
			p.Value, ok = increase/elapsed, elapsed > 0
		}
		if ok {
			out = append(out, p)
		}
		i = j
	}
	return out
}

// requireRange compares a range with the truth: samples, minima, maxima and
// last values bit for bit, sums to within rounding.
func requireRange(t *testing.T, m model, db *history.DB, key localmon.SeriesKey, w localmon.Window) {
	t.Helper()
	want := steps(m.samples(key, w.From, w.To), w)
	i := 0
	for p, err := range db.Range(t.Context(), key, w) {
		require.NoError(t, err)
		require.Less(t, i, len(want), "%s %+v: a point too many: %v", key, w, p)
		require.Equal(t, want[i].At.UnixNano(), p.At.UnixNano(), "%s %+v: time of point %d", key, w, i)
		a, b := want[i].Value, p.Value
		switch w.Agg {
		case localmon.AggSum, localmon.AggAvg, localmon.AggRate:
			if math.Abs(a-b) > 1e-9*math.Max(math.Abs(a), 1) || math.IsNaN(a) != math.IsNaN(b) {
				require.Equal(t, a, b, "%s %+v: point %d at %v", key, w, i, p.At)
			}
		default:
			require.Equal(t, math.Float64bits(a), math.Float64bits(b), "%s %+v: point %d at %v: want %v, got %v", key, w, i, p.At, a, b)
		}
		i++
	}
	require.Equal(t, len(want), i, "%s %+v: points", key, w)
}

// world makes batches of one target: series that rest, wander, count, come and
// go, and values that no decimal can hold.
type world struct {
	rng    *rand.Rand
	target string
	at     time.Time
	series []*wanderer
	born   int
}

type wanderer struct {
	key  localmon.SeriesKey
	kind int
	v    float64
}

func newWorld(seed uint64, target string, series int) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 7)), target: target, at: time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)}
	for range series {
		w.bear()
	}
	return w
}

func (w *world) bear() {
	w.born++
	labels := localmon.FormatLabels("volume", fmt.Sprint("vol-", w.born))
	w.series = append(w.series, &wanderer{
		key:  localmon.SeriesKey{Target: w.target, Metric: fmt.Sprint("metric_", w.born%5), Labels: labels},
		kind: w.rng.IntN(6),
	})
}

func (s *wanderer) step(rng *rand.Rand) float64 {
	switch s.kind {
	case 0: // rests
	case 1: // wanders, integer
		s.v += float64(rng.IntN(21) - 10)
	case 2: // wanders, three decimals
		s.v = math.Round(s.v*1000+float64(rng.IntN(2001)-1000)) / 1000
	case 3: // counts, now and then from zero again
		s.v += float64(rng.IntN(100))
		if rng.IntN(200) == 0 {
			s.v = 0
		}
	case 4: // a quotient
		s.v = rng.NormFloat64()
	default:
		odd := []float64{math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, 0.1, 1e-9, -5, 3e15}
		s.v = odd[rng.IntN(len(odd))]
	}
	return s.v
}

// batch makes the next batch. Odd things happen with the given chance.
func (w *world) batch(oddity float64) localmon.Batch {
	w.at = w.at.Add(30*time.Second + time.Duration(w.rng.NormFloat64()*15)*time.Millisecond)
	if w.rng.Float64() < oddity/20 {
		w.at = w.at.Add(time.Duration(w.rng.Int64N(int64(6*time.Hour))) - 3*time.Hour)
	}
	if w.rng.Float64() < oddity {
		w.bear()
	}
	if w.rng.Float64() < oddity && len(w.series) > 0 {
		i := w.rng.IntN(len(w.series))
		w.series = slices.Delete(w.series, i, i+1)
	}
	b := localmon.Batch{Target: w.target, At: w.at, TargetAt: w.at.Add(time.Second)}
	if w.rng.Float64() < oddity/5 {
		return b // nothing could be read
	}
	for _, s := range w.series {
		if v := s.step(w.rng); w.rng.Float64() >= oddity {
			b.Samples = append(b.Samples, localmon.Sample{Key: s.key, Value: v})
		}
	}
	if w.rng.Float64() < oddity {
		w.rng.Shuffle(len(b.Samples), func(i, j int) { b.Samples[i], b.Samples[j] = b.Samples[j], b.Samples[i] })
	}
	return b
}

func openTemp(t testing.TB, o history.Options) (*history.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db, path
}

// maintain does all the work there is.
func maintain(t testing.TB, db *history.DB, now time.Time) {
	t.Helper()
	for more := true; more; {
		var err error
		more, err = db.Maintain(context.Background(), now)
		require.NoError(t, err)
	}
}

func requireSound(t testing.TB, db *history.DB) {
	t.Helper()
	found, err := db.Check(context.Background())
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestHistoryAgreesWithAPlainModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			db, path := openTemp(t, history.Options{NoSync: true})
			db.SetLimits(limitsOf(seed))
			m := model{}
			worlds := []*world{newWorld(seed, "fa-1", 20+int(seed)*60), newWorld(seed+100, "host", 7)}
			oddity := []float64{0, 0.02, 0.2}[seed%3]
			var lastSeq uint64
			for round := range 4 {
				for range 100 + rng.IntN(100) {
					b := worlds[rng.IntN(2)].batch(oddity)
					seq, err := db.Append(t.Context(), b)
					require.NoError(t, err)
					require.Greater(t, seq, lastSeq)
					lastSeq = seq
					m.append(b)
				}
				if round%2 == 1 {
					require.NoError(t, db.Close())
					var err error
					db, err = history.Open(path, history.Options{NoSync: true})
					require.NoError(t, err)
					db.SetLimits(limitsOf(seed))
				}
				if round%3 != 0 {
					maintain(t, db, worlds[0].at)
				}
				requireAgreement(t, rng, m, db)
			}
			maintain(t, db, worlds[0].at.Add(48*time.Hour))
			requireAgreement(t, rng, m, db)
			requireSound(t, db)
			require.NoError(t, db.Close())
		})
	}
}

// limitsOf makes some histories of many short segments and weeks.
func limitsOf(seed uint64) (scrapes, segments int) {
	return []int{5760, 40, 150}[seed%3], []int{32, 4, 2}[seed%3]
}

// requireAgreement compares random windows of random series, and the series
// table and the newest values in full.
func requireAgreement(t *testing.T, rng *rand.Rand, m model, db *history.DB) {
	t.Helper()
	all, err := db.Series(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	require.NotEmpty(t, all)
	last, err := db.Last(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	require.Len(t, last, len(all))
	for range 10 {
		i := rng.IntN(len(all))
		s := all[i]
		truth := m[s.Key]
		require.NotEmpty(t, truth, s.Key.String())
		newest := truth[len(truth)-1]
		require.Equal(t, s.Key, last[i].Key)
		require.Equal(t, newest.At.UnixNano(), last[i].Point.At.UnixNano(), s.Key.String())
		require.Equal(t, math.Float64bits(newest.Value), math.Float64bits(last[i].Point.Value), s.Key.String())
		require.Equal(t, newest.At.UnixNano(), s.Last.UnixNano(), s.Key.String())

		w := localmon.Window{From: truth[0].At.Add(-time.Hour), To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		requireRange(t, m, db, s.Key, w)
		w.From = truth[rng.IntN(len(truth))].At
		w.To = w.From.Add(time.Duration(rng.Int64N(int64(8 * time.Hour))))
		if rng.IntN(2) == 0 {
			w.From, w.To = w.From.Truncate(time.Hour), w.To.Truncate(time.Hour)
		}
		requireRange(t, m, db, s.Key, w)
		w.Step = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 7 * time.Second}[rng.IntN(5)]
		for _, w.Agg = range []localmon.Agg{localmon.AggAvg, localmon.AggMin, localmon.AggMax, localmon.AggSum, localmon.AggLast, localmon.AggRate} {
			requireRange(t, m, db, s.Key, w)
		}
	}
}

// gatherAcross is the definition of Across, written as plainly as it goes.
func gatherAcross(m model, keys []localmon.SeriesKey, w localmon.Window, how localmon.Agg) map[int64]float64 {
	values := map[int64][]float64{}
	for _, key := range keys {
		own := map[int64]float64{}
		for _, p := range steps(m.samples(key, w.From, w.To), w) {
			own[p.At.UnixNano()] = p.Value // the later of two counts
		}
		for at, v := range own {
			if !math.IsNaN(v) {
				values[at] = append(values[at], v)
			}
		}
	}
	out := map[int64]float64{}
	for at, list := range values {
		sum := 0.0
		for _, v := range list {
			sum += v
		}
		switch how {
		case localmon.AggMin:
			out[at] = slices.Min(list)
		case localmon.AggMax:
			out[at] = slices.Max(list)
		case localmon.AggAvg:
			out[at] = sum / float64(len(list))
		default:
			out[at] = sum
		}
	}
	return out
}

func TestSeriesPutTogetherAgreeWithTheModel(t *testing.T) {
	all := []localmon.Agg{localmon.AggAvg, localmon.AggMin, localmon.AggMax, localmon.AggSum, localmon.AggLast, localmon.AggRate}
	for name, oddity := range map[string]float64{"a clock that goes on": 0, "gaps, churn and jumps of the clock": 0.02} {
		t.Run(name, func(t *testing.T) {
			db, _ := openTemp(t, history.Options{NoSync: true})
			db.SetLimits(100, 3)
			m := model{}
			for _, w := range []*world{newWorld(21, "fa-1", 300), newWorld(22, "fa-2", 20)} {
				for range 450 {
					b := w.batch(oddity)
					b.Samples = slices.DeleteFunc(b.Samples, func(s localmon.Sample) bool { return math.Abs(s.Value) > 1e12 })
					_, err := db.Append(t.Context(), b)
					require.NoError(t, err)
					m.append(b)
				}
				if w.target == "fa-1" {
					maintain(t, db, w.at)
				}
			}
			rng := rand.New(rand.NewPCG(3, 3))
			for _, sel := range []localmon.Selector{{}, {Target: "fa-1"}, {Metric: "metric_3"}, {Metric: "never seen"}} {
				var keys []localmon.SeriesKey
				size := 0.0
				for key, points := range m {
					if sel.Matches(key) {
						keys = append(keys, key)
						for _, p := range points {
							size = max(size, math.Abs(p.Value))
						}
					}
				}
				for _, step := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour, 7 * time.Hour} {
					w := localmon.Window{From: time.Unix(0, 0), To: time.Unix(1<<32, 0), Step: step, Agg: all[rng.IntN(len(all))]}
					how := all[rng.IntN(4)]
					requireAcross(t, db, gatherAcross(m, keys, w, how), sel, w, how, size)
				}
			}
		})
	}
}

func requireAcross(t *testing.T, db *history.DB, want map[int64]float64, sel localmon.Selector, w localmon.Window, how localmon.Agg, size float64) {
	t.Helper()
	got := map[int64]float64{}
	before := int64(math.MinInt64)
	for p, err := range db.Across(t.Context(), sel, w, how) {
		require.NoError(t, err)
		require.Greater(t, p.At.UnixNano(), before, "in order of time")
		before = p.At.UnixNano()
		got[before] = p.Value
	}
	require.Len(t, got, len(want), "%s of %+v", how, w)
	for at, v := range want {
		require.InDelta(t, v, got[at], 1e-7*size, "%s of %+v at %v", how, w, time.Unix(0, at))
	}
}

func TestWhatCannotBePutTogetherIsRefused(t *testing.T) {
	db, _ := openTemp(t, history.Options{NoSync: true})
	for name, c := range map[string]struct {
		w   localmon.Window
		how localmon.Agg
	}{
		"no aggregation of each": {localmon.Window{Step: time.Hour}, localmon.AggSum},
		"no step":                {localmon.Window{Agg: localmon.AggAvg}, localmon.AggSum},
		"rate of many":           {localmon.Window{Agg: localmon.AggAvg, Step: time.Hour}, localmon.AggRate},
	} {
		t.Run(name, func(t *testing.T) {
			refused := false
			for _, err := range db.Across(t.Context(), localmon.Selector{}, c.w, c.how) {
				require.ErrorContains(t, err, "put series together")
				refused = true
			}
			require.True(t, refused)
		})
	}
}
