package detect

import "encoding/binary"

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

// fEdge is what a word is trimmed of at its ends.
const fEdge = fDot | fDash | fUnder | fAt

// flagsOf is what occurs in a word.
func flagsOf(w []byte) (f flags) {
	for _, c := range w {
		f |= class[c]
	}
	return f
}

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

// hash is a quick hash for tables that compare what they find. Its high bits are
// the good ones.
func hash(b []byte) uint32 {
	const k = 0x9e3779b97f4a7c15
	n := len(b)
	h := uint64(n) * k
	switch {
	case n >= 8:
		for i := 0; i+8 < n; i += 8 {
			h = (h ^ binary.LittleEndian.Uint64(b[i:])) * k
			h ^= h >> 29
		}
		h = (h ^ binary.LittleEndian.Uint64(b[n-8:])) * k
	case n >= 4:
		h = (h ^ uint64(binary.LittleEndian.Uint32(b)) ^ uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32) * k
	default:
		for _, c := range b {
			h = (h ^ uint64(c)) * k
		}
	}
	return uint32(h >> 32)
}
