package chunk

// Unchecked makes a block of one shard from parts as they are, whose checksum is
// taken for good, so that tests reach what lies behind it.
func Unchecked(rows int, kind Kind, counts []int64, parts ...[]byte) *Block {
	b := &Block{Rows: rows, Kind: kind, Series: len(parts), counts: counts}
	for _, p := range parts {
		b.bytes = append(b.bytes, p...)
		b.ends = append(b.ends, uint32(len(b.bytes)))
	}
	b.ends[len(parts)-1] += checksum
	return b
}

// Part is the bytes of series i of a block.
func (b *Block) Part(i int) []byte {
	r, _, err := b.check(i)
	if err != nil {
		panic(err)
	}
	return r.b
}

// Counts are the counts that the series of a block of steps share.
func (b *Block) Counts() []int64 { return b.counts }

// TableSum tells the tables of all codes from others.
func TableSum() (sum uint64) {
	for _, t := range codes() {
		for _, e := range t.entries {
			sum = (sum ^ uint64(e)) * 0x100000001b3
		}
	}
	return sum
}
