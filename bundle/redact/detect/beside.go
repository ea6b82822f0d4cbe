package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with names told by what stands beside them: an address in brackets,
// a port, the type of a record, a service, slashes before a share.

// besideQuad emits the name whose address in brackets begins at lo, as in
// "mx.nordbank [192.0.2.7]", where the name ends in no domain that is known.
func (s *Scanner) besideQuad(lo, hi int) {
	b, p := s.buf, s.prev[0]
	if p.hi == p.lo+1 && b[p.lo] == 'A' && p.lo > s.lo && isSpace(b[p.lo-1]) && isSpace(b[lo-1]) {
		s.record(p.lo, p.hi)
		return
	}
	if lo-3 > p.lo && b[lo-2] == ')' && p.hi == lo-2 && p.lo > s.lo && b[p.lo-1] == '(' && bytes.HasPrefix(b[hi:s.hi], []byte("->")) && bytes.IndexByte(b[p.lo:p.hi], '_') < 0 {
		s.member(p.lo, p.hi) // (qz01) 192.0.2.7->WinEvtLog
		return
	}
	if lo > s.lo && b[lo-1] == ' ' && p.hi > p.lo && p.lo-s.lo < 2 && p.hi-p.lo > 2 {
		s.timeServer(p, lo)
		return
	}
	if lo-2 > s.lo && b[lo-1] == '(' && p.hi == lo-2 && p.hi-p.lo > 2 && hi+2 < s.hi && b[hi] == ')' && b[hi+1] == ' ' && bytes.HasSuffix(bytes.TrimRight(b[hi:s.hi], " \r"), []byte(" ms")) {
		s.member(p.lo, p.hi) // a step on the way to a host
		return
	}
	if lo-2 < s.lo || b[lo-1] != '[' && b[lo-1] != '(' || b[lo-2] != ' ' || p.hi != lo-2 || p.hi-p.lo < 4 {
		return
	}
	w := b[p.lo:p.hi]
	dot := bytes.LastIndexByte(w, '.')
	if dot < 0 && hi < s.hi && b[lo-1] == '(' && b[hi] == ')' && class[w[0]]&fLetter != 0 && s.hostLike(w) && (p.lo == s.lo || b[p.lo-1] == ' ') {
		s.member(p.lo, p.hi) // entered: QZ01 (192.0.2.7)
		return
	}
	if dot < 1 || len(w)-dot < 3 || class[w[0]]&(fLower|fDigit) == 0 {
		return
	}
	if f := flagsOf(w); f&(fUpper|fAt|fUnder|fHigh) != 0 || flagsOf(w[dot+1:])&^(fLetter|fLower|fWord|fHex|fAlpha) != 0 {
		return
	}
	name := string(w)
	if p.lo > s.lo && strings.IndexByte("/@=.:\\", b[p.lo-1]) >= 0 || isFile(name) || isCode(name, w) || s.staysName(name) || publicName(name) || !goodLabels(w) {
		return
	}
	s.emitName(p.lo, p.hi, name, "host")
}

// timeServer emits the name that a list of time servers begins a line with, cut short or
// not, by what stands behind: the server's own source at lo, its stratum and its sort.
func (s *Scanner) timeServer(p span, lo int) {
	b := s.buf
	i := wordEnd(b[:s.hi], lo)
	for range 2 {
		from := i
		for i < s.hi && b[i] == ' ' {
			i++
		}
		if i == from || i >= s.hi {
			return
		}
		if from = i; i+1 < s.hi && strings.IndexByte("ulbmpsa", b[i]) >= 0 && b[i+1] == ' ' {
			break
		}
		for i < s.hi && isDigit(b[i]) {
			i++
		}
		if i == from || i-from > 2 {
			return
		}
	}
	if i+1 < s.hi && strings.IndexByte("ulbmpsa", b[i]) >= 0 && bytes.IndexByte(b[p.lo:p.hi], '.') > 0 && hasLetter(b[p.lo:p.hi]) && len(bytes.TrimLeft(b[p.hi:lo], " ")) == 0 {
		if name := s.fold(b[p.lo:p.hi]); !publicName(name) {
			s.hostName(p.lo-s.lo, p.hi-s.lo, name)
		}
	}
}

// resolved emits the host in front of its address where arp tells both and the MAC:
// "beryl (192.0.2.5) at 02:e0:67:05:9d:5a"; at is the word at.
func (s *Scanner) resolved(at int) {
	b := s.buf
	if at-10 < s.lo || b[at-1] != ' ' || b[at-2] != ')' {
		return
	}
	open := bytes.LastIndexByte(b[s.lo:at], '(')
	if open < 3 || !quadAhead(b[s.lo+open+1:s.hi]) {
		return
	}
	s.atStart(open - 1)
}

// tagged reads an address that says of which family it is, and the machine in front of
// it at the beginning of a line, as file servers write them: "beryl (ipv4:192.0.2.5:445)".
func (s *Scanner) tagged(lo, hi int) {
	b := s.buf
	if p := s.prev[0]; hi < s.hi && b[hi] == ':' && p.hi == lo-1 && b[p.hi] == ':' && foldEqual(b[p.lo:p.hi], "local") && p.lo > s.lo {
		s.atStart(p.lo - 1 - s.lo) // a peer of DRBD and its two ends
		return
	}
	if hi+2 < s.hi && b[hi] == ':' && isHexByte(b[hi+1]) && lo-2 > s.lo && b[lo-1] == '(' && b[lo-2] == ' ' {
		s.atStart(lo - 2 - s.lo)
	}
}

// atStart emits the host that a line begins with and that ends at a place of it.
func (s *Scanner) atStart(end int) {
	b := s.buf[s.lo:s.hi]
	from := leading(b)
	if from+1 >= end {
		return
	}
	for _, c := range b[from:end] {
		if class[c]&(fLetter|fDigit|fDash|fDot) == 0 {
			return
		}
	}
	if w := b[from:end]; hasLetter(w) && !looksLikeValue(w) {
		if name := s.fold(w); !s.k.Common(name) || nameShape(w) {
			s.hostName(from, end, name)
		}
	}
}

// withPort reports whether a word behind on, at, to or from is a host by the port
// behind it: at vault-prod:9103.
func withPort(w, rest []byte) bool {
	if len(rest) < 4 || rest[0] != ':' || bytes.IndexByte(w, '.') >= 0 || !nameShape(w) || class[w[0]]&fLetter == 0 {
		return false
	}
	n := 1
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	return n > 3 && n < 7 && (n == len(rest) || class[rest[n]] == 0 && rest[n] != ':')
}

// record emits the names of a record as name servers, dig and files of zones write it:
// its owner at the beginning of the line and the names behind the type, which end in a
// dot or are of the zone.
func (s *Scanner) record(lo, hi int) {
	b := s.buf
	if hi >= s.hi || !isSpace(b[hi]) || !upperCase(b[lo:hi]) || !s.recordHead(lo) {
		return
	}
	s.owner(s.lo, wordEnd(b[:s.hi], s.lo))
	at, n := hi, 0
	for n < 2 && at < s.hi {
		for at < s.hi && isSpace(b[at]) {
			at++
		}
		end := wordEnd(b[:s.hi], at)
		switch w := b[at:end]; {
		case len(w) == 0, w[0] == '"', w[0] == ';', w[0] == '(':
			return
		case allDigits(string(w)): // a preference, a port
		default:
			if n++; named.hasFolded(b[lo:hi]) {
				s.owner(at, end)
			} else {
				s.rooted(at)
			}
		}
		at = end
	}
}

// named are the types of records that hold a name of a host.
var named = set("ns mx cname ptr srv dname")

// recordHead reports whether what stands before the type of a record is an owner, a time
// to live and a class, the last two in any order and one of them at least.
func (s *Scanner) recordHead(lo int) bool {
	b, n := s.buf, 0
	at := wordEnd(b[:lo], s.lo)
	for at < lo {
		for at < lo && isSpace(b[at]) {
			at++
		}
		end := wordEnd(b[:lo], at)
		w := b[at:end]
		switch {
		case len(w) == 0:
		case foldEqual(w, "in") && upperCase(w), isDigit(w[0]) && len(w) < 9 && timeToLive(w):
			n++
		default:
			return false
		}
		at = end
	}
	return n > 0 && n < 3
}

// timeToLive tells 86400 and 4h.
func timeToLive(w []byte) bool {
	return allDigits(string(w[:len(w)-1])) && (isDigit(w[len(w)-1]) || strings.IndexByte("smhdw", lower(w[len(w)-1])) >= 0)
}

// owner emits the name of a record, one with dots or one of the zone.
func (s *Scanner) owner(lo, hi int) {
	w := s.buf[lo:hi]
	if len(w) > 1 && w[len(w)-1] == '.' {
		s.rooted(lo)
		return
	}
	if len(w) > 1 && nameEnd(s.buf, lo, hi) == hi && flagsOf(w)&fAt == 0 && w[0] != '_' && !isFile(s.fold(w)) {
		s.member(lo, hi)
	}
}

// rooted emits the dotted name at a place that ends in the dot of the root, and returns
// where it ends.
func (s *Scanner) rooted(at int) int {
	b := s.buf
	end := wordEnd(b[:s.hi], at)
	w := b[at:end]
	if len(w) < 5 || w[len(w)-1] != '.' || bytes.IndexByte(w, '.') == len(w)-1 {
		return end
	}
	w = w[:len(w)-1]
	for _, c := range w {
		if class[c]&fWord == 0 || c == '@' {
			return end
		}
	}
	if name := s.fold(w); !strings.HasSuffix(name, ".arpa") && !publicName(name) && !s.staysName(name) && !allDigits(strings.ReplaceAll(name, ".", "")) {
		for strings.HasPrefix(name, "_") {
			i := strings.IndexByte(name, '.') + 1
			at, name = at+i, name[i:]
		}
		s.emitName(at, end-1, name, "fqdn")
	}
	return end
}

// zoneOfNames emits the domain of zone "nordbank.example" {, which is the site's even where
// the world knows it. It reports whether such a name stands behind the word.
func (s *Scanner) zoneOfNames(hi int) bool {
	n, end, quote := s.next(hi)
	w := s.buf[n:end]
	if quote != '"' || bytes.IndexByte(w, '.') <= 0 || !goodLabels(w) || !hasLetter(w) {
		return false
	}
	if name := s.fold(w); !strings.HasSuffix(name, ".arpa") && !s.staysName(name) {
		s.emitName(n, end, name, "fqdn")
	}
	return true
}

// hostLike tells a name with a number from devices, interfaces and everyday words with one.
func (s *Scanner) hostLike(w []byte) bool {
	name := s.fold(w)
	stem := strings.TrimRight(name, "0123456789")
	return hasDigit(w) && !isDevice(name) && !slotWords.has(stem) && !s.k.Common(stem) && stem != "ipv" && stem != "loopback"
}

// services are the classes of services in the names of principals.
var services = set("cifs host http ldap nfs gc mssqlsvc termsrv restrictedkrbhost wsman dns hdb")

// ofMachines are those of them that nothing else is written like.
var ofMachines = set("mssqlsvc termsrv restrictedkrbhost wsman")

// principal emits the host of cifs/berylsrv.nordbank, where the word before the slash
// begins an item and the name ends in no domain that is known.
func (s *Scanner) principal(lo, hi int) {
	b := s.buf
	if hi+5 >= s.hi || b[hi] != '/' || class[b[hi+1]]&(fLetter|fDigit) == 0 || lo > s.lo && !isSpace(b[lo-1]) && strings.IndexByte(`"'=,[(`, b[lo-1]) < 0 {
		return
	}
	end := nameEnd(b, hi+1, s.hi)
	w := b[hi+1 : end]
	dot := bytes.LastIndexByte(w, '.')
	if dot < 0 && ofMachines.hasFolded(b[lo:hi]) && (end == s.hi || strings.IndexByte("\"' @,)", b[end]) >= 0) {
		s.member(hi+1, end)
		return
	}
	if dot < 2 || len(w)-dot < 3 || !lettersOnly(string(w[dot+1:])) || end < s.hi && (b[end] == '/' && !isSpace(b[hi-1]) || class[b[end]] != 0 && b[end] != '@') {
		return
	}
	if name := s.fold(w); services.hasFolded(b[lo:hi]) && !isFile(name) && goodLabels(w) && !s.staysName(name) {
		s.emitName(hi+1, end, name, "fqdn")
	}
}

// mounted emits the server of a share that slashes are before: //berylsrv/data. The word
// mount, mounting or the like ends at hi.
func (s *Scanner) mounted(hi int) {
	if hi >= s.hi || s.buf[hi] != ' ' && s.buf[hi] != ':' {
		return
	}
	at := bytes.Index(s.buf[hi:s.hi], []byte(" //"))
	if at >= 0 {
		s.shareOf(hi + at + 1)
	}
}

// shareOf emits the server of //server/share at a place, unless it is an address.
func (s *Scanner) shareOf(at int) {
	b := s.buf
	lo := at + 2
	end := nameEnd(b, lo, s.hi)
	if end-lo < 3 || end+1 >= s.hi || b[end] != '/' || class[b[end+1]] == 0 || class[b[lo]]&fLetter == 0 {
		return
	}
	if name := s.fold(b[lo:end]); !s.staysName(name) && !isFile(name) && !(s.k.Common(name) && strings.IndexByte(name, '.') < 0) && !publicName(name) {
		s.emitName(lo, end, name, "unc")
	}
}

// bracketLogon reads [NORDBANK]\[jdoe]@[LAPTOP7], as file servers write who asks. The
// backslash is at i.
func (s *Scanner) bracketLogon(i int) {
	b := s.buf
	open := bytes.LastIndexByte(b[max(s.lo, i-64):i], '[')
	if open < 0 {
		return
	}
	open += max(s.lo, i-64)
	if domain := b[open+1 : i-1]; len(domain) > 1 && nameEnd(b, open+1, i) == i-1 {
		if name := s.fold(domain); !s.staysName(name) && name != "workgroup" {
			s.out = append(s.out, Finding{Start: open + 1, End: i - 1, Kind: pseudonym.Domain, Value: name, Rule: "logon", Learn: !s.k.Common(name) && len(name) > 2})
		}
	}
	lo := i + 2
	end := nameEnd(b, lo, s.hi)
	if end >= s.hi || b[end] != ']' {
		return
	}
	if end > lo+1 {
		s.account(lo, end)
	}
	if end+3 < s.hi && b[end+1] == '@' && b[end+2] == '[' {
		from := end + 3
		if to := nameEnd(b, from, s.hi); to > from+1 && to < s.hi && b[to] == ']' {
			s.hostName(from-s.lo, to-s.lo, s.fold(b[from:to]))
		}
	}
}
