package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with values of keys that name a secret: where they are masked, and
// what stands in their place and is none.

// hashScheme tells the scheme of a password's hash, as {SSHA512}, from an object.
func hashScheme(b []byte) bool {
	n := bytes.IndexByte(b[:min(len(b), 24)], '}')
	return n > 2 && n+1 < len(b) && class[b[1]]&(fUpper|fLower) != 0 && bytes.IndexByte(b[1:n], ':') < 0 && bytes.IndexByte(b[1:n], ' ') < 0 && (class[b[n+1]]&(fDigit|fLetter) != 0 || b[n+1] == '$' || b[n+1] == '/')
}

// routes tells the community of a routing policy, which has members or a block of
// its own behind its name, from one of SNMP.
func (s *Scanner) routes(lo, hi int, g gap) bool {
	if !foldEqual(s.buf[lo:hi], "community") {
		return false
	}
	end, _ := s.closing(g)
	rest := bytes.TrimLeft(s.buf[min(end+1, s.hi):s.hi], " ")
	return bytes.HasPrefix(rest, []byte("{")) || bytes.HasPrefix(rest, []byte("member")) || bytes.HasPrefix(rest, []byte("expression"))
}

// crypted masks a hash by its form: $6$salt$hash, $2y$10$.., $argon2id$v=19$... It
// returns where the hash ends, or 0.
func (s *Scanner) crypted(at int) int {
	b, i := s.buf, at+1
	for i < s.hi && i-at < 12 && class[b[i]]&(fDigit|fLetter|fDash) != 0 {
		i++
	}
	if i == at+1 || i >= s.hi || b[i] != '$' {
		return 0
	}
	for i < s.hi && (class[b[i]]&(fDigit|fLetter|fDot|fDash|fUnder) != 0 || strings.IndexByte("$/+=,", b[i]) >= 0) {
		i++
	}
	for b[i-1] == ',' || b[i-1] == '.' {
		i--
	}
	if h := b[at:i]; i < s.hi && b[i] == '(' || len(h) < 20 || bytes.Count(h, []byte{'$'}) < 3 && len(h) < 28 || !hasLetter(h) {
		return 0
	}
	s.learn(at, i, pseudonym.Secret, "hash")
	return i
}

// statement deals with a secret's key and its value with only a space between,
// which configs write and running text does not: set chap-secret X.
func (s *Scanner) statement(lo, hi int) int {
	w := s.fold(s.buf[lo:hi])
	if w == "auth_pass" && s.beginsLine(lo) {
		return s.secretArg(hi, 0) // of a router's peers
	}
	if phrases[w]&aStart != 0 {
		return 0
	}
	if at := s.written(hi); at > 0 {
		return s.secretArg(at, 0)
	}
	if !s.configLine(lo) {
		return 0
	}
	n, end, _ := s.next(hi)
	if end-n < 4 || s.k.Common(s.fold(s.buf[n:end])) {
		return 0
	}
	return s.secretArg(hi, 0)
}

// secretValue emits what a secret's key is followed by.
func (s *Scanner) secretValue(lo, hi int, g gap, rule int16, option bool) int {
	b := s.buf
	if v := b[min(g.value, s.hi):s.hi]; g.sep == ':' && bytes.HasPrefix(v, []byte("pam_")) && bytes.HasPrefix(v[nameEnd(v, 0, len(v)):], []byte("(")) {
		return 0 // passwd: pam_unix(passwd:chauthtok): ..., a program and its module
	}
	if lo > s.lo && b[lo-1] == '(' && g.sep == ':' && pamTypes.hasBytes(b[g.value:nameEnd(b, g.value, s.hi)]) {
		return 0 // pam_unix(chpasswd:chauthtok)
	}
	if end := s.fold(b[lo:hi]); g.value >= s.hi && (strings.HasSuffix(end, "license") || strings.HasSuffix(end, "licence")) {
		return 0 // the text of a licence follows
	}
	if g.value >= s.hi {
		s.pendSecret(lo, hi, g, option)
		return 0
	}
	end, closed := 0, false
	switch {
	case g.quote != 0:
		end, closed = s.closing(g)
	case g.sep == '>':
		end = g.value + bytes.IndexByte(b[g.value:s.hi], '<')
		if end < g.value {
			end = s.hi
		}
		if bytes.HasPrefix(b[g.value:s.hi], []byte("<![CDATA[")) {
			g.value += len("<![CDATA[")
			end = g.value + max(0, bytes.Index(b[g.value:s.hi], []byte("]]>")))
		}
	default:
		end = s.bareEnd(lo, g, b[lo:hi])
	}
	v := b[g.value:end]
	name := s.k.rules[rule].ID
	if g.quote == 0 && string(v) == `\` && end == s.hi {
		s.st.block = block{on: true, next: true} // the command goes on below
		return end
	}
	if g.quote == 0 && blockMark(v) {
		s.pendBlock(lo)
		return end
	}
	if header := s.fold(b[lo:hi]); header == "authorization" || header == "proxy-authorization" {
		if g.quote == 0 && end < s.hi && b[end] == ' ' && schemes.hasFolded(b[g.value:end]) {
			for end++; end < s.hi && !isSpace(b[end]) && b[end] != '"' && b[end] != '\''; end++ {
			}
		}
		s.authorization(g.value, end)
		return end
	}
	if g.quote == 0 && len(v) > 3 && foldEqual(b[max(lo, hi-3):hi], "key") && v[1] == ':' && v[2] == '\\' && bytes.IndexByte(v[3:], '\\') > 0 {
		return 0 // where it is kept: MasterKey : C:\Users\x\y
	}
	g.prose = s.sentence(lo, g.value)
	if !secretLike(v, g, b[lo:hi]) {
		return 0
	}
	if g.quote == 0 && g.keyed && g.sep == ':' && allDigits(string(v)) {
		s.emitForm(g.value, end, pseudonym.Secret, Number, "", name)
		return end
	}
	if g.quote != 0 && g.slant == 0 && !closed && end == s.hi && len(v) > 3 && bytes.IndexByte(v, ' ') < 0 {
		s.st.block = block{on: true, quoted: g.quote}
	}
	if n := len(v) - 1; g.quote == 0 && n > 3 && v[n] == '\\' && end == s.hi && v[n-1] != '\\' {
		v, end = v[:n], end-1
		s.st.block = block{on: true, next: true} // cut in two by the shell's mark
	}
	s.out = append(s.out, Finding{Start: g.value, End: end, Kind: pseudonym.Secret, Rule: name, Learn: learnable(v)})
	return end
}

// pamTypes are what a module of PAM is asked for.
var pamTypes = set("auth account session password chauthtok setcred")

// sentence reports whether a value inside a line begins with two ordinary words.
func (s *Scanner) sentence(lo, at int) bool {
	if s.beginsLine(lo) {
		return false
	}
	for range 2 {
		end := at
		for end < s.hi && class[s.buf[end]]&fLower != 0 {
			end++
		}
		if end == at || end-at > 1 && !s.k.Common(string(s.buf[at:end])) || end < s.hi && s.buf[end] != ' ' {
			return false
		}
		at = end + 1
	}
	return true
}

// blockMark tells the beginning of a YAML block scalar.
func blockMark(v []byte) bool {
	v = bytes.TrimSpace(v)
	if len(v) > 0 && v[0] == '&' { // an anchor before it
		if i := bytes.IndexByte(v, ' '); i > 0 {
			v = bytes.TrimSpace(v[i:])
		} else {
			return true
		}
	}
	if len(v) == 0 || v[0] != '|' && v[0] != '>' || len(v) > 3 {
		return false
	}
	return len(bytes.Trim(v[1:], "+-0123456789")) == 0
}

// emptyValues stand where a secret is not.
var emptyValues = set("amd64 arm64 i386 all any noarch x86_64 null nil none true false yes no on off ~ - -- --- * ** *** **** ***** ****** ******* ******** undefined unset empty redacted hidden [filtered] " +
	"<none> <nil> <null> <redacted> <hidden> [redacted] (null) (none) n/a na ok failed fail passed success expired invalid required optional enabled disabled " +
	"set string str string; bool int {} [] () %s %q %v ? x xx xxx xxxx xxxxx xxxxxx xxxxxxxx unchanged changed missing unknown default file prompt ask not is was " +
	"aucun aucune keine keiner ninguno ninguna nessuno inconnu unbekannt <empty> { [ ( \" ' | > ; , && || = == ! + str, none, null, false, true, int, 0 1 -1 <secret> ******, ***, sha256 sha512 md5 yescrypt plaintext")

// secretLike tells a secret from a state, a count or a piece of program.
func secretLike(v []byte, g gap, key []byte) bool {
	if len(v) == 0 || string(v) == Mask {
		return false
	}
	folded := strings.ToLower(string(bytes.TrimSpace(v)))
	if emptyValues.has(folded) || folded == "ascii text" || strings.Trim(folded, "*.xX•") == "" {
		return false
	}
	if v[0] == '$' && len(v) > 1 && (v[1] == '{' || v[1] == '(' || class[v[1]]&fUpper != 0 && g.quote == 0) || bytes.HasPrefix(v, []byte("%(")) || bytes.HasPrefix(v, []byte("{{")) {
		return false // a reference to a value kept elsewhere
	}
	k := strings.TrimRight(strings.ToLower(string(key)), "0123456789")
	if k == "sig" && bytes.HasPrefix(v, []byte("0x")) && hexTail(v[2:]) || len(v) == 36 && strings.Trim(string(v), "0-") == "" {
		return false // of a processor; no session at all
	}
	if g.quote == 0 && objectLike(v, k) {
		return false
	}
	if k == "cookie" && len(v) > 3 && v[0] == '0' && v[1] == 'x' && (bytes.IndexByte(v, ',') > 0 || hexTail(v[2:])) {
		return false // of a flow
	}
	if len(v) > 3 && v[0] == '(' && v[len(v)-1] == ')' && bytes.Count(v, []byte{'.'}) == 1 && strings.Trim(folded, "().0123456789") == "" {
		return false // numbers of a database's sessions
	}
	if len(v) > 2 && v[0] == '0' && v[1] == 'x' && strings.HasPrefix(k, "session") && hexTail(v[2:]) && len(v) <= 18 {
		return false // where an object lies in memory
	}
	if g.sep == ':' && g.quote == 0 && !g.keyed && verbal(k) && bytes.IndexByte(v, ' ') > 0 {
		return false // what a function has to say
	}
	if g.prose && g.sep == ':' && g.quote == 0 && !g.keyed {
		return false
	}
	if strings.HasSuffix(k, "community") && bgpCommunity(v) || (k == "license" || k == "licence") && (bytes.IndexByte(v, ' ') >= 0 || !hasDigit(v) || len(v) < 10) {
		return false // of BGP; the name of what is licensed
	}
	if (k == "token" || k == "id") && len(v) <= 10 && len(v) > 2 && v[0] == '0' && v[1] == 'x' && hexOnly(v[2:]) {
		return false // a number
	}
	if (k == "pwd" || k == "seed" || k == "salt" || k == "credentials" && bytes.IndexByte(v, '.') > 0) && v[0] == '/' {
		return false // the working folder
	}
	if allDigits(folded) && (strings.HasSuffix(k, "sessionid") || strings.HasSuffix(k, "session-id") || strings.HasSuffix(k, "session_id")) {
		return false // the number of a flow
	}
	if allDigits(folded) && g.quote == 0 {
		switch {
		case strings.HasSuffix(k, "pass"), strings.HasSuffix(k, "token"), strings.HasSuffix(k, "tokens"), strings.HasSuffix(k, "secrets"),
			strings.HasSuffix(k, "credentials"), strings.HasSuffix(k, "salt"), strings.HasSuffix(k, "cookie"), k == "pin" && len(v) < 4, k == "pw", k == "sig", k == "seed", k == "license", k == "licence":
			return len(v) > 5 && !strings.HasSuffix(k, "tokens")
		}
	}
	if strings.HasSuffix(k, "license") || strings.HasSuffix(k, "licence") {
		return licenceKey(v)
	}
	if k == "pass" && g.quote == 0 && v[0] == '%' && v[len(v)-1] == ':' {
		return false // a message, which passes a test
	}
	if k == "pass" || k == "secret" || k == "token" || k == "cookie" || k == "license" || k == "licence" || k == "salt" || k == "seed" || k == "pin" || k == "community" || k == "sig" || k == "credentials" || k == "authorization" {
		if g.sep == ':' && !g.keyed && g.quote == 0 && bytes.IndexByte(v, ' ') > 0 && k != "cookie" && k != "authorization" {
			return !proseLike(v)
		}
		if len(v) < 3 && g.sep != '=' {
			return false
		}
	}
	return true
}

// verbal tells the name of a function from a key: check_ntlm_password.
func verbal(key string) bool {
	first, _, ok := strings.Cut(key, "_")
	return ok && verbs.has(first)
}

var verbs = set("check get set verify validate read load change update reset prompt ask parse compare hash encrypt decrypt find fetch is has handle process auth authenticate request create delete query send")

// licenceKey tells a key such as 4K7Q-99XZ-AB12 from the name of a licence.
func licenceKey(v []byte) bool {
	groups := bytes.Count(v, []byte{'-'})
	return bytes.IndexByte(v, ' ') < 0 && hasDigit(v) && len(v) >= 10 && (groups >= 2 && bytes.Equal(v, bytes.ToUpper(v)) || len(v) >= 16 && groups == 0) && bytes.IndexByte(v, '.') < 0
}

// objectLike tells how programs get a secret, or print an object that is a token
// or a session: os.Getenv(...), Token{a64f992, os.Proxy@2bd79ce, session
// 0x14ed93111f20005.
func objectLike(v []byte, key string) bool {
	if class[v[0]]&fLetter != 0 {
		i := 0
		for i < len(v) && class[v[i]]&(fLetter|fDigit|fDot|fUnder) != 0 {
			i++
		}
		if i < len(v) && i > 1 && v[i] == '(' && !(hasDigit(v[:i]) && class[v[0]]&fUpper != 0) && (v[len(v)-1] == ')' || i+1 == len(v) && bytes.IndexByte(v[:i], '.') > 0) || i < len(v) && v[i] == '{' || i < len(v) && v[i] == '@' && hexTail(v[i+1:]) && hump(v[:i]) {
			return true
		}
		if bytes.Count(v[:i], []byte{'.'}) >= 2 && isCode(strings.ToLower(string(v[:i])), v[:i]) {
			return true
		}
	}
	return len(v) > 2 && v[0] == '0' && v[1] == 'x' && strings.HasPrefix(key, "session") && hexTail(v[2:])
}

func hexTail(v []byte) bool { return len(v) > 0 && hexDigits(v) == len(v) }

// bgpCommunity tells communities of routes, all of which end in a colon and a
// number: 65001:100 no-export Route-Target-AS:1234:12.
func bgpCommunity(v []byte) bool {
	n := 0
	for w := range bytes.FieldsSeq(v) {
		switch i := bytes.LastIndexByte(w, ':'); {
		case i > 0 && i+1 < len(w) && allDigits(string(w[i+1:])):
			n++
		case !bgpWords.has(strings.ToLower(string(w))):
			return false
		}
	}
	return n > 0
}

var bgpWords = set("internet no-export no-advertise local-as additive none graceful-shutdown")

// proseLike tells a sentence from a secret of several words.
func proseLike(v []byte) bool {
	return bytes.Count(v, []byte{' '}) >= 2
}

// learnable says whether a secret is distinct enough to be looked for where it
// stands without its key.
func learnable(v []byte) bool {
	if len(v) < 6 || len(v) > 512 {
		return false
	}
	var f flags
	for _, c := range v {
		f |= class[c]
	}
	kinds := 0
	for _, x := range []flags{fDigit, fUpper, fLower} {
		if f&x != 0 {
			kinds++
		}
	}
	return kinds >= 2 || len(v) >= 9 && kinds == 1 && f&fDigit == 0 || kinds == 1 && len(v) >= 10
}

// schemes stand before the credentials in a header.
var schemes = set("bearer basic digest negotiate token ntlm apikey")

// authorization keeps the scheme of a header and masks what follows it.
func (s *Scanner) authorization(lo, hi int) {
	b := s.buf
	v := b[lo:hi]
	for _, scheme := range []string{"bearer ", "basic ", "digest ", "negotiate ", "token ", "ntlm ", "aws4-hmac-sha256 ", "apikey "} {
		if len(v) > len(scheme) && foldEqual(v[:len(scheme)], scheme) {
			lo += len(scheme)
			break
		}
	}
	if secretLike(b[lo:hi], gap{quote: '"'}, []byte("authorization")) {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Secret, Rule: "authorization", Learn: learnable(b[lo:hi])})
	}
}
