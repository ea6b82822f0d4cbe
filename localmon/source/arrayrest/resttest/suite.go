package resttest

import (
	"context"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

// Source is what is under test.
type Source interface {
	localmon.Source
	Close(ctx context.Context) error
	Raw(ctx context.Context) ([]arrayrest.RawReply, error)
}

// Options are what every source takes.
type Options struct {
	Target, URL, Token, Pin string
	Timeout, RequestTimeout time.Duration
}

// Subject is a source and the array it was made for.
type Subject struct {
	Dialect Dialect
	// New makes a source.
	New func(o Options) (Source, error)
	// Small makes a healthy array of a few parts, with two parts of PartType.
	Small func(t testing.TB) *Array
	// Parts is the path of a list other than hardware whose parts have states
	// of the type PartType; Part is one item of it.
	Parts, PartType string
	Part            func(name, status string) Item
	// HardwareType is a type of part that only the list of hardware tells of,
	// HardwareMetric a series each of its parts has.
	HardwareType, HardwareMetric string
	// List is the path of a list that makes no states.
	List string
	// Alert is one item of the list of alerts: its number, a state and the
	// milliseconds of its last change. OpenAlerts is the series of open ones.
	Alert      func(n int, state string, updated int64) Item
	OpenAlerts string
	// TooOld offers no version the source speaks, Speaks is how the error says
	// what it does. Newest is the newest of NewestOf that it knows.
	TooOld   []string
	Speaks   string
	NewestOf []string
	Newest   string
	// Prefix is that of the series that are the array's own.
	Prefix string
	// Paths is all that can be asked, Spec the published description of the
	// interface and SpecVersion the version in its paths.
	Paths             []string
	Spec, SpecVersion string
}

// At is when the first look of every test begins.
func At() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

const target = "array1"

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	t.Run("sessions", s.sessions)
	t.Run("versions", s.versions)
	t.Run("one endpoint that fails", s.faults)
	t.Run("pages", s.pages)
	t.Run("hostile bodies", s.hostile)
	t.Run("redirects reach no other address", s.redirects)
	t.Run("time", s.time)
	t.Run("schedule", s.schedule)
	t.Run("alerts", s.alerts)
	t.Run("raw state", s.raw)
	t.Run("nothing but the positive list can be asked", s.positive)
	t.Run("what is not safe is refused", s.unsafe)
}

// at makes a source for the array, with time enough for a busy machine.
func (s Subject) at(t *testing.T, a *Array, change ...func(*Options)) Source {
	t.Helper()
	o := Options{Target: target, URL: a.URL, Token: Token, Pin: a.Pin(), RequestTimeout: time.Minute, Timeout: time.Minute}
	for _, f := range change {
		f(&o)
	}
	src, err := s.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = src.Close(t.Context()) })
	return src
}

// both makes a small array and a source for it.
func (s Subject) both(t *testing.T, change ...func(*Options)) (*Array, Source) {
	t.Helper()
	a := s.Small(t)
	return a, s.at(t, a, change...)
}

// Collect looks once and holds the batch against the rules.
func Collect(t testing.TB, src localmon.Source, now time.Time) localmon.Batch {
	t.Helper()
	b, err := src.Collect(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, sourcetest.Check(b, src.Target(), now))
	return b
}

// Failed lists the endpoints in Partial.
func Failed(b localmon.Batch) []string {
	var all []string
	for _, p := range b.Partial {
		all = append(all, p.Endpoint)
	}
	return all
}

// Types lists the types of the states.
func Types(b localmon.Batch) []string {
	var all []string
	for _, s := range b.States {
		all = append(all, s.Type)
	}
	return all
}

// names lists the components of one type.
func names(b localmon.Batch, kind string) []string {
	var all []string
	for _, s := range b.States {
		if s.Type == kind {
			all = append(all, s.Component)
		}
	}
	return all
}

// StateOf finds one state.
func StateOf(t testing.TB, b localmon.Batch, kind, name string) localmon.ComponentState {
	t.Helper()
	for _, s := range b.States {
		if s.Type == kind && s.Component == name {
			return s
		}
	}
	require.Failf(t, "no such state", "%s %s", kind, name)
	return localmon.ComponentState{}
}

// Value finds one sample by metric and labels.
func Value(t testing.TB, b localmon.Batch, metric string, labels ...string) float64 {
	t.Helper()
	key := localmon.SeriesKey{Target: b.Target, Metric: metric, Labels: localmon.FormatLabels(labels...)}
	for _, s := range b.Samples {
		if s.Key == key {
			return s.Value
		}
	}
	require.Failf(t, "no such sample", "%s", key)
	return 0
}

// Count counts the series of one metric.
func Count(b localmon.Batch, metric string) int {
	n := 0
	for _, s := range b.Samples {
		if s.Key.Metric == metric {
			n++
		}
	}
	return n
}
