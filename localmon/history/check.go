package history

import (
	"context"
	"fmt"

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

// Check reads every value of the file and returns what is damaged; nothing is
// changed. It holds back Append while the structure is walked, which reads
// the whole file: on a live monitor, check a snapshot.
func (db *DB) Check(ctx context.Context) ([]Damage, error) {
	var found []Damage
	structure, err := db.file.Check(ctx, maxDamage)
	if err != nil {
		return nil, fmt.Errorf("check history: %w", err)
	}
	for _, err := range structure {
		found = append(found, Damage{What: "structure of the file", Err: err})
	}
	err = db.file.View(func(tx *bbolt.Tx) error {
		all := tx.Bucket(bucketTargets)
		if all == nil {
			return nil
		}
		return all.ForEachBucket(func(target []byte) error {
			c := checker{ctx: ctx, target: string(target), log: logOf(tx, string(target))}
			err := c.walk(all.Bucket(target))
			found = append(found, c.found...)
			return err
		})
	})
	if err != nil {
		return found, fmt.Errorf("check history: %w", err)
	}
	return found, nil
}

type checker struct {
	ctx    context.Context
	target string
	log    targetLog
	found  []Damage

	block   chunk.Block
	decoder chunk.Decoder
	column  chunk.Column
}

func (c *checker) bad(what string, err error) {
	if err != nil && len(c.found) < maxDamage {
		c.found = append(c.found, Damage{c.target, what, err})
	}
}

func (c *checker) walk(own *bbolt.Bucket) error {
	if b := own.Bucket(bucketSeries); b != nil {
		if err := b.ForEach(func(k, v []byte) error {
			_, err := decodeEntry(v)
			c.bad(fmt.Sprintf("name of series %x", k), err)
			return c.ctx.Err()
		}); err != nil {
			return err
		}
	}
	if b := own.Bucket(bucketClock); b != nil {
		if err := b.ForEach(func(k, v []byte) error {
			_, err := decodeJump(k, v)
			c.bad(fmt.Sprintf("clock note %x", k), err)
			return c.ctx.Err()
		}); err != nil {
			return err
		}
	}
	if err := c.checkSealed(own); err != nil {
		return err
	}
	return c.log.each(func(_ uint64, records *bbolt.Bucket) error { return c.checkLog(records) })
}

// checkLog plays every record of a segment on cells of its own.
func (c *checker) checkLog(records *bbolt.Bucket) error {
	groups := map[uint32]*group{}
	cells := func(n uint32) *group {
		if groups[n] == nil {
			groups[n] = new(group)
		}
		return groups[n]
	}
	broken := false
	return eachScrape(records, func(seq uint64, v []byte) error {
		what := fmt.Sprintf("scrape %d", seq)
		payload, err := unseal(kindScrape, v)
		var sh scrapeHead
		if err == nil {
			sh, err = parseScrape(payload)
		}
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

// checkSealed reads the tables of segments and months and all their blocks.
func (c *checker) checkSealed(own *bbolt.Bucket) error {
	segments, err := c.checkTable(own, bucketSegments, "segment")
	if err != nil {
		return err
	}
	months, err := c.checkTable(own, bucketMonths, "month")
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
		{bucketH1, bucketMonths, kindTier, months, func(s *segment) int { return s.steps }, func(*segment) bool { return true }},
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
			case s == nil && table != nil && table.Get(k[:8]) != nil:
				// its row is damaged, and was named
			case s == nil && c.log.records(first) == nil || s != nil && !t.kept(s):
				return c.ctx.Err() // on its way out, or of a segment that is being sealed
			}
			if string(k) == string(timesKey(first)) {
				if s != nil {
					_, err := decodeTimes(&c.decoder, value, s.rows)
					c.bad(fmt.Sprintf("times of segment %d", first), err)
				}
				return c.ctx.Err()
			}
			c.bad(what, c.checkBlock(value, t.kind, s, t.rows))
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
		s, err := decodeSegment(k, v)
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
func (c *checker) checkBlock(value []byte, k kind, s *segment, rows func(*segment) int) error {
	if err := openWhole(value, k, &c.block); err != nil {
		return err
	}
	if s != nil && rows(s) != c.block.Rows {
		return fmt.Errorf("%w: %d rows, its segment has %d", errBadValue, c.block.Rows, rows(s))
	}
	for i := range c.block.Series {
		if _, err := c.decoder.Column(&c.block, i, 1<<c.block.Kind.Columns()-1, &c.column); err != nil {
			return fmt.Errorf("series %d: %w", i, err)
		}
	}
	return nil
}
