package boltfile

import (
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// Update runs fn in a write transaction and returns after fsync. A damaged
// page becomes an error that wraps ErrDamaged and nothing is changed. Nothing
// is stored after any other error either, except one that wraps ErrUnsure.
func (f *File) Update(fn func(*bbolt.Tx) error) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if err := f.settle(); err != nil {
		return err
	}
	f.using.RLock()
	defer f.using.RUnlock()
	var id uint64
	committing := false
	err := guard(func() error {
		return f.DB.Update(func(tx *bbolt.Tx) error {
			id = uint64(tx.ID())
			err := fn(tx)
			committing = err == nil
			return err
		})
	})
	switch {
	case err == nil:
		f.txid = id
	case committing:
		return f.commitFailed(id, err)
	}
	return err
}

// commitFailed finds out what became of a commit.
func (f *File) commitFailed(id uint64, err error) error {
	f.failed, f.certain = true, f.o.NoSync
	err = fmt.Errorf("write %s: %w", f.path, err)
	// What readers see from now on is what the meta pages say.
	if all, merr := metas(f.file); merr == nil && all[0].txid < id {
		return err
	}
	f.txid = id
	f.epoch.Add(1)
	return fmt.Errorf("%w (%w)", ErrUnsure, err)
}

// Epoch tells states of the file apart: it changes when the newest state is
// not the one that the last successful Update left, because a commit that was
// reported as failed is there, or because another process wrote while the file
// was opened again. It may be called inside a transaction.
func (f *File) Epoch() uint64 { return f.epoch.Load() }

// Settle has the disk confirm the newest state where that is in doubt: after a
// failed commit, and before the first one. Update does it too. It is for
// callers who must know what is stored before they decide what to write.
func (f *File) Settle() error {
	f.writing.Lock()
	defer f.writing.Unlock()
	return f.settle()
}

func (f *File) settle() error {
	if f.failed {
		if err := f.reopen(); err != nil {
			return fmt.Errorf("after a failed commit: %w", err)
		}
		f.failed = false
	}
	if f.certain || f.IsReadOnly() {
		return nil
	}
	if err := certify(f.file); err != nil {
		return fmt.Errorf("have the last commit to %s confirmed: %w", f.path, err)
	}
	f.certain = true
	return nil
}

// reopen exchanges what bbolt has in memory for what the file says. Another
// process may take the file in between: then it is busy, and the next call
// tries again.
func (f *File) reopen() error {
	f.using.Lock()
	defer f.using.Unlock()
	if err := f.DB.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	again, err := open(f.path, f.o, false)
	if err != nil {
		return err
	}
	if again.txid != f.txid || !os.SameFile(again.is, f.is) {
		f.epoch.Add(1)
	}
	f.DB, f.file, f.is, f.txid = again.DB, again.file, again.is, again.txid
	return nil
}
