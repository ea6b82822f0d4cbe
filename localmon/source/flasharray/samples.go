package flasharray

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/localmon"
)

// family is one metric whose label dimension is the field's own name.
type family struct {
	metric string
	fields []string
}

// add emits every field of the family that is there.
func (m family) add(s *localmon.Sampler, f fields, labels ...string) {
	for _, dimension := range m.fields {
		if v, ok := f.num(dimension); ok {
			s.Add(v, m.metric, append([]string{"dimension", dimension}, labels...)...)
		}
	}
}

// The families of an array as a whole.
var arrayFamilies = []family{
	{"purefa_array_performance_latency_usec", []string{
		"usec_per_read_op", "usec_per_write_op", "usec_per_mirrored_write_op", "usec_per_other_op",
		"queue_usec_per_read_op", "queue_usec_per_write_op", "queue_usec_per_mirrored_write_op",
		"san_usec_per_read_op", "san_usec_per_write_op", "san_usec_per_mirrored_write_op",
		"service_usec_per_read_op", "service_usec_per_write_op", "service_usec_per_mirrored_write_op",
		"qos_rate_limit_usec_per_read_op", "qos_rate_limit_usec_per_write_op", "qos_rate_limit_usec_per_mirrored_write_op",
		"local_queue_usec_per_op", "service_usec_per_read_op_cache_reduction",
	}},
	{"purefa_array_performance_throughput_iops", []string{"reads_per_sec", "writes_per_sec", "mirrored_writes_per_sec", "others_per_sec"}},
	{"purefa_array_performance_bandwidth_bytes", []string{"read_bytes_per_sec", "write_bytes_per_sec", "mirrored_write_bytes_per_sec"}},
	{"purefa_array_performance_average_bytes", []string{"bytes_per_op", "bytes_per_read", "bytes_per_write", "bytes_per_mirrored_write"}},
}

// objectFamilies are the six series of a volume or a host.
func objectFamilies(kind string) []family {
	return []family{
		{"purefa_" + kind + "_performance_latency_usec", []string{"usec_per_read_op", "usec_per_write_op"}},
		{"purefa_" + kind + "_performance_throughput_iops", []string{"reads_per_sec", "writes_per_sec"}},
		{"purefa_" + kind + "_performance_bandwidth_bytes", []string{"read_bytes_per_sec", "write_bytes_per_sec"}},
	}
}

var portFamilies = []family{
	{"purefa_network_interface_performance_bandwidth_bytes", []string{"received_bytes_per_sec", "transmitted_bytes_per_sec"}},
	{"purefa_network_interface_performance_throughput_pkts", []string{
		"received_packets_per_sec", "transmitted_packets_per_sec", "received_frames_per_sec", "transmitted_frames_per_sec",
	}},
	{"purefa_network_interface_performance_errors", []string{
		"other_errors_per_sec", "received_crc_errors_per_sec", "received_frame_errors_per_sec", "total_errors_per_sec",
		"transmitted_carrier_errors_per_sec", "transmitted_dropped_errors_per_sec", "received_link_failures_per_sec",
		"received_loss_of_signal_per_sec", "received_loss_of_sync_per_sec", "transmitted_invalid_words_per_sec",
	}},
}

func arrayPerformance(s *localmon.Sampler, f fields) {
	for _, m := range arrayFamilies {
		m.add(s, f)
	}
	if v, ok := f.num("queue_depth"); ok {
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
func arraySpace(s *localmon.Sampler, f fields) {
	space := f.sub("space")
	for _, name := range spaceFields {
		if v, ok := space.num(name); ok {
			s.Add(v, "purefa_array_space_bytes", "space", name)
		}
	}
	if v, ok := space.num("data_reduction"); ok {
		s.Add(v, "purefa_array_space_data_reduction_ratio")
	}
	if v, ok := f.num("parity"); ok {
		s.Add(v, "localmon_array_space_parity_ratio")
	}
	capacity, ok := f.num("capacity")
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
func usedSpace(space fields) (float64, bool) {
	if _, ok := space.num("unique"); !ok {
		return space.num("total_used")
	}
	var used float64
	for _, part := range []string{"system", "replication", "shared", "snapshots", "unique"} {
		v, _ := space.num(part)
		used += v
	}
	return used, true
}

func portPerformance(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	kind := strings.ToLower(f.str("interface_type", 32))
	if !ok || kind == "" {
		return
	}
	for _, m := range portFamilies {
		m.add(s, f.sub(kind), "name", name, "type", kind)
	}
}

func hostPerformance(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	if !ok {
		return
	}
	for _, m := range objectFamilies("host") {
		m.add(s, f, "host", name)
	}
}

// naa is the vendor's prefix of a volume's serial on the initiator's side.
const naa = "naa.624a9370"

func volumePerformance(s *localmon.Sampler, f fields, naaID string) {
	name, ok := f.name("name")
	if !ok {
		return
	}
	for _, m := range objectFamilies("volume") {
		m.add(s, f, "name", name, "naa_id", naaID)
	}
}

// volumeSpace emits the two parts whose sum is what the volume takes, because
// they say which of them grows: the data or its snapshots.
func volumeSpace(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	serial, okSerial := f.name("serial")
	if !ok || !okSerial {
		return
	}
	for _, part := range []string{"unique", "snapshots"} {
		if v, ok := f.sub("space").num(part); ok {
			s.Add(v, "purefa_volume_space_bytes", "space", part, "name", name, "naa_id", naa+serial,
				"pod", f.sub("pod").str("name", maxName), "volume_group", f.sub("volume_group").str("name", maxName))
		}
	}
}

func hostConnectivity(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	paths := f.sub("port_connectivity")
	if status := paths.str("status", 64); ok && status != "" {
		s.Add(1, "purefa_host_connectivity_info", "host", name, "status", status, "details", paths.str("details", maxName))
	}
}

func podMediators(s *localmon.Sampler, f fields) {
	pod, ok := f.name("name")
	if !ok {
		return
	}
	for _, each := range f.list("arrays") {
		array, _ := each.(map[string]any)
		if name, ok := fields(array).name("name"); ok {
			s.Add(1, "purefa_pod_mediator_status", "array", name, "mediator", f.str("mediator", maxName),
				"pod", pod, "status", fields(array).str("mediator_status", 64))
		}
	}
}

// portSpeed keeps the exporter's name, which says bytes; arrays give bits per
// second, and the value is the array's.
func portSpeed(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	speed, okSpeed := f.num("speed")
	if !ok || !okSpeed {
		return
	}
	var services []string
	for _, each := range f.list("services") {
		if word, ok := each.(string); ok {
			services = append(services, shorten(word, 64))
		}
	}
	enabled, _ := f.flag("enabled")
	s.Add(speed, "purefa_network_interface_speed_bandwidth_bytes", "enabled", strconv.FormatBool(enabled),
		"ethsubtype", f.sub("eth").str("subtype", 64), "name", name, "services", shorten(strings.Join(services, ", "), maxName), "type", f.str("interface_type", 32))
}

func alertSamples(s *localmon.Sampler, alerts []localmon.ArrayAlert) {
	for _, a := range alerts {
		if closed(a) {
			continue
		}
		s.Add(1, "purefa_alerts_open", "category", a.Category, "code", strconv.Itoa(a.Code), "component_type", a.ComponentType,
			"created", strconv.FormatInt(a.Created.UnixMilli(), 10), "issue", a.Issue, "name", a.Name, "severity", a.Severity, "summary", a.Summary)
	}
}

// busiest keeps the n items that move most bytes, or hold most where a list
// tells only space, in the order they came, and says how many were left out.
func busiest(items []fields, n int) ([]fields, int) {
	if len(items) <= n {
		return items, 0
	}
	load := func(f fields) float64 {
		r, _ := f.num("read_bytes_per_sec")
		w, _ := f.num("write_bytes_per_sec")
		held, _ := f.sub("space").num("unique")
		return r + w + held
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(load(items[b]), load(items[a])) })
	keep := order[:n]
	slices.Sort(keep)
	kept := make([]fields, 0, n)
	for _, i := range keep {
		kept = append(kept, items[i])
	}
	return kept, len(items) - n
}

// detail joins what is known into one line.
func detail(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

func sized(v float64, ok bool, format string) string {
	if !ok || v <= 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}
