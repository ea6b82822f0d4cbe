package redact_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle/redact"
	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// userTime is the user time this process has used.
func userTime(tb testing.TB) time.Duration {
	var ru syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &ru))
	return time.Duration(ru.Utime.Nano())
}

// BenchmarkRedactScan measures one pass of the scanner alone on one core.
func BenchmarkRedactScan(b *testing.B) {
	var text bytes.Buffer
	_, err := newGenerator(benchSeed).fill(&text, 8<<20)
	require.NoError(b, err)
	rs, err := rules.Shipped()
	require.NoError(b, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(b, err)
	s := detect.NewScanner(know, detect.NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	b.SetBytes(int64(text.Len()))
	before := userTime(b)
	for b.Loop() {
		var st detect.State
		for b := text.Bytes(); len(b) > 0; {
			n := min(len(b), 256<<10)
			n = bytes.LastIndexByte(b[:n], '\n') + 1
			_, st = s.Scan(b[:n], st)
			b = b[n:]
		}
	}
	b.ReportMetric(float64(text.Len())*float64(b.N)/(userTime(b)-before).Seconds()/1e6, "MB/user-CPU-s")
}

// benchMB is the size of the generated logs: REDACT_BENCH_MB, else 208, for which the
// whole benchmark takes less than a minute on an idle machine. With 10240 the peak of
// memory is that on a file of 10 GB.
func benchMB() int64 {
	if v, err := strconv.ParseInt(os.Getenv("REDACT_BENCH_MB"), 10, 64); err == nil && v > 0 {
		return v
	}
	return 208
}

// benchLog writes generated logs (seed 20261122) into a folder.
func benchLog(b *testing.B) (dir string, size int64) {
	dir = b.TempDir()
	f, err := os.Create(filepath.Join(dir, "mixed.log"))
	require.NoError(b, err)
	w := bufio.NewWriterSize(f, 1<<20)
	size, err = newGenerator(benchSeed).fill(w, benchMB()<<20)
	require.NoError(b, err)
	require.NoError(b, w.Flush())
	require.NoError(b, f.Close())
	return dir, size
}

// BenchmarkRedactTree takes generated logs through both passes and the proof, and the same
// file through zstd -1 and grep -E with ten patterns, all in one run: MB per second
// of user time for each pass and in sum, and that as a share of the others' rates.
//
// One worker is what compares with the others, which have one thread. With more, user
// time for the same bytes rises where processors share the parts of a core.
func BenchmarkRedactTree(b *testing.B) {
	in, size := benchLog(b)
	b.Run("one worker", func(b *testing.B) { benchTree(b, in, size, 1) })
	b.Run("all workers", func(b *testing.B) { benchTree(b, in, size, 0) })
}

func benchTree(b *testing.B, in string, size int64, workers int) {
	log := filepath.Join(in, "mixed.log")
	spent := map[string]time.Duration{}
	var mallocs uint64
	b.SetBytes(size)
	for b.Loop() {
		g := newGate(b, redact.Options{Workers: workers})
		pass, since := "", time.Duration(0)
		g.OnPass(func(next string) {
			now := userTime(b)
			spent[pass] += now - since
			pass, since = next, now
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out := filepath.Join(b.TempDir(), "out")
		_, err := g.Tree(b.Context(), in, out)
		require.NoError(b, err)
		b.StopTimer()
		runtime.ReadMemStats(&after)
		mallocs += after.Mallocs - before.Mallocs
		require.NoError(b, os.RemoveAll(out))
		b.StartTimer()
	}
	b.StopTimer()
	rate := func(d time.Duration) float64 { return float64(size) * float64(b.N) / d.Seconds() / 1e6 }
	work := spent["learn"] + spent["redact"]
	b.ReportMetric(rate(spent["learn"]), "learn-MB/s")
	b.ReportMetric(rate(spent["redact"]), "redact-MB/s")
	b.ReportMetric(rate(spent["prove"]), "prove-MB/s")
	b.ReportMetric(rate(work), "learn+redact-MB/s")
	b.ReportMetric(rate(work+spent["prove"]), "all-MB/s")
	b.ReportMetric(float64(mallocs)/float64(b.N)/(float64(size)/1e6), "mallocs/MB")
	var ru syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &ru))
	b.ReportMetric(float64(ru.Maxrss)/1e3, "MB-peak-RSS")
	for name, rival := range map[string][]string{
		"zstd": {"zstd", "-1", "-q", "-c", log},
		"grep": {"grep", "-cE", strings.Join(tenPatterns, "|"), log},
	} {
		if user, ok := userTimeOf(b, rival); ok {
			other := float64(size) / user.Seconds() / 1e6
			b.ReportMetric(other, name+"-MB/s")
			b.ReportMetric(rate(work)/other, "of-"+name)
		}
	}
}

// tenPatterns are what people search logs for by hand.
var tenPatterns = []string{
	`[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}`, `([0-9a-f]{2}:){5}[0-9a-f]{2}`, `[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[a-z]{2,}`,
	`password[=:][^ ]+`, `token[=:][^ ]+`, `user(name)?[=:][^ ]+`, `host(name)?[=:][^ ]+`, `iqn\.[0-9]{4}-[0-9]{2}\.[^ ]+`,
	`naa\.[0-9a-f]{16,32}`, `BEGIN [A-Z ]*PRIVATE KEY`,
}

// userTimeOf runs a program and returns its user time; it reports false where the
// program is not there.
func userTimeOf(b *testing.B, argv []string) (time.Duration, bool) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		b.Logf("%s is not on this machine and is left out", argv[0])
		return 0, false
	}
	cmd := exec.CommandContext(b.Context(), path, argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if argv[0] == "grep" {
		cmd.Stdout = io.Discard // through a pipe: it would stop at the first match if it went nowhere
	}
	if err := cmd.Run(); err != nil {
		b.Logf("%s: %v", argv[0], err)
		return 0, false
	}
	return cmd.ProcessState.UserTime(), true
}

// BenchmarkRedactFiles takes two thousand small files through the gate, which is what
// a bundle is made of.
func BenchmarkRedactFiles(b *testing.B) {
	in, gen, size := b.TempDir(), newGenerator(benchSeed), int64(0)
	for i := range 2000 {
		var text bytes.Buffer
		n, err := gen.fill(&text, 3<<10)
		require.NoError(b, err)
		size += n
		require.NoError(b, os.WriteFile(filepath.Join(in, strconv.Itoa(i)+".log"), text.Bytes(), 0o600))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	before := userTime(b)
	for b.Loop() {
		out := filepath.Join(b.TempDir(), "out")
		_, err := newGate(b, redact.Options{}).Tree(b.Context(), in, out)
		require.NoError(b, err)
		require.NoError(b, os.RemoveAll(out))
	}
	b.ReportMetric(float64(size)*float64(b.N)/(userTime(b)-before).Seconds()/1e6, "MB/user-CPU-s")
}
