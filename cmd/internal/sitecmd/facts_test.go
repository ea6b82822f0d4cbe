package sitecmd

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
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

func ago(d time.Duration, v float64) localmon.Point {
	return localmon.Point{At: factsNow.Add(-d), Value: v}
}

func key(metric string, labels ...string) localmon.SeriesKey {
	return localmon.SeriesKey{Target: "fa-1", Metric: metric, Labels: localmon.FormatLabels(labels...)}
}

func factsOf(l *looks, p known) *liveFacts {
	return &liveFacts{source: l, sight: &sight{Reader: p}, target: "fa-1", now: func() time.Time { return factsNow }}
}

func TestFactsComponents(t *testing.T) {
	l := &looks{batch: localmon.Batch{States: []localmon.ComponentState{
		{Type: "drive", Component: "CH0.BAY3", Status: "failed"}, {Type: "fan", Component: "FAN0", Status: "ok"},
	}}}
	f := factsOf(l, nil)
	got, at, err := f.Components(t.Context(), "drive")
	require.NoError(t, err)
	require.Equal(t, []runbooks.Component{{Name: "CH0.BAY3", Type: "drive", Status: "failed"}}, got)
	require.Equal(t, factsNow, at)
	_, _, err = f.Components(t.Context(), "blade")
	require.ErrorIs(t, err, runbooks.ErrNoData, "nothing listed is no data, and no zero")
	require.Equal(t, 1, l.n, "one look serves what is asked together")

	f.now = func() time.Time { return factsNow.Add(fresh) }
	l.err = errors.New("connection refused")
	_, _, err = f.Components(t.Context(), "drive")
	require.ErrorIs(t, err, runbooks.ErrNoData, "a look of a moment ago does not stand for now")
	require.ErrorContains(t, err, "connection refused")
	require.Equal(t, 2, l.n)

	f.now = func() time.Time { return factsNow.Add(-time.Hour) } // the clock was put back
	_, _, err = f.Components(t.Context(), "drive")
	require.Error(t, err)
	require.Equal(t, 3, l.n, "a look from the future serves nobody")
}

func TestFactsValues(t *testing.T) {
	read, write := key("latency", "dimension", "read"), key("latency", "dimension", "write")
	p := known{read: {ago(2*time.Hour, 1), ago(time.Hour, 2), ago(time.Minute, 3)}, write: {ago(time.Minute, 9)}}
	l := &looks{batch: localmon.Batch{Samples: []localmon.Sample{{Key: read, Value: 4}, {Key: key("space"), Value: 70}}}}
	f := factsOf(l, p)
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
	l.err, f.batch = errors.New("timeout"), localmon.Batch{}
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
			alerts, at, err := factsOf(&looks{}, c.past).Alerts(t.Context())
			if c.want < 0 {
				require.ErrorIs(t, err, runbooks.ErrNoData)
				return
			}
			require.NoError(t, err)
			require.Empty(t, alerts)
			require.Equal(t, factsNow.Add(-c.want), at)
		})
	}
}

func TestFactsIdentity(t *testing.T) {
	l := &looks{}
	f := factsOf(l, nil)
	_, err := f.identity(t.Context())
	require.ErrorContains(t, err, "fa-1 does not tell its serial number")
	l.batch.Info, f.batch = &localmon.Array{Serial: "s-1"}, localmon.Batch{}
	got, err := f.identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, "s-1", got)
	l.batch.Info, f.batch = nil, localmon.Batch{}
	got, err = f.identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, "s-1", got, "not every look reads it")
	l.err, f.batch = errors.New("timeout"), localmon.Batch{}
	_, err = f.identity(t.Context())
	require.ErrorContains(t, err, "timeout")
}

func TestEvidence(t *testing.T) {
	site := func(l *looks) *runSite {
		f := factsOf(l, known{})
		return &runSite{a: &app{env: &cli.Env{}}, facts: f}
	}
	l := &looks{batch: localmon.Batch{States: []localmon.ComponentState{{Type: "clock", Component: "kit", Status: "set", Detail: "2 h"}}, Partial: []localmon.EndpointError{{Endpoint: "disk", Err: errors.New("no right")}}}}
	files, err := site(l).Evidence(t.Context(), "kit-state")
	require.NoError(t, err)
	require.Equal(t, "fa-1 at 2026-11-22T14:05:00Z\nclock kit: set, 2 h\nnot read: disk: no right\n", string(files["look.txt"]))
	require.Equal(t, "[]\n", string(files["site-alerts.json"]))

	l.err = errors.New("gone")
	files, err = site(l).Evidence(t.Context(), "kit-state")
	require.NoError(t, err, "why nothing was seen is evidence too")
	require.Contains(t, string(files["look.error.txt"]), "gone")
	files, err = site(l).Evidence(t.Context(), "array-state")
	require.NoError(t, err)
	require.Contains(t, files, "site-alerts.json", "a source that hands over no replies has its alerts")
	_, err = site(l).Evidence(t.Context(), "everything")
	require.ErrorContains(t, err, `profile "everything" is not known`)
}
