package faultdisk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"darksite/localmon/boltfile/faultdisk"

	"github.com/stretchr/testify/require"
)

// alone runs the test in a process of its own, because a filter stays.
func alone(t *testing.T) bool {
	t.Helper()
	const env = "FAULTDISK_ALONE"
	if os.Getenv(env) != "" {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), env+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
	return false
}

func TestAFailingDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	dir := t.TempDir()
	d, err := faultdisk.Start(dir)
	if err != nil {
		require.ErrorIs(t, err, faultdisk.ErrUnsupported)
		t.Skip(err)
	}
	path := filepath.Join(dir, "f")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	content := func() string {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(b)
	}
	image := func(keep func(int) bool) string {
		b, err := d.Image(path, keep)
		require.NoError(t, err)
		return string(b)
	}
	var (
		mu    sync.Mutex // the judge sits in a goroutine of the disk
		fault = map[int]faultdisk.Fault{}
		seen  []faultdisk.Op
	)
	d.Judge(func(op faultdisk.Op) faultdisk.Fault {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, op)
		return fault[op.N]
	})
	fail := func(n int, f faultdisk.Fault) {
		mu.Lock()
		defer mu.Unlock()
		fault[n] = f
	}
	write := func(s string, at int64) error {
		_, err := f.WriteAt([]byte(s), at)
		return err
	}

	require.NoError(t, write("AB", 0))
	require.Equal(t, "AB23456789", content())
	require.Equal(t, "0123456789", image(nil), "not synced")
	require.Equal(t, "AB23456789", image(func(int) bool { return true }), "it may get there by itself")
	require.NoError(t, f.Sync())
	require.Equal(t, "AB23456789", image(nil))
	mu.Lock()
	require.Equal(t, faultdisk.Op{N: 1, Kind: faultdisk.Write, Path: path, Len: 2}, seen[0])
	require.Equal(t, "sync", seen[1].Kind.String())
	mu.Unlock()

	fail(3, faultdisk.Fault{Err: syscall.ENOSPC})
	require.ErrorIs(t, write("CD", 2), syscall.ENOSPC)
	require.Equal(t, "AB23456789", content())

	fail(4, faultdisk.Fault{Err: syscall.ENOSPC, Half: true})
	require.ErrorIs(t, write("CDEF", 2), syscall.ENOSPC)
	require.Equal(t, "ABCD456789", content(), "a short write")
	require.Equal(t, 4, d.Calls())

	fail(5, faultdisk.Fault{Err: syscall.EIO})
	require.ErrorIs(t, f.Sync(), syscall.EIO)
	require.NoError(t, f.Sync(), "the kernel has forgotten what it could not write")
	require.Equal(t, "ABCD456789", content())
	require.Equal(t, "AB23456789", image(nil), "and it never gets to the disk")

	require.NoError(t, write("xy", 8))
	fail(8, faultdisk.Fault{Err: syscall.EIO, Lost: true})
	require.ErrorIs(t, f.Sync(), syscall.EIO)
	require.Equal(t, "ABCD456789", content(), "memory gave it up")

	fail(9, faultdisk.Fault{Err: syscall.EFBIG})
	require.ErrorIs(t, f.Truncate(20), syscall.EFBIG)
	require.NoError(t, f.Truncate(12))
	require.NoError(t, f.Sync())
	require.Len(t, image(nil), 12)

	d.Judge(nil)
	require.NoError(t, write("zz", 0))
	require.Equal(t, 1, d.Calls())
	other := filepath.Join(t.TempDir(), "elsewhere")
	g, err := os.Create(other)
	require.NoError(t, err)
	defer g.Close()
	_, err = g.WriteAt([]byte("free"), 0)
	require.NoError(t, err)
	require.NoError(t, g.Sync())
	require.Equal(t, 1, d.Calls(), "files elsewhere are not judged")
}
