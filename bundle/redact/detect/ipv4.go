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
		if hi+4 < s.hi && s.buf[hi] == ':' {
			s.behindPort(hi + 1)
		}
		if p := s.prev[0]; p.hi > p.lo && p.lo == s.lo && p.hi+1 == lo && s.buf[p.hi] == ',' && hi < s.hi && s.buf[hi] == ',' {
			s.firstField(p)
		}
	}
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
	if class[w[0]]&fLetter == 0 || len(w) < 4 || !nameShape(w) || s.k.Common(name) || partWords.has(letters) || slotWords.has(letters) || joinedName(w) && partWords.has(name[:strings.IndexAny(name, "-_")]) {
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

// longQuad deals with more than four numbers: an object identifier or a version,
// unless it ends in an address of the site, as rows of SNMP tables do.
func (s *Scanner) longQuad(lo, hi int) {
	dots := 0
	for i := hi - 1; i > lo; i-- {
		if s.buf[i] != '.' {
			continue
		}
		if i+2 < hi && i-2 > lo && string(s.buf[i-2:i+1]) == ".4." && s.buf[i-3] == '1' {
			if a, n := parseQuad(s.buf[i+1:hi], '.'); n > 0 && private4(a) {
				s.maybe4(i+1, i+1+n, a, Plain) // of a row: the kind of an address, its length and itself
			}
		}
		if dots++; dots == 4 {
			if a, n := parseQuad(s.buf[i+1:hi], '.'); n == hi-i-1 && !stays4(a) {
				s.maybe4(i+1, hi, a, Plain)
			}
			return
		}
	}
}

// versionWords stand before numbers that are no addresses.
var versionWords = map[string]bool{
	"version": true, "ver": true, "v": true, "firmware": true, "fw": true, "release": true, "rev": true, "revision": true,
	"build": true, "driver": true, "kernel": true, "bios": true, "oid": true, "patch": true, "level": true, "microcode": true,
	"versions": true, "agent": true, "tools": true, "sdk": true, "api": true, "package": true, "upgrade": true, "upgraded": true,
	"downgraded": true, "updated": true, "purity": true, "os": true, "software": true, "hotfix": true, "update": true, "sp": true,
	"uefi": true, "cimc": true, "ios": true, "nxos": true, "nx-os": true, "fos": true, "ontap": true, "firmwareversion": true, "fwver": true,
	"driverversion": true, "swversion": true, "softwareversion": true, "fileversion": true, "productversion": true, "assemblyversion": true,
	"culture": true, "linux": true, "u-boot": true, "jdk": true, "jre": true, "java": true, "chrome": true, "edg": true, "image": true, "opr": true, "openssl": true, "vib": true,
}

// saysVersion tells a place of which the word right before leaves no doubt: version
// 4.18.0.30, "fw_version": "4.18.0.30", v4.18.0.30. What stands there stays, even
// where the site has an address of the same numbers. The proof tells such places too,
// by less.
func (s *Scanner) saysVersion(lo int) bool {
	b, p := s.buf, s.prev[0]
	if lo > s.lo && lower(b[lo-1]) == 'v' {
		return lo-1 == s.lo || !isAlnum(b[lo-2])
	}
	if p.hi <= p.lo || p.hi > lo || lo-p.hi > 8 || p.hi-p.lo < 3 || !joins(b[p.hi:lo]) {
		return false
	}
	w := b[p.lo:p.hi]
	if n := len(w); n >= 7 && foldEqual(w[n-7:], "version") || n >= 8 && foldEqual(w[n-8:], "firmware") || n == 3 && foldEqual(w, "ver") || n > 4 && foldEqual(w[n-4:], "_ver") {
		return true
	}
	return lo-p.hi > 1 && (b[p.hi] == ':' || b[p.hi] == '=' || b[p.hi] == '"') && releases.hasFolded(w)
}

// releases are keys of versions; in running text an address can stand behind them.
var releases = set("release build revision rev bios")

// isVersion looks at what stands around four numbers.
func (s *Scanner) isVersion(lo, hi int, a [4]byte) bool {
	b := s.buf
	if lo > s.lo && (lower(b[lo-1]) == 'v' || b[lo-1] == '~') || !private4(a) && s.builtOf(lo, hi) {
		return true
	}
	if s.labelledVersion(lo, hi) || lo > s.lo && hi < s.hi && b[lo-1] == '|' && b[hi] == '|' && bytes.Contains(b[s.lo:lo], []byte("EF:")) && bytes.Count(b[s.lo:lo], []byte{'|'}) < 4 {
		return true // of a product, in the head of a record in CEF or LEEF
	}
	var buf [32]byte
	for n := range 2 {
		p := s.prev[n]
		if p.hi == 0 || p.hi > lo || lo-p.hi > 60 {
			break
		}
		w := s.before(n, &buf)
		if n == 1 && (!joins(b[s.prev[0].hi:lo]) || !isLinking(b[s.prev[0].lo:s.prev[0].hi])) {
			break
		}
		if n == 0 && string(w) == "fw" && b[p.hi] == '=' && (s.lineHas(p.lo, "time=") || s.lineHas(p.lo, "sn=")) {
			return false // the firewall that writes, not firmware
		}
		if (versionWords[string(w)] || versionTail(w)) && joins(b[p.hi:min(lo, s.nextOf(p.hi, lo))]) {
			if n == 1 && ambiguous(w) && moves(b[s.prev[0].lo:s.prev[0].hi]) && !changes(w) {
				return false // the name of a user or a program, and where it comes from
			}
			if n == 1 && private4(a) && string(b[s.prev[0].lo:s.prev[0].hi]) == "of" {
				return false // release of a lease
			}
			return !private4(a) || versionTail(w) || versionWords[string(w)] && !ambiguous(w)
		}
		if n == 0 && p.hi < lo && slashed(b[p.hi:lo]) && product(b[p.lo:p.hi]) && !private4(a) && (p.lo == s.lo || b[p.lo-1] != '/') {
			return true
		}
	}
	return false
}

// slashed tells a slash as texts, JSON and URLs write it.
func slashed(gap []byte) bool {
	switch string(gap) {
	case "/", `\/`, "%2F", "%2f":
		return true
	}
	return false
}

// builtOf tells versions by what follows them: a build in brackets, the release of a
// package, the empty fields of a list of packages; or by a shorter version before
// them that they spell out: 14.03 (4.1.0.0).
func (s *Scanner) builtOf(lo, hi int) bool {
	b, p := s.buf, s.prev[0]
	rest := b[hi:s.hi]
	switch {
	case len(rest) > 0 && rest[0] == ')' && lo-2 == p.hi && string(b[p.hi:lo]) == " (":
		w := b[p.lo:p.hi]
		return isDigit(w[0]) && bytes.IndexByte(w, '.') > 0 && flagsOf(w)&(fLetter|fDash|fUnder) == 0
	case len(rest) < 3:
	case rest[0] == ':' && rest[1] == ' ' && rest[2] == ':', bytes.HasPrefix(rest, []byte(" (build ")), bytes.HasPrefix(rest, []byte(" (Build ")):
		return true
	case rest[0] == ' ' && isDigit(rest[1]):
		n := 1
		for n < len(rest) && n < 24 && class[rest[n]] != 0 {
			n++
		}
		if bytes.Contains(rest[:n], []byte(".el")) || bytes.Contains(rest[:n], []byte(".fc")) {
			return true
		}
	}
	return s.versionColumn(lo)
}

// versionColumn tells a place below the title of a column of versions.
func (s *Scanner) versionColumn(lo int) bool {
	t := &s.st.table
	if t.n == 0 || t.delim != 0 {
		return false
	}
	for _, c := range t.cols[:t.n] {
		if c.rule == versions && lo-s.lo >= int(c.at) && lo-s.lo < int(c.end) {
			return true
		}
	}
	return false
}

// labelledVersion tells the value of cs3=1.2.3.4 cs3Label=ProductVersion.
func (s *Scanner) labelledVersion(lo, hi int) bool {
	b, p := s.buf, s.prev[0]
	if p.hi+1 != lo || b[p.hi] != '=' || p.hi-p.lo != 3 || b[p.lo] != 'c' || b[p.lo+1] != 's' && b[p.lo+1] != 'n' {
		return false
	}
	label := append(append([]byte(nil), b[p.lo:p.hi]...), "Label="...)
	_, rest, ok := bytes.Cut(b[s.lo:s.hi], label)
	if i := bytes.IndexByte(rest, '='); i >= 0 {
		rest = rest[:i]
	}
	return ok && bytes.Contains(bytes.ToLower(rest), []byte("version"))
}

// moves tells the words between a program and an address that it comes from or
// goes to.
func moves(w []byte) bool { return string(w) == "from" || string(w) == "to" }

// changes tells words after which from and to stand before versions.
func changes(w []byte) bool {
	return bytes.HasPrefix(w, []byte("up")) || bytes.HasPrefix(w, []byte("downgrad")) || string(w) == "package"
}

// nextOf bounds the gap behind a word to the next word.
func (s *Scanner) nextOf(from, to int) int {
	for i := from; i < to; i++ {
		if class[s.buf[i]] != 0 {
			return i
		}
	}
	return to
}

// ambiguous words can stand before a version and before an address.
func ambiguous(w []byte) bool {
	switch string(w) {
	case "image", "agent", "api", "os", "linux", "level", "v", "update", "updated", "upgrade", "upgraded", "downgraded", "package", "sp", "ios", "java", "patch":
		return true
	}
	return false
}

func versionTail(w []byte) bool {
	return bytes.HasSuffix(w, []byte("version")) || bytes.HasSuffix(w, []byte("_ver")) || bytes.HasSuffix(w, []byte("firmware"))
}

// isLinking tells the words that stand between "version" and the number.
func isLinking(w []byte) bool {
	switch string(w) {
	case "is", "was", "to", "from", "of", "Version", "number", "string", "info", "level", "running", "now":
		return true
	}
	return false
}

// joins reports whether a gap binds a word to the number behind it.
func joins(gap []byte) bool {
	for _, c := range gap {
		switch c {
		case ' ', '\t', ':', '=', '"', '\'', '(', '>', '\\', '[', ']', '.':
		default:
			return false
		}
	}
	return true
}

// product tells names as in Chrome/1.2.3.4 from hosts as in node7/10.1.2.3.
func product(w []byte) bool {
	if class[w[0]]&fUpper == 0 {
		return false
	}
	small := false
	for _, c := range w {
		if class[c]&fLetter == 0 {
			return false
		}
		small = small || class[c]&fLower != 0
	}
	return small // UDP/10.1.2.3 is no product
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
	if s.arpa(lo, hi) || s.saysVersion(lo) {
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
			if i > lo+1 && b[i-1] == sep && isDigit(b[i-2]) || stays4(a) {
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
		if from > lo && (name && release || hasPackageEnd(b[to:hi])) || release && !private4(a) && (hasLetter(b[to:hi]) || hi < s.hi && (b[hi] == '+' || b[hi] == '~')) {
			return false
		}
		return from == lo || private4(a) || !name || addressWord(b[lo:from-1]) || b[from-1] == '_' && to == hi && largeOctets(a)
	}
	if from == lo && to == hi {
		return private4(a) // 10-20-30-40 alone
	}
	return private4(a) || from > lo && a[0] > 12 || from > lo && addressWord(b[lo:from-1])
}

// largeOctets tells four numbers of which two or more are larger than those that
// versions count with.
func largeOctets(a [4]byte) bool {
	n := 0
	for _, o := range a {
		if o >= 40 {
			n++
		}
	}
	return n >= 2
}

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

func hasPackageEnd(b []byte) bool {
	for _, e := range []string{".x86_64", ".noarch", ".el", ".rpm", ".deb", ".i686", ".i386", ".jar", ".so", ".dll", ".tar", ".tgz", ".zip", ".gz", ".aarch64", ".vib", ".exe", ".msi"} {
		if bytes.Contains(b, []byte(e)) && !bytes.HasSuffix(b, []byte(".gz.log")) {
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
