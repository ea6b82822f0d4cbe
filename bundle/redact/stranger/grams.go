package stranger

// This file weighs three letters in a row, of which words have as many as they are long:
// what names are made of (srv, esx, nas) is short, and stands anywhere in them. Letters are
// folded, a # stands for a run of digits, ^ and $ for the ends of the word.

// gramBits is how many bits three letters take.
const gramBits = 15

// gramCodes are the codes of letters, of five bits each. What is none of them ends a word.
var gramCodes = func() (t [256]uint8) {
	for i, c := range []byte(gramLetters) {
		t[c] = uint8(i + 1)
		if isSmall(c) {
			t[c-'a'+'A'] = uint8(i + 1)
		}
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = t['#']
	}
	return t
}()

const gramLetters = "abcdefghijklmnopqrstuvwxyz#-_.^"

// gramEnd is the code of what no word holds, which marks its end.
const gramEnd = 0

// packed is the place of three letters as evidence.txt spells them.
func packed(text string) (g int, ok bool) {
	if len(text) != 3 {
		return 0, false
	}
	for i, c := range []byte(text) {
		code := gramCodes[c]
		if code == gramEnd && (c != '$' || i < 2) || isCapital(c) || isDigit(c) || c == '^' && i > 0 {
			return 0, false
		}
		g = g<<5 | int(code)
	}
	return g, true
}

// addGrams adds what the letters of a word weigh.
func (s *scales) addGrams(t tag, w []byte) {
	of, sum := s.e.grams[t], 0
	g, last := int(gramCodes['^']), byte('^')
	n := 1
	for i := 0; i <= len(w); i++ {
		c := byte('$')
		if i < len(w) {
			if c = lower(w[i]); isDigit(c) {
				c = '#'
			}
			if c == '#' && last == '#' {
				continue
			}
		}
		last = c
		g = (g<<5 | int(gramCodes[c])) & (1<<gramBits - 1)
		if n++; n > 2 {
			sum += int(of[g])
			if s.see != nil {
				s.see(tagNames[t], unpacked(g))
			}
		}
	}
	s.sum += sum
}

// unpacked spells three letters.
func unpacked(g int) string {
	var b [3]byte
	for i := range b {
		b[i] = '$'
		if code := g >> (5 * (2 - i)) & 31; code != gramEnd {
			b[i] = gramLetters[code-1]
		}
	}
	return string(b[:])
}
