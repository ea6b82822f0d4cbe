package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"darksite/localmon/boltfile"
	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// Damage is one value of the file that cannot be read, or a fault of the
// file's own structure.
type Damage struct {
	Target string // empty for the structure of the file
	What   string // which value: a scrape, a day, the name of a series
	Err    error
}

// String says what is damaged and how.
func (d Damage) String() string {
	if d.Target == "" {
		return fmt.Sprintf("%s: %v", d.What, d.Err)
	}
	return fmt.Sprintf("%s: %s: %v", d.Target, d.What, d.Err)
}

// maxDamage bounds what Check reports of one file.
const maxDamage = 1000

// structure is what a Damage is of that lies in the pages of the file.
const structure = "structure of the file"

func faultError(f boltfile.Fault) error { return fmt.Errorf("%w: %s", errBadValue, f) }

// targetOf is the target that a fault of the structure belongs to, if it does
// not concern all of them.
func targetOf(f boltfile.Fault) (target string, known bool) {
	if len(f.Bucket) < 2 {
		return "", false
	}
	switch f.Bucket[0] {
	case string(bucketTargets):
		return f.Bucket[1], true
	case string(bucketLog):
		target, _, known = strings.Cut(f.Bucket[1], "\x00")
	}
	return target, known
}

// Check reads every value of the file and returns what is damaged; nothing is
// changed. It holds back Append while the structure is walked, which reads
// the whole file: on a live monitor, check a snapshot.
func (db *DB) Check(ctx context.Context) ([]Damage, error) {
	var found []Damage
	faults, err := db.file.Check(ctx, maxDamage)
	if err != nil {
		return nil, fmt.Errorf("check history: %w", err)
	}
	hurt := map[string]bool{} // their values cannot be judged
	for _, f := range faults {
		target, known := targetOf(f)
		found = append(found, Damage{Target: target, What: structure, Err: faultError(f)})
		hurt[target] = hurt[target] || f.Misleads
		if f.Misleads && !known {
			return found, nil // nor those of any other
		}
	}
	err = db.file.View(func(tx *bbolt.Tx) error {
		all := tx.Bucket(bucketTargets)
		if all == nil {
			return nil
		}
		return all.ForEachBucket(func(target []byte) error {
			if hurt[string(target)] {
				return nil
			}
			c := checker{ctx: ctx, target: string(target), log: logOf(tx, string(target)), named: map[uint32]bool{}, nameless: map[uint32]bool{}}
			err := c.walk(all.Bucket(target))
			found = append(found, c.found...)
			if errors.Is(err, errBadValue) { // a key that is none: a finding like others
				found = append(found, Damage{Target: string(target), What: structure, Err: err})
				return nil
			}
			return err
		})
	})
	if err == nil {
		err = db.file.View(func(tx *bbolt.Tx) error {
			found = append(found, strays(tx)...)
			return nil
		})
	}
	if err != nil && (len(found) == 0 || !errors.Is(err, boltfile.ErrDamaged)) {
		return found, fmt.Errorf("check history: %w", err)
	}
	return found, nil
}

// strays finds logs of which the target is not known. A damaged name of a
// bucket shows in what hangs on it.
func strays(tx *bbolt.Tx) (found []Damage) {
	log := tx.Bucket(bucketLog)
	if log == nil {
		return nil
	}
	c := log.Cursor()
	for k, _ := c.First(); k != nil && len(found) < maxDamage; k, _ = c.Next() {
		target, _, _ := bytes.Cut(k, []byte{0})
		if bucketOf(tx, string(target)) == nil || len(k) != len(target)+9 {
			found = append(found, Damage{Target: string(target), What: fmt.Sprintf("log %x", k), Err: fmt.Errorf("%w: it belongs to no target", errBadValue)})
		}
	}
	return found
}

type checker struct {
	ctx    context.Context
	target string
	log    targetLog
	found  []Damage

	named    map[uint32]bool // ids in the series table
	nameless map[uint32]bool // ids that have samples and are not there, and were told

	block   chunk.Block
	decoder chunk.Decoder
	column  chunk.Column
}

func (c *checker) bad(what string, err error) {
	if err != nil && len(c.found) < maxDamage {
		c.found = append(c.found, Damage{c.target, what, err})
	}
}

// walk checks what a target has, part by part: a page that cannot be read ends
// one of them.
func (c *checker) walk(own *bbolt.Bucket) error {
	for _, p := range []struct {
		what  string
		check func() error
	}{
		{"buckets", func() error { return c.checkBuckets(own) }},
		{"series table", func() error { return c.checkSeries(own) }},
		{"clock notes", func() error { return c.checkClock(own) }},
		{"notes of what is let go of", func() error { return c.checkGone(own) }},
		{"sealed segments", func() error { return c.checkSealed(own) }},
		{"log", func() error {
			return c.log.each(c.checkLog)
		}},
	} {
		err := boltfile.Guard(p.check)
		if err != nil && !errors.Is(err, boltfile.ErrDamaged) {
			return err
		}
		c.bad(p.what, err)
	}
	return nil
}

// checkBuckets finds buckets that nobody reads.
func (c *checker) checkBuckets(own *bbolt.Bucket) error {
	known := [][]byte{bucketSeries, bucketSegments, bucketWeeks, bucketDay, bucketM5, bucketH1, bucketClock, bucketGone}
	return own.ForEach(func(k, _ []byte) error {
		if !slices.ContainsFunc(known, func(name []byte) bool { return bytes.Equal(name, k) }) {
			c.bad(fmt.Sprintf("bucket %q", k), fmt.Errorf("%w: not a name that is known", errBadValue))
		}
		return nil
	})
}

func (c *checker) checkSeries(own *bbolt.Bucket) error {
	b := own.Bucket(bucketSeries)
	if b == nil {
		return nil
	}
	return b.ForEach(func(k, v []byte) error {
		id, err := keyID(k)
		if err == nil {
			c.named[id] = true
			_, err = decodeEntry(c.log.seat, k, v)
		}
		c.bad(fmt.Sprintf("name of series %x", k), err)
		return c.ctx.Err()
	})
}

func (c *checker) checkClock(own *bbolt.Bucket) error {
	b := own.Bucket(bucketClock)
	if b == nil {
		return nil
	}
	return b.ForEach(func(k, v []byte) error {
		_, err := decodeJump(c.log.seat, k, v)
		c.bad(fmt.Sprintf("clock note %x", k), err)
		return c.ctx.Err()
	})
}

func (c *checker) checkGone(own *bbolt.Bucket) error {
	return eachGone(own, c.log.seat, func(k []byte, _ garbage, err error) {
		c.bad(fmt.Sprintf("note %x of what is let go of", k), err)
	})
}

// checkLog plays every record of a segment on cells of its own.
func (c *checker) checkLog(first uint64, records *bbolt.Bucket) error {
	if k, _ := records.Cursor().First(); scrapeSeq(k) != first || c.log.newest(records) > c.log.b.Sequence() {
		c.bad(fmt.Sprintf("log from %d", first), fmt.Errorf("%w: its scrapes do not have its numbers", errBadValue))
	}
	groups := map[uint32]*group{}
	cells := func(n uint32) *group {
		if groups[n] == nil {
			groups[n] = new(group)
		}
		return groups[n]
	}
	broken := false
	return c.log.eachScrape(records, func(seq uint64, sh scrapeHead, err error) error {
		what := fmt.Sprintf("scrape %d", seq)
		if err != nil {
			broken = true
			c.bad(what, err)
			return c.ctx.Err()
		}
		if sh.key {
			broken = false
			clear(groups)
		}
		if !broken {
			err = sh.play(cells)
			broken = err != nil
			c.bad(what, err)
		}
		return c.ctx.Err()
	})
}

// checkSealed reads the tables of segments and weeks and all their blocks.
func (c *checker) checkSealed(own *bbolt.Bucket) error {
	segments, err := c.checkTable(own, bucketSegments, "segment")
	if err != nil {
		return err
	}
	weeks, err := c.checkTable(own, bucketWeeks, "week")
	if err != nil {
		return err
	}
	for _, t := range []struct {
		name  []byte
		table []byte
		kind  kind
		of    map[uint64]*segment
		rows  func(*segment) int
		kept  func(*segment) bool
	}{
		{bucketDay, bucketSegments, kindBlock, segments, func(s *segment) int { return s.rows }, func(s *segment) bool { return s.raw }},
		{bucketM5, bucketSegments, kindTier, segments, func(s *segment) int { return s.steps }, func(s *segment) bool { return s.m5 }},
		{bucketH1, bucketWeeks, kindTier, weeks, func(s *segment) int { return s.steps }, func(*segment) bool { return true }},
	} {
		in := own.Bucket(t.name)
		if in == nil {
			continue
		}
		table := own.Bucket(t.table)
		if err := eachPieces(in, blockPrefix, func(k, value []byte) error {
			what := fmt.Sprintf("%s block %x", t.name, k)
			first := seqOf(k[:8])
			s := t.of[first]
			switch {
			case isGone(own, c.log.seat, garbage{t.name, first}):
				return c.ctx.Err()
			case s == nil && table != nil && table.Get(k[:8]) != nil: // its row is damaged, and was named
			case s == nil && c.log.records(first) != nil: // it is being sealed
			case s == nil && string(t.name) == string(bucketH1) && segments[first] != nil: // the week is being made
			case s == nil || !t.kept(s):
				c.bad(what, fmt.Errorf("%w: it belongs to no segment", errBadValue))
			}
			if string(k) == string(timesKey(first)) {
				if s != nil {
					_, err := decodeTimes(&c.decoder, c.log.seat, first, value, s.rows)
					c.bad(fmt.Sprintf("times of segment %d", first), err)
				}
				return c.ctx.Err()
			}
			c.bad(what, c.checkBlock(k, value, t.kind, s, t.rows))
			return c.ctx.Err()
		}); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkTable(own *bbolt.Bucket, name []byte, what string) (map[uint64]*segment, error) {
	found := map[uint64]*segment{}
	table := own.Bucket(name)
	if table == nil {
		return found, nil
	}
	err := table.ForEach(func(k, v []byte) error {
		s, err := decodeSegment(c.log.seat, k, v)
		if err == nil {
			found[s.first] = s
			_, err = times(&c.decoder, s.packed, s.steps)
		}
		c.bad(fmt.Sprintf("%s %x", what, k), err)
		return c.ctx.Err()
	})
	return found, err
}

// checkBlock decodes every series of a block. The first damaged one speaks for
// its neighbours.
func (c *checker) checkBlock(key, value []byte, k kind, s *segment, rows func(*segment) int) error {
	if err := openWhole(c.log.seat, key, value, k, &c.block); err != nil {
		return err
	}
	if s != nil && rows(s) != c.block.Rows {
		return fmt.Errorf("%w: %d rows, its segment has %d", errBadValue, c.block.Rows, rows(s))
	}
	for i := range c.block.Series {
		ok, err := c.decoder.Column(&c.block, i, 1<<c.block.Kind.Columns()-1, &c.column)
		if err != nil {
			return fmt.Errorf("series %d: %w", i, err)
		}
		if id := binary.BigEndian.Uint32(key[8:])*groupSize + uint32(i); ok && !c.named[id] && !c.nameless[id] {
			c.nameless[id] = true
			c.bad(fmt.Sprintf("name of series %x", idKey(id)), fmt.Errorf("%w: it has samples and no name", errBadValue))
		}
	}
	return nil
}
