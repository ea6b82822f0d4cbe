package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// nameValue emits the name a key is followed by.
func (s *Scanner) nameValue(g gap, kind pseudonym.Kind, rule int16) int {
	b := s.buf
	if g.value >= s.hi {
		return 0
	}
	id := s.k.rules[rule].ID
	switch kind {
	case pseudonym.IPv4:
		return 0
	case pseudonym.WWN, pseudonym.MAC:
		s.digitsAt(g.value, kind)
		return 0
	}
	if freeText(kind) {
		return s.freeValue(g, kind, id)
	}
	end := s.hi
	if g.quote != 0 {
		end, _ = s.closing(g)
	}
	if g.quote != 0 && kind == pseudonym.Serial {
		for g.value < end && (b[g.value] <= ' ' || b[g.value] >= 0x80) {
			g.value++ // filled up, or what a disk puts before it
		}
	}
	if g.quote != 0 && kind != pseudonym.Serial && bytes.IndexByte(b[g.value:end], ' ') >= 0 {
		if kind == pseudonym.User && bytes.Count(b[g.value:end], []byte{' '}) == 1 && personLike(b[g.value:end]) {
			if bytes.IndexByte(b[g.value:end], '\\') < 0 {
				s.learn(g.value, end, pseudonym.Person, id)
			}
			return end
		}
		return 0
	}
	if i := bytes.IndexByte(b[g.value:end], '/'); kind == pseudonym.Pod && i > 0 && g.quote != 0 {
		s.nameAt(g.value, g.value+i, kind, id, g) // the namespace of one of containers
		g.value += i + 1
	}
	s.nameAt(g.value, end, kind, id, g)
	if kind == pseudonym.Host || kind == pseudonym.User {
		s.nameList(g, end, kind, id)
	}
	return 0
}

// sharePath emits the names in the path under which an array serves a file system.
func (s *Scanner) sharePath(g gap, id string) {
	b, i := s.buf, g.value
	for i+1 < s.hi && b[i] == '/' {
		end := nameEnd(b, i+1, s.hi)
		if w := b[i+1 : end]; len(w) > 2 && nameShape(w) && !isFile(s.fold(w)) {
			s.nameAt(i+1, end, pseudonym.FileSystem, id, gap{value: i + 1, sep: ':', quote: g.quote, keyed: true})
		}
		i = end
	}
}

// nameList emits the names behind the first of a list: nodes=web01,web02.
func (s *Scanner) nameList(g gap, limit int, kind pseudonym.Kind, id string) {
	b := s.buf
	first := g.value
	if first < limit && b[first] == '@' {
		first++
	}
	for i := nameEnd(b, first, limit); i+2 < limit && b[i] == ','; {
		from := i + 1
		if g.sep == '=' && b[from] == ' ' {
			from++
		}
		if b[from] == '@' && kind == pseudonym.User && from+1 < limit {
			from++ // of a group
		}
		if class[b[from]]&fLetter == 0 {
			return
		}
		i = nameEnd(b, from, limit)
		if i <= from || s.anotherKey(from) && i < limit || i < limit && (b[i] == '=' || b[i] == ':' || b[i] == '/' || b[i] == '(') || g.quote == 0 && g.sep != '=' && i < limit && b[i] != ',' {
			return
		}
		s.nameAt(from, i, kind, id, g)
	}
}

// digitsAt emits a WWN or MAC that is written without separators.
func (s *Scanner) digitsAt(lo int, kind pseudonym.Kind) {
	b := s.buf
	if lo+2 < s.hi && b[lo] == '0' && lower(b[lo+1]) == 'x' {
		lo += 2
	}
	end := lo
	for end < s.hi && isHexByte(b[end]) {
		end++
	}
	if kind == pseudonym.WWN && end-lo == 2 && lo+23 <= s.hi && (lo+23 == s.hi || !isAlnum(b[lo+23])) && strings.IndexByte("125", b[lo]) >= 0 && spacedPairs(b[lo:lo+23]) {
		s.wwn(lo, lo+23)
		return
	}
	switch {
	case end < s.hi && (isAlnum(b[end]) || b[end] == ':' || b[end] == '-'):
	case kind == pseudonym.WWN && end-lo == 16:
		s.wwn(lo, end)
	case kind == pseudonym.WWN && end-lo == 32:
		s.nguid(lo, end, digitsOf(b[lo:end]))
	case kind == pseudonym.MAC && end-lo == 12:
		s.mac(lo, end)
	case kind == pseudonym.MAC && end-lo == 16 && strings.IndexByte("125c", lower(b[lo])) >= 0:
		s.wwn(lo, end) // the address of an adapter of a storage network
	}
}

// spacedPairs tells pairs of hex digits with a space between two: 20 00 00 10.
func spacedPairs(w []byte) bool {
	for i, c := range w {
		if i%3 == 2 && c != ' ' || i%3 != 2 && !isHexByte(c) {
			return false
		}
	}
	return true
}

// nameAt emits the name at lo, which is one word or parts joined by the marks a
// kind of name may hold, unless it is a number, a state or a word of every log.
func (s *Scanner) nameAt(lo, limit int, kind pseudonym.Kind, id string, g gap) {
	b := s.buf
	if kind == pseudonym.MAC || kind == pseudonym.WWN {
		s.digitsAt(lo, kind)
		return
	}
	if lo+3 < limit && b[lo] == 0xe2 && b[lo+1] == 0x80 { // a typographic quote
		lo += 3
		if i := bytes.Index(b[lo:limit], []byte("\xe2\x80")); i >= 0 {
			limit = lo + i
		}
	}
	for lo < limit && (b[lo] == '@' && kind != pseudonym.User || b[lo] == '(' || b[lo] == '[' || b[lo] == '<') {
		if b[lo] == '<' && bytes.IndexByte(b[lo:limit], '>') < 0 || b[lo] == '(' && lo+1 < limit && lower(b[lo+1]) == 'n' {
			return
		}
		for lo++; lo < limit && b[lo] == ' ' && kind == pseudonym.Serial; lo++ {
		}
	}
	end := lo
	for end < limit && (class[b[end]] != 0 && (b[end] != '@' || kind == pseudonym.User) || b[end] == '+' && (kind == pseudonym.User || kind == pseudonym.Serial && end > lo) || kind == pseudonym.Serial && b[end] == '/' ||
		b[end] == ':' && end+2 < limit && b[end+1] == ':' && isAlnum(b[end+2]) || b[end] == ':' && end > lo && b[end-1] == ':') {
		end++
	}
	if n := serialBehind(b[end:limit]); n > 0 && kind == pseudonym.Host {
		s.learn(end+1, end+1+n, pseudonym.Serial, "serial") // sw-core(FDO2231A0BC), as neighbours tell
	} else if end < limit && (b[end] == '\\' || b[end] == '(' && end > lo && kind != pseudonym.User && !(kind == pseudonym.Host && g.sep == ':' && end+2 < limit && isDigit(b[end+1]) && b[end+2] == ')')) && !(b[end] == '\\' && end+1 < limit && (b[end+1] == '"' || b[end+1] == 'n')) {
		return // a path, DOMAIN\user or a call, met elsewhere
	}
	for end > lo && class[b[end-1]]&(fDot|fDash|fUnder|fAt) != 0 {
		end--
	}
	if end < limit && (kind == pseudonym.Host && b[end] == '@' && meshed.hasFolded(b[lo:end]) || kind == pseudonym.Group && b[end] == ',' && g.quote != 0) {
		return // a program and where it runs, met as such; the number of a group at a port
	}
	if kind == pseudonym.Volume && g.quote != 0 && end+1 < limit && end > lo && b[end] == '/' && class[b[end+1]]&(fLetter|fDigit) != 0 {
		if to := nameEnd(b, end+1, limit); to == limit {
			s.nameAt(end+1, to, kind, id, g) // of a group of volumes: group/volume
		}
	}
	w := b[lo:end]
	if n := end - lo; n == 18 && w[0] == '0' && lower(w[1]) == 'x' && strings.IndexByte("125c", lower(w[2])) >= 0 && hexOnly(w[2:]) && kind != pseudonym.Serial {
		s.wwn(lo+2, end)
		return
	}
	if end+2 < limit && b[end] == ':' && b[end+1] == '/' && b[end+2] == '/' {
		return // the scheme of a URL
	}
	name := s.fold(w)
	if kind == pseudonym.Name && strings.HasSuffix(name, ".arpa") {
		return // a zone of addresses, met as one
	}
	if kind == pseudonym.Serial && (bytes.HasPrefix(b[end:limit], []byte(" driver")) || len(w) == 32 && hexOnly(w) && !isFormOfOther(w) && !strings.HasPrefix(name, "00c0ff")) {
		return // of lines; a digest
	}
	if kind == pseudonym.Serial && (g.quote != 0 || !g.keyed) && countedSerial(w) && !s.owns(kind, name) {
		s.parts(lo, end, kind, id, name)
		return
	}
	if kind == pseudonym.Serial && hasDigit(w) && (len(w) >= 10 && hasLetter(w) && serialLike(w) || dashedSerial(w)) && !s.owns(kind, name) && !isUUID(w) {
		s.parts(lo, end, kind, id, name)
		return
	}
	if kind == pseudonym.Serial && string(w) == "VMware-42" || string(w) == "VMware-56" {
		for end+2 < limit && (b[end] == ' ' || b[end] == '-') && isHexByte(b[end+1]) && isHexByte(b[end+2]) {
			end += 3
		}
		s.parts(lo, end, kind, id, s.fold(b[lo:end]))
		return
	}
	if kind == pseudonym.Name && (slotWords.has(strings.TrimRight(name, "0123456789-")) || strings.HasPrefix(name, "virtio") || strings.HasPrefix(name, "ua-") && isUUID(w[3:])) {
		return // a device of a virtual machine
	}
	if kind == pseudonym.Host && (name == "q35" || strings.HasPrefix(name, "pc-i440fx-") || strings.HasPrefix(name, "pc-q35-")) {
		return // what a virtual machine is like
	}
	if kind != pseudonym.Serial && numbered(name) || (kind == pseudonym.Host || kind == pseudonym.Volume || kind == pseudonym.Serial) && diskName(name) {
		return
	}
	if end-lo < 2 || s.staysName(name) || looksLikeValue(w) || emptyValues.has(name) || s.ofProgram(lo, end, limit, kind, name) {
		return
	}
	if kind == pseudonym.Domain && (name == "local" || name == "global") || kind == pseudonym.Name && !nameShape(w) && s.k.Common(name) {
		return
	}
	if kind == pseudonym.User && monthStamp(b[lo:s.hi], 4) > 0 && len(w) == 3 && weekday(w) {
		return // Last login: Mon Jun  3
	}
	if kind == pseudonym.Host && (systems.has(name) || name == "dedicated" || name == "pooled") {
		return // how a database serves
	}
	if kind == pseudonym.Host && !strings.ContainsAny(name, "0123456789-.") && bytes.HasPrefix(b[end:limit], []byte(" :")) {
		return // the step of a program, and what it says
	}
	if kind == pseudonym.User && systems.has(name) {
		return // what uname says
	}
	if kind == pseudonym.User && (strings.HasPrefix(name, "s-1-") || name == "nt" && bytes.HasPrefix(b[end:limit], []byte(" AUTH"))) || triple(name) {
		return
	}
	if kind == pseudonym.User && name == "host" && end+2 < limit && b[end] == '/' {
		if to := nameEnd(b, end+1, limit); nameShape(b[end+1 : max(end+1, to)]) {
			s.hostName(end+1-s.lo, to-s.lo, s.fold(b[end+1:to])) // the machine is who asks
		}
		return
	}
	if end+1 < limit && b[end] == '=' && g.sep == ':' && g.quote == 0 && !g.keyed && kind != pseudonym.Serial {
		return // another key, behind a program's name
	}
	if end+1 < limit && b[end] == '=' && end-lo < 4 && phrases[name]&aDN != 0 {
		return // a DN, met by its parts
	}
	quoted := g.quote != 0 || g.keyed
	if kind == pseudonym.Serial && name == "ibm" && end+6 < limit && b[end] == ',' {
		s.nameAt(end+1, limit, kind, id, g) // IBM,02784F2
		return
	}
	if kind == pseudonym.Serial && (!hasDigit(w) || len(w) < 4) {
		s.serialsAfter(end, limit, id)
		return
	}
	if !quoted && g.sep == ':' && b[lo-1] == ':' && joinedName(w) && partWords.has(strings.TrimRight(name[:strings.IndexAny(name, "-_")], "0123456789")) {
		return // grpc-server:thread-16
	}
	if !quoted && g.sep == ':' && end+1 < limit && b[end] == ':' && b[end+1] == ' ' && kind == pseudonym.Host && !hasDigit(w) && upperCase(w) {
		return // Server: AUTH-ERROR: x
	}
	if !quoted && g.sep == ':' && s.k.Common(name) && !s.beginsLine(lo) && !s.ofForm(lo, end, limit, kind, name) || stateWord.has(name) && !(nameWord.has(name) && (quoted || g.sep == '=')) {
		return
	}
	if kind == pseudonym.Host && len(w) == 2 && hasDigit(w) && upperName(w) {
		return // a part by its number: N1
	}
	if kind == pseudonym.Host && len(w) < 16 && hexOnly(w) && hasDigit(w) && end-lo > 2 && isDigit(w[0]) {
		return // the number of a device
	}
	if len(w) == 16 && hexDigits(w) == 16 && (kind == pseudonym.Host || kind == pseudonym.Name) {
		s.wwn(lo, end)
		return
	}
	if kind == pseudonym.Serial && s.owns(kind, name) {
		return
	}
	if kind == pseudonym.FQDN {
		if strings.IndexByte(name, '.') > 0 && !isFile(name) && goodLabels(w) {
			s.emitName(lo, end, name, id)
		}
		return
	}
	if kind == pseudonym.Host && strings.IndexByte(name, '.') > 0 && bytes.IndexByte(w, '@') < 0 {
		if isFile(name) {
			return
		}
		s.emitName(lo, end, name, id)
		return
	}
	if at := bytes.IndexByte(w, '@'); at >= 0 {
		switch {
		case bytes.IndexByte(w, '.') >= 0:
		case kind == pseudonym.User && at > 0 && (g.sep == '=' || g.sep == ':') && at+1 < len(w):
			s.account(lo, lo+at)
			if nameShape(w[at+1:]) {
				s.hostName(lo+at+1-s.lo, end-s.lo, s.fold(w[at+1:]))
			} else if realm := s.fold(w[at+1:]); !s.k.Common(realm) && !s.staysName(realm) && !localRealms.has(realm) {
				s.learn(lo+at+1, end, pseudonym.Domain, "domain")
			}
		default:
			s.mail(lo, end)
		}
		return
	}
	if kind == pseudonym.Serial && (isFormOfOther(w) || slotName(name)) {
		return
	}
	s.parts(lo, end, kind, id, name)
}

// ofForm tells a value that stands alone behind its key and a tab, as in what Windows
// writes of an event: there a common word is a name too.
func (s *Scanner) ofForm(lo, end, limit int, kind pseudonym.Kind, name string) bool {
	if kind != pseudonym.Domain && kind != pseudonym.User && kind != pseudonym.Host || s.buf[lo-1] != '\t' || len(name) < 3 || name == "workgroup" {
		return false
	}
	return len(bytes.TrimRight(s.buf[end:limit], " \t\r")) == 0
}

// localRealms are realms that programs give by themselves.
var localRealms = set("local pve pbs")

// triple tells what a compiler builds for, x86_64-linux-gnu, from the name of a host.
func triple(name string) bool {
	return strings.HasPrefix(name, "x86_64-") || (strings.HasSuffix(name, "-gnu") || strings.HasSuffix(name, "-musl") || strings.HasSuffix(name, "-gnueabihf")) && strings.Contains(name, "-linux")
}

// ofProgram tells parts of programs that stand where a name could: classes and
// bundles in reverse order of domains, domains of errors, parts of selectors.
func (s *Scanner) ofProgram(lo, end, limit int, kind pseudonym.Kind, name string) bool {
	b := s.buf
	w := b[lo:end]
	if kind == pseudonym.Serial {
		return false
	}
	if strings.HasPrefix(name, "pam_") && end < s.hi && b[end] == '(' {
		return true // the module that says so: login: pam_unix(login:session)
	}
	if strings.Count(name, ".") >= 2 && isCode(name, w) || kind == pseudonym.Host && s.ofSystem(lo, name) {
		return true
	}
	if kind == pseudonym.Domain && hump(w) && strings.Contains(name, "domain") {
		return true
	}
	return end+1 < limit && b[end] == ':' && class[b[end+1]]&fLetter != 0 && lo > s.lo && b[lo-1] == ':' && hump(w)
}

// ofSystem tells what a system calls its parts behind a key that names hosts elsewhere: an
// emulated board, the switch behind -nodes, the device of a card.
func (s *Scanner) ofSystem(lo int, name string) bool {
	line := bytes.TrimLeft(s.buf[min(s.lo, lo):lo], " ") // the value of a pair can stand on a line before
	return name[0] == '-' || backupDaemons.has(name) || emulated(name) || bytes.HasPrefix(line, []byte("OS Device Name:")) || bytes.HasPrefix(line, []byte("BSD Device Name:"))
}

// emulated tells the machines that emulators build, by their version: pc-i440fx-2.11.
func emulated(name string) bool {
	board, version, _ := strings.Cut(name, "-")
	for _, chips := range []string{"i440fx-", "q35-", "rhel"} {
		version = strings.TrimPrefix(version, chips)
	}
	return boards.has(board) && version != "" && strings.Trim(version, "0123456789.") == ""
}

var boards = set("pc q35 pseries virt s390")

// identifier tells names of fields and constants, such as serviceAccount and
// PV_UUID: where one stands in the place of a name it goes, and nowhere else.
func identifier(w []byte) bool {
	var f flags
	for _, c := range w {
		f |= class[c]
	}
	if f&(fDigit|fDot|fDash|fHigh|fAt) != 0 || len(w) < 6 {
		return false
	}
	return f&fUnder != 0 && f&fLower == 0 || f&fUnder == 0 && hump(w)
}

// hump tells words such as deviceName.
func hump(w []byte) bool {
	for i := 1; i < len(w); i++ {
		if class[w[i]]&fUpper != 0 && class[w[i-1]]&fLower != 0 {
			return true
		}
	}
	return false
}

// countedSerial tells serial numbers of digits alone from counts and from the
// serials of zones, which are dates.
func countedSerial(w []byte) bool {
	if len(w) < 8 || len(w) > 20 || !allDigits(string(w)) || bytes.Count(w, w[:1]) == len(w) {
		return false
	}
	date := (w[0] == '1' && w[1] == '9' || w[0] == '2' && w[1] == '0') && w[4] <= '1' && w[6] <= '3'
	return !date || len(w) > 10
}

// dashedSerial tells serial numbers of digits and dashes from dates.
func dashedSerial(w []byte) bool {
	n, dashes := digits(w), bytes.Count(w, []byte{'-'})
	return n >= 9 && dashes > 0 && dashes <= 3 && n+dashes == len(w)
}

// serialBehind is the length of a serial number in brackets, or 0.
func serialBehind(b []byte) int {
	if len(b) < 9 || b[0] != '(' {
		return 0
	}
	if n := bytes.IndexByte(b, ')') - 1; n > 0 && serialLike(b[1:1+n]) {
		return n
	}
	return 0
}

// serialsAfter reads "Ours FOC1A2B3C4D, Mate FOC5E6F7G8H" behind the key.
func (s *Scanner) serialsAfter(at, limit int, id string) {
	b := s.buf
	for range 2 {
		for at < limit && isSpace(b[at]) {
			at++
		}
		end := nameEnd(b, at, limit)
		if end <= at || !serialLike(b[at:end]) {
			return
		}
		s.learn(at, end, pseudonym.Serial, id)
		if end+2 >= limit || b[end] != ',' {
			return
		}
		at = end + 2
		for at < limit && class[b[at]]&fLetter != 0 {
			at++
		}
	}
}

// parts emits a name; the parts of pod::volume and group/volume are names of their own.
func (s *Scanner) parts(lo, end int, kind pseudonym.Kind, id, name string) {
	if i := strings.Index(name, "::"); i > 0 {
		to := lo + bytes.Index(s.buf[lo:end], []byte("::")) // lower case can be of another length
		s.parts(lo, to, pseudonym.Pod, id, name[:i])
		s.parts(to+2, end, kind, id, name[i+2:])
		return
	}
	learn := !s.k.Common(name) && !s.k.isKey(name) && !(kind == pseudonym.User && s.wordy(name)) && (len(name) >= 4 || len(name) == 3 && hasDigit([]byte(name))) && !identifier(s.buf[lo:end]) && !countedCluster(name) && !(kind == pseudonym.Name && ofMachine(s.buf[lo:end], name))
	s.out = append(s.out, Finding{Start: lo, End: end, Kind: kind, Value: name, Rule: id, Learn: learn})
}

// countedCluster tells the names products give to their clusters, which also stand in
// the paths of their commands: cluster-1.
func countedCluster(name string) bool {
	number, ok := strings.CutPrefix(name, "cluster-")
	return ok && len(number) < 3 && allDigits(number)
}

var parts = set("enclosure controller slot processor chassis fan psu disk iscsi iom canister cpu board bay box dimm riser ambient chipset")

// signers sign programs everywhere.
var signers = newLexicon(map[string]bool{
	"microsoft corporation": true, "microsoft windows": true, "google llc": true, "google inc": true, "google inc.": true,
	"apple inc.": true, "vmware, inc.": true, "red hat, inc.": true, "canonical ltd.": true, "oracle corporation": true,
	"mozilla corporation": true, "adobe inc.": true, "intel corporation": true, "dell inc.": true, "hewlett-packard": true,
})

func hexOnly(w []byte) bool {
	for _, c := range w {
		if !isHexByte(c) {
			return false
		}
	}
	return true
}

func hasDigit(w []byte) bool {
	for _, c := range w {
		if isDigit(c) {
			return true
		}
	}
	return false
}

// stateWord are words that say how something is where a name could stand.
// systems are what operating systems call themselves, where keys of hosts and of
// uname lead to them.
var systems = set("linux windows darwin freebsd openbsd netbsd sunos solaris aix hp-ux esxi gnu/linux vmkernel")

var stateWord = set("standalone up down online offline ok ready failed healthy degraded critical warning error info debug notice unknown running stopped " +
	"active inactive enabled disabled primary secondary standby master slave leader follower client server local remote new old " +
	"created deleted removed added changed started stopping connected disconnected reachable unreachable full empty busy idle " +
	"equals contains exists regex matches multiple various " +
	"yes no true false null none nil this that the a an is not and or but if in on at of to for from with by as it be was has had " +
	"logged logon logoff logout sign signin session account name id key value type class status state mode count size list set get put post delete head key keys data info " +
	"unconfined tcp udp icmp preauth postauth denied permitted allowed successful failure authenticated")

// nameWord are words of states and sentences that are names where a key with an
// equals sign or quotes says so.
var nameWord = set("data info node client server local remote master slave session name account type class keys list head")

// looksLikeValue tells numbers with units, times, paths and the like.
func looksLikeValue(w []byte) bool {
	if len(w) == 0 {
		return true
	}
	switch w[0] {
	case '%', '$', '/', '*', '{', '<', '#', '&', '=':
		return true
	}
	if isDigit(w[0]) {
		i := 0
		for i < len(w) && (isDigit(w[i]) || w[i] == '.' || w[i] == '-' || w[i] == ':') {
			i++
		}
		rest := string(w[i:])
		switch strings.ToLower(rest) {
		case "", "%", "b", "k", "kb", "m", "mb", "g", "gb", "t", "tb", "p", "pb", "bi", "ki", "mi", "gi", "ti", "pi", "ei", "byte", "bytes", "kib", "mib", "gib", "tib", "ms", "s", "us", "ns", "h", "d", "x", "hz", "mhz", "ghz", "rpm", "c", "f", "v", "w", "a", "w3", "th", "st", "nd", "rd", "min", "sec", "px", "e", "mhz,", "i", "u", "gbps", "mbps", "kbps", "iops":
			return true
		}
		if len(w) > 9 && (w[i-1] == '-' || w[4%len(w)] == '-') && (rest[0] == 'T' || rest[0] == 't') {
			return true
		}
	}
	if _, n := parseQuad(w, '.'); n == len(w) {
		return true
	}
	if len(w) > 2 && w[0] == '0' && w[1] == 'x' {
		return true
	}
	return isUUID(w)
}

func isUUID(w []byte) bool {
	return len(w) == 36 && w[8] == '-' && w[13] == '-' && w[18] == '-' && w[23] == '-' && hexDigits(w) == 32
}

// isFormOfOther tells serial-like values that are met by their own form.
func isFormOfOther(w []byte) bool {
	low := strings.ToLower(string(w))
	for _, p := range []string{"naa.", "eui.", "iqn.", "nqn.", "t10.", "0x"} {
		if strings.HasPrefix(low, p) {
			return true
		}
	}
	return len(w) == 32 && hexDigits(w) == 32 && low[0] == '6' && naaMakers(low) || len(w) == 33 && low[0] == '3'
}

// isFile tells names of files from names of hosts.
func isFile(name string) bool {
	i := strings.LastIndexByte(name, '.')
	switch name[i+1:] {
	case "log", "conf", "cfg", "txt", "xml", "json", "yaml", "yml", "gz", "zip", "tar", "service", "socket", "target", "so", "exe", "dll", "sys", "py", "go", "c", "h", "java", "cpp", "js", "sh", "pl", "rb", "html", "php", "css", "db", "pid", "lock", "tmp", "bak", "old", "pem", "crt", "key", "csv", "md", "ini", "properties", "rpm", "deb", "iso", "img", "vmdk", "ko", "xsd", "xsl", "xslt", "dtd", "wsdl", "cab", "msi", "ps1", "bat", "vbs", "jar", "war", "ear", "class", "crl", "p12", "pfx", "jks", "csr", "cer", "der", "tgz", "bz2", "xz", "zst", "7z", "qcow2", "vhd", "vhdx", "ova", "evtx", "evt", "dmp", "dat", "bin", "hpp", "cxx", "jsx", "tsx", "scss", "svg", "png", "jpg", "jpeg", "gif", "ico", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf", "mp4", "ttf", "toml", "tf", "hcl", "plist", "dylib", "desktop", "diff", "patch", "swp", "pcap", "cap", "har", "rule", "rules", "template", "tmpl", "sample", "list", "sum", "lck", "sqlite", "sqlite3", "mdb", "ldf", "mdf", "ldif", "dtb", "efi", "path", "timer", "mount", "slice", "scope", "swap", "device", "automount":
		return true
	}
	return false
}
