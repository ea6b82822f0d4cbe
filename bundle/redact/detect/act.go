package detect

// Mask stands where a secret stood.
const Mask = "masked-secret"

// act does what the verdict on a word asks for, and returns where the next word
// begins. start and end bound the word as cut, lo and hi without outer dots and
// dashes.
func (s *Scanner) act(start, lo, hi, end int, acc flags, v verdict) int {
	next := end
	a := v.acts
	if a&(aQuad|aEmbedded|aDotMAC|aDashHex|aHex|aSID|aQualified|aToken) != 0 {
		next = max(next, s.actForm(lo, hi, a))
	}
	if a&aMail != 0 {
		next = max(next, s.mail(lo, hi))
	}
	if a&(aDotted|aWeak) != 0 && next == end {
		s.dottedName(lo, hi, a)
	}
	if a&aStamp != 0 {
		if n := monthStamp(s.buf[s.lo:s.hi], lo-s.lo); n > 0 && lo > s.lo {
			s.hostField(n, true)
		}
	}
	if a&(aKey|aNameKey|aDN|aStart|aPath|aNoun|aPhrase) != 0 {
		next = max(next, s.actWord(start, lo, hi, end, acc, v))
	}
	if a&aItem != 0 {
		s.bare(lo, hi)
	}
	if a&aLong != 0 && a&(aToken|aQualified) == 0 {
		next = max(next, s.base64(lo, end))
	}
	return next
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
func (s *Scanner) actWord(start, lo, hi, end int, acc flags, v verdict) int {
	a, next := v.acts, end
	if a&aPath != 0 && s.inPath(lo, hi) {
		s.pathName(hi)
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

// bare looks for inventory items at every run of letters and digits in a word.
func (s *Scanner) bare(lo, hi int) {
	b := s.buf
	for i := lo; i < hi; {
		if !isAlnum(b[i]) {
			i++
			continue
		}
		from := i
		for i < hi && isAlnum(b[i]) {
			i++
		}
		if n := s.glued(from); n > from && n < i {
			s.item(n, i)
		}
		i = max(i, s.item(from, i))
	}
}

func (s *Scanner) item(lo, hi int) int {
	it, from, to, ok := s.inv.match(s.buf, s.lo, lo, hi, s.hi)
	if !ok {
		return hi
	}
	s.emitForm(from, to, it.Kind, it.Form, it.Canon, "known-"+it.Kind.String())
	return to
}
