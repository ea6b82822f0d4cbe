package history

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"darksite/localmon"
)

// Series lists the series that the selector picks, ordered by key.
func (db *DB) Series(ctx context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []localmon.Series
	db.each(sel, func(h *head, id uint32, e *entry, key localmon.SeriesKey, seen lastSeen) {
		found = append(found, localmon.Series{Key: key, First: time.Unix(0, e.firstAt), Last: time.Unix(0, seen.at)})
	})
	slices.SortFunc(found, func(a, b localmon.Series) int { return a.Key.Compare(b.Key) })
	return found, nil
}

// Latest is the newest sample of a series. It may be old: the reader judges
// its age.
type Latest struct {
	Key   localmon.SeriesKey
	Point localmon.Point
	// Present says that the newest batch of the target had the series.
	Present bool
}

// Last returns the newest sample of each series that the selector picks,
// ordered by key. It reads memory only.
func (db *DB) Last(ctx context.Context, sel localmon.Selector) ([]Latest, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []Latest
	db.each(sel, func(h *head, id uint32, e *entry, key localmon.SeriesKey, seen lastSeen) {
		g, k := h.at(id)
		found = append(found, Latest{
			Key:     key,
			Point:   localmon.Point{At: time.Unix(0, seen.at), Value: math.Float64frombits(seen.bits)},
			Present: g.cells[k].present,
		})
	})
	slices.SortFunc(found, func(a, b Latest) int { return a.Key.Compare(b.Key) })
	return found, nil
}

// each calls fn for every series that the selector picks, under the lock.
func (db *DB) each(sel localmon.Selector, fn func(h *head, id uint32, e *entry, key localmon.SeriesKey, seen lastSeen)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for target, h := range db.heads {
		if sel.Target != "" && sel.Target != target {
			continue
		}
		for id, e := range h.table {
			if sel.Metric != "" && sel.Metric != e.metric {
				continue
			}
			key := h.key(e)
			if !sel.Matches(key) {
				continue
			}
			g, k := h.at(id)
			fn(h, id, e, key, g.seen[k])
		}
	}
}

// Range reads one series; see localmon.Reader. A series that is not known has
// no points. Where a part of the history is damaged, what can be read is
// yielded and the error comes last. The loop body may append to the history:
// no transaction is open while it runs.
//
// AggRate counts the increase between neighbouring samples of the window, a
// decrease being a restart from zero, and divides by the time between the
// first and the last sample that made it.
func (db *DB) Range(ctx context.Context, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		if err := db.rangeOne(ctx, key, w, yield); err != nil {
			yield(localmon.Point{}, fmt.Errorf("range of %s: %w", key, err))
		}
	}
}

func (db *DB) rangeOne(ctx context.Context, key localmon.SeriesKey, w localmon.Window, yield func(localmon.Point, error) bool) error {
	st, err := newStepper(w)
	if err != nil {
		return err
	}
	id, ok := db.id(key)
	if !ok {
		return nil
	}
	c := cursor{db: db, target: key.Target, id: id, from: w.From.UnixNano(), to: w.To.UnixNano()}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := c.next()
		if err != nil {
			return err
		}
		for i, at := range c.times {
			if p, ok := st.add(at, c.values[i]); ok && !yield(p, nil) {
				return nil
			}
		}
		if !more {
			break
		}
	}
	if p, ok := st.end(); ok && !yield(p, nil) {
		return nil
	}
	if len(c.damage) > 0 {
		return fmt.Errorf("%d of its parts cannot be read, the first: %w", len(c.damage), c.damage[0])
	}
	return nil
}

// id finds the id of a series.
func (db *DB) id(key localmon.SeriesKey) (uint32, bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	h := db.heads[key.Target]
	if h == nil {
		return 0, false
	}
	id, ok := h.ids[name{key.Metric, key.Labels}]
	return id, ok
}

// cursor reads one series piece by piece, each piece in a transaction of its
// own, so that a slow reader pins no pages.
type cursor struct {
	db       *DB
	target   string
	id       uint32
	from, to int64

	segment uint64 // where the next piece begins: this segment or a later one,
	scrape  int    // and in this segment, this scrape
	times   []int64
	values  []float64
	damage  []error
}

// next loads the next piece and reports whether there may be another.
func (c *cursor) next() (more bool, err error) {
	c.times, c.values = c.times[:0], c.values[:0]
	err = c.db.file.View(func(tx *bbolt.Tx) error {
		log := bucketOf(tx, c.target, bucketLog)
		if log == nil {
			return nil
		}
		k, _ := log.Cursor().Seek(seqKey(c.segment))
		if k == nil {
			return nil
		}
		seg, err := keySeq(k)
		if err != nil {
			return err
		}
		if seg != c.segment {
			c.segment, c.scrape = seg, 0
		}
		more = true
		return c.readLog(log.Bucket(k))
	})
	return more, err
}

// pieceScrapes is how many scrapes of the log make one piece.
const pieceScrapes = 8 * keyEvery

// readLog reads the next scrapes of a log segment that lie in the window.
func (c *cursor) readLog(records *bbolt.Bucket) error {
	var (
		g      group
		broken = true
		i      = 0
		want   = c.id / groupSize
		cells  = func(n uint32) *group {
			if n == want {
				return &g
			}
			return nil
		}
	)
	cur := records.Cursor()
	for k, v := cur.First(); k != nil; k, v = cur.Next() {
		if i >= c.scrape+pieceScrapes {
			c.scrape = i
			return nil
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
			err = sh.play(cells)
		}
		if err != nil {
			broken = true
			if i >= c.scrape {
				c.damage = append(c.damage, fmt.Errorf("scrape %x: %w", bytes.TrimLeft(k, "\x00"), err))
			}
		}
		if cell := &g[c.id%groupSize]; !broken && i >= c.scrape && cell.present && c.from <= sh.at && sh.at < c.to {
			c.times = append(c.times, sh.at)
			c.values = append(c.values, math.Float64frombits(cell.bits))
		}
		i++
	}
	c.segment++
	c.scrape = 0
	return nil
}
