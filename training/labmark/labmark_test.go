package labmark_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"darksite/training/labmark"
)

func TestOnlyKeysOfTheLabAreUsed(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "keys"), 0o700))
	write := func(path string) string {
		require.NoError(t, os.WriteFile(path, []byte("key"), 0o600))
		return path
	}
	mine, theirs := write(filepath.Join(dir, "keys", "mdurand.key")), write(filepath.Join(elsewhere, "mdurand.key"))
	link := filepath.Join(dir, "keys", "link.key")
	require.NoError(t, os.Symlink(theirs, link))
	through := filepath.Join(t.TempDir(), "site")
	require.NoError(t, os.Symlink(dir, through))

	require.NoError(t, labmark.Inside(dir, mine))
	require.NoError(t, labmark.Inside(through, mine), "the folder may be named by a link")
	require.NoError(t, labmark.Inside(dir, filepath.Join(dir, "keys", "not-there.key")))
	for name, file := range map[string]string{
		"elsewhere":                theirs,
		"a link to elsewhere":      link,
		"up and away":              filepath.Join(dir, "..", filepath.Base(elsewhere), "mdurand.key"),
		"elsewhere, and not there": filepath.Join(elsewhere, "not-there.key"),
	} {
		require.ErrorIs(t, labmark.Inside(dir, file), labmark.ErrMixed, name)
	}
	require.Error(t, labmark.Inside(dir, filepath.Join(elsewhere, "no", "folder", "x.key")))
}

func TestARealDeskSeesThatSomethingLiesInALab(t *testing.T) {
	lab := t.TempDir()
	require.NoError(t, labmark.Marker{Lab: "t-l1"}.Write(lab))
	m, err := labmark.Read(lab)
	require.NoError(t, err)
	require.Equal(t, "t-l1", m.Lab)
	require.NoError(t, os.MkdirAll(filepath.Join(lab, "work", "usb"), 0o700))
	link := filepath.Join(t.TempDir(), "usb")
	require.NoError(t, os.Symlink(filepath.Join(lab, "work", "usb"), link))
	for path, want := range map[string]bool{
		lab: true, filepath.Join(lab, "work", "usb"): true, filepath.Join(lab, "work", "not-there"): true, link: true, t.TempDir(): false,
	} {
		within, err := labmark.Within(path)
		require.NoError(t, err)
		require.Equal(t, want, within, path)
	}
	_, err = labmark.Read(t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}
