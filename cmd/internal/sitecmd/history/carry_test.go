package history_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// past is a history with all that makes a text hard: values that are no numbers,
// gaps, series that come and go, odd labels and units; with the clock set back
// over times that were there already, when jump is set.
func past(t *testing.T, jump bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(4, 2))
	key := func(target, metric string, labels ...string) localmon.SeriesKey {
		return localmon.SeriesKey{Target: target, Metric: metric, Labels: localmon.FormatLabels(labels...)}
	}
	at := time.Date(2026, 2, 27, 22, 0, 0, 123_000_000, time.UTC)
	for n := range 1500 {
		at = at.Add(time.Duration(119_000+r.IntN(2000)) * time.Millisecond)
		if jump && n == 1000 {
			at = at.Add(-2 * time.Hour)
		}
		for _, target := range []string{"fa-1", `the "old", one`} {
			if target != "fa-1" && n%7 < 3 {
				continue // not looked at
			}
			values := map[localmon.SeriesKey]float64{
				key(target, "hard", "n", "é \"q\" \\ \n,{}"):                        []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, 0, 1.0 / 3}[r.IntN(7)],
				key(target, "purefa_array_performance_bandwidth_bytes"):             float64(r.IntN(1 << 30)),
				key(target, "purefa_array_space_bytes", "space", "total_reduction"): r.Float64() * 5,
				key(target, "purefa_array_space_bytes", "space", "unique"):          1e12,
				key(target, "told"): r.NormFloat64(),
				key(target, "node_cpu_busy_seconds_total", "cpu", "0"): float64(n) / 100,
				key(target, "churned", "n", fmt.Sprint(n/100)):         float64(n),
			}
			b := localmon.Batch{Target: target, At: at, Units: map[string]localmon.Unit{"told": "parsecs"}}
			for k, v := range values {
				if r.IntN(10) > 0 { // else a gap
					b.Samples = append(b.Samples, localmon.Sample{Key: k, Value: v})
				}
			}
			slices.SortFunc(b.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
			_, err := db.Append(t.Context(), b)
			require.NoError(t, err)
		}
	}
	for range 200 {
		more, err := db.Maintain(t.Context(), at)
		require.NoError(t, err)
		if !more {
			break
		}
	}
	require.NoError(t, db.Close())
	return path
}

func run(t *testing.T, args ...string) (out, told string) {
	t.Helper()
	code, out, told := program().Try(t, append([]string{"history"}, args...)...)
	require.Zero(t, code, "%s\n%s", args, told)
	return out, told
}

// What is exported, imported elsewhere and exported there is the same text.
func TestCarriedHistoryIsTheSame(t *testing.T) {
	path, dir := past(t, false), t.TempDir()
	for _, format := range []string{"csv", "openmetrics"} {
		t.Run(format, func(t *testing.T) {
			first, second, db := filepath.Join(dir, format+"1"), filepath.Join(dir, format+"2"), filepath.Join(dir, format+".db")
			run(t, "export", "--file", path, "--format", format, "--out", first)
			_, told := run(t, "import", "--file", db, first)
			require.Contains(t, told, "next: darksite history stats --file "+db)
			run(t, "export", "--file", db, "--format", format, "--out", second)
			want, err := os.ReadFile(first)
			require.NoError(t, err)
			got, err := os.ReadFile(second)
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, got), "the texts differ")
			require.Greater(t, bytes.Count(got, []byte("\n")), 8000)
			require.Contains(t, string(got), "parsecs")

			_, told = run(t, "import", "--file", db, first)
			require.Contains(t, told, " 0 stored in 0 looks")
			_, told = run(t, "check", "--file", db)
			require.Contains(t, told, "every value is whole")
		})
	}
	series, _ := run(t, "series", "--file", path, "--target", "fa-1", "--json")
	again, _ := run(t, "series", "--file", filepath.Join(dir, "csv.db"), "--target", "fa-1", "--json")
	require.JSONEq(t, series, again, "CSV carries the whole table")
	require.Contains(t, again, `"unit": "ratio"`)
}

// Where the clock was set back, a text holds times twice and not in order. An
// import puts them in order and takes the first of two; from then on nothing
// changes any more.
func TestCarriedHistoryOverAJumpOfTheClock(t *testing.T) {
	path, dir := past(t, true), t.TempDir()
	out, told := run(t, "stats", "--file", path)
	require.Contains(t, out, "the clock was set, or the past was brought in, 2 times; the newest:")
	require.Regexp(t, `(?m)^fa-1 +2026-03-01 07:\d\d:\d\d +2026-03-01 05:\d\d:\d\d +about -1 h 5\d m$`, out, told)
	var st struct {
		Jumps []struct {
			Target string  `json:"target"`
			Moved  float64 `json:"moved_seconds"`
		} `json:"clock_jumps"`
	}
	figures, _ := run(t, "stats", "--file", path, "--json")
	require.NoError(t, json.Unmarshal([]byte(figures), &st))
	require.Len(t, st.Jumps, 2)
	require.Less(t, st.Jumps[0].Moved, -7000.0)

	one := func(db string, args ...string) string {
		out, _ := run(t, append([]string{"query", "told", "--target", "fa-1", "--from", "2026-02-01", "--to", "2026-04-01", "--file", db}, args...)...)
		return out
	}
	require.Equal(t, 1, strings.Count(one(path), "# here the clock was set back"))
	require.Equal(t, 1, strings.Count(one(path, "--json"), `"clock_set_back": true`))

	var texts []string
	db := path
	for n := range 3 {
		text, err := os.Create(filepath.Join(dir, fmt.Sprint(n)))
		require.NoError(t, err)
		require.NoError(t, text.Close())
		run(t, "export", "--file", db, "--format", "csv", "--out", text.Name())
		data, err := os.ReadFile(text.Name())
		require.NoError(t, err)
		texts = append(texts, string(data))
		db = filepath.Join(dir, fmt.Sprint(n)+".db")
		run(t, "import", "--file", db, text.Name())
	}
	require.NotEqual(t, texts[0], texts[1])
	require.Equal(t, texts[1], texts[2])
	lines := func(s string) []string {
		all := slices.Sorted(strings.SplitSeq(s, "\n"))
		return slices.Compact(all)
	}
	require.Equal(t, lines(texts[0]), lines(texts[1]), "no millisecond came twice here, and so no sample is lost")
	require.NotContains(t, one(db), "set back")
}

// A text that is refused leaves no history where there was none.
func TestRefusedImportMakesNoHistory(t *testing.T) {
	dir := t.TempDir()
	bad, db := filepath.Join(dir, "bad.txt"), filepath.Join(dir, "new.db")
	require.NoError(t, os.WriteFile(bad, []byte("m 1 1\nm x 2\n"), 0o600))
	code, _, told := program().Try(t, "history", "import", "--file", db, "--target", "t", bad)
	require.Equal(t, 1, code)
	require.Contains(t, told, "line 2")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// Pictures fit their width, whatever stands at their axes.
func TestPlotFits(t *testing.T) {
	path := past(t, false)
	plot := func(args ...string) (int, string, string) {
		return program().Try(t, append([]string{"history", "plot", "--file", path, "--target", "fa-1"}, args...)...)
	}
	for _, c := range []struct {
		name  string
		width int
		args  []string
	}{
		{"an hour", 80, []string{"purefa_array_performance_bandwidth_bytes", "--to", "2026-03-01", "--since", "1h"}},
		{"minutes", 80, []string{"purefa_array_performance_bandwidth_bytes", "--to", "2026-03-01", "--since", "5m"}},
		{"a month, narrow", 40, []string{"purefa_array_performance_bandwidth_bytes", "--from", "2026-02-05", "--to", "2026-03-05", "--width", "40"}},
		{"wide and high", 200, []string{"told", "--from", "2026-02-27", "--to", "2026-03-02", "--width", "200", "--height", "30"}},
		{"values that are none", 80, []string{"hard", "--to", "2026-03-01", "--since", "2h"}},
		{"a counter's rate", 80, []string{"node_cpu_busy_seconds_total", "--agg", "rate", "--to", "2026-03-01", "--since", "20h"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, told := plot(c.args...)
			require.Zero(t, code, told)
			for line := range strings.SplitSeq(out, "\n") {
				require.LessOrEqual(t, len([]rune(line)), c.width, "%s", out)
				require.Equal(t, strings.TrimRight(line, " "), line)
			}
			require.Contains(t, out, "have data\nlowest ")
			require.NotContains(t, out, "\x1b")
		})
	}
	code, out, _ := plot("purefa_array_performance_bandwidth_bytes", "--from", "2026-02-20", "--to", "2026-03-01")
	require.Zero(t, code)
	require.Contains(t, out, "MiB/s")
	require.Contains(t, out, "02-25", "days stand below a long span")
	for _, wrong := range [][]string{{"told", "--width", "39"}, {"told", "--height", "2"}, {"told", "--step", "1s"}, {"told", "--since", "1h", "--from", "2026-03-01"}} {
		code, _, told := plot(wrong...)
		require.Equal(t, 2, code, wrong)
		require.Contains(t, told, "--")
	}
}

// The shell is offered what the history knows.
func TestCompletion(t *testing.T) {
	path := past(t, false)
	offers := func(args ...string) string {
		_, out, _ := program().Try(t, append([]string{"__complete", "history"}, args...)...)
		return out
	}
	require.Contains(t, offers("query", "--file", path, "to"), "told\n")
	require.NotContains(t, offers("query", "--file", path, "to"), "hard\n")
	require.Contains(t, offers("plot", "told", "--file", path, "--target", "f"), "fa-1\n")
	require.Contains(t, offers("plot", "purefa_array_space_bytes", "--file", path, "--label", "space=u"), "space=unique\n")
	require.Contains(t, offers("export", "--file", path, "--metric", "node"), "node_cpu_busy_seconds_total\n")
	require.Contains(t, offers("query", "told", "--agg", ""), "p95\n")
	require.Contains(t, offers("top", "--file", "absent.db", ""), ":1\n", "what cannot be read offers nothing")
}
