package trend_test

import (
	"encoding/json"
	"testing"
	"time"

	"darksite/localmon/trend"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func feed(l *trend.Line, span, every time.Duration, f func(days float64) float64) time.Time {
	at := start
	for ; at.Sub(start) <= span; at = at.Add(every) {
		l.Add(at, f(at.Sub(start).Hours()/24))
	}
	return at
}

func TestStraightLine(t *testing.T) {
	for _, span := range []time.Duration{2 * time.Hour, 12 * time.Hour, 3 * 24 * time.Hour, 30 * 24 * time.Hour} {
		var l trend.Line
		feed(&l, span, time.Minute, func(d float64) float64 { return 60 + 2*d })
		require.LessOrEqual(t, len(l.Points), trend.MaxPoints)
		f, ok := l.Fit()
		require.True(t, ok)
		require.InDelta(t, 2, f.PerDay, 0.01)
		limit := f.Value + 2*max(span.Hours()/24, 1)
		fc, ok := f.Until(limit)
		require.True(t, ok)
		require.InDelta(t, (limit-f.Value)/2*24, fc.Likely.Hours(), 12)
		require.LessOrEqual(t, fc.Earliest, fc.Likely)
		if span > 10*time.Hour { // from two hours nobody knows about tomorrow
			require.GreaterOrEqual(t, fc.Latest, fc.Likely)
		}
	}
}

func TestOutliersDoNotMoveIt(t *testing.T) {
	var l trend.Line
	n := 0
	feed(&l, 10*24*time.Hour, 5*time.Minute, func(d float64) float64 {
		if n++; n > 500 && n < 560 {
			return 3 // a dive for five hours
		}
		return 50 + 0.5*d
	})
	f, ok := l.Fit()
	require.True(t, ok)
	require.InDelta(t, 0.5, f.PerDay, 0.05)
}

func TestNoForecast(t *testing.T) {
	var flat, shrink, young trend.Line
	feed(&flat, 48*time.Hour, time.Minute, func(float64) float64 { return 70 })
	feed(&shrink, 48*time.Hour, time.Minute, func(d float64) float64 { return 70 - d })
	feed(&young, 30*time.Minute, time.Minute, func(d float64) float64 { return 70 + d })
	f, ok := flat.Fit()
	require.True(t, ok)
	_, ok = f.Until(100)
	require.False(t, ok)
	f, ok = shrink.Fit()
	require.True(t, ok)
	_, ok = f.Until(100)
	require.False(t, ok)
	_, ok = young.Fit()
	require.False(t, ok)
	fc, ok := f.Until(10)
	require.True(t, ok, "already past it")
	require.Zero(t, fc.Likely)
}

// The further a forecast looks beyond what it has seen, the less it knows.
func TestAFarForecastHasNoLatest(t *testing.T) {
	var l trend.Line
	feed(&l, 5*24*time.Hour, time.Hour, func(d float64) float64 { return 10 + 0.01*d })
	f, ok := l.Fit()
	require.True(t, ok)
	fc, ok := f.Until(20)
	require.True(t, ok)
	require.InDelta(t, 1000, fc.Likely.Hours()/24, 20)
	require.Zero(t, fc.Latest)
}

func TestClockSetBackBeginsAnew(t *testing.T) {
	var l trend.Line
	at := feed(&l, 48*time.Hour, time.Minute, func(d float64) float64 { return d })
	l.Add(at.Add(-24*time.Hour), 5)
	require.Len(t, l.Points, 1)
}

func TestStoredAsJSON(t *testing.T) {
	var l, back trend.Line
	feed(&l, 48*time.Hour, time.Minute, func(d float64) float64 { return d })
	data, err := json.Marshal(l)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, l, back)
	require.Less(t, len(data), 10_000)
}
