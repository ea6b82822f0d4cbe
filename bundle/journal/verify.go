package journal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/sign"

	"golang.org/x/mod/sumdb/tlog"
)

// maxProblems bounds a report; the first are what counts.
const maxProblems = 100

// Report is what Verify found.
type Report struct {
	Mark        bundle.JournalMark // of the log as it is on disk
	Checkpoints int                // signed checkpoints that agree with the log
	Unchecked   int                // of these, those without a key to check their signature
	Marks       int                // given marks that agree with the log
	Proven      int64              // entries fixed by the newest checkpoint or mark that agrees
	ClockBack   int64              // entries with an earlier time than the one before: information only
	Torn        int                // bytes of a torn last entry
	Problems    []string
}

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Verify reads the journal from disk again, all of it, and checks every entry,
// that nothing but new entries came since the log was opened, every checkpoint
// and its signature, and that each given mark, read off a
// label, cover sheet or receipt, is a beginning of this journal. Any
// disagreement is named in the report, and the error wraps [ErrTampered]; a
// torn end wraps [ErrTorn] unless somebody is writing.
func (l *Log) Verify(ctx context.Context, marks ...bundle.JournalMark) (Report, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	r, err := l.verify(ctx, marks)
	if err != nil {
		return r, fmt.Errorf("verify journal %s: %w", l.dir, err)
	}
	return r, nil
}

func (l *Log) verify(ctx context.Context, marks []bundle.JournalMark) (Report, error) {
	var r Report
	disk, err := l.reread(ctx, &r)
	if err != nil {
		return r, err
	}
	if err := disk.settle(); err != nil {
		return r, err
	}
	r.Mark = disk.mark
	if why := disk.holds(l.mark); why != "" {
		r.problem("changed since it was opened with %d entries: %s", l.n, why)
	}
	if err := disk.checkpoints(ctx, &r); err != nil {
		return r, err
	}
	for _, m := range marks {
		if why := disk.holds(m); why != "" {
			r.problem("mark of size %d: %s", m.Size, why)
			continue
		}
		r.Marks++
		r.Proven = max(r.Proven, m.Size)
	}
	if len(r.Problems) > 0 {
		return r, fmt.Errorf("%w: %s", ErrTampered, r.Problems[0])
	}
	if r.Torn == 0 {
		return r, nil
	}
	if l.view {
		// Half an entry is what a reader sees of one that is being written.
		if busy, err := writing(filepath.Join(l.dir, lockName)); err != nil || busy {
			return r, err
		}
	}
	return r, fmt.Errorf("%w: %d bytes after entry %d", ErrTorn, r.Torn, disk.n)
}

// reread builds the tree from disk and goes on over bad lines, so that the
// report says which they are.
func (l *Log) reread(ctx context.Context, r *Report) (*Log, error) {
	disk := &Log{dir: l.dir, origin: l.origin, key: l.key}
	f, err := os.Open(filepath.Join(l.dir, logName))
	if errors.Is(err, fs.ErrNotExist) {
		r.problem("%s is gone", logName)
		return disk, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	var before Entry
	s := newLines(f)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return disk, nil
		case errors.Is(err, ErrTorn):
			r.Torn = len(line)
			return disk, nil
		case errors.Is(err, ErrTampered):
			r.problem("line %d: %v", disk.n+1, err)
			return disk, nil
		case err != nil:
			return nil, err
		}
		e, err := ParseEntry(line)
		switch {
		case err != nil:
			r.problem("line %d: %v", disk.n+1, err)
		case e.Seq != disk.n+1:
			r.problem("line %d says it is entry %d", disk.n+1, e.Seq)
		case e.Time.Before(before.Time):
			r.ClockBack++
		}
		before = e
		if err := disk.grow(line); err != nil {
			return nil, err
		}
	}
}

// holds says why a mark is not a beginning of the log, or "".
func (l *Log) holds(m bundle.JournalMark) string {
	want, err := parseRoot(m)
	if err != nil {
		return err.Error()
	}
	if m.Size > l.n {
		return fmt.Sprintf("the journal has only %d entries: the end was cut off", l.n)
	}
	got, err := l.root(m.Size)
	if err != nil {
		return err.Error()
	}
	if got != want {
		return fmt.Sprintf("root over these entries is %s, not %s: something among them was altered", hex.EncodeToString(got[:]), m.Root)
	}
	return ""
}

func parseRoot(m bundle.JournalMark) (tlog.Hash, error) {
	var h tlog.Hash
	if m.Size < 0 || !m.Root.Valid() {
		return h, fmt.Errorf("%w: mark of size %d and root %q is none", ErrTampered, m.Size, m.Root)
	}
	_, err := hex.Decode(h[:], []byte(m.Root))
	return h, err
}

// checkpoints compares every kept checkpoint with the log.
func (l *Log) checkpoints(ctx context.Context, r *Report) error {
	names, err := l.checkpointNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		cp, signed, err := l.readCheckpoint(name)
		if err == nil {
			if why := l.holds(cp.Mark()); why != "" {
				err = errors.New(why)
			}
		}
		if err != nil {
			r.problem("checkpoint %s: %v", name, err)
			continue
		}
		r.Checkpoints++
		if !signed {
			r.Unchecked++
		}
		r.Proven = max(r.Proven, cp.Size)
	}
	return nil
}

// checkpointNames lists the checkpoints, oldest first.
func (l *Log) checkpointNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, checkpointDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if base, ok := strings.CutSuffix(e.Name(), ".txt"); ok {
			names = append(names, base)
		}
	}
	slices.Sort(names)
	return names, nil
}

// readCheckpoint reads a checkpoint and checks its signature when there is a key.
func (l *Log) readCheckpoint(name string) (cp Checkpoint, signed bool, err error) {
	base := filepath.Join(l.dir, checkpointDir, name)
	text, err := os.ReadFile(base + ".txt")
	if err != nil {
		return cp, false, err
	}
	if cp, err = ParseCheckpoint(text); err != nil {
		return cp, false, err
	}
	if cp.Origin != l.origin || checkpointBase(cp.Size) != name {
		return cp, false, fmt.Errorf("it is of %s over %d entries", cp.Origin, cp.Size)
	}
	if l.key == "" {
		return cp, false, nil
	}
	sig, err := os.ReadFile(base + ".sig")
	if err != nil {
		return cp, false, err
	}
	return cp, true, sign.Verify(sign.Journal, text, sig, l.key)
}

// checkNewest refuses to go on with a journal that disagrees with its newest
// checkpoint.
func (l *Log) checkNewest() error {
	names, err := l.checkpointNames()
	if err != nil || len(names) == 0 {
		return err
	}
	newest := names[len(names)-1]
	cp, _, err := l.readCheckpoint(newest)
	if err == nil {
		if why := l.holds(cp.Mark()); why != "" {
			err = errors.New(why)
		}
	}
	if err != nil {
		return fmt.Errorf("%w: checkpoint %s: %w", ErrTampered, newest, err)
	}
	return nil
}
