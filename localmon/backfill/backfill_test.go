package backfill_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/backfill"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

var (
	start = time.Date(2025, 3, 1, 23, 0, 0, 0, time.UTC)
	now   = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
)

type sample struct {
	key localmon.SeriesKey
	p   localmon.Point
}

// model is what a history must hold: the first value of each series and time.
type model map[localmon.SeriesKey]map[int64]uint64

func (m model) add(s sample) bool {
	if m[s.key] == nil {
		m[s.key] = map[int64]uint64{}
	}
	at := s.p.At.UnixMilli()
	if _, ok := m[s.key][at]; ok {
		return false
	}
	m[s.key][at] = math.Float64bits(s.p.Value)
	return true
}

// past makes samples series by series, as a text has them, over a day's end so
// that some of them are sealed, each tenth of them twice.
func past(seed uint64, looks int) (list []sample) {
	r := rand.New(rand.NewPCG(seed, 2))
	for _, target := range []string{"fa-1", "kit"} {
		for i := range 12 {
			k := localmon.SeriesKey{Target: target, Metric: "m", Labels: localmon.FormatLabels("i", fmt.Sprint(i))}
			for n := range looks {
				at := start.Add(time.Duration(n)*30*time.Second + 123_456*time.Microsecond)
				list = append(list, sample{k, localmon.Point{At: at, Value: r.NormFloat64()}})
				if r.IntN(10) == 0 {
					list = append(list, sample{k, localmon.Point{At: at.Add(time.Microsecond), Value: r.Float64()}})
				}
			}
		}
	}
	return list
}

func open(t *testing.T) *history.DB {
	t.Helper()
	db, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func sorter(t *testing.T, dir string, run int, list []sample) *backfill.Sorter {
	t.Helper()
	s := backfill.NewSorter(dir, run)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for _, one := range list {
		require.NoError(t, s.Add(one.key, "", one.p))
	}
	require.EqualValues(t, len(list), s.Len())
	return s
}

var always = localmon.Window{From: time.Unix(0, 0), To: time.Unix(1<<33, 0)}

// holds compares a history with a model, both ways.
func holds(t *testing.T, db localmon.Reader, m model) {
	t.Helper()
	for k, want := range m {
		got := map[int64]uint64{}
		for p, err := range db.Range(t.Context(), k, always) {
			require.NoError(t, err)
			at := p.At.UnixMilli()
			require.NotContains(t, got, at, "%s has two samples at %s", k, p.At)
			got[at] = math.Float64bits(p.Value)
		}
		require.Equal(t, want, got, "%s", k)
	}
	list, err := db.Series(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	require.Len(t, list, len(m))
}

func TestImportAgainstAModel(t *testing.T) {
	for _, size := range []struct{ run, chunk int }{{0, 0}, {97, 50}, {100_000, 1}} {
		t.Run(fmt.Sprintf("run of %d, chunk of %d", size.run, size.chunk), func(t *testing.T) {
			db, list, m := open(t), past(1, 300), model{}
			o := backfill.Options{Now: now, Chunk: size.chunk}
			fresh := int64(0)
			for _, s := range list {
				if m.add(s) {
					fresh++
				}
			}
			var steps []int64
			o.Progress = func(done, total int64) {
				require.EqualValues(t, len(list), total)
				steps = append(steps, done)
			}
			got, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), size.run, list), o)
			require.NoError(t, err)
			require.Equal(t, fresh, got.Stored)
			require.EqualValues(t, len(list), got.Stored+got.Repeated)
			require.EqualValues(t, 600, got.Batches, "one batch for each time of a target")
			require.Zero(t, got.Present+got.Summarized)
			require.Equal(t, start.Add(123*time.Millisecond), got.First)
			require.Equal(t, start.Add(299*30*time.Second+123*time.Millisecond), got.Last)
			require.IsNonDecreasing(t, steps)
			holds(t, db, m)

			// again: nothing is stored twice
			again, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), size.run, list), o)
			require.NoError(t, err)
			require.Zero(t, again.Stored+again.Batches)
			require.Equal(t, fresh, again.Present)
			holds(t, db, m)

			// a longer text with other values of the old times: only what is new
			o.Progress = nil
			more := past(2, 400)
			for _, s := range more {
				m.add(s)
			}
			_, err = backfill.Import(t.Context(), db, sorter(t, t.TempDir(), size.run, more), o)
			require.NoError(t, err)
			holds(t, db, m)
			damage, err := db.Check(t.Context())
			require.NoError(t, err)
			require.Empty(t, damage)
		})
	}
}

// What a monitor measured stays, and the past goes in around it.
func TestImportAroundLiveSamples(t *testing.T) {
	db, m := open(t), model{}
	k := localmon.SeriesKey{Target: "kit", Metric: "m"}
	for n := 10; n < 20; n++ {
		at := start.Add(time.Duration(n) * time.Minute)
		s := sample{k, localmon.Point{At: at, Value: 1}}
		m.add(s)
		_, err := db.Append(t.Context(), localmon.Batch{Target: "kit", At: at, Samples: []localmon.Sample{{Key: k, Value: 1}}})
		require.NoError(t, err)
	}
	var list []sample
	for n := 29; n >= 0; n-- {
		s := sample{k, localmon.Point{At: start.Add(time.Duration(n) * time.Minute), Value: 2}}
		list = append(list, s)
		m.add(s)
	}
	got, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), 0, list), backfill.Options{Now: now})
	require.NoError(t, err)
	require.EqualValues(t, 20, got.Stored)
	require.EqualValues(t, 10, got.Present)
	holds(t, db, m)
}

// broken is a history that fails, or whose caller goes away, at one batch.
type broken struct {
	*history.DB
	left int
	fail func() error
}

func (b *broken) AppendAll(ctx context.Context, batches []localmon.Batch) error {
	if b.left -= len(batches); b.left < 0 {
		if err := b.fail(); err != nil {
			return err
		}
	}
	return b.DB.AppendAll(ctx, batches)
}

func TestInterruptedImportGoesOn(t *testing.T) {
	full := errors.New("disk full")
	for stop, group := range map[int]int{0: 1, 1: 1, 120: 1, 333: 1, 334: 7, 599: 64} {
		for _, how := range []string{"fails", "is interrupted"} {
			t.Run(fmt.Sprintf("%s after %d", how, stop), func(t *testing.T) {
				db, list, m := open(t), past(3, 300), model{}
				for _, s := range list {
					m.add(s)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b := &broken{DB: db, left: stop, fail: func() error { return full }}
				want := full
				if how == "is interrupted" {
					want = context.Canceled
					b.fail = func() error { cancel(); return nil }
				}
				got, err := backfill.Import(ctx, b, sorter(t, t.TempDir(), 500, list), backfill.Options{Now: now, Group: group})
				require.ErrorIs(t, err, want)
				require.EqualValues(t, stop/group*group, got.Batches)
				again, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), 500, list), backfill.Options{Now: now})
				require.NoError(t, err)
				require.Equal(t, got.Stored, again.Present, "what was reported as stored is there")
				require.EqualValues(t, 600, got.Batches+again.Batches)
				holds(t, db, m)
			})
		}
	}
}

// thinned is a history that has only 1-hour steps of the first hours.
type thinned struct {
	*history.DB
	until time.Time
}

func (d thinned) Range(ctx context.Context, k localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		for p, err := range d.DB.Range(ctx, k, w) {
			if err == nil && w.Agg == localmon.AggNone && p.At.Before(d.until) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func TestNothingIsAddedWhereOnlyStepsAreLeft(t *testing.T) {
	db, list := open(t), past(4, 600) // five hours
	o := backfill.Options{Now: now}
	first, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), 0, list), o)
	require.NoError(t, err)
	d := thinned{db, start.Add(2 * time.Hour)}
	again, err := backfill.Import(t.Context(), d, sorter(t, t.TempDir(), 0, list), o)
	require.NoError(t, err)
	require.Zero(t, again.Stored)
	require.EqualValues(t, 2*120*24, again.Summarized, "two hours of 24 series")
	require.Equal(t, first.Stored, again.Present+again.Summarized)
}

// damaged is a history that cannot read a series.
type damaged struct {
	*history.DB
	err error
}

func (d damaged) Range(context.Context, localmon.SeriesKey, localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) { yield(localmon.Point{}, d.err) }
}

func TestNothingIsStoredWhereOneCannotCompare(t *testing.T) {
	db, list, cause := open(t), past(5, 10), errors.New("damaged")
	_, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), 0, list[:5]), backfill.Options{Now: now})
	require.NoError(t, err)
	got, err := backfill.Import(t.Context(), damaged{db, cause}, sorter(t, t.TempDir(), 0, list), backfill.Options{Now: now})
	require.ErrorIs(t, err, cause)
	require.Zero(t, got.Stored)
}

// The file of a sorter has no name, and a folder it cannot write to is an error.
func TestSpill(t *testing.T) {
	dir := t.TempDir()
	s := sorter(t, dir, 10, past(6, 10))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, 24, s.Series())

	s = backfill.NewSorter(filepath.Join(dir, "absent"), 1)
	k := localmon.SeriesKey{Target: "t", Metric: "m"}
	require.NoError(t, s.Add(k, "", localmon.Point{At: start}))
	require.ErrorIs(t, s.Add(k, "", localmon.Point{At: start}), os.ErrNotExist)
	require.NoError(t, s.Close())
}

// Times before 1970 are rounded down to the millisecond too, as a history does.
func TestTimesBeforeTheEpoch(t *testing.T) {
	db := open(t)
	k := localmon.SeriesKey{Target: "t", Metric: "m"}
	list := []sample{{k, localmon.Point{At: time.Unix(-1, 999_999_999), Value: 1}}, {k, localmon.Point{At: time.Unix(-3600, 1), Value: 2}}}
	for _, stored := range []int64{2, 0} {
		got, err := backfill.Import(t.Context(), db, sorter(t, t.TempDir(), 0, list), backfill.Options{Now: now})
		require.NoError(t, err)
		require.Equal(t, stored, got.Stored)
	}
}

func BenchmarkImport(b *testing.B) {
	list := past(7, 2000)
	for b.Loop() {
		db, err := history.Open(filepath.Join(b.TempDir(), "history.db"), history.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s := backfill.NewSorter(b.TempDir(), 0)
		for _, one := range list {
			if err := s.Add(one.key, "", one.p); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := backfill.Import(b.Context(), db, s, backfill.Options{Now: now}); err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(db.Close(), s.Close()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(list)*b.N)/b.Elapsed().Seconds(), "samples/s")
}
