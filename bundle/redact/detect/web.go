package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with records of web servers and of tunnels, whose fields have their
// meaning by place.

// fieldList makes the table of a log that says in its head what its fields are, as web
// and mail servers do: #Fields: date time s-computername cs-username c-ip. Watchers of
// networks put tabs between them.
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

// servedBy emits the host that begins the record of a web server for many hosts, before its
// port and the client: qz01:443 192.0.2.7 - -. The name ends at a place.
func (s *Scanner) servedBy(b []byte, end int) bool {
	i := end + 1
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if n := i - end - 1; n < 2 || n > 5 || i >= len(b) || b[i] != ' ' || !quadAhead(b[i+1:]) || !bytes.Contains(b[i:min(len(b), i+24)], []byte(" - ")) {
		return false
	}
	if bytes.IndexByte(b[:end], '.') < 0 {
		s.hostName(0, end, s.fold(b[:end]))
	}
	return true
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
		if method == 0 {
			capital := end > at && class[b[at]]&class[b[end-1]]&fUpper != 0
			switch {
			case n > 0 && capital && methods9110.hasBytes(b[at:end]):
				method = n
			case n == 3 || n > 0 && end > at && !isDigit(b[at]) && b[at] != ':' && class[b[at]]&fUpper == 0:
				return
			}
		}
		f[n] = span{at, end}
		n++
		at = end + 1
	}
	if method == 0 {
		return
	}
	if p := f[method-1]; bytes.IndexByte(b[p.lo:p.hi], ':') < 0 && !quadAhead(b[p.lo:p.hi]) {
		return // no address of the server, so no method but a level that is called like one
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

// queryNames reads the names of things in the query of a request to an array, behind
// the word that says what they are: GET /api/2.4/volumes?names=v1,v2.
func (s *Scanner) queryNames(lo, hi int) {
	b := s.buf
	if hi >= s.hi || b[hi] != '=' || lo-2 <= s.lo || b[lo-1] != '?' {
		return
	}
	from := lo - 1
	for from > s.lo && (class[b[from-1]]&(fLetter|fDash|fUnder) != 0) {
		from--
	}
	kind := KindOfFile(string(b[from : lo-1]))
	if kind == pseudonym.None || from == s.lo || b[from-1] != '/' {
		return
	}
	for at := hi + 1; at < s.hi; at++ {
		end := nameEnd(b, at, s.hi)
		if end > at+1 {
			s.nameAt(at, end, kind, kind.String(), gap{value: at, sep: '=', quote: '"', keyed: true})
		}
		if at = end; at >= s.hi || b[at] != ',' {
			return
		}
	}
}
