package chunk

import "math"

// MaxExponent is the finest decimal exponent a mantissa can have.
const MaxExponent = 9

var pow10 = [MaxExponent + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// maxMantissa bounds mantissas so that their sums and differences, and those of
// a whole block, stay inside an int64.
const maxMantissa = 1 << 50

// Decimal finds the mantissa m of v at the least exponent e >= atLeast for
// which v is bit for bit [Float] of m and e. It reports false for values that
// have none: NaN, infinities, the negative zero, and numbers with more digits.
func Decimal(v float64, atLeast uint8) (m int64, e uint8, ok bool) {
	for e = atLeast; e <= MaxExponent; e++ {
		if m, ok := mantissa(v, e); ok {
			return m, e, true
		}
	}
	return 0, 0, false
}

// mantissa is Decimal for one exponent.
func mantissa(v float64, e uint8) (int64, bool) {
	if e == 0 {
		// whole numbers are many, and need neither product nor quotient
		m := int64(v)
		return m, m < maxMantissa && m > -maxMantissa && math.Float64bits(float64(m)) == math.Float64bits(v)
	}
	r := math.RoundToEven(v * pow10[e])
	if !(math.Abs(r) < maxMantissa) { // written so that NaN fails
		return 0, false
	}
	m := int64(r)
	return m, math.Float64bits(Float(m, e)) == math.Float64bits(v)
}

// Float is the value of a mantissa: m / 10^e, rounded once.
func Float(m int64, e uint8) float64 { return float64(m) / pow10[e] }

// Rescale is a mantissa at an exponent that is finer by some digits; false where
// it would be too large. Its Float is the same bit for bit: both are one
// quotient, rounded once.
func Rescale(m int64, digits uint8) (int64, bool) {
	if digits > MaxExponent {
		return 0, false
	}
	by := int64(pow10[digits])
	if limit := maxMantissa / by; m >= limit || m <= -limit {
		return 0, false
	}
	return m * by, true
}

// Decimals fills m with the mantissas of v at the least exponent that serves
// all of them. It reports false when there is none. m and v are of one length.
func Decimals(m []int64, v []float64) (e uint8, ok bool) {
	for i := 0; i < len(v); i++ {
		x, ok := mantissa(v[i], e)
		if ok {
			m[i] = x
			continue
		}
		// Not at this exponent. The value that needs a finer one decides; those
		// before must then do at that one too.
		_, finer, ok := Decimal(v[i], e+1)
		if !ok {
			return 0, false
		}
		e, i = finer, -1
	}
	return e, true
}
