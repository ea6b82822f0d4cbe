package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with records whose fields have their meaning by place or by a label
// that stands elsewhere on the line.

// recordHosts names, for each sort of a firewall's record, the field that holds a
// host; recordUsers those that hold accounts. Fields count from that of the sort.
var (
	recordHosts = map[string][]int{
		"traffic": {49}, "threat": {56}, "system": {19}, "config": {4, 18}, "userid": {7, 22}, "globalprotect": {11},
	}
	recordUsers = map[string][]int{
		"traffic": {9, 10}, "threat": {9, 10}, "userid": {6}, "config": {7}, "globalprotect": {9}, "hipmatch": {4}, "decryption": {9, 10}, "auth": {7},
	}
)

// recordFields reads the accounts and hosts of a record without titles whose sort is
// the word at [lo, hi), as firewalls write them: 1,2026/10/03 09:00:00,0128..,USERID,..
func (s *Scanner) recordFields(lo, hi int, sort string) {
	b := s.buf
	users, hosts := recordUsers[sort], recordHosts[sort]
	last := 0
	for _, n := range users {
		last = max(last, n)
	}
	for _, n := range hosts {
		last = max(last, n)
	}
	line := b[s.lo:s.hi]
	at := hi - s.lo + 1
	for n := 1; n <= last && at <= len(line); n++ {
		from, end, next := csvField(line, at, ',')
		at = next
		w := line[from:end]
		if len(w) < 2 || bytes.IndexByte(w, ' ') >= 0 || looksLikeValue(w) {
			continue
		}
		for _, u := range users {
			if u == n && bytes.IndexByte(w, '\\') < 0 && bytes.IndexByte(w, '@') < 0 {
				s.account(s.lo+from, s.lo+end)
			}
		}
		for _, h := range hosts {
			if h == n {
				s.hostName(from, end, s.fold(w))
			}
		}
	}
}

// quotedFirst reads the machine in the first field of a record of network access,
// "NAS07","IAS",10/03/2026,09:00:00; lo is where its second field's word begins.
func (s *Scanner) quotedFirst(lo, hi int) {
	b := s.buf
	if lo < s.lo+5 || b[s.lo] != '"' || hi >= s.hi || b[hi] != '"' || string(b[lo-3:lo]) != `","` {
		return
	}
	if end := nameEnd(b, s.lo+1, lo); end == lo-3 {
		s.hostName(1, end-s.lo, s.fold(b[s.lo+1:end]))
	}
}

// slashedStamp reads "10/03/2026:09:00:00 GMT adc07 0-PPE-0 :", as load balancers
// begin a line, and emits the host.
func (s *Scanner) slashedStamp(b []byte) {
	if len(b) < 30 || b[5] != '/' || b[10] != ':' || clockField(b, 11) != 19 || b[19] != ' ' {
		return
	}
	at := 20
	for at < len(b) && class[b[at]]&fUpper != 0 {
		at++
	}
	if at == 20 || at >= len(b) || b[at] != ' ' {
		at = 19
	}
	at++
	end := at
	for end < len(b) && class[b[end]] != 0 {
		end++
	}
	if end-at > 1 && end+2 < len(b) && b[end] == ' ' && bytes.Contains(b[end:min(len(b), end+10)], []byte("-PPE-")) {
		s.hostName(at, end, s.fold(b[at:end]))
	}
}

// proxied reads the server of "backend/server 0/0/1/7/8 200", as load balancers
// write what they passed on.
func (s *Scanner) proxied(from int) {
	b := s.buf
	open := bytes.Index(b[from:s.hi], []byte("] "))
	if open < 0 {
		return
	}
	at := from + open + 1
	for range 2 { // the way in, then the way out
		for at < s.hi && b[at] == ' ' {
			at++
		}
		lo := at
		for at < s.hi && b[at] != ' ' {
			at++
		}
		slash := bytes.IndexByte(b[lo:at], '/')
		if slash < 1 || at+1 >= s.hi || !timers(b[at+1:s.hi]) {
			continue
		}
		if w := b[lo+slash+1 : at]; len(w) > 2 && nameEnd(w, 0, len(w)) == len(w) && nameShape(w) {
			s.hostName(lo+slash+1-s.lo, at-s.lo, s.fold(w))
		}
		return
	}
}

// timers tells five numbers with slashes between them.
func timers(b []byte) bool {
	n := 1
	for _, c := range b {
		switch {
		case c == '/':
			n++
		case c == ' ':
			return n == 5 || n == 3
		case !isDigit(c) && c != '-' && c != '+':
			return false
		}
	}
	return false
}

// labelled reads the value whose label stands apart from it: cs5=lxfin042 ..
// cs5Label=MachineName. The label's word is at [lo, hi).
func (s *Scanner) labelled(lo, hi int) {
	b := s.buf
	if hi >= s.hi || b[hi] != '=' || hi-lo > 24 {
		return
	}
	end := hi + 1
	for end < s.hi && !(isSpace(b[end]) && s.anotherKey(end)) && b[end] != '|' {
		end++
	}
	rule := s.keyRule(b[hi+1 : end])
	kind := s.k.kind(rule)
	if rule < 0 || end-hi > 40 || kind == pseudonym.Secret || kind == pseudonym.IPv4 {
		return
	}
	key := append(append([]byte(nil), b[lo:hi-len("label")]...), '=')
	i := bytes.Index(b[s.lo:s.hi], key)
	if i < 0 || i > 0 && isAlnum(b[s.lo+i-1]) {
		return
	}
	at := s.lo + i + len(key)
	if at < s.hi && !isSpace(b[at]) && !s.anotherKey(at) {
		s.nameValue(gap{value: at, sep: '='}, kind, rule)
	}
}

// leader deals with a key and its value that dots join: Network
// Address.............10000090FA0B1C2D. The word at [lo, hi) holds all of them.
func (s *Scanner) leader(lo, hi int) {
	b := s.buf
	end := lo + bytes.Index(b[lo:hi], []byte("..."))
	if end <= lo {
		return
	}
	if s.key(lo, lo, end, s.keyRule(b[lo:end])) == 0 {
		from := end
		for from < hi && b[from] == '.' {
			from++
		}
		if w := b[from:hi]; len(w) >= 12 && hexOnly(w) {
			s.hexRun(from, hi)
		}
	}
}

// knownBy emits the person whose address follows in brackets: Jean Dupont
// <jdupont@..>. A word of the name must be in the address, which begins at lo.
func (s *Scanner) knownBy(lo int, local []byte) {
	b := s.buf
	if lo-3 < s.lo || b[lo-1] != '<' && b[lo-1] != '(' || b[lo-2] != ' ' || len(local) < 4 {
		return
	}
	account := s.fold(local)
	from, at, words, met := lo-2, lo-2, 0, false
	for words < 4 {
		end := at
		for at > s.lo && (class[b[at-1]]&(fLetter|fHigh|fDash) != 0 || b[at-1] == '\'' || b[at-1] == '.' && end-at < 2) {
			at--
		}
		w := b[at:end]
		if len(w) < 1 || class[w[0]]&(fUpper|fHigh) == 0 {
			break
		}
		from = at
		words++
		met = met || len(w) > 2 && strings.Contains(account, s.fold(w)) && !s.k.Common(s.fold(w))
		if at == s.lo || b[at-1] != ' ' {
			break
		}
		at--
		if at > s.lo && b[at-1] == ',' {
			at--
		}
	}
	if first := bytes.IndexByte(b[from:lo-2], ' '); words > 2 && first > 0 && s.k.Common(s.fold(b[from:from+first])) {
		from += first + 1 // Author Jean Dupont
	}
	if words > 1 && met && from < lo-2 {
		s.learn(from, lo-2, pseudonym.Person, "person")
	}
}

// fieldList makes the table of a log that says in its head what its fields are, as web
// and mail servers do: #Fields: date time s-computername cs-username c-ip.
func (s *Scanner) fieldList(b []byte) table {
	t := table{delim: ' '}
	for _, d := range []byte{'\t', ','} {
		if bytes.IndexByte(b, d) > 0 {
			t.delim = d
		}
	}
	for f := range bytes.SplitSeq(bytes.TrimRight(b, " "), []byte{t.delim}) {
		r := s.keyRule(bytes.TrimSpace(f))
		switch k := s.k.kind(r); k {
		case pseudonym.Host, pseudonym.User, pseudonym.Domain, pseudonym.FQDN:
			t.put(column{at: t.width, kind: k, rule: r})
		}
		t.width++
	}
	return t
}

// webServer reads the record of a web server without a head: the machine before its
// address and the method, and the account behind path, query and port. At is where the
// field behind the time stamp begins.
func (s *Scanner) webServer(at int) {
	b := s.buf[s.lo:s.hi]
	var f [8]span
	n, method := 0, 0
	for at < len(b) && n < len(f) && (method == 0 || n < method+6) {
		end := at
		for end < len(b) && b[end] != ' ' {
			end++
		}
		if method == 0 && n < 4 && n > 0 && methods9110.hasBytes(b[at:end]) {
			method = n
		}
		if n > 3 && method == 0 || method == 0 && n == 2 && !isDigit(b[at]) && b[at] != ':' && class[b[at]]&fUpper == 0 {
			return
		}
		f[n] = span{at, end}
		n++
		at = end + 1
	}
	if method == 0 {
		return
	}
	if p := f[method-1]; !isDigit(b[p.lo]) && bytes.IndexByte(b[p.lo:p.hi], ':') < 0 {
		return
	}
	for _, p := range f[:method-1] {
		if w := b[p.lo:p.hi]; len(w) > 2 && class[w[0]]&fLetter != 0 && nameEnd(w, 0, len(w)) == len(w) && !bytes.HasPrefix(w, []byte("W3SVC")) {
			s.hostName(p.lo, p.hi, s.fold(w))
		}
	}
	if method+4 < n && allDigits(string(b[f[method+3].lo:f[method+3].hi])) {
		p := f[method+4]
		s.loginField(p.lo, p.hi)
	}
}

// methods9110 are what is asked of a web server.
var methods9110 = set("GET POST HEAD PUT DELETE OPTIONS PATCH CONNECT TRACE PROPFIND REPORT SEARCH RPC_IN_DATA RPC_OUT_DATA")

// loginField emits the account of a field that holds one as it was typed, with or
// without its domain.
func (s *Scanner) loginField(lo, hi int) {
	w := s.buf[s.lo+lo : s.lo+hi]
	if len(w) < 2 || bytes.IndexByte(w, '\\') >= 0 || bytes.IndexByte(w, '/') >= 0 {
		return
	}
	if at := bytes.IndexByte(w, '@'); at > 0 && bytes.IndexByte(w[at:], '.') < 0 {
		s.account(s.lo+lo, s.lo+lo+at)
		return
	}
	if nameEnd(w, 0, len(w)) == len(w) {
		s.account(s.lo+lo, s.lo+hi)
	}
}

// site reads the machine behind the number of a web site: W3SVC1, WEB07, 192.0.2.7.
func (s *Scanner) site(hi int) {
	b := s.buf
	if hi+3 >= s.hi || string(b[hi:hi+2]) != ", " {
		return
	}
	if end := nameEnd(b, hi+2, s.hi); end > hi+3 && end < s.hi && b[end] == ',' {
		s.hostName(hi+2-s.lo, end-s.lo, s.fold(b[hi+2:end]))
	}
}

// firewall reads the name or serial number of the firewall that writes a record of
// keys and values; fw= elsewhere is a version of firmware.
func (s *Scanner) firewall(lo, hi int) {
	b := s.buf
	if hi+3 >= s.hi || b[hi] != '=' || !s.lineHas(lo, "time=") && !s.lineHas(lo, "sn=") {
		return
	}
	from := hi + 1
	if b[from] == '"' {
		from++
	}
	end := max(from, nameEnd(b, from, s.hi))
	if w := b[from:end]; len(w) > 2 && hasLetter(w) {
		if serialLike(w) && digits(w) > 7 {
			s.learn(from, end, pseudonym.Serial, "serial")
		} else {
			s.hostName(from-s.lo, end-s.lo, s.fold(w))
		}
	}
}

// eventHost reads the host between seconds since 1970 and the kind of a record of
// keys and values: 1673596676.42 FW_LYON_01 events type=x.
func (s *Scanner) eventHost(at int) {
	b := s.buf[s.lo:s.hi]
	end := nameEnd(b, min(at, len(b)), len(b))
	if end <= at+2 || end >= len(b) || b[end] != ' ' || !nameShape(b[at:end]) || bytes.IndexByte(b[at:end], '.') >= 0 {
		return
	}
	kind := end + 1
	for kind < len(b) && class[b[kind]]&(fLower|fUnder|fDash) != 0 {
		kind++
	}
	if kind == end+1 || kind >= len(b) || b[kind] != ' ' {
		return
	}
	key := kind + 1
	for key < len(b) && class[b[key]]&fWord != 0 {
		key++
	}
	if key > kind+1 && key < len(b) && b[key] == '=' {
		s.hostName(at, end, s.fold(b[at:end]))
	}
}

// levelHost reads the host in the column behind a level: Info     fw-lyon sshd[12]: x.
func (s *Scanner) levelHost(b []byte) {
	i := bytes.IndexByte(b[:min(len(b), 10)], ' ')
	if i < 4 || i+1 >= len(b) || class[b[1]]&fLower == 0 || b[i+1] != ' ' || !levels.hasFolded(b[:i]) {
		return
	}
	for i < len(b) && b[i] == ' ' {
		i++
	}
	end := nameEnd(b, i, len(b))
	if end <= i+2 || end+2 >= len(b) || b[end] != ' ' || bytes.IndexByte(b[i:end], '.') >= 0 {
		return
	}
	name := s.fold(b[i:end])
	if processAhead(b[end+1:]) && (upperName(b[i:end]) || nameShape(b[i:end])) && !s.k.Common(name) || joinedName(b[i:end]) && upperName(b[i:end]) && !partWords.has(name[:strings.IndexAny(name, "-_")]) {
		s.hostName(i, end, name)
	}
}

// resource reads the serial number by which management controllers name a system or a
// drive in their paths: /redfish/v1/Systems/7XQ1138R2/Storage.
func (s *Scanner) resource(lo, hi int) {
	b := s.buf
	if lo == s.lo || b[lo-1] != '/' || hi+8 > s.hi || b[hi] != '/' {
		return
	}
	if end := nameEnd(b, hi+1, s.hi); end > hi+7 && serialLike(b[hi+1:end]) {
		s.learn(hi+1, end, pseudonym.Serial, "serial")
	}
}

// diskLink reads the serial number at the end of the link of a disk, behind its model:
// /dev/disk/by-id/ata-MODEL_SERIAL-part1.
func (s *Scanner) diskLink(hi int) {
	b := s.buf
	if hi+8 > s.hi || b[hi] != '/' {
		return
	}
	end := hi + 1
	for end < s.hi && class[b[end]] != 0 {
		end++
	}
	w := b[hi+1 : end]
	if i := bytes.Index(w, []byte("-part")); i > 0 {
		w = w[:i]
	}
	i := bytes.LastIndexByte(w, '_')
	if kind, _, ok := bytes.Cut(w, []byte{'-'}); !ok || i < 0 || !diskBuses.hasBytes(kind) {
		return
	}
	if serial := w[i+1:]; len(serial) > 5 && hasDigit(serial) && !isUUID(serial) {
		s.learn(hi+2+i, hi+2+i+len(serial), pseudonym.Serial, "serial")
	}
}

var diskBuses = set("ata scsi nvme usb virtio")

// wireName reads a name as it is on the wire, with the length of each part before it,
// as name servers of Windows write what they were asked: (4)dc01(6)nordzk(5)local(0).
func (s *Scanner) wireName(at int) {
	b := s.buf
	open := bytes.IndexByte(b[at:s.hi], '(')
	for open >= 0 {
		at += open
		if name, lo, end := wireParts(b[at:s.hi]); end > 0 {
			s.wireEmit(at+lo, at+end, name)
			return
		}
		at++
		open = bytes.IndexByte(b[at:s.hi], '(')
	}
}

func (s *Scanner) wireEmit(lo, end int, name string) {
	if tld := name[strings.LastIndexByte(name, '.')+1:]; strings.HasSuffix(name, ".arpa") || !TopLevel(tld) || publicNames.has(name) {
		return
	}
	s.emitName(lo, end, name, "fqdn")
}

// wireParts reads parts and their lengths up to the root, at the start of b, and says
// where the first part begins and the last ends.
func wireParts(b []byte) (name string, lo, end int) {
	i := 0
	for i+2 < len(b) && b[i] == '(' && isDigit(b[i+1]) {
		n, j := 0, i+1
		for j < len(b) && isDigit(b[j]) && j-i < 4 {
			n = 10*n + int(b[j]-'0')
			j++
		}
		if j >= len(b) || b[j] != ')' {
			return "", 0, 0
		}
		j++
		if n == 0 {
			if strings.IndexByte(name, '.') < 0 {
				return "", 0, 0
			}
			return strings.ToLower(name), lo, end
		}
		if j+n > len(b) {
			return "", 0, 0
		}
		if name == "" {
			lo = j
		} else {
			name += "."
		}
		name += string(b[j : j+n])
		end = j + n
		i = end
	}
	return "", 0, 0
}

// tunnelled reads who has come in by a tunnel: CLIENT_LIST,jdoe,192.0.2.7:1194,...
func (s *Scanner) tunnelled(hi int) {
	b := s.buf
	if hi+3 > s.hi || b[hi] != ',' {
		return
	}
	if end := nameEnd(b, hi+1, s.hi); end > hi+2 && end < s.hi && b[end] == ',' && quadAhead(b[end+1:s.hi]) {
		s.account(hi+1, end)
	}
}
