package fileblobs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/desk/desktest"
	"darksite/bundle/desk/fileblobs"
	"darksite/bundle/safefile"

	"github.com/stretchr/testify/require"
)

func TestConformance(t *testing.T) {
	desktest.Blobs(t, func(t *testing.T) desk.Blobs {
		s, err := fileblobs.New(t.TempDir())
		require.NoError(t, err)
		return s
	})
}

func TestOpeningSweepsWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	s, err := fileblobs.New(dir)
	require.NoError(t, err)
	d := bundle.DigestOf([]byte("x"))
	require.NoError(t, s.Put(t.Context(), d, strings.NewReader("x")))
	left := filepath.Join(dir, string(d[:2]), ".half-1"+safefile.Suffix)
	require.NoError(t, os.WriteFile(left, []byte("half"), 0o600))
	_, err = fileblobs.New(dir)
	require.NoError(t, err)
	require.NoFileExists(t, left)
	require.FileExists(t, filepath.Join(dir, string(d[:2]), string(d)))
}
