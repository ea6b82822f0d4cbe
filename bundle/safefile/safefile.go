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
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*"+Suffix)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", path, err), f.Close(), os.Remove(f.Name()))
	}
	return &File{File: f, path: path}, nil
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
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return fmt.Errorf("put %s in place: %w", f.path, err)
	}
	f.done = true
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
// their names.
func Sweep(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("sweep %s: %w", dir, err)
	}
	var gone []string
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), Suffix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return gone, fmt.Errorf("sweep %s: %w", dir, err)
		}
		gone = append(gone, e.Name())
	}
	return gone, nil
}
