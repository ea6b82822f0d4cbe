package detect

import (
	"bytes"
	"net/netip"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// dotMAC reads 0011.2233.4455, and pairs such as 00.11.22.a.44.55, of which some may
// have dropped a zero.
func (s *Scanner) dotMAC(lo, hi int) {
	w := s.buf[lo:hi]
	if len(w) != 14 || w[4] != '.' {
		if d, ok := shortPairs(w, '.'); ok && !staysMAC(d) && !s.owns(pseudonym.MAC, d) {
			s.emitForm(lo, hi, pseudonym.MAC, Plain, d, "mac")
		}
		return
	}
	if w[4] == '.' && w[9] == '.' && hexDigits(w) == 12 {
		s.mac(lo, hi)
	}
}

// dashHex deals with hex digits and dashes: MAC, WWN, UUID, 0011-2233-4455.
func (s *Scanner) dashHex(lo, hi int) bool {
	w := s.buf[lo:hi]
	switch {
	case len(w) == 36 && w[8] == '-' && w[13] == '-' && w[18] == '-' && w[23] == '-':
		if w[0] == '0' && w[1] == '0' && foldEqual(w[19:23], "24a9") && w[24] == '3' && w[25] == '7' {
			s.nguid(lo, hi, digitsOf(w)) // written like a UUID
		}
		if strings.Trim(string(w[:24]), "0-") == "" && digitsOf(w[24:28]) != "0000" && bytes.ContainsAny(w[24:], "abcdefABCDEF") {
			s.mac(hi-12, hi)
		}
		return true // a UUID; the MAC at the end of some is met as an item
	case volumeID(w):
		s.storeBehind(hi)
		return true
	case len(w) == 17 && pairsBy(w, 3):
		s.mac(lo, hi)
		return true
	case (len(w) == 41 || len(w) == 29) && w[0] == '0' && w[1] == '0' && pairsBy(w, 3):
		s.mac(hi-17, hi) // of the identity of a client of DHCPv6, which ends in a MAC
		return true
	case len(w) == 14 && w[4] == '-' && w[9] == '-' && hexDigits(w) == 12 && (bytes.ContainsAny(w, "abcdefABCDEF") || s.linkBefore(lo, hi)):
		s.mac(lo, hi)
		return true
	case len(w) == 13 && w[6] == '-' && hexDigits(w) == 12 && (s.linkBefore(lo, hi) || halves(w)):
		s.mac(lo, hi)
		return true
	case len(w) == 20 && pairsBy(w, 3) && w[0] == '0' && w[1] == '1':
		s.mac(lo+3, hi) // with the type of hardware, as boot loaders write it
		return true
	case len(w) == 23 && pairsBy(w, 3), len(w) == 19 && w[0] == '5' && w[7] == '-' && w[9] == '-' && w[14] == '-' && hexDigits(w) == 16:
		s.wwn(lo, hi) // the other as controllers of disks cut it: 500065b-3-6789-abe0
		return true
	}
	return false
}

// halves tells a MAC in two halves, 3c5282-aa2011, from a stretch of memory.
func halves(w []byte) bool {
	f := flagsOf(w)
	return f&fDigit != 0 && f&fHex != 0 && f&(fUpper|fLower) != fUpper|fLower && string(w[4:6]) != "00" && !foldEqual(w[10:13], "fff") && hasDigit(w[7:]) && hasLetter(w)
}

// linkBefore tells a MAC of digits alone, 7848-5900-0085, by the word before it
// or by its place at the beginning of a row.
func (s *Scanner) linkBefore(lo, hi int) bool {
	if lo == s.lo {
		return hi+1 < s.hi && isSpace(s.buf[hi])
	}
	var buf [32]byte
	for n := range 2 {
		switch string(s.before(n, &buf)) {
		case "address", "mac", "bia", "hwaddr", "id", "bridge", "layer", "chassis", "root", "chassisid", "portid":
			return true
		}
	}
	return false
}

// nguid emits the name under which NVMe shows a volume of the family.
func (s *Scanner) nguid(lo, hi int, d string) {
	if len(d) == 32 && !s.owns(pseudonym.NAA, d) {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.NAA, Value: d, Rule: "naa", Learn: true})
	}
}

func pairsBy(w []byte, step int) bool {
	for i, c := range w {
		if (i%step == step-1) != (c == '-') {
			return false
		}
	}
	return true
}

// makers are the first digits of NAA 5 names of makers of storage and adapters:
// a run of 16 hex digits that begins so is a WWN rather than a number.
var makers = []string{
	"524a937", "5001438", "50014ee", "5000c50", "5002538", "500a098", "5006016", "50060e8", "5005076", "5001405", "5000cca",
	"55cd2e4", "58ce38e", "5000097", "5000d31", "5001b44", "5001b46", "5006048", "500601", "5000039", "50015b2", "500605b",
	"5003048", "5001e67", "5001517", "5000155", "5001a4a", "5001c45", "50026b7", "5f4ee08", "5742b0f", "5006b0b", "500304", "500e09e",
	"5000000", "56c92bf", "500507", "5005045", "50050cc", "5001a62", "5001501", "500003d", "50800",
}

// adapters are the makers of MACs that appear bare in dumps.
var adapters = map[string]bool{
	"005056": true, "000c29": true, "525400": true, "00155d": true, "0025b5": true, "0024ff": true, "001b32": true, "00e08b": true,
	"0090fa": true, "0000c9": true, "00109b": true, "000af7": true, "001018": true, "d4ae52": true, "b8ca3a": true, "f8bc12": true,
	"246e96": true, "a0369f": true, "90e2ba": true, "3cfdfe": true, "6805ca": true, "ac1f6b": true, "0cc47a": true, "002590": true,
	"24a937": true, "ec0d9a": true, "248a07": true, "506b4b": true, "b8599f": true, "98039b": true, "e41d2d": true, "f4521 ": false,
	"00051e": true, "0027f8": true, "00163e": true, "0050cc": true, "9cb654": true, "3863bb": true, "9457a5": true, "d06726": true, "48df37": true,
}

// hexRun deals with long runs of hex digits without separators.
func (s *Scanner) hexRun(lo, hi int) int {
	b := s.buf
	if hi-lo > 18 && b[hi-19] == '-' {
		if lo = hi - 16; hexOnly(b[lo:hi]) {
			s.wwn(lo, hi)
		}
		return hi
	}
	if hi-lo > 2 && b[lo] == '0' && lower(b[lo+1]) == 'x' {
		lo += 2
	}
	n := hi - lo
	d := ""
	if n == 12 || n == 16 || n == 17 || n == 24 || n == 32 || n == 33 {
		if n == 16 && !beginsWWN[b[lo]] || n == 32 && s.digest(lo, hi) || !hexOnly(b[lo:hi]) || n == 12 && !s.adapter(lo, hi) {
			return hi
		}
		d = digitsOf(b[lo:hi])
	}
	switch n {
	case 12:
		if strings.ContainsAny(d, "abcdef") {
			s.mac(lo, hi)
		}
	case 16:
		if s.bareWWN(lo, hi, d) {
			s.wwn(lo, hi)
		}
	case 17:
		if s.identifier(lo, d) {
			s.wwn(lo+1, hi)
		}
	case 40:
		if string(b[lo:lo+8]) == "02000000" && b[lo+8] == '6' && hexOnly(b[lo:hi]) { // the reference of a volume of E-Series
			if d = digitsOf(b[lo+8 : hi]); !s.owns(pseudonym.NAA, d) {
				s.out = append(s.out, Finding{Start: lo + 8, End: hi, Kind: pseudonym.NAA, Value: d, Rule: "naa", Learn: true})
			}
		}
	case 24:
		if strings.HasPrefix(d, "624a9370") {
			return hi
		}
	case 32, 33:
		if n == 32 && s.procNet6(lo, hi, d) {
			return hi
		}
		if n == 33 && d[0] == '3' {
			lo++
			d = d[1:]
		}
		s.naaDigits(lo, hi, d)
	}
	return hi
}

// adapter tells twelve digits that are the MAC of one.
func (s *Scanner) adapter(lo, hi int) bool {
	b := s.buf
	var maker [6]byte
	for i := range maker {
		maker[i] = lower(b[lo+i])
	}
	return adapters[string(maker[:])] || lo > s.lo+1 && b[lo-1] == 'x' && stationMAC(b[lo:hi]) ||
		lo > s.lo && hi+2 < s.hi && b[lo-1] == ',' && b[hi] == ',' && b[hi+1] == 'v' && isDigit(b[hi+2]) // model,MAC,version
}

// beginsWWN are the digits that bareWWN takes for the first of a WWN.
var beginsWWN = [256]bool{'1': true, '2': true, '5': true, 'c': true, 'C': true}

// digest tells 32 digits that begin and go on as none of the names of such length does.
func (s *Scanner) digest(lo, hi int) bool {
	switch s.buf[lo] {
	case '0', '6', 'f', 'F':
		return false
	}
	rest := s.buf[hi:s.hi]
	return !kernelIPv6(rest) && (len(rest) == 0 || rest[0] != ':')
}

// stationMAC tells an address behind 0x, as HP-UX writes those of its adapters, from
// other numbers of 48 bits: in capitals, of one station, with a maker's part that is no
// end of the address space.
func stationMAC(w []byte) bool {
	for _, c := range w {
		if class[c]&fLower != 0 {
			return false
		}
	}
	d := digitsOf(w)
	return strings.ContainsAny(d, "abcdef") && strings.IndexByte("02468ace", d[1]) >= 0 && d[:2] != "7f" && d[:4] != "0000" && d[6:] != "000000"
}

// identifier tells the identity of a disk as hosts write it, a digit for its sort
// before a name of 64 bits: 3 for one of NAA, which begins with 5 and a maker, and 2 for
// an EUI, which looks like any number and is taken where hosts put an identity.
func (s *Scanner) identifier(lo int, d string) bool {
	switch {
	case !strings.ContainsAny(d, "abcdef"):
		return d[:2] == "35" && s.bareWWN(lo+1, lo+len(d), d[1:])
	case d[:2] == "35":
		return true
	}
	return d[0] == '2' && lo > s.lo && (s.buf[lo-1] == '(' || s.buf[lo-1] == '-')
}

// bareWWN tells a WWN from any other number of 64 bits.
func (s *Scanner) bareWWN(lo, hi int, d string) bool {
	if lo > s.lo+1 && s.buf[lo-1] == 'x' && s.buf[lo-2] == '0' && strings.HasPrefix(d, "5000") && d[4:7] != "000" {
		return true
	}
	if lo > s.lo+1 && s.buf[lo-1] == 'x' && s.buf[lo-2] == '0' && !strings.HasPrefix(d, "524a937") && !strings.HasPrefix(d, "500") && !adapters[d[4:10]] {
		return false
	}
	switch d[0] {
	case '5':
		if bytes.HasSuffix(s.buf[s.lo:lo], []byte("SATA(")) || bytes.HasSuffix(s.buf[s.lo:lo], []byte("SAS(")) {
			return true
		}
	}
	switch d[0] {
	case 'c':
		return strings.HasPrefix(d, "c05076") // of adapters that a machine of IBM makes up
	case '5':
		for _, m := range makers {
			if strings.HasPrefix(d, m) {
				return true
			}
		}
	case '1', '2':
		return (strings.HasPrefix(d, "1000") || strings.HasPrefix(d, "200") || strings.HasPrefix(d, "210")) && strings.ContainsAny(d[4:], "abcdef") && d[4:10] != "000000"
	}
	return false
}

// naaDigits deals with 32 digits: an NAA name, an address as the kernel prints
// it, or a digest, which stays.
func (s *Scanner) naaDigits(lo, hi int, d string) {
	if len(d) != 32 {
		return
	}
	whole := lo
	if lo > s.lo && s.buf[lo-1] == '3' {
		whole--
	}
	if _, ok := pseudonym.VolumeOfNGUID(d); ok {
		s.nguid(lo, hi, d)
		return
	}
	if d[0] == '6' && (naaMakers(d) || lo > s.lo && s.buf[lo-1] == '3' || bytes.HasSuffix(s.buf[s.lo:lo], []byte("wwn-0x"))) {
		if !s.owns(pseudonym.NAA, d) {
			s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.NAA, Value: d, Rule: "naa", Learn: true})
		}
		s.aliasBefore(whole, hi)
		s.bracketed(hi)
		return
	}
	if strings.HasPrefix(d, "fe80000000000000") || kernelIPv6(s.buf[hi:s.hi]) {
		var a [16]byte
		for i := range 16 {
			a[i] = hexVal(d[2*i])<<4 | hexVal(d[2*i+1])
		}
		s.emit6(lo, hi, netip.AddrFrom16(a), HexForward)
	}
}

// kernelIPv6 tells by what follows a line of /proc/net/if_inet6 or ipv6_route: a
// space and a number of two hex digits.
func kernelIPv6(rest []byte) bool {
	return len(rest) > 3 && rest[0] == ' ' && isHexByte(rest[1]) && isHexByte(rest[2]) && rest[3] == ' '
}

// procNet6 reads addresses of /proc/net/tcp6: four words, each last octet first,
// a colon and a port.
func (s *Scanner) procNet6(lo, hi int, d string) bool {
	b := s.buf
	if hi+5 > s.hi || b[hi] != ':' || len(d) != 32 || bytes.ContainsAny(b[lo:hi], "abcdef") {
		return false
	}
	for _, c := range b[hi+1 : hi+5] {
		if !isHexByte(c) {
			return false
		}
	}
	var a [16]byte
	for i := range 16 {
		a[i/4*4+3-i%4] = hexVal(d[2*i])<<4 | hexVal(d[2*i+1])
	}
	addr := netip.AddrFrom16(a)
	if addr.Is4In6() {
		if q := addr.Unmap().As4(); !stays4(q) {
			s.emit4(lo+24, hi, q, HexBack)
		}
		return true
	}
	s.emit6(lo, hi, addr, HexBack)
	return true
}

// naaMakers are NAA 6 makers: 6 and the maker's 24 bits.
func naaMakers(d string) bool {
	for _, m := range []string{"624a937", "6000144", "600605b", "600300570", "600304801", "600601", "600508", "60060e8", "6005076", "600a098", "6001405", "60003ba", "6000097", "6000d31", "600c0ff", "60002ac", "600144f", "6589cfc", "6006016", "6006048", "6742b0f", "600140", "64cd98f", "6d094", "6b083", "6f4ee", "61866", "6c81f", "6848f", "6782b"} {
		if strings.HasPrefix(d, m) {
			return true
		}
	}
	return false
}

// qualified deals with names of storage ends: iqn. nqn. eui. naa. t10.
func (s *Scanner) qualified(lo, hi int) int {
	b := s.buf
	switch lower(b[lo]) {
	case 'm':
		s.daemonOf(lo+4, hi)
		return hi
	case 'f':
		return max(hi, s.fibrePath(lo))
	case 'i', 'n':
		if lower(b[lo+1]) == 'q' {
			return s.iqn(lo)
		}
	}
	end := lo + 4
	for end < s.hi && isHexByte(b[end]) {
		end++
	}
	d := digitsOf(b[lo+4 : end])
	switch {
	case end < s.hi && class[b[end]]&(fAlpha|fHigh) != 0:
	case len(d) == 16 && !s.owns(pseudonym.WWN, d):
		s.out = append(s.out, Finding{Start: lo + 4, End: end, Kind: pseudonym.WWN, Value: d, Rule: "wwn", Learn: true})
		return end
	case len(d) == 32 && !s.owns(pseudonym.NAA, d):
		s.out = append(s.out, Finding{Start: lo + 4, End: end, Kind: pseudonym.NAA, Value: d, Rule: "naa", Learn: true})
		return end
	case len(d) == 16 || len(d) == 32:
		return end
	}
	switch lower(b[lo]) {
	case 't':
		return s.t10(lo)
	case 'v':
		if len(d) >= 20 && d[0] == '0' && (d[1] == '1' || d[1] == '2') && !s.owns(pseudonym.Serial, d) {
			s.learn(lo+4, end, pseudonym.Serial, "serial") // the serial number is in it, letter by letter
		}
		return end
	}
	return hi
}

// daemonOf emits the host after which a daemon of a storage cluster is named:
// mgr.stor-lyon-3 (mgr.14106).
func (s *Scanner) daemonOf(lo, hi int) {
	end := lo
	for end < hi && s.buf[end] != '.' && s.buf[end] != '@' {
		end++
	}
	if w := s.buf[lo:end]; joinedName(w) {
		s.hostName(lo-s.lo, end-s.lo, s.fold(w))
	}
}

// t10 reads t10.VENDOR____MODEL____SERIAL: what follows the last run of
// underscores is the serial.
func (s *Scanner) t10(lo int) int {
	b, end := s.buf, lo
	for end < s.hi && (class[b[end]] != 0 || b[end] == ':' && end+1 < s.hi && isAlnum(b[end+1])) {
		end++
	}
	from := bytes.LastIndexByte(bytes.TrimRight(b[lo:end], "_"), '_')
	if from < 0 {
		return end
	}
	to := end
	for to > lo && b[to-1] == '_' {
		to--
	}
	s.learn(lo+from+1, to, pseudonym.Serial, "t10")
	return end
}

// iqn reads iqn.2010-06.com.example:unit and nqn alike, up to a space, a quote or
// a list separator.
func (s *Scanner) iqn(lo int) int {
	b, end := s.buf, lo
	for end < s.hi && (class[b[end]] != 0 || b[end] == ':' || b[end] == '/' && end+1 < s.hi && isAlnum(b[end+1]) && bytes.IndexByte(b[lo:end], ':') > 0 && lower(b[lo]) == 'n') {
		end++
	}
	for end > lo && (b[end-1] == ':' || b[end-1] == '.' || b[end-1] == '-' || b[end-1] == '_') {
		end--
	}
	end = s.trimPort(lo, end)
	w := strings.ToLower(string(b[lo:end]))
	if len(w) < 12 || !isDigit(w[4]) || !isDigit(w[5]) || w[8] != '-' || strings.Count(w, ".") < 2 {
		return end
	}
	kind := pseudonym.IQN
	if w[0] == 'n' {
		kind = pseudonym.NQN
	}
	if strings.Contains(w, ".discovery") || s.ownsQualified(w) {
		return end
	}
	s.out = append(s.out, Finding{Start: lo, End: end, Kind: kind, Value: w, Rule: kind.String(), Learn: true})
	return end
}

// trimPort drops the ",t,0x1" and ":3260" that sessions append; a comma has ended
// the name already.
func (s *Scanner) trimPort(lo, end int) int {
	i := bytes.LastIndexByte(s.buf[lo:end], ':')
	if i < 0 || bytes.IndexByte(s.buf[lo:lo+i], ':') < 0 {
		return end
	}
	switch string(s.buf[lo+i+1 : end]) {
	case "3260", "4420", "8009":
		return lo + i
	}
	return end
}

// ownsQualified tells an IQN or NQN whose unit is a stand-in.
func (s *Scanner) ownsQualified(w string) bool {
	_, unit, ok := strings.Cut(w, ":")
	if !ok {
		f := strings.SplitN(w, ".", 3)
		return len(f) == 3 && strings.HasPrefix(f[2], "invalid.")
	}
	if id, isUUID := strings.CutPrefix(unit, "uuid:"); isUUID {
		return s.owns(pseudonym.UUID, id)
	}
	return s.owns(pseudonym.Name, unit)
}

// sid reads S-1-5-21-a-b-c-rid. Other SIDs are the same everywhere.
func (s *Scanner) sid(lo, hi int) {
	w := strings.ToLower(string(s.buf[lo:hi]))
	if !strings.HasPrefix(w, "s-1-5-21-") && !strings.HasPrefix(w, "s-1-5-15-") && !strings.HasPrefix(w, "s-1-12-1-") || strings.Count(w, "-") < 6 || s.owns(pseudonym.SID, w) {
		return
	}
	for _, c := range []byte(w[1:]) {
		if c != '-' && !isHexByte(c) { // arrays write the parts of their own in hex
			return
		}
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.SID, Value: w, Rule: "sid", Learn: true})
}

// token tells a provider's token, or a serial number, by its beginning, length and
// alphabet.
func (s *Scanner) token(lo, hi int) int {
	b := s.buf
	for _, p := range s.k.prefixes {
		if hi-lo < len(p.Text) || string(b[lo:lo+len(p.Text)]) != p.Text {
			continue
		}
		end := lo + len(p.Text)
		for end < s.hi && inAlphabet(b[end], p.Alphabet) {
			end++
		}
		for end > lo && (b[end-1] == '.' || b[end-1] == '-') {
			end--
		}
		if p.Alphabet == "location" {
			if w := b[lo:hi]; len(w) >= 17 && w[5] == '.' && w[9] == '.' && (len(w) == 17 || w[17] == '-') && hasDigit(w[10:17]) && upperCase(w[10:17]) {
				s.parts(lo+10, lo+17, pseudonym.Serial, "serial", s.fold(w[10:17])) // U78CB.001.WZS0A1B-P1-C9
				return hi
			}
			continue
		}
		if kind := s.k.kind(p.rule); kind != pseudonym.Secret {
			if (end == hi || b[end] == '-') && end-lo-len(p.Text) == p.Min && hasDigit(b[lo+len(p.Text):hi]) {
				s.parts(lo, end, kind, s.k.rules[p.rule].ID, s.fold(b[lo:end]))
				return end
			}
			continue
		}
		if p.Text == "eyJ" && bytes.IndexByte(b[lo:end], '.') < 0 {
			continue // not a JWT; looked into as base64
		}
		if end-lo-len(p.Text) >= p.Min {
			s.learn(lo, end, pseudonym.Secret, s.k.rules[p.rule].ID)
			return end
		}
	}
	return 0
}

func inAlphabet(c byte, alphabet string) bool {
	f := class[c]
	switch alphabet {
	case "hex":
		return f&(fDigit|fHex) != 0
	case "digit":
		return f&fDigit != 0
	case "capital":
		return f&(fDigit|fUpper) != 0
	case "dash":
		return f&(fDigit|fLetter|fDash|fUnder|fDot) != 0
	case "base64":
		return f&(fDigit|fLetter|fDash|fUnder) != 0 || c == '+' || c == '/' || c == '='
	}
	return f&(fDigit|fLetter|fUnder) != 0
}

// zoneOfPorts emits the name of a zone that ends in the WWNs of its two ports, as
// programs make them.
func (s *Scanner) zoneOfPorts(lo, hi int) {
	w := s.buf[lo:hi]
	if n := len(w) - 32; n > 1 && hexOnly(w[n:]) && strings.IndexByte("125", w[n]) >= 0 && strings.IndexByte("125", w[n+16]) >= 0 && w[n+1] == '0' && w[n+17] == '0' && !isHexByte(w[n-1]) {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Name, Value: s.fold(w), Rule: "label", Learn: true})
	}
}
