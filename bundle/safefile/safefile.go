// Package safefile changes files so that a crash leaves either the old file or
// the new one, never half of either, and never less than was acknowledged.
//
// [Write] replaces a small file; [Create] streams into a temporary file that
// [File.Commit] renames into place. Both sync the file before the rename and
// the folder after it. Files are made with mode 0600 unless told otherwise:
// everything the kit writes is private until a person releases it.
//
// [OpenRegular] reads what others wrote: a plain file, or an error.
//
// Limits: durability is what fsync gives on the file system at hand. A
// temporary file that a crash leaves behind has the suffix [Suffix] and can be
// removed with [Sweep].
package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Suffix marks temporary files.
const Suffix = ".partial"

// Write replaces the file at path by data.
func Write(path string, data []byte, mode fs.FileMode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Commit()
}

// File is a file being written beside its final place.
type File struct {
	*os.File
	path string
	done bool
}

// Create begins a new version of path. Nothing is seen at path until Commit.
func Create(path string, mode fs.FileMode) (*File, error) {
	f, err := temporary(path)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", path, err), f.Close(), os.Remove(f.Name()))
	}
	return &File{File: f, path: path}, nil
}

// createTries bounds how often a temporary file is taken away by a sweep in the
// moment between its creation and its claim.
const createTries = 100

// temporary makes a temporary file for path and claims it, so that no sweep of
// another process takes it for one left behind.
func temporary(path string) (*os.File, error) {
	for range createTries {
		f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*"+Suffix)
		if err != nil {
			return nil, err
		}
		if claim(f) && there(f) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, errors.New("another process takes away the temporary file again and again")
}

// there reports whether an open file still stands under its name.
func there(f *os.File) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(open, named)
}

// Commit syncs the content, puts it in place and syncs the folder. Path shows
// the old content until Commit returns nil.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("commit %s: already done", f.path)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", f.path, err)
	}
	// It is closed after the rename: until then the claim keeps sweeps away.
	if err := os.Rename(f.Name(), f.path); err != nil {
		return fmt.Errorf("put %s in place: %w", f.path, err)
	}
	f.done = true
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return SyncDir(filepath.Dir(f.path))
}

// Abort removes the temporary file. After Commit it does nothing, so it can be
// deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	_ = f.Close() // the file is thrown away: its close error changes nothing
	_ = os.Remove(f.Name())
}

// SyncDir makes the entries of a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	if err := d.Sync(); err != nil {
		return errors.Join(fmt.Errorf("sync folder %s: %w", dir, err), d.Close())
	}
	return d.Close()
}

// Sweep removes temporary files left in dir by an interrupted run and returns
// their names. Those that are being written stay.
func Sweep(dir string) ([]string, error) { return sweep(dir, ".") }

// SweepBeside removes what an interrupted run left of this one file, for folders
// that are not the kit's own.
func SweepBeside(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err := sweep(dir, "."+filepath.Base(path)+"-")
	return err
}

func sweep(dir, prefix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("sweep %s: %w", dir, err)
	}
	var gone []string
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), Suffix) {
			continue
		}
		left, err := removeLeft(filepath.Join(dir, e.Name()))
		if err != nil {
			return gone, fmt.Errorf("sweep %s: %w", dir, err)
		}
		if left {
			gone = append(gone, e.Name())
		}
	}
	return gone, nil
}

// removeLeft removes a temporary file unless somebody is writing it.
func removeLeft(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // it was put in its place meanwhile
	}
	if err != nil {
		return false, err
	}
	if !claim(f) {
		return false, f.Close()
	}
	if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return false, f.Close()
	}
	return err == nil, errors.Join(err, f.Close())
}
