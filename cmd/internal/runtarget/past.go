package runtarget

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/runbooks"
)

// known is what is known of a target without asking it.
type known struct {
	sight  Sight
	target string
	now    func() time.Time
}

// Past answers a runbook's questions from what the monitor kept.
type Past struct{ known }

// NewPast makes the facts of a target from its history.
func NewPast(target string, s Sight, now func() time.Time) *Past {
	return &Past{known{sight: s, target: target, now: now}}
}

// Components implements runbooks.Facts: the newest list of the type, with the time
// of the look that read it.
func (f *Past) Components(ctx context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	sel := localmon.Selector{Target: f.target, Metric: localmon.ComponentStateMetric, Labels: []localmon.Label{{Name: "component_type", Value: kind}}}
	all, err := f.sight.Last(ctx, sel)
	if err != nil {
		return nil, time.Time{}, err
	}
	states, at := localmon.NewestStates(all, kind)
	return f.parts(states, at, kind)
}

func (f known) parts(states []localmon.ComponentState, at time.Time, kind string) ([]runbooks.Component, time.Time, error) {
	if len(states) == 0 {
		return nil, time.Time{}, fmt.Errorf("%w: %s lists no %s", runbooks.ErrNoData, f.target, kind)
	}
	out := make([]runbooks.Component, 0, len(states))
	for _, s := range states {
		out = append(out, runbooks.Component{Name: s.Component, Type: s.Type, Status: s.Status})
	}
	return out, at, nil
}

func (f known) series(metric string, labels map[string]string) localmon.Selector {
	want := localmon.Selector{Target: f.target, Metric: metric}
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		want.Labels = append(want.Labels, localmon.Label{Name: k, Value: labels[k]})
	}
	return want
}

// Values implements runbooks.Facts.
func (f known) Values(ctx context.Context, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	now := f.now()
	series, err := f.sight.Series(ctx, f.series(metric, labels))
	if err != nil {
		return nil, err
	}
	if len(series) > 1 {
		return nil, fmt.Errorf("%w: %d series fit %s", runbooks.ErrNoData, len(series), metric)
	}
	var out []runbooks.Value
	for _, s := range series {
		for p, err := range f.sight.Range(ctx, s.Key, localmon.Window{From: now.Add(-window), To: now}) {
			if err != nil {
				return nil, err
			}
			out = append(out, runbooks.Value{At: p.At, Value: p.Value})
		}
	}
	return out, nil
}

// Alerts implements runbooks.Facts. They are as old as the newest look of the
// monitor that brought something: one that stands still closes no alert.
func (f known) Alerts(ctx context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	at, err := f.judged(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	alerts, err := f.sight.Alerts(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	var out []runbooks.OpenAlert
	for _, al := range alerts {
		if al.Target == f.target && al.Status == localmon.StatusFiring {
			out = append(out, runbooks.OpenAlert{ID: al.ID, Rule: al.Rule, Component: al.Component, Severity: int(al.Severity)})
		}
	}
	return out, at, nil
}

// judged is when the monitor last saw the target, within the last day.
func (f known) judged(ctx context.Context) (time.Time, error) {
	const up = "localmon_source_up"
	series, err := f.sight.Series(ctx, localmon.Selector{Target: f.target, Metric: up})
	if err != nil {
		return time.Time{}, err
	}
	var at time.Time
	now := f.now()
	for _, s := range series {
		for p, err := range f.sight.Range(ctx, s.Key, localmon.Window{From: now.Add(-24 * time.Hour), To: now}) {
			if err != nil {
				return time.Time{}, err
			}
			if p.Value == 1 && p.At.After(at) {
				at = p.At
			}
		}
	}
	if at.IsZero() {
		return time.Time{}, fmt.Errorf("%w: the monitor has not seen %s for a day", runbooks.ErrNoData, f.target)
	}
	return at, nil
}
