package history

import (
	"fmt"
	"slices"
	"strings"

	"darksite/localmon"

	"go.etcd.io/bbolt"
)

// told is the unit that a batch told of a series that is in the table.
type told struct {
	id   uint32
	unit localmon.Unit
}

// toldOf is the unit of a series that is kept: the one that was told for it or
// for its metric, when that says more than the name does.
func toldOf(units map[string]localmon.Unit, n name) localmon.Unit {
	if len(units) == 0 {
		return localmon.UnitNone
	}
	u, ok := units[n.String()]
	if !ok {
		u = units[n.metric]
	}
	if named := localmon.UnitOf(n.metric, n.labels); u == named || strings.HasSuffix(string(named), "_"+string(u)) {
		return localmon.UnitNone
	}
	return u
}

// unit is the unit of a series, stored or read from its name.
func (e *entry) unit() localmon.Unit {
	if e.told != localmon.UnitNone {
		return e.told
	}
	return localmon.UnitOf(e.metric, e.labels)
}

// takeUnits finds the series whose unit the batch tells anew. Sources tell the
// same units at every look, so that as a rule a look at each of them is all.
func (a *appending) takeUnits() error {
	h := a.h
	var metrics []string
	for of, u := range a.b.Units {
		if !u.Valid() {
			return fmt.Errorf("unit %.80q of %.80q is no word", string(u), of)
		}
		metric, labels, one := strings.Cut(of, "{")
		if !one {
			if have, ok := h.units[of]; !ok || have != u {
				metrics = append(metrics, of)
			}
			continue
		}
		if id, ok := h.ids[name{metric, strings.TrimSuffix(labels, "}")}]; ok {
			a.retell(id)
		}
	}
	if len(metrics) == 0 {
		return nil
	}
	for id, e := range h.table {
		if slices.Contains(metrics, e.metric) {
			a.retell(id)
		}
	}
	return nil
}

// retell notes the unit of a known series if it is another one than before.
func (a *appending) retell(id uint32) {
	e := a.h.table[id]
	if u := toldOf(a.b.Units, e.name); u != e.told {
		a.units = append(a.units, told{id, u})
	}
}

func (a *appending) storeUnits(own *bbolt.Bucket) error {
	if len(a.units) == 0 {
		return nil
	}
	table := own.Bucket(bucketSeries)
	for _, t := range a.units {
		e := *a.h.table[t.id]
		e.told = t.unit
		if err := table.Put(idKey(t.id), e.encode(seatOf(a.h.target), t.id)); err != nil {
			return err
		}
	}
	return nil
}

func (a *appending) commitUnits() {
	h := a.h
	for _, t := range a.units {
		h.table[t.id].told = t.unit
	}
	for of, u := range a.b.Units {
		if strings.Contains(of, "{") || h.units[of] == u {
			continue
		}
		if h.units == nil {
			h.units = map[string]localmon.Unit{}
		}
		h.units[of] = u
	}
}
