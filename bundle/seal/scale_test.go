package seal_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/seal"
	"darksite/bundle/sign"
	"darksite/bundle/verify"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// scaleSize tells the child how many MiB to carry, and scaleDir where.
const (
	scaleSize = "SEAL_SCALE_CHILD_MIB"
	scaleDir  = "SEAL_SCALE_CHILD_DIR"
)

// TestScaleChild is the process whose memory is measured: it seals logs of a
// size, writes them to a medium in volumes with parity, reads the medium back
// past the page cache, and decrypts and hashes what it reads. It prints the user
// CPU of each and the most memory the process ever held. By itself it is nothing.
func TestScaleChild(t *testing.T) {
	size, err := strconv.ParseInt(os.Getenv(scaleSize), 10, 64)
	if err != nil {
		t.Skip("runs only as a child of BenchmarkScale and of TestMemoryOfTheWholeWay")
	}
	k, dir := bundletest.New(t), os.Getenv(scaleDir)
	c := endless{size << 20}.contents(t, k)
	phase := func(name string, do func()) {
		at := userTime(t, syscall.RUSAGE_SELF)
		do()
		var u syscall.Rusage
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		fmt.Printf("phase %s %d %d\n", name, (userTime(t, syscall.RUSAGE_SELF) - at).Milliseconds(), u.Maxrss)
	}
	path, medium := filepath.Join(dir, "sealed"), filepath.Join(dir, "medium")
	require.NoError(t, os.Mkdir(medium, 0o700))
	var res seal.Result
	phase("seal", func() {
		f, err := os.Create(path)
		require.NoError(t, err)
		res, err = seal.Seal(t.Context(), f, c, k.Recipients())
		require.NoError(t, err)
		require.NoError(t, f.Close())
	})
	m, err := container.DecodeManifest(c.Manifest)
	require.NoError(t, err)
	l := carry.Label{
		BID: m.BID, Marking: m.Marking, SealedSHA256: res.SealedSHA256, TarSHA256: res.TarSHA256, ManifestSHA256: res.ManifestSHA256,
		Recipients: m.Recipients, ReleasedBy: bundletest.OfficerA, Seq: m.Seq, Journal: m.Journal,
	}
	phase("write", func() {
		set, err := carry.Prepare(t.Context(), path, l, carry.Layout{VolumeSize: max(res.SealedSize/5, carry.BlockSize)}, nil)
		require.NoError(t, err)
		sig, err := k.Keys[bundletest.OfficerA].Sign(sign.Label, set.LabelText)
		require.NoError(t, err)
		_, err = carry.Write(t.Context(), medium, path, set, [][]byte{sig}, carry.Options{Now: time.Unix(1e9, 0)})
		require.NoError(t, err)
	})
	require.NoError(t, os.Remove(path))
	phase("read-back", func() {
		r, w := io.Pipe()
		opened := make(chan error, 1)
		go func() {
			_, err := verify.Sealed(t.Context(), r, verify.Options{
				Identities: []age.Identity{k.Record}, Limits: container.Limits{Bytes: m.Totals.Bytes, Entries: len(m.Files)},
				Want: verify.Want{SealedSHA256: res.SealedSHA256, TarSHA256: res.TarSHA256},
			})
			_ = r.CloseWithError(err)
			opened <- err
		}()
		_, err := carry.ReadBack(t.Context(), medium, m.BID, carry.ReadOptions{Sealed: w})
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NoError(t, <-opened)
	})
}

// scale runs the child and returns, by phase, user CPU and peak memory in KiB.
func scale(tb testing.TB, mib int) map[string][2]int64 {
	tb.Helper()
	exe, err := os.Executable()
	require.NoError(tb, err)
	cmd := exec.CommandContext(tb.Context(), exe, "-test.run=^TestScaleChild$", "-test.timeout=6h")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", scaleSize, mib), scaleDir+"="+tb.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(tb, err, string(out))
	phases := map[string][2]int64{}
	for line := range strings.Lines(string(out)) {
		var name string
		var cpu, rss int64
		if n, _ := fmt.Sscanf(line, "phase %s %d %d", &name, &cpu, &rss); n == 3 {
			phases[name] = [2]int64{cpu, rss}
		}
	}
	require.Len(tb, phases, 3, string(out))
	return phases
}

// The memory of sealing, writing and reading back does not follow the size.
func TestMemoryOfTheWholeWay(t *testing.T) {
	small, large := scale(t, 8), scale(t, 40)
	require.Less(t, large["read-back"][1], small["read-back"][1]+16<<10, "KiB at the peak, for 32 MiB more")
}

// BenchmarkScale says how much memory 1 GiB of logs takes on the whole way from
// frozen to read back, or as many as SEAL_BENCH_MIB says.
func BenchmarkScale(b *testing.B) {
	mib := 1024
	if s := os.Getenv("SEAL_BENCH_MIB"); s != "" {
		var err error
		mib, err = strconv.Atoi(s)
		require.NoError(b, err)
	}
	for b.Loop() {
		for name, p := range scale(b, mib) {
			b.ReportMetric(float64(mib)*1000/float64(p[0]), name+"-MiB/user-s")
			b.ReportMetric(float64(p[1])/1024, name+"-peak-MiB")
		}
	}
}
