package chunk

import (
	"encoding/binary"
	"math"
)

const (
	timesPacked = iota
	timesRaw
	timesKinds
)

// Times appends the times of a span, in any unit and any order. There must be
// at least one and at most MaxValues.
func (e *Encoder) Times(dst []byte, t []int64) []byte {
	if len(t) == 0 || len(t) > MaxValues {
		panic("chunk: times of an empty or too long span")
	}
	d := resize(e.work, len(t)-1)
	e.work = d
	var factor uint64
	for i := range d {
		d[i] = t[i+1] - t[i]
		step := max(t[i], t[i+1]) - min(t[i], t[i+1])
		if step < 0 || step > maxMantissa { // further apart than the packing bears
			dst = append(dst, timesRaw)
			for _, x := range t {
				dst = binary.LittleEndian.AppendUint64(dst, uint64(x))
			}
			return dst
		}
		factor = gcd(factor, uint64(step))
	}
	factor = max(factor, 1)
	for i := range d {
		d[i] /= int64(factor)
	}
	dst = binary.AppendVarint(append(dst, timesPacked), t[0])
	dst = binary.AppendUvarint(dst, factor)
	return e.ints.appendInts(dst, d)
}

// Times reads len(dst) times, which must be how many were encoded, and returns
// what follows them.
func (d *Decoder) Times(dst []int64, b []byte) (rest []byte, err error) {
	if len(dst) == 0 || len(dst) > MaxValues {
		return nil, corrupt("%d times in one span", len(dst))
	}
	r := reader{b: b}
	switch kind := r.byte(); kind {
	case timesPacked:
		dst[0] = r.varint()
		factor := r.uvarint()
		if r.bad || factor == 0 || factor > math.MaxInt64 {
			return nil, corrupt("times end in their first bytes")
		}
		steps := dst[1:]
		if err := d.ints.ints(&r, steps); err != nil {
			return nil, err
		}
		at := dst[0]
		for i, s := range steps {
			at += s * int64(factor)
			steps[i] = at
		}
	case timesRaw:
		for i := range dst {
			dst[i] = int64(r.uint64())
		}
	default:
		return nil, corrupt("times of kind %d", kind)
	}
	if r.bad {
		return nil, corrupt("times end too early")
	}
	return r.b, nil
}
