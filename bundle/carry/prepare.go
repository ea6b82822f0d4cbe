package carry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"darksite/bundle"

	"github.com/klauspost/reedsolomon"
)

// Progress is told how much of the work is done, in bytes. It is called from
// the goroutine of the operation, about once a MiB; it may be nil.
type Progress func(done, total int64)

// meter adds up what Progress is told.
type meter struct {
	tell        Progress
	done, total int64
}

func (m *meter) add(n int) {
	m.done += int64(n)
	if m.tell != nil {
		m.tell(m.done, m.total)
	}
}

// Set is a bundle ready to be written: its complete label and block list. Both
// follow from the sealed file and the layout alone, so the same set can be
// prepared again, or loaded with [NewSet], and written to as many media as
// wanted under the same signature.
type Set struct {
	Label     Label
	LabelText []byte // what the releasing officer signs in namespace sign.Label
	Blocks    Blocks
}

// NewSet puts a set together from a label and block list kept on disk.
func NewSet(labelText []byte, blocks io.Reader) (Set, error) {
	l, err := ParseLabel(labelText)
	if err != nil {
		return Set{}, err
	}
	b, err := ReadBlocks(blocks, l)
	if err != nil {
		return Set{}, err
	}
	if got := b.Digest(); got != l.BlocksSHA256 {
		return Set{}, fmt.Errorf("block list of %s is %s, label says %s: %w", l.BID, got, l.BlocksSHA256, ErrDigest)
	}
	return Set{Label: l, LabelText: labelText, Blocks: b}, nil
}

// Prepare reads the sealed file, checks that it is the one the label names, and
// completes the label: sealed size (where 0), volumes, parity and the digest of
// the block list. Nothing is written. A sealed file with another digest is
// refused with [ErrDigest].
func Prepare(ctx context.Context, sealed string, l Label, o Layout, progress Progress) (Set, error) {
	src, size, err := openSealed(sealed)
	if err != nil {
		return Set{}, fmt.Errorf("prepare %s: %w", l.BID, err)
	}
	defer src.Close() // read only: nothing to lose
	if l.SealedSize != 0 && l.SealedSize != size {
		return Set{}, fmt.Errorf("prepare %s: %s has %d bytes, label says %d: %w", l.BID, sealed, size, l.SealedSize, ErrDigest)
	}
	l.SealedSize = size
	if l, err = o.fit(l); err != nil {
		return Set{}, fmt.Errorf("prepare %s: %w", l.BID, err)
	}
	g, err := l.geometry()
	if err != nil {
		return Set{}, fmt.Errorf("prepare %s: %w", l.BID, err)
	}
	b := newBlocks(g)
	m := &meter{tell: progress, total: 2 * size}
	whole, err := b.hashData(ctx, src, m)
	if err != nil {
		return Set{}, fmt.Errorf("prepare %s: read %s: %w", l.BID, sealed, err)
	}
	if whole != l.SealedSHA256 {
		return Set{}, fmt.Errorf("prepare %s: %s is %s, label says %s: %w", l.BID, sealed, whole, l.SealedSHA256, ErrDigest)
	}
	if err := b.hashParity(ctx, src, m); err != nil {
		return Set{}, fmt.Errorf("prepare %s: parity: %w", l.BID, err)
	}
	l.BlocksSHA256 = b.Digest()
	text, err := l.Encode()
	if err != nil {
		return Set{}, fmt.Errorf("prepare %s: %w", l.BID, err)
	}
	return Set{Label: l, LabelText: text, Blocks: b}, nil
}

func openSealed(path string) (*os.File, int64, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, 0, fmt.Errorf("open sealed file: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", path, ErrIrregular)
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open sealed file: %w", err), f.Close())
	}
	return f, info.Size(), nil
}

// hashData fills in the digests of the data blocks and returns that of the
// whole file, reading it once from front to back.
func (b Blocks) hashData(ctx context.Context, src io.ReaderAt, m *meter) (bundle.Digest, error) {
	whole := sha256.New()
	buf := make([]byte, BlockSize)
	for n := range b.geo.k {
		for i := range b.geo.blocks(n) {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			block := buf[:b.geo.blockLen(n, i)]
			if err := readFull(src, block, int64(n)*b.geo.shard+int64(i)*BlockSize); err != nil {
				return "", err
			}
			*b.at(n, i) = sumBoth(block, whole)
			m.add(len(block))
		}
	}
	return bundle.Digest(hex.EncodeToString(whole.Sum(nil))), nil
}

// readFull reads all of buf at an offset; an early end is an error.
func readFull(src io.ReaderAt, buf []byte, off int64) error {
	if n, err := src.ReadAt(buf, off); n < len(buf) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return nil
}

// behind feeds blocks to running hashes on another core while the next block is
// read: hashing is what bounds the speed of this package. A block must not be
// changed until the next write or wait has returned.
type behind struct{ busy chan struct{} }

func (b *behind) write(block []byte, running ...hash.Hash) {
	b.wait()
	busy := make(chan struct{})
	b.busy = busy
	go func() {
		defer close(busy)
		for _, h := range running {
			h.Write(block)
		}
	}()
}

func (b *behind) wait() {
	if b.busy != nil {
		<-b.busy
	}
}

// sumBoth returns the digest of a block that goes into running hashes as well.
func sumBoth(block []byte, running ...hash.Hash) digest {
	var b behind
	b.write(block, running...)
	sum := sha256.Sum256(block)
	b.wait()
	return sum
}

// hashParity fills in the digests of the parity blocks.
func (b Blocks) hashParity(ctx context.Context, src io.ReaderAt, m *meter) error {
	return b.geo.parityOf(ctx, src, m, func(shard, i int, _ []byte, sum digest) error {
		*b.at(shard, i) = sum // the sum of the last part stays
		return nil
	})
}

// parityOf computes the parity of a sealed file stripe by stripe and hands every
// parity block to emit, in order and in one or more parts. The digest of the
// block comes with its last part; with the others it is zero.
func (g geometry) parityOf(ctx context.Context, src io.ReaderAt, m *meter, emit func(shard, i int, part []byte, sum digest) error) error {
	code, err := reedsolomon.New(g.k, g.m)
	if err != nil {
		return fmt.Errorf("%d+%d shards: %w", g.k, g.m, err)
	}
	space := make([]byte, (g.k+g.m)*g.unit())
	shards := make([][]byte, g.k+g.m)
	hashes := make([]hash.Hash, g.m)
	for j := range hashes {
		hashes[j] = sha256.New()
	}
	for i := range g.stripes() {
		length := g.blockLen(g.k, i)
		for off := 0; off < length; off += g.unit() {
			if err := ctx.Err(); err != nil {
				return err
			}
			part := min(g.unit(), length-off)
			for n := range shards {
				shards[n] = space[n*g.unit() : n*g.unit()+part]
			}
			for n := range g.k {
				have := max(0, min(part, g.blockLen(n, i)-off))
				if have > 0 {
					if err := readFull(src, shards[n][:have], int64(n)*g.shard+int64(i)*BlockSize+int64(off)); err != nil {
						return err
					}
				}
				clear(shards[n][have:])
				m.add(have)
			}
			if err := code.Encode(shards); err != nil {
				return fmt.Errorf("stripe %d: %w", i, err)
			}
			for j, h := range hashes {
				h.Write(shards[g.k+j])
				var sum digest
				if off+part == length {
					h.Sum(sum[:0])
					h.Reset()
				}
				if err := emit(g.k+j, i, shards[g.k+j], sum); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
