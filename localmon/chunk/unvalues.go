package chunk

import "math"

// Decoder unpacks streams. The zero value is ready.
type Decoder struct {
	ints  intCoder
	work  []int64
	other []int64 // that a series is linked to
	step  stepDecoder
}

// Values reads len(dst) values, which must be how many were encoded.
func (d *Decoder) Values(dst []float64, stream []byte) error {
	c, err := d.content(stream, dst, nil, 0)
	if err == nil {
		c.fill(dst)
	}
	return err
}

// content is what a stream holds before it is spread out: one value that all
// are, mantissas, or values.
type content struct {
	alike    bool
	decimal  bool // value is mantissa at exponent, or all values have mantissas
	value    float64
	mantissa int64
	exponent uint8
	all      []int64 // mantissas
}

// content reads the stream of series i of a block, or one that is not part of any.
// Values that are no decimals go to buf, whose length is that of the stream.
func (d *Decoder) content(stream []byte, buf []float64, b *Block, i int) (content, error) {
	n := len(buf)
	if n <= 0 || n > MaxValues {
		return content{}, corrupt("%d values in one stream", n)
	}
	r := reader{b: stream}
	head := r.byte()
	kind := head & 15
	c := content{exponent: head >> 4, decimal: kind == valuesZero || kind == valuesAlike || kind == valuesShort || kind == valuesLinked, alike: kind < valuesShort}
	if r.bad || kind >= valuesKinds || c.exponent > MaxExponent {
		return c, corrupt("first byte %#x of a stream", head)
	}
	var err error
	switch kind {
	case valuesAlike:
		c.mantissa = r.varint()
		c.value = Float(c.mantissa, c.exponent)
	case valuesSame:
		c.value = math.Float64frombits(r.uint64())
	case valuesShort:
		d.work = resize(d.work, n)
		c.all, err = d.work, d.short(&r, d.work)
	case valuesRatios:
		err = d.ratios(buf, &r)
	case valuesLinked:
		c.all, err = d.linked(&r, n, b, i)
	case valuesFloats:
		err = d.floats(buf, &r)
	}
	if err == nil && (r.bad || len(r.b) > 0) {
		err = corrupt("a stream ends at the wrong place")
	}
	return c, err
}

// fill writes the values to dst, unless they are there already.
func (c *content) fill(dst []float64) {
	switch {
	case c.alike:
		dst[0] = c.value
		for n := 1; n < len(dst); n *= 2 {
			copy(dst[n:], dst[:n])
		}
	case c.all != nil:
		floats(dst, c.all, c.exponent)
	}
}

// floats writes the values of mantissas.
func floats(dst []float64, m []int64, exponent uint8) {
	dst = dst[:len(m)]
	if exponent == 0 {
		for i, x := range m {
			dst[i] = float64(x)
		}
		return
	}
	by := pow10[exponent]
	for i, x := range m {
		dst[i] = float64(x) / by
	}
}

// short reads len(z) mantissas.
func (d *Decoder) short(r *reader, z []int64) error {
	factor, offset := int64(r.uvarint()), int64(0)
	if factor < 1 || factor > 2*maxMantissa {
		return corrupt("common factor %d", factor)
	}
	if factor > 1 {
		offset = r.varint()
	}
	if err := d.ints.ints(r, z); err != nil {
		return err
	}
	if factor != 1 {
		for i, x := range z {
			z[i] = x*factor + offset
		}
	}
	return nil
}

func (d *Decoder) floats(dst []float64, r *reader) error {
	cut := uint(r.byte())
	if cut > 48 {
		return corrupt("%d bits cut", cut)
	}
	d.work = resize(d.work, len(dst))
	if err := d.ints.ints(r, d.work); err != nil {
		return err
	}
	b := bitReader{b: r.b}
	for i, x := range d.work {
		if uint64(x) > math.MaxUint16 {
			return corrupt("upper bits %#x", x)
		}
		dst[i] = math.Float64frombits(uint64(x)<<48 | b.get(48-cut)<<cut)
	}
	n, ok := b.end()
	if !ok {
		return corrupt("lower bits do not end a byte with zeros")
	}
	r.b = r.b[n:]
	return nil
}
