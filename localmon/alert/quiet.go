package alert

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

// Bounds of what keeps people from being told. Nothing is hidden for good:
// who needs longer says so again.
const (
	MaxSilence     = 30 * 24 * time.Hour
	MaxMaintenance = 7 * 24 * time.Hour
	MaxAhead       = 366 * 24 * time.Hour // how early maintenance is planned
	MaxQuiets      = 200                  // at once
	maxPattern     = 200
	maxReason      = 2000
	maxName        = 100
)

// Errors a caller decides on.
var (
	// ErrQuiet says that a silence or maintenance cannot be set as asked.
	ErrQuiet = errors.New("cannot be set")
	// ErrNoQuiet says that none with this id is set.
	ErrNoQuiet = errors.New("no such silence or maintenance")
)

// Quiet sets a silence or a maintenance window; its id, and for a silence its
// beginning, are given here. The quiet that was set is the last of
// [Result.Quiets].
func (e Engine) Quiet(s State, now time.Time, q localmon.Quiet) (Result, error) {
	st := e.begin(s, now)
	q.Set, q.Ended, q.EndedBy = now, time.Time{}, ""
	if q.Kind == localmon.QuietSilence {
		q.From = now
	} else {
		q.Urgent = true // a machine that is taken down on purpose is down
	}
	if err := st.check(q); err != nil {
		return Result{}, fmt.Errorf("%s: %w", cmp.Or(q.Kind, "quiet"), err)
	}
	st.s.NextQuiet++
	q.ID = st.s.NextQuiet
	st.s.Quiets = append(slices.Clone(st.s.Quiets), q)
	st.quiets = append(st.quiets, q)
	st.choose()
	st.hushAll()
	return st.result(), nil
}

// EndQuiet ends a silence or maintenance before its time. What still fires and
// is covered by no other is told.
func (e Engine) EndQuiet(s State, now time.Time, id uint64, by string) (Result, error) {
	if by == "" {
		return Result{}, fmt.Errorf("end silence or maintenance %d: %w", id, ErrNoName)
	}
	st := e.begin(s, now)
	i := slices.IndexFunc(st.s.Quiets, func(q localmon.Quiet) bool { return q.ID == id })
	if i < 0 {
		return Result{}, fmt.Errorf("end silence or maintenance %d: %w", id, ErrNoQuiet)
	}
	q := st.s.Quiets[i]
	q.Ended, q.EndedBy = now, by
	st.s.Quiets = slices.Delete(slices.Clone(st.s.Quiets), i, i+1)
	st.quiets = append(st.quiets, q)
	st.choose()
	st.hushAll()
	return st.result(), nil
}

// check says why a quiet cannot be set.
func (st *step) check(q localmon.Quiet) error {
	no := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrQuiet, fmt.Sprintf(format, args...))
	}
	longest := MaxSilence
	switch q.Kind {
	case localmon.QuietSilence:
	case localmon.QuietMaintenance:
		longest = MaxMaintenance
		if q.Target == "" || strings.Trim(q.Target, "*") == "" {
			return no("maintenance names its target")
		}
		if q.Alert != 0 {
			return no("maintenance is of a target, not of an alert")
		}
	default:
		return no("the kind %q is not known", q.Kind)
	}
	every := strings.Trim(q.Target+q.Rule+q.Component, "*") == ""
	switch {
	case q.By == "" || len(q.By) > maxName:
		return fmt.Errorf("%w, at most %d characters long", ErrNoName, maxName)
	case strings.TrimSpace(q.Why) == "" || len(q.Why) > maxReason:
		return no("it needs a reason of at most %d characters", maxReason)
	case len(q.Target) > maxPattern || len(q.Rule) > maxPattern || len(q.Component) > maxPattern:
		return no("a pattern has at most %d characters", maxPattern)
	case q.Alert == 0 && every:
		return no("it would cover everything: name a target, a rule or a component")
	case q.Alert != 0 && !st.lives(q.Alert):
		return fmt.Errorf("alert %d: %w", q.Alert, ErrNoAlert)
	case !q.Until.After(q.From) || !q.Until.After(st.now):
		return no("it ends at %s, before it begins", q.Until.Format(time.DateTime))
	case q.Until.Sub(q.From) > longest:
		return no("it lasts %s, at most %s", q.Until.Sub(q.From).Round(time.Minute), longest)
	case q.From.Sub(st.now) > MaxAhead:
		return no("it begins in more than a year")
	case len(st.s.Quiets) >= MaxQuiets:
		return no("%d are set already: end some", MaxQuiets)
	}
	return nil
}

func (st *step) lives(id uint64) bool {
	for _, e := range st.s.Entries {
		if e.Alert.ID == id && e.alive() {
			return true
		}
	}
	return false
}

// endQuiets takes away what has ended by itself and chooses what holds now.
func (st *step) endQuiets() {
	over := func(q localmon.Quiet) bool { return !st.now.Before(q.Until) }
	if slices.ContainsFunc(st.s.Quiets, over) {
		var kept []localmon.Quiet
		for _, q := range st.s.Quiets {
			if !over(q) {
				kept = append(kept, q)
				continue
			}
			q.Ended = q.Until
			st.quiets = append(st.quiets, q)
		}
		st.s.Quiets = kept
	}
	st.choose()
}

func (st *step) choose() {
	st.active = nil
	for _, q := range st.s.Quiets {
		if q.At(st.now) {
			st.active = append(st.active, q)
		}
	}
}

// hush is the mark an alert has now: that of the quiet that lasts longest of
// those that cover it. A mark of the same quiet stays as it is.
func (st *step) hush(a localmon.Alert) *localmon.Hush {
	var best *localmon.Quiet
	for i, q := range st.active {
		if q.Covers(a) && (best == nil || q.Until.After(best.Until)) {
			best = &st.active[i]
		}
	}
	switch {
	case best == nil:
		return nil
	case a.Hush != nil && a.Hush.ID == best.ID:
		return a.Hush
	}
	since := st.now
	if a.Hush != nil {
		since = a.Hush.Since // it was not told in between
	}
	return &localmon.Hush{ID: best.ID, Kind: best.Kind, By: best.By, Why: best.Why, Since: since, Until: best.Until}
}

// uncovers reports whether an urgent condition hangs under a cause people are
// not told of, without being covered itself: then it is told on its own.
func (st *step) uncovers(parent localmon.Alert, c localmon.Condition) bool {
	if parent.Hush == nil || c.Severity != localmon.SeverityUrgent {
		return false
	}
	return st.hush(localmon.Alert{Rule: c.Rule, Target: c.Target, Component: c.Component, Severity: c.Severity}) == nil
}

// hushAll brings the marks of living alerts up to now, and records where one
// that fires is marked or is to be told again.
func (st *step) hushAll() {
	var changed []Key
	for k, e := range st.s.Entries {
		if !e.alive() || e.Alert.Hush == nil && len(st.active) == 0 {
			continue
		}
		if st.hush(e.Alert) != e.Alert.Hush {
			changed = append(changed, k)
		}
	}
	slices.SortFunc(changed, Key.compare)
	for _, k := range changed {
		e := st.s.Entries[k]
		was := e.Alert.Hush
		e.Alert.Hush = st.hush(e.Alert)
		if e.Alert.Status == localmon.StatusFiring {
			switch {
			case e.Alert.Hush == nil:
				st.record(localmon.ChangeUnhushed, e.Alert.Status, e.Alert)
			case was == nil || was.ID != e.Alert.Hush.ID:
				st.record(localmon.ChangeHushed, e.Alert.Status, e.Alert)
			}
		}
		st.put(k, e)
	}
}
