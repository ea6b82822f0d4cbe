package redact_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// failing runs a tree that must fail and leave nothing, and returns the error.
func failing(ctx context.Context, t *testing.T, g *redact.Gate, in, out string) error {
	t.Helper()
	res, err := g.Tree(ctx, in, out)
	require.Error(t, err)
	require.Nil(t, res)
	require.NoDirExists(t, out)
	left, lerr := os.ReadDir(filepath.Dir(out))
	require.NoError(t, lerr)
	require.Empty(t, left, "nothing is left beside the output either")
	for _, v := range []string{"hunterA1x", "kweiss", "gw-lyon2"} {
		require.NotContains(t, err.Error(), v)
	}
	return err
}

func siteTree(t *testing.T) string {
	return tree(t, map[string][]byte{"a.log": []byte(siteText), "kweiss/b.log": []byte(strings.Repeat(siteText, 2000)), "c.zip": zipOf(t, map[string][]byte{"x": []byte(siteText)})})
}

// onPass calls f at the first step of a pass.
func onPass(pass string, f func()) redact.Progress {
	done := false
	return func(p string, _, _ int64) {
		if p == pass && !done {
			done = true
			f()
		}
	}
}

func TestAPanicInARecogniserLeavesNothing(t *testing.T) {
	for _, nth := range []int{1, 2, 3, 4} {
		g := newGate(t, redact.Options{Workers: 1})
		n := 0
		g.OnChunk(func(chunk []byte) {
			if n++; n == nth+3 { // behind the names of the files
				panic("cannot read " + string(chunk))
			}
		})
		require.ErrorContains(t, failing(t.Context(), t, g, siteTree(t), filepath.Join(t.TempDir(), "out")), "failed unexpectedly")
	}
	g := newGate(t, redact.Options{})
	g.OnChunk(func([]byte) { panic("x") })
	require.Equal(t, redact.Mask, g.Text("call kweiss"), "a text is not let through either")
}

func TestACancelledRunLeavesNothing(t *testing.T) {
	for _, pass := range []string{"learn", "redact"} {
		ctx, cancel := context.WithCancel(t.Context())
		g := newGate(t, redact.Options{Workers: 1, Progress: onPass(pass, cancel)})
		require.ErrorIs(t, failing(ctx, t, g, siteTree(t), filepath.Join(t.TempDir(), "out")), context.Canceled)
	}
}

// breaking fails after some bytes, as a disk with a bad block does.
func breaking(err error, after int64) func(io.Reader) io.Reader {
	return func(r io.Reader) io.Reader {
		return io.MultiReader(io.LimitReader(r, after), iotest.ErrReader(err))
	}
}

// TestAReaderThatFails reads from a disk that breaks off, in either pass, in a text
// and in an archive: the whole run fails, however much of it was done.
func TestAReaderThatFails(t *testing.T) {
	in := siteTree(t)
	broken := &fs.PathError{Op: "read", Path: filepath.Join(in, "kweiss/b.log"), Err: syscall.EIO}
	require.NoError(t, os.WriteFile(filepath.Join(in, "d.gz"), gz(t, []byte(siteText)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(in, "e.xz"), xzOf(t, []byte(siteText)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(in, "f.tar"), tarOf(t, map[string][]byte{"a": zst(t, []byte(siteText))}), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(in, "g.txt"), wide(siteText, true), 0o600))
	for _, after := range []int64{0, 60} {
		for nth := range 14 { // seven files, two passes
			g := newGate(t, redact.Options{Workers: 1})
			n, met := 0, false
			g.OnOpen(func(r io.Reader) io.Reader {
				if n++; n != nth+1 {
					return r
				}
				met = true
				return breaking(broken, after)(r)
			})
			err := failing(t.Context(), t, g, in, filepath.Join(t.TempDir(), "out"))
			require.True(t, met)
			require.ErrorIs(t, err, syscall.EIO)
		}
	}
	gone := errors.New("the disk broke")
	err := newGate(t, redact.Options{}).Content(io.MultiReader(strings.NewReader(siteText), iotest.ErrReader(gone)), io.Discard)
	require.ErrorIs(t, err, gone)
}

func TestAnOutputRemovedOrChangedUnderUs(t *testing.T) {
	parent := t.TempDir()
	g := newGate(t, redact.Options{Workers: 1, Progress: onPass("redact", func() {
		work, err := filepath.Glob(filepath.Join(parent, ".out.unfinished-*"))
		require.NoError(t, err)
		require.Len(t, work, 1)
		require.NoError(t, os.RemoveAll(work[0]))
	})})
	failing(t.Context(), t, g, siteTree(t), filepath.Join(parent, "out"))
}

func TestALeakUnderAStrictPolicyLeavesNothing(t *testing.T) {
	// What one file tells with its key stands in another as halves of longer words
	// in hex, which only the proof looks into.
	in := tree(t, map[string][]byte{"a.log": []byte("password=Wq8zeroL1aaQ9\n"), "b": []byte("blob zz" + hex.EncodeToString([]byte("Wq8zeroL1aaQ9")) + "zz\n")})
	var leak *redact.LeakError
	err := failing(t.Context(), t, newGate(t, redact.Options{Policy: redact.Policy{ID: "x", Strict: true}}), in, filepath.Join(t.TempDir(), "out"))
	require.ErrorAs(t, err, &leak)
	require.NotContains(t, err.Error(), "Wq8")
}

// TestWhatTheProofFinds is hidden where it stands, or withheld with the archive
// that it stands in.
func TestWhatTheProofFinds(t *testing.T) {
	secret := "Wq8zeroL1aaQ9"
	blob := "zz" + hex.EncodeToString([]byte(secret)) + "zz"
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	_, err := zw.Write([]byte("blob " + blob + "\n"))
	require.NoError(t, err)
	require.NoError(t, zw.Close())
	in := tree(t, map[string][]byte{
		"a.log": []byte("password=" + secret + "\n"),
		"b.log": []byte("one blob " + blob + " two\n{\"blob\": \"" + blob + "\"}\nthree\n"),
		"c.gz":  packed.Bytes(),
		"d.txt": []byte("wide\n"),
	})
	out, res := redactTree(t, redact.Options{}, in)
	require.Equal(t, "one blob masked-secret two\n{\"blob\": \"masked-secret\"}\nthree\n", out["b.log"])
	require.Equal(t, map[string]string{"c.gz": "the proof found a value left in it"}, reasons(res))
	require.NotEmpty(t, res.Leaks)
	for _, f := range res.Files {
		require.Equal(t, int64(len(out[f.Out])), f.Size, f.Out)
		if f.Out == "b.log" {
			require.Equal(t, int64(2), f.Redactions[redact.ProofFound])
		}
	}
}

// child runs this test binary again for one test, in which the variable is set.
func child(t *testing.T, test, value string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+test+"$", "-test.v")
	c.Env = append(os.Environ(), "REDACT_CHILD="+value)
	return c
}

// TestAFullDisk limits how large a file a child may write, which fails as a full
// disk does.
func TestAFullDisk(t *testing.T) {
	if dirs, ok := os.LookupEnv("REDACT_CHILD"); ok {
		in, out, _ := strings.Cut(dirs, ":")
		lim := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim))
		err := failing(t.Context(), t, newGate(t, redact.Options{}), in, out)
		require.ErrorIs(t, err, syscall.EFBIG)
		return
	}
	out := filepath.Join(t.TempDir(), "out")
	said, err := child(t, "TestAFullDisk", siteTree(t)+":"+out).CombinedOutput()
	require.NoError(t, err, string(said))
}

// TestAKilledProcess kills a child while it writes. Nothing stands at the output;
// what it left is hidden and goes when the next run to the same output begins.
func TestAKilledProcess(t *testing.T) {
	if dirs, ok := os.LookupEnv("REDACT_CHILD"); ok {
		in, out, _ := strings.Cut(dirs, ":")
		g := newGate(t, redact.Options{Workers: 1, Progress: onPass("redact", func() {
			require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
		})})
		_, err := g.Tree(t.Context(), in, out)
		require.NoError(t, err)
		return
	}
	parent := t.TempDir()
	in, out := siteTree(t), filepath.Join(parent, "out")
	require.Error(t, child(t, "TestAKilledProcess", in+":"+out).Run())
	require.NoDirExists(t, out)
	left, err := filepath.Glob(filepath.Join(parent, ".out.unfinished-*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	_, err = newGate(t, redact.Options{}).Tree(t.Context(), in, out)
	require.NoError(t, err)
	require.NoDirExists(t, left[0])
	require.DirExists(t, out)
}
