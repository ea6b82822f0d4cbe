package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// key deals with a word that can be a key. It returns where to go on when it
// took the value, else 0.
func (s *Scanner) key(start, lo, hi int, rule int16) int {
	b := s.buf
	g, ok := s.separator(hi)
	if !ok && (hi == s.hi || b[hi] != '>') {
		return 0
	}
	whole := rule
	if hi-lo >= len(Mask) && string(b[hi-len(Mask):hi]) == Mask {
		return 0
	}
	if r := s.pairKey(lo, hi); r >= 0 {
		whole = r // Serial Number, Server Room: the longer key wins
	} else if r == notKey {
		return 0
	}
	if whole < 0 {
		return 0
	}
	if hi < s.hi && b[hi] == '>' && s.k.kind(whole) != pseudonym.Secret && hi+1 == s.hi && s.element(lo, hi, s.k.kind(whole)) {
		return 0
	}
	if !ok || lo > s.lo && b[lo-1] == '%' && g.sep == ':' {
		return 0 // %SYS-5-PRIV_AUTH_PASS: is no key
	}
	if g.sep == '>' && g.value < s.hi && b[g.value] == '<' && !bytes.HasPrefix(b[g.value:s.hi], []byte("<![CDATA[")) {
		return 0 // an element within
	}
	kind := s.k.kind(whole)
	if kind == pseudonym.Secret && g.sep == ':' && lo > s.lo && b[lo-1] == '/' && foldEqual(b[lo:hi], "passwd") {
		return 0 // the file, and a count or a line of it
	}
	if kind != pseudonym.Secret && g.sep == ':' && !g.keyed && bytes.IndexByte(b[lo:hi], '.') > 0 && isCode(s.fold(b[lo:hi]), b[lo:hi]) {
		return 0 // the class that writes the line
	}
	option := start < lo && b[start] == '-' && (start == s.lo || isSpace(b[start-1]) || b[start-1] == '"' || b[start-1] == '\'')
	if option && b[start+1] != '-' && hasDigit(b[lo:hi]) {
		return 0 // an option and its value in one: -pSecr3t
	}
	if option && kind == pseudonym.User && g.sep == ' ' && (bytes.HasSuffix(b[s.lo:start], []byte("systemctl ")) || bytes.HasSuffix(b[s.lo:start], []byte("journalctl "))) {
		return 0 // the services of whoever asks, and what becomes of them
	}
	if g.sep == '>' && (start == s.lo || b[start-1] != '<' && b[start-1] != ':') {
		return 0
	}
	if g.sep == ' ' && !option && kind == pseudonym.Host && foldEqual(b[lo:hi], "hostname") && s.ownName(lo, g) {
		return 0
	}
	if g.sep == ' ' && !option {
		if kind != pseudonym.Secret && s.spaced(lo, hi, g, kind, whole) {
			return 0
		}
		if kind != pseudonym.Secret {
			if g.quote == 0 || freeText(kind) || !bytes.ContainsAny(b[lo:hi], "-._") || g.keyed && bytes.IndexByte(b[lo:hi], '-') < 0 {
				return 0
			}
			return s.nameValue(g, kind, whole)
		}
		if g.quote == 0 {
			return s.statement(lo, hi)
		}
		if s.routes(lo, hi, g) {
			return 0
		}
		g.sep = '"'
	}
	if kind == pseudonym.IPv4 {
		s.decimal(g)
		return 0
	}
	if kind != pseudonym.Secret && g.sep == ':' && g.quote == 0 && g.value == hi+1 && bytes.IndexByte(b[lo:hi], '-') > 0 && !s.k.isKey(s.fold(b[lo:hi])) {
		return 0 // a name and what it holds: openstack-hypervisor:network-bind
	}
	if bytes.HasSuffix(b[s.lo:lo], []byte("bin/")) && bytes.HasPrefix(bytes.TrimLeft(b[hi:s.hi], " "), []byte("->")) {
		return 0 // a program and where its link leads
	}
	if kind == pseudonym.FileSystem && hi-lo > 4 && foldEqual(b[hi-4:hi], "path") {
		s.sharePath(g, s.k.rules[whole].ID)
		return 0
	}
	if kind == pseudonym.Host && (bytes.HasPrefix(b[lo:hi], []byte("collation")) || bytes.HasPrefix(b[lo:hi], []byte("character"))) {
		return 0 // of a database
	}
	if kind == pseudonym.Host && g.quote == 0 && g.sep == ':' && lo > s.lo && b[lo-1] == '\'' && s.sentenceAt(g.value) {
		return 0 // what is said of a thing that is called so
	}
	if kind == pseudonym.Host && g.quote == 0 && g.sep == ':' && s.lineHas(lo, "(qb_") {
		return 0 // a service, as the library of clusters calls its own
	}
	if kind == pseudonym.Host && g.sep == ':' && g.quote == 0 && !s.beginsLine(lo) && upperCase(b[lo:hi]) && bytes.IndexByte(b[lo:hi], '_') > 0 {
		if w := b[g.value:nameEnd(b, g.value, s.hi)]; !nameShape(w) && bytes.IndexByte(w, '.') < 0 {
			return 0 // a constant, and what is said of it: UNKNOWN_SERVER: authtime 0
		}
	}
	if kind == pseudonym.Host && bytes.HasPrefix(b[lo:hi], []byte("java.vm.")) {
		return 0 // what runs programs is called: java.vm.name
	}
	if kind == pseudonym.Person && titled(b[lo:hi]) {
		return 0
	}
	if kind == pseudonym.Person && displayKey(b[lo:hi]) {
		return s.displayName(g, s.k.rules[whole].ID)
	}
	if kind == pseudonym.Name && len(b[lo:hi]) > 8 && foldEqual(b[lo:lo+4], "time") {
		return 0 // time-zone-name
	}
	if g.quote == 0 && g.value < s.hi && (b[g.value] == '{' || b[g.value] == '[') && !(kind == pseudonym.Secret && hashScheme(b[g.value:s.hi])) {
		return s.openParent(lo, g, kind, whole)
	}
	if g.value >= s.hi && g.quote == 0 && kind != pseudonym.Secret {
		s.openFrame(lo, g, frame{kind: kind})
		return 0
	}
	if kind == pseudonym.Secret {
		if g.sep == ':' && g.quote == 0 && asksFor(b[lo:hi]) && bytes.Count(b[g.value:s.hi], []byte{' '}) > 2 {
			return 0
		}
		if g.sep == ':' && g.quote == 0 && g.value == hi+1 && bytes.HasSuffix(b[g.value:nameEnd(b, g.value, s.hi)], []byte("_factory")) {
			return 0 // a module and what it makes: middleware.auth_token:filter_factory
		}
		return s.secretValue(lo, hi, typed(b[:s.hi], g), whole, option)
	}
	if kind == pseudonym.Serial && g.sep != ' ' && s.shortSerial(lo, hi, g, s.k.rules[whole].ID) {
		return 0
	}
	if kind == pseudonym.Serial {
		s.serialInHex(g)
	}
	if kind == pseudonym.Host && foldEqual(b[lo:hi], "hostname") && s.ownName(lo, g) {
		return 0
	}
	if kind == pseudonym.Name && g.sep == ':' && g.quote == 0 && s.buf[s.lo] == ' ' && s.beginsLine(lo) {
		s.st.members = true
		s.labels(g.value, s.hi)
		return 0
	}
	return s.nameValue(g, kind, whole)
}

// typed leads past the type of a variable to its value: password: String = "x".
func typed(b []byte, g gap) gap {
	rest := b[min(g.value, len(b)):]
	i := bytes.Index(rest[:min(len(rest), 16)], []byte(" = "))
	if g.sep != ':' || g.quote != 0 || i < 3 || i+4 >= len(rest) || !typeNames.hasBytes(rest[:i]) {
		return g
	}
	if q := rest[i+3]; q == '"' || q == '\'' {
		g.value, g.quote, g.sep = g.value+i+4, q, '='
	}
	return g
}

var typeNames = set("str String string &str char* []byte bytes Text text varchar")

// shortSerial emits a serial number of five to seven digits, as some arrays have, where
// its key says that it is a number: serialNumber: 11633. It is too short to be looked
// for elsewhere.
func (s *Scanner) shortSerial(lo, hi int, g gap, id string) bool {
	b, end := s.buf, g.value
	counted := hi-lo == 2 && string(b[lo:hi]) == "SN" && g.value == hi+1
	if !counted && (hi-lo < 6 || !foldEqual(b[hi-6:hi], "number") && !bytes.HasSuffix(b[lo:hi], []byte("serial-num"))) {
		return false
	}
	for end < s.hi && isDigit(b[end]) {
		end++
	}
	if n := end - g.value; n < 5 || n > 7 || counted && n < 6 || end < s.hi && (class[b[end]] != 0 || strings.IndexByte("+/:", b[end]) >= 0) || bytes.HasPrefix(b[end:s.hi], []byte(" (")) {
		return false
	}
	s.emit(g.value, end, pseudonym.Serial, id)
	return true
}

// serialInHex emits the number that stands behind one in brackets as well:
// Serial Number: 18060031725 (0x4347c66ed).
func (s *Scanner) serialInHex(g gap) {
	b, i := s.buf, g.value
	for i < s.hi && isDigit(b[i]) {
		i++
	}
	if rest := b[i:s.hi]; i-g.value > 7 && bytes.HasPrefix(rest, []byte(" (0x")) {
		if n := bytes.IndexByte(rest, ')'); n > 4 && hexOnly(rest[4:n]) {
			s.emit(i+4, i+n, pseudonym.Serial, "serial")
		}
	}
}

// ownName emits what a machine says it is called where that is a word of every log and the
// only thing a line says: hostname fw. The word is not looked for elsewhere.
func (s *Scanner) ownName(lo int, g gap) bool {
	b, end := s.buf, nameEnd(s.buf, g.value, s.hi)
	rest := bytes.TrimRight(b[min(s.hi, end+min(1, int(g.quote))):s.hi], " \r;")
	name := s.fold(b[g.value:max(end, g.value)])
	if end-g.value < 2 || len(rest) > 0 || looksLikeValue(b[g.value:end]) || name == "0x" || !s.sets(lo) || !s.k.Common(name) || len(name) > 6 || s.staysName(name) || stateWord.has(name) || emptyValues.has(name) {
		return false
	}
	s.emit(g.value, end, pseudonym.Host, "host")
	return true
}

// sentenceAt tells a word of small letters that another one follows.
func (s *Scanner) sentenceAt(at int) bool {
	b, end := s.buf, at
	for end < s.hi && class[b[end]]&fLower != 0 {
		end++
	}
	return end > at && end+1 < s.hi && b[end] == ' ' && class[b[end+1]]&fLower != 0
}

// displayKey tells displayName, display_name and what ends so.
func displayKey(key []byte) bool {
	n := len(key)
	return n >= 11 && foldEqual(key[n-4:], "name") && (foldEqual(key[n-11:n-4], "display") || n >= 12 && foldEqual(key[n-12:n-5], "display"))
}

// displayName emits what stands behind a key that gives people and things the name they
// are shown by: people, and names a site has made; not titles and properties.
func (s *Scanner) displayName(g gap, id string) int {
	if g.quote == 0 {
		return s.freeValue(g, pseudonym.Person, id)
	}
	end, _ := s.closing(g)
	v := s.buf[g.value:end]
	switch words := bytes.Count(v, []byte{' '}) + 1; {
	case len(v) < 3 || bytes.IndexByte(v, '@') >= 0:
	case words > 3, words > 1 && (!personLike(v) || s.titleWords(v)):
		return end
	case words > 1:
		return s.freeValue(g, pseudonym.Person, id)
	case nameShape(v):
		s.uniqueName(g.value, end)
	case !hump(v) && bytes.IndexByte(v, '.') < 0:
		return s.freeValue(g, pseudonym.Person, id)
	}
	return 0
}

// disk tells the name that a hypervisor shows a disk by: LYON Fibre Channel Disk (naa.624a...).
func (s *Scanner) disk(at int) bool {
	_, id, ok := bytes.Cut(s.buf[at:s.hi], []byte(" ("))
	if !ok {
		return false
	}
	for _, form := range []string{"naa.", "t10.", "eui.", "mpx.", "vml."} {
		if bytes.HasPrefix(id, []byte(form)) {
			return true
		}
	}
	return false
}

// titleWords reports whether a text holds only words of every log, or one of a product's.
func (s *Scanner) titleWords(v []byte) bool {
	common := true
	for w := range bytes.FieldsSeq(v) {
		folded := s.fold(w)
		if products.has(folded) {
			return true
		}
		common = common && s.k.Common(folded)
	}
	return common
}

// products are words in the names of products.
var products = set("microsoft windows azure google office services service protection online corporation inc inc. agent explorer chrome editor server manager teams identity")

// titled tells keys of what a program or a thing is called from those of people:
// process.displayName, deviceDisplayName.
func titled(key []byte) bool {
	for _, of := range []string{"process", "device", "app", "product", "service", "policy", "rule", "group", "role"} {
		for i := 0; i+len(of) < len(key); i++ {
			if lower(key[i]) == of[0] && foldEqual(key[i:i+len(of)], of) {
				return true
			}
		}
	}
	return false
}

// spaced deals with a name behind its key with only a space, or the word is,
// between: a serial number that looks like one, or the only word left on a line
// that sets something (hostname X, set system host-name X).
func (s *Scanner) spaced(lo, hi int, g gap, kind pseudonym.Kind, rule int16) bool {
	b, at := s.buf, g.value
	if g.quote != 0 || at >= s.hi {
		return false
	}
	is := bytes.HasPrefix(b[at:s.hi], []byte("is "))
	if is {
		at += len("is ")
	}
	if kind == pseudonym.Serial && at+1 < s.hi && b[at] == '[' {
		at++
	}
	end := at
	for end < s.hi && !isSpace(b[end]) && strings.IndexByte(",;(]", b[end]) < 0 {
		end++
	}
	w := b[at:end]
	if kind == pseudonym.Serial && s.snake(at) && len(bytes.TrimRight(b[end:s.hi], " \t")) == 0 && len(w) > 4 && hasDigit(w) && upperName(w) {
		s.learn(at, end, pseudonym.Serial, s.k.rules[rule].ID)
		return true
	}
	p, last := s.prev[0], len(bytes.TrimRight(b[end:s.hi], " \t;.")) == 0
	alone := last && lo > s.lo && s.beginsLine(lo)
	if last && p.hi == lo-1 && foldEqual(b[p.lo:p.hi], "serial") && bytes.HasSuffix(b[s.lo:p.lo], []byte(": ")) {
		alone = true // behind what it is the number of: ada0: Serial Number X
	}
	switch kind {
	case pseudonym.Serial:
		if is && len(w) == 9 && w[4] == '-' && hexOnly(w[:4]) && hexOnly(w[5:]) && hasDigit(w) {
			s.learn(at, end, pseudonym.Serial, s.k.rules[rule].ID) // of a volume of Windows
			return true
		}
		if bytes.Contains(w, []byte("..")) || !serialLike(w) && !(b[at-1] == '[' && end < s.hi && b[end] == ']' && len(w) > 5 && hasDigit(w) && upperName(w)) && !(alone && hasDigit(w) && len(w) >= 8) {
			return false
		}
	case pseudonym.User:
		rest := bytes.TrimLeft(b[end:s.hi], " ")
		i := bytes.IndexByte(rest, ' ')
		if is || i < 0 || !s.beginsLine(lo) || lo > s.lo && b[s.lo] != ' ' || !behindAccount.hasFolded(rest[:i]) {
			return false
		}
	case pseudonym.Name:
		if alone && !is && bytes.IndexByte(w, '=') < 0 { // alias X in the block of a config
			s.label(at, end)
		}
		return alone
	case pseudonym.Host:
		if lower(b[hi-1]) == 's' && s.sharers(lo, g, rule) {
			return true
		}
		rest := bytes.TrimRight(b[end:s.hi], " \t;.")
		if len(rest) > 0 || bytes.IndexByte(w, '=') > 0 || !is && !s.sets(lo) || s.k.Common(s.fold(w)) || !is && !nameShape(w) && s.lo+leading(b[s.lo:s.hi]) != lo {
			return false
		}
	case pseudonym.Volume, pseudonym.Group, pseudonym.Pod, pseudonym.FileSystem, pseudonym.Array:
		if is || at-hi < 3 || !s.titleOfLine(lo, at) || len(bytes.TrimRight(b[end:s.hi], " \t")) > 0 {
			return false
		}
	default:
		return false
	}
	s.nameAt(at, end, kind, s.k.rules[rule].ID, gap{value: at, sep: ':'})
	return true
}

// snake reports whether all that stands on the line before a value is a key of words that
// are joined: serial_number 7XQVZNA.
func (s *Scanner) snake(value int) bool {
	key := s.buf[s.lo : value-1]
	return bytes.IndexByte(key, '_') > 0 && flagsOf(key)&^(fLower|fAlpha|fHex|fUnder|fWord) == 0
}

// titleOfLine reports whether a key of two or three words, the last of which begins at
// lo, begins its line, and its value stands apart: VG Name      vg_home.
func (s *Scanner) titleOfLine(lo, value int) bool {
	line := s.buf[s.lo:lo]
	title := line[leading(line):]
	return len(title) > 1 && len(title) < 24 && title[len(title)-1] == ' ' && !bytes.Contains(title, []byte("  ")) &&
		len(bytes.TrimFunc(title, func(r rune) bool { return r == ' ' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })) == 0 &&
		class[title[0]]&fUpper != 0 && value < s.hi
}

// sharers emits the hosts behind a key that goes on after its first word, as in
// Nodes Sharing the Storage Pool: fas-1, fas-2.
func (s *Scanner) sharers(lo int, g gap, rule int16) bool {
	b := s.buf
	colon := g.value
	for colon < s.hi && colon-lo < 48 && (class[b[colon]]&fLetter != 0 || b[colon] == ' ') {
		colon++
	}
	if class[b[lo]]&fUpper == 0 || !s.beginsLine(lo) || colon+2 >= s.hi || b[colon] != ':' || b[colon+1] != ' ' {
		return false
	}
	list := b[colon+2 : s.hi]
	for name := range bytes.SplitSeq(list, []byte(", ")) {
		if !nameShape(name) || nameEnd(name, 0, len(name)) != len(name) {
			return false
		}
	}
	for at := colon + 2; at < s.hi; at += len(", ") {
		end := nameEnd(b, at, s.hi)
		s.nameAt(at, end, pseudonym.Host, s.k.rules[rule].ID, gap{value: at, sep: ':', keyed: true})
		at = end
	}
	return true
}

// behindAccount are what follows an account in the statement of a config that makes it.
var behindAccount = set("password passwd secret hash role privilege class group level nopassword uid-number")

// sets reports whether a key begins its line, or the line is one of a config that
// sets something.
func (s *Scanner) sets(lo int) bool {
	line := s.buf[s.lo:lo]
	line = line[leading(line):]
	return len(line) == 0 || bytes.HasPrefix(line, []byte("set ")) || bytes.HasPrefix(line, []byte("add ")) || bytes.HasPrefix(line, []byte("config "))
}

// serialLike tells serial numbers by their shape alone: capitals and digits, of
// both, and long.
func serialLike(w []byte) bool {
	digits, letters := 0, 0
	for _, c := range w {
		switch f := class[c]; {
		case f&fDigit != 0:
			digits++
		case f&fUpper != 0:
			letters++
		case c != '-' || len(w) < 10:
			return false
		}
	}
	return len(w) >= 7 && len(w) <= 24 && digits >= 3 && (letters > 0 || digits >= 9)
}

// pairKey joins a word such as Number with the one before it.
func (s *Scanner) pairKey(lo, hi int) int16 {
	p := s.prev[0]
	if p.hi == 0 || p.hi+1 != lo || !isSpace(s.buf[p.hi]) {
		return noRule
	}
	switch before := s.buf[p.lo:p.hi]; {
	case foldEqual(before, "time") && foldEqual(s.buf[lo:hi], "zone"):
		return notKey
	case foldEqual(before, "display") && s.prev[1].hi != 0 && foldEqual(s.buf[s.prev[1].lo:s.prev[1].hi], "device"):
		return notKey // what a model of disk is called
	}
	if q := s.prev[1]; q.hi != 0 && q.hi+1 == p.lo && isSpace(s.buf[q.hi]) {
		if r := s.keyRule(s.buf[q.lo:hi]); r >= 0 {
			return r
		}
	}
	return s.keyRule(s.numberless(p, hi))
}

// numberless is a word and the one before it up to hi. Where that is a number it is made of
// zeros: as no key begins with a digit all numbers say the same, and there are too many of
// them to be remembered.
func (s *Scanner) numberless(before span, hi int) []byte {
	key, n := s.buf[before.lo:hi], before.hi-before.lo
	if s.k.digitKeys || digits(key[:n]) < n {
		return key
	}
	s.low = append(s.low[:0], key...)
	for i := range n {
		s.low[i] = '0'
	}
	return s.low
}

// notKey is the rule of words that are a key apart and none together.
const notKey int16 = -2

// openParent remembers that names inside the object that begins here are of the
// key's kind, and deals with lists of plain values.
func (s *Scanner) openParent(lo int, g gap, kind pseudonym.Kind, rule int16) int {
	s.openFrame(lo, g, frame{kind: kind})
	s.listed(g, func(item gap, _ int) {
		if kind == pseudonym.Secret {
			s.secretValue(item.value, item.value, item, rule, false)
		} else {
			s.nameValue(item, kind, rule)
		}
	})
	return 0
}

// listed calls f with each value in quotes of the list that begins at a value, and where
// it ends, up to one that is none.
func (s *Scanner) listed(g gap, f func(item gap, end int)) {
	b, i := s.buf, g.value+1
	if b[g.value] != '[' || g.quote != 0 {
		return
	}
	for i < s.hi {
		for i < s.hi && (isSpace(b[i]) || b[i] == ',') {
			i++
		}
		slash := i
		for i < s.hi && b[i] == '\\' {
			i++
		}
		if i >= s.hi || b[i] != '"' && b[i] != '\'' {
			return
		}
		item := gap{value: i + 1, sep: ':', quote: b[i], slant: i - slash}
		end, closed := s.closing(item)
		if !closed {
			return
		}
		f(item, end)
		i = end + item.slant + 1
	}
}

// asksFor tells the name of a function about secrets, which says in words what it did.
func asksFor(key []byte) bool {
	i := bytes.IndexByte(key, '_')
	return i > 0 && functionVerbs.hasFolded(key[:i])
}

var functionVerbs = set("check get set verify validate read load change reset lookup fetch")
