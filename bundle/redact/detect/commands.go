package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// command deals with words that begin a statement of a config or a command line
// in which a secret or a name stands without a separator.
func (s *Scanner) command(lo, hi int) int {
	w := s.fold(s.buf[lo:hi])
	switch w {
	case "bindpw", "rootpw", "requirepass", "masterauth":
		if s.beginsLine(lo) {
			return s.secretArg(hi, 0)
		}
	case "rocommunity", "rwcommunity", "rocommunity6", "rwcommunity6", "trapcommunity", "authcommunity":
		return s.secretArg(hi, 0)
	case "community":
		if s.lineHas(lo, "snmp") {
			return s.secretArg(hi, 0)
		}
	case "com2sec", "com2sec6":
		return s.secretArg(hi, 2)
	case "trapsink", "trap2sink", "informsink":
		return s.secretArg(hi, 1)
	case "secret", "password", "passwd", "passphrase":
		return s.secretWord(lo, hi)
	case "key":
		return s.keyWord(lo, hi)
	case "identified":
		if n, end, _ := s.next(hi); strings.EqualFold(string(s.buf[n:end]), "by") {
			return s.secretArg(end, 0)
		}
	case "login", "user", "username", "createuser", "useradd", "userdel", "usermod":
		s.userArg(lo, hi, w)
	case "search", "domain", "workgroup":
		s.searchDomains(lo, hi, w)
	case "zone", "zoneset", "fcalias":
		s.aliasArg(hi, true)
	case "cmd", "list", "reload", "edit", "replace":
		if lo > s.lo+2 && s.buf[lo-1] == ' ' {
			s.cron()
		}
	case "su":
		s.switchUser(hi)
	case "ap":
		s.accessPoint(lo, hi)
	case "traffic", "threat", "system", "config", "globalprotect", "userid", "hipmatch", "decryption":
		s.fieldBefore(lo)
		if lo > s.lo && hi < s.hi && s.buf[lo-1] == ',' && s.buf[hi] == ',' {
			s.recordFields(lo, hi, w)
		}
	case "systems", "drives":
		s.resource(lo, hi)
	case "by-id":
		s.diskLink(hi)
	case "packet", "noerror", "nxdomain", "servfail":
		s.wireName(hi)
	case "client_list":
		s.tunnelled(hi)
	case "w3svc1", "w3svc2", "w3svc3":
		s.site(hi)
	case "fw":
		s.firewall(lo, hi)
	case "ias", "ras":
		s.quotedFirst(lo, hi)
	case "p":
		if lo > s.lo && hi+1 < s.hi && s.buf[hi] == '=' && (s.buf[lo-1] == ';' && (s.lineHas(lo, "uid=") || s.lineHas(lo, "user") || s.lineHas(lo, "server=")) || s.buf[lo-1] == ',' && s.lineHas(lo, ",u=") && s.lineHas(lo, "h=")) {
			end := hi + 1
			for end < s.hi && !isSpace(s.buf[end]) && bytes.IndexByte([]byte(`;"',`), s.buf[end]) < 0 {
				end++
			}
			if u := behind(s.buf[s.lo:lo], ",", "u="); u > 0 {
				from := s.lo + u + len(",u=")
				s.account(from, nameEnd(s.buf, from, lo))
			}
			if v := s.buf[hi+1 : end]; secretLike(v, gap{sep: '='}, []byte("password")) {
				s.out = append(s.out, Finding{Start: hi + 1, End: end, Kind: pseudonym.Secret, Rule: "secret", Learn: learnable(v)})
				return end
			}
		}
	case "haproxy":
		s.proxied(hi)
	case "ran":
		if n, end, _ := s.next(hi); string(s.buf[n:end]) == "command" && s.prev[0].hi > s.prev[0].lo {
			s.account(s.prev[0].lo, s.prev[0].hi)
		}
	case "pts", "console", "tty1", "tty2", "tty3", "ttys0", "ttyv0":
		s.terminal(lo)
	case "pam", "ldap", "sql", "passwd-file", "lua", "imap":
		s.backend(hi)
	case "tty", "sudoers":
		s.sudo(s.buf[s.lo:s.hi])
	case "dhcpack", "dhcpoffer", "dhcprequest", "dhcpdiscover", "dhcpnak", "dhcpinform":
		s.lease(s.buf[s.lo:s.hi])
	case "wwn":
		s.spacedWWN(hi)
	case "linux":
		s.uname(lo, hi)
	case "proctitle":
		if hi < s.hi && s.buf[hi] == '=' {
			end := hi + 1
			for end < s.hi && isHexByte(s.buf[end]) {
				end++
			}
			s.hexText(hi+1, end)
		}
	default:
		if programs.has(w) {
			s.commandLine(lo, hi, w)
			return 0
		}
		if strings.HasSuffix(w, "label") {
			s.labelled(lo, hi)
			return 0
		}
		return s.switchStatement(lo, hi, w)
	}
	return 0
}

// switchUser reads the messages of su: "su: jdoe to root on /dev/pts/1", "BAD SU
// jdoe to root on", "FAILED SU (to root) jdoe on", "su: + pts/0 jdoe:root".
func (s *Scanner) switchUser(hi int) {
	b, i := s.buf, hi
	if i < s.hi && b[i] == '[' {
		for i < s.hi && b[i] != ']' {
			i++
		}
		i++
	}
	if i < s.hi && b[i] == ':' {
		i++
	}
	var at [5]span
	n := 0
	for n < len(at) && i < s.hi {
		for i < s.hi && (isSpace(b[i]) || b[i] == '(') {
			i++
		}
		at[n].lo = i
		for i < s.hi && !isSpace(b[i]) && b[i] != ')' {
			i++
		}
		at[n].hi = i
		if i < s.hi && b[i] == ')' {
			i++
		}
		n++
	}
	if n < 3 {
		return
	}
	word := func(k int) string { return string(b[at[k].lo:at[k].hi]) }
	switch {
	case n > 3 && word(1) == "to" && word(3) == "on":
		s.account(at[0].lo, at[0].hi)
		s.account(at[2].lo, at[2].hi)
	case n > 3 && word(0) == "to" && word(3) == "on":
		s.account(at[1].lo, at[1].hi)
		s.account(at[2].lo, at[2].hi)
	case word(0) == "+" || word(0) == "-":
		if sep := bytes.IndexAny(b[at[2].lo:at[2].hi], ":-"); sep > 0 {
			s.account(at[2].lo, at[2].lo+sep)
			s.account(at[2].lo+sep+1, at[2].hi)
		}
	}
}

// fieldBefore reads the serial number in the field before the sort of a record, as
// firewalls write them without titles: 1,2026/10/03 09:00:00,0128..,TRAFFIC,end.
func (s *Scanner) fieldBefore(lo int) {
	b := s.buf
	if lo == s.lo || b[lo-1] != ',' {
		return
	}
	from := lo - 1
	for from > s.lo && (isDigit(b[from-1]) || class[b[from-1]]&fUpper != 0) {
		from--
	}
	if n := lo - 1 - from; n >= 11 && n <= 16 && from > s.lo && b[from-1] == ',' && hasDigit(b[from:lo]) {
		s.learn(from, lo-1, pseudonym.Serial, "serial")
	}
}

// accessPoint reads the name of an access point: parts joined by dashes, a digit
// among them.
func (s *Scanner) accessPoint(lo, hi int) {
	if !upperCase(s.buf[lo:hi]) {
		return
	}
	n, end, quote := s.next(hi)
	if w := s.buf[n:end]; joinedName(w) && (quote == 0 || quote == '"' || quote == '\'' || quote == '[') && !partWords.has(s.fold(w[:bytes.IndexAny(w, "-_")])) {
		s.hostName(n-s.lo, end-s.lo, s.fold(w))
	}
}

// programs take secrets and names under short options.
var programs = set("ssh scp sshpass mysql mysqldump mysqladmin curl wget smbclient ldapsearch ldapmodify rsync psql snmpwalk snmpget snmpbulkwalk chown su")

// terminal reads who, w and last: an account at the beginning of the line, its
// terminal behind it.
func (s *Scanner) terminal(lo int) {
	b, end := s.buf, s.lo
	for end < lo && class[b[end]] != 0 {
		end++
	}
	if end-s.lo < 2 || lo-end < 1 || lo-end < 2 && b[lo] != 'p' && b[lo] != 't' || len(bytes.TrimLeft(b[end:lo], " ")) > 0 || stateWord.has(s.fold(b[s.lo:end])) || b[end-1] == '.' {
		return
	}
	s.account(s.lo, end)
}

// backend reads the user that a mail server asks a backend for: "ldap(jdoe,
// 192.0.2.7): unknown user".
func (s *Scanner) backend(hi int) {
	b := s.buf
	if hi+3 >= s.hi || b[hi] != '(' || class[b[hi+1]]&(fLetter|fDigit) == 0 {
		return
	}
	end := nameEnd(b, hi+1, s.hi)
	if end+3 >= s.hi || b[end] != ',' {
		return
	}
	rest := b[end+1 : s.hi]
	if quadAhead(rest) || bytes.IndexByte(rest[:min(len(rest), 6)], ':') >= 0 || b[end+1] == ')' || b[end+1] == ',' {
		s.account(hi+1, end)
	}
}

// lookBack is how far before a word its company is looked for.
const lookBack = 160

// lineHas looks for a folded word before a place of the line.
func (s *Scanner) lineHas(lo int, word string) bool {
	for i := max(s.lo, lo-lookBack); i+len(word) <= lo; i++ {
		if lower(s.buf[i]) == word[0] && foldEqual(s.buf[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// secretArg masks the argument behind a word, skipping some before it.
func (s *Scanner) secretArg(hi, skip int) int {
	b, i := s.buf, hi
	for n := 0; ; n++ {
		for i < s.hi && isSpace(b[i]) {
			i++
		}
		if i >= s.hi {
			return 0
		}
		quote := byte(0)
		if b[i] == '"' || b[i] == '\'' {
			quote = b[i]
			i++
		}
		end := i
		for end < s.hi && (quote != 0 && b[end] != quote || quote == 0 && !isSpace(b[end]) && b[end] != ';' && b[end] != '"') {
			end++
		}
		if n == skip {
			v := b[i:end]
			if secretLike(v, gap{quote: quote}, []byte("password")) && v[0] != '-' {
				s.out = append(s.out, Finding{Start: i, End: end, Kind: pseudonym.Secret, Rule: "secret", Learn: learnable(v)})
				return end
			}
			return 0
		}
		i = end
		if quote != 0 {
			i++
		}
	}
}

// secretWord deals with "password X" in configs: of switches (secret 5 $1$..),
// netrc, SQL. Running text says "password for" and the like.
func (s *Scanner) secretWord(lo, hi int) int {
	n, end, quote := s.next(hi)
	if n == 0 || n >= s.hi {
		return 0
	}
	b := s.buf
	w := b[n:end]
	if len(w) == 1 && isDigit(w[0]) && end < s.hi && isSpace(b[end]) {
		return s.secretArg(end, 0) // the digit says how the rest is encoded
	}
	if quote == 0 && encodings.hasFolded(w) {
		if from, to, _ := s.next(end); hasDigit(b[from:to]) || to-from > 11 {
			return s.secretArg(end, 0)
		}
	}
	if quote == '"' || quote == '\'' {
		return s.secretArg(hi, 0)
	}
	if !s.configLine(lo) && !s.methodBefore(lo, w, end) {
		return 0
	}
	if s.k.Common(s.fold(w)) && !hasDigit(w) && stateWord.has(s.fold(w)) {
		return 0
	}
	return s.secretArg(hi, 0)
}

// encodings stand between the word and the secret and say how it is written.
var encodings = set("hash ciphertext plaintext cipher irreversible-cipher simple clear cleartext clear-text")

// methodBefore tells "CHAP password X" and the like anywhere in a line: a method of
// logging in before, and a value that ends the line or holds a digit behind.
func (s *Scanner) methodBefore(lo int, w []byte, end int) bool {
	p := s.prev[0]
	if p.hi == 0 || p.hi+1 != lo || !methods.hasFolded(s.buf[p.lo:p.hi]) {
		return false
	}
	return hasDigit(w) || len(bytes.TrimSpace(s.buf[end:s.hi])) == 0 && !s.k.Common(s.fold(w))
}

var methods = set("chap ppp pap mschap ms-chap mutual mutual-chap reverse-chap outbound inbound initiator target enable ldap radius tacacs ipmi bmc vnc smtp ftp wpa")

// configLine tells statements such as "username x password y", "enable secret y",
// "machine h login u password p".
func (s *Scanner) configLine(lo int) bool {
	if lo-s.lo > lookBack {
		return false
	}
	head := s.fold(s.buf[s.lo:lo])
	f := strings.Fields(head)
	if len(f) == 0 {
		return false
	}
	switch f[0] {
	case "username", "enable", "machine", "login", "user", "line", "default", "snmp-server", "radius-server", "tacacs-server", "ppp", "neighbor", "set", "admin", "crypto", "ip", "ntp", "no", "chap":
		return len(f) < 9
	}
	return false
}

// keyWord deals with "key 7 0822455D", "key 0 cisco", "pre-shared-key x".
func (s *Scanner) keyWord(lo, hi int) int {
	n, end, _ := s.next(hi)
	if n == 0 {
		return 0
	}
	w := s.buf[n:end]
	if len(w) == 1 && isDigit(w[0]) && end < s.hi && isSpace(s.buf[end]) && (s.lineHas(lo, "server") || s.beginsLine(lo) || s.lineHas(lo, "crypto") || s.lineHas(lo, "key-string")) {
		return s.secretArg(end, 0)
	}
	if s.lineHas(lo, "radius-server") || s.lineHas(lo, "tacacs-server") || s.lineHas(lo, "isakmp") || s.lineHas(lo, "snmp-server") {
		return s.secretArg(hi, 0)
	}
	return 0
}

// userArg deals with "login jdoe", "username jdoe password", "useradd jdoe".
func (s *Scanner) userArg(lo, hi int, w string) {
	if w == "username" && (upperCase(s.buf[lo:hi]) || hi+1 < s.hi && isSpace(s.buf[hi+1])) {
		return // a title
	}
	if w == "login" && !s.lineHas(lo, "machine ") || w == "user" && !s.anyOf(s.buf[max(s.lo, lo-lookBack):lo], userStatements) {
		return
	}
	n, end, _ := s.next(hi)
	if end-n < 2 || s.buf[n] == '-' {
		return
	}
	name := s.fold(s.buf[n:end])
	if !s.staysName(name) && !stateWord.has(name) && !looksLikeValue(s.buf[n:end]) {
		s.parts(n, end, pseudonym.User, "user", name)
	}
}

// userStatements begin a statement that names a user: of switches, and those of
// databases that make one.
var userStatements = []string{"snmp-server", "create ", "alter ", "drop "}

// searchDomains reads "search corp.example lab.example" and "domain x".
func (s *Scanner) searchDomains(lo, hi int, w string) {
	if lo != s.lo {
		return
	}
	i := hi
	for {
		for i < s.hi && isSpace(s.buf[i]) {
			i++
		}
		end := nameEnd(s.buf, i, s.hi)
		name := strings.ToLower(string(s.buf[i:max(i, end)]))
		if end-i < 2 || strings.IndexByte(name, '.') < 0 || s.staysName(name) {
			return
		}
		s.out = append(s.out, Finding{Start: i, End: end, Kind: pseudonym.Domain, Value: name, Rule: "domain", Learn: true})
		i = end
	}
}

// spacedWWN reads "LU WWN Device Id: 5 002538 e40a2b3c4".
func (s *Scanner) spacedWWN(hi int) {
	b := s.buf
	i := bytes.IndexByte(b[hi:s.hi], ':')
	if i < 0 || i > 12 {
		return
	}
	lo := hi + i + 1
	for lo < s.hi && isSpace(b[lo]) {
		lo++
	}
	end := lo
	for end < s.hi && (isHexByte(b[end]) || b[end] == ' ') && end-lo < 20 {
		end++
	}
	for end > lo && b[end-1] == ' ' {
		end--
	}
	if bytes.IndexByte(b[lo:end], ' ') > 0 {
		s.wwn(lo, end)
	}
}

// uname reads "Linux host 5.10.0-8-amd64 #1 SMP".
func (s *Scanner) uname(lo, hi int) {
	n, end, quote := s.next(hi)
	if end-n < 2 || quote != 0 || end+1 >= s.hi || !isSpace(s.buf[end]) || !isDigit(s.buf[end+1]) {
		return
	}
	if !bytes.Contains(s.buf[end:s.hi], []byte("#")) && !bytes.Contains(s.buf[end:s.hi], []byte("_64")) {
		return
	}
	name := s.fold(s.buf[n:end])
	if !s.staysName(name) && name != "version" && name != "kernel" {
		s.emitName(n, end, name, "uname")
	}
}

// commandLine deals with the options of programs that take secrets and names
// under short options.
func (s *Scanner) commandLine(lo, hi int, program string) {
	if hi >= s.hi || !isSpace(s.buf[hi]) {
		return
	}
	b, i := s.buf, hi
	for i < s.hi {
		for i < s.hi && isSpace(b[i]) {
			i++
		}
		from := i
		for i < s.hi && !isSpace(b[i]) {
			i++
		}
		arg := b[from:i]
		if len(arg) == 0 || arg[0] == '|' || arg[0] == ';' {
			return
		}
		if arg[0] != '-' {
			continue
		}
		s.option(program, arg, from, i)
	}
}

// option deals with one short option.
func (s *Scanner) option(program string, arg []byte, from, end int) {
	if len(arg) < 2 || arg[1] == '-' {
		return
	}
	glued := len(arg) > 2
	at := from + 2
	next, nextEnd, _ := s.next(end)
	switch {
	case strings.HasPrefix(program, "mysql") && arg[1] == 'p' && glued:
		s.learn(at, end, pseudonym.Secret, "option")
	case strings.HasPrefix(program, "mysql") && arg[1] == 'u' && glued:
		s.account(at, end)
	case program == "sshpass" && arg[1] == 'p':
		if glued {
			s.learn(at, end, pseudonym.Secret, "option")
		} else {
			s.secretArg(end, 0)
		}
	case (program == "ldapsearch" || program == "ldapmodify") && arg[1] == 'w' && !glued:
		s.secretArg(end, 0)
	case strings.HasPrefix(program, "snmp") && (arg[1] == 'c' || arg[1] == 'A' || arg[1] == 'X'):
		if glued {
			s.learn(at, end, pseudonym.Secret, "option")
		} else {
			s.secretArg(end, 0)
		}
	case (program == "curl" || program == "wget" || program == "smbclient") && (arg[1] == 'u' || arg[1] == 'U') && !glued:
		s.userColon(end)
	case (program == "ssh" || program == "psql") && (arg[1] == 'l' || arg[1] == 'U') && !glued && nextEnd > next:
		s.account(next, nextEnd)
	}
}

// userColon reads user:password or user%password as one argument.
func (s *Scanner) userColon(i int) {
	b := s.buf
	for i < s.hi && (isSpace(b[i]) || b[i] == '"' || b[i] == '\'') {
		i++
	}
	end := i
	for end < s.hi && !isSpace(b[end]) && b[end] != '"' && b[end] != '\'' {
		end++
	}
	sep := bytes.IndexAny(b[i:end], ":%")
	if sep < 0 {
		return
	}
	s.account(i, i+sep)
	if sep+1 < end-i && string(b[i+sep+1:end]) != Mask {
		s.learn(i+sep+1, end, pseudonym.Secret, "option")
	}
}

// distinguished deals with one part of a DN: CN=..., DC=... It wants a second
// part on the line.
func (s *Scanner) distinguished(lo, hi int) int {
	b, i := s.buf, hi
	for i < s.hi && b[i] == ' ' {
		i++
	}
	if i+1 < s.hi && b[i] == '\\' && b[i+1] == '=' {
		i++ // as CEF writes it
	}
	if hi+2 < s.hi && b[hi] == '=' && hi-lo == len("uid") && lower(b[lo]) == 'u' {
		if end := nameEnd(b, hi+1, s.hi); end < s.hi && b[end] == ';' && end-hi > 2 {
			s.account(hi+1, end) // of a connection's string
			return 0
		}
	}
	if i >= s.hi || b[i] != '=' || !s.isDN(lo, i) && !(lo-9 >= s.lo && string(b[lo-9:lo]) == "depth=0, ") {
		return 0
	}
	i++
	for i < s.hi && b[i] == ' ' {
		i++
	}
	end := i
	for end < s.hi && strings.IndexByte(",+/\"'<>;)|&[]", b[end]) < 0 && !(b[end] == ' ' && s.anotherKey(end)) && !(b[end] == '\\' && end+1 < s.hi && (b[end+1] == 'n' || b[end+1] == '"')) {
		end++
	}
	for end > i && isSpace(b[end-1]) {
		end--
	}
	if end-i < 2 {
		return 0
	}
	attr := s.fold(b[lo:hi])
	v := b[i:end]
	name := strings.ToLower(string(v))
	if s.staysName(name) || bytes.IndexByte(v, '@') > 0 || dnStays.has(name) || isUUID(bytes.Trim(v, "{}")) {
		return 0
	}
	kind := pseudonym.Word
	switch attr {
	case "dc":
		if end+1 < s.hi && b[end] == '/' {
			s.entry(end + 1)
		}
		kind = pseudonym.Domain
		if strongTLD.has(name) && len(name) <= 5 {
			return end
		}
	case "o", "ou", "l", "st", "street":
		kind = pseudonym.Org
	case "uid":
		kind = pseudonym.User
	case "cn", "gn", "sn":
		kind = pseudonym.Person
		if bytes.IndexByte(v, ' ') < 0 {
			kind = pseudonym.User
			if bytes.IndexByte(v, '.') > 0 {
				return 0 // a host, met as a word
			}
		}
	case "emailaddress":
		return 0
	}
	if s.owns(pseudonym.Name, name) {
		return end
	}
	s.out = append(s.out, Finding{Start: i, End: end, Kind: kind, Value: name, Rule: "dn", Learn: !s.k.Common(name) && len(name) > 3})
	return end
}

// entry emits the account or the person that stands below the directory's own name, as
// in DC=nordbank,DC=example/jdoe and DC=example/MARTIN Jean.
func (s *Scanner) entry(at int) {
	b := s.buf
	to := nameEnd(b, at, s.hi)
	if to <= at+1 || to < s.hi && !isSpace(b[to]) {
		return
	}
	end := to
	for words := 0; words < 2 && end < s.hi && b[end] == ' ' && !s.anotherKey(end+1); words++ {
		for end++; end < s.hi && class[b[end]]&(fLetter|fHigh|fDash|fDigit) != 0; end++ {
		}
	}
	if v := b[at:end]; end > to && personLike(v) && (end == s.hi || isSpace(b[end])) {
		s.learn(at, end, pseudonym.Person, "dn")
		return
	}
	s.account(at, to)
}

// dnStays are values of every directory.
var dnStays = set("users computers groups builtin services configuration schema system people group hosts domain sites partitions")

// isDN looks for another attribute on the line.
func (s *Scanner) isDN(lo, eq int) bool {
	line := s.buf[max(s.lo, lo-2*lookBack):min(s.hi, eq+2*lookBack)]
	n, sure := 0, false
	for at := 0; at < len(line); {
		i := bytes.IndexByte(line[at:], '=')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		for i > 0 && (line[i-1] == ' ' || line[i-1] == '\\') {
			i--
		}
		from := i
		for from > 0 && isAlnum(line[from-1]) && i-from <= len("emailaddress") {
			from--
		}
		switch attribute(line[from:i]) {
		case dnSure:
			sure = true
			n++
		case dnPart:
			n++
		}
		if n >= 2 && sure {
			return true
		}
	}
	return n >= 2 && sure || n == 1 && (strings.EqualFold(string(s.buf[lo:lo+2]), "dc") || strings.EqualFold(string(s.buf[lo:lo+2]), "ou"))
}

// attributes of a DN: a part can stand elsewhere too, a sure one hardly does.
const (
	dnNone = iota
	dnPart
	dnSure
)

// attribute tells the name of an attribute of a DN.
func attribute(w []byte) int {
	switch len(w) {
	case 1:
		if c := lower(w[0]); c == 'o' || c == 'c' || c == 'l' {
			return dnPart
		}
	case 2:
		switch uint16(lower(w[0]))<<8 | uint16(lower(w[1])) {
		case 'c'<<8 | 'n', 'o'<<8 | 'u', 'd'<<8 | 'c':
			return dnSure
		case 's'<<8 | 't':
			return dnPart
		}
	default:
		if foldEqual(w, "uid") || foldEqual(w, "emailaddress") {
			return dnPart
		}
	}
	return dnNone
}
