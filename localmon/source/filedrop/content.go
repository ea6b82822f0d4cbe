package filedrop

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"regexp"
	"slices"
	"time"

	"darksite/localmon"
)

// Limits of what one file may hold.
const (
	maxRecords = 2_000_000
	maxSeries  = 20_000
	maxParts   = 200_000 // states and alerts, all looks together
	maxText    = 4 << 10 // bytes of one label, name or word
)

var (
	metricName = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,199}$`)
	labelName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,199}$`)
)

// content is what one file says.
type content struct {
	target  string
	keys    []localmon.SeriesKey
	ids     map[localmon.SeriesKey]uint32
	records []record
	looks   map[int64]localmon.Batch // what is no sample, by time
	parts   int

	leftOut int // samples that do not fit the kit's rules
	first   string
}

// record is one sample in few bytes.
type record struct {
	at    int64
	value float64
	id    uint32
}

func newContent(target string) *content {
	return &content{target: target, ids: map[localmon.SeriesKey]uint32{}, looks: map[int64]localmon.Batch{}}
}

// sample takes one value. A name that does not fit is left out and counted; a
// file beyond the limits is an error.
func (c *content) sample(key localmon.SeriesKey, at time.Time, value float64) error {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	id, known := c.ids[key]
	if !known {
		if !fits(key) {
			if c.leftOut++; c.first == "" {
				c.first = fmt.Sprintf("%.80q", key.Metric+"{"+key.Labels+"}")
			}
			return nil
		}
		if len(c.keys) >= maxSeries {
			return fmt.Errorf("more than %d series; split the file", maxSeries)
		}
		id = uint32(len(c.keys))
		c.ids[key] = id
		c.keys = append(c.keys, key)
	}
	if len(c.records) >= maxRecords {
		return fmt.Errorf("more than %d samples; split the file", maxRecords)
	}
	c.records = append(c.records, record{at.UnixNano(), value, id})
	return nil
}

func fits(key localmon.SeriesKey) bool {
	labels, err := localmon.ParseLabels(key.Labels)
	if err != nil || !metricName.MatchString(key.Metric) {
		return false
	}
	for i, l := range labels {
		if !labelName.MatchString(l.Name) || len(l.Value) > maxText || i > 0 && labels[i-1].Name == l.Name {
			return false
		}
	}
	return true
}

// The times that nanoseconds in 64 bits can hold.
var (
	earliest = time.Unix(0, math.MinInt64)
	latest   = time.Unix(0, math.MaxInt64)
)

// look takes a whole look: its samples, and what is no sample.
func (c *content) look(b localmon.Batch) error {
	if b.At.IsZero() || b.At.Before(earliest) || b.At.After(latest) {
		return errors.New("a look without a time, or of one no history can keep")
	}
	for _, s := range b.Samples {
		s.Key.Target = c.target
		if err := c.sample(s.Key, b.At, s.Value); err != nil {
			return err
		}
	}
	if c.parts += len(b.States) + len(b.Alerts) + 1; c.parts > maxParts {
		return fmt.Errorf("more than %d states and alerts; split the file", maxParts)
	}
	if err := checkParts(b); err != nil {
		return fmt.Errorf("the look at %s: %w", b.At.Format(time.RFC3339), err)
	}
	ns := b.At.UnixNano()
	have, known := c.looks[ns]
	if !known {
		have = localmon.Batch{Target: c.target, At: b.At.UTC()}
	}
	if known && (len(b.States) > 0 && len(have.States) > 0 || b.AlertsRead && have.AlertsRead) {
		return fmt.Errorf("two looks at %s tell of states or alerts", b.At.Format(time.RFC3339Nano))
	}
	have.States = append(have.States, b.States...)
	have.Info = cmp.Or(have.Info, b.Info)
	if b.AlertsRead {
		have.Alerts, have.AlertsRead = b.Alerts, true
	}
	c.looks[ns] = have
	return nil
}

func checkParts(b localmon.Batch) error {
	seen := map[[2]string]bool{}
	for _, s := range b.States {
		part := [2]string{s.Type, s.Component}
		switch {
		case s.Type == "" || s.Component == "":
			return errors.New("a state without type or component")
		case len(s.Type) > maxText || len(s.Component) > maxText || len(s.Status) > maxText || len(s.Detail) > maxText:
			return fmt.Errorf("a state with a text of more than %d bytes", maxText)
		case seen[part]:
			return fmt.Errorf("the state of %.80q is given twice", s.Type+" "+s.Component)
		case s.Status == "" && s.Health == localmon.HealthOK:
			return fmt.Errorf("%.80q is called ok without a word of the target", s.Component)
		}
		seen[part] = true
	}
	for _, a := range b.Alerts {
		if a.ID == "" && a.Name == "" {
			return errors.New("an alert without id and name")
		}
	}
	return nil
}

// order sorts the samples by time. Of a series and time that come twice the first
// is kept.
func (c *content) order() {
	slices.SortStableFunc(c.records, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.at, b.at), c.keys[a.id].Compare(c.keys[b.id]))
	})
	c.records = slices.CompactFunc(c.records, func(a, b record) bool { return a.at == b.at && a.id == b.id })
}

// batches gives everything in order of time. The content must be in order.
func (c *content) batches() iter.Seq[localmon.Batch] {
	return func(yield func(localmon.Batch) bool) {
		times := slices.Sorted(maps.Keys(c.looks))
		for i := 0; i < len(c.records) || len(times) > 0; {
			var at int64
			switch {
			case i == len(c.records):
				at = times[0]
			case len(times) == 0:
				at = c.records[i].at
			default:
				at = min(times[0], c.records[i].at)
			}
			b, told := c.looks[at]
			if !told {
				b = localmon.Batch{Target: c.target, At: time.Unix(0, at).UTC()}
			} else {
				times = times[1:]
			}
			for ; i < len(c.records) && c.records[i].at == at; i++ {
				b.Samples = append(b.Samples, localmon.Sample{Key: c.keys[c.records[i].id], Value: c.records[i].value})
			}
			if !yield(b) {
				return
			}
		}
	}
}
