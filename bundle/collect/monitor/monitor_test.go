package monitor_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/monitor"
	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// history gives one sample a minute whose value is the minute of the day.
type history struct {
	keys   []localmon.SeriesKey
	broken string // metric that cannot be read
	open   *int   // readings open at once
}

func (h history) Series(_ context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	var out []localmon.Series
	for _, k := range h.keys {
		if sel.Matches(k) {
			out = append(out, localmon.Series{Key: k, First: now.Add(-24 * time.Hour), Last: now.Add(-time.Minute)})
		}
	}
	return out, nil
}

func (h history) Range(ctx context.Context, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		*h.open++
		defer func() { *h.open-- }()
		if *h.open > 1 {
			yield(localmon.Point{}, errors.New("two readings at once"))
			return
		}
		if key.Metric == h.broken {
			yield(localmon.Point{}, errors.New("bad block"))
			return
		}
		step := time.Minute
		if w.Agg != localmon.AggNone {
			step = w.Step
		}
		for at := w.From.Truncate(step); at.Before(w.To); at = at.Add(step) {
			if at.Before(w.From) || ctx.Err() != nil {
				continue
			}
			v := float64(at.Hour()*60 + at.Minute())
			if w.Agg == localmon.AggMax {
				v += 0.5
			}
			if !yield(localmon.Point{At: at, Value: v}, nil) {
				return
			}
		}
	}
}

type alerts struct{ err error }

func (a alerts) Alerts(context.Context) ([]localmon.Alert, error) {
	return []localmon.Alert{{ID: 17, Rule: "drive-failed", Target: "fa-prod-1", Component: "CH0.BAY7", Status: localmon.StatusFiring, Severity: 2, Since: now}}, a.err
}

func (a alerts) Changes(context.Context) iter.Seq2[localmon.Change, error] {
	return func(yield func(localmon.Change, error) bool) {
		if !yield(localmon.Change{Seq: 1, At: now, What: "raised"}, nil) || !yield(localmon.Change{Seq: 2, At: now, What: "fired <b>"}, nil) {
			return
		}
		if a.err != nil {
			yield(localmon.Change{}, a.err)
		}
	}
}

func options(broken string, failing error) monitor.Options {
	open := 0
	return monitor.Options{
		History: history{open: &open, broken: broken, keys: []localmon.SeriesKey{
			{Target: "fa-prod-1", Metric: "purefa_latency", Labels: localmon.FormatLabels("dimension", "usec_per_read_op")},
			{Target: "fa-prod-1", Metric: "purefa_space"},
			{Target: "fa-prod-2", Metric: "purefa_latency", Labels: localmon.FormatLabels("dimension", `odd "value", with comma`)},
		}},
		Alerts: alerts{failing}, Now: now, Recent: 3 * time.Minute, Trend: 3 * time.Hour, Step: time.Hour,
	}
}

func run(t *testing.T, budget int64, c collect.Collector) (collect.Result, map[string]string) {
	t.Helper()
	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: budget, Time: time.Minute}, Total: budget}
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{c})
	require.NoError(t, err)
	files := map[string]string{}
	for _, it := range res.Items {
		text, err := os.ReadFile(filepath.Join(staging, it.Path))
		require.NoError(t, err)
		files[strings.TrimPrefix(it.Path, "files/monitor/")] = string(text)
	}
	return res, files
}

func TestEverythingTheMonitorKnows(t *testing.T) {
	c := monitor.New(options("", nil))
	res, files := run(t, 1<<20, c)
	require.Equal(t, collect.OK, res.Collectors[0].State, res.Collectors[0].Reason)
	require.Len(t, files, 3+4)
	for name, text := range files {
		golden(t, strings.ReplaceAll(name, "/", "-"), text)
		if strings.HasSuffix(name, ".csv") {
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			require.NoError(t, err)
			require.Greater(t, len(rows), 1, name)
		} else {
			for line := range strings.Lines(text) {
				require.True(t, json.Valid([]byte(line)), line)
			}
		}
	}
	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	require.Equal(t, 7, e.Files)
	require.Positive(t, e.Bytes)
	require.False(t, e.Exact)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestOneBrokenSeriesCostsItsFamilyOnly(t *testing.T) {
	res, files := run(t, 1<<20, monitor.New(options("purefa_space", nil)))
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	require.NotContains(t, files, "samples/purefa_space.csv", "half a family is not shown as a whole one")
	require.Contains(t, files, "samples/purefa_latency.csv")
	require.Len(t, res.Omitted, 2)
	require.Contains(t, res.Omitted[0].Reason, "bad block")
}

func TestAlertsThatCannotBeReadAreSaid(t *testing.T) {
	res, files := run(t, 1<<20, monitor.New(options("", errors.New("locked"))))
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	require.NotContains(t, files, "alerts.jsonl")
	require.NotContains(t, files, "changes.jsonl")
	require.Contains(t, files, "series.csv")
}

func TestASmallBudgetShortensTheSpanOfAllSeriesAlike(t *testing.T) {
	o := options("", nil)
	o.Recent, o.Every = 2*time.Hour, time.Minute
	res, files := run(t, 12<<10, monitor.New(o))
	require.Equal(t, collect.OK, res.Collectors[0].State, res.Collectors[0].Reason)
	require.Len(t, res.Omitted, 1)
	require.Equal(t, "the last 30 min are taken, not the last 2 h: the size budget", res.Omitted[0].Reason)
	for _, metric := range []string{"purefa_latency", "purefa_space"} {
		text := files["samples/"+metric+".csv"]
		require.Contains(t, text, "2026-03-02T11:30:00Z", "every family has the whole span")
		require.Contains(t, text, "2026-03-02T11:59:00Z")
		require.NotContains(t, text, "2026-03-02T11:29:00Z")
	}
}

func TestBudgetCutsAtRows(t *testing.T) {
	res, files := run(t, 700, monitor.New(options("", nil)))
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	for name, text := range files {
		require.True(t, strings.HasSuffix(text, "\n") || text == "", name)
	}
}

func TestWithoutHistory(t *testing.T) {
	o := options("", nil)
	o.History = nil
	c := monitor.New(o)
	_, err := c.Estimate(t.Context())
	require.Error(t, err)
	_, files := run(t, 1<<20, c)
	require.Len(t, files, 2)
}
