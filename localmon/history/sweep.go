package history

import (
	"fmt"
	"math"
	"slices"

	"go.etcd.io/bbolt"
)

// sweepKeys is how many keys one transaction of sweeping deletes, which bounds
// the time for which it holds back an Append.
const sweepKeys = 1024

// garbage names the blocks of a segment or month that no table refers to any
// more. They are deleted in small transactions; after a crash they are found
// again.
type garbage struct {
	bucket []byte
	first  uint64
}

// sweepNext deletes the next part of what nothing refers to.
func (db *DB) sweepNext() (bool, error) {
	target, g, ok := db.nextGarbage()
	if !ok {
		return false, nil
	}
	deleted := 0
	err := db.file.Update(func(tx *bbolt.Tx) (err error) {
		if deleted, err = dropPieces(bucketOf(tx, target, g.bucket), seqKey(g.first), sweepKeys); err != nil {
			return err
		}
		return db.pause("sweep")
	})
	if err != nil {
		return false, fmt.Errorf("delete %s of segment %d of %s: %w", g.bucket, g.first, target, err)
	}
	if deleted < sweepKeys {
		db.mu.Lock()
		db.heads[target].garbage = db.heads[target].garbage[1:]
		db.mu.Unlock()
	}
	return true, nil
}

func (db *DB) nextGarbage() (target string, g garbage, ok bool) {
	for _, target := range db.targets() {
		db.mu.Lock()
		list := db.heads[target].garbage
		db.mu.Unlock()
		if len(list) > 0 {
			return target, list[0], true
		}
	}
	return "", garbage{}, false
}

// findGarbage looks for blocks that a crash left behind. What belongs to a
// segment of the log is half sealed, and what belongs to a row that cannot be
// read may be good.
func (h *head) findGarbage(own *bbolt.Bucket, log targetLog) {
	for _, t := range []struct {
		bucket, table []byte
		of            []segment
		kept          func(*segment) bool
	}{
		{bucketDay, bucketSegments, h.segments, func(s *segment) bool { return s.raw }},
		{bucketM5, bucketSegments, h.segments, func(s *segment) bool { return s.m5 }},
		{bucketH1, bucketMonths, h.months, func(*segment) bool { return true }},
	} {
		for _, first := range segmentsIn(own.Bucket(t.bucket)) {
			row := own.Bucket(t.table)
			i := slices.IndexFunc(t.of, func(s segment) bool { return s.first == first })
			switch {
			case i >= 0 && t.kept(&t.of[i]), log.records(first) != nil:
			case i < 0 && row != nil && row.Get(seqKey(first)) != nil:
			case i < 0 && string(t.bucket) == string(bucketH1) && h.halfRolled(first):
			default:
				h.garbage = append(h.garbage, garbage{t.bucket, first})
			}
		}
	}
}

// halfRolled reports whether a month that begins with this segment is being
// made: its members are there and none of them is part of one.
func (h *head) halfRolled(first uint64) bool {
	return slices.ContainsFunc(h.segments, func(s segment) bool { return s.first == first && !s.rolled })
}

// segmentsIn lists the segments or months that have keys in a bucket of blocks.
func segmentsIn(in *bbolt.Bucket) (firsts []uint64) {
	if in == nil {
		return nil
	}
	c := in.Cursor()
	for k, _ := c.First(); len(k) >= 8; {
		first := seqOf(k[:8])
		firsts = append(firsts, first)
		if first == math.MaxUint64 {
			break
		}
		k, _ = c.Seek(seqKey(first + 1))
	}
	return firsts
}
