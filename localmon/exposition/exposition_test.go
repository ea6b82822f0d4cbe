package exposition_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

func key(target, metric string, labels ...string) localmon.SeriesKey {
	return localmon.SeriesKey{Target: target, Metric: metric, Labels: localmon.FormatLabels(labels...)}
}

func sample(k localmon.SeriesKey, at time.Time, value float64) exposition.Sample {
	return exposition.Sample{Key: k, At: at, Value: value}
}

func in(u localmon.Unit, s exposition.Sample) exposition.Sample {
	s.Unit = u
	return s
}

func write(t testing.TB, f exposition.Format, samples []exposition.Sample) []byte {
	t.Helper()
	var b bytes.Buffer
	w := exposition.NewWriter(&b, f)
	for _, s := range samples {
		require.NoError(t, w.Write(s))
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func parse(text string, f exposition.Format, target string) (samples []exposition.Sample, p *exposition.Parser, err error) {
	p = exposition.NewParser(strings.NewReader(text), f, exposition.Options{Target: target})
	for s, err := range p.Samples() {
		if err != nil {
			return samples, p, err
		}
		samples = append(samples, s)
	}
	return samples, p, nil
}

// same compares to the bit, which NaN and -0 need.
func same(t testing.TB, want, got []exposition.Sample) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i].Key, got[i].Key)
		require.Equal(t, want[i].Unit, got[i].Unit, "unit of sample %d", i)
		require.Equal(t, want[i].At.UnixNano(), got[i].At.UnixNano(), "time of sample %d", i)
		require.Equal(t, math.Float64bits(want[i].Value), math.Float64bits(got[i].Value), "value of sample %d: %v, %v", i, want[i].Value, got[i].Value)
	}
}

var hard = []exposition.Sample{
	{Key: key("kit", "node_load1"), At: time.Unix(1763820000, 500_000_000), Value: 0.25},
	{Key: key("kit", "node_load1"), At: time.Unix(1763820030, 0), Value: math.Copysign(0, -1)},
	{Key: key("fa-prod-1", "purefa_array_space_bytes", "space", "capacity"), Unit: "bytes", At: time.Unix(1763820000, 1), Value: math.MaxFloat64},
	{Key: key("fa-prod-1", "purefa_array_space_bytes", "space", "capacity"), Unit: "bytes", At: time.Unix(1763820000, 123_456_789), Value: math.SmallestNonzeroFloat64},
	{Key: key("fa-prod-1", "purefa_array_space_bytes", "space", "empty"), Unit: "bytes", At: time.Unix(1763820000, 0), Value: 7},
	{Key: key("fa-prod-1", "a:b", "x", "quote \" back \\ line\nend, comma", "y", ""), At: time.Unix(0, 0), Value: math.NaN()},
	{Key: key("fa-prod-1", "a:b", "x", "{}é 漢\t"), At: time.Unix(-1, 999_000_000), Value: math.Inf(1)},
	{Key: key(`a "quoted", target`, "up"), At: time.Unix(0, -math.MaxInt64), Value: math.Inf(-1)},
	{Key: key(`back\slash`, "up"), At: time.Unix(0, math.MaxInt64), Value: 1e-300},
	{Key: key("kit", "work_seconds_total"), Unit: "seconds", At: time.Unix(1763820000, 0), Value: 1},
	{Key: key("kit", "work"), Unit: "parsecs_per_second", At: time.Unix(1763820000, 0), Value: 2},
}

func TestGolden(t *testing.T) {
	for f, file := range map[exposition.Format]string{exposition.OpenMetrics: "hard.txt", exposition.CSV: "hard.csv"} {
		path := filepath.Join("testdata", file)
		got := write(t, f, hard)
		if *update {
			require.NoError(t, os.WriteFile(path, got, 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		require.Equal(t, f, exposition.Detect(got))
		samples, p, err := parse(string(want), f, "")
		require.NoError(t, err)
		same(t, hard, samples)
		require.True(t, p.Whole())
		require.EqualValues(t, len(want), p.Offset())
		require.EqualValues(t, bytes.Count(want, []byte("\n")), p.Line())
	}
}

func TestEveryBitComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	var samples []exposition.Sample
	for i := range 3000 {
		samples = append(samples, exposition.Sample{
			Key: key("t", "m", "i", fmt.Sprint(i%7)), At: time.Unix(0, int64(r.Uint64()|1)),
			Value: math.Float64frombits(r.Uint64()),
		})
	}
	for _, bits := range []uint64{0x7ff0000000000002, 0x7ff8000000000001, 0xfff8000000000000, 0x7fffffffffffffff} {
		samples = append(samples, exposition.Sample{Key: key("t", "nan"), At: time.Unix(1, 0), Value: math.Float64frombits(bits)})
	}
	back, _, err := parse(string(write(t, exposition.CSV, samples)), exposition.CSV, "")
	require.NoError(t, err)
	same(t, samples, back)
	for i := range samples {
		if math.IsNaN(samples[i].Value) { // OpenMetrics has one NaN
			samples[i].Value = math.NaN()
		}
	}
	back, _, err = parse(string(write(t, exposition.OpenMetrics, samples)), exposition.OpenMetrics, "")
	require.NoError(t, err)
	same(t, samples, back)
}

// What other programs write and the writer never would.
func TestForeignSpellings(t *testing.T) {
	at := func(sec, nano int64) time.Time { return time.Unix(sec, nano) }
	m := key("site", "m")
	cases := []struct {
		name, text string
		want       []exposition.Sample
	}{
		{"metadata, comments, empty lines", "# HELP m what it is\n# TYPE m gauge\n\n# a remark\n#UNIT m bytes\n# UNIT m  bytes\n# UNIT m KiB\n# UNIT m\nm 1 5\n# EOF\n", []exposition.Sample{sample(m, at(5, 0), 1)}},
		{"no line feed after the end", "m 1 5\n# EOF", []exposition.Sample{sample(m, at(5, 0), 1)}},
		{"carriage returns", "m 1 5\r\n# EOF\r\n", []exposition.Sample{sample(m, at(5, 0), 1)}},
		{"exemplar", "m_bucket{le=\"+Inf\"} 3 5.5 # {trace_id=\"}x\"} 0.67 4\n", []exposition.Sample{sample(key("site", "m_bucket", "le", "+Inf"), at(5, 500_000_000), 3)}},
		{"empty braces, comma at the end", "m{} 1 5\nm{a=\"b\",} 2 5\n", []exposition.Sample{sample(m, at(5, 0), 1), sample(key("site", "m", "a", "b"), at(5, 0), 2)}},
		{"labels in another order", "m{b=\"2\",a=\"1\"} 1 5\n", []exposition.Sample{sample(key("site", "m", "a", "1", "b", "2"), at(5, 0), 1)}},
		{"target inside", "m{b=\"2\",darksite_target=\"site\"} 1 5\n", []exposition.Sample{sample(key("site", "m", "b", "2"), at(5, 0), 1)}},
		{"values", "m +1.5e3 1\nm inf 1\nm -INF 1\nm .5 1\nm 5. 1\nm +Infinity 1\n", []exposition.Sample{
			sample(m, at(1, 0), 1500), sample(m, at(1, 0), math.Inf(1)), sample(m, at(1, 0), math.Inf(-1)), sample(m, at(1, 0), 0.5), sample(m, at(1, 0), 5), sample(m, at(1, 0), math.Inf(1)),
		}},
		{"times", "m 1 1.520879607789e+09\nm 1 1520879607.7890000001\nm 1 -0.25\nm 1 5E-9\nm 1 00\nm 1 1e-400\n", []exposition.Sample{
			sample(m, at(1520879607, 789_000_000), 1), sample(m, at(1520879607, 789_000_000), 1), sample(m, at(0, -250_000_000), 1), sample(m, at(0, 5), 1), sample(m, at(0, 0), 1), sample(m, at(0, 0), 1),
		}},
		{"csv, quoted throughout", "target,metric,labels,time,value\n\"site\",\"m\",\"a=\"\"b,c\"\"\",\"2025-11-22T14:00:00+01:00\",\"1\"\nsite,m,\"a=\"\"b,c\"\"\",\"2025-11-22T13:00:00Z\",\"2\"\n\"site\",\"m\",\"a=\"\"b,c\"\"\",\"2025-11-22T14:00:00+01:00\",\"3\"\n", []exposition.Sample{
			sample(key("site", "m", "a", "b,c"), at(1763816400, 0), 1), sample(key("site", "m", "a", "b,c"), at(1763816400, 0), 2), sample(key("site", "m", "a", "b,c"), at(1763816400, 0), 3),
		}},
		{"csv without target", "target,metric,labels,time,value\r\n,m,,2025-11-22T13:00:00Z,1\r\n", []exposition.Sample{sample(m, at(1763816400, 0), 1)}},
		{"a unit", "# TYPE m_bytes counter\n# UNIT m_bytes bytes\nm_bytes_total 1 5\nm_bytes_sum 1 5\nm_bytes_count 1 5\n", []exposition.Sample{
			in("bytes", sample(key("site", "m_bytes_total"), at(5, 0), 1)), in("bytes", sample(key("site", "m_bytes_sum"), at(5, 0), 1)), sample(key("site", "m_bytes_count"), at(5, 0), 1),
		}},
		{"a unit that the name does not end with", "# HELP m unit: percent\n# HELP n A unit: percent\nm 1 5\nn 1 5\n", []exposition.Sample{
			in("percent", sample(m, at(5, 0), 1)), sample(key("site", "n"), at(5, 0), 1),
		}},
		{"csv with a unit", "target,metric,labels,unit,time,value\n\"\",m,,\"percent\",2025-11-22T13:00:00Z,1\n,n,,,2025-11-22T13:00:00Z,1\n", []exposition.Sample{
			in("percent", sample(m, at(1763816400, 0), 1)), sample(key("site", "n"), at(1763816400, 0), 1),
		}},
		{"csv without samples", "target,metric,labels,time,value\n", nil},
		{"nothing", "# EOF\n", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := parse(c.text, exposition.Detect([]byte(c.text)), "site")
			require.NoError(t, err)
			same(t, c.want, got)
		})
	}
}

func TestRefusals(t *testing.T) {
	const head = "target,metric,labels,time,value\n"
	row := func(s string) string { return head + s + "\n" }
	cases := []struct {
		name, text string
		line       int64
		want       string
	}{
		{"no time", "m 1 1\nm 1\n", 2, `a sample of "m" without a time`},
		{"exemplar instead of a time", "m 1 # {a=\"b\"} 1\n", 1, "without a time"},
		{"no value", "m\n", 1, "not a metric with value and time"},
		{"a binary file", "\x7fELF\x02\x01\x00\x00 1 1\n", 1, "is no name of a metric"},
		{"cut in a number", "m 1 1\nm 1 17", 2, "cut in the middle"},
		{"text after the end", "m 1 1\n# EOF\nm 1 2\n", 3, `text after "# EOF"`},
		{"two ends", "# EOF\n# EOF\n", 2, "a second"},
		{"milliseconds", "m 1 1395066363000\n", 1, "seconds, not milliseconds"},
		{"time in words", "m 1 now\n", 1, "is not a number of seconds"},
		{"time with two points", "m 1 1.2.3\n", 1, "is not a number of seconds"},
		{"time with an endless exponent", "m 1 1e99999999\n", 1, "is not a number of seconds"},
		{"time NaN", "m 1 NaN\n", 1, "is not a number of seconds"},
		{"hexadecimal", "m 0x1p4 1\n", 1, "not a decimal number"},
		{"underscore", "m 1_0 1\n", 1, "not a decimal number"},
		{"too large", "m 1e999 1\n", 1, "larger than a number of 64 bits"},
		{"words", "m one 1\n", 1, "is not a number"},
		{"bits of a NaN", "m NaN:7ff8000000000002 1\n", 1, "is not a number"},
		{"open braces", "m{a=\"b\" 1 1\n", 1, "are not closed"},
		{"open quote", "m{a=\"b} 1 1\n", 1, "are not closed"},
		{"no comma", "m{a=\"b\"c=\"d\"} 1 1\n", 1, "want a comma"},
		{"twice the label", "m{a=\"b\",a=\"c\"} 1 1\n", 1, "the label a is given twice"},
		{"twice the target", "m{darksite_target=\"b\",darksite_target=\"b\"} 1 1\n", 1, "given twice"},
		{"name of a label", "m{0a=\"b\"} 1 1\n", 1, "is no name of a label"},
		{"name of a metric", "m-x 1 1\n", 1, "is no name of a metric"},
		{"escape", "m{a=\"\\x\"} 1 1\n", 1, "a backslash"},
		{"not UTF-8", "m{a=\"\xff\"} 1 1\n", 1, "not UTF-8"},
		{"no space", "m{a=\"b\"}1 1\n", 1, "want a space"},
		{"more after the time", "m 1 1 1\n", 1, "after the time"},
		{"another target", "m{darksite_target=\"other\"} 1 1\n", 1, `is of the target "other", not of "site"`},
		{"a long line", "m 1 1\nm{a=\"" + strings.Repeat("x", exposition.MaxLine) + "\"} 1 1\n", 2, "more than 65536 bytes"},
		{"long labels", "m{a=\"" + strings.Repeat("x", exposition.MaxText) + "\"} 1 1\n", 1, "bytes, at most 64 of 24576"},
		{"many labels", "m{" + strings.Repeat("a=\"b\",", 70) + "} 1 1\n", 1, "more than 64 labels"},
		{"csv: columns", row("site,m,1"), 2, "3 columns"},
		{"csv: many columns", row("site,m,,2025-11-22T13:00:00Z,1,2,3,4"), 2, "more columns than"},
		{"csv: six columns", row("site,m,,2025-11-22T13:00:00Z,1,2"), 2, "6 columns, want 5 as in the first line"},
		{"csv: five of six columns", "target,metric,labels,unit,time,value\nsite,m,,2025-11-22T13:00:00Z,1\n", 2, "5 columns, want 6"},
		{"csv: unit", "target,metric,labels,unit,time,value\nsite,m,,GiB/s,2025-11-22T13:00:00Z,1\n", 2, "the unit \"GiB/s\" is not a word"},
		{"csv: labels", row("site,m,a=b,2025-11-22T13:00:00Z,1"), 2, "are not name="},
		{"csv: open quote", row("site,m,\"a,2025-11-22T13:00:00Z,1"), 2, "a quote is not closed"},
		{"csv: stray quote", row("site,m\"x\",,2025-11-22T13:00:00Z,1"), 2, "a quote inside of the field"},
		{"csv: after a quote", row("site,\"m\"x,,2025-11-22T13:00:00Z,1"), 2, "after a closed quote"},
		{"csv: time", row("site,m,,1763816400,1"), 2, "not one of RFC 3339"},
		{"csv: comma in the time", row("site,m,,\"2025-11-22T13:00:00,5Z\",1"), 2, "not one of RFC 3339"},
		{"csv: far time", row("site,m,,2525-11-22T13:00:00Z,1"), 2, "after 2262"},
		{"csv: value", row("site,m,,2025-11-22T13:00:00Z,"), 2, "no value"},
		{"csv: bits", row("site,m,,2025-11-22T13:00:00Z,NaN:3ff0000000000000"), 2, "not the bits of a NaN"},
		{"csv: control in the target", row("si\x01te,m,,2025-11-22T13:00:00Z,1"), 2, "no plain text"},
		{"csv: cut", head + "site,m,,2025-11-22T13:00:00Z,1", 2, "cut in the middle"},
		{"csv: empty line", row(""), 2, "1 columns"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			target := "site"
			if strings.HasPrefix(c.name, "csv: control") {
				target = ""
			}
			_, _, err := parse(c.text, exposition.Detect([]byte(c.text)), target)
			require.ErrorIs(t, err, exposition.ErrSyntax)
			require.ErrorContains(t, err, c.want)
			var at *exposition.Error
			require.ErrorAs(t, err, &at)
			require.Equal(t, c.line, at.Line)
			require.Less(t, len(err.Error()), 400, "foreign text does not fill the error")
		})
	}
	_, _, err := parse("", exposition.CSV, "site")
	require.ErrorContains(t, err, "line 1: not in the format: the file is empty")
	_, _, err = parse("metric,value\n", exposition.CSV, "site")
	require.ErrorContains(t, err, "line 1: not in the format: the first line is")
	_, _, err = parse("m 1 1\n", exposition.OpenMetrics, "")
	require.ErrorIs(t, err, exposition.ErrNoTarget)
	require.ErrorIs(t, err, exposition.ErrSyntax)
}

func TestMissingEndIsTold(t *testing.T) {
	got, p, err := parse("m 1 1\n", exposition.OpenMetrics, "site")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.False(t, p.Whole())
}

func TestReaderFails(t *testing.T) {
	cause := errors.New("medium removed")
	p := exposition.NewParser(io.MultiReader(strings.NewReader("m 1 1\nm 1 2\n"), iotest.ErrReader(cause)), exposition.OpenMetrics, exposition.Options{Target: "site"})
	n := 0
	var last error
	for _, err := range p.Samples() {
		if err == nil {
			n++
		}
		last = err
	}
	require.Equal(t, 2, n)
	require.ErrorIs(t, last, cause)
	require.NotErrorIs(t, last, exposition.ErrSyntax)
}

func TestWriterRefusesAndGoesOn(t *testing.T) {
	var b bytes.Buffer
	w := exposition.NewWriter(&b, exposition.OpenMetrics)
	at := time.Unix(1, 0)
	bad := []exposition.Sample{
		sample(key("", "m"), at, 1),
		sample(key("t\x00", "m"), at, 1),
		sample(key("t", "m x"), at, 1),
		sample(key("t", ""), at, 1),
		sample(key("t", "m", "a-b", "c"), at, 1),
		sample(key("t", "m", exposition.TargetLabel, "c"), at, 1),
		sample(key("t", "m", "a", "\xff"), at, 1),
		sample(localmon.SeriesKey{Target: "t", Metric: "m", Labels: "a"}, at, 1),
		sample(key("t", "m", "a", strings.Repeat("x", exposition.MaxText)), at, 1),
		in("per cent", sample(key("t", "m"), at, 1)),
		sample(key("t", "m"), time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), 1),
	}
	for _, s := range bad {
		require.ErrorIs(t, w.Write(s), exposition.ErrSyntax, "%v", s)
	}
	require.NoError(t, w.Write(exposition.Sample{Key: key("t", "m"), At: at, Value: 1}))
	require.NoError(t, w.Close())
	require.Equal(t, "m{darksite_target=\"t\"} 1 1\n# EOF\n", b.String())
}

func TestWriterSaysWhatFails(t *testing.T) {
	cause := errors.New("disk full")
	w := exposition.NewWriter(failing{cause}, exposition.CSV)
	var err error
	for i := 0; i < 10_000 && err == nil; i++ {
		err = w.Write(exposition.Sample{Key: key("t", "m"), At: time.Unix(1, 0), Value: 1})
	}
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, w.Close(), cause)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The spellings that are remembered do not grow with the text.
func TestManySeriesKeepMemoryBounded(t *testing.T) {
	lines := 0
	text := readerFunc(func(b []byte) (int, error) {
		if lines == 100_000 {
			return 0, io.EOF
		}
		lines++
		return copy(b, fmt.Appendf(nil, "m{a=\"%0300d\"} 1 1\n", lines)), nil
	})
	p := exposition.NewParser(text, exposition.OpenMetrics, exposition.Options{Target: "t"})
	n, most := 0, 0
	for _, err := range p.Samples() {
		require.NoError(t, err)
		n++
		most = max(most, p.Remembered())
	}
	require.Equal(t, 100_000, n)
	require.Less(t, most, 30_000)
	require.Greater(t, most, 1)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func FuzzOpenMetrics(f *testing.F) {
	f.Add(string(write(f, exposition.OpenMetrics, hard)))
	f.Add("# HELP m x\nm{a=\"b\",} 1e3 1.5e9 # {a=\"b\"} 1\n# EOF")
	f.Add("# UNIT m_bytes bytes\n# HELP n unit: percent\nm_bytes_total{darksite_target=\"t\"} 1 5\nn{darksite_target=\"t\"} 1 5\n")
	fuzz(f, exposition.OpenMetrics)
}

func FuzzCSV(f *testing.F) {
	f.Add(string(write(f, exposition.CSV, hard)))
	f.Add("target,metric,labels,time,value\n\"t\",m,\"a=\"\"b\"\"\",\"2025-11-22T13:00:00Z\",NaN:7ff0000000000002\n")
	f.Add("target,metric,labels,unit,time,value\nt,m,,per_second,2025-11-22T13:00:00Z,1\n")
	f.Add("target,metric,labels,time,value\nt,m,a=`b`,2025-11-22T13:00:00.123456789123Z,-0\n")
	fuzz(f, exposition.CSV)
}

// fuzz: what parses is written, and what was written parses to the same samples
// and is written to the same bytes.
func fuzz(f *testing.F, format exposition.Format) {
	f.Fuzz(func(t *testing.T, text string) {
		samples, _, err := parse(text, format, "")
		if err != nil {
			require.ErrorIs(t, err, exposition.ErrSyntax)
			return
		}
		once := write(t, format, samples)
		again, p, err := parse(string(once), format, "")
		require.NoError(t, err)
		require.True(t, p.Whole())
		same(t, samples, again)
		require.Equal(t, string(once), string(write(t, format, again)))
	})
}

func BenchmarkParse(b *testing.B) {
	var samples []exposition.Sample
	for i := range 10_000 {
		samples = append(samples, exposition.Sample{Key: key("fa-prod-1", "purefa_volume_performance_latency_usec", "dimension", "usec_per_read_op", "name", fmt.Sprint("vol-", i/100)), At: time.Unix(1763820000+int64(i)*30, 0), Value: float64(i) / 7})
	}
	for _, f := range []exposition.Format{exposition.OpenMetrics, exposition.CSV} {
		text := string(write(b, f, samples))
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := parse(text, f, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("write/"+string(f), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				w := exposition.NewWriter(io.Discard, f)
				for _, s := range samples {
					if err := w.Write(s); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
