package redact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"darksite/bundle/safefile"
)

// folders checks input and output and returns where they really are: neither may
// lie in the other, by whatever links they are named, and the output must be new
// or empty.
func folders(in, out string) (realIn, realOut string, err error) {
	if realIn, err = filepath.Abs(in); err == nil {
		realIn, err = filepath.EvalSymlinks(realIn)
	}
	if err != nil {
		return "", "", err
	}
	info, err := os.Stat(realIn)
	if err != nil {
		return "", "", err
	}
	if !info.IsDir() {
		return "", "", fmt.Errorf("%s is not a folder", in)
	}
	if realOut, err = realPath(out); err != nil {
		return "", "", err
	}
	if within(realOut, realIn) || within(realIn, realOut) {
		return "", "", errors.New("input and output folder must not lie in each other")
	}
	names, err := os.ReadDir(realOut)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	if len(names) > 0 {
		return "", "", fmt.Errorf("output folder %s is not empty; name a new one", out)
	}
	return realIn, realOut, nil
}

// realPath resolves the links in a path of which the end need not exist.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for {
		found, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(found, rest), nil
		}
		if _, there := os.Lstat(path); there == nil || !errors.Is(err, fs.ErrNotExist) {
			return "", err // a link to nothing is not taken for a new folder
		}
		rest = filepath.Join(filepath.Base(path), rest)
		path = filepath.Dir(path)
	}
}

// within reports whether a path is a folder or lies in it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// planTree lists the files of a folder in order of their names.
func planTree(in string) (*plan, error) {
	p := &plan{}
	err := filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return nil
		}
		rel, relErr := filepath.Rel(in, path)
		if relErr != nil {
			return relErr
		}
		t := &task{rel: filepath.ToSlash(rel)}
		switch {
		case errors.Is(err, fs.ErrPermission) && rel != ".":
			t.withheld = unreadable
		case err != nil:
			return err
		default:
			if err := p.look(t, path, d); err != nil {
				return err
			}
		}
		p.tasks = append(p.tasks, t)
		t.number = len(p.tasks)
		return nil
	})
	if err == nil {
		p.in, err = os.OpenRoot(in)
	}
	if err != nil {
		return nil, fmt.Errorf("redact tree: list %s: %w", in, cause(err))
	}
	return p, nil
}

// look notes what a name in the tree stands for.
func (p *plan) look(t *task, path string, d fs.DirEntry) error {
	switch {
	case d.Type()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.withheld = vanished
			return nil
		}
		t.link = to
		return err
	case !d.Type().IsRegular():
		t.withheld = irregular
		return nil
	}
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		t.withheld = vanished
		return nil
	}
	if err != nil {
		return err
	}
	t.size = info.Size()
	p.total += t.size
	return nil
}

// Why a file is withheld before a byte of it is read.
const (
	unreadable = "no permission to read it"
	irregular  = "not a regular file"
	vanished   = "removed while the folder was read"
)

// open opens a file of the input and nothing that was put in its place since:
// no pipe that would block, no link that leads elsewhere. What cannot be had is a
// reason to withhold the file.
func (p *plan) open(t *task) (f *os.File, reason string, err error) {
	f, _, err = safefile.OpenRegular(p.in, filepath.FromSlash(t.rel))
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, unreadable, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, vanished, nil
	case errors.Is(err, safefile.ErrIrregular):
		return nil, irregular, nil
	}
	return f, "", err
}
