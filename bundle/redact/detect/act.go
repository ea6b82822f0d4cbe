package detect

import "darksite/bundle/redact/pseudonym"

// NearMiss is the rule of findings without length: a word that looks drawn by
// chance and was kept, for an officer to look at.
const NearMiss = "looks-random"

// looksRandom tells words of many kinds of characters that change from one to
// the next.
func looksRandom(w []byte) bool {
	if len(w) < 20 || len(w) > 200 {
		return false
	}
	var f flags
	turns := 0
	for i, c := range w {
		f |= class[c]
		if i > 0 && class[c]&(fDigit|fUpper|fLower) != class[w[i-1]]&(fDigit|fUpper|fLower) {
			turns++
		}
	}
	return f&fDigit != 0 && f&fUpper != 0 && f&fLower != 0 && turns*3 >= len(w)
}

// Mask stands where a secret stood.
const Mask = "masked-secret"

// act does what the verdict on a word asks for, and returns where the next word
// begins. start and end bound the word as cut, lo and hi without outer dots and
// dashes.
func (s *Scanner) act(start, lo, hi, end int, v verdict) int {
	next := end
	a, told := v.acts, len(s.out)
	if a&aLink != 0 {
		if n := s.deviceLink(lo, hi); n > lo {
			return max(next, n)
		}
	}
	if a&aTarget != 0 && s.target(lo, hi) {
		return next
	}
	if a&(aQuad|aEmbedded|aDotMAC|aDashHex|aHex|aSID|aQualified|aToken) != 0 {
		next = max(next, s.actForm(lo, hi, a))
	}
	if a&aToken != 0 && len(s.out) == told {
		a &^= aToken // begins like one and is none: JSON in base64 begins like a JWT
	}
	if a&aMail != 0 {
		next = max(next, s.mail(lo, hi))
	}
	if a&(aDotted|aWeak) != 0 && next == end {
		s.dottedName(lo, hi, a)
	}
	if a&aLeader != 0 {
		s.leader(lo, hi)
	}
	if a&aReplica != 0 && !s.staysName(s.fold(s.buf[lo:hi])) {
		s.learn(lo, hi, pseudonym.Pod, "replica")
	}
	if a&aGuest != 0 {
		s.guest(lo, hi)
	}
	if a&aMachine != 0 && !s.messageID(lo, hi) {
		s.hostName(lo-s.lo, hi-s.lo, s.fold(s.buf[lo:hi]))
	}
	if a&aStamp != 0 {
		if n := monthStamp(s.buf[s.lo:s.hi], lo-s.lo); n > 0 && lo > s.lo {
			said := unsaid
			if b := s.buf; b[lo-1] == '>' || b[lo-1] == ' ' && lo-2 >= s.lo && b[lo-2] == '>' {
				said = usual // behind a priority, within a record of another sender
			}
			s.hostField(n, said)
		}
	}
	if a&(aKey|aNameKey|aDN|aStart|aPath|aNoun|aPhrase|aDotFile) != 0 {
		next = max(next, s.actWord(start, lo, hi, end, v))
	}
	if a&aOpener != 0 {
		s.opens(lo, hi)
	}
	if a&aSuspect != 0 {
		s.suspectAt(lo, hi, v.noun)
	}
	if a&aLong != 0 && a&(aToken|aQualified) == 0 {
		s.zoneOfPorts(lo, hi)
		if a&aMixed != 0 && string(s.buf[lo:lo+4]) == "AAAA" {
			s.keyComment(lo)
		}
		n := end
		if a&aMixed != 0 || s.goesOn64(end) {
			n = s.base64(lo, end)
		}
		if n == end && a&aRandom != 0 {
			s.emitForm(lo, lo, pseudonym.Name, Plain, "", NearMiss)
		}
		next = max(next, n)
	}
	return next
}

// messageID tells the number of a message in brackets, as [FW-1424], from a machine.
func (s *Scanner) messageID(lo, hi int) bool {
	b := s.buf
	return lo > s.lo && hi < s.hi && b[lo-1] == '[' && b[hi] == ']' && hi-5 > lo && b[hi-5] == '-' && upperName(b[lo:hi])
}

// actForm deals with values known by their form.
func (s *Scanner) actForm(lo, hi int, a acts) int {
	switch {
	case a&aQualified != 0:
		return s.qualified(lo, hi)
	case a&aToken != 0:
		if n := s.token(lo, hi); n > 0 {
			return n
		}
	case a&aQuad != 0:
		s.quad(lo, hi)
	case a&aDotMAC != 0:
		s.dotMAC(lo, hi)
	case a&aSID != 0:
		s.sid(lo, hi)
	case a&aDashHex != 0:
		if !s.dashHex(lo, hi) && a&aEmbedded != 0 {
			s.embedded(lo, hi)
		}
		return hi
	case a&aHex != 0:
		return s.hexRun(lo, hi)
	}
	if a&aEmbedded != 0 {
		s.embedded(lo, hi)
	}
	return hi
}

// actWord deals with words that say something of what stands beside them.
func (s *Scanner) actWord(start, lo, hi, end int, v verdict) int {
	a, next := v.acts, end
	if a&aPath != 0 && s.inPath(lo, hi) {
		s.pathName(hi)
	}
	if a&aDotFile != 0 {
		s.homeOf(lo)
	}
	if a&aDN != 0 {
		if n := s.distinguished(lo, hi); n > hi {
			return n
		}
	}
	if a&aKey != 0 {
		if n := s.key(start, lo, hi, v.key); n > 0 {
			return max(next, n)
		}
	}
	if a&aNameKey != 0 {
		s.namePair(lo, hi)
	}
	if a&aStart != 0 {
		if n := s.command(lo, hi); n > 0 {
			return max(next, n)
		}
	}
	if a&aNoun != 0 {
		s.noun(lo, hi, v.noun)
	}
	if a&aPhrase != 0 {
		s.phrase(lo, hi)
	}
	return next
}

// cutDomain returns where the beginning of a known domain ends that a column cut
// short behind a host: gw-lyon2.nordba.
func (s *Scanner) cutDomain(at int) int {
	end := at + 1
	for end < s.hi && class[s.buf[end]]&(fDigit|fLetter|fDot|fDash) != 0 {
		end++
	}
	if end-at < 4 || !s.inv.beginsDomain(s.buf[at+1:end]) {
		return at
	}
	return end
}
