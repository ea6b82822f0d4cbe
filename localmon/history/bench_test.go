package history_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/history/workload"

	"github.com/stretchr/testify/require"
)

// cpuTime is the processor time of this process, user and system.
func cpuTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// fill ingests scrapes of an array with fsync at each, maintains between them,
// and returns the processor time that took without making the samples.
func fill(b *testing.B, db *history.DB, array *workload.Array, scrapes int) (cpu time.Duration, samples int, longest time.Duration) {
	var batch localmon.Batch
	step := func(at time.Time) {
		for more := true; more; {
			begin := time.Now()
			var err error
			more, err = db.Maintain(b.Context(), at)
			require.NoError(b, err)
			longest = max(longest, time.Since(begin))
		}
	}
	for array.Scrapes() < scrapes {
		array.Fill(&batch)
		before := cpuTime(b)
		begin := time.Now()
		_, err := db.Append(b.Context(), batch)
		longest = max(longest, time.Since(begin))
		require.NoError(b, err)
		step(batch.At)
		cpu += cpuTime(b) - before
		samples += len(batch.Samples)
	}
	before := cpuTime(b)
	step(batch.At.Add(24 * time.Hour))
	return cpu + cpuTime(b) - before, samples, longest
}

// BenchmarkIngest tells what samples take on disk, beside their entropy (see
// package workload), and the whole file with its tiers: used, as it lies there,
// and compacted.
func BenchmarkIngest(b *testing.B) {
	for _, c := range []struct {
		name    string
		shape   workload.Shape
		volumes int
		days    int
		busy    bool
	}{
		{"idle-heavy-5000", workload.Default(), 500, 2, false},
		{"busy-5000", workload.Default(), 500, 1, true},
		{"idle-heavy-30000", workload.Default(), 3000, 1, false},
		{"churn-and-gaps-5000", workload.Unsteady(), 500, 2, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.shape.Volumes, c.shape.Busy = c.volumes, c.busy
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "history.db")
				db, err := history.Open(path, history.Options{})
				require.NoError(b, err)
				array := workload.New(c.shape)
				array.Measure()
				cpu, samples, longest := fill(b, db, array, c.days*2880)
				stats, err := db.Stats(b.Context())
				require.NoError(b, err)
				require.NoError(b, db.Close())
				_, after, err := history.Compact(b.Context(), path, history.Options{})
				require.NoError(b, err)
				n := float64(samples)
				b.ReportMetric(float64(cpu)/n, "cpu-ns/sample")
				b.ReportMetric(float64(stats.RawBytes)/n, "B/sample")
				b.ReportMetric(array.Bits().Total()/8/n, "entropy-B/sample")
				b.ReportMetric(float64(stats.Used)/n, "used-B/sample")
				b.ReportMetric(float64(stats.Bytes)/n, "file-B/sample")
				b.ReportMetric(float64(after)/n, "compacted-B/sample")
				b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

func BenchmarkQuery(b *testing.B) {
	shape := workload.Default()
	path := filepath.Join(b.TempDir(), "history.db")
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(b, err)
	defer db.Close()
	const scrapes = 5760
	fill(b, db, workload.New(shape), scrapes)
	keys := workload.New(shape).Keys()
	all := localmon.Window{From: shape.Start.Add(-time.Hour), To: shape.Start.Add(1000 * time.Hour)}

	b.Run("one series, all samples", func(b *testing.B) {
		before, n := cpuTime(b), 0
		for i := 0; b.Loop(); i++ {
			for range db.Range(b.Context(), keys[i*7919%len(keys)], all) {
				n++
			}
		}
		b.ReportMetric(float64(cpuTime(b)-before)/float64(n), "cpu-ns/sample")
	})
	b.Run("one series, all samples in rows", func(b *testing.B) {
		before, n := cpuTime(b), 0
		for i := 0; b.Loop(); i++ {
			for s := range db.Samples(b.Context(), keys[i*7919%len(keys)], all.From, all.To) {
				n += len(s.Values)
			}
		}
		b.ReportMetric(float64(cpuTime(b)-before)/float64(n), "cpu-ns/sample")
	})
	for _, step := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour} {
		b.Run(fmt.Sprintf("one series, average of %v", step), func(b *testing.B) {
			w := all
			w.Step, w.Agg = step, localmon.AggAvg
			before, n := cpuTime(b), 0
			for i := 0; b.Loop(); i++ {
				for range db.Range(b.Context(), keys[i*7919%len(keys)], w) {
				}
				n += scrapes
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(n), "cpu-ns/sample")
		})
	}
}

func BenchmarkAcross(b *testing.B) {
	shape := workload.Default()
	db, err := history.Open(filepath.Join(b.TempDir(), "history.db"), history.Options{NoSync: true})
	require.NoError(b, err)
	defer db.Close()
	const scrapes = 2880
	array := workload.New(shape)
	fill(b, db, array, scrapes)
	sel := localmon.Selector{Metric: array.Keys()[0].Metric}
	w := localmon.Window{From: shape.Start.Add(-time.Hour), To: shape.Start.Add(1000 * time.Hour), Agg: localmon.AggAvg}
	for _, step := range []time.Duration{time.Minute, 5 * time.Minute} {
		b.Run(fmt.Sprintf("500 series, by %v", step), func(b *testing.B) {
			w.Step = step
			before, n := cpuTime(b), 0
			for b.Loop() {
				for _, err := range db.Across(b.Context(), sel, w, localmon.AggSum) {
					require.NoError(b, err)
				}
				n += shape.Volumes * scrapes
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(n), "cpu-ns/sample")
		})
	}
}
