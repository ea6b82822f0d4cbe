package metricsexp

import (
	"fmt"
	"strconv"
	"strings"

	"darksite/training/sim"
)

func info(p *page) {
	id := p.view.Identity()
	p.add("purefa_info", 1, "array_name", id.Name, "os", id.OS, "subscription_type", "FlashArray", "system_id", id.ID, "version", id.Version)
}

func array(p *page) {
	alerts(p)
	arrayWork(p)
	arraySpace(p)
	parts(p)
	controllers(p)
	ports(p)
}

func alerts(p *page) {
	for _, a := range p.view.Alerts() {
		if a.State != "open" {
			continue
		}
		created := a.Created.Add(p.view.Protocol().Skew).UnixMilli()
		p.add(
			"purefa_alerts_open", 1, "category", "array", "code", strconv.Itoa(a.Code), "component_type", a.ComponentType,
			"created", strconv.FormatInt(created, 10), "issue", a.Issue, "name", strconv.FormatInt(a.Number, 10),
			"severity", a.Severity, "summary", fmt.Sprintf("(%s:%s): %s", a.ComponentType, a.Component, a.Issue),
		)
	}
}

// arrayWork says zero for the depth of the queue, of which the modelled software
// tells nothing by REST: the exporter writes a null as zero, here and in every
// other place.
func arrayWork(p *page) {
	w := p.work.Array()
	p.does("array", w)
	p.doesOther("array", w)
	p.each("purefa_array_performance_latency_usec", []dimension{{"local_queue_usec_per_op", w.LocalQueueUsec}})
	p.add("purefa_array_performance_queue_depth_ops", 0)
}

func arraySpace(p *page) {
	s, capacity := p.view.Space(), float64(p.view.Identity().Capacity)
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

func parts(p *page) {
	for _, h := range p.view.Hardware() {
		p.add("purefa_hw_component_status", 1, "component_name", h.Name, "component_status", h.Status, "component_type", h.Type)
		if h.Temperature.OK && h.Temperature.Value > 0 {
			p.add("purefa_hw_component_temperature_celsius", float64(h.Temperature.Value), "component_name", h.Name, "component_type", h.Type)
		}
		if h.Voltage.OK && h.Voltage.Value > 0 {
			p.add("purefa_hw_component_voltage_volt", float64(h.Voltage.Value), "component_name", h.Name, "component_type", h.Type)
		}
	}
	for _, d := range p.view.Drives() {
		p.add("purefa_drive_capacity_bytes", float64(d.Capacity), "component_name", d.Name, "component_protocol", d.Protocol, "component_status", d.Status, "component_type", d.Type)
	}
}

func controllers(p *page) {
	for _, c := range p.view.Controllers() {
		labels := []string{"mode", c.Mode, "model", c.Model, "name", c.Name, "status", c.Status, "type", "array_controller", "version", c.Version}
		p.add("purefa_hw_controller_info", 1, labels...)
		if c.ModeSince.OK {
			since := c.ModeSince.Value.Add(p.view.Protocol().Skew)
			p.add("purefa_hw_controller_mode_since_timestamp_seconds", float64(since.UnixMilli())/1000, labels...)
		}
	}
}

func ports(p *page) {
	for _, port := range p.work.Ports() {
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
	for _, port := range p.view.Ports() {
		interfaceInfo(p, port)
	}
}

func interfaceInfo(p *page, port sim.Port) {
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
		iqn := "iqn.2010-06.com.purestorage:flasharray." + strings.ReplaceAll(p.view.Identity().ID, "-", "")[:16]
		p.add("purefa_network_port_info", 1, "iqn", iqn, "name", name, "nqn", "", "portal", port.Address+":3260", "wwn", "")
	}
}
