package detect

import (
	"encoding/binary"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// memory holds the verdict on a word of up to sixteen bytes, the rest of them zero,
// which is in no word.
type memory struct {
	head, tail uint64
	v          verdict
}

// masks keep so many of sixteen bytes.
var masks = func() (m [17]struct{ head, tail uint64 }) {
	for n := range m {
		m[n].head = 1<<(8*min(n, 8)) - 1
		m[n].tail = 1<<(8*max(n-8, 0)) - 1
	}
	return m
}()

// longMemory is the same for longer words.
type longMemory struct {
	v    verdict
	n    uint8
	text [63]byte
}

// newKeys makes a memory of keys in which nothing is met yet; the empty key has no rule.
func newKeys() []keyMemory {
	m := make([]keyMemory, 1<<foldLog)
	for i := range m {
		m[i].rule = noRule
	}
	return m
}

// remembered is a question about stand-ins that remembers its last answers: they are
// told from other values by a keyed hash, which costs more than all else about a word.
func remembered(owns func(pseudonym.Kind, string) bool) func(pseudonym.Kind, string) bool {
	type answer struct {
		kind pseudonym.Kind
		text string
		own  bool
	}
	var last []answer
	return func(k pseudonym.Kind, text string) bool {
		if k == pseudonym.Name && !pseudonym.EndsAsToken(text) {
			return false
		}
		if len(text) > 128 || text == "" {
			return owns(k, text)
		}
		if last == nil {
			last = make([]answer, 1<<ownLog)
		}
		h := uint64(k) + uint64(len(text))<<8
		rest := text
		for ; len(rest) >= 8; rest = rest[8:] {
			h = (h ^ load(rest)) * mixer
			h ^= h >> 29
		}
		for i := range len(rest) {
			h = h*31 + uint64(rest[i])
		}
		a := &last[h*mixer>>(64-ownLog)]
		if a.kind != k || a.text != text {
			*a = answer{k, text, owns(k, text)}
		}
		return a.own
	}
}

// fold returns a word in lower case without making a new string for one that was
// asked for before.
func (s *Scanner) fold(w []byte) string {
	p, ok := packBytes(w)
	if !ok {
		return s.foldLong(w)
	}
	m := &s.folds[p.slot(foldLog)]
	if m.packed != p {
		*m = foldMemory{p, strings.ToLower(string(w))}
	}
	return m.folded
}

func (s *Scanner) foldLong(w []byte) string {
	m := &s.folded[hash(w)>>(32-foldLog)]
	if m.text != string(w) {
		m.text = string(w)
		m.folded = strings.ToLower(m.text)
	}
	return m.folded
}

// longFold holds a longer word and the same in lower case.
type longFold struct{ text, folded string }

// foldMemory holds a short word in lower case.
type foldMemory struct {
	packed
	folded string
}

// nameMemory holds what is known of a short name: whether it means the same
// everywhere, and whether it stands where hosts do without being one.
type nameMemory struct {
	packed
	stays, noHost bool
}

// longName is the same of a longer one.
type longName struct {
	name  string
	stays bool
}

// keyRule is the rule of a key, from memory where it was met before.
func (s *Scanner) keyRule(key []byte) int16 {
	if !s.k.tails.may(key) {
		return s.k.modified(key)
	}
	m := &s.keys[hash(key)>>(32-foldLog)]
	if m.text != string(key) {
		*m = keyMemory{string(key), s.k.keyRule(key)}
	}
	return m.rule
}

// keyMemory holds the rule of a key.
type keyMemory struct {
	text string
	rule int16
}

// recall returns the verdict on a word, from memory where it is there.
func (s *Scanner) recall(lo, hi int) verdict {
	w := s.buf[lo:hi]
	if len(w) > 16 {
		return s.recallLong(w)
	}
	var rest [16]byte
	b := s.buf[lo:]
	if len(b) < 16 {
		copy(rest[:], b)
		b = rest[:]
	}
	mask := &masks[len(w)]
	head, tail := binary.LittleEndian.Uint64(b)&mask.head, binary.LittleEndian.Uint64(b[8:16])&mask.tail
	at := (head ^ tail*mixer>>5) * mixer >> (64 - memoLog)
	m := &s.memo[at]
	if m.head == head && m.tail == tail {
		return m.v
	}
	next := &s.memo[at^1] // holds the word met here before this one
	was := *m
	if next.head == head && next.tail == tail {
		*m = *next
	} else {
		*m = memory{head, tail, s.classify(w)}
	}
	*next = was
	return m.v
}

// recallLong does the same for longer words.
func (s *Scanner) recallLong(w []byte) verdict {
	if len(w) > len(s.long[0].text) {
		return s.classify(w)
	}
	m := &s.long[hash(w)>>(32-longLog)]
	if int(m.n) == len(w) && string(m.text[:m.n]) == string(w) {
		return m.v
	}
	m.v = s.classify(w)
	m.n = uint8(copy(m.text[:], w))
	return m.v
}

const (
	memoLog  = 14
	memoSize = 1 << memoLog
	longLog  = 11
)

const foldLog = 11
