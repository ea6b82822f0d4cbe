package trend_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"darksite/localmon/trend"

	"github.com/stretchr/testify/require"
)

// texture is a way in which an array fills. The course it returns gives the
// value in per cent for ever later days.
type texture struct {
	name   string
	course func(rng *rand.Rand) func(days float64) float64
}

func textures() []texture {
	noise := func(rng *rand.Rand, by float64, f func(float64) float64) func(float64) float64 {
		return func(d float64) float64 { return f(d) + by*rng.NormFloat64() }
	}
	pace := func(rng *rand.Rand) (start, slope float64) { return 30 + 20*rng.Float64(), 0.5 + 1.5*rng.Float64() }
	return []texture{
		{"linear", func(rng *rand.Rand) func(float64) float64 {
			v, b := pace(rng)
			return noise(rng, 0.3, func(d float64) float64 { return v + b*d })
		}},
		{"daily wave", func(rng *rand.Rand) func(float64) float64 {
			v, b := pace(rng)
			a, p := 1+2*rng.Float64(), rng.Float64()
			return noise(rng, 0.3, func(d float64) float64 { return v + b*d + a*math.Sin(2*math.Pi*(d+p)) })
		}},
		{"weekly wave", func(rng *rand.Rand) func(float64) float64 {
			v, b := pace(rng)
			a, p := 0.5+1.5*rng.Float64(), 7*rng.Float64()
			return noise(rng, 0.3, func(d float64) float64 {
				working := math.Floor((d+p)/7)*5 + min(math.Mod(d+p, 7), 5)
				return v + b*7/5*working + a*math.Sin(2*math.Pi*d)
			})
		}},
		{"steps", func(rng *rand.Rand) func(float64) float64 {
			v, b := pace(rng)
			next, level := 0.0, v
			return noise(rng, 0.2, func(d float64) float64 {
				for d >= next {
					level += 1.5 * b * (0.5 + rng.Float64())
					next += 3 * rng.Float64()
				}
				return level
			})
		}},
		{"deletes", func(rng *rand.Rand) func(float64) float64 {
			v, b := pace(rng)
			next, freed := 4*rng.Float64(), 0.0
			return noise(rng, 0.2, func(d float64) float64 {
				for d >= next {
					freed += b * 2 * rng.Float64()
					next += 1 + 4*rng.Float64()
				}
				return v + 1.4*b*d - freed
			})
		}},
		{"slow-down", func(rng *rand.Rand) func(float64) float64 {
			v, b := pace(rng)
			last := 60 + 60*rng.Float64()
			return noise(rng, 0.3, func(d float64) float64 { return v + 1.5*b*(d-d*d/(4*last)) })
		}},
	}
}

// fills runs a course: what was seen until a day when it is still some way from
// full, and how many days later it was full.
func fills(course func(float64) float64, seen float64) (points []trend.Point, left float64, ok bool) {
	const step = 1.0 / 24
	for d := 0.0; d < 400; d += step {
		v := course(d)
		if d <= seen {
			if v >= 97 {
				return nil, 0, false // full before there was anything to tell
			}
			points = append(points, trend.Point{At: start.Add(time.Duration(d * 24 * float64(time.Hour))), V: v, N: 1})
			continue
		}
		if v >= 100 {
			return points, d - seen, true
		}
	}
	return nil, 0, false
}

// What counts is how many days a forecast is off, as a share of the truth, against
// the line a person draws through the value of a week ago and the newest one, and
// whether the truth lies in the stated span as often as is said. On growth that
// slows down steadily without a wave the newest week is the best there is to
// know; there the forecast may be a little worse, nowhere else.
func TestForecastIsBetterThanNaiveAndAsSureAsItSays(t *testing.T) {
	const seeds = 200
	t.Logf("%-12s %5s %6s | %11s %11s | %11s %11s | %8s", "texture", "seen", "cases", "median off", "naive", "mean off", "naive", "covered")
	var all, allNaive, inAll []float64
	for _, x := range textures() {
		for _, seen := range []float64{8, 14, 28} {
			var ours, naive []float64
			covered := 0
			for seed := range uint64(seeds) {
				points, left, ok := fills(x.course(rand.New(rand.NewPCG(seed, 31))), seen)
				if !ok {
					continue
				}
				var l trend.Line
				for _, p := range points {
					l.Add(p.At, p.V)
				}
				off, in := 1.0, false // no forecast is off by all of it
				if f, ok := l.Fit(); ok {
					if c, ok := f.Until(100); ok {
						off = min(math.Abs(c.Likely.Hours()/24-left)/left, 3)
						in = c.Earliest.Hours()/24 <= left && (c.Latest == 0 || left <= c.Latest.Hours()/24)
					}
				}
				if in {
					covered++
				}
				ours, naive = append(ours, off), append(naive, lastWeek(points, left))
			}
			n := len(ours)
			share := float64(covered) / float64(n)
			t.Logf("%-12s %3.0f d %6d | %9.1f %% %9.1f %% | %9.1f %% %9.1f %% | %6.1f %%", x.name, seen, n,
				100*median(ours), 100*median(naive), 100*mean(ours), 100*mean(naive), 100*share)
			what := fmt.Sprintf("%s, %.0f days seen", x.name, seen)
			require.Greater(t, n, seeds/3, what)
			require.Less(t, mean(ours), 1.15*mean(naive), what)
			require.GreaterOrEqual(t, share, 0.85, what)
			all, allNaive, inAll = append(all, mean(ours)), append(allNaive, mean(naive)), append(inAll, share)
		}
	}
	t.Logf("all: mean off %.1f %%, naive %.1f %%, covered %.1f %%", 100*mean(all), 100*mean(allNaive), 100*mean(inAll))
	require.Less(t, mean(all), 0.75*mean(allNaive))
	require.GreaterOrEqual(t, mean(inAll), 0.9)
}

// lastWeek is by what share of the truth the line through the last week is off.
func lastWeek(points []trend.Point, left float64) float64 {
	last := points[len(points)-1]
	i, _ := slices.BinarySearchFunc(points, last.At.Add(-7*24*time.Hour), func(p trend.Point, at time.Time) int { return p.At.Compare(at) })
	slope := (last.V - points[i].V) / (last.At.Sub(points[i].At).Hours() / 24)
	if slope <= 0 {
		return 1
	}
	return min(math.Abs((100-last.V)/slope-left)/left, 3)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}
