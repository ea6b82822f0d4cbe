package daemon_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/overview"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// recordedAlerts reads the alert list of a recorded array.
func recordedAlerts(t *testing.T, name string) []localmon.ArrayAlert {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../shared/data/recorded", name))
	if err != nil {
		t.Skip("the recordings are not here: ", err)
	}
	var list struct {
		Items []struct {
			ID, Name, Severity, State, Issue, Summary, Actual string
			Code                                              int
			Created, Updated, Closed                          int64
			Type                                              string `json:"component_type"`
			Component                                         string `json:"component_name"`
		}
	}
	require.NoError(t, json.Unmarshal(data, &list))
	var out []localmon.ArrayAlert
	for _, a := range list.Items {
		out = append(out, localmon.ArrayAlert{
			ID: a.ID, Name: a.Name, Code: a.Code, Severity: a.Severity, State: a.State, ComponentType: a.Type, Component: a.Component,
			Issue: a.Issue, Summary: a.Summary, Actual: a.Actual, Created: time.UnixMilli(a.Created).UTC(),
		})
	}
	return out
}

// replayed takes looks through rules, engine and store.
type replayed struct {
	t     *testing.T
	rules *rule.Evaluator
	store *alertstore.Store
	state alert.State
	now   time.Time
}

func replay(t *testing.T, kind localmon.Kind) *replayed {
	t.Helper()
	set, err := rule.Shipped()
	require.NoError(t, err)
	f := openFolder(t, t.TempDir())
	return &replayed{t: t, rules: rule.NewEvaluator(set, "array", kind), store: f.alerts, now: newClock().Now()}
}

func (r *replayed) look(alerts ...localmon.ArrayAlert) {
	r.t.Helper()
	r.now = r.now.Add(30 * time.Second)
	b := localmon.Batch{Target: "array", At: r.now, AlertsRead: true, Alerts: alerts}
	res := alert.New(alert.Options{}).Step(r.state, r.now, r.rules.Evaluate(r.now, b))
	require.NoError(r.t, r.store.Save(alertstore.Step{Result: res}))
	r.state = res.State
}

func (r *replayed) firing() []string {
	out := []string{}
	for _, a := range r.state.Alerts() {
		if a.Status == localmon.StatusFiring && a.Parent == 0 {
			out = append(out, a.Rule)
		}
	}
	slices.Sort(out)
	return out
}

func (r *replayed) past() map[string]int {
	r.t.Helper()
	p, err := r.store.Past(alertstore.Query{Limit: alertstore.MaxPast})
	require.NoError(r.t, err)
	n := map[string]int{}
	for _, c := range p.Changes {
		n[c.What]++
	}
	return n
}

var recordings = []struct {
	file   string
	kind   localmon.Kind
	firing []string
}{
	{"flasharray/alerts_open.json", localmon.KindFlashArray, []string{"array-alert:231"}},
	{"flashblade/alerts_open.json", localmon.KindFlashBlade, []string{
		"array-alert:1106", "array-alert:1111", "array-alert:1123", "array-alert:1124",
		"fb-quota", "fb-quota", "fb-quota", "fb-quota", "fb-quota", "port-down", "psu-failed",
	}},
}

// TestRecordedAlertsEndInTheRightState opens what arrays were recorded to say,
// look after look, closes it, and finds nothing open and everything recorded.
func TestRecordedAlertsEndInTheRightState(t *testing.T) {
	for _, c := range recordings {
		t.Run(c.file, func(t *testing.T) {
			list := recordedAlerts(t, c.file)
			r := replay(t, c.kind)
			r.look()
			for range 3 {
				r.look(list...)
			}
			require.Equal(t, c.firing, r.firing())
			require.LessOrEqual(t, len(overview.Groups(r.state.Alerts())), 7)
			told := r.past()
			for range 20 {
				r.look(list...)
			}
			require.Equal(t, told, r.past(), "what stays open is told once")
			closed := slices.Clone(list)
			for i := range closed {
				closed[i].State, closed[i].Closed = "closed", r.now
			}
			for range 12 {
				r.look(closed...)
			}
			require.Empty(t, r.firing())
			require.Equal(t, len(c.firing), r.past()[localmon.ChangeCleared])
			for range 60 { // they are forgotten as what could come back, and remembered for good
				r.look()
			}
			require.Empty(t, r.state.Entries)
			require.Equal(t, len(c.firing), r.past()[localmon.ChangeCleared])
			_, err := r.store.Check()
			require.NoError(t, err)
		})
	}
}

// TestAlertsShorterThanALookAreInTheHistory lets every recorded alert open and
// close while nobody looks.
func TestAlertsShorterThanALookAreInTheHistory(t *testing.T) {
	for _, c := range recordings {
		t.Run(c.file, func(t *testing.T) {
			list := recordedAlerts(t, c.file)
			r := replay(t, c.kind)
			r.look()
			for i := range list {
				list[i].State, list[i].Closed = "closed", r.now
			}
			for range 5 {
				r.look(list...)
			}
			require.Empty(t, r.firing(), "nothing is open")
			require.NotZero(t, r.past()[localmon.ChangePassed])
			require.Equal(t, map[string]int{localmon.ChangePassed: len(r.state.Entries)}, r.past(), "each is told once, as what came and went")
			seen := map[string]bool{}
			for _, a := range r.state.Alerts() {
				seen[a.Component] = true
				require.NotEmpty(t, a.Evidence)
				require.False(t, a.Resolved.IsZero())
			}
			require.GreaterOrEqual(t, len(seen), len(c.firing)-1)
		})
	}
}
