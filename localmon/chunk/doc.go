// Package chunk packs samples: the values of one series over a span into a
// stream, the times of a span once for all its series, and the streams of many
// series into a block. It is pure: bytes in, bytes out.
//
// Start with [Encoder.Values] and [Decoder.Values] for one series,
// [Encoder.Times] and [Decoder.Times] for times, and [Builder] and [Block] for
// a block. A block is of [Samples], one column a series, or of [Steps], which
// are what the samples of coarser steps come to: minimum, maximum, sum and
// count. [Decoder.Sums] adds samples up without spreading them out.
//
// Promises:
//   - What is decoded equals what was encoded bit for bit, NaN payloads,
//     infinities and negative zero included.
//   - Input is hostile. Decoding anything gives values or an error that wraps
//     [ErrCorrupt]; it never panics and never takes more memory than some
//     [MaxValues] values need.
//   - The same values give the same bytes.
//
// How it packs: values that are short decimals become integers of one common
// exponent, freed of a common factor; integers are differenced, runs of zero
// are taken out, the rest is predicted from its two predecessors, and what the
// prediction misses is written as classes, entropy-coded by a table that fits
// its spread, and raw bits. Other values keep their 64 bits, the upper ones packed in the same
// way. FORMAT.md has every byte of it.
//
// Limits: an Encoder or Decoder keeps scratch memory and serves one goroutine
// at a time. Values are told apart by their bits, so two NaN of different
// payload are two values.
package chunk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxValues bounds the values of one stream. Together with the largest mantissa
// it keeps exact sums inside an int64.
const MaxValues = 8192

// ErrCorrupt is wrapped by every decoding error.
var ErrCorrupt = errors.New("corrupt chunk")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// reader takes parts off a byte slice; the first failure sticks.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		u := uint64(r.b[0])
		r.b = r.b[1:]
		return u
	}
	u, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return u
}

func (r *reader) varint() int64 { return unzigzag(r.uvarint()) }

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func zigzag(x int64) uint64   { return uint64(x)<<1 ^ uint64(x>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }
