package detect

import (
	"encoding/binary"
	"math/bits"
	"strings"
)

// This file goes over the words that say nothing, which most do.

// met is where quiet stopped: at something for words to look at or, where the verdict
// asks for acts, at a word of which no more need be found out.
type met struct {
	at, hi, end int // as act takes them
	v           verdict
}

// quiet goes on over words that say nothing, as most do: numbers, and those of which
// the memory says so. It calls nothing, so that all it needs stays at hand, and
// leaves to words whatever is out of the ordinary, and the last bytes of a chunk.
func (s *Scanner) quiet(i int) (at met) {
	b, cuts, memo, hi := s.buf, s.cut.bits, s.memo, min(s.hi, len(s.buf)-reach)
	sign := uint8(0) // of the byte before the word
	if i > s.lo {
		sign = signs[b[i-1]]
	}
	ahead, known := uint64(0), 0 // whether each of so many bytes from i on belongs to a word
words:
	for i < hi {
		gap := bits.TrailingZeros64(ahead)
		n := bits.TrailingZeros64(^(ahead >> (uint(gap) & 63)))
		if gap+n >= known {
			ahead, known = cuts[i>>6]>>(uint(i)&63)|cuts[i>>6+1]<<1<<(^uint(i)&63), 64
			gap = bits.TrailingZeros64(ahead)
			n = bits.TrailingZeros64(^(ahead >> (uint(gap) & 63)))
			if gap+n >= known {
				break
			}
		}
		ahead, known = ahead>>(uint(gap+n)&63), known-gap-n
		for start := min(i+gap, hi); i < start; i++ {
			if sign = signs[b[i]]; sign&begin != 0 && (b[i] != ':' || b[i+1] == ':') {
				break words
			}
		}
		if n > 16 || i+n > hi {
			break
		}
		w, size := (*[reach]byte)(b[i:]), n
		first := w[0]
		if edges := class[first] | class[w[n-1]]; edges&(fEdge|fHigh) != 0 {
			if class[first]&class[w[n-1]]&fEdge != 0 && n <= 2 {
				i += n // nothing but dashes or dots
				continue
			}
			if w[n-1] != '.' || n == 1 || (class[first]|class[w[n-2]])&(fEdge|fHigh) != 0 {
				break
			}
			n-- // the end of a sentence
		}
		if w[size] == ':' && colonMatters(w[:], size) {
			break
		}
		mask := &masks[n]
		head, tail := binary.LittleEndian.Uint64(w[:8])&mask.head, binary.LittleEndian.Uint64(w[8:16])&mask.tail
		if isDigit(first) && sign&hexGlue == 0 {
			if dots := dotsAmongDigits(head, tail, n); dots >= 0 && dots < 3 && (n < 12 || dots > 0 && !quartets(w[:n])) {
				s.push(i, i+n)
				i += size
				continue
			} else if dots >= 3 && !quartets(w[:n]) {
				at = met{hi: i + n, end: i + size, v: manyDotted}
				break
			}
		}
		if sign&glue != 0 && glueMatters(b[i-1], first) {
			break
		}
		slot := (head ^ tail*mixer>>5) * mixer >> (64 - memoLog)
		m := &memo[slot]
		if m.head != head || m.tail != tail {
			if m = &memo[slot^1]; m.head != head || m.tail != tail {
				break
			}
		}
		if v := m.v; v.acts != 0 {
			if i+n < s.hi {
				v.acts &= heeds[w[n]]
			} else {
				v.acts &= heeds['\n']
			}
			if v.acts != 0 {
				if !s.cut.high { // else it may be one to cut
					at = met{hi: i + n, end: i + size, v: v}
				}
				break
			}
		}
		s.push(i, i+n)
		i += size
	}
	at.at = i
	return at
}

// reach is how far quiet looks from the beginning of a word.
const reach = 24

// What a byte between words can be for what stands behind it.
const (
	begin   uint8 = 1 << iota // it may begin something; see mark
	glue                      // it begins an escape
	hexGlue                   // of digits
)

var signs = func() (t [256]uint8) {
	for c := range t {
		if begins[c] {
			t[c] |= begin
		}
		if glues[c] {
			t[c] |= glue
		}
	}
	t['%'] |= hexGlue
	t['#'] |= hexGlue
	return t
}()

// heeds are the acts of a word between others that may come to something before a byte;
// the end of a line is one for those of its last word.
var heeds = func() (t [256]acts) {
	for c := range t {
		t[c] = ^aDotFile // which stands behind a dot, and so at no beginning
		for a, before := range map[acts]string{
			aKey | aNameKey: "\x1b\\\"'] \t.#=:->",
			aOpener:         "\"'\\:=>",
			aDN:             " =\\",
			aNoun:           " \t",
			aPath:           "/\\",
			aStamp:          " ",
		} {
			if strings.IndexByte(before, byte(c)) < 0 {
				t[c] &^= a
			}
		}
	}
	return t
}()

// manyDotted is the verdict on what manyDots tells.
var manyDotted = verdict{aQuad, noRule, noRule}

// dotsAmongDigits counts the dots of a word of up to sixteen bytes, the rest of them zero,
// that holds but digits and dots; it is -1 for any other.
func dotsAmongDigits(head, tail uint64, n int) int {
	dots, found := dotsAndDigits(head)
	if n > 8 {
		d, f := dotsAndDigits(tail)
		dots, found = dots+d, found+f
	}
	if found < n {
		return -1
	}
	return dots
}

// dotsAndDigits counts the dots among eight bytes, and dots and digits together.
func dotsAndDigits(v uint64) (dots, found int) {
	low := v &^ highs
	dot := between(low, '.', '.') &^ v & highs
	return bits.OnesCount64(dot), bits.OnesCount64(dot | between(low, '0', '9')&^v&highs)
}

// colonMatters reports whether the colon behind a word of n bytes, which is followed by
// some more, may make it part of an address, a URL or a host and its port.
func colonMatters(b []byte, n int) bool {
	if c := b[n+1]; c == '/' || isDigit(c) && isDigit(b[n+4]) {
		return true
	}
	const group = fDigit | fHex
	first, last := class[b[0]], class[b[n-1]]
	return n <= 8 && (first&group != 0 || b[0] == 'i') && (last&group != 0 || n == 1)
}

// glueMatters reports whether a byte before a word and the word's first can be of
// an escape whose letters run into the word.
func glueMatters(before, first byte) bool {
	switch before {
	case '[':
		return strings.IndexByte("mKJH", first) >= 0 || isDigit(first)
	case ';':
		return isDigit(first)
	case '\\':
		return first == 'n' || first == 't' || first == 'r'
	case '#':
		return first == '0'
	}
	return isHexByte(first)
}
