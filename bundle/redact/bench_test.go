package redact_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"darksite/bundle/redact"
)

// userTime is the user time this process has used.
func userTime(tb testing.TB) time.Duration {
	var ru syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &ru))
	return time.Duration(ru.Utime.Nano())
}

// BenchmarkTree measures both passes and the proof over generated logs (seed
// 20261122), in MB per user-CPU-second. REDACT_BENCH_MB sets the size.
func BenchmarkTree(b *testing.B) {
	mb := int64(32)
	if v, err := strconv.ParseInt(os.Getenv("REDACT_BENCH_MB"), 10, 64); err == nil {
		mb = v
	}
	in := b.TempDir()
	f, err := os.Create(filepath.Join(in, "mixed.log"))
	require.NoError(b, err)
	w := bufio.NewWriterSize(f, 1<<20)
	size, err := newGenerator(benchSeed).fill(w, mb<<20)
	require.NoError(b, err)
	require.NoError(b, w.Flush())
	require.NoError(b, f.Close())
	b.SetBytes(size)
	before := userTime(b)
	for b.Loop() {
		g := newGate(b, redact.Options{})
		out := filepath.Join(b.TempDir(), "out")
		_, err := g.Tree(b.Context(), in, out)
		require.NoError(b, err)
		b.StopTimer()
		require.NoError(b, os.RemoveAll(out))
		b.StartTimer()
	}
	cpu := (userTime(b) - before).Seconds()
	b.ReportMetric(float64(size)*float64(b.N)/cpu/1e6, "MB/user-CPU-s")
}
