package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with what switches of storage networks say: names of zones,
// aliases and configurations, in lists, in commands and beside the ports they
// stand for.

// label emits a name a site gave to a part of its fabric, unless it is a word.
func (s *Scanner) label(lo, hi int) {
	name := s.fold(s.buf[lo:hi])
	if hi-lo < 3 || s.staysName(name) || stateWord.has(name) || emptyValues.has(name) || looksLikeValue(s.buf[lo:hi]) || s.k.Common(name) && !nameShape(s.buf[lo:hi]) {
		return
	}
	s.parts(lo, hi, pseudonym.Name, "label", name)
}

// ofFabric emits the switch before the number of its fabric, as the switch writes in what
// it keeps of sessions: ad_0/CORE_LYON/FID 128.
func (s *Scanner) ofFabric(lo, hi int) {
	b := s.buf
	if lo-4 < s.lo || b[lo-1] != '/' || hi+1 >= s.hi || b[hi] != ' ' || !isDigit(b[hi+1]) {
		return
	}
	from := lo - 1
	for from > s.lo && class[b[from-1]]&fWord != 0 {
		from--
	}
	if from > s.lo && b[from-1] == '/' && lo-1-from > 1 {
		s.hostName(from-s.lo, lo-1-s.lo, s.fold(b[from:lo-1]))
	}
}

// labels emits the names of a list such as a; b; c. Ports by number or WWN are
// met as such.
func (s *Scanner) labels(lo, hi int) {
	b := s.buf
	for lo < hi {
		for lo < hi && (class[b[lo]] == 0 || class[b[lo]]&(fDash|fDot) != 0) {
			lo++
		}
		end := lo
		for end < hi && class[b[end]] != 0 {
			end++
		}
		if end < hi && (b[end] == ':' || b[end] == ',') {
			for end < hi && b[end] != ';' && !isSpace(b[end]) {
				end++ // a WWN, or domain,port
			}
		} else {
			s.label(lo, end)
		}
		lo = end
	}
}

// memberLine reads the members of a zone or alias on a line of their own below
// it. What is not only names ends the list.
func (s *Scanner) memberLine(b []byte) {
	for _, c := range b {
		if class[c] == 0 && !isSpace(c) && c != ';' && c != ':' && c != ',' {
			s.st.members = false
			return
		}
	}
	if !isSpace(b[0]) || bytes.Contains(b, []byte(": ")) || b[len(b)-1] == ':' || bytes.Contains(b, []byte(":\t")) {
		s.st.members = false
		return
	}
	s.labels(s.lo, s.hi)
}

// bracketed reads an alias in brackets behind a WWN, on its line or alone below.
func (s *Scanner) bracketed(at int) {
	b := s.buf
	for at < s.hi && (isSpace(b[at]) || b[at] == ']') {
		at++
	}
	if at+3 >= s.hi || b[at] != '[' {
		return
	}
	if end := nameEnd(b, at+1, s.hi); end > at+1 && end < s.hi && b[end] == ']' {
		s.label(at+1, end)
	}
}

// partition emits the name of an object in the partition of a load balancer: behind
// /Common/, of a host where a member or a node is spoken of; root is where the path
// begins.
func (s *Scanner) partition(root, lo, hi int, name string) {
	if root > s.lo && class[s.buf[root-1]] != 0 || s.buf[root+1] != 'C' || s.wordy(name) || s.k.Common(strings.TrimRight(name, "0123456789")) || s.staysName(name) || isFile(name) || strings.HasSuffix(name, "_f5") || strings.HasPrefix(name, "traffic-group") || strings.IndexByte(name, '_') < 0 && !hasDigit(s.buf[lo:hi]) {
		return
	}
	if _, n := parseQuad(s.buf[lo:hi], '.'); n > 0 {
		return
	}
	if p := s.prev[0]; p.hi > p.lo && (foldEqual(s.buf[p.lo:p.hi], "member") || foldEqual(s.buf[p.lo:p.hi], "node")) {
		s.hostName(lo-s.lo, hi-s.lo, name)
		return
	}
	s.label(lo, hi)
}

// listedPool emits the name behind "  pool: ", with which zpool status begins.
func (s *Scanner) listedPool(lo, hi int) {
	if lo != s.lo+2 || s.buf[s.lo] != ' ' || hi+2 >= s.hi || s.buf[hi] != ':' {
		return
	}
	if end := nameEnd(s.buf, hi+2, s.hi); end == s.hi && !rootPools.has(s.fold(s.buf[hi+2:end])) {
		s.label(hi+2, end)
	}
}

// rootPools are what installers call the pool of a system.
var rootPools = set("rpool bpool zroot tank zpool pool")

// aliasBefore reads the name of a multipath device before its WWID: name (3600..)
// dm-3. Names that only count (mpatha) stay.
func (s *Scanner) aliasBefore(lo, hi int) {
	b := s.buf
	if hi+1 >= s.hi || b[hi] != ')' || !isSpace(b[hi+1]) || lo-s.lo < 4 || b[lo-1] != '(' || b[lo-2] != ' ' {
		return
	}
	end := lo - 2
	from := end
	for from > s.lo && class[b[from-1]] != 0 {
		from--
	}
	if bytes.HasPrefix(b[from:end], []byte("mpath")) && bytes.IndexByte(b[from:end], '_') < 0 {
		return
	}
	name := s.fold(b[from:end])
	if end-from > 2 && !s.staysName(name) && !s.k.Common(name) && !looksLikeValue(b[from:end]) {
		s.parts(from, end, pseudonym.Volume, "multipath", name)
	}
}

// fabricCommand reads the names in the quotes of a command such as
// zonecreate "z1", "a; b".
func (s *Scanner) fabricCommand(hi int) {
	b := s.buf
	for i := hi; i < s.hi; i++ {
		if b[i] != '"' {
			continue
		}
		end := bytes.IndexByte(b[i+1:s.hi], '"')
		if end < 0 {
			return
		}
		s.labels(i+1, i+1+end)
		i += end + 1
	}
}

// aliasArg reads the name behind device-alias, fcalias and zone, over words such
// as name and activate.
func (s *Scanner) aliasArg(hi int, needName bool) {
	for range 3 {
		n, end, quote := s.next(hi)
		if end <= n || quote == '(' {
			return
		}
		switch w := s.fold(s.buf[n:end]); w {
		case "name":
			needName = false
		case "activate", "member", "add", "remove", "clone", "rename":
		default:
			if !needName {
				s.label(n, end)
			}
			return
		}
		hi = end
	}
}

// zoningAfter reads the name in "The effective configuration has changed to X"; lo
// and hi bound its to.
func (s *Scanner) zoningAfter(lo, hi int) {
	if p := s.prev[0]; p.hi != lo-1 || !foldEqual(s.buf[p.lo:p.hi], "changed") || !s.lineHas(lo, "ffective configuration") {
		return
	}
	if n, end, quote := s.next(hi); quote != '(' {
		s.label(n, end)
	}
}
