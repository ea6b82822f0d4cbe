package boltfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The structure of a file is walked here and not by bbolt: a page that points
// to itself makes bbolt run until memory ends, and a length that points out of
// the file ends the process.

// Fault is one place where the structure of a file is not what it must be.
type Fault struct {
	Bucket []string // names of the buckets from the top; empty for the file as a whole
	Page   uint64
	Err    error
	// Misleads says that reading there may find the wrong value or never end.
	// Other faults are met by an error.
	Misleads bool
}

// String says where and what.
func (f Fault) String() string {
	where := ""
	if len(f.Bucket) > 0 {
		names := make([]string, 0, len(f.Bucket))
		for _, name := range f.Bucket {
			names = append(names, printable(name))
		}
		where = " of " + strings.Join(names, "/")
	}
	return fmt.Sprintf("page %d%s: %v", f.Page, where, f.Err)
}

// Kinds of pages, and the flag of a leaf's element that is a bucket.
const (
	branchPage = 0x01
	leafPage   = 0x02
	freePage   = 0x10

	bucketFlag = 0x01
	elementLen = 16 // of a branch's or a leaf's element
	inBucket   = 16 // root page (8) and sequence of a bucket, before an inline page
	deepest    = 40 // levels of branches; bbolt needs 4 for a billion keys

	noFreelist = 1<<64 - 1 // the file keeps no list of free pages
)

// walker walks the pages of one state of a file.
type walker struct {
	ctx    context.Context
	r      io.ReaderAt
	m      meta
	seen   []bool // by page
	levels int    // of buckets to go into; zero means all
	limit  int
	found  []Fault
}

func newWalker(ctx context.Context, r io.ReaderAt, size int64, limit int) (*walker, error) {
	all, err := metas(r)
	if err != nil {
		return nil, err
	}
	w := &walker{ctx: ctx, r: r, m: all[0], limit: limit}
	if w.m.pages > uint64(size/w.m.pageSize) {
		return nil, fmt.Errorf("%w: %d bytes long, its pages need %d; it was cut", ErrDamaged, size, w.m.pages*uint64(w.m.pageSize))
	}
	w.seen = make([]bool, w.m.pages)
	return w, nil
}

// root is the page of the bucket that holds the top-level ones, and freelist
// that of the list of free pages.
func (m *meta) root() uint64     { return binary.NativeEndian.Uint64(m.raw[16:]) }
func (m *meta) freelist() uint64 { return binary.NativeEndian.Uint64(m.raw[32:]) }

func (w *walker) bad(bucket []string, page uint64, misleads bool, format string, args ...any) {
	if len(w.found) < w.limit {
		w.found = append(w.found, Fault{append([]string(nil), bucket...), page, fmt.Errorf(format, args...), misleads})
	}
}

// page reads a page with what overflows from it, and marks it as seen.
func (w *walker) page(bucket []string, id uint64) (p page, ok bool) {
	if id < 2 || id >= w.m.pages {
		w.bad(bucket, id, true, "it is outside of the file's %d pages", w.m.pages)
		return p, false
	}
	head := make([]byte, w.m.pageSize)
	if _, err := w.r.ReadAt(head, int64(id)*w.m.pageSize); err != nil {
		w.bad(bucket, id, false, "%w", err)
		return p, false
	}
	p.parse(head)
	if p.id != id {
		w.bad(bucket, id, false, "it says to be page %d", p.id)
		return p, false
	}
	if p.overflow >= w.m.pages-id {
		w.bad(bucket, id, true, "%d pages overflow from it, past the end", p.overflow)
		return p, false
	}
	for i := id; i <= id+p.overflow; i++ {
		if w.seen[i] {
			w.bad(bucket, i, true, "two places lead to it")
			return p, false
		}
		w.seen[i] = true
	}
	if p.overflow > 0 {
		p.b = make([]byte, (int64(p.overflow)+1)*w.m.pageSize)
		if _, err := w.r.ReadAt(p.b, int64(id)*w.m.pageSize); err != nil {
			w.bad(bucket, id, false, "%w", err)
			return p, false
		}
	}
	return p, true
}

// page is a page in memory, or one that is inline in a value.
type page struct {
	b        []byte
	id       uint64
	flags    uint16
	count    int
	overflow uint64
}

func (p *page) parse(b []byte) {
	order := binary.NativeEndian
	p.b, p.id, p.flags, p.count, p.overflow = b, order.Uint64(b), order.Uint16(b[8:]), int(order.Uint16(b[10:])), uint64(order.Uint32(b[12:]))
}

// element is one key with its value, or with the page it leads to.
type element struct {
	key, value []byte
	child      uint64
	isBucket   bool
}

// elements takes a page apart. bbolt writes keys and values without a gap, in
// order, so a length or a count that is wrong shows.
func (p *page) elements() ([]element, error) {
	order, next := binary.NativeEndian, uint64(pageHeader+elementLen*p.count)
	if next > uint64(len(p.b)) {
		return nil, fmt.Errorf("%d elements do not fit in it", p.count)
	}
	list := make([]element, p.count)
	for i := range list {
		at := uint64(pageHeader + elementLen*i)
		raw := p.b[at : at+elementLen]
		var pos, keyLen, valueLen uint64
		if p.flags == branchPage {
			pos, keyLen, list[i].child = uint64(order.Uint32(raw)), uint64(order.Uint32(raw[4:])), order.Uint64(raw[8:])
		} else {
			flags := order.Uint32(raw)
			if flags > bucketFlag {
				return nil, fmt.Errorf("element %d has the unknown flags %#x", i, flags)
			}
			list[i].isBucket = flags == bucketFlag
			pos, keyLen, valueLen = uint64(order.Uint32(raw[4:])), uint64(order.Uint32(raw[8:])), uint64(order.Uint32(raw[12:]))
		}
		if at+pos != next || keyLen+valueLen > uint64(len(p.b))-next {
			return nil, fmt.Errorf("element %d is not where it must be", i)
		}
		list[i].key, list[i].value = p.b[next:next+keyLen], p.b[next+keyLen:next+keyLen+valueLen]
		next += keyLen + valueLen
	}
	return list, nil
}

// tree walks the pages of one bucket. Keys lie from low to below high, where
// these are not nil.
func (w *walker) tree(bucket []string, id uint64, low, high []byte, level int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	p, ok := w.page(bucket, id)
	if !ok {
		return nil
	}
	if level > deepest {
		w.bad(bucket, id, true, "more than %d levels of pages", deepest)
		return nil
	}
	return w.content(bucket, id, &p, low, high, level)
}

func (w *walker) content(bucket []string, id uint64, p *page, low, high []byte, level int) error {
	if p.flags != branchPage && p.flags != leafPage {
		w.bad(bucket, id, false, "its kind is %#x, neither branch nor leaf", p.flags)
		return nil
	}
	list, err := p.elements()
	if err == nil && p.flags == branchPage && len(list) == 0 {
		err = errors.New("a branch that leads nowhere")
	}
	if err != nil {
		w.bad(bucket, id, true, "%w", err)
		return nil
	}
	for i, e := range list {
		switch {
		case i == 0 && low != nil && bytes.Compare(e.key, low) < 0, high != nil && bytes.Compare(e.key, high) >= 0:
			w.bad(bucket, id, true, "key %x does not belong in it", short(e.key))
		case i > 0 && bytes.Compare(e.key, list[i-1].key) <= 0:
			w.bad(bucket, id, true, "key %x is out of order", short(e.key))
		}
	}
	for i, e := range list {
		switch {
		case p.flags == branchPage:
			end := high
			if i+1 < len(list) {
				end = list[i+1].key
			}
			err = w.tree(bucket, e.child, e.key, end, level+1)
		case e.isBucket:
			err = w.bucket(append(bucket, string(e.key)), id, e.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket walks the bucket that a value stands for.
func (w *walker) bucket(bucket []string, holder uint64, value []byte) error {
	if len(value) < inBucket {
		w.bad(bucket, holder, true, "a bucket of %d bytes", len(value))
		return nil
	}
	root := binary.NativeEndian.Uint64(value)
	switch {
	case w.levels > 0 && len(bucket) > w.levels:
		return nil
	case root != 0:
		return w.tree(bucket, root, nil, nil, 0)
	case len(value) < inBucket+pageHeader:
		w.bad(bucket, holder, true, "a bucket without a page")
		return nil
	}
	var p page
	p.parse(value[inBucket:])
	if p.flags != leafPage {
		w.bad(bucket, holder, true, "a bucket of kind %#x inside of it", p.flags)
		return nil
	}
	return w.content(bucket, holder, &p, nil, nil, 0)
}

// free checks the list of free pages: one that is in it and in use would be
// written over. When the whole file was walked, every page must be one or the
// other.
func (w *walker) free() {
	id := w.m.freelist()
	if id == noFreelist {
		return
	}
	p, ok := w.page(nil, id)
	if !ok {
		return
	}
	if p.flags != freePage {
		w.bad(nil, id, false, "its kind is %#x, not that of the list of free pages", p.flags)
		return
	}
	ids := p.b[pageHeader:]
	n := uint64(p.count)
	if n == 0xffff {
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		w.bad(nil, id, false, "the list of free pages does not hold %d", n)
		return
	}
	for i := range n {
		free := binary.NativeEndian.Uint64(ids[8*i:])
		switch {
		case free < 2 || free >= w.m.pages:
			w.bad(nil, id, false, "page %d is said to be free and is outside of the file", free)
		case w.seen[free]:
			w.bad(nil, id, false, "page %d is said to be free and is not, or twice", free)
		default:
			w.seen[free] = true
		}
	}
	for i := uint64(2); i < w.m.pages && w.levels == 0; i++ {
		if !w.seen[i] {
			w.bad(nil, i, false, "nothing leads to it, and it is not free")
		}
	}
}

// short is the begin of a key, for an error.
func short(key []byte) []byte { return key[:min(len(key), 24)] }

// printable is the name of a bucket as it is told to people: text as it is,
// anything else as hex.
func printable(key string) string {
	for _, c := range []byte(key) {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("%x", key[:min(len(key), 24)])
		}
	}
	return key
}
