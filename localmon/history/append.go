package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"darksite/localmon"

	"go.etcd.io/bbolt"
)

const (
	// keyEvery is how many scrapes share one record that stands alone. An hour
	// at one scrape every 30 s.
	keyEvery = 120
	day      = int64(24 * time.Hour)
)

// Append stores one batch and returns its sequence number after fsync. Every
// sample must belong to the batch's target; a key that appears twice keeps its
// later value. A batch without samples is stored too: it says that the series
// had no value then.
//
// On an error nothing of the batch is stored, except where the error wraps
// ErrUnsure: then the disk did not confirm it. The next Append starts from what
// is stored, whatever that is.
func (db *DB) Append(ctx context.Context, b localmon.Batch) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := db.appendable(&b); err != nil {
		return 0, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := db.settle(); err != nil {
		return 0, fmt.Errorf("append a batch of %s: %w", b.Target, err)
	}
	h := db.heads[b.Target]
	if h == nil {
		h = newHead(b.Target)
	}
	a := appending{h: h, b: &b, changes: db.changes[:0]}
	if err := a.take(); err != nil {
		h.order = h.order[:0]
		return 0, fmt.Errorf("append a batch of %s: %w", b.Target, err)
	}
	if err := a.takeUnits(); err != nil {
		return 0, fmt.Errorf("append a batch of %s: %w", b.Target, err)
	}
	a.place(db.limits.scrapes)
	db.record = a.encode(db.record, &db.sections)
	db.changes = a.changes
	if err := db.commit(func(tx *bbolt.Tx) error {
		return errors.Join(a.store(tx, db.record), db.pause("append"))
	}); err != nil {
		h.order = h.order[:0] // it may name ids that were not given after all
		return 0, fmt.Errorf("append a batch of %s: %w", b.Target, err)
	}
	a.commit()
	db.heads[b.Target] = h
	return a.seq, nil
}

// appending is one batch on its way into the file. Nothing of the head that
// matters to a later batch changes before commit.
type appending struct {
	h *head
	b *localmon.Batch

	seq     uint64
	at      int64
	key     bool   // the record stands alone
	opens   bool   // the record begins a segment
	segment uint64 // 0 until store when the record opens one
	fresh   []slot // series seen for the first time, in id order
	units   []told // units that known series did not have before
	ids     map[name]uint32
	changes []change
}

// take puts the values of the batch beside the cells of their series.
func (a *appending) take() error {
	h := a.h
	h.stamp++
	if h.stamp == 0 { // wrapped: an old stamp could be taken for a new one
		for _, g := range h.groups {
			if g != nil {
				g.stamp = 0
			}
		}
		h.stamp = 1
	}
	var (
		g *liveGroup
		n = uint32(math.MaxUint32) // its number
	)
	for i := range a.b.Samples {
		s := &a.b.Samples[i]
		if s.Key.Target != h.target {
			return fmt.Errorf("sample of %q, which is another target", s.Key.String())
		}
		if s.Key.Metric == "" {
			return fmt.Errorf("sample without a metric name (labels %q)", s.Key.Labels)
		}
		var id uint32
		if i < len(h.order) && h.order[i].metric == s.Key.Metric && h.order[i].labels == s.Key.Labels {
			id = h.order[i].id
		} else {
			n := name{s.Key.Metric, s.Key.Labels}
			id = a.lookup(n)
			if i < len(h.order) {
				h.order[i] = slot{n, id}
			} else {
				h.order = append(h.order, slot{n, id})
			}
		}
		if id/groupSize != n {
			n = id / groupSize
			g, _ = h.at(id)
		}
		g.take(h.stamp, uint8(id%groupSize), math.Float64bits(s.Value))
	}
	return nil
}

// lookup finds or gives the id of a series. Ids given here are not the head's
// before commit; place in the order is harmless because an id that is not
// committed is forgotten there too.
func (a *appending) lookup(n name) uint32 {
	if id, ok := a.h.ids[n]; ok {
		return id
	}
	if id, ok := a.ids[n]; ok {
		return id
	}
	if a.ids == nil {
		a.ids = map[name]uint32{}
	}
	id := a.h.nextID + uint32(len(a.fresh))
	a.ids[n] = id
	a.fresh = append(a.fresh, slot{n, id})
	return id
}

// place decides where the record goes: into the open segment or a new one, and
// whether it stands alone.
func (a *appending) place(maxScrapes int) {
	h := a.h
	a.at = floorMilli(a.b.At)
	a.segment = h.segment
	// A later day ends the segment. An earlier one does not: batches from the
	// past that come between live ones would leave a segment each.
	a.opens = h.segment == 0 || h.scrapes >= maxScrapes || floorDiv(a.at, day) > h.maxDay
	a.key = a.opens || h.sinceKey == 0 || h.sinceKey >= keyEvery
}

// encode builds the record, but for its checksum, and the list of changed cells.
func (a *appending) encode(b []byte, w *sectionWriter) []byte {
	h := a.h
	sh := scrapeHead{at: a.at, targetAt: noClock, key: a.key}
	if !a.b.TargetAt.IsZero() {
		sh.targetAt = floorMilli(a.b.TargetAt)
	}
	b = appendScrapeHead(append(b[:0], make([]byte, envelope)...), sh)
	last := 0
	for n, g := range h.groups {
		if g == nil {
			continue
		}
		w.reset()
		if a.key {
			a.encodeAll(uint32(n), g, w)
		} else {
			a.encodeAltered(uint32(n), g, w)
		}
		if w.taken > 0 || len(w.ops) > 0 {
			b = w.appendSection(b, uint32(n-last))
			last = n
		}
	}
	return b
}

// encodeAll writes what a group has, for a record that stands alone: it starts
// from empty cells.
func (a *appending) encodeAll(n uint32, g *liveGroup, w *sectionWriter) {
	for k := range g.cells {
		c, value, present := &g.cells[k], g.next[k], false
		if g.stamp == a.h.stamp {
			word, bit := k/64, uint64(1)<<(k%64)
			present = g.seen[word]&bit != 0
			if g.moved[word]&bit == 0 {
				value = c.bits
			}
		}
		if present {
			a.changes = append(a.changes, change{n, uint8(k), w.put(cell{}, value, true)})
			continue
		}
		if *c != (cell{}) {
			a.changes = append(a.changes, change{n, uint8(k), cell{}})
		}
		w.skip(1)
	}
}

// encodeAltered writes what the batch alters in a group.
func (a *appending) encodeAltered(n uint32, g *liveGroup, w *sectionWriter) {
	next := 0 // first series that is not written yet
	for word := range g.seen {
		altered, seen := g.altered(a.h.stamp, word)
		for ; altered != 0; altered &= altered - 1 {
			bit := bits.TrailingZeros64(altered)
			k := word*64 + bit
			w.skip(uint64(k - next))
			next = k + 1
			a.changes = append(a.changes, change{n, uint8(k), w.put(g.cells[k], g.next[k], seen&(1<<bit) != 0)})
		}
	}
}

// store writes the record, the new rows of the series table and, when the
// clock jumped, a note of that.
func (a *appending) store(tx *bbolt.Tx, record []byte) error {
	all, err := tx.CreateBucketIfNotExists(bucketLog)
	if err != nil {
		return err
	}
	if a.seq, err = all.NextSequence(); err != nil {
		return err
	}
	if a.opens {
		a.segment = a.seq
	}
	log := logOf(tx, a.h.target)
	records, err := all.CreateBucketIfNotExists(log.key(a.segment))
	if err != nil {
		return err
	}
	key := seqKey(a.seq)
	if err := putPieces(records, key, log.seat.seal(kindScrape, key, record)); err != nil {
		return err
	}
	if _, err := records.NextSequence(); err != nil {
		return err
	}
	jump, jumped := a.jump()
	if len(a.fresh) == 0 && len(a.units) == 0 && !jumped && bucketOf(tx, a.h.target) != nil {
		return nil
	}
	targets, err := tx.CreateBucketIfNotExists(bucketTargets)
	if err != nil {
		return err
	}
	own, err := targets.CreateBucketIfNotExists([]byte(a.h.target))
	if err != nil {
		return err
	}
	if err := errors.Join(a.storeFresh(own), a.storeUnits(own)); err != nil || !jumped {
		return err
	}
	return jump.store(own, seatOf(a.h.target), a.seq)
}

func (a *appending) storeFresh(own *bbolt.Bucket) error {
	if len(a.fresh) == 0 {
		return nil
	}
	table, err := own.CreateBucketIfNotExists(bucketSeries)
	if err != nil {
		return err
	}
	for _, f := range a.fresh {
		e := a.entry(f)
		if err := table.Put(idKey(f.id), e.encode(seatOf(a.h.target), f.id)); err != nil {
			return err
		}
	}
	// The bucket's sequence outlives its rows, so no id is given twice.
	return table.SetSequence(uint64(a.fresh[len(a.fresh)-1].id))
}

// entry is the first row of a series.
func (a *appending) entry(f slot) *entry {
	return &entry{name: f.name, firstSeq: a.seq, firstAt: a.at, told: toldOf(a.b.Units, f.name)}
}

// commit makes the batch the head's newest.
func (a *appending) commit() {
	h := a.h
	for i := range a.changes {
		c := &a.changes[i]
		g := h.groups[c.group]
		if old := &g.cells[c.index]; old.present && !c.cell.present {
			g.left[c.index] = lastSeen{h.lastSeq, h.lastAt, old.bits}
		}
		g.cells[c.index] = c.cell
	}
	for _, f := range a.fresh {
		h.ids[f.name] = f.id
		h.table[f.id] = a.entry(f)
		h.nextID = f.id + 1
	}
	a.commitUnits()
	if a.opens {
		h.segment, h.scrapes, h.maxDay = a.segment, 0, math.MinInt64
	}
	if a.key {
		h.sinceKey = 0
	}
	h.scrapes++
	h.sinceKey++
	h.maxDay = max(h.maxDay, floorDiv(a.at, day))
	h.lastSeq, h.lastAt, h.last = a.seq, a.at, a.b.At
}

// floorDiv is the quotient rounded down, also for times before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
