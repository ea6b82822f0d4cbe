package overview_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/overview"

	"github.com/stretchr/testify/require"
)

var (
	update = flag.Bool("update", false, "write the golden file anew")
	now    = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
)

// shelf is a history in memory.
type shelf map[localmon.SeriesKey][]localmon.Point

func (s shelf) Series(_ context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	var out []localmon.Series
	for k, ps := range s {
		if sel.Matches(k) {
			out = append(out, localmon.Series{Key: k, First: ps[0].At, Last: ps[len(ps)-1].At})
		}
	}
	return out, nil
}

func (s shelf) Range(_ context.Context, k localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		for _, p := range s[k] {
			if !p.At.Before(w.From) && p.At.Before(w.To) && !yield(p, nil) {
				return
			}
		}
	}
}

func (s shelf) add(target, metric string, at time.Time, v float64) {
	k := localmon.SeriesKey{Target: target, Metric: metric}
	s[k] = append(s[k], localmon.Point{At: at, Value: v})
}

// seen says that the target was last read at a time.
func (s shelf) seen(target string, at time.Time) {
	s.add(target, "localmon_source_last_success_timestamp_seconds", at, float64(at.Unix()))
}

// fill grows from one share to another over days until at.
func (s shelf) fill(target string, at time.Time, days, from, to float64) {
	steps := int(days * 24)
	for i := range steps + 1 {
		s.add(target, "purefa_array_space_utilization", at.Add(time.Duration(i-steps)*time.Hour), from+(to-from)*float64(i)/float64(steps))
	}
}

func firing(id uint64, target, rule, component string, sev localmon.Severity, since time.Time) localmon.Alert {
	return localmon.Alert{
		ID: id, Rule: rule, Target: target, Component: component, Status: localmon.StatusFiring, Severity: sev,
		Summary: rule + " summary", Why: "because", Runbook: "rb-" + rule, Since: since, Fired: since, Seen: now,
	}
}

func targets(names ...string) []overview.Target {
	var out []overview.Target
	for _, n := range names {
		out = append(out, overview.Target{Name: n, Kind: localmon.KindFlashArray})
	}
	return out
}

func build(t *testing.T, in overview.Input) overview.Overview {
	t.Helper()
	in.Now, in.Site = now, "S042"
	o, err := overview.Build(t.Context(), in)
	require.NoError(t, err)
	return o
}

func TestWordsOfTargets(t *testing.T) {
	fresh, old := now.Add(-time.Minute), now.Add(-6*time.Hour)
	minor := firing(1, "fa-1", "port-down", "CT0.FC1", 3, fresh)
	child := minor
	child.Parent = 9
	pending := minor
	pending.Status = localmon.StatusPending
	cases := []struct {
		name   string
		seen   time.Time
		alerts []localmon.Alert
		want   overview.Word
	}{
		{"in order", fresh, nil, overview.OK},
		{"never seen", time.Time{}, nil, overview.Unknown},
		{"old data is no order", old, nil, overview.Unknown},
		{"old data hides a fault too", old, []localmon.Alert{firing(1, "fa-1", "controller-not-ready", "CT0", 1, old)}, overview.Unknown},
		{"urgent", fresh, []localmon.Alert{firing(1, "fa-1", "controller-not-ready", "CT0", 1, fresh)}, overview.Critical},
		{"major", fresh, []localmon.Alert{firing(1, "fa-1", "drive-failed", "CH0.BAY1", 2, fresh)}, overview.Critical},
		{"minor", fresh, []localmon.Alert{minor}, overview.Warning},
		{"information", fresh, []localmon.Alert{firing(1, "fa-1", "capacity", "", 4, fresh)}, overview.OK},
		{"explained by another", fresh, []localmon.Alert{child}, overview.OK},
		{"not told yet", fresh, []localmon.Alert{pending}, overview.OK},
		{"of another target", fresh, []localmon.Alert{firing(1, "fa-2", "drive-failed", "", 2, fresh)}, overview.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := shelf{}
			if !c.seen.IsZero() {
				s.seen("fa-1", c.seen)
			}
			o := build(t, overview.Input{Targets: targets("fa-1"), Reader: s, Alerts: c.alerts})
			require.Equal(t, c.want, o.Targets[0].State)
		})
	}
}

func TestClockAheadIsNoNegativeAge(t *testing.T) {
	s := shelf{}
	s.seen("fa-1", now.Add(time.Hour))
	require.Zero(t, build(t, overview.Input{Targets: targets("fa-1"), Reader: s}).Targets[0].DataAge)
}

func TestTheMonitorKnowsNewerLooks(t *testing.T) {
	s := shelf{}
	s.seen("fa-1", now.Add(-time.Hour))
	m := &overview.Monitor{Looks: []overview.Look{{Target: "fa-1", Good: now.Add(-10 * time.Second)}}}
	o := build(t, overview.Input{Targets: targets("fa-1"), Reader: s, Monitor: m})
	require.Equal(t, overview.OK, o.Targets[0].State)
	require.Equal(t, 10*time.Second, o.Targets[0].DataAge)
}

func TestNoHistoryAndNoMonitor(t *testing.T) {
	o := build(t, overview.Input{Targets: targets("fa-1")})
	require.Equal(t, overview.Unknown, o.State)
	require.False(t, o.Targets[0].Seen)
	require.Equal(t, "no monitor is running", o.Next[0].Summary)
}

func TestOwnTroublesCount(t *testing.T) {
	s := shelf{}
	s.seen("fa-1", now)
	o := build(t, overview.Input{Targets: targets("fa-1"), Reader: s, Alerts: []localmon.Alert{firing(1, "S042", "history-not-written", "", 2, now)}})
	require.Equal(t, overview.OK, o.Targets[0].State)
	require.Equal(t, overview.Critical, o.State)
}

func TestCapacityAndForecast(t *testing.T) {
	s := shelf{}
	for _, n := range []string{"fa-1", "fa-2", "fa-3"} {
		s.seen(n, now)
	}
	s.fill("fa-1", now, 6, 72, 78)
	s.fill("fa-2", now, 6, 54, 54)
	s.fill("fa-3", now, 0.02, 54, 54)
	o := build(t, overview.Input{Targets: targets("fa-1", "fa-2", "fa-3"), Reader: s})
	c := o.Targets[0].Capacity
	require.InDelta(t, 78, c.UsedPercent, 0.001)
	require.InDelta(t, 1, c.PerDay, 0.02)
	require.True(t, c.Known && c.Growing)
	require.InDelta(t, 12*24, c.NinetyIn.Hours(), 6)
	require.InDelta(t, 22*24, c.FullIn.Hours(), 10)
	c = o.Targets[1].Capacity
	require.True(t, c.Known)
	require.False(t, c.Growing)
	require.False(t, o.Targets[2].Capacity.Known, "half an hour is no course")
}

func TestWhatComesNext(t *testing.T) {
	s := shelf{}
	s.seen("fa-1", now)
	s.seen("fa-2", now.Add(-6*time.Hour))
	ago := func(h int) time.Time { return now.Add(-time.Duration(h) * time.Hour) }
	held := firing(4, "fa-1", "drive-failed", "CH0.BAY1", 2, ago(9))
	held.AckedBy = "mdurand"
	o := build(t, overview.Input{Targets: targets("fa-1", "fa-2"), Reader: s, Alerts: []localmon.Alert{
		firing(1, "fa-1", "capacity", "", 4, ago(40)),
		firing(2, "fa-1", "port-down", "CT0.FC1", 3, ago(2)),
		firing(3, "fa-2", "no-data", "", 2, ago(6)),
		held,
		firing(5, "fa-1", "psu-failed", "CH0.PWR0", 2, ago(1)),
		firing(6, "fa-1", "controller-not-ready", "CT0", 1, ago(1)),
	}})
	var ids []uint64
	for _, n := range o.Next {
		ids = append(ids, n.Alert)
	}
	require.Equal(t, []uint64{6, 5, 4, 3, 2, 1}, ids, "known and urgent, held by somebody, not known, the rest")
	require.Equal(t, overview.Unknown, o.Next[3].Word)
	require.Equal(t, overview.Counts{Urgent: 1, Major: 3, Minor: 1, Info: 1, Acked: 1}, o.Counts)
}

func TestTheListIsBounded(t *testing.T) {
	s := shelf{}
	s.seen("fa-1", now)
	var alerts []localmon.Alert
	for i := range uint64(100) {
		alerts = append(alerts, firing(i+1, "fa-1", fmt.Sprint("rule-", i), "", 3, now))
	}
	o := build(t, overview.Input{Targets: targets("fa-1"), Reader: s, Alerts: alerts})
	require.Len(t, o.Next, overview.MaxNext)
	require.Equal(t, 100-overview.MaxNext, o.More)
	require.Equal(t, 100, o.Counts.Minor)
}

// The JSON is an interface: scripts read it.
func TestJSON(t *testing.T) {
	s := shelf{}
	s.seen("fa-1", now.Add(-time.Minute))
	s.fill("fa-1", now, 6, 72, 78)
	o := build(t, overview.Input{Targets: targets("fa-1", "fa-2"), Reader: s, Alerts: []localmon.Alert{
		firing(2, "fa-1", "port-down", "CT0.FC1", 3, now.Add(-time.Hour)),
	}})
	got, err := json.MarshalIndent(o, "", "  ")
	require.NoError(t, err)
	const golden = "testdata/overview.json"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(append(slices.Clone(got), '\n')))
}
