package filedrop

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"darksite/localmon"
)

// newest is what is known of the target now, from all files together.
type newest struct {
	values map[localmon.SeriesKey]valueAt
	states map[string]statesAt             // by type
	alerts localmon.Batch                  // the newest look that tells of alerts
	info   localmon.Batch                  // and the newest that says who the target is
	at     time.Time                       // of the newest data, whatever it is
	over   map[localmon.SeriesKey]struct{} // series beyond the limit
}

type valueAt struct {
	value float64
	at    time.Time
}

type statesAt struct {
	states []localmon.ComponentState
	at     time.Time
}

// apply takes the content of a file over where it is newer.
func (n *newest) apply(c *content) {
	if n.values == nil {
		n.values, n.states, n.over = map[localmon.SeriesKey]valueAt{}, map[string]statesAt{}, map[localmon.SeriesKey]struct{}{}
	}
	for b := range c.batches() {
		if b.At.After(n.at) {
			n.at = b.At
		}
		for _, s := range b.Samples {
			have, known := n.values[s.Key]
			switch {
			case known && have.at.After(b.At):
			case !known && len(n.values) >= maxSeries:
				if len(n.over) < maxSeries {
					n.over[s.Key] = struct{}{}
				}
			default:
				n.values[s.Key] = valueAt{s.Value, b.At}
			}
		}
		types := map[string][]localmon.ComponentState{}
		for _, s := range b.States {
			types[s.Type] = append(types[s.Type], s)
		}
		for kind, states := range types {
			if have, known := n.states[kind]; !known || !have.at.After(b.At) {
				n.states[kind] = statesAt{states, b.At}
			}
		}
		if b.AlertsRead && !n.alerts.At.After(b.At) {
			n.alerts = b
		}
		if b.Info != nil && !n.info.At.After(b.At) {
			n.info = b
		}
	}
}

// batch fills b with what is young enough at b.At, says in Partial what is not,
// and reports whether there is anything.
func (n *newest) batch(b *localmon.Batch, most time.Duration) bool {
	old := func(at time.Time) bool {
		age := b.At.Sub(at)
		return age > most || age < -most
	}
	any := false
	seen := func(at time.Time) {
		any = true
		if at.After(b.TargetAt) {
			b.TargetAt = at
		}
	}
	oldValues := 0
	for key, v := range n.values {
		if old(v.at) {
			oldValues++
			continue
		}
		seen(v.at)
		b.Samples = append(b.Samples, localmon.Sample{Key: key, Value: v.value})
	}
	var oldTypes []string
	for _, kind := range slices.Sorted(maps.Keys(n.states)) {
		one := n.states[kind]
		if old(one.at) {
			oldTypes = append(oldTypes, kind)
			continue
		}
		seen(one.at)
		b.States = append(b.States, one.states...)
	}
	if n.alerts.AlertsRead && !old(n.alerts.At) {
		seen(n.alerts.At)
		b.Alerts, b.AlertsRead = n.alerts.Alerts, true
	}
	if n.info.Info != nil && !old(n.info.At) {
		b.Info = n.info.Info
	}
	slices.SortFunc(b.States, func(x, y localmon.ComponentState) int {
		return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.Component, y.Component))
	})
	say := func(err error) { b.Partial = append(b.Partial, localmon.EndpointError{Endpoint: endpoint, Err: err}) }
	if oldValues > 0 {
		say(fmt.Errorf("%d series are more than %s old and are left out", oldValues, most))
	}
	for _, kind := range oldTypes {
		say(fmt.Errorf("the states of %.40q are %s old and are left out", kind, b.At.Sub(n.states[kind].at).Round(time.Second)))
	}
	return any
}

// forget drops what has been out of date for long, so that it makes room.
func (n *newest) forget(now time.Time, most time.Duration) {
	long := 7 * most
	maps.DeleteFunc(n.values, func(_ localmon.SeriesKey, v valueAt) bool { return now.Sub(v.at) > long })
	maps.DeleteFunc(n.states, func(_ string, s statesAt) bool { return now.Sub(s.at) > long })
	clear(n.over)
}
