package exposition_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"

	"github.com/stretchr/testify/require"
)

type scraped struct {
	exposition.Scraped
	bad string
}

func scrape(r io.Reader, d exposition.Dialect) (all []scraped, whole bool, err error) {
	s := exposition.NewScraper(r, d)
	for one, err := range s.Samples() {
		var bad *exposition.LineError
		switch {
		case errors.As(err, &bad):
			all = append(all, scraped{bad: bad.Err.Error()})
		case err != nil:
			return all, s.Whole(), err
		default:
			all = append(all, scraped{Scraped: one})
		}
	}
	return all, s.Whole(), nil
}

func of(value float64, metric string, labels ...string) scraped {
	s := scraped{Scraped: exposition.Scraped{Metric: metric, Value: value}}
	for i := 0; i < len(labels); i += 2 {
		s.Labels = append(s.Labels, localmon.Label{Name: labels[i], Value: labels[i+1]})
	}
	return s
}

func counted(u localmon.Unit, s scraped) scraped {
	s.Unit = u
	return s
}

func TestScraperTakesWhatOthersTake(t *testing.T) {
	text, open := exposition.Text004, exposition.OpenMetrics10
	timed := of(1, "m")
	timed.At = time.UnixMilli(1395066363500).UTC()
	cases := []struct {
		name, text string
		dialect    exposition.Dialect
		want       []scraped
		whole      bool
	}{
		{"a plain page of the older text", "# HELP m what it is\n# TYPE m gauge\nm 1\nm{a=\"b\"} 2\n", text, []scraped{of(1, "m"), of(2, "m", "a", "b")}, true},
		{"a page of OpenMetrics with unit and end", "# TYPE m_seconds counter\n# UNIT m_seconds seconds\nm_seconds_total 1\n# EOF\n", open, []scraped{counted("seconds", of(1, "m_seconds_total"))}, true},
		{"units, of which one is no word", "# UNIT a_bytes bytes\n# UNIT b KiB\n# HELP c unit: percent\na_bytes_sum 1\na_bytes_count 1\nb 1\nc 1\n# EOF\n", open, []scraped{
			counted("bytes", of(1, "a_bytes_sum")), of(1, "a_bytes_count"), of(1, "b"), counted("percent", of(1, "c")),
		}, true},
		{"the older text has no units", "# UNIT m_seconds seconds\nm_seconds 1\n", text, []scraped{of(1, "m_seconds")}, true},
		{"an end without line feed", "m 1\n# EOF", open, []scraped{of(1, "m")}, true},
		{"no end, where OpenMetrics wants one", "m 1\n", open, []scraped{of(1, "m")}, false},
		{"nothing after the end is read", "m 1\n# EOF\nm 2\n", open, []scraped{of(1, "m")}, true},
		{"an end is a remark in the older text", "m 1\n# EOF\nn 2\n", text, []scraped{of(1, "m"), of(2, "n")}, true},
		{"times in milliseconds", "m 1 1395066363500\n", text, []scraped{timed}, true},
		{"times in seconds", "m 1 1395066363.5\n# EOF\n", open, []scraped{timed}, true},
		{"an exemplar", "m_bucket{le=\"1\"} 3 # {trace=\"}x\"} 0.67 4\nm 1 1395066363.5 # {} 1\n# EOF\n", open, []scraped{of(3, "m_bucket", "le", "1"), timed}, true},
		{"a histogram and a summary", "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\ns{quantile=\"0.5\"} NaN\n", text, []scraped{of(2, "h_bucket", "le", "+Inf"), of(3, "h_sum"), of(2, "h_count"), of(math.NaN(), "s", "quantile", "0.5")}, true},
		{"blanks wherever they are allowed", " m { a = \"b\" , c=\"d\" , }\t+1e3  \n", text, []scraped{of(1000, "m", "a", "b", "c", "d")}, true},
		{"carriage returns", "m 1\r\nn 2\r\n", text, []scraped{of(1, "m"), of(2, "n")}, true},
		{"escapes", `m{a="q \" b \\ n \n",b="C:\dir"} 1` + "\n", text, []scraped{of(1, "m", "a", "q \" b \\ n \n", "b", `C:\dir`)}, true},
		{"names in quotes", `{"a.b","c.d"="e"} 1` + "\n", text, []scraped{of(1, "a.b", "c.d", "e")}, true},
		{"infinities", "m +Inf\nm -inf\n", text, []scraped{of(math.Inf(1), "m"), of(math.Inf(-1), "m")}, true},
		{"empty lines and remarks", "\n#\n# any words\nm 1\n", text, []scraped{of(1, "m")}, true},
		{"nothing at all", "", text, nil, true},
		{"nothing at all, where an end is wanted", "", open, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, whole, err := scrape(iotest.OneByteReader(strings.NewReader(c.text)), c.dialect)
			require.NoError(t, err)
			require.Equal(t, c.whole, whole)
			require.Len(t, got, len(c.want))
			for i := range c.want {
				require.Empty(t, got[i].bad)
				if math.IsNaN(c.want[i].Value) {
					require.True(t, math.IsNaN(got[i].Value))
					got[i].Value, c.want[i].Value = 0, 0
				}
				require.Equal(t, c.want[i], got[i])
			}
		})
	}
}

func TestScraperGoesOnAfterABadLine(t *testing.T) {
	for text, want := range map[string]string{
		"<html><body>":              "is not a metric with a value",
		"<b>some words</b>":         "is not a number",
		"m":                         "is not a metric with a value",
		"m ":                        "is not a metric with a value",
		"m{a=\"b\"}":                "no value",
		"m one":                     "is not a number",
		"m 1 soon":                  "is not a number of milliseconds",
		"m 1 9223372036854775807":   "beyond the year 2262",
		"m 1 1 1":                   "after the time",
		"m 0x1p3":                   "not a decimal number",
		"m{a=\"b\" 1":               "want a comma or a brace",
		"m{a=\"b} 1":                "is not closed",
		"m{a=b} 1":                  "is not quoted",
		"m{a} 1":                    "has no value",
		"m{=\"b\"} 1":               "is no label",
		"m{a=\"b\"c=\"d\"} 1":       "want a comma",
		"{a=\"b\"} 1":               "names no metric",
		"{\"\"} 1":                  "a name in quotes is empty",
		"m{\"a\"} 1":                "has no value",
		"m{a=\"\xff\"} 1":           "not UTF-8",
		"m\xff 1":                   "not UTF-8",
		strings.Repeat("x", 10<<20): "more than 65536 bytes",
		"m{" + strings.Repeat("a=\"b\",", 70) + "} 1": "more than 64 labels",
	} {
		got, whole, err := scrape(strings.NewReader("before 1\n"+text+"\nafter 2\n"), exposition.Text004)
		require.NoError(t, err)
		require.True(t, whole)
		require.Len(t, got, 3, "%.40q", text)
		require.Equal(t, of(1, "before"), got[0])
		require.Contains(t, got[1].bad, want, "%.40q", text)
		require.Less(t, len(got[1].bad), 300)
		require.Equal(t, of(2, "after"), got[2])
	}
}

func TestScraperTellsALineThatWasCut(t *testing.T) {
	got, _, err := scrape(strings.NewReader("m 1\nm 17"), exposition.Text004)
	require.NoError(t, err)
	require.Contains(t, got[1].bad, "cut in the middle")
	cause := errors.New("reset")
	got, whole, err := scrape(io.MultiReader(strings.NewReader("m 1\nm 17"), iotest.ErrReader(cause)), exposition.Text004)
	require.ErrorIs(t, err, cause)
	require.Len(t, got, 1)
	require.False(t, whole)
}

func TestDialects(t *testing.T) {
	for _, d := range []exposition.Dialect{exposition.Text004, exposition.OpenMetrics10} {
		require.Equal(t, d, exposition.DialectOf(d.ContentType()))
	}
	require.Equal(t, exposition.Text004, exposition.DialectOf(""))
	require.Equal(t, exposition.Text004, exposition.DialectOf("text/html"))
	require.Equal(t, exposition.OpenMetrics10, exposition.DialectOf("application/openmetrics-text"))
}

func TestPage(t *testing.T) {
	families := []exposition.Family{
		{Metric: "node_load1", Samples: []exposition.FamilySample{{Value: 0.25}}},
		{Metric: "b_total", Kind: exposition.Counter, Help: "Bytes \\ and \"more\".", Samples: []exposition.FamilySample{{Labels: `dev="b\n"`, Value: 2}, {Labels: `dev="a"`, Value: 1}}},
		{Metric: "c_total", Kind: exposition.Counter, Samples: []exposition.FamilySample{{Value: -1}}},
		{Metric: "empty", Kind: exposition.Gauge},
	}
	var om, text bytes.Buffer
	require.NoError(t, exposition.WritePage(&om, exposition.OpenMetrics10, families))
	require.Equal(t, `# HELP b Bytes \\ and \"more\".
# TYPE b counter
b_total{dev="a"} 1
b_total{dev="b\n"} 2
# TYPE c_total unknown
c_total -1
# TYPE node_load1 unknown
node_load1 0.25
# EOF
`, om.String())
	require.NoError(t, exposition.WritePage(&text, exposition.Text004, families))
	require.Equal(t, `# HELP b_total Bytes \\ and "more".
# TYPE b_total counter
b_total{dev="a"} 1
b_total{dev="b\n"} 2
# TYPE c_total untyped
c_total -1
# TYPE node_load1 untyped
node_load1 0.25
`, text.String())
}

func TestAPageLeavesOutWhatCannotBeRead(t *testing.T) {
	var b bytes.Buffer
	err := exposition.WritePage(&b, exposition.OpenMetrics10, []exposition.Family{
		{Metric: "m", Samples: []exposition.FamilySample{{Labels: `a="1"`, Value: 1}, {Labels: `a="1"`, Value: 2}, {Labels: `a-b="1"`}, {Labels: `a=`}, {Labels: `a="\xff"`}, {Labels: `a="1",a="2"`}}},
		{Metric: "m", Samples: []exposition.FamilySample{{Value: 3}}},
		{Metric: "m x", Samples: []exposition.FamilySample{{Value: 3}}},
	})
	require.ErrorIs(t, err, exposition.ErrSyntax)
	require.Len(t, strings.Split(err.Error(), "\n"), 7, "%v", err)
	require.Equal(t, "# TYPE m unknown\nm{a=\"1\"} 1\n# EOF\n", b.String())
	cause := errors.New("gone")
	err = exposition.WritePage(failing{cause}, exposition.Text004, []exposition.Family{{Metric: "m", Samples: []exposition.FamilySample{{Value: 3}}}})
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, exposition.ErrSyntax)
}

func TestKindOf(t *testing.T) {
	require.Equal(t, exposition.Gauge, exposition.KindOf("purefa_info"))
	require.Equal(t, exposition.Counter, exposition.KindOf("node_cpu_seconds_total"))
	require.Equal(t, exposition.Untyped, exposition.KindOf("node_load1"))
}

// FuzzScrape: whatever a server sends is read to its end, and what was read
// fits the writer: a page of it is read back to the same samples.
func FuzzScrape(f *testing.F) {
	f.Add("# TYPE m gauge\nm{a=\"b\",} 1e3\nn 2 5 # {a=\"b\"} 1\n# EOF\n", true)
	f.Add("{\"a.b\",c=\"d\\q\"} NaN 17\nm\t{ } +Inf\n<html>\n", false)
	f.Fuzz(func(t *testing.T, text string, open bool) {
		d := exposition.Text004
		if open {
			d = exposition.OpenMetrics10
		}
		all, _, err := scrape(strings.NewReader(text), d)
		require.NoError(t, err)
		var families []exposition.Family
		for _, one := range all {
			if one.bad == "" {
				require.LessOrEqual(t, len(one.Labels), exposition.MaxLabels)
				families = append(families, exposition.Family{Metric: one.Metric, Samples: []exposition.FamilySample{{Labels: localmon.JoinLabels(one.Labels), Value: one.Value}}})
			}
		}
		var page bytes.Buffer
		if exposition.WritePage(&page, d, families) != nil {
			return // names that a page does not take, or the same twice
		}
		again, whole, err := scrape(&page, d)
		require.NoError(t, err)
		require.True(t, whole)
		require.Len(t, again, len(families))
		for _, one := range again {
			require.Empty(t, one.bad)
			n := 0
			for _, f := range families {
				s := f.Samples[0]
				if f.Metric == one.Metric && s.Labels == localmon.JoinLabels(one.Labels) && math.Float64bits(s.Value) == math.Float64bits(one.Value) {
					n++
				}
			}
			require.Equal(t, 1, n, "%v", one)
		}
	})
}
