package chunk

import "slices"

// ints reads len(z) integers that appendInts wrote.
func (c *intCoder) ints(r *reader, z []int64) error {
	head := r.byte()
	if head == shapeAlike {
		x := r.varint()
		for i := range z {
			z[i] = x
		}
		if r.bad {
			return corrupt("a sequence of one number ends early")
		}
		return nil
	}
	s := shape{order: head & shapeOrder, runs: head&shapeRuns != 0, late: head&shapeLate != 0}
	if r.bad || head&^byte(shapeBits) != 0 || s.order > 2 || s.late && !s.runs {
		return corrupt("shape %#x of a sequence", head)
	}
	if head&shapePredicted != 0 {
		s.a1, s.a2, s.c = r.varint(), r.varint(), r.varint()
		if s.a1 > maxWeight || s.a1 < -maxWeight || s.a2 > maxWeight || s.a2 < -maxWeight {
			return corrupt("weights %d, %d of a prediction", s.a1, s.a2)
		}
	}
	if !s.runs {
		return c.misses(r, z, &s)
	}
	n, pairs := r.uvarint(), r.uvarint()
	if r.bad || n > uint64(len(z)) || pairs > uint64(len(z))+1 {
		return corrupt("%d values and %d runs in %d", n, pairs, len(z))
	}
	c.some, c.none = resize(c.some, int(pairs)), resize(c.none, int(pairs))
	c.rest = resize(c.rest, int(n))
	if err := c.numbers(r, c.some); err != nil {
		return err
	}
	if err := c.numbers(r, c.none); err != nil {
		return err
	}
	order := s.order
	if s.late {
		s.order = 0
	}
	if err := c.misses(r, c.rest, &s); err != nil {
		return err
	}
	if err := c.putZeros(z); err != nil || !s.late {
		return err
	}
	s.order = order
	s.integrate(z)
	return nil
}

// putZeros is takeZeros turned round.
func (c *intCoder) putZeros(z []int64) error {
	rest := c.rest
	for i, some := range c.some {
		none := c.none[i]
		if uint64(some) > uint64(len(rest)) || uint64(some) > uint64(len(z)) || uint64(none) > uint64(len(z))-uint64(some) {
			return corrupt("runs do not fit")
		}
		copy(z, rest[:some])
		clear(z[some : some+none])
		rest, z = rest[some:], z[some+none:]
	}
	if len(rest) > 0 || len(z) > 0 {
		return corrupt("runs do not fill their span")
	}
	return nil
}

// restore undoes the prediction and the differences.
func (s *shape) restore(z []int64) {
	s.unpredict(z)
	s.integrate(z)
}

func (s *shape) unpredict(z []int64) {
	if !s.predicted() {
		return
	}
	var p, pp int64
	for i, x := range z {
		x += s.next(p, pp)
		z[i] = x
		p, pp = x, p
	}
}

// masks tells which sums undo the differences: each is all ones, or zero.
func (s *shape) masks() (once, twice int64) {
	return -int64((s.order + 1) / 2), -int64(s.order / 2)
}

func (s *shape) integrate(z []int64) {
	switch s.order {
	case 1:
		var p int64
		for i, d := range z {
			p += d
			z[i] = p
		}
	case 2:
		var p, d int64
		for i, dd := range z {
			d += dd
			p += d
			z[i] = p
		}
	}
}

func resize(s []int64, n int) []int64 { return slices.Grow(s[:0], n)[:n] }
