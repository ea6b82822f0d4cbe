package flasharray_test

import (
	"strings"
	"testing"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flasharray"

	"github.com/stretchr/testify/require"
)

func TestDecodeReadsEveryRecordedReplyAsCollectDoes(t *testing.T) {
	look := resttest.Collect(t, newRecorded(t).source(), at)
	have := map[localmon.SeriesKey]float64{}
	for _, s := range look.Samples {
		s.Key.Target = ""
		have[s.Key] = s.Value
	}
	for name, metric := range map[string]string{
		"arrays.json": "purefa_array_space_utilization", "arrays_performance.json": "purefa_array_performance_latency_usec",
		"alerts.json": "purefa_alerts_open", "drives.json": "purefa_drive_capacity_bytes", "controllers.json": "purefa_hw_controller_info",
		"hardware.json": "purefa_hw_component_status", "network_interfaces.json": "purefa_network_interface_speed_bandwidth_bytes",
		"network_interfaces_performance.json": "purefa_network_interface_performance_errors", "volumes.json": "purefa_volume_space_bytes",
		"hosts.json": "purefa_host_connectivity_info", "hosts_performance.json": "purefa_host_performance_latency_usec", "pods.json": "purefa_pod_mediator_status",
	} {
		t.Run(name, func(t *testing.T) {
			b, err := flasharray.Decode(name, recorded(t, name), at)
			require.NoError(t, err)
			require.Empty(t, b.Partial)
			require.Empty(t, b.Target, "the caller's to fill in")
			require.Equal(t, at, b.At)
			for _, s := range b.Samples {
				if strings.HasPrefix(s.Key.Metric, "purefa_") {
					require.Contains(t, have, s.Key)
					require.Equal(t, have[s.Key], s.Value, s.Key)
				}
			}
			require.Equal(t, resttest.Count(look, metric), resttest.Count(b, metric))
			require.NotZero(t, resttest.Count(b, metric))
			require.Equal(t, name == "alerts.json", b.AlertsRead)
		})
	}
}

func TestDecodeOfOneReplyKnowsOnlyThat(t *testing.T) {
	b, err := flasharray.Decode("volumes-performance.json", recorded(t, "volumes_performance.json"), at)
	require.NoError(t, err)
	require.Equal(t, 83*2, resttest.Count(b, "purefa_volume_performance_latency_usec"))
	require.Equal(t, 224.0, resttest.Value(t, b, "purefa_volume_performance_latency_usec", "dimension", "usec_per_write_op",
		"name", "z-cisco-FC-x70-a-VSI-datastore", "naa_id", ""), "no serial is known")

	b, err = flasharray.Decode("drives.json", []byte(`{"items":[{"name":"CH0.BAY1","status":"failed"}]}`), at)
	require.NoError(t, err)
	require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "drive", "CH0.BAY1").Health)
}

func TestDecodeSaysWhatItDoesNotUnderstand(t *testing.T) {
	for name, c := range map[string]struct{ file, body, says string }{
		"another name":    {"secrets.json", `{"items":[]}`, `flasharray: file "secrets.json" is no reply that is understood; those are alerts.json, arrays-performance.json, arrays.json, controllers.json`},
		"no name":         {"", `{"items":[]}`, "is no reply that is understood"},
		"an acting path":  {"alert-watchers/test", `{}`, "is no reply that is understood"},
		"no JSON":         {"drives.json", `<html>`, "flasharray: saved reply of drives: reply is not what the interface describes"},
		"nested too deep": {"drives.json", strings.Repeat("[", 100), "nested deeper than 32"},
		"too large":       {"drives.json", strings.Repeat(" ", 9<<20), "more than 8388608 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := flasharray.Decode(c.file, []byte(c.body), at)
			require.ErrorContains(t, err, c.says)
			require.Zero(t, b)
		})
	}
}

func TestDecodeOfOnePageOfSeveralGivesNoStates(t *testing.T) {
	for name, body := range map[string]string{
		"a token":     `{"items":[{"name":"CH0.BAY1","status":"healthy","capacity":7}],"continuation_token":"next"}`,
		"more follow": `{"items":[{"name":"CH0.BAY1","status":"healthy","capacity":7}],"more_items_remaining":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			b, err := flasharray.Decode("drives.json", []byte(body), at)
			require.NoError(t, err)
			require.Equal(t, []string{"drives"}, resttest.Failed(b))
			require.ErrorContains(t, b.Partial[0].Err, "one page of several")
			require.Equal(t, 1, resttest.Count(b, "purefa_drive_capacity_bytes"), "what is there is used")
			require.Empty(t, b.States, "states are complete or not at all")
		})
	}
}
