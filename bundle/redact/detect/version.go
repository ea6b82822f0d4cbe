package detect

import "bytes"

// This file tells versions, which are four numbers with dots as well, from addresses.

// versionWords stand before numbers that are no addresses.
var versionWords = map[string]bool{
	"version": true, "ver": true, "v": true, "firmware": true, "fw": true, "release": true, "rev": true, "revision": true,
	"build": true, "driver": true, "kernel": true, "bios": true, "oid": true, "patch": true, "level": true, "microcode": true,
	"versions": true, "agent": true, "tools": true, "sdk": true, "api": true, "package": true, "upgrade": true, "upgraded": true,
	"downgraded": true, "updated": true, "purity": true, "os": true, "software": true, "hotfix": true, "update": true, "sp": true,
	"uefi": true, "aix": true, "cimc": true, "ios": true, "nxos": true, "nx-os": true, "fos": true, "ontap": true, "firmwareversion": true, "fwver": true,
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
	if p.hi > p.lo && p.hi == lo-1 && b[p.hi] == '/' && foldEqual(b[p.lo:p.hi], "product") {
		return true // a part of a path
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
	if !private4(a) && filledUp(b[lo:hi]) {
		return true
	}
	if lo > s.lo && (lower(b[lo-1]) == 'v' || b[lo-1] == '~') || !private4(a) && s.builtOf(lo, hi) {
		return true
	}
	if s.labelledVersion(lo, hi) || lo > s.lo && hi < s.hi && b[lo-1] == '|' && b[hi] == '|' && bytes.Contains(b[s.lo:lo], []byte("EF:")) && bytes.Count(b[s.lo:lo], []byte{'|'}) < 4 {
		return true // of a product, in the head of a record in CEF or LEEF
	}
	if max(a[0], a[1], a[2], a[3]) < 20 && a[0] != 10 && hi < s.hi && b[hi] == '"' && bytes.HasSuffix(b[s.lo:lo], []byte("= STRING: \"")) {
		return true // what an agent of SNMP answers, which has a type of its own for addresses
	}
	if rest := b[hi:s.hi]; !private4(a) && len(rest) > 9 && rest[0] == ',' && string(rest[1:8]) == " Linux " && isDigit(rest[8]) {
		return true // of a system, and of its kernel
	}
	if p := s.prev[0]; p.hi == lo-1 && p.hi-p.lo > 2 && b[p.hi] == ':' && lower(b[p.lo]) == 'v' && isDigit(b[p.lo+1]) {
		return true // V11.5:11.5.6.0
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
		if joins(b[p.hi:min(lo, s.nextOf(p.hi, lo))]) && (versionWords[string(w)] || versionTail(w)) {
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

// filledUp tells four numbers of which some begin with a zero, but not as an address is
// written whose numbers all have three digits: 5.12.00.007.
func filledUp(w []byte) bool {
	zero, longest, shortest := false, 0, 4
	for n := range bytes.SplitSeq(w, []byte{'.'}) {
		zero = zero || len(n) > 1 && n[0] == '0'
		longest, shortest = max(longest, len(n)), min(shortest, len(n))
	}
	return zero && longest > shortest
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
	case p.hi > p.lo && len(rest) > 0 && rest[0] == ')' && lo-2 == p.hi && string(b[p.hi:lo]) == " (":
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
	if w = bytes.TrimLeft(w, "0123456789-"); len(w) == 0 || class[w[0]]&fUpper == 0 {
		return false // 389-Directory is one too
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

func hasPackageEnd(b []byte) bool {
	for _, e := range []string{".x86_64", ".noarch", ".el", ".rpm", ".deb", ".i686", ".i386", ".jar", ".so", ".dll", ".tar", ".tgz", ".zip", ".gz", ".aarch64", ".vib", ".exe", ".msi"} {
		if bytes.Contains(b, []byte(e)) && !bytes.HasSuffix(b, []byte(".gz.log")) {
			return true
		}
	}
	return false
}
