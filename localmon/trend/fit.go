package trend

import (
	"math"
	"slices"
	"time"
)

// Fit is where a course leads: a straight line, and how far the course may
// stray from it.
type Fit struct {
	From, To time.Time // what it was made from
	Value    float64   // the newest point
	PerDay   float64   // growth a day
	Low      float64   // with nine chances in ten the growth is
	High     float64   // between Low and High a day

	level  float64 // from where the line goes on: the highest the last day came to
	spread float64 // one deviation of single points about the line
	wander float64 // one deviation of what a day adds beyond the growth
	doubt  float64 // one deviation of the growth itself
	z      float64 // deviations to either side that hold nine of ten
}

// day is the natural stretch of growth: within it, waves come and go.
const day = 24 * time.Hour

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
	f := Fit{From: points[0].At, To: points[n-1].At, Value: points[n-1].V, level: points[n-1].V}
	if days := daily(points); len(days) >= shortest {
		f.byDays(points, days)
		return f, true
	}
	low, mid, high, ok := sen(points)
	if !ok {
		return Fit{}, false
	}
	f.Low, f.PerDay, f.High = low, mid, high
	f.z, f.doubt = 1.645, max(high-mid, mid-low)/1.645
	return f, true
}

// shortest is how many days show how one day differs from the next.
const shortest = 4

// daily takes the mean of each full day, counted back from the newest point, so
// that a daily wave is the same in all of them.
func daily(points []Point) []Point {
	last := points[len(points)-1].At
	count := int(last.Sub(points[0].At) / day)
	if count == 0 {
		return nil
	}
	sums := make([]Point, count)
	for _, p := range points {
		back := int(last.Sub(p.At) / day)
		if back >= count {
			continue
		}
		s := &sums[count-1-back]
		if s.N == 0 {
			*s = Point{p.At, p.V, 1}
			continue
		}
		*s = join(*s, Point{p.At, p.V, 1})
	}
	return slices.DeleteFunc(sums, func(p Point) bool { return p.N == 0 })
}

// byDays draws the line through whole days, and whole weeks where there are
// some, and measures what is not a line in them.
func (f *Fit) byDays(points, days []Point) {
	f.PerDay = apart(points, lag(f.To.Sub(f.From)))
	f.z = student(len(days) - 2)
	steps := make([]float64, 0, len(days)-1) // what each day added beyond the growth
	for i, p := range days[1:] {
		d := p.At.Sub(days[i].At).Hours() / 24
		steps = append(steps, (p.V-days[i].V-f.PerDay*d)/math.Sqrt(d))
	}
	f.wander = longRun(steps)
	f.doubt = f.wander / math.Sqrt(f.To.Sub(f.From).Hours()/24)
	f.bend(points)
	f.Low, f.High = f.PerDay-f.z*f.doubt, f.PerDay+f.z*f.doubt
	f.level, f.spread = f.highest(points)
}

// bendsFrom is how long a half must be: a week, so that week-ends do not pass
// for a change. The newest point is the middle of its span, hence the slack.
const bendsFrom = 7*day - day/12

// bend leans towards the growth of the newer half where it differs from that of
// the older by more than chance: what has changed may change on.
func (f *Fit) bend(points []Point) {
	half := f.From.Add(f.To.Sub(f.From) / 2)
	i, _ := slices.BinarySearchFunc(points, half, func(p Point, at time.Time) int { return p.At.Compare(at) })
	span := f.To.Sub(half)
	if span < bendsFrom || i < 2 || len(points)-i < 2 {
		return
	}
	early, late := apart(points[:i], lag(span)), apart(points[i:], lag(span))
	change := late - early
	chance := 2 * f.wander / math.Sqrt(span.Hours()/24)
	trust := change * change / (change*change + 2*chance*chance)
	if math.IsNaN(trust) {
		return
	}
	f.PerDay += trust * (late + change/2 - f.PerDay)
	f.doubt = math.Hypot(f.doubt, trust*change)
}

// lag is how far apart two points are taken to tell the growth: whole weeks,
// else whole days, else a part of one, so that the waves of both cancel out and
// there is at least a day, or half of the course, of such pairs.
func lag(span time.Duration) time.Duration {
	const week = 7 * day
	room := span - day/2
	switch {
	case room >= week:
		return room.Truncate(week)
	case room >= day:
		return room.Truncate(day)
	}
	return span / 2
}

// apart is the median growth a day between points that far apart.
func apart(points []Point, lag time.Duration) float64 {
	var slopes []float64
	j := 0
	for _, p := range points {
		for j < len(points) && points[j].At.Sub(p.At) < lag {
			j++
		}
		if j == len(points) {
			break
		}
		// The value exactly that far on lies between two points.
		q := points[j]
		if before := points[j-1]; q.At.After(before.At) {
			part := float64(p.At.Add(lag).Sub(before.At)) / float64(q.At.Sub(before.At))
			slopes = append(slopes, (before.V+(q.V-before.V)*part-p.V)/(lag.Hours()/24))
		}
	}
	if len(slopes) == 0 {
		return math.NaN()
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}

// highest is where the highest point of the last day stands, and the spread of
// all points about the line. What is full is full at the top of its wave.
func (f *Fit) highest(points []Point) (level, spread float64) {
	var recent []float64
	for _, p := range points {
		if f.To.Sub(p.At) < day {
			recent = append(recent, p.V+f.PerDay*f.To.Sub(p.At).Hours()/24)
		}
	}
	slices.Sort(recent)
	level = recent[len(recent)-1]
	// A mean of hours says nothing of what was within them.
	grain := f.PerDay * f.To.Sub(f.From).Hours() / 24 / float64(len(points)-1)
	return level, math.Hypot((level-recent[len(recent)/2])/2, grain)
}

// longRun is the deviation a day that adds up over many days. Noise that goes
// back on the next day adds up to nothing; a step that stays does not.
func longRun(steps []float64) float64 {
	n := float64(len(steps))
	var sum float64
	for _, s := range steps {
		sum += s * s
	}
	all := sum
	const lags = 2
	for lag := 1; lag <= lags && lag < len(steps); lag++ {
		for i, s := range steps[lag:] {
			sum += 2 * (1 - float64(lag)/(lags+1)) * s * steps[i]
		}
	}
	return math.Sqrt(max(sum, all/2) / max(n-1, 1))
}

// sen is the median of the slopes of all pairs, in a day, with its band at nine
// in ten: z times the deviation of Kendall's S, either side of the middle.
func sen(points []Point) (low, mid, high float64, ok bool) {
	n := len(points)
	slopes := make([]float64, 0, n*(n-1)/2)
	for i, p := range points {
		for _, q := range points[i+1:] {
			if days := q.At.Sub(p.At).Hours() / 24; days > 0 {
				slopes = append(slopes, (q.V-p.V)/days)
			}
		}
	}
	if len(slopes) == 0 {
		return 0, 0, 0, false
	}
	slices.Sort(slopes)
	c := 1.645 * math.Sqrt(float64(n*(n-1)*(2*n+5))/18)
	last := len(slopes) - 1
	lo := min(max(int((float64(len(slopes))-c)/2), 0), last)
	hi := min(max(int((float64(len(slopes))+c)/2), 0), last)
	return slopes[lo], slopes[len(slopes)/2], slopes[hi], true
}

// student is how many deviations hold nine of ten when the deviation itself was
// measured from few values.
func student(freedom int) float64 {
	few := [...]float64{6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81}
	if freedom < 1 {
		return few[0]
	}
	if freedom <= len(few) {
		return few[freedom-1]
	}
	return 1.645 + 1.7/float64(freedom)
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
// point. With nine chances in ten that is between Earliest and Latest. Latest is
// zero when it may never be reached.
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
	likely, ok := f.reach(limit, 0)
	if !ok || f.PerDay <= 0 {
		return Forecast{}, false
	}
	out := Forecast{Likely: likely}
	out.Earliest, _ = f.reach(limit, f.z)
	out.Latest, _ = f.reach(limit, -f.z)
	return out, true
}

// fickle is by what part of itself growth may turn out another for each time the
// forecast looks as far ahead as the course looks back: its square grows so.
const fickle = 0.08

// reach is when the course, so many deviations above the line, first comes to
// the limit.
func (f Fit) reach(limit, z float64) (time.Duration, bool) {
	seen := f.To.Sub(f.From).Hours() / 24
	short := func(d float64) bool {
		doubt := math.Hypot(f.doubt, fickle*f.PerDay*math.Sqrt(d/seen))
		stray := math.Sqrt(f.spread*f.spread + f.wander*f.wander*d + doubt*doubt*d*d)
		return f.level+f.PerDay*d+z*stray < limit
	}
	const first = 1.0 / 24
	before, after := 0.0, first
	for short(after) {
		if before, after = after, after*1.25; before*24*float64(time.Hour) > float64(Horizon) {
			return 0, false
		}
	}
	for range 40 {
		if mid := (before + after) / 2; short(mid) {
			before = mid
		} else {
			after = mid
		}
	}
	return time.Duration(after * 24 * float64(time.Hour)).Round(time.Second), true
}
