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

// A memory of briefs begins small and forgets all when so many are in it. A brief is
// looked for in few places, lest values made for it slow a scan down.
const (
	leastBriefs = 1 << 10
	mostBriefs  = 1 << 13
	mostPlaces  = 32
)

// recent remembers something of the findings met last.
type recent[T any] struct {
	slots []recalled[T] // about half of them free, or more
	used  int
}

type recalled[T any] struct {
	brief
	what T
}

// at is the place of a finding, or the one where it would be.
func (r *recent[T]) at(b *brief) *recalled[T] {
	mask := uint64(len(r.slots) - 1)
	first := mixed(b.head, b.tail+uint64(b.kind))
	for i := first; i < first+mostPlaces; i++ {
		if s := &r.slots[i&mask]; s.brief == *b || s.marks == 0 {
			return s
		}
	}
	return &r.slots[first&mask]
}

// find returns what is remembered of a finding.
func (r *recent[T]) find(b *brief) (what T, ok bool) {
	if len(r.slots) == 0 {
		return what, false
	}
	s := r.at(b)
	return s.what, s.brief == *b
}

// keep remembers something of a finding that is not there.
func (r *recent[T]) keep(b *brief, what T) {
	switch {
	case r.used == mostBriefs:
		clear(r.slots)
		r.used = 0
	case 2*r.used == len(r.slots):
		old := r.slots
		r.slots = make([]recalled[T], max(2*len(old), leastBriefs))
		for i := range old {
			if old[i].marks != 0 {
				*r.at(&old[i].brief) = old[i]
			}
		}
	}
	*r.at(b) = recalled[T]{*b, what}
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
