package proof

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
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
	head, err := br.Peek(300)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		zr, err := gzip.NewReader(br)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return s.content(zr, name+"!", depth+1)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		zr, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer zr.Close()
		return s.content(zr, name+"!", depth+1)
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return s.tar(br, name, depth)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return s.zip(br, name, depth)
	}
	return s.stream(br, name)
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
		s.text([]byte(h.Name), member, 0, 0)
		s.text([]byte(h.Linkname+" "+h.Uname+" "+h.Gname), member, 0, 0)
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
	s.text([]byte(zr.Comment), name, 0, 0)
	for _, m := range zr.File {
		member := name + "!" + m.Name
		s.text([]byte(m.Name+" "+m.Comment), member, 0, 0)
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

// stream searches block by block; blocks overlap by the longest pattern and a
// byte on either side, so that nothing hides across a border.
func (s *search) stream(r io.Reader, name string) error {
	overlap := s.idx.longest + 16
	buf := make([]byte, 0, block+2*overlap)
	var base int64 // offset of buf[0]
	from := 0      // first place of buf not searched yet
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
		s.text(buf, name, base, from)
		if bytes.Count(buf, []byte{0})*4 > len(buf) {
			s.text(narrow(buf), name, base, 0)
		}
		if last {
			return nil
		}
		keep := min(overlap*2, len(buf))
		drop := len(buf) - keep
		from = max(0, keep-16)
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

// text searches one block from a place on.
func (s *search) text(b []byte, name string, base int64, from int) {
	long, few := &s.idx.long, &s.idx.short
	i := max(0, from-window)
	for ; i+window <= len(b); i++ {
		v := load8(b[i:])
		if long.may(v) {
			s.try(b, i+window, long.at(v), name, base)
		}
		if few.may(uint64(uint32(v))) {
			s.try(b, i+short, few.at(uint64(uint32(v))), name, base)
		}
	}
	for ; i+short <= len(b); i++ {
		if v := uint64(load4(b[i:])); few.may(v) {
			s.try(b, i+short, few.at(v), name, base)
		}
	}
}

// try compares the patterns that can end at a place.
func (s *search) try(b []byte, end int, places []place, name string, base int64) {
	for _, at := range places {
		p := spelling(s.idx.originals[at.original], int(at.spelling))
		if i := end - len(p.text); i >= 0 && matches(b, i, p) {
			s.report(Leak{File: name, Offset: base + int64(i), Kind: p.kind, Spelling: p.spelling})
		}
	}
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
	return !p.edges || alone(b, i, end) && !continued(b, i, end, p.text)
}

// continued reports whether an address goes on beside a text: more groups of an
// IPv6 address, more numbers of a dotted one.
func continued(b []byte, i, end int, text string) bool {
	switch {
	case strings.Contains(text, ":"):
		return i > 0 && b[i-1] == ':' || end < len(b) && b[end] == ':' && end+1 < len(b) && wordy(b[end+1])
	case strings.Trim(text, "0123456789.") == "":
		return i > 1 && b[i-1] == '.' && wordy(b[i-2]) || end+1 < len(b) && b[end] == '.' && wordy(b[end+1])
	}
	return false
}

// alone reports whether no letter or digit continues a text on either side.
// Numbers with dots are also continued by a dot with a digit behind it.
func alone(b []byte, i, end int) bool {
	if i > 0 && wordy(b[i]) && wordy(b[i-1]) {
		return false
	}
	if end < len(b) && wordy(b[end-1]) && wordy(b[end]) {
		return false
	}
	return true
}

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
