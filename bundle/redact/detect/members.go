package detect

import "bytes"

// This file deals with members of clusters and of runs over many machines: lists in
// brackets, monitors that vote, what a run says of each machine.

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
