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
		s.prompted(lo, hi)
		return s.secretWord(lo, hi)
	case "key":
		return s.keyWord(lo, hi)
	case "identified":
		return s.identifiedBy(hi)
	case "mgmtuser":
		return s.managingUser(hi)
	case "login", "user", "role", "username", "createuser", "useradd", "userdel", "usermod":
		if w == "login" && lo > s.lo+2 && hi < s.hi && s.buf[hi] == ':' {
			s.console(lo, hi)
		}
		s.userArg(lo, hi, w)
	case "search", "domain", "workgroup":
		s.searchDomains(lo, hi, w)
	case "zone", "zoneset", "fcalias":
		if !s.zoneOfNames(hi) {
			s.aliasArg(hi, true)
		}
	case "origin":
		if lo > s.lo && s.buf[lo-1] == '$' {
			n, _, _ := s.next(hi)
			s.rooted(n)
		}
	case "cmd", "list", "reload", "edit", "replace":
		if lo > s.lo+2 && s.buf[lo-1] == ' ' {
			s.cron()
		}
	case "soa", "ns", "mx", "cname", "ptr", "srv", "aaaa", "loc":
		s.record(lo, hi)
	case "uptime":
		s.upSince(lo, hi)
	case "acls":
		s.permitted(hi)
	case "datasource":
		s.dataSource(lo)
	case "persistentvolumeclaim", "persistentvolume", "pvc", "pv":
		s.claim(lo, hi)
	case "group", "set":
		s.resourceSet(lo, hi)
	case "idmap":
		s.mappedDomain(hi)
	case "drbd":
		s.replicated(lo, hi)
	case "mapper":
		s.mapperPath(lo, hi)
	case "lvm":
		s.mapperRow(lo)
	case "lvm2":
		s.groupBefore(lo)
	case "primitive":
		if n, end, _ := s.next(hi); s.beginsLine(lo) && end+5 < s.hi && (string(s.buf[end:end+5]) == " ocf:" || bytes.HasPrefix(s.buf[end:s.hi], []byte(" stonith:"))) {
			s.label(n, end)
		}
	case "dev":
		s.devicePath(lo, hi)
	case "ipv4", "ipv6":
		s.tagged(lo, hi)
	case "cifs", "http", "nfs", "gc", "mssqlsvc", "termsrv", "wsman", "restrictedkrbhost":
		s.principal(lo, hi)
	case "mount", "mounting":
		s.mounted(hi)
	case "established", "time_wait", "close_wait", "fin_wait2":
		s.connected(lo)
	case "array":
		s.assembled(lo, hi)
	case "str":
		s.mapped(lo, hi)
	case "export":
		s.exports(lo, hi)
	case "quorum":
		s.voters(hi)
	case "mgr":
		s.active(hi)
	case "rw", "ro":
		s.exported(lo, hi)
	case "fid":
		s.ofFabric(lo, hi)
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
	case "hbx":
		s.heartbeat(hi)
	case "names":
		s.queryNames(lo, hi)
	case "name":
		if lo > s.lo && s.buf[lo-1] == '?' {
			s.queryNames(lo, hi)
			return 0
		}
		s.netBIOS(hi)
		s.givenName(lo, hi)
		s.unresolved(lo, hi)
		return s.switchStatement(lo, hi, w)
	case "pool":
		s.listedPool(lo, hi)
	case "online", "offline", "standby", "masters", "slaves", "promoted", "unpromoted", "stopped", "remoteonline", "guestonline":
		s.members(lo, hi)
	case "started":
		s.members(lo, hi)
		s.resourceAt(lo, hi)
	case "esn":
		if rest := s.buf[hi:s.hi]; bytes.HasPrefix(rest, []byte(" of device: ")) {
			at := hi + len(" of device: ")
			s.nameAt(at, s.hi, pseudonym.Serial, "serial", gap{value: at, sep: ':'})
		}
	case "alert", "notification":
		s.checkedHost(lo, hi)
	case "jobid":
		s.daemonBefore(lo)
	case "initiator":
		if n, end, _ := s.next(hi); foldEqual(s.buf[n:end], "group") {
			if n, end, quote := s.next(end); end-n > 2 && quote != '(' && nameShape(s.buf[n:end]) {
				s.parts(n, end, pseudonym.Group, "group", s.fold(s.buf[n:end]))
			}
		}
	case "sqlplus":
		s.databaseLogin(hi)
	case "ok", "changed", "fatal", "skipping", "unreachable", "failed", "success":
		s.playHost(lo, hi)
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
			if v := s.buf[hi+1 : end]; (len(v) > 3 || !allDigits(string(v))) && secretLike(v, gap{sep: '='}, []byte("password")) {
				s.out = append(s.out, Finding{Start: hi + 1, End: end, Kind: pseudonym.Secret, Rule: "secret", Learn: learnable(v)})
				return end
			}
		}
	case "brokerendpoint":
		s.broker(hi)
	case "principal":
		if n, end, _ := s.next(hi); s.lineHas(lo, "authenticated as") && end > n {
			s.account(n, end)
		}
	case "entry":
		if n, end, _ := s.next(hi); foldEqual(s.buf[s.prev[0].lo:s.prev[0].hi], "server") && end > n && bytes.HasPrefix(s.buf[end:s.hi], []byte(" of type ")) {
			s.hostName(n-s.lo, end-s.lo, s.fold(s.buf[n:end])) // of what a browser of a network knows
		}
	case "colocation", "order", "ms", "clone":
		s.constraint(lo, hi, w)
	case "sect":
		s.sectored(lo, hi)
	case "slice":
		if n, end, _ := s.next(hi); string(s.buf[n:end]) == "of" && foldEqual(s.buf[s.prev[0].lo:s.prev[0].hi], "user") {
			if n, end, _ = s.next(end); end > n {
				s.account(n, end) // Created slice User Slice of jdoe.
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
	case "wwn", "eui-64":
		s.spacedWWN(hi)
	case "freebsd", "openbsd", "netbsd", "sunos", "aix", "darwin", "hp-ux", "ipso":
		if (lo == s.lo || w == "ipso") && hi+1 < s.hi && s.buf[hi] == ' ' {
			if end := nameEnd(s.buf, hi+1, s.hi); end+1 < s.hi && s.buf[end] == ' ' && (isDigit(s.buf[end+1]) || s.buf[end+1] == 'B') {
				s.member(hi+1, end)
			}
		}
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

// constraint emits the name of a rule or of a resource that a cluster's shell was told:
// colocation lyon-with-fs inf: a b, ms lyon-ms lyon-drbd.
func (s *Scanner) constraint(lo, hi int, w string) {
	n, end, quote := s.next(hi)
	if !s.beginsLine(lo) || quote != 0 || end-n < 3 || n != hi+1 {
		return
	}
	rest := bytes.TrimRight(s.buf[end:s.hi], " \\\r")
	switch w {
	case "ms", "clone":
		if at := nameEnd(rest, min(1, len(rest)), len(rest)); at < 4 || at < len(rest) && !bytes.HasPrefix(rest[at:], []byte(" meta ")) && !bytes.HasPrefix(rest[at:], []byte(" params ")) {
			return
		}
	default:
		score, _, ok := bytes.Cut(rest[min(1, len(rest)):], []byte{':'})
		if !ok || !constraintScores.hasFolded(bytes.TrimLeft(score, "+-")) && !allDigits(string(bytes.TrimLeft(score, "+-"))) {
			return
		}
	}
	s.label(n, end)
}

var constraintScores = set("inf infinity mandatory optional serialize")

// sectored emits the serial number of a disk behind the size of its sectors, as filers list
// what is on a loop: 68.0GB 520B/sect (V3VLYON0A).
func (s *Scanner) sectored(lo, hi int) {
	b := s.buf
	if lo-2 < s.lo || b[lo-1] != '/' || b[lo-2] != 'B' || hi+2 >= s.hi || b[hi] != ' ' || b[hi+1] != '(' {
		return
	}
	if end := nameEnd(b, hi+2, s.hi); end < s.hi && b[end] == ')' && end-hi > 7 && upperName(b[hi+2:end]) && hasDigit(b[hi+2:end]) {
		s.learn(hi+2, end, pseudonym.Serial, "serial")
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

// searchDomains reads "search corp.example lab.example" and "domain x".
func (s *Scanner) searchDomains(lo, hi int, w string) {
	listed := hi+2 < s.hi && string(s.buf[hi:hi+3]) == ": [" // as YAML writes it
	if lo != s.lo && !listed {
		return
	}
	i := hi
	if listed {
		i += len(": [")
	}
	for {
		for i < s.hi && (isSpace(s.buf[i]) || listed && (s.buf[i] == ',' || s.buf[i] == '"')) {
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
	if hi < s.hi && b[hi] == ' ' && s.worldName(hi+1) > 0 {
		return
	}
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

// uname reads "Linux host 5.10.0-8-amd64 #1 SMP" and "Linux 5.10.0-8-amd64 (host)".
func (s *Scanner) uname(lo, hi int) {
	n, end, quote := s.next(hi)
	if end > n && isDigit(s.buf[n]) && lo == s.lo && end+2 < s.hi && string(s.buf[end:end+2]) == " (" {
		if to := nameEnd(s.buf, end+2, s.hi); to < s.hi && s.buf[to] == ')' {
			s.member(end+2, to) // as sysstat begins: Linux 5.14.0 (qz01)
		}
		return
	}
	if end-n < 2 || quote != 0 || end+1 >= s.hi || !isSpace(s.buf[end]) || !isDigit(s.buf[end+1]) {
		return
	}
	if !bytes.Contains(s.buf[end:s.hi], []byte("#")) && !bytes.Contains(s.buf[end:s.hi], []byte("_64")) {
		return
	}
	name := s.fold(s.buf[n:end])
	if !s.staysName(name) && name != "version" && name != "kernel" && name != "linux" {
		s.emitName(n, end, name, "uname")
	}
}
