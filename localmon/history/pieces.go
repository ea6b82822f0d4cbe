package history

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// Long values are cut in pieces that stand under consecutive keys, so that no
// value needs pages in a row. Pages in a row are what makes a bbolt file grow
// though there is room in it, and what makes an append rewrite its neighbours:
// a leaf is not split below five keys.
//
// pieceSize makes four pieces, with their keys, fill a page of 4 KB.
const pieceSize = 990

// pieceOf is the key of a piece.
func pieceOf(prefix []byte, n int) []byte {
	return binary.BigEndian.AppendUint16(slices.Clone(prefix), uint16(n))
}

// pieceNumber reads pieceOf back; false where the key is not one of the value.
func pieceNumber(prefix, k []byte) (n int, ok bool) {
	if len(k) != len(prefix)+2 || !bytes.HasPrefix(k, prefix) {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(k[len(prefix):])), true
}

// putPieces stores a value. It must not change before the transaction ends.
func putPieces(in *bbolt.Bucket, prefix, value []byte) error {
	if len(value) > pieceSize<<16 {
		return fmt.Errorf("a value of %d bytes is too long", len(value))
	}
	in.FillPercent = 1 // keys only ever grow
	for n := 0; n == 0 || len(value) > 0; n++ {
		part := value[:min(pieceSize, len(value))]
		if err := in.Put(pieceOf(prefix, n), part); err != nil {
			return err
		}
		value = value[len(part):]
	}
	return nil
}

// hasPieces reports whether a value is there.
func hasPieces(in *bbolt.Bucket, prefix []byte) bool {
	return in != nil && in.Get(pieceOf(prefix, 0)) != nil
}

// getPieces appends the bytes from (included) to to (excluded) of a value to
// dst. With a negative to it reads to the end. It fails where a piece is
// missing or the value ends before.
func getPieces(in *bbolt.Bucket, prefix []byte, from, to int, dst []byte) ([]byte, error) {
	want := from / pieceSize
	c := in.Cursor()
	for k, v := c.Seek(pieceOf(prefix, want)); to < 0 || want*pieceSize < to; k, v = c.Next() {
		n, ok := pieceNumber(prefix, k)
		if !ok && to < 0 && want > 0 {
			return dst, nil
		}
		if !ok || n != want {
			return dst, fmt.Errorf("%w: piece %d is missing", errBadValue, want)
		}
		low, high := max(from-want*pieceSize, 0), len(v)
		if to >= 0 {
			high = min(high, to-want*pieceSize)
		}
		if low > high || to >= 0 && high < pieceSize && want*pieceSize+high < to {
			return dst, fmt.Errorf("%w: it ends in piece %d", errBadValue, want)
		}
		dst = append(dst, v[low:high]...)
		want++
	}
	return dst, nil
}

// dropPieces deletes at most limit of the keys that begin with a prefix and
// reports how many it deleted.
func dropPieces(in *bbolt.Bucket, prefix []byte, limit int) (n int, err error) {
	if in == nil {
		return 0, nil
	}
	var keys [][]byte
	c := in.Cursor()
	for k, _ := c.Seek(prefix); len(keys) < limit && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, slices.Clone(k))
	}
	for _, k := range keys {
		if err := in.Delete(k); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}

// eachPieces calls fn for every value of a bucket whose keys have a prefix of
// the given length, in order. The value is good until fn returns.
func eachPieces(in *bbolt.Bucket, length int, fn func(prefix, value []byte) error) error {
	var (
		prefix []byte
		whole  []byte // of a value of several pieces
		only   []byte // of a value of one piece
		count  int
	)
	flush := func() error {
		if count == 0 {
			return nil
		}
		if count == 1 {
			return fn(prefix, only)
		}
		return fn(prefix, whole)
	}
	c := in.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(k) != length+2 {
			return fmt.Errorf("%w: key of %d bytes", errBadValue, len(k))
		}
		switch n, same := pieceNumber(prefix, k); {
		case count > 0 && same && n == count:
			if count == 1 {
				whole = append(whole[:0], only...)
			}
			whole = append(whole, v...)
			count++
			continue
		case count > 0 && same:
			whole = append(whole[:0], '?') // a piece is missing: the checksum will say so
			count = max(count, 2)
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		prefix, only, count = k[:length], v, 1
	}
	return flush()
}
