package proof

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	block    = 1 << 20
	maxInner = 1 << 30 // of a zip held in memory to be read
	maxDeep  = 8
)

// content searches a stream, through archives.
func (s *search) content(r io.Reader, name string, depth int) error {
	if depth > maxDeep {
		return fmt.Errorf("%s: archives nested too deep to be searched", name)
	}
	br := bufio.NewReaderSize(r, 4096)
	head, err := br.Peek(headSize)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch sniff(head) {
	case "gzip":
		zr, err := gzip.NewReader(br)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return s.content(zr, name+"!", depth+1)
	case "zstd":
		zr, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer zr.Close()
		return s.content(zr, name+"!", depth+1)
	case "tar":
		return s.tar(br, name, depth)
	case "zip":
		return s.zip(br, name, depth)
	}
	return s.stream(br, name)
}

// headSize is how much of a file tells what it is.
const headSize = 300

// sniff tells archives by their beginning; everything else is searched as it is.
func sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "tar"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "zip"
	}
	return ""
}

func (s *search) tar(r io.Reader, name string, depth int) error {
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		member := name + "!" + h.Name
		s.whole(h.Name, member)
		s.whole(h.Linkname+" "+h.Uname+" "+h.Gname, member)
		if err := s.content(tr, member, depth+1); err != nil {
			return err
		}
	}
}

func (s *search) zip(r io.Reader, name string, depth int) error {
	b, err := io.ReadAll(io.LimitReader(r, maxInner+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(b) > maxInner {
		return fmt.Errorf("%s: zip too large to be searched", name)
	}
	zr, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.whole(zr.Comment, name)
	for _, m := range zr.File {
		member := name + "!" + m.Name
		s.whole(m.Name+" "+m.Comment, member)
		rc, err := m.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", member, err)
		}
		err = s.content(rc, member, depth+1)
		if cerr := rc.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// border is what is left at the end of a block for the next.
const border = 16

// stream searches a stream.
func (s *search) stream(r io.Reader, name string) error {
	return s.blocks(r, name, 0, 0, math.MaxInt64)
}

// section searches a file for what ends behind a place and not behind another.
func (s *search) section(f io.ReaderAt, name string, after, upto int64) error {
	start := max(0, after-2*int64(s.idx.longest+border))
	return s.blocks(io.NewSectionReader(f, start, upto+border-start), name, start, int(after-start), upto)
}

// blocks searches block by block; blocks overlap by the longest pattern and a
// byte on either side, so that nothing hides across a border. The first begins at
// base in the file, of which what ends at or before from is searched already; what
// ends behind upto is left out.
func (s *search) blocks(r io.Reader, name string, base int64, from int, upto int64) error {
	overlap := s.idx.longest + border
	space, ok := s.bufs.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, block+2*overlap)
		space = &fresh
	}
	defer s.bufs.Put(space)
	buf := (*space)[:0]
	for {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if s.full() {
			return nil
		}
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return fmt.Errorf("%s: %w", name, err)
		}
		to := len(buf) // what ends later is searched with what follows it
		if !last {
			to -= border
		}
		s.text(buf, name, base, from, int(min(int64(to), upto-base)))
		if bytes.Count(buf, []byte{0})*4 > len(buf) {
			thin := narrow(buf)
			s.text(thin, name, nowhere, 0, len(thin))
		}
		if last {
			return nil
		}
		keep := min(overlap*2, len(buf))
		drop := len(buf) - keep
		from = max(0, keep-border)
		base += int64(drop)
		buf = buf[:copy(buf, buf[drop:])]
	}
}

// narrow drops the zero bytes of text of two bytes a character.
func narrow(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	for _, c := range b {
		if c != 0 {
			out = append(out, c)
		}
	}
	return out
}

// nowhere stands for the offset of a text that is not the bytes of a file.
const nowhere = -1

// whole searches a short text.
func (s *search) whole(text, name string) { s.text([]byte(text), name, nowhere, 0, len(text)) }

// text searches one block for patterns that end in [from, to]. A pattern that has
// to stand alone ends only where a word does. One in an encoding, which is long,
// ends only behind as many characters of its alphabet. Both are known for 64 bytes
// at a time.
func (s *search) text(b []byte, name string, base int64, from, to int) {
	b = b[:len(b):len(b)]
	var prev runs
	for at := max(0, from-64); at < to; at += 64 {
		m := read(b[at:min(at+64, len(b))])
		next := uint64(0)
		if at+64 < len(b) && wordy(b[at+64]) {
			next = 1 << 63
		}
		ends := m.wordy &^ (m.wordy>>1 | next)
		if s.idx.odd {
			ends |= ^m.wordy
		}
		deep := m.encoded.long(&prev)
		for c := ends | deep; c != 0; c &= c - 1 {
			end := at + bits.TrailingZeros64(c) + 1
			if end > to {
				break
			}
			if end <= from && from > 0 {
				continue // searched with the block before
			}
			if c&-c&ends != 0 && s.idx.lasts[b[end-1]] {
				s.word(b, end, name, base)
			}
			if c&-c&deep != 0 {
				s.encoded(b, end, name, base)
			}
		}
	}
}

// word looks for the patterns that stand alone and end at a place.
func (s *search) word(b []byte, end int, name string, base int64) {
	if end >= window {
		if v := load8(b[end-window:]); s.idx.long.may(v) {
			s.try(b, end, &s.idx.long, v, name, base)
		}
	}
	if end >= short {
		if v := uint64(load4(b[end-short:])); s.idx.short.may(v) {
			s.try(b, end, &s.idx.short, v, name, base)
		}
	}
}

// encoded looks for those that can stand inside others.
func (s *search) encoded(b []byte, end int, name string, base int64) {
	v := load8(b[end-window:])
	sort := sortOf(v, false)
	if t := &s.idx.inner[sort]; t.may(v) {
		s.try(b, end, t, v, name, base)
	}
	if sort == inOther && capitals(binary.LittleEndian.Uint64(b[end-window:])) {
		if t := &s.idx.inner[inCapital]; t.may(v) {
			s.try(b, end, t, v, name, base)
		}
	}
}

// try compares the patterns that can end at a place.
func (s *search) try(b []byte, end int, t *table, v uint64, name string, base int64) {
	list, half := t.at(v)
	for _, e := range list {
		if e.half != half {
			continue
		}
		at := e.at()
		p := spelling(s.idx.originals[at.original], at.spelling)
		if i := end - len(p.text); i >= 0 && matches(b, i, p) {
			s.report(found(b, i, end, p, name, base))
		}
	}
}

// found says where a pattern stands, in b and so in the file.
func found(b []byte, i, end int, p pattern, name string, base int64) Leak {
	l := Leak{File: name, Kind: p.kind, Spelling: p.spelling}
	if base == nowhere {
		return l
	}
	l.Offset = base + int64(i)
	if strings.Contains(name, "!") { // the offset is that in the member
		return l
	}
	for !p.edges && i > 0 && encoding(b[i-1]) {
		i--
	}
	for !p.edges && end < len(b) && encoding(b[end]) {
		end++
	}
	l.From, l.To = base+int64(i), base+int64(end)
	return l
}

// encoding reports whether base64, hex or percent can write a byte.
func encoding(c byte) bool {
	return c < 0x80 && wordy(c) || strings.IndexByte("+/=-_%", c) >= 0
}

func matches(b []byte, i int, p pattern) bool {
	end := i + len(p.text)
	if end > len(b) {
		return false
	}
	for j := range len(p.text) {
		c, w := b[i+j], p.text[j]
		if c != w && (!p.fold || foldByte(c) != foldByte(w)) {
			return false
		}
	}
	return !p.edges || alone(b, i, end) && !continued(b, i, end, p.text) && !(p.kind == "ipv4" && versioned(b, i))
}

// continued reports whether an address goes on beside a text: more groups of an
// IPv6 address, more numbers of a dotted one.
func continued(b []byte, i, end int, text string) bool {
	switch {
	case strings.Contains(text, ":"):
		return i > 0 && b[i-1] == ':' || end < len(b) && b[end] == ':' && end+1 < len(b) && wordy(b[end+1])
	case numbers(text):
		return i > 1 && b[i-1] == '.' && wordy(b[i-2]) || end+1 < len(b) && b[end] == '.' && wordy(b[end+1])
	}
	return false
}

// numbers tells numbers with dots between them.
func numbers(text string) bool { return strings.Trim(text, "0123456789.") == "" }

// versioned reports whether the word before a place makes numbers a version: four of
// them can be one that is spelled like an address of the site, as in version 4.18.0.30
// and "firmware":"4.18.0.30".
func versioned(b []byte, i int) bool {
	end := i
	for end > 0 && i-end < 8 && strings.IndexByte(" \t\"':=[](>\\.", b[end-1]) >= 0 {
		end--
	}
	from := end
	for from > 0 && end-from < 32 && (wordy(b[from-1]) || b[from-1] == '_') {
		from--
	}
	switch w := strings.ToLower(string(b[from:end])); w {
	case "ver", "release", "build", "revision", "rev", "bios":
		return true
	default:
		return strings.HasSuffix(w, "version") || strings.HasSuffix(w, "firmware") || strings.HasSuffix(w, "_ver")
	}
}

// alone reports whether no letter or digit continues a text on either side.
// Numbers with dots are also continued by a dot with a digit behind it.
func alone(b []byte, i, end int) bool {
	if i > 0 && wordy(b[i]) && wordy(b[i-1]) && !escapeBefore(b[:i]) {
		return false
	}
	if end < len(b) && wordy(b[end-1]) && wordy(b[end]) {
		return false
	}
	return true
}

// escapeBefore reports whether a text ends with an escape that is written with letters or
// digits: \n, %2F, the colour of a terminal.
func escapeBefore(head []byte) bool {
	n := len(head)
	switch last := head[n-1]; {
	case n > 1 && head[n-2] == '\\':
		return last == 'n' || last == 'r' || last == 't'
	case n > 2 && head[n-3] == '%':
		return strings.IndexByte(hexadecimal, last) >= 0 && strings.IndexByte(hexadecimal, head[n-2]) >= 0
	case last == 'm':
		codes := bytes.TrimRight(head[:n-1], "0123456789;")
		return len(codes) < n-1 && bytes.HasSuffix(codes, []byte{'['})
	}
	return false
}

const hexadecimal = "0123456789abcdefABCDEF"

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// sorted are the leaks in order of place, each once.
func (s *search) sorted() []Leak {
	slices.SortFunc(s.leaks, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Spelling, b.Spelling))
	})
	return slices.Compact(s.leaks)
}

func foldByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 32
	}
	return c
}
