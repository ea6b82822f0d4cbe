package runbooks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Result is the answer of a check.
type Result string

// The three results. There is no fourth, and unknown is never read as pass.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Unknown Result = "unknown"
)

// Component is one part of a target as the data at hand shows it.
type Component struct {
	Name   string
	Type   string
	Status string
}

// Value is one measured value.
type Value struct {
	At    time.Time
	Value float64
}

// OpenAlert is one alert that is open at the site.
type OpenAlert struct {
	ID        uint64
	Rule      string
	Component string
	Severity  int
}

// ErrNoData says that the source has nothing on a question. Any other error of
// Facts counts as no data too, with its text as the reason.
var ErrNoData = errors.New("no data")

// Facts answers questions about one target. Each answer carries the time of the
// data; an answer without data wraps [ErrNoData].
type Facts interface {
	// Components lists every part of a type, with the time they were looked at.
	Components(ctx context.Context, componentType string) ([]Component, time.Time, error)
	// Values gives one series over the window that ends now, oldest first.
	Values(ctx context.Context, metric string, labels map[string]string, window time.Duration) ([]Value, error)
	// Alerts lists what is open, with the time that was known.
	Alerts(ctx context.Context) ([]OpenAlert, time.Time, error)
}

// Predicate is one question of the closed set. Exactly one field is set.
type Predicate struct {
	Count  *CountIs  `yaml:"count"`
	Each   *EachIs   `yaml:"each"`
	Metric *MetricIs `yaml:"metric"`
	Growth *GrowthIs `yaml:"growth"`
	Alert  *AlertIs  `yaml:"alert"`

	Percentile *PercentileIs `yaml:"percentile"`
	Rate       *RateIs       `yaml:"rate"`
	Steady     *SteadyIs     `yaml:"steady"`
	Same       *SameIs       `yaml:"same"`
	Age        *AgeIs        `yaml:"age"`
}

// CountIs asks how many components of a type have one of the status words. A
// component without a status, or whose status is the word unknown, may or may
// not count: where that decides the answer, the answer is unknown.
type CountIs struct {
	Type     string   `yaml:"type"`
	Types    []string `yaml:"types"` // several that mean the same
	Names    []string `yaml:"names"` // patterns such as CT0.*; none means all
	NotNames []string `yaml:"not_names"`
	Status   []string `yaml:"status"`
	Op       string   `yaml:"op"`
	Value    int      `yaml:"value"`
}

// EachIs asks that every component of a type has one of the status words. No
// component at all is no data, and neither is a status that is not known, unless
// another component fails anyway.
type EachIs struct {
	Type     string   `yaml:"type"`
	Types    []string `yaml:"types"` // several that mean the same
	Names    []string `yaml:"names"` // patterns such as CT0.*; none means all
	NotNames []string `yaml:"not_names"`
	Status   []string `yaml:"status"`
}

// MetricIs asks for the newest value of one series.
type MetricIs struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"`
	Op     string            `yaml:"op"`
	Value  float64           `yaml:"value"`
	Unit   string            `yaml:"unit"` // of Value and of the series: percent, celsius, hours, minutes, seconds, microseconds, bytes, or empty
}

// GrowthIs asks how much one series rose over a window (newest minus oldest). A
// series known for less than half the window is no data.
type GrowthIs struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"`
	Window time.Duration     `yaml:"window"`
	Op     string            `yaml:"op"`
	Value  float64           `yaml:"value"`
	Unit   string            `yaml:"unit"`
}

// AlertIs asks whether an alert of a rule, or of any of several, is open.
type AlertIs struct {
	Rule  string   `yaml:"rule"`
	Rules []string `yaml:"rules"` // several
	Open  bool     `yaml:"open"`
}

func (a *AlertIs) rules() []string {
	if a.Rule == "" {
		return a.Rules
	}
	return append([]string{a.Rule}, a.Rules...)
}

// Verdict is the answer with what it rests on.
type Verdict struct {
	Result Result    `json:"result"`
	Found  Finding   `json:"found"`
	At     time.Time `json:"at,omitzero"`      // time of the data, of the newest value for a growth
	Reason string    `json:"reason,omitempty"` // why unknown
}

// Finding is what was seen, as data; [Predicate.Describe] makes words of it.
type Finding struct {
	Number float64  `json:"number"`
	Total  int      `json:"total,omitempty"`
	Names  []string `json:"names,omitempty"`
}

// Eval asks the predicate. Data older than maxAge at now is unknown; maxAge 0
// accepts any age.
func (p Predicate) Eval(ctx context.Context, now time.Time, f Facts, maxAge time.Duration) Verdict {
	var v Verdict
	switch {
	case p.Count != nil:
		v = p.Count.eval(ctx, f)
	case p.Each != nil:
		v = p.Each.eval(ctx, f)
	case p.Metric != nil:
		v = p.Metric.eval(ctx, f, maxAge)
	case p.Growth != nil:
		v = p.Growth.eval(ctx, f)
	case p.Alert != nil:
		v = p.Alert.eval(ctx, f)
	case p.Age != nil:
		return p.Age.eval(ctx, now, f) // old data is the answer here, and no reason to have none
	case p.series() != nil:
		v = p.series().eval(ctx, f, maxAge)
	default:
		return Verdict{Result: Unknown, Reason: "the check asks nothing"}
	}
	if v.Result == Unknown || maxAge <= 0 {
		return v
	}
	age := now.Sub(v.At)
	switch {
	case age > maxAge:
		v.Result = Unknown
		v.Reason = fmt.Sprintf("the data is %s old, at most %s is allowed", age.Round(time.Second), maxAge)
	case age < -maxAge: // clocks differ a little; more than that is a clock that jumped
		v.Result = Unknown
		v.Reason = fmt.Sprintf("the data is from %s in the future: one of the clocks is wrong", (-age).Round(time.Second))
	}
	return v
}

func noData(err error) Verdict { return Verdict{Result: Unknown, Reason: err.Error()} }

func answer(ok bool) Result {
	if ok {
		return Pass
	}
	return Fail
}

func (c *CountIs) eval(ctx context.Context, f Facts) Verdict {
	parts, at, err := c.parts().of(ctx, f)
	if err != nil {
		return noData(err)
	}
	v := Verdict{At: at, Found: Finding{Total: len(parts)}}
	var open []string
	for _, p := range parts {
		switch {
		case has(c.Status, p.Status):
			v.Found.Names = append(v.Found.Names, p.Name)
		case notKnown(p.Status):
			open = append(open, p.Name)
		}
	}
	n := len(v.Found.Names)
	v.Found.Number = float64(n)
	holds := func(n int) bool { return compare(float64(n), c.Op, float64(c.Value)) }
	v.Result = answer(holds(n))
	for i := range open {
		if holds(n+i+1) != holds(n) {
			return undecided(v, open)
		}
	}
	return v
}

func (e *EachIs) eval(ctx context.Context, f Facts) Verdict {
	parts, at, err := e.parts().of(ctx, f)
	if err != nil {
		return noData(err)
	}
	v := Verdict{At: at, Found: Finding{Total: len(parts)}}
	var open []string
	for _, p := range parts {
		switch {
		case has(e.Status, p.Status):
			v.Found.Number++
		case notKnown(p.Status):
			open = append(open, p.Name)
		default:
			v.Found.Names = append(v.Found.Names, p.Name+" "+p.Status)
		}
	}
	v.Result = answer(len(v.Found.Names) == 0)
	if v.Result == Pass && len(open) > 0 {
		return undecided(v, open)
	}
	return v
}

// notKnown reports whether a status says nothing. A check that asks for the
// word itself is asked before.
func notKnown(status string) bool { return status == "" || strings.EqualFold(status, "unknown") }

func undecided(v Verdict, open []string) Verdict {
	v.Result, v.Reason = Unknown, "the status is not known of "+shorten(open)
	return v
}

// defaultWindow is how far back the newest value is looked for when the check
// names no greatest age.
const defaultWindow = 15 * time.Minute

func (m *MetricIs) eval(ctx context.Context, f Facts, maxAge time.Duration) Verdict {
	window := maxAge
	if window <= 0 {
		window = defaultWindow
	}
	values, err := f.Values(ctx, m.Name, m.Labels, window)
	if err != nil {
		return noData(err)
	}
	if len(values) == 0 {
		return noData(fmt.Errorf("%w on %s", ErrNoData, m.Name))
	}
	last := values[len(values)-1]
	if !finite(last.Value) {
		return noData(fmt.Errorf("%w on %s: the newest value is no number", ErrNoData, m.Name))
	}
	return Verdict{Result: answer(compare(last.Value, m.Op, m.Value)), Found: Finding{Number: last.Value}, At: last.At}
}

func (g *GrowthIs) eval(ctx context.Context, f Facts) Verdict {
	values, err := f.Values(ctx, g.Name, g.Labels, g.Window)
	if err != nil {
		return noData(err)
	}
	if len(values) < 2 {
		return noData(fmt.Errorf("%w on %s over %s", ErrNoData, g.Name, g.Window))
	}
	first, last := values[0], values[len(values)-1]
	// Half the window must be covered, or a short memory would read as calm.
	if last.At.Sub(first.At) < g.Window/2 {
		return noData(fmt.Errorf("%w: %s is known for %s of %s only", ErrNoData, g.Name, last.At.Sub(first.At).Round(time.Minute), g.Window))
	}
	rise := last.Value - first.Value
	if !finite(rise) {
		return noData(fmt.Errorf("%w on %s: a value is no number", ErrNoData, g.Name))
	}
	return Verdict{Result: answer(compare(rise, g.Op, g.Value)), Found: Finding{Number: rise}, At: last.At}
}

func (a *AlertIs) eval(ctx context.Context, f Facts) Verdict {
	alerts, at, err := f.Alerts(ctx)
	if err != nil {
		return noData(err)
	}
	v := Verdict{At: at}
	for _, al := range alerts {
		if slices.Contains(a.rules(), al.Rule) {
			v.Found.Names = append(v.Found.Names, strings.TrimSpace("#"+strconv.FormatUint(al.ID, 10)+" "+al.Component))
		}
	}
	v.Found.Number = float64(len(v.Found.Names))
	v.Result = answer((len(v.Found.Names) > 0) == a.Open)
	return v
}

// finite keeps NaN and infinity out: no comparison with them says anything.
func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func has(words []string, word string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}

func compare(a float64, op string, b float64) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "==":
		return a == b
	case "!=":
		return a != b
	}
	return false
}

func validOp(op string) bool { return opWords(op) != [2]string{} }

// problem says what is wrong with the predicate itself, or "".
func (p Predicate) problem() string {
	set := 0
	for _, on := range []bool{
		p.Count != nil, p.Each != nil, p.Metric != nil, p.Growth != nil, p.Alert != nil,
		p.Percentile != nil, p.Rate != nil, p.Steady != nil, p.Same != nil, p.Age != nil,
	} {
		if on {
			set++
		}
	}
	switch {
	case set != 1:
		return fmt.Sprintf("asks %d questions, want exactly one of count, each, metric, growth, alert, percentile, rate, steady, same, age", set)
	case p.Age != nil:
		return p.Age.problem()
	case p.series() != nil:
		return p.series().problem()
	case p.Count != nil && (len(p.Count.Status) == 0 || !validOp(p.Count.Op) || p.Count.Value < 0):
		return "count needs type, status, op and a value from 0"
	case p.Count != nil && p.Count.parts().problem() != "":
		return "count " + p.Count.parts().problem()
	case p.Each != nil && len(p.Each.Status) == 0:
		return "each needs type and status"
	case p.Each != nil && p.Each.parts().problem() != "":
		return "each " + p.Each.parts().problem()
	case p.Metric != nil && (p.Metric.Name == "" || !validOp(p.Metric.Op) || !validUnit(p.Metric.Unit)):
		return "metric needs name, op, value, and a unit that is known"
	case p.Growth != nil && (p.Growth.Name == "" || p.Growth.Window <= 0 || !validOp(p.Growth.Op) || !validUnit(p.Growth.Unit)):
		return "growth needs name, window, op, value, and a unit that is known"
	case p.Alert != nil && (len(p.Alert.rules()) == 0 || slices.Contains(p.Alert.rules(), "")):
		return "alert needs a rule"
	}
	return ""
}
