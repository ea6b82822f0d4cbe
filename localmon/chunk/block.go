package chunk

import (
	"encoding/binary"
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
	// MaxWidth bounds the columns of a series.
	MaxWidth = 8

	shardSeries = 16
	checksum    = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Builder makes a block.
type Builder struct {
	enc   Encoder
	n     int // rows: scrapes or steps of the span
	width int
	sizes []int
	body  []byte
	shard int // where the open shard begins in body
	one   []byte
}

// Reset begins a block of n rows with the given number of columns for each series.
func (b *Builder) Reset(n, width int) {
	if n < 1 || n > MaxValues || width < 1 || width > MaxWidth {
		panic("chunk: block of impossible size")
	}
	b.n, b.width, b.sizes, b.body, b.shard = n, width, b.sizes[:0], b.body[:0], 0
}

// Add adds the next series. Present tells for each row whether it has values;
// nil means every row has. The columns hold the values of the present rows
// alone. A series without values takes a byte.
func (b *Builder) Add(present []bool, columns ...[]float64) {
	if len(columns) != b.width || len(b.sizes) == MaxSeries || present != nil && len(present) != b.n {
		panic("chunk: series that does not fit its block")
	}
	begin := len(b.body)
	if n := len(columns[0]); n > 0 {
		b.body = b.appendPresence(present, n)
		for i, c := range columns {
			if len(c) != n {
				panic("chunk: columns of different length")
			}
			if i == b.width-1 {
				b.body = b.enc.Values(b.body, c)
				break
			}
			b.one = b.enc.Values(b.one[:0], c)
			b.body = binary.AppendUvarint(b.body, uint64(len(b.one)))
			b.body = append(b.body, b.one...)
		}
	}
	b.sizes = append(b.sizes, len(b.body)-begin)
	if len(b.sizes)%shardSeries == 0 {
		b.endShard()
	}
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
	c.some, c.none = c.some[:0], c.none[:0]
	found := 0
	for i := 0; i < len(present); {
		j := i
		for ; j < len(present) && present[j]; j++ {
		}
		k := j
		for ; k < len(present) && !present[k]; k++ {
		}
		c.some, c.none = append(c.some, int64(j-i)), append(c.none, int64(k-j))
		found += j - i
		i = k
	}
	if found != n {
		panic("chunk: presence does not fit the values")
	}
	dst := binary.AppendUvarint(b.body, uint64(b.n-n))
	if n == b.n {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.some)))
	dst = c.appendClasses(dst, c.some, false)
	return c.appendClasses(dst, c.none, false)
}

func (b *Builder) endShard() {
	if len(b.body) > b.shard {
		b.body = binary.LittleEndian.AppendUint32(b.body, crc32.Checksum(b.body[b.shard:], castagnoli))
	}
	b.shard = len(b.body)
}

// Empty reports whether no series so far has values.
func (b *Builder) Empty() bool { return len(b.body) == 0 }

// Append ends the block and appends it to dst.
func (b *Builder) Append(dst []byte) []byte {
	if len(b.sizes)%shardSeries != 0 {
		b.endShard()
	}
	begin := len(dst)
	dst = binary.AppendUvarint(dst, uint64(b.n))
	dst = binary.AppendUvarint(dst, uint64(b.width))
	dst = binary.AppendUvarint(dst, uint64(len(b.sizes)))
	for _, n := range b.sizes {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
	return append(dst, b.body...)
}

// Block is an opened block. It refers to the bytes it was opened from.
type Block struct {
	Rows   int // scrapes or steps of the span
	Width  int // columns of each series
	Series int // places for series, some of which may be empty

	ends []uint32 // where the part of each series ends in body, checksums included
	body []byte
	good [MaxSeries / shardSeries / 64]uint64 // shards whose checksum was compared
}

// Open reads the head of a block and checks that its parts fit the bytes. The
// block's memory is reused when it is opened again.
func (b *Block) Open(data []byte) error {
	r := reader{b: data}
	rows, width, series := r.uvarint(), r.uvarint(), r.uvarint()
	if r.bad || rows < 1 || rows > MaxValues || width < 1 || width > MaxWidth || series > MaxSeries {
		return corrupt("block of %d rows, %d columns, %d series", rows, width, series)
	}
	clear(b.good[:])
	b.Rows, b.Width, b.Series = int(rows), int(width), int(series)
	b.ends = slices.Grow(b.ends[:0], b.Series)[:b.Series]
	end, begin := uint64(0), uint64(0)
	for i := range b.ends {
		n := r.uvarint()
		if n > uint64(len(data)) {
			return corrupt("a part of %d bytes in a block of %d", n, len(data))
		}
		end += n
		if i%shardSeries == shardSeries-1 || i == b.Series-1 {
			if end > begin {
				end += checksum
			}
			begin = end
		}
		b.ends[i] = uint32(min(end, uint64(len(data))+1))
	}
	sum := r.bytes(checksum)
	if r.bad || crc32.Checksum(data[:len(data)-len(r.b)-checksum], castagnoli) != binary.LittleEndian.Uint32(sum) {
		return corrupt("head of a block: checksum does not match")
	}
	if b.body = r.b; end != uint64(len(b.body)) {
		return corrupt("block of %d bytes, its head says %d", len(b.body), end)
	}
	return nil
}

// Column is what a block holds of one series. Its memory is reused.
type Column struct {
	Values [][]float64 // one slice for each column that was asked for, nil for others
	Index  []int32     // the row of each value; nil when every row has one

	index []int32
	store [MaxWidth][]float64
}

// part returns the bytes of a series; empty when it has no values.
func (b *Block) part(i int) (part, shard, sum []byte) {
	if i < 0 || i >= b.Series {
		return nil, nil, nil
	}
	first := i - i%shardSeries
	last := min(first+shardSeries, b.Series) - 1
	from, to := b.begin(first), b.ends[last]
	if to-from < checksum {
		return nil, nil, nil
	}
	end := b.ends[i]
	if i == last {
		end -= checksum
	}
	return b.body[b.begin(i):end], b.body[from : to-checksum], b.body[to-checksum : to]
}

func (b *Block) begin(i int) uint32 {
	if i == 0 {
		return 0
	}
	return b.ends[i-1]
}

// Has reports whether series i has any value.
func (b *Block) Has(i int) bool {
	part, _, _ := b.part(i)
	return len(part) > 0
}

// check returns the part of a series after comparing its shard's checksum; a
// shard that was found good is not checked again until the block is opened anew.
func (b *Block) check(i int) (r reader, ok bool, err error) {
	part, shard, sum := b.part(i)
	if len(part) == 0 {
		return reader{}, false, nil
	}
	n := i / shardSeries
	if b.good[n/64]&(1<<(n%64)) == 0 {
		if crc32.Checksum(shard, castagnoli) != binary.LittleEndian.Uint32(sum) {
			return reader{}, false, corrupt("series %d to %d of a block: checksum does not match", n*shardSeries, n*shardSeries+shardSeries-1)
		}
		b.good[n/64] |= 1 << (n % 64)
	}
	return reader{b: part}, true, nil
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
	c.Values = slices.Grow(c.Values[:0], b.Width)[:b.Width]
	for k := range c.Values {
		size := uint64(len(r.b))
		if k < b.Width-1 {
			size = r.uvarint()
		}
		stream := r.bytes(size)
		if r.bad {
			return false, corrupt("column %d of series %d ends too early", k, i)
		}
		if c.Values[k] = nil; want&(1<<k) == 0 {
			continue
		}
		c.store[k] = slices.Grow(c.store[k][:0], n)[:n]
		c.Values[k] = c.store[k]
		if err := d.Values(c.Values[k], stream); err != nil {
			return false, err
		}
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
	if err := ints.classes(r, ints.some, false); err != nil {
		return 0, err
	}
	if err := ints.classes(r, ints.none, false); err != nil {
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

// Last is the newest value of the first column of series i, taken from its
// summary; false where there is none or it cannot be read.
func (b *Block) Last(d *Decoder, i int) (float64, bool) {
	r, _, err := b.check(i)
	if err != nil || len(r.b) == 0 {
		return 0, false
	}
	n, err := d.presence(&r, b.Rows, &Column{})
	if err != nil {
		return 0, false
	}
	if b.Width > 1 {
		r.b = r.bytes(r.uvarint())
	}
	s, err := Summarize(r.b, n)
	return s.Last, err == nil
}
