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

// Every value of the file begins with a kind and a CRC32C (little endian) of
// the target's name, a zero byte, the key and the payload that follows: a value
// that got under another key is damaged too.
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

// seat is the begin of the checksum of all values of one target.
type seat uint32

func seatOf(target string) seat {
	return seat(crc32.Checksum(append([]byte(target), 0), castagnoli))
}

func (s seat) sum(key, payload []byte) uint32 {
	return crc32.Update(crc32.Update(uint32(s), castagnoli, key), castagnoli, payload)
}

// seal fills the envelope of a value whose payload begins at b[envelope].
func (s seat) seal(k kind, key, b []byte) []byte {
	b[0] = byte(k)
	binary.LittleEndian.PutUint32(b[1:], s.sum(key, b[envelope:]))
	return b
}

// unseal returns the payload of a value.
func (s seat) unseal(k kind, key, b []byte) ([]byte, error) {
	if len(b) < envelope {
		return nil, fmt.Errorf("%w: %d bytes are too few", errBadValue, len(b))
	}
	if got := kind(b[0]); got != k {
		return nil, fmt.Errorf("%w: kind %d, wanted %d", errBadValue, got, k)
	}
	if s.sum(key, b[envelope:]) != binary.LittleEndian.Uint32(b[1:]) {
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
