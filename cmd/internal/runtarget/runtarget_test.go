package runtarget_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"testing"
	"time"

	"darksite/cmd/internal/runtarget"
	"darksite/localmon"
	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

var factsNow = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)

// looks is a source that says what it is told to, and counts.
type looks struct {
	batch localmon.Batch
	err   error
	n     int
}

func (l *looks) Target() string { return "fa-1" }

func (l *looks) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	l.n++
	b := l.batch
	b.Target, b.At = "fa-1", now
	return b, l.err
}

// known is a history of series.
type known map[localmon.SeriesKey][]localmon.Point

func (p known) Series(_ context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	var out []localmon.Series
	for key := range p {
		if sel.Matches(key) {
			out = append(out, localmon.Series{Key: key})
		}
	}
	return out, nil
}

func (p known) Range(_ context.Context, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		for _, point := range p[key] {
			if !point.At.Before(w.From) && !point.At.After(w.To) && !yield(point, nil) {
				return
			}
		}
	}
}

// Last implements runtarget.Sight.
func (p known) Last(_ context.Context, sel localmon.Selector) (all []localmon.Latest, err error) {
	for key, points := range p {
		if sel.Matches(key) {
			all = append(all, localmon.Latest{Key: key, Point: points[len(points)-1]})
		}
	}
	return all, nil
}

// Alerts implements runtarget.Sight.
func (p known) Alerts(context.Context) ([]localmon.Alert, error) {
	return []localmon.Alert{
		{ID: 7, Target: "fa-1", Rule: "psu-failed", Component: "CH0.PWR0", Severity: 2, Status: localmon.StatusFiring},
		{ID: 8, Target: "fa-1", Rule: "port-down", Status: localmon.StatusPending},
		{ID: 9, Target: "fa-2", Rule: "drive-failed", Status: localmon.StatusFiring},
	}, nil
}

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func ago(d time.Duration, v float64) localmon.Point {
	return localmon.Point{At: factsNow.Add(-d), Value: v}
}

func key(metric string, labels ...string) localmon.SeriesKey {
	return localmon.SeriesKey{Target: "fa-1", Metric: metric, Labels: localmon.FormatLabels(labels...)}
}

func factsOf(l *looks, p known) (*runtarget.Live, *clock) {
	c := &clock{factsNow}
	return runtarget.NewLive(l, p, c.now), c
}

// fresh is how long one look serves.
const fresh = 10 * time.Second

func TestFactsComponents(t *testing.T) {
	l := &looks{batch: localmon.Batch{States: []localmon.ComponentState{
		{Type: "drive", Component: "CH0.BAY3", Status: "failed"}, {Type: "fan", Component: "FAN0", Status: "ok"},
	}}}
	f, c := factsOf(l, nil)
	got, at, err := f.Components(t.Context(), "drive")
	require.NoError(t, err)
	require.Equal(t, []runbooks.Component{{Name: "CH0.BAY3", Type: "drive", Status: "failed"}}, got)
	require.Equal(t, factsNow, at)
	_, _, err = f.Components(t.Context(), "blade")
	require.ErrorIs(t, err, runbooks.ErrNoData, "nothing listed is no data, and no zero")
	require.Equal(t, 1, l.n, "one look serves what is asked together")

	c.at = factsNow.Add(fresh)
	l.err = errors.New("connection refused")
	_, _, err = f.Components(t.Context(), "drive")
	require.ErrorIs(t, err, runbooks.ErrNoData, "a look of a moment ago does not stand for now")
	require.ErrorContains(t, err, "connection refused")
	require.Equal(t, 2, l.n)

	c.at = factsNow.Add(-time.Hour) // the clock was put back
	_, _, err = f.Components(t.Context(), "drive")
	require.Error(t, err)
	require.Equal(t, 3, l.n, "a look from the future serves nobody")
}

func TestFactsValues(t *testing.T) {
	read, write := key("latency", "dimension", "read"), key("latency", "dimension", "write")
	p := known{read: {ago(2*time.Hour, 1), ago(time.Hour, 2), ago(time.Minute, 3)}, write: {ago(time.Minute, 9)}}
	l := &looks{batch: localmon.Batch{Samples: []localmon.Sample{{Key: read, Value: 4}, {Key: key("space"), Value: 70}}}}
	f, c := factsOf(l, p)
	only := map[string]string{"dimension": "read"}
	got, err := f.Values(t.Context(), "latency", only, 90*time.Minute)
	require.NoError(t, err)
	require.Equal(t, []runbooks.Value{{At: factsNow.Add(-time.Hour), Value: 2}, {At: factsNow.Add(-time.Minute), Value: 3}, {At: factsNow, Value: 4}}, got, "the window of the past, then now")
	got, err = f.Values(t.Context(), "space", nil, time.Hour)
	require.NoError(t, err)
	require.Equal(t, []runbooks.Value{{At: factsNow, Value: 70}}, got, "what has no past has a now")
	_, err = f.Values(t.Context(), "latency", nil, time.Hour)
	require.ErrorIs(t, err, runbooks.ErrNoData, "which of two series was meant nobody knows")
	got, err = f.Values(t.Context(), "nothing", nil, time.Hour)
	require.NoError(t, err)
	require.Empty(t, got)
	l.err, c.at = errors.New("timeout"), factsNow.Add(fresh)
	_, err = f.Values(t.Context(), "latency", only, time.Hour)
	require.ErrorIs(t, err, runbooks.ErrNoData, "an array that does not answer has no now, whatever the history says")
}

func TestFactsAlertsAreAsOldAsTheMonitorsSight(t *testing.T) {
	const up = "localmon_source_up"
	for name, c := range map[string]struct {
		past known
		want time.Duration // ago; negative: nobody knows
	}{
		"seen a minute ago":            {known{key(up): {ago(time.Hour, 1), ago(time.Minute, 1)}}, time.Minute},
		"lost since an hour":           {known{key(up): {ago(time.Hour, 1), ago(time.Minute, 0)}}, time.Hour},
		"never seen":                   {known{key(up): {ago(time.Minute, 0)}}, -1},
		"not seen for more than a day": {known{key(up): {ago(25*time.Hour, 1)}}, -1},
		"nothing stored":               {known{}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := factsOf(&looks{}, c.past)
			alerts, at, err := f.Alerts(t.Context())
			if c.want < 0 {
				require.ErrorIs(t, err, runbooks.ErrNoData)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []runbooks.OpenAlert{{ID: 7, Rule: "psu-failed", Component: "CH0.PWR0", Severity: 2}}, alerts, "what fires at this target")
			require.Equal(t, factsNow.Add(-c.want), at)
		})
	}
}

func TestFactsIdentity(t *testing.T) {
	l := &looks{}
	f, c := factsOf(l, nil)
	_, err := f.Identity(t.Context())
	require.ErrorContains(t, err, "fa-1 does not tell its serial number")
	l.batch.Info, c.at = &localmon.Array{Serial: "s-1"}, c.at.Add(fresh)
	got, err := f.Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, "s-1", got)
	l.batch.Info, c.at = nil, c.at.Add(fresh)
	got, err = f.Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, "s-1", got, "not every look reads it")
	l.err, c.at = errors.New("timeout"), c.at.Add(fresh)
	_, err = f.Identity(t.Context())
	require.ErrorContains(t, err, "timeout")
}

// slowly is a source that reads a list only when it is made due.
type slowly struct {
	looks
	due bool
}

func (s *slowly) Afresh() { s.due = true }

func (s *slowly) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	b, err := s.looks.Collect(ctx, now)
	if !s.due {
		b.States = nil
	}
	s.due = false
	return b, err
}

func TestALookOfARunReadsWhatIsReadSeldom(t *testing.T) {
	l := &slowly{looks: looks{batch: localmon.Batch{States: []localmon.ComponentState{{Type: "replica-link", Component: "pod1", Status: "unhealthy"}}}}}
	c := &clock{factsNow}
	f := runtarget.NewLive(l, known{}, c.now)
	for range 3 {
		parts, at, err := f.Components(t.Context(), "replica-link")
		require.NoError(t, err)
		require.Len(t, parts, 1)
		require.Equal(t, c.at, at)
		c.at = c.at.Add(time.Minute)
	}
}

func TestThePastAnswersWithItsOwnTime(t *testing.T) {
	part := func(name, status string, d time.Duration) known {
		return known{key(localmon.ComponentStateMetric, "component_name", name, "component_status", status, "component_type", "drive"): {ago(d, 1)}}
	}
	kept := known{}
	maps.Copy(kept, part("CH0.BAY3", "healthy", time.Hour))
	maps.Copy(kept, part("CH0.BAY3", "failed", time.Minute))
	maps.Copy(kept, part("CH0.BAY4", "healthy", time.Minute))
	f := runtarget.NewPast("fa-1", kept, func() time.Time { return factsNow })
	parts, at, err := f.Components(t.Context(), "drive")
	require.NoError(t, err)
	require.ElementsMatch(t, []runbooks.Component{{Name: "CH0.BAY3", Type: "drive", Status: "failed"}, {Name: "CH0.BAY4", Type: "drive", Status: "healthy"}}, parts)
	require.Equal(t, factsNow.Add(-time.Minute), at)
	_, _, err = f.Components(t.Context(), "controller")
	require.ErrorIs(t, err, runbooks.ErrNoData)

	failed := runbooks.Predicate{Count: &runbooks.CountIs{Type: "drive", Status: []string{"failed"}, Op: "==", Value: 1}}
	require.Equal(t, runbooks.Pass, failed.Eval(t.Context(), factsNow, f, 2*time.Minute).Result)
	require.Equal(t, runbooks.Unknown, failed.Eval(t.Context(), factsNow.Add(2*time.Minute), f, 2*time.Minute).Result, "old is unknown")
}
