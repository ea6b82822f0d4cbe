package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with words that hold an @: mail addresses, logins, units of a template,
// packages and their versions.

// mail deals with a word that has an @: a mail address, user@host, user@REALM.
func (s *Scanner) mail(lo, hi int) int {
	b := s.buf
	if lo < s.urlAt {
		return hi // the part of a URL before its host
	}
	for lo > s.lo && b[lo-1] == '+' && lo-2 >= s.lo && isAlnum(b[lo-2]) {
		lo--
		for lo > s.lo && class[b[lo-1]]&fWord != 0 && b[lo-1] != '@' {
			lo--
		}
	}
	w := b[lo:hi]
	at := bytes.LastIndexByte(w, '@')
	if at <= 0 || at == len(w)-1 {
		return hi
	}
	local, host := w[:at], strings.ToLower(string(w[at+1:]))
	if i := bytes.LastIndexByte(local, '@'); i >= 0 {
		lo += i + 1
		local = local[i+1:]
	}
	if len(local) == 0 || s.owns(pseudonym.Name, strings.ToLower(string(local))) && s.owns(pseudonym.Name, host) {
		return hi
	}
	hostLo := hi - (len(w) - at - 1) // host in lower case can be of another length
	if _, n := parseQuad([]byte(host), '.'); n == len(host) {
		if compiledBy(s.buf[hi:s.hi]) {
			return hi // a package and its version
		}
		if !camel(local) && !drawn(local) && !meshed.hasFolded(local) {
			s.account(lo, lo+len(local))
		}
		s.quad(hostLo, hi)
		return hi
	}
	if strings.IndexByte(host, '.') >= 0 {
		return s.mailDomain(lo, hi, hostLo, local, host)
	}
	if host == "pts" || host == "notty" || host == "localhost" && !hump(local) {
		s.account(lo, lo+len(local)) // sshd: jdoe@pts/0
		return hi
	}
	if w := b[hostLo:hi]; len(w) == 7 && len(local) < 6 && allDigits(string(local)) && hasDigit(w) && upperName(w) {
		s.learn(hostLo, hi, pseudonym.Serial, "serial") // 358@7XKQ9Z2, a process and where it runs
		return hi
	}
	if localRealms.has(host) {
		s.account(lo, lo+len(local))
		return hi
	}
	if s.loginAt(local, host, hostLo, hi) {
		s.account(lo, lo+len(local))
		if !s.staysName(host) && !s.k.Common(host) {
			s.out = append(s.out, Finding{Start: hostLo, End: hi, Kind: pseudonym.Host, Value: host, Rule: "user-at-host", Learn: nameShape([]byte(host))})
		}
	}
	return hi
}

// compiledBy tells what some packages have behind their version: %gcc@12.2.0.
func compiledBy(rest []byte) bool {
	n := 1
	for n < len(rest) && class[rest[n]]&fLower != 0 {
		n++
	}
	return n > 2 && rest[0] == '%' && n+1 < len(rest) && rest[n] == '@' && isDigit(rest[n+1])
}

// meshed are programs whose processes find each other as name@address.
var meshed = set("rabbit riak vernemq emqx ejabberd couchdb ns_1 mongooseim")

// ciphers are algorithms of SSH without a dash in their name; publicAccounts are mailboxes
// of makers that their programs print.
var (
	ciphers        = set("zlib")
	publicAccounts = set("export tac")
)

func (s *Scanner) mailDomain(lo, hi, hostLo int, local []byte, host string) int {
	tld := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case strings.HasPrefix(host, "odata.") || strings.HasPrefix(host, "redfish.") || strings.HasPrefix(host, "message."):
		return hi // a note on a property, as management controllers write it
	case host == "localhost.localdomain" || host == "localhost6.localdomain6":
		s.account(lo, lo+len(local))
		return hi
	case ciphers.hasBytes(local) && host == "openssh.com" || host == "cisco.com" && publicAccounts.hasFolded(local):
		return hi
	case (host == "openssh.com" || host == "libssh.org" || host == "lysator.liu.se") && bytes.IndexByte(local, '-') > 0:
		return hi // a cipher
	case portAhead(s.buf[hi:s.hi]) && !isDigit(host[0]) && class[local[0]]&(fLetter|fUnder) != 0:
		s.account(lo, lo+len(local)) // jdoe@db-2.cluster:3306
		s.emitName(hostLo, hi, host, "user-at-host")
		return hi
	case !strongTLD.has(tld) && !weakTLD.has(tld) && !s.inv.inDomain(host) && !lettersOnly(tld):
		return hi // version: pkg@1.2.3
	case tld == "service" || tld == "socket" || tld == "target" || tld == "mount" || tld == "slice" || tld == "timer" || tld == "scope" || tld == "device":
		return hi // unit@instance.service
	}
	if s.k.Keeps(strings.ToLower(string(local))) {
		s.emitName(hostLo, hi, host, "email")
		return hi
	}
	s.knownBy(lo, local)
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Email, Value: strings.ToLower(string(local)) + "@" + host, Rule: "email", Learn: true})
	return hi
}

// loginAt tells user@host from Class@5a3f, unit@ and 3@Thread.
func (s *Scanner) loginAt(local []byte, host string, hostLo, hi int) bool {
	if strings.HasPrefix(host, "if") && allDigits(host[2:]) || slotName(host) {
		return false // a link, and the one it is made on
	}
	if p := s.prev[0]; p.hi > p.lo && unitVerbs.hasFolded(s.buf[p.lo:p.hi]) && hostLo-p.hi < len(local)+4 {
		return false // unit@instance
	}
	if class[host[0]]&fLetter == 0 || class[local[0]]&(fLetter|fUnder|fHigh) == 0 || s.k.Common(host) && !s.k.Keeps(strings.ToLower(string(local))) {
		return false
	}
	if string(local) == "feature" || host == "nohost" {
		return false // of a pool; a process without a host
	}
	if host == "getty" || string(local) == "getty" || string(local) == "user" && isDigit(host[0]) {
		return false
	}
	for i := 1; i < len(local); i++ {
		if class[local[i]]&fUpper != 0 && class[local[i-1]]&fLower != 0 {
			return false
		}
	}
	orig := s.buf[hostLo:hi]
	for i := 1; i < len(orig); i++ {
		if class[orig[i]]&fUpper != 0 && class[orig[i-1]]&fLower != 0 {
			return false
		}
	}
	hexOnly := true
	for i := range len(host) {
		hexOnly = hexOnly && isHexByte(host[i])
	}
	return !hexOnly || len(host) < 5
}

// unitVerbs stand before the name of a unit.
var unitVerbs = set("enable disable start stop restart reload mask unmask status unit service enabling starting started stopping stopped")

// drawn tells a number of hex digits that tells a call or a message apart.
func drawn(local []byte) bool {
	if len(local) < 16 || !hasDigit(local) {
		return false
	}
	for _, c := range local {
		if !isHexByte(c) && c != '-' {
			return false
		}
	}
	return true
}
