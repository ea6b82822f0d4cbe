package metricsexp

import "darksite/training/sim"

func pods(p *page) {
	for i, pod := range p.view.Pods() {
		w := p.work.Pod(i)
		p.does("pod", w, "name", pod.Name)
		p.doesOther("pod", w, "name", pod.Name)
		all := append(common(pod.Space), provisioned(pod.Space),
			space{"shared", float64(pod.Space.Shared)}, space{"replication", float64(pod.Space.Replication)})
		for _, one := range all {
			p.add("purefa_pod_space_bytes", one.value, "name", pod.Name, "space", one.name)
		}
		p.add("purefa_pod_space_data_reduction_ratio", pod.Space.DataReduction(), "name", pod.Name)
		mediators(p, pod)
	}
	replication(p)
	links(p)
}

// mediators tells what each array that holds a pod says of its mediator.
func mediators(p *page, pod sim.Pod) {
	tell := func(array, status string) {
		var online float64
		if status == "online" {
			online = 1
		}
		p.add("purefa_pod_mediator_status", online, "array", array, "mediator", "purestorage", "pod", pod.Name, "status", status)
	}
	tell(p.view.Identity().Name, pod.Mediator)
	if pod.Stretched {
		tell(p.view.Remotes()[0].Name, "online")
	}
}

// replication tells what pods send and receive. Nothing is sent at set times in
// the model, and no stretched pod is ever brought up to date after a break.
func replication(p *page) {
	for _, r := range p.work.Replication() {
		for _, one := range []struct {
			kind     string
			from, to int64
		}{
			{"continuous", 0, r.Continuous}, {"resync", 0, 0}, {"sync", r.SyncFrom, r.SyncTo}, {"periodic", 0, 0},
		} {
			for _, way := range []dimension{{"from_remote", one.from}, {"to_remote", one.to}, {"total", one.from + one.to}} {
				p.add("purefa_pod_performance_replication_bandwidth_bytes", float64(way.value),
					"dimension", one.kind, "direction", way.name, "name", r.Pod)
			}
		}
	}
}

// links tells how far replica links are behind. The model knows one lag a link,
// which is its mean and its highest.
func links(p *page) {
	for _, l := range p.work.Links() {
		ms := float64(l.Lag.Milliseconds())
		for _, metric := range []string{"purefa_pod_replica_links_lag_average_msec", "purefa_pod_replica_links_lag_max_msec"} {
			p.add(metric, ms, "direction", "outbound", "local_pod", l.LocalPod, "remote", l.Remote.Name, "remote_pod", l.RemotePod, "status", l.Status)
		}
		p.each("purefa_pod_replica_links_performance_bandwidth_bytes", []dimension{
			{"bytes_per_sec_from_remote", 0},
			{"bytes_per_sec_to_remote", l.BytesToRemote},
			{"bytes_per_sec_total", l.BytesToRemote},
		}, "direction", "outbound", "local_pod", l.LocalPod, "remote", l.Remote.Name, "remote_pod", l.RemotePod)
	}
}
