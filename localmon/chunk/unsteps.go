package chunk

// readCounts reads the counts of samples that most series of steps share.
func (b *Block) readCounts(r *reader) error {
	if b.counts = b.counts[:0]; b.Kind != Steps {
		return nil
	}
	n := r.uvarint()
	if r.bad || n != 0 && n != uint64(b.Rows) {
		return corrupt("counts of %d steps in a block of %d", n, b.Rows)
	}
	b.counts = resize(b.counts, int(n))
	return b.ints.counts(r, b.counts)
}

// counts reads how many samples each step has.
func (c *intCoder) counts(r *reader, counts []int64) error {
	if err := c.numbers(r, counts); err != nil {
		return err
	}
	for _, n := range counts {
		if n < 1 || n > maxCount {
			return corrupt("a step of %d samples", n)
		}
	}
	return nil
}

// stepDecoder is scratch memory for a series of steps.
type stepDecoder struct {
	counts, q  []int64
	busy       []int64 // of the steps that are not flat
	spread     []int64 // the same with zeros at the flat ones
	work, low  []int64
	some, none []int64 // runs of steps that are not flat, and of flat ones after them
	flat       byte
	n          int // steps that are not flat
}

// stepHead is what stands before the columns of a series of steps.
type stepHead struct {
	plain    bool // the columns are streams of values, and nothing else stands there
	exponent uint8
	factor   int64
	counts   []int64 // samples of each step
	told     bool    // the counts are this series' own
	flat     byte
}

func (d *Decoder) stepHead(b *Block, r *reader, n int) (h stepHead, err error) {
	head := r.byte()
	if head == stepsPlain {
		return stepHead{plain: true}, nil
	}
	h = stepHead{exponent: head >> 4, factor: 1, counts: b.counts, told: head&stepsCounts != 0, flat: head / stepsFlat % flatWays}
	if r.bad || h.exponent > MaxExponent {
		return h, corrupt("first byte %#x of a series of steps", head)
	}
	if head&stepsFactor != 0 {
		if h.factor = int64(r.uvarint()); h.factor < 1 || h.factor > maxMantissa {
			return h, corrupt("common factor %d of steps", h.factor)
		}
	}
	if h.told {
		d.step.counts = resize(d.step.counts, n)
		if err := d.ints.counts(r, d.step.counts); err != nil {
			return h, err
		}
		h.counts = d.step.counts
	}
	if len(h.counts) != n {
		return h, corrupt("%d steps with the counts of %d", n, len(h.counts))
	}
	return h, nil
}

// steps reads the wanted columns of n steps of a series into c.
func (d *Decoder) steps(b *Block, r reader, n int, want uint, c *Column) error {
	h, err := d.stepHead(b, &r, n)
	if err != nil {
		return err
	}
	if h.plain {
		return d.plainSteps(&r, n, want, c)
	}
	if want&(1<<StepCount) != 0 {
		c.Values[StepCount] = c.room(StepCount, n)
		floats(c.Values[StepCount], h.counts, 0)
	}
	put := func(k int, m []int64) {
		if want&(1<<k) != 0 {
			if h.factor != 1 {
				for i := range m {
					m[i] *= h.factor
				}
			}
			c.Values[k] = c.room(k, n)
			floats(c.Values[k], m, h.exponent)
		}
	}
	if want&(1<<StepSum|1<<StepMin|1<<StepMax) == 0 {
		return nil
	}
	if err := d.means(&r, n, h.flat); err != nil {
		return err
	}
	s := &d.step
	s.work = resize(s.work, n)
	for i, q := range s.q {
		s.work[i] = q*h.counts[i] + s.spread[i]
	}
	put(StepSum, s.work)
	if want&(1<<StepMin|1<<StepMax) == 0 {
		return nil
	}
	above := s.work // first what is to be added to q for rounding up
	for i, rest := range s.spread {
		above[i] = ceil(s.q[i], rest)
	}
	if err := d.distances(&r); err != nil {
		return err
	}
	s.low = resize(s.low, n)
	for i, x := range s.spread {
		s.low[i] = s.q[i] - x
	}
	put(StepMin, s.low)
	if err := d.distances(&r); err != nil {
		return err
	}
	for i, x := range s.spread {
		above[i] += x
	}
	put(StepMax, above)
	if r.bad || len(r.b) > 0 {
		return corrupt("%d bytes after a series of steps", len(r.b))
	}
	return nil
}

// distances reads how far the minima, or the maxima, lie from the means.
func (d *Decoder) distances(r *reader) error {
	s := &d.step
	if s.flat == flatAll {
		return nil // zeros, as the remainders were
	}
	if err := d.ints.ints(r, s.busy); err != nil {
		return err
	}
	s.scatter()
	return nil
}

// means reads the whole parts and remainders of the means of n steps.
func (d *Decoder) means(r *reader, n int, flat byte) error {
	s := &d.step
	s.flat, s.n = flat, 0
	if flat == flatRuns {
		if err := d.flatRuns(r, n); err != nil {
			return err
		}
	}
	s.q, s.spread = resize(s.q, n), resize(s.spread, n)
	if err := d.ints.ints(r, s.q); err != nil {
		return err
	}
	switch flat {
	case flatAll:
		clear(s.spread)
		return nil
	case flatNone:
		s.n = n
	case flatZeros:
		for _, q := range s.q {
			if q != 0 {
				s.n++
			}
		}
	}
	s.busy = resize(s.busy, s.n)
	if err := d.ints.numbers(r, s.busy); err != nil {
		return err
	}
	s.scatter()
	return nil
}

// flatRuns reads which of n steps are flat.
func (d *Decoder) flatRuns(r *reader, n int) error {
	s := &d.step
	pairs := r.uvarint()
	if r.bad || pairs > uint64(n) {
		return corrupt("%d runs of %d steps", pairs, n)
	}
	s.some, s.none = resize(s.some, int(pairs)), resize(s.none, int(pairs))
	if err := d.ints.numbers(r, s.some); err != nil {
		return err
	}
	if err := d.ints.numbers(r, s.none); err != nil {
		return err
	}
	left := uint64(n)
	for i, some := range s.some {
		none := uint64(s.none[i])
		if uint64(some) > left || none > left-uint64(some) {
			return corrupt("runs of steps do not fit")
		}
		left -= uint64(some) + none
		s.n += int(some)
	}
	if left != 0 {
		return corrupt("runs of steps do not fill their span")
	}
	return nil
}

// scatter puts the numbers of the steps that are not flat where they belong.
func (s *stepDecoder) scatter() {
	busy, dst := s.busy, s.spread
	switch s.flat {
	case flatNone:
		copy(dst, busy)
	case flatZeros:
		clear(dst)
		for i, q := range s.q {
			if q != 0 {
				dst[i], busy = busy[0], busy[1:]
			}
		}
	case flatRuns:
		for i, some := range s.some {
			none := s.none[i]
			copy(dst, busy[:some])
			clear(dst[some : some+none])
			busy, dst = busy[some:], dst[some+none:]
		}
	}
}

// plainSteps reads columns that are streams of values.
func (d *Decoder) plainSteps(r *reader, n int, want uint, c *Column) error {
	for k := range stepColumns {
		size := uint64(len(r.b))
		if k < stepColumns-1 {
			size = r.uvarint()
		}
		stream := r.bytes(size)
		if r.bad {
			return corrupt("column %d of a series of steps ends too early", k)
		}
		if want&(1<<k) == 0 {
			continue
		}
		c.Values[k] = c.room(k, n)
		if err := d.Values(c.Values[k], stream); err != nil {
			return err
		}
	}
	return nil
}
