package arrayrest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"darksite/localmon"
)

// Schedule decides which rows of a positive list are due. It remembers when
// each was last read with success; a row that failed stays due. One goroutine
// at a time uses it.
type Schedule struct {
	rows   []*Row
	runs   map[*Row]time.Time
	counts map[*Row]int // items of the last reading
}

// NewSchedule begins with every row due.
func NewSchedule(rows []*Row) *Schedule {
	return &Schedule{rows: rows, runs: map[*Row]time.Time{}, counts: map[*Row]int{}}
}

// Again makes rows due at the next look.
func (s *Schedule) Again(rows ...*Row) {
	for _, r := range rows {
		delete(s.runs, r)
	}
}

// AllAgain makes every row due at the next look.
func (s *Schedule) AllAgain() { s.Again(s.rows...) }

// due lists the rows that the array has and that are to be read at now.
func (s *Schedule) due(now time.Time, version Version) []*Row {
	var rows []*Row
	for _, r := range s.rows {
		if !r.in(version) {
			continue
		}
		if last, ok := s.runs[r]; !ok || due(last, now, r.Every) {
			rows = append(rows, r)
		}
	}
	return rows
}

// due reports whether every has passed since last. A tenth of tolerance keeps
// a look that begins a moment early from skipping a turn, and a clock that was
// set back never makes a row wait.
func due(last, now time.Time, every time.Duration) bool {
	since := now.Sub(last)
	return since < 0 || since >= every-every/10
}

// Reader reads a row that is more than one list, such as alerts or lists the
// array gives only by name. It may use the visit for any row. With
// [ErrNothingToAsk] the row counts as not due at this look.
type Reader func(ctx context.Context, v *Visit, now time.Time) (Listing, error)

// Look is one look at an array: what was read, before it becomes a batch.
type Look struct {
	Now      time.Time
	rows     []*Row  // of the positive list, in its order
	client   *Client // nil, as the next three, for a look made by [Saved]
	schedule *Schedule
	began    time.Time
	visit    *Visit

	mu       sync.Mutex
	outcomes map[*Row]*outcome
}

// outcome is what one row gave.
type outcome struct {
	Listing
	err  error
	took time.Duration
}

// Look reads every row that is due, at most four requests at once; rows in
// special are read by their own readers. When the array as a whole is lost, or
// nothing could be read of it, the error is an [*Error] and the batch of
// [Look.Nothing] is all there is.
func (c *Client) Look(ctx context.Context, now time.Time, s *Schedule, special map[*Row]Reader) (*Look, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	l := &Look{Now: now, rows: s.rows, client: c, schedule: s, began: time.Now(), visit: c.visit(), outcomes: map[*Row]*outcome{}}
	session, err := l.visit.enter(ctx, "")
	if err != nil {
		return l, c.classify(err)
	}
	l.fetch(ctx, s.due(now, session.version), special)
	if len(l.outcomes) > 0 && l.good() == 0 {
		return l, c.classify(cmp.Or(l.visit.lost(), l.failures()[0].Err))
	}
	return l, nil
}

// Nothing is the batch of a look that ended in an error. What every row says
// alike is said once, by the error.
func (l *Look) Nothing() localmon.Batch {
	failed := l.failures()
	if len(failed) > 0 {
		cause := cmp.Or(l.visit.lost(), failed[0].Err).Error()
		failed = slices.DeleteFunc(failed, func(p localmon.EndpointError) bool { return p.Err.Error() == cause })
	}
	return localmon.Batch{Target: l.client.target, At: l.Now, Partial: failed, Took: time.Since(l.began)}
}

// fetch reads the rows, at most four at once.
func (l *Look) fetch(ctx context.Context, rows []*Row, special map[*Row]Reader) {
	jobs := make(chan *Row)
	var workers sync.WaitGroup
	for range min(maxParallel, len(rows)) {
		workers.Go(func() {
			for row := range jobs {
				l.fetchOne(ctx, row, special[row])
			}
		})
	}
	for _, row := range rows {
		jobs <- row
	}
	close(jobs)
	workers.Wait()
}

func (l *Look) fetchOne(ctx context.Context, row *Row, read Reader) {
	began := time.Now()
	var out outcome
	if read != nil {
		out.Listing, out.err = read(ctx, l.visit, l.Now)
	} else {
		out.Listing, out.err = l.visit.List(ctx, row, nil)
	}
	out.took = time.Since(began)
	if errors.Is(out.err, ErrNothingToAsk) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[row] = &out
}

// good counts rows of which something was read.
func (l *Look) good() int {
	n := 0
	for _, out := range l.outcomes {
		if out.err == nil || len(out.items) > 0 {
			n++
		}
	}
	return n
}

// failures lists what went wrong, in the order of the positive list.
func (l *Look) failures() []localmon.EndpointError {
	var all []localmon.EndpointError
	for _, row := range l.rows {
		o := l.outcomes[row]
		if o == nil {
			continue
		}
		for _, err := range append(o.Partial, o.err) {
			if err != nil {
				all = append(all, localmon.EndpointError{Endpoint: row.String(), Err: err})
			}
		}
	}
	return all
}

// Target is the site's name for the array; empty for a look made by [Saved].
func (l *Look) Target() string {
	if l.client == nil {
		return ""
	}
	return l.client.target
}

// Asked reports whether the row was due at this look, whatever came of it.
func (l *Look) Asked(row *Row) bool { return l.outcomes[row] != nil }

// Read reports whether the row was due and read whole.
func (l *Look) Read(row *Row) bool { return l.Asked(row) && l.outcomes[row].err == nil }

// Say adds to what is partial about a row that was read.
func (l *Look) Say(row *Row, errs ...error) {
	if o := l.outcomes[row]; o != nil {
		o.Partial = append(o.Partial, errs...)
	}
}

// Items passes every item of a row to use. Bad items are noted, the rest goes
// on. It reports whether the row was read whole.
func (l *Look) Items(row *Row, use func(Fields)) bool {
	o := l.outcomes[row]
	if o == nil {
		return false
	}
	bad := 0
	o.Each(use, func(err error) {
		if bad++; bad <= 3 {
			o.Partial = append(o.Partial, err)
		}
	})
	if bad > 3 {
		o.Partial = append(o.Partial, fmt.Errorf("%d items in all: %w", bad, errReplyShape))
	}
	return o.err == nil
}

// maxParts is how many parts, ports or pods of one list are taken. The largest
// arrays have some hundreds; a list beyond that is not an array's.
const maxParts = 4000

// Few is Items for lists that cannot be long. What is beyond is left out and
// said, and the list does not count as read whole.
func (l *Look) Few(row *Row, use func(Fields)) bool {
	n := 0
	whole := l.Items(row, func(f Fields) {
		if n++; n <= maxParts {
			use(f)
		}
	})
	if whole && n > maxParts {
		l.Say(row, fmt.Errorf("%w: %d items, the first %d were taken", errReplyLimit, n, maxParts))
		return false
	}
	return whole
}

// Rolls remember the parts each list had when it was last read whole, so that
// a part the array could not read this time is unknown and not gone. The zero
// value remembers none.
type Rolls struct{ last map[*Row]*Parts }

// Parts makes states of a list, which are complete or not at all: ok is false,
// and there are none, where the list was not read whole. A part the array says
// it could not read, and that an earlier look knew, is in unknown health.
func (l *Look) Parts(row *Row, rolls *Rolls, state func(*Parts, Fields)) (parts *Parts, ok bool) {
	parts = NewParts()
	whole := l.Few(row, func(f Fields) { state(parts, f) }) && !l.outcomes[row].Short
	for i := 0; whole && i < len(l.outcomes[row].Missing); i++ {
		whole = parts.lack(l.outcomes[row].Missing[i], rolls.last[row])
	}
	if !whole {
		return NewParts(), false
	}
	if rolls.last == nil {
		rolls.last = map[*Row]*Parts{}
	}
	rolls.last[row] = parts
	return parts, true
}

// First passes the first item of a row to use, for lists of one.
func (l *Look) First(row *Row, use func(Fields)) {
	once := false
	l.Items(row, func(f Fields) {
		if !once {
			once = true
			use(f)
		}
	})
}

// Busiest decodes a row of named objects of which only the most heavily loaded
// are kept, each name once. How many were left out becomes a series.
func (l *Look) Busiest(row *Row, most int, load func(Fields) float64, out *localmon.Sampler) []Fields {
	var all []Fields
	seen := map[string]bool{}
	l.Items(row, func(f Fields) {
		if name, ok := f.Name("name"); ok && !seen[name] {
			seen[name] = true
			all = append(all, f)
		}
	})
	if !l.Asked(row) {
		return nil
	}
	kept, left := busiest(all, most, load)
	out.Add(float64(left), "localmon_endpoint_items_left_out", "endpoint", row.String())
	return kept
}

// busiest keeps the n items with the highest load, in the order they came, and
// says how many were left out.
func busiest(items []Fields, n int, load func(Fields) float64) ([]Fields, int) {
	if len(items) <= n {
		return items, 0
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(load(items[b]), load(items[a])) })
	keep := order[:n]
	slices.Sort(keep)
	kept := make([]Fields, 0, n)
	for _, i := range keep {
		kept = append(kept, items[i])
	}
	return kept, len(items) - n
}

// Alerts takes over what was read of the alerts: every one that is not closed,
// and those that closed since the last look. ok is false where the list was not
// read, which is not the same as none.
func (l *Look) Alerts(m *AlertMemory) (alerts []localmon.ArrayAlert, ok bool) {
	row := m.how.Row
	if !l.Read(row) {
		return nil, false
	}
	if l.Saved() {
		m.Take(l.outcomes[row].Listing, true)
	}
	alerts, partial := m.Apply(l.Now)
	l.Say(row, partial...)
	return alerts, true
}

// Finish fills in what every batch has: samples, what was partial, the array's
// clock where the batch has none yet, and the kit's own series of each row. The
// rows that were read count as read from here on.
func (l *Look) Finish(b *localmon.Batch, out *localmon.Sampler) {
	for _, row := range l.rows {
		o := l.outcomes[row]
		if o == nil {
			continue
		}
		if o.err == nil {
			out.Add(float64(o.Count), "localmon_endpoint_items", "endpoint", row.String())
		}
		if b.TargetAt.IsZero() {
			b.TargetAt = o.Date
		}
	}
	if !l.Saved() {
		l.account(out)
		if ends := l.client.expires.Load(); ends != 0 {
			out.Add(float64(ends), "localmon_target_certificate_expires_timestamp_seconds")
		}
		b.Took = time.Since(l.began)
	}
	b.Samples, b.Partial = out.Samples(), l.failures()
}

// account tells the schedule what was read, and says when and how long.
func (l *Look) account(out *localmon.Sampler) {
	for row, o := range l.outcomes {
		out.Add(o.took.Seconds(), "localmon_endpoint_took_seconds", "endpoint", row.String())
		if o.err == nil {
			l.schedule.runs[row], l.schedule.counts[row] = l.Now, o.Count
		}
	}
	for row, ok := range l.schedule.runs {
		out.Add(float64(ok.UnixMilli())/1000, "localmon_endpoint_last_success_timestamp_seconds", "endpoint", row.String())
	}
}
