package facts

import (
	"context"
	"maps"
	"time"

	"darksite/runbooks"
)

// Recorder asks the world and keeps what it answered. One goroutine uses it.
type Recorder struct {
	world runbooks.Facts
	set   Set
}

// Record begins to keep what a world says of a target at now.
func Record(world runbooks.Facts, target string, now time.Time) *Recorder {
	return &Recorder{world: world, set: Set{Target: target, Now: milli(now)}}
}

// Taken is what was asked and answered so far.
func (r *Recorder) Taken() *Set { return &r.set }

// milli is a time as it is kept.
func milli(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

// Components implements runbooks.Facts.
func (r *Recorder) Components(ctx context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	parts, at, err := r.world.Components(ctx, kind)
	at = milli(at)
	l := List{Type: kind}
	if err != nil {
		l.Lack = lackOf(err)
	} else {
		l.At = at
		for _, p := range parts {
			l.Parts = append(l.Parts, Part{p.Name, p.Status})
		}
	}
	r.set.Lists = append(r.set.Lists, l)
	return kept{&Set{Lists: []List{l}}}.Components(ctx, kind)
}

// Values implements runbooks.Facts.
func (r *Recorder) Values(ctx context.Context, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	values, err := r.world.Values(ctx, metric, labels, window)
	one := Series{Metric: metric, Labels: maps.Clone(labels), Window: window}
	if err != nil {
		one.Lack = lackOf(err)
	} else {
		for _, v := range thin(values) {
			one.Points = append(one.Points, Point{milli(v.At), v.Value})
		}
	}
	r.set.Series = append(r.set.Series, one)
	return kept{&Set{Now: r.set.Now, Series: []Series{one}}}.Values(ctx, metric, labels, window)
}

// Alerts implements runbooks.Facts.
func (r *Recorder) Alerts(ctx context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	open, at, err := r.world.Alerts(ctx)
	r.set.Alerts = &Alerts{At: milli(at)}
	if err != nil {
		r.set.Alerts = &Alerts{Lack: lackOf(err)}
	}
	for _, a := range open {
		r.set.Alerts.Open = append(r.set.Alerts.Open, OpenLine(a))
	}
	return kept{&r.set}.Alerts(ctx)
}

// thin keeps at most maxPoints values, evenly chosen, the first and the last
// among them.
func thin(values []runbooks.Value) []runbooks.Value {
	if len(values) <= maxPoints {
		return values
	}
	out := make([]runbooks.Value, 0, maxPoints)
	for i := range maxPoints {
		out = append(out, values[i*(len(values)-1)/(maxPoints-1)])
	}
	return out
}
