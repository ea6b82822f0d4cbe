package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with statements of switches' and routers' configs that no key
// with a separator tells: what stands where depends on the statement.

// switchStatement deals with a word that begins such a statement. It returns
// where to go on when a secret was taken, else 0.
func (s *Scanner) switchStatement(lo, hi int, w string) int {
	switch w {
	case "snmp-server":
		s.snmpHost(hi)
	case "hex-string":
		if hi+2 < s.hi && s.buf[hi] == ':' && s.buf[hi+1] == ' ' {
			s.hexValue(hi + 2)
		}
	case "chassisid", "portid":
		if g, ok := s.separator(hi); ok && g.value+1 < s.hi && isHexByte(s.buf[g.value]) {
			s.hexValue(g.value)
		}
	case "n":
		s.slashed(lo, hi)
	case "description":
		s.description(lo, hi)
	case "contact", "location", "syscontact", "syslocation":
		s.place(lo, hi, w)
	case "md5", "sha", "sha1", "sha256", "hmac-sha-256", "auth", "priv", "des", "3des", "aes", "aes128", "aes-128", "aes256", "aes-256":
		return s.authKey(lo, hi)
	case "authentication-key", "message-digest-key", "key-string", "authentication-password", "encrypted-password":
		if s.beginsStatement(lo) {
			return s.encodedArg(hi)
		}
	case "name":
		s.bareName(lo, hi)
	case "cfg", "zoning":
		s.fabricConfig(lo, hi)
	case "alicreate", "aliadd", "aliremove", "alidelete", "zonecreate", "zoneadd", "zoneremove", "zonedelete",
		"cfgcreate", "cfgadd", "cfgremove", "cfgdelete", "cfgenable":
		s.fabricCommand(hi)
	case "device-alias":
		s.aliasArg(hi, false)
	}
	return 0
}

// snmpHost reads the community of "snmp-server host H traps version 2c C" and of
// the shorter forms.
func (s *Scanner) snmpHost(hi int) {
	n, end, _ := s.next(hi)
	if end <= n || !strings.EqualFold(string(s.buf[n:end]), "host") {
		return
	}
	_, at, _ := s.next(end) // the receiver
	user := false
	for at > 0 {
		n, end, _ = s.next(at)
		if end <= n {
			return
		}
		switch s.fold(s.buf[n:end]) {
		case "traps", "trap", "informs", "inform", "version", "1", "2c", "v1", "v2c", "vrf", "use-vrf", "management", "community", "encrypted", "clear":
		case "3", "v3", "auth", "noauth", "priv":
			user = true
		default:
			if user {
				s.account(n, end)
			} else {
				s.secretArg(at, 0)
			}
			return
		}
		at = end
	}
}

// place reads who to call and where a device stands: free text to the end of the
// line, behind snmp-server, set snmp or a key of snmpd.conf.
func (s *Scanner) place(lo, hi int, w string) {
	head := s.buf[s.lo:lo]
	head = head[leading(head):]
	if !(len(head) == 0 && w[0] == 's') && !bytes.HasPrefix(head, []byte("snmp-server ")) && !bytes.HasPrefix(head, []byte("set snmp ")) &&
		!bytes.HasPrefix(head, []byte("snmp-agent sys-info ")) {
		return
	}
	g, ok := s.separator(hi)
	if !ok || g.value >= s.hi || g.sep != ' ' && g.sep != '"' {
		return
	}
	end := s.hi
	if g.quote != 0 {
		end, _ = s.closing(g)
	}
	for end > g.value && isSpace(s.buf[end-1]) {
		end--
	}
	if end-g.value < 3 || emptyValues.hasFolded(s.buf[g.value:end]) || bytes.IndexByte(s.buf[g.value:end], '@') >= 0 && bytes.IndexByte(s.buf[g.value:end], ' ') < 0 {
		return
	}
	kind, id := pseudonym.Org, "org"
	if strings.HasSuffix(w, "contact") {
		kind, id = pseudonym.Person, "person"
	}
	s.out = append(s.out, Finding{Start: g.value, End: end, Kind: kind, Rule: id, Learn: bytes.IndexByte(s.buf[g.value:end], ' ') > 0 && end-g.value > 8})
}

// authKey reads the key behind the name of a digest or cipher, where the line is
// about one: auth md5 X priv aes 128 Y.
func (s *Scanner) authKey(lo, hi int) int {
	head := s.buf[s.lo:lo]
	if len(head) > lookBack || !bytes.Contains(head, []byte("snmp-server user")) && !bytes.Contains(head, []byte("authentication-key")) &&
		!bytes.Contains(head, []byte("digest-key")) && !bytes.Contains(head, []byte("usm-user")) && !bytes.HasPrefix(head, []byte("password manager ")) {
		return 0
	}
	n, end, _ := s.next(hi)
	if end <= n {
		return 0
	}
	switch w := s.fold(s.buf[n:end]); {
	case encodings.has(w):
		hi = end
	case phrases[w]&aStart != 0, w == "3des", strings.HasPrefix(w, "aes") && len(w) < 12:
		return 0 // the name of the cipher comes first
	case w == "128" || w == "192" || w == "256" || len(w) == 1 && isDigit(w[0]):
		hi = end
	}
	took := s.secretArg(hi, 0)
	if n, end, _ := s.next(took); took > 0 && end-n >= 32 && hexOnly(s.buf[n:end]) {
		return s.secretArg(took, 0) // the key of the cipher, localised like that of the digest
	}
	return took
}

// beginsStatement reports whether a word is the first of its line, or follows
// what may stand before it in a config.
func (s *Scanner) beginsStatement(lo int) bool {
	head := s.buf[s.lo:lo]
	head = head[leading(head):]
	if len(head) == 0 {
		return true
	}
	for _, p := range []string{"ntp ", "ip ospf ", "set ", "ipv6 ", "ppp ", "area "} {
		if bytes.HasPrefix(head, []byte(p)) {
			return true
		}
	}
	return false
}

// encodedArg reads a secret behind numbers and names of digests that say how it
// is encoded: 12 md5 0822455D0A16 7.
func (s *Scanner) encodedArg(hi int) int {
	at := hi
	for range 4 {
		n, end, _ := s.next(at)
		if end <= n {
			return 0
		}
		w := s.fold(s.buf[n:end])
		if !allDigits(w) && phrases[w]&aStart == 0 && !encodings.has(w) || allDigits(w) && len(w) > 4 {
			return s.secretArg(at, 0)
		}
		at = end
	}
	return 0
}

// bareName reads the name of a VLAN or VSAN: the only word behind name, below
// the statement that makes it.
func (s *Scanner) bareName(lo, hi int) {
	b := s.buf
	if lo == s.lo || lo-s.lo > 4 || !s.beginsLine(lo) || hi+1 >= s.hi || b[hi] != ' ' {
		return
	}
	n, end, quote := s.next(hi)
	if end <= n || quote != 0 || end < s.hi && len(bytes.TrimSpace(b[end:s.hi])) > 0 || b[lo] != 'n' {
		return
	}
	s.label(n, end)
}

// fabricConfig reads the name of a zone configuration: "cfg:  prod" in a listing,
// "zoning: ON (prod)" of a switch.
func (s *Scanner) fabricConfig(lo, hi int) {
	b := s.buf
	if !s.beginsLine(lo) || hi >= s.hi || b[hi] != ':' {
		return
	}
	at := hi + 1
	if b[lo] == 'z' || b[lo] == 'Z' {
		i := bytes.IndexByte(b[at:s.hi], '(')
		if i < 0 {
			return
		}
		at += i + 1
	}
	for at < s.hi && isSpace(b[at]) {
		at++
	}
	if end := nameEnd(b, at, s.hi); end > at {
		s.label(at, end)
	}
	s.st.members = true
}

// description finds names in what a config says of a port: words of letters and
// a number joined by dashes, unless they are ports or parts themselves.
func (s *Scanner) description(lo, hi int) {
	b := s.buf
	if hi >= s.hi || b[hi] != ' ' || !s.sets(lo) || lo == s.lo {
		return
	}
	for i := hi; i < s.hi; {
		for i < s.hi && class[b[i]] == 0 {
			i++
		}
		end := i
		for end < s.hi && class[b[end]] != 0 {
			end++
		}
		if end < s.hi && (b[end] == '/' || b[end] == ':') {
			for end < s.hi && !isSpace(b[end]) {
				end++ // a port
			}
		} else if w := b[i:end]; joinedName(w) && !partWords.has(s.fold(w[:bytes.IndexAny(w, "-_")])) && !slotWords.has(s.fold(w[:bytes.IndexAny(w, "-_")])) {
			s.label(i, end)
		}
		i = end + 1
	}
}

// joinedName tells parts joined by dashes or underscores, letters and a digit
// among them.
func joinedName(w []byte) bool {
	i := bytes.IndexAny(w, "-_")
	return i > 1 && i < len(w)-1 && len(w) >= 7 && hasDigit(w) && class[w[0]]&fLetter != 0 && bytes.IndexByte(w, '.') < 0
}

// slashed reads S/N: X, whose key is cut at the slash.
func (s *Scanner) slashed(lo, hi int) {
	b := s.buf
	if lo < s.lo+2 || b[lo-1] != '/' || lower(b[lo-2]) != 's' || lo > s.lo+2 && isAlnum(b[lo-3]) {
		return
	}
	if g, ok := s.separator(hi); ok && g.value < s.hi && (g.sep != ' ' || serialLike(b[g.value:nameEnd(b, g.value, s.hi)])) {
		s.nameAt(g.value, s.hi, pseudonym.Serial, "serial", g)
	}
}
