// Package workload makes the samples of an invented storage array, the same
// ones for the same seed, to measure the history with. It is no simulator: the
// numbers have the texture of telemetry (rest, bursts, counters, coarse
// units, a few full quotients) and no meaning.
//
// One array of the default shape has 5,000 series: 500 volumes with 8 metrics
// each (60 % at rest, 24 % bursty, 16 % busy), 96 drives with 5, 2 controllers
// with 20, 16 ports with 10 and 40 hosts with 8. About half the series never
// change. 40 series are quotients with all 52 bits of the mantissa in use.
//
// Use: New, then Next for each scrape; Keys names the series once.
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
}

// Default is the array that figures are stated for.
func Default() Shape {
	return Shape{
		Seed: 1, Target: "fa-bench", Volumes: 500, Every: 30 * time.Second, Jitter: 15 * time.Millisecond,
		Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
	}
}

// Array is the generator.
type Array struct {
	shape  Shape
	rng    *rand.Rand
	keys   []localmon.SeriesKey
	values []float64
	n      int // scrapes made
	vols   []volume
	drives []drive
	load   []float64 // slowly moving level of each controller
	ports  []port
	hosts  int
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
		labels := localmon.FormatLabels(kind, fmt.Sprintf("%s-%04d", kind, i))
		for _, m := range metrics {
			a.keys = append(a.keys, localmon.SeriesKey{Target: s.Target, Metric: "array_" + kind + "_" + m, Labels: labels})
		}
	}
	for i := range s.Volumes {
		add("volume", i, "read_iops", "write_iops", "read_bytes_per_second", "write_bytes_per_second",
			"read_usec", "write_usec", "queue_ms", "used_bytes")
		v := volume{mean: math.Exp(4 + 2*a.rng.NormFloat64()), size: float64(int(4096) << a.rng.IntN(5)), used: float64(a.rng.IntN(1<<20)) * (1 << 20)}
		switch p := a.rng.Float64(); {
		case s.Busy || p < 0.16:
			v.kind = 2
			v.mean *= 5
		case p < 0.40:
			v.kind = 1
		}
		a.vols = append(a.vols, v)
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
	return a
}

// Keys names the series; values of Next stand in the same order.
func (a *Array) Keys() []localmon.SeriesKey { return a.keys }

// Next makes the next scrape. The slice is reused by the next call.
func (a *Array) Next() (time.Time, []float64) {
	out := a.values[:0]
	r := a.rng
	hour := float64(a.n) * a.shape.Every.Hours()
	daily := 1 + 0.6*math.Sin(2*math.Pi*(hour-9)/24)
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
	a.n++
	a.values = out
	return at, out
}
