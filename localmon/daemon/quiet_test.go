package daemon_test

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/poll"
	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// A month of thirty days in which nothing is wrong must pass without one alert.
// Looking costs far more time than judging, so the array is asked over its
// interface once every four hours, and in between the newest reply goes through
// the weather: what a site in order does to an array beyond what the simulator
// models. A look every four minutes makes a burst of three minutes count in full
// as one, and the windows of rules are as many looks as ever.
// QUIET_POLL and QUIET_ASK make both finer, down to QUIET_POLL=30s QUIET_ASK=30s,
// which takes half an hour.
func TestQuietMonth(t *testing.T) {
	every, ask, span := paceOf(t, "QUIET_POLL", 4*time.Minute), paceOf(t, "QUIET_ASK", 4*time.Hour), 30*24*time.Hour
	if testing.Short() {
		span = 24 * time.Hour
	}
	for _, family := range sim.Families() {
		t.Run(string(family), func(t *testing.T) {
			t.Parallel()
			s := siteOf(t, setting{family: family})
			w := newWeather(5)
			var newest localmon.Batch
			looks, asked := 0, time.Time{}
			for end := s.begin.Add(span); s.array.Now().Before(end); looks++ {
				s.array.Advance(every)
				now := s.array.Now()
				if now.Sub(asked) >= ask {
					newest, _ = poll.Once(t.Context(), poll.Options{Timeout: time.Minute}, s.src, now)
					asked = now
				}
				s.judge(now, w.over(newest, now))
			}
			require.Empty(t, s.story, "an array in order tells nothing")
			require.Positive(t, w.bursts, "the weather was not calm")
			require.Positive(t, w.missed)
			require.Positive(t, w.partial)
			t.Logf("%d looks over %s: %d missed, %d in part, %d in a burst of work; no alert", looks, span, w.missed, w.partial, w.bursts)
		})
	}
}

// paceOf is how far apart looks are: as usual, or as the environment says.
func paceOf(t *testing.T, name string, usual time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err, name)
	require.Positive(t, d, name)
	return d
}

// weather is what happens at a site in order: work that follows the week, bursts
// that are over within minutes, a backup every night, snapshots that are taken
// and expire, copies that fall behind at night and catch up, looks that fail, and
// a clock that drifts by seconds.
type weather struct {
	rng                     *rand.Rand
	wander                  float64 // slow noise of all work
	burst                   time.Time
	peak                    float64
	failing                 int // looks that are still to be missed; below zero, those that are sure to succeed
	since                   time.Time
	missed, partial, bursts int
}

func newWeather(seed uint64) *weather {
	return &weather{rng: rand.New(rand.NewPCG(seed, 77))}
}

// over is a look as it would have come at a time.
func (w *weather) over(b localmon.Batch, at time.Time) localmon.Batch {
	if w.since.IsZero() {
		w.since = at
	}
	b.At = at
	b.TargetAt = at.Add(w.drift(at))
	w.wander = 0.97*w.wander + 0.05*w.rng.NormFloat64()
	if w.missing() {
		w.missed++
		return localmon.Batch{
			Target: b.Target, At: at,
			Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: b.Target, Metric: "localmon_source_up"}, Value: 0}},
			Partial: []localmon.EndpointError{{Endpoint: poll.WholeTarget, Err: localmon.ErrUnreachable}},
		}
	}
	work, wait := w.work(at), w.wait(at)
	b.Samples = slices.Clone(b.Samples)
	noisy := w.rng.IntN(300) == 0 // a damaged frame now and then
	for i := range b.Samples {
		s := &b.Samples[i]
		switch name := s.Key.Metric; {
		case strings.HasSuffix(name, "_latency_usec"):
			s.Value = s.Value*wait*(0.95+0.1*w.rng.Float64()) + w.rush(at, s.Key.Labels)
		case strings.HasSuffix(name, "_throughput_iops"), strings.HasSuffix(name, "_bandwidth_bytes"):
			s.Value *= work
		case strings.HasSuffix(name, "_space_utilization"):
			s.Value += w.snapshots(at)
		case strings.HasSuffix(name, "_lag_max_msec"), strings.HasSuffix(name, "_lag_average_msec"):
			s.Value += 170_000 * night(at)
		case strings.HasSuffix(name, "_temperature_celsius"):
			s.Value += 2*w.wander + 3*math.Sin(2*math.Pi*hours(at)/24)
		case noisy && strings.Contains(s.Key.Labels, "crc_errors"):
			s.Value, noisy = 3, false
		}
	}
	if w.rng.IntN(120) == 0 {
		w.partial++
		b.States = slices.DeleteFunc(slices.Clone(b.States), func(s localmon.ComponentState) bool { return s.Type == "drive" || s.Type == "blade" })
		b.Partial = append(slices.Clone(b.Partial), localmon.EndpointError{Endpoint: "drives", Err: localmon.ErrUnreachable})
	}
	return b
}

// missing is one look, at times two in a row.
func (w *weather) missing() bool {
	switch {
	case w.failing < 0:
		w.failing++
		return false
	case w.failing == 0 && w.rng.IntN(150) == 0:
		w.failing = 1 + w.rng.IntN(2)
	case w.failing == 0:
		return false
	}
	if w.failing--; w.failing == 0 {
		w.failing = -5 // then it is well for a while
	}
	return true
}

// drift is how far the clock of the array is ahead: two seconds a day, set right
// every ten days.
func (w *weather) drift(at time.Time) time.Duration {
	days := at.Sub(w.since).Hours() / 24
	return time.Duration(2 * math.Mod(days, 10) * float64(time.Second))
}

func hours(at time.Time) float64 { return float64(at.Hour()) + float64(at.Minute())/60 }

// night rises and falls between one and four in the morning.
func night(at time.Time) float64 {
	return max(0, math.Sin(math.Pi*(hours(at)-1)/3)) * map[bool]float64{true: 1}[hours(at) >= 1 && hours(at) < 4]
}

// work follows the week beyond the daily wave of the simulator, with a backup at
// night and more at the end of the month.
func (w *weather) work(at time.Time) float64 {
	return (1 + 0.15*float64(at.Weekday()%5)/4) * (1 + 1.5*night(at)) * (1 + 0.2*float64(at.Day()/28)) * math.Exp(w.wander)
}

// wait is what the work does to latency.
func (w *weather) wait(at time.Time) float64 {
	return (1 + 0.9*night(at)) * (1 + 0.1*float64(at.Weekday()%5)/4) * math.Exp(0.7*w.wander)
}

// rush adds the waiting of a burst: three times a day, for two or three minutes,
// operations take up to 15 ms.
func (w *weather) rush(at time.Time, labels string) float64 {
	if !strings.Contains(labels, `"usec_per_`) && !strings.Contains(labels, `"queue_usec`) {
		return 0
	}
	begins := at.Truncate(8 * time.Hour)
	begins = begins.Add(time.Duration(begins.Unix()*2654435761%400) * time.Minute)
	if at.Before(begins) || at.Sub(begins) >= 3*time.Minute {
		return 0
	}
	if !w.burst.Equal(at) {
		w.burst, w.peak = at, 6000+9000*w.rng.Float64()
		w.bursts++
	}
	return w.peak
}

// snapshots hold more space through the day until those of the day before
// expire, a full copy stands over the week-end, and data grows a little.
func (w *weather) snapshots(at time.Time) float64 {
	days := at.Sub(w.since).Hours() / 24
	weekend := 0.0
	switch at.Weekday() {
	case time.Saturday:
		weekend = min(3, hours(at)/2)
	case time.Sunday:
		weekend = 3
	}
	return 14 + 1.5*math.Mod(hours(at)+18, 24)/24 + weekend + 0.08*days + 0.2*w.wander
}
