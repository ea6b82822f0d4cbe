package history

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// What a head holds is what the next record is written against: a head that
// differs from the file by one batch would make every later value of the
// segment wrong. So each step that changes both goes through commit, and after
// a commit of which nobody knows what became of it, the heads are read anew.

// settle makes sure of what is stored before something is built on it. db.mu
// is held.
func (db *DB) settle() error {
	if err := db.file.Settle(); err != nil {
		return err
	}
	return db.refresh()
}

// errTurned is met when the file was opened again after a failed step of
// another kind, and another process had changed it meanwhile.
var errTurned = errors.New("the file was changed by another process meanwhile; nothing was stored")

// commit runs one writing step that the heads follow; db.mu is held.
func (db *DB) commit(fn func(*bbolt.Tx) error) error {
	err := db.file.Update(func(tx *bbolt.Tx) error {
		if db.file.Epoch() != db.epoch {
			return errTurned
		}
		return fn(tx)
	})
	if err == nil {
		db.passed("after a commit")
		return nil
	}
	if again := db.refresh(); again != nil {
		return fmt.Errorf("%w; the history could not be read again: %w", err, again)
	}
	return err
}

// refresh reads the heads from the file when it is not at the state they are
// of. db.mu is held.
func (db *DB) refresh() error {
	epoch := db.file.Epoch()
	if epoch == db.epoch {
		return nil
	}
	again := &DB{file: db.file, heads: map[string]*head{}}
	if err := again.load(); err != nil {
		return err
	}
	for target, was := range db.heads {
		h := again.heads[target]
		if h == nil { // its first batch is not there after all, but upkeep may be on its way to it
			again.heads[target] = newHead(target)
			continue
		}
		if was.segment == 0 && h.segment <= was.lastSeq {
			h.segment = 0 // it was found finished, and may be half sealed
		}
		if was.lastSeq == h.lastSeq {
			h.last = was.last // with its monotonic reading
		}
	}
	db.heads, db.epoch = again.heads, epoch
	return nil
}
