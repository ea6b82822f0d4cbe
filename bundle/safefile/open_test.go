package safefile_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"darksite/bundle/safefile"

	"github.com/stretchr/testify/require"
)

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plain"), []byte("plain"), 0o600))
	require.NoError(t, os.Symlink("plain", filepath.Join(dir, "inner")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "outer")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	require.NoError(t, err)
	defer socket.Close()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()

	f, _, err := safefile.OpenRegular(root, "plain")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	for name, want := range map[string]string{
		"inner": "link", "outer": "link", "fifo": "pipe", "socket": "socket", ".": "folder",
		"absent": "no such file", "../" + filepath.Base(dir) + "/plain": "escapes",
	} {
		_, _, err := safefile.OpenRegular(root, name)
		require.ErrorContains(t, err, want, name)
	}
	if dev, err := os.OpenRoot("/dev"); err == nil {
		defer dev.Close()
		_, _, err := safefile.OpenRegular(dev, "null")
		require.ErrorContains(t, err, "device")
	}
}
