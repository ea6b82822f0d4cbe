package push

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

const (
	// defaultHold is a day, after which an array repeats an open alert, and an
	// hour for a slow one.
	defaultHold = 25 * time.Hour
	// maxHeld bounds the alerts that are held open.
	maxHeld = 2000
)

// AloneOptions say how long what was said holds. The zero value is good.
type AloneOptions struct {
	Hold  time.Duration // an alert is open for so long after it was last told; 25 hours when zero
	Limit int           // alerts held open at once; 2,000 when zero
}

// Lone is the source of a target of which nothing is known but what it says.
// Collect and Replay belong to one goroutine.
type Lone struct {
	target string
	box    *Mailbox
	hold   time.Duration
	limit  int
	open   map[alertKey]heldAlert
	last   time.Time              // the newest message replayed
	ends   map[alertKey]time.Time // when alerts ended, while messages are replayed
}

type heldAlert struct {
	localmon.ArrayAlert
	told time.Time // when it was last told
}

// Alone makes the source of a target that only speaks. See [Lone.Replay] for
// what to do before the first look.
func Alone(target string, box *Mailbox, o AloneOptions) *Lone {
	return &Lone{
		target: target, box: box, hold: cmp.Or(max(o.Hold, 0), defaultHold), limit: cmp.Or(max(o.Limit, 0), maxHeld),
		open: map[alertKey]heldAlert{}, ends: map[alertKey]time.Time{},
	}
}

// Target is the site's name for the target.
func (l *Lone) Target() string { return l.target }

// Replay takes a message of an earlier run in, before the first look: what it
// opened is open again, unless a later one ended it. Messages are not counted,
// and may come in any order, as from the spools of two channels.
func (l *Lone) Replay(m Message) {
	l.last = latest(l.last, m.At)
	if m.Alert == nil {
		return
	}
	k := l.keyOf(m)
	if m.At.Before(l.ends[k]) || m.At.Before(l.open[k].told) {
		return
	}
	if _, known := l.ends[k]; over(m) && (known || len(l.ends) < l.limit) {
		l.ends[k] = m.At
	}
	l.take(m)
}

// Collect tells what was said since the look before and what holds from
// earlier. Silence is no failure; a context that has ended is.
func (l *Lone) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	b := localmon.Batch{Target: l.target, At: now}
	if err := ctx.Err(); err != nil {
		return b, fmt.Errorf("what %s said: %w", l.target, err)
	}
	clear(l.ends)
	m := l.box.take()
	var closed []localmon.ArrayAlert
	leftOut := 0
	for _, msg := range m.messages {
		a, fits := l.take(msg)
		switch {
		case !fits:
			leftOut++
		case a != nil:
			closed = append(closed, *a)
		}
	}
	b.AlertsRead = true
	b.Alerts = append(append(closed, l.expire(now)...), l.held()...)
	b.Samples = samples(l.target, m)
	if last := latest(m.last, l.last); !last.IsZero() {
		s := localmon.NewSampler(l.target)
		s.Add(float64(last.UnixMilli())/1000, "localmon_push_last_message_timestamp_seconds")
		b.Samples = addSamples(b.Samples, s.Samples())
	}
	if leftOut+m.dropped > 0 {
		b.Partial = append(b.Partial, localmon.EndpointError{
			Endpoint: "messages", Err: fmt.Errorf("%d messages about alerts were lost: too many at once (%d, beyond %d open alerts %d)", leftOut+m.dropped, m.dropped, l.limit, leftOut),
		})
	}
	return b, nil
}

func (l *Lone) keyOf(m Message) alertKey {
	k := keyOf(*m.Alert)
	k.host = strings.ToLower(m.Host)
	return k
}

// take takes one message about an alert in. It returns the alert when the
// message ends it, and false when there is no room for another.
func (l *Lone) take(m Message) (*localmon.ArrayAlert, bool) {
	k := l.keyOf(m)
	have, known := l.open[k]
	if !known {
		have.ArrayAlert = begun(m)
	} else {
		have.ArrayAlert = repeated(have.ArrayAlert, m)
	}
	have.told = m.At
	if over(m) {
		delete(l.open, k)
		a := ended(have.ArrayAlert, m.At)
		return &a, true
	}
	if !known && len(l.open) >= l.limit {
		return nil, false
	}
	l.open[k] = have
	return nil, true
}

// expire ends what was not repeated. A clock that was set back starts the time
// of what seems to be told in the future anew.
func (l *Lone) expire(now time.Time) []localmon.ArrayAlert {
	var closed []localmon.ArrayAlert
	for _, k := range l.keys() {
		a := l.open[k]
		switch {
		case a.told.After(now):
			a.told = now
			l.open[k] = a
		case now.Sub(a.told) >= l.hold:
			delete(l.open, k)
			closed = append(closed, ended(a.ArrayAlert, now))
		}
	}
	return closed
}

func (l *Lone) held() []localmon.ArrayAlert {
	var all []localmon.ArrayAlert
	for _, k := range l.keys() {
		all = append(all, l.open[k].ArrayAlert)
	}
	return all
}

func (l *Lone) keys() []alertKey { return slices.SortedFunc(maps.Keys(l.open), alertKey.compare) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
