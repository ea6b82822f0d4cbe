package snmp

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"darksite/localmon/source/push"

	"github.com/gosnmp/gosnmp"
)

// TrapOptions say where to listen and whom to believe. At least one community
// or user is needed.
type TrapOptions struct {
	Address     string   // 127.0.0.1:162 when empty; port 162 needs a privilege
	Communities []Secret // of version 2c
	Users       []User   // of version 3; names differ

	// Engine is the id of this listener's own engine, 5 to 32 octets, which
	// senders of informs of version 3 learn by asking. A new one is made at
	// every start when empty.
	Engine []byte

	// Handle gets every message that is believed, one at a time. It must
	// return soon: the receipt for an inform waits for it, and so does the next
	// packet.
	Handle func(push.Message)
	// Now is the clock of the messages; [time.Now] when nil.
	Now func() time.Time

	// Sender bounds what is taken from one address, All what is taken from all
	// together: 20 a second and 200 at once, 200 a second and 1,000 at once
	// when zero.
	Sender, All Rate
}

// Counts are the packets since the start. Every packet received is malformed,
// refused, dropped, believed or a question about the engine.
type Counts struct {
	Received  uint64
	Dropped   uint64 // over a rate, not looked at
	Malformed uint64 // no SNMP message, or none that tells anything
	Refused   uint64 // community, user, password, engine, level or clock not believed
	Asked     uint64 // what senders ask before an inform of version 3
	Believed  uint64 // handed on as a message
	Answered  uint64 // receipts and reports sent
}

// Traps listens for traps and informs until its context ends.
type Traps struct {
	options     TrapOptions
	conn        *net.UDPConn
	credentials map[string]credential
	gate        *gate
	own         engine             // this listener's, whose clock counts for informs
	clocks      map[string]*engine // of senders that proved themselves
	reports     map[string]uint32  // how often each report was sent

	received, dropped, malformed, refused, asked, believed, answered atomic.Uint64
}

// Listen checks the options and opens the socket. Nothing is read from it
// before [Traps.Run].
func Listen(o TrapOptions) (*Traps, error) {
	t, err := newTraps(o)
	if err != nil {
		return nil, err
	}
	address, err := net.ResolveUDPAddr("udp", t.options.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for SNMP traps on %s: %w", t.options.Address, err)
	}
	if t.conn, err = net.ListenUDP("udp", address); err != nil {
		return nil, fmt.Errorf("listen for SNMP traps: %w", err)
	}
	return t, nil
}

// newTraps is a listener without a socket.
func newTraps(o TrapOptions) (*Traps, error) {
	fail := func(err error) (*Traps, error) { return nil, fmt.Errorf("listen for SNMP traps: %w", err) }
	o.Address = cmp.Or(o.Address, "127.0.0.1:162")
	o.Sender, o.All = cmp.Or(o.Sender, Rate{20, 200}), cmp.Or(o.All, Rate{200, 1000})
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case len(o.Communities) == 0 && len(o.Users) == 0:
		return fail(errors.New("nothing would be believed: name a community or a user"))
	case o.Handle == nil:
		return fail(errors.New("nobody to hand messages to"))
	case len(o.Engine) > 0 && !engineLength(string(o.Engine)):
		return fail(fmt.Errorf("engine id %x: it has 5 to 32 octets", o.Engine))
	}
	for _, c := range o.Communities {
		if err := checkCommunity(c); err != nil {
			return fail(err)
		}
	}
	t := &Traps{options: o, credentials: map[string]credential{}, clocks: map[string]*engine{}, reports: map[string]uint32{}}
	for _, u := range o.Users {
		c, err := u.credential()
		if err != nil {
			return fail(err)
		}
		if _, twice := t.credentials[c.name]; twice {
			return fail(fmt.Errorf("SNMP user %q is there twice", c.name))
		}
		t.credentials[c.name] = c
	}
	now := o.Now()
	t.gate = newGate(o.Sender, o.All, now)
	t.own = ownEngine(o.Engine, now)
	return t, nil
}

// ownEngine is the engine of a listener that has just started. Boots must grow
// from start to start; the minutes since 2020 do, and need no file.
func ownEngine(id []byte, now time.Time) engine {
	if len(id) == 0 {
		// No enterprise (0), then 5 for octets of the administrator's own.
		id = append(id, 0x80, 0, 0, 0, 5)
		id = append(id, make([]byte, 8)...)
		rand.Read(id[5:])
	}
	minutes := now.Sub(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) / time.Minute
	return engine{keys: keys{engine: string(id)}, boots: uint32(min(max(minutes, 1), 1<<31-2)), at: time.Now()}
}

// Addr is where the listener is reached.
func (t *Traps) Addr() netip.AddrPort { return t.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Counts tells what came in so far. It may be asked while Run runs.
func (t *Traps) Counts() Counts {
	return Counts{
		Received: t.received.Load(), Dropped: t.dropped.Load(), Malformed: t.malformed.Load(), Refused: t.refused.Load(),
		Asked: t.asked.Load(), Believed: t.believed.Load(), Answered: t.answered.Load(),
	}
}

// Close gives the socket of a listener back that is not run.
func (t *Traps) Close() error { return t.conn.Close() }

// Run takes packets until ctx ends, which is no error, and closes the socket.
func (t *Traps) Run(ctx context.Context) error {
	defer t.conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = t.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, 64<<10) // more than a datagram can hold
	for {
		n, from, err := t.conn.ReadFromUDPAddrPort(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listen for SNMP traps on %s: %w", t.Addr(), err)
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if answer := t.take(buf[:n], from); answer != nil {
			// A receipt that gets lost is asked for again.
			if _, err := t.conn.WriteToUDPAddrPort(answer, from); err == nil {
				t.answered.Add(1)
			}
		}
	}
}

// take deals with one packet and returns what is answered to it, if anything.
func (t *Traps) take(packet []byte, from netip.AddrPort) (answer []byte) {
	t.received.Add(1)
	now := t.options.Now()
	if !t.gate.take(from.Addr(), now) {
		t.dropped.Add(1)
		return nil
	}
	h, err := readHeader(packet)
	if err != nil {
		t.malformed.Add(1)
		return nil
	}
	switch h.version {
	case 1:
		return t.take2(packet, h, from, now)
	case 3:
		return t.take3(packet, h, from, now)
	default: // version 1 and what was never defined
		t.refused.Add(1)
		return nil
	}
}

func (t *Traps) take2(packet []byte, h header, from netip.AddrPort, now time.Time) []byte {
	if !t.knows(h.community) {
		t.refused.Add(1)
		return nil
	}
	m, err := read(packet, h, keys{})
	if err != nil || !t.tell(m, from, now) {
		t.malformed.Add(1)
		return nil
	}
	if m.PDUType != gosnmp.InformRequest {
		return nil
	}
	return receipt(&gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: string(h.community), RequestID: m.RequestID, Variables: m.Variables})
}

// knows compares with every community, so that the time it takes tells nothing.
func (t *Traps) knows(community []byte) bool {
	known := 0
	for _, c := range t.options.Communities {
		known |= same(community, c)
	}
	return known == 1
}

// tell hands a message on. It reports false for what is neither trap nor
// inform.
func (t *Traps) tell(m *gosnmp.SnmpPacket, from netip.AddrPort, now time.Time) bool {
	if m.PDUType != gosnmp.SNMPv2Trap && m.PDUType != gosnmp.InformRequest {
		return false
	}
	msg, ok := message(m)
	if !ok {
		return false
	}
	msg.At, msg.From = now, from
	t.believed.Add(1)
	t.options.Handle(msg)
	return true
}

// receipt makes the answer to an inform: its variables sent back. Variables of
// a kind that gosnmp reads and cannot write are left out.
func receipt(m *gosnmp.SnmpPacket) []byte {
	m.PDUType = gosnmp.GetResponse
	packet, err := write(m)
	if err != nil {
		m.Variables = nil
		if packet, err = write(m); err != nil {
			return nil
		}
	}
	return packet
}

// Reports of the user-based security model.
const (
	reportLevel   = "1"
	reportWindow  = "2"
	reportUser    = "3"
	reportEngine  = "4"
	reportDigest  = "5"
	reportDecrypt = "6"
)

// timeWindow is how far, in seconds, a message's clock may be off.
const timeWindow = 150

// take3 follows RFC 3414, section 3.2. For a trap the sender's engine counts;
// for an inform this listener's does, which the sender has to ask for first.
func (t *Traps) take3(packet []byte, h header, from netip.AddrPort, now time.Time) []byte {
	refuse := func(why string) []byte {
		t.refused.Add(1)
		return t.report(packet, h, why, keys{})
	}
	inform := h.engine == t.own.engine
	if !inform && h.reportable() {
		t.asked.Add(1)
		return t.report(packet, h, reportEngine, keys{})
	}
	c, ok := t.credentials[h.user]
	switch {
	case !ok:
		return refuse(reportUser)
	case !inform && (!engineLength(h.engine) || len(c.engines) > 0 && !slices.Contains(c.engines, h.engine)):
		return refuse(reportEngine)
	case h.level() != c.level:
		return refuse(reportLevel)
	}
	k := c.at(h.engine)
	if c.level != 0 {
		if !k.genuine(packet, h) {
			return refuse(reportDigest)
		}
		if inform && !t.inWindow(h) {
			t.asked.Add(1)
			return t.report(packet, h, reportWindow, k)
		}
		if !inform && !t.fresh(h) {
			return refuse(reportWindow)
		}
	}
	m, err := read(packet, h, k)
	if err != nil && c.level == gosnmp.AuthPriv {
		return refuse(reportDecrypt)
	}
	// Of a trap the sender's engine counts and of an inform this one; anything
	// else did not ask for the engine as it should have.
	if err != nil || inform != (m.PDUType == gosnmp.InformRequest) || !t.tell(m, from, now) {
		t.malformed.Add(1)
		return nil
	}
	if !inform {
		return nil
	}
	boots, seconds := t.own.now()
	return receipt(&gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: c.level, SecurityModel: gosnmp.UserSecurityModel,
		SecurityParameters: k.parameters(c.level, boots, seconds), ContextEngineID: m.ContextEngineID, ContextName: m.ContextName,
		MsgID: uint32(h.id), MsgMaxSize: maxReply, RequestID: m.RequestID, Variables: m.Variables,
	})
}

// inWindow says whether a message shows this listener's own clock.
func (t *Traps) inWindow(h header) bool {
	boots, seconds := t.own.now()
	off := int64(h.time) - int64(seconds)
	return h.boots == boots && off <= timeWindow && off >= -timeWindow
}

// maxClocks is how many senders' clocks are kept.
const maxClocks = 1024

// fresh says whether a message that proved itself is not an old one sent again:
// a sender's clock never goes back by more than the window. Only senders that
// know a password get a place in the table.
func (t *Traps) fresh(h header) bool {
	e := t.clocks[h.engine]
	if e == nil {
		if len(t.clocks) >= maxClocks {
			t.forgetClock()
		}
		e = &engine{}
		e.heard(h)
		t.clocks[h.engine] = e
		return true
	}
	boots, seconds := e.now()
	if h.boots < boots || h.boots == boots && int64(h.time) < int64(seconds)-timeWindow {
		return false
	}
	if h.boots > e.boots || h.time > e.time {
		e.heard(h)
	}
	return true
}

// forgetClock drops the sender that was silent for longest.
func (t *Traps) forgetClock() {
	oldest := ""
	for id, e := range t.clocks {
		if oldest == "" || e.at.Before(t.clocks[oldest].at) {
			oldest = id
		}
	}
	delete(t.clocks, oldest)
}

// report tells a sender that asks for it why its message was not taken. With
// keys it is signed.
func (t *Traps) report(packet []byte, h header, why string, k keys) []byte {
	if !h.reportable() {
		return nil
	}
	t.reports[why]++
	var request uint32
	if h.level() == 0 {
		if m, err := read(packet, h, keys{credential: credential{name: h.user}}); err == nil {
			request = m.RequestID
		}
	}
	level := k.level & gosnmp.AuthNoPriv
	k.name, k.engine = h.user, t.own.engine
	boots, seconds := t.own.now()
	out, err := write(&gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: level, SecurityModel: gosnmp.UserSecurityModel,
		SecurityParameters: k.parameters(level, boots, seconds), ContextEngineID: t.own.engine,
		PDUType: gosnmp.Report, MsgID: uint32(h.id), RequestID: request, MsgMaxSize: maxReply,
		Variables: []gosnmp.SnmpPDU{{Name: usmReports + why + ".0", Type: gosnmp.Counter32, Value: t.reports[why]}},
	})
	if err != nil {
		return nil
	}
	return out
}
