package history

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// cursor reads one series piece by piece, each piece in a transaction of its
// own, so that a slow reader pins no pages and may write.
type cursor struct {
	db       *DB
	target   string
	id       uint32
	from, to int64
	step     int64 // what the reader asked for; zero when it wants samples
	tiers    bool  // tiers can answer
	aligned  bool  // to 5 minutes, so that tiers answer at the window's ends too

	// bound is the newest batch when the reading began. A segment that grows
	// while it is read would else be left too early and lose its last batches.
	bound uint64

	reading uint64 // segment being read; zero while it is searched for
	nextSeq uint64 // where the next piece begins: this segment or a later one,
	scrape  int    // and in this one, this scrape

	times  []int64 // the piece: samples, which belong to others when lent is set,
	values []float64
	lent   bool
	steps  []int64 // or steps of a tier
	col    [tierWidth][]float64
	damage []error

	tx      *bbolt.Tx // what follows was read in this transaction
	row     *segment  // segment read last
	blockID string    // bucket and key of the block opened last
	block   chunk.Block
	begins  []int64 // of the steps of the tier read last
	decoder chunk.Decoder
	column  chunk.Column
}

func newCursor(db *DB, target string, id uint32, w localmon.Window) *cursor {
	c, _ := db.cursors.Get().(*cursor)
	if c == nil {
		c = new(cursor)
	}
	c.db, c.target, c.id, c.from, c.to = db, target, id, floorMilli(w.From), clampNano(w.To)
	switch w.Agg {
	case localmon.AggAvg, localmon.AggMin, localmon.AggMax, localmon.AggSum:
		c.tiers, c.step = true, int64(w.Step)
		c.aligned = c.from%step5m == 0 && c.to%step5m == 0
	}
	return c
}

// release keeps the cursor's memory for the next one.
func (c *cursor) release() {
	c.reset()
	db := c.db
	c.db, c.tx, c.row, c.blockID, c.damage, c.reading = nil, nil, nil, "", nil, 0
	c.bound, c.nextSeq, c.scrape, c.step, c.tiers, c.aligned = 0, 0, 0, 0, false, false
	db.cursors.Put(c)
}

// reset empties the piece.
func (c *cursor) reset() {
	if c.lent {
		c.times, c.values, c.lent = nil, nil, false
	}
	c.times, c.values, c.steps = c.times[:0], c.values[:0], c.steps[:0]
}

// floorMilli is a time in Unix nanoseconds, cut to the millisecond as the
// times of batches are, so that a window from a batch's time holds the batch.
func floorMilli(t time.Time) int64 {
	n := clampNano(t)
	return floorDiv(n, int64(time.Millisecond)) * int64(time.Millisecond)
}

// clampNano is UnixNano without overflow: the zero time is far in the past.
func clampNano(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < -(1<<33)+1:
		return -(1 << 33) * int64(time.Second)
	case s > 1<<33-1:
		return (1 << 33) * int64(time.Second)
	}
	return t.UnixNano()
}

// next loads the next piece and reports whether there may be another.
func (c *cursor) next() (more bool, err error) {
	c.reset()
	c.reading = 0
	begin := c.nextSeq
	err = c.db.file.View(func(tx *bbolt.Tx) error {
		if own := bucketOf(tx, c.target); own != nil {
			more, err = c.piece(tx, own)
		}
		return err
	})
	if errors.Is(err, boltfile.ErrDamaged) && (c.reading != 0 || c.nextSeq != begin) {
		// A page is damaged below what is read; what comes after may be whole.
		c.reset()
		c.damage = append(c.damage, fmt.Errorf("segment %d: %w", cmp.Or(c.reading, begin), err))
		if c.reading != 0 {
			c.nextSeq, c.scrape = c.reading+1, 0
		}
		return true, nil
	}
	return more, err
}

// piece is next inside a transaction. Series of one group that are read in one
// transaction share the rows and blocks they have in common.
func (c *cursor) piece(tx *bbolt.Tx, own *bbolt.Bucket) (more bool, err error) {
	if c.tx != tx {
		c.tx, c.row, c.blockID = tx, nil, ""
	}
	c.limit(tx)
	k, v, records := earliest(own, logOf(tx, c.target), c.nextSeq)
	if did, err := c.readMonth(own, k); did || err != nil {
		return true, err
	}
	if k == nil {
		return false, nil
	}
	first, err := keySeq(k)
	if err != nil {
		return false, err
	}
	if first > c.bound {
		return false, nil
	}
	if first != c.nextSeq {
		c.nextSeq, c.scrape = first, 0
	}
	c.reading = first
	if records != nil {
		return true, c.readLog(records)
	}
	last, err := c.readSealed(own, k, v)
	if err != nil {
		c.damage = append(c.damage, fmt.Errorf("segment %d: %w", first, err))
	}
	c.nextSeq, c.scrape = max(last, first)+1, 0
	return true, nil
}

// limit notes the newest batch when the reading begins.
func (c *cursor) limit(tx *bbolt.Tx) {
	if log := tx.Bucket(bucketLog); log != nil && c.bound == 0 {
		c.bound = log.Sequence()
	}
}

// earliest finds the first segment at or after a sequence: a sealed one with its
// row, or one of the log with its records.
func earliest(own *bbolt.Bucket, log targetLog, seq uint64) (k, v []byte, records *bbolt.Bucket) {
	if b := own.Bucket(bucketSegments); b != nil {
		k, v = b.Cursor().Seek(seqKey(seq))
	}
	if first, r := log.at(seq); r != nil && (k == nil || first < seqOf(k)) {
		return seqKey(first), nil, r
	}
	return k, v, nil
}

// readMonth reads the month that begins before or with the next segment, when
// the 1-hour steps give what is wanted or are all that is left.
func (c *cursor) readMonth(own *bbolt.Bucket, next []byte) (bool, error) {
	table := own.Bucket(bucketMonths)
	if table == nil || c.scrape > 0 {
		return false, nil
	}
	k, v := table.Cursor().Seek(seqKey(c.nextSeq))
	if k == nil || next != nil && string(k) > string(next) {
		return false, nil
	}
	m, err := decodeSegment(k, v)
	if err != nil {
		if string(k) == string(next) {
			return false, nil // the segments are there
		}
		c.damage = append(c.damage, fmt.Errorf("month %d: %w", seqOf(k), err))
		c.nextSeq, c.scrape = seqOf(k)+1, 0
		return true, nil
	}
	inside := c.from <= m.minAt && m.maxAt < c.to
	outside := m.maxAt < c.from || m.minAt >= c.to
	aligned := c.from%step1h == 0 && c.to%step1h == 0
	exact := c.tiers && c.step%step1h == 0 && (inside || aligned)
	if m.m5 && !exact && !outside {
		return false, nil
	}
	c.nextSeq, c.scrape = m.last+1, 0
	if outside || !c.tiers {
		return true, nil
	}
	if err := c.readTier(own, bucketH1, m.first, m.packedRows, m.rows, inside); err != nil {
		c.damage = append(c.damage, fmt.Errorf("month %d: %w", m.first, err))
	}
	return true, nil
}

// readSealed reads what the window wants of a sealed segment and returns the
// seq of its last scrape.
func (c *cursor) readSealed(own *bbolt.Bucket, k, v []byte) (last uint64, err error) {
	if c.row == nil || c.row.first != seqOf(k) {
		if c.row, err = decodeSegment(k, v); err != nil {
			return 0, err
		}
	}
	s := c.row
	if s.maxAt < c.from || s.minAt >= c.to {
		return s.last, nil
	}
	inside := c.from <= s.minAt && s.maxAt < c.to
	exact := c.tiers && c.scrape == 0 && c.step%step5m == 0 && (inside || c.aligned)
	if s.raw && !(exact && s.m5) {
		return s.last, c.readRaw(own, s)
	}
	if s.m5 && c.tiers && c.scrape == 0 {
		return s.last, c.readTier(own, bucketM5, s.first, s.packedSteps, s.steps, inside)
	}
	return s.last, nil
}

// open opens the block of the cursor's group, unless it is open already.
func (c *cursor) open(own *bbolt.Bucket, in []byte, k kind, first uint64) (bool, error) {
	key := blockKey(first, c.id/groupSize)
	if id := string(in) + string(key); id != c.blockID {
		c.blockID = ""
		if ok, err := getBlock(own.Bucket(in), k, key, &c.block); !ok || err != nil {
			return ok, err
		}
		c.blockID = id
	}
	return true, nil
}

// readRaw reads the samples of a segment that lie in the window.
func (c *cursor) readRaw(own *bbolt.Bucket, s *segment) error {
	ok, err := c.open(own, bucketDay, kindBlock, s.first)
	if !ok || err != nil {
		return err
	}
	if ok, err = c.decoder.Column(&c.block, int(c.id%groupSize), 1, &c.column); !ok || err != nil {
		return err
	}
	at, err := c.db.timesOf(c.target, s.first, s.packedRows, s.rows)
	if err != nil {
		return err
	}
	if c.block.Rows != len(at) {
		return fmt.Errorf("%w: a block of %d rows in a segment of %d", errBadValue, c.block.Rows, len(at))
	}
	v := c.column.Values[0]
	if c.column.Index == nil && c.scrape == 0 && c.from <= s.minAt && s.maxAt < c.to {
		c.times, c.values, c.lent = at, v, true
		return nil
	}
	for i, x := range v {
		row := i
		if c.column.Index != nil {
			row = int(c.column.Index[i])
		}
		if t := at[row]; row >= c.scrape && c.from <= t && t < c.to {
			c.times, c.values = append(c.times, t), append(c.values, x)
		}
	}
	return nil
}

// readTier reads the steps of a segment or month, all of them when it is whole
// in the window, else those that begin there.
func (c *cursor) readTier(own *bbolt.Bucket, in []byte, first uint64, packed []byte, n int, whole bool) error {
	again := c.blockID
	ok, err := c.open(own, in, kindTier, first)
	if !ok || err != nil {
		return err
	}
	if ok, err = c.decoder.Column(&c.block, int(c.id%groupSize), 1<<tierWidth-1, &c.column); !ok || err != nil {
		return err
	}
	if again != c.blockID {
		if c.begins, err = times(&c.decoder, packed, n); err != nil {
			c.blockID = ""
			return err
		}
	}
	if c.block.Rows != n || c.block.Width != tierWidth {
		return fmt.Errorf("%w: a tier of %d steps by %d, wanted %d by %d", errBadValue, c.block.Rows, c.block.Width, n, tierWidth)
	}
	for k := range c.col {
		c.col[k] = c.col[k][:0]
	}
	for i := range c.column.Values[0] {
		row := i
		if c.column.Index != nil {
			row = int(c.column.Index[i])
		}
		if t := c.begins[row]; whole || c.from <= t && t < c.to {
			c.steps = append(c.steps, t)
			for k := range c.col {
				c.col[k] = append(c.col[k], c.column.Values[k][i])
			}
		}
	}
	return nil
}

// pieceScrapes is how many scrapes of the log make one piece.
const pieceScrapes = 8 * keyEvery

// readLog reads the next scrapes of a log segment that lie in the window.
func (c *cursor) readLog(records *bbolt.Bucket) error {
	var (
		g      group
		broken = true
		i      = 0
	)
	cur := records.Cursor()
	for k, v := cur.First(); k != nil; k, v = cur.Next() {
		if i >= c.scrape+pieceScrapes {
			c.scrape = i
			return nil
		}
		if seqOf(k) > c.bound {
			break
		}
		payload, err := unseal(kindScrape, v)
		var sh scrapeHead
		if err == nil {
			sh, err = parseScrape(payload)
		}
		if err == nil && (sh.key || !broken) {
			if sh.key {
				g, broken = group{}, false
			}
			err = sh.playOne(c.id/groupSize, &g, nil)
		}
		if err != nil {
			broken = true
			if i >= c.scrape {
				c.damage = append(c.damage, fmt.Errorf("scrape %d: %w", seqOf(k), err))
			}
		}
		if cell := &g[c.id%groupSize]; !broken && i >= c.scrape && cell.present && c.from <= sh.at && sh.at < c.to {
			c.times = append(c.times, sh.at)
			c.values = append(c.values, math.Float64frombits(cell.bits))
		}
		i++
	}
	c.nextSeq++
	c.scrape = 0
	return nil
}
