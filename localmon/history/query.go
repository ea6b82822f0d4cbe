package history

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"darksite/localmon"

	"go.etcd.io/bbolt"
)

// Series lists the series that the selector picks, ordered by key.
func (db *DB) Series(ctx context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []localmon.Series
	db.each(sel, func(h *head, id uint32, e *entry, key localmon.SeriesKey, seen lastSeen) {
		first := time.Unix(0, e.firstAt)
		if e.firstSeq < h.oldest(h.segments, h.weeks) {
			// the budget took its beginning
			if kept, _ := h.begins(); kept.After(first) {
				first = kept
			}
		}
		found = append(found, localmon.Series{Key: key, Unit: e.unit(), First: first, Last: time.Unix(0, seen.at)})
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
			fn(h, id, e, key, h.seen(id))
		}
	}
}

// Range reads one series; see localmon.Reader. A series that is not known has
// no points. Where a part of the history is damaged, what can be read is
// yielded and the error comes last. The loop body may append to the history:
// no transaction is open while it runs.
//
// Minima, maxima, sums and averages come from the 5-minute or the 1-hour steps
// where these give the same answer: when Step is a multiple of theirs and the
// window begins and ends on one of theirs. Where only coarser steps are left
// than were asked for, they are what is yielded, each at its own begin; a
// window that cuts one counts it whole if it holds the begin. Ranges of raw
// samples, AggLast and AggRate have no points where the raw samples are gone.
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
	emit := func(p localmon.Point) bool { return yield(p, nil) }
	on, err := db.stretches(ctx, key, w, func(c *cursor) bool {
		if w.Agg != localmon.AggNone {
			return st.addAll(c.times, c.values, emit) && st.addSteps(c.steps, &c.cols, emit)
		}
		for i, at := range c.times {
			if !yield(localmon.Point{At: time.Unix(0, at), Value: c.values[i]}, nil) {
				return false
			}
		}
		return true
	})
	if !on {
		return nil
	}
	if p, ok := st.end(); ok && !yield(p, nil) {
		return nil
	}
	return err
}

// stretches reads a series stretch by stretch, until take says no. What was read
// is good until take returns. It reports whether take wanted all of it.
func (db *DB) stretches(ctx context.Context, key localmon.SeriesKey, w localmon.Window, take func(*cursor) bool) (on bool, err error) {
	id, ok := db.id(key)
	if !ok {
		return true, nil
	}
	c := newCursor(db, key.Target, w)
	defer c.release()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return true, err
		}
		if err := db.file.View(func(tx *bbolt.Tx) (err error) {
			var s stretch
			if s, more, err = c.next(tx); more {
				c.fetch(&s, id)
			}
			return err
		}); err != nil {
			return true, err
		}
		if !take(c) {
			return false, nil
		}
	}
	if len(c.damage) > 0 {
		return true, fmt.Errorf("%d of its parts cannot be read, the first: %w", len(c.damage), c.damage[0])
	}
	return true, nil
}

var _ localmon.RowReader = (*DB)(nil)

// Samples reads every sample of a series, many at a time; see
// localmon.RowReader. It is Range without an aggregation, for those to whom
// time matters.
func (db *DB) Samples(ctx context.Context, key localmon.SeriesKey, from, to time.Time) iter.Seq2[localmon.Samples, error] {
	return func(yield func(localmon.Samples, error) bool) {
		on, err := db.stretches(ctx, key, localmon.Window{From: from, To: to}, func(c *cursor) bool {
			return len(c.times) == 0 || yield(localmon.Samples{At: c.times, Values: c.values}, nil)
		})
		if on && err != nil {
			yield(localmon.Samples{}, fmt.Errorf("samples of %s: %w", key, err))
		}
	}
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
