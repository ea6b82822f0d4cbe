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
	valuesKinds
)

// Summary is what a stream knows of its values. Min and Max are those of
// math.Min and math.Max, so one NaN makes them NaN.
type Summary struct {
	Count                      int
	First, Last, Min, Max, Sum float64
}

// Encoder packs the values of series. The zero value is ready.
type Encoder struct {
	ints intCoder
	mant []int64
	work []int64
}

// Values appends the stream of at least one and at most MaxValues values.
func (e *Encoder) Values(dst []byte, v []float64) []byte {
	if len(v) == 0 || len(v) > MaxValues {
		panic(fmt.Sprintf("chunk: %d values in one stream", len(v)))
	}
	if same(v) {
		return appendSame(dst, v[0])
	}
	e.mant = resize(e.mant, len(v))
	if exponent, ok := Decimals(e.mant, v); ok {
		return e.short(append(dst, valuesShort|exponent<<4), e.mant)
	}
	return e.floats(append(dst, valuesFloats), v)
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

// short writes mantissas: their summary, then integers freed of what they have
// in common.
func (e *Encoder) short(dst []byte, m []int64) []byte {
	factor := commonFactor(m)
	offset := int64(0)
	if factor > 1 {
		offset = m[0] % factor
	}
	z := resize(e.work, len(m))
	e.work = z
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	if factor == 1 {
		copy(z, m)
	} else {
		for i, x := range m {
			z[i] = (x - offset) / factor
		}
	}
	var sum uint64
	for _, x := range z {
		low, high = min(low, x), max(high, x)
	}
	for _, x := range z {
		sum += uint64(x - low)
	}
	dst = binary.AppendUvarint(dst, uint64(factor))
	if factor > 1 {
		dst = binary.AppendVarint(dst, offset)
	}
	dst = binary.AppendVarint(dst, low)
	dst = binary.AppendUvarint(dst, uint64(high-low))
	dst = binary.AppendUvarint(dst, uint64(z[0]-low))
	dst = binary.AppendUvarint(dst, uint64(z[len(z)-1]-low))
	dst = binary.AppendUvarint(dst, sum)
	return e.ints.appendInts(dst, z)
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
	s := Summary{Min: v[0], Max: v[0], First: v[0], Last: v[len(v)-1]}
	var low uint64
	z := resize(e.work, len(v))
	e.work = z
	for i, x := range v {
		s.Min, s.Max, s.Sum = math.Min(s.Min, x), math.Max(s.Max, x), s.Sum+x
		low |= math.Float64bits(x)
		z[i] = int64(math.Float64bits(x) >> 48)
	}
	for _, x := range []float64{s.First, s.Last, s.Min, s.Max, s.Sum} {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
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

// Decoder unpacks streams. The zero value is ready.
type Decoder struct {
	ints intCoder
	work []int64
}

// Values reads len(dst) values, which must be how many were encoded.
func (d *Decoder) Values(dst []float64, stream []byte) error {
	if len(dst) == 0 || len(dst) > MaxValues {
		return corrupt("%d values in one stream", len(dst))
	}
	r := reader{b: stream}
	p, err := r.preamble(len(dst))
	if err != nil {
		return err
	}
	switch p.kind {
	case valuesShort:
		err = d.short(dst, &r, &p)
	case valuesFloats:
		err = d.floats(dst, &r, &p)
	default:
		for i := range dst {
			dst[i] = p.First
		}
	}
	if err == nil && (r.bad || len(r.b) > 0) {
		err = corrupt("%d bytes after a stream", len(r.b))
	}
	return err
}

// preamble is what stands before the values of a stream.
type preamble struct {
	Summary
	kind           byte
	exponent       uint8
	factor, offset int64
	cut            uint
}

func (r *reader) preamble(n int) (preamble, error) {
	head := r.byte()
	p := preamble{kind: head & 15, exponent: head >> 4}
	p.Count = n
	if r.bad || p.kind >= valuesKinds || p.exponent > MaxExponent {
		return p, corrupt("first byte %#x of a stream", head)
	}
	switch p.kind {
	case valuesZero, valuesAlike, valuesSame:
		var v float64
		switch p.kind {
		case valuesAlike:
			v = Float(r.varint(), p.exponent)
		case valuesSame:
			v = math.Float64frombits(r.uint64())
		}
		p.First, p.Last, p.Min, p.Max, p.Sum = v, v, v, v, v*float64(n)
	case valuesShort:
		p.factor = int64(r.uvarint())
		if p.factor < 1 || p.factor > 2*maxMantissa {
			return p, corrupt("common factor %d", p.factor)
		}
		if p.factor > 1 {
			p.offset = r.varint()
		}
		low := r.varint()
		value := func(z int64) float64 { return Float(z*p.factor+p.offset, p.exponent) }
		p.Min = value(low)
		p.Max = value(low + int64(r.uvarint()))
		p.First = value(low + int64(r.uvarint()))
		p.Last = value(low + int64(r.uvarint()))
		sum := int64(r.uvarint()) + low*int64(n)
		p.Sum = Float(sum*p.factor+p.offset*int64(n), p.exponent)
	case valuesFloats:
		for _, f := range []*float64{&p.First, &p.Last, &p.Min, &p.Max, &p.Sum} {
			*f = math.Float64frombits(r.uint64())
		}
		p.cut = uint(r.byte())
		if p.cut > 48 {
			return p, corrupt("%d bits cut", p.cut)
		}
	}
	if r.bad {
		return p, corrupt("a stream ends in its preamble")
	}
	return p, nil
}

// Summarize reads the summary of a stream of n values without decoding them.
func Summarize(stream []byte, n int) (Summary, error) {
	if n <= 0 || n > MaxValues {
		return Summary{}, corrupt("%d values in one stream", n)
	}
	r := reader{b: stream}
	p, err := r.preamble(n)
	return p.Summary, err
}

func (d *Decoder) short(dst []float64, r *reader, p *preamble) error {
	d.work = resize(d.work, len(dst))
	z := d.work
	if err := d.ints.ints(r, z); err != nil {
		return err
	}
	if p.factor != 1 {
		for i, x := range z {
			z[i] = x*p.factor + p.offset
		}
	}
	if p.exponent == 0 {
		for i, x := range z {
			dst[i] = float64(x)
		}
		return nil
	}
	by := pow10[p.exponent]
	for i, x := range z {
		dst[i] = float64(x) / by
	}
	return nil
}

func (d *Decoder) floats(dst []float64, r *reader, p *preamble) error {
	d.work = resize(d.work, len(dst))
	if err := d.ints.ints(r, d.work); err != nil {
		return err
	}
	b := bitReader{b: r.bytes((uint64(len(dst))*uint64(48-p.cut) + 7) / 8)}
	if r.bad {
		return corrupt("lower bits end too early")
	}
	for i, x := range d.work {
		if uint64(x) > math.MaxUint16 {
			return corrupt("upper bits %#x", x)
		}
		dst[i] = math.Float64frombits(uint64(x)<<48 | b.get(48-p.cut)<<p.cut)
	}
	if !b.done() {
		return corrupt("lower bits do not end a byte with zeros")
	}
	return nil
}
