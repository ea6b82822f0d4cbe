package detect

import (
	"encoding/binary"
	"math/bits"
)

// cutter finds where words begin and end: a bit for each byte of a chunk, set where
// the byte belongs to a word. Making them eight bytes at a time and looking for the
// next bit costs less than a look at each byte.
type cutter struct {
	bits []uint64 // and a last one of zeros
	n    int
	high bool // there are bytes above ASCII
}

// Each constant below repeats a byte in all eight places of a load.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// read takes a chunk.
func (c *cutter) read(b []byte) {
	words := (len(b) + 63) / 64
	if cap(c.bits) <= words {
		c.bits = make([]uint64, words+1, words+words/8+1)
	}
	c.bits, c.n = c.bits[:words+1], len(b)
	c.bits[words] = 0
	above := uint64(0)
	whole := len(b) / 64
	for i := range whole {
		block := (*[64]byte)(b[i*64:])
		m := uint64(0)
		for j := 0; j < 64; j += 8 {
			x := binary.LittleEndian.Uint64(block[j : j+8])
			above |= x
			// Letters, digits, the signs . - _ @ and all above ASCII set their highest bit.
			low := x &^ highs
			w := between(low|0x20*ones, 'a', 'z') | between(low, '-', '9')&^between(low, '/', '/') | between(low, '@', '@') | between(low, '_', '_') | x
			m |= gather(w) << uint(j)
		}
		c.bits[i] = m
	}
	if whole < words {
		m := uint64(0)
		for j, v := range b[whole*64:] {
			if class[v] != 0 {
				m |= 1 << uint(j)
			}
			above |= uint64(v)
		}
		c.bits[whole] = m
	}
	c.high = above&highs != 0
}

// between sets the highest bit of each byte from a to z; the bytes are below 0x80.
func between(x uint64, a, z uint64) uint64 {
	return (x + (0x80-a)*ones) &^ (x + (0x7f-z)*ones)
}

// gather puts the highest bits of eight bytes side by side.
func gather(x uint64) uint64 { return x & highs >> 7 * 0x0102040810204080 >> 56 }

// next is the first place of a word at or behind i, or the end of the chunk.
func (c *cutter) next(i int) int {
	w := i >> 6
	m := c.bits[w] >> uint(i&63)
	if m != 0 {
		return i + bits.TrailingZeros64(m)
	}
	for w++; w < len(c.bits); w++ {
		if m = c.bits[w]; m != 0 {
			return w<<6 + bits.TrailingZeros64(m)
		}
	}
	return c.n
}

// end is the first place behind i that belongs to no word.
func (c *cutter) end(i int) int {
	w := i >> 6
	m := ^c.bits[w] >> uint(i&63)
	if m != 0 {
		return min(i+bits.TrailingZeros64(m), c.n)
	}
	for w++; w < len(c.bits); w++ {
		if m = ^c.bits[w]; m != 0 {
			return min(w<<6+bits.TrailingZeros64(m), c.n)
		}
	}
	return c.n
}
