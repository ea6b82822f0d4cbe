package runbooks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// PercentileIs asks for a percentile of one series over a window, by nearest
// rank. A series known for less than half the window is no data.
type PercentileIs struct {
	Name    string            `yaml:"name"`
	Labels  map[string]string `yaml:"labels"`
	Window  time.Duration     `yaml:"window"`
	Percent float64           `yaml:"percent"` // above 0 to 100
	Op      string            `yaml:"op"`
	Value   float64           `yaml:"value"`
	Unit    string            `yaml:"unit"`
}

// RateIs asks how fast one series rises over a window, per hour: newest minus
// oldest over the time between them.
type RateIs struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"`
	Window time.Duration     `yaml:"window"`
	Op     string            `yaml:"op"`
	Value  float64           `yaml:"value"`
	Unit   string            `yaml:"unit"`
}

// SteadyIs asks that one series has not changed over a window by more than
// Within, which says of a counter that nothing was counted since.
type SteadyIs struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"`
	Window time.Duration     `yaml:"window"`
	Within float64           `yaml:"within"`
	Unit   string            `yaml:"unit"`
}

// SameIs asks that the newest values of one series for each of several values of
// a label differ by at most Within, such as the clocks of both controllers.
type SameIs struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"` // besides On
	On     string            `yaml:"on"`     // the label
	Of     []string          `yaml:"of"`     // its values, two or more
	Within float64           `yaml:"within"`
	Unit   string            `yaml:"unit"`
}

// AgeIs asks how old the newest value of one series is. It is the one question
// that old data answers; max_age is how far back it looks.
type AgeIs struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"`
	Window time.Duration     `yaml:"window"` // how far back to look
	Op     string            `yaml:"op"`
	Value  time.Duration     `yaml:"value"`
}

// question is a predicate about the values of a series.
type question interface {
	eval(ctx context.Context, f Facts, maxAge time.Duration) Verdict
	problem() string
	sentence(l Lang) string
	describe(l Lang, v Verdict) string
}

func (p Predicate) series() question {
	switch {
	case p.Percentile != nil:
		return p.Percentile
	case p.Rate != nil:
		return p.Rate
	case p.Steady != nil:
		return p.Steady
	case p.Same != nil:
		return p.Same
	}
	return nil
}

// course reads a series that must cover half its window, all of it numbers.
func course(ctx context.Context, f Facts, name string, labels map[string]string, window time.Duration) ([]Value, error) {
	values, err := f.Values(ctx, name, labels, window)
	if err != nil {
		return nil, err
	}
	if len(values) < 2 {
		return nil, fmt.Errorf("%w on %s over %s", ErrNoData, name, window)
	}
	// Half the window must be covered, or a short memory would read as calm.
	if span := values[len(values)-1].At.Sub(values[0].At); span < window/2 {
		return nil, fmt.Errorf("%w: %s is known for %s of %s only", ErrNoData, name, span.Round(time.Minute), window)
	}
	if slices.ContainsFunc(values, func(v Value) bool { return !finite(v.Value) }) {
		return nil, fmt.Errorf("%w on %s: a value is no number", ErrNoData, name)
	}
	return values, nil
}

func (p *PercentileIs) eval(ctx context.Context, f Facts, _ time.Duration) Verdict {
	values, err := course(ctx, f, p.Name, p.Labels, p.Window)
	if err != nil {
		return noData(err)
	}
	sorted := make([]float64, 0, len(values))
	for _, v := range values {
		sorted = append(sorted, v.Value)
	}
	slices.Sort(sorted)
	rank := min(len(sorted), max(1, int(math.Ceil(p.Percent/100*float64(len(sorted))))))
	found := sorted[rank-1]
	return Verdict{Result: answer(compare(found, p.Op, p.Value)), Found: Finding{Number: found}, At: values[len(values)-1].At}
}

func (p *PercentileIs) problem() string {
	if p.Name == "" || p.Window <= 0 || p.Percent <= 0 || p.Percent > 100 || !validOp(p.Op) || !validUnit(p.Unit) {
		return "percentile needs name, window, percent (to 100), op, value, and a unit that is known"
	}
	return ""
}

func (p *PercentileIs) sentence(l Lang) string {
	return fmt.Sprintf(Text{
		EN: "percentile %s of %s over %s is %s", FR: "le percentile %s de %s sur %s est : %s",
	}.In(l), quantity(l, p.Percent, "", -1), series(p.Name, p.Labels), window(l, p.Window), bound(l, p.Op, p.Value, p.Unit))
}

func (p *PercentileIs) describe(l Lang, v Verdict) string {
	return measured(l, v.Found.Number, p.Op, p.Value, p.Unit)
}

func (r *RateIs) eval(ctx context.Context, f Facts, _ time.Duration) Verdict {
	values, err := course(ctx, f, r.Name, r.Labels, r.Window)
	if err != nil {
		return noData(err)
	}
	first, last := values[0], values[len(values)-1]
	rate := (last.Value - first.Value) / last.At.Sub(first.At).Hours()
	return Verdict{Result: answer(compare(rate, r.Op, r.Value)), Found: Finding{Number: rate}, At: last.At}
}

func (r *RateIs) problem() string {
	if r.Name == "" || r.Window <= 0 || !validOp(r.Op) || !validUnit(r.Unit) {
		return "rate needs name, window, op, value, and a unit that is known"
	}
	return ""
}

func (r *RateIs) sentence(l Lang) string {
	return fmt.Sprintf(Text{
		EN: "the rise of %s per hour, over %s, is %s", FR: "la hausse horaire de %s, sur %s, est : %s",
	}.In(l), series(r.Name, r.Labels), window(l, r.Window), bound(l, r.Op, r.Value, r.Unit))
}

func (r *RateIs) describe(l Lang, v Verdict) string {
	return measured(l, v.Found.Number, r.Op, r.Value, r.Unit)
}

func (s *SteadyIs) eval(ctx context.Context, f Facts, _ time.Duration) Verdict {
	values, err := course(ctx, f, s.Name, s.Labels, s.Window)
	if err != nil {
		return noData(err)
	}
	low, high := values[0].Value, values[0].Value
	for _, v := range values {
		low, high = min(low, v.Value), max(high, v.Value)
	}
	return Verdict{Result: answer(high-low <= s.Within), Found: Finding{Number: high - low}, At: values[len(values)-1].At}
}

func (s *SteadyIs) problem() string {
	if s.Name == "" || s.Window <= 0 || s.Within < 0 || !validUnit(s.Unit) {
		return "steady needs name, window, within from 0, and a unit that is known"
	}
	return ""
}

func (s *SteadyIs) sentence(l Lang) string {
	return fmt.Sprintf(Text{
		EN: "%s has changed over %s by %s", FR: "%s a varié sur %s de : %s",
	}.In(l), series(s.Name, s.Labels), window(l, s.Window), bound(l, "<=", s.Within, s.Unit))
}

func (s *SteadyIs) describe(l Lang, v Verdict) string {
	return measured(l, v.Found.Number, "<=", s.Within, s.Unit)
}

func (s *SameIs) eval(ctx context.Context, f Facts, maxAge time.Duration) Verdict {
	back := maxAge
	if back <= 0 {
		back = defaultWindow
	}
	var v Verdict
	low, high := math.Inf(1), math.Inf(-1)
	for _, each := range s.Of {
		labels := map[string]string{s.On: each}
		for k, val := range s.Labels {
			labels[k] = val
		}
		values, err := f.Values(ctx, s.Name, labels, back)
		if err != nil {
			return noData(err)
		}
		if len(values) == 0 || !finite(values[len(values)-1].Value) {
			return noData(fmt.Errorf("%w on %s", ErrNoData, series(s.Name, labels)))
		}
		last := values[len(values)-1]
		if v.At.IsZero() || last.At.Before(v.At) { // as old as the oldest of them
			v.At = last.At
		}
		low, high = min(low, last.Value), max(high, last.Value)
	}
	v.Found = Finding{Number: high - low, Total: len(s.Of)}
	v.Result = answer(high-low <= s.Within)
	return v
}

func (s *SameIs) problem() string {
	if s.Name == "" || s.On == "" || len(s.Of) < 2 || slices.Contains(s.Of, "") || s.Within < 0 || !validUnit(s.Unit) {
		return "same needs name, on (a label), of (two or more of its values), within from 0, and a unit that is known"
	}
	return ""
}

func (s *SameIs) sentence(l Lang) string {
	return fmt.Sprintf(Text{
		EN: "%s differs between %s by %s", FR: "%s diffère entre %s de : %s",
	}.In(l), series(s.Name, s.Labels), list(s.Of, Text{EN: " and ", FR: " et "}.In(l)), bound(l, "<=", s.Within, s.Unit))
}

func (s *SameIs) describe(l Lang, v Verdict) string {
	return measured(l, v.Found.Number, "<=", s.Within, s.Unit)
}

func (a *AgeIs) eval(ctx context.Context, now time.Time, f Facts) Verdict {
	values, err := f.Values(ctx, a.Name, a.Labels, a.Window)
	if err != nil {
		return noData(err)
	}
	if len(values) == 0 {
		return noData(fmt.Errorf("%w on %s over %s", ErrNoData, a.Name, a.Window))
	}
	last := values[len(values)-1]
	age := now.Sub(last.At)
	if age < -time.Minute {
		return Verdict{Result: Unknown, At: last.At, Reason: fmt.Sprintf("the data is from %s in the future: one of the clocks is wrong", (-age).Round(time.Second))}
	}
	age = max(0, age)
	return Verdict{Result: answer(compare(age.Seconds(), a.Op, a.Value.Seconds())), Found: Finding{Number: age.Seconds()}, At: last.At}
}

func (a *AgeIs) problem() string {
	if a.Name == "" || a.Value <= 0 || a.Window <= a.Value || !validOp(a.Op) {
		return "age needs name, op, value, and a longer window to look back"
	}
	return ""
}

func (a *AgeIs) sentence(l Lang) string {
	return fmt.Sprintf(Text{
		EN: "the age of the newest value of %s is %s", FR: "l'âge de la dernière valeur de %s est : %s",
	}.In(l), series(a.Name, a.Labels), bound(l, a.Op, a.Value.Seconds(), "seconds"))
}

func (a *AgeIs) describe(l Lang, v Verdict) string {
	return measured(l, v.Found.Number, a.Op, a.Value.Seconds(), "seconds")
}

// window says a span in hours.
func window(l Lang, d time.Duration) string { return quantity(l, d.Hours(), "hours", -1) }
