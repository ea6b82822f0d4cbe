package history

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/localmon"

	"go.etcd.io/bbolt"
)

// AppendAll stores batches of the past, in the order given, with one fsync for
// all of them: all are on disk when it returns nil, and none when it returns an
// error, except one that wraps ErrUnsure. It holds back Append as long as it takes, so let the batches be some
// dozens. A batch that is taken now belongs to [DB.Append].
func (db *DB) AppendAll(ctx context.Context, batches []localmon.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range batches {
		if err := db.appendable(&batches[i]); err != nil {
			return err
		}
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := db.settle(); err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	before, fresh := map[*head]*head{}, map[string]*head{}
	if err := db.commit(func(tx *bbolt.Tx) error {
		for i := range batches {
			b := &batches[i]
			h := db.heads[b.Target]
			if h == nil {
				h = fresh[b.Target]
			}
			if h == nil {
				h = newHead(b.Target)
				fresh[b.Target] = h
			} else if before[h] == nil && fresh[b.Target] == nil {
				before[h] = h.clone()
			}
			if err := db.appendOne(tx, h, b); err != nil {
				return fmt.Errorf("batch of %s at %s: %w", b.Target, b.At.Format(time.RFC3339), err)
			}
		}
		return db.pause("append all")
	}); err != nil {
		for h, was := range before {
			*h = *was
		}
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	maps.Copy(db.heads, fresh)
	return nil
}

// appendable says what is wrong with a batch, or with this history.
func (db *DB) appendable(b *localmon.Batch) error {
	var err error
	switch {
	case b.Target == "" || strings.ContainsRune(b.Target, 0):
		err = fmt.Errorf("%q is no name of a target", b.Target)
	case db.readOnly:
		err = errors.New("the history was opened read-only")
	default:
		return nil
	}
	return fmt.Errorf("append a batch of %s at %s: %w", b.Target, b.At.Format(time.RFC3339), err)
}

// appendOne puts one batch into the transaction and the head.
func (db *DB) appendOne(tx *bbolt.Tx, h *head, b *localmon.Batch) error {
	a := appending{h: h, b: b, changes: db.changes[:0]}
	if err := errors.Join(a.take(), a.takeUnits()); err != nil {
		return err
	}
	a.place(db.limits.scrapes)
	db.record = a.encode(db.record, &db.sections)
	db.changes = a.changes
	// bbolt keeps what it is given until the commit
	if err := a.store(tx, slices.Clone(db.record)); err != nil {
		return err
	}
	a.commit()
	return nil
}

// clone is the head as it is now, without the order of its newest batch.
func (h *head) clone() *head {
	c := *h
	c.order = nil
	c.ids, c.units = maps.Clone(h.ids), maps.Clone(h.units)
	c.table = make(map[uint32]*entry, len(h.table))
	for id, e := range h.table {
		own := *e
		c.table[id] = &own
	}
	c.groups = slices.Clone(h.groups)
	for i, g := range c.groups {
		if g != nil {
			own := *g
			c.groups[i] = &own
		}
	}
	return &c
}
