package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"darksite/localmon"
)

// Shape says how large the array is and how its scrapes look.
type Shape struct {
	Seed    uint64
	Target  string
	Volumes int           // 500 gives 5,000 series in all
	Every   time.Duration // between scrapes
	Jitter  time.Duration // standard deviation of a scrape's time
	Start   time.Time
	Busy    bool // every volume is busy

	Churn  float64       // share of the volumes that are replaced a day
	Missed float64       // share of the scrapes that never happen
	Absent float64       // share of the samples that are absent, in runs of some 20 minutes
	Off    time.Duration // how long the array cannot be reached, from 13:00 of the second day and then weekly
}

// Default is the array that figures are stated for.
func Default() Shape {
	return Shape{
		Seed: 1, Target: "fa-bench", Volumes: 500, Every: 30 * time.Second, Jitter: 15 * time.Millisecond,
		Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
	}
}

// Unsteady is the default array as a site has it: volumes come and go, scrapes
// fail, single values are missing, and once the array is out of reach for hours.
func Unsteady() Shape {
	s := Default()
	s.Churn, s.Missed, s.Absent, s.Off = 0.02, 0.01, 0.002, 5*time.Hour
	return s
}

// Array is the generator.
type Array struct {
	shape  Shape
	rng    *rand.Rand
	keys   []localmon.SeriesKey
	values []float64
	n      int // scrapes made
	vols   []volume
	named  int // volumes that ever were
	drives []drive
	load   []float64 // slowly moving level of each controller
	ports  []port
	hosts  int
	gaps   gaps
	meter  *meter // nil when nothing is measured
}

type volume struct {
	kind  int // 0 rests, 1 bursts, 2 busy
	on    bool
	level float64 // log of the load around its mean
	mean  float64 // IOPS when active
	size  float64 // bytes of one I/O
	used  float64
}

type drive struct{ temp, wear, errors float64 }

type port struct{ rx, tx, frames float64 }

// New makes a generator.
func New(s Shape) *Array {
	a := &Array{shape: s, rng: rand.New(rand.NewPCG(s.Seed, 0x5eed))}
	scale := func(n int) int { return max(1, n*s.Volumes/500) }
	add := func(kind string, i int, metrics ...string) {
		a.keys = append(a.keys, keysOf(s.Target, kind, i, metrics)...)
	}
	for range s.Volumes {
		add("volume", a.named, volumeMetrics...)
		a.vols = append(a.vols, newVolume(a.rng, s.Busy))
		a.named++
	}
	for i := range scale(96) {
		add("drive", i, "temperature_celsius", "busy_percent", "capacity_bytes", "errors_total", "wear_percent")
		a.drives = append(a.drives, drive{temp: float64(28 + a.rng.IntN(10)), wear: float64(a.rng.IntN(3000)) / 100})
	}
	for i := range scale(2) {
		var metrics []string
		for c := range 16 {
			metrics = append(metrics, fmt.Sprintf("cpu%02d_percent", c))
		}
		add("controller", i, append(metrics, "memory_percent", "temperature_celsius", "uptime_seconds", "nvram_bytes")...)
		a.load = append(a.load, 0)
	}
	for i := range scale(16) {
		add("port", i, "rx_bytes_total", "tx_bytes_total", "frames_total", "rx_bytes_per_second", "tx_bytes_per_second",
			"crc_errors_total", "link_failures_total", "loss_of_signal_total", "speed_bits", "temperature_celsius")
		a.ports = append(a.ports, port{})
	}
	a.hosts = scale(40)
	for i := range a.hosts {
		add("host", i, "read_iops", "write_iops", "read_bytes_per_second", "write_bytes_per_second",
			"read_usec", "write_usec", "bytes_per_op", "paths")
	}
	a.values = make([]float64, len(a.keys))
	a.gaps = newGaps(s, len(a.keys))
	return a
}

var volumeMetrics = []string{
	"read_iops", "write_iops", "read_bytes_per_second", "write_bytes_per_second",
	"read_usec", "write_usec", "queue_ms", "used_bytes",
}

func keysOf(target, kind string, i int, metrics []string) []localmon.SeriesKey {
	labels := localmon.FormatLabels(kind, fmt.Sprintf("%s-%04d", kind, i))
	var keys []localmon.SeriesKey
	for _, m := range metrics {
		keys = append(keys, localmon.SeriesKey{Target: target, Metric: "array_" + kind + "_" + m, Labels: labels})
	}
	return keys
}

func newVolume(r *rand.Rand, busy bool) volume {
	v := volume{mean: math.Exp(4 + 2*r.NormFloat64()), size: float64(int(4096) << r.IntN(5)), used: float64(r.IntN(1<<20)) * (1 << 20)}
	switch p := r.Float64(); {
	case busy || p < 0.16:
		v.kind = 2
		v.mean *= 5
	case p < 0.40:
		v.kind = 1
	}
	return v
}

// Keys names the series; values of Next stand in the same order. Where volumes
// are replaced, Next writes the new names over the old ones.
func (a *Array) Keys() []localmon.SeriesKey { return a.keys }

// Scrapes is how many scrapes were due until now, those included that never
// happened.
func (a *Array) Scrapes() int { return a.n }

// Next makes the next scrape that happens. The slice is reused by the next
// call. Values that Absent marks are to be left out.
func (a *Array) Next() (time.Time, []float64) {
	for {
		a.replace()
		happens := a.gaps.next(a.n)
		at, values := a.scrape()
		if a.meter != nil {
			a.meter.add(at, values, happens)
		}
		a.n++
		if happens {
			return at, values
		}
	}
}

// Absent marks the values of the newest scrape that are absent, in the order
// of Keys; nil when all are there. The slice is reused by Next.
func (a *Array) Absent() []bool { return a.gaps.absent }

// Fill makes the next scrape into a batch, whose samples it reuses.
func (a *Array) Fill(b *localmon.Batch) {
	at, values := a.Next()
	b.Target, b.At, b.Samples = a.shape.Target, at, b.Samples[:0]
	absent := a.Absent()
	for i, v := range values {
		if absent == nil || !absent[i] {
			b.Samples = append(b.Samples, localmon.Sample{Key: a.keys[i], Value: v})
		}
	}
}

// daily is how the load goes up and down with the time of day.
func (s *Shape) daily(n int) float64 {
	hour := float64(n) * s.Every.Hours()
	return 1 + 0.6*math.Sin(2*math.Pi*(hour-9)/24)
}

// scrape makes the values of every series.
func (a *Array) scrape() (time.Time, []float64) {
	out := a.values[:0]
	r := a.rng
	daily := a.shape.daily(a.n)
	fresh := a.n%10 == 0 // capacities are renewed every tenth scrape
	var ops, bytes float64
	for i := range a.vols {
		v := &a.vols[i]
		switch v.kind {
		case 0:
			out = append(out, 0, 0, 0, 0, 0, 0, 0, v.used)
			continue
		case 1:
			// bursts of some 10 minutes, rests of some 50
			if v.on {
				v.on = r.IntN(20) != 0
			} else {
				v.on = r.IntN(100) == 0
			}
			if !v.on {
				out = append(out, 0, 0, 0, 0, 0, 0, 0, v.used)
				continue
			}
		}
		v.level = 0.9*v.level + 0.15*r.NormFloat64()
		load := v.mean * daily * math.Exp(v.level)
		reads := math.Round(load * (0.7 + 0.03*r.NormFloat64()))
		writes := math.Round(load * (0.3 + 0.02*r.NormFloat64()))
		readBytes := math.Round(reads * v.size * (1 + 0.02*r.NormFloat64()))
		writeBytes := math.Round(writes * v.size * (1 + 0.02*r.NormFloat64()))
		usec := 250 * (1 + load/60000)
		readUsec := math.Round(usec * math.Exp(0.08*r.NormFloat64()))
		writeUsec := math.Round(usec * 0.6 * math.Exp(0.06*r.NormFloat64()))
		queue := math.Round(1000*(reads*readUsec+writes*writeUsec)/1e6*math.Exp(0.05*r.NormFloat64())) / 1000
		if fresh {
			v.used += math.Round(writeBytes*300*0.01/(1<<20)) * (1 << 20)
		}
		out = append(out, max(0, reads), max(0, writes), max(0, readBytes), max(0, writeBytes), readUsec, writeUsec, max(0, queue), v.used)
		ops += reads + writes
		bytes += readBytes + writeBytes
	}
	for i := range a.drives {
		d := &a.drives[i]
		if r.IntN(60) == 0 {
			d.temp += float64(r.IntN(3) - 1)
		}
		if r.IntN(20000) == 0 {
			d.errors++
		}
		busy := math.Round(10*min(100, max(0, 30*daily+6*r.NormFloat64()))) / 10
		out = append(out, d.temp, busy, 7_681_501_126_656, d.errors, d.wear)
	}
	for i := range a.load {
		a.load[i] = 0.95*a.load[i] + r.NormFloat64()
		for range 16 {
			out = append(out, math.Round(100*min(100, max(0, 25*daily+2*a.load[i]+3*r.NormFloat64())))/100)
		}
		out = append(out, math.Round(10*(62+a.load[i]/4))/10, math.Round(41+a.load[i]/3), float64(a.n*30+86400), 17_179_869_184)
	}
	for i := range a.ports {
		p := &a.ports[i]
		rx := math.Round(bytes / float64(len(a.ports)) * math.Exp(0.05*r.NormFloat64()))
		tx := math.Round(rx * 0.6 * math.Exp(0.05*r.NormFloat64()))
		p.rx += rx * 30
		p.tx += tx * 30
		p.frames += math.Round((rx + tx) * 30 / 2048)
		out = append(out, p.rx, p.tx, p.frames, rx, tx, 0, 0, 0, 32e9, float64(40+i%3))
	}
	for range a.hosts {
		reads := math.Round(ops / 60 * math.Exp(0.1*r.NormFloat64()))
		writes := math.Round(reads * 0.4 * math.Exp(0.1*r.NormFloat64()))
		rb, wb := math.Round(reads*24000*math.Exp(0.03*r.NormFloat64())), math.Round(writes*16000*math.Exp(0.03*r.NormFloat64()))
		out = append(out, reads, writes, rb, wb, math.Round(300*math.Exp(0.08*r.NormFloat64())),
			math.Round(180*math.Exp(0.06*r.NormFloat64())), (rb+wb)/max(1, reads+writes), 8)
	}
	at := a.shape.Start.Add(time.Duration(a.n)*a.shape.Every + time.Duration(r.NormFloat64()*float64(a.shape.Jitter)))
	a.values = out
	return at, out
}
