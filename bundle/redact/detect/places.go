package detect

import (
	"bytes"
	"net/url"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// skipANSI jumps over a terminal control sequence.
func (s *Scanner) skipANSI(i int) int {
	b := s.buf
	if i+1 >= s.hi || b[i+1] != '[' {
		return i + 1
	}
	for j := i + 2; j < s.hi && j < i+24; j++ {
		if b[j] >= 0x40 && b[j] <= 0x7e {
			return j + 1
		}
	}
	return i + 2
}

// unc deals with a backslash: \\server\share and DOMAIN\user.
func (s *Scanner) unc(i int) int {
	b, hi := s.buf, s.hi
	j := i
	for j < hi && b[j] == '\\' {
		j++
	}
	n := j - i
	if j+1 < hi && b[j] == '.' && n < 3 && i > s.lo && isAlnum(b[i-1]) && isAlnum(b[j+1]) {
		return s.escapedName(i, j)
	}
	if n == 1 && i > s.lo+2 && b[i-1] == ']' && j < hi && b[j] == '[' {
		s.bracketLogon(i)
		return j
	}
	if i > s.lo && isAlnum(b[i-1]) {
		s.logon(i, j)
		return j
	}
	if (n == 2 || n == 4) && (i == s.lo || b[i-1] != ':') && j < hi && isAlnum(b[j]) {
		return s.server(i, j, n/2)
	}
	return j
}

// escapedName emits a name whose dots have a backslash before them, as texts for
// regular expressions and pages write it: db3\.nordbank\.example. The first of them is
// at [i, j).
func (s *Scanner) escapedName(i, j int) int {
	b := s.buf
	lo, end := i, i
	for lo > s.lo && class[b[lo-1]]&(fLetter|fDigit|fDash) != 0 {
		lo--
	}
	slants := j - i
	name := append([]byte(nil), b[lo:i]...)
	for end+slants+1 < s.hi && b[end] == '\\' && b[end+slants] == '.' && isAlnum(b[end+slants+1]) {
		name = append(name, '.')
		for end += slants + 1; end < s.hi && class[b[end]]&(fLetter|fDigit|fDash) != 0; end++ {
			name = append(name, b[end])
		}
	}
	if folded := strings.ToLower(string(name)); dotted(name)&aDotted != 0 && !isCode(folded, name) && !s.staysName(folded) && !publicName(folded) {
		s.emitName(lo, end, folded, "fqdn")
		return end
	} else if publicName(folded) {
		return end
	}
	return j
}

// server emits the server, and the share when it is not one every system has.
func (s *Scanner) server(i, j, sep int) int {
	b, hi := s.buf, s.hi
	end := nameEnd(b, j, hi)
	if end == hi || b[end] != '\\' || end-j < 2 {
		if w := b[j:end]; (end == hi || b[end] == ' ') && sep == 1 && (nameShape(w) || bytes.HasPrefix(b[s.lo:i], []byte("Logon Server:"))) && upperName(w) && i > s.lo && b[i-1] == ' ' {
			s.hostName(j-s.lo, end-s.lo, s.fold(w))
		}
		return j
	}
	name := s.fold(b[j:end])
	_, quad := parseQuad(b[j:end], '.')
	if s.staysName(name) || notServer.has(name) {
		return j
	}
	if quad == 0 {
		s.emitName(j, end, name, "unc")
	}
	share := end + sep
	if share < hi && end+sep <= hi && isAlnum(b[share]) {
		to := nameEnd(b, share, hi)
		if w := s.fold(b[share:to]); !s.staysName(w) && !adminShares.has(w) {
			s.emit(share, to, pseudonym.FileSystem, "unc")
		}
		if quad == 0 {
			return to
		}
	}
	if quad > 0 {
		return j // the address is read as a word
	}
	return end
}

// notServer stand where a server does in paths of the kernel of Windows.
var notServer = set(". ? device globalroot global globaldevice registry systemroot")

// adminShares are shares of every Windows host.
var adminShares = set("c d e f ipc admin print sysvol netlogon pipe mailslot share shares public users home homes temp tmp data profiles")

// nameEnd is the end of a name of letters, digits, dots, dashes, underscores.
func nameEnd(b []byte, i, hi int) int {
	for i < hi && class[b[i]]&fWord != 0 && b[i] != '@' {
		i++
	}
	for i > 0 && class[b[i-1]]&(fDot|fDash) != 0 && class[b[i-1]]&fWord != 0 {
		i--
	}
	return i
}

// logon deals with DOMAIN\user; the backslashes are at [i, j).
func (s *Scanner) logon(i, j int) {
	b := s.buf
	lo := i
	for lo > s.lo && class[b[lo-1]] != 0 && b[lo-1] != '@' {
		lo--
	}
	domain := b[lo:i]
	if j-i == 1 && j+3 <= s.hi && allDigits(string(b[j:j+3])) && b[j] < '4' {
		return // a character by its number: \040
	}
	if lo > s.lo && b[lo-1] == '$' {
		return // a variable, and the end of a line that JSON has written out
	}
	if j+1 >= s.hi || !isAlnum(b[j]) && b[j] != '_' || class[b[j+1]] == 0 || len(domain) < 2 || lo > s.lo && (b[lo-1] == '\\' || b[lo-1] == ':' || b[lo-1] == '/' || b[lo-1] == '%') {
		return
	}
	folded := strings.ToLower(string(domain))
	end := nameEnd(b, j, s.hi)
	if end-j > 2 && b[j] == 'x' && isHexByte(b[j+1]) && isHexByte(b[j+2]) && isDigit(b[j+1]) {
		return // a sign by its number, as udev writes names: ASIX\\x20Corp
	}
	if j-i == 1 && (escapes(b[j:end]) || bytes.IndexByte([]byte("nrt"), b[j]) >= 0 && s.escaped(i)) || !hasLetter(domain) {
		return
	}
	if end < s.hi && (b[end] == '&' || b[end] == '\\' || b[end] == '$' && end+1 < s.hi && b[end+1] == '\\') || notDomain.has(folded) {
		return
	}
	if s.inSpacedPath(lo, end) {
		return
	}
	known := s.inv.domains[folded] || s.itemAlone(lo, j, end, j-i)
	if !known && (!upperName(domain) || j-i == 1 && len(domain) < 3 || allDigits(folded)) && strings.IndexByte(folded, '.') < 0 {
		return
	}
	if !s.staysName(folded) {
		s.out = append(s.out, Finding{Start: lo, End: i, Kind: pseudonym.Domain, Value: folded, Rule: "logon", Learn: true})
	}
	if !groupOfDomain(b[j:s.hi]) {
		s.account(j, end)
	}
}

// groupOfDomain tells the groups that every domain of Windows has: Domain Admins.
func groupOfDomain(b []byte) bool {
	first, rest, _ := bytes.Cut(b[:min(len(b), 32)], []byte{' '})
	if !foldEqual(first, "domain") && !foldEqual(first, "enterprise") && !foldEqual(first, "schema") {
		return false
	}
	for _, of := range []string{"admins", "users", "guests", "computers", "controllers"} {
		if n := len(of); len(rest) >= n && foldEqual(rest[:n], of) && (len(rest) == n || !isAlnum(rest[n])) {
			return true
		}
	}
	return false
}

// inSpacedPath tells parts of C:\PROGRAM FILES\SOME MAKER\THE PROGRAM\X.EXE: a drive
// stands before, and behind another part or the name of a file.
func (s *Scanner) inSpacedPath(lo, end int) bool {
	b := s.buf
	drive := bytes.LastIndex(b[s.lo:lo], []byte(`:\`))
	if drive < 0 || bytes.ContainsAny(b[s.lo+drive:lo], `",;|=`) {
		return false
	}
	from := end
	for from > lo && b[from-1] != '\\' {
		from--
	}
	if isFile(s.fold(b[from:end])) {
		return true
	}
	i := end
	for i < s.hi && (b[i] == ' ' || class[b[i]] != 0) {
		i++
	}
	return i > end && i < s.hi && b[i] == '\\' && b[end] == ' ' && bytes.Count(b[end:i], []byte{' '}) < 3
}

// itemAlone tells corp\jdoe as an item of its own, between quotes, commas, or a key's
// equals sign and the end of its value, from a path and from an escape.
func (s *Scanner) itemAlone(lo, user, end, slants int) bool {
	b := s.buf
	if lo == s.lo || end-user < 3 || user-slants-lo < 3 || isFile(string(b[user:end])) || slants > 2 {
		return false
	}
	for _, c := range b[lo : user-slants] {
		if class[c]&(fLetter|fDigit|fDash) == 0 || class[c]&fUpper != 0 && b[lo-1] != '=' && b[lo-1] != ' ' {
			return false
		}
	}
	closed := end == s.hi || strings.IndexByte(`",;')]|`, b[end]) >= 0 || isSpace(b[end])
	switch before := b[lo-1]; before {
	case ',', '|':
		return closed && end < s.hi && b[end] == before
	case '"', '\'', '(', '[':
		return end < s.hi && b[end] == quoteEnd(before) && (slants == 2 || before != '"' || strings.IndexByte("nrtbfux0", b[user]) < 0)
	case '=', ' ':
		p := s.prev[1]
		return closed && p.hi > 0 && (p.hi == lo-1 && before == '=' || p.hi == lo-2 && b[lo-2] == ':') && s.k.kind(s.keyRule(b[p.lo:p.hi])) == pseudonym.User
	}
	return false
}

// escaped reports whether a line writes quotes or ends of lines with a backslash before
// them, as texts within JSON do. The backslash at a place of the line says nothing. Items
// are looked for in all lines at once, so that the line is cut out here.
func (s *Scanner) escaped(at int) bool {
	before, behind := s.buf[max(0, at-escapeReach):at], s.buf[at+1:min(len(s.buf), at+1+escapeReach)]
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	if i := bytes.IndexByte(behind, '\n'); i >= 0 {
		behind = behind[:i]
	}
	return marksEscapes(before) || marksEscapes(behind)
}

// escapeReach bounds how far in a line such marks are looked for.
const escapeReach = 4 << 10

func marksEscapes(line []byte) bool {
	for _, mark := range []string{`\"`, `\n\n`, `\n `, `\t`, `\n-`, `\r\n`} {
		if bytes.Contains(line, []byte(mark)) {
			return true
		}
	}
	return false
}

// escapes tells what follows a single backslash as an escape of JSON or C, such
// as the n of "6.6.3\n" or of "done\nNext", from the name of an account.
func escapes(w []byte) bool {
	if len(w) > 2 && w[0] == 'x' && isDigit(w[1]) && isHexByte(w[2]) {
		return true // \x20
	}
	return bytes.IndexByte([]byte("nrt"), w[0]) >= 0 && (len(w) == 1 || class[w[1]]&fUpper != 0)
}

func hasLetter(w []byte) bool {
	for _, c := range w {
		if class[c]&(fLower|fUpper) != 0 {
			return true
		}
	}
	return false
}

// notDomain stand before a backslash without being the site's.
var notDomain = set("builtin hklm hkcu hkey_local_machine hkey_current_user hkey_users hkcr authority nt hku currentversion software system")

func upperName(w []byte) bool {
	letters := false
	for _, c := range w {
		f := class[c]
		if f&fLower != 0 || f&(fDot|fHigh) != 0 {
			return false
		}
		letters = letters || f&fUpper != 0
	}
	return letters && len(w) <= 15
}

// inPath reports whether a word such as home stands as a part of a path with
// something behind it.
func (s *Scanner) inPath(lo, hi int) bool {
	b := s.buf
	return lo > s.lo && (b[lo-1] == '/' || b[lo-1] == '\\') && hi+1 < s.hi && (b[hi] == '/' || b[hi] == '\\')
}

// pathName emits the user whose folder a path names.
func (s *Scanner) pathName(hi int) {
	b := s.buf
	lo := hi
	for lo < s.hi && (b[lo] == '/' || b[lo] == '\\') {
		lo++
	}
	end := lo
	for end < s.hi && (class[b[end]] != 0 || b[end] == '$') {
		end++
	}
	for end > lo && class[b[end-1]]&fDot != 0 {
		end--
	}
	w := s.fold(b[lo:end])
	if from := hi - len("/volumes"); from >= 0 && foldEqual(b[from+1:hi], "volumes") {
		if b[from+1] == 'V' { // of macOS; others keep no homes there
			s.mountedVolume(from, lo, end, w)
		}
		return
	}
	if string(b[hi-4:hi]) == "/vol" {
		if hi-4 == s.lo || class[b[hi-5]] == 0 && b[hi-5] != '/' {
			s.exportPath(hi)
		}
		return
	}
	if string(b[hi-3:hi]) == "mon" {
		s.partition(hi-len("/Common"), lo, end, w)
		return
	}
	if lower(b[hi-1]) == 's' && (lower(b[hi-2]) == 't' || s.served(hi)) && (s.k.Common(w) || isUUID(b[lo:end]) || hump(b[lo:end])) {
		return // a part of an interface, not of a file system
	}
	switch w {
	case "sign_in", "sign_out", "sign_up", "auth", "password", "api", "lost", "public", "default", "shared", "all", "nas", "log", "tabs", "spool":
		return
	}
	if lower(b[hi-1]) == 'l' && s.lineHas(hi-len("mail"), "log/") {
		return // logs of a mail server
	}
	if lower(b[hi-1]) == 'n' && lower(b[hi-2]) == 'o' && !s.lineHas(hi-len("cron"), "spool/") {
		return // a folder of what runs by the clock
	}
	if len(w) < 2 || s.staysName(w) || strings.HasPrefix(w, ".") || end < s.hi && b[end] == '*' || numbered(w) || isFile(w) || strings.HasSuffix(w, ".default") || strings.HasSuffix(w, ".default-release") {
		return
	}
	if bytes.IndexByte(b[lo:end], '@') > 0 || lower(b[hi-1]) == 's' && lower(b[hi-2]) == 'e' && s.lineHas(hi-len("profiles/"), "providers/") {
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: end, Kind: pseudonym.User, Value: w, Rule: "user-path", Learn: true})
}

// mountedVolume emits the volume of /Volumes/NAME/, where macOS mounts them; the path
// begins at from, the name is at [lo, end).
func (s *Scanner) mountedVolume(from, lo, end int, name string) {
	b := s.buf
	if b[from] != '/' || from > s.lo && class[b[from-1]] != 0 || end >= s.hi || b[end] != '/' {
		return
	}
	if end-lo > 2 && !s.staysName(name) && !s.k.Common(name) {
		s.parts(lo, end, pseudonym.Volume, "volume", name)
	}
}

// served tells the path of an interface before a place: /api/, /rest/, /v1/.
func (s *Scanner) served(at int) bool {
	for _, p := range []string{"/api/", "/rest/", "/v1/", "/v2/", "/redfish/", "/identity/"} {
		if s.lineHas(at, p) {
			return true
		}
	}
	return false
}

// homeOf emits the user in whose home a file lies that only homes have, as
// /export/jdoe/.ssh and /srv/u/jdoe/.bashrc; lo is behind the dot.
func (s *Scanner) homeOf(lo int) {
	b := s.buf
	if lo < s.lo+4 || b[lo-1] != '.' || b[lo-2] != '/' {
		return
	}
	end := lo - 2
	from := end
	for from > s.lo && class[b[from-1]] != 0 {
		from--
	}
	if from == s.lo || b[from-1] != '/' || end-from < 2 || string(b[from:end]) == "skel" || len(bytes.Trim(b[from:end], ".-_")) == 0 || bytes.IndexByte(b[from:end], '@') >= 0 {
		return
	}
	if name := s.fold(b[from:end]); !s.staysName(name) {
		s.out = append(s.out, Finding{Start: from, End: end, Kind: pseudonym.User, Value: name, Rule: "user-path", Learn: !s.k.Common(name)})
	}
}

// phone reads an international number that begins with a plus.
func (s *Scanner) phone(i int) int {
	b := s.buf
	if i > s.lo && (isAlnum(b[i-1]) || b[i-1] == '/' || b[i-1] == '=' || b[i-1] == '+') && b[i-1] != '=' {
		return 0
	}
	if i+1 >= s.hi || !isDigit(b[i+1]) || b[i+1] == '0' {
		return 0
	}
	digits, end, gaps := 0, i+1, 0
scan:
	for j := i + 1; j < s.hi; j++ {
		switch c := b[j]; {
		case isDigit(c):
			digits++
			end = j + 1
		case (c == ' ' || c == '-' || c == '.' || c == '(' || c == ')') && b[j-1] != ' ' || c == '(' && b[j-1] == ' ' || c == ' ' && b[j-1] == ')':
			gaps++
		default:
			break scan
		}
	}
	if digits < 8 || digits > 15 || end < s.hi && isAlnum(b[end]) || gaps == 0 && digits < 10 {
		return 0
	}
	s.emit(i, end, pseudonym.Phone, "phone")
	return end
}

// authority deals with what stands behind "://": user:password@host:port. It is
// called at the word before it.
func (s *Scanner) authority(lo int) {
	b, hi := s.buf, s.hi
	end := lo
	for end < hi && !bytes.ContainsRune([]byte(" \t\"'<>`|\\"), rune(b[end])) {
		end++
	}
	path := end
	if i := bytes.IndexAny(b[lo:end], "/?#,;"); i >= 0 {
		path = lo + i
	}
	at := bytes.LastIndexByte(b[lo:path], '@')
	if at < 0 && path < end {
		at = s.lateAt(lo, path, end)
	}
	hostLo := lo
	if at >= 0 {
		s.userinfo(lo, lo+at)
		hostLo = lo + at + 1
		s.urlAt = hostLo
		if hostLo > path {
			path = end
			if i := bytes.IndexAny(b[hostLo:end], "/?#"); i >= 0 {
				path = hostLo + i
			}
		}
	}
	s.urlHost(hostLo, path, at >= 0)
}

// lateAt finds the @ of a password that holds a slash: what stands before the
// first slash looks like name:word rather than host:port.
func (s *Scanner) lateAt(lo, path, end int) int {
	b := s.buf
	colon := bytes.IndexByte(b[lo:path], ':')
	at := bytes.LastIndexByte(b[lo:end], '@')
	if colon < 0 || at < 0 || colon+1 < path-lo && allDigits(string(b[lo+colon+1:path])) {
		return -1
	}
	return at
}

// actorSystem tells by what stands before it that a part of a program is named in a URL
// where others have a user.
func actorSystem(before []byte) bool {
	for _, scheme := range []string{"akka.tcp://", "akka.ssl.tcp://", "akka://", "spark://"} {
		if bytes.HasSuffix(before, []byte(scheme)) {
			return true
		}
	}
	return false
}

func (s *Scanner) userinfo(lo, hi int) {
	b := s.buf
	colon := bytes.IndexByte(b[lo:hi], ':')
	user := hi
	if colon >= 0 {
		user = lo + colon
		if lo+colon+1 < hi && string(b[lo+colon+1:hi]) != Mask {
			s.learn(lo+colon+1, hi, pseudonym.Secret, "url-password")
		}
	}
	if bytes.IndexByte(b[lo:user], '%') >= 0 {
		if name, err := url.PathUnescape(s.fold(b[lo:user])); err == nil && !s.owns(pseudonym.Name, name) {
			s.emitForm(lo, user, pseudonym.User, Plain, name, "url-user")
		}
		return
	}
	if name := s.fold(b[lo:user]); !s.staysName(name) && len(name) > 0 && bytes.IndexByte(b[lo:user], '%') < 0 && bytes.IndexByte(b[lo:user], '@') < 0 {
		if colon < 0 && actorSystem(b[s.lo:lo]) {
			return // a part of a program: akka.tcp://jobExecutorSystem@
		}
		if len(name) > 24 && colon < 0 {
			s.learn(lo, user, pseudonym.Secret, "url-token")
			return
		}
		s.account(lo, user)
	}
}

// urlHost emits a host without dots; dotted ones and addresses are met as words,
// except where a password before them is glued on.
func (s *Scanner) urlHost(lo, hi int, glued bool) {
	b := s.buf
	if bytes.HasSuffix(b[s.lo:lo], []byte("unix://")) {
		return // a path
	}
	end := nameEnd(b, lo, hi)
	w := strings.ToLower(string(b[lo:max(lo, end)]))
	if glued && strings.IndexByte(w, '.') >= 0 && !s.staysName(w) && !publicName(w) {
		if _, n := parseQuad([]byte(w), '.'); n == len(w) {
			s.quad(lo, end)
		} else {
			s.emitName(lo, end, w, "url-host")
		}
		return
	}
	if len(w) < 2 || numbered(w) || strings.IndexByte(w, '.') >= 0 || s.staysName(w) || class[w[0]]&fLetter == 0 && (looksLikeValue([]byte(w)) || !hasLetter([]byte(w))) || end < hi && b[end] != ':' && b[end] != ',' {
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: end, Kind: pseudonym.Host, Value: w, Rule: "url-host", Learn: !s.k.Common(w)})
	if end+1 < s.hi && b[end] == ',' { // one of several
		next := nameEnd(b, end+1, s.hi)
		if next < s.hi && bytes.IndexByte([]byte("/,:?"), b[next]) >= 0 {
			s.urlHost(end+1, next, false)
		}
	}
}
