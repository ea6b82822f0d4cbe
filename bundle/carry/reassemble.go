package carry

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"

	"darksite/bundle/safefile"

	"github.com/klauspost/reedsolomon"
)

// errStripe is how one stripe says that it cannot be rebuilt.
var errStripe = errors.New("stripe is beyond repair")

// Reassemble writes the sealed file to dst from the volumes in the folders,
// rebuilding from parity what is missing or damaged. Each block is checked
// before it is written and the whole at the end against the label: what dst
// holds must not be used unless Reassemble returns nil. Nothing is written
// before o.Check has agreed to the label.
//
// Where too much is missing the error is a [*BeyondRepairError] and the report
// says everything that is damaged; if every block fits and the whole does not
// it wraps [ErrDigest]. Report.Files is filled in only where the set had to be
// read twice.
func Reassemble(ctx context.Context, dst io.Writer, o ReadOptions, folders ...string) (*Report, error) {
	m, err := openMedia(folders, false)
	if err != nil {
		return nil, fmt.Errorf("reassemble: %w", err)
	}
	defer m.close()
	if err := m.check(o); err != nil {
		return nil, fmt.Errorf("reassemble %s: %w", m.label.BID, err)
	}
	r, err := m.reassemble(ctx, dst, o)
	if err != nil {
		return r, fmt.Errorf("reassemble %s: %w", m.label.BID, err)
	}
	return r, nil
}

// ReassembleFile is [Reassemble] into a new file of mode 0600 that appears at
// path, whole and synced, only when everything was right.
func ReassembleFile(ctx context.Context, path string, o ReadOptions, folders ...string) (*Report, error) {
	f, err := safefile.Create(path, 0o600)
	if err != nil {
		return nil, fmt.Errorf("reassemble: %w", err)
	}
	defer f.Abort()
	r, err := Reassemble(ctx, f, o, folders...)
	if err != nil {
		return r, err
	}
	return r, f.Commit()
}

func (m *media) reassemble(ctx context.Context, dst io.Writer, o ReadOptions) (*Report, error) {
	plain := false // take every block as it is: the whole is already known to fit
	if m.list != ListGood {
		r, err := m.scan(ctx, ReadOptions{Progress: o.Progress}, false)
		if err != nil {
			return nil, err
		}
		plain = r.State == Whole
	}
	b := &builder{media: m, plain: plain, report: m.report(), good: make([]uint8, m.geo.total())}
	b.report.State = Lost // until the last byte has proved otherwise
	whole := sha256.New()
	var late behind
	defer late.wait()
	bufs := [2][]byte{make([]byte, BlockSize), make([]byte, BlockSize)}
	progress := meter{tell: o.Progress, total: m.geo.size}
	for n := range m.geo.k {
		for i := range m.geo.blocks(n) {
			if err := ctx.Err(); err != nil {
				return b.report, err
			}
			block := bufs[0][:m.geo.blockLen(n, i)]
			bufs[0], bufs[1] = bufs[1], bufs[0]
			if err := b.block(ctx, n, i, block); errors.Is(err, errStripe) {
				return b.lost(ctx, o)
			} else if err != nil {
				return b.report, err
			}
			late.write(block, whole)
			if _, err := dst.Write(block); err != nil {
				return b.report, err
			}
			progress.add(len(block))
		}
	}
	late.wait()
	if got := hexSum(whole); got != m.label.SealedSHA256 {
		return b.report, fmt.Errorf("sealed file is %s, label says %s: %w", got, m.label.SealedSHA256, ErrDigest)
	}
	b.report.State = Whole
	if b.report.Repaired > 0 {
		b.report.State = Repairable
	}
	return b.report, nil
}

// builder gets data blocks, from the volumes or from parity.
type builder struct {
	*media
	plain  bool
	report *Report
	good   []uint8 // by place in the block list: the copy, from 1, once seen to be good
	code   reedsolomon.Encoder
	space  []byte
}

// block reads or rebuilds block i of data shard n into out.
func (b *builder) block(ctx context.Context, n, i int, out []byte) error {
	if b.fetch(n, i, out) != nil {
		return nil
	}
	err := b.rebuild(ctx, n, i, out)
	if errors.Is(err, errStripe) || err == nil && b.wrong(n, i, out) {
		// A block that was good a while ago may not be any more: look again.
		for s := range b.geo.k + b.geo.m {
			if i < b.geo.blocks(s) {
				b.good[b.geo.first[s]+i] = 0
			}
		}
		err = b.rebuild(ctx, n, i, out)
	}
	if err != nil {
		return err
	}
	if b.list == ListGood && b.wrong(n, i, out) {
		return fmt.Errorf("block %d of shard %d does not fit after repair: %w", i, n+1, ErrDigest)
	}
	b.report.Repaired++
	return nil
}

// wrong says that a rebuilt block is known not to be the one wanted.
func (b *builder) wrong(n, i int, block []byte) bool {
	return b.blocks.known(n, i) && !b.blocks.matches(n, i, sha256.Sum256(block))
}

// fetch reads a block that is good from any copy into buf and returns that
// copy, or nil.
func (b *builder) fetch(n, i int, buf []byte) *volume {
	f, off := b.geo.place(n)
	for c, v := range b.copies[f] {
		if v.read(buf, off+int64(i)*BlockSize) < len(buf) {
			continue
		}
		if b.plain || b.blocks.matches(n, i, sha256.Sum256(buf)) {
			if c < math.MaxUint8 {
				b.good[b.geo.first[n]+i] = uint8(c + 1)
			}
			return v
		}
	}
	return nil
}

// source is fetch for a block of which only the copy is wanted: one that was
// good before is not hashed again, because what is rebuilt from it will be.
func (b *builder) source(n, i int, buf []byte) *volume {
	length := b.geo.blockLen(n, i)
	if length == 0 {
		return &volume{} // all zeros: nothing to read
	}
	if c := b.good[b.geo.first[n]+i]; c > 0 {
		f, _ := b.geo.place(n)
		return b.copies[f][c-1]
	}
	return b.fetch(n, i, buf[:length])
}

// rebuild computes one block from k good blocks of its stripe. These are found
// first, and then read again part by part, so that memory stays small with many
// volumes; that a part could change in between does no harm, because the result
// is checked.
func (b *builder) rebuild(ctx context.Context, n, i int, out []byte) error {
	sources, err := b.sources(ctx, n, i, out)
	if err != nil {
		return err
	}
	if b.code == nil {
		if b.code, err = reedsolomon.New(b.geo.k, b.geo.m); err != nil {
			return fmt.Errorf("%d+%d shards: %w", b.geo.k, b.geo.m, err)
		}
		b.space = make([]byte, (b.geo.k+b.geo.m)*b.geo.unit())
	}
	wanted := make([]bool, b.geo.k+b.geo.m)
	wanted[n] = true
	for off := 0; off < len(out); off += b.geo.unit() {
		// Parity blocks are the longest of a stripe; shorter data counts as
		// filled up with zeros.
		part := min(b.geo.unit(), b.geo.blockLen(b.geo.k, i)-off)
		shards := make([][]byte, b.geo.k+b.geo.m)
		for s, source := range sources {
			if source == nil {
				continue
			}
			at := s * b.geo.unit()
			shards[s] = b.space[at : at+part]
			have := max(0, min(part, b.geo.blockLen(s, i)-off))
			_, base := b.geo.place(s)
			if have > 0 && source.read(shards[s][:have], base+int64(i)*BlockSize+int64(off)) < have {
				return errStripe
			}
			clear(shards[s][have:])
		}
		shards[n] = b.space[n*b.geo.unit() : n*b.geo.unit()]
		if err := b.code.ReconstructSome(shards, wanted); err != nil {
			return fmt.Errorf("stripe %d: %w", i, err)
		}
		copy(out[off:], shards[n])
	}
	return nil
}

// sources finds k shards other than n whose block i is good; the others are
// nil.
func (b *builder) sources(ctx context.Context, n, i int, buf []byte) ([]*volume, error) {
	found := make([]*volume, b.geo.k+b.geo.m)
	have := 0
	buf = buf[:cap(buf)]
	for s := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s == n || have == b.geo.k {
			continue
		}
		if found[s] = b.source(s, i, buf); found[s] != nil {
			have++
		}
	}
	if have < b.geo.k {
		return nil, errStripe
	}
	return found, nil
}

// lost reads everything to say exactly what is missing.
func (b *builder) lost(ctx context.Context, o ReadOptions) (*Report, error) {
	r, err := b.scan(ctx, ReadOptions{Progress: o.Progress}, false)
	if err != nil {
		return b.report, err
	}
	return r, r.Beyond()
}
