package chunk

import (
	"math"
	"math/bits"
	"slices"
	"sync"
)

// A code is a table of asymmetric numeral systems (tANS) for classes. Its
// probabilities come from a formula and not from the values, so that nothing of
// it is stored and nothing built for a stream: the weight of u is
//
//	(1 + u^2 / (2*bend*scale^2)) ^ -bend
//
// which is close to a normal distribution for a large bend and has heavy tails
// for a small one. Scales are quarters of an octave apart.
const (
	codeBits   = 10
	codeSize   = 1 << codeBits
	codeScales = 35 // 2^-3 to 2^5.5
	codeBends  = 4  // 1, 2, 4, 32
	codeCount  = codeScales * codeBends

	// codeClasses bounds the classes of a code; what lies above escapes.
	codeClasses = ownClasses + 9*4
	escapeBits  = maxBits // of a number that escapes, written whole
	escapeMark  = 63      // in place of the number of extra bits
)

// entry is a state of a code, packed: from bit 0 how many bits the next state
// takes, from 8 the extra bits of the class, from 16 the least next state, from
// 32 the base of the class.
type entry uint64

func (e entry) width() uint  { return uint(e) & 15 }
func (e entry) extra() uint  { return uint(e>>8) & 63 }
func (e entry) state() uint  { return uint(e>>16) & (codeSize - 1) }
func (e entry) base() uint64 { return uint64(e >> 32) }

type code struct {
	entries [codeSize]entry
	escape  byte // the class of all numbers from its base on

	// To encode a class in a state, of codeSize to 2*codeSize-1: write as many of
	// its lower bits as (state+widths)>>16 says, and go to
	// states[state>>bits+finds].
	states [codeSize]uint16
	widths [codeClasses + 1]uint32
	finds  [codeClasses + 1]int32
	costs  [codeClasses + 1]uint32 // 1/256 bits, extra bits not counted
}

// codes are all codes, scale by scale and bend by bend. They are the same on
// every machine: only sums, products and quotients of floats, each rounded
// once, make them.
var codes = sync.OnceValue(func() *[codeCount]code {
	all := new([codeCount]code)
	for i := range all {
		all[i].build(weightsOf(i/codeBends, i%codeBends))
	}
	return all
})

// weightsOf gives the weight of each class of a code, and last that of all above.
func weightsOf(scale, bend int) (w [codeClasses + 1]float64) {
	// quarters of an octave
	s := [4]float64{1, 1.189207115002721, 1.4142135623730951, 1.681792830507429}[scale%4]
	s = float64(s*float64(uint(1)<<(scale/4))) / 8
	doublings := [codeBends]int{0, 1, 2, 5}[bend]
	denominator := float64(float64(s*s) * float64(uint(2)<<doublings))
	const parts = 8 // that a class is cut into
	for c := range w {
		base, n := baseOf(byte(c))
		step := float64(uint64(1)<<n) / parts
		at := float64(base) + step/2 - 0.5
		count := parts
		if n == 0 {
			at, step, count = float64(base), 1, 1
		}
		for range count {
			p := 1 / (1 + float64(float64(at*at)/denominator))
			for range doublings {
				p = float64(p * p)
			}
			w[c] += float64(p * step)
			at += step
		}
	}
	return w
}

// build makes the tables from the weights of the classes.
func (t *code) build(w [codeClasses + 1]float64) {
	total := 0.0
	for _, x := range w {
		total += x
	}
	// the least likely classes share the escape
	last, tail := codeClasses, w[codeClasses]
	for last > 1 && float64((tail+w[last-1])*700) < total {
		last--
		tail += w[last]
	}
	t.escape = byte(last)
	w[last] = tail
	var counts [codeClasses + 1]int
	left, most := codeSize, 0
	for c := range last + 1 {
		counts[c] = max(1, int(float64(float64(w[c]*codeSize)/total)+0.5))
		left -= counts[c]
		if counts[c] > counts[most] {
			most = c
		}
	}
	counts[most] += left

	var symbols [codeSize]byte
	at := 0
	for c := range last + 1 {
		for range counts[c] {
			symbols[at] = byte(c)
			at = (at + codeSize/2 + codeSize/8 + 3) % codeSize
		}
	}
	begin := 0
	var next, place [codeClasses + 1]int
	for c := range last + 1 {
		n := counts[c]
		next[c], place[c] = n, begin
		width := codeBits
		if n > 1 {
			width -= bits.Len(uint(n-1)) - 1
		}
		t.widths[c] = uint32(width<<16 - n<<width)
		t.finds[c] = int32(begin - n)
		t.costs[c] = uint32(math.Round(256 * math.Log2(codeSize/float64(n))))
		begin += n
	}
	for i, c := range symbols {
		state := next[c]
		next[c]++
		t.states[place[c]+state-counts[c]] = uint16(codeSize + i)
		width := codeBits + 1 - bits.Len(uint(state))
		base, n := baseOf(c)
		if int(c) == last {
			base, n = 0, escapeMark
		}
		t.entries[i] = entry(width) | entry(n)<<8 | entry(state<<width-codeSize)<<16 | entry(base)<<32
	}
}

// packed is a number on its way from its class to the bits that are written:
// those of the state, and the extra ones.
type packed struct {
	extra    uint64
	state    uint16
	width, n uint8
}

// census is how often each class occurs in a sequence whose lower bits are
// left as they are.
type census struct {
	low    uint   // bits left as they are
	extra  uint64 // bits that follow the classes, those among them
	scale  int    // of the code that should fit
	n      int
	counts [codeClasses + 1]uint32 // the last one is of all classes above
	found  [codeClasses + 1]found
	kinds  int // of classes found
}

type found struct{ class, n uint32 }

func (c *census) take(u []int64) {
	length := 0
	for _, x := range u {
		length += bits.Len64(uint64(x))
	}
	// A normal distribution of scale s has numbers of an average bit length of
	// log2(s) less some four tenths; all in quarters of an octave.
	c.n, c.low, c.extra, c.kinds = len(u), 0, 0, 0
	c.scale = (length*4)/len(u) + 2
	for ; c.scale >= 5*4; c.scale -= 4 {
		c.low++
	}
	c.scale += 3 * 4 // the first code is of scale 2^-3
	clear(c.counts[:])
	for _, x := range u {
		class, n := classOf(uint64(x) >> c.low)
		c.counts[min(class, codeClasses)]++
		c.extra += uint64(n)
	}
	c.extra += uint64(c.low) * uint64(c.n)
	for class, n := range c.counts {
		if n > 0 {
			c.found[c.kinds] = found{uint32(class), n}
			c.kinds++
		}
	}
}

// code finds the code that costs the fewest bits, and the cost of the sequence in
// 1/256 bits.
func (c *census) code() (best int, cost uint64) {
	all := codes()
	cost = math.MaxUint64
	try := func(scale, bend int) {
		i := max(0, min(codeScales-1, scale))*codeBends + bend
		t := &all[i]
		var sum uint64
		for _, f := range c.found[:c.kinds] {
			if f.class < uint32(t.escape) {
				sum += uint64(f.n) * uint64(t.costs[f.class])
			} else {
				sum += uint64(f.n) * uint64(t.costs[t.escape]+escapeBits*256)
			}
		}
		if sum < cost {
			best, cost = i, sum
		}
	}
	const middle = 2 // the bend that decides the scale
	for scale := c.scale - 5; scale < c.scale+4; scale++ {
		try(scale, middle)
	}
	scale := best / codeBends
	for _, bend := range [...]int{0, 1, 3} {
		for near := scale - 2; near <= scale+1; near++ {
			try(near, bend)
		}
	}
	return best, cost + 256*(c.extra+2*codeBits)
}

// mayGain reports whether a table made for the sequence is likely to cost less
// than a code did: the classes are far from what any code expects.
func (c *census) mayGain(cost uint64) bool {
	if c.n < 64 {
		return false
	}
	// a place in the table costs some five bits
	total := float64(c.extra) + 5*float64(c.kinds)
	for _, f := range c.found[:c.kinds] {
		total += float64(f.n) * math.Log2(float64(c.n)/float64(f.n))
	}
	return total*256 < float64(cost-cost/fseGain)
}

// appendCoded writes numbers: where the two states begin, then for each number
// the bits that its state takes and its extra bits. Even places use one state
// and odd places the other. Decoding goes forward, so encoding goes backward.
func (c *intCoder) appendCoded(dst []byte, t *code, low uint, u []int64) []byte {
	c.packed = slices.Grow(c.packed[:0], len(u))[:len(u)]
	s, other := uint32(codeSize), uint32(codeSize)
	for i := len(u) - 1; i >= 0; i-- {
		x := uint64(u[i])
		class, n := classOf(x >> low)
		if n += low; class >= t.escape {
			class, n = t.escape, escapeBits
		}
		width := (s + t.widths[class]) >> 16
		c.packed[i] = packed{x & (1<<n - 1), uint16(s & (1<<width - 1)), uint8(width), uint8(n)}
		s, other = other, uint32(t.states[int32(s>>width)+t.finds[class]])
	}
	w := bitWriter{b: dst}
	w.put(uint64(other-codeSize), codeBits)
	w.put(uint64(s-codeSize), codeBits)
	for _, p := range c.packed {
		if width := uint(p.width) + uint(p.n); width <= 32 {
			w.put(uint64(p.state)|p.extra<<p.width, width)
			continue
		}
		w.put(uint64(p.state), uint(p.width))
		w.put(p.extra, uint(p.n))
	}
	return w.end()
}
