package seal_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/roster"
	"darksite/bundle/seal"

	"github.com/stretchr/testify/require"
)

// stock finds the programs an officer has on a desk, and builds age from its own
// module: distributions carry older ones that cannot read hybrid recipients.
func stock(t testing.TB) (age string) {
	t.Helper()
	for _, program := range []string{"zstd", "tar", "sha256sum", "ssh-keygen", "sh"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: opening with stock programs is not shown", program)
		}
	}
	age = filepath.Join(t.TempDir(), "age")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", age, "filippo.io/age/cmd/age")
	build.Env = append(os.Environ(), "GOPROXY=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("age cannot be built from the module cache (%v): opening with stock programs is not shown\n%s", err, out)
	}
	return age
}

func sh(t testing.TB, dir, script string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-ec", script, "sh"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// A stranger with stock programs opens a sealed bundle, checks every file, and
// verifies every signature, without a line of this software.
func TestStockProgramsOpenAndVerify(t *testing.T) {
	age := stock(t)
	k := bundletest.New(t)
	files := bundletest.Files()
	files["files/noise.txt"] = bundletest.Noise(1 << 20)
	c := k.Contents(t, files)
	sealed, _ := k.Sealed(t, c)

	dir := t.TempDir()
	write := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	write("B.tar.zst.age", sealed)
	write("key.txt", []byte(k.Record.String()+"\n"))
	write("allowed_signers", k.Roster.AllowedSigners())
	k.Roster.Revoked = []roster.Revocation{{KeyID: k.Keys[bundletest.OfficerC].Public().ID(), After: 3}}
	write("revoked", k.Roster.RevokedKeys(17))

	out, err := sh(t, dir, `mkdir out; "$1" -d -i key.txt B.tar.zst.age | zstd -dc | tar -x --no-same-owner -C out; cd out; sha256sum -c --strict SHA256SUMS`, age)
	require.NoError(t, err, out)
	require.Equal(t, len(files)+2, strings.Count(out, ": OK"), out)
	for path, text := range files {
		got, err := os.ReadFile(filepath.Join(dir, "out", path))
		require.NoError(t, err)
		require.Equal(t, text, string(got), path)
	}

	verify := func(who, namespace, text, sig string) error {
		out, err := sh(t, dir, `ssh-keygen -Y verify -f allowed_signers -r revoked -Overify-time=20261122100000Z -I "$1@S042" -n "$2" -s "$4" < "$3"`,
			who, namespace, text, sig)
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	key := func(who string) string { return k.Keys[who].Public().ID() }
	manifest := func(who string) string { return "out/sig/MANIFEST.json." + key(who) + ".sig" }
	approval := func(n int, who string) string { return fmt.Sprintf("out/approval/%d.txt.%s.sig", n, key(who)) }

	require.NoError(t, verify(bundletest.Collector, "manifest@darksite", "out/MANIFEST.json", manifest(bundletest.Collector)))
	require.NoError(t, verify(bundletest.OfficerA, "approval@darksite", "out/approval/1.txt", approval(1, bundletest.OfficerA)))
	require.NoError(t, verify(bundletest.OfficerB, "approval@darksite", "out/approval/2.txt", approval(2, bundletest.OfficerB)))
	require.Error(t, verify(bundletest.Collector, "approval@darksite", "out/MANIFEST.json", manifest(bundletest.Collector)))
	require.Error(t, verify(bundletest.OfficerA, "approval@darksite", "out/approval/2.txt", approval(1, bundletest.OfficerA)))
	require.Error(t, verify(bundletest.OfficerB, "approval@darksite", "out/approval/1.txt", approval(1, bundletest.OfficerA)))

	for n := 1; n <= 2; n++ { // what they signed is this manifest
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("out/approval/%d.txt", n)))
		require.NoError(t, err)
		require.Contains(t, string(text), "manifest_sha256: "+string(bundle.DigestOf(c.Manifest))+"\n")
	}

	write("revoked", []byte(k.Keys[bundletest.OfficerA].Public()+"\n"))
	require.Error(t, verify(bundletest.OfficerA, "approval@darksite", "out/approval/1.txt", approval(1, bundletest.OfficerA)))

	sealed[len(sealed)/2] ^= 1 // stock programs, too, refuse a damaged file
	write("B.tar.zst.age", sealed)
	_, err = sh(t, dir, `"$1" -d -i key.txt -o plain B.tar.zst.age`, age)
	require.Error(t, err)
}

// The same folder by stock programs: as it is piped by hand, and with the three
// digests that sealing makes: of each file, of the archive and of the result.
const (
	pipe        = `tar -c files | zstd -1 -T1 -q -c | "$1" -e -R "$2" > /dev/null`
	pipeDigests = `mkfifo a b; sha256sum < a & sha256sum < b &
find files -type f -exec sha256sum {} +
tar -c files | tee a | zstd -1 -T1 -q -c | "$1" -e -R "$2" | tee b > /dev/null; wait; rm a b`
)

// BenchmarkAgainstStock seals a folder, all digests included, and runs "tar |
// zstd -1 | age" over the same folder, with the same digests and without any. It
// reports how many times the user CPU of each Seal needs, and of the bare pipe how
// many times the digests alone take: where the processor has no instructions for
// SHA-256 they cost more than the whole pipe, and that bounds what Seal can reach.
func BenchmarkAgainstStock(b *testing.B) {
	age := stock(b)
	k := bundletest.New(b)
	const size = 128 << 20
	e := endless{size}
	c := e.contents(b, k)
	dir := b.TempDir()
	require.NoError(b, os.Mkdir(filepath.Join(dir, "files"), 0o700))
	f, err := os.Create(filepath.Join(dir, "files", "log-0.txt"))
	require.NoError(b, err)
	_, err = io.Copy(f, e.reader())
	require.NoError(b, err)
	require.NoError(b, f.Close())
	c.Tree = os.DirFS(dir)
	keys := filepath.Join(b.TempDir(), "recipients")
	require.NoError(b, os.WriteFile(keys, []byte(strings.Join(k.Recipients(), "\n")+"\n"), 0o600))

	b.SetBytes(size)
	var ours, bare, digests time.Duration
	for b.Loop() {
		at := userTime(b, syscall.RUSAGE_SELF)
		_, err := seal.Seal(b.Context(), io.Discard, c, k.Recipients())
		require.NoError(b, err)
		ours += userTime(b, syscall.RUSAGE_SELF) - at

		b.StopTimer()
		for script, sum := range map[string]*time.Duration{pipe: &bare, pipeDigests: &digests} {
			at = userTime(b, syscall.RUSAGE_CHILDREN)
			out, err := sh(b, dir, script, age, keys)
			require.NoError(b, err, out)
			*sum += userTime(b, syscall.RUSAGE_CHILDREN) - at
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(ours)/float64(bare), "x-pipe")
	b.ReportMetric(float64(ours)/float64(digests), "x-pipe-with-digests")
	b.ReportMetric(float64(digests-bare)/float64(bare), "digests-x-pipe")
	b.ReportMetric(size/(1<<20)/(ours.Seconds()/float64(b.N)), "MiB/user-s")
}

func userTime(tb testing.TB, who int) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	require.NoError(tb, syscall.Getrusage(who, &usage))
	return time.Duration(usage.Utime.Nano())
}
