package sim

import "time"

// CountedOver is the time over which a FlashBlade counts its work: rates are
// such counts divided by it, and therefore no whole numbers.
const CountedOver = 30 * time.Second

// BladeWork is the work of an object, counted over [CountedOver]. Sums of
// counts are exact.
type BladeWork struct {
	Reads, Writes, Others OpWork
	ReadBytes, WriteBytes int64
}

// OpWork is one kind of operation: how many, and how long they took in all.
type OpWork struct{ Count, Usec int64 }

func (o *OpWork) add(p OpWork) {
	o.Count += p.Count
	o.Usec += p.Usec
}

// PerSecond is the rate.
func (o OpWork) PerSecond() float64 { return PerSecond(o.Count) }

// UsecPerOp is the mean time of an operation.
func (o OpWork) UsecPerOp() float64 { return mean(o.Usec, o.Count) }

// PerSecond turns a count over [CountedOver] into a rate.
func PerSecond(count int64) float64 { return float64(count) / CountedOver.Seconds() }

func mean(sum, count int64) float64 {
	if count == 0 {
		return 0
	}
	return float64(sum) / float64(count)
}

// BytesPerRead is the mean size of a read.
func (w BladeWork) BytesPerRead() float64 { return mean(w.ReadBytes, w.Reads.Count) }

// BytesPerWrite is the mean size of a write.
func (w BladeWork) BytesPerWrite() float64 { return mean(w.WriteBytes, w.Writes.Count) }

// BytesPerOp is the mean size of a read or write.
func (w BladeWork) BytesPerOp() float64 {
	return mean(w.ReadBytes+w.WriteBytes, w.Reads.Count+w.Writes.Count)
}

func (w *BladeWork) add(x BladeWork) {
	w.Reads.add(x.Reads)
	w.Writes.add(x.Writes)
	w.Others.add(x.Others)
	w.ReadBytes += x.ReadBytes
	w.WriteBytes += x.WriteBytes
}

// SumWork joins the work of several objects.
func SumWork(ws ...BladeWork) BladeWork {
	var sum BladeWork
	for _, w := range ws {
		sum.add(w)
	}
	return sum
}

// divide makes a mean of the sum of n samples. What has no operations has
// neither bytes nor time.
func (w *BladeWork) divide(n int64) {
	for _, o := range []*OpWork{&w.Reads, &w.Writes, &w.Others} {
		if o.Count = ratio(o.Count, n); o.Count == 0 {
			o.Usec = 0
		} else {
			o.Usec = ratio(o.Usec, n)
		}
	}
	if w.ReadBytes = ratio(w.ReadBytes, n); w.Reads.Count == 0 {
		w.ReadBytes = 0
	}
	if w.WriteBytes = ratio(w.WriteBytes, n); w.Writes.Count == 0 {
		w.WriteBytes = 0
	}
}

// share returns part k of n, so that the parts add up to exactly the whole.
func (w BladeWork) share(k, n int) BladeWork {
	return BladeWork{
		Reads: w.Reads.share(k, n), Writes: w.Writes.share(k, n), Others: w.Others.share(k, n),
		ReadBytes: shareOfBytes(w.ReadBytes, w.Reads.Count, k, n), WriteBytes: shareOfBytes(w.WriteBytes, w.Writes.Count, k, n),
	}
}

func (o OpWork) share(k, n int) OpWork {
	lo, hi := o.Count*int64(k)/int64(n), o.Count*int64(k+1)/int64(n)
	return OpWork{hi - lo, shareOfBytes(o.Usec, o.Count, k, n)}
}

// shareOfBytes splits something that goes with operations as they are split.
func shareOfBytes(whole, ops int64, k, n int) int64 {
	if ops == 0 {
		return 0
	}
	return cut(whole, ops, k, n)
}

// split deals out operations by weight, in order, to the last one; the time
// goes with them.
func (o OpWork) split(weights ...float64) []OpWork {
	var all, run float64
	for _, w := range weights {
		all += w
	}
	parts := make([]OpWork, len(weights))
	var given OpWork
	for i, w := range weights {
		run += w
		upTo := int64(float64(o.Count)*run/all + 0.5)
		if i == len(weights)-1 {
			upTo = o.Count
		}
		usec := int64(0)
		if o.Count > 0 {
			usec = int64(float64(o.Usec) * (float64(upTo) / float64(o.Count)))
		}
		parts[i] = OpWork{upTo - given.Count, usec - given.Usec}
		given = OpWork{upTo, usec}
	}
	return parts
}

// NFSWork is the work over NFS, operation by operation.
type NFSWork struct {
	Reads, Writes                                    OpWork
	Accesses, Creates, FSInfos, FSStats, Getattrs    OpWork
	Links, Lookups, Mkdirs, Pathconfs, Readdirs      OpWork
	Readdirpluses, Readlinks, Removes, Renames       OpWork
	Rmdirs, Setattrs, Symlinks                       OpWork
	MetadataCreates, MetadataModifies, MetadataReads OpWork // sums of the above
	ShareReads, Other                                OpWork
}

// S3Work is the work over S3.
type S3Work struct{ ReadBuckets, WriteBuckets, ReadObjects, WriteObjects, Others OpWork }

// HTTPWork is the work over HTTP.
type HTTPWork struct{ ReadDirs, WriteDirs, ReadFiles, WriteFiles, Others OpWork }

// NFS tells work over NFS apart by operation.
func (w BladeWork) NFS() NFSWork {
	n := NFSWork{Reads: w.Reads, Writes: w.Writes}
	kinds := []struct {
		op, sum *OpWork
		weight  float64
	}{
		{&n.Getattrs, &n.MetadataReads, 34},
		{&n.Lookups, &n.MetadataReads, 22},
		{&n.Accesses, &n.MetadataReads, 18},
		{&n.Readdirs, &n.MetadataReads, 1},
		{&n.Readdirpluses, &n.MetadataReads, 4},
		{&n.Readlinks, &n.MetadataReads, 1},
		{&n.Creates, &n.MetadataCreates, 5},
		{&n.Mkdirs, &n.MetadataCreates, 0.6},
		{&n.Links, &n.MetadataCreates, 0.2},
		{&n.Symlinks, &n.MetadataCreates, 0.2},
		{&n.Setattrs, &n.MetadataModifies, 5},
		{&n.Removes, &n.MetadataModifies, 4},
		{&n.Renames, &n.MetadataModifies, 1.5},
		{&n.Rmdirs, &n.MetadataModifies, 0.5},
		{&n.FSInfos, &n.ShareReads, 1},
		{&n.FSStats, &n.ShareReads, 1.5},
		{&n.Pathconfs, &n.ShareReads, 0.5},
	}
	var weights []float64
	for _, k := range kinds {
		weights = append(weights, k.weight)
	}
	for i, part := range w.Others.split(weights...) {
		*kinds[i].op = part
		kinds[i].sum.add(part)
	}
	return n
}

// S3 tells work over S3 apart by operation.
func (w BladeWork) S3() S3Work {
	parts := w.Others.split(6, 0.5, 3.5)
	return S3Work{ReadObjects: w.Reads, WriteObjects: w.Writes, ReadBuckets: parts[0], WriteBuckets: parts[1], Others: parts[2]}
}

// HTTP tells work over HTTP apart by operation.
func (w BladeWork) HTTP() HTTPWork {
	parts := w.Others.split(5, 1, 4)
	return HTTPWork{ReadFiles: w.Reads, WriteFiles: w.Writes, ReadDirs: parts[0], WriteDirs: parts[1], Others: parts[2]}
}
