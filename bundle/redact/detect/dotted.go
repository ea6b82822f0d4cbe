package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// Top-level domains that end nothing but host names.
var strongTLD = set("com net org edu gov mil biz arpa local internal intranet intra lan corp home localdomain private ad " +
	"de fr uk nl ch se fi dk cz sk hu ro bg gr tr ua ie es be lu li lv lt ee hr si eu ru cn jp kr br au ca za mx ar cl pe " +
	"uy nz sg hk tw th vn ph pk bd lk np ir iq ae qa kw jo lb eg tn dz ng ke gh tz aero coop museum mobi travel asia xyz cloud shop " +
	"example bank onion pt pl it at us no in tv ws co hm tk il sa onmicrosoft ext dmz prod2 lab domain adds")

// Top-level domains that also end file names and members of programs.
var weakTLD = set("io ai me my to sh py md so mk ps pm is do id as am ac cc st im rs by pro info name app dev site store online tech jobs int " +
	"la vc ml mm ms ba al re ht va ne sc sm sn td tf tg tl ve vi vu wf ye yt zm zw cat tel link live news host works zone test")

// weakOfStrong are strong domains that also end file names; they need a second dot.
var weakOfStrong = set("pl in it at us co no pt local domain home private lab ad example be com ext")

// TopLevel reports whether a label is a top-level domain.
func TopLevel(label string) bool { return strongTLD.has(label) || weakTLD.has(label) }

// packages are first labels of names of program parts.
var packages = set("com org net io edu java javax sun de jdk kotlin scala android androidx akka play gov google microsoft system")

func set(words string) *lexicon { return newLexicon(setOf(strings.Fields(words))) }

// dotted says whether a word can be a host name by its last label.
func dotted(w []byte) acts {
	i := bytes.LastIndexByte(w, '.')
	if i <= 0 || i == len(w)-1 {
		return 0
	}
	tld := w[i+1:]
	if flagsOf(w[:i])&(fLetter|fHigh) == 0 {
		return 0 // a number and its unit
	}
	if len(tld) < 2 || len(tld) > 16 {
		return aWeak // may lie in a domain the site has
	}
	if !strongTLD.hasFolded(tld) || flagsOf(tld)&(fUpper|fLower) == fUpper|fLower || !goodLabels(w) {
		return aWeak // unknown, or in two cases as in programs
	}
	if weakOfStrong.hasFolded(tld) && bytes.IndexByte(w, '.') == i && !foldEqual(tld, "com") {
		return aWeak
	}
	return aDotted
}

// goodLabels checks each label of a dotted name.
func goodLabels(w []byte) bool {
	from := 0
	for i := range len(w) + 1 {
		if i < len(w) && w[i] != '.' {
			continue
		}
		if n := i - from; n == 0 || n > 63 || w[from] == '-' || w[i-1] == '-' {
			return false
		}
		from = i + 1
	}
	return true
}

// neverName tells dotted words that name no host wherever they stand, as those of
// programs and most files do not.
func (s *Scanner) neverName(w []byte, a acts) bool {
	if len(w) > 253 {
		return true
	}
	if tld := w[bytes.LastIndexByte(w, '.')+1:]; len(s.inv.domains) == 0 && a&aDotted == 0 && !strongTLD.hasFolded(tld) && !weakTLD.hasFolded(tld) {
		return true
	}
	name := strings.ToLower(string(w))
	if s.inv.domains[name] || s.inv.inDomain(name) {
		return false
	}
	tld := name[strings.LastIndexByte(name, '.')+1:]
	return isCode(name, w) || a&aDotted == 0 && !TopLevel(tld)
}

// dottedName deals with a word that can be a host name.
func (s *Scanner) dottedName(lo, hi int, a acts) {
	w := s.buf[lo:hi]
	if len(w) > 253 {
		return
	}
	name := s.fold(w)
	if qualifiedIn(w) > 0 {
		return // a link to a device, which is read as one
	}
	if strings.HasSuffix(name, ".in-addr.arpa") {
		s.reverseZone(lo, name)
		return
	}
	if strings.HasSuffix(name, ".ip6.arpa") {
		s.reverseZone6(lo, name)
		return
	}
	if strings.HasSuffix(name, ".arpa") && !strings.HasSuffix(name, ".home.arpa") || cloudService(name) || publicName(name) || strings.HasSuffix(name, "kubernetes.io") || strings.HasSuffix(name, ".k8s.io") || lo > s.lo+1 && s.buf[lo-1] == '@' && s.buf[lo-2] == '@' || s.staysName(name) || strings.HasSuffix(name, pseudonym.Suffix) && s.owns(pseudonym.Name, name) {
		return
	}
	known := s.inv.domains[name] || s.inv.inDomain(name)
	if !known && (s.manual(lo) || s.fileName(lo, hi, name)) {
		return
	}
	if rest := s.buf[hi:s.hi]; !known && (bytes.HasPrefix(rest, []byte(" [-]")) || bytes.HasPrefix(rest, []byte(" [req-"))) {
		return // the part of a program that says something, and for which request
	}
	if !known && (isCode(name, w) || a&aDotted == 0 && !s.weakName(lo, hi, name)) {
		return
	}
	for strings.HasPrefix(name, "_") || strings.HasPrefix(name, "*") {
		i := strings.IndexByte(name, '.')
		if i < 0 {
			return
		}
		lo += i + 1
		name = name[i+1:]
	}
	if p := s.prev[0]; p.hi > p.lo && p.hi < lo && len(name) > p.hi-p.lo && name[p.hi-p.lo] == '.' && isSpace(s.buf[p.hi]) && isSpace(s.buf[lo-1]) {
		s.shortOf(p, lo, name)
	}
	s.emitName(lo, hi, name, "fqdn")
}

// shortOf emits the first label of a name where it stands before the name, as in
// "192.0.2.7  qz01  qz01.nordbank.example".
func (s *Scanner) shortOf(p span, lo int, name string) {
	w := s.buf[p.lo:p.hi]
	if strings.HasPrefix(name, s.fold(w)) && len(bytes.TrimSpace(s.buf[p.hi:lo])) == 0 {
		s.member(p.lo, p.hi)
	}
}

// reverseZone6 emits the four to 31 digits of a zone for IPv6 addresses, which are the
// site's network back to front; what stands below fe80 or is empty says nothing.
func (s *Scanner) reverseZone6(lo int, name string) {
	net := strings.TrimSuffix(name, ".ip6.arpa")
	if n := len(net); n < 7 || n > 61 || n%2 == 0 || strings.HasSuffix(net, ".e.f") {
		return
	}
	for i := range len(net) {
		if i%2 == 1 && net[i] != '.' || i%2 == 0 && !isHexByte(net[i]) {
			return
		}
	}
	s.emitForm(lo, lo+len(net), pseudonym.Name, Plain, net, "reverse-zone")
}

// reverseZone emits the one to three numbers of a zone for addresses, which are the
// site's network back to front. Those of whole addresses are met as such.
func (s *Scanner) reverseZone(lo int, name string) {
	net := strings.TrimSuffix(name, ".in-addr.arpa")
	if n := strings.Count(net, "."); n > 2 || n == 0 || n == 1 && (net == "168.192" || net == "254.169" || strings.HasSuffix(net, ".172")) || strings.HasSuffix(net, ".127") || strings.Trim(net, "0123456789.") != "" {
		return
	}
	s.emitForm(lo, lo+len(net), pseudonym.Name, Plain, net, "reverse-zone")
}

// cloudService tells a service of a public cloud from what a customer keeps there.
func cloudService(name string) bool {
	service, ok := strings.CutSuffix(name, ".amazonaws.com")
	return ok && lettersOnly(service) || ok && (service == "s3" || service == "ec2" || service == "route53") || strings.HasSuffix(name, ".googleapis.com") && strings.Count(name, ".") == 2
}

// emitName emits a dotted name: two labels are a domain, more a host in one.
func (s *Scanner) emitName(lo, hi int, name, rule string) {
	kind := s.inv.NameKind(name)
	if strings.IndexByte(name, '.') < 0 {
		kind = pseudonym.Host
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: kind, Value: name, Rule: rule, Learn: true})
}

// isCode tells names of packages, classes and properties.
func isCode(name string, w []byte) bool {
	first, _, _ := strings.Cut(name, ".")
	if packages.has(first) && strings.Count(name, ".") >= 2 {
		return true
	}
	if strings.HasPrefix(name, "rd.") && strings.Count(name, ".") >= 2 {
		return true // options of the kernel's first steps: rd.lvm.lv
	}
	if name == "javax.net" || name == "system.net" || strings.HasPrefix(name, "java.") || strings.HasPrefix(name, "kernel.") {
		return name != "kernel.org"
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; referenceEnds.has(last) && underscored(name) > 1 {
		return true // as declarations refer to each other: dns_zone.main_zone.name
	}
	for i := 1; i < len(w); i++ {
		if class[w[i]]&fUpper != 0 && class[w[i-1]]&fLower != 0 {
			return !bytes.ContainsAny(w, "-0123456789") // CamelCase members
		}
	}
	return false
}

// referenceEnds end such references, and are domains as well.
var referenceEnds = set("name id info host zone")

// underscored counts the labels that hold an underscore inside.
func underscored(name string) (n int) {
	if strings.IndexByte(name, '_') < 0 {
		return 0
	}
	for label := range strings.SplitSeq(name, ".") {
		if strings.IndexByte(label, '_') > 0 {
			n++
		}
	}
	return n
}

// portAhead tells a port behind a name: a colon and two to five digits.
func portAhead(rest []byte) bool {
	n := 1
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	return len(rest) > 2 && rest[0] == ':' && n > 2 && n < 7 && (n == len(rest) || !isAlnum(rest[n]) && rest[n] != ':')
}

// asked tells a name of which a name server was asked by what follows it: the class
// and the type of a record.
func asked(rest []byte) bool {
	if len(rest) < 5 || rest[0] != ' ' && rest[0] != '/' {
		return false
	}
	return string(rest[1:4]) == "IN " || string(rest[1:4]) == "IN\t" || rest[0] == '/' && (bytes.HasPrefix(rest, []byte("/A/IN")) || bytes.HasPrefix(rest, []byte("/AAAA/IN")) || bytes.HasPrefix(rest, []byte("/IN/")))
}

// fileName tells a program of old, as eicar.com, from a domain: its key says so, or it
// is where a URL or a path with a drive ends. So are volumes below /dev, and properties
// that a program is started with.
func (s *Scanner) fileName(lo, hi int, name string) bool {
	b := s.buf
	if lo > s.lo+5 && b[lo-1] == '/' && s.inPathOf(lo, "/dev/") {
		return true
	}
	if b[lo] == 'D' && lo > s.lo+1 && b[lo-1] == '-' && hi < s.hi && (b[hi] == '=' || b[hi] == '\\') {
		return true
	}
	if !strings.HasSuffix(name, ".com") || strings.Count(name, ".") != 1 {
		return false
	}
	if lo > s.lo && (b[lo-1] == '/' || b[lo-1] == '\\') {
		return lo-2 > s.lo && b[lo-2] != b[lo-1] && isAlnum(b[lo-2]) && (hi == s.hi || b[hi] != '/' && b[hi] != ':' && b[hi] != '\\') && (s.inPathOf(lo, "://") || s.inPathOf(lo, `:\`))
	}
	p := s.prev[0]
	return p.hi > p.lo && lo-p.hi < 6 && (hi == s.hi || b[hi] != '/') && fileKeys.hasFolded(b[p.lo:p.hi])
}

var fileKeys = set("fname filename file file_name filepath file_path oldfilename targetfilename target_filename objectname object_name")

// inPathOf reports whether a mark stands before a place with nothing between that ends
// a path.
func (s *Scanner) inPathOf(at int, mark string) bool {
	b := s.buf
	from := at
	for from > s.lo && at-from < lookBack && !isSpace(b[from-1]) && strings.IndexByte(`"'<>=,;|`, b[from-1]) < 0 {
		from--
	}
	return bytes.Contains(b[from:at], []byte(mark))
}

// manual tells the address of a page that a system or a program gives for its own
// documents by the key before it: HOME_URL="https://, x-info="https://.
func (s *Scanner) manual(lo int) bool {
	b := s.buf
	if lo-12 < s.lo || string(b[lo-3:lo]) != "://" {
		return false
	}
	i := lo - 3
	for i > s.lo && class[b[i-1]]&fLetter != 0 {
		i--
	}
	if i > s.lo && (b[i-1] == '"' || b[i-1] == '\'') {
		i--
	}
	if i <= s.lo || b[i-1] != '=' {
		return false
	}
	end := i - 1
	for i = end; i > s.lo && class[b[i-1]]&(fLetter|fUnder|fDash) != 0; {
		i--
	}
	return manuals.has(string(b[i:end]))
}

var manuals = set("x-info HOME_URL SUPPORT_URL BUG_REPORT_URL PRIVACY_POLICY_URL DOCUMENTATION_URL REDHAT_BUGZILLA_URL Documentation")

// weakName decides on a name whose last label proves nothing.
func (s *Scanner) weakName(lo, hi int, name string) bool {
	b := s.buf
	i := strings.LastIndexByte(name, '.')
	tld := name[i+1:]
	if !weakTLD.has(tld) && !strongTLD.has(tld) {
		return false
	}
	if lo-3 >= s.lo && string(b[lo-3:lo]) == "://" || lo > s.lo+1 && b[lo-1] == '@' && isAlnum(b[lo-2]) {
		return true
	}
	if asked(b[hi:s.hi]) || len(tld) > 2 && !isFile(name) && bytes.HasPrefix(b[hi:s.hi], []byte(" from ")) && quadAhead(b[hi+len(" from "):s.hi]) || len(tld) > 2 && strings.Count(name, ".") > 1 && !isFile(name) && portAhead(b[hi:s.hi]) {
		return true
	}
	switch first, _, _ := strings.Cut(name, "."); first {
	case "www", "mail", "smtp", "imap", "ns", "ns1", "ns2", "mx", "ftp", "vpn", "gw", "ntp", "api", "ldap", "dc":
		return strings.Count(name, ".") >= 2
	}
	return strings.Count(name, ".") >= 2 && weakTLD.has(tld) && !isFile(name) && strings.ContainsAny(name, "0123456789-") && !strings.Contains(name, "_") && isDigitOrDashLabel(name)
}

// isDigitOrDashLabel asks for a digit or dash in the first label, as in web01.
func isDigitOrDashLabel(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return strings.ContainsAny(first, "0123456789-") && class[first[0]]&fLetter != 0
}

func lettersOnly(s string) bool {
	for i := range len(s) {
		if class[s[i]]&fLetter == 0 {
			return false
		}
	}
	return len(s) > 1
}

// account emits a user name unless it is one every system has.
func (s *Scanner) account(lo, hi int) {
	name := s.fold(s.buf[lo:hi])
	if s.staysName(name) || numbered(name) || strings.HasPrefix(name, "systemd-") {
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.User, Value: name, Rule: "user", Learn: !s.wordy(name) && !s.k.isKey(name) && !stateWord.has(name)})
}

// numbered tells what a system has drawn to tell its objects apart, in which nobody
// has put a name: a UUID with dashes or without.
func numbered(name string) bool {
	return len(name) == 36 && isUUID([]byte(name)) || len(name) == 32 && hexOnly([]byte(name)) && hasDigit([]byte(name))
}

// staysName tells names that mean the same everywhere, and our own.
func (s *Scanner) staysName(name string) bool {
	if p, ok := pack(name); ok {
		return s.aboutName(p, name).stays
	}
	if len(name) < 8 {
		return s.staysEverywhere(name)
	}
	m := &s.staysLong[(load(name)^load(name[len(name)-8:])*mixer>>5^uint64(len(name)))*mixer>>(64-foldLog)]
	if m.name != name {
		*m = longName{name, s.staysEverywhere(name)}
	}
	return m.stays
}

// noHost tells what stands where hosts do and is none: names that stay, levels,
// addresses, accounts.
func (s *Scanner) noHost(name string) bool {
	if p, ok := pack(name); ok {
		return s.aboutName(p, name).noHost
	}
	return s.staysEverywhere(name) || neverHost(name)
}

func neverHost(name string) bool {
	if levels.has(name) || strings.IndexByte(name, '@') > 0 || strings.HasPrefix(name, "-") {
		return true
	}
	_, n := parseQuad([]byte(name), '.')
	return n == len(name)
}

// aboutName is what is known of a short name, from memory where it was met before.
func (s *Scanner) aboutName(p packed, name string) *nameMemory {
	m := &s.stays[p.slot(foldLog)]
	if m.packed != p {
		stays := s.staysEverywhere(name)
		*m = nameMemory{p, stays, stays || neverHost(name)}
	}
	return m
}

func (s *Scanner) staysEverywhere(name string) bool {
	if s.k.Keeps(name) {
		return true
	}
	name = strings.TrimSuffix(name, "+") // cut short by a column
	if name == "" || s.k.Keeps(name) || name == "localhost" || strings.HasPrefix(name, "localhost.") || allDigits(name) || slotName(name) || countedMap(name) || virtualLink(name) || cloudRegion(name) {
		return true
	}
	if strings.HasPrefix(name, "osd.") && allDigits(name[len("osd."):]) {
		return true // a daemon by its number
	}
	if len(name) > 2 && name[0] == '_' && lettersOnly(name[1:]) {
		return true // an account of a service, as systems mark them
	}
	return s.owns(pseudonym.Name, name) || name == Mask
}

// countedMap tells the names multipath gives by itself: mpatha, mpathbc.
func countedMap(name string) bool {
	return len(name) > 5 && len(name) < 9 && name[:5] == "mpath" && lettersOnly(name)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// cloudRegion tells where clouds keep their machines: us-central1-a, eu-west-3.
func cloudRegion(name string) bool {
	first, rest, ok := strings.Cut(name, "-")
	if !ok || !continents.has(first) {
		return false
	}
	place, zone, _ := strings.Cut(rest, "-")
	letters := strings.TrimRight(place, "0123456789")
	return quarters.has(letters) && (zone == "" || len(zone) < 3)
}

var (
	continents = set("us europe asia eu ap sa ca me af australia northamerica southamerica il mx")
	quarters   = set("east west north south central northeast northwest southeast southwest gov")
)
