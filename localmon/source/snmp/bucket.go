package snmp

import (
	"net/netip"
	"time"
)

// Rate is how many packets are taken: so many a second, and so many at once
// after a silence.
type Rate struct {
	PerSecond float64
	Burst     float64
}

// bucket holds what may still be taken.
type bucket struct {
	level float64
	at    time.Time
}

// fill adds what has become free since the last time. A clock that was set
// back adds nothing.
func (b *bucket) fill(r Rate, now time.Time) {
	if since := now.Sub(b.at); since > 0 {
		b.level = min(r.Burst, b.level+since.Seconds()*r.PerSecond)
	}
	b.at = now
}

// maxSenders is how many senders have a bucket of their own.
const maxSenders = 1024

// gate lets packets in at a rate a sender and a rate in all. Its memory does
// not grow with the number of senders, since an address is easily forged: when
// there are too many, those that have been silent are forgotten, and if that
// is not enough newcomers share one bucket.
type gate struct {
	each, all Rate
	senders   map[netip.Addr]*bucket
	others    bucket
	total     bucket
	swept     time.Time
}

func newGate(each, all Rate, now time.Time) *gate {
	return &gate{
		each: each, all: all, senders: map[netip.Addr]*bucket{}, swept: now,
		others: bucket{each.Burst, now}, total: bucket{all.Burst, now},
	}
}

// take reports whether a packet of a sender comes in now.
func (g *gate) take(from netip.Addr, now time.Time) bool {
	own := g.sender(from, now)
	own.fill(g.each, now)
	g.total.fill(g.all, now)
	// A sender that is over its rate takes nothing from what is there for all.
	if own.level < 1 || g.total.level < 1 {
		return false
	}
	own.level--
	g.total.level--
	return true
}

func (g *gate) sender(from netip.Addr, now time.Time) *bucket {
	if b := g.senders[from]; b != nil {
		return b
	}
	// Sweeping is work for every sender there is, so once a second is enough.
	if len(g.senders) >= maxSenders && now.Sub(g.swept) >= time.Second {
		g.swept = now
		for a, b := range g.senders {
			if b.fill(g.each, now); b.level >= g.each.Burst {
				delete(g.senders, a)
			}
		}
	}
	if len(g.senders) >= maxSenders {
		return &g.others
	}
	b := &bucket{g.each.Burst, now}
	g.senders[from] = b
	return b
}
