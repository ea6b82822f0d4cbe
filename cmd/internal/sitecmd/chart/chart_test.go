package chart_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/sitecmd/chart"
	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestAStepMakesTheSpanFitInRoundTimes(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{
		time.Minute:         time.Second,
		2 * time.Hour:       2 * time.Minute,
		24 * time.Hour:      25 * time.Minute,
		30 * 24 * time.Hour: 12 * time.Hour,
	} {
		step := chart.Step(span, 62)
		require.LessOrEqual(t, span/step, time.Duration(62))
		require.LessOrEqual(t, step, want, span)
	}
}

func TestAColumnWithoutAPointIsAGap(t *testing.T) {
	from := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	w := localmon.Window{From: from, To: from.Add(10 * time.Minute), Step: time.Minute}
	var pts []localmon.Point
	for _, m := range []int{0, 1, 2, 7, 8, 9} {
		pts = append(pts, localmon.Point{At: from.Add(time.Duration(m) * time.Minute), Value: float64(m)})
	}
	values, seen := chart.Columns(pts, w)
	require.Len(t, values, 10)
	require.Equal(t, 6, seen)
	require.True(t, math.IsNaN(values[4]), "nothing was seen then")
	require.InDelta(t, 9, values[9], 0)
	picture := chart.Draw(values, w, "", 4)
	require.GreaterOrEqual(t, strings.Count(picture, "\n"), 4)
	require.NotPanics(t, func() { chart.Draw([]float64{math.Inf(1), 1}, w, "", 4) })
}
