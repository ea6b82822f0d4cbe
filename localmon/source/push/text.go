package push

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutMark ends a text that was shortened.
const cutMark = "…"

// Escape makes any bytes one line of printable text from which [Unescape] gives
// the bytes back: a backslash becomes two, and every byte of what is not
// printable (control characters, broken UTF-8, invisible characters that would
// turn the direction of a line) becomes \xHH.
func Escape(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw) + len(raw)/8)
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case !printable(r, size):
			writeHex(&b, string(raw[:size]))
		default:
			b.Write(raw[:size])
		}
		raw = raw[size:]
	}
	return b.String()
}

// Unescape gives back what was handed to [Escape]. A backslash that begins
// neither form stands for itself.
func Unescape(s string) []byte {
	raw := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, `\\`):
			raw = append(raw, '\\')
			i++
		case len(rest) >= 4 && rest[:2] == `\x` && hex(rest[2]) >= 0 && hex(rest[3]) >= 0:
			raw = append(raw, byte(hex(rest[2])<<4|hex(rest[3])))
			i += 3
		default:
			raw = append(raw, s[i])
		}
	}
	return raw
}

const hexDigits = "0123456789abcdef"

func hex(c byte) int { return strings.IndexByte(hexDigits, c) }

// Line makes a text for a person of at most so many bytes: white space, also
// the line breaks that some senders write as #012, becomes one space, and what
// is not printable becomes \xHH.
func Line(s string, most int) string {
	s = unfold(s)
	var b strings.Builder
	gap := false
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		piece := s[:size]
		s = s[size:]
		if unicode.IsSpace(r) {
			gap = b.Len() > 0
			continue
		}
		if b.Len()+len(" ")+4*size+len(cutMark) > most {
			b.WriteString(cutMark)
			break
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		if printable(r, size) {
			b.WriteString(piece)
		} else {
			writeHex(&b, piece)
		}
	}
	return b.String()
}

// unfold turns the octal spelling of line breaks and tabs into the characters.
func unfold(s string) string {
	if !strings.Contains(s, "#01") {
		return s
	}
	return strings.NewReplacer("#015#012", "\n", "#012", "\n", "#015", "\n", "#011", "\t").Replace(s)
}

func printable(r rune, size int) bool {
	return (r != utf8.RuneError || size > 1) && unicode.IsPrint(r)
}

func writeHex(b *strings.Builder, piece string) {
	for i := range len(piece) {
		b.WriteString(`\x`)
		b.WriteByte(hexDigits[piece[i]>>4])
		b.WriteByte(hexDigits[piece[i]&15])
	}
}
