package chunk

import "slices"

// Sums is what the samples of one series come to between given bounds. Its
// memory is reused.
type Sums struct {
	// Same says that the series has every row and that all its samples are
	// Value. Sum is not filled then.
	Same  bool
	Value float64

	// Plain says that no sum is NaN or infinite, because all samples are decimals.
	Plain bool
	Sum   []float64 // of decimals it is exact and rounded once
	Count []float64 // samples; nil when the series has every row of a block of samples

	count  []float64
	column Column
	bounds []int32
	buf    []float64
}

// Sums adds up series i of a block, of samples or of steps. Part k is the rows
// from bounds[k] to before bounds[k+1]; bounds rise, and none is above the rows
// of the block. It reports false when the series has no values. It takes less
// time than Column and adding: decimals are added as integers, and a series
// that rests is not spread out.
func (d *Decoder) Sums(b *Block, i int, bounds []int32, s *Sums) (bool, error) {
	r, ok, err := b.check(i)
	if !ok || err != nil {
		return false, err
	}
	n, err := d.presence(&r, b.Rows, &s.column)
	if err != nil {
		return false, err
	}
	full := s.column.Index == nil
	if !full {
		bounds = s.places(s.column.Index, bounds)
	}
	parts := max(1, len(bounds)) - 1
	s.Same = false
	s.Sum, s.count = slices.Grow(s.Sum[:0], parts)[:parts], slices.Grow(s.count[:0], parts)[:parts]
	s.Count = s.count
	if b.Kind == Steps {
		return true, d.stepSums(b, r, n, bounds, full, s)
	}
	s.buf = slices.Grow(s.buf[:0], n)[:n]
	c, err := d.content(r.b, s.buf, b, i)
	if err != nil {
		return false, err
	}
	if full {
		s.Count = nil
	}
	for k := range s.Count {
		s.Count[k] = float64(bounds[k+1] - bounds[k])
	}
	s.Plain = c.decimal
	if s.Same, s.Value = c.alike && full, c.value; !s.Same {
		c.sums(s.Sum, bounds, s.buf)
	}
	return true, nil
}

// stepSums adds up n steps.
func (d *Decoder) stepSums(b *Block, r reader, n int, bounds []int32, full bool, s *Sums) error {
	h, err := d.stepHead(b, &r, n)
	if err != nil {
		return err
	}
	if s.Plain = !h.plain; h.plain {
		return d.plainSums(&r, n, bounds, s)
	}
	if err := d.means(&r, n, h.flat); err != nil {
		return err
	}
	q, rest := d.step.q, d.step.spread
	s.Same = full && h.flat == flatAll && alike(q)
	if s.Same {
		s.Value = Float(q[0]*h.factor, h.exponent)
	}
	if parts := len(s.Sum); parts == n && bounds[0] == 0 && int(bounds[n]) == n {
		h.each(q, rest, s)
	} else {
		h.between(bounds, q, rest, s)
	}
	return nil
}

// each is stepSums where every part is one step.
func (h *stepHead) each(q, rest []int64, s *Sums) {
	counts := s.Count[:len(h.counts)]
	for i, n := range h.counts {
		counts[i] = float64(n)
	}
	if s.Same {
		return
	}
	sums, rest, all := s.Sum[:len(q)], rest[:len(q)], h.counts[:len(q)]
	for i, x := range q {
		sums[i] = float64((x*all[i] + rest[i]) * h.factor)
	}
	scale(sums, h.exponent)
}

// between is stepSums for parts of several steps.
func (h *stepHead) between(bounds []int32, q, rest []int64, s *Sums) {
	for k := range s.Sum {
		sum, count := int64(0), int64(0)
		for i := bounds[k]; i < bounds[k+1]; i++ {
			sum += q[i]*h.counts[i] + rest[i]
			count += h.counts[i]
		}
		s.Sum[k], s.Count[k] = float64(sum*h.factor), float64(count)
	}
	scale(s.Sum, h.exponent)
}

// scale makes values of sums of mantissas.
func scale(v []float64, exponent uint8) {
	if by := pow10[exponent]; by != 1 {
		for i := range v {
			v[i] /= by
		}
	}
}

// plainSums adds up steps whose columns are streams of values.
func (d *Decoder) plainSums(r *reader, n int, bounds []int32, s *Sums) error {
	c := &s.column
	c.Values = slices.Grow(c.Values[:0], maxColumns)[:stepColumns]
	clear(c.Values)
	if err := d.plainSteps(r, n, 1<<StepSum|1<<StepCount, c); err != nil {
		return err
	}
	for k := range s.Sum {
		s.Sum[k], s.Count[k] = 0, 0
		for i := bounds[k]; i < bounds[k+1]; i++ {
			s.Sum[k] += c.Values[StepSum][i]
			s.Count[k] += c.Values[StepCount][i]
		}
	}
	return nil
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
	switch {
	case c.alike:
		for k := range dst {
			if dst[k] = 0; bounds[k] < bounds[k+1] {
				dst[k] = c.value * float64(bounds[k+1]-bounds[k])
			}
		}
	case c.decimal && 4*len(dst) > len(c.all):
		c.shortSums(dst, bounds)
	case c.decimal:
		for k := range dst {
			sum := int64(0)
			for _, m := range c.all[bounds[k]:bounds[k+1]] {
				sum += m
			}
			dst[k] = float64(sum)
		}
		scale(dst, c.exponent)
	default:
		for k := range dst {
			sum := 0.0
			for _, x := range v[bounds[k]:bounds[k+1]] {
				sum += x
			}
			dst[k] = sum
		}
	}
}

// shortSums adds mantissas up in place and takes differences, which is quicker
// where parts are short.
func (c *content) shortSums(dst []float64, bounds []int32) {
	sum := int64(0)
	for i, m := range c.all {
		sum += m
		c.all[i] = sum
	}
	before := int64(0)
	if at := bounds[0]; at > 0 {
		before = c.all[at-1]
	}
	by := pow10[c.exponent]
	for k, to := range bounds[1 : len(dst)+1] {
		after := before
		if to > 0 {
			after = c.all[to-1]
		}
		dst[k] = float64(after-before) / by
		before = after
	}
}
