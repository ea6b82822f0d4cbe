package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// maxAcross bounds the steps that Across keeps, and with them its memory.
const maxAcross = 1 << 20

var _ localmon.Crosser = (*DB)(nil)

// Across makes one series of several; see localmon.Crosser. Points come after
// everything was read.
//
// It goes through the history once and through all series in each part of it,
// and keeps one number for each step and one open step for each series.
//
// As with Range, what can be read is yielded before an error about the rest,
// and coarser steps stand in for samples that are gone.
func (db *DB) Across(ctx context.Context, sel localmon.Selector, w localmon.Window, how localmon.Agg) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		a, err := db.across(ctx, sel, w, how)
		if a != nil {
			for _, at := range slices.Sorted(maps.Keys(a.slots)) {
				if v, ok := a.steps[a.slots[at]].value(how); ok && !yield(localmon.Point{At: time.Unix(0, at).UTC(), Value: v}, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(localmon.Point{}, fmt.Errorf("put series together: %w", err))
		}
	}
}

// errTurnedBack says that the clock brought a step twice.
var errTurnedBack = errors.New("the clock went back")

func (db *DB) across(ctx context.Context, sel localmon.Selector, w localmon.Window, how localmon.Agg) (*across, error) {
	switch how {
	case localmon.AggSum, localmon.AggAvg, localmon.AggMin, localmon.AggMax:
	default:
		return nil, fmt.Errorf("%q: want sum, avg, min or max", how)
	}
	if w.Agg == localmon.AggNone {
		return nil, fmt.Errorf("every sample of each: want an aggregation")
	}
	for _, keepLater := range []bool{false, true} {
		a, err := db.newAcross(sel, w)
		if err != nil {
			return nil, err
		}
		a.adds = how == localmon.AggSum || how == localmon.AggAvg
		err = a.read(ctx, keepLater)
		a.cursor.release()
		if !errors.Is(err, errTurnedBack) {
			return a, err
		}
	}
	return nil, errTurnedBack // the second way never says so
}

// across puts series together. Each has an open step of its own.
type across struct {
	cursor  *cursor // shared by the series of a target, one after the other
	members []member
	begins  []int64 // of the steps, in the order they were met
	steps   []gathered
	slots   map[int64]int // place of a step in the two
	damaged []error
	adds    bool              // how is sum or average: no minima and maxima are wanted
	later   map[int64]float64 // steps of one series, where a later one replaces an earlier one

	laid   bool      // what follows is of the stretch in hand
	runs   []run     // its rows that share a step, in the window
	bounds []int32   // where they begin, and where the last one ends
	rows   []float64 // how many each has
	sums   chunk.Sums

	// What most series say of all runs but the first and the last is gathered
	// here first: of those that rest, and of those that have every row.
	flat   gathered
	share  []float64 // what a sum of a run counts for
	dense  []float64
	denses int
}

// member is one series and its open step.
type member struct {
	target string
	id     uint32
	step   stepper
	slot   int // of the step put last; -1 before the first
}

// gathered is what the series say of one step.
type gathered struct {
	sum, low, high float64
	count          int
}

func (g *gathered) add(v float64) {
	if v != v {
		return
	}
	if g.count == 0 || v < g.low {
		g.low = v
	}
	if g.count == 0 || v > g.high {
		g.high = v
	}
	g.sum += v
	g.count++
}

func (g *gathered) merge(o *gathered) {
	if g.count == 0 {
		g.low, g.high = o.low, o.high
	}
	g.low, g.high = min(g.low, o.low), max(g.high, o.high)
	g.sum += o.sum
	g.count += o.count
}

func (g *gathered) value(how localmon.Agg) (float64, bool) {
	switch how {
	case localmon.AggMin:
		return g.low, g.count > 0
	case localmon.AggMax:
		return g.high, g.count > 0
	case localmon.AggAvg:
		return g.sum / float64(g.count), g.count > 0
	default:
		return g.sum, g.count > 0
	}
}

// run is a row of samples, or of finer steps, that lie in one step.
type run struct {
	at   int64 // begin of the step
	slot int
}

func (db *DB) newAcross(sel localmon.Selector, w localmon.Window) (*across, error) {
	st, err := newStepper(w)
	if err != nil {
		return nil, err
	}
	a := &across{slots: map[int64]int{}}
	db.each(sel, func(h *head, id uint32, _ *entry, _ localmon.SeriesKey, _ lastSeen) {
		a.members = append(a.members, member{target: h.target, id: id, step: *st, slot: -1})
	})
	slices.SortFunc(a.members, func(x, y member) int {
		return cmp.Or(cmp.Compare(x.target, y.target), cmp.Compare(x.id, y.id))
	})
	a.cursor = newCursor(db, "", w)
	return a, nil
}

// read goes through the targets. It keeps the later of two equal steps where it
// is told to, and else gives up when it meets one.
func (a *across) read(ctx context.Context, keepLater bool) error {
	for from, to := 0, 0; from < len(a.members); from = to {
		for to = from; to < len(a.members) && a.members[to].target == a.members[from].target; to++ {
		}
		if !keepLater {
			if err := a.readTarget(ctx, a.members[from:to]); err != nil {
				return err
			}
			continue
		}
		for i := from; i < to; i++ {
			a.later = map[int64]float64{}
			if err := a.readTarget(ctx, a.members[i:i+1]); err != nil {
				return err
			}
			for at, v := range a.later {
				slot, err := a.slotOf(at)
				if err != nil {
					return err
				}
				a.steps[slot].add(v)
			}
		}
	}
	if len(a.damaged) > 0 {
		return fmt.Errorf("%d parts cannot be read, the first: %w", len(a.damaged), a.damaged[0])
	}
	return nil
}

// readTarget goes through the history of a target once, and through the series
// in each stretch.
func (a *across) readTarget(ctx context.Context, members []member) error {
	c := a.cursor
	c.rewind(members[0].target)
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.db.file.View(func(tx *bbolt.Tx) error {
			s, ok, err := c.next(tx)
			if more = ok; !ok || err != nil {
				return err
			}
			a.laid = false
			if s.records != nil {
				return a.readLog(&s, members)
			}
			for i := range members {
				if err := a.take(&s, &members[i]); err != nil {
					return err
				}
			}
			a.spread()
			return nil
		}); err != nil {
			return err
		}
		a.damaged = append(a.damaged, c.damage...)
		c.damage = c.damage[:0]
	}
	for i := range members {
		if err := a.end(&members[i]); err != nil {
			return err
		}
	}
	return nil
}

// take adds what a stretch has of a series.
func (a *across) take(s *stretch, m *member) error {
	c := a.cursor
	if a.later == nil && s.skip == 0 && (m.step.agg == localmon.AggAvg || m.step.agg == localmon.AggSum) {
		if s.samples || s.tier != nil {
			return a.takeSums(s, m)
		}
	}
	c.fetch(s, m.id)
	var err error
	put := func(p localmon.Point) bool { err = a.put(m, p); return err == nil }
	if m.step.addAll(c.times, c.values, put) {
		m.step.addSteps(c.steps, &c.cols, put)
	}
	return err
}

// takeSums adds up a sealed segment or week without spreading it out.
func (a *across) takeSums(s *stretch, m *member) error {
	c := a.cursor
	var laid error // what it was not possible to lay is no damage
	ok := false
	c.note(s, boltfile.Guard(func() error {
		open := c.openSamples
		if s.tier != nil {
			open = c.openSteps
		}
		at, there, err := open(s, m.id)
		if !there || err != nil {
			return err
		}
		if laid = a.lay(at, s.inside); laid != nil {
			return nil
		}
		ok, err = c.decoder.Sums(&c.block, int(m.id%groupSize), a.bounds, &a.sums)
		ok = ok && err == nil
		return err
	}))
	if laid != nil || !ok {
		return laid
	}
	return a.takeRuns(m)
}

// takeRuns adds what the samples of each run come to. The first run may go on
// with the open step, and the last one may be gone on with by the next stretch.
func (a *across) takeRuns(m *member) error {
	counts := a.sums.Count
	if counts == nil {
		counts = a.rows
	}
	last := len(a.runs) - 1
	if last < 0 {
		return nil
	}
	sum := func(i int) float64 {
		if a.sums.Same {
			return a.sums.Value * counts[i]
		}
		return a.sums.Sum[i]
	}
	if err := a.takeRun(m, 0, sum(0), counts[0]); err != nil || last == 0 {
		return err
	}
	if err := a.end(m); err != nil {
		return err
	}
	avg := m.step.agg == localmon.AggAvg
	switch {
	case last == 1:
	case a.sums.Same && avg:
		a.flat.add(a.sums.Value)
		m.slot = a.runs[last-1].slot
	case a.sums.Plain && !a.sums.Same && a.sums.Count == nil && a.adds:
		share, dense := a.share[1:last], a.dense[1:last]
		for i, v := range a.sums.Sum[1:last] {
			dense[i] += v * share[i]
		}
		a.denses++
		m.slot = a.runs[last-1].slot
	default:
		for i := 1; i < last; i++ { // all of their steps is here
			if counts[i] == 0 {
				continue
			}
			v := sum(i)
			if avg {
				v /= counts[i]
			}
			m.slot = a.runs[i].slot
			a.steps[m.slot].add(v)
		}
	}
	return a.takeRun(m, last, sum(last), counts[last])
}

// takeRun adds one run to the open step, or opens its own.
func (a *across) takeRun(m *member, i int, sum, count float64) error {
	st, r := &m.step, &a.runs[i]
	if count == 0 {
		return nil
	}
	if st.open && st.at == r.at {
		st.sum, st.count = st.sum+sum, st.count+count
		return nil
	}
	if err := a.end(m); err != nil {
		return err
	}
	if m.slot >= 0 && a.begins[m.slot] >= r.at {
		return errTurnedBack
	}
	st.open, st.at, st.sum, st.count = true, r.at, sum, count
	return nil
}

// spread adds what was gathered of the stretch to its steps.
func (a *across) spread() {
	if a.flat.count == 0 && a.denses == 0 {
		return
	}
	for i := 1; i < len(a.runs)-1; i++ {
		g := &a.steps[a.runs[i].slot]
		if a.flat.count > 0 {
			g.merge(&a.flat)
		}
		g.sum += a.dense[i]
		g.count += a.denses
	}
	a.flat, a.denses = gathered{}, 0
}

// lay finds which of a stretch's rows share a step, all rows or those in the
// window. It serves all series there.
func (a *across) lay(times []int64, all bool) error {
	if a.laid {
		return nil
	}
	a.runs, a.bounds = a.runs[:0], a.bounds[:0]
	from, to := a.cursor.from, a.cursor.to
	step, before := a.members[0].step.step, int64(math.MinInt64)
	end := 0
	for i, t := range times {
		if t < before {
			return errTurnedBack
		}
		if before = t; !all && (t < from || t >= to) {
			continue
		}
		end = i + 1
		if n := len(a.runs); n > 0 && t-a.runs[n-1].at < step {
			continue
		}
		begin := floorDiv(t, step) * step
		slot, err := a.slotOf(begin)
		if err != nil {
			return err
		}
		a.runs, a.bounds = append(a.runs, run{begin, slot}), append(a.bounds, int32(i))
	}
	a.bounds = append(a.bounds, int32(end))
	a.rows, a.share, a.dense = a.rows[:0], a.share[:0], a.dense[:0]
	for i := range a.runs {
		n := float64(a.bounds[i+1] - a.bounds[i])
		a.rows, a.share, a.dense = append(a.rows, n), append(a.share, 1), append(a.dense, 0)
		if a.members[0].step.agg == localmon.AggAvg {
			a.share[i] = 1 / n
		}
	}
	a.laid = true
	return nil
}

// slotOf finds or gives the place of a step.
func (a *across) slotOf(at int64) (int, error) {
	if slot, ok := a.slots[at]; ok {
		return slot, nil
	}
	slot := len(a.begins)
	if slot == maxAcross {
		return 0, fmt.Errorf("more than %d steps; take wider ones or less time", maxAcross)
	}
	a.slots[at] = slot
	a.begins, a.steps = append(a.begins, at), append(a.steps, gathered{})
	return slot, nil
}

// put adds a step of a series. As a rule it stands after the one put last,
// because another series met both.
func (a *across) put(m *member, p localmon.Point) error {
	at := p.At.UnixNano()
	if a.later != nil {
		a.later[at] = p.Value
		return nil
	}
	if m.slot >= 0 && a.begins[m.slot] >= at {
		return errTurnedBack
	}
	slot := m.slot + 1
	if slot >= len(a.begins) || a.begins[slot] != at {
		var err error
		if slot, err = a.slotOf(at); err != nil {
			return err
		}
	}
	m.slot = slot
	a.steps[slot].add(p.Value)
	return nil
}

// end puts the open step.
func (a *across) end(m *member) error {
	if p, ok := m.step.end(); ok {
		return a.put(m, p)
	}
	return nil
}

// readLog goes through a segment of the log once for all series.
func (a *across) readLog(s *stretch, members []member) error {
	c := a.cursor
	groups := map[uint32]*group{}
	for i := range members {
		if n := members[i].id / groupSize; groups[n] == nil {
			groups[n] = new(group)
		}
	}
	broken := true
	err := s.log.eachScrape(s.records, func(seq uint64, sh scrapeHead, err error) error {
		if seq > c.bound {
			return errEnough
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
			c.damage = append(c.damage, fmt.Errorf("scrape %d: %w", seq, err))
		}
		if broken || sh.at < c.from || sh.at >= c.to {
			return nil
		}
		return a.takeScrape(sh.at, members, groups)
	})
	c.nextSeq, c.scrape = c.nextSeq+1, 0
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// takeScrape adds the values that the series have in one scrape.
func (a *across) takeScrape(at int64, members []member, groups map[uint32]*group) error {
	var g *group
	n := uint32(math.MaxUint32)
	for i := range members {
		m := &members[i]
		if m.id/groupSize != n {
			n = m.id / groupSize
			g = groups[n]
		}
		if c := &g[m.id%groupSize]; c.present {
			if p, ok := m.step.add(at, math.Float64frombits(c.bits)); ok {
				if err := a.put(m, p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
