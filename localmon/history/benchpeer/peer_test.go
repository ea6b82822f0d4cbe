// Package benchpeer measures the history beside the Prometheus TSDB used as a
// library, both in one run on one workload, and prints a table of the ratios.
// It is a module of its own, so that the peer and what it needs never enter
// the product.
//
// Run: go test -run Peer -v -timeout 30m   (PEER_VOLUMES=3000 PEER_SCRAPES=2880
// for 30,000 series over a day)
package benchpeer

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/history/workload"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"
)

// figures of one store.
type figures struct {
	samples          int
	ingest           time.Duration // processor time
	raw, all         int64         // bytes: samples alone, and with tiers and all
	one, many, tiers float64       // processor ns a sample
	rss              int64
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func shape() workload.Shape {
	s := workload.Default()
	s.Volumes = number("PEER_VOLUMES", 500)
	if os.Getenv("PEER_ALIGNED") != "" {
		s.Jitter = 0
	}
	return s
}

// each hands out the scrapes and counts the processor time of take alone.
func each(t *testing.T, take func(at time.Time, values []float64)) (cpu time.Duration, samples int) {
	array := workload.New(shape())
	for range number("PEER_SCRAPES", 5760) {
		at, values := array.Next()
		before := cpuTime()
		take(at, values)
		cpu += cpuTime() - before
		samples += len(values)
	}
	return cpu, samples
}

func timed(fn func()) time.Duration {
	runtime.GC()
	before := cpuTime()
	fn()
	return cpuTime() - before
}

func ours(t *testing.T) (f figures) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, history.Options{})
	require.NoError(t, err)
	keys := workload.New(shape()).Keys()
	batch := localmon.Batch{Target: shape().Target}
	for _, k := range keys {
		batch.Samples = append(batch.Samples, localmon.Sample{Key: k})
	}
	work := func(at time.Time) {
		for more := true; more; {
			more, err = db.Maintain(ctx, at)
			require.NoError(t, err)
		}
	}
	f.ingest, f.samples = each(t, func(at time.Time, values []float64) {
		batch.At = at
		for i, v := range values {
			batch.Samples[i].Value = v
		}
		_, err := db.Append(ctx, batch)
		require.NoError(t, err)
		work(at)
	})
	before := cpuTime()
	work(batch.At.Add(48 * time.Hour))
	f.ingest += cpuTime() - before

	w := localmon.Window{From: shape().Start.Add(-time.Hour), To: shape().Start.Add(10000 * time.Hour)}
	n := 0
	cpu := timed(func() {
		for i := range 1000 {
			for _, err := range db.Range(ctx, keys[i*7919%len(keys)], w) {
				if err != nil {
					panic(err)
				}
				n++
			}
		}
	})
	f.one = float64(cpu) / float64(n)
	sel := localmon.Selector{Metric: keys[0].Metric}
	for _, q := range []struct {
		step time.Duration
		to   *float64
	}{{time.Minute, &f.many}, {5 * time.Minute, &f.tiers}} {
		w.Agg, w.Step = localmon.AggAvg, q.step
		cpu := timed(func() {
			for range 5 {
				for _, err := range db.Total(ctx, sel, w) {
					if err != nil {
						panic(err)
					}
				}
			}
		})
		*q.to = float64(cpu) / float64(5*shape().Volumes*number("PEER_SCRAPES", 5760))
	}
	stats, err := db.Stats(ctx)
	require.NoError(t, err)
	f.raw = stats.RawBytes
	require.NoError(t, db.Close())
	_, f.all, err = history.Compact(ctx, path, history.Options{})
	require.NoError(t, err)
	return f
}

func prometheus(t *testing.T) (f figures) {
	ctx := context.Background()
	dir := t.TempDir()
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = 0
	db, err := tsdb.Open(dir, nil, nil, opts, nil)
	require.NoError(t, err)
	keys := workload.New(shape()).Keys()
	series := make([]labels.Labels, len(keys))
	for i, k := range keys {
		pairs, err := localmon.ParseLabels(k.Labels)
		require.NoError(t, err)
		b := labels.NewScratchBuilder(3)
		b.Add("__name__", k.Metric)
		b.Add("target", k.Target)
		for _, p := range pairs {
			b.Add(p.Name, p.Value)
		}
		b.Sort()
		series[i] = b.Labels()
	}
	refs := make([]storage.SeriesRef, len(keys))
	f.ingest, f.samples = each(t, func(at time.Time, values []float64) {
		app := db.Appender(ctx)
		for i, v := range values {
			var err error
			if refs[i], err = app.Append(refs[i], series[i], at.UnixMilli(), v); err != nil {
				panic(err)
			}
		}
		require.NoError(t, app.Commit())
	})
	before := cpuTime()
	require.NoError(t, db.CompactHead(tsdb.NewRangeHead(db.Head(), db.Head().MinTime(), db.Head().MaxTime())))
	require.NoError(t, db.Compact(ctx))
	f.ingest += cpuTime() - before

	query := func(matchers ...*labels.Matcher) (n int) {
		q, err := db.Querier(0, 1<<60)
		if err != nil {
			panic(err)
		}
		defer q.Close()
		set := q.Select(ctx, false, nil, matchers...)
		var it chunkenc.Iterator
		sum := 0.0
		for set.Next() {
			it = set.At().Iterator(it)
			for it.Next() == chunkenc.ValFloat {
				_, v := it.At()
				sum += v
				n++
			}
		}
		if set.Err() != nil {
			panic(set.Err())
		}
		return n
	}
	n := 0
	cpu := timed(func() {
		for i := range 1000 {
			var m []*labels.Matcher
			series[i*7919%len(keys)].Range(func(l labels.Label) {
				m = append(m, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value))
			})
			n += query(m...)
		}
	})
	f.one = float64(cpu) / float64(n)
	n = 0
	cpu = timed(func() {
		for range 5 {
			n += query(labels.MustNewMatcher(labels.MatchEqual, "__name__", keys[0].Metric))
		}
	})
	f.many = float64(cpu) / float64(n)
	f.tiers = f.many
	require.NoError(t, db.Close())
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(path, "/wal/") || strings.Contains(path, "chunks_head") {
			return err
		}
		info, err := e.Info()
		f.all += info.Size()
		return err
	})
	require.NoError(t, err)
	f.raw = f.all
	return f
}

// peak runs one store in a process of its own and returns its peak memory.
func TestPeer(t *testing.T) {
	if testing.Short() {
		t.Skip("measures for minutes")
	}
	p, h := prometheus(t), ours(t)
	require.Equal(t, p.samples, h.samples)
	per := func(n int64) float64 { return float64(n) / float64(p.samples) }
	ns := func(d time.Duration) float64 { return float64(d) / float64(p.samples) }
	fmt.Printf("%d series, %d samples\n%-44s %12s %12s %8s\n", len(workload.New(shape()).Keys()), p.samples, "", "Prometheus", "history", "ratio")
	row := func(name string, a, b float64) {
		fmt.Printf("%-44s %12.3f %12.3f %8s\n", name, a, b, fmt.Sprintf("1/%.1f", a/b))
	}
	row("samples, B/sample", per(p.raw), per(h.raw))
	row("whole file with both tiers, B/sample", per(p.all), per(h.all))
	row("ingest, CPU ns/sample (history: fsync each)", ns(p.ingest), ns(h.ingest))
	row("1 series, all samples, CPU ns/sample", p.one, h.one)
	row("sum of one metric, raw, CPU ns/sample", p.many, h.many)
	row("the same by 5 min, from tiers", p.tiers, h.tiers)
}
