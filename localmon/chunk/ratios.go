package chunk

import (
	"encoding/binary"
	"math"
)

// Many values that are no decimals are quotients of whole numbers that the
// source divided: bytes by operations, busy by elapsed time, used by total. The
// two numbers, found by continued fractions, are shorter than 52 bits.

// maxDenominator bounds denominators. Numbers that are no quotients have none as
// small as that, but for rare chance.
const maxDenominator = 1 << 24

// ratio finds p and q such that v is bit for bit p/q, rounded once.
func ratio(v float64) (p, q int64, ok bool) {
	p, q = 1, 0
	pp, qq := int64(0), int64(1)
	x := v
	for range 32 {
		whole := math.Floor(x)
		if !(math.Abs(whole) < maxMantissa) {
			return 0, 0, false
		}
		a := int64(whole)
		if q > 0 && a > maxDenominator {
			return 0, 0, false
		}
		// p may leave an int64; what comes of it is compared with v
		p, pp = a*p+pp, p
		q, qq = a*q+qq, q
		if q > maxDenominator || p >= maxMantissa || p <= -maxMantissa {
			return 0, 0, false
		}
		if math.Float64bits(float64(p)/float64(q)) == math.Float64bits(v) {
			return p, q, true
		}
		if x -= whole; x == 0 {
			return 0, 0, false
		}
		x = 1 / x
	}
	return 0, 0, false
}

// ratios writes values as quotients of whole numbers; false when some are none,
// or it does not pay.
func (e *Encoder) ratios(dst []byte, v []float64) ([]byte, bool) {
	e.mant, e.under = resize(e.mant, len(v)), resize(e.under, len(v))
	above, under := e.mant, e.under
	level := int64(0) // of denominators
	for i, x := range v {
		p, q, ok := ratio(x)
		if !ok {
			return dst, false
		}
		above[i], under[i] = p, q
		if i < 8 {
			level = max(level, q)
		}
	}
	// The source divided numbers that had divisors in common. With these put back,
	// the denominators stay near each other.
	for i, q := range under {
		times := max(1, (level+q/2)/q)
		if p := above[i]; max(p, -p) < maxMantissa/times {
			above[i], under[i] = p*times, q*times
		}
		level += (under[i] - level) / 4
	}
	n := len(dst)
	e.work = resize(e.work, len(v))
	z := e.work
	copy(z, under)
	dst = e.ints.appendInts(dst, z)
	l := link{}
	if l.fit(above, under); !l.bounded(above, under) {
		l.weight = 0
	}
	dst = binary.AppendVarint(append(dst, l.shift), l.weight)
	l.apply(z, under)
	for i, p := range z {
		z[i] = above[i] - p
	}
	dst = e.ints.appendInts(dst, z)
	return dst, len(dst)-n < 6*len(v)
}

// ratios reads what Encoder.ratios wrote.
func (d *Decoder) ratios(dst []float64, r *reader) error {
	d.other, d.work = resize(d.other, len(dst)), resize(d.work, len(dst))
	under, z := d.other, d.work
	if err := d.ints.ints(r, under); err != nil {
		return err
	}
	l := link{shift: r.byte(), weight: r.varint()}
	if r.bad || l.shift > maxShift {
		return corrupt("weight of denominators")
	}
	if err := d.ints.ints(r, z); err != nil {
		return err
	}
	for i, q := range under {
		dst[i] = float64(l.times(q)+z[i]) / float64(q)
	}
	return nil
}
