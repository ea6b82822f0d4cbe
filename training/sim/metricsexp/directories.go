package metricsexp

import "darksite/training/sim"

// directories tells of managed directories, which have no size of their own and
// are neither mirrored nor held back.
func directories(p *page) {
	for i, d := range p.view.Directories() {
		w := p.work.Directory(i)
		p.each("purefa_directory_performance_latency_usec", []dimension{
			{"usec_per_read_op", w.ReadUsec}, {"usec_per_write_op", w.WriteUsec}, {"usec_per_other_op", w.OtherUsec},
		}, "name", d.Name)
		p.each("purefa_directory_performance_throughput_iops", []dimension{
			{"reads_per_sec", w.Reads}, {"writes_per_sec", w.Writes}, {"others_per_sec", w.Others},
		}, "name", d.Name)
		p.each("purefa_directory_performance_bandwidth_bytes", []dimension{
			{"read_bytes_per_sec", w.ReadBytes}, {"write_bytes_per_sec", w.WriteBytes},
		}, "name", d.Name)
		p.each("purefa_directory_performance_average_bytes", []dimension{
			{"bytes_per_op", w.BytesPerOp()}, {"bytes_per_read", w.BytesPerRead()}, {"bytes_per_write", w.BytesPerWrite()},
		}, "name", d.Name)
		s := sim.Space{Virtual: d.Virtual, Unique: d.Unique}
		for _, one := range []space{
			{"snapshots", 0},
			{"thin_provisioning", 0},
			{"total_physical", float64(s.Physical())},
			{"total_reduction", s.DataReduction()},
			{"unique", float64(s.Unique)},
			{"virtual", float64(s.Virtual)},
		} {
			p.add("purefa_directory_space_bytes", one.value, "name", d.Name, "space", one.name)
		}
		p.add("purefa_directory_space_data_reduction_ratio", s.DataReduction(), "name", d.Name)
	}
}
