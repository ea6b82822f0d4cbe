package rule_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// work is the latency of an array with a backup every night at two, a daily wave
// and noise; once, in the second week, a bad day.
func work(at time.Time, rng *rand.Rand) float64 {
	h := float64(at.Hour()) + float64(at.Minute())/60
	v := 600 + 250*math.Sin(2*math.Pi*(h-8)/24) + 60*rng.NormFloat64()
	if at.Hour() == 2 {
		v *= 2.6
	}
	if at.Day() == 10 {
		v *= 2.5
	}
	return v
}

func TestWhatIsUsualAtThisHourIsNotTold(t *testing.T) {
	const id = "latency-unusual/"
	e := rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
	rng := rand.New(rand.NewPCG(3, 3))
	key := localmon.SeriesKey{Target: "fa-1", Metric: "purefa_array_performance_latency_usec", Labels: localmon.FormatLabels("dimension", "usec_per_read_op")}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	look := func(value float64) (told []string) {
		b := localmon.Batch{Target: "fa-1", At: at, AlertsRead: true, Samples: []localmon.Sample{{Key: key, Value: value}}}
		for _, c := range e.Evaluate(at, b) {
			if c.State == localmon.Yes {
				told = append(told, c.Rule+"/"+c.Component)
				require.NotContains(t, c.Summary, "{")
			}
		}
		return told
	}
	for ; at.Before(time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)); at = at.Add(5 * time.Minute) {
		require.NotContains(t, look(work(at, rng)), id, "%s: nobody knows yet, or it is as ever", at)
	}
	for end := at.Add(24 * time.Hour); at.Before(end); at = at.Add(5 * time.Minute) {
		require.NotContains(t, look(work(at, rng)), id, "%s: a backup as every night", at)
	}
	data, err := e.Memory()
	require.NoError(t, err)
	require.Less(t, len(data), 20_000, "five weeks of one series")
	e = rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
	require.NoError(t, e.Restore(data))
	at = time.Date(2026, 3, 30, 14, 0, 0, 0, time.UTC)
	told := 0
	for end := at.Add(30 * time.Minute); at.Before(end); at = at.Add(30 * time.Second) {
		for _, what := range look(2.6 * work(at, rng)) {
			if what == id {
				told++
			}
		}
	}
	require.Greater(t, told, 30, "the work of the night at two in the afternoon, known after a restart too")
}

func TestHabitsAreBounded(t *testing.T) {
	e := rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	b := localmon.Batch{Target: "fa-1", AlertsRead: true}
	for i := range 5000 {
		b.Samples = append(b.Samples, localmon.Sample{Value: 900, Key: localmon.SeriesKey{
			Target: "fa-1", Metric: "purefa_volume_performance_throughput_iops", Labels: localmon.FormatLabels("dimension", "reads_per_sec", "name", fmt.Sprint("v", i)),
		}})
	}
	b.Samples = append(b.Samples, localmon.Sample{Value: 1000, Key: localmon.SeriesKey{
		Target: "fa-1", Metric: "purefa_array_performance_throughput_iops", Labels: localmon.FormatLabels("dimension", "reads_per_sec"),
	}})
	for range 3 {
		at = at.Add(30 * time.Second)
		e.Evaluate(at, b)
	}
	data, err := e.Memory()
	require.NoError(t, err)
	require.Less(t, len(data), 3<<20)
}

func TestDamagedHabitsAreRefused(t *testing.T) {
	e := rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
	for _, weeks := range []string{"AAAA", "not base64!"} {
		require.ErrorContains(t, e.Restore([]byte(`{"form":1,"habits":{"x":{"weeks":"`+weeks+`"}}}`)), "hours of the week")
	}
}
