package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"darksite/localmon/boltfile"
)

// RolledBack is a history without the newest commit of another, whole and ready
// to take its place. Take or Discard it.
type RolledBack struct {
	LastSeq uint64    // newest batch of it; zero when it has none
	Newest  time.Time // when that was taken; zero when nothing of it is in the log or sealed last
	Was     uint64    // newest batch of the original; zero when that cannot be read

	path, made string
	release    func() error
}

// RollBack makes a copy of the history at path without its newest commit, which
// is often all that a disk has lost, and checks every value of it. The
// original is not changed, and no other process writes to it until Take or
// Discard. The error wraps boltfile.ErrBusy while a monitor holds it,
// boltfile.ErrNoEarlier where there is nothing to go back to, and
// boltfile.ErrDamaged where the state before is damaged as well.
func RollBack(ctx context.Context, path string) (r *RolledBack, err error) {
	release, err := boltfile.Hold(path)
	if err != nil {
		return nil, err
	}
	dir, base := filepath.Split(path)
	r = &RolledBack{path: path, made: filepath.Join(dir, "."+base+".rollback.partial"), release: release}
	if err := r.make(ctx); err != nil {
		return nil, errors.Join(err, r.Discard())
	}
	return r, nil
}

func (r *RolledBack) make(ctx context.Context) error {
	if err := os.Remove(r.made); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the rest of an earlier run: %w", err)
	}
	if err := boltfile.RollBack(ctx, r.path, r.made); err != nil {
		return err
	}
	db, err := OpenReadOnly(r.made, Options{})
	if err == nil {
		r.LastSeq, r.Newest, err = db.end(ctx)
		err = errors.Join(err, sound(ctx, db, "the state before the newest commit is damaged as well"), db.Close())
	}
	if err != nil {
		return fmt.Errorf("roll back %s: %w", r.path, err)
	}
	if db, err := OpenReadOnly(r.path, Options{}); err == nil {
		r.Was, _, _ = db.end(ctx) // as far as it can be read
		if err := db.Close(); err != nil {
			return err
		}
	}
	return nil
}

// end is the newest batch of all targets.
func (db *DB) end(ctx context.Context) (seq uint64, at time.Time, err error) {
	stats, err := db.Stats(ctx)
	if err != nil {
		return 0, at, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, h := range db.heads {
		if h.lastSeq == stats.LastSeq && h.lastSeq > 0 {
			at = time.Unix(0, h.lastAt)
		}
	}
	return stats.LastSeq, at, nil
}

// Take puts the copy in place of the original, which is kept as aside.
func (r *RolledBack) Take(aside string) error {
	if err := boltfile.Exchange(r.made, r.path, aside); err != nil {
		return errors.Join(err, r.Discard())
	}
	return r.release()
}

// Discard leaves everything as it was.
func (r *RolledBack) Discard() error {
	if err := os.Remove(r.made); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("remove the copy: %w", err), r.release())
	}
	return r.release()
}

// SetAside gives the file at path, whatever it holds, the name aside, so that
// the next Open begins a new history. It gives boltfile.ErrBusy while a
// monitor holds it.
func SetAside(path, aside string) error {
	release, err := boltfile.Hold(path)
	if err != nil {
		return err
	}
	return errors.Join(boltfile.SetAside(path, aside), release())
}
