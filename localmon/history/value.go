package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// errBadValue is wrapped by every error about a value that does not hold what
// it should.
var errBadValue = errors.New("damaged value")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Every value of the file begins with a kind and the CRC32C (little endian) of
// the payload that follows.
type kind byte

const (
	kindScrape kind = 1 + iota
	kindSeries
	kindSegment
	kindBlock
	kindTier
	kindClock
	kindTimes
	kindGone
)

const envelope = 5

// seal fills the envelope of a value whose payload begins at b[envelope].
func seal(k kind, b []byte) []byte {
	b[0] = byte(k)
	binary.LittleEndian.PutUint32(b[1:], crc32.Checksum(b[envelope:], castagnoli))
	return b
}

// unseal returns the payload of a value.
func unseal(k kind, b []byte) ([]byte, error) {
	if len(b) < envelope {
		return nil, fmt.Errorf("%w: %d bytes are too few", errBadValue, len(b))
	}
	if got := kind(b[0]); got != k {
		return nil, fmt.Errorf("%w: kind %d, wanted %d", errBadValue, got, k)
	}
	if crc32.Checksum(b[envelope:], castagnoli) != binary.LittleEndian.Uint32(b[1:]) {
		return nil, fmt.Errorf("%w: checksum does not match", errBadValue)
	}
	return b[envelope:], nil
}

// input reads a payload; the first failure sticks and later reads give zero.
type input struct {
	b   []byte
	bad bool
}

func (in *input) uvarint() uint64 {
	// most numbers here are below 128
	if len(in.b) > 0 && in.b[0] < 0x80 {
		u := uint64(in.b[0])
		in.b = in.b[1:]
		return u
	}
	u, n := binary.Uvarint(in.b)
	if n <= 0 {
		in.bad, in.b = true, nil
		return 0
	}
	in.b = in.b[n:]
	return u
}

func (in *input) varint() int64 { return unzigzag(in.uvarint()) }

// bytes takes n bytes.
func (in *input) bytes(n uint64) []byte {
	if n > uint64(len(in.b)) {
		in.bad, in.b = true, nil
		return nil
	}
	b := in.b[:n]
	in.b = in.b[n:]
	return b
}

func (in *input) uint64() uint64 {
	if b := in.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func zigzag(x int64) uint64   { return uint64(x)<<1 ^ uint64(x>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }
