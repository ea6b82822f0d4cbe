package boltfile_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"darksite/localmon/boltfile"

	"github.com/stretchr/testify/require"
)

func TestRollBackGoesBackByOneCommit(t *testing.T) {
	dir := t.TempDir()
	path, made := filepath.Join(dir, "x.db"), filepath.Join(dir, "made.db")
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	require.NoError(t, put(f, "k", "one"))
	require.NoError(t, put(f, "k", "two"))
	require.NoError(t, f.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	stopped, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, boltfile.RollBack(stopped, path, made), context.Canceled)
	require.NoFileExists(t, made)
	require.NoError(t, boltfile.RollBack(t.Context(), path, made))
	require.ErrorIs(t, boltfile.RollBack(t.Context(), path, made), os.ErrExist, "nothing is written over")
	require.ErrorIs(t, boltfile.RollBack(t.Context(), made, made+"2"), boltfile.ErrNoEarlier)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after, "the original is only read")

	g, err := boltfile.Open(made, options)
	require.NoError(t, err)
	require.Equal(t, "one", get(g, "k"))
	found, err := g.Check(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, put(g, "k", "three"), "and it goes on")
	require.Equal(t, "three", get(g, "k"))
	require.NoError(t, g.Close())

	// one meta page is damaged: bbolt uses the other by itself, and there is nothing behind it
	for page := range 2 {
		data := append([]byte(nil), before...)
		data[page*os.Getpagesize()+40] ^= 1
		require.NoError(t, os.WriteFile(path, data, 0o600))
		require.ErrorIs(t, boltfile.RollBack(t.Context(), path, made+"3"), boltfile.ErrNoEarlier)
		f, err := boltfile.Open(path, options)
		require.NoError(t, err)
		require.Contains(t, []string{"one", "two"}, get(f, "k"))
		require.NoError(t, put(f, "k", "four"))
		require.NoError(t, f.Close())
	}
	require.NoError(t, os.WriteFile(path, []byte("no file of bbolt"), 0o600))
	require.ErrorIs(t, boltfile.RollBack(t.Context(), path, made+"3"), boltfile.ErrDamaged)
	require.ErrorIs(t, boltfile.RollBack(t.Context(), path+"none", made+"3"), os.ErrNotExist)
}

func TestAHeldFileIsNotWrittenTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	_, err = boltfile.Hold(path)
	require.ErrorIs(t, err, boltfile.ErrBusy)
	require.ErrorContains(t, err, "darksite test")
	require.NoError(t, f.Close())
	release, err := boltfile.Hold(path)
	require.NoError(t, err)
	_, err = boltfile.Open(path, options)
	require.ErrorIs(t, err, boltfile.ErrBusy)
	o := options
	o.ReadOnly = true
	f, err = boltfile.Open(path, o)
	require.NoError(t, err, "readers are let in")
	require.NoError(t, f.Close())
	require.NoError(t, release())
	f, err = boltfile.Open(path, options)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = boltfile.Hold(path + "none")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestNothingIsSetAsideOverAnotherFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	read := func(path string) string {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(data)
	}
	path, taken, made := write("x", "old"), write("taken", "mine"), write("made", "new")
	require.ErrorContains(t, boltfile.SetAside(path, taken), "is there already")
	require.ErrorContains(t, boltfile.Exchange(made, path, taken), "is there already")
	require.Equal(t, "mine", read(taken))
	require.Equal(t, "old", read(path))
	require.Equal(t, "new", read(made))
	require.NoError(t, boltfile.Exchange(made, path, path+".aside"))
	require.Equal(t, "new", read(path))
	require.Equal(t, "old", read(path+".aside"))
	require.NoFileExists(t, made)
	require.NoError(t, boltfile.SetAside(path, path+".2"))
	require.NoFileExists(t, path)
	require.Equal(t, "new", read(path+".2"))
	require.ErrorIs(t, boltfile.SetAside(path, path+".3"), os.ErrNotExist)
}
