package detect

// flags say what occurs in a word.
type flags uint16

const (
	fDigit flags = 1 << iota
	fHex         // a to f, either case
	fAlpha       // the other letters
	fUpper
	fDot
	fDash
	fUnder
	fAt
	fHigh // bytes above ASCII
	fLower
	fWord flags = 1 << 15 // the byte belongs to words at all
)

// fLetter is any ASCII letter.
const fLetter = fHex | fAlpha

// class gives the flags a byte adds to its word; zero ends the word.
var class = buildClass()

func buildClass() (t [256]flags) {
	for c := range 256 {
		switch b := byte(c); {
		case b >= '0' && b <= '9':
			t[c] = fWord | fDigit
		case b >= 'a' && b <= 'f':
			t[c] = fWord | fHex | fLower
		case b >= 'A' && b <= 'F':
			t[c] = fWord | fHex | fUpper
		case b >= 'g' && b <= 'z':
			t[c] = fWord | fAlpha | fLower
		case b >= 'G' && b <= 'Z':
			t[c] = fWord | fAlpha | fUpper
		case b == '.':
			t[c] = fWord | fDot
		case b == '-':
			t[c] = fWord | fDash
		case b == '_':
			t[c] = fWord | fUnder
		case b == '@':
			t[c] = fWord | fAt
		case b >= 0x80:
			t[c] = fWord | fHigh
		}
	}
	return t
}

func isDigit(c byte) bool   { return c-'0' < 10 }
func isHexByte(c byte) bool { return class[c]&(fDigit|fHex) != 0 }
func isAlnum(c byte) bool   { return class[c]&(fDigit|fLetter|fHigh) != 0 }
func isSpace(c byte) bool   { return c == ' ' || c == '\t' }

// lower folds an ASCII letter.
func lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

// foldEqual compares text with a folded word.
func foldEqual(text []byte, folded string) bool {
	if len(text) != len(folded) {
		return false
	}
	for i, c := range text {
		if lower(c) != folded[i] {
			return false
		}
	}
	return true
}

// hash is a quick multiplicative hash over folded bytes, for tables that compare
// what they find.
func hash(b []byte) uint32 {
	h := uint32(len(b)) * 0x9e3779b1
	for len(b) >= 4 {
		v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		h = (h ^ v) * 0x85ebca6b
		h ^= h >> 15
		b = b[4:]
	}
	for _, c := range b {
		h = (h ^ uint32(c)) * 0x85ebca6b
	}
	return h ^ h>>13
}
