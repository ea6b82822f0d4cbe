package chunk

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/klauspost/compress/fse"
)

// A number is written as a class, which is entropy-coded, and extra bits, which
// are not. Zigzag values below 16 are classes of their own; above, a class is
// the bit length and the two bits below the leading one.
const (
	ownClasses = 16
	maxClass   = ownClasses + (64-5)*4 + 3
)

func classOf(u uint64) (class byte, extra uint64, n uint) {
	if u < ownClasses {
		return byte(u), 0, 0
	}
	length := uint(bits.Len64(u)) // 5 or more
	n = length - 3
	return byte(ownClasses + (length-5)*4 + uint(u>>n)&3), u & (1<<n - 1), n
}

// classTable gives the base and the number of extra bits of a class.
var classTable = func() (t [256]struct {
	base uint64
	n    uint8
},
) {
	for c := range maxClass + 1 {
		if c < ownClasses {
			t[c].base = uint64(c)
			continue
		}
		n := uint(c-ownClasses)/4 + 2
		t[c].base, t[c].n = (4+uint64(c-ownClasses)&3)<<n, uint8(n)
	}
	return t
}()

// bitWriter packs bits, lowest first.
type bitWriter struct {
	b   []byte
	acc uint64
	n   uint // bits in acc, below 8 between calls
}

// put writes the lower n <= 64 bits of v; the others must be zero.
func (w *bitWriter) put(v uint64, n uint) {
	if n > 32 {
		w.put(v&(1<<32-1), 32)
		v, n = v>>32, n-32
	}
	w.acc |= v << w.n
	w.n += n
	for w.n >= 8 {
		w.b = append(w.b, byte(w.acc))
		w.acc >>= 8
		w.n -= 8
	}
}

// end fills the last byte with zeros.
func (w *bitWriter) end() []byte {
	if w.n > 0 {
		w.b = append(w.b, byte(w.acc))
		w.acc, w.n = 0, 0
	}
	return w.b
}

// bitReader reads what bitWriter wrote. Past the end it gives zeros; done tells.
type bitReader struct {
	b   []byte
	pos uint
}

// get reads n <= 64 bits.
func (r *bitReader) get(n uint) uint64 {
	at := r.pos >> 3
	shift := r.pos & 7
	if n <= 56 && int(at)+8 <= len(r.b) {
		r.pos += n
		return binary.LittleEndian.Uint64(r.b[at:]) >> shift & (1<<n - 1)
	}
	return r.slow(n)
}

func (r *bitReader) slow(n uint) uint64 {
	if n > 32 {
		low := r.slow(32)
		return low | r.slow(n-32)<<32
	}
	var v uint64
	at := int(r.pos >> 3)
	for i := range 5 {
		if at+i < len(r.b) {
			v |= uint64(r.b[at+i]) << (8 * i)
		}
	}
	v = v >> (r.pos & 7) & (1<<n - 1)
	r.pos += n
	return v
}

// done reports whether exactly the bits that are there were read, the rest of
// the last byte being zero.
func (r *bitReader) done() bool {
	if (r.pos+7)>>3 != uint(len(r.b)) {
		return false
	}
	return r.pos&7 == 0 || r.b[len(r.b)-1]>>(r.pos&7) == 0
}

// How a sequence of classes is written.
const (
	symbolsRaw    = iota // a byte each
	symbolsSingle        // all alike: one byte
	symbolsFSE           // by github.com/klauspost/compress/fse
	symbolsKinds
)

// appendSymbols writes a sequence of classes whose length the decoder knows.
func appendSymbols(dst, s []byte, scratch *fse.Scratch) []byte {
	if len(s) == 0 {
		return dst
	}
	packed, err := fse.Compress(s, scratch)
	switch {
	case errors.Is(err, fse.ErrUseRLE) || len(s) == 1 || allAlike(s):
		return append(dst, symbolsSingle, s[0])
	case err != nil || len(packed) >= len(s):
		return append(append(dst, symbolsRaw), s...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(packed))*symbolsKinds+symbolsFSE)
	return append(dst, packed...)
}

func allAlike(s []byte) bool {
	for _, c := range s {
		if c != s[0] {
			return false
		}
	}
	return true
}

// symbols reads n classes. The slice it returns is good until the next call
// with the same scratch.
func (r *reader) symbols(n int, scratch *fse.Scratch, buf []byte) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	head := r.uvarint()
	size := head / symbolsKinds
	switch head % symbolsKinds {
	case symbolsRaw:
		if s := r.bytes(uint64(n)); size == 0 && s != nil {
			return s, nil
		}
	case symbolsSingle:
		c := r.byte()
		if size == 0 && !r.bad {
			s := buf[:n]
			for i := range s {
				s[i] = c
			}
			return s, nil
		}
	case symbolsFSE:
		b := r.bytes(size)
		if b == nil {
			break
		}
		scratch.DecompressLimit = n + 512
		s, err := fse.Decompress(b, scratch)
		if err != nil {
			return nil, corrupt("classes: %v", err)
		}
		if len(s) == n {
			return s, nil
		}
	}
	return nil, corrupt("classes: %d wanted", n)
}
