package snmp

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/gosnmp/gosnmp"
)

// errMalformed marks a packet that is no SNMP message.
var errMalformed = errors.New("not an SNMP message")

// header is the part of a message that says who sent it. It is read here,
// before anything else is done with a packet: gosnmp reads on only when it is
// clear whose message it would be.
type header struct {
	version   int64
	community []byte // of version 2c

	id            int64 // the rest is of version 3
	flags         gosnmp.SnmpV3MsgFlags
	engine        string
	boots, time   uint32
	user          string
	macAt, macLen int // where the code that proves the sender stands
}

// level is the security the message claims.
func (h header) level() gosnmp.SnmpV3MsgFlags { return h.flags & gosnmp.AuthPriv }

func (h header) reportable() bool { return h.flags&gosnmp.Reportable != 0 }

// elements reads one element after the other from rest, a part of the packet.
type elements struct {
	packet []byte
	at     int // where rest begins in the packet
	end    int
}

const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagSequence = 0x30
)

// next reads an element, which must have the tag, and returns where its
// content is.
func (e *elements) next(tag byte) (from, to int, err error) {
	b := e.packet[e.at:e.end]
	if len(b) < 2 || b[0] != tag {
		return 0, 0, fmt.Errorf("%w: octet %d", errMalformed, e.at)
	}
	n, head := int(b[1]), 2
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 4 || 2+size > len(b) {
			return 0, 0, fmt.Errorf("%w: length at octet %d", errMalformed, e.at)
		}
		n, head = 0, 2+size
		for _, v := range b[2:head] {
			n = n<<8 | int(v)
		}
	}
	if n < 0 || n > len(b)-head {
		return 0, 0, fmt.Errorf("%w: the element at octet %d ends beyond its frame", errMalformed, e.at)
	}
	from = e.at + head
	e.at = from + n
	return from, from + n, nil
}

func (e *elements) inside(tag byte) (*elements, error) {
	from, to, err := e.next(tag)
	return &elements{e.packet, from, to}, err
}

func (e *elements) octets() ([]byte, error) {
	from, to, err := e.next(tagOctets)
	if err != nil {
		return nil, err
	}
	return e.packet[from:to], nil
}

// number reads an integer from 0 to the largest of 31 bits, as all of a header
// are.
func (e *elements) number() (int64, error) {
	from, to, err := e.next(tagInteger)
	if err != nil {
		return 0, err
	}
	if to-from < 1 || to-from > 4 || e.packet[from] >= 0x80 {
		return 0, fmt.Errorf("%w: number at octet %d", errMalformed, from)
	}
	var n int64
	for _, v := range e.packet[from:to] {
		n = n<<8 | int64(v)
	}
	return n, nil
}

// readHeader reads the header of a packet.
func readHeader(packet []byte) (h header, err error) {
	whole := &elements{packet, 0, len(packet)}
	e, err := whole.inside(tagSequence)
	if err != nil {
		return h, err
	}
	if e.end != len(packet) {
		return h, fmt.Errorf("%w: something follows it", errMalformed)
	}
	if h.version, err = e.number(); err != nil {
		return h, err
	}
	if h.version != 3 {
		h.community, err = e.octets()
		return h, err
	}
	if err := h.readGlobal(e); err != nil {
		return h, err
	}
	return h, h.readSecurity(e)
}

func (h *header) readGlobal(e *elements) error {
	g, err := e.inside(tagSequence)
	if err != nil {
		return err
	}
	if h.id, err = g.number(); err != nil {
		return err
	}
	if _, err = g.number(); err != nil {
		return err
	}
	flags, err := g.octets()
	if err != nil {
		return err
	}
	model, err := g.number()
	if err != nil {
		return err
	}
	if len(flags) != 1 || model != int64(gosnmp.UserSecurityModel) {
		return fmt.Errorf("%w: security model %d", errMalformed, model)
	}
	if h.flags = gosnmp.SnmpV3MsgFlags(flags[0]); h.level() == gosnmp.AuthPriv-gosnmp.AuthNoPriv {
		return fmt.Errorf("%w: privacy without authentication", errMalformed)
	}
	return nil
}

func (h *header) readSecurity(e *elements) error {
	wrapped, err := e.inside(tagOctets)
	if err != nil {
		return err
	}
	s, err := wrapped.inside(tagSequence)
	if err != nil {
		return err
	}
	engine, err := s.octets()
	if err != nil {
		return err
	}
	boots, err := s.number()
	if err != nil {
		return err
	}
	seconds, err := s.number()
	if err != nil {
		return err
	}
	user, err := s.octets()
	if err != nil {
		return err
	}
	from, to, err := s.next(tagOctets)
	if err != nil {
		return err
	}
	if len(engine) > 32 || len(user) > 32 {
		return fmt.Errorf("%w: engine or user too long", errMalformed)
	}
	h.engine, h.user = string(engine), string(user)
	h.boots, h.time = uint32(boots), uint32(seconds)
	h.macAt, h.macLen = from, to-from
	return nil
}

// read lets gosnmp read a packet whose header was read, with the keys at the
// level the header claims. gosnmp works in place and has been seen to panic on
// hostile packets, so it gets a copy and a net.
func read(packet []byte, h header, k keys) (m *gosnmp.SnmpPacket, err error) {
	defer func() {
		if v := recover(); v != nil {
			m, err = nil, fmt.Errorf("%w: reading it panicked: %v", errMalformed, v)
		}
	}()
	reader := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
	if h.version == 3 {
		reader.Version, reader.SecurityModel, reader.MsgFlags = gosnmp.Version3, gosnmp.UserSecurityModel, h.flags
		k.engine = h.engine
		reader.SecurityParameters = k.parameters(h.level(), h.boots, h.time)
	}
	if m, err = reader.UnmarshalTrap(slices.Clone(packet), true); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if h.version != 3 {
		return m, nil
	}
	// Were the two readers ever of two minds about a packet, gosnmp would have
	// made keys of empty passwords.
	p, ok := m.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !ok || p.AuthoritativeEngineID != h.engine || p.UserName != h.user || h.level() != 0 && !bytes.Equal(p.SecretKey, k.sign) {
		return nil, fmt.Errorf("%w: its header can be read in two ways", errMalformed)
	}
	return m, nil
}

// write lets gosnmp encode a message.
func write(m *gosnmp.SnmpPacket) (packet []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			packet, err = nil, fmt.Errorf("encode an SNMP message: panicked: %v", v)
		}
	}()
	if packet, err = m.MarshalMsg(); err != nil {
		return nil, fmt.Errorf("encode an SNMP message: %w", err)
	}
	return packet, nil
}
