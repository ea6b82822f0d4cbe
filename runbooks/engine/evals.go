package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/facts"
)

// eval asks a predicate now and remembers what it was answered, so that the
// verdict can be found again far from the array.
func (r *Run) eval(ctx context.Context, p runbooks.Predicate, maxAge time.Duration) runbooks.Verdict {
	now := r.o.Now()
	r.seen = facts.Record(r.o.Facts, r.log.entries[0].Target, now)
	return p.Eval(ctx, r.seen.Taken().Now, r.seen, maxAge)
}

// keepFacts puts what stands behind the newest verdict on disk, before the log
// speaks of it, and returns its digest.
func (r *Run) keepFacts() (string, error) {
	set := r.seen.Taken()
	set.Line = len(r.log.entries) + 1
	line, err := facts.Encode(set)
	if err != nil {
		return "", err
	}
	r.seen = nil
	if r.dry {
		return "", nil
	}
	path := filepath.Join(r.dir, FactsFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("keep what was seen: %w", err)
	}
	end, err := endOfLines(f)
	if err == nil {
		_, err = f.WriteAt(line, end)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil && end == 0 {
		err = syncDir(r.dir) // the file is new
	}
	if err != nil {
		return "", fmt.Errorf("keep what was seen: %w", err)
	}
	return digestOf(line), nil
}

// endOfLines is where the next line goes: behind the last whole one. What a power
// cut left of another is cut off; no line of the log speaks of it.
func endOfLines(f *os.File) (int64, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for end := size; end > 0; {
		n := min(int64(len(buf)), end)
		if _, err := f.ReadAt(buf[:n], end-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			end = end - n + int64(i) + 1
			if end == size {
				return end, nil
			}
			return end, f.Truncate(end)
		}
		end -= n
	}
	return 0, f.Truncate(0)
}
