package detect

import (
	"bytes"
	"strings"
)

// This file deals with names spelled as they are on the wire.

// wireName reads a name as it is on the wire, with the length of each part before it,
// as name servers of Windows write what they were asked: (4)dc01(6)nordzk(5)local(0).
func (s *Scanner) wireName(at int) {
	b := s.buf
	open := bytes.IndexByte(b[at:s.hi], '(')
	for open >= 0 {
		at += open
		if name, lo, end := wireParts(b[at:s.hi]); end > 0 {
			s.wireEmit(at+lo, at+end, name)
			return
		}
		at++
		open = bytes.IndexByte(b[at:s.hi], '(')
	}
}

func (s *Scanner) wireEmit(lo, end int, name string) {
	if tld := name[strings.LastIndexByte(name, '.')+1:]; strings.HasSuffix(name, ".arpa") || !TopLevel(tld) || publicName(name) {
		return
	}
	s.emitName(lo, end, name, "fqdn")
}

// wireParts reads parts and their lengths up to the root, at the start of b, and says
// where the first part begins and the last ends.
func wireParts(b []byte) (name string, lo, end int) {
	i := 0
	for i+2 < len(b) && b[i] == '(' && isDigit(b[i+1]) {
		n, j := 0, i+1
		for j < len(b) && isDigit(b[j]) && j-i < 4 {
			n = 10*n + int(b[j]-'0')
			j++
		}
		if j >= len(b) || b[j] != ')' {
			return "", 0, 0
		}
		j++
		if n == 0 {
			if strings.IndexByte(name, '.') < 0 {
				return "", 0, 0
			}
			return strings.ToLower(name), lo, end
		}
		if j+n > len(b) {
			return "", 0, 0
		}
		if name == "" {
			lo = j
		} else {
			name += "."
		}
		name += string(b[j : j+n])
		end = j + n
		i = end
	}
	return "", 0, 0
}
