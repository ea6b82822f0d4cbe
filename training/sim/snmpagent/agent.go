package snmpagent

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"darksite/training/sim"
)

// Options say whom an agent answers.
type Options struct {
	Community string   // of version 2c; empty answers nobody
	User      User     // of version 3; the zero value answers nobody
	Without   []string // objects left out, with all below them, as older software lacks some
}

// Agent answers for one array. Its methods may be called by any number of
// goroutines.
type Agent struct {
	array   *sim.Array
	options Options
	objects []object
	engine  string
	cold    bootRecord
	user    credentials
	own     keys // the user's with this agent's engine

	mu       sync.Mutex
	salt     uint64
	requests int32            // ids of what the agent itself sends
	reports  map[uint32]int64 // how often each report was sent
}

// bootRecord is what an agent remembers of the time before the simulation.
type bootRecord struct {
	boots int32
	at    time.Time
}

// New makes the agent of an array. It needs a community, a user or both.
func New(a *sim.Array, o Options) (*Agent, error) {
	fail := func(err error) (*Agent, error) {
		return nil, fmt.Errorf("SNMP agent of array %s: %w", a.Options().Name, err)
	}
	if o.Community == "" && o.User == (User{}) {
		return fail(errors.New("nobody could ask: give a community or a user"))
	}
	user, err := newCredentials(o.User)
	if err != nil {
		return fail(err)
	}
	objs, err := without(objects(), o.Without)
	if err != nil {
		return fail(err)
	}
	id := derived(a.Options(), "engine")
	g := &Agent{
		array: a, options: o, objects: objs, user: user, reports: map[uint32]int64{},
		// The form of RFC 3411: the enterprise with the top bit set, then 5 for
		// octets that are the administrator's own.
		engine: string(append([]byte{0x80, 0, 0x9e, 0x22, 5}, id[:8]...)),
		cold: bootRecord{
			boots: 2 + int32(id[8]%40),
			at:    a.Options().Start.Add(-time.Duration(20+int(id[9])%100) * 24 * time.Hour).Add(-time.Duration(id[10]) * time.Minute),
		},
		salt: binary.BigEndian.Uint64(id[16:]),
	}
	g.own = user.at(g.engine)
	return g, nil
}

// derived is 32 octets that follow from an array's options and a purpose.
func derived(o sim.Options, purpose string) [32]byte {
	b := binary.BigEndian.AppendUint64([]byte("simulated SNMP agent\x00"), o.Seed)
	return sha256.Sum256(append(append(append(b, o.Name...), 0), purpose...))
}

// Engine is the agent's engine id, for those who must be told it.
func (a *Agent) Engine() []byte { return []byte(a.engine) }

// Array is the array behind the agent.
func (a *Agent) Array() *sim.Array { return a.array }

// booted tells when the agent last started and how often it has: an array that
// restarts takes its agent with it.
func (a *Agent) booted(now time.Time) bootRecord {
	b := a.cold
	for _, e := range a.array.Faults() {
		if e.Kind == sim.ArrayRestart && !e.Until.IsZero() && !e.Until.After(now) {
			b.boots++
			if e.Until.After(b.at) {
				b.at = e.Until
			}
		}
	}
	return b
}

// clock is the engine's own: boots, and seconds since the last.
func (a *Agent) clock(now time.Time) (boots, seconds int32) {
	b := a.booted(now)
	return b.boots, int32(now.Sub(b.at) / time.Second)
}

func (a *Agent) moment(v sim.View) moment {
	return moment{
		view: v, up: v.Time().Sub(a.booted(v.Time()).at),
		work: sync.OnceValue(func() sim.Performance { return v.Instant().Array() }),
	}
}

// Answer is what the agent says to a packet; nothing where it stays silent. It
// knows no faults of the interface; see [Server].
func (a *Agent) Answer(packet []byte) []byte {
	// Signatures are checked in place.
	packet = append([]byte(nil), packet...)
	version, rest, err := open(packet)
	if err != nil {
		return nil
	}
	switch version {
	case version2c:
		m, err := decode2(rest)
		if err != nil || a.options.Community == "" || m.community != a.options.Community {
			return nil
		}
		if p, ok := a.respond(m.pdu); ok {
			return message2{m.community, p}.encode()
		}
	case version3:
		if m, err := decode3(rest); err == nil && m.model == usmModel {
			return a.answer3(packet, m)
		}
	}
	return nil
}

// Errors a response can carry.
const (
	tooBig      = 1
	notWritable = 17
)

// respond carries a request out.
func (a *Agent) respond(p pdu) (pdu, bool) {
	out := pdu{kind: pduResponse, id: p.id}
	m := a.moment(a.array.View())
	switch p.kind {
	case pduGet:
		for _, b := range p.binds {
			out.binds = append(out.binds, bind{b.name, a.get(b.name, m)})
		}
	case pduGetNext:
		for _, b := range p.binds {
			out.binds = append(out.binds, a.next(b.name, m))
		}
	case pduGetBulk:
		out.binds = a.bulk(p, m)
	case pduSet:
		out.first, out.second, out.binds = notWritable, 1, p.binds
	default:
		return out, false
	}
	if len(out.encode()) > maxAnswer {
		out.first, out.second, out.binds = tooBig, 0, nil
	}
	return out, true
}

// maxAnswer bounds the PDU of a response.
const maxAnswer = 60_000

// Reports of the user-based security model, below 1.3.6.1.6.3.15.1.1.
const (
	unsupportedLevel uint32 = 1
	notInWindow      uint32 = 2
	unknownUser      uint32 = 3
	unknownEngine    uint32 = 4
	wrongDigest      uint32 = 5
	decryptionError  uint32 = 6
)

// timeWindow is how far, in seconds, the clock of a message may be off.
const timeWindow = 150

// answer3 follows RFC 3414, section 3.2: every step that fails is a report.
func (a *Agent) answer3(packet []byte, m message3) []byte {
	boots, now := a.clock(a.array.Now())
	switch {
	case m.engine != a.engine:
		return a.report(m, unknownEngine, 0)
	case a.user.Name == "" || m.user != a.user.Name:
		return a.report(m, unknownUser, 0)
	case m.flags&(flagAuth|flagPriv) != a.user.flags():
		return a.report(m, unsupportedLevel, 0)
	}
	if a.user.Auth != "" {
		if !a.own.genuine(packet, m) {
			return a.report(m, wrongDigest, 0)
		}
		if m.boots != boots || m.time < now-timeWindow || m.time > now+timeWindow {
			return a.report(m, notInWindow, flagAuth)
		}
	}
	body, err := a.own.unseal(m)
	if err != nil {
		return a.report(m, decryptionError, 0)
	}
	_, context, p, err := decodeScoped(body)
	switch {
	case err != nil && m.sealed:
		return a.report(m, decryptionError, 0)
	case err != nil || context != "":
		return nil
	}
	out, ok := a.respond(p)
	if !ok {
		return nil
	}
	return a.reply(m, out, a.user.flags())
}

// report tells a sender why its message was not taken. Only those who say so
// want to know.
func (a *Agent) report(m message3, why uint32, level byte) []byte {
	if m.flags&flagReportable == 0 {
		return nil
	}
	a.mu.Lock()
	a.reports[why]++
	n := a.reports[why]
	a.mu.Unlock()
	var id int32
	if !m.sealed {
		if _, _, p, err := decodeScoped(m.body); err == nil {
			id = p.id
		}
	}
	name := append(must("1.3.6.1.6.3.15.1.1"), why, 0)
	return a.reply(m, pdu{kind: pduReport, id: id, binds: []bind{{name, value{tag: tagCounter32, num: n}}}}, level)
}

func (a *Agent) reply(m message3, p pdu, level byte) []byte {
	boots, now := a.clock(a.array.Now())
	return a.own.finish(message3{
		id: m.id, maxSize: 65507, model: usmModel,
		engine: a.engine, boots: boots, time: now, user: m.user,
		body: scoped(a.engine, p),
	}, level, a.nextSalt())
}

// nextSalt is a salt the engine has not used; a counter is all it takes.
func (a *Agent) nextSalt() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.salt++
	return a.salt
}
