package coach_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"darksite/training/coach"
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

	require.NoError(t, coach.Inside(dir, mine))
	require.NoError(t, coach.Inside(through, mine), "the folder may be named by a link")
	require.NoError(t, coach.Inside(dir, filepath.Join(dir, "keys", "not-there.key")))
	for name, file := range map[string]string{
		"elsewhere":                theirs,
		"a link to elsewhere":      link,
		"up and away":              filepath.Join(dir, "..", filepath.Base(elsewhere), "mdurand.key"),
		"elsewhere, and not there": filepath.Join(elsewhere, "not-there.key"),
	} {
		require.ErrorIs(t, coach.Inside(dir, file), coach.ErrNotTraining, name)
	}
	require.Error(t, coach.Inside(dir, filepath.Join(elsewhere, "no", "folder", "x.key")))
}
