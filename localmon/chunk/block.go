package chunk

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
)

// A block holds the columns of neighbouring series over one span. Its head says
// how long each part is; a shard of shardSeries parts has one checksum, so that
// reading one series checks its surroundings only, and a flipped bit costs no
// more than a shard.
const (
	// MaxSeries bounds the series of a block.
	MaxSeries = 1024

	shardSeries = 8
	checksum    = 4

	// maxPart bounds the bytes of one series, so that those of a block fit 32
	// bits: each value takes 8 bytes or less, and a little is before them.
	maxPart = maxColumns*(MaxValues*10+1024) + 1024
)

// Kind says what the columns of a block are.
type Kind uint8

// The kinds of blocks.
const (
	Samples Kind = iota // one column: the values
	Steps               // four columns, StepMin to StepCount
	kinds
)

// Columns of a block of steps: what the samples of a step come to.
const (
	StepMin = iota
	StepMax
	StepSum
	StepCount
	stepColumns

	maxColumns = stepColumns
)

// Columns is how many columns a series has.
func (k Kind) Columns() int {
	if k == Steps {
		return stepColumns
	}
	return 1
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Builder makes a block.
type Builder struct {
	enc    Encoder
	steps  stepEncoder
	near   neighbours
	n      int // rows: scrapes or steps of the span
	kind   Kind
	sizes  []int
	body   []byte
	shard  int // where the open shard begins in body
	counts []int64
}

// Reset begins a block of n rows.
func (b *Builder) Reset(n int, kind Kind) {
	if n < 1 || n > MaxValues || kind >= kinds {
		panic("chunk: block of impossible size")
	}
	b.n, b.kind, b.sizes, b.body, b.shard, b.counts = n, kind, b.sizes[:0], b.body[:0], 0, b.counts[:0]
}

// Add adds the next series. Present tells for each row whether it has values;
// nil means every row has. The columns hold the values of the present rows
// alone. A series without values takes a byte.
func (b *Builder) Add(present []bool, columns ...[]float64) {
	begin := b.begin(present, len(columns))
	if n := len(columns[0]); n > 0 {
		for _, c := range columns {
			if len(c) != n {
				panic("chunk: columns of different length")
			}
		}
		b.body = b.appendPresence(present, n)
		if b.kind == Steps {
			b.addSteps(columns)
		} else {
			b.body = b.enc.values(b.body, columns[0], b.linkable(n))
		}
	}
	b.end(begin)
}

// AddDecimals is Add for values of which the mantissas are known, at the least
// exponent that serves all: value i of column k is Float(columns[k][i],
// exponent). Counts stand for themselves.
func (b *Builder) AddDecimals(present []bool, exponent uint8, columns ...[]int64) {
	n := len(columns[0])
	for _, c := range columns {
		if len(c) != n {
			panic("chunk: columns of different length")
		}
	}
	if !packable(columns) {
		b.Add(present, b.spread(exponent, columns)...)
		return
	}
	begin := b.begin(present, len(columns))
	if n > 0 {
		b.body = b.appendPresence(present, n)
		if b.kind == Steps {
			b.addDecimalSteps(exponent, columns)
		} else {
			b.body = b.enc.decimals(b.body, columns[0], exponent, b.linkable(n))
		}
	}
	b.end(begin)
}

// packable reports whether all numbers are mantissas.
func packable(columns [][]int64) bool {
	for _, c := range columns {
		for _, m := range c {
			if m >= maxMantissa || m <= -maxMantissa {
				return false
			}
		}
	}
	return true
}

// spread makes values of mantissas.
func (b *Builder) spread(exponent uint8, columns [][]int64) [][]float64 {
	out := make([][]float64, len(columns))
	for k, c := range columns {
		out[k] = make([]float64, len(c))
		if b.kind == Steps && k == StepCount {
			floats(out[k], c, 0)
			continue
		}
		floats(out[k], c, exponent)
	}
	return out
}

func (b *Builder) begin(present []bool, columns int) int {
	if columns != b.kind.Columns() || len(b.sizes) == MaxSeries || present != nil && len(present) != b.n {
		panic("chunk: series that does not fit its block")
	}
	b.near.place(len(b.sizes) % shardSeries)
	return len(b.body)
}

func (b *Builder) end(begin int) {
	b.sizes = append(b.sizes, len(b.body)-begin)
	if len(b.sizes)%shardSeries == 0 {
		b.endShard()
	}
}

// linkable is what a series of n values can be linked to.
func (b *Builder) linkable(n int) *neighbours {
	if n != b.n {
		return nil
	}
	return &b.near
}

// appendPresence writes which rows have values: how many are missing, and then
// the runs of present and missing rows.
func (b *Builder) appendPresence(present []bool, n int) []byte {
	if present == nil {
		if n != b.n {
			panic("chunk: a full series with missing values")
		}
		return binary.AppendUvarint(b.body, 0)
	}
	c := &b.enc.ints
	c.some, c.none = runs(present, c.some, c.none)
	found := 0
	for _, some := range c.some {
		found += int(some)
	}
	if found != n {
		panic("chunk: presence does not fit the values")
	}
	dst := binary.AppendUvarint(b.body, uint64(b.n-n))
	if n == b.n {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.some)))
	dst = c.appendNumbers(dst, c.some)
	return c.appendNumbers(dst, c.none)
}

func (b *Builder) endShard() {
	if len(b.body) > b.shard {
		b.body = binary.LittleEndian.AppendUint32(b.body, crc32.Checksum(b.body[b.shard:], castagnoli))
	}
	b.shard = len(b.body)
}

// Empty reports whether no series so far has values.
func (b *Builder) Empty() bool { return len(b.body) == 0 }

// Append ends the block and appends it to dst. Head is how many of its bytes
// are its head, for [Block.OpenParts].
func (b *Builder) Append(dst []byte) (block []byte, head int) {
	if len(b.sizes)%shardSeries != 0 {
		b.endShard()
	}
	begin := len(dst)
	dst = binary.AppendUvarint(dst, uint64(b.n))
	dst = binary.AppendUvarint(append(dst, byte(b.kind)), uint64(len(b.sizes)))
	for _, n := range b.sizes {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	if b.kind == Steps {
		dst = binary.AppendUvarint(dst, uint64(len(b.counts)))
		dst = b.enc.ints.appendNumbers(dst, b.counts)
	}
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
	return append(dst, b.body...), len(dst) - begin
}

// Block is an opened block. It refers to the bytes it was opened from.
type Block struct {
	Rows   int // scrapes or steps of the span
	Kind   Kind
	Series int // places for series, some of which may be empty

	ends   []uint32 // where the part of each series ends in the body, checksums included
	counts []int64  // samples of each step, as most series have them
	ints   intCoder
	read   func(from, to int) ([]byte, error)
	shard  int // number of the shard in hand, -1 when there is none
	bytes  []byte
	fault  error // why it cannot be read
}

// Open opens a block of which all bytes are at hand. The block's memory is
// reused when it is opened again.
func (b *Block) Open(data []byte) error {
	n, err := b.openHead(data)
	if err != nil {
		return err
	}
	body := data[n:]
	if b.Size() != len(body) {
		return corrupt("block of %d bytes, its head says %d", len(body), b.Size())
	}
	b.read = func(from, to int) ([]byte, error) { return body[from:to], nil }
	return nil
}

// OpenParts opens a block whose head is at hand and whose other bytes are read
// when a series needs them, a shard of 8 series at a time. Read returns the
// bytes from (included) to (excluded) of what follows the head; they need not
// stay good past its next call.
func (b *Block) OpenParts(head []byte, read func(from, to int) ([]byte, error)) error {
	n, err := b.openHead(head)
	if err == nil && n != len(head) {
		err = corrupt("%d bytes after the head of a block", len(head)-n)
	}
	b.read = read
	return err
}

// Size is how many bytes follow the head.
func (b *Block) Size() int {
	if b.Series == 0 {
		return 0
	}
	return int(b.ends[b.Series-1])
}

// openHead reads the head and returns its length.
func (b *Block) openHead(data []byte) (int, error) {
	b.shard, b.bytes, b.fault = -1, nil, nil
	r := reader{b: data}
	rows, kind, series := r.uvarint(), Kind(r.byte()), r.uvarint()
	if r.bad || rows < 1 || rows > MaxValues || kind >= kinds || series > MaxSeries {
		return 0, corrupt("block of %d rows, kind %d, %d series", rows, kind, series)
	}
	b.Rows, b.Kind, b.Series = int(rows), kind, int(series)
	b.ends = slices.Grow(b.ends[:0], b.Series)[:b.Series]
	end, begin := uint64(0), uint64(0)
	for i := range b.ends {
		n := r.uvarint()
		if n > maxPart {
			return 0, corrupt("a part of %d bytes in a block", n)
		}
		end += n
		if i%shardSeries == shardSeries-1 || i == b.Series-1 {
			if end > begin {
				end += checksum
			}
			begin = end
		}
		b.ends[i] = uint32(end)
	}
	if err := b.readCounts(&r); err != nil {
		return 0, err
	}
	sum := r.bytes(checksum)
	n := len(data) - len(r.b)
	if r.bad || crc32.Checksum(data[:n-checksum], castagnoli) != binary.LittleEndian.Uint32(sum) {
		return 0, corrupt("head of a block: checksum does not match")
	}
	return n, nil
}

// Column is what a block holds of one series. Its memory is reused, and some of
// it belongs to the block.
type Column struct {
	Values [][]float64 // one slice for each column that was asked for, nil for others
	Index  []int32     // the row of each value; nil when every row has one

	index []int32
	store [maxColumns][]float64
}

func (c *Column) room(k, n int) []float64 {
	c.store[k] = slices.Grow(c.store[k][:0], n)[:n]
	return c.store[k]
}

func (b *Block) begin(i int) uint32 {
	if i == 0 {
		return 0
	}
	return b.ends[i-1]
}

// Row is the row of value i.
func (c *Column) Row(i int) int {
	if c.Index == nil {
		return i
	}
	return int(c.Index[i])
}

// span tells where the part of a series stands in the body. It is empty where
// the series has no values.
func (b *Block) span(i int) (from, to uint32) {
	if i < 0 || i >= b.Series {
		return 0, 0
	}
	from, to = b.begin(i), b.ends[i]
	if to > from && (i%shardSeries == shardSeries-1 || i == b.Series-1) {
		to -= checksum
	}
	return from, to
}

// Has reports whether series i has any value.
func (b *Block) Has(i int) bool {
	from, to := b.span(i)
	return to > from
}

// check returns the part of a series after comparing its shard's checksum,
// which is done once for neighbours that are read one after the other.
func (b *Block) check(i int) (r reader, ok bool, err error) {
	from, to := b.span(i)
	if from == to {
		return reader{}, false, nil
	}
	n := i / shardSeries
	first := b.begin(n * shardSeries)
	if n != b.shard {
		b.shard = n
		b.bytes, b.fault = b.load(n, first, b.ends[min((n+1)*shardSeries, b.Series)-1])
	}
	if b.fault != nil {
		return reader{}, false, b.fault
	}
	return reader{b: b.bytes[from-first : to-first]}, true, nil
}

// load reads a shard and checks it.
func (b *Block) load(n int, from, to uint32) ([]byte, error) {
	what := func() string {
		return fmt.Sprintf("series %d to %d of a block", n*shardSeries, min((n+1)*shardSeries, b.Series)-1)
	}
	data, err := b.read(int(from), int(to))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what(), err)
	}
	if len(data) != int(to-from) || crc32.Checksum(data[:len(data)-checksum], castagnoli) != binary.LittleEndian.Uint32(data[len(data)-checksum:]) {
		return nil, corrupt("%s: checksum does not match", what())
	}
	return data, nil
}

// Column reads series i of a block into c. Want is a bit set of the columns to
// decode. It reports false when the series has no values.
func (d *Decoder) Column(b *Block, i int, want uint, c *Column) (bool, error) {
	r, ok, err := b.check(i)
	if !ok || err != nil {
		return false, err
	}
	n, err := d.presence(&r, b.Rows, c)
	if err != nil {
		return false, err
	}
	c.Values = slices.Grow(c.Values[:0], maxColumns)[:b.Kind.Columns()]
	clear(c.Values)
	if b.Kind == Steps {
		return true, d.steps(b, r, n, want, c)
	}
	if want&1 != 0 {
		v := c.room(0, n)
		c.Values[0] = v
		content, err := d.content(r.b, v, b, i)
		if err != nil {
			return true, err
		}
		content.fill(v)
	}
	return true, nil
}

// presence reads which rows have values and returns how many.
func (d *Decoder) presence(r *reader, rows int, c *Column) (int, error) {
	c.Index = nil
	missing := r.uvarint()
	if missing == 0 {
		return rows, nil
	}
	pairs := r.uvarint()
	if r.bad || missing >= uint64(rows) || pairs > uint64(rows) {
		return 0, corrupt("%d missing in %d runs of %d rows", missing, pairs, rows)
	}
	ints := &d.ints
	ints.some, ints.none = resize(ints.some, int(pairs)), resize(ints.none, int(pairs))
	if err := ints.numbers(r, ints.some); err != nil {
		return 0, err
	}
	if err := ints.numbers(r, ints.none); err != nil {
		return 0, err
	}
	c.index = c.index[:0]
	at := uint64(0)
	for i, some := range ints.some {
		none := uint64(ints.none[i])
		if uint64(some) > uint64(rows)-at || none > uint64(rows)-at-uint64(some) {
			return 0, corrupt("runs of rows do not fit")
		}
		for range some {
			c.index = append(c.index, int32(at))
			at++
		}
		at += none
	}
	if at != uint64(rows) || uint64(len(c.index)) != uint64(rows)-missing {
		return 0, corrupt("runs of rows do not fill their span")
	}
	c.Index = c.index
	return len(c.index), nil
}

// Last is the newest value of series i of a block of samples; false where there
// is none or it cannot be read.
func (b *Block) Last(d *Decoder, i int) (float64, bool) {
	var c Column
	if ok, err := d.Column(b, i, 1, &c); !ok || err != nil || b.Kind != Samples {
		return 0, false
	}
	return c.Values[0][len(c.Values[0])-1], true
}
