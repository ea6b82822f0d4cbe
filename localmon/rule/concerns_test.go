package rule_test

import (
	"testing"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestWhichSeriesAnAlertIsAbout(t *testing.T) {
	set := shipped(t)
	latency := func(dimension string) localmon.SeriesKey {
		return localmon.SeriesKey{Target: "fa-1", Metric: "purefa_array_performance_latency_usec", Labels: localmon.FormatLabels("dimension", dimension)}
	}
	a := localmon.Alert{Rule: "drive-failed", Target: "fa-1", Component: "CH0.BAY1", Evidence: []string{
		`purefa_array_performance_latency_usec{dimension="usec_per_read_op"} is 12 ms`, "array alert 7 code 2 warning open: x",
	}}
	require.True(t, set.Concerns(a, latency("usec_per_read_op")), "the evidence names it")
	require.False(t, set.Concerns(a, latency("usec_per_write_op")))
	other := latency("usec_per_read_op")
	other.Target = "fa-2"
	require.False(t, set.Concerns(a, other), "another target is another matter")
	require.Equal(t, []string{"purefa_array_performance_latency_usec"}, set.Metrics(a))
	require.Empty(t, set.Metrics(localmon.Alert{Rule: "no-such-rule"}))

	seen := map[string]bool{}
	for _, r := range set.Rules {
		for _, metric := range set.Metrics(localmon.Alert{Rule: r.ID}) {
			seen[metric] = true
		}
		if r.Bottleneck != nil {
			b := localmon.Alert{Rule: r.ID, Target: "fa-1"}
			require.True(t, set.Concerns(b, localmon.SeriesKey{Target: "fa-1", Metric: r.Bottleneck.Metric, Labels: localmon.FormatLabels(r.Bottleneck.Label, r.Bottleneck.Sides[0].Total)}))
			require.False(t, set.Concerns(b, localmon.SeriesKey{Target: "fa-1", Metric: r.Bottleneck.Metric, Labels: localmon.FormatLabels(r.Bottleneck.Label, "other")}))
		}
		if m := r.Metric; m != nil && len(m.Labels) == 0 && m.Component != "" {
			b := localmon.Alert{Rule: r.ID, Target: "fa-1", Component: "X"}
			require.True(t, set.Concerns(b, localmon.SeriesKey{Target: "fa-1", Metric: m.Name, Labels: localmon.FormatLabels(m.Component, "X")}), r.ID)
			require.False(t, set.Concerns(b, localmon.SeriesKey{Target: "fa-1", Metric: m.Name, Labels: localmon.FormatLabels(m.Component, "Y")}), r.ID)
		}
	}
	require.NotEmpty(t, seen)
}
