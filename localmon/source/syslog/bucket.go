package syslog

import (
	"net/netip"
	"time"
)

// maxSenders is how many addresses have a bucket of their own.
const maxSenders = 1024

// bucket lets so many through at once and so many a second after that.
type bucket struct {
	tokens float64
	at     time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.tokens = min(burst, b.tokens+passed*rate)
	}
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// pace decides which messages are let in. Its times are of the monotonic clock.
type pace struct {
	o       Options
	senders map[netip.Addr]*bucket
	others  bucket // senders that found no room of their own
	unknown bucket // all senders that are not known, together
	swept   time.Time
}

func newPace(o Options, now time.Time) *pace {
	return &pace{
		o: o, senders: map[netip.Addr]*bucket{},
		others: bucket{float64(o.Burst), now}, unknown: bucket{float64(2 * o.UnknownRate), now},
	}
}

func (p *pace) admit(from netip.Addr, now time.Time) bool {
	from = from.Unmap()
	rate, burst := float64(p.o.Rate), float64(p.o.Burst)
	if !p.bucket(from, now).take(now, rate, burst) {
		return false
	}
	if p.o.Known != nil && p.o.Known(from) {
		return true
	}
	rate = float64(p.o.UnknownRate)
	return p.unknown.take(now, rate, 2*rate)
}

func (p *pace) bucket(from netip.Addr, now time.Time) *bucket {
	b := p.senders[from]
	if b != nil {
		return b
	}
	known := p.o.Known != nil && p.o.Known(from)
	if len(p.senders) >= maxSenders && now.Sub(p.swept) >= time.Second {
		p.sweep(now)
	}
	if len(p.senders) >= maxSenders && !known {
		return &p.others
	}
	p.senders[from] = &bucket{float64(p.o.Burst), now}
	return p.senders[from]
}

// sweep drops buckets that are full again: without them it is the same.
func (p *pace) sweep(now time.Time) {
	p.swept = now
	refill := time.Duration(float64(p.o.Burst) / float64(p.o.Rate) * float64(time.Second))
	for a, b := range p.senders {
		if now.Sub(b.at) >= refill {
			delete(p.senders, a)
		}
	}
}
