package spool_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"darksite/localmon/spool"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func line(n int) spool.Line {
	return spool.Line{At: start.Add(time.Duration(n) * time.Second), From: "10.1.0.10:514", Severity: "info", Raw: fmt.Sprintf("line %d", n)}
}

func open(t *testing.T, dir string, o spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, o)
	require.NoError(t, err)
	return s
}

func all(t *testing.T, dir, channel string) []spool.Line {
	t.Helper()
	var lines []spool.Line
	for l, err := range spool.Read(t.Context(), dir, channel, time.Time{}, time.Time{}) {
		require.NoError(t, err)
		lines = append(lines, l)
	}
	return lines
}

func files(t *testing.T, dir, channel string) (names []string, bytes int64) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, channel))
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		names, bytes = append(names, e.Name()), bytes+info.Size()
	}
	return names, bytes
}

func TestWhatWasAppendedIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, dir, spool.Options{})
	want := []spool.Line{line(0), {At: start.Add(time.Millisecond)}, {At: start, From: "a", Raw: " two  spaces "}}
	for _, l := range want {
		require.NoError(t, s.Append("syslog", l))
	}
	require.NoError(t, s.Append("trap", line(9)))
	require.Equal(t, want, all(t, dir, "syslog"), "also while it is open")
	require.NoError(t, s.Sync())
	require.NoError(t, s.Close())
	s = open(t, dir, spool.Options{})
	require.NoError(t, s.Append("syslog", line(1)))
	require.NoError(t, s.Close())
	require.Equal(t, append(want, line(1)), all(t, dir, "syslog"))
	require.Equal(t, []spool.Line{line(9)}, all(t, dir, "trap"))

	channels, err := spool.Channels(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"syslog", "trap"}, channels)
	text, err := os.ReadFile(filepath.Join(dir, "syslog", "000000000001.log"))
	require.NoError(t, err)
	require.Equal(t, "2026-03-02T06:00:00.000Z 10.1.0.10:514 info line 0\n"+
		"2026-03-02T06:00:00.001Z - - \n2026-03-02T06:00:00.000Z a -  two  spaces \n"+
		"2026-03-02T06:00:01.000Z 10.1.0.10:514 info line 1\n", string(text))
}

func TestOnlyTheOwnerReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	require.NoError(t, os.Mkdir(dir, 0o755))
	s := open(t, dir, spool.Options{})
	defer s.Close()
	require.NoError(t, s.Append("syslog", line(0)))
	for path, want := range map[string]os.FileMode{"": 0o700, "syslog": 0o700, "syslog/000000000001.log": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), path)
	}
}

func TestOneMessageIsOneLine(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	defer s.Close()
	hostile := "a\nb\r\x00\x1b[31m\u202e\u2028\xff \\n \\x0a"
	require.NoError(t, s.Append("syslog", spool.Line{At: start, From: "a b\n", Severity: strings.Repeat("x", 1000), Raw: hostile}))
	require.NoError(t, s.Append("syslog", spool.Line{At: start, Raw: strings.Repeat("é", spool.MaxLine)}))
	require.NoError(t, s.Append("syslog", line(2)))
	lines := all(t, dir, "syslog")
	require.Len(t, lines, 3)
	require.Equal(t, `a_b\x0a`, lines[0].From)
	require.Less(t, len(lines[0].Severity), 200)
	require.Equal(t, `a\x0ab\x0d\x00\x1b[31m\xe2\x80\xae\xe2\x80\xa8\xff \n \x0a`, lines[0].Raw)
	require.True(t, strings.HasSuffix(lines[1].Raw, "…"))
	require.Equal(t, line(2), lines[2])
}

func TestAWindowHasItsLinesInOrder(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	defer s.Close()
	for _, n := range []int{5, 6, 7, 1, 2, 6, 8} { // the clock was set back once
		require.NoError(t, s.Append("syslog", line(n)))
	}
	var got []string
	for l, err := range spool.Read(t.Context(), dir, "syslog", line(2).At, line(7).At) {
		require.NoError(t, err)
		got = append(got, l.Raw)
	}
	require.Equal(t, []string{"line 5", "line 6", "line 2", "line 6"}, got)
	for range spool.Read(t.Context(), dir, "syslog", time.Time{}, time.Time{}) {
		break // a reader may stop early
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range spool.Read(ctx, dir, "syslog", time.Time{}, time.Time{}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestNothingThereIsNothingRead(t *testing.T) {
	dir := t.TempDir()
	require.Empty(t, all(t, filepath.Join(dir, "absent"), "syslog"))
	require.Empty(t, all(t, dir, "syslog"))
	names, err := spool.Channels(filepath.Join(dir, "absent"))
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestTheOldestFilesGo(t *testing.T) {
	dir := t.TempDir()
	const file, budget = 64 << 10, 200 << 10
	s := open(t, dir, spool.Options{FileBytes: file, Budget: budget})
	const lines = 400
	for i := range lines {
		l := line(i)
		l.Raw = strings.Repeat("x", 2000)
		require.NoError(t, s.Append("syslog", l))
		_, bytes := files(t, dir, "syslog")
		require.LessOrEqual(t, bytes, int64(budget))
	}
	require.NoError(t, s.Append("trap", line(0)))
	got := all(t, dir, "syslog")
	require.Greater(t, len(got), 60)
	require.Equal(t, line(lines-1).At, got[len(got)-1].At)
	for i, l := range got {
		require.Equal(t, line(lines-len(got)+i).At, l.At, "what is left has no gap")
	}
	removed := s.Counters().Removed
	require.NotZero(t, removed)
	require.Equal(t, uint64(lines+1), s.Counters().Lines)
	require.NoError(t, s.Close())

	s = open(t, dir, spool.Options{FileBytes: file, Budget: 2 * file})
	require.NoError(t, s.Append("syslog", line(lines)))
	_, bytes := files(t, dir, "syslog")
	require.LessOrEqual(t, bytes, int64(2*file), "a smaller budget holds at once")
	require.NoError(t, s.Close())
}

func TestATornLineIsTakenOff(t *testing.T) {
	for name, tail := range map[string]string{
		"a piece of a line":        "2026-03-02T06:00:05.000Z 10.1",
		"zeros after a power loss": strings.Repeat("\x00", 10_000),
		"much of nothing":          strings.Repeat("x", 3*spool.MaxLine),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, spool.Options{})
			require.NoError(t, s.Append("syslog", line(0)))
			require.NoError(t, s.Close())
			path := filepath.Join(dir, "syslog", "000000000001.log")
			add(t, path, tail)
			require.Equal(t, []spool.Line{line(0)}, all(t, dir, "syslog"), "it is not read")
			s = open(t, dir, spool.Options{})
			require.NoError(t, s.Append("syslog", line(1)))
			require.NoError(t, s.Close())
			require.Equal(t, []spool.Line{line(0), line(1)}, all(t, dir, "syslog"))
		})
	}
	t.Run("nothing but a torn line", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "syslog"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "syslog", "000000000001.log"), []byte("torn"), 0o600))
		s := open(t, dir, spool.Options{})
		require.NoError(t, s.Append("syslog", line(1)))
		require.NoError(t, s.Close())
		require.Equal(t, []spool.Line{line(1)}, all(t, dir, "syslog"))
	})
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestADamagedLineIsHandedOnAsText(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	require.NoError(t, s.Append("syslog", line(0)))
	add(t, filepath.Join(dir, "syslog", "000000000001.log"), "dam\x00aged\n\n"+strings.Repeat("y", 4*spool.MaxLine)+"\n")
	require.NoError(t, s.Append("syslog", line(1)))
	require.NoError(t, s.Close())
	got := all(t, dir, "syslog")
	require.Len(t, got, 5)
	require.Equal(t, spool.Line{At: start, Raw: `dam\x00aged`}, got[1])
	require.Equal(t, spool.Line{At: start}, got[2])
	require.LessOrEqual(t, len(got[3].Raw), spool.MaxLine)
	require.Equal(t, line(1), got[4])
}

func TestWhatIsNotASpoolFileIsLeftAlone(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	folder := filepath.Join(dir, "syslog")
	require.NoError(t, os.Mkdir(folder, 0o700))
	for _, name := range []string{"notes.txt", "1.log", "00000000000x.log"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("mine\n"), 0o600))
	}
	require.NoError(t, os.Symlink(filepath.Join(outside, "x"), filepath.Join(folder, "000000000003.log")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "trap")))
	s := open(t, dir, spool.Options{})
	require.NoError(t, s.Append("syslog", line(0)))
	require.ErrorContains(t, s.Append("trap", line(0)), "escapes")
	require.NoError(t, s.Close())
	require.Equal(t, []spool.Line{line(0)}, all(t, dir, "syslog"))
	names, _ := files(t, dir, "syslog")
	require.Len(t, names, 5)
	left, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAChannelHasAPlainName(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	defer s.Close()
	for _, name := range []string{"", "..", "a/b", "Syslog", "-a", strings.Repeat("a", 33)} {
		require.ErrorContains(t, s.Append(name, line(0)), "want letters")
		for _, err := range spool.Read(t.Context(), dir, name, time.Time{}, time.Time{}) {
			require.ErrorContains(t, err, "want letters")
		}
	}
	require.Equal(t, uint64(6), s.Counters().Failed)
}

func TestManyWriteAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spool.Options{FileBytes: 64 << 10})
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for j := range 500 {
				if err := s.Append("syslog", line(1000*i+j)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		for _, l := range all(t, dir, "syslog") {
			require.True(t, strings.HasPrefix(l.Raw, "line "))
		}
	}
	writers.Wait()
	require.NoError(t, s.Close())
	require.Len(t, all(t, dir, "syslog"), 2000)
}

// alone runs a test again in a process of its own and returns that command.
func alone(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), args...)
	return cmd
}

// TestAFullDiskStopsNothingForGood lets files grow no further, as a full disk
// would, and then gives room again. The limit holds for a whole process.
func TestAFullDiskStopsNothingForGood(t *testing.T) {
	const flag = "SPOOL_FULL_DISK"
	if os.Getenv(flag) == "" {
		out, err := alone(t, flag+"=1").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: "+t.Name())
		return
	}
	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	require.NoError(t, s.Append("syslog", line(0)))
	var old syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	small := old
	small.Cur = 80 // the first line and a piece of the second
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
	restore := func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }
	defer restore()
	for i := range 3 {
		require.ErrorIs(t, s.Append("syslog", line(1+i)), syscall.EFBIG)
	}
	_, bytes := files(t, dir, "syslog")
	require.Equal(t, int64(80), bytes, "a piece was written")
	require.Equal(t, []spool.Line{line(0)}, all(t, dir, "syslog"))
	restore()
	require.NoError(t, s.Append("syslog", line(4)))
	require.Equal(t, spool.Counters{Lines: 2, Failed: 3}, s.Counters())
	require.NoError(t, s.Close())
	require.Equal(t, []spool.Line{line(0), line(4)}, all(t, dir, "syslog"))
}

// TestWhatWasAcknowledgedSurvivesAKill kills a process that writes and looks
// for every line it had acknowledged.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	const flag = "SPOOL_KILL"
	o := spool.Options{FileBytes: 64 << 10}
	if dir := os.Getenv(flag); dir != "" {
		s := open(t, dir, o)
		for i := range 1_000_000 {
			require.NoError(t, s.Append("syslog", line(i)))
			fmt.Fprintf(os.Stderr, "%d\n", i)
		}
		return
	}
	dir := t.TempDir()
	cmd := alone(t, flag+"="+dir)
	out, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	acknowledged := -1
	for in := bufio.NewScanner(out); in.Scan(); {
		acknowledged, err = strconv.Atoi(in.Text())
		require.NoError(t, err)
		if acknowledged == 3000 {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
	s := open(t, dir, o)
	require.NoError(t, s.Append("syslog", line(-1)))
	require.NoError(t, s.Close())
	got := all(t, dir, "syslog")
	require.Equal(t, line(-1), got[len(got)-1])
	require.GreaterOrEqual(t, len(got)-1, acknowledged+1)
	for i, l := range got[:len(got)-1] {
		require.Equal(t, line(i), l)
	}
}

func TestReadingHoldsLittleInMemory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	l := line(0)
	l.Raw = strings.Repeat("x", 8000)
	for range 2500 { // 20 MB
		require.NoError(t, s.Append("syslog", l))
	}
	require.NoError(t, s.Close())
	peak := uint64(0)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, n := m.HeapAlloc, 0
	for range spool.Read(t.Context(), dir, "syslog", time.Time{}, time.Time{}) {
		if n++; n%500 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	require.Equal(t, 2500, n)
	require.Less(t, peak, before+2<<20)
}

func FuzzLine(f *testing.F) {
	f.Add(int64(0), "10.1.0.10:514", "info", "text")
	f.Add(int64(1), "-", " ", "\xff\n")
	f.Fuzz(func(t *testing.T, ms int64, from, severity, raw string) {
		at := time.UnixMilli(ms % 1e14).UTC()
		text := spool.Encode(spool.Line{At: at, From: from, Severity: severity, Raw: raw})
		require.LessOrEqual(t, len(text), spool.MaxLine)
		require.Equal(t, 1, strings.Count(text, "\n"))
		got := spool.Decode(text)
		require.Equal(t, at, got.At)
		require.Equal(t, text, spool.Encode(got))
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("2026-03-02T06:00:00.000Z - - x\n\x00\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "syslog"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "syslog", "000000000001.log"), data, 0o600))
		for l, err := range spool.Read(t.Context(), dir, "syslog", time.Time{}, time.Time{}) {
			require.NoError(t, err)
			require.NotContains(t, l.Raw+l.From+l.Severity, "\n")
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	s, err := spool.Open(b.TempDir(), spool.Options{})
	require.NoError(b, err)
	defer s.Close()
	l := line(0)
	l.Raw = strings.Repeat("x", 300)
	b.SetBytes(int64(len(spool.Encode(l))))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append("syslog", l); err != nil {
			b.Fatal(err)
		}
	}
}
