package openmetrics_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/flasharray"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// unasked are the families that only the endpoint tells: the REST source reads no
// work but that of the array, its ports, volumes and hosts, no links and limits.
var unasked = []string{
	"purefa_directory_performance_", "purefa_network_port_info", "purefa_pod_performance_", "purefa_pod_replica_links_performance",
	"purefa_volume_group_performance_", "purefa_volume_qos_iops_limit",
}

// unseen are the types of part that only REST tells of: an array's endpoint has
// no optics, and links by their lag alone.
var unseen = []string{"transceiver ", "replica-link "}

// An array tells the same by REST and by its own endpoint: two faces of it and
// two readers, none of which knows another, must agree series by series, part by
// part and alert by alert.
func TestBothWaysTellTheSame(t *testing.T) {
	a, scrape := simulated(t)
	server, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(a))
	require.NoError(t, err)
	defer server.Close()
	rest, err := flasharray.New(flasharray.Options{
		Target: "t1", URL: server.URL(), Token: server.Token(), Pin: server.Pin(), RequestTimeout: time.Minute, Timeout: time.Minute,
	})
	require.NoError(t, err)
	for _, k := range []sim.Kind{sim.DriveFail, sim.PSULoss, sim.ControllerFail, sim.PortErrors, sim.MediatorDown, sim.ReplicationLag, sim.QoSCap} {
		_, err := a.Inject(sim.Fault{Kind: k})
		require.NoError(t, err)
	}
	a.Advance(2 * time.Minute)
	one, err := rest.Collect(t.Context(), at)
	require.NoError(t, err)
	other := look(t, scrape)

	values := func(b localmon.Batch) map[string]float64 {
		all := map[string]float64{}
		for _, s := range b.Samples {
			if strings.HasPrefix(s.Key.Metric, "purefa_") {
				all[s.Key.String()] = s.Value
			}
		}
		return all
	}
	want, got := values(one), values(other)
	for key, v := range want {
		have, there := got[key]
		require.True(t, there, "only REST has %s", key)
		require.InDelta(t, v, have, 1e-9*max(1, v), key)
	}
	met := map[string]bool{}
	for key, v := range got {
		if _, there := want[key]; there {
			continue
		}
		metric := strings.TrimPrefix(key, "t1 ")
		if n := slices.IndexFunc(unasked, func(family string) bool { return strings.HasPrefix(metric, family) }); n >= 0 {
			met[unasked[n]] = true
			continue
		}
		require.Zero(t, v, "only the endpoint has %s", key)
		require.Regexp(t, "cache_reduction|carrier_errors|queue_depth", key, "what REST calls null the exporter calls zero")
	}
	require.ElementsMatch(t, unasked, slices.Collect(maps.Keys(met)), "no exception without need")

	health := func(b localmon.Batch) map[string]string {
		all := map[string]string{}
		for _, s := range b.States {
			all[s.Type+" "+s.Component] = s.Status + " " + s.Health.String()
		}
		return all
	}
	parts := health(one)
	for _, kind := range unseen {
		before := len(parts)
		maps.DeleteFunc(parts, func(part, _ string) bool { return strings.HasPrefix(part, kind) })
		require.Less(t, len(parts), before, "no exception without need")
	}
	require.Equal(t, parts, health(other))
	require.Equal(t, one.Info, other.Info)

	alerts := func(b localmon.Batch) map[string]string {
		all := map[string]string{}
		for _, x := range b.Alerts {
			all[x.Name] = strings.Join([]string{x.Component, x.ComponentType, x.Severity, x.State, x.Issue, x.Created.String()}, "|")
		}
		return all
	}
	require.NotEmpty(t, one.Alerts)
	require.Equal(t, alerts(one), alerts(other))
}
