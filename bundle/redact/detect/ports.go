package detect

import (
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with hosts that a port behind them tells.

// ported emits a name with a port of four or five digits behind it as a host, when its
// shape is that of one and what stands before leads to hosts: "to db-2:5432",
// "kafka-1:9092,kafka-2:9092". The name is at [lo, hi), the colon at colon.
func (s *Scanner) ported(lo, hi, colon int) {
	b := s.buf
	end := colon + 1
	for end < s.hi && isDigit(b[end]) {
		end++
	}
	if n := end - colon - 1; n > 5 || n == 5 && b[colon+1] > '6' || b[colon+1] == '0' || end < s.hi && (isAlnum(b[end]) || b[end] == ':' || b[end] == '.' && end+1 < s.hi && isAlnum(b[end+1])) {
		return
	}
	w := b[lo:hi]
	forwarded := lo-2 >= s.lo && b[lo-1] == '@' && (b[lo-2] == '@' || b[lo-2] == ' ') // *.* @@loghost:514
	reached := s.reached(lo)
	if hi != colon || len(w) < 4 && !reached || len(w) > 40 || !hasDigit(w) && !forwarded && !reached || class[w[0]]&fLetter == 0 || flagsOf(w)&(fDot|fAt|fUnder|fHigh) != 0 || hump(w) {
		return
	}
	name := s.fold(w)
	if head, _, _ := strings.Cut(name, "-"); partWords.has(strings.TrimRight(head, "0123456789")) || slotName(name) || s.staysName(name) || stateWord.has(name) || isUUID(w) || hexOnly(w) || s.wordy(name) {
		return
	}
	if lo > s.lo && !s.leadsToHost(lo) {
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Host, Value: name, Rule: "host", Learn: !reached || !s.k.Common(name)})
}

// reached tells that one connects to the host at a place, whatever it is called: connected
// to AMQP server on db:5672, connecting to db:5432.
func (s *Scanner) reached(lo int) bool {
	p, q := s.prev[0], s.prev[1]
	if p.hi != lo-1 || q.hi != p.lo-1 || q.hi == 0 {
		return false
	}
	switch before := s.fold(s.buf[q.lo:q.hi]); s.fold(s.buf[p.lo:p.hi]) {
	case "on":
		return before == "server"
	case "to":
		return before == "connected" || before == "connecting" || before == "reconnecting" || before == "connect"
	}
	return false
}

// leadsToHost tells what stands before a host and its port: a quote or bracket, a
// key's sign, an item of a list, a word such as to and from.
func (s *Scanner) leadsToHost(lo int) bool {
	b := s.buf
	switch b[lo-1] {
	case '"', '\'', '[', '(', '<', '=', '/', '@', '>':
		return true
	case ',':
		return lo-2 > s.lo && isDigit(b[lo-2])
	case ' ':
	default:
		return false
	}
	if lo-2 > s.lo && (b[lo-2] == ',' || b[lo-2] == '=' || b[lo-2] == ':') {
		return true
	}
	p := s.prev[0]
	return p.hi == lo-1 && beforeHosts.hasFolded(b[p.lo:p.hi])
}

var beforeHosts = set("to from at on with via by master replica slave primary leader broker peer host node server connect connecting dial address endpoint bootstrap upstream backend target member")
