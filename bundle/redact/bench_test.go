package redact_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
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

// BenchmarkScan measures one pass of the scanner alone on one core.
func BenchmarkScan(b *testing.B) {
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
	var ru syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &ru))
	b.ReportMetric(float64(ru.Maxrss)/1e3, "MB-peak-RSS")
	b.ReportMetric(float64(size)*float64(b.N)/cpu/1e6, "MB/user-CPU-s")
}
