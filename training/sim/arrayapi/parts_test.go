package arrayapi_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func TestFaultsOfDrivesAndShelves(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Large})
	r.array.Advance(5 * time.Minute)
	usec := func() float64 { return r.get("arrays/performance").Items[0]["usec_per_read_op"].(float64) }
	before := usec()
	path := r.inject(sim.Fault{Kind: sim.DrivePathLost, Target: "CH0.BAY4", Params: map[string]string{"flap": "40s"}})
	status := func(list, name string) any { return r.get(list).byName()[name]["status"] }
	r.array.Advance(10 * time.Second)
	require.Equal(t, "critical", status("hardware", "CH0.BAY4"))
	require.Equal(t, "healthy", status("drives", "CH0.BAY4"), "the drive itself is well")
	require.InEpsilon(t, 1.1, usec()/before, 0.03)
	require.Equal(t, 62.0, r.openAlerts()[0]["code"])
	r.array.Advance(20 * time.Second)
	require.Equal(t, "ok", status("hardware", "CH0.BAY4"), "in the other half the path is back")
	r.array.Advance(20 * time.Second)
	require.Equal(t, "critical", status("hardware", "CH0.BAY4"))
	require.NoError(t, r.array.Clear(path))

	cable := r.inject(sim.Fault{Kind: sim.SASCable, Target: "sh0.sas1"})
	r.array.Advance(time.Minute)
	hw := r.get("hardware").byName()
	for name, want := range map[string]string{
		"SH0.SAS1": "critical", "CT1.SAS0": "critical", "SH0.SAS0": "ok", "CT0.SAS0": "ok", "SH0.IOM0": "ok",
		"SH0.BAY0": "unknown", "SH0.BAY19": "unknown", "CH0.BAY0": "ok",
	} {
		require.Equal(t, want, hw[name]["status"], name)
	}
	require.Equal(t, "healthy", status("drives", "SH0.BAY0"))
	require.Equal(t, []any{40.0, "sh0.sas1"}, pickFields(r.openAlerts()[0], "code", "component_name"))
	require.NoError(t, r.array.Clear(cable))

	r.inject(sim.Fault{Kind: sim.DriveUnadmitted, Target: "SH0.BAY2"})
	r.array.Advance(time.Minute)
	require.Equal(t, "unadmitted", status("drives", "SH0.BAY2"))
	require.Less(t, r.get("arrays").Items[0]["parity"], 1.0)
}

func TestControllersChangePlaces(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.Failover})
	at := r.array.Now()
	require.Panics(t, func() { r.raw("arrays") }, "for a moment nobody has the address")
	r.array.Advance(9 * time.Second)
	cts := r.get("controllers").byName()
	require.Equal(t, []any{"ready", "secondary", ms(at)}, pickFields(cts["CT0"], "status", "mode", "mode_since"))
	require.Equal(t, []any{"ready", "primary", ms(at.Add(8 * time.Second))}, pickFields(cts["CT1"], "status", "mode", "mode_since"))
	r.array.Advance(time.Minute)
	require.Empty(t, r.openAlerts())

	id := r.inject(sim.Fault{Kind: sim.CPUFail})
	r.array.Advance(time.Minute)
	cts = r.get("controllers").byName()
	require.Equal(t, []any{"not ready", "offline"}, pickFields(cts["CT1"], "status", "mode"), "the default is the primary")
	require.Equal(t, "primary", cts["CT0"]["mode"])
	require.Equal(t, "a processor has failed", r.get("hardware").byName()["CT1"]["details"])
	require.Equal(t, []any{16.0, "processor (CPU) failure"}, pickFields(r.openAlerts()[0], "code", "issue"))
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(2 * time.Minute)
	require.Equal(t, "secondary", r.get("controllers").byName()["CT1"]["mode"])
	require.Empty(t, r.openAlerts())
}

func TestUpgrade(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.Upgrade, Params: map[string]string{"version": "6.7.0"}})
	require.Panics(t, func() { r.raw("arrays") })
	r.array.Advance(7 * time.Minute)
	require.Equal(t, 401, r.raw("arrays").Code)
	r.login()
	require.Equal(t, "6.7.0", r.get("arrays").Items[0]["version"])
	require.Equal(t, "6.7.0", r.get("controllers").Items[1]["version"])
	require.Equal(t, "6.7.0", r.get("software").Items[0]["version"])
	var v struct{ Version []string }
	require.NoError(t, json.Unmarshal(r.do("GET", "/api/api_version", nil).Body.Bytes(), &v))
	require.Equal(t, []string{"2.26", "2.27", "2.28", "2.29", "2.30"}, v.Version[len(v.Version)-5:])
	require.Equal(t, 200, r.do("GET", "/api/2.30/arrays", map[string][]string{"X-Auth-Token": {r.session}}).Code)
}

func TestNoisyVolumeAndLimit(t *testing.T) {
	for _, size := range sim.Sizes() {
		r := newRig(t, sim.Options{Size: size})
		r.array.Advance(7 * time.Hour) // past one in the afternoon the array is at its busiest
		r.login()
		name := r.get("volumes?sort=provisioned-").Items[0]["name"].(string)
		r.inject(sim.Fault{Kind: sim.NoisyVolume, Target: name})
		r.array.Advance(3 * time.Minute)
		p := r.get("volumes/performance")
		ops := func(m map[string]any) float64 {
			return m["reads_per_sec"].(float64) + m["writes_per_sec"].(float64) + m["mirrored_writes_per_sec"].(float64)
		}
		require.InDelta(t, 0.8, ops(p.byName()[name])/ops(p.Total[0]), 0.02, size)
		require.Empty(t, r.openAlerts())

		id := r.inject(sim.Fault{Kind: sim.QoSCap, Target: name, Params: map[string]string{"iops": "500"}})
		waits := func() float64 {
			return r.get("volumes/performance").byName()[name]["qos_rate_limit_usec_per_read_op"].(float64)
		}
		r.array.Advance(10 * time.Second)
		early := waits()
		r.array.Advance(3 * time.Minute)
		require.Greater(t, waits(), 2*early)
		require.InDelta(t, 500, ops(r.get("volumes/performance").byName()[name]), 3)
		require.Equal(t, 500.0, r.get("volumes").byName()[name]["qos"].(map[string]any)["iops_limit"])
		require.NoError(t, r.array.Clear(id))
		require.Zero(t, waits())
	}
}

func TestOptics(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	rx := func(name string) map[string]any {
		return r.get("network-interfaces/port-details").byName()[name]["rx_power"].([]any)[0].(map[string]any)
	}
	for _, p := range r.get("network-interfaces/port-details").Items {
		for _, field := range []string{"rx_power", "tx_power", "tx_bias", "temperature", "voltage"} {
			require.Equal(t, "ok", p[field].([]any)[0].(map[string]any)["status"], "%s %s", p["name"], field)
		}
	}
	id := r.inject(sim.Fault{Kind: sim.SFPDegrade, Target: "CT0.FC8"})
	seen := map[any]bool{}
	alerted := map[any]int{}
	for range 60 {
		r.array.Advance(10 * time.Second)
		seen[rx("CT0.FC8")["status"]] = true
		alerted[rx("CT0.FC8")["status"]] = len(r.openAlerts())
	}
	require.Equal(t, map[any]bool{"ok": true, "warn low": true, "alarm low": true}, seen)
	require.Equal(t, map[any]int{"ok": 0, "warn low": 0, "alarm low": 1}, alerted, "the alert comes with the alarm limit")
	require.Equal(t, "ok", rx("CT0.FC9")["status"])
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(time.Minute)
	require.Equal(t, "ok", rx("CT0.FC8")["status"])
	require.Empty(t, r.openAlerts())
}

func TestReplicationLag(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	r.array.Advance(time.Minute)
	link := func() (ms float64, status string) {
		l := r.get("pod-replica-links/lag").Items[0]
		return l["lag"].(map[string]any)["max"].(float64), l["status"].(string)
	}
	require.Len(t, r.get("pod-replica-links").Items, 2)
	local := r.get("pod-replica-links").Items[1]["local_pod"].(map[string]any)["name"].(string)
	require.Len(t, r.get("pod-replica-links/lag?local_pod_names="+local).Items, 1)
	quiet, status := link()
	require.Less(t, quiet, 4000.0)
	require.Equal(t, "replicating", status)
	id := r.inject(sim.Fault{Kind: sim.ReplicationLag})
	r.array.Advance(4 * time.Minute)
	lag, status := link()
	require.InDelta(t, 240_000, lag, 4000, "it grows second by second")
	require.Equal(t, "unhealthy", status)
	require.Zero(t, r.get("pod-replica-links/performance/replication").Items[0]["bytes_per_sec_total"])
	require.Empty(t, r.openAlerts())
	r.array.Advance(4 * time.Minute)
	require.Equal(t, 123.0, r.openAlerts()[0]["code"])
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(90 * time.Second)
	lag, _ = link()
	require.InDelta(t, 240_000, lag, 4000, "half of it is caught up")
	require.NotEqual(t, "open", r.get("alerts?filter=code%3D123").Items[0]["state"])
	r.array.Advance(2 * time.Minute)
	lag, _ = link()
	require.Less(t, lag, 4000.0)
	require.Less(t, r.get("pod-replica-links/lag?start_time=" + strconv.FormatInt(r.array.Now().Add(-10*time.Minute).UnixMilli(), 10)).Items[0]["lag"].(map[string]any)["max"], 600_000.0, "the past is answered too")
}

func TestMediatorDown(t *testing.T) {
	r := newRig(t, sim.Options{})
	id := r.inject(sim.Fault{Kind: sim.MediatorDown})
	r.array.Advance(10 * time.Second)
	pod := r.get("pods").Items[0]
	arrays := pod["arrays"].([]any)
	require.Len(t, arrays, 2)
	require.Equal(t, "unreachable", arrays[0].(map[string]any)["mediator_status"])
	require.Equal(t, "online", arrays[1].(map[string]any)["mediator_status"], "the other array still sees it")
	require.Equal(t, []any{122.0, pod["name"]}, pickFields(r.openAlerts()[0], "code", "component_name"))
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(11 * time.Second)
	require.Empty(t, r.openAlerts())
}

func TestAlertEvents(t *testing.T) {
	r := newRig(t, sim.Options{})
	id := r.inject(sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "97", "over": "10m"}})
	r.array.Advance(20 * time.Minute)
	require.NoError(t, r.array.Clear(id))
	r.array.Advance(20 * time.Minute)
	a := r.get("alerts?filter=code%3D25").Items[0]
	var steps [][2]any
	last := 0.0
	for _, e := range r.get("alerts/events?ids=" + a["id"].(string)).Items {
		steps = append(steps, [2]any{e["state"], e["severity"]})
		require.Greater(t, e["time"], last)
		last = e["time"].(float64)
	}
	require.Equal(t, [][2]any{
		{"open", "info"},
		{"open", "warning"},
		{"open", "critical"},
		{"open", "warning"},
		{"open", "info"},
		{"closing", "info"},
		{"closed", "info"},
	}, steps)
	require.Equal(t, a["updated"], last)
	require.Equal(t, 400, r.raw("alerts/events").Code)
	require.Len(t, r.get("alerts/rules/catalog").Items, 3)
}

func TestSessionsAndCertificateAreThoseOfTheArray(t *testing.T) {
	r := newRig(t, sim.Options{})
	require.Len(t, r.get("sessions").Items, 1)
	r.login()
	require.Len(t, r.get("sessions").Items, 2)
	first := r.get("certificates").Items[0]["certificate"]
	r.inject(sim.Fault{Kind: sim.CertChange})
	require.NotEqual(t, first, r.get("certificates").Items[0]["certificate"])
}
