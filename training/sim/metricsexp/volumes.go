package metricsexp

// naa stands before a volume's serial where hosts see it.
const naa = "naa.624a9370"

func volumes(p *page) {
	for i, v := range p.view.Volumes() {
		id := naa + v.Serial
		p.does("volume", p.work.Volume(i), "naa_id", id, "name", v.Name)
		all := append(append(common(v.Space), effective(v.Space, v.Space.Virtual)...), provisioned(v.Space))
		for _, one := range all {
			p.add("purefa_volume_space_bytes", one.value,
				"naa_id", id, "name", v.Name, "pod", v.Pod, "space", one.name, "volume_group", v.VolumeGroup)
		}
		p.add("purefa_volume_space_data_reduction_ratio", v.Space.DataReduction(),
			"naa_id", id, "name", v.Name, "pod", v.Pod, "volume_group", v.VolumeGroup)
		if v.IOPSLimit.OK {
			p.add("purefa_volume_qos_iops_limit", float64(v.IOPSLimit.Value),
				"naa_id", id, "name", v.Name, "pod", v.Pod, "volume_group", v.VolumeGroup)
		}
	}
}

// volumeGroups have work of their own; their space is that of their volumes, and
// limits are set on volumes.
func volumeGroups(p *page) {
	for i, g := range p.view.VolumeGroups() {
		p.does("volume_group", p.work.VolumeGroup(i), "name", g.Name)
	}
}
