package history

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// A segment is a row of consecutive scrapes of one target, a day at most. It
// lives in the log while scrapes are added and until it is sealed; sealed, it
// is a row of the segment table, a block of samples for each group of series
// and the times of its scrapes in the day bucket, and a block of 5-minute steps
// for each group in the m5 bucket. Seven of them share a row and the blocks
// of 1-hour steps.
var (
	bucketSegments = []byte("segments")
	bucketDay      = []byte("day")
	bucketM5       = []byte("m5")
	bucketWeeks    = []byte("weeks")
	bucketH1       = []byte("h1")
)

const (
	step5m = int64(5 * time.Minute)
	step1h = int64(time.Hour)
)

// segment is a row of the segment table, or of the table of weeks.
type segment struct {
	first, last  uint64 // seq of its first and last scrape
	minAt, maxAt int64  // of its scrapes
	rows         int    // scrapes; in a week, segments
	steps        int    // 5-minute steps; in a week, 1-hour steps
	raw, m5      bool   // which blocks it still has; in a week, m5 says that its segments have theirs
	rolled       bool   // its steps are part of a week
	size         int64  // bytes of its blocks of samples

	packed []byte // begins of its steps
}

const (
	segmentRaw = 1 << iota
	segmentM5
	segmentRolled
)

func (s *segment) encode(of seat) []byte {
	b := make([]byte, envelope, envelope+64+len(s.packed))
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
	return of.seal(kindSegment, seqKey(s.first), append(b, s.packed...))
}

// decodeSegment reads a row. Its packed part refers to v.
func decodeSegment(of seat, k, v []byte) (*segment, error) {
	first, err := keySeq(k)
	if err != nil {
		return nil, err
	}
	payload, err := of.unseal(kindSegment, k, v)
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
	s.packed = in.b
	if in.bad || rows < 1 || rows > chunk.MaxValues || steps > chunk.MaxValues || s.last < first || s.maxAt < s.minAt {
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

// spanTimes are the times of a segment's scrapes: those of the kit and, where
// every scrape had one, the target's clock less the kit's.
type spanTimes struct{ at, clock []int64 }

// encode packs the times.
func (t *spanTimes) encode(e *chunk.Encoder, of seat, first uint64) []byte {
	b := e.Times(make([]byte, envelope), t.at)
	if len(t.clock) > 0 {
		b = e.Times(b, t.clock)
	}
	return of.seal(kindTimes, timesKey(first), b)
}

// decodeTimes reads the times of n scrapes.
func decodeTimes(d *chunk.Decoder, of seat, first uint64, value []byte, n int) (t spanTimes, err error) {
	payload, err := of.unseal(kindTimes, timesKey(first), value)
	if err != nil {
		return t, err
	}
	t.at = make([]int64, n)
	rest, err := d.Times(t.at, payload)
	if err != nil || len(rest) == 0 {
		return t, err
	}
	t.clock = make([]int64, n)
	if rest, err = d.Times(t.clock, rest); err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d bytes after times", errBadValue, len(rest))
	}
	return t, err
}

// blockKey names the block of a group in a segment or week.
func blockKey(first uint64, group uint32) []byte {
	return binary.BigEndian.AppendUint32(seqKey(first), group)
}

// blockPrefix is the length of a blockKey.
const blockPrefix = 12

// timesKey names the times of a segment's scrapes; it stands after the groups.
func timesKey(first uint64) []byte { return blockKey(first, math.MaxUint32) }

// A block is stored after its kind and the length of its head, so that one
// series can be read without its neighbours, and a checksum of these two and
// of where it belongs.
const blockPreamble = 7

// appendBlock makes the value of a block.
func appendBlock(dst []byte, of seat, k kind, key []byte, b *chunk.Builder) []byte {
	at := len(dst)
	dst, head := b.Append(append(dst, byte(k), 0, 0, 0, 0, 0, 0))
	binary.LittleEndian.PutUint16(dst[at+1:], uint16(head))
	binary.LittleEndian.PutUint32(dst[at+3:], of.sum(key, dst[at:at+3]))
	return dst
}

// blockHead reads what stands before a block, and returns where its head ends.
func blockHead(of seat, k kind, key, value []byte) (end int, err error) {
	if len(value) < blockPreamble || kind(value[0]) != k {
		return 0, fmt.Errorf("%w: not a block of kind %d", errBadValue, k)
	}
	if of.sum(key, value[:3]) != binary.LittleEndian.Uint32(value[3:]) {
		return 0, fmt.Errorf("%w: checksum before a block does not match", errBadValue)
	}
	return blockPreamble + int(binary.LittleEndian.Uint16(value[1:])), nil
}

// blockReader reads a block out of its pieces. It stands on one of them and
// goes on from there: neighbours are often read one after the other.
type blockReader struct {
	c     *bbolt.Cursor
	key   []byte
	piece int    // where it stands,
	value []byte // and what is there
	begin int    // of the bytes after the head
	buf   []byte
}

// near is how many pieces are passed over rather than searched past.
const near = 4

// open opens the block; false when there is none.
func (r *blockReader) open(in *bbolt.Bucket, of seat, k kind, key []byte, b *chunk.Block) (bool, error) {
	if in == nil {
		return false, nil
	}
	r.c, r.key = in.Cursor(), key
	found, first := r.c.Seek(pieceOf(key, 0))
	if n, ok := pieceNumber(key, found); !ok || n != 0 {
		return false, nil
	}
	r.piece, r.value = 0, first
	var err error
	if r.begin, err = blockHead(of, k, key, first); err != nil {
		return false, err
	}
	head, err := r.read(blockPreamble, r.begin)
	if err != nil {
		return false, err
	}
	if err := b.OpenParts(head, func(from, to int) ([]byte, error) { return r.read(r.begin+from, r.begin+to) }); err != nil {
		return false, err
	}
	return true, nil
}

// read returns the bytes from (included) to (excluded). They are good until the
// next call.
func (r *blockReader) read(from, to int) ([]byte, error) {
	if err := r.stand(from / pieceSize); err != nil {
		return nil, err
	}
	if low := from - r.piece*pieceSize; to-r.piece*pieceSize <= len(r.value) && low <= to-r.piece*pieceSize {
		return r.value[low : to-r.piece*pieceSize], nil
	}
	r.buf = r.buf[:0]
	for {
		low, high := max(from-r.piece*pieceSize, 0), min(to-r.piece*pieceSize, len(r.value))
		if low > high {
			return nil, fmt.Errorf("%w: it ends in piece %d", errBadValue, r.piece)
		}
		r.buf = append(r.buf, r.value[low:high]...)
		if r.piece*pieceSize+high == to {
			return r.buf, nil
		}
		if len(r.value) != pieceSize {
			return nil, fmt.Errorf("%w: it ends in piece %d", errBadValue, r.piece)
		}
		if err := r.stand(r.piece + 1); err != nil {
			return nil, err
		}
	}
}

// stand goes to a piece.
func (r *blockReader) stand(piece int) error {
	if piece == r.piece {
		return nil
	}
	var k, v []byte
	if ahead := piece - r.piece; ahead > 0 && ahead <= near {
		for range ahead {
			k, v = r.c.Next()
		}
	} else {
		k, v = r.c.Seek(pieceOf(r.key, piece))
	}
	if n, ok := pieceNumber(r.key, k); !ok || n != piece {
		r.piece = -near - 1 // it stands nowhere
		return fmt.Errorf("%w: piece %d is missing", errBadValue, piece)
	}
	r.piece, r.value = piece, v
	return nil
}

// openWhole opens a block of which the whole value is at hand.
func openWhole(of seat, key, value []byte, k kind, b *chunk.Block) error {
	begin, err := blockHead(of, k, key, value)
	if err != nil {
		return err
	}
	if begin > len(value) {
		return fmt.Errorf("%w: a block ends in its head", errBadValue)
	}
	body := value[begin:]
	if err := b.OpenParts(value[blockPreamble:begin], func(from, to int) ([]byte, error) { return body[from:to], nil }); err != nil {
		return err
	}
	if b.Size() != len(body) {
		return fmt.Errorf("%w: a block of %d bytes, its head says %d", errBadValue, len(body), b.Size())
	}
	return nil
}
