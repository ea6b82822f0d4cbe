package history_test

import (
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/history/workload"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// BenchmarkYear runs arrays of some 500 series in all through a year of days
// at a fixed budget, or less than a year where that shows the same. Reported are the size of the file over what is used in it
// (at the end, and over the days since the budget first made something go the
// largest and the median), what one Append and one step of Maintain take, by the
// clock and of their thread's processor time, and how many days are kept.
//
// Only the run of two weeks has fsync: a year of them would take an hour.
func BenchmarkYear(b *testing.B) {
	for _, y := range []year{
		{name: "32MiB-a-year", budget: 32 << 20, days: 365, noSync: true, arrays: []workload.Shape{array(workload.Default(), "fa-1", 50)}},
		{name: "64MiB-four-weeks", budget: 64 << 20, days: 120, noSync: true, arrays: []workload.Shape{array(workload.Default(), "fa-1", 50)}},
		{name: "32MiB-three-weeks-two-arrays-churn-and-gaps", budget: 32 << 20, days: 90, noSync: true, arrays: []workload.Shape{
			array(workload.Unsteady(), "fa-1", 25), array(workload.Unsteady(), "fa-2", 25),
		}},
		{name: "8MiB-two-weeks-fsync", budget: 8 << 20, days: 14, arrays: []workload.Shape{array(workload.Default(), "fa-1", 50)}},
	} {
		b.Run(y.name, func(b *testing.B) {
			for b.Loop() {
				y.run(b)
			}
		})
	}
}

type year struct {
	name   string
	arrays []workload.Shape
	budget int64
	days   int
	noSync bool
}

func array(s workload.Shape, target string, volumes int) workload.Shape {
	s.Target, s.Volumes = target, volumes
	s.Seed += uint64(target[len(target)-1])
	return s
}

func (y year) run(b *testing.B) {
	runtime.LockOSThread() // times of a thread are read
	defer runtime.UnlockOSThread()
	db, err := history.Open(filepath.Join(b.TempDir(), "history.db"), history.Options{NoSync: y.noSync, Budget: y.budget})
	require.NoError(b, err)
	defer db.Close()

	var (
		arrays   []*workload.Array
		batches  = make([]localmon.Batch, len(y.arrays))
		appends  took
		upkeep   took
		overUsed []float64
		samples  int
	)
	for _, s := range y.arrays {
		arrays = append(arrays, workload.New(s))
	}
	for day := 1; day <= y.days; day++ {
		for n := (day - 1) * 2880; n < day*2880; n++ {
			for i, a := range arrays {
				if a.Scrapes() > n {
					continue // it could not be reached
				}
				a.Fill(&batches[i])
				samples += len(batches[i].Samples)
				appends.measure(func() { _, err = db.Append(b.Context(), batches[i]) })
				require.NoError(b, err)
			}
			for more := true; more; {
				upkeep.measure(func() { more, err = db.Maintain(b.Context(), batches[0].At) })
				require.NoError(b, err)
			}
		}
		stats, err := db.Stats(b.Context())
		require.NoError(b, err)
		for _, t := range stats.Targets {
			if t.Raw < t.Sealed {
				overUsed = append(overUsed, float64(stats.Bytes)/float64(stats.Used))
				break
			}
		}
	}

	stats, err := db.Stats(b.Context())
	require.NoError(b, err)
	last := float64(stats.Bytes) / float64(stats.Used)
	overUsed = append(overUsed, last)
	slices.Sort(overUsed)
	b.ReportMetric(last, "file/used-at-end")
	b.ReportMetric(overUsed[len(overUsed)-1], "file/used-max")
	b.ReportMetric(overUsed[len(overUsed)/2], "file/used-median")
	b.ReportMetric(float64(stats.Bytes)/float64(y.budget), "file/budget")
	b.ReportMetric(float64(stats.Targets[0].Raw), "days-of-samples")
	b.ReportMetric(float64(stats.Targets[0].Sealed), "days-of-5min-steps")
	b.ReportMetric(float64(stats.Targets[0].Weeks), "weeks-of-1h-steps")
	b.ReportMetric(float64(appends.sum+upkeep.sum)/float64(samples), "cpu-ns/sample")
	appends.report(b, "append")
	upkeep.report(b, "maintain")
	b.ReportMetric(0, "ns/op")
}

// took is what calls of one kind took, each by the clock and of the processor.
type took struct {
	wall, cpu []time.Duration
	sum       time.Duration // of the processor
}

func (t *took) measure(fn func()) {
	before, begin := threadTime(), time.Now()
	fn()
	t.wall = append(t.wall, time.Since(begin))
	cpu := threadTime() - before
	t.cpu = append(t.cpu, cpu)
	t.sum += cpu
}

func (t *took) report(b *testing.B, what string) {
	for _, c := range []struct {
		kind  string
		times []time.Duration
	}{{"", t.wall}, {"-cpu", t.cpu}} {
		slices.Sort(c.times)
		n := len(c.times)
		b.ReportMetric(float64(c.times[n-1].Microseconds())/1000, what+c.kind+"-max-ms")
		b.ReportMetric(float64(c.times[n-1-n/1000].Microseconds())/1000, what+c.kind+"-p99.9-ms")
	}
}

// threadTime is the processor time of this thread, user and system. Unlike that
// of getrusage it is exact at every moment and not only at the kernel's ticks.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}
