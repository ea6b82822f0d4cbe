package localmon_test

import (
	"strings"
	"testing"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestUnitsAreReadFromNames(t *testing.T) {
	for _, c := range []struct {
		metric, labels string
		want           localmon.Unit
	}{
		{"node_memory_MemFree_bytes", "", "bytes"},
		{"node_network_receive_bytes_total", "", "bytes"},
		{"localmon_source_took_seconds", "", "seconds"},
		{"http_request_duration_seconds_sum", "", "seconds"},
		{"http_request_duration_seconds_count", "", ""},
		{"http_request_duration_seconds_bucket", "", ""},
		{"localmon_source_last_success_timestamp_seconds", "", "timestamp_seconds"},
		{"node_boot_time_seconds", "", "timestamp_seconds"},
		{"node_disk_read_time_seconds_total", "", "seconds"},
		{"purefa_array_performance_latency_usec", "", "usec"},
		{"purefa_array_performance_bandwidth_bytes", `dimension="read_bytes_per_sec"`, "bytes_per_second"},
		{"purefa_array_performance_average_bytes", "", "bytes"},
		{"purefa_network_interface_speed_bandwidth_bytes", "", "bits_per_second"},
		{"purefa_array_space_bytes", `space="unique"`, "bytes"},
		{"purefa_array_space_bytes", `space="total_reduction"`, "ratio"},
		{"purefb_array_space_bytes", `space="thin_provisioning",type="array"`, "ratio"},
		{"purefa_array_space_utilization", "", "percent"},
		{"purefb_array_nfs_specific_performance_throughput_iops", "", "iops"},
		{"purefa_hw_component_temperature_celsius", "", "celsius"},
		{"localmon_host_cpu_utilisation_ratio", "", "ratio"},
		{"node_load1", "", ""},
		{"megabytes", "", ""},
		{"bytes", "", ""},
		{"", "", ""},
	} {
		require.Equal(t, c.want, localmon.UnitOf(c.metric, c.labels), c.metric+c.labels)
		require.True(t, localmon.UnitOf(c.metric, c.labels).Valid())
	}
}

func TestUnitsOfRates(t *testing.T) {
	require.Equal(t, localmon.UnitByteRate, localmon.UnitBytes.Rate())
	require.Equal(t, localmon.UnitRatio, localmon.UnitSeconds.Rate(), "seconds of work in a second are a share")
	require.EqualValues(t, "per_second", localmon.UnitNone.Rate())
}

func TestUnitsAreWords(t *testing.T) {
	for _, u := range []localmon.Unit{"", "bytes", "bytes_per_second", "m3"} {
		require.True(t, u.Valid(), u)
	}
	for _, u := range []localmon.Unit{"Bytes", "kilo bytes", "°c", "a\nb", "%", localmon.Unit(strings.Repeat("a", 65))} {
		require.False(t, u.Valid(), u)
	}
	require.True(t, localmon.UnitBytes.Says("node_network_receive_bytes_total"))
	require.False(t, localmon.UnitByteRate.Says("purefa_array_performance_bandwidth_bytes"))
	require.False(t, localmon.UnitNone.Says("x_"))
}
