// Package runs collects the records of runbook runs: the folders in which a run
// keeps its steps, its answers and what it measured.
//
// A run is copied as it is, file by file; nothing in it is interpreted. Links
// and special files are listed as omitted.
package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"darksite/bundle/collect"
)

// Name is the collector's name and the folder of its files.
const Name = "runs"

var errNoRun = errors.New("there is no such run")

// DefaultNewest is how many runs are taken when none is named.
const DefaultNewest = 20

// Options says which runs to take.
type Options struct {
	Dir    string   // folder with one folder or file a run
	Only   []string // names in Dir; empty takes the newest
	Newest int      // how many, when Only is empty; zero means DefaultNewest
}

// Runs is the collector.
type Runs struct{ o Options }

// New makes the collector.
func New(o Options) *Runs {
	o.Newest = cmp.Or(o.Newest, DefaultNewest)
	return &Runs{o}
}

// Plan says what is taken.
func (r *Runs) Plan() collect.Plan {
	from := []string{fmt.Sprintf("the newest %d of %s", r.o.Newest, r.o.Dir)}
	if len(r.o.Only) > 0 {
		from = from[:0]
		for _, name := range r.o.Only {
			from = append(from, path.Join(r.o.Dir, name))
		}
	}
	return collect.Plan{
		Name: Name,
		What: "logs of runbook runs: steps done, answers given, values seen",
		Why:  "shows support what was already tried, and with what result",
		From: from,
	}
}

// pick returns the names to take, the newest first. A run that was asked for
// by name and is missing is an error of its own.
func (r *Runs) pick(root *os.Root) (names []string, missing []string, err error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, nil, fmt.Errorf("list runs: %w", err)
	}
	if len(r.o.Only) > 0 {
		for _, want := range r.o.Only {
			if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == want }) {
				names = append(names, want)
			} else {
				missing = append(missing, want)
			}
		}
		return names, missing, nil
	}
	type run struct {
		name string
		info fs.FileInfo
	}
	var all []run
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // what an interrupted start left: nobody has entered it
		}
		info, err := e.Info()
		if err != nil {
			return nil, nil, fmt.Errorf("list runs: %w", err)
		}
		if e.IsDir() || info.Mode().IsRegular() {
			all = append(all, run{e.Name(), info})
		}
	}
	slices.SortFunc(all, func(a, b run) int {
		return cmp.Or(b.info.ModTime().Compare(a.info.ModTime()), cmp.Compare(b.name, a.name))
	})
	for _, one := range all[:min(len(all), r.o.Newest)] {
		names = append(names, one.name)
	}
	return names, nil, nil
}

// ownWords are the copies of a runbook that a run keeps. They say nothing of the
// site, and the log names the runbook by id, version and digest.
var ownWords = []string{"runbook.yaml", "en.md", "fr.md"}

// walk calls do for every file of a run and omit for what is not one.
func walk(ctx context.Context, root *os.Root, run string, do func(name string, info fs.FileInfo) error, omit func(name, reason string)) error {
	return fs.WalkDir(root.FS(), run, func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			omit(name, "cannot be read")
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			omit(name, "not a regular file")
			return nil
		case path.Dir(name) == run && slices.Contains(ownWords, path.Base(name)):
			omit(name, "the runbook's own words: the log names them by digest")
			return nil
		}
		info, err := d.Info()
		if err != nil {
			omit(name, "cannot be read")
			return nil
		}
		return do(name, info)
	})
}

// Estimate is exact. A site without runs has nothing to take.
func (r *Runs) Estimate(ctx context.Context) (collect.Estimate, error) {
	root, err := os.OpenRoot(r.o.Dir)
	if errors.Is(err, fs.ErrNotExist) && len(r.o.Only) == 0 {
		return collect.Sum(nil), nil
	}
	if err != nil {
		return collect.Estimate{}, fmt.Errorf("open runs: %w", err)
	}
	defer root.Close()
	names, missing, err := r.pick(root)
	if err != nil {
		return collect.Estimate{}, err
	}
	var items []collect.Foreseen
	for _, name := range missing {
		items = append(items, collect.Foreseen{Origin: "run " + name, Problem: errNoRun.Error()})
	}
	for _, run := range names {
		it := collect.Foreseen{Origin: "run " + run, Exact: true}
		err := walk(ctx, root, run, func(_ string, info fs.FileInfo) error {
			it.Files++
			it.Bytes += info.Size()
			return nil
		}, func(string, string) {})
		if err != nil {
			return collect.Estimate{}, fmt.Errorf("list run %s: %w", run, err)
		}
		items = append(items, it)
	}
	return collect.Sum(items), nil
}

// Collect copies the runs.
func (r *Runs) Collect(ctx context.Context, w *collect.Writer) error {
	root, err := os.OpenRoot(r.o.Dir)
	if errors.Is(err, fs.ErrNotExist) && len(r.o.Only) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open runs: %w", err)
	}
	defer root.Close()
	names, missing, err := r.pick(root)
	if err != nil {
		return err
	}
	for _, name := range missing {
		w.Fail("run "+name, errNoRun)
	}
	for _, run := range names {
		err := walk(ctx, root, run, func(name string, _ fs.FileInfo) error {
			err := w.AddFile(root, name, name, "run "+name, w.Left())
			if errors.Is(err, collect.ErrBudget) || errors.Is(err, collect.ErrClosed) {
				return err
			}
			if err != nil {
				w.Fail("run "+name, err)
			}
			return nil
		}, func(name, reason string) { w.Omit("run "+name, reason) })
		if err != nil {
			return err
		}
	}
	return nil
}
