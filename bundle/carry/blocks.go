package carry

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"darksite/bundle"
)

// lineLen is the width of every line of a block list. A fixed width keeps the
// other lines readable when some are damaged.
const lineLen = 3 + 1 + 6 + 1 + 64 + 1

// ErrBlocks is wrapped by every refusal of a block list.
var ErrBlocks = errors.New("block list cannot be read")

type digest = [sha256.Size]byte

// Blocks is the list of the SHA-256 of every block of a set, data and parity.
type Blocks struct {
	geo  geometry
	sums []digest // by shard, then by block; all zero where not known
}

// newBlocks makes an empty list for a label's layout.
func newBlocks(g geometry) Blocks { return Blocks{geo: g, sums: make([]digest, g.total())} }

// Len is the number of blocks.
func (b Blocks) Len() int { return len(b.sums) }

func (b Blocks) at(shard, i int) *digest { return &b.sums[b.geo.first[shard]+i] }

// known says whether the digest of a block can be relied on to find damage.
func (b Blocks) known(shard, i int) bool { return *b.at(shard, i) != digest{} }

func (b Blocks) matches(shard, i int, sum digest) bool {
	return b.known(shard, i) && *b.at(shard, i) == sum
}

// WriteTo writes the list in its one spelling, [BlocksSize] bytes.
func (b Blocks) WriteTo(w io.Writer) (int64, error) {
	out := bufio.NewWriterSize(w, 64<<10)
	for n := range b.geo.k + b.geo.m {
		for i := range b.geo.blocks(n) {
			_, _ = out.Write(appendLine(out.AvailableBuffer(), n, i, *b.at(n, i))) // the error is kept until Flush
		}
	}
	if err := out.Flush(); err != nil {
		return 0, fmt.Errorf("write block list: %w", err)
	}
	return int64(b.Len()) * lineLen, nil
}

func appendLine(dst []byte, shard, i int, sum digest) []byte {
	return fmt.Appendf(dst, "%03d %06d %x\n", shard+1, i, sum)
}

// Digest is the SHA-256 of the written list, the label's blocks_sha256.
func (b Blocks) Digest() bundle.Digest {
	h := sha256.New()
	_, _ = b.WriteTo(h) // a hash takes everything
	return bundle.Digest(hex.EncodeToString(h.Sum(nil)))
}

// BlocksSize is the length in bytes of the block list of a label.
func (l Label) BlocksSize() (int64, error) {
	g, err := l.geometry()
	if err != nil {
		return 0, err
	}
	return int64(g.total()) * lineLen, nil
}

// ReadBlocks reads the block list of a label and refuses every other spelling
// of it. It does not compare [Blocks.Digest] with the label: the caller does.
// Errors wrap [ErrBlocks].
func ReadBlocks(r io.Reader, l Label) (Blocks, error) {
	g, err := l.geometry()
	if err != nil {
		return Blocks{}, fmt.Errorf("%w: %w", ErrBlocks, err)
	}
	b, bad, err := readBlocks(r, g)
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d of %d lines are damaged", bad, b.Len())
	}
	if err != nil {
		return Blocks{}, fmt.Errorf("%w: %w", ErrBlocks, err)
	}
	return b, nil
}

// readBlocks reads what can be read: a line that is not as it must be leaves
// its digest unknown, and so does everything after the end.
func readBlocks(r io.Reader, g geometry) (b Blocks, bad int, err error) {
	b = newBlocks(g)
	in := bufio.NewReaderSize(r, 64<<10)
	line := make([]byte, lineLen)
	want := make([]byte, 0, lineLen)
	read := 0
	for n := range g.k + g.m {
		for i := range g.blocks(n) {
			if _, err := io.ReadFull(in, line); err != nil {
				return b, b.Len() - read + bad, fmt.Errorf("ends after %d of %d lines: %w", read, b.Len(), err)
			}
			read++
			sum := b.at(n, i)
			_, hexErr := hex.Decode(sum[:], line[11:lineLen-1])
			if want = appendLine(want[:0], n, i, *sum); hexErr != nil || !bytes.Equal(want, line) || !b.known(n, i) {
				*sum = digest{}
				bad++
			}
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return b, bad, errors.New("goes on after its last line")
	}
	return b, bad, nil
}
