package snmpagent

import (
	"fmt"
)

// Kinds of PDU.
const (
	pduGet      = 0xa0
	pduGetNext  = 0xa1
	pduResponse = 0xa2
	pduSet      = 0xa3
	pduGetBulk  = 0xa5
	pduInform   = 0xa6
	pduTrap     = 0xa7
	pduReport   = 0xa8
)

// Versions as they stand in a message.
const (
	version2c = 1
	version3  = 3
)

// maxBinds is how many variables one message may carry.
const maxBinds = 256

// bind is a variable: an object and its value.
type bind struct {
	name oid
	value
}

// pdu is what a message is about. Of GETBULK the two numbers are how many
// names are not repeated and how often the others are; of all others they are
// an error and the variable it concerns.
type pdu struct {
	kind          byte
	id            int32
	first, second int32
	binds         []bind
}

func (p pdu) encode() []byte {
	var all []byte
	for _, b := range p.binds {
		all = append(all, tlv(tagSequence, b.name.encode(), b.value.encode())...)
	}
	return tlv(p.kind, number(tagInteger, int64(p.id)), number(tagInteger, int64(p.first)), number(tagInteger, int64(p.second)), tlv(tagSequence, all))
}

// decodePDU reads the one PDU that is left in a message.
func decodePDU(c cursor) (p pdu, err error) {
	kind, content, err := c.any()
	if err != nil {
		return p, err
	}
	if kind < pduGet || kind > pduReport || kind == 0xa4 {
		return p, fmt.Errorf("%w: no PDU of version 2 but %#x", errBER, kind)
	}
	if err := c.end(); err != nil {
		return p, err
	}
	p.kind, c = kind, content
	for _, n := range []*int32{&p.id, &p.first, &p.second} {
		if *n, err = c.integer(); err != nil {
			return p, err
		}
	}
	list, err := c.want(tagSequence)
	if err != nil {
		return p, err
	}
	if err := c.end(); err != nil {
		return p, err
	}
	p.binds, err = decodeBinds(list)
	return p, err
}

func decodeBinds(list cursor) (binds []bind, err error) {
	for len(list) > 0 {
		if len(binds) == maxBinds {
			return nil, fmt.Errorf("%w: more than %d variables", errBER, maxBinds)
		}
		one, err := list.want(tagSequence)
		if err != nil {
			return nil, err
		}
		c := cursor(one)
		name, err := c.want(tagOID)
		if err != nil {
			return nil, err
		}
		var b bind
		if b.name, err = decodeOID(name); err != nil {
			return nil, err
		}
		tag, content, err := c.any()
		if err != nil {
			return nil, err
		}
		if b.value, err = decodeValue(tag, content); err != nil {
			return nil, err
		}
		if err := c.end(); err != nil {
			return nil, err
		}
		binds = append(binds, b)
	}
	return binds, nil
}

// open reads the outermost element and the version.
func open(packet []byte) (version int32, rest cursor, err error) {
	c := cursor(packet)
	content, err := c.want(tagSequence)
	if err != nil {
		return 0, nil, err
	}
	if err := c.end(); err != nil {
		return 0, nil, err
	}
	rest = content
	version, err = rest.integer()
	return version, rest, err
}

// message2 is a message of version 2c.
type message2 struct {
	community string
	pdu
}

func (m message2) encode() []byte {
	return tlv(tagSequence, number(tagInteger, version2c), octets(m.community), m.pdu.encode())
}

func decode2(rest cursor) (m message2, err error) {
	community, err := rest.want(tagOctets)
	if err != nil {
		return m, err
	}
	m.community = string(community)
	m.pdu, err = decodePDU(rest)
	return m, err
}

// Flags of a message of version 3.
const (
	flagAuth       = 1
	flagPriv       = 2
	flagReportable = 4
)

// usmModel is the number of the user-based security model.
const usmModel = 3

// message3 is a message of version 3, its body still as it travels.
type message3 struct {
	id, maxSize int32
	flags       byte
	model       int32
	engine      string // the engine whose clock and keys count
	boots, time int32
	user        string
	mac, salt   []byte
	body        []byte // content of the encrypted body, or of the plain one
	sealed      bool
}

// encode gives the message and where in it the code that proves its sender
// stands.
func (m message3) encode() (packet []byte, mac int) {
	salt := tlv(tagOctets, m.salt)
	body := tlv(tagSequence, m.body)
	if m.sealed {
		body = tlv(tagOctets, m.body)
	}
	packet = tlv(tagSequence,
		number(tagInteger, version3),
		tlv(tagSequence, number(tagInteger, int64(m.id)), number(tagInteger, int64(m.maxSize)), tlv(tagOctets, []byte{m.flags}), number(tagInteger, int64(m.model))),
		tlv(tagOctets, tlv(tagSequence, octets(m.engine), number(tagInteger, int64(m.boots)), number(tagInteger, int64(m.time)), octets(m.user), tlv(tagOctets, m.mac), salt)),
		body)
	return packet, len(packet) - len(body) - len(salt) - len(m.mac)
}

// decode3 reads a message; what it hands out shares the packet's memory.
func decode3(rest cursor) (m message3, err error) {
	header, err := rest.want(tagSequence)
	if err != nil {
		return m, err
	}
	c := cursor(header)
	if m.id, err = c.integer(); err != nil {
		return m, err
	}
	if m.maxSize, err = c.integer(); err != nil {
		return m, err
	}
	flags, err := c.want(tagOctets)
	if err != nil {
		return m, err
	}
	if len(flags) != 1 || m.id < 0 {
		return m, fmt.Errorf("%w: header of version 3", errBER)
	}
	m.flags = flags[0]
	if m.model, err = c.integer(); err != nil {
		return m, err
	}
	if err := c.end(); err != nil {
		return m, err
	}
	if err := m.decodeSecurity(&rest); err != nil {
		return m, err
	}
	tag, body, err := rest.any()
	if err != nil {
		return m, err
	}
	m.body, m.sealed = body, tag == tagOctets
	if tag != tagOctets && tag != tagSequence || m.sealed != (m.flags&flagPriv != 0) {
		return m, fmt.Errorf("%w: the body is not as the flags say", errBER)
	}
	return m, rest.end()
}

func (m *message3) decodeSecurity(rest *cursor) error {
	wrapped, err := rest.want(tagOctets)
	if err != nil {
		return err
	}
	c := cursor(wrapped)
	inner, err := c.want(tagSequence)
	if err != nil {
		return err
	}
	if err := c.end(); err != nil {
		return err
	}
	c = inner
	engine, err := c.want(tagOctets)
	if err != nil {
		return err
	}
	if m.boots, err = c.integer(); err != nil {
		return err
	}
	if m.time, err = c.integer(); err != nil {
		return err
	}
	user, err := c.want(tagOctets)
	if err != nil {
		return err
	}
	if m.mac, err = c.want(tagOctets); err != nil {
		return err
	}
	if m.salt, err = c.want(tagOctets); err != nil {
		return err
	}
	if len(engine) > 32 || len(user) > 32 {
		return fmt.Errorf("%w: engine or user too long", errBER)
	}
	m.engine, m.user = string(engine), string(user)
	return c.end()
}

// scoped puts a PDU into the context of an engine, as the body of version 3.
func scoped(engine string, p pdu) []byte {
	return append(append(octets(engine), octets("")...), p.encode()...)
}

// decodeScoped reads the content of a plain body.
func decodeScoped(body cursor) (engine, context string, p pdu, err error) {
	e, err := body.want(tagOctets)
	if err != nil {
		return "", "", p, err
	}
	n, err := body.want(tagOctets)
	if err != nil {
		return "", "", p, err
	}
	p, err = decodePDU(body)
	return string(e), string(n), p, err
}
