package chunk

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/fse"
)

// How numbers are written: by the code of that place, or in one of these ways.
const (
	numbersAlike   = codeCount + iota // one number, which all are
	numbersVarints                    // a uvarint each
	numbersFSE                        // classes by github.com/klauspost/compress/fse, then extra bits
	numbersWays
)

// appendNumbers writes numbers of at most maxBits bits whose count the decoder knows.
func (c *intCoder) appendNumbers(dst []byte, u []int64) []byte {
	if len(u) == 0 {
		return dst
	}
	if alike(u) {
		return binary.AppendUvarint(append(dst, numbersAlike), uint64(u[0]))
	}
	bytes := 0
	for _, x := range u {
		bytes += (bits.Len64(uint64(x)|1) + 6) / 7
	}
	c.census.take(u)
	way, cost := c.census.code()
	if uint64(bytes)*8*256 <= cost {
		dst = append(dst, numbersVarints)
		for _, x := range u {
			dst = binary.AppendUvarint(dst, uint64(x))
		}
		return dst
	}
	if c.census.mayGain(cost) {
		with, ok := c.appendFSE(append(dst, numbersFSE), u)
		if ok && uint64(len(with)-len(dst))*8*256 <= cost-cost/fseGain {
			return with
		}
	}
	low := c.census.low
	return c.appendCoded(append(dst, byte(way), byte(low)), &codes()[way], low, u)
}

// fseGain is the part of the size that a table of its own must save a sequence,
// as it takes several times as long to read.
const fseGain = 32

// appendFSE writes the classes with a table of their own, and then the extra
// bits; false when the classes cannot be packed so.
func (c *intCoder) appendFSE(dst []byte, u []int64) ([]byte, bool) {
	c.classes = c.classes[:0]
	for _, x := range u {
		class, _ := classOf(uint64(x))
		c.classes = append(c.classes, class)
	}
	b, err := fse.Compress(c.classes, &c.fse)
	if err != nil {
		return nil, false // all alike, or not worth it
	}
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	w := bitWriter{b: append(dst, b...)}
	for i, x := range u {
		if _, n := baseOf(c.classes[i]); n > 0 {
			w.put(uint64(x)&(1<<n-1), n)
		}
	}
	return w.end(), true
}

// numbers reads len(u) numbers that appendNumbers wrote.
func (c *intCoder) numbers(r *reader, u []int64) error {
	if len(u) == 0 {
		return nil
	}
	switch way := r.byte(); way {
	case numbersAlike:
		x := int64(r.uvarint())
		for i := range u {
			u[i] = x
		}
	case numbersVarints:
		for i := range u {
			u[i] = int64(r.uvarint())
		}
	case numbersFSE:
		return c.fseNumbers(r, u)
	default:
		low := uint(r.byte())
		if way >= codeCount || low > maxBits {
			return corrupt("numbers written in way %d, %d bits as they are", way, low)
		}
		rest, ok := codes()[way].coded(r.b, low, u)
		if !ok {
			return corrupt("coded numbers")
		}
		r.b = rest
	}
	if r.bad {
		return corrupt("numbers end too early")
	}
	return nil
}

func (c *intCoder) fseNumbers(r *reader, u []int64) error {
	packed := r.bytes(r.uvarint())
	if r.bad {
		return corrupt("classes end too early")
	}
	c.fse.DecompressLimit = len(u) + 512
	classes, err := fse.Decompress(packed, &c.fse)
	if err != nil {
		return corrupt("classes: %v", err)
	}
	if len(classes) != len(u) || slices.Max(classes) > maxClass {
		return corrupt("%d classes of %d numbers", len(classes), len(u))
	}
	b := bitReader{b: r.b}
	for i, class := range classes {
		base, n := baseOf(class)
		u[i] = int64(base + b.get(n))
	}
	n, ok := b.end()
	if !ok {
		return corrupt("extra bits end too early")
	}
	r.b = r.b[n:]
	return nil
}
