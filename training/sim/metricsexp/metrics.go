package metricsexp

import (
	"fmt"
	"strconv"
	"strings"

	"darksite/training/sim"
)

func info(p *page, v sim.View) {
	id := v.Identity()
	p.add("purefa_info", 1, "array_name", id.Name, "os", id.OS, "subscription_type", "FlashArray", "system_id", id.ID, "version", id.Version)
}

func array(p *page, v sim.View) {
	alerts(p, v)
	arrayPerformance(p, v)
	arraySpace(p, v)
	parts(p, v)
	ports(p, v)
}

func alerts(p *page, v sim.View) {
	same := map[[8]string]float64{}
	for _, a := range v.Alerts() {
		if a.State == "open" {
			created := a.Created.Add(v.Protocol().Skew).UnixMilli()
			same[[8]string{
				"array", strconv.Itoa(a.Code), a.ComponentType, strconv.FormatInt(created, 10), a.Issue, strconv.FormatInt(a.Number, 10),
				a.Severity, fmt.Sprintf("(%s:%s): %s", a.ComponentType, a.Component, a.Issue),
			}]++
		}
	}
	for a, n := range same {
		p.add("purefa_alerts_open", n, "category", a[0], "code", a[1], "component_type", a[2], "created", a[3], "issue", a[4], "name", a[5], "severity", a[6], "summary", a[7])
	}
}

// latencies are the sixteen that every object has. Mirrored writes are those of
// stretched pods, of which the model has none, and nothing is told of caches.
func latencies(w sim.Performance) []dimension {
	return []dimension{
		{"usec_per_read_op", w.ReadUsec},
		{"usec_per_write_op", w.WriteUsec},
		{"usec_per_mirrored_write_op", 0},
		{"queue_usec_per_read_op", w.ReadQueueUsec},
		{"queue_usec_per_write_op", w.WriteQueueUsec},
		{"queue_usec_per_mirrored_write_op", 0},
		{"san_usec_per_read_op", w.ReadSANUsec},
		{"san_usec_per_write_op", w.WriteSANUsec},
		{"san_usec_per_mirrored_write_op", 0},
		{"service_usec_per_read_op", w.ReadUsec},
		{"service_usec_per_write_op", w.WriteUsec},
		{"service_usec_per_mirrored_write_op", 0},
		{"service_usec_per_read_op_cache_reduction", 0},
		{"qos_rate_limit_usec_per_read_op", w.ReadQoSUsec},
		{"qos_rate_limit_usec_per_write_op", w.WriteQoSUsec},
		{"qos_rate_limit_usec_per_mirrored_write_op", 0},
	}
}

func operations(w sim.Performance) []dimension {
	return []dimension{{"reads_per_sec", w.Reads}, {"writes_per_sec", w.Writes}, {"mirrored_writes_per_sec", 0}}
}

// work adds what every object does.
func work(p *page, object string, w sim.Performance, labels ...string) {
	prefix := "purefa_" + object + "_performance_"
	p.each(prefix+"latency_usec", latencies(w), labels...)
	p.each(prefix+"throughput_iops", operations(w), labels...)
	p.each(prefix+"bandwidth_bytes", []dimension{
		{"read_bytes_per_sec", w.ReadBytes},
		{"write_bytes_per_sec", w.WriteBytes},
		{"mirrored_write_bytes_per_sec", 0},
	}, labels...)
	p.each(prefix+"average_bytes", []dimension{
		{"bytes_per_op", w.BytesPerOp()},
		{"bytes_per_read", w.BytesPerRead()},
		{"bytes_per_write", w.BytesPerWrite()},
		{"bytes_per_mirrored_write", 0},
	}, labels...)
}

// arrayPerformance says zero for the depth of the queue, of which the modelled
// software tells nothing by REST: the exporter writes a null as zero, here and in
// every other place.
func arrayPerformance(p *page, v sim.View) {
	w := v.Instant().Array()
	work(p, "array", w)
	p.each("purefa_array_performance_latency_usec", []dimension{{"usec_per_other_op", w.OtherUsec}, {"local_queue_usec_per_op", w.LocalQueueUsec}})
	p.each("purefa_array_performance_throughput_iops", []dimension{{"others_per_sec", w.Others}})
	p.add("purefa_array_performance_queue_depth_ops", 0)
}

// space is one value of the label space.
type space struct {
	name  string
	value float64
}

// snapshotReduction is what a stored byte of snapshots stands for.
const snapshotReduction = 3

// common are the spaces that volumes and the array both tell.
func common(s sim.Space) []space {
	return []space{
		{"snapshots", float64(s.Snapshots)},
		{"thin_provisioning", s.ThinProvisioning()},
		{"total_physical", float64(s.Physical())},
		{"total_reduction", s.TotalReduction()},
		{"unique", float64(s.Unique)},
		{"virtual", float64(s.Virtual)},
	}
}

func effective(s sim.Space, unique int64) []space {
	return []space{
		{"unique_effective", float64(unique)},
		{"snapshots_effective", float64(s.Snapshots * snapshotReduction)},
		{"total_effective", float64(s.Virtual + s.Snapshots*snapshotReduction)},
	}
}

func arraySpace(p *page, v sim.View) {
	s, capacity := v.Space(), float64(v.Identity().Capacity)
	unique := s.Virtual
	if stored := s.Unique + s.Shared; stored > 0 {
		unique = int64(float64(s.Virtual) * float64(s.Unique) / float64(stored))
	}
	used := float64(s.Replication + s.Shared + s.Snapshots + s.Unique)
	all := append(append(common(s), effective(s, unique)...),
		space{"shared", float64(s.Shared)}, space{"system", 0}, space{"replication", float64(s.Replication)},
		space{"shared_effective", float64(s.Virtual - unique)}, space{"capacity", capacity}, space{"empty", capacity - used})
	for _, one := range all {
		p.add("purefa_array_space_bytes", one.value, "space", one.name)
	}
	p.add("purefa_array_space_data_reduction_ratio", s.DataReduction())
	p.add("purefa_array_space_utilization", used/capacity*100)
}

func parts(p *page, v sim.View) {
	for _, h := range v.Hardware() {
		p.add("purefa_hw_component_status", 1, "component_name", h.Name, "component_status", h.Status, "component_type", h.Type)
		if h.Temperature.OK && h.Temperature.Value > 0 {
			p.add("purefa_hw_component_temperature_celsius", float64(h.Temperature.Value), "component_name", h.Name, "component_type", h.Type)
		}
		if h.Voltage.OK && h.Voltage.Value > 0 {
			p.add("purefa_hw_component_voltage_volt", float64(h.Voltage.Value), "component_name", h.Name, "component_type", h.Type)
		}
	}
	for _, d := range v.Drives() {
		p.add("purefa_drive_capacity_bytes", float64(d.Capacity), "component_name", d.Name, "component_protocol", d.Protocol, "component_status", d.Status, "component_type", d.Type)
	}
	for _, c := range v.Controllers() {
		labels := []string{"mode", c.Mode, "model", c.Model, "name", c.Name, "status", c.Status, "type", "array_controller", "version", c.Version}
		p.add("purefa_hw_controller_info", 1, labels...)
		if c.ModeSince.OK {
			since := c.ModeSince.Value.Add(v.Protocol().Skew)
			p.add("purefa_hw_controller_mode_since_timestamp_seconds", float64(since.UnixMilli())/1000, labels...)
		}
	}
}

func ports(p *page, v sim.View) {
	for _, port := range v.Instant().Ports() {
		kind, frames := "eth", "packets"
		errors := []dimension{
			{"other_errors_per_sec", 0},
			{"received_frame_errors_per_sec", 0},
			{"transmitted_carrier_errors_per_sec", 0},
			{"transmitted_dropped_errors_per_sec", 0},
		}
		if port.FC {
			kind, frames = "fc", "frames"
			errors = []dimension{
				{"received_link_failures_per_sec", port.LinkFailures},
				{"received_loss_of_signal_per_sec", 0},
				{"received_loss_of_sync_per_sec", port.LossOfSync},
				{"transmitted_invalid_words_per_sec", port.InvalidWords},
			}
		}
		errors = append(errors, dimension{"received_crc_errors_per_sec", port.CRCErrors}, dimension{"total_errors_per_sec", port.TotalErrors()})
		labels := []string{"name", port.Name, "type", kind}
		p.each("purefa_network_interface_performance_bandwidth_bytes", []dimension{{"received_bytes_per_sec", port.RxBytes}, {"transmitted_bytes_per_sec", port.TxBytes}}, labels...)
		p.each("purefa_network_interface_performance_throughput_pkts", []dimension{{"received_" + frames + "_per_sec", port.RxFrames}, {"transmitted_" + frames + "_per_sec", port.TxFrames}}, labels...)
		p.each("purefa_network_interface_performance_errors", errors, labels...)
	}
	for _, port := range v.Ports() {
		interfaceInfo(p, v, port)
	}
}

func interfaceInfo(p *page, v sim.View, port sim.Port) {
	kind, subtype := "eth", "physical"
	switch {
	case port.FC:
		kind, subtype = "fc", ""
	case port.Virtual:
		subtype = "vif"
	}
	p.add("purefa_network_interface_speed_bandwidth_bytes", float64(port.Speed), "enabled", strconv.FormatBool(port.Enabled),
		"ethsubtype", subtype, "name", port.Name, "services", port.Service, "type", kind)
	name := strings.ToUpper(port.Name)
	switch {
	case port.FC:
		p.add("purefa_network_port_info", 1, "iqn", "", "name", name, "nqn", "", "portal", "", "wwn", port.WWN)
	case port.Service == "iscsi":
		iqn := "iqn.2010-06.com.purestorage:flasharray." + strings.ReplaceAll(v.Identity().ID, "-", "")[:16]
		p.add("purefa_network_port_info", 1, "iqn", iqn, "name", name, "nqn", "", "portal", port.Address+":3260", "wwn", "")
	}
}

// naa stands before a volume's serial where hosts see it.
const naa = "naa.624a9370"

func volumes(p *page, v sim.View) {
	w := v.Instant()
	for i, volume := range v.Volumes() {
		id := naa + volume.Serial
		work(p, "volume", w.Volume(i), "naa_id", id, "name", volume.Name)
		labels := []string{"naa_id", id, "name", volume.Name, "pod", ""}
		all := append(append(common(volume.Space), effective(volume.Space, volume.Space.Virtual)...), space{"total_provisioned", float64(volume.Space.Provisioned)})
		for _, one := range all {
			p.add("purefa_volume_space_bytes", one.value, append(append([]string{}, labels...), "space", one.name, "volume_group", "")...)
		}
		p.add("purefa_volume_space_data_reduction_ratio", volume.Space.DataReduction(), append(labels, "volume_group", "")...)
	}
}

// pathStatus is the word that goes with the state of a host's paths.
var pathStatus = map[string]string{"Redundant": "healthy", "Uneven": "unhealthy", "Single Controller": "critical", "None": "critical"}

func hosts(p *page, v sim.View) {
	w := v.Instant()
	for i, host := range v.Hosts() {
		work(p, "host", w.Host(i), "host", host.Name)
		for _, one := range append(common(host.Space), space{"total_provisioned", float64(host.Space.Provisioned)}) {
			p.add("purefa_host_space_bytes", one.value, "host", host.Name, "space", one.name)
		}
		p.add("purefa_host_space_data_reduction_ratio", host.Space.DataReduction(), "host", host.Name)
		p.add("purefa_host_connectivity_info", 1, "details", host.Paths, "host", host.Name, "status", pathStatus[host.Paths])
	}
	for _, c := range v.Connections() {
		p.add("purefa_host_connections_info", 1, "host", c.Host, "hostgroup", c.HostGroup, "volume", c.Volume)
	}
}
