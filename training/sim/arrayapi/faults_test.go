package arrayapi_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func TestDriveFailed(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	r.array.Advance(5 * time.Minute)
	id := r.inject(sim.Fault{Kind: sim.DriveFail, Target: "ch0.bay7"})

	r.array.Advance(time.Second)
	require.Equal(t, "failed", r.get("drives").byName()["CH0.BAY7"]["status"])
	require.Equal(t, "ok", r.get("hardware").byName()["CH0.BAY7"]["status"], "the bay goes on saying ok")
	require.Empty(t, r.openAlerts(), "the array needs five seconds to notice")
	require.Less(t, r.get("arrays").Items[0]["parity"], 1.0)

	r.array.Advance(5 * time.Second)
	open := r.openAlerts()
	require.Len(t, open, 2)
	require.Equal(t, []any{"drive", "ch0.bay7", 60.0, "critical", "healthy", "failed"},
		pickFields(open[0], "component_type", "component_name", "code", "severity", "expected", "actual"))
	require.Equal(t, "(drive:ch0.bay7): failure", open[0]["summary"])
	require.Equal(t, "(drive:ch0.bay7): failure Expected: healthy, Actual: failed", open[0]["description"])
	require.Equal(t, []any{"shelf", "ch0", 60.0, "0", "1"}, pickFields(open[1], "component_type", "component_name", "code", "expected", "actual"))

	r.array.Advance(20 * time.Minute)
	half := r.get("arrays/space").Items[0]["parity"].(float64)
	require.Less(t, half, 1.0)
	r.array.Advance(21 * time.Minute)
	require.Equal(t, 1.0, r.get("arrays/space").Items[0]["parity"], "rebuilt without a new drive")
	require.Len(t, r.openAlerts(), 2, "the drive is still to be replaced")

	require.NoError(t, r.array.Clear(id))
	require.Equal(t, "recovering", r.get("drives").byName()["CH0.BAY7"]["status"])
	r.array.Advance(2*time.Minute + 11*time.Second)
	require.Equal(t, "healthy", r.get("drives").byName()["CH0.BAY7"]["status"])
	require.Empty(t, r.openAlerts())
	last := r.get("alerts?filter=code%3D60").Items
	require.Len(t, last, 2)
	for _, a := range last {
		require.Equal(t, "closed", a["state"])
		require.Equal(t, a["closed"], a["updated"])
		require.Greater(t, a["closed"], a["created"])
	}
}

func pickFields(m map[string]any, names ...string) (out []any) {
	for _, n := range names {
		out = append(out, m[n])
	}
	return out
}

func TestControllerNotReady(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	r.array.Advance(5 * time.Minute)
	before := r.get("network-interfaces/performance").byName()
	id := r.inject(sim.Fault{Kind: sim.ControllerFail})
	at := r.array.Now()

	require.Panics(t, func() { r.raw("arrays") }, "the address moves with the primary")
	r.array.Advance(9 * time.Second)
	cts := r.get("controllers").byName()
	require.Equal(t, []any{"not ready", "offline", nil}, pickFields(cts["CT0"], "status", "mode", "mode_since"))
	require.Equal(t, []any{"ready", "primary", ms(at.Add(8 * time.Second))}, pickFields(cts["CT1"], "status", "mode", "mode_since"))
	hw := r.get("hardware").byName()
	require.Equal(t, "critical", hw["CT0"]["status"])
	require.Equal(t, []any{"unknown", nil}, pickFields(hw["CT0.TMP3"], "status", "temperature"))
	require.Equal(t, "ok", hw["CT1.TMP3"]["status"])
	after := r.get("network-interfaces/performance").byName()
	for name := range before {
		_, still := after[name]
		require.Equal(t, name[2] == '1', still, name)
	}
	for _, h := range r.get("hosts").Items {
		require.Equal(t, map[string]any{"status": "critical", "details": "Single Controller"}, h["port_connectivity"])
	}
	open := r.openAlerts()
	require.Len(t, open, 1)
	require.Equal(t, []any{4.0, "critical", "controller", "ct0", "failure"}, pickFields(open[0], "code", "severity", "component_type", "component_name", "issue"))

	r.array.Advance(10 * time.Minute)
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(80 * time.Second)
	require.Equal(t, "not ready", r.get("controllers").byName()["CT0"]["status"], "it has to boot")
	r.array.Advance(21 * time.Second)
	cts = r.get("controllers").byName()
	require.Equal(t, []any{"ready", "secondary"}, pickFields(cts["CT0"], "status", "mode"), "the peer stays primary")
	require.Equal(t, "primary", cts["CT1"]["mode"])
	require.Empty(t, r.openAlerts())
	require.Len(t, r.get("network-interfaces/performance").Items, len(before))
}

func TestLosingTheSecondaryDisturbsNoCall(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.ControllerFail, Target: "ct1"})
	require.Equal(t, "offline", r.get("controllers").byName()["CT1"]["mode"])
	require.Equal(t, "primary", r.get("controllers").byName()["CT0"]["mode"])
}

// used is the share of capacity in use, as monitors work it out.
func (r *rig) used() float64 {
	a := r.get("arrays").Items[0]
	s := a["space"].(map[string]any)
	sum := 0.0
	for _, k := range []string{"system", "replication", "shared", "snapshots", "unique"} {
		sum += s[k].(float64)
	}
	return 100 * sum / a["capacity"].(float64)
}

func TestCapacityFilling(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	start := r.used()
	require.InDelta(t, 41, start, 3)
	id := r.inject(sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "96", "over": "1h", "reclaim": "10m"}})
	severity := map[string]float64{} // by the use at which it was first seen
	last := start
	for range 61 {
		r.array.Advance(time.Minute)
		now := r.used()
		require.GreaterOrEqual(t, now, last)
		last = now
		open := r.openAlerts()
		if now < 80 {
			require.Empty(t, open)
			continue
		}
		require.Len(t, open, 1, "one alert, whatever its severity")
		s := open[0]["severity"].(string)
		if severity[s] == 0 {
			severity[s] = now
		}
	}
	require.InDelta(t, 96, last, 0.05)
	require.InDelta(t, 80.5, severity["info"], 0.5)
	require.InDelta(t, 90.5, severity["warning"], 0.5)
	require.InDelta(t, 95.5, severity["critical"], 0.5)

	require.NoError(t, r.array.Clear(id))
	for range 11 {
		r.array.Advance(time.Minute)
		now := r.used()
		require.LessOrEqual(t, now, last+0.001) // ordinary growth goes on
		last = now
		switch open := r.openAlerts(); {
		case now >= 80 && len(open) > 0:
			require.Equal(t, map[bool]string{true: "critical", false: map[bool]string{true: "warning", false: "info"}[now >= 90]}[now >= 95], open[0]["severity"])
		case now < 79:
			require.Empty(t, open)
		}
	}
	require.InDelta(t, start, last, 0.1)
	r.array.Advance(time.Minute)
	require.Empty(t, r.openAlerts())
}

func TestAFullArrayWritesNoMore(t *testing.T) {
	r := newRig(t, sim.Options{})
	require.Positive(t, r.get("arrays/performance").Items[0]["writes_per_sec"])
	r.inject(sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "100", "over": "10m"}})
	r.array.Advance(11 * time.Minute)
	require.InDelta(t, 100, r.used(), 0.01)
	p := r.get("arrays/performance").Items[0]
	require.Zero(t, p["writes_per_sec"])
	require.Zero(t, p["write_bytes_per_sec"])
	require.Positive(t, p["reads_per_sec"])
}

func TestCapacityOfOneVolume(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	var target string
	most := 0.0
	for _, v := range r.get("volumes").Items {
		s := v["space"].(map[string]any)
		if room := v["provisioned"].(float64) - s["virtual"].(float64); room > most {
			most, target = room, v["name"].(string)
		}
	}
	was := r.get("volumes").byName()
	r.inject(sim.Fault{Kind: sim.CapacityFill, Target: target, Params: map[string]string{"target": "60", "over": "10m"}})
	r.array.Advance(11 * time.Minute)
	grown := func(name string) float64 {
		return r.get("volumes?names=" + name).Items[0]["space"].(map[string]any)["unique"].(float64) -
			was[name]["space"].(map[string]any)["unique"].(float64)
	}
	var others float64
	for name := range was {
		if name != target {
			others = max(others, grown(name))
		}
	}
	require.Greater(t, grown(target), others, "the named volume grows most")
	require.InDelta(t, 60, r.used(), 0.05)
}

func TestLatencyBottleneck(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	r.array.Advance(10 * time.Minute)
	get := func() map[string]any { return r.get("arrays/performance").Items[0] }
	before := get()
	require.Less(t, before["usec_per_read_op"], 500.0)
	id := r.inject(sim.Fault{Kind: sim.Bottleneck, Params: map[string]string{"latency": "8ms", "ramp": "2m"}})
	r.array.Advance(time.Minute)
	rising := get()
	r.array.Advance(2 * time.Minute)
	worst := get()
	for _, f := range []string{"usec_per_read_op", "usec_per_write_op", "queue_usec_per_read_op", "queue_usec_per_write_op", "local_queue_usec_per_op", "reads_per_sec"} {
		require.Greater(t, rising[f], before[f], f)
		require.Greater(t, worst[f], rising[f], f)
	}
	require.InDelta(t, 8000, worst["usec_per_read_op"], 900)
	require.Equal(t, worst["usec_per_read_op"], worst["service_usec_per_read_op"])
	require.Empty(t, r.openAlerts(), "arrays raise no alert for it")
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(2*time.Minute + time.Second)
	require.Less(t, get()["usec_per_read_op"], 500.0)
	require.Less(t, get()["queue_usec_per_read_op"], 50.0)
}

func TestOneVolumeIsTheBottleneck(t *testing.T) {
	r := newRig(t, sim.Options{})
	name := r.get("volumes").Items[9]["name"].(string)
	r.inject(sim.Fault{Kind: sim.Bottleneck, Target: name, Params: map[string]string{"load": "4"}})
	r.array.Advance(3 * time.Minute)
	all := r.get("volumes/performance")
	culprit := all.byName()[name]
	require.Greater(t, culprit["reads_per_sec"], 0.5*all.Total[0]["reads_per_sec"].(float64))
	for other, v := range all.byName() {
		if other != name {
			require.LessOrEqual(t, v["usec_per_read_op"], culprit["usec_per_read_op"], other)
		}
	}
}

func TestHTTP500(t *testing.T) {
	r := newRig(t, sim.Options{})
	id := r.inject(sim.Fault{Kind: sim.HTTP500, Params: map[string]string{"path": "/volumes/performance", "every": "3"}})
	var codes []int
	for range 6 {
		codes = append(codes, r.raw("volumes/performance").Code)
	}
	require.Equal(t, []int{200, 200, 500, 200, 200, 500}, codes)
	require.Equal(t, 200, r.raw("volumes").Code, "other endpoints go on")
	require.NoError(t, r.array.Clear(id))
	r.inject(sim.Fault{Kind: sim.HTTP500})
	require.Equal(t, 500, r.raw("volumes").Code)
	require.NotEmpty(t, r.decode(r.raw("volumes").Body).Errors)
}

func TestTruncatedJSON(t *testing.T) {
	r := newRig(t, sim.Options{})
	whole := r.raw("drives").Body.Len()
	r.inject(sim.Fault{Kind: sim.TruncatedJSON, Params: map[string]string{"path": "drives"}})
	w := r.raw("drives")
	require.Equal(t, 200, w.Code)
	require.Less(t, w.Body.Len(), whole)
	require.Error(t, json.Unmarshal(w.Body.Bytes(), new(any)))
	r.get("hardware")
}

func TestDuplicateItems(t *testing.T) {
	r := newRig(t, sim.Options{})
	once := r.get("drives").Items
	r.inject(sim.Fault{Kind: sim.DuplicateItems})
	twice := r.get("drives")
	require.Greater(t, len(twice.Items), len(once))
	require.Len(t, twice.byName(), len(once))
}

func TestClockSkew(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.ClockSkew, Params: map[string]string{"by": "-90m"}})
	r.array.Advance(time.Minute)
	told := r.array.Now().Add(-90 * time.Minute)
	w := r.raw("arrays/performance")
	require.Equal(t, told.Format("Mon, 02 Jan 2006 15:04:05")+" GMT", w.Header().Get("Date"))
	require.Equal(t, ms(told), r.decode(w.Body).Items[0]["time"])
	p := r.get("arrays/performance?resolution=30000")
	require.LessOrEqual(t, p.Items[0]["time"], ms(told), "history is in the array's own time")
}

func TestSlowStallsInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sim.Options{})
		r.inject(sim.Fault{Kind: sim.Slow, Params: map[string]string{"stall": "20s", "path": "hardware"}})
		for path, want := range map[string]time.Duration{"hardware": 20 * time.Second, "drives": 0} {
			began := time.Now()
			r.get(path)
			require.Equal(t, want, time.Since(began), path)
		}
	})
}
