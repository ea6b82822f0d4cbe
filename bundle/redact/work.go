package redact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// workFolder is where a result is made: a hidden folder beside the output, on the
// same disk, that becomes the output by one rename when everything in it is proved.
// A process that is killed leaves it behind, and never something at the output.
type workFolder struct {
	root string   // everything below goes at the end
	lock *os.File // held as long as the run lives
	out  string   // where the result goes
}

// workPrefix begins the names of work folders of one output.
func workPrefix(out string) string { return "." + filepath.Base(out) + ".unfinished-" }

// newWork makes a work folder for an output and removes those that killed runs
// left for the same output.
func newWork(out string) (*workFolder, error) {
	abs, err := filepath.Abs(out)
	if err != nil {
		return nil, fmt.Errorf("make a work folder: %w", err)
	}
	parent := filepath.Dir(abs)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("make a work folder: %w", err)
	}
	if err := clearDead(parent, workPrefix(abs)); err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp(parent, workPrefix(abs))
	if err != nil {
		return nil, fmt.Errorf("make a work folder: %w", err)
	}
	w := &workFolder{root: root, out: abs}
	if w.lock, err = os.Open(root); err == nil {
		if _, err = lockFolder(w.lock); err == nil {
			err = errors.Join(os.Mkdir(w.tree(), 0o700), os.Mkdir(w.tmp(), 0o700))
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a work folder: %w", err), w.close())
	}
	return w, nil
}

// clearDead removes work folders whose run is gone.
func clearDead(parent, prefix string) error {
	there, err := os.ReadDir(parent)
	if err != nil {
		return fmt.Errorf("look for unfinished results: %w", err)
	}
	for _, e := range there {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		path := filepath.Join(parent, e.Name())
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its run has just ended
		}
		if err != nil {
			return fmt.Errorf("look into an unfinished result: %w", err)
		}
		dead, err := lockFolder(f)
		if dead {
			err = os.RemoveAll(path)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("remove an unfinished result: %w", err)
		}
	}
	return nil
}

// tree is where the redacted files are made.
func (w *workFolder) tree() string { return filepath.Join(w.root, "tree") }

// tmp is for parts of archives, which hold the text as it was.
func (w *workFolder) tmp() string { return filepath.Join(w.root, "tmp") }

// publish puts the finished tree at the output after a look whether all of it is
// still there.
func (w *workFolder) publish(files []File) error {
	for _, f := range files {
		info, err := os.Lstat(filepath.Join(w.tree(), filepath.FromSlash(f.Out)))
		if err != nil || info.Mode().IsRegular() && info.Size() != f.Size {
			return fmt.Errorf("finish the output: %s was changed or removed by someone else while the rest was worked on", f.Out)
		}
	}
	if err := os.Remove(w.out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("finish the output: %w", err)
	}
	if err := os.Rename(w.tree(), w.out); err != nil {
		return fmt.Errorf("finish the output: %w", err)
	}
	return nil
}

// close removes the work folder and what is left in it.
func (w *workFolder) close() error {
	err := os.RemoveAll(w.root)
	if w.lock != nil {
		err = errors.Join(err, w.lock.Close())
	}
	if err != nil {
		return fmt.Errorf("remove the work folder: %w", err)
	}
	return nil
}
