package history

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// Maintain does the next small step of the work that keeps the file small:
// sealing a group of a finished day, making 1-hour steps of finished weeks, or
// letting go of the oldest samples when the budget asks for it. It reports
// whether there is more to do. A step takes some milliseconds and never holds
// back an Append for longer than its own commit.
//
// The caller decides when: call it between scrapes until it reports false.
// Whatever happens between two steps, nothing is lost and nothing is there
// twice. Now tells which day it is, so that a target that is no longer watched
// is sealed too.
func (db *DB) Maintain(ctx context.Context, now time.Time) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if db.readOnly {
		return false, fmt.Errorf("maintain history: it was opened read-only")
	}
	db.upkeep.Lock() // one step at a time; Append goes on beside it
	defer db.upkeep.Unlock()
	db.mu.Lock()
	err = db.settle()
	db.mu.Unlock()
	if err != nil {
		return false, wrap("maintain history", err)
	}
	// Room comes first: sealing needs some before it gives more back.
	if did, err := db.retainNext(); did || err != nil {
		return did, wrap("maintain history", err)
	}
	for _, target := range db.targets() {
		for _, step := range []func(string, time.Time) (bool, error){db.sealNext, db.rollNext} {
			if did, err := step(target, now); did || err != nil {
				return did, wrap("maintain history of "+target, err)
			}
		}
	}
	return false, nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// targets lists the targets in order.
func (db *DB) targets() []string {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Sorted(maps.Keys(db.heads))
}

// own is the bucket of a target in a write transaction.
func own(tx *bbolt.Tx, target string) (*bbolt.Bucket, error) {
	if b := bucketOf(tx, target); b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("%w: target %q has no bucket", errBadValue, target)
}
