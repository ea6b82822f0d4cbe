package snmpagent

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Tags of what stands in an SNMP message.
const (
	tagInteger   = 0x02
	tagOctets    = 0x04
	tagNull      = 0x05
	tagOID       = 0x06
	tagSequence  = 0x30
	tagCounter32 = 0x41
	tagGauge32   = 0x42
	tagTimeTicks = 0x43

	tagNoSuchObject   = 0x80
	tagNoSuchInstance = 0x81
	tagEndOfView      = 0x82
)

// errBER says that bytes are not what the encoding allows here.
var errBER = errors.New("not a well-formed SNMP message")

// tlv encodes one element around its parts.
func tlv(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n+6)
	b = append(b, tag)
	switch {
	case n < 0x80:
		b = append(b, byte(n))
	case n <= 0xff:
		b = append(b, 0x81, byte(n))
	default: // a packet is shorter than 64 KiB
		b = append(b, 0x82, byte(n>>8), byte(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func octets(s string) []byte { return tlv(tagOctets, []byte(s)) }

// number encodes an integer under a tag, as short as it goes.
func number(tag byte, n int64) []byte {
	var be [8]byte
	for i := range be {
		be[i] = byte(n >> (56 - 8*i))
	}
	b := be[:]
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return tlv(tag, b)
}

// cursor reads elements one after the other. What it hands out shares the
// memory of what it was given.
type cursor []byte

// any reads the next element, whatever its tag.
func (c *cursor) any() (tag byte, content []byte, err error) {
	b := *c
	if len(b) < 2 {
		return 0, nil, fmt.Errorf("%w: ends early", errBER)
	}
	tag, n, b := b[0], int(b[1]), b[2:]
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 4 || size > len(b) {
			return 0, nil, fmt.Errorf("%w: length of %d octets", errBER, size)
		}
		n = 0
		for _, v := range b[:size] {
			n = n<<8 | int(v)
		}
		b = b[size:]
	}
	if n < 0 || n > len(b) {
		return 0, nil, fmt.Errorf("%w: an element is longer than what holds it", errBER)
	}
	*c = b[n:]
	return tag, b[:n], nil
}

// want reads the next element, which must have the tag.
func (c *cursor) want(tag byte) ([]byte, error) {
	got, content, err := c.any()
	if err == nil && got != tag {
		err = fmt.Errorf("%w: tag %#x, want %#x", errBER, got, tag)
	}
	return content, err
}

// integer reads the next element as a number of 32 bits.
func (c *cursor) integer() (int32, error) {
	content, err := c.want(tagInteger)
	if err != nil {
		return 0, err
	}
	n, err := signed(content)
	if err == nil && n != int64(int32(n)) {
		err = fmt.Errorf("%w: number beyond 32 bits", errBER)
	}
	return int32(n), err
}

// end says whether anything is left over.
func (c *cursor) end() error {
	if len(*c) > 0 {
		return fmt.Errorf("%w: %d octets left over", errBER, len(*c))
	}
	return nil
}

func signed(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 8 {
		return 0, fmt.Errorf("%w: number of %d octets", errBER, len(b))
	}
	n := int64(int8(b[0]))
	for _, v := range b[1:] {
		n = n<<8 | int64(v)
	}
	return n, nil
}

// oid is the name of an object.
type oid []uint32

// maxOID is how many parts the name of an object may have.
const maxOID = 128

// parseOID reads a name such as 1.3.6.1; a leading dot is allowed.
func parseOID(s string) (oid, error) {
	var o oid
	for part := range strings.SplitSeq(strings.TrimPrefix(s, "."), ".") {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || len(o) == maxOID {
			return nil, fmt.Errorf("object name %q: use numbers and dots, such as 1.3.6.1.2.1.1.3.0", s)
		}
		o = append(o, uint32(n))
	}
	if len(o) < 2 || o[0] > 2 || o[0] < 2 && o[1] > 39 {
		return nil, fmt.Errorf("object name %q: it begins with 0, 1 or 2 and a second number, which is below 40 after 0 and 1", s)
	}
	return o, nil
}

func (o oid) String() string {
	var b strings.Builder
	for i, n := range o {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strconv.FormatUint(uint64(n), 10))
	}
	return b.String()
}

// encode gives the element of a name of at least two parts.
func (o oid) encode() []byte {
	var b []byte
	b = base128(b, uint64(o[0])*40+uint64(o[1]))
	for _, n := range o[2:] {
		b = base128(b, uint64(n))
	}
	return tlv(tagOID, b)
}

func base128(b []byte, n uint64) []byte {
	for shift := 63; shift > 0; shift -= 7 {
		if n>>shift != 0 {
			b = append(b, byte(n>>shift)|0x80)
		}
	}
	return append(b, byte(n)&0x7f)
}

// decodeOID reads the content of a name.
func decodeOID(b []byte) (oid, error) {
	var o oid
	for len(b) > 0 {
		var n uint64
		for i := 0; ; i++ {
			if i == len(b) || n > 1<<32 || i == 0 && b[0] == 0x80 {
				return nil, fmt.Errorf("%w: name of an object", errBER)
			}
			n = n<<7 | uint64(b[i]&0x7f)
			if b[i] < 0x80 {
				b = b[i+1:]
				break
			}
		}
		if o == nil {
			first := min(n/40, 2)
			o, n = append(o, uint32(first)), n-first*40
		}
		if n > 1<<32-1 || len(o) == maxOID {
			return nil, fmt.Errorf("%w: name of an object", errBER)
		}
		o = append(o, uint32(n))
	}
	if o == nil {
		return nil, fmt.Errorf("%w: object without a name", errBER)
	}
	return o, nil
}

// value is what an object holds. The tag says which of the others counts.
type value struct {
	tag byte
	num int64  // numbers
	oid oid    // names
	raw []byte // all others
}

func text(s string) value    { return value{tag: tagOctets, raw: []byte(s)} }
func integer(n int64) value  { return value{tag: tagInteger, num: n} }
func ticks(n int64) value    { return value{tag: tagTimeTicks, num: n & (1<<32 - 1)} }
func objectName(o oid) value { return value{tag: tagOID, oid: o} }
func exception(t byte) value { return value{tag: t} }

func (v value) encode() []byte {
	switch v.tag {
	case tagInteger, tagCounter32, tagGauge32, tagTimeTicks:
		return number(v.tag, v.num)
	case tagOID:
		return v.oid.encode()
	default:
		return tlv(v.tag, v.raw)
	}
}

func decodeValue(tag byte, content []byte) (v value, err error) {
	v.tag = tag
	switch tag {
	case tagInteger:
		v.num, err = signed(content)
	case tagCounter32, tagGauge32, tagTimeTicks:
		v.num, err = signed(content)
		if err == nil && (v.num < 0 || v.num > 1<<32-1) {
			err = fmt.Errorf("%w: counter beyond 32 bits", errBER)
		}
	case tagOID:
		v.oid, err = decodeOID(content)
	default:
		v.raw = content
	}
	return v, err
}
