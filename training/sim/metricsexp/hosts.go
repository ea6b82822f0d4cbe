package metricsexp

// pathStatus is the word that goes with the state of a host's paths.
var pathStatus = map[string]string{"Redundant": "healthy", "Uneven": "unhealthy", "Single Controller": "critical", "None": "critical"}

func hosts(p *page) {
	for i, h := range p.view.Hosts() {
		p.does("host", p.work.Host(i), "host", h.Name)
		for _, one := range append(common(h.Space), provisioned(h.Space)) {
			p.add("purefa_host_space_bytes", one.value, "host", h.Name, "space", one.name)
		}
		p.add("purefa_host_space_data_reduction_ratio", h.Space.DataReduction(), "host", h.Name)
		p.add("purefa_host_connectivity_info", 1, "details", h.Paths, "host", h.Name, "status", pathStatus[h.Paths])
	}
	for _, c := range p.view.Connections() {
		p.add("purefa_host_connections_info", 1, "host", c.Host, "hostgroup", c.HostGroup, "volume", c.Volume)
	}
}
