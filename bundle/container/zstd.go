package container

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"darksite/bundle"

	"github.com/klauspost/compress/zstd"
)

// The zstd profile of a bundle: one frame with a content checksum, a window of
// at most 8 MiB, no dictionary, no skippable frame, and nothing behind it.
// Numbers are those of RFC 8878.
const (
	MaxWindow = 8 << 20

	frameMagic     = 0xFD2FB528
	skippableMagic = 0x184D2A50
	maxBlock       = 128 << 10

	// Before the manifest tells how much is to come, a compressed byte may
	// become a thousand, beyond a first part that is always allowed.
	maxRatio  = 1000
	freeBytes = 1 << 20
)

// FrameReader passes on exactly one zstd frame that keeps the profile. It reads
// the frame and block headers itself, because decoders skip skippable frames
// and join frames without a word. It returns io.EOF only when the source ended
// where the frame ended.
type FrameReader struct {
	src   *bufio.Reader
	ready []byte // header bytes read and not yet passed on
	body  int    // bytes of the current block still to pass on
	block int    // largest block of this frame
	step  func() error
	err   error
	count int64
}

// NewFrameReader reads the frame at the start of r.
func NewFrameReader(r io.Reader) *FrameReader {
	f := &FrameReader{src: bufio.NewReaderSize(r, copyBuffer)}
	f.step = f.frameHeader
	return f
}

// Count gives the compressed bytes passed on so far.
func (f *FrameReader) Count() int64 { return f.count }

// Read passes on bytes of the frame.
func (f *FrameReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for f.err == nil && len(f.ready) == 0 && f.body == 0 {
		f.fail(f.step())
	}
	if f.err != nil {
		return 0, f.err
	}
	var n int
	if len(f.ready) > 0 {
		n = copy(p, f.ready)
		f.ready = f.ready[n:]
	} else {
		var err error
		n, err = f.src.Read(p[:min(len(p), f.body)])
		f.body -= n
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		f.fail(err)
	}
	f.count += int64(n)
	if n == 0 {
		return 0, f.err
	}
	return n, nil
}

func (f *FrameReader) fail(err error) {
	if err == io.ErrUnexpectedEOF { // the bare one, made here
		err = bundle.Refuse("zstd-truncated", "the compressed frame ends too early")
	}
	if f.err == nil {
		f.err = err
	}
}

// read takes n bytes of a header and queues them to be passed on.
func (f *FrameReader) read(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(f.src, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	f.ready = append(f.ready, b...)
	return b, nil
}

func (f *FrameReader) frameHeader() error {
	b, err := f.read(5)
	if err != nil {
		return err
	}
	if err := checkMagic(binary.LittleEndian.Uint32(b)); err != nil {
		return err
	}
	descriptor := b[4]
	single := descriptor&(1<<5) != 0
	switch {
	case descriptor&(1<<4|1<<3) != 0:
		return bundle.Refuse("zstd-reserved", "the compressed frame uses a reserved bit")
	case descriptor&3 != 0:
		return bundle.Refuse("zstd-dictionary", "the compressed frame names a dictionary")
	case descriptor&(1<<2) == 0:
		return bundle.Refuse("zstd-no-checksum", "the compressed frame has no checksum")
	}
	var window uint64
	if !single {
		if b, err = f.read(1); err != nil {
			return err
		}
		base := uint64(1) << (10 + b[0]>>3)
		window = base + base/8*uint64(b[0]&7)
	}
	if size := contentSizeBytes(descriptor); size > 0 {
		if b, err = f.read(size); err != nil {
			return err
		}
		if single {
			window = contentSize(b)
		}
	}
	if window > MaxWindow {
		return bundle.Refuse("zstd-window", "the compressed frame needs a window of %d bytes, at most %d", window, MaxWindow)
	}
	f.block = int(min(max(window, 1), maxBlock))
	f.step = f.blockHeader
	return nil
}

func checkMagic(magic uint32) error {
	switch {
	case magic == frameMagic:
		return nil
	case magic&^0xf == skippableMagic:
		return bundle.Refuse("zstd-skippable", "the compressed data holds a skippable frame, in which anything could hide")
	}
	return bundle.Refuse("zstd-magic", "the compressed data begins with %#08x, which is no zstd frame", magic)
}

func contentSizeBytes(descriptor byte) int {
	if code := descriptor >> 6; code != 0 {
		return 1 << code
	}
	return int(descriptor >> 5 & 1)
}

func contentSize(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b)) + 256
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

func (f *FrameReader) blockHeader() error {
	b, err := f.read(3)
	if err != nil {
		return err
	}
	h := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	last, kind, size := h&1 != 0, h>>1&3, h>>3
	switch {
	case kind == 3:
		return bundle.Refuse("zstd-block", "the compressed frame has a block of the reserved kind")
	case size > f.block:
		return bundle.Refuse("zstd-block", "the compressed frame has a block of %d bytes, at most %d", size, f.block)
	case size == 0 && !last:
		return bundle.Refuse("zstd-block", "the compressed frame has an empty block in its middle")
	}
	f.body = size
	if kind == 1 { // one byte, repeated size times
		f.body = 1
	}
	if last {
		f.step = f.checksum
	}
	return nil
}

func (f *FrameReader) checksum() error {
	if _, err := f.read(4); err != nil {
		return err
	}
	f.step = f.ending
	return nil
}

func (f *FrameReader) ending() error {
	b, err := f.src.Peek(4)
	switch {
	case len(b) == 0 && err == io.EOF:
		return io.EOF
	case len(b) == 0:
		return err
	case len(b) == 4 && binary.LittleEndian.Uint32(b)&^0xf == skippableMagic:
		return checkMagic(skippableMagic)
	case len(b) == 4 && binary.LittleEndian.Uint32(b) == frameMagic:
		return bundle.Refuse("zstd-second-frame", "a second compressed frame follows the first")
	}
	return bundle.Refuse("zstd-trailing", "something follows the compressed frame")
}

// Compress wraps w so that what is written becomes one frame of the profile, at
// the fastest level, which on logs is also the smaller one. It works in the
// caller's goroutine: that costs less, and nothing is written once it returned.
// Close ends the frame and leaves w open.
func Compress(w io.Writer) (io.WriteCloser, error) {
	enc, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderCRC(true), zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return enc, nil
}

// Decompressor reads the content of one frame of the profile. Its memory is
// bounded by [MaxWindow], its output by a ratio until [Decompressor.Expect].
type Decompressor struct {
	frame *FrameReader
	dec   *zstd.Decoder
	out   int64
	limit int64 // 0 while the ratio rules; else the bytes expected
	err   error
}

// Decompress reads the frame at the start of r, which must end behind it.
func Decompress(r io.Reader) (*Decompressor, error) {
	frame := NewFrameReader(r)
	dec, err := zstd.NewReader(frame, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(MaxWindow))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return &Decompressor{frame: frame, dec: dec}, nil
}

// Expect says how many bytes the whole frame holds, once something that may be
// believed so far has told. One byte more is handed out, for the reader above to
// see that something follows; then more is refused.
func (d *Decompressor) Expect(total int64) { d.limit = total }

// Read returns io.EOF when the frame's checksum was right and nothing followed.
func (d *Decompressor) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	if d.limit > 0 {
		p = p[:min(int64(len(p)), max(d.limit+1-d.out, 1))]
	}
	n, err := d.dec.Read(p)
	d.out += int64(n)
	switch {
	case d.limit > 0 && d.out > d.limit+1:
		d.err = bundle.Refuse("zstd-output", "the compressed frame holds more than the %d bytes its manifest announces", d.limit)
	case d.limit == 0 && d.out > freeBytes+maxRatio*d.frame.Count():
		d.err = bundle.Refuse("zstd-ratio", "the compressed frame grows more than %d times before it says what it holds", maxRatio)
	case err == io.EOF:
		d.err = d.ended()
	case err != nil:
		d.err = d.cause(err)
	}
	if d.err != nil {
		if d.err == io.EOF {
			return n, io.EOF
		}
		return 0, d.err
	}
	return n, nil
}

// ended holds that the frame reader, too, has come to its end.
func (d *Decompressor) ended() error {
	var probe [1]byte
	if n, err := d.frame.Read(probe[:]); n != 0 || err != io.EOF {
		return d.cause(errors.New("the decoder stopped before the end"))
	}
	return io.EOF
}

// cause prefers what the frame reader, or the layer below it, found.
func (d *Decompressor) cause(err error) error {
	if d.frame.err != nil && d.frame.err != io.EOF {
		return d.frame.err
	}
	if errors.Is(err, zstd.ErrCRCMismatch) {
		return bundle.RefuseFor("zstd-checksum", err, "the content of the compressed frame does not match its checksum")
	}
	return bundle.RefuseFor("zstd-data", err, "the compressed frame cannot be decoded")
}

// Close frees the decoder.
func (d *Decompressor) Close() { d.dec.Close() }
