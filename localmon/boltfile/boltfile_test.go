package boltfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"darksite/localmon/boltfile"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

var options = boltfile.Options{Schema: "test", Version: 3, Oldest: 2, Holder: "darksite\n test ", Timeout: 50 * time.Millisecond}

func put(f *boltfile.File, k, v string) error {
	return f.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("data"))
		if err != nil {
			return err
		}
		return b.Put([]byte(k), []byte(v))
	})
}

func TestOpenMakesAFileAndFindsItAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	_, err := boltfile.Open(path, boltfile.Options{Schema: "test", Version: 1, ReadOnly: true})
	require.ErrorIs(t, err, os.ErrNotExist)
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	require.Equal(t, 3, f.Version)
	require.Equal(t, path, f.Path())
	require.NoError(t, put(f, "k", "v"))
	found, err := f.Check(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, f.Close())

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "neither a partial file nor a note is left")

	o := options
	o.ReadOnly = true
	a, err := boltfile.Open(path, o)
	require.NoError(t, err)
	b, err := boltfile.Open(path, o)
	require.NoError(t, err, "readers do not shut each other out")
	require.NoError(t, a.View(func(tx *bbolt.Tx) error {
		require.Equal(t, "v", string(tx.Bucket([]byte("data")).Get([]byte("k"))))
		return nil
	}))
	found, err = a.Check(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Error(t, put(a, "k", "w"))
	require.NoError(t, errors.Join(a.Close(), b.Close()))
}

func TestTwoFirstStartsMakeOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	o := options
	o.Timeout = 10 * time.Second
	var all sync.WaitGroup
	for _, k := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			f, err := boltfile.Open(path, o)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(put(f, k, k), f.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, f.View(func(tx *bbolt.Tx) error {
		require.Equal(t, 4, tx.Bucket([]byte("data")).Stats().KeyN, "what each of them wrote is there")
		return nil
	}))
}

func TestABusyFileNamesItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	o := options
	o.Since = time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)
	f, err := boltfile.Open(path, o)
	require.NoError(t, err)
	_, err = boltfile.Open(path, options)
	var busy *boltfile.BusyError
	require.ErrorAs(t, err, &busy)
	require.ErrorIs(t, err, boltfile.ErrBusy)
	require.Equal(t, "darksite test", busy.Holder, "on one line")
	require.ErrorContains(t, err, "(darksite test) since 2026-03-01 08:30:00 UTC")
	require.NoError(t, os.Remove(path+".holder"))
	_, err = boltfile.Open(path, options)
	require.ErrorContains(t, err, "left no note")
	require.NoError(t, f.Close())

	// a note that a crash left is overwritten
	require.NoError(t, os.WriteFile(path+".holder", []byte("pid 1\nholder gone\n"), 0o600))
	f, err = boltfile.Open(path, options)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestVersions(t *testing.T) {
	for name, c := range map[string]struct {
		version int
		want    error
	}{"older than readable": {1, boltfile.ErrForeign}, "oldest": {2, nil}, "same": {3, nil}, "newer": {4, boltfile.ErrNewer}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			f, err := boltfile.Open(path, boltfile.Options{Schema: "test", Version: c.version})
			require.NoError(t, err)
			require.NoError(t, f.Close())
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			f, err = boltfile.Open(path, options)
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, c.version, f.Version)
				require.NoError(t, f.Close())
				return
			}
			require.ErrorIs(t, err, c.want)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(before, after))
		})
	}
	_, err := boltfile.Open(filepath.Join(t.TempDir(), "x.db"), boltfile.Options{})
	require.ErrorContains(t, err, "schema name")
	_, err = boltfile.Open(t.TempDir(), options)
	require.ErrorIs(t, err, boltfile.ErrForeign, "a folder")
	_, err = boltfile.Open(filepath.Join(t.TempDir(), "none", "x.db"), options)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPanicsBecomeErrors(t *testing.T) {
	f, err := boltfile.Open(filepath.Join(t.TempDir(), "x.db"), options)
	require.NoError(t, err)
	defer f.Close()
	err = f.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucket([]byte("half")); err != nil {
			return err
		}
		panic("page 7 already freed")
	})
	require.ErrorIs(t, err, boltfile.ErrDamaged)
	require.ErrorContains(t, err, "page 7 already freed")
	require.NoError(t, f.View(func(tx *bbolt.Tx) error {
		require.Nil(t, tx.Bucket([]byte("half")), "nothing was changed")
		return nil
	}))
	require.NoError(t, put(f, "k", "v"), "the lock was given back")
}

func TestAFullFileIsToldFromOtherErrors(t *testing.T) {
	o := options
	o.MaxSize = 1 << 20
	f, err := boltfile.Open(filepath.Join(t.TempDir(), "x.db"), o)
	require.NoError(t, err)
	defer f.Close()
	for i := 0; err == nil && i < 100; i++ {
		err = put(f, string(rune('a'+i)), string(make([]byte, 64<<10)))
	}
	require.True(t, boltfile.IsFull(err), "%v", err)
	require.False(t, boltfile.IsFull(os.ErrPermission))
	require.NoError(t, f.View(func(tx *bbolt.Tx) error {
		require.NotNil(t, tx.Bucket([]byte("data")), "what was written before can be read")
		return nil
	}))
}

func TestReplaceIsSeenByWhoWaitsForTheLock(t *testing.T) {
	dir := t.TempDir()
	path, made := filepath.Join(dir, "x.db"), filepath.Join(dir, "made.db")
	for _, p := range []string{path, made} {
		f, err := boltfile.Open(p, options)
		require.NoError(t, err)
		require.NoError(t, put(f, "which", filepath.Base(p)))
		require.NoError(t, f.Close())
	}
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	waiting := make(chan error)
	go func() {
		o := options
		o.Timeout = 10 * time.Second
		f, err := boltfile.Open(path, o)
		if err == nil {
			err = errors.Join(f.View(func(tx *bbolt.Tx) error {
				if got := string(tx.Bucket([]byte("data")).Get([]byte("which"))); got != "made.db" {
					return errors.New("opened " + got)
				}
				return nil
			}), f.Close())
		}
		waiting <- err
	}()
	require.NoError(t, boltfile.Replace(made, path))
	require.NoError(t, f.Close())
	if err := <-waiting; err != nil {
		require.ErrorIs(t, err, boltfile.ErrBusy, "never the file that is gone")
	}
}
