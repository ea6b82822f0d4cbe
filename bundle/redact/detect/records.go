package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with records whose fields have their meaning by place or by a label
// that stands elsewhere on the line.

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

// logonServer emits the domain in what a domain controller writes about logons:
// "09/14 12:33:07 [SESSION] [3352] NORDBANK: NetrServerAuthenticate entered".
func (s *Scanner) logonServer(b []byte) {
	if len(b) < 30 || b[5] != ' ' || clockField(b, 6) != 14 || b[14] != ' ' || b[15] != '[' {
		return
	}
	at := bytes.Index(b[:min(len(b), 48)], []byte("] [")) + len("] [")
	for at > len("] [") && at < len(b) && isDigit(b[at]) {
		at++
	}
	if at+3 >= len(b) || b[at] != ']' {
		return
	}
	at += len("] ")
	end := nameEnd(b, at, len(b))
	if end-at < 2 || end+3 >= len(b) || string(b[end:end+2]) != ": " || !hump(b[end+2:nameEnd(b, end+2, len(b))]) {
		return
	}
	if name := s.fold(b[at:end]); !s.staysName(name) && !s.k.Common(name) {
		s.learn(s.lo+at, s.lo+end, pseudonym.Domain, "domain")
	}
}

// netBIOS emits the host that a service is asked for by: QZ01<20>. What it is called begins
// behind a place.
func (s *Scanner) netBIOS(hi int) {
	n, end, quote := s.next(hi)
	if quote == 0 && end > n && end+3 < s.hi && s.buf[end] == '<' && isHexByte(s.buf[end+1]) && isHexByte(s.buf[end+2]) && s.buf[end+3] == '>' && upperName(s.buf[n:end]) {
		s.hostName(n-s.lo, end-s.lo, s.fold(s.buf[n:end]))
	}
}

// proxied reads the server of "backend/server 0/0/1/7/8 200", as load balancers
// write what they passed on.
func (s *Scanner) proxied(from int) {
	b := s.buf
	if s.proxiedServer(from) {
		return
	}
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

// proxiedServer emits what a proxy says of a server of its own: Server web/web1 is DOWN.
func (s *Scanner) proxiedServer(from int) bool {
	b := s.buf
	i := bytes.Index(b[from:s.hi], []byte("erver "))
	if i < 1 || lower(b[from+i-1]) != 's' {
		return false
	}
	lo := from + i + len("erver ")
	slash := nameEnd(b, lo, s.hi)
	if slash == lo || slash+1 >= s.hi || b[slash] != '/' {
		return false
	}
	end := nameEnd(b, slash+1, s.hi)
	if !bytes.HasPrefix(b[end:s.hi], []byte(" is ")) {
		return false
	}
	s.label(lo, slash)
	s.hostName(slash+1-s.lo, end-s.lo, s.fold(b[slash+1:end]))
	return true
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
	if rule < 0 || end-hi > 40 || kind == pseudonym.IPv4 {
		return
	}
	key := append(append([]byte(nil), b[lo:hi-len("label")]...), '=')
	i := bytes.Index(b[s.lo:s.hi], key)
	if i < 0 || i > 0 && isAlnum(b[s.lo+i-1]) {
		return
	}
	at := s.lo + i + len(key)
	switch {
	case at >= s.hi || isSpace(b[at]) || s.anotherKey(at):
	case kind == pseudonym.Secret:
		end := at
		for end < s.hi && !(isSpace(b[end]) && s.anotherKey(end)) {
			end++
		}
		if secretLike(b[at:end], gap{sep: '='}, []byte("password")) {
			s.learn(at, end, kind, s.k.rules[rule].ID)
		}
	default:
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
	if lo-3 < s.lo || b[lo-1] != '<' && b[lo-1] != '(' || b[lo-2] != ' ' {
		return
	}
	if b[lo-3] == '"' {
		s.shownAs(lo - 3)
		return
	}
	if len(local) < 2 {
		return
	}
	account := s.fold(local)
	from, at, words, met := lo-2, lo-2, 0, false
	initials := ""
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
		initials = string(lower(w[0])) + initials
		met = met || len(w) > 2 && len(local) > 3 && strings.Contains(account, s.fold(w)) && !s.k.Common(s.fold(w))
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
	if words > 1 && (met || initials == account) && from < lo-2 {
		s.learn(from, lo-2, pseudonym.Person, "person")
	}
}

// shownAs emits the person whose name in quotes stands before the address in brackets;
// the quote that ends it is at end: "Jean Dupont" <jd7@nordbank.example>.
func (s *Scanner) shownAs(end int) {
	b := s.buf
	to := end
	if b[end-1] == '\\' {
		to--
	}
	open := bytes.LastIndexByte(b[max(s.lo, end-60):to], '"')
	if open < 0 {
		return
	}
	open += max(s.lo, end-60) + 1
	if v := b[open:to]; bytes.IndexByte(v, ' ') > 0 && personLike(v) && !s.titleWords(v) && !bytes.ContainsAny(v, "<>@:[]{}") {
		s.learn(open, to, pseudonym.Person, "person")
	}
}
