package history

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"go.etcd.io/bbolt"
)

// retainAt is the share of the budget in use above which the oldest samples go.
// The rest is for pages that are free but too scattered for the next block,
// and for what a step needs before it frees others.
const retainAt = 0.95

// usage is the size of the file and how much of it is in use.
func (db *DB) usage(tx *bbolt.Tx) (bytes, used int64, err error) {
	info, err := os.Stat(db.file.Path())
	if err != nil {
		return 0, 0, err
	}
	s := db.file.Stats()
	return info.Size(), tx.Size() - int64(s.FreePageN+s.PendingPageN)*int64(db.file.Info().PageSize), nil
}

// overBudget reports whether something has to go.
func (db *DB) overBudget() (over bool, err error) {
	if db.o.Budget <= 0 {
		return false, nil
	}
	err = db.file.View(func(tx *bbolt.Tx) error {
		_, used, err := db.usage(tx)
		over = float64(used) > retainAt*float64(db.o.Budget)
		return err
	})
	return over, err
}

// victim is what goes next.
type victim struct {
	target string
	first  uint64
	what   string // raw, m5 or h1
}

// retainNext lets go of the oldest of what is least worth keeping: samples
// before 5-minute steps before 1-hour steps. What nothing refers to any more
// is deleted piece by piece before anything else goes.
func (db *DB) retainNext() (bool, error) {
	if did, err := db.sweepNext(); did || err != nil {
		return did, err
	}
	over, err := db.overBudget()
	if !over || err != nil {
		return false, err
	}
	v, unrolled := db.choose()
	switch {
	case v.what == "" && unrolled == "":
		return false, nil // all that is left is the log of this day
	case v.what == "" && db.roll != nil:
		return db.rollStep()
	case v.what == "":
		// The 5-minute steps have to go before their week is full.
		if err := db.beginRoll(unrolled, db.rollable(unrolled)); err != nil {
			return false, err
		}
		return db.rollStep()
	}
	if err := db.drop(v); err != nil {
		return false, fmt.Errorf("let go of %s of segment %d of %s: %w", v.what, v.first, v.target, err)
	}
	return true, nil
}

// choose picks the victim: over all targets the one with the oldest sequence,
// of the least worthy kind. When only steps are left that no week has yet, it
// names a target whose weeks should be made.
func (db *DB) choose() (v victim, unrolled string) {
	db.mu.Lock()
	defer db.mu.Unlock()
	raw, m5, h1 := victim{first: math.MaxUint64}, victim{first: math.MaxUint64}, victim{first: math.MaxUint64}
	oldest := uint64(math.MaxUint64)
	for target, h := range db.heads {
		for i := range h.segments {
			s := &h.segments[i]
			if s.raw && s.first < raw.first {
				raw = victim{target, s.first, "raw"}
			}
			if !s.rolled && s.first < oldest {
				unrolled, oldest = target, s.first
			}
		}
		for i := range h.weeks {
			m := &h.weeks[i]
			if m.m5 && m.first < m5.first {
				m5 = victim{target, m.first, "m5"}
			}
			if !m.m5 && m.first < h1.first {
				h1 = victim{target, m.first, "h1"}
			}
		}
	}
	switch {
	case raw.what != "":
		return raw, ""
	case m5.what != "":
		return m5, ""
	case unrolled != "":
		return victim{}, unrolled
	}
	return h1, ""
}

// drop takes the victim out of the tables, with what nothing refers to any
// more. Its blocks are swept later.
func (db *DB) drop(v victim) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	h := db.heads[v.target]
	d := dropping{h: h, segments: slices.Clone(h.segments), weeks: slices.Clone(h.weeks)}
	err := db.commit(func(tx *bbolt.Tx) (err error) {
		if d.own, err = own(tx, v.target); err != nil {
			return err
		}
		switch v.what {
		case "raw":
			err = d.raw(v.first)
		case "m5":
			err = d.m5(v.first)
		default:
			err = d.h1(v.first)
		}
		return errors.Join(err, db.pause("let go of "+v.what))
	})
	if err != nil {
		return err
	}
	h.segments, h.weeks = d.segments, d.weeks
	h.forget(d.dead)
	h.garbage = append(h.garbage, d.garbage...)
	return nil
}

// dropping is one transaction of letting go; the head changes after it.
type dropping struct {
	h               *head
	own             *bbolt.Bucket
	segments, weeks []segment
	dead            []uint32
	garbage         []garbage
}

// letGo notes that blocks are to be deleted.
func (d *dropping) letGo(bucket []byte, first uint64) error {
	g := garbage{bucket, first}
	d.garbage = append(d.garbage, g)
	return g.store(d.own, seatOf(d.h.target))
}

// raw lets go of the samples of one segment.
func (d *dropping) raw(first uint64) error {
	for i := range d.segments {
		if s := &d.segments[i]; s.first == first {
			s.raw = false
		}
	}
	if err := d.letGo(bucketDay, first); err != nil {
		return err
	}
	return rewriteSegment(d.own, d.h.target, bucketSegments, first, func(row *segment) { row.raw = false })
}

// m5 lets go of the 5-minute steps of all segments of a week, and with them the
// segments: the week tells the rest. It is all of them or none, so that a
// reader knows from the week's row where to look.
func (d *dropping) m5(first uint64) error {
	i := slices.IndexFunc(d.weeks, func(m segment) bool { return m.first == first })
	m := &d.weeks[i]
	m.m5 = false
	member := func(s segment) bool { return m.first <= s.first && s.first <= m.last }
	for _, s := range d.segments {
		if !member(s) {
			continue
		}
		if err := d.own.Bucket(bucketSegments).Delete(seqKey(s.first)); err != nil {
			return err
		}
		if err := d.letGo(bucketM5, s.first); err != nil {
			return err
		}
	}
	d.segments = slices.DeleteFunc(d.segments, member)
	return rewriteSegment(d.own, d.h.target, bucketWeeks, first, func(row *segment) { row.m5 = false })
}

// h1 lets go of a week, and of the series of which nothing is left then.
func (d *dropping) h1(first uint64) error {
	if err := d.own.Bucket(bucketWeeks).Delete(seqKey(first)); err != nil {
		return err
	}
	if err := d.letGo(bucketH1, first); err != nil {
		return err
	}
	d.weeks = slices.DeleteFunc(d.weeks, func(m segment) bool { return m.first == first })
	d.dead = d.h.unreferenced(d.segments, d.weeks)
	table := d.own.Bucket(bucketSeries)
	for _, id := range d.dead {
		if err := table.Delete(idKey(id)); err != nil {
			return err
		}
	}
	return nil
}

// unreferenced lists the series of which nothing is left.
func (h *head) unreferenced(segments, weeks []segment) []uint32 {
	oldest := h.oldest(segments, weeks)
	var dead []uint32
	for id, e := range h.table {
		if e.gone != nil && h.seen(id).seq < oldest {
			dead = append(dead, id)
		}
	}
	return dead
}

// oldest is the seq of the oldest scrape of which anything is left.
func (h *head) oldest(segments, weeks []segment) uint64 {
	oldest := h.segment
	if oldest == 0 {
		oldest = math.MaxUint64
	}
	for _, list := range [][]segment{segments, weeks} {
		if len(list) > 0 {
			oldest = min(oldest, list[0].first)
		}
	}
	return oldest
}

// forget takes series out of memory, and groups in which none is left.
func (h *head) forget(ids []uint32) {
	if len(ids) == 0 {
		return
	}
	h.order = h.order[:0]
	for _, id := range ids {
		delete(h.ids, h.table[id].name)
		delete(h.table, id)
	}
	alive := map[uint32]bool{h.nextID / groupSize: true}
	for id := range h.table {
		alive[id/groupSize] = true
	}
	for n := range h.groups {
		if !alive[uint32(n)] {
			h.groups[n] = nil
		}
	}
}
