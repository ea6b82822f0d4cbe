package flasharray

import (
	"strconv"
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// The families of an array as a whole.
var arrayFamilies = []arrayrest.Family{
	{Metric: "purefa_array_performance_latency_usec", Fields: []string{
		"usec_per_read_op", "usec_per_write_op", "usec_per_mirrored_write_op", "usec_per_other_op",
		"queue_usec_per_read_op", "queue_usec_per_write_op", "queue_usec_per_mirrored_write_op",
		"san_usec_per_read_op", "san_usec_per_write_op", "san_usec_per_mirrored_write_op",
		"service_usec_per_read_op", "service_usec_per_write_op", "service_usec_per_mirrored_write_op",
		"qos_rate_limit_usec_per_read_op", "qos_rate_limit_usec_per_write_op", "qos_rate_limit_usec_per_mirrored_write_op",
		"local_queue_usec_per_op", "service_usec_per_read_op_cache_reduction",
	}},
	{Metric: "purefa_array_performance_throughput_iops", Fields: []string{"reads_per_sec", "writes_per_sec", "mirrored_writes_per_sec", "others_per_sec"}},
	{Metric: "purefa_array_performance_bandwidth_bytes", Fields: []string{"read_bytes_per_sec", "write_bytes_per_sec", "mirrored_write_bytes_per_sec"}},
	{Metric: "purefa_array_performance_average_bytes", Fields: []string{"bytes_per_op", "bytes_per_read", "bytes_per_write", "bytes_per_mirrored_write"}},
}

// objectFamilies are the six series of a volume or a host.
func objectFamilies(kind string) []arrayrest.Family {
	return []arrayrest.Family{
		{Metric: "purefa_" + kind + "_performance_latency_usec", Fields: []string{"usec_per_read_op", "usec_per_write_op"}},
		{Metric: "purefa_" + kind + "_performance_throughput_iops", Fields: []string{"reads_per_sec", "writes_per_sec"}},
		{Metric: "purefa_" + kind + "_performance_bandwidth_bytes", Fields: []string{"read_bytes_per_sec", "write_bytes_per_sec"}},
	}
}

var portFamilies = []arrayrest.Family{
	{Metric: "purefa_network_interface_performance_bandwidth_bytes", Fields: []string{"received_bytes_per_sec", "transmitted_bytes_per_sec"}},
	{Metric: "purefa_network_interface_performance_throughput_pkts", Fields: []string{
		"received_packets_per_sec", "transmitted_packets_per_sec", "received_frames_per_sec", "transmitted_frames_per_sec",
	}},
	{Metric: "purefa_network_interface_performance_errors", Fields: []string{
		"other_errors_per_sec", "received_crc_errors_per_sec", "received_frame_errors_per_sec", "total_errors_per_sec",
		"transmitted_carrier_errors_per_sec", "transmitted_dropped_errors_per_sec", "received_link_failures_per_sec",
		"received_loss_of_signal_per_sec", "received_loss_of_sync_per_sec", "transmitted_invalid_words_per_sec",
	}},
}

func arrayPerformance(s *localmon.Sampler, f arrayrest.Fields) {
	for _, m := range arrayFamilies {
		m.Add(s, f)
	}
	if v, ok := f.Num("queue_depth"); ok {
		s.Add(v, "purefa_array_performance_queue_depth_ops")
	}
}

// spaceFields are the fields of space that the exporter shows under their own
// names; most are bytes, the ratios among them are what the exporter does.
var spaceFields = []string{
	"shared", "snapshots", "system", "thin_provisioning", "total_physical", "total_provisioned", "total_reduction",
	"unique", "virtual", "replication", "shared_effective", "snapshots_effective", "unique_effective", "total_effective", "total_used",
}

// arraySpace emits the space of the array. What is used is the sum of the
// parts that take room, in the way the exporter and the array's own console
// count; utilisation is in percent of the capacity.
func arraySpace(s *localmon.Sampler, f arrayrest.Fields) {
	space := f.Sub("space")
	for _, name := range spaceFields {
		if v, ok := space.Num(name); ok {
			s.Add(v, "purefa_array_space_bytes", "space", name)
		}
	}
	if v, ok := space.Num("data_reduction"); ok {
		s.Add(v, "purefa_array_space_data_reduction_ratio")
	}
	if v, ok := f.Num("parity"); ok {
		s.Add(v, "localmon_array_space_parity_ratio")
	}
	capacity, ok := f.Num("capacity")
	if !ok || capacity <= 0 {
		return
	}
	s.Add(capacity, "purefa_array_space_bytes", "space", "capacity")
	used, known := usedSpace(space)
	if !known {
		return
	}
	s.Add(capacity-used, "purefa_array_space_bytes", "space", "empty")
	s.Add(used/capacity*100, "purefa_array_space_utilization")
}

// usedSpace sums what takes room. Unique data is what makes the sum mean
// anything, so without it nothing is known; the newer total_used stands in.
func usedSpace(space arrayrest.Fields) (float64, bool) {
	if _, ok := space.Num("unique"); !ok {
		return space.Num("total_used")
	}
	var used float64
	for _, part := range []string{"system", "replication", "shared", "snapshots", "unique"} {
		v, _ := space.Num(part)
		used += v
	}
	return used, true
}

func portPerformance(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	kind := strings.ToLower(f.Str("interface_type", 32))
	if !ok || kind == "" {
		return
	}
	for _, m := range portFamilies {
		m.Add(s, f.Sub(kind), "name", name, "type", kind)
	}
}

func hostPerformance(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	for _, m := range objectFamilies("host") {
		m.Add(s, f, "host", name)
	}
}

// naa is the vendor's prefix of a volume's serial on the initiator's side.
const naa = "naa.624a9370"

func volumePerformance(s *localmon.Sampler, f arrayrest.Fields, naaID string) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	for _, m := range objectFamilies("volume") {
		m.Add(s, f, "name", name, "naa_id", naaID)
	}
}

// volumeSpace emits the two parts whose sum is what the volume takes, because
// they say which of them grows: the data or its snapshots.
func volumeSpace(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	serial, okSerial := f.Name("serial")
	if !ok || !okSerial {
		return
	}
	for _, part := range []string{"unique", "snapshots"} {
		if v, ok := f.Sub("space").Num(part); ok {
			s.Add(v, "purefa_volume_space_bytes", "space", part, "name", name, "naa_id", naa+serial,
				"pod", f.Sub("pod").Str("name", arrayrest.MaxName), "volume_group", f.Sub("volume_group").Str("name", arrayrest.MaxName))
		}
	}
}

func hostConnectivity(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	paths := f.Sub("port_connectivity")
	if status := paths.Str("status", 64); ok && status != "" {
		s.Add(1, "purefa_host_connectivity_info", "host", name, "status", status, "details", paths.Str("details", arrayrest.MaxName))
	}
}

func podMediators(s *localmon.Sampler, f arrayrest.Fields) {
	pod, ok := f.Name("name")
	if !ok {
		return
	}
	for _, each := range f.List("arrays") {
		array, _ := each.(map[string]any)
		if name, ok := arrayrest.Fields(array).Name("name"); ok {
			online := 0.0
			if strings.EqualFold(arrayrest.Fields(array).Str("mediator_status", 64), "online") {
				online = 1
			}
			s.Add(online, "purefa_pod_mediator_status", "array", name, "mediator", f.Str("mediator", arrayrest.MaxName),
				"pod", pod, "status", arrayrest.Fields(array).Str("mediator_status", 64))
		}
	}
}

// replicaLag emits how far the copy of a pod is behind. A link that is filled
// for the first time tells none.
func replicaLag(s *localmon.Sampler, f arrayrest.Fields) {
	lag := f.Sub("lag")
	labels := []string{
		"remote", remoteOf(f), "local_pod", f.Sub("local_pod").Str("name", arrayrest.MaxName), "remote_pod", f.Sub("remote_pod").Str("name", arrayrest.MaxName),
		"direction", f.Str("direction", 32), "status", f.Str("status", 64),
	}
	if v, ok := lag.Num("avg"); ok {
		s.Add(v, "purefa_pod_replica_links_lag_average_msec", labels...)
	}
	if v, ok := lag.Num("max"); ok {
		s.Add(v, "purefa_pod_replica_links_lag_max_msec", labels...)
	}
}

// remoteOf is the first array a link leads to; links lead to one.
func remoteOf(f arrayrest.Fields) string {
	for _, each := range f.List("remotes") {
		remote, _ := each.(map[string]any)
		return arrayrest.Fields(remote).Str("name", arrayrest.MaxName)
	}
	return ""
}

// portSpeed keeps the exporter's name, which says bytes; arrays give bits per
// second, and the value is the array's.
func portSpeed(s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	speed, okSpeed := f.Num("speed")
	if !ok || !okSpeed {
		return
	}
	var services []string
	for _, each := range f.List("services") {
		if word, ok := each.(string); ok {
			services = append(services, arrayrest.Shorten(word, 64))
		}
	}
	enabled, _ := f.Flag("enabled")
	s.Add(speed, "purefa_network_interface_speed_bandwidth_bytes", "enabled", strconv.FormatBool(enabled),
		"ethsubtype", f.Sub("eth").Str("subtype", 64), "name", name, "services", arrayrest.Shorten(strings.Join(services, ", "), arrayrest.MaxName), "type", f.Str("interface_type", 32))
}

// load orders objects by the bytes they move, or hold where a list tells only
// space.
func load(f arrayrest.Fields) float64 {
	r, _ := f.Num("read_bytes_per_sec")
	w, _ := f.Num("write_bytes_per_sec")
	held, _ := f.Sub("space").Num("unique")
	return r + w + held
}
