package chunk

import (
	"encoding/binary"
	"math/bits"
)

// A number is written as a class, which is entropy-coded, and extra bits, which
// are not. Numbers below ownClasses are classes of their own; above, a class is
// the bit length and the two bits below the leading one.
const (
	ownClasses = 32
	ownBits    = 5
	maxClass   = ownClasses + (maxBits-ownBits-1)*4 + 3

	// maxBits bounds the bit length of a number: 2^50 differenced twice, less a
	// prediction, zigzag-mapped.
	maxBits = 58
)

func classOf(u uint64) (class byte, n uint) {
	if u < ownClasses {
		return byte(u), 0
	}
	n = uint(bits.Len64(u)) - 3
	return byte(ownClasses + (n+2-ownBits)*4 + uint(u>>n)&3), n
}

// baseOf gives the least number of a class and how many extra bits follow.
func baseOf(class byte) (base uint64, n uint) {
	if class < ownClasses {
		return uint64(class), 0
	}
	n = uint(class-ownClasses)/4 + ownBits - 2
	return (4 + uint64(class-ownClasses)&3) << n, n
}

// bitWriter packs bits, lowest first.
type bitWriter struct {
	b   []byte
	acc uint64
	n   uint // bits in acc, below 32 between calls
}

// put writes the lower n <= 64 bits of v; the others must be zero.
func (w *bitWriter) put(v uint64, n uint) {
	if n > 32 {
		w.put(v&(1<<32-1), 32)
		v, n = v>>32, n-32
	}
	w.acc |= v << w.n
	if w.n += n; w.n >= 32 {
		w.b = binary.LittleEndian.AppendUint32(w.b, uint32(w.acc))
		w.acc >>= 32
		w.n -= 32
	}
}

// end fills the last byte with zeros.
func (w *bitWriter) end() []byte {
	for ; w.n > 0; w.n -= min(8, w.n) {
		w.b = append(w.b, byte(w.acc))
		w.acc >>= 8
	}
	return w.b
}

// bitReader reads what bitWriter wrote. Past the end it gives zeros; end tells.
type bitReader struct {
	b   []byte
	pos uint
}

// get reads n <= 64 bits.
func (r *bitReader) get(n uint) uint64 {
	if n > 56 {
		low := r.get(32)
		return low | r.get(n-32)<<32
	}
	v := peek(r.b, r.pos) & (1<<n - 1)
	r.pos += n
	return v
}

// peek gives at least 57 bits from a position on; past the end they are zero.
func peek(b []byte, pos uint) uint64 {
	at := pos >> 3
	if at+8 <= uint(len(b)) {
		return binary.LittleEndian.Uint64(b[at:]) >> (pos & 7)
	}
	var v uint64
	for i := at; i < uint(len(b)); i++ {
		v |= uint64(b[i]) << (8 * (i - at))
	}
	return v >> (pos & 7)
}

// end returns how many bytes were read; false when more than there are, or when
// the rest of the last one is not zero.
func (r *bitReader) end() (int, bool) {
	n := int((r.pos + 7) >> 3)
	if n > len(r.b) || r.pos&7 != 0 && r.b[n-1]>>(r.pos&7) != 0 {
		return 0, false
	}
	return n, true
}
