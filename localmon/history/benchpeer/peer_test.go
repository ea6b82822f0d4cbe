package benchpeer

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/history/workload"

	"github.com/stretchr/testify/require"
)

// trial is one workload.
type trial struct {
	name    string
	shape   workload.Shape
	scrapes int
	altered bool // shortened or aligned by the caller

	// How many times smaller than Prometheus samples have to be, and should.
	// Where every volume works there is no such floor: entropy itself is above it.
	floor, aim float64
}

func trials() (all []trial) {
	for _, c := range []struct {
		name          string
		shape         workload.Shape
		volumes, days int
		busy          bool
	}{
		{"idle-heavy", workload.Default(), 500, 2, false},
		{"busy", workload.Default(), 500, 1, true},
		{"idle-heavy, large", workload.Default(), 3000, 1, false},
		{"churn and gaps", workload.Unsteady(), 500, 2, false},
		{"two weeks", workload.Default(), 100, 14, false}, // long enough for steps of 1 hour
	} {
		c.shape.Volumes, c.shape.Busy = c.volumes, c.busy
		x := trial{name: c.name, shape: c.shape, scrapes: c.days * 2880, floor: 8, aim: 10}
		if c.busy {
			x.floor, x.aim = 0, 0
		}
		if n, err := strconv.Atoi(os.Getenv("PEER_SCRAPES")); err == nil {
			x.scrapes, x.altered = n, true
		}
		if os.Getenv("PEER_ALIGNED") != "" {
			x.shape.Jitter, x.altered = 0, true
		}
		all = append(all, x)
	}
	return all
}

// TestPeer prints a table for each workload.
func TestPeer(t *testing.T) {
	if testing.Short() {
		t.Skip("measures for minutes")
	}
	for _, x := range trials() {
		t.Run(x.name, func(t *testing.T) { x.measure(t) })
	}
}

func (x trial) measure(t *testing.T) {
	dirs := map[string]string{"none": t.TempDir(), "prometheus": t.TempDir(), "history": t.TempDir()}
	took := map[string]ingested{}
	for _, s := range []string{"none", "prometheus", "history"} {
		took[s] = ingest(t, order{Store: s, Dir: dirs[s], Shape: x.shape, Scrapes: x.scrapes})
	}
	none, p, h := took["none"], took["prometheus"], took["history"]
	require.Equal(t, p.Samples, h.Samples, "both took the same")
	per := func(n int64) float64 { return float64(n) / float64(h.Samples) }

	array := workload.New(x.shape)
	keys := slices.Clone(array.Keys())
	fmt.Printf("\n%s: %d series, every %v for %.4g days, %.1f million samples\n", x.name, len(keys), x.shape.Every,
		(time.Duration(x.scrapes)*x.shape.Every).Hours()/24, float64(h.Samples)/1e6)
	fmt.Printf("%-52s %11s %11s %8s %6s %6s\n", "", "Prometheus", "history", "ratio", "floor", "aim")

	entropy := per(int64(measured(array, x.scrapes) / 8))
	block, promSize, err := merge(t.Context(), dirs["prometheus"], t.TempDir())
	require.NoError(t, err)
	path := historyPath(dirs["history"])
	paged, err := pages(path)
	require.NoError(t, err)
	db, err := history.Open(path, history.Options{})
	require.NoError(t, err)
	stats, err := db.Stats(t.Context())
	require.NoError(t, err)
	row("samples, B/sample", per(promSize), per(stats.RawBytes), x.floor, x.aim)
	row("- with names, times and unused parts of pages", per(promSize), per(paged), x.floor, x.aim)
	multiple("- samples as a multiple of their entropy, "+fmt.Sprintf("%.4f", entropy), per(promSize)/entropy, per(stats.RawBytes)/entropy, 1.15, 1.10)

	x.query(t, block, db, keys)

	const mib = 1 << 20
	ns := func(i ingested) float64 { return float64(i.CPU) / float64(i.Samples) }
	row("ingest, CPU ns/sample (history: fsync each scrape)", ns(p), ns(h), 4, 8)
	row("peak resident memory while ingesting, MiB", float64(p.Peak)/mib, float64(h.Peak)/mib, 2, 5)
	row("- of it anonymous", float64(p.Anon)/mib, float64(h.Anon)/mib, 0, 0)
	fmt.Printf("%-52s %11.1f %11.1f\n", "- of a process that only makes the samples", float64(none.Peak)/mib, float64(none.Peak)/mib)

	require.NoError(t, db.Close())
	before, after, err := history.Compact(t.Context(), path, history.Options{})
	require.NoError(t, err)
	row("whole file with tiers and tables, B/sample", per(promSize), per(stats.Used), 0, 0)
	row("- with free pages, as the run left it", per(promSize), per(before), 0, 0)
	row("- compacted", per(promSize), per(after), 0, 0)

	if !x.altered {
		require.LessOrEqual(t, per(stats.RawBytes)*x.floor, per(promSize), "samples take too much beside Prometheus")
	}
}

// measured makes the samples once more and returns their entropy in bits.
func measured(a *workload.Array, scrapes int) float64 {
	a.Measure()
	for a.Scrapes() < scrapes {
		a.Next()
	}
	return a.Bits().Total()
}

// query prints the rows of what reading costs.
func (x trial) query(t *testing.T, block string, db *history.DB, keys []localmon.SeriesKey) {
	ctx := t.Context()
	prom, err := openBlock(block)
	require.NoError(t, err)
	defer func() { require.NoError(t, prom.block.Close()) }()
	hist := historyReader{db, localmon.Window{From: x.shape.Start.Add(-time.Hour), To: x.shape.Start.Add(time.Duration(x.scrapes)*x.shape.Every + time.Hour)}}

	picked := make([]localmon.SeriesKey, 100)
	for i := range picked {
		picked[i] = keys[i*7919%len(keys)]
		n, sum, err := prom.one(ctx, picked[i])
		require.NoError(t, err)
		k, other, err := hist.one(ctx, picked[i])
		require.NoError(t, err)
		require.Equal(t, n, k, "both have the same samples of %v", picked[i])
		require.Equal(t, sum, other, "both have the same samples of %v", picked[i])
	}
	costs := race(t,
		func() (n int, err error) {
			for _, k := range picked {
				m, _, e := prom.one(ctx, k)
				if n += m; e != nil {
					return n, e
				}
			}
			return n, nil
		},
		func() (n int, err error) {
			for _, k := range picked {
				m, _, e := hist.one(ctx, k)
				if n += m; e != nil {
					return n, e
				}
			}
			return n, nil
		})
	row("one series, every sample, CPU ns/sample", costs[0], costs[1], 4, 8)

	metric := keys[0].Metric
	samples, _, err := prom.metric(ctx, metric)
	require.NoError(t, err)
	queries := []query{
		func() (int, error) { n, _, err := prom.metric(ctx, metric); return n, err },
		func() (int, error) { n, _, err := hist.each(ctx, metric); return n, err },
	}
	steps := []time.Duration{x.shape.Every, 2 * x.shape.Every, 5 * time.Minute, time.Hour}
	for _, step := range steps {
		queries = append(queries, func() (int, error) { _, err := hist.total(ctx, metric, step); return samples, err })
	}
	costs = race(t, queries...)
	row(fmt.Sprintf("%d series, every sample handed out and summed", x.shape.Volumes), costs[0], costs[1], 4, 8)
	for i, step := range steps {
		floor, aim, how := 8.0, 15.0, "from samples"
		if step >= 5*time.Minute {
			floor, aim, how = 50, 100, "from tiers"
		}
		row(fmt.Sprintf("- the sum by %v, %s", step, how), costs[0], costs[2+i], floor, aim)
	}
}

// row prints how many times less the history takes, and whether that passes
// the floor and the aim; zero where there are none.
func row(name string, prometheus, history, floor, aim float64) {
	print := func(n float64) string {
		if n == 0 {
			return ""
		}
		mark := " -"
		if history*n <= prometheus {
			mark = " +"
		}
		return fmt.Sprintf("1/%.0f", n) + mark
	}
	fmt.Printf("%-52s %11.3f %11.3f %8s %7s %7s\n", name, prometheus, history, fmt.Sprintf("1/%.1f", prometheus/history), print(floor), print(aim))
}

// multiple prints a row of which the history's figure is judged by itself.
func multiple(name string, prometheus, history, floor, aim float64) {
	print := func(n float64) string {
		mark := " -"
		if history <= n {
			mark = " +"
		}
		return fmt.Sprintf("%.2f", n) + mark
	}
	fmt.Printf("%-52s %11.3f %11.3f %8s %7s %7s\n", name, prometheus, history, "", print(floor), print(aim))
}
