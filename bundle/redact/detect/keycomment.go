package detect

import "bytes"

// keyComment emits whose key it is and where it was made, which ssh-keygen writes behind a
// public key as jdoe@qz01; the key itself begins at a place. What else people write there
// is met like any text.
func (s *Scanner) keyComment(at int) {
	b, sort := s.buf, s.prev[0]
	if sort.hi+1 != at || !bytes.HasPrefix(b[sort.lo:sort.hi], []byte("ssh-")) && !bytes.HasPrefix(b[sort.lo:sort.hi], []byte("ecdsa-")) && !bytes.HasPrefix(b[sort.lo:sort.hi], []byte("sk-")) {
		return
	}
	for at < s.hi && (isAlnum(b[at]) || b[at] == '+' || b[at] == '/' || b[at] == '=') {
		at++
	}
	n, end, quote := s.next(at)
	if end-n < 2 || quote != 0 {
		return
	}
	w := b[n:end]
	host := bytes.IndexByte(w, '@') + 1
	switch {
	case host == 0:
		if s.endsItem(end) && !s.k.Common(s.fold(w)) && !bytes.Contains(w, []byte("key")) && !looksLikeValue(w) {
			s.account(n, end)
		}
	case host > 1 && bytes.IndexByte(w[host:], '@') < 0:
		s.account(n, n+host-1)
		if _, size := parseQuad(w[host:], '.'); host < len(w) && size != len(w)-host {
			s.member(n+host, end)
		}
	}
}

// endsItem reports whether nothing follows but what ends the item of a list or a value.
func (s *Scanner) endsItem(end int) bool {
	rest := bytes.TrimRight(s.buf[end:s.hi], " \r")
	return len(rest) == 0 || bytes.IndexByte([]byte(`"',]\`), rest[0]) >= 0
}
