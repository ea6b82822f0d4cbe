package filedrop_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/filedrop"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const header = "target,metric,labels,time,value\n"

func row(after time.Duration, metric string, v float64) string {
	return fmt.Sprintf(",%s,,%s,%g\n", metric, at.Add(after).Format(time.RFC3339), v)
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

// sealed drops a file with its sidecar.
func sealed(t *testing.T, dir, name, text string) {
	t.Helper()
	put(t, dir, name, text)
	put(t, dir, name+".sha256", fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(text)), name))
}

func made(t *testing.T, dir string, change ...func(*filedrop.Options)) *filedrop.Source {
	t.Helper()
	o := filedrop.Options{Target: "fa1", Dir: dir}
	for _, f := range change {
		f(&o)
	}
	s, err := filedrop.New(o)
	require.NoError(t, err)
	return s
}

func past(t *testing.T, s *filedrop.Source, now time.Time) []localmon.Batch {
	t.Helper()
	var all []localmon.Batch
	for b, err := range s.Past(t.Context(), now) {
		require.NoError(t, err)
		require.NoError(t, sourcetest.Check(b, "fa1", b.At))
		all = append(all, b)
	}
	return all
}

func collect(t *testing.T, s *filedrop.Source, now time.Time) (localmon.Batch, error) {
	t.Helper()
	b, err := s.Collect(t.Context(), now)
	if err == nil {
		require.NoError(t, sourcetest.Check(b, "fa1", now))
	}
	return b, err
}

func value(b localmon.Batch, metric string) (float64, bool) {
	for _, s := range b.Samples {
		if s.Key.Metric == metric {
			return s.Value, true
		}
	}
	return 0, false
}

func partial(b localmon.Batch) string {
	var all []string
	for _, p := range b.Partial {
		all = append(all, p.Endpoint+": "+p.Err.Error())
	}
	return strings.Join(all, "\n")
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			all = append(all, e.Name())
		}
	}
	return all
}

// waits are the files that still lie in the folder itself.
func waits(t *testing.T, dir string) []string {
	return slices.DeleteFunc(names(t, dir), func(n string) bool { return n == "done" || n == "refused" })
}

const looks = `{"darksite_drop": 1, "target": "fa1", "looks": [
 {"at": "2026-11-22T11:59:00Z",
  "array": {"name": "fa1", "kind": "flasharray", "version": "6.6.3"},
  "samples": [{"metric": "a", "labels": {"x": "1"}, "value": 1.5}, {"metric": "n", "value": null}],
  "states": [{"type": "drive", "component": "CH0.BAY7", "status": "failed", "detail": "SSD"}, {"type": "drive", "component": "CH0.BAY8", "status": "healthy"}],
  "alerts": [{"id": "98ff", "code": 60, "severity": "critical", "component": "CH0.BAY7", "issue": "failure"}]},
 {"at": "2026-11-22T11:58:00Z", "samples": [{"metric": "a", "labels": {"x": "1"}, "value": 1}], "alerts": []}
]}`

func TestSource(t *testing.T) {
	daily := func(o *filedrop.Options) { o.MaxAge = 2 * time.Hour }
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fa1", Now: at,
		New: func(t *testing.T) localmon.Source {
			dir := t.TempDir()
			sealed(t, dir, "looks.json", looks)
			return made(t, dir, daily)
		},
		Partial: func(t *testing.T) localmon.Source {
			dir := t.TempDir()
			sealed(t, dir, "looks.json", looks)
			sealed(t, dir, "bad.json", "{")
			return made(t, dir, daily)
		},
		Gone: func(t *testing.T) localmon.Source { return made(t, filepath.Join(t.TempDir(), "absent")) },
	})
}

func TestLooksOfJSON(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "looks.json", looks)
	s := made(t, dir)
	all := past(t, s, at)
	require.Len(t, all, 2)
	require.Equal(t, at.Add(-2*time.Minute), all[0].At, "in order of time, with the times of the data")
	require.True(t, all[0].AlertsRead)
	require.Empty(t, all[0].Alerts)
	require.Len(t, all[1].States, 2)
	b, err := collect(t, s, at)
	require.NoError(t, err)
	require.Empty(t, b.Partial)
	require.Equal(t, at.Add(-time.Minute), b.TargetAt)
	require.Equal(t, "6.6.3", b.Info.Version)
	v, ok := value(b, "a")
	require.True(t, ok)
	require.Equal(t, 1.5, v, "the newest")
	require.Equal(t, localmon.HealthCritical, b.States[0].Health)
	require.Equal(t, localmon.HealthOK, b.States[1].Health)
	require.True(t, b.AlertsRead)
	require.Equal(t, "open", b.Alerts[0].State)
	require.Empty(t, waits(t, dir))
	require.Len(t, names(t, filepath.Join(dir, "done")), 2, "the file and its sidecar")
	newest, _ := value(b, "localmon_drop_newest_timestamp_seconds")
	require.Equal(t, float64(at.Add(-time.Minute).Unix()), newest)
}

func TestTextsGiveThePast(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":  header + row(-time.Minute, "b", 2) + row(-2*time.Minute, "b", 1) + row(-time.Minute, "a", 3) + row(-time.Minute, "a", 9) + row(0, "NaN_is_none", 0),
		"a.prom": fmt.Sprintf("b 2 %d\nb 1 %d\na 3 %d\na 9 %[1]d\nN 0 %[1]d\n# EOF\n", at.Add(-time.Minute).Unix(), at.Add(-2*time.Minute).Unix(), at.Add(-time.Minute).Unix()),
	} {
		dir := t.TempDir()
		sealed(t, dir, name, text)
		s := made(t, dir)
		all := past(t, s, at)
		require.Len(t, all, 2, name)
		require.Equal(t, at.Add(-2*time.Minute), all[0].At)
		v, _ := value(all[1], "a")
		require.Equal(t, 3.0, v, "of two the first counts")
		b, err := collect(t, s, at)
		require.NoError(t, err)
		require.Contains(t, partial(b), "1 samples have names the kit does not keep", name)
	}
}

func TestAFileIsTakenWhenItIsComplete(t *testing.T) {
	dir := t.TempDir()
	s := made(t, dir)
	text := header + row(-time.Minute, "a", 1)
	for _, name := range []string{"a.csv.part", "b.csv.tmp", "c.csv~", ".d.csv", "e.csv.PARTIAL", "f.crdownload"} {
		put(t, dir, name, text)
	}
	put(t, dir, "slow.csv", header)
	require.Empty(t, past(t, s, at), "seen once")
	put(t, dir, "slow.csv", text)
	require.Empty(t, past(t, s, at.Add(time.Minute)), "it has grown")
	require.Empty(t, past(t, s, at.Add(80*time.Second)), "not long enough unchanged")
	require.Empty(t, past(t, s, at.Add(-time.Hour)), "the clock was set back: it begins anew")
	require.Len(t, past(t, s, at.Add(-time.Hour+30*time.Second)), 1)
	require.Len(t, waits(t, dir), 5, "what somebody is still writing is left alone")
}

func TestASidecarIsTheSureWay(t *testing.T) {
	dir := t.TempDir()
	s := made(t, dir)
	whole := header + row(-time.Minute, "a", 1)
	sealed(t, dir, "x.csv", whole)
	put(t, dir, "x.csv", header)
	require.Empty(t, past(t, s, at), "the file is on its way")
	require.Equal(t, []string{"x.csv", "x.csv.sha256"}, waits(t, dir))
	put(t, dir, "x.csv", whole)
	require.Len(t, past(t, s, at.Add(time.Second)), 1)

	sealed(t, dir, "y.csv", whole)
	put(t, dir, "y.csv", header+row(0, "a", 666))
	require.Empty(t, past(t, s, at))
	require.Empty(t, past(t, s, at.Add(time.Minute)))
	b, _ := collect(t, s, at.Add(time.Minute))
	require.Contains(t, partial(b), "y.csv: refused: its SHA-256 is")
	v, _ := value(b, "a")
	require.Equal(t, 1.0, v)

	put(t, dir, "z.csv", whole)
	strict := made(t, dir, func(o *filedrop.Options) { o.Sums = true })
	require.Empty(t, past(t, strict, at))
	require.Empty(t, past(t, strict, at.Add(time.Minute)))
	require.Contains(t, strings.Join(names(t, filepath.Join(dir, "refused")), " "), "z.csv.why.txt")
}

func TestWhatCannotBeReadIsRefusedWithTheReason(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.csv")
	require.NoError(t, os.WriteFile(outside, []byte(header+row(0, "secret", 1)), 0o600))
	for _, c := range []struct {
		name string
		make func(dir string)
		want string
	}{
		{"a link", func(dir string) { require.NoError(t, os.Symlink(outside, filepath.Join(dir, "a.csv"))) }, "no regular file"},
		{"a pipe", func(dir string) { require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "a.csv"), 0o600)) }, "no regular file"},
		{"an ending nobody knows", func(dir string) { sealed(t, dir, "a.xlsx", "x") }, `the ending ".xlsx" is of no format`},
		{"a file too large", func(dir string) {
			sealed(t, dir, "a.csv", "")
			require.NoError(t, os.Truncate(filepath.Join(dir, "a.csv"), 64<<20+1))
		}, "at most 67108864 are read"},
		{"an empty file", func(dir string) { sealed(t, dir, "a.csv", "") }, "the file is empty"},
		{"no samples", func(dir string) { sealed(t, dir, "a.csv", header) }, "it holds nothing"},
		{"only names that do not fit", func(dir string) { sealed(t, dir, "a.csv", header+row(0, "A:b", 1)) }, "none of its 1 samples"},
		{"a CSV that was cut", func(dir string) { sealed(t, dir, "a.csv", header+",a,,2026-11-22T12:00:00Z,1") }, "line 2"},
		{"a text that was cut", func(dir string) { sealed(t, dir, "a.prom", "a 1 1795348800\n") }, `its end ("# EOF") is missing`},
		{"a text without times", func(dir string) { sealed(t, dir, "a.prom", "a 1\n# EOF\n") }, "without a time"},
		{"another target", func(dir string) { sealed(t, dir, "a.csv", header+"fb2,a,,2026-11-22T12:00:00Z,1\n") }, `is of the target "fb2"`},
		{"JSON that was cut", func(dir string) { sealed(t, dir, "a.json", looks[:len(looks)-3]) }, "cut"},
		{"JSON of another target", func(dir string) { sealed(t, dir, "a.json", strings.Replace(looks, `"fa1"`, `"fa2"`, 1)) }, `it is of the target "fa2"`},
		{"JSON of another version", func(dir string) { sealed(t, dir, "a.json", strings.Replace(looks, `1,`, `2,`, 1)) }, "darksite_drop must be 1"},
		{"JSON with a key nobody knows", func(dir string) { sealed(t, dir, "a.json", strings.Replace(looks, `"alerts"`, `"alarms"`, 1)) }, `unknown field "alarms"`},
		{"JSON with something behind", func(dir string) { sealed(t, dir, "a.json", looks+"{}") }, "something follows"},
		{"JSON with a state twice", func(dir string) { sealed(t, dir, "a.json", strings.Replace(looks, "BAY8", "BAY7", 1)) }, "given twice"},
		{"JSON without a time", func(dir string) {
			sealed(t, dir, "a.json", strings.Replace(looks, `"at": "2026-11-22T11:59:00Z",`, "", 1))
		}, "without a time"},
		{"JSON of another form", func(dir string) { sealed(t, dir, "drives.json", `{"items":[]}`) }, "no decoder of other JSON"},
		{"JSON that is not UTF-8", func(dir string) { sealed(t, dir, "a.json", strings.Replace(looks, "SSD", "\xff", 1)) }, "not UTF-8"},
		{"JSON with an endless key", func(dir string) {
			sealed(t, dir, "a.json", strings.Replace(looks, "alerts", strings.Repeat("x", 100_000), 1))
		}, `unknown field "xxx`},
		{"no JSON", func(dir string) { sealed(t, dir, "a.json", "[1]") }, "it is no JSON object"},
		{"two looks at one time", func(dir string) { sealed(t, dir, "a.json", strings.Replace(looks, "11:58", "11:59", 1)) }, "two looks at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.make(dir)
			s := made(t, dir)
			require.Empty(t, past(t, s, at))
			require.Empty(t, past(t, s, at.Add(time.Minute)))
			b, err := collect(t, s, at.Add(time.Minute))
			require.ErrorIs(t, err, localmon.ErrUnreachable)
			require.Contains(t, partial(b), "refused: ")
			require.Contains(t, partial(b), c.want)
			require.Less(t, len(partial(b)), 1000)
			require.Empty(t, waits(t, dir))
			why := ""
			for _, n := range names(t, filepath.Join(dir, "refused")) {
				if strings.HasSuffix(n, ".why.txt") {
					text, err := os.ReadFile(filepath.Join(dir, "refused", n))
					require.NoError(t, err)
					why = string(text)
				}
			}
			require.Contains(t, why, c.want)
		})
	}
}

func TestNamesAreMadeHarmless(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "evil\x1b[31m\n"+strings.Repeat("é", 60)+".csv", header+row(-time.Minute, "a", 1))
	sealed(t, dir, "bad\x1b[31m.json", "{")
	s := made(t, dir)
	require.Len(t, past(t, s, at), 1)
	require.Empty(t, past(t, s, at.Add(time.Minute)))
	b, err := collect(t, s, at)
	require.NoError(t, err)
	all := append(names(t, filepath.Join(dir, "done")), names(t, filepath.Join(dir, "refused"))...)
	require.Len(t, all, 5)
	for _, n := range append(all, partial(b)) {
		require.NotContains(t, n, "\x1b")
	}
}

func TestAFileIsDoneOnlyWhenAllOfItWasKept(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "a.csv", header+row(-3*time.Minute, "a", 1)+row(-2*time.Minute, "a", 2)+row(-time.Minute, "a", 3))
	s := made(t, dir)
	kept := func(s *filedrop.Source, most int) (values []float64) {
		for b, err := range s.Past(t.Context(), at) {
			require.NoError(t, err)
			if len(values) == most {
				break // as a history does that cannot store
			}
			v, _ := value(b, "a")
			values = append(values, v)
		}
		return values
	}
	require.Equal(t, []float64{1}, kept(s, 1))
	require.NotEmpty(t, waits(t, dir))
	require.Equal(t, []float64{2}, kept(s, 1), "it goes on with what was not kept")
	again := made(t, dir) // as after a crash
	require.Equal(t, []float64{1, 2, 3}, kept(again, 9), "rather twice than never")
	require.Empty(t, waits(t, dir))
	require.Empty(t, kept(again, 9))
}

func TestTheSameContentIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	text := header + row(-time.Minute, "a", 1)
	sealed(t, dir, "a.csv", text)
	require.Len(t, past(t, made(t, dir), at), 1)
	sealed(t, dir, "copy.csv", text)
	s := made(t, dir)
	require.Empty(t, past(t, s, at), "also after a restart, under another name")
	require.Empty(t, waits(t, dir))

	// A crash after the last batch was kept and before the file was moved.
	crashed := t.TempDir()
	sealed(t, crashed, "a.csv", text)
	put(t, crashed, ".taken", fmt.Sprintf("%x\n", sha256.Sum256([]byte(text))))
	require.Empty(t, past(t, made(t, crashed), at))
	require.Empty(t, waits(t, crashed))
}

func TestNothingOldReadsAsOK(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "looks.json", looks)
	s := made(t, dir)
	past(t, s, at)
	b, err := collect(t, s, at.Add(13*time.Minute))
	require.NoError(t, err)
	require.NotEmpty(t, b.States)

	b, err = collect(t, s, at.Add(15*time.Minute))
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	require.ErrorContains(t, err, "the newest data is 16m0s old, of 2026-11-22T11:59:00Z; at most 15m0s stand for now")
	require.Empty(t, b.States)
	require.Empty(t, b.Samples)

	_, err = collect(t, s, at.Add(-time.Hour))
	require.ErrorContains(t, err, "in the future: compare the clocks")

	sealed(t, dir, "young.csv", header+row(14*time.Minute, "b", 1))
	past(t, s, at.Add(15*time.Minute))
	b, err = collect(t, s, at.Add(15*time.Minute))
	require.NoError(t, err)
	require.Empty(t, b.States, "one young number makes no old state true")
	require.False(t, b.AlertsRead)
	require.Contains(t, partial(b), `the states of "drive" are 16m0s old and are left out`)
	require.Contains(t, partial(b), "1 series are more than 15m0s old and are left out")
	_, ok := value(b, "a")
	require.False(t, ok)
}

func TestARestartDoesNotBlind(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "looks.json", looks)
	past(t, made(t, dir), at)
	b, err := collect(t, made(t, dir), at)
	require.NoError(t, err)
	require.Len(t, b.States, 2)
}

func TestOlderFilesDoNotPushNewerValuesAside(t *testing.T) {
	dir := t.TempDir()
	s := made(t, dir)
	sealed(t, dir, "a.csv", header+row(-time.Minute, "a", 2))
	past(t, s, at)
	sealed(t, dir, "b.csv", header+row(-5*time.Minute, "a", 1))
	require.Len(t, past(t, s, at), 1)
	b, err := collect(t, s, at)
	require.NoError(t, err)
	v, _ := value(b, "a")
	require.Equal(t, 2.0, v)
}

func TestRepliesOfAnArrayGoToTheirDecoder(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "drives.json", `{"items":[{"name":"CH0.BAY0"}]}`)
	sealed(t, dir, "hosts.json", `{"items":[]}`)
	decode := func(o *filedrop.Options) {
		o.Decode = func(name string, body []byte, modified time.Time) (localmon.Batch, error) {
			if name != "drives.json" {
				return localmon.Batch{}, errors.New("nothing in it")
			}
			require.False(t, modified.IsZero())
			require.Contains(t, string(body), "CH0.BAY0")
			return localmon.Batch{At: at, States: []localmon.ComponentState{{Type: "drive", Component: "CH0.BAY0", Status: "healthy", Health: localmon.HealthOK}}}, nil
		}
	}
	s := made(t, dir, decode)
	require.Len(t, past(t, s, at), 1)
	b, err := collect(t, s, at)
	require.NoError(t, err)
	require.Len(t, b.States, 1)
	require.Contains(t, partial(b), "hosts.json: refused: nothing in it")

	b, err = collect(t, made(t, dir, decode), at)
	require.NoError(t, err, "after a restart the file in done/ goes to its decoder under the name it came with")
	require.Len(t, b.States, 1)
}

func TestTheKitsOwnSeriesOfAnotherKitAreNotOurs(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "a.csv", header+row(-time.Minute, "localmon_source_up", 1)+row(-time.Minute, "a", 1))
	s := made(t, dir)
	past(t, s, at)
	b, err := collect(t, s, at)
	require.NoError(t, err)
	_, ok := value(b, "localmon_source_up")
	require.False(t, ok)
}

func TestDoneStaysBounded(t *testing.T) {
	dir := t.TempDir()
	done := filepath.Join(dir, "done")
	require.NoError(t, os.Mkdir(done, 0o700))
	for i := range 230 {
		name := fmt.Sprintf("20251122T12%04dZ-0123456789ab-old.csv", i)
		put(t, done, name, "old")
		put(t, done, name+".sha256", "old")
	}
	sealed(t, dir, "new.csv", header+row(-time.Minute, "a", 1))
	require.Len(t, past(t, made(t, dir), at), 1)
	left := names(t, done)
	require.Len(t, left, 400, "two hundred, each with its sidecar")
	require.Contains(t, left[len(left)-1], "new.csv", "the newest stay")
}

func TestWithoutPastFilesStay(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "a.csv", header+row(-time.Minute, "a", 1))
	s := made(t, dir)
	for range 2 {
		b, err := collect(t, s, at)
		require.NoError(t, err)
		v, _ := value(b, "a")
		require.Equal(t, 1.0, v)
		require.Len(t, waits(t, dir), 2)
	}
	require.Len(t, past(t, s, at), 1)
}

func TestPastEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "a.csv", header+row(-2*time.Minute, "a", 1)+row(-time.Minute, "a", 2))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	n := 0
	var last error
	for _, err := range made(t, dir).Past(ctx, at) {
		stop()
		n++
		last = err
	}
	require.Equal(t, 2, n)
	require.ErrorIs(t, last, context.Canceled)
	require.NotEmpty(t, waits(t, dir))
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []filedrop.Options{{}, {Target: "a"}, {Dir: "a"}, {Target: "a", Dir: "b", MaxAge: -1}, {Target: "a", Dir: "b", Settle: -1}} {
		_, err := filedrop.New(o)
		require.Error(t, err, "%+v", o)
	}
}
