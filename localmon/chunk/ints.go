package chunk

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/klauspost/compress/fse"
)

// intCoder packs sequences of integers. It keeps scratch memory only.
type intCoder struct {
	fse     fse.Scratch
	classes []byte
	packed  []packed
	census  census
	some    []int64 // lengths of runs of values
	none    []int64 // lengths of the runs of zeros after them
	rest    []int64
}

// shape says how a sequence was made small; see FORMAT.md.
type shape struct {
	order  uint8 // differences taken: 0, 1 or 2
	runs   bool  // zeros taken out,
	late   bool  // after the differences and not before
	a1, a2 int64 // weights of the two values before, in 1/weightUnit
	c      int64 // constant of the prediction, in 1/weightUnit
}

const (
	weightBits = 7
	weightUnit = 1 << weightBits
	// maxWeight bounds a1 and a2, so that no product leaves an int64.
	maxWeight = 2*weightUnit - 1
)

const (
	shapeOrder     = 3 // mask
	shapeAlike     = 3 // in place of an order: all numbers are one
	shapeRuns      = 1 << 2
	shapeLate      = 1 << 3
	shapePredicted = 1 << 4
	shapeBits      = 1<<5 - 1
)

func (s *shape) predicted() bool { return s.a1 != 0 || s.a2 != 0 || s.c != 0 }

// appendInts packs z, which it destroys. Magnitudes must not exceed 2^50.
func (c *intCoder) appendInts(dst []byte, z []int64) []byte {
	if alike(z) {
		return binary.AppendVarint(append(dst, shapeAlike), z[0])
	}
	s, rest := c.choose(z)
	head := s.order
	if s.runs {
		head |= shapeRuns
	}
	if s.late {
		head |= shapeLate
	}
	if s.predicted() {
		head |= shapePredicted
	}
	dst = append(dst, head)
	if s.predicted() {
		dst = binary.AppendVarint(dst, s.a1)
		dst = binary.AppendVarint(dst, s.a2)
		dst = binary.AppendVarint(dst, s.c)
	}
	if s.runs {
		dst = binary.AppendUvarint(dst, uint64(len(rest)))
		dst = binary.AppendUvarint(dst, uint64(len(c.some)))
		dst = c.appendNumbers(dst, c.some)
		dst = c.appendNumbers(dst, c.none)
	}
	s.predict(rest)
	for i, x := range rest {
		rest[i] = int64(zigzag(x))
	}
	return c.appendNumbers(dst, rest)
}

// alike reports whether all numbers are one; there must be any.
func alike(z []int64) bool {
	for _, x := range z {
		if x != z[0] {
			return false
		}
	}
	return len(z) > 0
}

// choose decides the shape, takes the differences and the zeros, and returns
// what is left to be predicted.
func (c *intCoder) choose(z []int64) (shape, []int64) {
	var zeros, same, steady int
	var p, d int64
	for i, x := range z {
		if x == 0 {
			zeros++
		}
		if x == p && i > 0 {
			same++
		}
		if x-p == d && i > 1 {
			steady++
		}
		p, d = x, x-p
	}
	n := len(z)
	var s shape
	switch {
	case n >= 32 && zeros > n/16 && zeros >= same-same/8: // rests at zero, if it rests
		s.runs = true
	case same >= n-n/4-1: // rests most of the time
		s.order, s.runs, s.late = 1, true, true
	case steady >= n-n/4-2: // grows evenly most of the time
		s.order, s.runs, s.late = 2, true, true
	}
	if s.late {
		difference(z, s.order)
		return s, c.takeZeros(z)
	}
	if s.runs {
		z = c.takeZeros(z)
	}
	s.fit(z)
	difference(z, s.order)
	return s, z
}

// difference replaces z by its differences, order times. Before the first
// value stands zero.
func difference(z []int64, order uint8) {
	for range order {
		p := int64(0)
		for i, x := range z {
			z[i] = x - p
			p = x
		}
	}
}

// takeZeros splits z into its nonzero values and the lengths of its runs: of
// nonzero values, then of zeros, and so on.
func (c *intCoder) takeZeros(z []int64) []int64 {
	c.some, c.none, c.rest = c.some[:0], c.none[:0], c.rest[:0]
	for i := 0; i < len(z); {
		j := i
		for ; j < len(z) && z[j] != 0; j++ {
			c.rest = append(c.rest, z[j])
		}
		k := j
		for ; k < len(z) && z[k] == 0; k++ {
		}
		c.some, c.none = append(c.some, int64(j-i)), append(c.none, int64(k-j))
		i = k
	}
	return c.rest
}

// predict replaces z by what the prediction misses.
func (s *shape) predict(z []int64) {
	if !s.predicted() {
		return
	}
	var p, pp int64
	for i, x := range z {
		z[i] = x - s.next(p, pp)
		p, pp = x, p
	}
}

func (s *shape) next(p, pp int64) int64 {
	return (s.c + s.a1*p + s.a2*pp + weightUnit/2) >> weightBits
}

// fit chooses the order and weights that leave the fewest bits, judged on a
// part of z. z must be undifferenced unless s.order was set before.
func (s *shape) fit(z []int64) {
	if len(z) < 8 {
		if len(z) > 1 {
			s.order = 1
		}
		return
	}
	// Least squares decides how many values before to use, and the number of
	// bits, which bears outliers better, how many differences to take.
	best := uint64(math.MaxUint64)
	try := func(t shape) {
		if cost := t.cost(z); cost < best {
			t.runs = s.runs
			best, *s = cost, t
		}
	}
	for order := range uint8(2) {
		try(shape{order: order})
		m := gather(z, order)
		if t, ok := m.solve(); ok {
			t.order = order
			try(t)
		}
	}
	try(shape{order: 2})
}

// Stretches of z that are looked at: judged of every judgedOf values.
const (
	judged   = 64
	judgedOf = 256
)

// cost estimates the bits that a shape leaves.
func (s *shape) cost(z []int64) uint64 {
	var sum uint64
	for at := 0; at < len(z); at += judgedOf {
		y := z[at:min(at+judged, len(z))]
		if len(y) < 5 {
			break
		}
		var w [3]int64 // differenced values, newest first
		for i, x := range y {
			v := x
			switch s.order {
			case 1:
				if i > 0 {
					v -= y[i-1]
				}
			case 2:
				if i > 1 {
					v -= 2*y[i-1] - y[i-2]
				}
			}
			if i >= 4 {
				miss := v
				if s.predicted() {
					miss -= s.next(w[0], w[1])
				}
				u := zigzag(miss)
				// the bit length and, roughly, how far into it
				sum += uint64(bits.Len64(u))*4 + (u<<2>>max(2, uint(bits.Len64(u))))&3
			}
			w[1], w[0] = w[0], v
		}
	}
	return sum
}

// moments are the sums that a least-squares fit of a value from its two
// predecessors needs, taken around the first value.
type moments struct {
	n                      float64
	x, p, q                float64 // sums of the value and of the one and two before
	xx, xp, xq, pp, pq, qq float64
	origin                 float64
}

func gather(z []int64, order uint8) moments {
	var m moments
	from := 2 + int(order)
	if len(z) <= from {
		return m
	}
	at := func(i int) float64 {
		if order == 1 {
			return float64(z[i] - z[i-1])
		}
		return float64(z[i])
	}
	m.origin = at(from)
	step := 1
	for block := from; block < len(z); block += judgedOf * step {
		end := min(block+2*judged, len(z))
		q, p := at(block-2)-m.origin, at(block-1)-m.origin
		for i := block; i < end; i++ {
			x := at(i) - m.origin
			m.n++
			m.x += x
			m.p += p
			m.q += q
			m.xx += x * x
			m.xp += x * p
			m.xq += x * q
			m.pp += p * p
			m.pq += p * q
			m.qq += q * q
			q, p = p, x
		}
	}
	return m
}

// lagGain is how much variance another lag must take away, as a part of what
// there is without it.
const lagGain = 0.01

// solve fits a prediction from as many values before as pay.
func (m *moments) solve() (shape, bool) {
	if m.n < 8 {
		return shape{}, false
	}
	mx, mp, mq := m.x/m.n, m.p/m.n, m.q/m.n
	xx, xp, xq := m.xx/m.n-mx*mx, m.xp/m.n-mx*mp, m.xq/m.n-mx*mq
	pp, pq, qq := m.pp/m.n-mp*mp, m.pq/m.n-mp*mq, m.qq/m.n-mq*mq
	var a1, a2 float64
	left := xx
	if pp > 0 && xp*xp/pp > lagGain*left {
		a1 = xp / pp
		left -= xp * xp / pp
	}
	if det := pp*qq - pq*pq; det > 1e-9*pp*qq {
		b1, b2 := (xp*qq-xq*pq)/det, (xq*pp-xp*pq)/det
		if with := xx - b1*xp - b2*xq; left-with > lagGain*left {
			a1, a2 = b1, b2
		}
	}
	if !(math.Abs(a1) < 2 && math.Abs(a2) < 2) {
		return shape{}, false
	}
	s := shape{
		a1: int64(math.Round(a1 * weightUnit)),
		a2: int64(math.Round(a2 * weightUnit)),
	}
	s.a1 = max(-maxWeight, min(maxWeight, s.a1))
	s.a2 = max(-maxWeight, min(maxWeight, s.a2))
	// the constant makes up for the means, with the weights as rounded
	mean := (m.origin + mx) * weightUnit
	mean -= (m.origin+mp)*float64(s.a1) + (m.origin+mq)*float64(s.a2)
	if math.Abs(mean) > 1<<59 {
		return shape{}, false
	}
	s.c = int64(math.Round(mean))
	return s, true
}
