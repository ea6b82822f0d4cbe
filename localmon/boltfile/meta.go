package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt keeps two meta pages, the first pages of the file. Each commit writes
// the older one anew, and the valid one with the higher transaction number
// counts. The layout is that of bbolt 1.3 to 1.5, in the machine's byte order.
const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2

	pageHeader = 16 // of every page: its number (8), flags, count, overflow
	metaSize   = 64 // after it, with the checksum in the last 8

	smallestPage = 1 << 10
	largestPage  = 1 << 24
)

// meta is one meta page.
type meta struct {
	page     int    // 0 or 1
	pageSize int64  // of the file
	txid     uint64 // the transaction that wrote it
	pages    uint64 // length of the file in pages
	raw      []byte // the 64 bytes as they stand in the file
}

// parseMeta reads a meta page whose header begins at b[0]; false when it is
// not valid.
func parseMeta(page int, b []byte) (meta, bool) {
	if len(b) < pageHeader+metaSize {
		return meta{}, false
	}
	order, raw := binary.NativeEndian, b[pageHeader:pageHeader+metaSize]
	sum := fnv.New64a()
	_, _ = sum.Write(raw[:metaSize-8]) // a hash never fails
	m := meta{page: page, pageSize: int64(order.Uint32(raw[8:])), pages: order.Uint64(raw[40:]), txid: order.Uint64(raw[48:]), raw: raw}
	ok := order.Uint32(raw) == metaMagic && order.Uint32(raw[4:]) == metaVersion && order.Uint64(raw[56:]) == sum.Sum64() &&
		m.pageSize >= smallestPage && m.pageSize <= largestPage && m.pageSize&(m.pageSize-1) == 0
	return m, ok
}

// metas reads the valid meta pages of a file, the newest first.
func metas(r io.ReaderAt) ([]meta, error) {
	read := func(page int, at int64) (meta, bool, error) {
		b := make([]byte, pageHeader+metaSize)
		if _, err := r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return meta{}, false, err
		}
		m, ok := parseMeta(page, b)
		return m, ok, nil
	}
	first, ok, err := read(0, 0)
	if err != nil {
		return nil, err
	}
	var found []meta
	if ok {
		found = append(found, first)
	}
	for size := int64(smallestPage); size <= largestPage; size *= 2 {
		if ok && size != first.pageSize {
			continue // the first page knows where the second is
		}
		second, valid, err := read(1, size)
		if err != nil {
			return nil, err
		}
		if valid && second.pageSize == size {
			found = append(found, second)
			break
		}
	}
	if len(found) == 2 && found[1].txid > found[0].txid {
		found[0], found[1] = found[1], found[0]
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: neither meta page is valid", ErrDamaged)
	}
	return found, nil
}

// certify writes the newest meta page to both places, so that a disk which
// lost it has it now. The older place comes first: whatever happens between,
// one of them is whole.
func certify(f *os.File) error {
	all, err := metas(f)
	if err != nil {
		return err
	}
	m := all[0]
	for _, page := range []int{1 - m.page, m.page} {
		if err := m.writeTo(f, page); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// metaFlag marks a meta page in its header.
const metaFlag = 0x04

// writeTo puts the meta in one of the two places.
func (m *meta) writeTo(f io.WriterAt, page int) error {
	b := make([]byte, pageHeader, pageHeader+metaSize)
	binary.NativeEndian.PutUint64(b, uint64(page))
	binary.NativeEndian.PutUint16(b[8:], metaFlag)
	_, err := f.WriteAt(append(b, m.raw...), int64(page)*m.pageSize)
	return err
}
