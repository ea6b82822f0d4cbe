// Package replay asks the checks of runbook runs again, at the desk, on what a
// bundle carried along: every verdict the admin saw at the site is worked out once
// more from the answers the run kept, without an array and without the site.
//
//	runs, err := replay.Runs(ctx, os.DirFS(bundle), lib)
//	for _, r := range runs {
//		r.Disagree() // checks that do not come out as the log has them
//	}
//
// [Findings] are what of that an engineer has to know. [Checks] asks the checks of a
// runbook, whether or not anybody followed it, of the state of an array in the
// bundle, and of the [Samples] the site's monitor had measured. [Ask] puts a question of any runbook to the answers of a run: whatever the run
// asked can be asked again, and what it did not ask is unknown.
//
// Names in a bundle are stand-ins; a verdict does not depend on them. A log that
// was redacted has a broken chain, which [Run.Whole] says; its signature is checked
// at the site, not here. A run that cannot be read is in the list with its error.
//
// Nothing in a bundle is executed, and every file is read within bounds.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/engine"
	"darksite/runbooks/facts"
)

// Folder is where the runs lie in an opened bundle.
const Folder = "files/runs"

// mostRuns bounds a bundle.
const mostRuns = 200

// Run is one run that was looked at again.
type Run struct {
	engine.Replay
	Name string // its folder
	Err  error  // why it could not be read
}

// Disagree lists the verdicts that were asked again and came out otherwise. What
// could not be asked again is not among them: [Run.Unasked].
func (r Run) Disagree() []engine.Replayed {
	return pick(r.Verdicts, func(v engine.Replayed) bool { return v.Problem == "" && !v.Agrees() })
}

// Unasked lists the verdicts that could not be asked again, with their Problem.
func (r Run) Unasked() []engine.Replayed {
	return pick(r.Verdicts, func(v engine.Replayed) bool { return v.Problem != "" })
}

func pick(all []engine.Replayed, keep func(engine.Replayed) bool) []engine.Replayed {
	var out []engine.Replayed
	for _, v := range all {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

// Runs replays every run in an opened bundle, by name. A bundle without runs has
// none.
func Runs(ctx context.Context, bundle fs.FS, lib *runbooks.Library) ([]Run, error) {
	entries, err := fs.ReadDir(bundle, Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("replay the runs: %w", err)
	}
	var out []Run
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if len(out) == mostRuns {
			return out, fmt.Errorf("replay the runs: more than %d", mostRuns)
		}
		r := Run{Name: e.Name()}
		log, kept, err := read(bundle, e.Name())
		if err == nil {
			r.Replay, err = engine.Again(ctx, log, kept, lib.Get)
		}
		r.Err = err
		out = append(out, r)
	}
	return out, ctx.Err()
}

// read gives log and kept answers of a run; an older run has kept none.
func read(bundle fs.FS, run string) (log, kept []byte, err error) {
	if log, err = bounded(bundle, path.Join(Folder, run, engine.LogFile)); err != nil {
		return nil, nil, err
	}
	kept, err = bounded(bundle, path.Join(Folder, run, engine.FactsFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return log, kept, err
}

func bounded(bundle fs.FS, name string) ([]byte, error) {
	f, err := bundle.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, engine.MaxReplay+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > engine.MaxReplay {
		return nil, fmt.Errorf("read %s: more than %d bytes", name, engine.MaxReplay)
	}
	return data, nil
}

// Ask puts a question to all that one run in an opened bundle was answered, the
// newest answer first: the first that is not unknown is the verdict. Data older
// than maxAge when it was answered is unknown, as at the site.
func Ask(ctx context.Context, bundle fs.FS, run string, p runbooks.Predicate, maxAge time.Duration) (runbooks.Verdict, error) {
	if !fs.ValidPath(run) || strings.Contains(run, "/") {
		return runbooks.Verdict{}, fmt.Errorf("ask run %q: no such name", run)
	}
	_, kept, err := read(bundle, run)
	if err != nil {
		return runbooks.Verdict{}, fmt.Errorf("ask run %s: %w", run, err)
	}
	lines := strings.SplitAfter(string(kept), "\n")
	last := runbooks.Verdict{Result: runbooks.Unknown, Reason: "the run was answered nothing"}
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i] == "" {
			continue
		}
		set, err := facts.Decode([]byte(lines[i]))
		if err != nil {
			return runbooks.Verdict{}, fmt.Errorf("ask run %s: %w", run, err)
		}
		if last = p.Eval(ctx, set.Now, set.Facts(), maxAge); last.Result != runbooks.Unknown {
			break
		}
	}
	return last, nil
}
