package localmon_test

import (
	"testing"
	"time"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestStatesAreKeptAsSeriesAndReadBack(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	look := func(at time.Time, states ...localmon.ComponentState) (all []localmon.Latest) {
		for _, s := range localmon.StateSamples(localmon.Batch{Target: "fa-1", At: at, States: states}) {
			require.Equal(t, "fa-1", s.Key.Target)
			all = append(all, localmon.Latest{Key: s.Key, Point: localmon.Point{At: at, Value: s.Value}})
		}
		return all
	}
	drive := func(name, status string) localmon.ComponentState {
		return localmon.ComponentState{Component: name, Type: "drive", Status: status, Health: localmon.JudgeWord(status)}
	}
	odd := localmon.ComponentState{Component: `sw "1", p=2`, Type: "port", Status: "", Health: localmon.JudgeWord("")}
	var all []localmon.Latest
	all = append(all, look(at, drive("CH0.BAY0", "healthy"), drive("CH0.BAY1", "healthy"), drive("CH0.BAY2", "failed"), odd)...)
	all = append(all, look(at.Add(time.Minute), drive("CH0.BAY1", "failed"), drive("CH0.BAY2", "failed"))...)
	all = append(all, localmon.Latest{Key: localmon.SeriesKey{Target: "fa-1", Metric: "purefa_info"}, Point: localmon.Point{At: at.Add(time.Hour)}},
		localmon.Latest{Key: localmon.SeriesKey{Target: "fa-1", Metric: localmon.ComponentStateMetric, Labels: "rubbish"}, Point: localmon.Point{At: at.Add(time.Hour)}})

	parts, seen := localmon.NewestStates(all, "drive")
	require.Equal(t, at.Add(time.Minute), seen)
	require.Equal(t, []localmon.ComponentState{drive("CH0.BAY1", "failed"), drive("CH0.BAY2", "failed")}, parts, "one status each, and who is gone is gone")
	parts, seen = localmon.NewestStates(all, "port")
	require.Equal(t, at, seen, "a list that was not read again has its own time")
	require.Equal(t, []localmon.ComponentState{odd}, parts)
	parts, seen = localmon.NewestStates(all, "blade")
	require.Empty(t, parts)
	require.True(t, seen.IsZero())
}
