package redact

import (
	"strconv"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// This file holds what is remembered of IPv4 addresses. Of all values they are the most by
// far, and one takes four bytes where a brief takes twenty.

// address is an IPv4 address. The zero address stays everywhere and is never remembered.
type address uint32

// spread places an address.
func (a address) spread() uint64 { return mixed(uint64(a), 0) }

// most is how many addresses are remembered.
func (address) most() int { return mostAddresses }

const mostAddresses = 1 << 15

// addressOf reads the address of a finding that is spelled as its canonical form is. It
// reports false for any other finding.
func addressOf(f *detect.Finding, text []byte) (addr address, ok bool) {
	if f.Kind != pseudonym.IPv4 || f.Form != detect.Plain || f.Value != "" {
		return 0, false
	}
	return parsePlain4(text)
}

// parsePlain4 reads an address in its one canonical spelling: four numbers without zeros
// in front.
func parsePlain4[T string | []byte](s T) (addr address, ok bool) {
	octet, digits, dots := address(0), 0, 0
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
			octet = octet*10 + address(c-'0')
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
func appendPlain4(out []byte, addr address) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		out = append(strconv.AppendUint(out, uint64(addr>>shift&0xff), 10), '.')
	}
	return strconv.AppendUint(out, uint64(addr&0xff), 10)
}
