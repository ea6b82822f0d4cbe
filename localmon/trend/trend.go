// Package trend keeps a long course of one value in little room and says where
// it leads: how fast it grows, how sure that is, and when it reaches a limit.
//
// A [Line] takes values as they come and keeps at most [MaxPoints] means of
// equal spans of time. When it is full, neighbours are joined and spans are
// twice as wide, up to [MaxWidth]; from then on the oldest go. So five minutes
// are seen finely at first, and some ten days coarsely later.
//
// [FitPoints] draws the line through points by the Theil-Sen estimator (the
// median of the slopes of all pairs), which a few outliers do not move, with
// the band of slopes by Kendall's tau (Sen 1968). The band takes the points for
// independent; a daily wave makes it too narrow, so a forecast from less than
// two days of data should be shown and not acted upon.
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
	MaxWidth  = 160 * time.Minute
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

// Fit is the line through a course.
type Fit struct {
	From, To time.Time // what it was made from
	Value    float64   // the newest point
	PerDay   float64   // growth a day
	Low      float64   // with nine chances in ten the growth is
	High     float64   // between Low and High a day
}

// Fit draws the line through the course; false with fewer than four points or
// less than an hour.
func (l Line) Fit() (Fit, bool) { return FitPoints(l.Points) }

// FitPoints is [Line.Fit] for points in order. More than [MaxPoints] are
// thinned out first.
func FitPoints(points []Point) (Fit, bool) {
	points = thin(points)
	n := len(points)
	if n < 4 || points[n-1].At.Sub(points[0].At) < time.Hour {
		return Fit{}, false
	}
	slopes := make([]float64, 0, n*(n-1)/2)
	for i, p := range points {
		for _, q := range points[i+1:] {
			if days := q.At.Sub(p.At).Hours() / 24; days > 0 {
				slopes = append(slopes, (q.V-p.V)/days)
			}
		}
	}
	if len(slopes) == 0 {
		return Fit{}, false
	}
	slices.Sort(slopes)
	// Sen's band: z times the deviation of Kendall's S, either side of the middle.
	c := 1.645 * math.Sqrt(float64(n*(n-1)*(2*n+5))/18)
	last := len(slopes) - 1
	lo := min(max(int((float64(len(slopes))-c)/2), 0), last)
	hi := min(max(int((float64(len(slopes))+c)/2), 0), last)
	return Fit{
		From: points[0].At, To: points[n-1].At, Value: points[n-1].V,
		PerDay: slopes[len(slopes)/2], Low: slopes[lo], High: slopes[hi],
	}, true
}

func thin(points []Point) []Point {
	every := (len(points) + MaxPoints - 1) / MaxPoints
	if every <= 1 {
		return points
	}
	var out []Point
	for group := range slices.Chunk(points, every) {
		p := group[0]
		for _, q := range group[1:] {
			p = join(p, q)
		}
		out = append(out, p)
	}
	return out
}

// Forecast is when a growing value reaches a limit, counted from the newest
// point. Latest is zero when it may never be reached.
type Forecast struct {
	Likely   time.Duration
	Earliest time.Duration
	Latest   time.Duration
}

// Horizon is the furthest a forecast looks; beyond it there is none.
const Horizon = 5 * 365 * 24 * time.Hour

// Until says when the value reaches the limit from below; false when it does
// not grow towards it within the Horizon. A limit already reached is zero away.
func (f Fit) Until(limit float64) (Forecast, bool) {
	if f.Value >= limit {
		return Forecast{}, true
	}
	likely, ok := days((limit - f.Value) / f.PerDay)
	if !ok {
		return Forecast{}, false
	}
	out := Forecast{Likely: likely}
	out.Earliest, _ = days((limit - f.Value) / f.High)
	out.Latest, _ = days((limit - f.Value) / f.Low)
	return out, true
}

func days(d float64) (time.Duration, bool) {
	if math.IsNaN(d) || d <= 0 || d*24*float64(time.Hour) > float64(Horizon) {
		return 0, false
	}
	return time.Duration(d * 24 * float64(time.Hour)), true
}
