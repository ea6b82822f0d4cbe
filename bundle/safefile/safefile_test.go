package safefile_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle/safefile"

	"github.com/stretchr/testify/require"
)

func TestWriteReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.txt")
	for _, text := range []string{"first, and longer", "second", ""} {
		require.NoError(t, safefile.Write(path, []byte(text), 0o600))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.Len(t, names(t, filepath.Dir(path)), 1)
}

func TestModeIsAsAskedWhateverTheUmask(t *testing.T) {
	path := filepath.Join(t.TempDir(), "public")
	require.NoError(t, safefile.Write(path, nil, 0o666))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o666), info.Mode().Perm())
}

func TestNothingIsSeenBeforeCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bundle")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	f, err := safefile.Create(path, 0o600)
	require.NoError(t, err)
	defer f.Abort()
	_, err = f.WriteString("new")
	require.NoError(t, err)

	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	require.NoError(t, f.Commit())
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))

	require.ErrorContains(t, f.Commit(), "already done")
	f.Abort() // after Commit it changes nothing
	require.FileExists(t, path)
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := safefile.Create(filepath.Join(dir, "bundle"), 0o600)
	require.NoError(t, err)
	require.Len(t, names(t, dir), 1)
	f.Abort()
	f.Abort()
	require.Empty(t, names(t, dir))
	require.Error(t, f.Commit())
}

// A link at the place of a file is replaced; what it points to is not written.
func TestWriteDoesNotFollowLinks(t *testing.T) {
	dir := t.TempDir()
	target, path := filepath.Join(dir, "elsewhere"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(target, []byte("untouched"), 0o600))
	require.NoError(t, os.Symlink(target, path))
	require.NoError(t, safefile.Write(path, []byte("mine"), 0o600))
	got, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "untouched", string(got))
	info, err := os.Lstat(path)
	require.NoError(t, err)
	require.True(t, info.Mode().IsRegular())
}

func TestErrorsNameThePlaceAndLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	err := safefile.Write(filepath.Join(dir, "missing", "file"), nil, 0o600)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "missing")

	folder := filepath.Join(dir, "folder")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "full"), 0o700))
	err = safefile.Write(folder, []byte("x"), 0o600)
	require.ErrorContains(t, err, "put "+folder+" in place")
	require.Equal(t, []string{"folder"}, names(t, dir))

	require.ErrorIs(t, safefile.SyncDir(filepath.Join(dir, "missing")), fs.ErrNotExist)
	_, err = safefile.Sweep(filepath.Join(dir, "missing"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestSweepTakesOnlyItsOwn(t *testing.T) {
	dir := t.TempDir()
	keep := []string{"bundle", "bundle.partial", ".hidden", ".x-1.partial.txt"}
	for _, name := range append([]string{".bundle-123.partial"}, keep...) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".dir-1.partial"), 0o700))
	gone, err := safefile.Sweep(dir)
	require.NoError(t, err)
	require.Equal(t, []string{".bundle-123.partial"}, gone)
	require.ElementsMatch(t, append(keep, ".dir-1.partial"), names(t, dir))
}

// TestKilledWriter kills a process that replaces one file again and again. The
// file must hold one whole version, not older than the last one acknowledged.
func TestKilledWriter(t *testing.T) {
	if path := os.Getenv("SAFEFILE_WRITE"); path != "" {
		for n := 1; ; n++ {
			require.NoError(t, safefile.Write(path, version(n), 0o600))
			fmt.Println(n)
		}
	}
	for round := range 6 {
		path := filepath.Join(t.TempDir(), "file")
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWriter$")
		cmd.Env = append(os.Environ(), "SAFEFILE_WRITE="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		acknowledged := 0
		_, err = fmt.Fscanln(out, &acknowledged) // at least one version is on disk
		require.NoError(t, err)
		time.AfterFunc(time.Duration(1+7*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for n := 0; ; acknowledged = max(acknowledged, n) {
			if _, err := fmt.Fscanln(out, &n); err != nil {
				break
			}
		}
		_ = cmd.Wait()

		got, err := os.ReadFile(path)
		require.NoError(t, err)
		var n int
		_, err = fmt.Sscanf(string(got), "%d", &n)
		require.NoError(t, err)
		require.GreaterOrEqual(t, n, acknowledged)
		require.True(t, bytes.Equal(version(n), got), "version %d is torn", n)
		_, err = safefile.Sweep(filepath.Dir(path))
		require.NoError(t, err)
		require.Equal(t, []string{"file"}, names(t, filepath.Dir(path)))
	}
}

// version makes a text whose every part depends on n.
func version(n int) []byte {
	return bytes.Repeat([]byte(fmt.Sprintf("%d ", n)), 20_000)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// TestASweepLeavesWhatIsBeingWritten sweeps beside a writer, and what a writer that
// is gone left behind.
func TestASweepLeavesWhatIsBeingWritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	f, err := safefile.Create(path, 0o600)
	require.NoError(t, err)
	defer f.Abort()
	for _, name := range []string{".report.json-1.partial", ".another.json-1.partial"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, safefile.SweepBeside(path))
	require.NoFileExists(t, filepath.Join(dir, ".report.json-1.partial"))
	require.FileExists(t, filepath.Join(dir, ".another.json-1.partial"), "it is of something else")
	gone, err := safefile.Sweep(dir)
	require.NoError(t, err)
	require.Equal(t, []string{".another.json-1.partial"}, gone)
	_, err = f.WriteString("whole")
	require.NoError(t, err)
	require.NoError(t, f.Commit())
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "whole", string(got))
	require.NoError(t, safefile.SweepBeside(filepath.Join(dir, "nowhere", "report.json")), "who writes there is told so")
}
