package workload

import (
	"math"
	"time"
)

// Bits is how many bits the samples take in an ideal code, by what they are of.
type Bits struct {
	Volumes, Drives, Controllers, Ports, Hosts float64
	Times                                      float64 // one a scrape
	Presence                                   float64 // of absences, missed scrapes and replaced volumes
}

// Total is the sum.
func (b Bits) Total() float64 {
	return b.Volumes + b.Drives + b.Controllers + b.Ports + b.Hosts + b.Times + b.Presence
}

// Measure makes Next count the bits that each scrape takes. It is to be called
// before the first Next.
func (a *Array) Measure() {
	a.meter = &meter{a: a, levels: make([]belief, len(a.vols)), on: make([]bool, len(a.vols)), loads: make([]belief, len(a.load)), last: make([]drive, len(a.drives))}
	copy(a.meter.last, a.drives)
}

// Bits is what was counted since Measure.
func (a *Array) Bits() Bits {
	if a.meter == nil {
		return Bits{}
	}
	return a.meter.bits
}

// meter is the ideal code. Of the array it looks at the parameters only, never
// at what was drawn for a scrape; that it has to learn from the values.
type meter struct {
	a      *Array
	bits   Bits
	levels []belief // of volumes
	on     []bool   // volumes at work in the scrape before
	loads  []belief // of controllers
	last   []drive  // in the scrape before

	at      int // place of the next value in the scrape
	happens bool
	absent  []bool
}

// replaced starts a volume anew.
func (m *meter) replaced(i int) {
	m.levels[i], m.on[i] = belief{}, false
	m.bits.Presence -= math.Log2(m.a.shape.replaced())
}

// count adds what the next value says. What nobody saw says nothing.
func (m *meter) count(to *float64, bits float64) {
	if m.happens && (m.absent == nil || !m.absent[m.at]) {
		*to += bits
	}
	m.at++
}

// known passes values by that follow from others.
func (m *meter) known(n int) { m.at += n }

// add counts one scrape.
func (m *meter) add(at time.Time, values []float64, happens bool) {
	m.at, m.happens, m.absent = 0, happens, m.a.gaps.absent
	daily := m.a.shape.daily(m.a.n)
	m.presence()
	m.time(at)
	var ops, bytes float64
	for i := range m.a.vols {
		v := values[m.at : m.at+len(volumeMetrics)]
		m.volume(i, daily, v)
		ops += v[0] + v[1]
		bytes += v[2] + v[3]
	}
	for i := range m.a.drives {
		m.drive(i, daily, values[m.at:])
	}
	for i := range m.a.load {
		m.controller(i, daily, values[m.at:])
	}
	for range m.a.ports {
		m.port(bytes/float64(len(m.a.ports)), values[m.at:])
	}
	for range m.a.hosts {
		m.host(ops/60, values[m.at:])
	}
}

// chance is how many bits it says that something of probability p did or did
// not happen.
func chance(p float64, did bool) float64 {
	if !did {
		p = 1 - p
	}
	if p <= 0 || p >= 1 {
		return 0
	}
	return -math.Log2(p)
}

func (m *meter) presence() {
	s, g := &m.a.shape, &m.a.gaps
	if !s.off(m.a.n) {
		m.bits.Presence += chance(s.Missed, !m.happens)
	}
	if !m.happens {
		return
	}
	for i, was := range g.was {
		m.bits.Presence += chance(s.turn(was), was != g.absent[i])
	}
	// those that were replaced are counted there
	m.bits.Presence += float64(len(m.a.vols)) * chance(s.replaced(), false)
}

func (m *meter) time(at time.Time) {
	s := &m.a.shape
	if !m.happens || s.Jitter == 0 {
		return
	}
	ms := at.UnixMilli() - s.Start.Add(time.Duration(m.a.n)*s.Every).UnixMilli()
	m.bits.Times += surprise(0, s.Jitter.Seconds()*1000, float64(ms), float64(ms)+1)
}

func (m *meter) volume(i int, daily float64, v []float64) {
	p, b, to := &m.a.vols[i], &m.levels[i], &m.bits.Volumes
	reads, writes, readUsec, writeUsec := v[0], v[1], v[4], v[5]
	on := readUsec > 0 // it is so whenever there was load, however small
	turned := 0.0
	if p.kind == 1 {
		if m.on[i] {
			turned = chance(1./20, !on)
		} else {
			turned = chance(1./100, on)
		}
		m.on[i] = on
	}
	if !on {
		m.count(to, turned)
		m.known(len(volumeMetrics) - 1)
		return
	}
	b.step(0.9, 0.15)
	mean := math.Log(p.mean * daily)
	for k, c := range []struct{ seen, share, noise float64 }{{reads, 0.7, 0.03 / 0.7}, {writes, 0.3, 0.02 / 0.3}} {
		low, high := logRounded(c.seen)
		bits := b.see(mean+math.Log(c.share)-c.noise*c.noise/2, 1, c.noise, low, high)
		if k == 0 {
			bits += turned
		}
		m.count(to, bits)
	}
	for k, ops := range []float64{reads, writes} {
		if ops == 0 {
			m.known(1)
			continue
		}
		m.count(to, surprise(ops*p.size, 0.02*ops*p.size, v[2+k]-0.5, v[2+k]+0.5))
	}
	for _, c := range []struct{ seen, usual, noise float64 }{{readUsec, 250, 0.08}, {writeUsec, 150, 0.06}} {
		low, high := logRounded(c.seen)
		strain := p.mean * daily * math.Exp(b.mean) / 60000
		gain := strain / (1 + strain) // of the logarithm, with the level
		m.count(to, b.see(math.Log(c.usual*(1+strain))-gain*b.mean, gain, c.noise, low, high))
	}
	m.count(to, surpriseLog((reads*readUsec+writes*writeUsec)/1000, 0.05, math.Round(1000*v[6])))
	m.known(1) // follows from the bytes written
}

func (m *meter) drive(i int, daily float64, v []float64) {
	last, to := &m.last[i], &m.bits.Drives
	if v[0] == last.temp {
		m.count(to, chance(1./60*2/3, false))
	} else {
		m.count(to, chance(1./60/3, true))
	}
	low, high := rounded(v[1], 10)
	m.count(to, surprise(30*daily, 6, low, high))
	m.known(1)
	m.count(to, chance(1./20000, v[3] != last.errors))
	m.known(1)
	last.temp, last.errors = v[0], v[3]
}

func (m *meter) controller(i int, daily float64, v []float64) {
	b, to := &m.loads[i], &m.bits.Controllers
	b.step(0.95, 1)
	// memory and temperature tell most of the load, so they come first
	const cores = 16
	memory, temperature := math.Round(10*v[cores]), v[cores+1]
	first := m.at
	m.at = first + cores
	m.count(to, b.see(62, 1./4, 0, (memory-0.5)/10, (memory+0.5)/10))
	m.count(to, b.see(41, 1./3, 0, temperature-0.5, temperature+0.5))
	m.at = first
	for _, cpu := range v[:cores] {
		low, high := rounded(cpu, 100)
		m.count(to, b.see(25*daily, 2, 3, low, high))
	}
	m.known(4)
}

func (m *meter) port(rate float64, v []float64) {
	rx, tx := v[3], v[4]
	m.known(3) // counters, whose rates follow
	m.count(&m.bits.Ports, surpriseLog(rate, 0.05, rx))
	m.count(&m.bits.Ports, surpriseLog(rx*0.6, 0.05, tx))
	m.known(5)
}

func (m *meter) host(ops float64, v []float64) {
	to := &m.bits.Hosts
	m.count(to, surpriseLog(ops, 0.1, v[0]))
	m.count(to, surpriseLog(v[0]*0.4, 0.1, v[1]))
	m.count(to, surpriseLog(v[0]*24000, 0.03, v[2]))
	m.count(to, surpriseLog(v[1]*16000, 0.03, v[3]))
	m.count(to, surpriseLog(300, 0.08, v[4]))
	m.count(to, surpriseLog(180, 0.06, v[5]))
	m.known(2)
}
