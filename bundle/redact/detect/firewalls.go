package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with what firewalls and gateways write of themselves and of others.

// recordHosts names, for each sort of a firewall's record, the field that holds a
// host; recordUsers those that hold accounts. Fields count from that of the sort.
var (
	recordHosts = map[string][]int{
		"traffic": {49}, "threat": {56}, "system": {19}, "config": {4, 18}, "userid": {7, 22}, "globalprotect": {11},
	}
	recordUsers = map[string][]int{
		"traffic": {9, 10}, "threat": {9, 10}, "userid": {6}, "config": {7}, "globalprotect": {9}, "hipmatch": {4}, "decryption": {9, 10}, "auth": {7},
	}
)

// recordFields reads the accounts and hosts of a record without titles whose sort is
// the word at [lo, hi), as firewalls write them: 1,2026/10/03 09:00:00,0128..,USERID,..
func (s *Scanner) recordFields(lo, hi int, sort string) {
	b := s.buf
	users, hosts := recordUsers[sort], recordHosts[sort]
	last := 0
	for _, n := range users {
		last = max(last, n)
	}
	for _, n := range hosts {
		last = max(last, n)
	}
	line := b[s.lo:s.hi]
	at := hi - s.lo + 1
	for n := 1; n <= last && at <= len(line); n++ {
		from, end, next := csvField(line, at, ',')
		at = next
		w := line[from:end]
		if len(w) < 2 || bytes.IndexByte(w, ' ') >= 0 || looksLikeValue(w) {
			continue
		}
		for _, u := range users {
			if u == n && bytes.IndexByte(w, '\\') < 0 && bytes.IndexByte(w, '@') < 0 {
				s.account(s.lo+from, s.lo+end)
			}
		}
		for _, h := range hosts {
			if h == n {
				s.hostName(from, end, s.fold(w))
			}
		}
	}
}

// firewall reads the name or serial number of the firewall that writes a record of
// keys and values; fw= elsewhere is a version of firmware.
func (s *Scanner) firewall(lo, hi int) {
	b := s.buf
	if hi+3 >= s.hi || b[hi] != '=' || !s.lineHas(lo, "time=") && !s.lineHas(lo, "sn=") {
		return
	}
	from := hi + 1
	if b[from] == '"' {
		from++
	}
	end := max(from, nameEnd(b, from, s.hi))
	if w := b[from:end]; len(w) > 2 && hasLetter(w) {
		if serialLike(w) && digits(w) > 7 {
			s.learn(from, end, pseudonym.Serial, "serial")
		} else {
			s.hostName(from-s.lo, end-s.lo, s.fold(w))
		}
	}
}

// eventHost reads the host between seconds since 1970 and the kind of a record of
// keys and values: 1673596676.42 FW_LYON_01 events type=x.
func (s *Scanner) eventHost(at int) {
	b := s.buf[s.lo:s.hi]
	end := nameEnd(b, min(at, len(b)), len(b))
	if end <= at+2 || end >= len(b) || b[end] != ' ' || !nameShape(b[at:end]) || bytes.IndexByte(b[at:end], '.') >= 0 {
		return
	}
	kind := end + 1
	for kind < len(b) && class[b[kind]]&(fLower|fUnder|fDash) != 0 {
		kind++
	}
	if kind == end+1 || kind >= len(b) || b[kind] != ' ' {
		return
	}
	key := kind + 1
	for key < len(b) && class[b[key]]&fWord != 0 {
		key++
	}
	if key > kind+1 && key < len(b) && b[key] == '=' {
		s.hostName(at, end, s.fold(b[at:end]))
	}
}

// levelHost reads the host in the column behind a level: Info     fw-lyon sshd[12]: x.
func (s *Scanner) levelHost(b []byte) {
	i := bytes.IndexByte(b[:min(len(b), 10)], ' ')
	if i < 4 || i+1 >= len(b) || class[b[1]]&fLower == 0 || b[i+1] != ' ' || !levels.hasFolded(b[:i]) {
		return
	}
	for i < len(b) && b[i] == ' ' {
		i++
	}
	end := nameEnd(b, i, len(b))
	if end <= i+2 || end+2 >= len(b) || b[end] != ' ' || bytes.IndexByte(b[i:end], '.') >= 0 {
		return
	}
	name := s.fold(b[i:end])
	if processAhead(b[end+1:]) && (upperName(b[i:end]) || nameShape(b[i:end])) && !s.k.Common(name) || joinedName(b[i:end]) && upperName(b[i:end]) && !partWords.has(name[:strings.IndexAny(name, "-_")]) {
		s.hostName(i, end, name)
	}
}
