package sim

import (
	"math"
	"slices"
	"time"
)

// NASProtocol is a way to reach a FlashBlade.
type NASProtocol string

// The protocols; AllProtocols is their sum.
const (
	AllProtocols NASProtocol = "all"
	NFS          NASProtocol = "NFS"
	SMB          NASProtocol = "SMB"
	HTTP         NASProtocol = "HTTP"
	S3           NASProtocol = "S3"
)

// fileProtocols are the ways to reach a file system, and how many operations
// of metadata go with one on data.
var fileProtocols = [...]struct {
	name     NASProtocol
	part     float64 // of the load, against the others a file system has
	metadata float64
}{{NFS, 0.7, 0.6}, {SMB, 0.25, 0.4}, {HTTP, 0.05, 0.1}}

const objectMetadata = 0.15

// strain is what the faults do to the work of a FlashBlade at an instant.
type strain struct {
	at          time.Time
	idle        bool // nobody can reach it
	full        bool
	noNFS       bool
	read, write float64 // time of operations against normal
	queue       float64 // further us, while clients find their way again
	narrow      []narrow
}

// narrow is a bottleneck: operations are pulled towards a time, and there are
// more of them.
type narrow struct {
	protocol NASProtocol // the one it holds up; empty for every one
	worst    float64     // us
	pull     float64     // how far, 0 to 1
	surge    float64     // offered load against normal
}

// narrowOf is what a bottleneck does at an instant.
func narrowOf(e Entry, at time.Time) narrow {
	pull := rampOf(e, at)
	return narrow{protocol: NASProtocol(e.Target), worst: e.param("latency") * 1e6, pull: pull, surge: 1 + (e.param("load")-1)*pull}
}

// over is the strain as work over one protocol feels it.
func (s strain) over(p NASProtocol) strain {
	s.narrow = slices.DeleteFunc(slices.Clone(s.narrow), func(n narrow) bool { return n.protocol != "" && n.protocol != p })
	return s
}

// offered is the load against normal.
func (s strain) offered() float64 {
	surge := 1.0
	for _, n := range s.narrow {
		surge *= n.surge
	}
	return surge
}

// held is the time of an operation that would take usec without a bottleneck.
func (s strain) held(usec float64) float64 {
	longest := usec
	for _, n := range s.narrow {
		longest = math.Max(longest, usec+math.Max(0, n.worst-usec)*n.pull)
	}
	return longest
}

func (v BladeView) strain() strain {
	s := strain{at: v.at, idle: v.isolated(), full: v.full(), read: 1, write: 1}
	for _, e := range v.lost() {
		if v.moved(e) < 1 {
			s.read *= 1.15
			s.write *= 1.1
		}
	}
	for _, e := range v.entries {
		if e.Kind == Bottleneck && e.begun(v.at) {
			s.narrow = append(s.narrow, narrowOf(e, v.at))
		}
		if !e.active(v.at) {
			continue
		}
		switch e.Kind {
		case NFSDown:
			s.noNFS = true
		case FMFail:
			s.read *= 1.12
			s.write *= 1.18
			if since := v.at.Sub(e.At); since < 3*failover {
				s.queue += 8000 * (1 - since.Seconds()/(3*failover).Seconds())
			}
		}
	}
	return s
}

// BladeWindow is the work of a FlashBlade over a short time: means over a
// history sample, or one instant. It remembers what it has worked out, so it
// belongs to one goroutine.
type BladeWindow struct {
	view    BladeView // of the end of the window
	samples []strain
	files   map[int][len(fileProtocols)]BladeWork
	buckets map[int]BladeWork
}

// Instant is the work at the instant of a view.
func (v BladeView) Instant() *BladeWindow { return v.window([]BladeView{v}) }

// Mean is the work over the time before the instant of a view.
func (v BladeView) Mean(length time.Duration) *BladeWindow {
	var views []BladeView
	for _, back := range samplesOf(length) {
		views = append(views, v.At(v.at.Add(-back)))
	}
	return v.window(views)
}

// samplesOf says how far back the samples lie that a mean is made of.
func samplesOf(length time.Duration) []time.Duration {
	n := 1
	switch {
	case length > time.Minute:
		n = 6
	case length > time.Second:
		n = 3
	}
	var back []time.Duration
	for i := range n {
		back = append(back, length*time.Duration(2*(n-1-i)+1)/time.Duration(2*n))
	}
	return back
}

func (v BladeView) window(views []BladeView) *BladeWindow {
	w := &BladeWindow{view: v, files: map[int][len(fileProtocols)]BladeWork{}, buckets: map[int]BladeWork{}}
	for _, x := range views {
		w.samples = append(w.samples, x.strain())
	}
	return w
}

// File is the work of file system i of the view's list over a protocol.
func (w *BladeWindow) File(i int, p NASProtocol) BladeWork {
	parts, ok := w.files[i]
	if !ok {
		parts = w.fileParts(i)
		w.files[i] = parts
	}
	var sum BladeWork
	for k, known := range fileProtocols {
		if p == known.name || p == AllProtocols {
			sum.add(parts[k])
		}
	}
	return sum
}

func (w *BladeWindow) fileParts(i int) (parts [len(fileProtocols)]BladeWork) {
	f := &w.view.inv.files[i]
	if f.weight == 0 {
		return parts
	}
	served := [...]bool{f.NFSv3 || f.NFSv4, f.SMB, f.HTTP}
	var all float64
	for k, p := range fileProtocols {
		if served[k] {
			all += p.part
		}
	}
	for _, s := range w.samples {
		for k, p := range fileProtocols {
			if served[k] && (!s.noNFS || p.name != NFS) {
				parts[k].add(w.view.workOf(&f.workload, s.over(p.name), p.part/all, p.metadata, 180))
			}
		}
	}
	for k := range parts {
		parts[k].divide(int64(len(w.samples)))
	}
	return parts
}

// Bucket is the work of bucket i of the view's list.
func (w *BladeWindow) Bucket(i int) BladeWork {
	sum, ok := w.buckets[i]
	if !ok {
		b := &w.view.inv.buckets[i]
		for _, s := range w.samples {
			sum.add(w.view.workOf(&b.workload, s.over(S3), 1, objectMetadata, 9000))
		}
		sum.divide(int64(len(w.samples)))
		w.buckets[i] = sum
	}
	return sum
}

// workOf is what a workload does over one protocol. The time of an operation
// has a base, more for its size, with load and with every fault.
func (v BladeView) workOf(l *workload, s strain, part, metadata, base float64) BladeWork {
	if s.idle || l.weight == 0 {
		return BladeWork{}
	}
	wave := daily(s.at)
	if l.night {
		if wave = 0.02; s.at.UTC().Hour() >= 1 && s.at.UTC().Hour() < 5 {
			wave = 1
		}
	}
	ops := v.options.Size.bladeDimensions().peakOps * l.weight * wave * (0.55 + 0.9*ripple(l.key, s.at)) * part * s.offered() * CountedOver.Seconds()
	count := func(share float64) int64 { return int64(math.Round(ops * share)) }
	w := BladeWork{Reads: OpWork{Count: count(l.readShare)}, Writes: OpWork{Count: count(1 - l.readShare)}, Others: OpWork{Count: count(metadata)}}
	if s.full {
		w.Writes.Count = 0
	}
	w.ReadBytes = int64(float64(w.Reads.Count) * l.readBytes * (0.93 + 0.14*smooth(l.key+11, s.at, 3*time.Minute)))
	w.WriteBytes = int64(float64(w.Writes.Count) * l.writeBytes * (0.93 + 0.14*smooth(l.key+12, s.at, 3*time.Minute)))

	load := daily(s.at)
	busier := 1 + 0.25*load*load
	read := (base*(1+0.5*unit(l.key+13)) + l.readBytes/1500) * busier * s.read * (0.93 + 0.14*ripple(l.key+15, s.at))
	write := (2*base*(1+0.5*unit(l.key+14)) + l.writeBytes/800) * busier * s.write * (0.93 + 0.14*ripple(l.key+16, s.at))
	read, write = s.held(read), s.held(write)
	w.Reads.Usec = int64(float64(w.Reads.Count) * (read + s.queue))
	w.Writes.Usec = int64(float64(w.Writes.Count) * (write + s.queue))
	w.Others.Usec = int64(float64(w.Others.Count) * (read*0.7 + s.queue))
	return w
}

// Array is the work of the whole array over a protocol: the sum of its file
// systems and buckets.
func (w *BladeWindow) Array(p NASProtocol) BladeWork {
	var sum BladeWork
	for i := range w.view.inv.files {
		if p == S3 || w.view.inv.files[i].weight == 0 {
			continue
		}
		sum.add(w.File(i, p))
	}
	for i := range w.view.inv.buckets {
		if p == S3 || p == AllProtocols {
			sum.add(w.Bucket(i))
		}
	}
	return sum
}

// Client is the work of client i of the view's list: its part of what its file
// system does over NFS.
func (w *BladeWindow) Client(i int) BladeWork {
	c := &w.view.inv.clients[i]
	return w.File(c.uses, NFS).share(c.part, len(w.view.inv.files[c.uses].clients))
}

// App is the work of client i of the object store.
func (w *BladeWindow) App(i int) BladeWork {
	c := &w.view.inv.apps[i]
	return w.Bucket(c.uses).share(c.part, len(w.view.inv.buckets[c.uses].clients))
}

// Connectors is the traffic of every port, in the order of the view's list.
// The traffic of the array is spread over the ports that carry any.
func (w *BladeWindow) Connectors() []ConnectorWork {
	v, sum := w.view, w.Array(AllProtocols)
	all := make([]ConnectorWork, len(v.inv.connectors))
	var live []path
	for i, c := range v.inv.connectors {
		if !v.carries(c) {
			continue
		}
		k := key(v.options.Seed, c.Name)
		live = append(live, path{port: i, weight: 0.5 + smooth(k, v.at, 90*time.Second)})
		all[i].OtherErrors = int64(120 * ripple(k+1, v.at)) // frames of protocols it does not speak
		all[i].RxPackets, all[i].RxBytes = 60, 5400
	}
	if len(live) == 0 {
		return all
	}
	ops := sum.Reads.Count + sum.Writes.Count + sum.Others.Count
	reads, writes, counts := split(sum.ReadBytes, live), split(sum.WriteBytes, live), split(ops, live)
	for i, p := range live {
		c := &all[p.port]
		tx, rx := reads[i]/8900+counts[i], writes[i]/8900+counts[i]
		c.TxPackets += tx
		c.RxPackets += rx
		c.TxBytes += reads[i] + tx*90
		c.RxBytes += writes[i] + rx*90
	}
	return all
}
