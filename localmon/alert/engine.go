package alert

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"darksite/localmon"
)

// FloodRule is the rule id of the engine's own alert that says that there are
// more alerts than it tells.
const FloodRule = "alert-flood"

// MaxChildren bounds the list of what one alert explains.
const MaxChildren = 50

// Errors a caller decides on.
var (
	// ErrNoAlert says that no living alert has the id.
	ErrNoAlert = errors.New("no such alert")
	// ErrNoName says that nobody is named who answers for what is asked.
	ErrNoName = errors.New("who asks for it must be named")
)

// Options are the waits of the engine. The zero value means the defaults,
// which come from how arrays behave: they de-bounce hardware themselves, so
// short lives and not flapping are the risk.
type Options struct {
	Need       int           // Yes answers that fire a soft alert, 2
	Of         int           // out of so many newest answers, 3, at most 8
	ClearGood  int           // No answers in a row that clear, 3
	ClearAfter time.Duration // and for so long, 5 min
	Reraise    time.Duration // coming back within is the same alert, 15 min
	StaleAfter time.Duration // without an answer the alert is stale, 10 min
	Max        int           // alerts alive at once, 5000
}

// Engine steps alert states. It holds no state of its own.
type Engine struct{ o Options }

// New returns an engine.
func New(o Options) Engine {
	o.Need = cmp.Or(o.Need, 2)
	o.Of = min(max(cmp.Or(o.Of, 3), o.Need), 8)
	o.ClearGood = cmp.Or(o.ClearGood, 3)
	o.ClearAfter = cmp.Or(o.ClearAfter, 5*time.Minute)
	o.Reraise = cmp.Or(o.Reraise, 15*time.Minute)
	o.StaleAfter = cmp.Or(o.StaleAfter, 10*time.Minute)
	o.Max = cmp.Or(o.Max, 5000)
	return Engine{o: o}
}

// Key names what an alert is about. One key has at most one living alert.
type Key struct {
	Target    string `json:"target"`
	Rule      string `json:"rule"`
	Component string `json:"component"`
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Target, o.Target), cmp.Compare(k.Rule, o.Rule), cmp.Compare(k.Component, o.Component))
}

// KeyOf is the key of an alert.
func KeyOf(a localmon.Alert) Key { return Key{a.Target, a.Rule, a.Component} }

// Entry is one alert and what the engine remembers of its newest answers.
type Entry struct {
	Alert     localmon.Alert `json:"alert"`
	Votes     string         `json:"votes,omitempty"` // newest answers, oldest first: y or n
	Good      int            `json:"good,omitempty"`  // No answers in a row
	GoodSince time.Time      `json:"good_since,omitzero"`
}

func (e Entry) alive() bool { return e.Alert.Status != localmon.StatusResolved }

// State is everything the engine remembers. The zero value is a site without
// alerts. It is a value: no Step changes a State it was given.
type State struct {
	NextID    uint64 // the id of the next alert is one more
	Seq       uint64 // the newest change
	Entries   map[Key]Entry
	NextQuiet uint64           // the id of the next quiet is one more
	Quiets    []localmon.Quiet // those that have not ended, by id
}

// Alerts returns the living alerts and those resolved so recently that they
// could come back, by id.
func (s State) Alerts() []localmon.Alert {
	out := make([]localmon.Alert, 0, len(s.Entries))
	for _, e := range s.Entries {
		out = append(out, e.Alert)
	}
	slices.SortFunc(out, func(a, b localmon.Alert) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Result is one step: the state after it, what changed in order, the keys
// whose entry is new, different or gone, sorted, and the quiets that were set
// or ended.
type Result struct {
	State   State
	Changes []localmon.Change
	Touched []Key
	Quiets  []localmon.Quiet
}

// step is one Step under construction.
type step struct {
	o       Options
	now     time.Time
	s       State
	changes []localmon.Change
	touched map[Key]bool
	flooded int
	quiets  []localmon.Quiet // set or ended in this step
	active  []localmon.Quiet // those that hold now
}

func (e Engine) begin(s State, now time.Time) *step {
	s.Entries = maps.Clone(s.Entries)
	if s.Entries == nil {
		s.Entries = map[Key]Entry{}
	}
	st := &step{o: e.o, now: now, s: s, touched: map[Key]bool{}}
	st.endQuiets()
	return st
}

func (st *step) result() Result {
	return Result{State: st.s, Changes: st.changes, Touched: slices.SortedFunc(maps.Keys(st.touched), Key.compare), Quiets: st.quiets}
}

// Step takes the conditions of one evaluation. Conditions may be of any number
// of targets and come in any order; two that speak of the same key count as
// one, and the worse of them counts.
func (e Engine) Step(s State, now time.Time, conditions []localmon.Condition) Result {
	st := e.begin(s, now)
	for _, c := range ordered(conditions) {
		st.observe(c)
	}
	st.flood(conditions)
	st.age()
	st.hushAll()
	return st.result()
}

// ordered merges conditions of one key and puts causes before what they
// explain, so that one step never tells a child before its parent.
func ordered(conditions []localmon.Condition) []localmon.Condition {
	merged := make(map[Key]localmon.Condition, len(conditions))
	for _, c := range conditions {
		k := Key{c.Target, c.Rule, c.Component}
		if have, ok := merged[k]; !ok || worse(c, have) {
			merged[k] = c
		}
	}
	out := slices.Collect(maps.Values(merged))
	slices.SortFunc(out, func(a, b localmon.Condition) int {
		if a.Cause.IsZero() != b.Cause.IsZero() {
			if a.Cause.IsZero() {
				return -1
			}
			return 1
		}
		return Key{a.Target, a.Rule, a.Component}.compare(Key{b.Target, b.Rule, b.Component})
	})
	return out
}

// worse ranks yes over unknown over no, and among yes: still on over ended,
// then the more urgent, then the text, so that order of arrival never matters.
func worse(a, b localmon.Condition) bool {
	rank := func(c localmon.Condition) int {
		switch {
		case c.State == localmon.Yes && !c.Over:
			return 3
		case c.State == localmon.Yes:
			return 2
		case c.State == localmon.Unknown:
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Summary, a.Summary)) > 0
}

func (st *step) put(k Key, e Entry) {
	st.s.Entries[k] = e
	st.touched[k] = true
}

func (st *step) drop(k Key) {
	delete(st.s.Entries, k)
	st.touched[k] = true
}

func (st *step) record(what string, from localmon.Status, a localmon.Alert) {
	st.s.Seq++
	st.changes = append(st.changes, localmon.Change{Seq: st.s.Seq, At: st.now, From: from, What: what, Alert: a})
}

func (st *step) observe(c localmon.Condition) {
	k := Key{c.Target, c.Rule, c.Component}
	e, known := st.s.Entries[k]
	switch {
	case c.State == localmon.Unknown:
		if known && e.alive() && !e.Alert.Stale {
			e.Alert.Stale = true
			st.put(k, e)
		}
	case c.State == localmon.No:
		if known {
			st.good(k, e)
		}
	case c.Over:
		st.passed(k, e, known, c)
	case st.explained(k, e, known, c):
	default:
		st.bad(k, e, known, c)
	}
}

// good takes a No for a known key.
func (st *step) good(k Key, e Entry) {
	if !e.alive() {
		if e.Votes != "" {
			e.Votes = st.vote(e.Votes, 'n')
			st.put(k, e)
		}
		return
	}
	e.Alert.Seen, e.Alert.Stale = st.now, false
	e.Votes = st.vote(e.Votes, 'n')
	if e.Good == 0 || st.now.Before(e.GoodSince) {
		e.GoodSince = st.now
	}
	e.Good++
	switch {
	case e.Alert.Status == localmon.StatusPending && e.Good >= 2:
		st.record(localmon.ChangeDropped, localmon.StatusPending, e.Alert)
		st.drop(k)
		return
	case e.Alert.Status == localmon.StatusFiring && e.Good >= st.o.ClearGood && st.now.Sub(e.GoodSince) >= st.o.ClearAfter:
		e.Alert.Status, e.Alert.Resolved = localmon.StatusResolved, st.now
		e.Votes, e.Good, e.GoodSince = "", 0, time.Time{}
		st.record(localmon.ChangeCleared, localmon.StatusFiring, e.Alert)
	}
	st.put(k, e)
}

// bad takes a Yes that stands on its own.
func (st *step) bad(k Key, e Entry, known bool, c localmon.Condition) {
	if known && !e.alive() && !st.soon(e) {
		known = false
	}
	if !known {
		if !st.room(k) {
			return
		}
		e = Entry{Alert: st.fresh(c)}
		e.Votes = st.vote("", 'y')
		if c.Hard || st.o.Need <= 1 {
			st.fire(&e, localmon.ChangeFired, "")
		} else {
			st.record(localmon.ChangeRaised, "", e.Alert)
		}
		st.put(k, e)
		return
	}
	if e.alive() && e.Alert.Parent != 0 {
		e.Alert.Parent = 0
		st.record(localmon.ChangeUngrouped, e.Alert.Status, e.Alert)
	}
	if st.now.Sub(e.Alert.Seen) > st.o.Reraise {
		e.Votes = "" // old answers do not vote with new ones
	}
	e.Votes = st.vote(e.Votes, 'y')
	e.Good, e.GoodSince = 0, time.Time{}
	risen := st.refresh(&e, c)
	enough := c.Hard || st.yes(e.Votes) >= st.o.Need
	switch {
	case e.Alert.Status == localmon.StatusPending && enough:
		st.fire(&e, localmon.ChangeFired, localmon.StatusPending)
	case e.Alert.Status == localmon.StatusResolved && enough:
		e.Alert.Flaps++
		e.Alert.Resolved = time.Time{}
		st.fire(&e, localmon.ChangeReraised, localmon.StatusResolved)
	case e.Alert.Status == localmon.StatusFiring && risen:
		st.record(localmon.ChangeSeverity, localmon.StatusFiring, e.Alert)
	}
	st.put(k, e)
}

// passed takes a fault that began and ended between two looks: it is told and
// over in one change. While the same fault lives there is nothing to add.
func (st *step) passed(k Key, e Entry, known bool, c localmon.Condition) {
	from := localmon.Status("")
	switch {
	case known && e.alive():
		return
	case known && st.soon(e):
		st.refresh(&e, c)
		e.Alert.Hush = st.hush(e.Alert)
		e.Alert.Flaps++
		from = localmon.StatusResolved
	case !st.room(k):
		return
	default:
		e = Entry{Alert: st.fresh(c)}
		e.Alert.Fired = st.now
	}
	e.Alert.Status, e.Alert.Resolved = localmon.StatusResolved, st.now
	st.record(localmon.ChangePassed, from, e.Alert)
	st.put(k, e)
}

// explained hangs a Yes under the living alert of its cause, and reports
// whether it did.
func (st *step) explained(k Key, e Entry, known bool, c localmon.Condition) bool {
	if c.Cause.IsZero() {
		return false
	}
	pk := Key{c.Target, c.Cause.Rule, c.Cause.Component}
	parent, ok := st.s.Entries[pk]
	if !ok || !parent.alive() || pk == k || st.uncovers(parent.Alert, c) {
		return false
	}
	ref := localmon.Ref{Rule: c.Rule, Component: c.Component}
	if !slices.Contains(parent.Alert.Children, ref) && len(parent.Alert.Children) < MaxChildren {
		parent.Alert.Children = append(slices.Clone(parent.Alert.Children), ref)
		st.put(pk, parent)
	}
	switch {
	case !known || !e.alive():
	case e.Alert.Status == localmon.StatusPending:
		e.Alert.Parent = parent.Alert.ID
		st.record(localmon.ChangeDropped, localmon.StatusPending, e.Alert)
		st.drop(k)
	default:
		e.Votes = st.vote(e.Votes, 'y')
		e.Good, e.GoodSince = 0, time.Time{}
		risen, grouped := st.refresh(&e, c), e.Alert.Parent != parent.Alert.ID
		e.Alert.Parent = parent.Alert.ID
		if risen {
			st.record(localmon.ChangeSeverity, e.Alert.Status, e.Alert)
		}
		if grouped {
			st.record(localmon.ChangeGrouped, e.Alert.Status, e.Alert)
		}
		st.put(k, e)
	}
	return true
}

// fresh begins a new alert. The id is taken here and never given back.
func (st *step) fresh(c localmon.Condition) localmon.Alert {
	st.s.NextID++
	a := localmon.Alert{
		ID: st.s.NextID, Rule: c.Rule, Target: c.Target, Component: c.Component,
		Status: localmon.StatusPending, Severity: c.Severity, Why: c.Why, Summary: c.Summary,
		Runbook: c.Runbook, Evidence: slices.Clone(c.Evidence), Since: st.now, Seen: st.now,
	}
	a.Hush = st.hush(a)
	return a
}

func (st *step) fire(e *Entry, what string, from localmon.Status) {
	e.Alert.Status, e.Alert.Fired = localmon.StatusFiring, st.now
	e.Alert.Hush = st.hush(e.Alert)
	e.Votes, e.Good, e.GoodSince = "", 0, time.Time{}
	st.record(what, from, e.Alert)
}

// refresh takes the newest words of a condition and reports whether the alert
// became more urgent. The reason belongs to the severity and changes with it.
func (st *step) refresh(e *Entry, c localmon.Condition) bool {
	a := &e.Alert
	a.Seen, a.Stale = st.now, false
	a.Summary, a.Runbook, a.Evidence = c.Summary, c.Runbook, slices.Clone(c.Evidence)
	if c.Severity != 0 && (c.Severity < a.Severity || a.Severity == 0) {
		a.Severity, a.Why = c.Severity, c.Why
		a.Hush = st.hush(*a) // what became urgent may no longer be covered
		return true
	}
	return false
}

// soon reports whether a resolved alert is recent enough to come back. A
// return that is being voted on keeps it alive for one more such time.
func (st *step) soon(e Entry) bool {
	return st.now.Sub(e.Alert.Resolved) <= st.o.Reraise ||
		st.yes(e.Votes) > 0 && st.now.Sub(e.Alert.Seen) <= st.o.Reraise
}

func (st *step) vote(votes string, v byte) string {
	votes += string(v)
	return votes[max(0, len(votes)-st.o.Of):]
}

func (st *step) yes(votes string) int {
	n := 0
	for _, v := range votes {
		if v == 'y' {
			n++
		}
	}
	return n
}

func (st *step) room(k Key) bool {
	if k.Rule == FloodRule || len(st.s.Entries) < st.o.Max {
		return true
	}
	st.flooded++
	return false
}

// flood tells, or clears, that alerts were not told for want of room.
func (st *step) flood(conditions []localmon.Condition) {
	if len(conditions) == 0 {
		return
	}
	target := conditions[0].Target
	k := Key{Target: target, Rule: FloodRule}
	e, known := st.s.Entries[k]
	if st.flooded == 0 {
		if known {
			st.good(k, e)
		}
		return
	}
	st.bad(k, e, known, localmon.Condition{
		Rule: FloodRule, Target: target, State: localmon.Yes, Hard: true, Severity: localmon.SeverityMajor,
		Why:     "faults exist that are not told one by one",
		Summary: fmt.Sprintf("more than %d alerts at once: %d more conditions are not told", st.o.Max, st.flooded),
	})
}

// age marks alerts that got no answer for long as stale and forgets resolved
// ones that can no longer come back.
func (st *step) age() {
	for k, e := range st.s.Entries {
		switch {
		case e.alive():
			if !e.Alert.Stale && st.now.Sub(e.Alert.Seen) > st.o.StaleAfter {
				e.Alert.Stale = true
				st.put(k, e)
			}
		case !st.soon(e):
			st.drop(k)
		}
	}
}

// Ack notes who has taken a living alert in hand. A later acknowledgement
// replaces the name; the changes keep them all.
func (e Engine) Ack(s State, now time.Time, id uint64, by, note string) (Result, error) {
	if by == "" {
		return Result{}, ErrNoName
	}
	st := e.begin(s, now)
	for k, entry := range st.s.Entries {
		if entry.Alert.ID != id || !entry.alive() {
			continue
		}
		entry.Alert.AckedBy, entry.Alert.AckNote, entry.Alert.AckedAt = by, note, now
		st.record(localmon.ChangeAcked, entry.Alert.Status, entry.Alert)
		st.put(k, entry)
		return st.result(), nil
	}
	return Result{}, fmt.Errorf("acknowledge alert %d: %w", id, ErrNoAlert)
}

// Retire ends the alerts nobody will ever answer for: a person took the target
// away, or the rule.
func (e Engine) Retire(s State, now time.Time, answered func(Key) bool) Result {
	st := e.begin(s, now)
	for _, k := range slices.SortedFunc(maps.Keys(st.s.Entries), Key.compare) {
		if answered(k) {
			continue
		}
		entry := st.s.Entries[k]
		if entry.alive() {
			from := entry.Alert.Status
			entry.Alert.Status, entry.Alert.Resolved = localmon.StatusResolved, now
			st.record(localmon.ChangeRetired, from, entry.Alert)
		}
		st.drop(k)
	}
	return st.result()
}
