package flasharray

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
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
// recorded listing two alerts under one id that differ in their issue.
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

// alertMemory is what is known of the array's alerts between looks. All times
// in it but checked are the array's.
type alertMemory struct {
	open    map[alertKey]localmon.ArrayAlert
	told    map[alertKey]time.Time // closed ones already handed on, by their updated
	newest  time.Time              // the newest updated seen: the watermark
	checked time.Time              // the kit's time of the last whole read
	noFilter,
	noSort bool // the array refused it once
}

// alertReading is one look at the alerts before it is taken over.
type alertReading struct {
	alerts  []localmon.ArrayAlert
	whole   bool // every open alert is among them
	partial []error
	items   int
	date    time.Time
}

// read asks the array. It changes only what the array refuses, so that a
// failed look can be repeated.
func (m *alertMemory) read(ctx context.Context, v *visit, now time.Time) (alertReading, error) {
	var got alertReading
	if !m.noFilter && (m.checked.IsZero() || due(m.checked, now, alertRecheck)) {
		switch err := got.take(ctx, v, url.Values{"filter": {"state='open'"}}, false); {
		case refused(err):
			m.noFilter = true
		case err != nil:
			return got, err
		default:
			got.whole = true
		}
	}
	if !m.noFilter && !m.newest.IsZero() {
		since := m.newest.Add(-alertOverlap).UnixMilli()
		err := got.take(ctx, v, url.Values{"filter": {"updated>=" + strconv.FormatInt(since, 10)}}, false)
		if !refused(err) {
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
		err := got.take(ctx, v, url.Values{"sort": {"updated-"}, "limit": {limit}}, true)
		if !refused(err) {
			return got, err
		}
		m.noSort = true
	}
	err := got.take(ctx, v, nil, false)
	got.whole = err == nil
	return got, err
}

// take reads one list. one is for sorted lists, which have no further page.
func (r *alertReading) take(ctx context.Context, v *visit, query url.Values, one bool) error {
	var l listing
	var err error
	if one {
		l, err = v.page(ctx, epAlerts, query)
	} else {
		l, err = v.list(ctx, epAlerts, query)
	}
	if err != nil {
		return err
	}
	r.partial = append(r.partial, l.partial...)
	r.items += len(l.items)
	if !l.date.IsZero() {
		r.date = l.date
	}
	l.each(func(f fields) { r.alerts = append(r.alerts, alertOf(f)) }, func(err error) { r.partial = append(r.partial, err) })
	return nil
}

// refused reports whether the array does not understand the query.
func refused(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusBadRequest
}

// apply takes a complete reading over and returns what a batch holds: all that
// are not closed, and those that closed since the last look, each once.
func (m *alertMemory) apply(got alertReading, now time.Time) (batch []localmon.ArrayAlert, partial []error) {
	partial = got.partial
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
	if limit := got.date.Add(time.Hour); !got.date.IsZero() && newest.After(limit) {
		newest = limit
	}
	first := m.open == nil
	open := make(map[alertKey]localmon.ArrayAlert, len(m.open))
	for k, a := range m.open {
		if _, listed := latest[k]; listed || !got.whole || !strings.EqualFold(a.State, "open") {
			open[k] = a
		}
	}
	if m.told == nil {
		m.told = map[alertKey]time.Time{}
	}
	leftOpen, leftClosed := 0, 0
	for _, k := range slices.SortedFunc(maps.Keys(latest), alertKey.compare) {
		a := latest[k]
		if !closed(a) {
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
func (m *alertMemory) forget(then time.Time) {
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

func closed(a localmon.ArrayAlert) bool {
	return strings.EqualFold(a.State, "closed") || a.State == "" && !a.Closed.IsZero()
}

// alertOf reads one alert. Texts are shortened, because they become lines and
// labels.
func alertOf(f fields) localmon.ArrayAlert {
	code, _ := f.num("code")
	flagged, _ := f.flag("flagged")
	return localmon.ArrayAlert{
		ID: f.str("id", 128), Name: f.str("name", 128), Code: int(max(min(code, 1<<31), 0)),
		Severity: f.str("severity", 64), State: f.str("state", 64), Category: f.str("category", 64),
		ComponentType: f.str("component_type", 128), Component: f.str("component_name", 512),
		Issue: f.str("issue", 512), Summary: f.str("summary", 1024), Description: f.str("description", 2048),
		Expected: f.str("expected", 256), Actual: f.str("actual", 256), KnowledgeBase: f.str("knowledge_base_url", 512),
		Flagged: flagged, Created: f.time("created"), Updated: f.time("updated"), Closed: f.time("closed"),
	}
}
