package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with statements of configs in which a secret or a name stands behind
// its word without a separator.

// secretArg masks the argument behind a word, skipping some before it.
func (s *Scanner) secretArg(hi, skip int) int {
	b, i := s.buf, hi
	for n := 0; ; n++ {
		for i < s.hi && isSpace(b[i]) {
			i++
		}
		if i >= s.hi {
			return 0
		}
		quote := byte(0)
		if b[i] == '"' || b[i] == '\'' {
			quote = b[i]
			i++
		}
		end := i
		for end < s.hi && (quote != 0 && b[end] != quote || quote == 0 && !isSpace(b[end]) && b[end] != ';' && b[end] != '"') {
			end++
		}
		if n == skip {
			v := b[i:end]
			if secretLike(v, gap{quote: quote}, []byte("password")) && v[0] != '-' {
				s.out = append(s.out, Finding{Start: i, End: end, Kind: pseudonym.Secret, Rule: "secret", Learn: learnable(v)})
				return end
			}
			return 0
		}
		i = end
		if quote != 0 {
			i++
		}
	}
}

// passwordRules are what configs say of passwords behind the word, other than one.
var passwordRules = set("strength-check lifetime warntime gracetime min-length max-length minimum-length maximum-length history complexity aging expiration expiry " +
	"recovery-disable policy encryption secure-mode prompt-on-boot")

// secretWord deals with "password X" in configs: of switches (secret 5 $1$..),
// netrc, SQL. Running text says "password for" and the like.
func (s *Scanner) secretWord(lo, hi int) int {
	n, end, quote := s.next(hi)
	if n == 0 || n >= s.hi {
		return 0
	}
	b := s.buf
	w := b[n:end]
	if quote == 0 && (string(w) == "is" || string(w) == "was") {
		return s.toldSecret(end)
	}
	if len(w) == 1 && isDigit(w[0]) && end < s.hi && isSpace(b[end]) {
		if from, to, _ := s.next(end); s.k.Common(s.fold(b[from:to])) && !s.configLine(lo) && !s.beginsLine(lo) {
			return 0
		}
		return s.secretArg(end, 0) // the digit says how the rest is encoded
	}
	if quote == 0 && passwordRules.hasFolded(w) {
		return 0
	}
	if at := s.written(hi); at > 0 {
		return s.secretArg(at, 0)
	}
	if quote == '"' || quote == '\'' {
		return s.secretArg(hi, 0)
	}
	if !s.configLine(lo) && !s.methodBefore(lo, w, end) && !s.ofUser(lo, n) {
		return 0
	}
	if s.k.Common(s.fold(w)) && !hasDigit(w) && stateWord.has(s.fold(w)) {
		return 0
	}
	return s.secretArg(hi, 0)
}

// written leads past the words behind a place that say how the secret behind them is
// written, as in "hmac-md5 encrypted 0822455D0A16". It returns 0 where there is none, or
// what follows does not look like a secret.
func (s *Scanner) written(hi int) int {
	for at := hi; ; {
		n, end, quote := s.next(at)
		w := s.buf[n:end]
		if quote != 0 || !encodings.hasFolded(w) {
			if at > hi && (hasDigit(w) || len(w) > 11) {
				return at
			}
			return 0
		}
		at = end
	}
}

// ofUser reports whether "user NAME" stands before the word at lo, and behind it what is no
// word of a sentence about the password, at n.
func (s *Scanner) ofUser(lo, n int) bool {
	value := s.buf[n:wordEnd(s.buf[:s.hi], n)]
	if !hasDigit(value) && nameEnd(value, 0, len(value)) == len(value) {
		return false
	}
	f := bytes.Fields(s.buf[max(s.lo, lo-lookBack):lo])
	return len(f) > 2 && foldEqual(f[len(f)-2], "user") && !foldEqual(f[len(f)-3], "for") && nameEnd(f[len(f)-1], 0, len(f[len(f)-1])) == len(f[len(f)-1])
}

// managingUser emits the account and masks the password of "mgmtuser add jdoe hunter2",
// as controllers of wireless networks are told; the word mgmtuser ends at hi.
func (s *Scanner) managingUser(hi int) int {
	n, end, _ := s.next(hi)
	if n == 0 || !foldEqual(s.buf[n:end], "add") {
		return 0
	}
	if n, end, _ = s.next(end); end <= n {
		return 0
	}
	s.account(n, end)
	return s.secretArg(end, 0)
}

// identifiedBy masks what an account of a database is told by: IDENTIFIED BY 'x', IDENTIFIED
// WITH method AS 'x'.
func (s *Scanner) identifiedBy(hi int) int {
	n, end, _ := s.next(hi)
	if n == 0 {
		return 0
	}
	if foldEqual(s.buf[n:end], "with") {
		_, end, quote := s.next(end)
		if quote != 0 {
			end++
		}
		if n, end, _ = s.next(end); n == 0 || !foldEqual(s.buf[n:end], "as") && !foldEqual(s.buf[n:end], "by") {
			return 0
		}
		return s.secretArg(end, 0)
	}
	if foldEqual(s.buf[n:end], "by") {
		return s.secretArg(end, 0)
	}
	return 0
}

// givenName reads an account that a sentence gives in quotes: The user name that was
// given is "jdoe"; name is at [lo, hi).
func (s *Scanner) givenName(lo, hi int) {
	b, p := s.buf, s.prev[0]
	if hi >= s.hi || b[hi] != ' ' || p.hi != lo-1 || !foldEqual(b[p.lo:p.hi], "user") {
		return
	}
	rest := b[hi:min(s.hi, hi+lookBack)]
	i := bytes.IndexByte(rest, '"')
	if i < 4 || !bytes.HasSuffix(rest[:i], []byte(" was ")) && !bytes.HasSuffix(rest[:i], []byte(" is ")) {
		return
	}
	if end := nameEnd(b, hi+i+1, s.hi); end < s.hi && b[end] == '"' {
		s.account(hi+i+1, end)
	}
}

// prompted emits whose password is asked for: "Enter jdoe's password:".
func (s *Scanner) prompted(lo, hi int) {
	b := s.buf
	if hi >= s.hi || b[hi] != ':' || lo-4 < s.lo || string(b[lo-3:lo]) != "'s " {
		return
	}
	end := lo - 3
	from := end
	for from > s.lo && class[b[from-1]] != 0 && b[from-1] != '@' {
		from--
	}
	if end-from > 1 && (from == s.lo || b[from-1] == ' ') && !s.k.Common(s.fold(b[from:end])) {
		s.account(from, end)
	}
}

// toldSecret reads the secret of "the password is X" in a letter: a word that holds a
// digit beside letters, or a sign that words do not hold.
func (s *Scanner) toldSecret(at int) int {
	b := s.buf
	lo := at + 1
	end := lo
	for end < s.hi && !isSpace(b[end]) {
		end++
	}
	if end-lo > 2 && (b[end-1] == '.' || b[end-1] == ',') {
		end--
	}
	if end-lo < 6 || end-lo > 64 {
		return 0
	}
	var f flags
	signs := false
	for _, c := range b[lo:end] {
		f |= class[c]
		signs = signs || strings.IndexByte("!#$%&*+?=^~", c) >= 0
	}
	if f&fLetter == 0 || f&fDigit == 0 && !signs || strings.IndexByte("([{<", b[lo]) >= 0 || looksLikeValue(b[lo:end]) {
		return 0
	}
	s.learn(lo, end, pseudonym.Secret, "secret")
	return end
}

// encodings stand between the word and the secret and say how it is written.
var encodings = set("hash ciphertext plaintext cipher irreversible-cipher simple clear cleartext clear-text encrypted enc ascii-text hexadecimal md5 hmac-md5 hmac-sha hmac-sha-1 hmac-sha-256 keyed-md5")

// methodBefore tells "CHAP password X" and the like anywhere in a line: a method of
// logging in before, and a value that ends the line or holds a digit behind.
func (s *Scanner) methodBefore(lo int, w []byte, end int) bool {
	p := s.prev[0]
	if p.hi == 0 || p.hi+1 != lo || !methods.hasFolded(s.buf[p.lo:p.hi]) {
		return false
	}
	return hasDigit(w) || len(bytes.TrimSpace(s.buf[end:s.hi])) == 0 && !s.k.Common(s.fold(w))
}

var methods = set("chap ppp pap mschap ms-chap mutual mutual-chap reverse-chap outbound inbound initiator target enable ldap radius tacacs ipmi bmc vnc smtp ftp wpa")

// configLine tells statements such as "username x password y", "enable secret y",
// "machine h login u password p".
func (s *Scanner) configLine(lo int) bool {
	if lo-s.lo > lookBack {
		return false
	}
	head := s.fold(s.buf[s.lo:lo])
	f := strings.Fields(head)
	if len(f) == 0 {
		return false
	}
	switch f[0] {
	case "username", "enable", "machine", "login", "user", "line", "default", "snmp-server", "radius-server", "tacacs-server", "ppp", "neighbor", "set", "admin", "crypto", "ip", "ntp", "no", "chap":
		return len(f) < 9
	}
	return false
}

// keyWord deals with "key 7 0822455D", "key 0 cisco", "pre-shared-key x".
func (s *Scanner) keyWord(lo, hi int) int {
	n, end, _ := s.next(hi)
	if n == 0 {
		return 0
	}
	w := s.buf[n:end]
	if len(w) == 1 && isDigit(w[0]) && end < s.hi && isSpace(s.buf[end]) && (s.lineHas(lo, "server") || s.beginsLine(lo) || s.lineHas(lo, "crypto") || s.lineHas(lo, "key-string")) {
		return s.secretArg(end, 0)
	}
	if rest := bytes.TrimRight(s.buf[end:s.hi], " \r"); len(rest) == 0 && lo > s.lo && s.buf[s.lo] == ' ' && s.beginsLine(lo) && !s.k.Common(s.fold(w)) && len(w) > 5 && !allDigits(string(w)) {
		return s.secretArg(hi, 0) // in the block of a server
	}
	if s.lineHas(lo, "radius-server") || s.lineHas(lo, "tacacs-server") || s.lineHas(lo, "isakmp") || s.lineHas(lo, "snmp-server") || s.lineHas(lo, "shared-key address") {
		if at := s.written(hi); at > 0 {
			return s.secretArg(at, 0)
		}
		return s.secretArg(hi, 0)
	}
	return 0
}

// userArg deals with "login jdoe", "username jdoe password", "useradd jdoe".
func (s *Scanner) userArg(lo, hi int, w string) {
	if w == "username" && (hi < s.hi && s.buf[hi] == '\t' || upperCase(s.buf[lo:hi]) || hi+1 < s.hi && isSpace(s.buf[hi+1])) {
		return // a title
	}
	if w == "login" && s.loginResult(hi) {
		return
	}
	if p := s.prev[0]; w == "user" && p.hi > p.lo && foldEqual(s.buf[p.lo:p.hi], "table") {
		return // of a database, called user
	}
	if w == "login" && !s.lineHas(lo, "machine ") || (w == "user" || w == "role") && !s.anyOf(s.buf[max(s.lo, lo-lookBack):lo], userStatements) {
		return
	}
	n, end, _ := s.next(hi)
	for w != "login" && n > 0 && notExists.hasFolded(s.buf[n:end]) {
		n, end, _ = s.next(end)
	}
	for w != "user" && w != "login" && end > n && s.buf[n] == '-' && end-n < 3 && strings.IndexByte("mMrUNol", s.buf[n+1]) >= 0 {
		n, end, _ = s.next(end) // an option without an argument
	}
	if end-n < 2 || s.buf[n] == '-' {
		return
	}
	name := s.fold(s.buf[n:end])
	if !s.staysName(name) && !stateWord.has(name) && !looksLikeValue(s.buf[n:end]) {
		s.parts(n, end, pseudonym.User, "user", name)
	}
}

// loginResult reads who logged in at a RADIUS server: "Login OK: [jdoe] (from client",
// "Login incorrect (mschap: ...): [jdoe/<via Auth-Type = mschap>]".
func (s *Scanner) loginResult(hi int) bool {
	rest := s.buf[hi:s.hi]
	if !bytes.HasPrefix(rest, []byte(" OK")) && !bytes.HasPrefix(rest, []byte(" incorrect")) {
		return false
	}
	i := bytes.Index(rest, []byte(": ["))
	if i < 0 {
		return false
	}
	lo := hi + i + len(": [")
	end := nameEnd(s.buf, lo, s.hi)
	if end > lo && end < s.hi && (s.buf[end] == ']' || s.buf[end] == '/') {
		s.account(lo, end)
		if to := bytes.IndexByte(s.buf[end:s.hi], ']'); to > 1 && s.buf[end] == '/' && s.buf[end+1] != '<' {
			s.learn(end+1, end+to, pseudonym.Secret, "secret")
		}
	}
	return true
}

// notExists are the words of a condition before the name of an account that is made.
var notExists = set("if not exists")

// userStatements begin a statement that names a user: of switches, and those of
// databases that make one.
var userStatements = []string{"snmp-server", "snmp", "create ", "alter ", "drop "}
