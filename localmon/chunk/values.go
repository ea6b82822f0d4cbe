package chunk

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// How the values of a stream are written: the lower four bits of its first
// byte. The upper four bits are the decimal exponent where there is one.
const (
	valuesZero   = iota // all are +0
	valuesAlike         // all are one decimal
	valuesSame          // all have the same 64 bits
	valuesShort         // decimals
	valuesFloats        // 64 bits each
	valuesLinked        // decimals that follow another series of the shard
	valuesRatios        // quotients of whole numbers
	valuesKinds
)

// Encoder packs the values of series. The zero value is ready.
type Encoder struct {
	ints  intCoder
	mant  []int64
	work  []int64
	under []int64 // denominators
}

// Values appends the stream of at least one and at most MaxValues values.
func (e *Encoder) Values(dst []byte, v []float64) []byte {
	return e.values(dst, v, nil)
}

// values is Values for a series that may be linked to its neighbours in a shard.
func (e *Encoder) values(dst []byte, v []float64, near *neighbours) []byte {
	if len(v) == 0 || len(v) > MaxValues {
		panic(fmt.Sprintf("chunk: %d values in one stream", len(v)))
	}
	if same(v) {
		return appendSame(dst, v[0])
	}
	e.mant = resize(e.mant, len(v))
	if exponent, ok := Decimals(e.mant, v); ok {
		return e.mantissas(dst, e.mant, exponent, near)
	}
	if packed, ok := e.ratios(append(dst, valuesRatios), v); ok {
		return packed
	}
	return e.floats(append(dst, valuesFloats), v)
}

// decimals is values for mantissas.
func (e *Encoder) decimals(dst []byte, m []int64, exponent uint8, near *neighbours) []byte {
	if len(m) > MaxValues {
		panic(fmt.Sprintf("chunk: %d values in one stream", len(m)))
	}
	if alike(m) {
		return appendSame(dst, Float(m[0], exponent))
	}
	return e.mantissas(dst, m, exponent, near)
}

// mantissas writes decimals that are not all the same.
func (e *Encoder) mantissas(dst []byte, m []int64, exponent uint8, near *neighbours) []byte {
	if near != nil {
		if linked, ok := e.linked(append(dst, valuesLinked|exponent<<4), m, near); ok {
			return linked
		}
		near.add(m)
	}
	return e.short(append(dst, valuesShort|exponent<<4), m)
}

// same reports whether all values have the same bits.
func same(v []float64) bool {
	first := math.Float64bits(v[0])
	for _, x := range v[1:] {
		if math.Float64bits(x) != first {
			return false
		}
	}
	return true
}

func appendSame(dst []byte, v float64) []byte {
	if math.Float64bits(v) == 0 {
		return append(dst, valuesZero)
	}
	if m, exponent, ok := Decimal(v, 0); ok {
		return binary.AppendVarint(append(dst, valuesAlike|exponent<<4), m)
	}
	return binary.LittleEndian.AppendUint64(append(dst, valuesSame), math.Float64bits(v))
}

// short writes mantissas as integers freed of what they have in common.
func (e *Encoder) short(dst []byte, m []int64) []byte {
	factor := commonFactor(m)
	dst = binary.AppendUvarint(dst, uint64(factor))
	z := resize(e.work, len(m))
	e.work = z
	if factor == 1 {
		copy(z, m)
		return e.ints.appendInts(dst, z)
	}
	offset := m[0] % factor
	for i, x := range m {
		z[i] = (x - offset) / factor
	}
	return e.ints.appendInts(binary.AppendVarint(dst, offset), z)
}

// commonFactor is the greatest common divisor of all differences, at least 1.
func commonFactor(m []int64) int64 {
	var g uint64
	p := m[0]
	for _, x := range m[1:] {
		if x == p {
			continue
		}
		if g = gcd(g, uint64(max(x, p)-min(x, p))); g == 1 {
			return 1
		}
		p = x
	}
	return int64(max(g, 1))
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// floats writes the 64 bits of each value: the upper 16 as integers, the lower
// ones as they are but for the zeros that end all of them.
func (e *Encoder) floats(dst []byte, v []float64) []byte {
	var low uint64
	z := resize(e.work, len(v))
	e.work = z
	for i, x := range v {
		low |= math.Float64bits(x)
		z[i] = int64(math.Float64bits(x) >> 48)
	}
	cut := uint(min(48, bits.TrailingZeros64(low)))
	dst = append(dst, byte(cut))
	dst = e.ints.appendInts(dst, z)
	w := bitWriter{b: dst}
	for _, x := range v {
		w.put(math.Float64bits(x)&(1<<48-1)>>cut, 48-cut)
	}
	return w.end()
}
