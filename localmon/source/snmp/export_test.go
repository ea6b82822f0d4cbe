package snmp

import (
	"net/netip"
	"time"

	"darksite/localmon"
)

// MessageID is the number a message of version 3 has.
func MessageID(packet []byte) uint32 {
	h, err := readHeader(packet)
	if err != nil {
		panic(err)
	}
	return uint32(h.id)
}

// Interpret makes a batch of an answer of version 2c, whoever it answers.
func Interpret(packet []byte, target string, now time.Time) (localmon.Batch, error) {
	h, err := readHeader(packet)
	if err != nil {
		return localmon.Batch{}, err
	}
	m, err := read(packet, h, keys{})
	if err != nil {
		return localmon.Batch{}, err
	}
	var r reading
	r.take(asked(), m.Variables)
	return r.batch(target, now), nil
}

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
