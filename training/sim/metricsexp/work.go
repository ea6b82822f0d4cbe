package metricsexp

import "darksite/training/sim"

// latencies are the sixteen that every object has but directories. Nothing is
// told of caches: the exporter writes zero for a null.
func latencies(w sim.Performance) []dimension {
	return []dimension{
		{"usec_per_read_op", w.ReadUsec},
		{"usec_per_write_op", w.WriteUsec},
		{"usec_per_mirrored_write_op", w.MirroredUsec},
		{"queue_usec_per_read_op", w.ReadQueueUsec},
		{"queue_usec_per_write_op", w.WriteQueueUsec},
		{"queue_usec_per_mirrored_write_op", w.MirroredQueueUsec},
		{"san_usec_per_read_op", w.ReadSANUsec},
		{"san_usec_per_write_op", w.WriteSANUsec},
		{"san_usec_per_mirrored_write_op", w.MirroredSANUsec},
		{"service_usec_per_read_op", w.ReadUsec},
		{"service_usec_per_write_op", w.WriteUsec},
		{"service_usec_per_mirrored_write_op", w.MirroredUsec},
		{"service_usec_per_read_op_cache_reduction", 0},
		{"qos_rate_limit_usec_per_read_op", w.ReadQoSUsec},
		{"qos_rate_limit_usec_per_write_op", w.WriteQoSUsec},
		{"qos_rate_limit_usec_per_mirrored_write_op", w.MirroredQoSUsec},
	}
}

// does adds the work of an object: of the array, a volume, a volume group, a
// host or a pod.
func (p *page) does(object string, w sim.Performance, labels ...string) {
	prefix := "purefa_" + object + "_performance_"
	p.each(prefix+"latency_usec", latencies(w), labels...)
	p.each(prefix+"throughput_iops", []dimension{
		{"reads_per_sec", w.Reads},
		{"writes_per_sec", w.Writes},
		{"mirrored_writes_per_sec", w.Mirrored},
	}, labels...)
	p.each(prefix+"bandwidth_bytes", []dimension{
		{"read_bytes_per_sec", w.ReadBytes},
		{"write_bytes_per_sec", w.WriteBytes},
		{"mirrored_write_bytes_per_sec", w.MirroredBytes},
	}, labels...)
	p.each(prefix+"average_bytes", []dimension{
		{"bytes_per_op", w.BytesPerOp()},
		{"bytes_per_read", w.BytesPerRead()},
		{"bytes_per_write", w.BytesPerWrite()},
		{"bytes_per_mirrored_write", w.BytesPerMirrored()},
	}, labels...)
}

// doesOther adds the operations that neither read nor write, which the array and
// its pods count.
func (p *page) doesOther(object string, w sim.Performance, labels ...string) {
	prefix := "purefa_" + object + "_performance_"
	p.each(prefix+"latency_usec", []dimension{{"usec_per_other_op", w.OtherUsec}}, labels...)
	p.each(prefix+"throughput_iops", []dimension{{"others_per_sec", w.Others}}, labels...)
}
