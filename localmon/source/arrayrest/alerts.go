package arrayrest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
)

const (
	// alertOverlap is read again at every look, because an array may record
	// an alert a little after the moment it gives it.
	alertOverlap = 10 * time.Minute
	// alertRecheck is how often the list of open alerts is read whole, so
	// that a missed closing cannot stay open for good.
	alertRecheck = 10 * time.Minute
	// alertRecent is how far back from the newest a first look tells of closed
	// alerts: the vendor's own meaning of recent.
	alertRecent = 24 * time.Hour
	// maxOpenAlerts bounds what is remembered as open, maxClosedAlerts what one
	// look tells of closed ones, and maxTold what is remembered of having been
	// told.
	maxOpenAlerts   = 2000
	maxClosedAlerts = 2000
	maxTold         = 10_000
)

// alertKey tells alerts apart. The id alone does not do: an array has been
// recorded Listing two alerts under one id that differ in their issue.
type alertKey struct {
	id, name, component, issue string
	code                       int
}

func keyOf(a localmon.ArrayAlert) alertKey {
	return alertKey{a.ID, a.Name, strings.ToLower(a.Component), a.Issue, a.Code}
}

func (k alertKey) compare(o alertKey) int {
	return cmp.Or(cmp.Compare(k.id, o.id), cmp.Compare(k.name, o.name), cmp.Compare(k.component, o.component),
		cmp.Compare(k.issue, o.issue), cmp.Compare(k.code, o.code))
}

// AlertRow says how a kind of array lists its alerts.
type AlertRow struct {
	Row *Row
	// NotClosed is the filter that picks all but the closed; empty where only
	// Open is to be asked. An array may refuse it, then Open is asked.
	NotClosed string
	Open      string // the filter that picks those in the state open
	// Of reads one item; texts in it are bounded by [Fields.Str].
	Of func(Fields) localmon.ArrayAlert
}

// AlertMemory is what is known of the array's alerts between looks. All times
// in it but checked are the array's. Make it with [NewAlertMemory].
type AlertMemory struct {
	how     AlertRow
	open    map[alertKey]localmon.ArrayAlert
	told    map[alertKey]time.Time // closed ones already handed on, by their updated
	newest  time.Time              // the newest updated seen: the watermark
	checked time.Time              // the kit's time of the last whole read
	got     alertReading           // read, and not yet applied
	noNotClosed,
	noFilter,
	noSort bool // the array refused it once
}

// NewAlertMemory begins without knowing any alert.
func NewAlertMemory(how AlertRow) *AlertMemory {
	return &AlertMemory{how: how, noNotClosed: how.NotClosed == ""}
}

// alertReading is one look at the alerts before it is taken over.
type alertReading struct {
	Listing
	alerts []localmon.ArrayAlert
	whole  bool // every open alert is among them
	every  bool // and those that are neither open nor closed
}

// Read asks the array for what is open or was updated since the newest alert
// seen. It is a [Reader]; what it read counts only after [AlertMemory.Apply], so
// that a failed look can be repeated.
func (m *AlertMemory) Read(ctx context.Context, v *Visit, now time.Time) (Listing, error) {
	var err error
	m.got, err = m.read(ctx, v, now)
	return Listing{Date: m.got.Date, Count: m.got.Count}, err
}

func (m *AlertMemory) read(ctx context.Context, v *Visit, now time.Time) (alertReading, error) {
	var got alertReading
	if !m.noFilter && (m.checked.IsZero() || due(m.checked, now, alertRecheck)) {
		if err := m.readOpen(ctx, v, &got); err != nil {
			return got, err
		}
	}
	if !m.noFilter && !m.newest.IsZero() {
		since := m.newest.Add(-alertOverlap).UnixMilli()
		err := m.take(ctx, v, &got, url.Values{"filter": {"updated>=" + strconv.FormatInt(since, 10)}}, false)
		if !Refused(err) {
			return got, err
		}
		m.noFilter = true
	}
	// A first look, or an array that does not filter: the newest first. Where
	// open alerts were read whole a hundred are enough to find the watermark.
	if !m.noSort {
		limit := "1000"
		if got.whole {
			limit = "100"
		}
		err := m.take(ctx, v, &got, url.Values{"sort": {"updated-"}, "limit": {limit}}, true)
		if !Refused(err) {
			return got, err
		}
		m.noSort = true
	}
	err := m.take(ctx, v, &got, nil, false)
	got.whole = err == nil
	return got, err
}

// readOpen reads what is not closed, by the best filter the array takes.
func (m *AlertMemory) readOpen(ctx context.Context, v *Visit, got *alertReading) error {
	if !m.noNotClosed {
		err := m.take(ctx, v, got, url.Values{"filter": {m.how.NotClosed}}, false)
		if !Refused(err) {
			got.whole, got.every = err == nil, err == nil
			return err
		}
		m.noNotClosed = true
	}
	err := m.take(ctx, v, got, url.Values{"filter": {m.how.Open}}, false)
	if Refused(err) {
		m.noFilter = true
		return nil
	}
	got.whole = err == nil
	return err
}

// take reads one list. one is for sorted lists, which have no further page.
func (m *AlertMemory) take(ctx context.Context, v *Visit, got *alertReading, query url.Values, one bool) error {
	read := v.List
	if one {
		read = v.Page
	}
	l, err := read(ctx, m.how.Row, query)
	if err != nil {
		return err
	}
	m.decode(got, l)
	return nil
}

// decode adds the alerts of a list to a reading.
func (m *AlertMemory) decode(got *alertReading, l Listing) {
	l.Each(func(f Fields) { got.alerts = append(got.alerts, m.how.Of(f)) }, func(err error) { l.Partial = append(l.Partial, err) })
	l.items = nil
	got.Join(l)
}

// Take is Read for a list that came another way, such as from a file; whole
// says that every open alert is in it. It counts after [AlertMemory.Apply].
func (m *AlertMemory) Take(l Listing, whole bool) {
	m.got = alertReading{whole: whole}
	m.decode(&m.got, l)
}

// Apply takes over what the last Read read whole and returns what a batch holds:
// all that are not closed, and those that closed since the last look, each once.
// partial is what was left out.
func (m *AlertMemory) Apply(now time.Time) (batch []localmon.ArrayAlert, partial []error) {
	got := m.got
	m.got = alertReading{}
	partial = got.Partial
	newest := m.newest
	latest := map[alertKey]localmon.ArrayAlert{}
	for _, a := range got.alerts {
		if have, ok := latest[keyOf(a)]; !ok || have.Updated.Before(a.Updated) {
			latest[keyOf(a)] = a
		}
		if a.Updated.After(newest) {
			newest = a.Updated
		}
	}
	// One alert dated in the far future must not hide those that follow.
	if limit := got.Date.Add(time.Hour); !got.Date.IsZero() && newest.After(limit) {
		newest = limit
	}
	first := m.open == nil
	open := make(map[alertKey]localmon.ArrayAlert, len(m.open))
	for k, a := range m.open {
		if _, listed := latest[k]; listed || !got.whole || !got.every && !strings.EqualFold(a.State, "open") {
			open[k] = a
		}
	}
	if m.told == nil {
		m.told = map[alertKey]time.Time{}
	}
	leftOpen, leftClosed := 0, 0
	for _, k := range slices.SortedFunc(maps.Keys(latest), alertKey.compare) {
		a := latest[k]
		if !Closed(a) {
			if _, known := open[k]; !known && len(open) >= maxOpenAlerts {
				leftOpen++
				continue
			}
			open[k] = a
			continue
		}
		delete(open, k)
		old := first && a.Updated.Before(newest.Add(-alertRecent)) || !first && a.Updated.Before(m.newest.Add(-alertOverlap)) && !hasKey(m.open, k)
		if said, ok := m.told[k]; old || ok && !said.Before(a.Updated) {
			continue
		}
		if len(batch) >= maxClosedAlerts {
			leftClosed++
			continue
		}
		batch = append(batch, a)
		m.told[k] = a.Updated
	}
	if leftOpen+leftClosed > 0 {
		partial = append(partial, fmt.Errorf("%d open and %d closed alerts beyond the first %d were left out", leftOpen, leftClosed, maxOpenAlerts))
	}
	m.forget(newest.Add(-alertRecent))
	if got.whole || m.noFilter {
		m.checked = now
	}
	m.open, m.newest = open, newest
	for _, a := range open {
		batch = append(batch, a)
	}
	slices.SortFunc(batch, func(a, b localmon.ArrayAlert) int {
		return cmp.Or(a.Updated.Compare(b.Updated), keyOf(a).compare(keyOf(b)))
	})
	return batch, partial
}

// forget drops what was told of alerts updated before then, and the oldest
// beyond the bound.
func (m *AlertMemory) forget(then time.Time) {
	maps.DeleteFunc(m.told, func(_ alertKey, said time.Time) bool { return said.Before(then) })
	if len(m.told) <= maxTold {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(m.told), func(a, b alertKey) int {
		return cmp.Or(m.told[a].Compare(m.told[b]), a.compare(b))
	})
	for _, k := range oldest[:len(oldest)-maxTold] {
		delete(m.told, k)
	}
}

func hasKey[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}

// Closed reports whether the array has done with the alert. One that is closing,
// or waits to be downgraded, is still open.
func Closed(a localmon.ArrayAlert) bool {
	return strings.EqualFold(a.State, "closed") || a.State == "" && !a.Closed.IsZero()
}
