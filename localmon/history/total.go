package history

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// Total adds up many series: for each step of the window, the sum over all
// series that the selector picks of the series' own average in that step.
// w.Agg must be AggAvg. Points come in order of time; a step that a jump of the
// clock brought twice counts as one. It reads block by block, many series at
// a time, and keeps one number for each step and series.
//
// As with Range, what can be read is yielded before an error about the rest,
// and coarser steps stand in for samples that are gone.
func (db *DB) Total(ctx context.Context, sel localmon.Selector, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		t, err := db.newTotal(sel, w)
		if t.cursor != nil {
			defer t.cursor.release()
		}
		if err == nil {
			err = t.read(ctx)
		}
		for _, at := range slices.Sorted(maps.Keys(t.slots)) {
			if !yield(localmon.Point{At: time.Unix(0, at), Value: t.sums[t.slots[at]]}, nil) {
				return
			}
		}
		if err != nil {
			yield(localmon.Point{}, fmt.Errorf("total: %w", err))
		}
	}
}

// total adds up series. Each has a cell of its own for the step it stands in.
type total struct {
	*cursor // shared by the series of a target, one after the other
	series  []member
	begins  []int64 // of the steps, in the order they were met
	sums    []float64
	slots   map[int64]int // place of a step in the two
	damaged []error
}

// member is one series of a total and its open step.
type member struct {
	target     string
	id         uint32
	open       bool
	at         int64
	slot       int // of the open step
	sum, count float64
}

func (db *DB) newTotal(sel localmon.Selector, w localmon.Window) (*total, error) {
	t := &total{slots: map[int64]int{}}
	if w.Agg != localmon.AggAvg || w.Step <= 0 {
		return t, fmt.Errorf("a total is of averages over a step above zero, not of %q over %v", w.Agg, w.Step)
	}
	t.cursor = newCursor(db, "", 0, w)
	db.each(sel, func(h *head, id uint32, _ *entry, _ localmon.SeriesKey, _ lastSeen) {
		t.series = append(t.series, member{target: h.target, id: id})
	})
	slices.SortFunc(t.series, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.id, b.id))
	})
	return t, nil
}

func (t *total) read(ctx context.Context) error {
	for from := 0; from < len(t.series); {
		to := from
		for ; to < len(t.series) && t.series[to].target == t.series[from].target; to++ {
		}
		if err := t.readTarget(ctx, t.series[from:to]); err != nil {
			return err
		}
		from = to
	}
	if len(t.damaged) > 0 {
		return fmt.Errorf("%d parts cannot be read, the first: %w", len(t.damaged), t.damaged[0])
	}
	return nil
}

// readTarget goes through the segments once, and through the series in each.
func (t *total) readTarget(ctx context.Context, series []member) error {
	t.target = series[0].target
	next := uint64(0)
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		begin := next
		err := t.db.file.View(func(tx *bbolt.Tx) error {
			own := bucketOf(tx, t.target)
			if own == nil {
				more = false
				return nil
			}
			t.limit(tx)
			if k, _, records := earliest(own, logOf(tx, t.target), begin); records != nil {
				if seqOf(k) > t.bound {
					more = false
					return nil
				}
				if m := own.Bucket(bucketMonths); m == nil || !hasMonth(m, begin, seqOf(k)) {
					next = seqOf(k) + 1
					return t.readLogOf(records, series)
				}
			}
			for i := range series {
				t.id, t.nextSeq, t.scrape = series[i].id, begin, 0
				t.reset()
				var err error
				if more, err = t.piece(tx, own); err != nil || !more {
					return err
				}
				t.addPiece(&series[i])
				next = t.nextSeq
			}
			return nil
		})
		if err != nil {
			return err
		}
		t.damaged = append(t.damaged, t.damage...)
		t.damage = t.damage[:0]
	}
	for i := range series {
		t.close(&series[i])
	}
	return nil
}

// hasMonth reports whether a month begins in a span of sequences.
func hasMonth(months *bbolt.Bucket, from, to uint64) bool {
	k, _ := months.Cursor().Seek(seqKey(from))
	return k != nil && seqOf(k) <= to
}

func (t *total) addPiece(m *member) {
	for i := 0; i < len(t.times); {
		if at := t.times[i]; !m.open || at < m.at || at-m.at >= t.step {
			t.begin(m, at)
		}
		sum, from := m.sum, i
		for ; i < len(t.times) && uint64(t.times[i]-m.at) < uint64(t.step); i++ {
			sum += t.values[i]
		}
		m.sum = sum
		m.count += float64(i - from)
	}
	for i, at := range t.steps {
		if !m.open || at < m.at || at-m.at >= t.step {
			t.begin(m, at)
		}
		m.sum += t.col[chunk.StepSum][i]
		m.count += t.col[chunk.StepCount][i]
	}
}

// begin opens the step that a time lies in. As a rule it is the one after the
// step before, and stands after it, because another series met both.
func (t *total) begin(m *member, at int64) {
	next := m.at + t.step
	if !m.open || at < next || at-next >= t.step {
		next = floorDiv(at, t.step) * t.step
	}
	t.close(m)
	slot := m.slot + 1
	if slot >= len(t.begins) || t.begins[slot] != next {
		var ok bool
		if slot, ok = t.slots[next]; !ok {
			slot = len(t.begins)
			t.slots[next] = slot
			t.begins, t.sums = append(t.begins, next), append(t.sums, 0)
		}
	}
	m.open, m.at, m.slot, m.sum, m.count = true, next, slot, 0, 0
}

// close adds the average of the open step to the total of that step.
func (t *total) close(m *member) {
	if m.open {
		m.open = false
		t.sums[m.slot] += m.sum / m.count
	}
}

// readLogOf goes through a segment of the log once for all series.
func (t *total) readLogOf(records *bbolt.Bucket, series []member) error {
	groups := map[uint32]*group{}
	for i := range series {
		if n := series[i].id / groupSize; groups[n] == nil {
			groups[n] = new(group)
		}
	}
	broken := true
	return records.ForEach(func(k, v []byte) error {
		if seqOf(k) > t.bound {
			return nil
		}
		payload, err := unseal(kindScrape, v)
		var sh scrapeHead
		if err == nil {
			sh, err = parseScrape(payload)
		}
		if err == nil && (sh.key || !broken) {
			if sh.key {
				broken = false
				for _, g := range groups {
					clear(g[:])
				}
			}
			err = sh.play(func(n uint32) *group { return groups[n] })
		}
		if err != nil {
			broken = true
			t.damage = append(t.damage, fmt.Errorf("scrape %d: %w", seqOf(k), err))
		}
		if broken || sh.at < t.from || sh.at >= t.to {
			return nil
		}
		var g *group
		n := uint32(math.MaxUint32)
		for i := range series {
			m := &series[i]
			if m.id/groupSize != n {
				n = m.id / groupSize
				g = groups[n]
			}
			if c := &g[m.id%groupSize]; c.present {
				if !m.open || sh.at < m.at || sh.at-m.at >= t.step {
					t.begin(m, sh.at)
				}
				m.sum += math.Float64frombits(c.bits)
				m.count++
			}
		}
		return nil
	})
}
