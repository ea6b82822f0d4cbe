package chunk

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// A series may follow another one that stands shortly before it in its shard:
// bytes a second follow operations a second by the size of an operation, a rate
// follows its counter. Then its mantissas are predicted as a multiple of those
// of the other, and what that misses is packed as any integers. The other is not
// itself linked, so reading a series reads at most one more.
type link struct {
	back   int   // how many places before
	rises  bool  // follows the growth of the other and not its value
	masked bool  // is zero, and not written, where that is zero
	weight int64 // of it, in 1/2^shift
	shift  uint8
}

const (
	linkBack   = 15 // mask
	linkRises  = 1 << 4
	linkMasked = 1 << 5
	linkBits   = 1<<6 - 1

	linkReach   = 7  // places that are looked back by
	linkGain    = 8  // times less variance that a link must leave
	maxShift    = 48 // of a weight
	linkLengths = 61 // bits of weight and other together, so that products fit
)

// apply writes to dst what the other's mantissas predict; both may be one.
func (l *link) apply(dst, other []int64) {
	if !l.rises {
		for i, x := range other {
			dst[i] = l.times(x)
		}
		return
	}
	p := other[0]
	for i, x := range other {
		dst[i] = l.times(x - p)
		p = x
	}
}

func (l *link) times(x int64) int64 {
	return (x*l.weight + int64(1)<<l.shift>>1) >> l.shift
}

// neighbours are the mantissas of the series of a shard so far; those that
// nothing can be linked to are empty.
type neighbours struct {
	all  [shardSeries][]int64
	rise [shardSeries]bool // never falls, as a counter
	next int
}

// place says where in its shard the next series stands.
func (near *neighbours) place(n int) {
	near.next = n
	near.all[n] = near.all[n][:0]
}

// add keeps mantissas that others can be linked to.
func (near *neighbours) add(m []int64) {
	near.all[near.next] = append(near.all[near.next], m...)
	near.rise[near.next] = slices.IsSorted(m)
}

// linked writes mantissas that follow those of a neighbour; false when none
// serves.
func (e *Encoder) linked(dst []byte, m []int64, near *neighbours) ([]byte, bool) {
	l, ok := near.find(m)
	if !ok {
		return dst, false
	}
	head := byte(l.back)
	if l.rises {
		head |= linkRises
	}
	if l.masked {
		head |= linkMasked
	}
	dst = append(dst, head, l.shift)
	dst = binary.AppendVarint(dst, l.weight)
	other := near.all[near.next-l.back]
	e.work = resize(e.work, len(m))
	z := e.work
	l.apply(z, other)
	n := 0
	for i, x := range m {
		if l.masked && other[i] == 0 {
			continue
		}
		z[n] = x - z[i]
		n++
	}
	return e.ints.appendInts(dst, z[:n]), true
}

// find looks for the neighbour that predicts m best, and much better than m
// predicts itself.
func (near *neighbours) find(m []int64) (best link, ok bool) {
	if len(m) < 2*judged {
		return link{}, false
	}
	most := float64(linkGain)
	for back := 1; back <= min(linkReach, near.next); back++ {
		other := near.all[near.next-back]
		if len(other) != len(m) {
			continue
		}
		l := link{back: back, rises: near.rise[near.next-back]}
		if gain := l.fit(m, other); gain > most {
			best, most, ok = l, gain, true
		}
	}
	if !ok {
		return link{}, false
	}
	other := near.all[near.next-best.back]
	best.masked = !best.rises
	for i, x := range other {
		if best.masked = best.masked && (x != 0 || m[i] == 0); !best.masked {
			break
		}
	}
	return best, best.bounded(m, other)
}

// fit finds the weight by least squares, judged on a part of the values, and returns how
// many times less variance remains than when each value is predicted from the one before.
func (l *link) fit(m, other []int64) (gain float64) {
	var n, x, r, p, xx, rr, xr, pp, xp float64
	for at := 1; at < len(m); at += judgedOf / 2 {
		for i := at; i < min(at+judged/8, len(m)); i++ {
			from := int64(0)
			if l.rises {
				from = other[i-1]
			} else if other[i] == 0 && m[i] == 0 || m[i-1] == 0 {
				continue // rest says nothing
			}
			u, v, w := float64(m[i]-m[0]), float64(other[i]-from), float64(m[i-1]-m[0])
			n++
			x, r, p = x+u, r+v, p+w
			xx, rr, pp, xr, xp = xx+u*u, rr+v*v, pp+w*w, xr+u*v, xp+u*w
		}
	}
	if n < 16 {
		return 0
	}
	xx, rr, pp, xr, xp = xx-x*x/n, rr-r*r/n, pp-p*p/n, xr-x*r/n, xp-x*p/n
	if rr <= 0 || pp <= 0 || xx <= 0 {
		return 0
	}
	a := xr / rr
	l.weigh(a, l.most(other))
	own, left := xx-xp*xp/pp, xx-xr*xr/rr
	return own / max(left, own*1e-6, n/12)
}

// most has as many bits as the largest number that the weight is multiplied with.
func (l *link) most(other []int64) (most uint64) {
	p := int64(0)
	if l.rises {
		p = other[0]
	}
	for _, x := range other {
		r := x - p
		most |= uint64(max(r, -r))
		if l.rises {
			p = x
		}
	}
	return most
}

// weigh makes a whole number of the weight.
func (l *link) weigh(a float64, most uint64) {
	length := bits.Len64(most)
	_, exponent := math.Frexp(a)
	l.shift = uint8(max(0, min(maxShift, length+6, linkLengths-length-max(0, exponent))))
	l.weight = int64(math.Round(math.Ldexp(a, int(l.shift))))
}

// bounded reports whether all that the link misses is small enough to be packed.
func (l *link) bounded(m, other []int64) bool {
	if bits.Len64(l.most(other))+bits.Len64(uint64(max(l.weight, -l.weight))) > linkLengths {
		return false
	}
	for i, x := range other {
		if l.rises {
			x -= other[max(0, i-1)]
		}
		if miss := m[i] - l.times(x); miss >= maxMantissa || miss <= -maxMantissa {
			return false
		}
	}
	return true
}

// link reads how a series follows another.
func (r *reader) link() (link, error) {
	head, shift := r.byte(), r.byte()
	l := link{back: int(head & linkBack), rises: head&linkRises != 0, masked: head&linkMasked != 0, shift: shift, weight: r.varint()}
	if r.bad || head&^byte(linkBits) != 0 || l.back == 0 || shift > maxShift {
		return l, corrupt("link %#x, shift %d", head, shift)
	}
	return l, nil
}

// linked reads the mantissas of series i, which follow those of another one.
func (d *Decoder) linked(r *reader, n int, b *Block, i int) ([]int64, error) {
	l, err := r.link()
	if err != nil {
		return nil, err
	}
	if b == nil || n != b.Rows || l.back > i%shardSeries {
		return nil, corrupt("a link to %d series before", l.back)
	}
	of, _, err := b.check(i - l.back) // in the same shard
	if err != nil {
		return nil, err
	}
	if missing, head := of.uvarint(), of.byte(); of.bad || missing != 0 || head&15 != valuesShort {
		return nil, corrupt("a link to a series that is not packed on its own")
	}
	d.other = resize(d.other, n)
	other := d.other
	if err := d.short(&of, other); err != nil {
		return nil, err
	}
	busy := n
	if l.masked {
		busy = 0
		for _, x := range other {
			if x != 0 {
				busy++
			}
		}
	}
	d.work = resize(d.work, n)
	z := d.work[:busy]
	if err := d.ints.ints(r, z); err != nil {
		return nil, err
	}
	if !l.masked {
		l.apply(other, other)
		for i, miss := range z {
			other[i] += miss
		}
		return other, nil
	}
	for i, x := range other {
		if x != 0 {
			other[i], z = l.times(x)+z[0], z[1:]
		}
	}
	return other, nil
}
