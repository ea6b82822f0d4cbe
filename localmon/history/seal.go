package history

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// sealing is the work on one finished segment of the log: block by block, each
// in a transaction of its own. Until the last step, which puts the row into
// the segment table and deletes the log in one transaction, readers see the log
// only; a step that was done before a crash is found done.
type sealing struct {
	target  string
	seg     segment
	times   spanTimes
	at      []int64  // time of each scrape, as in times
	step    []int32  // its 5-minute step
	begins  []int64  // of the steps
	perStep []int64  // scrapes of each step
	groups  []uint32 // those that have any sample
	next    int      // index in groups
	lost    []Damage // scrapes that could not be read,
	isLost  map[uint64]bool

	gathered bool // the columns of the group are there, and
	packed   int  // so many of them are packed
	*packer
}

// packer is the memory for one group of series on its way into blocks. It is
// kept from one segment to the next.
type packer struct {
	builder chunk.Builder
	coarse  chunk.Builder
	tier    tier
	columns [groupSize]column
	present []bool
	some    []int32 // step of each value of a series with gaps

	block, coarseBlock []byte
}

// packSeries is how many series one step packs, which bounds its time.
const packSeries = 64

// sealNext does one step of sealing a target's oldest finished segment.
func (db *DB) sealNext(target string, now time.Time) (bool, error) {
	if db.seal != nil && db.seal.target != target {
		return false, nil // another target's segment is half done
	}
	if db.seal == nil {
		first, ok, err := db.finished(target, now)
		if !ok || err != nil {
			return false, err
		}
		if db.packer == nil {
			db.packer = new(packer)
		}
		s := &sealing{target: target, isLost: map[uint64]bool{}, packer: db.packer}
		if err := db.file.View(func(tx *bbolt.Tx) error { return s.survey(tx, first) }); err != nil {
			return false, fmt.Errorf("seal segment %d: %w", first, err)
		}
		db.seal = s
	}
	s := db.seal
	if s.next < len(s.groups) {
		n := s.groups[s.next]
		if err := db.sealGroup(s); err != nil {
			db.seal = nil
			return false, fmt.Errorf("seal group %d of segment %d: %w", n, s.seg.first, err)
		}
		return true, nil
	}
	db.seal = nil
	if err := db.sealEnd(s); err != nil {
		return false, fmt.Errorf("seal segment %d: %w", s.seg.first, err)
	}
	return true, nil
}

// finished finds the oldest segment of the log that takes no more scrapes.
func (db *DB) finished(target string, now time.Time) (first uint64, ok bool, err error) {
	db.mu.Lock()
	h := db.heads[target]
	open := h.segment
	if open != 0 && floorDiv(now.UnixNano(), day) > max(h.maxDay, floorDiv(h.lastAt, day)) {
		// Its day is over. The next batch begins a new one.
		open, h.segment = 0, 0
	}
	db.mu.Unlock()
	err = db.file.View(func(tx *bbolt.Tx) error {
		var records *bbolt.Bucket
		first, records = logOf(tx, target).at(0)
		ok = records != nil && first != open
		return nil
	})
	return first, ok, err
}

// survey reads the heads of all scrapes of a segment and plays every record
// once: what cannot be played is lost.
func (s *sealing) survey(tx *bbolt.Tx, first uint64) error {
	log := logOf(tx, s.target)
	records := log.records(first)
	if records == nil {
		return fmt.Errorf("%w: it is not in the log", errBadValue)
	}
	s.seg = segment{first: first, minAt: math.MaxInt64, maxAt: math.MinInt64, raw: true, m5: true}
	var clock []int64
	found := map[uint32]bool{}
	err := log.eachScrape(records, func(seq uint64, sh scrapeHead, err error) error {
		if err == nil {
			err = sh.play(func(n uint32) *group { found[n] = true; return nil })
		}
		s.seg.last = seq
		if err != nil {
			// It stays a gap. Its time is not known: it takes that of a neighbour.
			s.lost = append(s.lost, Damage{s.target, fmt.Sprintf("scrape %d", seq), err})
			s.isLost[seq] = true
			s.at = append(s.at, math.MinInt64)
			return nil
		}
		s.at = append(s.at, sh.at)
		s.seg.minAt, s.seg.maxAt = min(s.seg.minAt, sh.at), max(s.seg.maxAt, sh.at)
		if sh.targetAt != noClock {
			clock = append(clock, sh.targetAt-sh.at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(s.at) == 0 || len(s.at) > chunk.MaxValues {
		return fmt.Errorf("%w: %d scrapes in it", errBadValue, len(s.at))
	}
	if len(s.lost) == len(s.at) {
		s.seg.minAt, s.seg.maxAt = 0, 0
	}
	near := s.seg.minAt
	for i, at := range s.at {
		if at == math.MinInt64 {
			s.at[i] = near
		}
		near = s.at[i]
	}
	s.seg.rows = len(s.at)
	var enc chunk.Encoder
	s.step, s.begins = stepsOf(s.at, step5m)
	s.seg.steps = len(s.begins)
	s.perStep = make([]int64, len(s.begins))
	for _, k := range s.step {
		s.perStep[k]++
	}
	s.seg.packed = enc.Times(nil, s.begins)
	s.times.at = s.at
	if len(clock) == len(s.at) {
		s.times.clock = clock
	}
	for n := range found {
		s.groups = append(s.groups, n)
	}
	slices.Sort(s.groups)
	return nil
}

// sealGroup makes and stores the blocks of the next group.
func (db *DB) sealGroup(s *sealing) error {
	n := s.groups[s.next]
	key := blockKey(s.seg.first, n)
	if !s.gathered {
		done, err := db.gatherGroup(s, n, key)
		if err != nil {
			return err
		}
		if done {
			s.next++
			return nil
		}
	}
	if !s.pack() {
		return nil
	}
	s.gathered = false
	s.next++
	if s.builder.Empty() {
		return nil
	}
	return db.storeGroup(s, key)
}

// gatherGroup gathers the columns of a group. It reports true when a run that
// was cut short has stored its blocks.
func (db *DB) gatherGroup(s *sealing, n uint32, key []byte) (done bool, err error) {
	err = db.file.View(func(tx *bbolt.Tx) error {
		if in := bucketOf(tx, s.target, bucketDay); hasPieces(in, key) {
			done = true
			value, err := getPieces(in, key, 0, -1, s.block[:0])
			s.seg.size += int64(len(value))
			return err
		}
		return s.gather(logOf(tx, s.target), n)
	})
	s.gathered, s.packed = err == nil && !done, 0
	return done, err
}

// storeGroup stores the blocks of a group, fine and coarse.
func (db *DB) storeGroup(s *sealing, key []byte) error {
	if err := db.pause("before a group is sealed"); err != nil {
		return err
	}
	s.block = appendBlock(s.block[:0], seatOf(s.target), kindBlock, key, &s.builder)
	s.coarseBlock = appendBlock(s.coarseBlock[:0], seatOf(s.target), kindTier, key, &s.coarse)
	err := db.file.Update(func(tx *bbolt.Tx) error {
		own, err := own(tx, s.target)
		if err != nil {
			return err
		}
		if err := putIn(own, bucketDay, key, s.block); err != nil {
			return err
		}
		if err := putIn(own, bucketM5, key, s.coarseBlock); err != nil {
			return err
		}
		return db.pause("seal a group")
	})
	if err == nil {
		db.passed("after a group is sealed")
		s.seg.size += int64(len(s.block))
	}
	return err
}

// putIn stores a long value in a bucket, which it makes when it is not there.
func putIn(own *bbolt.Bucket, bucket, key, value []byte) error {
	in, err := own.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	return putPieces(in, key, value)
}

// gather plays the log on one group and keeps the values by series. It works
// from change to change: a value that stays costs no more than its copies.
func (s *sealing) gather(log targetLog, n uint32) error {
	records := log.records(s.seg.first)
	if records == nil {
		return fmt.Errorf("%w: it is not in the log", errBadValue)
	}
	for k := range s.columns {
		s.columns[k].reset()
	}
	var (
		g      group
		broken = true
		row    = int32(0)
		touch  = func(i int) { s.columns[i].fill(row, &g[i]) }
		all    = func() {
			for i := range g {
				touch(i)
			}
		}
	)
	err := log.eachScrape(records, func(seq uint64, sh scrapeHead, err error) error {
		if row >= int32(len(s.at)) {
			return fmt.Errorf("%w: the log grew while it was sealed", errBadValue)
		}
		switch {
		case s.isLost[seq]:
			err = errBadValue
		case err == nil && sh.key:
			all()
			g, broken = group{}, false
		}
		if err == nil && !broken {
			err = sh.playOne(n, &g, touch)
		}
		if err != nil && !broken {
			all()
			g, broken = group{}, true // a gap until the next record that stands alone
		}
		row++
		return nil
	})
	all()
	return err
}

// pack packs the next series of what was gathered. It reports true after the
// last one that has values.
func (s *sealing) pack() bool {
	if s.packed == 0 {
		s.builder.Reset(len(s.at), chunk.Samples)
		s.coarse.Reset(len(s.begins), chunk.Steps)
	}
	end := groupSize
	for ; end > 1 && s.columns[end-1].len() == 0; end-- {
	}
	for until := min(s.packed+packSeries, end); s.packed < until; s.packed++ {
		s.add(&s.columns[s.packed])
	}
	return s.packed == end
}

// add packs one series.
func (s *sealing) add(c *column) {
	s.tier.reset(len(s.begins))
	var present []bool
	steps := s.step
	if c.len() < len(s.at) {
		present, steps = s.gaps(c)
	}
	switch {
	case !c.decimal:
		s.tier.ofFloats(c.floats, steps)
		s.builder.Add(present, c.floats)
	case c.moves == 1 && present == nil:
		s.tier.ofResting(c.mants[0], c.exponent, s.perStep)
		s.builder.AddDecimals(nil, c.exponent, c.mants)
	default:
		s.tier.ofDecimals(c.mants, c.exponent, steps)
		s.builder.AddDecimals(present, c.exponent, c.mants)
	}
	s.tier.add(&s.coarse)
}

// gaps tells which rows have a value, and the step of each value.
func (s *sealing) gaps(c *column) (present []bool, steps []int32) {
	s.present = slices.Grow(s.present[:0], len(s.at))[:len(s.at)]
	clear(s.present)
	s.some = s.some[:0]
	c.eachRun(func(from, to int32) {
		for row := from; row < to; row++ {
			s.present[row] = true
			s.some = append(s.some, s.step[row])
		}
	})
	return s.present, s.some
}

// sealEnd makes the segment a sealed one.
func (db *DB) sealEnd(s *sealing) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	h := db.heads[s.target]
	turned := h.turned(s.seg.last)
	err := db.commit(func(tx *bbolt.Tx) error {
		own, err := own(tx, s.target)
		if err != nil {
			return err
		}
		table, err := own.CreateBucketIfNotExists(bucketSegments)
		if err != nil {
			return err
		}
		if err := table.Put(seqKey(s.seg.first), s.seg.encode(seatOf(s.target))); err != nil {
			return err
		}
		var enc chunk.Encoder
		if err := putIn(own, bucketDay, timesKey(s.seg.first), s.times.encode(&enc, seatOf(s.target), s.seg.first)); err != nil {
			return err
		}
		series, err := own.CreateBucketIfNotExists(bucketSeries)
		if err != nil {
			return err
		}
		for id, e := range turned {
			if err := series.Put(idKey(id), e.encode(seatOf(s.target), id)); err != nil {
				return err
			}
		}
		return errors.Join(logOf(tx, s.target).drop(s.seg.first), db.pause("seal the segment"))
	})
	if err != nil {
		return err
	}
	for id, e := range turned {
		h.table[id] = e
	}
	db.damaged = append(db.damaged, s.lost...)
	seg := s.seg
	seg.packed = nil
	h.segments = append(h.segments, seg)
	return nil
}

// turned lists the series that were there or gone contrary to their rows when
// the scrape last was taken.
func (h *head) turned(last uint64) map[uint32]*entry {
	turned := map[uint32]*entry{}
	for id, e := range h.table {
		seen := h.seen(id)
		if seen.seq == 0 || seen.seq < last && e.gone != nil && e.gone.seq == seen.seq || seen.seq >= last && e.gone == nil {
			continue
		}
		now := *e
		if now.gone = nil; seen.seq < last {
			now.gone = &seen
		}
		turned[id] = &now
	}
	return turned
}

func seqOf(k []byte) uint64 {
	seq, _ := keySeq(k) // a bad key was met by the survey
	return seq
}
