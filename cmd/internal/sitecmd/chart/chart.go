package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/units"

	"github.com/guptarohit/asciigraph"
)

// Margin is what the labels of the axes take of the width.
const Margin = 18

// Step is the step that makes a span fit: whole seconds, from 5 minutes
// on whole ones of 5, from an hour on whole hours.
func Step(span time.Duration, columns int) time.Duration {
	step := span/time.Duration(columns-1) + 1
	unit := time.Second
	switch {
	case step > time.Hour-5*time.Minute:
		unit = time.Hour
	case step > 4*time.Minute:
		unit = 5 * time.Minute
	}
	return (step + unit - 1).Truncate(unit)
}

// Draw makes the picture: values on the left, times below.
func Draw(values []float64, w localmon.Window, unit string, height int) string {
	layout := "15:04"
	if span := w.To.Sub(w.From); span > 48*time.Hour {
		layout = "01-02"
	} else if span < 10*time.Minute {
		layout = "15:04:05"
	}
	finite := make([]float64, len(values))
	for i, v := range values {
		if finite[i] = v; math.IsInf(v, 0) {
			finite[i] = math.NaN() // it has no place on an axis
		}
	}
	picture := asciigraph.Plot(finite, asciigraph.Height(height),
		asciigraph.YAxisValueFormatter(func(v float64) string { return Said(v, unit) }),
		asciigraph.XAxisRange(float64(w.From.Unix()), float64(w.From.Add(time.Duration(max(len(values)-1, 1))*w.Step).Unix())),
		asciigraph.XAxisTickCount(max(2, min(6, len(values)/12))),
		asciigraph.XAxisValueFormatter(func(v float64) string { return time.Unix(int64(v), 0).In(w.From.Location()).Format(layout) }))
	lines := strings.Split(picture, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// Said is a value for people.
func Said(v float64, unit string) string {
	if unit == "" {
		return Number(v)
	}
	return units.Value(v, unit)
}

// Columns puts points into the columns of a chart and counts the columns that
// have one. Between two points not further apart than is usual for the series
// the earlier value holds; everything else is a gap.
func Columns(pts []localmon.Point, w localmon.Window) (values []float64, seen int) {
	values = make([]float64, int(w.To.Sub(w.From)/w.Step))
	for i := range values {
		values[i] = math.NaN()
	}
	usual, last := usualGap(pts), -1
	for n, pt := range pts {
		i := int(pt.At.Sub(w.From) / w.Step)
		if i < 0 || i >= len(values) {
			continue
		}
		if last >= 0 && pt.At.Sub(pts[n-1].At) <= usual {
			for j := last + 1; j < i; j++ {
				values[j] = pts[n-1].Value
			}
		}
		if math.IsNaN(values[i]) {
			seen++
		}
		values[i], last = pt.Value, i
	}
	return values, seen
}

// usualGap is twice the median distance of points: what is further apart is a gap.
func usualGap(pts []localmon.Point) time.Duration {
	if len(pts) < 2 {
		return 0
	}
	gaps := make([]time.Duration, 0, len(pts)-1)
	for i := 1; i < len(pts); i++ {
		gaps = append(gaps, pts[i].At.Sub(pts[i-1].At))
	}
	slices.Sort(gaps)
	return 2 * gaps[len(gaps)/2]
}

// Number is a value without a unit, for people.
func Number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
