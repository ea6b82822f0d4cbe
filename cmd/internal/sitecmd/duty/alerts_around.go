package duty

import (
	"context"
	"fmt"
	"math"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/chart"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"
	"darksite/localmon/units"
)

// Bounds of what is shown of the samples around an alert.
const (
	aroundSpan   = time.Hour // before it began and after it fired
	aroundLimit  = 3         // series
	aroundHeight = 6         // lines of a chart
)

// course is one series around the time an alert was raised.
type course struct {
	key    localmon.SeriesKey
	unit   string
	points []localmon.Point
}

// around is what the history still holds of the time an alert was raised.
type around struct {
	window  localmon.Window
	courses []course
	more    int  // series that fit and are not shown
	metrics bool // the rule of the alert reads metrics
}

// alertSamples is a course, as show prints it.
type alertSamples struct {
	Series string        `json:"series"`
	Unit   string        `json:"unit,omitempty"`
	Step   float64       `json:"step_seconds"`
	Points []alertSample `json:"points"` // empty when the samples are gone
}

type alertSample struct {
	At    time.Time `json:"at"`
	Value string    `json:"value"`
}

func (r around) views() []alertSamples {
	out := []alertSamples{}
	for _, c := range r.courses {
		v := alertSamples{Series: c.key.Series(), Unit: c.unit, Step: r.window.Step.Seconds(), Points: []alertSample{}}
		for _, p := range c.points {
			v.Points = append(v.Points, alertSample{p.At, chart.Number(p.Value)})
		}
		out = append(out, v)
	}
	return out
}

// around reads what an alert is about from an hour before it began to an hour
// after it fired.
func (a *app) around(ctx context.Context, s *sight.Sight, al localmon.Alert) (around, error) {
	rules, err := rules.InForce(a.Site)
	if err != nil {
		return around{}, err
	}
	to := al.Since
	if al.Fired.After(to) {
		to = al.Fired
	}
	r := around{window: localmon.Window{From: al.Since.Add(-aroundSpan), To: to.Add(aroundSpan), Agg: localmon.AggAvg}}
	columns := max(10, a.Env.Width()-chart.Margin)
	r.window.Step = chart.Step(r.window.To.Sub(r.window.From), columns)
	r.window.From, r.window.To = r.window.From.Truncate(r.window.Step), r.window.To.Add(r.window.Step-1).Truncate(r.window.Step)
	for _, metric := range rules.Metrics(al) {
		r.metrics = true
		series, err := s.Series(ctx, localmon.Selector{Target: al.Target, Metric: metric})
		if err != nil {
			return around{}, err
		}
		for _, one := range series {
			if !rules.Concerns(al, one.Key) {
				continue
			}
			if len(r.courses) == aroundLimit {
				r.more++
				continue
			}
			c := course{key: one.Key, unit: string(one.Unit)}
			for p, err := range s.Range(ctx, one.Key, r.window) {
				if err != nil {
					return around{}, err
				}
				c.points = append(c.points, p)
			}
			r.courses = append(r.courses, c)
		}
	}
	return r, nil
}

// printAround draws the values around the raise and says them in words.
func (a *app) printAround(al localmon.Alert, r around) {
	say := func(format string, args ...any) {
		for _, l := range cli.Wrap(cli.Printable(fmt.Sprintf(format, args...)), a.Env.Width()) {
			fmt.Fprintln(a.Env.Out, l)
		}
	}
	here := a.Env.Now().Location()
	if r.metrics && len(r.courses) == 0 {
		fmt.Fprintln(a.Env.Out)
		say("no series of the history is what this alert is about; it may be gone")
	}
	for _, c := range r.courses {
		fmt.Fprintln(a.Env.Out)
		say("%s around %s", c.key.Series(), al.Since.In(here).Format("2006-01-02 15:04"))
		w := r.window
		w.From, w.To = w.From.In(here), w.To.In(here)
		values, seen := chart.Columns(c.points, w)
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range c.points {
			if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
				low, high = min(low, p.Value), max(high, p.Value)
			}
		}
		if low > high {
			say("its samples of that time are gone, or were never taken")
			continue
		}
		fmt.Fprintln(a.Env.Out, chart.Draw(values, w, c.unit, aroundHeight))
		say("%s when it began, lowest %s, highest %s; %d of %d steps of %s have data",
			valueAt(c, al.Since), chart.Said(low, c.unit), chart.Said(high, c.unit), seen, len(values), units.Duration(w.Step))
	}
	if r.more > 0 {
		say("%d more series belong to it: darksite history series", r.more)
	}
}

// valueAt is the newest value not after a time.
func valueAt(c course, at time.Time) string {
	value := "nothing known"
	for _, p := range c.points {
		if p.At.After(at) {
			break
		}
		value = chart.Said(p.Value, c.unit)
	}
	return value
}
