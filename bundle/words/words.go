// Package words spells bytes as words that two people can read to each other
// over a telephone, in English or in French.
//
// One word stands for one byte, and one more word at the end is a checksum, so
// that a misheard, missing or swapped word is noticed at once with probability
// 255 in 256. [Spell] writes, [Parse] reads. A digest is read out as the words
// of its first [Spoken] bytes, see [Digest]: 16 words and the checksum word
// fix 128 bits.
//
// The two lists are the kit's own: 256 words each of four to eight plain
// letters, no accents, no word in both lists. Within a list no two words begin
// with the same four letters and any two differ in at least three letters; so
// the first four letters of a word are enough for Parse. The lists are sorted
// and will never change: word n, counted from zero, is the byte n.
//
// The checksum word is the first byte of SHA-256 over "darksite-words/1", a
// zero byte and the bytes. It does not depend on the language.
//
// The package is pure. Limits: the words are for comparing by ear, not for
// keeping secrets, and a comparison is worth what 128 bits of SHA-256 are.
package words

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"darksite/bundle" // the two lists
)

// Language chooses a list.
type Language string

// The two languages of the kit.
const (
	English Language = "en"
	French  Language = "fr"
)

const (
	// Spoken is how many bytes of a digest are read out.
	Spoken = 16
	// MaxBytes bounds what can be spelled: a whole SHA-256.
	MaxBytes = 32

	size   = 256
	prefix = 4 // letters that tell two words of a list apart
	domain = "darksite-words/1\x00"
)

// ErrMisheard is wrapped by every refusal of Parse.
var ErrMisheard = errors.New("words do not fit")

//go:embed english.txt
var english string

//go:embed french.txt
var french string

// list returns the words of a language, sorted.
func list(lang Language) ([]string, error) {
	var text string
	switch lang {
	case English:
		text = english
	case French:
		text = french
	default:
		return nil, fmt.Errorf("word list %q: want %s or %s", lang, English, French)
	}
	words := strings.Fields(text)
	if len(words) != size {
		return nil, fmt.Errorf("word list %s holds %d words, want %d", lang, len(words), size)
	}
	return words, nil
}

// Spell writes 1 to [MaxBytes] bytes as words, the checksum word last.
func Spell(lang Language, b []byte) ([]string, error) {
	if len(b) == 0 || len(b) > MaxBytes {
		return nil, fmt.Errorf("spell %d bytes: want 1 to %d", len(b), MaxBytes)
	}
	words, err := list(lang)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(b)+1)
	for _, c := range b {
		out = append(out, words[c])
	}
	return append(out, words[checksum(b)]), nil
}

// Parse reads what was spelled. Upper case, extra blanks and words cut after
// their fourth letter are accepted; a word that is on neither list, or a
// checksum that does not fit, is refused with [ErrMisheard] and the number of
// the word where one is to blame.
func Parse(lang Language, text string) ([]byte, error) {
	words, err := list(lang)
	if err != nil {
		return nil, err
	}
	said := strings.Fields(strings.ToLower(text))
	if len(said) < 2 || len(said) > MaxBytes+1 {
		return nil, fmt.Errorf("%w: %d words, want 2 to %d", ErrMisheard, len(said), MaxBytes+1)
	}
	out := make([]byte, len(said))
	for i, w := range said {
		n, ok := find(words, w)
		if !ok {
			return nil, fmt.Errorf("%w: word %d, %q, is not on the %s list", ErrMisheard, i+1, w, lang)
		}
		out[i] = n
	}
	b, sum := out[:len(out)-1], out[len(out)-1]
	if checksum(b) != sum {
		return nil, fmt.Errorf("%w: the last word does not match the others; read all of them again", ErrMisheard)
	}
	return b, nil
}

// find looks a word up by its whole spelling or any beginning of at least four
// letters.
func find(words []string, said string) (byte, bool) {
	if len(said) < prefix {
		return 0, false
	}
	n, _ := slices.BinarySearch(words, said)
	if n == len(words) || !strings.HasPrefix(words[n], said) {
		return 0, false
	}
	return byte(n), true
}

func checksum(b []byte) byte {
	sum := sha256.Sum256(append([]byte(domain), b...))
	return sum[0]
}

// Digest spells the first [Spoken] bytes of a digest: 17 words with the
// checksum word.
func Digest(lang Language, d bundle.Digest) ([]string, error) {
	if !d.Valid() {
		return nil, fmt.Errorf("spell digest %q: want 64 lower-case hex digits", d)
	}
	b, err := hex.DecodeString(string(d[:2*Spoken]))
	if err != nil {
		return nil, fmt.Errorf("spell digest: %w", err)
	}
	return Spell(lang, b)
}

// Matches reports whether words read out by somebody spell this digest. The
// error says what does not fit.
func Matches(lang Language, text string, d bundle.Digest) error {
	b, err := Parse(lang, text)
	if err != nil {
		return err
	}
	if len(b) != Spoken || !d.Valid() || hex.EncodeToString(b) != string(d[:2*Spoken]) {
		return fmt.Errorf("%w: they spell another digest", ErrMisheard)
	}
	return nil
}

// Rows lays a digest out for people: in hex, in groups of four, then as its
// words, six a row. Without words it is hex alone.
func Rows(digest string, spelled []string) []string {
	var rows []string
	lead := "hex    "
	for half := range slices.Chunk([]byte(digest), 32) {
		var groups []string
		for g := range slices.Chunk(half, 4) {
			groups = append(groups, string(g))
		}
		rows = append(rows, lead+strings.Join(groups, " "))
		lead = "       "
	}
	lead = "words  "
	for line := range slices.Chunk(spelled, 6) {
		var b strings.Builder
		for _, w := range line {
			fmt.Fprintf(&b, "%-9s", w)
		}
		rows = append(rows, lead+strings.TrimRight(b.String(), " "))
		lead = "       "
	}
	return rows
}

// Check is the word by which two people hear whether a line was understood: it
// depends on the letters and digits alone, so that capitals, blanks and marks need
// not be read out. A wrong line has the right word once in 256.
func Check(lang Language, line string) (string, error) {
	spelled, err := list(lang)
	if err != nil {
		return "", err
	}
	heard := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, line)
	return spelled[checksum([]byte(heard))], nil
}
