package carry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle/carry"

	"github.com/stretchr/testify/require"
)

// What a medium must not make us open, follow, wait for or believe.
func TestHostileFolders(t *testing.T) {
	content := noise(3 * mib)
	p := prepare(t, content, carry.Layout{VolumeSize: mib})
	whole := p.write(t, carry.Options{})
	names := p.set.Label.FileNames()
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, content[:mib], 0o600))

	replace := func(name string, with func(path string) error) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			path := filepath.Join(folder, name)
			require.NoError(t, os.Remove(path))
			require.NoError(t, with(path))
		}
	}
	add := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
		}
	}
	for name, tc := range map[string]struct {
		change func(t *testing.T, folder string)
		want   error
	}{
		"volume is a link out":    {replace(names[0], func(p string) error { return os.Symlink(outside, p) }), carry.ErrIrregular},
		"volume is a link inside": {replace(names[0], func(p string) error { return os.Symlink(names[1], p) }), carry.ErrIrregular},
		"volume is a pipe":        {replace(names[0], func(p string) error { return syscall.Mkfifo(p, 0o600) }), carry.ErrIrregular},
		"volume is a socket": {replace(names[0], func(p string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p})
			if err == nil {
				l.SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		}), carry.ErrIrregular},
		"volume is a folder":  {replace(names[0], func(p string) error { return os.Mkdir(p, 0o700) }), carry.ErrIrregular},
		"label is a link":     {replace("LABEL.txt", func(p string) error { return os.Symlink(outside, p) }), carry.ErrIrregular},
		"label is a pipe":     {replace("LABEL.txt", func(p string) error { return syscall.Mkfifo(p, 0o600) }), carry.ErrIrregular},
		"blocks is a pipe":    {replace("S042-000017.blocks", func(p string) error { return syscall.Mkfifo(p, 0o600) }), carry.ErrIrregular},
		"signature is a link": {replace("LABEL.txt."+officer(t).Public().ID()+".sig", func(p string) error { return os.Symlink(outside, p) }), carry.ErrIrregular},
		"no label":            {func(t *testing.T, f string) { require.NoError(t, os.Remove(filepath.Join(f, "LABEL.txt"))) }, carry.ErrLabel},
		"label too long":      {add("LABEL.txt", strings.Repeat("x", 5000)), carry.ErrLabel},
		"label empty":         {add("LABEL.txt", ""), carry.ErrLabel},
		"other bundle inside": {add("S042-000018.tar.zst.age.v001", "x"), carry.ErrMixed},
		"other parity inside": {add("S043-000017.p001", "x"), carry.ErrMixed},
		"too many signatures": {func(t *testing.T, f string) {
			for i := range 17 {
				add(fmt.Sprintf("LABEL.txt.%016x.sig", i), fmt.Sprint(i))(t, f)
			}
		}, carry.ErrLabel},
		"signature too long": {add("LABEL.txt.0000000000000000.sig", strings.Repeat("x", 9000)), carry.ErrLabel},
		"too many files": {func(t *testing.T, f string) {
			for i := range 1100 {
				add(fmt.Sprintf("f%d", i), "")(t, f)
			}
		}, nil},
		"a file, not a folder": {func(t *testing.T, f string) {
			require.NoError(t, os.RemoveAll(f))
			require.NoError(t, os.WriteFile(f, nil, 0o600))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			folder := without(t, whole)
			// Links would let a change reach the other tests.
			for _, n := range []string{"LABEL.txt"} {
				b, err := os.ReadFile(filepath.Join(folder, n))
				require.NoError(t, err)
				require.NoError(t, os.Remove(filepath.Join(folder, n)))
				require.NoError(t, os.WriteFile(filepath.Join(folder, n), b, 0o600))
			}
			tc.change(t, folder)
			_, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
			require.Error(t, err)
			if tc.want != nil {
				require.ErrorIs(t, err, tc.want)
			}
			got, _, again := restore(t, folder)
			require.Error(t, again)
			require.Empty(t, got, "nothing is written before everything has been opened")
			_, err = carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017", carry.ReadOptions{})
			require.Error(t, err)
		})
	}
	_, _, err := restore(t)
	require.ErrorContains(t, err, "no folder")
}

func TestMixedBundles(t *testing.T) {
	a := prepare(t, noise(2*mib), carry.Layout{VolumeSize: mib})
	b := prepare(t, noise(2*mib+1), carry.Layout{VolumeSize: mib})
	_, _, err := restore(t, a.write(t, carry.Options{}), b.write(t, carry.Options{}))
	require.ErrorIs(t, err, carry.ErrMixed)
}

// Volumes in each other's place, or with something behind their end.
func TestRenamedAndLongVolumes(t *testing.T) {
	content := noise(4 * mib)
	p := prepare(t, content, carry.Layout{VolumeSize: mib})
	whole := p.write(t, carry.Options{})
	names := p.set.Label.FileNames()

	folder := copyFolder(t, whole)
	at := func(i int) string { return filepath.Join(folder, names[i]) }
	require.NoError(t, os.Rename(at(0), at(0)+".x"))
	require.NoError(t, os.Rename(at(1), at(0)))
	require.NoError(t, os.Rename(at(0)+".x", at(1)))
	got, r, err := restore(t, folder)
	require.NoError(t, err)
	require.Equal(t, 2, r.Repaired, "swapped volumes count as damaged")
	require.True(t, bytes.Equal(content, got))

	folder = copyFolder(t, whole)
	f, err := os.OpenFile(filepath.Join(folder, names[2]), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("hidden behind the end")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	got, _, err = restore(t, folder)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "what is behind the end is never read")
	report, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
	require.NoError(t, err)
	require.Greater(t, report.Files[2].Found, report.Files[2].Size)
	_, err = carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017", carry.ReadOptions{})
	require.ErrorIs(t, err, carry.ErrDamaged)
}

func TestUnknownFilesAreListedSafely(t *testing.T) {
	p := prepare(t, noise(1000), carry.Layout{})
	folder := p.write(t, carry.Options{})
	medium := filepath.Dir(folder)
	for _, name := range []string{"autorun.inf", "with space", "esc\x1b[2J", "é"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(folder, "link")))
	require.NoError(t, os.Mkdir(filepath.Join(medium, "holiday"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(medium, "S042-000016.partial"), 0o700))

	back, err := carry.ReadBack(t.Context(), medium, "S042-000017", carry.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"autorun.inf", `"esc\x1b[2J"`, "link (link)", `"with space"`, `"\u00e9"`}, back.Extra)
	require.Equal(t, []string{"S042-000016.partial (folder) (left by an interrupted write)", "holiday (folder)"}, back.Others)

	found, err := carry.Find(medium)
	require.NoError(t, err)
	require.Equal(t, []string{folder}, found)
	found, err = carry.Find(folder)
	require.NoError(t, err)
	require.Equal(t, []string{folder}, found)
}

// A fresh medium must be perfect: every single file on it is checked.
func TestReadBackFindsEveryChange(t *testing.T) {
	changes := map[string]func(t *testing.T, path string){
		"flipped":  func(t *testing.T, path string) { flip(t, path, 30) },
		"missing":  func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"emptied":  func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) },
		"cut by 1": shorten,
	}
	check := func(whole, name, what string) {
		folder := copyFolder(t, whole)
		changes[what](t, filepath.Join(folder, name))
		_, err := carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017", carry.ReadOptions{})
		require.Error(t, err, "%s %s", name, what)
	}
	one := prepare(t, noise(100_000), carry.Layout{}).write(t, carry.Options{})
	entries, err := os.ReadDir(one)
	require.NoError(t, err)
	for _, e := range entries {
		for what := range changes {
			check(one, e.Name(), what)
		}
	}
	several := prepare(t, noise(mib+50), carry.Layout{VolumeSize: mib})
	folder := several.write(t, carry.Options{})
	for _, name := range several.set.Label.FileNames() {
		check(folder, name, "flipped")
	}
}

func shorten(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, info.Size()-1))
}

func TestReadBackHandsOverTheSealedFile(t *testing.T) {
	for _, size := range []int{5000, 2*mib + 50} {
		content := noise(size)
		p := prepare(t, content, carry.Layout{VolumeSize: mib})
		folder := p.write(t, carry.Options{})
		var sealed bytes.Buffer
		var last, total int64
		back, err := carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017",
			carry.ReadOptions{Sealed: &sealed, Progress: func(d, n int64) { last, total = d, n }})
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, sealed.Bytes()))
		require.Equal(t, total, last)
		require.Equal(t, back.Bytes, last)
		require.Contains(t, []carry.Bypass{carry.Direct, carry.Dropped, carry.Cached}, back.Bypass)
		require.Equal(t, p.set.LabelText, back.LabelText)
	}
}

// The label is shown before anything else is read or written, and its refusal
// is final.
func TestCheckComesFirst(t *testing.T) {
	p := prepare(t, noise(5000), carry.Layout{})
	folder := p.write(t, carry.Options{})
	refused := errors.New("not believed")
	o := carry.ReadOptions{
		Check: func(text []byte, signatures [][]byte) error {
			require.Equal(t, p.set.LabelText, text)
			require.Equal(t, p.sigs, signatures)
			return refused
		},
		Progress: func(int64, int64) { t.Error("went on") },
	}
	var out bytes.Buffer
	_, err := carry.Inspect(t.Context(), o, folder)
	require.ErrorIs(t, err, refused)
	_, err = carry.Reassemble(t.Context(), &out, o, folder)
	require.ErrorIs(t, err, refused)
	_, err = carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017", o)
	require.ErrorIs(t, err, refused)
	require.Zero(t, out.Len())
}

func TestReadingStopsWithTheContextOrTheWriter(t *testing.T) {
	p := prepare(t, noise(2*mib), carry.Layout{VolumeSize: mib})
	folder := p.write(t, carry.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := carry.Inspect(ctx, carry.ReadOptions{}, folder)
	require.ErrorIs(t, err, context.Canceled)
	_, err = carry.Reassemble(ctx, discard{}, carry.ReadOptions{}, folder)
	require.ErrorIs(t, err, context.Canceled)
	full := errors.New("full")
	_, err = carry.Reassemble(t.Context(), failing{full}, carry.ReadOptions{}, folder)
	require.ErrorIs(t, err, full)
	_, err = carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017", carry.ReadOptions{Sealed: failing{full}})
	require.ErrorIs(t, err, full)
	_, err = carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000018", carry.ReadOptions{})
	require.Error(t, err)
	_, err = carry.ReadBack(t.Context(), filepath.Dir(folder), "..", carry.ReadOptions{})
	require.ErrorContains(t, err, "bundle id")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
