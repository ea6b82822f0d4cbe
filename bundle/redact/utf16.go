package redact

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16 takes a UTF-16 text through the gate as UTF-8 and writes it as UTF-16
// again, with its mark when it had one.
func (s *stream) utf16(br *bufio.Reader, w io.Writer, head []byte, big bool) error {
	order := binary.ByteOrder(binary.LittleEndian)
	if big {
		order = binary.BigEndian
	}
	if len(head) >= 2 && order.Uint16(head) == 0xfeff {
		if _, err := br.Discard(2); err != nil {
			return err
		}
		if _, err := w.Write(head[:2]); err != nil {
			return err
		}
	}
	enc := &utf16Writer{w: bufio.NewWriterSize(w, 64<<10), order: order}
	if err := s.text(&utf16Reader{r: br, order: order}, enc); err != nil {
		return err
	}
	return enc.close()
}

// utf16Reader decodes. A lone surrogate is no text.
type utf16Reader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	buf   []byte
	err   error
}

// Read gives UTF-8.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.buf) < 4096 && u.err == nil {
		u.buf, u.err = u.decode(u.buf)
	}
	n := copy(p, u.buf)
	u.buf = u.buf[:copy(u.buf, u.buf[n:])]
	if n == 0 {
		return 0, u.err
	}
	return n, nil
}

func (u *utf16Reader) decode(out []byte) ([]byte, error) {
	c, err := u.unit()
	if err != nil {
		return out, err
	}
	r := rune(c)
	if utf16.IsSurrogate(r) {
		d, err := u.unit()
		if err != nil {
			return out, withhold("UTF-16 text that ends inside a character")
		}
		if r = utf16.DecodeRune(r, rune(d)); r == utf8.RuneError {
			return out, withhold("damaged UTF-16 text")
		}
	}
	return utf8.AppendRune(out, r), nil
}

func (u *utf16Reader) unit() (uint16, error) {
	var b [2]byte
	n, err := io.ReadFull(u.r, b[:])
	if n == 1 {
		return 0, withhold("UTF-16 text of an odd number of bytes")
	}
	if err != nil {
		return 0, err
	}
	return u.order.Uint16(b[:]), nil
}

// utf16Writer encodes; a character may be cut between two writes.
type utf16Writer struct {
	w     *bufio.Writer
	order binary.ByteOrder
	part  []byte
}

// Write takes UTF-8.
func (u *utf16Writer) Write(p []byte) (int, error) {
	in := p
	if len(u.part) > 0 {
		in = append(u.part, p...)
		u.part = nil
	}
	for len(in) > 0 {
		if !utf8.FullRune(in) {
			u.part = append([]byte(nil), in...)
			break
		}
		r, n := utf8.DecodeRune(in)
		if r == utf8.RuneError && n == 1 {
			return 0, fmt.Errorf("encode UTF-16: not UTF-8")
		}
		in = in[n:]
		var units [2]uint16
		b := make([]byte, 0, 4)
		for _, c := range utf16.AppendRune(units[:0], r) {
			b = append(b, 0, 0)
			u.order.PutUint16(b[len(b)-2:], c)
		}
		if _, err := u.w.Write(b); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (u *utf16Writer) close() error {
	if len(u.part) > 0 {
		return fmt.Errorf("encode UTF-16: a character is cut off")
	}
	return u.w.Flush()
}
