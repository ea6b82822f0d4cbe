package detect

import "bytes"

// This file deals with the prompts of shells that are not user@host:path$.

// shellPrompt reads "host:~ user$ " and "host:~ # "; the name ends at end, where the
// colon is. It reports false where the line is no prompt.
func (s *Scanner) shellPrompt(b []byte, end int) bool {
	at := end + 1
	for at < len(b) && !isSpace(b[at]) {
		at++
	}
	if at+1 >= len(b) || at-end > 80 {
		return false
	}
	rest := b[at+1:]
	if rest[0] == '#' || rest[0] == '>' {
		if len(rest) > 1 && rest[1] != ' ' {
			return false
		}
		s.shellHost(0, end)
		return true
	}
	user := nameEnd(rest, 0, len(rest))
	if user < 2 || user+1 >= len(rest) || rest[user] != '$' || rest[user+1] != ' ' || bytes.IndexByte(rest[:user], '@') >= 0 {
		return false
	}
	s.shellHost(0, end)
	s.account(s.lo+at+1, s.lo+at+1+user)
	return true
}

// timedPrompt reads "[01:55 host ~]# ".
func (s *Scanner) timedPrompt(b []byte) {
	const at = len("[01:55 ")
	end := nameEnd(b, at, len(b))
	if end-at < 2 || end >= len(b) || b[end] != ' ' {
		return
	}
	if i := bytes.IndexByte(b[end:min(len(b), end+80)], ']'); i > 0 && end+i+1 < len(b) && (b[end+i+1] == '#' || b[end+i+1] == '$') {
		s.shellHost(at, end)
	}
}

// shellHost emits the host of a prompt.
func (s *Scanner) shellHost(lo, hi int) {
	w := s.buf[s.lo+lo : s.lo+hi]
	if name := s.fold(w); class[w[0]]&fLetter != 0 && bytes.IndexByte(w, '@') < 0 && !s.staysName(name) {
		s.hostName(lo, hi, name)
	}
}
