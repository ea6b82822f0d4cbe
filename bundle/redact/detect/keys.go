package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// gap is what stands between a key and its value.
type gap struct {
	value int  // where the value begins
	sep   byte // '=', ':', '>' for XML content, '"' for a quoted word beside, ' '
	quote byte // that encloses the value, or 0
	slant int  // backslashes before that quote
	keyed bool // the key itself stood in quotes
	prose bool // the value begins a sentence
}

// separator reads what follows a key.
func (s *Scanner) separator(hi int) (gap, bool) {
	b, i := s.buf, hi
	g := gap{}
	i = s.seeThrough(i)
	for i < s.hi && b[i] == '\\' {
		i++
	}
	if i < s.hi && (b[i] == '"' || b[i] == '\'') {
		g.keyed = true
		i++
	}
	if i < s.hi && b[i] == ']' {
		i++
	}
	spaces := i
	for i < s.hi && (isSpace(b[i]) || b[i] == '.' && i+1 < s.hi && (b[i+1] == '.' || isSpace(b[i+1]))) {
		i++
	}
	i = s.seeThrough(i)
	if i+1 < s.hi && b[i] == '#' && (b[i+1] == ':' || isSpace(b[i+1])) {
		i++ // Serial #: X
	}
	switch {
	case i < s.hi && (b[i] == '=' || b[i] == ':'):
		g.sep = b[i]
		i++
		if i < s.hi && g.sep == ':' && b[i] == ':' {
			return g, false // scope::name
		}
		for i < s.hi && (b[i] == '=' || b[i] == '>') {
			i++
		}
	case i < s.hi && b[i] == '-' && i+1 < s.hi && b[i+1] == '>':
		g.sep = '='
		i += 2
	case i < s.hi && b[i] == '>' && i == hi:
		g.sep = '>'
		g.value = i + 1
		return g, i+1 < s.hi
	case i-spaces > 3 && bytes.Contains(b[spaces:i], []byte("...")), i > spaces && i < s.hi && b[i] == '|' && s.cellKey(spaces):
		g.sep = ':' // a key and its value apart by dots, or in two cells
		if b[i] == '|' {
			i++
		}
	case i > spaces:
		g.sep = ' '
	default:
		return g, false
	}
	apart := i
	for i < s.hi && isSpace(b[i]) {
		i++
	}
	if g.sep == '=' && i+8 < s.hi && b[i] == 'S' && string(b[i:i+8]) == "STRING: " {
		i += 8 // the type of a value of SNMP
	} else if i > apart && g.sep == '=' && s.anotherKey(i) && apart < s.hi && i < s.hi {
		return g, false // an empty value before the next key
	}
	i = s.seeThrough(i)
	slash := i
	for i < s.hi && b[i] == '\\' {
		i++
	}
	if i < s.hi && (b[i] == '"' || b[i] == '\'' || b[i] == '`') {
		g.quote, g.slant = b[i], i-slash
		i++
	} else {
		i = slash
	}
	g.value = i
	return g, true
}

// cellKey tells a key in a table of two cells: | Serial Number | X |.
func (s *Scanner) cellKey(at int) bool {
	line := s.buf[s.lo:s.hi]
	i := leading(line)
	return i < len(line) && line[i] == '|' && bytes.Count(line, []byte{'|'}) == 3 && bytes.IndexByte(line[i+1:at-s.lo], '|') < 0
}

// seeThrough jumps over terminal colours.
func (s *Scanner) seeThrough(i int) int {
	for i < s.hi && s.buf[i] == 0x1b {
		n := s.skipANSI(i)
		if n <= i {
			break
		}
		i = n
	}
	return i
}

// closing finds the quote that ends a value: the same quote behind the same
// number of backslashes, or the end of the line.
func (s *Scanner) closing(g gap) (end int, closed bool) {
	b := s.buf
	for i := g.value; i < s.hi; i++ {
		if b[i] != g.quote {
			continue
		}
		n := 0
		for i-n-1 >= g.value && b[i-n-1] == '\\' {
			n++
		}
		if n == g.slant || g.slant == 0 && n%2 == 0 || g.slant > 0 && n < g.slant {
			return i - min(n, g.slant), true
		}
		if g.quote == '\'' && g.slant == 0 && n > 0 {
			return i, true // no escapes inside single quotes
		}
	}
	return s.hi, false
}

// key deals with a word that can be a key. It returns where to go on when it
// took the value, else 0.
func (s *Scanner) key(start, lo, hi int, rule int16) int {
	b := s.buf
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
	g, ok := s.separator(hi)
	if !ok {
		return 0
	}
	kind := s.k.kind(whole)
	if kind != pseudonym.Secret && g.sep == ':' && !g.keyed && bytes.IndexByte(b[lo:hi], '.') > 0 && isCode(s.fold(b[lo:hi]), b[lo:hi]) {
		return 0 // the class that writes the line
	}
	option := start < lo && b[start] == '-' && (start == s.lo || isSpace(b[start-1]) || b[start-1] == '"' || b[start-1] == '\'')
	if g.sep == '>' && (start == s.lo || b[start-1] != '<' && b[start-1] != ':') {
		return 0
	}
	if g.sep == ' ' && !option {
		if kind != pseudonym.Secret && s.spaced(lo, g, kind, whole) {
			return 0
		}
		if kind != pseudonym.Secret {
			if g.quote == 0 || freeText(kind) || bytes.IndexByte(b[lo:hi], '-') < 0 {
				return 0
			}
			return s.nameValue(g, kind, whole)
		}
		if g.quote == 0 {
			return s.statement(lo, hi)
		}
		g.sep = '"'
	}
	if kind == pseudonym.IPv4 {
		s.decimal(g)
		return 0
	}
	if s.st.parent = pseudonym.None; g.quote == 0 && g.value < s.hi && (b[g.value] == '{' || b[g.value] == '[') && !(kind == pseudonym.Secret && hashScheme(b[g.value:s.hi])) {
		return s.openParent(g, kind, whole)
	}
	if kind == pseudonym.Secret {
		return s.secretValue(lo, hi, g, whole, option)
	}
	if kind == pseudonym.Name && g.sep == ':' && g.quote == 0 && s.buf[s.lo] == ' ' && s.beginsLine(lo) {
		s.st.members = true
		s.labels(g.value, s.hi)
		return 0
	}
	return s.nameValue(g, kind, whole)
}

// spaced deals with a name behind its key with only a space, or the word is,
// between: a serial number that looks like one, or the only word left on a line
// that sets something (hostname X, set system host-name X).
func (s *Scanner) spaced(lo int, g gap, kind pseudonym.Kind, rule int16) bool {
	b, at := s.buf, g.value
	if g.quote != 0 || at >= s.hi {
		return false
	}
	is := bytes.HasPrefix(b[at:s.hi], []byte("is "))
	if is {
		at += len("is ")
	}
	end := at
	for end < s.hi && !isSpace(b[end]) && b[end] != ',' && b[end] != ';' && b[end] != '(' {
		end++
	}
	w := b[at:end]
	alone := len(bytes.TrimRight(b[end:s.hi], " \t;.")) == 0 && lo > s.lo && s.beginsLine(lo)
	switch kind {
	case pseudonym.Serial:
		if !serialLike(w) && !(alone && hasDigit(w) && len(w) >= 8) {
			return false
		}
	case pseudonym.Name:
		if alone && !is { // alias X in the block of a config
			s.label(at, end)
		}
		return alone
	case pseudonym.Host:
		rest := bytes.TrimRight(b[end:s.hi], " \t;.")
		if len(rest) > 0 || !is && !s.sets(lo) || s.k.Common(s.fold(w)) || !is && !nameShape(w) && s.lo+leading(b[s.lo:s.hi]) != lo {
			return false
		}
	default:
		return false
	}
	s.nameAt(at, end, kind, s.k.rules[rule].ID, gap{value: at, sep: ':'})
	return true
}

// sets reports whether a key begins its line, or the line is one of a config that
// sets something.
func (s *Scanner) sets(lo int) bool {
	line := s.buf[s.lo:lo]
	line = line[leading(line):]
	return len(line) == 0 || bytes.HasPrefix(line, []byte("set ")) || bytes.HasPrefix(line, []byte("add "))
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

// hashScheme tells the scheme of a password's hash, as {SSHA512}, from an object.
func hashScheme(b []byte) bool {
	n := bytes.IndexByte(b[:min(len(b), 24)], '}')
	return n > 2 && n+1 < len(b) && class[b[1]]&fUpper != 0 && class[b[n+1]]&(fDigit|fLetter) != 0
}

// statement deals with a secret's key and its value with only a space between,
// which configs write and running text does not: set chap-secret X.
func (s *Scanner) statement(lo, hi int) int {
	w := s.fold(s.buf[lo:hi])
	if phrases[w]&aStart != 0 || !s.configLine(lo) {
		return 0
	}
	n, end, _ := s.next(hi)
	if end-n < 4 || s.k.Common(s.fold(s.buf[n:end])) {
		return 0
	}
	return s.secretArg(hi, 0)
}

// pairKey joins a word such as Number with the one before it.
func (s *Scanner) pairKey(lo, hi int) int16 {
	p := s.prev[0]
	if p.hi == 0 || p.hi+1 != lo || !isSpace(s.buf[p.hi]) {
		return noRule
	}
	switch before := s.fold(s.buf[p.lo:p.hi]); {
	case before == "time" && foldEqual(s.buf[lo:hi], "zone"):
		return notKey
	case before == "display" && s.prev[1].hi != 0 && foldEqual(s.buf[s.prev[1].lo:s.prev[1].hi], "device"):
		return notKey // what a model of disk is called
	}
	from := p.lo
	if q := s.prev[1]; q.hi != 0 && q.hi+1 == p.lo && isSpace(s.buf[q.hi]) {
		if r := s.keyRule(s.buf[q.lo:hi]); r >= 0 {
			return r
		}
	}
	return s.keyRule(s.buf[from:hi])
}

// notKey is the rule of words that are a key apart and none together.
const notKey int16 = -2

// openParent remembers that names inside the object that begins here are of the
// key's kind, and deals with lists of plain values.
func (s *Scanner) openParent(g gap, kind pseudonym.Kind, rule int16) int {
	b := s.buf
	s.st.parent, s.st.many = kind, b[g.value] == '['
	if b[g.value] != '[' || g.quote != 0 {
		return 0
	}
	i := g.value + 1
	for i < s.hi {
		for i < s.hi && (isSpace(b[i]) || b[i] == ',') {
			i++
		}
		slash := i
		for i < s.hi && b[i] == '\\' {
			i++
		}
		if i >= s.hi || b[i] != '"' && b[i] != '\'' {
			return 0
		}
		item := gap{value: i + 1, sep: ':', quote: b[i], slant: i - slash}
		end, closed := s.closing(item)
		if !closed {
			return 0
		}
		if kind == pseudonym.Secret {
			s.secretValue(i, i, item, rule, false)
		} else {
			s.nameValue(item, kind, rule)
		}
		i = end + item.slant + 1
	}
	return 0
}

// secretValue emits what a secret's key is followed by.
func (s *Scanner) secretValue(lo, hi int, g gap, rule int16, option bool) int {
	b := s.buf
	if end := s.fold(b[lo:hi]); g.value >= s.hi && (strings.HasSuffix(end, "license") || strings.HasSuffix(end, "licence")) {
		return 0 // the text of a licence follows
	}
	if g.value >= s.hi {
		s.pendSecret(lo, hi, g, option)
		return 0
	}
	end, closed := 0, false
	switch {
	case g.quote != 0:
		end, closed = s.closing(g)
	case g.sep == '>':
		end = g.value + bytes.IndexByte(b[g.value:s.hi], '<')
		if end < g.value {
			end = s.hi
		}
		if bytes.HasPrefix(b[g.value:s.hi], []byte("<![CDATA[")) {
			g.value += len("<![CDATA[")
			end = g.value + max(0, bytes.Index(b[g.value:s.hi], []byte("]]>")))
		}
	default:
		end = s.bareEnd(lo, g, b[lo:hi])
	}
	v := b[g.value:end]
	name := s.k.rules[rule].ID
	if g.quote == 0 && string(v) == `\` && end == s.hi {
		s.st.block = block{on: true, next: true} // the command goes on below
		return end
	}
	if g.quote == 0 && blockMark(v) {
		s.pendBlock(lo)
		return end
	}
	if header := s.fold(b[lo:hi]); header == "authorization" || header == "proxy-authorization" {
		s.authorization(g.value, end)
		return end
	}
	g.prose = s.sentence(lo, g.value)
	if !secretLike(v, g, b[lo:hi]) {
		return 0
	}
	if g.quote == 0 && g.keyed && g.sep == ':' && allDigits(string(v)) {
		s.emitForm(g.value, end, pseudonym.Secret, Number, "", name)
		return end
	}
	if g.quote != 0 && g.slant == 0 && !closed && end == s.hi && len(v) > 3 && bytes.IndexByte(v, ' ') < 0 {
		s.st.block = block{on: true, quoted: g.quote}
	}
	if n := len(v) - 1; g.quote == 0 && n > 3 && v[n] == '\\' && end == s.hi && v[n-1] != '\\' {
		v, end = v[:n], end-1
		s.st.block = block{on: true, next: true} // cut in two by the shell's mark
	}
	s.out = append(s.out, Finding{Start: g.value, End: end, Kind: pseudonym.Secret, Rule: name, Learn: learnable(v)})
	return end
}

// sentence reports whether a value inside a line begins with two ordinary words.
func (s *Scanner) sentence(lo, at int) bool {
	if s.beginsLine(lo) {
		return false
	}
	for range 2 {
		end := at
		for end < s.hi && class[s.buf[end]]&fLower != 0 {
			end++
		}
		if end == at || end-at > 1 && !s.k.Common(string(s.buf[at:end])) || end < s.hi && s.buf[end] != ' ' {
			return false
		}
		at = end + 1
	}
	return true
}

// bareEnd finds where a value without quotes ends. A key that begins its line
// with a colon behind it (YAML, headers) has the rest of the line; any other
// value ends at a space or at what ends an item of its surroundings.
func (s *Scanner) bareEnd(lo int, g gap, key []byte) int {
	b := s.buf
	rest := b[g.value:s.hi]
	if g.sep == ':' && !g.keyed && s.beginsLine(lo) && !bytes.Contains(rest, []byte(", ")) && !bytes.Contains(rest, []byte("; ")) {
		end := s.hi
		if i := bytes.Index(rest, []byte(" #")); i > 0 {
			end = g.value + i
		}
		for end > g.value && isSpace(b[end-1]) {
			end--
		}
		if fold := strings.ToLower(string(key)); bytes.IndexByte(b[g.value:end], ' ') < 0 || fold == "cookie" || fold == "set-cookie" || lo > s.lo || s.isHeaderOrYAML(lo) {
			return end
		}
	}
	if fold := strings.ToLower(string(key)); fold == "cookie" || fold == "set-cookie" {
		for i := g.value; i < s.hi; i++ {
			if b[i] == '"' || b[i] == '\'' {
				return i
			}
		}
		return s.hi
	}
	stop := " \t\"'"
	query := lo > s.lo && (b[lo-1] == '?' || b[lo-1] == '&' || b[lo-1] == ';')
	switch {
	case query:
		stop += "&;#"
	case g.keyed:
		stop += ",}]"
	}
	end := g.value
	for end < s.hi && strings.IndexByte(stop, b[end]) < 0 && b[end] != 0x1b {
		if (b[end] == '&' || b[end] == ';' || b[end] == ',') && s.anotherKey(end+1) {
			break
		}
		if b[end] == '\\' && end+1 < s.hi && (b[end+1] == '"' || b[end+1] == 'n' && (end+2 == s.hi || b[end+2] != '\'') && g.keyed) {
			break
		}
		end++
	}
	for end > g.value && strings.IndexByte(",;)]}>", b[end-1]) >= 0 && bytes.IndexByte(b[g.value:end], opening(b[end-1])) < 0 {
		end--
	}
	if end-g.value > 1 && b[end-1] == '.' && end == s.hi {
		end--
	}
	return end
}

// isHeaderOrYAML asks that the key is all that stands before the colon, so that
// a value of several words belongs to it.
func (s *Scanner) isHeaderOrYAML(lo int) bool { return s.beginsLine(lo) }

func opening(c byte) byte {
	switch c {
	case ')':
		return '('
	case ']':
		return '['
	case '}':
		return '{'
	case '>':
		return '<'
	}
	return 0
}

// anotherKey reports whether key= or key: or nothing follows, so that a ; or , or & before it
// ends an item.
func (s *Scanner) anotherKey(i int) bool {
	b := s.buf
	for i < s.hi && isSpace(b[i]) {
		i++
	}
	if i == s.hi {
		return true
	}
	from := i
	for i < s.hi && class[b[i]] != 0 {
		i++
	}
	return i > from && i < s.hi && (b[i] == '=' || b[i] == ':' && i+1 < s.hi && isSpace(b[i+1]))
}

// beginsLine reports whether only space, a list dash or a comment mark stands
// before a key on its line.
func (s *Scanner) beginsLine(lo int) bool {
	for _, c := range s.buf[s.lo:lo] {
		if !isSpace(c) && c != '-' && c != '#' && c != '/' && c != '<' && c != '>' && c != '"' && c != '\'' {
			return false
		}
	}
	return true
}

// blockMark tells the beginning of a YAML block scalar.
func blockMark(v []byte) bool {
	v = bytes.TrimSpace(v)
	if len(v) > 0 && v[0] == '&' { // an anchor before it
		if i := bytes.IndexByte(v, ' '); i > 0 {
			v = bytes.TrimSpace(v[i:])
		} else {
			return true
		}
	}
	if len(v) == 0 || v[0] != '|' && v[0] != '>' || len(v) > 3 {
		return false
	}
	return len(bytes.Trim(v[1:], "+-0123456789")) == 0
}

// emptyValues stand where a secret is not.
var emptyValues = set("amd64 arm64 i386 all any noarch x86_64 null nil none true false yes no on off ~ - -- --- * ** *** **** ***** ****** ******* ******** undefined unset empty redacted hidden " +
	"<none> <nil> <null> <redacted> <hidden> [redacted] (null) (none) n/a na ok failed fail passed success expired invalid required optional enabled disabled " +
	"set string str string; bool int {} [] () %s %q %v ? x xx xxx xxxx xxxxx xxxxxx xxxxxxxx unchanged changed missing unknown default file prompt ask not is was " +
	"<empty> { [ ( \" ' | > ; , && || = == ! + str, none, null, false, true, int, 0 1 -1 <secret> ******, ***, sha256 sha512 md5 yescrypt plaintext")

// secretLike tells a secret from a state, a count or a piece of program.
func secretLike(v []byte, g gap, key []byte) bool {
	if len(v) == 0 || string(v) == Mask {
		return false
	}
	folded := strings.ToLower(string(bytes.TrimSpace(v)))
	if emptyValues.has(folded) || folded == "ascii text" || strings.Trim(folded, "*.xX•") == "" {
		return false
	}
	if v[0] == '$' && len(v) > 1 && (v[1] == '{' || v[1] == '(' || class[v[1]]&fUpper != 0 && g.quote == 0) || bytes.HasPrefix(v, []byte("%(")) || bytes.HasPrefix(v, []byte("{{")) {
		return false // a reference to a value kept elsewhere
	}
	k := strings.ToLower(string(key))
	if g.quote == 0 && objectLike(v, k) {
		return false
	}
	if g.prose && g.sep == ':' && g.quote == 0 && !g.keyed {
		return false
	}
	if strings.HasSuffix(k, "community") && bgpCommunity(v) || (k == "license" || k == "licence") && (bytes.IndexByte(v, ' ') >= 0 || !hasDigit(v) || len(v) < 10) {
		return false // of BGP; the name of what is licensed
	}
	if (k == "token" || k == "id") && len(v) <= 10 && len(v) > 2 && v[0] == '0' && v[1] == 'x' && hexOnly(v[2:]) {
		return false // a number
	}
	if k == "pwd" && v[0] == '/' {
		return false // the working folder
	}
	if allDigits(folded) && g.quote == 0 {
		switch {
		case strings.HasSuffix(k, "pass"), strings.HasSuffix(k, "token"), strings.HasSuffix(k, "tokens"), strings.HasSuffix(k, "secrets"),
			strings.HasSuffix(k, "credentials"), strings.HasSuffix(k, "salt"), strings.HasSuffix(k, "cookie"), k == "pin" && len(v) < 4, k == "pw", k == "sig", k == "seed", k == "license", k == "licence":
			return len(v) > 5 && !strings.HasSuffix(k, "tokens")
		}
	}
	if strings.HasSuffix(k, "license") || strings.HasSuffix(k, "licence") {
		return licenceKey(v)
	}
	if k == "pass" || k == "secret" || k == "token" || k == "cookie" || k == "license" || k == "licence" || k == "salt" || k == "seed" || k == "pin" || k == "community" || k == "sig" || k == "credentials" || k == "authorization" {
		if g.sep == ':' && !g.keyed && g.quote == 0 && bytes.IndexByte(v, ' ') > 0 && k != "cookie" && k != "authorization" {
			return !proseLike(v)
		}
		if len(v) < 3 && g.sep != '=' {
			return false
		}
	}
	return true
}

// licenceKey tells a key such as 4K7Q-99XZ-AB12 from the name of a licence.
func licenceKey(v []byte) bool {
	groups := bytes.Count(v, []byte{'-'})
	return bytes.IndexByte(v, ' ') < 0 && hasDigit(v) && len(v) >= 10 && (groups >= 2 && bytes.Equal(v, bytes.ToUpper(v)) || len(v) >= 16 && groups == 0) && bytes.IndexByte(v, '.') < 0
}

// objectLike tells how programs get a secret, or print an object that is a token
// or a session: os.Getenv(...), Token{a64f992, os.Proxy@2bd79ce, session
// 0x14ed93111f20005.
func objectLike(v []byte, key string) bool {
	if class[v[0]]&fLetter != 0 {
		i := 0
		for i < len(v) && class[v[i]]&(fLetter|fDigit|fDot|fUnder) != 0 {
			i++
		}
		if i < len(v) && i > 1 && v[i] == '(' && (v[len(v)-1] == ')' || i+1 == len(v) && bytes.IndexByte(v[:i], '.') > 0) || i < len(v) && v[i] == '{' || i < len(v) && v[i] == '@' && hexTail(v[i+1:]) && hump(v[:i]) {
			return true
		}
		if bytes.Count(v[:i], []byte{'.'}) >= 2 && isCode(strings.ToLower(string(v[:i])), v[:i]) {
			return true
		}
	}
	return len(v) > 2 && v[0] == '0' && v[1] == 'x' && strings.HasPrefix(key, "session") && hexTail(v[2:])
}

func hexTail(v []byte) bool { return len(v) > 0 && len(digitsOf(v)) == len(v) }

// bgpCommunity tells communities of routes, all of which end in a colon and a
// number: 65001:100 no-export Route-Target-AS:1234:12.
func bgpCommunity(v []byte) bool {
	n := 0
	for w := range bytes.FieldsSeq(v) {
		switch i := bytes.LastIndexByte(w, ':'); {
		case i > 0 && i+1 < len(w) && allDigits(string(w[i+1:])):
			n++
		case !bgpWords.has(strings.ToLower(string(w))):
			return false
		}
	}
	return n > 0
}

var bgpWords = set("internet no-export no-advertise local-as additive none graceful-shutdown")

// proseLike tells a sentence from a secret of several words.
func proseLike(v []byte) bool {
	return bytes.Count(v, []byte{' '}) >= 2
}

// learnable says whether a secret is distinct enough to be looked for where it
// stands without its key.
func learnable(v []byte) bool {
	if len(v) < 6 || len(v) > 512 {
		return false
	}
	var f flags
	for _, c := range v {
		f |= class[c]
	}
	kinds := 0
	for _, x := range []flags{fDigit, fUpper, fLower} {
		if f&x != 0 {
			kinds++
		}
	}
	return kinds >= 2 || len(v) >= 9 && kinds == 1 && f&fDigit == 0 || kinds == 1 && len(v) >= 10
}

// authorization keeps the scheme of a header and masks what follows it.
func (s *Scanner) authorization(lo, hi int) {
	b := s.buf
	v := b[lo:hi]
	for _, scheme := range []string{"bearer ", "basic ", "digest ", "negotiate ", "token ", "ntlm ", "aws4-hmac-sha256 ", "apikey "} {
		if len(v) > len(scheme) && foldEqual(v[:len(scheme)], scheme) {
			lo += len(scheme)
			break
		}
	}
	if secretLike(b[lo:hi], gap{quote: '"'}, []byte("authorization")) {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Secret, Rule: "authorization", Learn: learnable(b[lo:hi])})
	}
}
