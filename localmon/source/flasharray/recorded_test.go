package flasharray_test

import (
	"strings"
	"testing"
	"time"

	"darksite/localmon"

	"darksite/localmon/source/arrayrest/resttest"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestRecordedArrayGivesHandCheckedValues(t *testing.T) {
	src := newRecorded(t).source()
	b, err := src.Collect(t.Context(), at)
	require.NoError(t, err)
	require.Empty(t, b.Partial)

	t.Run("identity", func(t *testing.T) {
		require.Equal(t, &localmon.Array{
			Name: "z-x70-a", Kind: localmon.KindFlashArray, Model: "FA-X70R3", OS: "Purity//FA",
			Version: "6.3.3", Serial: "6c1b16ce-1c03-4d1c-b974-33405cf8d565",
		}, b.Info)
		require.Equal(t, 1.0, resttest.Value(t, b, "purefa_info", "array_name", "z-x70-a", "os", "Purity//FA",
			"system_id", "6c1b16ce-1c03-4d1c-b974-33405cf8d565", "version", "6.3.3", "subscription_type", ""))
		require.Equal(t, time.UnixMilli(1664312775929).UTC(), b.TargetAt, "the array's clock, not ours")
		require.Equal(t, at, b.At)
	})
	t.Run("space", func(t *testing.T) {
		// 0 + 1844538 + 1575950893547 + 1007974206661 + 9494481248626 of 29511185858560
		require.InDelta(t, 40.93, resttest.Value(t, b, "purefa_array_space_utilization"), 0.005)
		require.Equal(t, 29511185858560.0-12078408193372.0, resttest.Value(t, b, "purefa_array_space_bytes", "space", "empty"))
		require.Equal(t, 29511185858560.0, resttest.Value(t, b, "purefa_array_space_bytes", "space", "capacity"))
		require.InDelta(t, 1.80806, resttest.Value(t, b, "purefa_array_space_data_reduction_ratio"), 1e-5)
		require.Equal(t, 15, resttest.Count(b, "purefa_array_space_bytes"), "as many as the exporter: total_provisioned is null, capacity and empty are added")
	})
	t.Run("performance", func(t *testing.T) {
		require.Equal(t, 78.0, resttest.Value(t, b, "purefa_array_performance_latency_usec", "dimension", "usec_per_read_op"))
		require.Equal(t, 213.0, resttest.Value(t, b, "purefa_array_performance_throughput_iops", "dimension", "mirrored_writes_per_sec"))
		require.Equal(t, 2252527.0, resttest.Value(t, b, "purefa_array_performance_bandwidth_bytes", "dimension", "write_bytes_per_sec"))
		require.Equal(t, 18571.0, resttest.Value(t, b, "purefa_array_performance_average_bytes", "dimension", "bytes_per_op"))
		require.Equal(t, 17, resttest.Count(b, "purefa_array_performance_latency_usec"), "18 dimensions, one of them null")
		require.Zero(t, resttest.Count(b, "purefa_array_performance_queue_depth_ops"), "null is no sample")
	})
	t.Run("parts", func(t *testing.T) {
		require.Equal(t, 132, resttest.Count(b, "purefa_hw_component_status"))
		require.Equal(t, 55, resttest.Count(b, "purefa_hw_component_temperature_celsius"))
		require.Equal(t, 239.0, resttest.Value(t, b, "purefa_hw_component_voltage_volt", "component_name", "CH0.PWR0", "component_type", "power_supply"))
		require.Equal(t, 1099511627776.0, resttest.Value(t, b, "purefa_drive_capacity_bytes", "component_name", "SH0.BAY10", "component_type", "SSD",
			"component_status", "healthy", "component_protocol", "SAS"))
		require.Equal(t, 1706828892.476, resttest.Value(t, b, "purefa_hw_controller_mode_since_timestamp_seconds", "mode", "primary",
			"model", "FA-X70R3", "name", "CT0", "status", "ready", "type", "array_controller", "version", "6.6.3"))
		types := map[string]int{}
		for _, s := range b.States {
			require.Equal(t, localmon.HealthOK, s.Health, "%+v", s)
			types[s.Type]++
		}
		require.Equal(t, map[string]int{
			"temp_sensor": 55, "eth_port": 24, "drive_bay": 20, "cooling": 12, "fc_port": 12, "nvram_bay": 4,
			"controller": 2, "power_supply": 2, "chassis": 1, "drive": 1, "replica-link": 2,
		}, types)
	})
	t.Run("ports", func(t *testing.T) {
		require.Equal(t, 53350.0, resttest.Value(t, b, "purefa_network_interface_performance_bandwidth_bytes", "name", "ct1.eth3", "type", "eth", "dimension", "received_bytes_per_sec"))
		require.Equal(t, 2494.0, resttest.Value(t, b, "purefa_network_interface_performance_throughput_pkts", "name", "CT1.FC0", "type", "fc", "dimension", "received_frames_per_sec"))
		require.Equal(t, 56, resttest.Count(b, "purefa_network_interface_performance_bandwidth_bytes"), "28 ports, two directions")
	})
	t.Run("volumes and hosts", func(t *testing.T) {
		require.Equal(t, 83*2, resttest.Count(b, "purefa_volume_performance_latency_usec"))
		require.Equal(t, 81*2, resttest.Count(b, "purefa_volume_space_bytes"))
		require.Equal(t, 224.0, resttest.Value(t, b, "purefa_volume_performance_latency_usec", "dimension", "usec_per_write_op",
			"name", "z-cisco-FC-x70-a-VSI-datastore", "naa_id", "naa.624a9370"+serialOf(t, "z-cisco-FC-x70-a-VSI-datastore")))
		require.Equal(t, 0.0, resttest.Value(t, b, "purefa_volume_performance_throughput_iops", "dimension", "reads_per_sec", "name", "z-ap-test-01", "naa_id", ""),
			"two volumes are in the performance list only")
		require.Equal(t, 124416.0, resttest.Value(t, b, "purefa_host_performance_bandwidth_bytes", "host", "z-c220-1-fc", "dimension", "read_bytes_per_sec"))
		require.Equal(t, 1.0, resttest.Value(t, b, "purefa_host_connectivity_info", "host", "z-c220-1-fc", "status", "healthy", "details", "Redundant"))
		require.Equal(t, 31, resttest.Count(b, "purefa_host_connectivity_info"))
		require.Equal(t, 1.0, resttest.Value(t, b, "purefa_pod_mediator_status", "array", "z-m70-a", "mediator", "purestorage", "pod", "z-ProdPod", "status", "online"))
	})
	t.Run("alerts", func(t *testing.T) {
		require.True(t, b.AlertsRead)
		require.Len(t, b.Alerts, 20, "two of them share an id and differ in their issue")
		require.Equal(t, 20, resttest.Count(b, "purefa_alerts_open"))
		first := b.Alerts[0]
		require.Equal(t, "98ff1eeff201461bbc468d6f0c0019b2", first.ID)
		require.Equal(t, "10911317", first.Name)
		require.Equal(t, 231, first.Code)
		require.Equal(t, "info", first.Severity)
		require.Equal(t, time.UnixMilli(1678287765779).UTC(), first.Created)
		require.Zero(t, first.Closed)
	})
	t.Run("the kit's own", func(t *testing.T) {
		require.Equal(t, float64(at.Unix()), resttest.Value(t, b, "localmon_endpoint_last_success_timestamp_seconds", "endpoint", "hardware"))
		require.Equal(t, 132.0, resttest.Value(t, b, "localmon_endpoint_items", "endpoint", "hardware"))
		require.Equal(t, 0.0, resttest.Value(t, b, "localmon_endpoint_items_left_out", "endpoint", "volumes/performance"))
	})
}

// exporterLabels are the labels the vendor's open exporter gives each metric
// this source emits under its name. Dashboards made for it select by them.
var exporterLabels = map[string]string{
	"purefa_info":                                          "array_name os subscription_type system_id version",
	"purefa_alerts_open":                                   "category code component_type created issue name severity summary",
	"purefa_array_performance_latency_usec":                "dimension",
	"purefa_array_performance_throughput_iops":             "dimension",
	"purefa_array_performance_bandwidth_bytes":             "dimension",
	"purefa_array_performance_average_bytes":               "dimension",
	"purefa_array_performance_queue_depth_ops":             "",
	"purefa_array_space_bytes":                             "space",
	"purefa_array_space_data_reduction_ratio":              "",
	"purefa_array_space_utilization":                       "",
	"purefa_hw_component_status":                           "component_name component_status component_type",
	"purefa_hw_component_temperature_celsius":              "component_name component_type",
	"purefa_hw_component_voltage_volt":                     "component_name component_type",
	"purefa_hw_controller_info":                            "mode model name status type version",
	"purefa_hw_controller_mode_since_timestamp_seconds":    "mode model name status type version",
	"purefa_drive_capacity_bytes":                          "component_name component_protocol component_status component_type",
	"purefa_network_interface_performance_bandwidth_bytes": "dimension name type",
	"purefa_network_interface_performance_throughput_pkts": "dimension name type",
	"purefa_network_interface_performance_errors":          "dimension name type",
	"purefa_network_interface_speed_bandwidth_bytes":       "enabled ethsubtype name services type",
	"purefa_volume_performance_latency_usec":               "dimension naa_id name",
	"purefa_volume_performance_throughput_iops":            "dimension naa_id name",
	"purefa_volume_performance_bandwidth_bytes":            "dimension naa_id name",
	"purefa_volume_space_bytes":                            "naa_id name pod space volume_group",
	"purefa_host_performance_latency_usec":                 "dimension host",
	"purefa_host_performance_throughput_iops":              "dimension host",
	"purefa_host_performance_bandwidth_bytes":              "dimension host",
	"purefa_host_connectivity_info":                        "details host status",
	"purefa_pod_mediator_status":                           "array mediator pod status",
	"purefa_pod_replica_links_lag_average_msec":            "direction local_pod remote remote_pod status",
	"purefa_pod_replica_links_lag_max_msec":                "direction local_pod remote remote_pod status",
}

func TestNamesAndLabelsAreTheExporters(t *testing.T) {
	a := newRecorded(t)
	a.Items["arrays/performance"][0]["queue_depth"] = 3 // null in the recording
	b, err := a.source().Collect(t.Context(), at)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, s := range b.Samples {
		if strings.HasPrefix(s.Key.Metric, "localmon_") {
			continue // ours
		}
		want, known := exporterLabels[s.Key.Metric]
		require.True(t, known, s.Key)
		labels, err := localmon.ParseLabels(s.Key.Labels)
		require.NoError(t, err)
		var names []string
		for _, l := range labels {
			names = append(names, l.Name)
		}
		require.Equal(t, want, strings.Join(names, " "), s.Key.Metric)
		seen[s.Key.Metric] = true
	}
	require.Len(t, seen, len(exporterLabels), "every metric of the table comes out of the recording")
}

func serialOf(t *testing.T, volume string) string {
	a := newRecorded(t)
	for _, v := range a.Items["volumes"] {
		if v["name"] == volume {
			return v["serial"].(string)
		}
	}
	require.Fail(t, "no such volume")
	return ""
}

func TestRawKeepsWhatTheArraySaid(t *testing.T) {
	a := newRecorded(t)
	a.PageSize = 7
	replies, err := a.source().Raw(t.Context())
	require.NoError(t, err)
	items := map[string]int{}
	for _, r := range replies {
		if r.Err != nil {
			require.Nil(t, r.JSON, r.Path)
			continue
		}
		items[r.Path] = r.Items
		require.True(t, validJSON(r.JSON), r.Path)
	}
	require.Equal(t, 132, items["hardware"])
	require.Equal(t, 81, items["volumes"])
	require.Equal(t, 171, items["connections"])
	require.NotContains(t, items, "software", "the recording has none, so the reply says why")
}
