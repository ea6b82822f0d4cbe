package chunk

import "slices"

// Sums is what the samples of one series come to, step by step. Its memory is
// reused.
type Sums struct {
	Sum   []float64 // of each step; of decimals it is exact and rounded once
	Count []float64 // samples in each step

	bounds []int32
	buf    []float64
}

// Sums adds up series i of a block of samples. Step k is the rows from bounds[k] to
// before bounds[k+1]; bounds rise, and none is above the rows of the block. It
// reports false when the series has no values. It takes less time than Column
// and adding: decimals are added as integers, and a series that rests is not
// spread out.
func (d *Decoder) Sums(b *Block, i int, bounds []int32, s *Sums) (bool, error) {
	r, ok, err := b.check(i)
	if !ok || err != nil {
		return false, err
	}
	if b.Kind != Samples {
		return false, corrupt("sums of a block of kind %d", b.Kind)
	}
	n, err := d.presence(&r, b.Rows, &d.column)
	if err != nil {
		return false, err
	}
	s.buf = slices.Grow(s.buf[:0], n)[:n]
	c, err := d.content(r.b, s.buf, b, i)
	if err != nil {
		return false, err
	}
	if d.column.Index != nil {
		bounds = s.places(d.column.Index, bounds)
	}
	steps := max(1, len(bounds)) - 1
	s.Sum, s.Count = slices.Grow(s.Sum[:0], steps)[:steps], slices.Grow(s.Count[:0], steps)[:steps]
	for k := range steps {
		s.Count[k] = float64(bounds[k+1] - bounds[k])
	}
	c.sums(s.Sum, bounds, s.buf)
	return true, nil
}

// places turns bounds by row into bounds by place among the values.
func (s *Sums) places(index, bounds []int32) []int32 {
	s.bounds = s.bounds[:0]
	at := int32(0)
	for _, row := range bounds {
		for int(at) < len(index) && index[at] < row {
			at++
		}
		s.bounds = append(s.bounds, at)
	}
	return s.bounds
}

// sums adds the values between neighbouring bounds. Values that are no decimals
// are in v.
func (c *content) sums(dst []float64, bounds []int32, v []float64) {
	for k := range dst {
		from, to := bounds[k], bounds[k+1]
		switch {
		case from == to:
			dst[k] = 0
		case c.alike && c.decimal:
			dst[k] = Float(c.mantissa*int64(to-from), c.exponent)
		case c.alike:
			dst[k] = c.value * float64(to-from)
		case c.decimal:
			sum := int64(0)
			for _, m := range c.all[from:to] {
				sum += m
			}
			dst[k] = Float(sum, c.exponent)
		default:
			sum := 0.0
			for _, x := range v[from:to] {
				sum += x
			}
			dst[k] = sum
		}
	}
}
