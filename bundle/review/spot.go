package review

import "bytes"

// spotter finds which of some words begin where in a line, in one pass: the
// first three bytes of every word are looked up in a table of bits.
type spotter struct {
	bits    [1 << 16 / 64]uint64
	byStart map[uint32][]int // words by their first three bytes
	words   [][]byte
	short   []int // words too short for that
}

func newSpotter(words [][]byte) *spotter {
	s := &spotter{byStart: map[uint32][]int{}, words: words}
	for i, w := range words {
		if len(w) < 3 {
			s.short = append(s.short, i)
			continue
		}
		start := uint32(w[0])<<16 | uint32(w[1])<<8 | uint32(w[2])
		s.byStart[start] = append(s.byStart[start], i)
		bit := bitOf(start)
		s.bits[bit/64] |= 1 << (bit % 64)
	}
	return s
}

func bitOf(start uint32) uint32 { return start * 0x9e3779b1 >> 16 }

// find sets hits[i] to where word i begins first, or to -1, and reports whether
// any was found. Where none was, hits is not set.
func (s *spotter) find(line []byte, hits []int) bool {
	found := false
	set := func(i, at int) {
		if !found {
			found = true
			for j := range hits {
				hits[j] = -1
			}
		}
		if hits[i] < 0 {
			hits[i] = at
		}
	}
	for _, i := range s.short {
		if at := bytes.Index(line, s.words[i]); at >= 0 {
			set(i, at)
		}
	}
	if len(line) < 3 {
		return found
	}
	start := uint32(line[0])<<8 | uint32(line[1])
	for at, c := range line[2:] {
		start = (start<<8 | uint32(c)) & 0xffffff
		if bit := bitOf(start); s.bits[bit/64]>>(bit%64)&1 == 0 {
			continue
		}
		for _, i := range s.byStart[start] {
			if bytes.HasPrefix(line[at:], s.words[i]) {
				set(i, at)
			}
		}
	}
	return found
}
