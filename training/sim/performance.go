package sim

// Performance is the work of an object over a time: rates a second, and times
// an operation in microseconds. Service time leaves out the time in the
// network, in the queue and under a rate limit, as the arrays count it.
type Performance struct {
	Reads, Writes, Others int64
	ReadBytes, WriteBytes int64 // a second

	// Writes to a stretched pod, which are done when both arrays have them. They
	// are not counted among the writes.
	Mirrored, MirroredBytes int64

	ReadUsec, WriteUsec, OtherUsec  int64
	ReadSANUsec, WriteSANUsec       int64
	ReadQueueUsec, WriteQueueUsec   int64
	ReadQoSUsec, WriteQoSUsec       int64
	MirroredUsec, MirroredSANUsec   int64
	MirroredQueueUsec               int64
	MirroredQoSUsec                 int64
	LocalQueueUsec                  int64
	readTime, writeTime             usecSums // for exact sums; see add
	mirroredTime                    usecSums
	otherTime, localTime, localSeen int64
}

// usecSums are times weighted by operations.
type usecSums struct{ service, san, queue, qos int64 }

func (u *usecSums) add(v usecSums) {
	u.service += v.service
	u.san += v.san
	u.queue += v.queue
	u.qos += v.qos
}

// BytesPerRead is the mean size of a read.
func (p Performance) BytesPerRead() int64 { return ratio(p.ReadBytes, p.Reads) }

// BytesPerWrite is the mean size of a write.
func (p Performance) BytesPerWrite() int64 { return ratio(p.WriteBytes, p.Writes) }

// BytesPerMirrored is the mean size of a mirrored write.
func (p Performance) BytesPerMirrored() int64 { return ratio(p.MirroredBytes, p.Mirrored) }

// BytesPerOp is the mean size of a read or write.
func (p Performance) BytesPerOp() int64 {
	return ratio(p.ReadBytes+p.WriteBytes+p.MirroredBytes, p.operations())
}

// operations is the number of reads and writes of either kind.
func (p Performance) operations() int64 { return p.Reads + p.Writes + p.Mirrored }

// acrossUsec is the way to the other array of a stretched pod and back.
const acrossUsec = 110

// mirror makes the writes of a volume mirrored ones.
func (p *Performance) mirror() {
	p.Mirrored, p.MirroredBytes, p.MirroredUsec = p.Writes, p.WriteBytes, p.WriteUsec+acrossUsec
	p.MirroredSANUsec, p.MirroredQueueUsec, p.MirroredQoSUsec = p.WriteSANUsec, p.WriteQueueUsec, p.WriteQoSUsec
	p.Writes, p.WriteBytes, p.WriteUsec = 0, 0, 0
	p.WriteSANUsec, p.WriteQueueUsec, p.WriteQoSUsec = 0, 0, 0
}

func ratio(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	return (a + b/2) / b
}

// weigh fills the weighted sums from the times of this object alone.
func (p *Performance) weigh() {
	p.readTime = usecSums{p.ReadUsec * p.Reads, p.ReadSANUsec * p.Reads, p.ReadQueueUsec * p.Reads, p.ReadQoSUsec * p.Reads}
	p.writeTime = usecSums{p.WriteUsec * p.Writes, p.WriteSANUsec * p.Writes, p.WriteQueueUsec * p.Writes, p.WriteQoSUsec * p.Writes}
	p.mirroredTime = usecSums{p.MirroredUsec * p.Mirrored, p.MirroredSANUsec * p.Mirrored, p.MirroredQueueUsec * p.Mirrored, p.MirroredQoSUsec * p.Mirrored}
	p.otherTime = p.OtherUsec * p.Others
	p.localSeen = p.operations()
	p.localTime = p.LocalQueueUsec * p.localSeen
}

// add joins the work of another object: rates add up, times are means weighted
// by operations. Call settle when all are in.
func (p *Performance) add(q *Performance) {
	p.Reads += q.Reads
	p.Writes += q.Writes
	p.Others += q.Others
	p.ReadBytes += q.ReadBytes
	p.WriteBytes += q.WriteBytes
	p.Mirrored += q.Mirrored
	p.MirroredBytes += q.MirroredBytes
	p.mirroredTime.add(q.mirroredTime)
	p.readTime.add(q.readTime)
	p.writeTime.add(q.writeTime)
	p.otherTime += q.otherTime
	p.localTime += q.localTime
	p.localSeen += q.localSeen
}

// settle turns the weighted sums into times.
func (p *Performance) settle() {
	p.ReadUsec, p.WriteUsec = ratio(p.readTime.service, p.Reads), ratio(p.writeTime.service, p.Writes)
	p.ReadSANUsec, p.WriteSANUsec = ratio(p.readTime.san, p.Reads), ratio(p.writeTime.san, p.Writes)
	p.ReadQueueUsec, p.WriteQueueUsec = ratio(p.readTime.queue, p.Reads), ratio(p.writeTime.queue, p.Writes)
	p.ReadQoSUsec, p.WriteQoSUsec = ratio(p.readTime.qos, p.Reads), ratio(p.writeTime.qos, p.Writes)
	p.MirroredUsec, p.MirroredSANUsec = ratio(p.mirroredTime.service, p.Mirrored), ratio(p.mirroredTime.san, p.Mirrored)
	p.MirroredQueueUsec, p.MirroredQoSUsec = ratio(p.mirroredTime.queue, p.Mirrored), ratio(p.mirroredTime.qos, p.Mirrored)
	p.OtherUsec = ratio(p.otherTime, p.Others)
	p.LocalQueueUsec = ratio(p.localTime, p.localSeen)
}

// Sum joins the work of several objects.
func Sum(ps ...Performance) Performance {
	var sum Performance
	for i := range ps {
		sum.add(&ps[i])
	}
	sum.settle()
	return sum
}

// share returns part k of n of an object's work, so that the parts of one
// object add up to exactly the whole.
func (p *Performance) share(k, n int) Performance {
	part := func(v int64) int64 { return v*int64(k+1)/int64(n) - v*int64(k)/int64(n) }
	q := *p
	q.Reads, q.Writes, q.Others = part(p.Reads), part(p.Writes), part(p.Others)
	q.Mirrored = part(p.Mirrored)
	q.ReadBytes, q.WriteBytes, q.MirroredBytes = 0, 0, 0
	// Bytes follow the operations, so that no part has bytes without them.
	if p.Reads > 0 {
		q.ReadBytes = cut(p.ReadBytes, p.Reads, k, n)
	}
	if p.Writes > 0 {
		q.WriteBytes = cut(p.WriteBytes, p.Writes, k, n)
	}
	if p.Mirrored > 0 {
		q.MirroredBytes = cut(p.MirroredBytes, p.Mirrored, k, n)
	}
	q.weigh()
	return q
}

// cut splits bytes in the proportion in which part splits operations.
func cut(bytes, ops int64, k, n int) int64 {
	lo, hi := ops*int64(k)/int64(n), ops*int64(k+1)/int64(n)
	return int64(float64(bytes)*float64(hi)/float64(ops)) - int64(float64(bytes)*float64(lo)/float64(ops))
}
