package pseudonym

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
)

// The 4-bit block 240/4 is divided by first octet: 240 to 251 hold networks of
// 16 bits, 252 and 253 networks of 24 bits, 254 single addresses. 255 is left
// out: 255.x.y.z would read as a netmask.
const (
	first16, last16 = 240, 251
	first24, last24 = 252, 253
	singles         = 254
)

// Networks beyond these numbers are not looked after any more: drawing for the
// last free places takes longer than their relations are worth.
const (
	full24 = (last24 - first24 + 1) << 16 / 16 * 15
	full48 = 0xf000 / 16 * 15
)

// networks remembers which network stands for which.
type networks struct {
	prf    *prf
	ten    byte // first octet standing for 10
	own    byte // first octet standing for the other private ranges
	net16  map[uint16]uint16
	used16 map[uint16]bool
	lost16 map[uint16]bool // found no place
	net24  map[uint32]uint32
	used24 map[uint32]bool
	net48  map[[6]byte]uint16
	used48 map[uint16]bool
}

func (n *networks) init(p *prf) {
	n.prf = p
	n.net16, n.used16, n.lost16 = map[uint16]uint16{}, map[uint16]bool{}, map[uint16]bool{}
	n.net24, n.used24 = map[uint32]uint32{}, map[uint32]bool{}
	n.net48, n.used48 = map[[6]byte]uint16{}, map[uint16]bool{}
	span := uint64(last16 - first16 + 1)
	r := p.bits("ipv4 blocks", 0, "")
	n.ten = first16 + byte(r%span)
	n.own = first16 + byte((r%span+1+(r/span)%(span-1))%span)
}

func (n *networks) adopt4(original, token string) {
	o, err1 := netip.ParseAddr(original)
	t, err2 := netip.ParseAddr(token)
	if err1 != nil || err2 != nil || !o.Is4() || !t.Is4() {
		return // a foreign map entry binds nothing
	}
	ob, tb := o.As4(), t.As4()
	switch {
	case tb[0] <= last16:
		n.set16(binary.BigEndian.Uint16(ob[:2]), binary.BigEndian.Uint16(tb[:2]))
	case tb[0] <= last24:
		n.set24(binary.BigEndian.Uint32(ob[:])>>8, binary.BigEndian.Uint32(tb[:])>>8)
	}
}

func (n *networks) set16(o, t uint16) { n.net16[o], n.used16[t] = t, true }
func (n *networks) set24(o, t uint32) { n.net24[o], n.used24[t] = t, true }

// ipv4 gives the stand-in of an address. The first attempt keeps the relations
// to its networks; further ones give a single address, for the rare case that
// the input already holds what the first gave.
func (m *Minter) ipv4(canonical string, attempt int) (string, error) {
	a, err := netip.ParseAddr(canonical)
	if err != nil || !a.Is4() {
		return "", fmt.Errorf("not an IPv4 address in canonical form")
	}
	b := a.As4()
	if attempt > 0 {
		r := m.prf.bits("ipv4 single", attempt, canonical)
		return netip.AddrFrom4([4]byte{singles, byte(r), byte(r >> 8), byte(r >> 16)}).String(), nil
	}
	last := m.prf.flip("ipv4 octet 4", string(b[:3]), b[3])
	if net, ok := m.nets.slot16(binary.BigEndian.Uint16(b[:2])); ok {
		third := m.prf.flip("ipv4 octet 3", string(b[:2]), b[2])
		return netip.AddrFrom4([4]byte{byte(net >> 8), byte(net), third, last}).String(), nil
	}
	if net, ok := m.nets.slot24(binary.BigEndian.Uint32(b[:]) >> 8); ok {
		return netip.AddrFrom4([4]byte{byte(net >> 16), byte(net >> 8), byte(net), last}).String(), nil
	}
	return m.ipv4(canonical, 1)
}

// slot16 finds or makes the stand-in of a network of 16 bits.
func (n *networks) slot16(o uint16) (uint16, bool) {
	if t, ok := n.net16[o]; ok {
		return t, true
	}
	if o>>8 == 10 {
		t := uint16(n.ten)<<8 | uint16(n.prf.flip("ipv4 octet 2", "\x0a", byte(o)))
		n.set16(o, t)
		return t, true
	}
	if n.lost16[o] {
		return 0, false
	}
	data := string([]byte{byte(o >> 8), byte(o)})
	for attempt := range 64 {
		r := n.prf.bits("ipv4 /16", attempt, data)
		first := n.own
		if !private16(o) {
			first = n.public(r >> 8)
		}
		t := uint16(first)<<8 | uint16(byte(r))
		if !n.used16[t] {
			n.set16(o, t)
			return t, true
		}
	}
	n.lost16[o] = true
	return 0, false
}

// public picks one of the first octets that do not stand for private ranges.
func (n *networks) public(r uint64) byte {
	c := first16 + byte(r%uint64(last16-first16-1))
	lo, hi := min(n.ten, n.own), max(n.ten, n.own)
	if c >= lo {
		c++
	}
	if c >= hi {
		c++
	}
	return c
}

// private16 reports whether a network of 16 bits is one of RFC 1918, 6598 or
// 3927 outside 10/8.
func private16(o uint16) bool {
	hi, lo := o>>8, o&255
	return hi == 172 && lo&0xf0 == 16 || hi == 192 && lo == 168 || hi == 100 && lo&0xc0 == 64 || hi == 169 && lo == 254
}

// slot24 finds or makes the stand-in of a network of 24 bits.
func (n *networks) slot24(o uint32) (uint32, bool) {
	if t, ok := n.net24[o]; ok {
		return t, true
	}
	if len(n.used24) >= full24 {
		return 0, false
	}
	data := string([]byte{byte(o >> 16), byte(o >> 8), byte(o)})
	for attempt := range 64 {
		r := n.prf.bits("ipv4 /24", attempt, data)
		t := uint32(first24+byte(r>>16)&1)<<16 | uint32(r)&0xffff
		if !n.used24[t] {
			n.set24(o, t)
			return t, true
		}
	}
	return 0, false
}

// linkLocal48 is the third group standing for fe80::/10, so that link-local
// addresses can still be told.
const linkLocal48 = 0xfe80

func (n *networks) adopt6(original, token string) {
	o, err1 := netip.ParseAddr(original)
	t, err2 := netip.ParseAddr(token)
	if err1 != nil || err2 != nil || !o.Is6() || !t.Is6() {
		return
	}
	ob, tb := o.As16(), t.As16()
	if third := binary.BigEndian.Uint16(tb[4:6]); third < 0xf000 {
		n.net48[[6]byte(ob[:6])] = third
		n.used48[third] = true
	}
}

// slot48 finds or makes the third group of a stand-in.
func (n *networks) slot48(o [6]byte) (uint16, bool) {
	if t, ok := n.net48[o]; ok {
		return t, true
	}
	if len(n.used48) >= full48 {
		return 0, false
	}
	for attempt := range 64 {
		t := uint16(n.prf.bits("ipv6 /48", attempt, string(o[:])) % 0xf000)
		if t != 0 && !n.used48[t] {
			n.net48[o], n.used48[t] = t, true
			return t, true
		}
	}
	return 0, false
}

// ipv6 gives the stand-in of an address without zone.
func (m *Minter) ipv6(canonical string, attempt int) (string, error) {
	a, err := netip.ParseAddr(canonical)
	if err != nil || !a.Is6() || a.Zone() != "" {
		return "", fmt.Errorf("not an IPv6 address in canonical form")
	}
	b := a.As16()
	var out [16]byte
	copy(out[:], []byte{0x20, 0x01, 0x0d, 0xb8})
	switch {
	case b[0] == 0xfe && b[1]&0xc0 == 0x80:
		binary.BigEndian.PutUint16(out[4:], linkLocal48)
		m.subnet(&out, b)
	default:
		if third, ok := m.nets.slot48([6]byte(b[:6])); ok {
			binary.BigEndian.PutUint16(out[4:], third)
			m.subnet(&out, b)
			break
		}
		r := m.prf.bits("ipv6 /64", attempt, string(b[:8]))
		binary.BigEndian.PutUint32(out[4:], 0xf0000000|uint32(r)&0x0fffffff)
		if out[4] == 0xfe && out[5] == 0x80 {
			out[5] = 0x81
		}
	}
	if err := m.interfaceID(&out, b, attempt); err != nil {
		return "", err
	}
	return netip.AddrFrom16(out).String(), nil
}

func (m *Minter) subnet(out *[16]byte, b [16]byte) {
	out[6] = m.prf.flip("ipv6 octet 7", string(b[:6]), b[6])
	out[7] = m.prf.flip("ipv6 octet 8", string(b[:7]), b[7])
}

// interfaceID fills the last 64 bits: zero stays zero (it names the network),
// EUI-64 follows the MAC, anything else is drawn with its check.
func (m *Minter) interfaceID(out *[16]byte, b [16]byte, attempt int) error {
	iid := b[8:]
	if binary.BigEndian.Uint64(iid) == 0 && attempt == 0 {
		return nil
	}
	if iid[3] == 0xff && iid[4] == 0xfe && attempt == 0 {
		mac := hex.EncodeToString([]byte{iid[0] ^ 2, iid[1], iid[2], iid[5], iid[6], iid[7]})
		tok, err := m.mint(MAC, mac)
		if err != nil {
			return err
		}
		t, err := hex.DecodeString(tok)
		if err != nil {
			return fmt.Errorf("stand-in of a MAC: %w", err)
		}
		copy(out[8:], []byte{t[0] ^ 2, t[1], t[2], 0xff, 0xfe, t[3], t[4], t[5]})
		return nil
	}
	r := m.prf.bits("ipv6 iid", attempt, string(b[:]))
	binary.BigEndian.PutUint64(out[8:], r)
	if out[11] == 0xff && out[12] == 0xfe {
		out[12] = 0xfd // must not read as EUI-64
	}
	binary.BigEndian.PutUint16(out[14:], m.checkIPv6(out[4:14]))
	return nil
}

func (m *Minter) checkIPv6(b []byte) uint16 {
	return uint16(m.prf.bits("ipv6 check", 0, string(b)))
}

// ownsIPv6 reports whether an address of the documentation range is a stand-in.
func (m *Minter) ownsIPv6(a netip.Addr) bool {
	b := a.As16()
	if b[0] != 0x20 || b[1] != 0x01 || b[2] != 0x0d || b[3] != 0xb8 {
		return false
	}
	if b[11] == 0xff && b[12] == 0xfe {
		return m.ownsMAC([6]byte{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]})
	}
	if binary.BigEndian.Uint64(b[8:]) == 0 {
		return b[4]|b[5] != 0
	}
	return binary.BigEndian.Uint16(b[14:]) == m.checkIPv6(b[4:14])
}
