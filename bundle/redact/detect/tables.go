package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// tables deals with lines whose columns have a meaning: CSV below its header,
// output of commands below theirs, and files every system has.
func (s *Scanner) tables() {
	b := s.buf[s.lo:s.hi]
	if len(b) == 0 || isSpace(b[0]) && len(bytes.TrimSpace(b)) == 0 {
		if d := s.st.table.delim; d == 0 || d == '|' || d >= 0x80 {
			s.st.table = table{}
		}
		return
	}
	if s.colonFile(b) {
		return
	}
	s.listing(b)
	if s.st.members {
		s.memberLine(b)
	}
	if o := b[:min(len(b), 4)]; len(o) == 4 && (string(o) == ".1.3" || string(o) == "1.3." || string(o) == "1.0." || string(o) == ".1.0" || string(o) == "iso.") {
		s.walked(b)
	}
	if b[0] == ' ' && len(b) > 16 && b[len(b)-1] == ']' && b[leading(b)] == '[' && leading(b) >= 8 {
		s.bracketed(s.lo)
	}
	if s.st.table.n > 0 && s.st.table.delim == 0 {
		i, rule := leading(b), b
		if b[0] == '!' || b[0] == '#' {
			rule = b[1:] // in a remark
			i = leading(rule)
		}
		if i < len(rule) && ruled[rule[i]] {
			if runs, ok := underline(rule); ok {
				s.st.table.underlined(b, runs)
				return
			}
		}
	}
	if s.st.table.n > 0 && s.st.table.ruledOff(b) {
		s.st.table.pending = false
		return
	}
	if len(b) >= 8 && len(b) <= 2000 && s.tableHeader(b) {
		return
	}
	switch {
	case s.st.table.n == 0:
	case s.st.table.pending:
		if t := &s.st.table; t.delim == 0 || hasDigit(b) || fields(b, t.delim) != t.width { // else titles go on below
			s.st.table = table{}
		}
	case s.st.table.delim != 0:
		s.delimited(b)
	default:
		s.columns(b)
	}
}

// ruled are the bytes that begin an underline.
var ruled = [256]bool{'-': true, '=': true, '~': true, '+': true, '|': true}

// headerWords are titles of columns beyond the keys of the rules; the first
// column Name takes its kind from its company.
var headerWords = map[string]pseudonym.Kind{
	"login": pseudonym.User, "user": pseudonym.User, "owner": pseudonym.User, "host": pseudonym.Host, "hostname": pseudonym.Host,
	"node": pseudonym.Host, "volume": pseudonym.Volume, "pod": pseudonym.Pod, "hgroup": pseudonym.Group, "array": pseudonym.Array,
	"serial": pseudonym.Serial, "vol": pseudonym.Volume, "server": pseudonym.Host, "source": pseudonym.None,
}

// tableHeader begins the table of which a line has the titles.
func (s *Scanner) tableHeader(b []byte) bool {
	if b[0] == '#' && bytes.HasPrefix(b, []byte("#Fields: ")) {
		s.st.table = s.fieldList(b[len("#Fields: "):])
		return true
	}
	if b[0] == '#' && bytes.HasPrefix(b, []byte("#fields\t")) {
		s.st.table = s.fieldList(b[len("#fields\t"):])
		s.done = s.hi // the names of the fields are keys, not values
		return true
	}
	// Most lines are ruled out here: what they hold does not stand in titles.
	if mayBeCSV(b) {
		if t, ok := s.csvHeader(b); ok {
			s.st.table = t
			return true
		}
	}
	if b[0] == '-' && b[1] == '-' || !titles(b) {
		return false
	}
	t, ok := s.columnHeader(b)
	if ok {
		s.st.table = t
	}
	return ok
}

// mayBeCSV rules out lines that hold what names of fields do not.
func mayBeCSV(b []byte) bool {
	return !isDigit(b[0]) && b[0] != '{' && b[0] != '[' && b[0] != '<' && bytes.IndexByte(b, ':') < 0 && bytes.IndexByte(b, '=') < 0
}

// lineDrawn is the last byte of the character that draws the line between two cells of a
// table, │ ┃ ┆ ┊ or the like, where a row begins with one; 0 where none does.
func lineDrawn(b []byte) byte {
	if len(b) > 12 && b[1] == drawn2[1] && b[2] >= 0x82 && b[2] <= 0x8b && bytes.Count(b, b[:3]) > 2 {
		return b[2]
	}
	return 0
}

// drawn2 is what the characters that draw lines begin with.
var drawn2 = []byte{0xe2, 0x94}

// csvHeader wants at least three fields, all of them names without digits first.
func (s *Scanner) csvHeader(b []byte) (table, bool) {
	var delim byte
	for _, d := range []byte{',', ';', '\t', '|'} {
		if bytes.Count(b, []byte{d}) >= 2 {
			delim = d
			break
		}
	}
	if delim == 0 && b[leading(b)%len(b)] == 0xe2 {
		delim = lineDrawn(b[leading(b):])
	}
	if delim == 0 {
		return table{}, false
	}
	// Within borders a line below the titles confirms them.
	t := table{delim: delim, pending: delim >= 0x80 || delim == '|' && (b[leading(b)] == '|' || bytes.Contains(b, []byte(" | ")))}
	within := s.st.table.n > 0 && s.st.table.delim == delim && fields(b, delim) == s.st.table.width
	if within && t.pending && !s.st.table.pending {
		return table{}, false
	}
	n := uint16(0)
	for f := range bytes.SplitSeq(b, []byte{delim}) {
		if delim >= 0x80 {
			f = bytes.TrimSuffix(f, drawn2)
		}
		f = bytes.Trim(f, " \"'")
		if len(f) > 40 || bytes.Count(f, []byte{' '}) > 1 || len(f) > 0 && class[f[0]]&fLetter == 0 && f[0] != '_' && f[0] != '#' {
			return table{}, false
		}
		for _, c := range f {
			if class[c] == 0 && c != ' ' && c != '/' && c != '(' && c != ')' && c != '%' && c != '#' {
				return table{}, false
			}
		}
		if t.pending && (looksLikeValue(f) && len(f) > 0 || hasDigit(f) && !hump(f) && bytes.IndexByte(f, '_') > 0) {
			return table{}, false
		}
		if within && (bytes.IndexByte(f, '.') > 0 || hasDigit(f)) {
			return table{}, false // a row, though what it holds could be a title
		}
		if r := s.keyRule(f); r >= 0 && s.k.kind(r) != pseudonym.IPv4 && !(len(f) == 3 && s.k.kind(r) == pseudonym.Secret) {
			if !(t.pending && s.k.kind(r) == pseudonym.Host && t.has(pseudonym.Host)) {
				t.put(column{at: n, kind: s.k.kind(r), rule: r})
			}
		} else if k, ok := headerWords[strings.ToLower(string(f))]; ok && k != pseudonym.None {
			t.put(column{at: n, kind: k, rule: noRule})
		}
		n++
	}
	t.width = n
	return t, t.n > 0 && n >= 3
}

// has reports whether a column of a kind is there already: further titles of hosts in a
// bordered table say what a host is for.
func (t *table) has(kind pseudonym.Kind) bool {
	for _, c := range t.cols[:t.n] {
		if c.kind == kind {
			return true
		}
	}
	return false
}

// ruledOff tells a line that only draws a border of a table whose cells lines part.
func (t *table) ruledOff(b []byte) bool {
	switch {
	case t.delim == '|' && ruled[b[0]]:
		_, ok := underline(b)
		return ok
	case t.delim >= 0x80:
		return b[leading(b)] == 0xe2 && bytes.IndexByte(b, t.delim) < 0
	}
	return false
}

// delimited reads a row of a CSV table.
func (s *Scanner) delimited(b []byte) {
	t := &s.st.table
	if b[0] == '#' && (t.delim == ' ' || t.delim == '\t') {
		return // a remark between the records
	}
	if fields(b, t.delim) != t.width {
		s.st.table = table{}
		return
	}
	field, at := uint16(0), 0
	col := 0
	for at <= len(b) && col < int(t.n) {
		from, end, next := csvField(b, at, t.delim)
		if t.cols[col].at == field {
			s.cell(s.lo+from, s.lo+end, t.cols[col])
			col++
		}
		field++
		at = next
	}
}

// fields counts the fields of a row.
func fields(b []byte, delim byte) (n uint16) {
	for at := 0; at <= len(b); n++ {
		_, _, at = csvField(b, at, delim)
	}
	return n
}

// csvField finds a field and where the next begins; quotes are left out.
func csvField(b []byte, at int, delim byte) (from, end, next int) {
	from = at
	for from < len(b) && b[from] == ' ' {
		from++
	}
	if from < len(b) && b[from] == '"' {
		from++
		end = from
		for end < len(b) && (b[end] != '"' || end+1 < len(b) && b[end+1] == '"') {
			if b[end] == '"' {
				end++
			}
			end++
		}
		end = min(end, len(b))
		i := bytes.IndexByte(b[end:], delim)
		if i < 0 {
			return from, end, len(b) + 1
		}
		return from, end, end + i + 1
	}
	i := bytes.IndexByte(b[at:], delim)
	if i < 0 {
		return from, len(b), len(b) + 1
	}
	end = at + i
	if delim >= 0x80 && end-2 >= from {
		end -= 2 // of the character that draws the line
	}
	for end > from && b[end-1] == ' ' {
		end--
	}
	return from, end, at + i + 1
}

// cell deals with the text below a title.
func (s *Scanner) cell(lo, hi int, c column) {
	if hi <= lo {
		return
	}
	id := c.kind.String()
	if c.rule >= 0 {
		id = s.k.rules[c.rule].ID
	}
	g := gap{value: lo, sep: ':', quote: '"', keyed: true}
	v := s.buf[lo:hi]
	if v[0] == '<' && bytes.Contains(v, []byte("</")) {
		return // an element is no cell
	}
	if flagsOf(v)&(fDigit|fLetter|fHigh) == 0 || c.kind == pseudonym.Serial && s.st.table.delim == 0 && (len(v) < 6 || digits(v) < 2) {
		return // a rule, or part of what stands in the column before
	}
	switch {
	case c.kind == pseudonym.MAC, c.kind == pseudonym.WWN:
		s.digitsAt(lo, c.kind)
	case c.kind == pseudonym.Secret:
		if secretLike(v, g, []byte("password")) {
			s.out = append(s.out, Finding{Start: lo, End: hi, Kind: c.kind, Rule: id, Learn: learnable(v)})
		}
	case freeText(c.kind):
		if name := strings.ToLower(string(v)); !emptyValues.has(name) && !s.staysName(name) && !looksLikeValue(v) && (c.kind == pseudonym.Phone || !pathLike(v)) {
			s.out = append(s.out, Finding{Start: lo, End: hi, Kind: c.kind, Rule: id, Learn: len(v) > 5 && bytes.IndexByte(v, ' ') > 0})
		}
	case c.kind == pseudonym.FileSystem && bytes.IndexByte(v, '/') > 0 && bytes.IndexByte(v, ' ') < 0:
		s.dataset(lo)
	case bytes.IndexByte(v, ' ') < 0:
		s.nameAt(lo, hi, c.kind, id, g)
	}
}

// colonFile reads lines of passwd, shadow and group: seven, nine or four fields.
func (s *Scanner) colonFile(b []byte) bool {
	i := min(s.cut.end(s.lo), s.hi) - s.lo
	if i == 0 || i > 32 || i == len(b) || b[i] != ':' || class[b[0]]&(fLetter|fUnder) == 0 {
		return false // no name before the first colon
	}
	n := bytes.Count(b, []byte{':'})
	if n != 6 && n != 8 && n != 1 && n != 3 || len(b) > 600 || bytes.IndexByte(b, ' ') == 0 {
		return false
	}
	f := bytes.SplitN(b, []byte{':'}, 9)
	name := f[0]
	at := s.lo + len(name) + 1
	switch {
	case n == 6 && allDigits(string(f[2])) && len(f[2]) > 0 && len(f[5]) > 0 && f[5][0] == '/':
		s.account(s.lo, s.lo+len(name))
		s.hashField(at, f[1])
		gecos := at + len(f[1]) + len(f[2]) + len(f[3]) + 3
		s.gecos(gecos, f[4], name)
		return false
	case (n == 8 || n == 1) && hashLike(f[1]):
		s.account(s.lo, s.lo+len(name))
		s.hashField(at, f[1])
		return false
	case n == 8 && len(f[1]) > 0 && len(bytes.Trim(f[1], "!*")) == 0 && len(f[2]) > 3 && allDigits(string(f[2])):
		s.account(s.lo, s.lo+len(name)) // locked
	case n == 3 && (string(f[1]) == "x" || string(f[1]) == "*") && allDigits(string(f[2])):
		members := at + len(f[1]) + len(f[2]) + 2
		for m := range bytes.SplitSeq(f[3], []byte{','}) {
			if len(m) > 1 {
				s.account(members, members+len(m))
			}
			members += len(m) + 1
		}
	}
	return false
}

// hashLike tells the hashes of shadow, htpasswd and LDAP.
func hashLike(f []byte) bool {
	return len(f) > 8 && (f[0] == '$' || hashScheme(f) || f[0] == '!' && len(f) > 9 && (f[1] == '$' || f[1] == '!') || desCrypt(f) && looksEncoded(f))
}

// desCrypt tells the thirteen characters of the oldest crypt(3) by their alphabet.
func desCrypt(f []byte) bool {
	for _, c := range f {
		if class[c]&fLetter == 0 && !isDigit(c) && c != '.' && c != '/' {
			return false
		}
	}
	return len(f) == 13
}

func (s *Scanner) hashField(at int, f []byte) {
	if hashLike(f) && bytes.IndexByte(f, ' ') < 0 {
		s.emit(at, at+len(f), pseudonym.Secret, "hash")
	}
}

// gecos emits the name of a person in passwd unless it describes a service.
func (s *Scanner) gecos(at int, f, login []byte) {
	name, _, _ := bytes.Cut(f, []byte{','})
	folded := strings.ToLower(string(login))
	if len(name) < 3 || s.k.Keeps(folded) || !personLike(name) || strings.Contains(strings.ToLower(string(name)), "user") {
		return
	}
	s.learn(at, at+len(name), pseudonym.Person, "gecos")
}

// cron reads "(jdoe) CMD (...)" in the messages of cron and crontab.
func (s *Scanner) cron() {
	b := s.buf[s.lo:s.hi]
	i := bytes.Index(b, []byte(") CMD ("))
	for _, verb := range []string{") LIST (", ") RELOAD (", ") BEGIN EDIT (", ") REPLACE (", ") END EDIT ("} {
		if i < 0 {
			i = bytes.Index(b, []byte(verb))
		}
	}
	if i < 0 {
		return
	}
	lo := bytes.LastIndexByte(b[:i], '(')
	if lo < 0 || i-lo < 3 {
		return
	}
	if b[lo+1] != '*' { // (*system*)
		s.account(s.lo+lo+1, s.lo+i)
	}
	if k := bytes.LastIndexByte(b, '('); k > i && bytes.HasSuffix(b, []byte(")")) && !bytes.Contains(b[i:k], []byte("CMD")) {
		if w := b[k+1 : len(b)-1]; bytes.IndexByte(w, ' ') < 0 && bytes.IndexByte(w, '/') < 0 && len(w) > 1 {
			s.account(s.lo+k+1, s.lo+len(b)-1)
		}
	}
}

// listing reads owner and group of ls -l, the names of /etc/hosts, and the
// source of an NFS mount.
func (s *Scanner) listing(b []byte) {
	if len(b) > 20 && (b[0] == '-' || b[0] == 'd' || b[0] == 'l' || b[0] == 'c' || b[0] == 'b' || b[0] == 's' || b[0] == 'p') && modeBits(b[1:10]) {
		s.owners(b)
		return
	}
	if b[0] == '/' && len(b) > 4 && b[1] == '/' {
		s.windowsShare(b)
		return
	}
	if lower(b[0]) == 'f' && len(b) > 4 && isHexByte(b[1]) && bytes.IndexByte(b[:5], ':') > 0 {
		s.etcHosts(b) // fd00::7  qz01
		return
	}
	if class[b[0]]&(fLetter|fUnder) != 0 {
		s.processRow(b)
		return
	}
	if isDigit(b[0]) {
		s.etcHosts(b)
		s.accessLog(b)
	}
}

func modeBits(b []byte) bool {
	for i, c := range b {
		if c != '-' && c != "rwx"[i%3] && c != 's' && c != 't' && c != 'S' && c != 'T' {
			return false
		}
	}
	return true
}

func (s *Scanner) owners(b []byte) {
	if f := bytes.TrimLeft(b[10:], "+.@ "); len(f) == 0 || !isDigit(f[0]) {
		return // a rule of dashes
	}
	i, n := 0, 0
	for i < len(b) && n < 4 {
		for i < len(b) && b[i] == ' ' {
			i++
		}
		from := i
		for i < len(b) && b[i] != ' ' {
			i++
		}
		if n == 2 || n == 3 {
			w := b[from:i]
			name := strings.ToLower(string(w))
			if !s.k.Common(name) && !looksLikeValue(w) && !(len(w) == 3 && strings.Contains(months, string(w))) {
				s.account(s.lo+from, s.lo+i)
			}
		}
		n++
	}
}

// sixthHost is the length of the IPv6 address a line begins with, or 0.
func sixthHost(b []byte) int {
	n, colons := 0, 0
	for n < len(b) && (isHexByte(b[n]) || b[n] == ':') {
		if b[n] == ':' {
			colons++
		}
		n++
	}
	if colons < 2 || n < 4 || n > 39 || n >= len(b) || !isSpace(b[n]) || colons == 2 && !bytes.Contains(b[:n], []byte("::")) {
		return 0
	}
	return n
}

// etcHosts reads "10.0.0.5 web01.corp web01 # comment".
func (s *Scanner) etcHosts(b []byte) {
	_, n := parseQuad(b, '.')
	if n == 0 {
		n = sixthHost(b)
	}
	if n == 0 || n >= len(b) || !isSpace(b[n]) {
		return
	}
	line := b
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	if f := bytes.TrimLeft(line[n:], " \t"); len(f) > 0 && f[0] > ' ' && f[0] < 0x80 && class[f[0]]&fLetter == 0 {
		return // not even the first is a name
	}
	names := bytes.Fields(line[n:])
	if len(names) == 0 || len(names) > 8 {
		return
	}
	for _, w := range names {
		for _, c := range w {
			if class[c] == 0 || c == '@' {
				return
			}
		}
		if class[w[0]]&fLetter == 0 || looksLikeValue(w) {
			return
		}
	}
	if len(names) == 1 && s.k.Common(strings.ToLower(string(names[0]))) || len(names) > 1 && bytes.IndexByte(names[0], '.') < 0 && !nameShape(names[0]) {
		return
	}
	at := n
	for _, w := range names {
		at += bytes.Index(b[at:], w)
		if name := strings.ToLower(string(w)); !stateWord.has(name) {
			s.hostName(at, at+len(w), name)
		}
		at += len(w)
	}
}

// accessLog reads the user of a web server's line: address - user [time].
func (s *Scanner) accessLog(b []byte) {
	i := bytes.IndexByte(b[:min(len(b), 65)], ' ')
	if i > 8 && i+1 < len(b) && b[i+1] == '[' && isDigit(b[i-1]) && bytes.IndexByte(b[:i], ':') > 6 {
		s.proxied(s.lo + i)
	}
	if i < 3 || !bytes.HasPrefix(b[i:], []byte(" - ")) {
		return
	}
	end := i + 3
	for end < len(b) && b[end] != ' ' {
		end++
	}
	if end+3 < len(b) && b[end+1] == '[' && isDigit(b[end+2]) && end-i > 4 {
		s.account(s.lo+i+3, s.lo+end)
	}
}

// lease reads the name a DHCP client gave itself: "to 3c:52:.. (LAPTOP-7QK3) via".
func (s *Scanner) lease(b []byte) {
	if !bytes.Contains(b, []byte("DHCP")) {
		return
	}
	lo := bytes.IndexByte(b, '(')
	hi := bytes.IndexByte(b, ')')
	if lo > 0 && hi > lo+2 && bytes.HasPrefix(b[hi:], []byte(") via ")) && nameEnd(b, lo+1, hi) == hi && !emptyValues.hasFolded(b[lo+1:hi]) {
		s.hostName(lo+1, hi, strings.ToLower(string(b[lo+1:hi])))
	}
}

// sudo reads "sudo:   jdoe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=".
func (s *Scanner) sudo(b []byte) {
	i := behind(b, " : ", "TTY=")
	if i < 0 && bytes.Contains(b, []byte(" ; TTY=")) {
		i = bytes.Index(b, []byte(" : ")) // what went wrong stands before the terminal
	}
	if i < 0 {
		if i = behind(b, " : user ", "NOT in sudoers"); i < 0 {
			return
		}
	}
	lo := i
	for lo > 0 && !isSpace(b[lo-1]) && b[lo-1] != ':' {
		lo--
	}
	if i-lo > 1 {
		s.account(s.lo+lo, s.lo+i)
	}
}

// behind finds a text with another before it by the text, which is the rarer one,
// and returns where the other begins.
func behind(b []byte, before, text string) int {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(text))
		if i < 0 {
			return -1
		}
		if at += i; bytes.HasSuffix(b[:at], []byte(before)) {
			return at - len(before)
		}
		at++
	}
}
