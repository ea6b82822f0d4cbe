package detect

import (
	"bytes"
	"net/netip"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// parseQuad reads four octets joined by sep at the start of b and returns how
// long they are, or 0. Zeros may lead.
func parseQuad(b []byte, sep byte) (a [4]byte, n int) {
	for part := range 4 {
		if part > 0 {
			if n >= len(b) || b[n] != sep {
				return a, 0
			}
			n++
		}
		v, from := 0, n
		for n < len(b) && isDigit(b[n]) && n-from < 4 {
			v = v*10 + int(b[n]-'0')
			n++
		}
		if n == from || n-from > 3 || v > 255 {
			return a, 0
		}
		a[part] = byte(v)
	}
	return a, n
}

// stays4 reports whether an address means the same everywhere: this network,
// loopback, multicast, masks and the reserved block that stand-ins live in.
func stays4(a [4]byte) bool { return a[0] == 0 || a[0] == 127 || a[0] >= 224 }

// quad deals with a word of digits and dots.
func (s *Scanner) quad(lo, hi int) {
	w := s.buf[lo:hi]
	a, n := parseQuad(w, '.')
	if n == 0 {
		return
	}
	if n < len(w) {
		s.longQuad(lo, hi)
		return
	}
	if a[0] >= 240 && a[0] < 255 {
		s.alien(lo, hi, a)
	}
	switch {
	case stays4(a), s.saysVersion(lo):
	case s.isVersion(lo, hi, a):
		s.maybe4(lo, hi, a, Plain) // met as an address elsewhere it goes here too, as the proof will look for it
	default:
		s.emit4(lo, hi, a, Plain)
		s.besideQuad(lo, hi)
		if lo > s.lo && s.buf[lo-1] == '=' {
			s.monitor(lo, hi)
		}
		if hi+4 < s.hi && s.buf[hi] == ':' {
			s.behindPort(hi + 1)
		}
		if lo-4 > s.lo && s.buf[lo-1] == '/' {
			s.nameSlash(lo - 1)
		}
		if hi+4 < s.hi && s.buf[hi] == ' ' && s.buf[hi+1] == '(' {
			s.nameBehind(hi + 2)
		}
		if p := s.prev[0]; p.hi > p.lo && p.lo == s.lo && p.hi+1 == lo && s.buf[p.hi] == ',' && hi < s.hi && s.buf[hi] == ',' {
			s.firstField(p)
		}
	}
}

// indexed emits the address by which a row of a table of a network's management is
// found: IP-MIB::ipNetToMediaPhysAddress.15.10.20.30.4.
func (s *Scanner) indexed(lo, hi int) bool {
	b := s.buf
	if lo-2 < s.lo || b[lo-1] != ':' || b[lo-2] != ':' || class[b[lo]]&fLetter == 0 {
		return false
	}
	at := hi
	for dots := 0; at > lo; at-- {
		if b[at-1] == '.' {
			if dots++; dots == 4 {
				break
			}
		} else if !isDigit(b[at-1]) {
			return false
		}
	}
	a, n := parseQuad(b[at:hi], '.')
	if n != hi-at || stays4(a) {
		return false
	}
	s.emit4(at, hi, a, Plain)
	return true
}

// released tells the end of a version behind four numbers: .R01, .GA.
func released(rest []byte) bool {
	return len(rest) > 2 && rest[0] == '.' && class[rest[1]]&fUpper != 0 && len(rest) < 6
}

// nameSlash emits the host before a slash and its address: node-4/10.20.30.4:9000.
func (s *Scanner) nameSlash(end int) {
	b := s.buf
	lo := end
	for lo > s.lo && class[b[lo-1]] != 0 {
		lo--
	}
	if end-lo < 3 || lo > s.lo && strings.IndexByte(" \t\"'([,=", b[lo-1]) < 0 {
		return
	}
	w := b[lo:end]
	name := s.fold(w)
	if f := flagsOf(w); f&(fDigit|fDash) == 0 || f&(fDot|fUnder|fAt) != 0 || class[w[0]]&fLetter == 0 || slotName(name) || s.wordy(name) || s.k.Common(strings.TrimRight(name, "0123456789")) || stateWord.has(name) || hump(w) || partWords.has(strings.TrimRight(name, "0123456789-")) {
		return
	}
	s.hostName(lo-s.lo, end-s.lo, name)
}

// nameBehind emits the host in brackets behind its address: 10.20.30.4 (filer-1).
func (s *Scanner) nameBehind(lo int) {
	b := s.buf
	end := nameEnd(b, lo, s.hi)
	if end-lo < 3 || end >= s.hi || b[end] != ')' {
		return
	}
	w := b[lo:end]
	name := s.fold(w)
	if !nameShape(w) || class[w[0]]&fLetter == 0 || flagsOf(w)&(fDot|fUnder) != 0 || slotName(name) || s.wordy(name) || s.k.Common(strings.TrimRight(name, "0123456789")) || stateWord.has(name) || partWords.has(strings.TrimRight(name, "0123456789-")) || looksLikeValue(w) || hexOnly(w) {
		return
	}
	s.hostName(lo-s.lo, end-s.lo, name)
}

// behindPort emits the host that firewalls write behind an address, its port and the
// interface: 10.20.30.4:53:X3:LYONDC01.
func (s *Scanner) behindPort(at int) {
	b := s.buf
	for at < s.hi && isDigit(b[at]) {
		at++
	}
	if at+4 >= s.hi || b[at] != ':' || b[at+1] != 'X' || !isDigit(b[at+2]) {
		return
	}
	for at += 2; at < s.hi && isDigit(b[at]); at++ {
	}
	if at+1 >= s.hi || b[at] != ':' {
		return
	}
	if end := nameEnd(b, at+1, s.hi); end > at+3 && (end == s.hi || isSpace(b[end])) {
		s.hostName(at+1-s.lo, end-s.lo, s.fold(b[at+1:end]))
	}
}

// firstField emits the host in the field before its address, where a record without
// titles begins with them: finpc042,10.20.30.4,..
func (s *Scanner) firstField(p span) {
	w := s.buf[p.lo:p.hi]
	name := s.fold(w)
	letters := strings.TrimRight(name, "0123456789")
	if class[w[0]]&fLetter == 0 || len(w) < 4 || !nameShape(w) || upperCase(w) && !hasDigit(w) || s.k.Common(name) || partWords.has(letters) || slotWords.has(letters) || joinedName(w) && partWords.has(name[:strings.IndexAny(name, "-_")]) {
		return
	}
	s.hostName(p.lo-s.lo, p.hi-s.lo, name)
}

// alien reports an address of the block that stand-ins live in, so that no
// value is given the same.
func (s *Scanner) alien(lo, hi int, a [4]byte) {
	s.emitForm(lo, lo, pseudonym.IPv4, Plain, netip.AddrFrom4(a).String(), "alien")
}

// emit4 emits an IPv4 finding; its canonical form is needed where zeros lead.
func (s *Scanner) emit4(lo, hi int, a [4]byte, form Form) {
	s.out = append(s.out, Finding{
		Start: lo, End: hi, Kind: pseudonym.IPv4, Form: form,
		Value: s.canon4(a, lo, hi, form), Rule: "ipv4", Learn: true,
	})
}

// maybe4 emits what is an address only where the site has it.
func (s *Scanner) maybe4(lo, hi int, a [4]byte, form Form) {
	s.maybe(Finding{Start: lo, End: hi, Kind: pseudonym.IPv4, Form: form, Value: s.canon4(a, lo, hi, form), Rule: "ipv4"})
}

// canon4 leaves the canonical form out where the text is it.
func (s *Scanner) canon4(a [4]byte, lo, hi int, form Form) string {
	if form == Plain && !paddedQuad(s.buf[lo:hi]) {
		return ""
	}
	return netip.AddrFrom4(a).String()
}

func paddedQuad(w []byte) bool {
	for i, c := range w {
		if c == '0' && (i == 0 || !isDigit(w[i-1])) && i+1 < len(w) && isDigit(w[i+1]) {
			return true
		}
	}
	return false
}

// columnDots are the dots in the number of a column of a table and the head of the row
// behind it.
const columnDots = 11

// longQuad deals with more than four numbers: an object identifier or a version,
// unless it ends in an address of the site, as rows of SNMP tables do.
func (s *Scanner) longQuad(lo, hi int) {
	if a, n := parseQuad(s.buf[lo:hi], '.'); n > 6 && n < hi-lo-1 && hi-lo-n < 7 && !stays4(a) && s.captured(lo, lo+n+1, hi) {
		s.emit4(lo, lo+n, a, Plain)
		return
	}
	dots := 0
	for i := hi - 1; i > lo && dots < 10; i-- {
		if s.buf[i] != '.' {
			continue
		}
		if i+2 < hi && i-2 > lo && string(s.buf[i-2:i+1]) == ".4." && s.buf[i-3] == '1' {
			a, n := parseQuad(s.buf[i+1:hi], '.')
			switch {
			case n == 0 || !private4(a):
			case strings.Count(string(s.buf[lo:i]), ".") >= columnDots && s.buf[i-4] == '.':
				s.emit4(i+1, i+1+n, a, Plain)
				return
			default:
				s.maybe4(i+1, i+1+n, a, Plain) // of a row: the kind of an address, its length and itself
			}
		}
		if dots++; dots == 4 {
			if a, n := parseQuad(s.buf[i+1:hi], '.'); n == hi-i-1 && !stays4(a) {
				s.maybe4(i+1, hi, a, Plain)
			}
		}
	}
}

// beginsColumns tells the protocol that begins a row of netstat.
func (s *Scanner) beginsColumns(proto []byte) bool {
	return string(proto) == "tcp" || string(proto) == "udp"
}

// captured tells an address and the port behind its dot, [port, hi), in a line of what
// was captured from a wire: IP 192.0.2.7.43436 > 192.0.2.9.22: Flags [S].
func (s *Scanner) captured(lo, port, hi int) bool {
	b := s.buf
	for _, c := range b[port:hi] {
		if !isDigit(c) {
			return false
		}
	}
	if proto := b[s.lo:min(s.lo+3, lo)]; s.beginsColumns(proto) && lo > s.lo && isSpace(b[lo-1]) && (hi == s.hi || isSpace(b[hi])) {
		return true // as netstat of the BSDs writes it
	}
	if hi+3 >= s.hi || lo < s.lo+3 || !bytes.HasPrefix(b[hi:s.hi], []byte(" > ")) && string(b[lo-2:lo]) != "> " {
		return false
	}
	return bytes.Contains(b[s.lo:lo], []byte("IP "))
}

func private4(a [4]byte) bool {
	return a[0] == 10 || a[0] == 172 && a[1]&0xf0 == 16 || a[0] == 192 && a[1] == 168 || a[0] == 169 && a[1] == 254
}

// quadInside reports whether a word can hold an address beside other parts.
func quadInside(w []byte) bool {
	seps, digits := 0, 0
	for _, c := range w {
		switch {
		case isDigit(c):
			digits++
		case c == '.' || c == '-' || c == '_':
			seps++
		}
	}
	return seps >= 3 && digits >= 4
}

// embedded finds addresses inside longer words: ip-10-20-30-40, 10.1.1.1-10.1.1.9,
// 10.20.30.41-arr01.log, 4.3.2.10.in-addr.arpa.
func (s *Scanner) embedded(lo, hi int) {
	b := s.buf
	if bytes.HasPrefix(b[lo:hi], []byte("enterprises.")) || s.arpa(lo, hi) || s.saysVersion(lo) || s.indexed(lo, hi) {
		return
	}
	for i := lo; i < hi; i++ {
		if !isDigit(b[i]) || i > lo && isAlnum(b[i-1]) && !(i == lo+1 && s.routeMark(lo)) {
			continue
		}
		for _, sep := range []byte{'.', '-', '_'} {
			a, n := parseQuad(b[i:hi], sep)
			if n == 0 || i+n < hi && (isAlnum(b[i+n]) || b[i+n] == sep && i+n+1 < hi && isDigit(b[i+n+1])) {
				continue
			}
			if i > lo+1 && b[i-1] == sep && isDigit(b[i-2]) || stays4(a) || i == lo && released(b[i+n:hi]) {
				continue
			}
			form := Plain
			if sep != '.' {
				form = Joined
			}
			if s.plausible(lo, hi, i, i+n, sep, a) {
				s.emit4(i, i+n, a, form)
			} else {
				s.maybe4(i, i+n, a, form)
			}
			i += n - 1
			break
		}
	}
}

// plausible tells addresses in words from versions of packages and dates.
func (s *Scanner) plausible(lo, hi, from, to int, sep byte, a [4]byte) bool {
	b := s.buf
	if from == lo && s.isVersion(lo, hi, a) {
		return false
	}
	if sep == '.' {
		name := from > lo && s.letterPart(lo, from-1)
		if from == lo && to+1 < hi && b[to] == '-' && class[b[to+1]]&fLetter != 0 && !private4(a) {
			return false // 2.6.37.6-smp
		}
		release := to+1 < hi && b[to] == '-' && isDigit(b[to+1])
		if from > lo && (name && release || hasPackageEnd(b[to:hi])) || release && !private4(a) && (hasLetter(b[to:hi]) || hi < s.hi && (b[hi] == '+' || b[hi] == '~') || s.ofPackage(lo)) {
			return false
		}
		return from == lo || private4(a) || !name || addressWord(b[lo:from-1]) || b[from-1] == '_' && (to == hi || b[to] == '_') && largeOctets(a)
	}
	return private4(a) || from > lo && a[0] > 12 || from > lo && addressWord(b[lo:from-1])
}

// ofPackage tells a place in the brackets behind a package and its architecture, where its
// versions stand: libx1:amd64 (3.8.7.1-1, 3.8.7.1-2).
func (s *Scanner) ofPackage(lo int) bool {
	open := bytes.LastIndexByte(s.buf[s.lo:lo], '(')
	if open < 1 {
		return false
	}
	head := s.buf[s.lo : s.lo+open-1]
	colon := bytes.LastIndexByte(head, ':')
	return colon > 0 && architectures.has(string(head[colon+1:]))
}

var architectures = set("amd64 i386 all any noarch arm64 armhf ppc64el s390x riscv64")

// routeMark tells the letter that tables of routes write before a prefix without
// a space: *>i10.20.0.0/16.
func (s *Scanner) routeMark(lo int) bool {
	b := s.buf
	return lo > s.lo && lo-s.lo < 5 && strings.IndexByte("ielrcad", b[lo]) >= 0 && strings.IndexByte(" *>|&=", b[lo-1]) >= 0 &&
		(b[s.lo] == '*' || b[s.lo] == ' ' && b[s.lo+1] == '*' || b[lo-1] == ' ' && strings.IndexByte("xsdhrS", b[s.lo]) >= 0)
}

func (s *Scanner) letterPart(lo, end int) bool {
	return end > lo && class[s.buf[end-1]]&fLetter != 0
}

func addressWord(w []byte) bool {
	for _, h := range []string{"ip", "addr", "host", "node", "dhcp", "client", "peer", "src", "dst", "ec2", "static", "dyn", "dynamic", "ppp", "cpe", "vpn"} {
		if len(w) >= len(h) && foldEqual(w[len(w)-len(h):], h) {
			return true
		}
	}
	return false
}

// arpa deals with reverse names.
func (s *Scanner) arpa(lo, hi int) bool {
	w := s.buf[lo:hi]
	if n := len(w) - len(".in-addr.arpa"); n > 0 && foldEqual(w[n:], ".in-addr.arpa") {
		if a, used := parseQuad(w[:n], '.'); used == n {
			a = [4]byte{a[3], a[2], a[1], a[0]}
			if !stays4(a) {
				s.emit4(lo, lo+n, a, Arpa)
			}
		}
		return true
	}
	if n := len(w) - len(".ip6.arpa"); n > 0 && foldEqual(w[n:], ".ip6.arpa") {
		s.arpa6(lo, lo+n)
		return true
	}
	return false
}

// arpa6 reads nibbles in reverse, all 32 of them.
func (s *Scanner) arpa6(lo, hi int) {
	w := s.buf[lo:hi]
	if len(w) != 63 {
		return
	}
	var a [16]byte
	for i := range 32 {
		c := w[62-2*i]
		if !isHexByte(c) || i > 0 && w[62-2*i+1] != '.' {
			return
		}
		a[i/2] |= hexVal(c) << (4 * (1 - i%2))
	}
	s.emit6(lo, hi, netip.AddrFrom16(a), Arpa)
}

func hexVal(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// decimal deals with an address written as one number, which only its key tells
// from a count: ip=169090600.
func (s *Scanner) decimal(g gap) {
	b, v, i := s.buf, uint64(0), g.value
	for i < s.hi && isDigit(b[i]) && i-g.value < 11 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	if i-g.value < 8 || v > 1<<32-1 || i < s.hi && (isAlnum(b[i]) || b[i] == '.' && i+1 < s.hi && isAlnum(b[i+1])) {
		return
	}
	a := [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
	if a[0] >= 240 && a[0] < 255 {
		s.alien(g.value, i, a)
	}
	if !stays4(a) {
		s.emit4(g.value, i, a, Decimal)
	}
}
