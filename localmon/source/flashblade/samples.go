package flashblade

import (
	"strconv"
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

var (
	arrayFamilies = []arrayrest.Family{
		{Metric: "purefb_array_performance_latency_usec", Fields: []string{"usec_per_read_op", "usec_per_write_op", "usec_per_other_op"}},
		{Metric: "purefb_array_performance_throughput_iops", Fields: []string{"reads_per_sec", "writes_per_sec", "others_per_sec"}},
		{Metric: "purefb_array_performance_bandwidth_bytes", Fields: []string{"read_bytes_per_sec", "write_bytes_per_sec"}},
		{Metric: "purefb_array_performance_average_bytes", Fields: []string{"bytes_per_op", "bytes_per_read", "bytes_per_write"}},
	}
	// nfsFamilies are data and the array's own sums over the kinds of
	// operation on metadata; the nineteen kinds alone are left to the array.
	nfsFamilies = []arrayrest.Family{
		{Metric: "purefb_array_nfs_specific_performance_latency_usec", Fields: []string{
			"usec_per_read_op", "usec_per_write_op", "aggregate_usec_per_file_metadata_create_op", "aggregate_usec_per_file_metadata_modify_op",
			"aggregate_usec_per_file_metadata_read_op", "aggregate_usec_per_other_op", "aggregate_usec_per_share_metadata_read_op",
		}},
		{Metric: "purefb_array_nfs_specific_performance_throughput_iops", Fields: []string{
			"reads_per_sec", "writes_per_sec", "aggregate_file_metadata_creates_per_sec", "aggregate_file_metadata_modifies_per_sec",
			"aggregate_file_metadata_reads_per_sec", "aggregate_other_per_sec", "aggregate_share_metadata_reads_per_sec",
		}},
	}
	httpFamilies = []arrayrest.Family{
		{Metric: "purefb_array_http_specific_performance_latency_usec", Fields: []string{
			"usec_per_other_op", "usec_per_read_dir_op", "usec_per_read_file_op", "usec_per_write_dir_op", "usec_per_write_file_op",
		}},
		{Metric: "purefb_array_http_specific_performance_throughput_iops", Fields: []string{
			"others_per_sec", "read_dirs_per_sec", "read_files_per_sec", "write_dirs_per_sec", "write_files_per_sec",
		}},
	}
	s3Families = []arrayrest.Family{
		{Metric: "purefb_array_s3_performance_latency_usec", Fields: []string{
			"usec_per_other_op", "usec_per_read_bucket_op", "usec_per_read_object_op", "usec_per_write_bucket_op", "usec_per_write_object_op",
		}},
		{Metric: "purefb_array_s3_performance_throughput_iops", Fields: []string{
			"others_per_sec", "read_buckets_per_sec", "read_objects_per_sec", "write_buckets_per_sec", "write_objects_per_sec",
		}},
	}
	connectorFamilies = []arrayrest.Family{
		{Metric: "purefb_hardware_connectors_performance_throughput_pkts", Fields: []string{"received_packets_per_sec", "transmitted_packets_per_sec"}},
		{Metric: "purefb_hardware_connectors_performance_bandwidth_bytes", Fields: []string{"received_bytes_per_sec", "transmitted_bytes_per_sec"}},
		{Metric: "purefb_hardware_connectors_performance_errors", Fields: []string{
			"other_errors_per_sec", "received_crc_errors_per_sec", "received_frame_errors_per_sec", "transmitted_carrier_errors_per_sec",
			"transmitted_dropped_errors_per_sec", "total_errors_per_sec",
		}},
	}
)

// objectFamilies are the six series of a file system or a bucket.
func objectFamilies(kind string) []arrayrest.Family {
	return []arrayrest.Family{
		{Metric: "purefb_" + kind + "_performance_latency_usec", Fields: []string{"usec_per_read_op", "usec_per_write_op"}},
		{Metric: "purefb_" + kind + "_performance_throughput_iops", Fields: []string{"reads_per_sec", "writes_per_sec"}},
		{Metric: "purefb_" + kind + "_performance_bandwidth_bytes", Fields: []string{"read_bytes_per_sec", "write_bytes_per_sec"}},
	}
}

// add emits families that share their labels.
func add(s *localmon.Sampler, f arrayrest.Fields, families []arrayrest.Family, labels ...string) {
	for _, m := range families {
		m.Add(s, f, labels...)
	}
}

func connectorPerformance(s *localmon.Sampler, f arrayrest.Fields) {
	if name, ok := f.Name("name"); ok {
		add(s, f, connectorFamilies, "name", name)
	}
}

// spaceFields are the fields of space that the exporter shows under their own
// names; most are bytes, available_ratio is what the exporter does.
var spaceFields = []string{
	"snapshots", "total_physical", "unique", "virtual", "total_provisioned", "available_provisioned", "available_ratio",
	"destroyed", "destroyed_virtual", "shared",
}

// arraySpace emits the space of one type of object. What is left and how much
// is used, in percent, is said of the array as a whole only, because the
// capacity in the other two is the array's as well.
func arraySpace(s *localmon.Sampler, f arrayrest.Fields, kind string) {
	space := f.Sub("space")
	for _, name := range spaceFields {
		if v, ok := space.Num(name); ok {
			s.Add(v, "purefb_array_space_bytes", "type", kind, "space", name)
		}
	}
	if v, ok := space.Num("data_reduction"); ok {
		s.Add(v, "purefb_array_space_data_reduction_ratio", "type", kind)
	}
	if v, ok := f.Num("parity"); ok {
		s.Add(v, "purefb_array_space_parity", "type", kind)
	}
	capacity, ok := f.Num("capacity")
	if !ok || capacity <= 0 {
		return
	}
	s.Add(capacity, "purefb_array_space_bytes", "type", kind, "space", "capacity")
	used, known := usedSpace(space)
	if kind != "array" || !known {
		return
	}
	s.Add(capacity-used, "purefb_array_space_bytes", "type", kind, "space", "empty")
	s.Add(used/capacity*100, "purefb_array_space_utilization", "type", kind)
}

// usedSpace is what takes room. Newer versions call it total_used and may leave
// the older name out.
func usedSpace(space arrayrest.Fields) (float64, bool) {
	if v, ok := space.Num("total_physical"); ok {
		return v, true
	}
	return space.Num("total_used")
}

// held orders objects by the room they take, because their list does not tell
// how busy they are.
func held(f arrayrest.Fields) float64 {
	v, _ := usedSpace(f.Sub("space"))
	return v
}

// objectSpace emits the two parts whose sum is what an object takes, because
// they say which of them grows: the data or its snapshots.
func objectSpace(s *localmon.Sampler, f arrayrest.Fields, metric string, labels ...string) {
	for _, part := range []string{"unique", "snapshots"} {
		if v, ok := f.Sub("space").Num(part); ok {
			s.Add(v, metric, append([]string{"space", part}, labels...)...)
		}
	}
}

func fileSystemSpace(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	nfs := f.Sub("nfs")
	var versions []string
	if on, _ := nfs.Flag("v3_enabled"); on {
		versions = append(versions, "3")
	}
	if on, _ := nfs.Flag("v4_1_enabled"); on {
		versions = append(versions, "41")
	}
	smb := ""
	if on, _ := f.Sub("smb").Flag("enabled"); on {
		smb = "3"
	}
	objectSpace(s, f, "purefb_file_systems_space_bytes",
		"name", name, "nfspolicy", nfs.Sub("export_policy").Str("name", arrayrest.MaxName), "nfs", strings.Join(versions, ","), "smb", smb)
}

func bucketSpace(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	objectSpace(s, f, "purefb_buckets_space_bytes", "name", name, "account", f.Sub("account").Str("name", arrayrest.MaxName))
}

// hardwareHealth is the exporter's number: 1 healthy, 2 unused, 0 anything
// else. A place where nothing is installed and a word that was not said are no
// series.
func hardwareHealth(s *localmon.Sampler, f arrayrest.Fields, name, kind, status string) {
	health := 0.0
	switch strings.ToLower(status) {
	case "", "not_installed":
		return
	case "healthy":
		health = 1
	case "unused":
		health = 2
	}
	s.Add(health, "purefb_hardware_health", "type", kind, "name", name, "index", position(f, "index"), "slot", position(f, "slot"))
}

// position spells a number of place as the exporter does, for which none is 0.
func position(f arrayrest.Fields, name string) string {
	v, _ := f.Num(name)
	return strconv.Itoa(int(max(min(v, 1<<31), 0)))
}
