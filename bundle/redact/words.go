package redact

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"darksite/bundle/redact/detect"
)

// leastWord is the shortest entry of a word list, in bytes.
const leastWord = 2

// ParseWords reads a word list: one word or phrase a line, # begins a remark. It is a
// text in UTF-8, or in UTF-16 with its mark, as some editors write it. What cannot
// be looked for is refused: a word that is passed over in silence would leave. The
// name is used in errors.
func ParseWords(name string, data []byte) ([]string, error) {
	text := string(bytes.TrimPrefix(data, utf8Mark))
	if len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		text = narrow(data)
	}
	var words []string
	n := 0
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for line := range strings.Lines(text) {
		n++
		w := strings.TrimSpace(line)
		switch {
		case w == "" || strings.HasPrefix(w, "#"):
			continue
		case !utf8.ValidString(w) || strings.ContainsFunc(w, unicode.IsControl):
			return nil, fmt.Errorf("%s:%d:%s: not a text in UTF-8; save it as one", name, n, column(line, w))
		case len(w) < leastWord || !strings.ContainsFunc(w, nameable):
			return nil, fmt.Errorf("%s:%d:%s: the word is too short to be looked for: at least %d letters or digits are wanted", name, n, column(line, w), leastWord)
		}
		words = append(words, w)
	}
	return words, nil
}

// column is where an entry begins in its line, or the first byte of it that is no
// text.
func column(line, w string) string {
	start := strings.Index(line, w)
	at := strings.IndexFunc(w, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) })
	return strconv.Itoa(utf8.RuneCountInString(line[:start+max(at, 0)]) + 1)
}

// nameable reports whether a word can be known by a character.
func nameable(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// narrow turns UTF-16 with its mark into UTF-8.
func narrow(b []byte) string {
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 0xfe {
		order = binary.BigEndian
	}
	units := make([]uint16, 0, len(b)/2)
	for b = b[2:]; len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// wordItems are the spellings of an entry of the word list: its parts joined by
// space, dash, underscore, dot or nothing, and each of those as other cases, Latin-1,
// JSON and URLs write what is not ASCII.
func wordItems(w string) []detect.Item {
	parts := strings.FieldsFunc(strings.ToLower(w), func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '.' })
	canon := strings.Join(parts, " ")
	if canon == "" {
		return nil
	}
	var items []detect.Item
	texts := []string{strings.ToLower(w)}
	for _, sep := range []string{" ", "-", "_", ".", "", "%20", "+"} {
		texts = append(texts, strings.Join(parts, sep))
	}
	for _, t := range texts {
		for _, s := range wider(t) {
			items = append(items, detect.Item{Text: s, Canon: canon, Kind: Word})
		}
	}
	return items
}

// wider are the ways to write a lower-case text whose letters are not all ASCII: what
// looks for items folds ASCII alone.
func wider(t string) []string {
	if !strings.ContainsFunc(t, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return []string{t}
	}
	first, size := utf8.DecodeRuneInString(t)
	out := []string{t, foldASCII(strings.ToUpper(t)), foldASCII(string(unicode.ToUpper(first)) + t[size:])}
	for _, s := range out[:3] {
		var latin []byte
		for _, r := range s {
			if r > 0xff {
				latin = nil
				break
			}
			latin = append(latin, byte(r))
		}
		if latin != nil {
			out = append(out, string(latin))
		}
		out = append(out, escaped(s, jsonEscape), escaped(s, percentEscape))
	}
	return out
}

// escaped writes a text with an escape for what is not ASCII.
func escaped(s string, escape func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		b.WriteString(escape(r))
	}
	return b.String()
}

func jsonEscape(r rune) (s string) {
	for _, u := range utf16.Encode([]rune{r}) {
		s += fmt.Sprintf("\\u%04x", u)
	}
	return s
}

func percentEscape(r rune) (s string) {
	for _, c := range []byte(string(r)) {
		s += fmt.Sprintf("%%%02x", c)
	}
	return s
}

// foldASCII folds ASCII letters and leaves the others.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
