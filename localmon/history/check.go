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
	return records.ForEach(func(k, v []byte) error {
		what := fmt.Sprintf("scrape %x", k)
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
		name []byte
		kind kind
		of   map[uint64]*segment
		rows func(*segment) int
	}{
		{bucketDay, kindBlock, segments, func(s *segment) int { return s.rows }},
		{bucketM5, kindTier, segments, func(s *segment) int { return s.steps }},
		{bucketH1, kindTier, months, func(s *segment) int { return s.rows }},
	} {
		in := own.Bucket(t.name)
		if in == nil {
			continue
		}
		if err := in.ForEachBucket(func(k []byte) error {
			what := fmt.Sprintf("%s block %x", t.name, k)
			if len(k) != 12 {
				c.bad(what, fmt.Errorf("%w: key of %d bytes", errBadValue, len(k)))
				return nil
			}
			// A block whose segment is not in the table is one of a segment
			// that is being sealed.
			s := t.of[seqOf(k[:8])]
			if s == nil && t.kind == kindBlock && c.log.records(seqOf(k[:8])) == nil {
				c.bad(what, fmt.Errorf("%w: it belongs to no segment", errBadValue))
			}
			c.bad(what, c.checkBlock(in, t.kind, k, s, t.rows))
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
			_, err = times(&c.decoder, s.packedRows, s.rows)
		}
		if err == nil && len(s.packedSteps) > 0 {
			_, err = times(&c.decoder, s.packedSteps, s.steps)
		}
		if err == nil && len(s.packedClock) > 0 {
			_, err = times(&c.decoder, s.packedClock, s.rows)
		}
		c.bad(fmt.Sprintf("%s %x", what, k), err)
		return c.ctx.Err()
	})
	return found, err
}

// checkBlock decodes every series of a block. The first damaged one speaks for
// its neighbours.
func (c *checker) checkBlock(in *bbolt.Bucket, k kind, key []byte, s *segment, rows func(*segment) int) error {
	ok, err := getBlock(in, k, key, &c.block)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: an empty bucket", errBadValue)
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
