package sourcetest_test

import (
	"math"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

func TestCheckFindsWhatIsWrong(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	good := func() localmon.Batch {
		return localmon.Batch{
			Target: "t", At: now, AlertsRead: true,
			Samples: []localmon.Sample{
				{Key: localmon.SeriesKey{Target: "t", Metric: "a", Labels: `x="1"`}},
				{Key: localmon.SeriesKey{Target: "t", Metric: "b"}},
			},
			States: []localmon.ComponentState{{Component: "c", Type: "drive", Status: "healthy", Health: localmon.HealthOK}},
			Alerts: []localmon.ArrayAlert{{ID: "1"}},
		}
	}
	require.NoError(t, sourcetest.Check(good(), "t", now))
	for name, spoil := range map[string]func(*localmon.Batch){
		"batch of":                 func(b *localmon.Batch) { b.Target = "u" },
		"the look began at":        func(b *localmon.Batch) { b.At = now.Add(1) },
		"took":                     func(b *localmon.Batch) { b.Took = -1 },
		"series twice":             func(b *localmon.Batch) { b.Samples = append(b.Samples, b.Samples[1]) },
		"not in the order":         func(b *localmon.Batch) { b.Samples[0], b.Samples[1] = b.Samples[1], b.Samples[0] },
		"sample of":                func(b *localmon.Batch) { b.Samples[0].Key.Target = "u" },
		"metric name":              func(b *localmon.Batch) { b.Samples[0].Key.Metric = "a-b" },
		"not a number":             func(b *localmon.Batch) { b.Samples[0].Value = math.NaN() },
		"labels are not canonical": func(b *localmon.Batch) { b.Samples[0].Key.Labels = `y="1",x="1"` },
		"is not quoted":            func(b *localmon.Batch) { b.Samples[0].Key.Labels = `x=1` },
		"label x":                  func(b *localmon.Batch) { b.Samples[0].Key.Labels = `x="1",x="2"` },
		"state without a name":     func(b *localmon.Batch) { b.States[0].Type = "" },
		"state twice":              func(b *localmon.Batch) { b.States = append(b.States, b.States[0]) },
		"ok without having said":   func(b *localmon.Batch) { b.States[0].Status = "" },
		"without having read them": func(b *localmon.Batch) { b.AlertsRead = false },
		"alert without identity":   func(b *localmon.Batch) { b.Alerts[0].ID = "" },
		"partial says nothing":     func(b *localmon.Batch) { b.Partial = []localmon.EndpointError{{Endpoint: "x"}} },
	} {
		t.Run(name, func(t *testing.T) {
			b := good()
			spoil(&b)
			require.ErrorContains(t, sourcetest.Check(b, "t", now), name)
		})
	}
}
