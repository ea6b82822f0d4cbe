package review

import (
	"math"
	"math/bits"
)

// sketch estimates how many distinct values were added, within some 15 %, in
// bytes that do not grow with their number. Two sketches of two parts of a
// bundle make the sketch of the whole, in whatever order they are joined.
type sketch struct{ regs [sketchSize]uint8 }

const (
	sketchBits = 6
	sketchSize = 1 << sketchBits
)

// fingerprint spreads a value over 64 bits. It is the same in every run, because
// what an officer reads must be; it defends nothing.
func fingerprint(value []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range value {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (s *sketch) add(print uint64) {
	i := print >> (64 - sketchBits)
	rank := uint8(bits.LeadingZeros64(print<<sketchBits|1<<(sketchBits-1))) + 1
	s.regs[i] = max(s.regs[i], rank)
}

func (s *sketch) merge(o *sketch) {
	for i, r := range o.regs {
		s.regs[i] = max(s.regs[i], r)
	}
}

func (s *sketch) estimate() int64 {
	sum, empty := 0.0, 0
	for _, r := range s.regs {
		sum += 1 / float64(uint64(1)<<r)
		if r == 0 {
			empty++
		}
	}
	const n = sketchSize
	e := 0.709 * n * n / sum
	if e <= 2.5*n && empty > 0 {
		e = n * math.Log(float64(n)/float64(empty))
	}
	return rounded(int64(e + 0.5))
}

// rounded keeps two digits: an estimate must not look like a count.
func rounded(n int64) int64 {
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}
