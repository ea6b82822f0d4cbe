package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with the prompts of shells and of systems that are managed by lines.

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
	if user < 2 || user+1 >= len(rest) || rest[user] != '$' && rest[user] != '#' || rest[user+1] != ' ' || bytes.IndexByte(rest[:user], '@') >= 0 {
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

// prompt reads user@host:~$, [user@host dir]#, host#, host>.
func (s *Scanner) prompt() {
	b := s.buf[s.lo:s.hi]
	i := 0
	for i < len(b) && (b[i] == '[' || b[i] == '(' || isSpace(b[i])) && i < 4 {
		i++
	}
	if i >= len(b) {
		return
	}
	end := min(s.cut.end(s.lo+i), s.hi) - s.lo
	if end-i < 2 || end >= len(b) {
		return
	}
	w := b[i:end]
	if at := bytes.IndexByte(w, '@'); at > 0 {
		s.promptLogin(i, end, at)
		return
	}
	if b[end] == ':' && i == 0 && s.servedBy(b, end) {
		return
	}
	if b[end] == ']' && i == 1 && bytes.HasPrefix(b[end:], []byte("]: PS ")) {
		s.shellHost(i, end) // [HOST]: PS C:\>
		return
	}
	if i == 1 && b[0] == '[' && end == 3 && len(b) > 12 && b[3] == ':' && isDigit(b[5]) && b[6] == ' ' {
		s.timedPrompt(b)
		return
	}
	if i == 0 && bytes.HasPrefix(b[end:], []byte(" cli% ")) && nameShape(w) {
		s.learn(s.lo, s.lo+end, pseudonym.Array, "array")
		return
	}
	if b[end] == ':' && i == 0 && end+2 < len(b) && (b[end+1] == '~' || b[end+1] == '/') && s.shellPrompt(b, end) {
		return
	}
	if b[end] == ':' && i == 0 {
		if rest := b[end+1:]; len(rest) > 1 && rest[0] == ':' && (rest[1] == '>' || rest[1] == '*' && len(rest) > 2 && rest[2] == '>') {
			if name := s.fold(w); class[w[0]]&fLetter != 0 && !s.staysName(name) && !s.k.Common(name) && !sorts.has(name) {
				s.learn(s.lo, s.lo+end, pseudonym.Array, "array") // qzclu::> volume show
			}
			return
		}
		s.promptRole(w, b[end+1:])
		return
	}
	if b[end] == '/' && i == 0 && end+8 < len(b) && b[end+4] == '/' {
		s.promptPair(w, b[end+1:])
		return
	}
	if (b[end] == '#' || b[end] == '>') && i == 0 && end+1 < len(b) && (b[end+1] == ' ' || class[b[end+1]]&fLetter != 0) && nameShape(w) && class[w[0]]&fLetter != 0 && bytes.IndexByte(w, '.') < 0 {
		name := s.fold(w)
		if !s.staysName(name) && !s.k.Common(name) {
			s.hostName(i, end, name)
		}
	}
}

// promptRole emits the switch of core-lyon:admin> and of core-lyon:FID128:admin>.
func (s *Scanner) promptRole(w, rest []byte) {
	if bytes.HasPrefix(rest, []byte("FID")) {
		if i := bytes.IndexByte(rest[:min(len(rest), 8)], ':'); i > 3 {
			rest = rest[i+1:]
		}
	}
	n := 0
	for n < len(rest) && n < 24 && class[rest[n]]&fWord != 0 {
		n++
	}
	if n < 3 || n >= len(rest) || rest[n] != '>' || n+1 < len(rest) && rest[n+1] != ' ' || class[w[0]]&fLetter == 0 || bytes.IndexByte(w, '@') >= 0 {
		return
	}
	name := s.fold(w)
	if !s.k.Keeps(s.fold(rest[:n])) || s.staysName(name) || s.k.Common(name) && !nameShape(w) {
		return
	}
	s.hostName(0, len(w), name)
}

// promptPair emits the firewall of qzfw/pri/act# and of qzfw/sec/stby>, one of a pair.
func (s *Scanner) promptPair(w, rest []byte) {
	if role := string(rest[:4]); role != "pri/" && role != "sec/" {
		return
	}
	n := 4
	for n < len(rest) && class[rest[n]]&fLetter != 0 {
		n++
	}
	if state := string(rest[4:n]); state != "act" && state != "stby" && state != "actNoFailover" || n == len(rest) || rest[n] != '#' && rest[n] != '>' {
		return
	}
	if name := s.fold(w); class[w[0]]&fLetter != 0 && !s.staysName(name) {
		s.hostName(0, len(w), name)
	}
}

// zshMark tells the folder and the mark that zsh ends a prompt with: " ~ % ls".
func zshMark(rest []byte) bool {
	i := bytes.Index(rest, []byte(" % "))
	return i > 1 && rest[0] == ' ' && bytes.IndexByte(rest[1:i], ' ') < 0
}

// promptLogin emits user and host of a prompt; mark and path must follow.
func (s *Scanner) promptLogin(i, end, at int) {
	b := s.buf[s.lo:s.hi]
	rest := b[end:min(len(b), end+80)]
	if rest[0] != ':' && rest[0] != ' ' && rest[0] != '$' && rest[0] != '#' && rest[0] != '>' && rest[0] != ']' || !bytes.ContainsAny(rest, "$#>") && !zshMark(rest) {
		return
	}
	host := s.fold(b[i+at+1 : end])
	s.account(s.lo+i, s.lo+i+at)
	if host != "" {
		s.hostName(i+at+1, end, host)
	}
}

// cmdlet tells what shells of Windows call their commands: a verb and what it is done to,
// Set-SharedConfig.
func cmdlet(w []byte) bool {
	verb, of, _ := bytes.Cut(w, []byte{'-'})
	return len(of) > 2 && class[of[0]]&fUpper != 0 && hump(of) && bytes.IndexByte(of, '-') < 0 && !hasDigit(of) && cmdletVerbs.hasFolded(verb)
}

var cmdletVerbs = set("get set new add remove start stop test install uninstall enable disable update import export invoke write read clear configure " +
	"initialize register unregister restart resume suspend mount dismount connect disconnect")
