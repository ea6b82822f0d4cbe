package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with members of clusters and of runs over many machines: lists in
// brackets, monitors that vote, what a run says of each machine.

// upSince emits the machine of "swlyon-9k uptime is 2 days"; the word uptime is at
// [lo, hi).
func (s *Scanner) upSince(lo, hi int) {
	b := s.buf
	end := lo - 1
	if end <= s.lo || b[end] != ' ' || !bytes.HasPrefix(b[hi:s.hi], []byte(" is ")) {
		return
	}
	from := end
	for from > s.lo && class[b[from-1]]&fWord != 0 {
		from--
	}
	if from == s.lo || b[from-1] == '"' {
		s.member(from, end)
	}
}

// dataSource emits the cluster in brackets before its word, as collectors of metrics
// name it: from [lyon-c5] datasource. The word is at lo.
func (s *Scanner) dataSource(lo int) {
	b := s.buf
	if lo-3 < s.lo || b[lo-1] != ' ' || b[lo-2] != ']' {
		return
	}
	end := lo - 2
	if from := s.lo + bytes.LastIndexByte(b[s.lo:end], '[') + 1; from > s.lo && end-from > 1 && nameEnd(b, from, end) == end {
		s.parts(from, end, pseudonym.Array, "array", s.fold(b[from:end]))
	}
}

// unresolved emits the machines of a list that a collector of metrics cannot find: failed
// to resolve data source name an14 an15. The word name ends at hi.
func (s *Scanner) unresolved(lo, hi int) {
	if !bytes.HasSuffix(s.buf[s.lo:lo], []byte("data source ")) {
		return
	}
	for at := hi + 1; at < s.hi; at++ {
		end := nameEnd(s.buf, at, s.hi)
		if end <= at || !hasDigit(s.buf[at:end]) {
			return
		}
		s.member(at, end)
		at = end
	}
}

// replicated emits the resource of which the kernel speaks: "[57154.6] drbd pgsql: ..." and
// "drbd pgsql lyon2: ...". The word drbd is at [lo, hi).
func (s *Scanner) replicated(lo, hi int) {
	b := s.buf
	if lo-2 < s.lo || b[lo-1] != ' ' || b[lo-2] != ']' && b[lo-2] != ':' || hi >= s.hi || b[hi] != ' ' {
		return
	}
	end := nameEnd(b, hi+1, s.hi)
	if end >= s.hi || end-hi < 3 || b[end] != ':' && b[end] != '/' && (b[end] != ' ' || bytes.IndexByte(b[end+1:min(s.hi, end+64)], ':') < 0) {
		return
	}
	if name := s.fold(b[hi+1 : end]); !s.staysName(name) && !stateWord.has(name) {
		s.parts(hi+1, end, pseudonym.Volume, "volume", name)
	}
}

// permitted emits the accounts of a list of who may look: Changing view acls to:
// yarn,jdoe. The word acls ends at hi.
func (s *Scanner) permitted(hi int) {
	const to = " to: "
	b := s.buf
	if !bytes.HasPrefix(b[hi:s.hi], []byte(to)) {
		return
	}
	for at := hi + len(to); at < s.hi; at++ {
		end := nameEnd(b, at, s.hi)
		if end <= at {
			return
		}
		if end-at > 1 {
			s.account(at, end)
		}
		if at = end; at < s.hi && b[at] != ',' {
			return
		}
	}
}

// member emits a word as a host where a list of them says so.
func (s *Scanner) member(lo, hi int) {
	w := s.buf[lo:hi]
	if len(w) < 2 || nameEnd(s.buf, lo, hi) != hi || looksLikeValue(w) || !hasLetter(w) {
		return
	}
	if name := s.fold(w); !stateWord.has(name) && !(s.k.Common(name) && !nameShape(w)) {
		s.hostName(lo-s.lo, hi-s.lo, name)
	}
}

// voters emits the monitors behind "quorum": quorum 0,1 qz01,qz02 and quorum qz01,qz02.
func (s *Scanner) voters(hi int) {
	b := s.buf
	if hi+2 >= s.hi || b[hi] != ' ' {
		return
	}
	at, ranked := hi+1, isDigit(b[hi+1])
	if ranked {
		for at < s.hi && (isDigit(b[at]) || b[at] == ',') {
			at++
		}
		if at >= s.hi || b[at] != ' ' {
			return
		}
		at++
	}
	for at < s.hi {
		end := nameEnd(b, at, s.hi)
		if w := b[at:max(at, end)]; !ranked && !joinedName(w) && !nameShape(w) {
			return
		}
		s.member(at, max(at, end))
		if end+1 >= s.hi || b[end] != ',' {
			return
		}
		at = end + 1
	}
}

// active emits the daemon that leads: mgr: qz01(active, since 3w).
func (s *Scanner) active(hi int) {
	b := s.buf
	if hi+2 >= s.hi || b[hi] != ':' || b[hi+1] != ' ' {
		return
	}
	if end := nameEnd(b, hi+2, s.hi); bytes.HasPrefix(b[max(hi, end):s.hi], []byte("(active")) {
		s.member(hi+2, end)
	}
}

// monitor emits the monitor whose address and port stand behind it in a list:
// {qz01=192.0.2.4:6789/0,..}. The address is at [lo, hi).
func (s *Scanner) monitor(lo, hi int) {
	b, p := s.buf, s.prev[0]
	if p.hi != lo-1 || p.lo <= s.lo || b[p.lo-1] != '{' && b[p.lo-1] != ',' || hi+3 >= s.hi || b[hi] != ':' {
		return
	}
	i := hi + 1
	for i < s.hi && isDigit(b[i]) {
		i++
	}
	if i > hi+2 && i < s.hi && b[i] == '/' {
		s.member(p.lo, p.hi)
	}
}

// admitted emits the account of a rule of who may log on to a database: host all jdoe
// 192.0.2.0/24 md5. The first word of the rule ends at hi.
func (s *Scanner) admitted(hi int) {
	var at [4]span
	b, i := s.buf, hi
	for n := range at {
		for i < s.hi && isSpace(b[i]) {
			i++
		}
		at[n].lo = i
		i = wordEnd(b[:s.hi], i)
		at[n].hi = i
	}
	if admissions.hasBytes(b[at[3].lo:at[3].hi]) {
		if w := b[at[1].lo:at[1].hi]; len(w) > 1 && nameEnd(b, at[1].lo, at[1].hi) == at[1].hi {
			s.account(at[1].lo, at[1].hi)
		}
	}
}

var admissions = set("md5 scram-sha-256 trust reject password gss sspi ident peer ldap radius cert pam")

// ranOn emits the machine of which a run of one command tells the outcome at [lo, hi):
// qz01 | SUCCESS => and qz01 | FAILED! =>.
func (s *Scanner) ranOn(lo, hi int) {
	b := s.buf
	if lo < s.lo+4 || b[lo-1] != ' ' || b[lo-2] != '|' || b[lo-3] != ' ' {
		return
	}
	if rest := bytes.TrimLeft(b[hi:s.hi], "!"); bytes.HasPrefix(rest, []byte(" => ")) || bytes.HasPrefix(rest, []byte(" | rc=")) {
		s.member(s.lo, lo-3)
	}
}

// exported emits the client of an export behind whose bracket the option begins at lo:
// qz01(rw,sync).
func (s *Scanner) exported(lo, hi int) {
	b := s.buf
	if hi < s.hi && b[hi] == '=' && b[s.lo] == '/' && lo > s.lo && (b[lo-1] == ',' || b[lo-1] == '-') {
		s.exportedTo(hi + 1)
		return
	}
	if lo-3 < s.lo || b[lo-1] != '(' || hi >= s.hi || b[hi] != ',' && b[hi] != ')' {
		return
	}
	from := lo - 1
	for from > s.lo && class[b[from-1]]&fWord != 0 {
		from--
	}
	if from > s.lo && isSpace(b[from-1]) && b[s.lo] == '/' {
		s.member(from, lo-1)
	}
}

// broker emits the host of BrokerEndPoint(1,qz01,9092) and BrokerEndPoint(id=1, host=qz01:9092),
// of which the brackets open at a place.
func (s *Scanner) broker(at int) {
	b := s.buf
	if at+3 >= s.hi || b[at] != '(' {
		return
	}
	i := at + 1
	for i < s.hi && (isDigit(b[i]) || i > at+1 && b[i] == ',') {
		i++
	}
	if end := nameEnd(b, i, s.hi); i > at+2 && b[i-1] == ',' && end+1 < s.hi && b[end] == ',' && isDigit(b[end+1]) {
		s.member(i, end)
	}
}

// exportedTo emits the hosts of a list that colons join, as arrays write whom they export
// to: /vol/x -sec=sys,rw=qz01:qz02:192.0.2.7,root=qz03. The list begins at a place.
func (s *Scanner) exportedTo(at int) {
	b := s.buf
	for at < s.hi {
		end := nameEnd(b, at, s.hi)
		if flagsOf(b[at:max(at, end)])&fDot == 0 {
			s.member(at, max(at, end))
		}
		at = end
		switch {
		case at < s.hi && b[at] == ':':
			at++
		case bytes.HasPrefix(b[at:s.hi], []byte(",root=")):
			at += len(",root=")
		default:
			return
		}
	}
}

// connected emits the hosts at both ends of a connection, whose state begins at lo, as
// lists of them tell by names: tcp 0 0 qz01:ssh qz02:51234 ESTABLISHED, and
// qz01:ssh->qz02:51234 (ESTABLISHED).
func (s *Scanner) connected(lo int) {
	b := s.buf
	if lo > s.lo+8 && b[lo-1] == '(' && b[lo-2] == ' ' {
		from := bytes.LastIndexByte(b[s.lo:lo-2], ' ') + 1 + s.lo
		if i := bytes.Index(b[from:lo-2], []byte("->")); i > 0 {
			s.end(from, from+i)
			s.end(from+i+2, lo-2)
		}
		return
	}
	if lead := bytes.TrimLeft(b[s.lo:lo], " "); !bytes.HasPrefix(lead, []byte("tcp")) {
		return
	}
	to := lo
	for range 2 {
		for to > s.lo && b[to-1] == ' ' {
			to--
		}
		from := to
		for from > s.lo && b[from-1] != ' ' {
			from--
		}
		s.end(from, to)
		to = from
	}
}

// end emits the host of a host and a port at [lo, hi).
func (s *Scanner) end(lo, hi int) {
	i := bytes.IndexByte(s.buf[lo:hi], ':')
	if i < 2 || i+1 >= hi-lo || bytes.IndexByte(s.buf[lo+i+1:hi], ':') >= 0 {
		return
	}
	if w := s.buf[lo : lo+i]; nameEnd(w, 0, i) == i && hasLetter(w) && !s.staysName(s.fold(w)) {
		s.member(lo, lo+i)
	}
}

// assembled emits the host that an array of disks was made on: ARRAY /dev/md/0
// name=qz01:0.
func (s *Scanner) assembled(lo, hi int) {
	b := s.buf
	if lo != s.lo || hi+6 > s.hi || !bytes.HasPrefix(b[hi:s.hi], []byte(" /dev/md")) {
		return
	}
	i := bytes.Index(b[hi:s.hi], []byte(" name="))
	if i < 0 {
		return
	}
	at := hi + i + len(" name=")
	if end := nameEnd(b, at, s.hi); end < s.hi && b[end] == ':' {
		s.member(at, end)
	}
}

// mapped emits what a list of the keys of a cluster gives as a string:
// nodelist.node.0.name (str) = qz01; the sort of the value is at [lo, hi).
func (s *Scanner) mapped(lo, hi int) {
	b := s.buf
	if lo < s.lo+6 || b[lo-1] != '(' || !bytes.HasPrefix(b[hi:s.hi], []byte(") = ")) {
		return
	}
	at := hi + len(") = ")
	end := nameEnd(b, at, s.hi)
	switch key := bytes.TrimRight(b[s.lo:lo-1], " "); {
	case end == at:
	case bytes.HasPrefix(key, []byte("nodelist.node.")) && (bytes.HasSuffix(key, []byte(".name")) || bytes.HasSuffix(key, []byte("_addr"))):
		s.member(at, end)
	case bytes.HasSuffix(key, []byte("cluster_name")):
		s.learn(at, end, pseudonym.Array, "array")
	}
}

// exports emits the server of a list of exports, as in "Export list for qz01:".
func (s *Scanner) exports(lo, hi int) {
	const lead = " list for "
	if at := hi + len(lead); lo == s.lo && at < s.hi && string(s.buf[hi:at]) == lead {
		if end := nameEnd(s.buf, at, s.hi); end+1 == s.hi && s.buf[end] == ':' {
			s.member(at, end)
		}
	}
}

// console emits the host of "qz01 login: jdoe", as a console asks; the word login is at
// [lo, hi).
func (s *Scanner) console(lo, hi int) {
	b := s.buf
	if b[lo-1] != ' ' || nameEnd(b, s.lo, lo-1) != lo-1 || bytes.IndexByte(bytes.TrimSpace(b[hi+1:s.hi]), ' ') >= 0 || class[b[s.lo]]&fUpper != 0 {
		return
	}
	if name := s.fold(b[s.lo : lo-1]); !s.k.Common(name) {
		s.member(s.lo, lo-1)
	}
}
