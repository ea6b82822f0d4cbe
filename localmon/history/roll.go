package history

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// rolling is the work on one week: its 1-hour steps are made from the 5-minute
// steps of its segments, group by group like sealing.
type rolling struct {
	target  string
	week    segment
	members []segment
	groups  []uint32
	next    int

	fine   []int64 // begins of all 5-minute steps of the members
	step   []int32 // 1-hour step of each
	begins []int64

	packed  int // series of the group that are packed
	builder chunk.Builder
	decoder chunk.Decoder
	column  chunk.Column
	at      []int32 // 1-hour step of each 5-minute step of a series,
	cols    [stepColumns][]float64
	tier    tier
	block   []byte
}

// rollNext does one step of making a week, when enough segments are sealed.
func (db *DB) rollNext(target string, _ time.Time) (bool, error) {
	if db.roll != nil && db.roll.target != target {
		return false, nil
	}
	if db.roll == nil {
		members := db.rollable(target)
		steps := 0
		for _, m := range members {
			steps += m.steps
		}
		if len(members) < db.limits.segments && steps < rollSteps {
			return false, nil
		}
		if err := db.beginRoll(target, members); err != nil {
			return false, err
		}
	}
	return db.rollStep()
}

// rollable lists the segments that begin the next week.
func (db *DB) rollable(target string) []segment {
	db.mu.Lock()
	defer db.mu.Unlock()
	var members []segment
	steps := 0
	for _, s := range db.heads[target].segments {
		if s.rolled {
			continue
		}
		steps += s.steps
		if len(members) == db.limits.segments || len(members) > 0 && steps > rollSteps {
			break
		}
		members = append(members, s)
	}
	return members
}

func (db *DB) beginRoll(target string, members []segment) error {
	r := &rolling{target: target, members: members}
	if err := db.file.View(r.survey); err != nil {
		return fmt.Errorf("make 1-hour steps from segment %d: %w", members[0].first, err)
	}
	db.roll = r
	return nil
}

// rollStep stores the next group, or the week's row when all are done.
func (db *DB) rollStep() (bool, error) {
	r := db.roll
	if r.next < len(r.groups) {
		n := r.groups[r.next]
		if err := db.rollGroup(r); err != nil {
			db.roll = nil
			return false, fmt.Errorf("make 1-hour steps of group %d from segment %d: %w", n, r.week.first, err)
		}
		return true, nil
	}
	db.roll = nil
	if err := db.rollEnd(r); err != nil {
		return false, fmt.Errorf("make 1-hour steps from segment %d: %w", r.week.first, err)
	}
	return true, nil
}

// survey lays out the steps of the week and finds the groups it has.
func (r *rolling) survey(tx *bbolt.Tx) error {
	own, err := own(tx, r.target)
	if err != nil {
		return err
	}
	r.week = segment{first: r.members[0].first, last: r.members[len(r.members)-1].last, minAt: math.MaxInt64, maxAt: math.MinInt64, m5: true}
	found := map[uint32]bool{}
	for i := range r.members {
		m := &r.members[i]
		r.week.minAt, r.week.maxAt = min(r.week.minAt, m.minAt), max(r.week.maxAt, m.maxAt)
		key := seqKey(m.first)
		row, err := decodeSegment(seatOf(r.target), key, own.Bucket(bucketSegments).Get(key))
		if err != nil {
			return err
		}
		begins, err := times(&r.decoder, row.packed, row.steps)
		if err != nil {
			return err
		}
		r.fine = append(r.fine, begins...)
		for _, n := range groupsIn(own.Bucket(bucketM5), m.first) {
			found[n] = true
		}
	}
	for n := range found {
		r.groups = append(r.groups, n)
	}
	slices.SortFunc(r.groups, cmp.Compare)
	r.step, r.begins = stepsOf(r.fine, step1h)
	if len(r.begins) > chunk.MaxValues {
		return fmt.Errorf("%w: %d hours in a week", errBadValue, len(r.begins))
	}
	var enc chunk.Encoder
	r.week.rows, r.week.steps = len(r.members), len(r.begins)
	r.week.packed = enc.Times(nil, r.begins)
	return nil
}

// groupsIn lists the groups that have a block in a segment or week.
func groupsIn(in *bbolt.Bucket, first uint64) (groups []uint32) {
	if in == nil {
		return nil
	}
	c := in.Cursor()
	for n := uint64(0); n <= math.MaxUint32; n++ {
		k, _ := c.Seek(blockKey(first, uint32(n)))
		if len(k) < blockPrefix || seqOf(k[:8]) != first {
			break
		}
		n = uint64(binary.BigEndian.Uint32(k[8:]))
		groups = append(groups, uint32(n))
	}
	return groups
}

func (db *DB) rollGroup(r *rolling) error {
	n := r.groups[r.next]
	key := blockKey(r.week.first, n)
	done, packed := false, false
	err := db.file.View(func(tx *bbolt.Tx) (err error) {
		if done = hasPieces(bucketOf(tx, r.target, bucketH1), key); !done {
			packed, err = r.pack(bucketOf(tx, r.target, bucketM5), n)
		}
		return err
	})
	if err != nil || !done && !packed {
		return err
	}
	r.next++
	r.packed = 0
	if done || r.builder.Empty() {
		return nil
	}
	if err := db.pause("before a group is rolled"); err != nil {
		return err
	}
	r.block = appendBlock(r.block[:0], seatOf(r.target), kindTier, key, &r.builder)
	if err := db.file.Update(func(tx *bbolt.Tx) error {
		own, err := own(tx, r.target)
		if err != nil {
			return err
		}
		return errors.Join(putIn(own, bucketH1, key, r.block), db.pause("roll a group"))
	}); err != nil {
		return err
	}
	db.passed("after a group is rolled")
	return nil
}

// pack makes the 1-hour steps of the next series of a group and reports true
// after the last one. A block that is damaged is left out, as a gap: Check
// names it.
func (r *rolling) pack(m5 *bbolt.Bucket, n uint32) (bool, error) {
	blocks := make([]chunk.Block, len(r.members))
	readers := make([]blockReader, len(r.members))
	series := 0
	for i, m := range r.members {
		ok, err := readers[i].open(m5, seatOf(r.target), kindTier, blockKey(m.first, n), &blocks[i])
		if !ok || err != nil || blocks[i].Rows != m.steps || blocks[i].Kind != chunk.Steps {
			blocks[i] = chunk.Block{}
		}
		series = max(series, blocks[i].Series)
	}
	if r.packed == 0 {
		r.builder.Reset(len(r.begins), chunk.Steps)
	}
	for until := min(r.packed+packSeries, series); r.packed < until; r.packed++ {
		r.add(blocks, r.packed)
	}
	return r.packed == series, nil
}

// add packs the 1-hour steps of one series.
func (r *rolling) add(blocks []chunk.Block, k int) {
	r.at = r.at[:0]
	for i := range r.cols {
		r.cols[i] = r.cols[i][:0]
	}
	base := 0
	for i := range blocks {
		if ok, err := r.decoder.Column(&blocks[i], k, 1<<stepColumns-1, &r.column); ok && err == nil {
			for j := range r.column.Values[0] {
				r.at = append(r.at, r.step[base+r.column.Row(j)])
			}
			for j := range r.cols {
				r.cols[j] = append(r.cols[j], r.column.Values[j]...)
			}
		}
		base += r.members[i].steps
	}
	r.tier.reset(len(r.begins))
	r.tier.ofSteps(r.at, &r.cols)
	r.tier.add(&r.builder)
}

// rollEnd puts the week into its table and marks its segments.
func (db *DB) rollEnd(r *rolling) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	h := db.heads[r.target]
	member := func(s *segment) bool { return r.week.first <= s.first && s.first <= r.week.last }
	err := db.commit(func(tx *bbolt.Tx) error {
		own, err := own(tx, r.target)
		if err != nil {
			return err
		}
		for i := range h.segments {
			if s := &h.segments[i]; member(s) {
				if err := rewriteSegment(own, r.target, bucketSegments, s.first, func(row *segment) { row.rolled = true }); err != nil {
					return err
				}
			}
		}
		table, err := own.CreateBucketIfNotExists(bucketWeeks)
		if err != nil {
			return err
		}
		return errors.Join(table.Put(seqKey(r.week.first), r.week.encode(seatOf(r.target))), db.pause("roll the week"))
	})
	if err != nil {
		return err
	}
	for i := range h.segments {
		if s := &h.segments[i]; member(s) {
			s.rolled = true
		}
	}
	week := r.week
	week.packed = nil
	h.weeks = append(h.weeks, week)
	return nil
}

// rewriteSegment changes a row of the table of segments or of weeks.
func rewriteSegment(own *bbolt.Bucket, target string, name []byte, first uint64, change func(*segment)) error {
	table := own.Bucket(name)
	if table == nil {
		return fmt.Errorf("%w: no table of %s", errBadValue, name)
	}
	s, err := decodeSegment(seatOf(target), seqKey(first), table.Get(seqKey(first)))
	if err != nil {
		return fmt.Errorf("segment %d: %w", first, err)
	}
	change(s)
	return table.Put(seqKey(first), s.encode(seatOf(target)))
}
