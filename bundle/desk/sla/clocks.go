package sla

import (
	"fmt"
	"time"

	"darksite/bundle/desk"
)

// What is owed.
const (
	Response   = "response"
	Update     = "update"
	Escalation = "escalation"
	Part       = "part"
)

// State of a clock.
type State string

// The states of a clock at a moment.
const (
	Running State = "running"
	Late    State = "late"   // running, and past its time
	Paused  State = "paused" // the next word is the customer's
	Met     State = "met"
	Missed  State = "missed" // done, too late
)

// Times of the vendor's guide.
const (
	answer    = 15 * time.Minute // to an escalation
	fastPart  = 4 * time.Hour    // premium, severity 1
	hourly    = time.Hour        // how continuous is measured
	daily     = 24 * time.Hour
	urgentAck = 15 * time.Minute
	majorAck  = 30 * time.Minute
	minorAck  = 1 * time.Hour // of business
	infoAck   = 2 * time.Hour // of business
)

// Clock is one thing the desk owes.
type Clock struct {
	Kind    string    `json:"kind"`
	What    string    `json:"what,omitempty"` // which part
	Started time.Time `json:"started"`
	Due     time.Time `json:"due,omitzero"` // zero while paused
	Done    time.Time `json:"done,omitzero"`
	State   State     `json:"state"`
}

func newClock(kind, what string, started, due, done, now time.Time) Clock {
	c := Clock{Kind: kind, What: what, Started: started, Due: due, Done: done, State: Running}
	switch {
	case !done.IsZero() && done.After(due):
		c.State = Missed
	case !done.IsZero():
		c.State = Met
	case now.After(due):
		c.State = Late
	}
	return c
}

// ResponseDue is when the first response to a case of this severity is due. It
// is zero without a severity.
func ResponseDue(severity int, from time.Time, c *Calendar) time.Time {
	switch severity {
	case 1:
		return from.Add(urgentAck).UTC()
	case 2:
		return from.Add(majorAck).UTC()
	case 3:
		return c.Add(from, minorAck)
	case 4:
		return c.Add(from, infoAck)
	}
	return time.Time{}
}

// UpdateDue is when the next update is due after a moment. It is zero where none
// is owed: at severity 4 without an agreement.
func UpdateDue(severity int, agreed time.Duration, from time.Time, c *Calendar) time.Time {
	switch {
	case severity == 1:
		return from.Add(hourly).UTC()
	case severity == 0:
		return time.Time{}
	case agreed > 0:
		return from.Add(agreed).UTC()
	case severity == 2:
		return from.Add(daily).UTC()
	case severity == 3:
		return c.EndOfDay(from, 1)
	}
	return time.Time{}
}

// PartDue is when a part is due, and whether being shipped is enough.
func PartDue(p desk.Part, c *Calendar) (due time.Time, shipped bool) {
	switch {
	case p.Plan == desk.Basic:
		return c.EndOfDay(p.Diagnosed, 0), true
	case p.Plan == desk.Premium && p.Severity == 1:
		return p.Diagnosed.Add(fastPart).UTC(), false
	}
	return c.EndOfDay(p.Diagnosed, 1), false
}

// Clocks are all clocks of a case at a moment, those still running first.
func Clocks(cs desk.Case, c *Calendar, now time.Time) []Clock {
	var open, over []Clock
	add := func(k Clock) {
		if k.State == Met || k.State == Missed {
			over = append(over, k)
		} else {
			open = append(open, k)
		}
	}
	if k, ok := response(cs, c, now); ok {
		add(k)
	}
	if k, ok := update(cs, c, now); ok {
		add(k)
	}
	for _, e := range cs.Escalations {
		done := e.Answered
		if done.IsZero() {
			done = e.Resolved
		}
		add(newClock(Escalation, "", e.At, e.At.Add(answer).UTC(), done, now))
	}
	for i, p := range cs.Parts {
		due, shipped := PartDue(p, c)
		done := p.Arrived
		if shipped {
			done = p.Shipped
		}
		add(newClock(Part, fmt.Sprintf("%d: %s %s", i+1, p.Kind, p.Name), p.Diagnosed, due, done, now))
	}
	return append(open, over...)
}

// response: each severity the case has had gives a time; the earliest counts, so
// that a rise never makes it later.
func response(cs desk.Case, c *Calendar, now time.Time) (Clock, bool) {
	done := cs.Acknowledged
	if done.IsZero() {
		done = cs.Closed
	}
	started, due := cs.Received, time.Time{}
	for _, r := range cs.Rises {
		if !done.IsZero() && r.At.After(done) {
			break
		}
		if d := ResponseDue(r.To, r.At, c); due.IsZero() || d.Before(due) {
			due = d
		}
	}
	if due.IsZero() {
		return Clock{}, false
	}
	return newClock(Response, "", started, due, done, now), true
}

// update counts from the newest of: acknowledgement, reply, the customer's word
// coming back, reopening. A rise after that may only make it earlier.
func update(cs desk.Case, c *Calendar, now time.Time) (Clock, bool) {
	if cs.Acknowledged.IsZero() || cs.Status == desk.Closed {
		return Clock{}, false
	}
	from := later(later(cs.Acknowledged, cs.Updated), cs.Resumed)
	if cs.Status.Waiting() {
		return Clock{Kind: Update, Started: from, State: Paused}, true
	}
	severity := 0
	var due time.Time
	for _, r := range cs.Rises {
		if !r.At.After(from) {
			severity = r.To
			continue
		}
		if d := UpdateDue(r.To, cs.Every, r.At, c); !d.IsZero() && (due.IsZero() || d.Before(due)) {
			due = d
		}
	}
	if d := UpdateDue(severity, cs.Every, from, c); !d.IsZero() && (due.IsZero() || d.Before(due)) {
		due = d
	}
	if due.IsZero() {
		return Clock{}, false
	}
	return newClock(Update, "", from, due, time.Time{}, now), true
}

// Next is the running clock that is due first, or false when nothing is owed.
func Next(clocks []Clock) (Clock, bool) {
	var first Clock
	for _, k := range clocks {
		if (k.State == Running || k.State == Late) && (first.Due.IsZero() || k.Due.Before(first.Due)) {
			first = k
		}
	}
	return first, !first.Due.IsZero()
}

// Transit is what the road and the site's clock make of the time before the desk
// had the medium. It is shown apart and counts for nothing.
type Transit struct {
	Took  time.Duration `json:"took"`  // by the site's clock; zero when it is ahead
	Ahead time.Duration `json:"ahead"` // how far the site's clock is ahead of ours at least
}

// TransitOf compares the site's clock with ours.
func TransitOf(cs desk.Case) Transit {
	if cs.Raised.After(cs.Received) {
		return Transit{Ahead: cs.Raised.Sub(cs.Received)}
	}
	return Transit{Took: cs.Received.Sub(cs.Raised)}
}
