package workload_test

import (
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history/workload"

	"github.com/stretchr/testify/require"
)

func TestAPlainShapeHasNoGaps(t *testing.T) {
	a := workload.New(workload.Default())
	keys := slices.Clone(a.Keys())
	for i := range 100 {
		a.Next()
		require.Nil(t, a.Absent())
		require.Equal(t, i+1, a.Scrapes())
	}
	require.Equal(t, keys, a.Keys())
	require.Zero(t, a.Bits())
}

func TestAnUnsteadyShapeHasTheGapsItSays(t *testing.T) {
	s := workload.Unsteady()
	s.Volumes = 20
	a := workload.New(s)
	const days = 16
	var (
		last                          time.Time
		absent, samples, runs, missed int
		was                           = make([]bool, len(a.Keys()))
		off                           []time.Time
	)
	for n := 0; a.Scrapes() < days*2880; n = a.Scrapes() {
		at, values := a.Next()
		require.Len(t, values, len(a.Keys()))
		if skipped := a.Scrapes() - n - 1; skipped > 100 {
			off = append(off, last)
			require.GreaterOrEqual(t, at.Sub(last), s.Off)
		} else {
			missed += skipped
		}
		for i, gone := range a.Absent() {
			samples++
			if gone {
				absent++
				if !was[i] {
					runs++
				}
			}
		}
		copy(was, a.Absent())
		last = at
	}
	require.InDelta(t, s.Missed, float64(missed)/(days*2880), 0.003)
	require.InDelta(t, s.Absent, float64(absent)/float64(samples), 0.0003)
	require.InDelta(t, 40, float64(absent)/float64(runs), 4, "absences come in runs")
	require.Len(t, off, 3, "weekly from the second day")
	require.WithinDuration(t, s.Start.Add(37*time.Hour), off[0], 5*time.Minute)
}

func TestVolumesComeAndGoUnderNamesOfTheirOwn(t *testing.T) {
	s := workload.Unsteady()
	s.Volumes, s.Churn = 50, 0.2
	a, b := workload.New(s), workload.New(s)
	ever := map[localmon.SeriesKey]bool{}
	now := slices.Clone(a.Keys())
	for _, k := range now {
		ever[k] = true
	}
	replaced := 0
	for a.Scrapes() < 5*2880 {
		at, values := a.Next()
		bt, others := b.Next()
		require.Equal(t, at, bt)
		require.Equal(t, values, others)
		if slices.Equal(now, a.Keys()) {
			continue
		}
		require.Equal(t, a.Keys(), b.Keys())
		for i, k := range a.Keys() {
			if k != now[i] {
				require.False(t, ever[k], "the name of %s was used before", k)
				require.Equal(t, now[i].Metric, k.Metric)
				ever[k] = true
				replaced++
			}
		}
		copy(now, a.Keys())
	}
	require.InDelta(t, 50*0.2*5, float64(replaced)/8, 20)
}

func TestABatchLacksWhatIsAbsent(t *testing.T) {
	s := workload.Unsteady()
	s.Volumes, s.Absent = 50, 0.1
	a, b := workload.New(s), workload.New(s)
	var batch localmon.Batch
	lacking := 0
	for range 100 {
		at, values := a.Next()
		b.Fill(&batch)
		require.Equal(t, at, batch.At)
		require.Equal(t, s.Target, batch.Target)
		var want []localmon.Sample
		for i, k := range a.Keys() {
			if a.Absent()[i] {
				lacking++
				continue
			}
			want = append(want, localmon.Sample{Key: k, Value: values[i]})
		}
		require.Equal(t, want, batch.Samples)
	}
	require.Positive(t, lacking)
}
