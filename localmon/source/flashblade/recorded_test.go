package flashblade_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flashblade"

	"github.com/stretchr/testify/require"
)

func TestRecordedArrayGivesHandCheckedValues(t *testing.T) {
	a := newRecorded(t)
	src := a.source()
	b := resttest.Collect(t, src, at)
	require.Empty(t, b.Partial)
	value := func(metric string, labels ...string) float64 {
		t.Helper()
		return resttest.Value(t, b, metric, labels...)
	}

	t.Run("identity", func(t *testing.T) {
		require.Equal(t, &localmon.Array{
			Name: "fbstaines02", Kind: localmon.KindFlashBlade, Model: "FlashBlade", OS: "Purity//FB", Version: "4.1.2", Serial: "66992c13-6d81-433f-bb31-5fc33e76fa5f",
		}, b.Info)
		require.Equal(t, 1.0, value("purefb_info", "array_name", "fbstaines02", "os", "Purity//FB", "system_id", "66992c13-6d81-433f-bb31-5fc33e76fa5f", "version", "4.1.2"))
	})
	t.Run("space", func(t *testing.T) {
		// 23134473535664 of 89314175302419
		require.InDelta(t, 25.90, value("purefb_array_space_utilization", "type", "array"), 0.005)
		require.Equal(t, 66179701766755.0, value("purefb_array_space_bytes", "type", "array", "space", "empty"))
		require.Equal(t, 1.820113, value("purefb_array_space_data_reduction_ratio", "type", "array"))
		require.Equal(t, 1.548449, value("purefb_array_space_data_reduction_ratio", "type", "object-store"))
		require.Equal(t, 1.0, value("purefb_array_space_parity", "type", "file-system"))
		require.Equal(t, 16144933625336.0, value("purefb_array_space_bytes", "type", "file-system", "space", "total_physical"))
		require.Equal(t, 16, resttest.Count(b, "purefb_array_space_bytes"), "four fields and the capacity of three types, and what is empty of the array")
	})
	t.Run("performance", func(t *testing.T) {
		require.Equal(t, 267.6470588235294, value("purefb_array_nfs_specific_performance_latency_usec", "dimension", "usec_per_read_op"), "floats stay as they are")
		require.Equal(t, 611.5, value("purefb_array_nfs_specific_performance_latency_usec", "dimension", "usec_per_write_op"))
		require.Equal(t, 17.0, value("purefb_array_nfs_specific_performance_throughput_iops", "dimension", "reads_per_sec"))
		require.Equal(t, 23936.0, value("purefb_array_s3_performance_latency_usec", "dimension", "usec_per_read_bucket_op"))
		require.Equal(t, 0.0, value("purefb_array_http_specific_performance_throughput_iops", "dimension", "read_files_per_sec"))
		require.Equal(t, 520568129.93333334, value("purefb_hardware_connectors_performance_bandwidth_bytes", "name", "CH1.FM1.ETH1.4", "dimension", "transmitted_bytes_per_sec"))
		require.Equal(t, 18.033333333333335, value("purefb_hardware_connectors_performance_errors", "name", "CH1.FM2.ETH3", "dimension", "other_errors_per_sec"))
		require.Equal(t, 52, resttest.Count(b, "purefb_hardware_connectors_performance_throughput_pkts"), "26 connectors, two directions")
	})
	t.Run("parts", func(t *testing.T) {
		health := map[float64]int{}
		for _, s := range b.Samples {
			if s.Key.Metric == "purefb_hardware_health" {
				health[s.Value]++
			}
		}
		require.Equal(t, map[float64]int{1: 41, 2: 16, 0: 3}, health)
		require.Equal(t, 0.0, value("purefb_hardware_health", "type", "pwr", "name", "CH1.PWR2", "index", "0", "slot", "2"))
		require.Equal(t, 2.0, value("purefb_hardware_health", "type", "eth", "name", "CH1.FM1.ETH4.3", "index", "3", "slot", "4"))
		types, bad := map[string]int{}, map[string]string{}
		for _, s := range b.States {
			types[s.Type]++
			if s.Health != localmon.HealthOK {
				bad[s.Component] = s.Status + ": " + s.Detail
			}
		}
		require.Equal(t, map[string]int{"ch": 1, "fb": 15, "fm": 2, "eth": 26, "fan": 12, "pwr": 4, "blade": 15}, types)
		require.Equal(t, map[string]string{
			"CH1": "critical: CH-FB", "CH1.FM1.ETH3": "unhealthy: FCBN410QD3C03", "CH1.PWR2": "critical: DS1600SPE-3, PSU POWER_GOOD is asserted",
		}, bad)
		require.Equal(t, "17592186044416 bytes", resttest.StateOf(t, b, "blade", "CH1.FB1").Detail)
	})
	t.Run("file systems and buckets", func(t *testing.T) {
		require.Equal(t, 538, resttest.Count(b, "purefb_file_systems_space_bytes"), "269, two parts")
		require.Equal(t, 184, resttest.Count(b, "purefb_buckets_space_bytes"), "92, two parts")
		require.Equal(t, 4183740209041.0, value("purefb_file_systems_space_bytes", "name", "z-rac_orcl", "nfspolicy", "", "nfs", "3", "smb", "", "space", "unique"))
		require.Equal(t, 3366726476664.0, value("purefb_buckets_space_bytes", "name", "kafka-tiered-storage", "account", "datapipeline", "space", "unique"))
		require.Equal(t, 0.0, value("localmon_endpoint_items_left_out", "endpoint", "file-systems"))
		require.Zero(t, resttest.Count(b, "purefb_file_systems_performance_latency_usec"), "their names were not known yet")
	})
	t.Run("alerts", func(t *testing.T) {
		require.True(t, b.AlertsRead)
		require.Len(t, b.Alerts, 11)
		require.Equal(t, 11, resttest.Count(b, "purefb_alerts_open"))
		byCode := map[int]int{}
		for _, each := range b.Alerts {
			byCode[each.Code]++
			if each.Name == "218" {
				require.Equal(t, "3b0f5e48-81e4-e3db-40b6-d172f74ed927", each.ID)
				require.Equal(t, time.UnixMilli(1627892727562).UTC(), each.Created)
				require.Equal(t, "File system 'AIRI' approaching, space quota", each.Summary)
				require.Equal(t, "Remove data, from the file system or increase its space quota.", each.Action)
				require.Zero(t, each.Closed)
			}
		}
		require.Equal(t, map[int]int{1101: 5, 1106: 1, 1123: 1, 1004: 1, 1007: 1, 1124: 1, 1111: 1}, byCode)
	})
	t.Run("the performance of 269 file systems takes three looks", func(t *testing.T) {
		a.Queries("file-systems/performance")
		a.Queries("buckets/performance")
		series, buckets := 0, 0
		for i, requests := range []int{12, 12, 3, 0} {
			next := resttest.Collect(t, src, at.Add(time.Duration(i+1)*30*time.Second))
			require.Len(t, a.Queries("file-systems/performance"), requests)
			series += resttest.Count(next, "purefb_file_systems_performance_latency_usec")
			buckets += resttest.Count(next, "purefb_buckets_performance_latency_usec")
			if i == 0 {
				require.Len(t, a.Queries("buckets/performance"), 10)
				require.Equal(t, 1.1, resttest.Value(t, next, "purefb_buckets_performance_latency_usec", "name", "z-da-backup", "dimension", "usec_per_read_op"))
			}
		}
		require.Equal(t, 269*2, series)
		require.Equal(t, 92*2, buckets)
	})
}

// exporterLabels are the labels the vendor's open exporter gives each metric
// this source emits under its name. Dashboards made for it select by them.
var exporterLabels = map[string]string{
	"purefb_info":                                            "array_name os system_id version",
	"purefb_alerts_open":                                     "action code component_name component_type created kburl severity summary",
	"purefb_array_performance_latency_usec":                  "dimension protocol",
	"purefb_array_performance_throughput_iops":               "dimension protocol",
	"purefb_array_performance_bandwidth_bytes":               "dimension protocol",
	"purefb_array_performance_average_bytes":                 "dimension protocol",
	"purefb_array_nfs_specific_performance_latency_usec":     "dimension",
	"purefb_array_nfs_specific_performance_throughput_iops":  "dimension",
	"purefb_array_http_specific_performance_latency_usec":    "dimension",
	"purefb_array_http_specific_performance_throughput_iops": "dimension",
	"purefb_array_s3_performance_latency_usec":               "dimension",
	"purefb_array_s3_performance_throughput_iops":            "dimension",
	"purefb_array_space_bytes":                               "space type",
	"purefb_array_space_data_reduction_ratio":                "type",
	"purefb_array_space_parity":                              "type",
	"purefb_array_space_utilization":                         "type",
	"purefb_hardware_health":                                 "index name slot type",
	"purefb_hardware_connectors_performance_throughput_pkts": "dimension name",
	"purefb_hardware_connectors_performance_bandwidth_bytes": "dimension name",
	"purefb_hardware_connectors_performance_errors":          "dimension name",
	"purefb_file_systems_space_bytes":                        "name nfs nfspolicy smb space",
	"purefb_file_systems_performance_latency_usec":           "dimension name",
	"purefb_file_systems_performance_throughput_iops":        "dimension name",
	"purefb_file_systems_performance_bandwidth_bytes":        "dimension name",
	"purefb_buckets_space_bytes":                             "account name space",
	"purefb_buckets_performance_latency_usec":                "dimension name",
	"purefb_buckets_performance_throughput_iops":             "dimension name",
	"purefb_buckets_performance_bandwidth_bytes":             "dimension name",
}

func TestNamesAndLabelsAreTheExporters(t *testing.T) {
	a := newRecorded(t)
	// Not recorded; a performance row of a file system has the same fields.
	a.Items["arrays/performance"] = recorded(t, "filesystems_perf.json")[:1]
	src := a.source()
	one, two := resttest.Collect(t, src, at), resttest.Collect(t, src, at.Add(30*time.Second))
	seen := map[string]bool{}
	for _, s := range append(one.Samples, two.Samples...) {
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
	require.Equal(t, 15, resttest.Count(one, "purefb_array_performance_latency_usec"), "five protocols, three dimensions")
}

func TestRawKeepsWhatTheArraySaid(t *testing.T) {
	a := newRecorded(t)
	a.PageSize = 7
	replies, err := a.source().Raw(t.Context())
	require.NoError(t, err)
	items, files, decoded := map[string]int{}, map[string]bool{}, 0
	for _, r := range replies {
		if r.Err != nil {
			require.Nil(t, r.JSON, r.Path)
			continue
		}
		items[r.Path] = r.Items
		require.True(t, json.Valid(r.JSON), r.Path)
		require.Regexp(t, `^[a-z0-9-]+\.json$`, r.File, "a name any file system and any bundle takes")
		require.False(t, files[r.File], "%s stands twice", r.File)
		files[r.File] = true
		if b, err := flashblade.Decode(r.File, r.JSON, at); err == nil {
			require.Empty(t, b.Partial, "what a bundle holds is read as it was")
			decoded++
		}
	}
	require.Equal(t, 20, decoded, "every row of Collect but the two by name and one of newer versions")
	require.Equal(t, 60, items["hardware"])
	require.Equal(t, 269, items["file-systems"])
	require.Equal(t, 544, items["arrays/clients/performance"])
	require.Equal(t, 1, items["arrays/space?type=object-store"])
	require.NotContains(t, items, "file-systems/performance", "the array gives it by name only")
	require.NotContains(t, items, "nodes", "the array is too old for it, so the reply says why")
}

func TestDecodeReadsEveryRecordedReplyAsCollectDoes(t *testing.T) {
	a := newRecorded(t)
	look := resttest.Collect(t, a.source(), at)
	for file, c := range map[string]struct{ name, metric string }{
		"arrays.json":                    {"arrays.json", "purefb_info"},
		"hardware.json":                  {"hardware.json", "purefb_hardware_health"},
		"arrays_space_array.json":        {"arrays_space_array.json", "purefb_array_space_utilization"},
		"arrays_nfs_performance.json":    {"saved/arrays-nfs-specific-performance.JSON", "purefb_array_nfs_specific_performance_latency_usec"},
		"hw_connectors_perf.json":        {"hardware-connectors_performance", "purefb_hardware_connectors_performance_errors"},
		"filesystems.json":               {"file-systems.json", "purefb_file_systems_space_bytes"},
		"buckets.json":                   {"buckets.json", "purefb_buckets_space_bytes"},
		"alerts_open.json":               {"alerts.json", "purefb_alerts_open"},
		"array_s3performance.json":       {"arrays_s3-specific-performance.json", "purefb_array_s3_performance_latency_usec"},
		"arrays_space_object_store.json": {`C:\drop\Arrays_Space_Object-Store.json`, "purefb_array_space_parity"},
	} {
		t.Run(file, func(t *testing.T) {
			b, err := flashblade.Decode(c.name, recordedBytes(t, file), at)
			require.NoError(t, err)
			require.Empty(t, b.Partial)
			require.Empty(t, b.Target, "the caller's to fill in")
			have := map[localmon.SeriesKey]float64{}
			for _, s := range look.Samples {
				s.Key.Target = ""
				have[s.Key] = s.Value
			}
			n := 0
			for _, s := range b.Samples {
				if strings.HasPrefix(s.Key.Metric, "purefb_") {
					require.Equal(t, have[s.Key], s.Value, s.Key)
					require.Contains(t, have, s.Key)
					n++
				}
			}
			require.NotZero(t, n)
			require.NotZero(t, resttest.Count(b, c.metric))
		})
	}
	b, err := flashblade.Decode("filesystems-performance.json", nil, at)
	require.ErrorContains(t, err, `flashblade: file "filesystems-performance.json" is no reply that is understood; those are alerts.json, array-connections.json, arrays-`)
	require.Zero(t, b)
	b, err = flashblade.Decode("file-systems_performance.json", recordedBytes(t, "filesystems_perf.json"), at)
	require.NoError(t, err)
	require.Equal(t, 10, resttest.Count(b, "purefb_file_systems_performance_latency_usec"), "by name, five were recorded")
	b, err = flashblade.Decode("blades.json", recordedBytes(t, "blades.json"), at)
	require.NoError(t, err)
	require.Len(t, b.States, 15)
}
