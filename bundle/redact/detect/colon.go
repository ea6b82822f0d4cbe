package detect

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// colonForm deals with hex digits and colons: times, MAC, WWN, IPv6. It returns
// where the form ends, or 0 when the first group is not part of one. start is
// where the group begins, end where its colon stands.
func (s *Scanner) colonForm(start, end int) int {
	b := s.buf
	if end-start == 8 || end-start > 4 {
		return s.procNet(start, end)
	}
	to := start
	for to < s.hi && (isHexByte(b[to]) || b[to] == ':') {
		to++
	}
	run := b[start:to]
	for len(run) > 0 && run[len(run)-1] == ':' && !bytes.HasSuffix(run, []byte("::")) {
		run = run[:len(run)-1]
	}
	if clock(run) {
		return start + len(run)
	}
	if n := s.sixesWWN(start, run); n > 0 {
		return n
	}
	if n := s.pairs(start, run); n > 0 {
		return n
	}
	return s.ipv6(start, to)
}

// sixesWWN emits a name of 64 bits as NetApp cuts it, by what each part says: the sort, three
// digits of the maker's own, the maker and the rest: 5:00a:098000:00e459.
func (s *Scanner) sixesWWN(start int, run []byte) int {
	if len(run) != 19 || run[1] != ':' || run[5] != ':' || run[12] != ':' || hexDigits(run) != 16 || strings.IndexByte("125", run[0]) < 0 {
		return 0
	}
	s.wwn(start, start+len(run))
	return start + len(run)
}

// clock tells hh:mm, hh:mm:ss and longer counts of decimal pairs.
func clock(run []byte) bool {
	if len(run) < 4 || len(run) > 8 {
		return false
	}
	groups, digits := 1, 0
	for _, c := range run {
		switch {
		case c == ':':
			if digits == 0 || digits > 2 {
				return false
			}
			groups, digits = groups+1, 0
		case isDigit(c):
			digits++
		default:
			return false
		}
	}
	return digits > 0 && digits <= 2 && groups <= 3
}

// pairs deals with groups of two digits: six are a MAC, eight a WWN, twenty and
// more a fingerprint.
func (s *Scanner) pairs(start int, run []byte) int {
	groups := 0
	for i := 0; i < len(run); i += 3 {
		if i+2 > len(run) || run[i] == ':' || run[i+1] == ':' || i+2 < len(run) && run[i+2] != ':' {
			return s.shortMAC(start, run)
		}
		groups++
	}
	end := start + len(run)
	if end < s.hi && isAlnum(s.buf[end]) {
		return 0
	}
	switch groups {
	case 6:
		s.mac(start, end)
	case 8:
		s.wwn(start, end)
		s.bracketed(end)
	case 16:
		if worldWide(run) && worldWide(run[24:]) { // of a node and its port
			s.wwn(start, start+23)
			s.wwn(start+24, end)
		} else if knownMaker(run[:23]) {
			s.wwn(start, start+23)
		} else {
			s.naaPairs(start, end)
		}
	case 14: // both ends and the type of a frame, as packet filters write it
		s.mac(start, start+17)
		s.mac(start+18, start+35)
	default:
		if groups < 10 {
			return 0
		}
		if knownMaker(run[:23]) { // of an array, and what it counts behind it
			s.wwn(start, start+23)
		}
	}
	return end
}

// knownMaker reports whether eight pairs of digits are a name of a known maker.
func knownMaker(run []byte) bool {
	d := digitsOf(run)
	return slices.ContainsFunc(makers, func(m string) bool { return strings.HasPrefix(d, m) })
}

// worldWide tells how names of nodes and ports begin.
func worldWide(run []byte) bool {
	switch string(run[:2]) {
	case "10", "20", "21", "50", "51", "52", "56":
		return true
	}
	return false
}

// shortMAC reads the Solaris spelling, which drops leading zeros: 0:14:4f:1:2:3.
func (s *Scanner) shortMAC(start int, run []byte) int {
	if len(run) < 11 || len(run) > 17 || bytes.Count(run, []byte{':'}) != 5 {
		return 0
	}
	digits, ok := shortPairs(run, ':')
	if !ok {
		return 0
	}
	end := start + len(run)
	if s.owns(pseudonym.MAC, digits) {
		return end
	}
	s.emitForm(start, end, pseudonym.MAC, Plain, digits, "mac")
	return end
}

// shortPairs reads six groups of one or two hex digits as the twelve they stand for.
func shortPairs(w []byte, sep byte) (string, bool) {
	var digits []byte
	for g := range bytes.SplitSeq(w, []byte{sep}) {
		switch {
		case len(g) == 1 && isHexByte(g[0]):
			digits = append(digits, '0', lower(g[0]))
		case len(g) == 2 && isHexByte(g[0]) && isHexByte(g[1]):
			digits = append(digits, lower(g[0]), lower(g[1]))
		default:
			return "", false
		}
	}
	return string(digits), len(digits) == 12 && string(digits) != "000000000000"
}

// digitsOf collects the hex digits of a text, folded.
func digitsOf(b []byte) string {
	out := make([]byte, 0, 40)
	for _, c := range b {
		if isHexByte(c) {
			out = append(out, lower(c))
		}
	}
	return string(out)
}

// hexDigits is how many hex digits a text has.
func hexDigits(b []byte) (n int) {
	for _, c := range b {
		if isHexByte(c) {
			n++
		}
	}
	return n
}

// mac emits a MAC unless it means the same everywhere.
func (s *Scanner) mac(lo, hi int) {
	d := digitsOf(s.buf[lo:hi])
	if len(d) != 12 || staysMAC(d) {
		return
	}
	if s.owns(pseudonym.MAC, d) {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.MAC, Rule: ownRule})
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.MAC, Value: d, Rule: "mac", Learn: true})
}

// staysMAC tells broadcast, null and the multicast blocks of IPv4, IPv6 and
// bridges.
func staysMAC(d string) bool {
	switch {
	case d == "ffffffffffff", d == "000000000000", d[:6] == "01005e", d[:4] == "3333", d[:6] == "0180c2", d[:6] == "01000c":
		return true
	}
	return false
}

func (s *Scanner) wwn(lo, hi int) {
	d := digitsOf(s.buf[lo:hi])
	if len(d) != 16 || d == "0000000000000000" || d == "ffffffffffffffff" {
		return
	}
	if s.owns(pseudonym.WWN, d) {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.WWN, Rule: ownRule})
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.WWN, Value: d, Rule: "wwn", Learn: true})
}

func (s *Scanner) naaPairs(lo, hi int) {
	d := digitsOf(s.buf[lo:hi])
	if len(d) != 32 || d[0] != '6' || s.owns(pseudonym.NAA, d) {
		return // sixteen pairs are an MD5 fingerprint else
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.NAA, Value: d, Rule: "naa", Learn: true})
}

// ipv6 reads an address that may be compressed or end in a quad.
func (s *Scanner) ipv6(start, to int) int {
	if p := s.prev[0]; p.hi > p.lo && p.hi+1 == start && handles.hasFolded(s.buf[p.lo:p.hi]) {
		return 0
	}
	b := s.buf
	if head := b[start:to]; !bytes.Contains(head, []byte("::")) && bytes.Count(head, []byte{':'}) < 6 {
		return 0 // the colons of an address stand before its first dot
	}
	if start > s.lo && (b[start-1] == ':' && start > s.lo+1 && isAlnum(b[start-2])) && bytes.Count(b[start:to], []byte{':'}) < 5 {
		return 0 // module::name; in en0:2001:db8:1:2:3:4:5:6 the name of an interface stands before
	}
	end := to
	for end < s.hi && (isHexByte(b[end]) || b[end] == ':' || b[end] == '.') {
		end++
	}
	for end > start && (b[end-1] == '.' || b[end-1] == ':' && !bytes.HasSuffix(b[start:end], []byte("::"))) {
		end--
	}
	if end-start > 45 {
		return 0
	}
	if end < s.hi && class[b[end]]&(fLetter|fUnder|fHigh) != 0 && end == to {
		return 0 // name::member
	}
	a, n := longestAddr(b[start:end])
	if n == 0 {
		return 0
	}
	end = start + n
	if !a.Is6() || stays6(a) {
		return end
	}
	if n < len("a::b:c") && !bytes.Contains(b[start:end], []byte("::")) || onlyColons(b[start:end], a) {
		return 0
	}
	s.emit6(start, end, a, Plain)
	return end
}

// handles stand before numbers of filters of packets: fh 800::800.
var handles = set("fh ht handle parent classid flowid")

// longestAddr parses the address at the start of b, giving up a port or a
// trailing word part where the whole does not parse.
func longestAddr(b []byte) (netip.Addr, int) {
	for n := len(b); n > 2; {
		if a, err := netip.ParseAddr(string(b[:n])); err == nil {
			return a, n
		}
		i := bytes.LastIndexByte(b[:n], ':')
		if i < 0 {
			break
		}
		n = i
		if n > 0 && b[n-1] == ':' {
			if a, err := netip.ParseAddr(string(b[:n+1])); err == nil {
				return a, n + 1
			}
		}
	}
	return netip.Addr{}, 0
}

// onlyColons tells short things such as a::b, which programs write for names.
func onlyColons(b []byte, a netip.Addr) bool {
	v := a.As16()
	return len(b) < 6 && v[0] != 0xfe && v[0] != 0xfd && v[0] != 0x20 && v[0] != 0x2a && v[0] != 0x26 && v[0] != 0x24
}

// stays6 tells unspecified, loopback, multicast, and the prefix of all
// link-local addresses, which every machine has alike.
func stays6(a netip.Addr) bool {
	if a.Is4In6() {
		return stays4(a.Unmap().As4())
	}
	return a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a == netip.AddrFrom16([16]byte{0xfe, 0x80})
}

func (s *Scanner) emit6(lo, hi int, a netip.Addr, form Form) {
	if a.Is4In6() && form == Plain {
		s.emitForm(lo, hi, pseudonym.IPv6, form, a.String(), "ipv6")
		return
	}
	if stays6(a) || s.owns(pseudonym.IPv6, a.String()) {
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.IPv6, Form: form, Value: a.String(), Rule: "ipv6", Learn: true})
}

// procNet reads addresses as the kernel prints them in /proc/net: eight or 32
// hex digits, a colon, a port of four.
func (s *Scanner) procNet(start, end int) int {
	b := s.buf
	if end-start != 8 || end+5 > s.hi || end+5 < s.hi && isAlnum(b[end+5]) || class[b[start]]&(fDigit|fUpper) == 0 {
		return 0
	}
	for _, c := range b[end+1 : end+5] {
		if !isHexByte(c) || class[c]&fLower != 0 {
			return 0
		}
	}
	var a [4]byte
	if _, err := hex.Decode(a[:], b[start:end]); err != nil {
		return 0
	}
	a = [4]byte{a[3], a[2], a[1], a[0]}
	if !stays4(a) {
		s.emit4(start, end, a, HexBack)
	}
	return end + 5
}
