package chunk

import "slices"

// ints reads len(z) integers that appendInts wrote.
func (c *intCoder) ints(r *reader, z []int64) error {
	head := r.byte()
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
		if err := c.classes(r, z, true); err != nil {
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
	if err := c.classes(r, c.some, false); err != nil {
		return err
	}
	if err := c.classes(r, c.none, false); err != nil {
		return err
	}
	if err := c.classes(r, c.rest, true); err != nil {
		return err
	}
	if !s.late {
		s.restore(c.rest)
		return c.putZeros(z)
	}
	s.unpredict(c.rest)
	if err := c.putZeros(z); err != nil {
		return err
	}
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

// classes reads len(z) numbers that appendClasses wrote.
func (c *intCoder) classes(r *reader, z []int64, signed bool) error {
	c.sym = slices.Grow(c.sym[:0], len(z))[:len(z)]
	sym, err := r.symbols(len(z), &c.fse, c.sym)
	if err != nil {
		return err
	}
	b := bitReader{b: r.bytes(r.uvarint())}
	if r.bad {
		return corrupt("extra bits end too early")
	}
	for i, class := range sym {
		t := &classTable[class]
		u := t.base
		if t.n > 0 {
			u += b.get(uint(t.n))
		}
		z[i] = int64(u)
	}
	if !b.done() {
		return corrupt("extra bits do not fit their classes")
	}
	if signed {
		for i, u := range z {
			z[i] = unzigzag(uint64(u))
		}
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
	if s.a2 == 0 {
		a1, c := s.a1, s.c+weightUnit/2
		for i, x := range z {
			p = x + (c+a1*p)>>weightBits
			z[i] = p
		}
		return
	}
	for i, x := range z {
		x += s.next(p, pp)
		z[i] = x
		p, pp = x, p
	}
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
