package detect

import "bytes"

// This file deals with members of clusters and of runs over many machines: lists in
// brackets, monitors that vote, what a run says of each machine.

// listed emits the members of "Online: [ qz01 qz02 ]"; the word before the colon ends at hi.
func (s *Scanner) listed(hi int) {
	b := s.buf
	if hi+4 >= s.hi || b[hi] != ':' || b[hi+1] != ' ' || b[hi+2] != '[' || b[hi+3] != ' ' {
		return
	}
	end := bytes.IndexByte(b[hi+3:s.hi], ']')
	if end < 0 {
		return
	}
	for at := hi + 3; at < hi+3+end; {
		for at < hi+3+end && isSpace(b[at]) {
			at++
		}
		to := wordEnd(b[:hi+3+end], at)
		s.member(at, to)
		at = to
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

// ran reads what a run says of a machine at the beginning of a line: ok: [qz01],
// qz01 | SUCCESS => and qz01 : ok=13 changed=9. The first word of the line b ends at end.
func (s *Scanner) ran(b []byte, end int) {
	rest := b[end:]
	if len(rest) < 6 {
		return
	}
	if rest[0] == ':' && rest[2] == '[' && rest[1] == ' ' {
		if runStates.hasBytes(b[:end]) {
			if to := bytes.IndexByte(rest, ']'); to > 3 && (to+1 == len(rest) || rest[to+1] == ' ' || rest[to+1] == ':') {
				s.member(s.lo+end+3, s.lo+end+to)
			}
		}
		return
	}
	if rest[0] != ' ' {
		return
	}
	rest = rest[leading(rest)%len(rest):]
	if bytes.HasPrefix(rest, []byte(": ok=")) || bytes.HasPrefix(rest, []byte("| ")) && bytes.Contains(rest[:min(len(rest), 18)], []byte(" => ")) {
		s.member(s.lo, s.lo+end)
	}
}

var runStates = set("ok changed fatal failed skipping unreachable included rescued")

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
