package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// next reads the word behind a place: over one space, an opening quote or
// bracket. It says whether the word stood in quotes.
func (s *Scanner) next(hi int) (lo, end int, quote byte) {
	b, i := s.buf, hi
	if i >= s.hi || !isSpace(b[i]) {
		return 0, 0, 0
	}
	for i < s.hi && isSpace(b[i]) {
		i++
	}
	for i < s.hi && b[i] == '\\' {
		i++
	}
	if i < s.hi {
		switch b[i] {
		case '"', '\'', '`', '[', '<', '(':
			quote = b[i]
			i++
		}
	}
	lo = i
	for i < s.hi && (class[b[i]] != 0 || b[i] == '$' && i > lo || b[i] == '+') {
		i++
	}
	end = i
	for end > lo && class[b[end-1]]&(fDot|fDash|fAt) != 0 {
		end--
	}
	if quote != 0 && (end >= s.hi || b[end] != quoteEnd(quote) && b[end] != '\\' && b[end] != '@' && b[end] != '/') {
		quote = ' '
	}
	return lo, end, quote
}

func quoteEnd(q byte) byte {
	switch q {
	case '[':
		return ']'
	case '<':
		return '>'
	case '(':
		return ')'
	}
	return q
}

// noun deals with "user jdoe", "volume 'x'", "array fa3".
func (s *Scanner) noun(lo, hi int, rule int16) {
	if hi+4 < s.hi && string(s.buf[hi:hi+3]) == " [\"" && s.k.kind(rule) == pseudonym.User {
		if end := nameEnd(s.buf, hi+3, s.hi); end < s.hi && s.buf[end] == '"' && end-hi > 4 {
			s.account(hi+3, end)
			return
		}
	}
	n, end, quote := s.next(hi)
	if end-n < 2 || end < s.hi && (s.buf[end] == '=' || s.buf[end] == ':' && end+1 < s.hi && s.buf[end+1] == ' ' && quote == 0) && s.k.kind(rule) != pseudonym.User {
		return
	}
	if n > hi+1 && quote == 0 && (upperCase(s.buf[lo:hi]) || hump(s.buf[n:end]) && !hasDigit(s.buf[n:end])) {
		return // titles of columns
	}
	kind := s.k.kind(rule)
	w := s.buf[n:end]
	name := s.fold(w)
	if kind == pseudonym.Volume && quote == 0 && volumeActs.has(name) && s.lineHas(lo, "gluster") {
		if n, end, _ = s.next(end); end-n > 2 && s.buf[n] != '-' && !s.staysName(s.fold(s.buf[n:end])) {
			s.parts(n, end, kind, s.k.rules[rule].ID, s.fold(s.buf[n:end]))
		}
		return
	}
	if kind == pseudonym.User && name == "local" && end+2 < s.hi && s.buf[end] == '/' {
		s.account(end+1, nameEnd(s.buf, end+1, s.hi)) // of this array, as some write it
		return
	}
	if kind == pseudonym.User && quote == '\'' {
		s.grantee(end)
	}
	if kind == pseudonym.User && quote == 0 && s.loginOf(lo, end, w) {
		s.parts(n, end, kind, s.k.rules[rule].ID, name)
		return
	}
	if kind == pseudonym.Serial && len(w) >= 10 && countedSerial(w) {
		s.parts(n, end, kind, s.k.rules[rule].ID, name)
		return
	}
	if s.staysName(name) || looksLikeValue(w) || stateWord.has(name) || bytes.IndexByte(w, '@') >= 0 || bytes.Contains(w, []byte("..")) || quote == ' ' || quote == '(' && !nameShape(w) && (s.k.Common(name) || kind != pseudonym.Array && kind != pseudonym.Volume) {
		return
	}
	if quote == '[' && !nameShape(w) && (kind != pseudonym.User || upperCase(w)) {
		return // cluster [DBG]
	}
	if kind == pseudonym.User && quote == 0 && len(w) < 5 && upperCase(w) && !hasDigit(w) {
		return // User GUI
	}
	if kind == pseudonym.User && quote == 0 && (capitalised(s.buf[lo:hi]) && capitalised(w) && lower(s.buf[lo]) == 'a' || s.inTitle(lo, end, w)) {
		return // Account Lockdown, config user x, Clipboard User X
	}
	if kind == pseudonym.Array && hi-lo == len("svm") && quote == 0 && !nameShape(w) {
		return // a feature of a CPU
	}
	if kind == pseudonym.User && quote == 0 && (name == "ingroup" || name == "notingroup") {
		return // a condition of PAM
	}
	if p := s.prev[0]; kind == pseudonym.User && p.hi+1 == lo && p.hi > p.lo && foldEqual(s.buf[p.lo:p.hi], "table") {
		return // of a database, called user
	}
	if p := s.prev[0]; kind == pseudonym.Array && p.hi+1 == lo && p.hi > p.lo && foldEqual(s.buf[p.lo:p.hi], "smart") {
		return // of a maker's adapters
	}
	if quote == '(' && release(w) {
		return // cluster (v3)
	}
	if quote == '(' && upperCase(w) && (!hasDigit(w) && kind == pseudonym.Array || bytes.IndexByte(w, '_') > 0) {
		return // Cluster (GPL), account (DFT_ACCOUNT_STR)
	}
	if kind == pseudonym.Array && quote == 0 && isDigit(w[0]) {
		return // cluster 11-main
	}
	if quote == 0 && end < s.hi && (s.buf[end] == '=' || s.buf[end] == '/' || s.buf[end] == '\\' || s.buf[end] == '(' && kind != pseudonym.User) {
		return
	}
	if quote == 0 && (s.k.Common(name) || camel(w) || s.wordy(name) || lower(s.buf[lo]) == 'l') {
		return // "login" stands before anything
	}
	if kind == pseudonym.Domain && quote == 0 && (!upperName(w) || len(w) < 4) {
		return
	}
	if kind == pseudonym.Serial && (!hasDigit(w) || len(w) < 6 || isFormOfOther(w)) {
		return
	}
	if kind == pseudonym.User && quote == 0 && joinedName(w) && partWords.has(name[:strings.IndexAny(name, "-_")]) {
		return // a thread
	}
	if kind == pseudonym.User && quote == 0 && bytes.IndexByte(w, '.') > 0 && (isFile(name) || isCode(name, w)) {
		return
	}
	s.parts(n, end, kind, s.k.rules[rule].ID, name)
}

// volumeActs are what Gluster does to a volume, which is named behind it.
var volumeActs = set("add-brick barrier bitrot bricks clear-locks create delete get heal info log profile quota rebalance remove-brick replace-brick " +
	"reset restart set start statedump status stop sync top")

// release tells the number of one behind a v: v3, v1.22.0.
func release(w []byte) bool {
	return len(w) > 1 && lower(w[0]) == 'v' && isDigit(w[1]) && flagsOf(w[1:])&(fLetter|fDash|fUnder|fHigh) == 0
}

// grantee emits the host of 'user'@'host', of which the user ends at a place.
func (s *Scanner) grantee(at int) {
	b := s.buf
	if at+4 >= s.hi || b[at] != '\'' || b[at+1] != '@' || b[at+2] != '\'' {
		return
	}
	end := nameEnd(b, at+3, s.hi)
	if end-at > 4 && end < s.hi && b[end] == '\'' && class[b[at+3]]&fLetter != 0 {
		s.hostName(at+3-s.lo, end-s.lo, s.fold(b[at+3:end]))
	}
}

// inTitle tells a word behind "user" that is no account: the line goes on as a title
// does, with capitals, or is a statement of a config about users.
func (s *Scanner) inTitle(lo, end int, w []byte) bool {
	b, p := s.buf, s.prev[0]
	if p.hi > p.lo && p.hi+1 == lo && b[p.hi] == ' ' {
		if foldEqual(b[p.lo:p.hi], "config") || class[w[0]]&fUpper != 0 && class[b[lo]]&fUpper != 0 && capitalised(b[p.lo:p.hi]) && !foldEqual(b[p.lo:p.hi], "invalid") {
			return true
		}
	}
	return capitalised(w) && end+2 < s.hi && b[end] == ' ' && class[b[end+1]]&fUpper != 0 && class[b[end+2]]&fLower != 0
}

// loginOf reports whether the phrase around "user X" leaves no doubt that X is
// an account, though it may be a word of every log: "invalid user test from",
// "session closed for user data".
func (s *Scanner) loginOf(lo, end int, w []byte) bool {
	if rest := s.buf[end:s.hi]; bytes.HasPrefix(rest, []byte(" from ")) && quadAhead(rest[6:]) {
		if name := s.fold(w); !s.staysName(name) && bytes.IndexByte(w, '@') < 0 && !stateWord.has(name) && !tries.has(name) {
			return true
		}
	}
	p := s.prev[0]
	if p.hi == 0 || p.hi+1 != lo || s.staysName(s.fold(w)) && !(allDigits(string(w)) && len(w) > 2) || bytes.IndexByte(w, '@') >= 0 {
		return false
	}
	switch s.fold(s.buf[p.lo:p.hi]) {
	case "invalid", "illegal", "for", "unknown":
	case "of":
		return s.lineHas(lo, "ession ") && len(bytes.TrimRight(s.buf[end:s.hi], ". \r")) == 0
	default:
		return false
	}
	switch string(w) {
	case "from", "by", "is", "was", "with", "in", "on", "to", "and", "or", "does":
		return false
	}
	rest := s.buf[end:s.hi]
	for _, tail := range []string{" from ", " by (uid", " by root", "(uid=", " by uid", " [preauth]", " service "} {
		if bytes.HasPrefix(rest, []byte(tail)) {
			return true
		}
	}
	if by, ok := bytes.CutPrefix(rest, []byte(" by ")); ok && bytes.HasPrefix(by[nameEnd(by, 0, len(by)):], []byte("(uid=")) {
		return true
	}
	return len(bytes.TrimRight(rest, " .\r")) == 0 && !s.k.Common(string(w)) || len(rest) == 0 && s.lineHas(lo, "session")
}

// tries are what one does with a login, before where it came from.
var tries = set("found attempt attempts request requests failure failures error errors connection connections")

// camel tells words such as FileServerSystem, which programs are made of.
func camel(w []byte) bool {
	humps := 0
	for i := 1; i < len(w); i++ {
		if class[w[i]]&(fLetter|fUnder) == 0 && !isDigit(w[i]) {
			return false
		}
		if class[w[i]]&fUpper != 0 && class[w[i-1]]&fLower != 0 {
			humps++
		}
	}
	return humps >= 2
}

// capitalised tells a word of letters of which only the first is a capital.
func capitalised(w []byte) bool {
	for i, c := range w {
		if f := class[c]; i == 0 && f&fUpper == 0 || i > 0 && f&fLower == 0 {
			return false
		}
	}
	return len(w) > 1
}

// nameShape tells names from words: a digit, or parts joined by dash or underscore.
func nameShape(w []byte) bool {
	var f flags
	for _, c := range w {
		f |= class[c]
	}
	return f&fLetter != 0 && f&(fDigit|fDash|fUnder) != 0
}

// wordy tells compounds of ordinary words from names: auth-retry, object-group.
func (s *Scanner) wordy(name string) bool {
	if !strings.ContainsAny(name, "-_") || hasDigit([]byte(name)) {
		return false
	}
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' }) {
		if !s.k.Common(part) {
			return false
		}
	}
	return true
}

// age tells how long something lasts, as switches write it: 1d06h, 11w4d.
func age(w []byte) bool {
	i, units := 0, 0
	for i < len(w) && isDigit(w[i]) {
		for i < len(w) && isDigit(w[i]) {
			i++
		}
		if i == len(w) || strings.IndexByte("ywdhms", w[i]) < 0 {
			return false
		}
		i++
		units++
	}
	return i == len(w) && units > 0
}

// phrase deals with for, by, from, to, host, server, node and the like.
func (s *Scanner) phrase(lo, hi int) {
	w := s.buf[lo:hi]
	if lo == s.body && lo > s.lo {
		return // a host of that name, before the tag of a program
	}
	switch lower(w[0]) {
	case 'o':
		if s.hi > hi+4 && s.buf[s.hi-1] == '{' && s.beginsLine(lo) {
			s.member(hi+1, nameEnd(s.buf, hi+1, s.hi-2)) // a part of what is replicated: on qz01 {
		}
		s.hostShaped(hi)
		if n, end, quote := s.next(hi); end-n > 1 && quote == 0 && end+2 == s.hi && s.buf[end+1] == '{' && len(bytes.TrimSpace(s.buf[s.lo:lo])) == 0 {
			s.inventoryHost(n, end) // of a section of a configuration
		}
	case 'f':
		if len(w) == 3 {
			if hi+1 < s.hi && s.buf[hi+1] == '/' && s.lineHas(lo, "mount request") && !s.lineHas(lo, "automount") {
				s.exportPath(hi + 1)
				return
			}
			if p := s.prev[0]; p.hi > p.lo && lower(s.buf[p.lo]) == 'f' && foldEqual(s.buf[p.lo:p.hi], "failed") && (s.lineHas(lo, "addrinfo") || s.lineHas(lo, "sockaddr")) {
				s.hostAfter(hi, true)
			}
			s.userAfter(hi, s.buf[max(s.lo, lo-48):lo], loginWords)
			return
		}
		if s.buf[s.lo] == 'L' && bytes.HasPrefix(s.buf[s.lo:lo], []byte("Last login: ")) && hi+1 < s.hi {
			s.member(hi+1, len(bytes.TrimRight(s.buf[:s.hi], " \r")))
		}
		s.hostAfter(hi, false)
		s.hostShaped(hi)
	case 'a':
		if lower(w[1]) == 't' {
			s.hostShaped(hi)
			s.resolved(lo)
			return
		}
		if s.queries(lo, hi) {
			return
		}
		s.userAfter(hi, s.buf[max(s.lo, lo-40):lo], actorWords)
	case 'b':
		if s.queries(lo, hi) {
			return
		}
		s.userAfter(hi, s.buf[max(s.lo, lo-40):lo], actorWords)
	case 't', 'c':
		if len(w) == 6 && lower(w[1]) == 'l' && bytes.HasSuffix(s.buf[s.lo:lo], []byte(" LOGIN: ")) {
			s.loggedIn(lo - len(" LOGIN: "))
		}
		if len(w) > 2 {
			s.hostAfter(hi, lower(w[1]) == 'l')
		} else {
			s.hostAfter(hi, false)
			s.hostShaped(hi)
			s.zoningAfter(lo, hi)
		}
	default:
		if p := lo - 4; lower(w[0]) == 'h' && p >= s.lo && string(s.buf[p:lo]) == "    " {
			s.lastHost(hi)
		}
		if lower(w[0]) == 'h' && s.beginsLine(lo) {
			s.admitted(hi)
		}
		if lower(w[0]) == 'h' && hi+1 < s.hi && bytes.HasSuffix(s.buf[s.lo:lo], []byte("(local to ")) {
			s.member(hi+1, nameEnd(s.buf, hi+1, s.hi))
		}
		s.hostAfter(hi, true)
	}
}

// loggedIn emits the account in brackets before what came of a login, which ends at
// end: [jdoe] OK LOGIN: Client "192.0.2.7".
func (s *Scanner) loggedIn(end int) {
	head, ok := bytes.CutSuffix(s.buf[s.lo:end], []byte(" OK"))
	if !ok {
		head, ok = bytes.CutSuffix(head, []byte(" FAIL"))
	}
	if head, closed := bytes.CutSuffix(head, []byte{']'}); ok && closed {
		if at := bytes.LastIndexByte(head, '[') + 1; at > 0 && nameEnd(head, at, len(head)) == len(head) && len(head)-at > 1 {
			s.account(s.lo+at, s.lo+len(head))
		}
	}
}

// lastHost emits the host that ends its line in a tree: "   -2  1.85156     host qz01".
func (s *Scanner) lastHost(hi int) {
	if n, end, quote := s.next(hi); quote == 0 && end-n > 2 && len(bytes.TrimRight(s.buf[end:s.hi], " \r")) == 0 && n == hi+1 {
		s.member(n, end)
	}
}

// queries tells the AS and BY of a database's language: behind what ends an
// expression, behind GROUP and ORDER, before a name in backticks.
func (s *Scanner) queries(lo, hi int) bool {
	b, p := s.buf, s.prev[0]
	if lo > s.lo+1 && b[lo-1] == ' ' && strings.IndexByte("\"')`", b[lo-2]) >= 0 || hi+1 < s.hi && b[hi+1] == '`' {
		return true
	}
	return p.hi+1 == lo && (foldEqual(b[p.lo:p.hi], "group") || foldEqual(b[p.lo:p.hi], "order"))
}

// loginWords in a line make "for X" a user.
var loginWords = []string{"password", "publickey", "keyboard-interactive", "session", "authentication", "login", "logon", "hostbased", "gssapi", "credentials", "kerberos", "ticket", "account", "su:", "sudo", "failed auth", "failed command", "principal", "'su ", "passwd", "logout", "shell"}

// actorWords before "by" make what follows a user.
var actorWords = []string{"opened", "closed", "logged", "created", "modified", "changed", "requested", "issued", "approved", "su for", "started", "locked", "unlocked", "deleted", "run", "executed", "initiated", "login", "logon", "acknowledged", "invoked", "performed", "configured", "updated", "reset", "connected", "root", "ran command", "written", "configuration change at"}

// userAfter emits the word behind as a user when the text before speaks of
// logins and it is no word of every log.
func (s *Scanner) userAfter(hi int, before []byte, speak []string) {
	n, end, quote := s.next(hi)
	if end-n < 2 {
		return
	}
	b := s.buf
	if quote == '(' && end+2 < s.hi && b[end] == ')' && b[end+1] == ' ' && b[end+2] == '[' && quadAhead(b[end+3:s.hi]) {
		s.greeting(n, end)
		return
	}
	w := b[n:end]
	uid := bytes.HasPrefix(b[end:s.hi], []byte("(uid="))
	name := s.fold(w)
	if s.staysName(name) || looksLikeValue(w) || name == "user" || name == "invalid" || name == "illegal" || bytes.IndexByte(w, '@') >= 0 {
		return
	}
	if !uid && !s.anyOf(before, speak) {
		return
	}
	if bytes.HasSuffix(before, []byte("limit ")) {
		return // set limit for 'nofile'
	}
	if cmdlet(w) {
		return
	}
	if i := bytes.LastIndexByte(w, '-'); i > 0 && i+1 < len(w) && isDigit(w[i+1]) && bytes.IndexByte(w[i:], '.') > 0 {
		return // a program and its release: isc-dhcp-4.2.2
	}
	if end < s.hi && (b[end] == '\\' || b[end] == '/' || b[end] == '=' || b[end] == '[' || b[end] == ':' && end+1 < s.hi && isAlnum(b[end+1])) {
		return
	}
	if len(w) < 5 && quote == 0 && upperCase(w) && !hasDigit(w) && !uid {
		return // closed by FIN
	}
	if bytes.HasPrefix(b[end:s.hi], []byte(" over ")) || bytes.HasSuffix(before, []byte("logged in ")) && bytes.IndexByte(before, '@') > 0 {
		return // a protocol; what a user came with
	}
	follows := bytes.HasPrefix(b[end:s.hi], []byte(" from ")) || uid || bytes.HasPrefix(b[end:s.hi], []byte(" on /dev/")) || bytes.HasPrefix(b[end:s.hi], []byte(" on pts/"))
	if quote == 0 && !follows && camel(w) {
		return
	}
	if quote == 0 && !follows && (stateWord.has(name) || s.k.Common(name)) || quote == '(' || quote == ' ' {
		return
	}
	if bytes.IndexByte(w, '.') > 0 && (isFile(name) || dotted(w)&aDotted != 0) {
		return
	}
	learn := !s.k.Common(name) && len(name) >= 3
	s.out = append(s.out, Finding{Start: n, End: end, Kind: pseudonym.User, Value: name, Rule: "user", Learn: learn})
}

// hostAfter emits the word behind as a host. After "from" and "to", which stand
// before anything, the word must be followed by what follows hosts.
func (s *Scanner) hostAfter(hi int, noun bool) {
	n, end, quote := s.next(hi)
	b := s.buf
	if quote == '(' && end+2 < s.hi && b[end] == ')' && b[end+1] == ' ' && b[end+2] == '[' && quadAhead(b[end+3:s.hi]) {
		s.greeting(n, end)
		return
	}
	if end-n < 2 || quote == ' ' || quote == '(' {
		return
	}
	w, rest := b[n:end], b[end:s.hi]
	told := addressed(rest)
	if !told && (!noun || quote == 0 && !nameShape(w) && !s.placed(w)) {
		return
	}
	if class[w[0]]&(fLetter|fDigit) == 0 || looksLikeValue(w) || bytes.IndexByte(w, '@') >= 0 {
		return
	}
	name := s.fold(w)
	if s.staysName(name) || stateWord.has(name) || s.k.Common(name) {
		return
	}
	if quote == 0 && (camel(w) || strings.HasPrefix(name, "thread-")) {
		return
	}
	if end < s.hi && (b[end] == '=' || b[end] == '(' || b[end] == '\\') || isProcess(rest) && !noun {
		return
	}
	if strings.IndexByte(name, '.') > 0 {
		if !isFile(name) && (told || dotted(w)&aDotted != 0) {
			s.emitName(n, end, name, "host")
		}
		return
	}
	if class[w[0]]&fDigit != 0 && !nameShape(w) || hexWord(w) && !(told && len(w) == 12) || isProgramName(name) || quote == 0 && s.wordy(name) || age(w) {
		return
	}
	s.out = append(s.out, Finding{Start: n, End: end, Kind: pseudonym.Host, Value: name, Rule: "host", Learn: len(name) >= 3})
}

// placed tells a name without a digit behind "on node" and the like.
func (s *Scanner) placed(w []byte) bool {
	p := s.prev[0]
	if p.hi == 0 || len(w) < 5 || !placeWords.hasFolded(s.buf[p.lo:p.hi]) || hump(w) {
		return false
	}
	return flagsOf(w)&^fLetter&^(fUpper|fLower|fWord) == 0
}

var placeWords = set("on at of")

// addressed reports whether a port or an address follows, as they do behind a host.
func addressed(rest []byte) bool {
	if len(rest) < 3 {
		return false
	}
	switch {
	case rest[0] == ',':
		return bytes.HasPrefix(rest, []byte(", policy "))
	case rest[0] == '[':
		return quadAhead(rest[1:])
	case rest[0] != ' ':
		return false
	case rest[1] == '(':
		return rest[2] == '1' || quadAhead(rest[2:])
	case rest[1] == '[':
		return quadAhead(rest[2:])
	}
	return bytes.HasPrefix(rest, []byte(" port ")) || bytes.HasPrefix(rest, []byte(" not responding")) || bytes.HasPrefix(rest, []byte(" iburst"))
}

// greeting emits the name a mail client gave itself: "(LAPTOP-7QK) [192.0.2.7]".
func (s *Scanner) greeting(lo, hi int) {
	name := s.fold(s.buf[lo:hi])
	if hi-lo < 2 || s.k.Common(name) || s.staysName(name) || looksLikeValue(s.buf[lo:hi]) {
		return
	}
	s.hostName(lo-s.lo, hi-s.lo, name)
}

// hostShaped emits the word behind on, at, from or to when its own shape is that
// of a host: letters, then a dash, then a number at the end, and no part of a
// machine.
func (s *Scanner) hostShaped(hi int) {
	n, end, quote := s.next(hi)
	if end-n < 5 || quote == '(' || quote == ' ' || quote == '[' {
		return
	}
	b := s.buf
	w := b[n:end]
	if quote == 0 && withPort(w, b[end:s.hi]) {
		if name := s.fold(w); !s.staysName(name) && !s.wordy(name) && !partWords.has(firstPart(name)) {
			s.hostName(n-s.lo, end-s.lo, name)
			return
		}
	}
	if !isDigit(w[len(w)-1]) || class[w[0]]&fLetter == 0 || bytes.IndexByte(w, '-') < 0 || bytes.IndexByte(w, '.') >= 0 {
		return
	}
	name := s.fold(w)
	dash := strings.IndexByte(name, '-')
	head := strings.TrimRight(name[:max(dash, 0)], "0123456789")
	if dash < 2 || s.staysName(name) || stateWord.has(name) {
		return
	}
	if end < s.hi && (b[end] == '=' || b[end] == '(' || b[end] == '/' || b[end] == '\\' || b[end] == '[') || partWords.has(head) || slotWords.has(head) || len(w)-dash > 24 || isUUID(w) {
		return
	}
	last := name[strings.LastIndexByte(name, '-')+1:]
	if len(last) > 4 && allDigits(last) || hexWord(bytes.ReplaceAll(w, []byte{'-'}, nil)) {
		return
	}
	s.out = append(s.out, Finding{Start: n, End: end, Kind: pseudonym.Host, Value: name, Rule: "host", Learn: true})
}

// firstPart is what a name begins with up to a dash, an underscore or a number.
func firstPart(name string) string {
	return name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz"))]
}

// partWords begin names of parts of programs and machines rather than hosts.
var partWords = set("thread pool worker exec slot disk cpu core line page step stage phase task job session port path lun volume version utf iso rfc cve fc sda dm raid " +
	"level part partition replica shard queue channel link lane bank row rack enclosure shelf drive fan psu temp sensor module dimm board bus usb pci flash bootflash crashinfo nvram usbflash vlan tunnel loopback ipv ipv4 ipv6 scsi sata nvme tty " +
	"http tls ssl ipv tcp udp sha md aes log event id index item type rev block blk rdd app attempt container executor sched timer irq kworker java py python lib " +
	"april may june july march jan feb mar apr jun jul aug sep oct nov dec mon tue wed thu fri sat sun gen pre post non sub re up x one two three pg osd director")

// isProgramName tells names such as nfs-server or io_uring, whose parts are all
// common words.
func isProgramName(name string) bool {
	for _, suffix := range []string{"-server", "-client", "-agent", "-manager", "-service", "_server", "_client", "d"} {
		if strings.HasSuffix(name, suffix) && !hasDigit([]byte(name)) {
			return true
		}
	}
	return false
}

func hexWord(w []byte) bool {
	return len(w) >= 8 && hexDigits(w) == len(w)
}

func isProcess(rest []byte) bool { return len(rest) > 1 && rest[0] == '[' && isDigit(rest[1]) }

func quadAhead(b []byte) bool {
	_, n := parseQuad(b, '.')
	return n > 0
}
