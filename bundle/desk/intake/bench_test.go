package intake_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/desk"
	"darksite/bundle/desk/intake"
	"darksite/bundle/desk/queue"
	"darksite/bundle/roster"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// logLines is a text as logs are.
func logLines(size int) string {
	var logs strings.Builder
	for i := 0; logs.Len() < size; i++ {
		fmt.Fprintf(&logs, "2026-11-22T08:%02d:%02dZ kernel: link up on port-%04x, %d packets\n", i/60%60, i%60, i*40503&0xffff, i*i)
	}
	return logs.String()
}

// stockPipe is what a receiver without the desk would do with the same file.
const stockPipe = `age -d -i key "$1" | zstd -q -d | tar -x -C out && find out -type f -exec sha256sum {} + > sums`

// An import from the medium to the case: every byte is read, decrypted, hashed
// and written twice (sealed and opened), and all of it is on disk at the end.
// Beside it age -d | zstd -d | tar -x and sha256sum on the same sealed file. Both are
// measured by the time of the processor in user mode.
func BenchmarkImport(b *testing.B) {
	for name, text := range map[string]string{"logs": logLines(64 << 20), "noise": bundletest.Noise(64 << 20)} {
		b.Run(name, func(b *testing.B) {
			k := bundletest.New(b)
			p := pack(b, k, cargo{files: map[string]string{"files/big.txt": text}})
			medium := b.TempDir()
			p.writeTo(b, medium)
			b.SetBytes(int64(len(text)))
			age := stockAge(b)
			var ours, stock time.Duration
			for b.Loop() {
				b.StopTimer()
				s, err := openAs(os.Getenv("INTAKE_BENCH_READER"), b.TempDir(), identities(k), k.Rosters)
				require.NoError(b, err)
				sets, err := intake.Find(medium)
				require.NoError(b, err)
				at := ourTime(b)
				b.StartTimer()
				_, err = s.Import(b.Context(), sets[0])
				b.StopTimer()
				ours += ourTime(b) - at
				require.NoError(b, err)
				require.NoError(b, s.db.Close())
				stock += stockOpens(b, k, age, p.sealed)
				b.StartTimer()
			}
			mb := float64(len(text)) * float64(b.N) / 1e6
			b.ReportMetric(mb/ours.Seconds(), "MB/user-s")
			if age != "" {
				b.ReportMetric(mb/stock.Seconds(), "stock-MB/user-s")
				b.ReportMetric(ours.Seconds()/stock.Seconds(), "x-stock")
			}
		})
	}
}

// stockAge builds the stock program from its own sources; empty where it or zstd is
// not to be had.
func stockAge(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "age")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", program, "filippo.io/age/cmd/age")
	build.Env = append(os.Environ(), "GOPROXY=off")
	if out, err := build.CombinedOutput(); err != nil {
		b.Logf("age cannot be built, so there is nothing to compare with: %s", out)
		return ""
	}
	if _, err := exec.LookPath("zstd"); err != nil {
		b.Log("zstd is not installed, so there is nothing to compare with")
		return ""
	}
	return program
}

func stockOpens(b *testing.B, k *bundletest.Kit, age, sealed string) time.Duration {
	b.Helper()
	if age == "" {
		return 0
	}
	dir := b.TempDir()
	require.NoError(b, os.Mkdir(filepath.Join(dir, "out"), 0o700))
	require.NoError(b, os.WriteFile(filepath.Join(dir, "key"), []byte(k.Intake.String()+"\n"), 0o600))
	at := userTime(b, syscall.RUSAGE_CHILDREN)
	cmd := exec.CommandContext(b.Context(), "sh", "-ec", stockPipe, "sh", sealed)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Dir(age)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, string(out))
	return userTime(b, syscall.RUSAGE_CHILDREN) - at
}

// ourTime is that of this process and of those that have read for it.
func ourTime(tb testing.TB) time.Duration {
	tb.Helper()
	return userTime(tb, syscall.RUSAGE_SELF) + userTime(tb, syscall.RUSAGE_CHILDREN)
}

func userTime(tb testing.TB, who int) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	require.NoError(tb, syscall.Getrusage(who, &usage))
	return time.Duration(usage.Utime.Nano())
}

// A thousand bundles of a hundred sites, ten of each, on one medium: what an import
// station does in a busy week, and how quick the queue and a search are then.
// INTAKE_BENCH_BUNDLES makes it more or fewer.
func BenchmarkThousandBundles(b *testing.B) {
	bundles := 1000
	if n, err := strconv.Atoi(os.Getenv("INTAKE_BENCH_BUNDLES")); err == nil {
		bundles = n
	}
	k := bundletest.New(b)
	sites := max(bundles/10, 1)
	medium := b.TempDir()
	prev := map[string]string{}
	for i := range bundles {
		site := fmt.Sprintf("S%03d", i%sites)
		id := bundle.NewID(site, uint64(i/sites+1)) //nolint:gosec // small
		p := pack(b, k, cargo{
			draft: draft(draftID, 3), caseName: draftID, prev: prev[site],
			edit: func(m *bundle.Manifest) { m.Site, m.BID, m.Seq = site, id, int64(i/sites+1) },
		})
		p.writeTo(b, medium)
		prev[site] = string(p.manifest)
	}
	sets, err := intake.Find(medium)
	require.NoError(b, err)
	require.Len(b, sets, bundles)
	rosters := func(site string) (roster.Roster, error) {
		r := k.Roster
		r.Site = site
		return r, nil
	}
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		s, err := openAs(os.Getenv("INTAKE_BENCH_READER"), dir, identities(k), rosters)
		require.NoError(b, err)
		runtime.GC()
		at := ourTime(b)
		b.StartTimer()
		began := time.Now()
		most := uint64(0)
		for _, set := range sets {
			if _, err := s.Import(b.Context(), set); err != nil {
				b.Fatal(err)
			}
			var mem runtime.MemStats
			runtime.ReadMemStats(&mem)
			most = max(most, mem.HeapInuse)
		}
		b.ReportMetric(float64(bundles)/time.Since(began).Seconds(), "bundles/s")
		b.StopTimer()
		b.ReportMetric(float64(bundles)/(ourTime(b)-at).Seconds(), "bundles/user-s")
		b.ReportMetric(float64(most)/1e6, "MB-heap-at-most")
		info, err := os.Stat(filepath.Join(dir, "desk.db"))
		require.NoError(b, err)
		b.ReportMetric(float64(info.Size())/1e6, "MB-store")
		reportQueue(b, s, sites)
		require.NoError(b, s.db.Close())
		b.StartTimer()
	}
}

// openAs reads in processes of their own, as the product does, or "here".
func openAs(reader, dir string, ids []age.Identity, rosters func(string) (roster.Roster, error)) (*station, error) {
	if reader == "here" {
		return open(dir, ids, rosters, 0)
	}
	return openApart(dir, ids, rosters, 0)
}

// reportQueue makes the queue as case list does, and looks for a word in all cases.
func reportQueue(b *testing.B, s *station, cases int) {
	b.Helper()
	began := time.Now()
	all, err := s.store.Cases(b.Context())
	require.NoError(b, err)
	files := map[string]desk.Site{}
	for _, c := range all {
		files[c.Site], err = s.store.Site(b.Context(), c.Site)
		require.NoError(b, err)
	}
	rows, err := queue.Build(all, files, arrival)
	require.NoError(b, err)
	require.Len(b, rows, cases)
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "ms-queue")
	began = time.Now()
	if all, err = s.store.Cases(b.Context()); err != nil {
		b.Fatal(err)
	}
	found := 0
	for _, c := range all {
		if strings.Contains(strings.ToLower(c.Draft.Subject+"\n"+c.Draft.Description), "failed") {
			found++
		}
	}
	require.Equal(b, cases, found)
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "ms-search")
}
