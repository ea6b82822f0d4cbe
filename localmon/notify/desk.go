package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"darksite/localmon"
)

const (
	page           = 250    // changes read at once
	maxOneByOne    = 100    // changes a message tells one by one
	maxMessage     = 20_000 // changes looked through for one message
	defaultTimeout = 30 * time.Second
	defaultPatient = 10 * time.Minute
)

// Log is where every change of every alert is kept.
type Log interface {
	Changes(after uint64, limit int) ([]localmon.Change, error)
	Newest() (uint64, error)
}

// Way is one notifier and how it is used.
type Way struct {
	Name     string
	Kind     string // as site.yaml names it; for people
	Notifier Notifier
	Least    localmon.Severity // the least urgent severity told; every one when zero
	All      bool              // tell also what people need not be told, see Matters
	Digest   int               // more changes at once than this become a digest; zero: never
	Gather   time.Duration     // wait so long after a change for more of them
	PerHour  int               // messages; zero: no limit
	Timeout  time.Duration     // of one delivery; 30 seconds when zero
	Patience time.Duration     // of failing before the site has an alert; 10 minutes when zero
}

// Options are what a desk needs.
type Options struct {
	Site string
	DB   DB
	Log  Log
	Ways []Way
	Now  func() time.Time
}

// Desk hands changes to every way there is. Its methods may be called from any
// goroutine; Run and Flush one at a time.
type Desk struct {
	o    Options
	ways []*way
	lost []string
}

// way is a Way at work. Only the one that tells writes mark and state, and it
// holds mu for that.
type way struct {
	Way
	desk *Desk
	wake chan struct{}
	pace pace

	mu     sync.Mutex
	mark   mark
	state  State
	partly bool // the newest message did not reach everybody
}

// State is how a way is doing.
type State struct {
	Name     string    `json:"name"`
	Kind     string    `json:"kind"`
	Queue    uint64    `json:"queue"`    // changes in the log that it has not gone through
	Messages uint64    `json:"messages"` // since the start
	Changes  uint64    `json:"changes"`  // told since the start
	Failures uint64    `json:"failures"` // since the start
	InARow   int       `json:"failures_in_a_row,omitempty"`
	Failing  time.Time `json:"failing_since,omitzero"`
	Last     time.Time `json:"last_success,omitzero"`
	Error    string    `json:"error,omitempty"`
}

// Open takes up the telling where the marks on disk end.
func Open(o Options) (*Desk, error) {
	if o.DB == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("notifiers need a file, a log of changes and a clock")
	}
	d := &Desk{o: o}
	var names []string
	seen := map[string]bool{}
	for _, w := range o.Ways {
		if w.Name == "" || seen[w.Name] || w.Notifier == nil {
			return nil, fmt.Errorf("notifier %q: a name that nobody else has, and a notifier, are needed", w.Name)
		}
		seen[w.Name] = true
		names = append(names, w.Name)
	}
	newest, err := o.Log.Newest()
	if err != nil {
		return nil, fmt.Errorf("start the notifiers: %w", err)
	}
	marks, lost, err := openMarks(o.DB, names, newest)
	if err != nil {
		return nil, fmt.Errorf("start the notifiers: %w", err)
	}
	d.lost = lost
	for _, w := range o.Ways {
		w.Least = cmp.Or(w.Least, localmon.SeverityInfo)
		w.Timeout = cmp.Or(w.Timeout, defaultTimeout)
		w.Patience = cmp.Or(w.Patience, defaultPatient)
		w.Digest = min(w.Digest, maxOneByOne)
		d.ways = append(d.ways, &way{
			Way: w, desk: d, wake: make(chan struct{}, 1), mark: marks[w.Name], pace: newPace(w.PerHour),
			state: State{Name: w.Name, Kind: w.Kind},
		})
	}
	return d, nil
}

// Lost names the ways whose marks were damaged: they begin anew, and what
// waited for them is not told.
func (d *Desk) Lost() []string { return d.lost }

// Notify wakes every way. The changes themselves are read from the log, so it
// never fails and never waits.
func (d *Desk) Notify(context.Context, []localmon.Change, int) error {
	for _, w := range d.ways {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// Run tells until ctx ends, which is no error. report hears of every way that
// has failed for longer than its patience, as "notifier NAME", and with a nil
// error when it works.
func (d *Desk) Run(ctx context.Context, report func(what string, err error)) {
	var wg sync.WaitGroup
	for _, w := range d.ways {
		report(trouble(w.Name), nil)
		wg.Go(func() { w.run(ctx, report) })
	}
	wg.Wait()
}

// Trouble is the first word of what Run reports.
const Trouble = "notifier"

func trouble(name string) string { return Trouble + " " + name }

// Flush tells everything there is to tell, without waiting for more, and says
// what could not be told.
func (d *Desk) Flush(ctx context.Context) error {
	errs := make([]error, len(d.ways))
	var wg sync.WaitGroup
	for i, w := range d.ways {
		wg.Go(func() {
			for ctx.Err() == nil {
				more, err := w.deliver(ctx, atOnce)
				if err != nil {
					errs[i] = fmt.Errorf("notifier %s: %w", w.Name, err)
				}
				if !more || err != nil && !errors.Is(err, ErrPartly) {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Tried is what came of a test message.
type Tried struct {
	Name string
	Kind string
	Took time.Duration
	Err  error
}

// Test sends a marked message through every way, or those named, and says what
// came of each.
func Test(ctx context.Context, site string, ways []Way, now func() time.Time) []Tried {
	out := make([]Tried, len(ways))
	var wg sync.WaitGroup
	for i, w := range ways {
		wg.Go(func() {
			began := now()
			ctx, cancel := context.WithTimeout(ctx, cmp.Or(w.Timeout, defaultTimeout))
			defer cancel()
			err := guarded(ctx, w.Notifier, Message{Site: site, At: began, Test: true})
			out[i] = Tried{w.Name, w.Kind, now().Sub(began), err}
		})
	}
	wg.Wait()
	return out
}

// States are the ways, in their order.
func (d *Desk) States() []State {
	newest, err := d.o.Log.Newest()
	var out []State
	for _, w := range d.ways {
		w.mu.Lock()
		s := w.state
		if err == nil {
			s.Queue = max(newest, w.mark.Told) - w.mark.Told
		}
		w.mu.Unlock()
		out = append(out, s)
	}
	return out
}

// run is one way at work.
func (w *way) run(ctx context.Context, report func(string, error)) {
	for {
		if err := w.drain(ctx, report); err != nil {
			if !wait(ctx, backoff(w.snapshot().InARow)) {
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
			if !wait(ctx, w.Gather) {
				return
			}
		}
	}
}

// drain tells everything there is, message by message, until one fails.
func (w *way) drain(ctx context.Context, report func(string, error)) error {
	for more := true; more; {
		var err error
		more, err = w.deliver(ctx, w.paced)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.told(report)
		if err != nil && !errors.Is(err, ErrPartly) {
			return err
		}
	}
	return nil
}

// paced waits until a message may go out, and says whether that took time.
func (w *way) paced(ctx context.Context) (waited bool, err error) {
	for {
		after := w.pace.take(w.desk.o.Now())
		if after <= 0 {
			return waited, nil
		}
		waited = true
		if !wait(ctx, after) {
			return waited, ctx.Err()
		}
	}
}

// atOnce is the pace of those who do not wait.
func atOnce(context.Context) (waited bool, err error) { return false, nil }

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// told reports a way that has failed for too long, or works.
func (w *way) told(report func(string, error)) {
	s := w.snapshot()
	switch {
	case s.Failing.IsZero():
		report(trouble(w.Name), nil)
	case w.desk.o.Now().Sub(s.Failing) >= w.Patience:
		report(trouble(w.Name), fmt.Errorf("since %s, %d times: %s", s.Failing.UTC().Format(time.RFC3339), s.InARow, s.Error))
	}
}

func (w *way) snapshot() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// deliver tells what is next, if anything, when its turn has come, and reports
// whether there is more.
func (w *way) deliver(ctx context.Context, turn func(context.Context) (bool, error)) (more bool, err error) {
	m, last, more, err := w.next()
	if err == nil && m.Count > 0 {
		var waited bool
		if waited, err = turn(ctx); waited && err == nil { // what came meanwhile goes with it
			m, last, more, err = w.next()
		}
	}
	switch {
	case err != nil:
		return false, w.count(Message{}, err)
	case last == w.mark.Told:
		return false, w.count(Message{}, nil)
	case m.Count == 0: // nothing of it concerns this way
		return more, w.count(Message{}, w.set(mark{last, last}))
	}
	return more, w.count(m, w.send(ctx, m, last))
}

// send notes on disk what is about to be told, tells it, and notes that it was.
func (w *way) send(ctx context.Context, m Message, last uint64) error {
	before := w.mark
	if last > before.Telling {
		if err := w.set(mark{before.Told, last}); err != nil {
			return err
		}
	}
	attempt, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	err := guarded(attempt, w.Notifier, m)
	switch {
	case err == nil:
		return w.set(mark{last, last})
	case errors.Is(err, ErrPartly):
		if unset := w.set(mark{last, last}); unset != nil {
			return unset // it will come again, to all
		}
	case errors.Is(err, ErrNotSent):
		return errors.Join(err, w.set(before)) // so that it is no repeat when it comes again
	}
	return err
}

// guarded keeps a panic of a notifier from ending the monitor.
func guarded(ctx context.Context, n Notifier, m Message) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("fault of the kit, please report it: %v at %s", v, firstLines(debug.Stack()))
		}
	}()
	return n.Notify(ctx, m)
}

func firstLines(stack []byte) string { return plain(string(stack[:min(len(stack), maxText)]), maxText) }

func (w *way) set(m mark) error {
	if err := saveMark(w.desk.o.DB, w.Name, m); err != nil {
		return err
	}
	w.mu.Lock()
	w.mark = m
	w.mu.Unlock()
	return nil
}

// count notes how a delivery went, and hands err on.
func (w *way) count(m Message, err error) error {
	now := w.desk.o.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.state
	if err != nil {
		if s.Failing.IsZero() {
			s.Failing = now
		}
		s.Failures++
		s.InARow++
		s.Error = plain(err.Error(), maxText)
	}
	if m.Count > 0 && (err == nil || errors.Is(err, ErrPartly)) {
		s.Messages++
		s.Changes += uint64(m.Count)
		s.Last = now
		w.partly = err != nil
	}
	if err == nil && !w.partly { // all there is was told, or could at least be read
		s.Failing, s.InARow, s.Error = time.Time{}, 0, ""
	}
	return err
}

// next reads what is to be told: last is the newest change the message covers.
func (w *way) next() (m Message, last uint64, more bool, err error) {
	from := w.mark
	m = Message{Site: w.desk.o.Site, At: w.desk.o.Now()}
	var gathered *digest
	if w.Digest > 0 {
		gathered = newDigest()
	}
	last = from.Told
	for seen := 0; seen < maxMessage; {
		changes, err := w.desk.o.Log.Changes(last, page)
		if err != nil {
			return m, 0, false, fmt.Errorf("read what is to be told: %w", err)
		}
		for _, c := range changes {
			if gathered == nil && len(m.Changes) == maxOneByOne {
				return m, last, true, nil
			}
			last = c.Seq
			if !w.concerns(c) {
				continue
			}
			w.put(&m, gathered, c, c.Seq <= from.Telling)
		}
		if seen += len(changes); len(changes) < page {
			break
		}
	}
	if gathered != nil && m.Count > w.Digest {
		m.Changes = nil
		m.Digest, m.More = gathered.shown()
	}
	newest, err := w.desk.o.Log.Newest()
	return m, last, newest > last, err
}

func (w *way) concerns(c localmon.Change) bool {
	if c.Alert.Severity > w.Least {
		return false
	}
	return w.All || Matters(c)
}

// put adds a change to a message. Beyond what is told one by one only the digest
// remembers it.
func (w *way) put(m *Message, gathered *digest, c localmon.Change, repeat bool) {
	if m.Count == 0 {
		m.First = c.Seq
	}
	m.Count++
	m.Last = c.Seq
	if repeat {
		m.Repeats = m.Count
	}
	if gathered != nil {
		gathered.add(c)
		if m.Count > w.Digest {
			return
		}
	}
	m.Changes = append(m.Changes, c)
}
