package history

import (
	"errors"
	"fmt"
	"math"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// cursor reads series stretch by stretch, each stretch in a transaction of its
// own, so that a slow reader pins no pages and may write. Next goes on to the
// next stretch; fetch reads one series there.
type cursor struct {
	db       *DB
	target   string
	from, to int64
	step     int64 // what the reader asked for; zero when it wants samples
	want     uint  // columns of a tier that answer the reader; zero when none does
	aligned  bool  // to 5 minutes, so that tiers answer at the window's ends too

	// bound is the newest batch when the reading began. A segment that grows
	// while it is read would else be left too early and lose its last batches.
	bound uint64

	nextSeq uint64 // where the next stretch begins: this segment or a later one,
	scrape  int    // and in this one, this scrape

	// What was fetched: samples, or steps of a tier. Good until the next fetch.
	times  []int64
	values []float64
	steps  []int64
	cols   [stepColumns][]float64 // those of want
	damage []error

	row     segment // of the stretch
	blockID string  // bucket and key of the block opened last in this transaction
	block   chunk.Block
	blocks  blockReader
	begins  []int64 // of the steps of the stretch
	decoder chunk.Decoder
	column  chunk.Column

	keptTimes  []int64 // memory for what lies in the window,
	keptValues [stepColumns][]float64
}

// stretch is a part of the history that is read in one way.
type stretch struct {
	own     *bbolt.Bucket
	log     targetLog
	records *bbolt.Bucket // of a segment of it,
	samples bool          // or samples of a sealed segment,
	tier    []byte        // or the steps in this bucket
	inside  bool          // the window holds all of it
	skip    int           // scrapes at its begin that were read before
	what    string        // for errors
}

func newCursor(db *DB, target string, w localmon.Window) *cursor {
	c, _ := db.cursors.Get().(*cursor)
	if c == nil {
		c = new(cursor)
	}
	c.db, c.target, c.from, c.to = db, target, floorMilli(w.From), clampNano(w.To)
	switch w.Agg {
	case localmon.AggAvg:
		c.want = 1<<chunk.StepSum | 1<<chunk.StepCount
	case localmon.AggSum:
		c.want = 1 << chunk.StepSum
	case localmon.AggMin:
		c.want = 1 << chunk.StepMin
	case localmon.AggMax:
		c.want = 1 << chunk.StepMax
	}
	if c.want != 0 {
		c.step = int64(w.Step)
		c.aligned = c.from%step5m == 0 && c.to%step5m == 0
	}
	return c
}

// release keeps the cursor's memory for the next one.
func (c *cursor) release() {
	db := c.db
	c.rewind("")
	c.db, c.step, c.want, c.aligned = nil, 0, 0, false
	db.cursors.Put(c)
}

// rewind begins again, at another target.
func (c *cursor) rewind(target string) {
	c.reset()
	c.target, c.blockID, c.damage, c.blocks.c, c.blocks.value, c.row.packed = target, "", nil, nil, nil, nil
	c.bound, c.nextSeq, c.scrape = 0, 0, 0
}

// reset forgets what was fetched.
func (c *cursor) reset() {
	c.times, c.values, c.steps, c.cols = nil, nil, nil, [stepColumns][]float64{}
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

// next finds the next stretch in a transaction of the caller. It reports false
// at the end.
func (c *cursor) next(tx *bbolt.Tx) (s stretch, more bool, err error) {
	c.reset()
	c.blockID, c.begins = "", nil
	s.own = bucketOf(tx, c.target)
	log := tx.Bucket(bucketLog)
	if s.own == nil || log == nil {
		return s, false, nil
	}
	if c.bound == 0 {
		c.bound = log.Sequence()
	}
	s.log = logOf(tx, c.target)
	k, v, records := earliest(s.own, s.log, c.nextSeq)
	if did := c.nextWeek(&s, k); did {
		return s, true, nil
	}
	if k == nil {
		return s, false, nil
	}
	first, err := keySeq(k)
	if err != nil || first > c.bound {
		return s, false, err
	}
	if first != c.nextSeq {
		c.nextSeq, c.scrape = first, 0
	}
	if s.skip = c.scrape; records != nil {
		s.records = records
		return s, true, nil
	}
	c.nextSealed(&s, k, v)
	return s, true, nil
}

// nextSealed chooses what is read of a sealed segment.
func (c *cursor) nextSealed(s *stretch, k, v []byte) {
	row, err := decodeSegment(s.log.seat, k, v)
	if err != nil {
		c.damage = append(c.damage, fmt.Errorf("segment %d: %w", seqOf(k), err))
		c.nextSeq, c.scrape = seqOf(k)+1, 0
		return
	}
	c.row, s.what = *row, "segment"
	c.nextSeq, c.scrape = max(row.last, row.first)+1, 0
	if row.maxAt < c.from || row.minAt >= c.to {
		return
	}
	s.inside = c.from <= row.minAt && row.maxAt < c.to
	tiers := row.m5 && c.want != 0 && s.skip == 0
	exact := c.step%step5m == 0 && (s.inside || c.aligned)
	switch {
	case row.raw && !(tiers && exact):
		s.samples = true
	case tiers:
		s.tier = bucketM5
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

// nextWeek chooses the week that begins before or with the next segment,
// when the 1-hour steps give what is wanted or are all that is left.
func (c *cursor) nextWeek(s *stretch, next []byte) bool {
	table := s.own.Bucket(bucketWeeks)
	if table == nil || c.scrape > 0 {
		return false
	}
	k, v := table.Cursor().Seek(seqKey(c.nextSeq))
	if k == nil || next != nil && string(k) > string(next) {
		return false
	}
	m, err := decodeSegment(s.log.seat, k, v)
	if err != nil {
		if string(k) == string(next) {
			return false // the segments are there
		}
		c.damage = append(c.damage, fmt.Errorf("week %d: %w", seqOf(k), err))
		c.nextSeq, c.scrape = seqOf(k)+1, 0
		return true
	}
	s.inside = c.from <= m.minAt && m.maxAt < c.to
	outside := m.maxAt < c.from || m.minAt >= c.to
	aligned := c.from%step1h == 0 && c.to%step1h == 0
	exact := c.want != 0 && c.step%step1h == 0 && (s.inside || aligned)
	if m.m5 && !exact && !outside {
		return false
	}
	c.row, s.what = *m, "week"
	c.nextSeq, c.scrape = m.last+1, 0
	if !outside && c.want != 0 {
		s.tier = bucketH1
	}
	return true
}

// fetch reads what a stretch has of one series. What cannot be read is noted as
// damage.
func (c *cursor) fetch(s *stretch, id uint32) {
	c.reset()
	begin, scrape := c.nextSeq, c.scrape
	err := boltfile.Guard(func() error {
		switch {
		case s.records != nil:
			c.readLog(s, id)
		case s.samples:
			return c.readSamples(s, id)
		case s.tier != nil:
			return c.readSteps(s, id)
		}
		return nil
	})
	if err != nil && s.records != nil && begin == c.nextSeq && scrape == c.scrape {
		// A page of the log is damaged; what comes after it may be whole.
		c.nextSeq, c.scrape = c.nextSeq+1, 0
	}
	c.note(s, err)
}

// note keeps what could not be read of a stretch.
func (c *cursor) note(s *stretch, err error) {
	if err != nil {
		c.damage = append(c.damage, fmt.Errorf("%s %d: %w", s.what, c.row.first, err))
	}
}

// open opens the block of a series' group, unless it is open already.
func (c *cursor) open(s *stretch, in []byte, k kind, id uint32) (bool, error) {
	key := blockKey(c.row.first, id/groupSize)
	if id := string(in) + string(key); id != c.blockID {
		c.blockID = ""
		if ok, err := c.blocks.open(s.own.Bucket(in), s.log.seat, k, key, &c.block); !ok || err != nil {
			return ok, err
		}
		c.blockID = id
	}
	return true, nil
}

// openSamples opens the block of a series in a sealed segment and returns the
// times of its rows; false when there is none.
func (c *cursor) openSamples(s *stretch, id uint32) (at []int64, ok bool, err error) {
	if ok, err := c.open(s, bucketDay, kindBlock, id); !ok || err != nil {
		return nil, false, err
	}
	if at, err = c.db.timesOf(s, c.target, &c.row); err != nil {
		return nil, false, err
	}
	if c.block.Rows != len(at) || c.block.Kind != chunk.Samples {
		return nil, false, fmt.Errorf("%w: a block of %d rows in a segment of %d", errBadValue, c.block.Rows, len(at))
	}
	return at, true, nil
}

// readSamples reads the samples of a sealed segment that lie in the window.
func (c *cursor) readSamples(s *stretch, id uint32) error {
	at, ok, err := c.openSamples(s, id)
	if !ok || err != nil {
		return err
	}
	if ok, err = c.decoder.Column(&c.block, int(id%groupSize), 1, &c.column); !ok || err != nil {
		return err
	}
	v := c.column.Values[0]
	if c.column.Index == nil && s.skip == 0 && s.inside {
		c.times, c.values = at, v
		return nil
	}
	times, values := c.keptTimes[:0], c.keptValues[0][:0]
	for i, x := range v {
		row := c.column.Row(i)
		if t := at[row]; row >= s.skip && c.from <= t && t < c.to {
			times, values = append(times, t), append(values, x)
		}
	}
	c.keptTimes, c.keptValues[0] = times, values
	c.times, c.values = times, values
	return nil
}

// openSteps opens the block of a series in a tier and returns the begins of its
// steps; false when there is none.
func (c *cursor) openSteps(s *stretch, id uint32) (begins []int64, ok bool, err error) {
	if ok, err := c.open(s, s.tier, kindTier, id); !ok || err != nil {
		return nil, false, err
	}
	if c.begins == nil {
		if c.begins, err = times(&c.decoder, c.row.packed, c.row.steps); err != nil {
			return nil, false, err
		}
	}
	if c.block.Rows != c.row.steps || c.block.Kind != chunk.Steps {
		return nil, false, fmt.Errorf("%w: a tier of %d steps, wanted %d", errBadValue, c.block.Rows, c.row.steps)
	}
	return c.begins, true, nil
}

// readSteps reads the steps of a segment or week, all of them when it is whole
// in the window, else those that begin there.
func (c *cursor) readSteps(s *stretch, id uint32) error {
	begins, ok, err := c.openSteps(s, id)
	if !ok || err != nil {
		return err
	}
	if ok, err = c.decoder.Column(&c.block, int(id%groupSize), c.want, &c.column); !ok || err != nil {
		return err
	}
	if c.column.Index == nil && s.inside {
		c.steps = begins
		copy(c.cols[:], c.column.Values)
		return nil
	}
	c.keepSteps(s.inside)
	return nil
}

// keepSteps copies the steps that are there and begin in the window.
func (c *cursor) keepSteps(all bool) {
	c.keptTimes = c.keptTimes[:0]
	for k := range c.keptValues {
		c.keptValues[k] = c.keptValues[k][:0]
	}
	n := 0
	for _, v := range c.column.Values {
		n = max(n, len(v))
	}
	for i := range n {
		t := c.begins[c.column.Row(i)]
		if !all && (t < c.from || t >= c.to) {
			continue
		}
		c.keptTimes = append(c.keptTimes, t)
		for k, v := range c.column.Values {
			if v != nil {
				c.keptValues[k] = append(c.keptValues[k], v[i])
			}
		}
	}
	c.steps, c.cols = c.keptTimes, c.keptValues
}

// pieceScrapes is how many scrapes of the log make one piece.
const pieceScrapes = 8 * keyEvery

// readLog reads the next scrapes of a log segment that lie in the window, and
// goes on to where the next stretch begins.
func (c *cursor) readLog(s *stretch, id uint32) {
	times, values := c.keptTimes[:0], c.keptValues[0][:0]
	defer func() {
		c.keptTimes, c.keptValues[0] = times, values
		c.times, c.values = times, values
	}()
	var (
		g      group
		broken = true
		i      = 0
	)
	err := s.log.eachScrape(s.records, func(seq uint64, sh scrapeHead, err error) error {
		if i >= c.scrape+pieceScrapes || seq > c.bound {
			return errEnough
		}
		if err == nil && (sh.key || !broken) {
			if sh.key {
				g, broken = group{}, false
			}
			err = sh.playOne(id/groupSize, &g, nil)
		}
		if err != nil {
			broken = true
			if i >= c.scrape {
				c.damage = append(c.damage, fmt.Errorf("scrape %d: %w", seq, err))
			}
		}
		if cell := &g[id%groupSize]; !broken && i >= c.scrape && cell.present && c.from <= sh.at && sh.at < c.to {
			times = append(times, sh.at)
			values = append(values, math.Float64frombits(cell.bits))
		}
		i++
		return nil
	})
	if errors.Is(err, errEnough) && i >= c.scrape+pieceScrapes {
		c.scrape = i
		return
	}
	if err != nil && !errors.Is(err, errEnough) {
		c.damage = append(c.damage, err)
	}
	c.nextSeq++
	c.scrape = 0
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")
