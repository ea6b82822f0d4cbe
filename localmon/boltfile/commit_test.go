package boltfile_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"darksite/localmon/boltfile"
	"darksite/localmon/boltfile/faultdisk"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// failing starts a failing disk below a folder, in a process of the test's own;
// in any other process it runs that and returns nil.
func failing(t *testing.T) (*faultdisk.Disk, string) {
	t.Helper()
	const env = "BOLTFILE_ALONE"
	if os.Getenv(env) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), env+"=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		t.Logf("%s", out)
		return nil, ""
	}
	dir := t.TempDir()
	d, err := faultdisk.Start(dir)
	if err != nil {
		require.ErrorIs(t, err, faultdisk.ErrUnsupported)
		t.Skip(err)
	}
	return d, filepath.Join(dir, "x.db")
}

// syncFails has the n-th fsync from now fail.
func syncFails(d *faultdisk.Disk, n int, f faultdisk.Fault) {
	d.Judge(func(op faultdisk.Op) faultdisk.Fault {
		if op.Kind == faultdisk.Sync {
			if n--; n == 0 {
				return f
			}
		}
		return faultdisk.Fault{}
	})
}

func get(f *boltfile.File, k string) (v string) {
	err := f.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte("data")); b != nil {
			v = string(b.Get([]byte(k)))
		}
		return nil
	})
	if err != nil {
		return err.Error()
	}
	return v
}

func TestACommitThatTheDiskDidNotConfirm(t *testing.T) {
	d, path := failing(t)
	if d == nil {
		return
	}
	const data, metaPage = 1, 2 // the two fsyncs of a commit
	for name, c := range map[string]struct {
		sync          int
		fault         faultdisk.Fault
		unsure, there bool
	}{
		"the pages, before the last one": {data, faultdisk.Fault{Err: syscall.EIO}, false, false},
		"the last page":                  {metaPage, faultdisk.Fault{Err: syscall.EIO}, true, true},
		"the last page, and it is gone":  {metaPage, faultdisk.Fault{Err: syscall.EIO, Lost: true}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(path))
			f, err := boltfile.Open(path, options)
			require.NoError(t, err)
			require.NoError(t, put(f, "k", "old"))
			epoch := f.Epoch()

			syncFails(d, c.sync, c.fault)
			err = put(f, "k", "new")
			require.ErrorIs(t, err, syscall.EIO)
			require.ErrorContains(t, err, "write "+path)
			require.Equal(t, c.unsure, errors.Is(err, boltfile.ErrUnsure), "%v", err)
			require.Equal(t, c.there, f.Epoch() != epoch)
			want := map[bool]string{true: "new", false: "old"}[c.there]
			require.Equal(t, want, get(f, "k"))

			// While the disk does not confirm it, nothing is built on it.
			syncFails(d, 1, faultdisk.Fault{Err: syscall.EIO})
			err = put(f, "other", "x")
			require.ErrorIs(t, err, syscall.EIO)
			require.NotErrorIs(t, err, boltfile.ErrUnsure)
			require.ErrorContains(t, err, "have the last commit to "+path+" confirmed")
			require.Equal(t, want, get(f, "k"))

			d.Judge(nil)
			require.NoError(t, f.Settle())
			require.NoError(t, f.Settle())
			require.Positive(t, d.Calls())
			image, err := d.Image(path, nil)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path+"-image", image, 0o600))
			cut, err := boltfile.Open(path+"-image", options)
			require.NoError(t, err, "a power cut now")
			require.Equal(t, want, get(cut, "k"), "what was confirmed is on the disk")
			require.NoError(t, cut.Close())

			require.NoError(t, put(f, "other", "y"))
			found, err := f.Check(t.Context(), 10)
			require.NoError(t, err)
			require.Empty(t, found)
			require.NoError(t, f.Close())
			require.NoError(t, f.Close())
		})
	}
}

func TestAReaderIsNotDisturbedByAFailedCommit(t *testing.T) {
	d, path := failing(t)
	if d == nil {
		return
	}
	o := options
	o.InitialMmapSize = 16 << 20 // room, so that bbolt has no reason of its own to wait for readers
	f, err := boltfile.Open(path, o)
	require.NoError(t, err)
	value := bytes.Repeat([]byte("old"), 5000)
	require.NoError(t, put(f, "k", string(value)))
	reading, wrote := make(chan struct{}), make(chan error, 1)
	read := make(chan error, 1)
	go func() {
		read <- f.View(func(tx *bbolt.Tx) error {
			close(reading)
			select {
			case <-wrote: // it should not come before the reader is done
			case <-time.After(200 * time.Millisecond):
			}
			if !bytes.Equal(value, tx.Bucket([]byte("data")).Get([]byte("k"))) {
				return errors.New("the pages under the reader were written over")
			}
			return nil
		})
	}()
	<-reading
	syncFails(d, 2, faultdisk.Fault{Err: syscall.EIO})
	require.ErrorIs(t, put(f, "k", string(bytes.Repeat([]byte("new"), 5000))), boltfile.ErrUnsure)
	for range 3 {
		require.NoError(t, put(f, "other", string(bytes.Repeat([]byte("abc"), 5000))))
	}
	wrote <- nil
	require.NoError(t, <-read)
	require.NoError(t, f.Close())
}

func TestAFileThatAnotherProcessTookMeanwhile(t *testing.T) {
	d, path := failing(t)
	if d == nil {
		return
	}
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	require.NoError(t, put(f, "k", "v"))
	syncFails(d, 1, faultdisk.Fault{Err: syscall.EIO})
	require.ErrorIs(t, put(f, "k", "w"), syscall.EIO)
	d.Judge(nil)

	// The file is put aside: what is at its place now is another one.
	epoch := f.Epoch()
	require.NoError(t, os.Rename(path, path+".aside"))
	require.ErrorIs(t, put(f, "k", "w"), os.ErrNotExist)
	require.Equal(t, "database not open", get(f, "k"))
	other, err := boltfile.Open(path, options)
	require.NoError(t, err)
	require.NoError(t, put(other, "k", "theirs"))
	require.ErrorIs(t, put(f, "k", "w"), boltfile.ErrBusy)
	require.NoError(t, other.Close())
	require.NoError(t, f.Settle())
	require.NotEqual(t, epoch, f.Epoch(), "who remembers what was written must look again")
	require.Equal(t, "theirs", get(f, "k"))
	require.NoError(t, f.Close())
}
