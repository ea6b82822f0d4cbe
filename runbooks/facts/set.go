package facts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"darksite/runbooks"
)

// Bounds of one Set.
const (
	MaxLine   = 8 << 20
	maxParts  = 50_000
	maxAlerts = 10_000
	maxPoints = 2000 // of one series; more are thinned out, the first and the last kept
)

// Set is a collection of answers about one target.
type Set struct {
	Target string    `json:"target,omitempty"`
	Line   int       `json:"line,omitempty"` // of the log that holds the verdict
	Now    time.Time `json:"now"`            // when the questions were asked
	Lists  []List    `json:"lists,omitempty"`
	Series []Series  `json:"series,omitempty"`
	Alerts *Alerts   `json:"alerts,omitempty"`
}

// List is every component of one type, or why there is no list.
type List struct {
	Type  string    `json:"type"`
	At    time.Time `json:"at,omitzero"`
	Parts []Part    `json:"parts,omitempty"`
	Lack  *Lack     `json:"lack,omitempty"`
}

// Part is one component.
type Part struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

// Series is the values of one series, or why there are none.
type Series struct {
	Metric string            `json:"metric"`
	Labels map[string]string `json:"labels,omitempty"`
	Window time.Duration     `json:"window"` // that was asked for, in nanoseconds
	Points []Point           `json:"points,omitempty"`
	Lack   *Lack             `json:"lack,omitempty"`
}

// Point is one value.
type Point struct {
	At    time.Time
	Value float64
}

// Alerts is what was open, or why nobody knows.
type Alerts struct {
	At   time.Time  `json:"at,omitzero"`
	Open []OpenLine `json:"open,omitempty"`
	Lack *Lack      `json:"lack,omitempty"`
}

// OpenLine is one open alert.
type OpenLine struct {
	ID        uint64 `json:"id"`
	Rule      string `json:"rule"`
	Component string `json:"component,omitempty"`
	Severity  int    `json:"severity"`
}

// Lack is why an answer is missing.
type Lack struct {
	Why    string `json:"why"`
	NoData bool   `json:"no_data"` // the source has nothing, as against: it failed
}

func lackOf(err error) *Lack {
	return &Lack{Why: strings.ToValidUTF8(err.Error(), "\uFFFD"), NoData: errors.Is(err, runbooks.ErrNoData)}
}

// err is the lack as the error it was.
func (l *Lack) err() error { return lackError(*l) }

type lackError Lack

func (e lackError) Error() string { return e.Why }

func (e lackError) Is(target error) bool { return e.NoData && target == runbooks.ErrNoData }

// MarshalJSON writes [milliseconds, value]; a value that is no number is null.
func (p Point) MarshalJSON() ([]byte, error) {
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		return fmt.Appendf(nil, "[%d,null]", p.At.UnixMilli()), nil
	}
	value, err := json.Marshal(p.Value)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "[%d,%s]", p.At.UnixMilli(), value), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Point) UnmarshalJSON(data []byte) error {
	var pair []*float64
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	const most = 1 << 53 // whole numbers beyond are not exact
	if len(pair) != 2 || pair[0] == nil || math.Abs(*pair[0]) > most || *pair[0] != math.Trunc(*pair[0]) {
		return errors.New("a point is [milliseconds, value]")
	}
	p.At, p.Value = time.UnixMilli(int64(*pair[0])).UTC(), math.NaN()
	if pair[1] != nil {
		p.Value = *pair[1]
	}
	return nil
}

// Facts is the set as something a check can ask.
func (s *Set) Facts() runbooks.Facts { return kept{s} }

type kept struct{ *Set }

// Components implements runbooks.Facts.
func (s kept) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	i := slices.IndexFunc(s.Lists, func(l List) bool { return l.Type == kind })
	if i < 0 {
		return nil, time.Time{}, fmt.Errorf("%w: no list of %s was kept", runbooks.ErrNoData, kind)
	}
	l := s.Lists[i]
	if l.Lack != nil {
		return nil, time.Time{}, l.Lack.err()
	}
	out := make([]runbooks.Component, 0, len(l.Parts))
	for _, p := range l.Parts {
		out = append(out, runbooks.Component{Name: p.Name, Type: kind, Status: p.Status})
	}
	return out, l.At, nil
}

// Values implements runbooks.Facts. A series kept for the same window is the
// answer; one kept for a longer window is cut to it.
func (s kept) Values(_ context.Context, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	best := -1
	for i, one := range s.Series {
		fits := one.Metric == metric && maps.Equal(one.Labels, labels) && one.Window >= window
		if fits && (best < 0 || one.Window < s.Series[best].Window) {
			best = i
		}
	}
	if best < 0 {
		return nil, fmt.Errorf("%w: %s was not kept", runbooks.ErrNoData, metric)
	}
	one := s.Series[best]
	if one.Lack != nil {
		return nil, one.Lack.err()
	}
	var out []runbooks.Value
	for _, p := range one.Points {
		if one.Window == window || !p.At.Before(s.Now.Add(-window)) {
			out = append(out, runbooks.Value{At: p.At, Value: p.Value})
		}
	}
	return out, nil
}

// Alerts implements runbooks.Facts.
func (s kept) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	known := s.Set.Alerts
	if known == nil {
		return nil, time.Time{}, fmt.Errorf("%w: the open alerts were not kept", runbooks.ErrNoData)
	}
	if known.Lack != nil {
		return nil, time.Time{}, known.Lack.err()
	}
	var out []runbooks.OpenAlert
	for _, a := range known.Open {
		out = append(out, runbooks.OpenAlert(a))
	}
	return out, known.At, nil
}

// Encode writes a set as one line of JSON with its line feed.
func Encode(s *Set) ([]byte, error) {
	line, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("keep what was seen: %w", err)
	}
	if len(line) >= MaxLine {
		return nil, fmt.Errorf("keep what was seen: %d bytes, at most %d", len(line), MaxLine)
	}
	return append(line, '\n'), nil
}

// Decode reads a line that [Encode] wrote.
func Decode(line []byte) (*Set, error) {
	if len(line) > MaxLine {
		return nil, fmt.Errorf("read what was seen: more than %d bytes", MaxLine)
	}
	var s Set
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("read what was seen: %w", err)
	}
	if dec.More() {
		return nil, errors.New("read what was seen: something follows the line")
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("read what was seen: %w", err)
	}
	return &s, nil
}

func (s *Set) check() error {
	parts := 0
	for _, l := range s.Lists {
		parts += 1 + len(l.Parts)
	}
	switch {
	case parts > maxParts:
		return fmt.Errorf("more than %d components", maxParts)
	case s.Alerts != nil && len(s.Alerts.Open) > maxAlerts:
		return fmt.Errorf("more than %d alerts", maxAlerts)
	case slices.ContainsFunc(s.Series, func(one Series) bool { return len(one.Points) > maxPoints || one.Window < 0 }):
		return fmt.Errorf("a series of more than %d points, or of no window", maxPoints)
	}
	return nil
}
