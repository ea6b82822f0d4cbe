package overview_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/overview"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// storm is a look at an array that has gone mad: thousands of alerts of its own
// on two hundred parts, of codes the rules know and of codes they do not, some
// closed while nobody looked; and the parts themselves are down.
func storm(at time.Time, alerts, parts int) localmon.Batch {
	b := localmon.Batch{Target: "fa-1", At: at, AlertsRead: true}
	part := func(i int) (name, kind string) {
		i %= parts
		switch i % 4 {
		case 0:
			return fmt.Sprintf("CH%d.BAY%d", i/40, i%40), "drive"
		case 1:
			return fmt.Sprintf("CT%d.FC%d", i%2, i), "fc_port"
		case 2:
			return fmt.Sprintf("CT%d.ETH%d", i/2%2, i), "eth_port"
		default:
			return fmt.Sprintf("CH%d.PWR%d", i/40, i%40), "power_supply"
		}
	}
	for i := range parts {
		name, kind := part(i)
		b.States = append(b.States, localmon.ComponentState{Component: name, Type: kind, Status: "failed", Health: localmon.HealthCritical})
	}
	for i := range alerts {
		name, kind := part(i)
		state := "open"
		if i%7 == 0 {
			state = "closed"
		}
		b.Alerts = append(b.Alerts, localmon.ArrayAlert{
			ID: fmt.Sprint("id-", i), Name: fmt.Sprint(i), Code: i % 300, Severity: []string{"warning", "critical", "info"}[i%3], State: state,
			ComponentType: kind, Component: name, Issue: "something is wrong", Summary: fmt.Sprintf("(%s) %s: something is wrong", kind, name),
		})
	}
	return b
}

// weather judges looks of a storm one after the other, as the monitor does.
type weather struct {
	rules *rule.Evaluator
	state alert.State
	told  int
	now   time.Time
}

func newWeather(t testing.TB) *weather {
	t.Helper()
	set, err := rule.Shipped()
	require.NoError(t, err)
	return &weather{rules: rule.NewEvaluator(set, "fa-1", localmon.KindFlashArray), now: now}
}

func (w *weather) look(b localmon.Batch) []overview.Group {
	w.now = w.now.Add(30 * time.Second)
	r := alert.New(alert.Options{}).Step(w.state, w.now, w.rules.Evaluate(w.now, b))
	w.state = r.State
	w.told += len(r.Changes)
	return overview.Groups(w.state.Alerts())
}

func TestAStormIsAHandfulOfGroups(t *testing.T) {
	w := newWeather(t)
	calm := storm(now, 0, 200)
	for i := range calm.States {
		calm.States[i].Status, calm.States[i].Health = "healthy", localmon.HealthOK
	}
	require.Empty(t, w.look(calm))
	var groups []overview.Group
	for range 3 {
		groups = w.look(storm(w.now, 5000, 200))
	}
	firing := slices.DeleteFunc(w.state.Alerts(), func(a localmon.Alert) bool { return a.Status != localmon.StatusFiring || a.Parent != 0 })
	require.Greater(t, len(firing), 100, "it is a storm")
	require.LessOrEqual(t, len(groups), 10, "and a person sees a handful")
	total := 0
	for _, g := range groups {
		total += g.Alerts
		require.LessOrEqual(t, len(g.Components), overview.MaxNamed)
		require.NotEmpty(t, g.Text())
		require.Less(t, len(g.Text()), 600)
	}
	require.Equal(t, len(firing), total, "no alert is lost in the groups")
	told := w.told
	w.look(storm(w.now, 5000, 200))
	require.Equal(t, told, w.told, "a storm that goes on tells nothing new")
	for range 15 {
		groups = w.look(calm)
	}
	require.Empty(t, groups, "and when it is over, it is over")
}

// What a storm may cost in MiB: memory is bounded by the number of alerts and not
// by how long it rages. The bounds are twice and four times what is measured.
const (
	mostAllocated = 60 // in one look at a storm
	mostKept      = 8  // by rules and engine
)

// TestAStormIsBounded lets a storm rage and counts bytes, which do not depend on how
// fast the machine is.
func TestAStormIsBounded(t *testing.T) {
	w := newWeather(t)
	looks := storm(now, 5000, 200)
	w.look(storm(now, 0, 200))
	idle, early, most := kept(), 0.0, 0.0
	for i := range 12 {
		before := allocated()
		groups := w.look(looks)
		most = max(most, allocated()-before)
		require.LessOrEqual(t, len(groups), 10)
		if i == 3 {
			early = kept()
		}
	}
	late := kept()
	t.Logf("%.1f MiB allocated in one look at most; %.1f MiB kept after four looks, %.1f MiB after twelve", most, early-idle, late-idle)
	require.Less(t, most, float64(mostAllocated))
	require.Less(t, late-idle, float64(mostKept))
	require.Less(t, late-early, 0.5, "what is kept does not grow while it rages")
	runtime.KeepAlive(looks)
	runtime.KeepAlive(w)
}

// kept is what lives on the heap, in MiB.
func kept() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // and what finalizers of the first let go
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// allocated is what was ever allocated, in MiB.
func allocated() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.TotalAlloc) / (1 << 20)
}

// BenchmarkStorm is the first look at a storm of 5,000 alerts on 200 parts,
// through rules, engine and groups: the look that tells everything. cpu-ms is the
// time of the processor in user and kernel, of all threads; the limit is 1000. It
// reports what the process held at most, and what stays.
func BenchmarkStorm(b *testing.B) {
	looks := storm(now, 5000, 200)
	var used time.Duration
	var peak uint64
	var groups, told int
	var w *weather
	for b.Loop() {
		b.StopTimer()
		w = newWeather(b)
		w.look(storm(now, 0, 200))
		runtime.GC()
		told = w.told
		stop := watchHeap(&peak)
		began := cpu(b)
		b.StartTimer()
		groups = len(w.look(looks))
		b.StopTimer()
		used += cpu(b) - began
		stop()
		told = w.told - told
		b.StartTimer()
	}
	require.LessOrEqual(b, groups, 10)
	b.ReportMetric(used.Seconds()*1e3/float64(b.N), "cpu-ms/look")
	b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
	b.ReportMetric(kept(), "MiB-kept")
	b.ReportMetric(float64(told), "changes")
	b.ReportMetric(float64(groups), "groups")
	runtime.KeepAlive(w)
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watchHeap notes the most the heap holds until it is stopped.
func watchHeap(peak *uint64) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			*peak = max(*peak, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(done); <-ended }
}

func TestGroups(t *testing.T) {
	of := func(id uint64, target, rule, component string, change func(*localmon.Alert)) localmon.Alert {
		a := firing(id, target, rule, component, 3, now.Add(-time.Hour))
		if change != nil {
			change(&a)
		}
		return a
	}
	hush := &localmon.Hush{ID: 1, Kind: localmon.QuietSilence, By: "mdurand", Until: now.Add(time.Hour)}
	later := &localmon.Hush{ID: 2, Kind: localmon.QuietSilence, By: "amartin", Until: now.Add(2 * time.Hour)}
	cases := []struct {
		name   string
		alerts []localmon.Alert
		want   []string
	}{
		{"one alert stands for itself", []localmon.Alert{of(1, "fa-1", "port-down", "CT0.FC1", nil)}, []string{"WARN fa-1 port-down/CT0.FC1 x1: port-down summary"}},
		{"one rule on one target is one group", []localmon.Alert{of(1, "fa-1", "port-down", "CT1.FC1", nil), of(2, "fa-1", "port-down", "CT0.FC1", nil), of(3, "fa-2", "port-down", "CT0.FC1", nil)}, []string{
			"WARN fa-1 port-down/ x2: 2 alerts (CT0.FC1, CT1.FC1), the first: port-down summary", "WARN fa-2 port-down/CT0.FC1 x1: port-down summary",
		}},
		{"what another explains is in its group", []localmon.Alert{
			of(1, "fa-1", "controller", "CT0", func(a *localmon.Alert) { a.Severity, a.Children = 2, make([]localmon.Ref, 5) }),
			of(2, "fa-1", "port-down", "CT0.FC1", func(a *localmon.Alert) { a.Parent = 1 }),
		}, []string{"CRIT fa-1 controller/CT0 x1: controller summary; it explains 5 more"}},
		{"what is pending or resolved is in none", []localmon.Alert{
			of(1, "fa-1", "a", "", func(a *localmon.Alert) { a.Status = localmon.StatusPending }), of(2, "fa-1", "b", "", func(a *localmon.Alert) { a.Status = localmon.StatusResolved }),
		}, []string{}},
		{"the most urgent leads its group", []localmon.Alert{of(1, "fa-1", "a", "x", nil), of(2, "fa-1", "a", "y", func(a *localmon.Alert) { a.Severity, a.Summary = 1, "urgent" })}, []string{
			"CRIT fa-1 a/ x2: 2 alerts (x, y), the first: urgent",
		}},
		{"what is in hand or silenced comes after what nobody has", []localmon.Alert{
			of(1, "fa-1", "a", "x", func(a *localmon.Alert) { a.AckedBy = "mdurand" }), of(2, "fa-1", "b", "x", func(a *localmon.Alert) { a.Hush = hush }), of(3, "fa-1", "c", "x", nil),
		}, []string{"WARN fa-1 c/x x1: c summary", "WARN fa-1 a/x x1: a summary in hand of mdurand", "WARN fa-1 b/x x1: b summary until 15:05"}},
		{"a group half silenced is not silenced", []localmon.Alert{of(1, "fa-1", "a", "x", func(a *localmon.Alert) { a.Hush = hush }), of(2, "fa-1", "a", "y", nil)}, []string{
			"WARN fa-1 a/ x2: 2 alerts (x, y), the first: a summary",
		}},
		{"and one silenced twice is told when the first ends", []localmon.Alert{of(1, "fa-1", "a", "x", func(a *localmon.Alert) { a.Hush = later }), of(2, "fa-1", "a", "y", func(a *localmon.Alert) { a.Hush = hush })}, []string{
			"WARN fa-1 a/ x2: 2 alerts (x, y), the first: a summary until 15:05",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := []string{}
			for _, g := range overview.Groups(c.alerts) {
				s := fmt.Sprintf("%s %s %s/%s x%d: %s", g.Word, g.Target, g.Rule, g.Component, g.Alerts, g.Text())
				if g.AckedBy != "" {
					s += " in hand of " + g.AckedBy
				}
				if g.Hush != nil {
					s += " until " + g.Hush.Until.Format("15:04")
				}
				got = append(got, s)
			}
			require.Equal(t, c.want, got)
		})
	}
}
