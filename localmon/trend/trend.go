// Package trend keeps a long course of one value in little room and says where
// it leads: how fast it grows, how sure that is, and when it reaches a limit.
//
// A [Line] takes values as they come and keeps at most [MaxPoints] means of
// equal spans of time. When it is full, neighbours are joined and spans are
// twice as wide, up to [MaxWidth]; from then on the oldest go. So five minutes
// are seen finely at first, and three weeks coarsely later.
//
// [FitPoints] says where a course leads. From four days on it takes the median
// growth between points whole weeks apart, or whole days where there is no week
// yet, so that daily and weekly waves cancel out and outliers do not count, and
// leans towards the newer half where the growth has changed. The uncertainty
// comes from what days added beyond the growth: steps that stay make it wide,
// noise that goes back does not. It widens with the square root of time for
// chance, and faster where the growth itself is in doubt. Nine times in ten the
// truth should lie between Earliest and Latest; forecast_test.go measures how
// often it does, on six textures of growth, beside a line drawn by hand.
//
// A younger course is judged by the Theil-Sen estimator (the median of the
// slopes of all pairs) with Sen's band (1968), which takes points for
// independent: a daily wave makes it too narrow, so such a forecast should be
// shown and not acted upon.
//
// The package is pure. A Line may be stored as JSON.
package trend

import (
	"math"
	"slices"
	"time"
)

// Bounds of a Line.
const (
	MaxPoints = 96
	MinWidth  = 5 * time.Minute
	MaxWidth  = 320 * time.Minute
)

// Point is a mean over one span, at the middle of its samples.
type Point struct {
	At time.Time `json:"at"`
	V  float64   `json:"v"`
	N  int       `json:"n"`
}

// Line is the course of one value. The zero value is empty and ready.
type Line struct {
	Width  time.Duration `json:"width,omitempty"`
	Points []Point       `json:"points,omitempty"`
}

// Add takes one value. Values must come in order; one from before the newest
// point (a clock set back) begins the course anew, because the old times no
// longer mean anything beside it. Values that are not finite are left out.
func (l *Line) Add(at time.Time, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if l.Width == 0 {
		l.Width = MinWidth
	}
	n := len(l.Points)
	if n > 0 && at.Before(l.Points[n-1].At.Add(-l.Width)) {
		l.Points, n = nil, 0
	}
	if n > 0 && at.Truncate(l.Width).Equal(l.Points[n-1].At.Truncate(l.Width)) {
		l.Points[n-1] = join(l.Points[n-1], Point{at, v, 1})
		return
	}
	l.Points = append(l.Points, Point{at.UTC(), v, 1})
	if len(l.Points) <= MaxPoints {
		return
	}
	if l.Width >= MaxWidth {
		l.Points = slices.Delete(l.Points, 0, 1)
		return
	}
	l.Width *= 2
	l.coarsen()
}

func (l *Line) coarsen() {
	kept := l.Points[:0]
	for _, p := range l.Points {
		if n := len(kept); n > 0 && kept[n-1].At.Truncate(l.Width).Equal(p.At.Truncate(l.Width)) {
			kept[n-1] = join(kept[n-1], p)
			continue
		}
		kept = append(kept, p)
	}
	l.Points = kept
}

func join(a, b Point) Point {
	n := a.N + b.N
	w := float64(b.N) / float64(n)
	return Point{
		At: a.At.Add(time.Duration(float64(b.At.Sub(a.At)) * w)).UTC(),
		V:  a.V + (b.V-a.V)*w,
		N:  n,
	}
}
