package sim

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// stress is what the faults do to the work of an array at an instant.
type stress struct {
	at    time.Time
	idle  bool    // nothing answers, so nothing works
	full  bool    // no space: nothing can be written
	read  float64 // service time of reads against normal
	write float64

	worst   float64 // service time in us towards which a bottleneck pulls
	pull    float64 // how far, 0 to 1
	surge   float64 // offered load against normal
	culprit int     // the volume that causes it, -1 for the whole array
	extra   float64 // operations a second the culprit adds
	queue   float64 // further us in the queue, during a fail-over

	noisy  []noise // volumes that take more than their part
	crowd  float64 // what is left to the others, against normal
	press  float64 // load the noisy ones add, against the daily peak
	limits []limit // of volumes that are held back
}

func (v View) stress() stress {
	s := stress{
		at: v.at, read: 1, write: 1, surge: 1, culprit: -1, crowd: 1, full: v.full(),
		idle: v.ctl[0].Mode == "offline" && v.ctl[1].Mode == "offline",
	}
	for _, e := range v.entries {
		if !e.begun(v.at) {
			continue
		}
		switch e.Kind {
		case DriveFail, DriveMissing, DriveUnadmitted:
			if v.rebuilt(e) < 1 {
				s.read *= 1.2
				s.write *= 1.08
			}
		case NVRAMFail:
			if !e.repaired(v.at) {
				s.write *= 1.5
			}
		case DrivePathLost:
			if e.active(v.at) && pathLost(e, v.at) {
				s.read *= 1.1
			}
		case SASCable:
			if e.active(v.at) {
				s.read *= 1.06
				s.write *= 1.06
			}
		case ControllerFail, CPUFail:
			v.stressOfLostController(&s, e)
		case Failover:
			s.handOver(v.at.Sub(e.At))
		case Bottleneck:
			v.stressOfBottleneck(&s, e)
		case QoSCap:
			v.stressOfLimit(&s, e)
		}
	}
	v.stressOfNoise(&s)
	return s
}

// stressOfLostController: hosts wait out the fail-over, then one controller
// does the work of two.
func (v View) stressOfLostController(s *stress, e Entry) {
	if !e.repaired(v.at) || v.at.Sub(e.Until) < e.duration("boot") {
		s.read *= 1.18
		s.write *= 1.25
	}
	s.handOver(v.at.Sub(e.At))
}

// handOver: operations wait while the peer takes over.
func (s *stress) handOver(since time.Duration) {
	if since < 3*failover {
		s.queue += 6000 * (1 - since.Seconds()/(3*failover).Seconds())
	}
}

func (v View) stressOfBottleneck(s *stress, e Entry) {
	pull := rampOf(e, v.at)
	if pull <= 0 {
		return
	}
	if worst := e.param("latency") * 1e6; pull*worst > s.pull*s.worst {
		s.worst, s.pull = worst, pull
	}
	if e.Target == "" {
		s.surge *= 1 + (e.param("load")-1)*pull
		return
	}
	s.culprit = v.inv.volumeNamed(e.Target)
	s.extra = v.options.Size.dimensions().peakIOPS * daily(v.at) * (e.param("load") - 1) * pull
}

// Window is the work of an array over a short time: means over a history
// sample, or one instant. It remembers what it has worked out; any number of
// goroutines may ask it.
type Window struct {
	view    View // of the end of the window
	samples []stress

	mu      sync.Mutex
	volumes []Performance
	known   []bool

	hosts     []Performance
	hostKnown []bool
}

// Instant is the work at the instant of a view.
func (v View) Instant() *Window { return v.window([]View{v}) }

// Mean is the work over the time before the instant of a view.
func (v View) Mean(length time.Duration) *Window {
	n := 1
	switch {
	case length > time.Minute:
		n = 6
	case length > time.Second:
		n = 3
	}
	var views []View
	for i := range n {
		back := length * time.Duration(2*(n-1-i)+1) / time.Duration(2*n)
		views = append(views, v.At(v.at.Add(-back)))
	}
	return v.window(views)
}

func (v View) window(views []View) *Window {
	w := &Window{
		view: v, volumes: make([]Performance, len(v.inv.volumes)), known: make([]bool, len(v.inv.volumes)),
		hosts: make([]Performance, len(v.inv.hosts)), hostKnown: make([]bool, len(v.inv.hosts)),
	}
	for _, x := range views {
		w.samples = append(w.samples, x.stress())
	}
	return w
}

// Volume is the work of volume i of the view's list.
func (w *Window) Volume(i int) Performance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.volume(i)
}

func (w *Window) volume(i int) *Performance {
	if w.known[i] {
		return &w.volumes[i]
	}
	sum := &w.volumes[i]
	for k := range w.samples {
		p := w.view.volumeWork(i, &w.samples[k])
		p.weigh()
		sum.add(&p)
	}
	sum.settle()
	if n := int64(len(w.samples)); n > 1 {
		for _, f := range []*int64{&sum.Reads, &sum.Writes, &sum.Mirrored, &sum.Others, &sum.ReadBytes, &sum.WriteBytes, &sum.MirroredBytes} {
			*f = ratio(*f, n)
		}
	}
	sum.tidy()
	w.known[i] = true
	return sum
}

// tidy keeps an object without operations free of bytes and times, and makes
// the weighted sums fit the rounded rates.
func (p *Performance) tidy() {
	if p.Reads == 0 {
		p.ReadBytes, p.ReadUsec, p.ReadSANUsec, p.ReadQueueUsec, p.ReadQoSUsec = 0, 0, 0, 0, 0
	}
	if p.Writes == 0 {
		p.WriteBytes, p.WriteUsec, p.WriteSANUsec, p.WriteQueueUsec, p.WriteQoSUsec = 0, 0, 0, 0, 0
	}
	if p.Mirrored == 0 {
		p.MirroredBytes, p.MirroredUsec, p.MirroredSANUsec, p.MirroredQueueUsec, p.MirroredQoSUsec = 0, 0, 0, 0, 0
	}
	if p.Others == 0 {
		p.OtherUsec = 0
	}
	p.weigh()
}

// Array is the work of the whole array: the sum of its volumes.
func (w *Window) Array() Performance {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sum Performance
	for i := range w.volumes {
		sum.add(w.volume(i))
	}
	sum.settle()
	return sum
}

// Host is the work of host i of the view's list: its part of what the volumes
// of its group do. A volume is used by some of the hosts, not by all.
func (w *Window) Host(i int) Performance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.host(i)
}

func (w *Window) host(i int) Performance {
	if w.hostKnown[i] {
		return w.hosts[i]
	}
	var sum Performance
	h := w.view.inv.hosts[i]
	g := w.view.inv.groups[h.group]
	sharers := min(w.view.options.Size.dimensions().sharers, len(g.hosts))
	for _, vol := range g.volumes {
		// Turn the order with the volume, so that its first user differs and
		// rounding favours no host.
		turn := (h.member + vol) % len(g.hosts)
		if turn >= sharers {
			continue
		}
		if p := w.volume(vol); p.localSeen+p.Others > 0 {
			part := p.share(turn, sharers)
			sum.add(&part)
		}
	}
	sum.settle()
	w.hosts[i], w.hostKnown[i] = sum, true
	return sum
}

// Reference rates for the model of service time: what one processor complex
// of the array can do before times begin to rise.
const transferBytesPerUsec = 2000

func (v View) volumeWork(i int, s *stress) Performance {
	vol := &v.inv.volumes[i]
	extra := s.noiseOf(i)
	if s.idle || (vol.weight == 0 && s.culprit != i && extra == 0) {
		return Performance{}
	}
	offered := v.offered(i, s) + extra
	if extra == 0 {
		offered *= s.crowd
	}
	if s.culprit == i {
		offered += s.extra * (0.9 + 0.2*smooth(vol.key+21, s.at, 20*time.Second))
	}
	offered, held := s.hold(i, offered)
	var p Performance
	p.Reads = int64(math.Round(offered * vol.readShare))
	p.Writes = int64(math.Round(offered * (1 - vol.readShare)))
	p.Others = int64(math.Round(offered * 0.002))
	if s.full {
		p.Writes = 0
	}
	p.ReadBytes = int64(float64(p.Reads) * vol.readBytes * (0.93 + 0.14*smooth(vol.key+11, s.at, 3*time.Minute)))
	p.WriteBytes = int64(float64(p.Writes) * vol.writeBytes * (0.93 + 0.14*smooth(vol.key+12, s.at, 3*time.Minute)))
	v.times(&p, vol, s, i)
	p.ReadQoSUsec, p.WriteQoSUsec = held, held
	if vol.mirrored {
		p.mirror()
	}
	return p
}

// offered is what hosts ask of a volume, before faults of single volumes.
func (v View) offered(i int, s *stress) float64 {
	vol := &v.inv.volumes[i]
	if vol.weight == 0 {
		return 0
	}
	peak := v.options.Size.dimensions().peakIOPS
	return peak * vol.weight * v.wave(vol, s.at) * (0.55 + 0.9*ripple(vol.key, s.at)) * s.surge
}

// wave is the share of its peak a volume works at.
func (v View) wave(vol *volume, at time.Time) float64 {
	if !vol.night {
		return daily(at)
	}
	if h := at.UTC().Hour(); h >= 1 && h < 5 {
		return 1
	}
	return 0.02
}

// times gives the times of a volume's operations: a base for the medium and
// the size of the operation, more with load, more with every fault.
func (v View) times(p *Performance, vol *volume, s *stress, i int) {
	load := daily(s.at)*s.surge + s.press
	read := (85 + 45*unit(vol.key+13) + vol.readBytes/transferBytesPerUsec) * (1 + 0.25*load*load/(1+load)) * s.read
	write := (135 + 60*unit(vol.key+14) + 2*vol.writeBytes/transferBytesPerUsec) * (1 + 0.2*load*load/(1+load)) * s.write
	read *= 0.93 + 0.14*ripple(vol.key+15, s.at)
	write *= 0.93 + 0.14*ripple(vol.key+16, s.at)
	queue := 1 + 3*load*unit(vol.key+17) + s.queue
	if s.pull > 0 {
		pull := s.pull * (0.92 + 0.08*ripple(vol.key+18, s.at))
		if s.culprit >= 0 && s.culprit != i {
			pull *= 0.6 // others wait for the same drives and ports
		}
		read += math.Max(0, s.worst-read) * pull
		write += math.Max(0, s.worst-write) * pull
		queue += 0.75 * s.worst * pull
	}
	p.ReadUsec, p.WriteUsec = int64(read), int64(write)
	p.ReadQueueUsec, p.WriteQueueUsec = int64(queue), int64(queue*1.1)
	p.ReadSANUsec = int64(18 + 40*unit(vol.key+19)*(0.8+0.4*load))
	p.WriteSANUsec = int64(28 + 60*unit(vol.key+20)*(0.8+0.4*load))
	p.OtherUsec = int64(read * 0.6)
	p.LocalQueueUsec = int64(queue * 0.4)
}

// The paths of a host are two initiators to two controllers: each initiator
// sees two ports of one controller, and neighbours take neighbouring pairs.
var fcPairs = [...][2]string{{"FC0", "FC1"}, {"FC2", "FC3"}, {"FC8", "FC9"}}

type path struct {
	port      int // index into the inventory's ports
	initiator string
	key       uint64
	weight    float64 // now
}

// pathsOf lists the paths of host i.
func (inv *inventory) pathsOf(h host, i int, seed uint64) []path {
	pair := fcPairs[i%len(fcPairs)]
	if h.iscsi {
		pair = [2]string{"ETH4", "ETH5"}
	}
	var ps []path
	for c, ct := range []string{"CT0", "CT1"} {
		for _, p := range pair {
			n := slices.IndexFunc(inv.ports, func(x Port) bool { return strings.EqualFold(x.Name, ct+"."+p) })
			ps = append(ps, path{port: n, initiator: h.initiators[c%len(h.initiators)], key: key(seed, h.name+ct+p)})
		}
	}
	return ps
}

// paths lists the live paths of a host.
func (v View) paths(i int) []path {
	ps := slices.DeleteFunc(slices.Clone(v.inv.hosts[i].paths), func(p path) bool { return !v.portUp(p.port) })
	for k := range ps {
		ps[k].weight = 0.7 + 0.3*smooth(ps[k].key, v.at, 90*time.Second)
	}
	return ps
}

// portUp says whether a port carries traffic.
func (v View) portUp(n int) bool {
	p := &v.inv.ports[n]
	if p.Virtual || !p.Enabled || v.ctl[p.Controller].Mode == "offline" {
		return false
	}
	return !slices.ContainsFunc(v.entries, func(e Entry) bool {
		return e.Kind == LinkFlap && e.Target == p.Name && e.active(v.at) && flapDown(e, v.at)
	})
}

func (v View) pathState(i int) string {
	ps := v.paths(i)
	per := [2]int{}
	for _, p := range ps {
		per[v.inv.ports[p.port].Controller]++
	}
	switch {
	case len(ps) == 0:
		return "None"
	case per[0] == 0 || per[1] == 0:
		return "Single Controller"
	case per[0] != per[1]:
		return "Uneven"
	}
	return "Redundant"
}

// split deals out a whole by weight, to the last one.
func split(whole int64, ps []path) []int64 {
	var all, run float64
	for _, p := range ps {
		all += p.weight
	}
	parts, given := make([]int64, len(ps)), int64(0)
	for i, p := range ps {
		run += p.weight
		upTo := int64(float64(whole)*run/all + 0.5)
		if i == len(ps)-1 {
			upTo = whole
		}
		parts[i], given = upTo-given, upTo
	}
	return parts
}

// Ports is the traffic of every port, those of a lost controller left out.
func (w *Window) Ports() []PortPerformance {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.view
	all := make([]PortPerformance, len(v.inv.ports))
	for i := range v.inv.hosts {
		p, ps := w.host(i), v.paths(i)
		if len(ps) == 0 {
			continue
		}
		reads, writes, ops := split(p.ReadBytes, ps), split(p.WriteBytes+p.MirroredBytes, ps), split(p.operations(), ps)
		for k := range ps {
			q := &all[ps[k].port]
			q.carry(v.inv.ports[ps[k].port].FC, reads[k], writes[k], ops[k])
		}
	}
	var live []PortPerformance
	for i, p := range v.inv.ports {
		if p.Virtual || v.ctl[p.Controller].Mode == "offline" {
			continue
		}
		all[i].Port = p
		v.background(&all[i])
		v.portErrors(&all[i])
		live = append(live, all[i])
	}
	return live
}

// carry adds the frames of some operations: 2 KiB of data in a Fibre Channel
// frame, 8,900 bytes in a jumbo packet, and one small frame the other way.
func (q *PortPerformance) carry(fc bool, reads, writes, ops int64) {
	size, header := int64(8900), int64(90)
	if fc {
		size, header = 2048, 36
	}
	tx, rx := (reads+size-1)/size+ops, (writes+size-1)/size+ops
	q.TxFrames += tx
	q.RxFrames += rx
	q.TxBytes += reads + tx*header
	q.RxBytes += writes + rx*header
}

// background is the traffic no host causes: management and keep-alives.
func (v View) background(q *PortPerformance) {
	if !q.Enabled || q.Service != "management" {
		return
	}
	n := 0.6 + 0.8*ripple(key(v.options.Seed, q.Name), v.at)
	q.RxFrames, q.TxFrames = int64(480*n), int64(450*n)
	q.RxBytes, q.TxBytes = int64(52_000*n), int64(49_000*n)
}

func (v View) portErrors(q *PortPerformance) {
	for _, e := range v.entries {
		if !strings.EqualFold(e.Target, q.Name) || !e.active(v.at) {
			continue
		}
		switch e.Kind {
		case PortErrors:
			part := math.Min(1, v.at.Sub(e.At).Seconds()/e.param("ramp"))
			rate := int64(math.Ceil(e.param("rate") * part * (0.8 + 0.4*smooth(key(v.options.Seed, "errors"+e.ID), v.at, 30*time.Second))))
			if q.FC {
				q.InvalidWords += rate
			} else {
				q.CRCErrors += rate
			}
		case LinkFlap:
			if flapDown(e, v.at) {
				q.LinkFailures++
				q.LossOfSync += 2
			}
		}
	}
}

// Balance lists how the operations of each host are spread over its paths.
func (w *Window) Balance() []Balance {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.view
	var bs []Balance
	for i, h := range v.inv.hosts {
		p, ps := w.host(i), v.paths(i)
		ops := p.operations()
		if ops == 0 || len(ps) == 0 {
			bs = append(bs, Balance{Host: h.name, Idle: true})
			continue
		}
		parts := split(ops*10, ps) // counted over ten seconds
		most := slices.Max(parts)
		for k := range ps {
			bs = append(bs, Balance{
				Host: h.name, Target: v.inv.ports[ps[k].port], Initiator: ps[k].initiator,
				Ops: parts[k], OfMax: float64(parts[k]) / float64(most),
			})
		}
	}
	return bs
}

// Ports lists the network interfaces.
func (v View) Ports() []Port { return slices.Clone(v.inv.ports) }
