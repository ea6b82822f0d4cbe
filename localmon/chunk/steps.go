package chunk

import (
	"encoding/binary"
	"math"
)

// A series of steps has four columns that know of each other: the sum lies
// between count times the minimum and count times the maximum. So what is
// written are the counts, unless they are those of the block, the whole part q
// and the remainder of sum/count, and how far minimum and maximum lie from that
// mean. In a flat step, where all samples are alike, all of these but q are zero.

// The first byte of a series of steps has the decimal exponent in its upper four
// bits, and these in its lower ones.
const (
	stepsFactor = 1 << iota // a common factor
	stepsCounts             // counts of its own
	stepsFlat               // two bits: which steps are flat

	stepsPlain = 0xf0 // in place of all this: four streams of values
)

// Which steps are flat.
const (
	flatAll   = iota
	flatNone  // or just here and there
	flatZeros // those where q is zero
	flatRuns  // as runs say
	flatWays
)

// maxCount bounds the count of samples in a step, so that sums fit.
const maxCount = 1 << 24

// stepEncoder is scratch memory for a series of steps.
type stepEncoder struct {
	all    []float64
	mant   []int64
	counts []int64
	q      []int64
	rest   []int64 // of the mean, steps that are not flat
	below  []int64 // minimum from the mean
	above  []int64
	busy   []bool // not flat
	some   []int64
	none   []int64
	one    []byte
}

// addSteps writes a series of steps.
func (b *Builder) addSteps(columns [][]float64) {
	s := &b.steps
	exponent, factor, ok := s.relate(columns)
	if !ok {
		b.body = append(b.body, stepsPlain)
		for i, c := range columns {
			if i == stepColumns-1 {
				b.body = b.enc.Values(b.body, c)
				break
			}
			s.one = b.enc.Values(s.one[:0], c)
			b.body = binary.AppendUvarint(b.body, uint64(len(s.one)))
			b.body = append(b.body, s.one...)
		}
		return
	}
	b.addRelated(exponent, factor)
}

// addDecimalSteps writes a series of steps of which the mantissas are known.
func (b *Builder) addDecimalSteps(exponent uint8, columns [][]int64) {
	s := &b.steps
	s.counts = append(s.counts[:0], columns[StepCount]...)
	s.q, s.busy = resize(s.q, len(s.counts)), s.busy[:0]
	for _, n := range s.counts {
		if n < 1 || n > maxCount {
			panic("chunk: a step of no samples, or too many")
		}
	}
	factor := int64(1)
	if !s.restingDecimals(columns) {
		s.mant = append(append(append(s.mant[:0], columns[StepMin]...), columns[StepMax]...), columns[StepSum]...)
		factor = s.relateMantissas()
	}
	b.addRelated(exponent, factor)
}

// addRelated writes steps after their columns were related.
func (b *Builder) addRelated(exponent uint8, factor int64) {
	s, ints := &b.steps, &b.enc.ints
	head := exponent << 4
	if len(b.counts) == 0 && len(s.counts) == b.n {
		b.counts = append(b.counts, s.counts...)
	}
	if factor > 1 {
		head |= stepsFactor
	}
	if !equal(s.counts, b.counts) {
		head |= stepsCounts
	}
	flat := s.flatness()
	b.body = append(b.body, head|flat*stepsFlat)
	if factor > 1 {
		b.body = binary.AppendUvarint(b.body, uint64(factor))
	}
	if head&stepsCounts != 0 {
		b.body = ints.appendNumbers(b.body, s.counts)
	}
	if flat == flatRuns {
		s.some, s.none = runs(s.busy, s.some, s.none)
		b.body = binary.AppendUvarint(b.body, uint64(len(s.some)))
		b.body = ints.appendNumbers(b.body, s.some)
		b.body = ints.appendNumbers(b.body, s.none)
	}
	b.body = ints.appendInts(b.body, s.q)
	if flat != flatAll {
		b.body = ints.appendNumbers(b.body, s.rest)
		b.body = ints.appendInts(b.body, s.below)
		b.body = ints.appendInts(b.body, s.above)
	}
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i, x := range a {
		if x != b[i] {
			return false
		}
	}
	return true
}

// relate turns the columns into what is written; false when they are not such
// columns: values that are no decimals, counts that are no counts.
func (s *stepEncoder) relate(columns [][]float64) (exponent uint8, factor int64, ok bool) {
	n := len(columns[0])
	s.counts, s.q, s.busy = resize(s.counts, n), resize(s.q, n), s.busy[:0]
	for i, x := range columns[StepCount] {
		c, ok := mantissa(x, 0)
		if !ok || c < 1 || c > maxCount {
			return 0, 0, false
		}
		s.counts[i] = c
	}
	if rest, ok := s.resting(columns); ok {
		return rest, 1, true
	}
	s.all = append(append(append(s.all[:0], columns[StepMin]...), columns[StepMax]...), columns[StepSum]...)
	s.mant = resize(s.mant, len(s.all))
	if exponent, ok = Decimals(s.mant, s.all); !ok {
		return 0, 0, false
	}
	return exponent, s.relateMantissas(), true
}

// relateMantissas turns the mantissas of minima, maxima and sums into what is
// written, freed of the common factor that it returns.
func (s *stepEncoder) relateMantissas() (factor int64) {
	n := len(s.counts)
	factor = commonDivisor(s.mant)
	if alike(s.mant[:2*n]) {
		factor = 1 // the mean is one number, and needs as many bytes as its factor
	}
	if factor > 1 {
		for i := range s.mant {
			s.mant[i] /= factor
		}
	}
	s.rest, s.below, s.above = s.rest[:0], s.below[:0], s.above[:0]
	for i, sum := range s.mant[2*n:] {
		q := sum / s.counts[i]
		rest := sum - q*s.counts[i]
		if rest < 0 {
			q, rest = q-1, rest+s.counts[i]
		}
		low, high := q-s.mant[i], s.mant[n+i]-ceil(q, rest)
		s.q[i] = q
		s.busy = append(s.busy, rest|low|high != 0)
		s.rest, s.below, s.above = append(s.rest, rest), append(s.below, low), append(s.above, high)
	}
	return factor
}

// restingDecimals is resting for mantissas.
func (s *stepEncoder) restingDecimals(columns [][]int64) bool {
	low, high := columns[StepMin], columns[StepMax]
	if low[0] != high[0] || !alike(low) || !alike(high) {
		return false
	}
	for i, sum := range columns[StepSum] {
		if sum != low[0]*s.counts[i] {
			return false
		}
		s.q[i] = low[0]
		s.busy = append(s.busy, false)
	}
	return true
}

// resting is relate for a series whose samples are all one decimal.
func (s *stepEncoder) resting(columns [][]float64) (exponent uint8, ok bool) {
	if !same(columns[StepMin]) || !same(columns[StepMax]) || columns[StepMin][0] != columns[StepMax][0] {
		return 0, false
	}
	m, exponent, ok := Decimal(columns[StepMin][0], 0)
	if !ok || math.Float64bits(columns[StepMax][0]) != math.Float64bits(columns[StepMin][0]) {
		return 0, false
	}
	for i, sum := range columns[StepSum] {
		if math.Float64bits(Float(m*s.counts[i], exponent)) != math.Float64bits(sum) {
			return 0, false
		}
		s.q[i] = m
		s.busy = append(s.busy, false)
	}
	return exponent, true
}

// commonDivisor is the greatest divisor of all numbers, at least 1.
func commonDivisor(m []int64) int64 {
	var g uint64
	for _, x := range m {
		if g = gcd(g, uint64(max(x, -x))); g == 1 {
			return 1
		}
	}
	return int64(max(g, 1))
}

// ceil is the least whole number not below the mean.
func ceil(q, rest int64) int64 {
	if rest != 0 {
		q++
	}
	return q
}

// flatness chooses how to say which steps are flat, and takes these out of what
// is written for the others.
func (s *stepEncoder) flatness() (flat byte) {
	flats, zeros := 0, true
	for i, busy := range s.busy {
		if !busy {
			flats++
		}
		zeros = zeros && busy == (s.q[i] != 0)
	}
	switch {
	case flats == len(s.busy):
		return flatAll
	case zeros && flats > 0:
		flat = flatZeros
	case flats > len(s.busy)/8:
		flat = flatRuns
	default:
		return flatNone
	}
	n := 0
	for i, busy := range s.busy {
		if busy {
			s.rest[n], s.below[n], s.above[n] = s.rest[i], s.below[i], s.above[i]
			n++
		}
	}
	s.rest, s.below, s.above = s.rest[:n], s.below[:n], s.above[:n]
	return flat
}

// runs gives the lengths of the runs of true, each with that of the run of
// false after it.
func runs(b []bool, some, none []int64) (s, n []int64) {
	some, none = some[:0], none[:0]
	for i := 0; i < len(b); {
		j := i
		for ; j < len(b) && b[j]; j++ {
		}
		k := j
		for ; k < len(b) && !b[k]; k++ {
		}
		some, none = append(some, int64(j-i)), append(none, int64(k-j))
		i = k
	}
	return some, none
}
