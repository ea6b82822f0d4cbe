package redact

import (
	"encoding/binary"
	"math/bits"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// This file holds what a worker remembers of findings it has met: most are met again
// and again, and what was done about one need not be done for the next like it.

// brief is all that counts of a finding with a text of up to sixteen bytes. It holds
// no pointer, so to compare two is a matter of a few registers.
type brief struct {
	head, tail uint64
	n          uint8
	kind       pseudonym.Kind
	form       detect.Form
	marks      uint8
}

// The marks of a brief. None has none, so that the zero brief is that of no finding.
const (
	isBrief   uint8 = 1 << iota
	isItsForm       // the value is the text
	isLearnt
	isTold
)

// briefOf returns the brief of a finding; it reports false where the text is longer, or
// the value says something else.
func briefOf(f *detect.Finding, text []byte, marks uint8) (b brief, ok bool) {
	n := len(text)
	if n == 0 || n > 16 {
		return b, false
	}
	if f.Value != "" {
		if f.Value != string(text) {
			return b, false
		}
		marks |= isItsForm
	}
	b.n, b.kind, b.form, b.marks = uint8(n), f.Kind, f.Form, marks|isBrief
	switch {
	case n >= 8:
		b.head, b.tail = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		b.head = uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	default:
		b.head = uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	return b, true
}

// spread places a brief.
func (b brief) spread() uint64 { return mixed(b.head, b.tail+uint64(b.kind)) }

// most is how many briefs are remembered.
func (brief) most() int { return mostBriefs }

// A memory begins small and forgets all when it is full. A key is looked for in few
// places, lest values made for it slow a scan down.
const (
	leastKeys  = 1 << 8
	mostBriefs = 1 << 13
	mostPlaces = 32
)

// key is what a memory finds things by; the zero value is none.
type key interface {
	comparable
	spread() uint64 // where it is looked for
	most() int      // how many of the sort are remembered, a power of two
}

// recent remembers something of the keys met last.
type recent[K key, V any] struct {
	slots []recalled[K, V] // about half of them free, or more
	used  int
}

type recalled[K key, V any] struct {
	key  K
	what V
}

// at is the place of a key, or the one where it would be.
func (r *recent[K, V]) at(k K) *recalled[K, V] {
	var none K
	mask := uint64(len(r.slots) - 1)
	first := k.spread()
	for i := first; i < first+mostPlaces; i++ {
		if s := &r.slots[i&mask]; s.key == k || s.key == none {
			return s
		}
	}
	return &r.slots[first&mask]
}

// find returns what is remembered of a key.
func (r *recent[K, V]) find(k K) (what V, ok bool) {
	if len(r.slots) == 0 {
		return what, false
	}
	s := r.at(k)
	return s.what, s.key == k
}

// keep remembers something of a key that is not there.
func (r *recent[K, V]) keep(k K, what V) {
	var none K
	switch {
	case r.used == k.most():
		clear(r.slots)
		r.used = 0
	case 2*r.used == len(r.slots):
		old := r.slots
		r.slots = make([]recalled[K, V], max(2*len(old), leastKeys))
		for _, s := range old {
			if s.key != none {
				*r.at(s.key) = s
			}
		}
	}
	*r.at(k) = recalled[K, V]{k, what}
	r.used++
}

// quickHash is a quick hash for memories that compare what they find.
func quickHash(b []byte) uint64 {
	h := uint64(len(b))
	for ; len(b) >= 8; b = b[8:] {
		h = mixed(h, binary.LittleEndian.Uint64(b))
	}
	var rest [8]byte
	copy(rest[:], b)
	return mixed(h, binary.LittleEndian.Uint64(rest[:]))
}

// mixed folds the whole product of two numbers, so that each of their bits, those of the
// last letters of a text as well, has a say in all bits of it.
func mixed(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mixedFirst, b^mixedLast)
	return hi ^ lo
}

// Two numbers without a pattern.
const (
	mixedFirst = 0x9e3779b97f4a7c15
	mixedLast  = 0xd1342543de82ef95
)
