package redact

import (
	"strconv"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// This file holds what a worker remembers of IPv4 addresses. Of all values they are the
// most by far, and one takes four bytes where a brief and its stand-in take sixty.

// A memory of addresses begins small and forgets all when so many are in it.
const (
	leastAddresses = 1 << 8
	mostAddresses  = 1 << 15
)

// addresses remembers another number for each of the addresses met last.
type addresses struct {
	slots []addressed // half of them free, or more
	used  int
}

// addressed is an address, 0 in a free slot, and what is remembered of it.
type addressed struct{ addr, with uint32 }

// at is the place of an address, or the one where it would be.
func (a *addresses) at(addr uint32) *addressed {
	mask := uint64(len(a.slots) - 1)
	for i := mixed(uint64(addr), 0); ; i++ {
		if s := &a.slots[i&mask]; s.addr == addr || s.addr == 0 {
			return s
		}
	}
}

// find returns what is remembered of an address.
func (a *addresses) find(addr uint32) (with uint32, ok bool) {
	if len(a.slots) == 0 || addr == 0 {
		return 0, false
	}
	s := a.at(addr)
	return s.with, s.addr == addr
}

// keep remembers something of an address that is not there.
func (a *addresses) keep(addr, with uint32) {
	if addr == 0 {
		return
	}
	switch {
	case a.used == mostAddresses:
		clear(a.slots)
		a.used = 0
	case 2*a.used == len(a.slots):
		old := a.slots
		a.slots = make([]addressed, max(2*len(old), leastAddresses))
		for _, s := range old {
			if s.addr != 0 {
				*a.at(s.addr) = s
			}
		}
	}
	*a.at(addr) = addressed{addr, with}
	a.used++
}

// addressOf reads the address of a finding that is spelled as its canonical form is. It
// reports false for any other finding.
func addressOf(f *detect.Finding, text []byte) (addr uint32, ok bool) {
	if f.Kind != pseudonym.IPv4 || f.Form != detect.Plain || f.Value != "" {
		return 0, false
	}
	return parsePlain4(text)
}

// parsePlain4 reads an address in its one canonical spelling: four numbers without zeros
// in front.
func parsePlain4[T string | []byte](s T) (addr uint32, ok bool) {
	octet, digits, dots := uint32(0), 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if digits == 0 || dots == 3 {
				return 0, false
			}
			addr, octet, digits = addr<<8|octet, 0, 0
			dots++
		case c >= '0' && c <= '9':
			if digits > 0 && octet == 0 {
				return 0, false
			}
			octet = octet*10 + uint32(c-'0')
			if digits++; octet > 255 {
				return 0, false
			}
		default:
			return 0, false
		}
	}
	return addr<<8 | octet, dots == 3 && digits > 0
}

// appendPlain4 spells an address.
func appendPlain4(out []byte, addr uint32) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		out = append(strconv.AppendUint(out, uint64(addr>>shift&0xff), 10), '.')
	}
	return strconv.AppendUint(out, uint64(addr&0xff), 10)
}
