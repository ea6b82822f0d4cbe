package history

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// A segment is a row of consecutive scrapes of one target, a day at most. It
// lives in the log while scrapes are added and until it is sealed; sealed, it
// is a row of the segment table, a block of samples for each group of series
// in the day bucket, and a block of 5-minute steps for each group in the m5
// bucket. Thirty-two of them share a row and the blocks of 1-hour steps.
var (
	bucketSegments = []byte("segments")
	bucketDay      = []byte("day")
	bucketM5       = []byte("m5")
	bucketMonths   = []byte("months")
	bucketH1       = []byte("h1")
	keyBlock       = []byte("b")
)

const (
	step5m = int64(5 * time.Minute)
	step1h = int64(time.Hour)
)

// segment is a row of the segment table, or of the table of months.
type segment struct {
	first, last  uint64 // seq of its first and last scrape
	minAt, maxAt int64  // of its scrapes
	rows         int    // scrapes; in a month, steps
	steps        int    // 5-minute steps; in a month, segments
	raw, m5      bool   // which blocks it still has; in a month, m5 says that its segments have theirs
	rolled       bool   // its steps are part of a month
	size         int64  // bytes of its blocks of samples

	packedRows  []byte // times of the scrapes (months: of the steps)
	packedSteps []byte // begins of the 5-minute steps
	packedClock []byte // the target's clock less the kit's, for each scrape; may be empty
}

const (
	segmentRaw = 1 << iota
	segmentM5
	segmentRolled
)

func (s *segment) encode() []byte {
	b := make([]byte, envelope, envelope+64+len(s.packedRows)+len(s.packedSteps)+len(s.packedClock))
	flags := byte(0)
	if s.raw {
		flags |= segmentRaw
	}
	if s.m5 {
		flags |= segmentM5
	}
	if s.rolled {
		flags |= segmentRolled
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, s.last-s.first)
	b = binary.AppendVarint(b, s.minAt)
	b = binary.AppendUvarint(b, uint64(s.maxAt-s.minAt))
	b = binary.AppendUvarint(b, uint64(s.rows))
	b = binary.AppendUvarint(b, uint64(s.steps))
	b = binary.AppendUvarint(b, uint64(s.size))
	for _, p := range [][]byte{s.packedRows, s.packedSteps, s.packedClock} {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return seal(kindSegment, b)
}

// decodeSegment reads a row. The packed parts refer to v.
func decodeSegment(k, v []byte) (*segment, error) {
	first, err := keySeq(k)
	if err != nil {
		return nil, err
	}
	payload, err := unseal(kindSegment, v)
	if err != nil {
		return nil, err
	}
	in := input{b: payload}
	flags := in.uvarint()
	s := &segment{first: first, raw: flags&segmentRaw != 0, m5: flags&segmentM5 != 0, rolled: flags&segmentRolled != 0}
	s.last = first + in.uvarint()
	s.minAt = in.varint()
	s.maxAt = s.minAt + int64(in.uvarint())
	rows, steps := in.uvarint(), in.uvarint()
	s.rows, s.steps, s.size = int(rows), int(steps), int64(in.uvarint())
	for _, p := range []*[]byte{&s.packedRows, &s.packedSteps, &s.packedClock} {
		*p = in.bytes(in.uvarint())
	}
	if in.bad || len(in.b) > 0 || rows < 1 || rows > chunk.MaxValues || steps > chunk.MaxValues || s.last < first || s.maxAt < s.minAt {
		return nil, fmt.Errorf("%w: row of the segment table", errBadValue)
	}
	return s, nil
}

// times unpacks times that fill a packed part.
func times(d *chunk.Decoder, packed []byte, n int) ([]int64, error) {
	t := make([]int64, n)
	rest, err := d.Times(t, packed)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d bytes after times", errBadValue, len(rest))
	}
	return t, err
}

// blockKey names the block of a group in a segment or month.
func blockKey(first uint64, group uint32) []byte {
	return binary.BigEndian.AppendUint32(seqKey(first), group)
}

// putBlock stores a block in a bucket of its own: bbolt rewrites the values
// that share a page with a new one, and these are large.
func putBlock(in *bbolt.Bucket, k kind, key, block []byte) error {
	b, err := in.CreateBucketIfNotExists(key)
	if err != nil {
		return err
	}
	b.FillPercent = 1
	return b.Put(keyBlock, append([]byte{byte(k)}, block...))
}

// getBlock opens a block; false when there is none.
func getBlock(in *bbolt.Bucket, k kind, key []byte, b *chunk.Block) (bool, error) {
	if in == nil {
		return false, nil
	}
	own := in.Bucket(key)
	if own == nil {
		return false, nil
	}
	v := own.Get(keyBlock)
	if len(v) < 1 || kind(v[0]) != k {
		return false, fmt.Errorf("%w: not a block of kind %d", errBadValue, k)
	}
	if err := b.Open(v[1:]); err != nil {
		return false, err
	}
	return true, nil
}

// dropBlocks deletes the blocks of a segment from a bucket.
func dropBlocks(in *bbolt.Bucket, first uint64) error {
	if in == nil {
		return nil
	}
	var keys [][]byte
	prefix := seqKey(first)
	c := in.Cursor()
	for k, _ := c.Seek(prefix); len(k) >= 8 && string(k[:8]) == string(prefix); k, _ = c.Next() {
		keys = append(keys, slices.Clone(k))
	}
	for _, k := range keys {
		if err := in.DeleteBucket(k); err != nil {
			return err
		}
	}
	return nil
}
