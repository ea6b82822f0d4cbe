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
		if err := c.numbers(r, z); err != nil {
			return err
		}
		s.restore(z)
		return nil
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
	if err := c.numbers(r, c.rest); err != nil {
		return err
	}
	if !s.late {
		s.restore(c.rest)
		return c.putZeros(z)
	}
	order := s.order
	s.order = 0
	s.restore(c.rest)
	if err := c.putZeros(z); err != nil {
		return err
	}
	integrate(z, order)
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

// restore undoes the zigzag mapping, the prediction and the differences, in one pass.
func (s *shape) restore(z []int64) {
	if !s.predicted() {
		for i, u := range z {
			z[i] = unzigzag(uint64(u))
		}
		integrate(z, s.order)
		return
	}
	// each is all ones when its sum is wanted, else zero
	once, twice := -int64((s.order+1)/2), -int64(s.order/2)
	a1, a2, c := s.a1, s.a2, s.c+weightUnit/2
	var p, pp, d, x int64
	for i, u := range z {
		v := unzigzag(uint64(u)) + (c+a2*pp+a1*p)>>weightBits
		p, pp = v, p
		d = v + d&twice
		x = d + x&once
		z[i] = x
	}
}

// integrate undoes differences.
func integrate(z []int64, order uint8) {
	switch order {
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
