package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with names in directories: CN=.., OU=.., DC=...

// distinguished deals with one part of a DN: CN=..., DC=... It wants a second
// part on the line.
func (s *Scanner) distinguished(lo, hi int) int {
	b, i := s.buf, hi
	for i < s.hi && b[i] == ' ' {
		i++
	}
	if i+1 < s.hi && b[i] == '\\' && b[i+1] == '=' {
		i++ // as CEF writes it
	}
	if hi+2 < s.hi && b[hi] == '=' && hi-lo == len("uid") && lower(b[lo]) == 'u' {
		if end := nameEnd(b, hi+1, s.hi); end < s.hi && b[end] == ';' && end-hi > 2 {
			s.account(hi+1, end) // of a connection's string
			return 0
		}
	}
	if i >= s.hi || b[i] != '=' || !s.isDN(lo, i) && !(lo-9 >= s.lo && string(b[lo-9:lo]) == "depth=0, ") {
		return 0
	}
	i++
	for i < s.hi && b[i] == ' ' {
		i++
	}
	end := i
	for end < s.hi && strings.IndexByte(",+/\"'<>;)|&[]", b[end]) < 0 && !(b[end] == ' ' && s.anotherKey(end)) && !(b[end] == '\\' && end+1 < s.hi && (b[end+1] == 'n' || b[end+1] == '"')) {
		end++
	}
	for end > i && isSpace(b[end-1]) {
		end--
	}
	if end-i < 2 {
		return 0
	}
	attr := s.fold(b[lo:hi])
	v := b[i:end]
	name := strings.ToLower(string(v))
	if s.staysName(name) || bytes.IndexByte(v, '@') > 0 || dnStays.has(name) || name == "microsoft exchange" || name == "windows nt" || name == "public key services" || isUUID(bytes.Trim(v, "{}")) {
		return 0
	}
	kind := pseudonym.Word
	switch attr {
	case "dc":
		if end+1 < s.hi && b[end] == '/' {
			s.entry(end + 1)
		}
		kind = pseudonym.Domain
		if strongTLD.has(name) && len(name) <= 5 {
			return end
		}
	case "o", "ou", "l", "st", "street":
		kind = pseudonym.Org
	case "uid":
		kind = pseudonym.User
	case "cn", "gn", "sn":
		kind = pseudonym.Person
		if bytes.IndexByte(v, ' ') < 0 {
			kind = pseudonym.User
			if bytes.IndexByte(v, '.') > 0 {
				return 0 // a host, met as a word
			}
		}
	case "emailaddress":
		return 0
	}
	if s.owns(pseudonym.Name, name) {
		return end
	}
	s.out = append(s.out, Finding{Start: i, End: end, Kind: kind, Value: name, Rule: "dn", Learn: !s.k.Common(name) && len(name) > 3 && bytes.IndexByte(v, '(') < 0})
	return end
}

// entry emits the account or the person that stands below the directory's own name, as
// in DC=nordbank,DC=example/jdoe and DC=example/MARTIN Jean.
func (s *Scanner) entry(at int) {
	b := s.buf
	to := nameEnd(b, at, s.hi)
	if to <= at+1 || to < s.hi && !isSpace(b[to]) {
		return
	}
	end := to
	for words := 0; words < 2 && end < s.hi && b[end] == ' ' && !s.anotherKey(end+1); words++ {
		for end++; end < s.hi && class[b[end]]&(fLetter|fHigh|fDash|fDigit) != 0; end++ {
		}
	}
	if v := b[at:end]; end > to && personLike(v) && (end == s.hi || isSpace(b[end])) {
		s.learn(at, end, pseudonym.Person, "dn")
		return
	}
	s.account(at, to)
}

// dnStays are values of every directory.
var dnStays = set("users computers groups builtin services configuration schema system people group hosts domain sites partitions peercred external auth monitor subschema policies accesslog digest-md5 gssapi cram-md5 plain")

// mappedDomain emits the domain of "idmap config NORDBANK : backend = ad"; the word idmap
// ends at hi.
func (s *Scanner) mappedDomain(hi int) {
	n, end, _ := s.next(hi)
	if n == 0 || !foldEqual(s.buf[n:end], "config") {
		return
	}
	if n, end, quote := s.next(end); quote == 0 && end-n > 1 && !s.staysName(s.fold(s.buf[n:end])) {
		s.learn(n, end, pseudonym.Domain, "domain")
	}
}

// isDN looks for another attribute on the line.
func (s *Scanner) isDN(lo, eq int) bool {
	line := s.buf[max(s.lo, lo-2*lookBack):min(s.hi, eq+2*lookBack)]
	n, sure := 0, false
	for at := 0; at < len(line); {
		i := bytes.IndexByte(line[at:], '=')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		for i > 0 && (line[i-1] == ' ' || line[i-1] == '\\') {
			i--
		}
		from := i
		for from > 0 && isAlnum(line[from-1]) && i-from <= len("emailaddress") {
			from--
		}
		switch attribute(line[from:i]) {
		case dnSure:
			sure = true
			n++
		case dnPart:
			n++
		}
		if n >= 2 && sure {
			return true
		}
	}
	return n >= 2 && sure || n == 1 && (strings.EqualFold(string(s.buf[lo:lo+2]), "dc") || strings.EqualFold(string(s.buf[lo:lo+2]), "ou"))
}

// attributes of a DN: a part can stand elsewhere too, a sure one hardly does.
const (
	dnNone = iota
	dnPart
	dnSure
)

// attribute tells the name of an attribute of a DN.
func attribute(w []byte) int {
	switch len(w) {
	case 1:
		if c := lower(w[0]); c == 'o' || c == 'c' || c == 'l' {
			return dnPart
		}
	case 2:
		switch uint16(lower(w[0]))<<8 | uint16(lower(w[1])) {
		case 'c'<<8 | 'n', 'o'<<8 | 'u', 'd'<<8 | 'c':
			return dnSure
		case 's'<<8 | 't':
			return dnPart
		}
	default:
		if foldEqual(w, "uid") || foldEqual(w, "emailaddress") {
			return dnPart
		}
	}
	return dnNone
}
