package snmp

import (
	"net/netip"
	"time"
)

// Taker is a listener without a socket.
func Taker(o TrapOptions) (take func([]byte, netip.AddrPort) []byte, counts func() Counts, err error) {
	t, err := newTraps(o)
	if err != nil {
		return nil, nil, err
	}
	return t.take, t.Counts, nil
}

// Gate lets packets in at a rate a sender and in all, and tells how many
// senders it remembers.
func Gate(each, all Rate, now time.Time) (take func(netip.Addr, time.Time) bool, senders func() int) {
	g := newGate(each, all, now)
	return g.take, func() int { return len(g.senders) }
}
