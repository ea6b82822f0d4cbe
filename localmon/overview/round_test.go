package overview_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/overview"

	"github.com/stretchr/testify/require"
)

// put adds a sample with labels to the newest look.
func (s shelf) put(target, metric string, at time.Time, v float64, labels ...string) {
	k := localmon.SeriesKey{Target: target, Metric: metric, Labels: localmon.FormatLabels(labels...)}
	s[k] = append(s[k], localmon.Point{At: at, Value: v})
}

func makeRound(t *testing.T, s shelf, in overview.RoundInput, names ...string) map[string]overview.Line {
	t.Helper()
	in.Input.Now, in.Input.Site, in.Input.Reader, in.Input.Targets = now, "S042", s, targets(names...)
	o, err := overview.Build(t.Context(), in.Input)
	require.NoError(t, err)
	in.Overview = o
	r, err := overview.BuildRound(t.Context(), in)
	require.NoError(t, err)
	lines, n := map[string]overview.Line{}, 0
	worst := map[string]int{}
	for _, section := range r.Sections {
		for _, l := range section.Lines {
			require.NotEmpty(t, l.Word)
			lines[l.What] = l
			worst[strings.ToLower(string(l.Word))]++
			n++
		}
	}
	require.Equal(t, worst, r.Counts)
	require.Equal(t, worst["ok"] == n, r.State == overview.OK)
	return lines
}

func TestTheRoundOfAnArrayInOrder(t *testing.T) {
	s := shelf{}
	at := now.Add(-20 * time.Second)
	s.seen("fa-1", at)
	s.fill("fa-1", at, 6, 50, 50)
	s.put("fa-1", "purefa_hw_controller_info", at, 1, "name", "CT0", "mode", "primary", "status", "ready")
	s.put("fa-1", "purefa_hw_controller_info", at, 1, "name", "CT1", "mode", "secondary", "status", "ready")
	s.put("fa-1", "purefa_hw_component_status", at, 1, "component_name", "CH0.BAY1", "component_status", "healthy")
	for i := range 7 * 24 * 6 {
		for _, side := range []string{"read", "write"} {
			s.put("fa-1", "purefa_array_performance_latency_usec", at.Add(time.Duration(i-7*24*6+1)*10*time.Minute), 400, "dimension", "usec_per_"+side+"_op")
		}
	}
	got := makeRound(t, s, overview.RoundInput{Input: overview.Input{Monitor: &overview.Monitor{Started: now.Add(-time.Hour)}}, Since: now.Add(-24 * time.Hour)}, "fa-1")
	for what, l := range got {
		require.Equal(t, overview.OK, l.Word, "%s: %s", what, l.Value)
	}
	require.Equal(t, "2 of 2 well", got["fa-1 controllers"].Value)
	require.Equal(t, 20*time.Second, got["fa-1 controllers"].Age, "each value says how old it is")
	require.Contains(t, got["fa-1 slowest read"].Value, "usually 0.4 ms")
}

func TestWhatARoundFinds(t *testing.T) {
	at := now.Add(-20 * time.Second)
	hour := now.Add(-time.Hour)
	fired := func(id uint64, what string, a localmon.Alert) localmon.Change {
		a.ID = id
		return localmon.Change{Seq: id, At: hour, What: what, Alert: a}
	}
	drive := firing(1, "fa-1", "drive-failed", "CH0.BAY1", 2, hour)
	hushedDrive := drive
	hushedDrive.Hush = &localmon.Hush{ID: 4, Kind: localmon.QuietSilence, By: "mdurand", Until: now.Add(time.Hour)}
	cases := []struct {
		name, line string
		word       overview.Word
		value      string
		fill       func(s shelf, in *overview.RoundInput)
	}{
		{"no monitor runs", "monitor", overview.Unknown, "none is running", nil},
		{"a drive has failed since", "new", overview.Critical, "1, of them 1 still open", func(_ shelf, in *overview.RoundInput) {
			in.Alerts, in.Changes = []localmon.Alert{drive}, []localmon.Change{fired(1, localmon.ChangeFired, drive)}
		}},
		{"it is well again", "cleared", overview.OK, "1; 0 became", func(_ shelf, in *overview.RoundInput) {
			in.Changes = []localmon.Change{fired(1, localmon.ChangeFired, drive), fired(1, localmon.ChangeCleared, drive)}
		}},
		{"it came and went", "came and went between two looks", overview.Warning, "1", func(_ shelf, in *overview.RoundInput) {
			in.Changes = []localmon.Change{fired(1, localmon.ChangePassed, drive)}
		}},
		{"it came back", "came back", overview.Warning, "fa-1 drive-failed CH0.BAY1", func(_ shelf, in *overview.RoundInput) {
			in.Changes = []localmon.Change{fired(1, localmon.ChangeReraised, drive)}
		}},
		{"more happened than can be read", "more happened than is listed", overview.Unknown, "newest 0 changes", func(_ shelf, in *overview.RoundInput) { in.Cut = true }},
		{"a silence ends before the next round", "silence 4, fa-1", overview.Warning, "covers 1 that fire", func(_ shelf, in *overview.RoundInput) {
			in.Alerts = []localmon.Alert{hushedDrive}
			in.Quiets = []localmon.Quiet{{ID: 4, Kind: localmon.QuietSilence, Target: "fa-1", From: hour, Until: now.Add(time.Hour), By: "mdurand", Why: "w"}}
		}},
		{"maintenance is planned", "maintenance 5, fa-1", overview.OK, "begins in 5 h for 2 h", func(_ shelf, in *overview.RoundInput) {
			in.Quiets = []localmon.Quiet{{ID: 5, Kind: localmon.QuietMaintenance, Target: "fa-1", From: now.Add(5 * time.Hour), Until: now.Add(7 * time.Hour), By: "mdurand", Why: "w"}}
		}},
		{"the monitor has trouble", "notifier", overview.Warning, "relay refused", func(_ shelf, in *overview.RoundInput) {
			in.Monitor = &overview.Monitor{Started: hour, Trouble: []overview.Trouble{{What: "notifier", Since: hour, Error: "relay refused"}}}
		}},
		{"it fills soon", "fa-1", overview.Warning, "full in", func(s shelf, _ *overview.RoundInput) { s.fill("fa-1", at, 6, 70, 80) }},
		{"it is nearly full", "fa-1", overview.Critical, "98 % used", func(s shelf, _ *overview.RoundInput) { s.fill("fa-1", at, 6, 98, 98) }},
		{"one controller serves", "fa-1 controllers", overview.Critical, "1 of 2 serve", func(s shelf, _ *overview.RoundInput) {
			s.put("fa-1", "purefa_hw_controller_info", at, 1, "name", "CT0", "mode", "primary", "status", "ready")
			s.put("fa-1", "purefa_hw_controller_info", at, 1, "name", "CT1", "mode", "not present", "status", "not ready")
		}},
		{"a word of an earlier look counts no more", "fa-1 parts", overview.OK, "1 of 1 well", func(s shelf, _ *overview.RoundInput) {
			s.put("fa-1", "purefa_hw_component_status", at.Add(-time.Hour), 1, "component_name", "CH0.BAY1", "component_status", "failed")
			s.put("fa-1", "purefa_hw_component_status", at, 1, "component_name", "CH0.BAY1", "component_status", "healthy")
		}},
		{"a part has failed", "fa-1 parts", overview.Critical, "0 of 1 well, not: CH0.BAY1 failed", func(s shelf, _ *overview.RoundInput) {
			s.put("fa-1", "purefa_hw_component_status", at, 1, "component_name", "CH0.BAY1", "component_status", "failed")
		}},
		{"parts are not told", "fa-1 parts", overview.Unknown, "not told", nil},
		{"a copy is far behind", "fa-1 replication", overview.Warning, "the slowest 1 h behind", func(s shelf, _ *overview.RoundInput) {
			s.put("fa-1", "purefa_pod_replica_links_lag_max_msec", at, 3_600_000, "local_pod", "p1")
		}},
		{"a mediator is gone", "fa-1 mediators", overview.Critical, "p1 at fa-1 offline", func(s shelf, _ *overview.RoundInput) {
			s.put("fa-1", "purefa_pod_mediator_status", at, 0, "pod", "p1", "array", "fa-1", "status", "unreachable")
		}},
		{"latency was not read", "fa-1 slowest read", overview.Unknown, "no latency", nil},
		{"reads were slow for ten minutes", "fa-1 slowest read", overview.Warning, "9 ms at", func(s shelf, _ *overview.RoundInput) {
			for i := range 7 * 24 * 6 {
				v := 400.0
				if i == 7*24*6-5 {
					v = 9000
				}
				s.put("fa-1", "purefa_array_performance_latency_usec", at.Add(time.Duration(i-7*24*6+1)*10*time.Minute), v, "dimension", "usec_per_read_op")
			}
		}},
		{"a section of others without a word", "papers", overview.Unknown, "lost", func(_ shelf, in *overview.RoundInput) {
			in.Others = []overview.Section{{Name: "papers", Lines: []overview.Line{{What: "papers", Value: "lost"}}}}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, in := shelf{}, overview.RoundInput{Since: now.Add(-24 * time.Hour)}
			s.seen("fa-1", at)
			if c.fill != nil {
				c.fill(s, &in)
			}
			l, ok := makeRound(t, s, in, "fa-1")[c.line]
			require.True(t, ok, "there is a line %q", c.line)
			require.Equal(t, c.word, l.Word, l.Value)
			require.Contains(t, l.Value, c.value)
		})
	}
}

// What is not seen is not in order, whatever was stored of it last.
func TestNothingIsInOrderThatIsNotSeen(t *testing.T) {
	s := shelf{}
	old := now.Add(-6 * time.Hour)
	s.seen("fa-1", old)
	s.fill("fa-1", old, 6, 50, 50)
	s.put("fa-1", "purefa_hw_component_status", old, 1, "component_name", "CH0.BAY1", "component_status", "healthy")
	for _, names := range [][]string{{"fa-1"}, {"fa-2"}} {
		got := makeRound(t, s, overview.RoundInput{}, names...)
		for _, what := range []string{"%s", "%s controllers", "%s parts", "%s replication", "%s slowest read"} {
			what = fmt.Sprintf(what, names[0])
			require.Equal(t, overview.Unknown, got[what].Word, what)
		}
		require.Equal(t, overview.Unknown, got["open alerts"].Word, "that nothing is told does not mean that nothing is wrong")
		require.Contains(t, got["open alerts"].Value, "none known")
	}
}
