package detect

import (
	"encoding/binary"
	"strings"
)

// packed is a text of up to sixteen bytes in a form that compares in three steps.
type packed struct {
	head, tail uint64
	n          uint8
}

// pack packs a text; it reports false for one that is empty or too long. packBytes
// does the same for bytes: one function for both would be no function the compiler
// knows how to make quick.
func pack(s string) (p packed, ok bool) {
	n := len(s)
	p.n = uint8(n)
	switch {
	case n > 16 || n == 0:
		return packed{}, false
	case n >= 8:
		p.head, p.tail = load(s), load(s[n-8:])
	case n >= 4:
		p.head = uint64(half(s)) | uint64(half(s[n-4:]))<<32
	default:
		p.head = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return p, true
}

func packBytes(s []byte) (p packed, ok bool) {
	n := len(s)
	p.n = uint8(n)
	switch {
	case n > 16 || n == 0:
		return packed{}, false
	case n >= 8:
		p.head, p.tail = binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[n-8:])
	case n >= 4:
		p.head = uint64(binary.LittleEndian.Uint32(s)) | uint64(binary.LittleEndian.Uint32(s[n-4:]))<<32
	default:
		p.head = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return p, true
}

func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// slot is where a table of 1<<log places keeps a text.
func (p packed) slot(log uint) uint64 { return p.mixed() >> (64 - log) }

// mixed is a hash whose high bits are the good ones.
func (p packed) mixed() uint64 { return (p.head ^ p.tail*mixer>>5 ^ uint64(p.n)) * mixer }

// lexicon is a set of words that is asked often. A byte of each word's hash stands
// apart from the words: that much of thousands of words stays in a near cache, and
// it settles most questions.
type lexicon struct {
	log   uint
	tags  []uint8 // 0 where there is no word
	slots []packed
	more  map[string]bool // longer words
}

// tag is the byte of a hash that a lexicon of 1<<log places keeps.
func tag(mixed uint64, log uint) uint8 { return max(uint8(mixed>>(56-log)), 1) }

func newLexicon(words map[string]bool) *lexicon {
	l := &lexicon{log: 4, more: map[string]bool{}}
	for 1<<l.log < 2*len(words) {
		l.log++
	}
	l.slots, l.tags = make([]packed, 1<<l.log), make([]uint8, 1<<l.log)
	for w := range words {
		p, ok := pack(w)
		if !ok {
			l.more[w] = true
			continue
		}
		i := p.slot(l.log)
		for l.tags[i] != 0 {
			i = (i + 1) & (1<<l.log - 1)
		}
		l.slots[i], l.tags[i] = p, tag(p.mixed(), l.log)
	}
	return l
}

func (l *lexicon) has(word string) bool {
	p, ok := pack(word)
	if !ok {
		return l.more[word]
	}
	return l.find(p)
}

func (l *lexicon) hasBytes(word []byte) bool {
	p, ok := packBytes(word)
	if !ok {
		return l.more[string(word)]
	}
	return l.find(p)
}

// hasFolded reports whether a word, folded, is there.
func (l *lexicon) hasFolded(word []byte) bool {
	var space [16]byte
	if len(word) > len(space) || anyHigh(word) {
		return l.has(strings.ToLower(string(word)))
	}
	return l.hasBytes(foldInto(space[:0], word))
}

func (l *lexicon) find(p packed) bool {
	h := p.mixed()
	t := tag(h, l.log)
	for i := h >> (64 - l.log); ; i = (i + 1) & (1<<l.log - 1) {
		if l.tags[i] == t && l.slots[i] == p {
			return true
		}
		if l.tags[i] == 0 {
			return false
		}
	}
}

// tailSet tells quickly that a word is no key: it holds the ends of all keys.
type tailSet struct {
	three [1 << 9]uint64 // the last three letters of last parts, hashed
	two   [1 << 10]uint64
	one   [4]uint64
}

// add enters the last part of a key.
func (t *tailSet) add(part string) {
	n := len(part)
	switch {
	case n == 0:
	case n == 1:
		t.one[part[0]/64] |= 1 << (part[0] % 64)
	case n == 2:
		h := uint(part[0])<<8 | uint(part[1])
		t.two[h/64] |= 1 << (h % 64)
	default:
		h := tail3(part[n-3], part[n-2], part[n-1])
		t.three[h/64] |= 1 << (h % 64)
	}
}

func tail3(a, b, c byte) uint32 {
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 0x9e3779b1 >> 17
}

// may reports false when no key ends as a text does.
func (t *tailSet) may(key []byte) bool {
	n := len(key)
	for n > 0 && class[key[n-1]]&(fDigit|fLetter|fHigh) == 0 {
		n--
	}
	if n == 0 {
		return false
	}
	c := lower(key[n-1])
	if c >= 0x80 || t.one[c/64]&(1<<(c%64)) != 0 {
		return true
	}
	if n < 2 {
		return false
	}
	b := lower(key[n-2])
	if h := uint(b)<<8 | uint(c); b >= 0x80 || t.two[h/64]&(1<<(h%64)) != 0 {
		return true
	}
	if n < 3 {
		return false
	}
	a := lower(key[n-3])
	h := tail3(a, b, c)
	return a >= 0x80 || t.three[h/64]&(1<<(h%64)) != 0
}

// anyOf reports whether one of some words stands in a text, whatever its case. The
// pairs of letters in the text rule most of them out.
func (s *Scanner) anyOf(text []byte, words []string) bool {
	var pairs [16]uint64
	last := byte(0)
	s.low = s.low[:0]
	for _, c := range text {
		c = lower(c)
		s.low = append(s.low, c)
		h := pairHash(last, c)
		pairs[h/64] |= 1 << (h % 64)
		last = c
	}
	for _, w := range words {
		if h := pairHash(w[0], w[1]); pairs[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		if h := pairHash(w[len(w)-2], w[len(w)-1]); pairs[h/64]&(1<<(h%64)) != 0 && contains(s.low, w) {
			return true
		}
	}
	return false
}

func pairHash(a, b byte) uint32 { return (uint32(a)<<8 | uint32(b)) * 0x9e3779b1 >> 22 }

func contains(text []byte, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i] == word[0] && string(text[i:i+len(word)]) == word {
			return true
		}
	}
	return false
}
