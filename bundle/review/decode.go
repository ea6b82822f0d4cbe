package review

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// packed reports whether a type of content holds files or text that a pager
// does not show.
func packed(typ string) bool {
	switch strings.ToLower(typ) {
	case "gzip", "zstd", "tar", "zip":
		return true
	}
	return false
}

// wideText reports whether text must be decoded before its lines can be found.
func wideText(typ string) bool {
	switch strings.ToLower(typ) {
	case "utf-16le", "utf-16be":
		return true
	}
	return false
}

// decoded reads UTF-16 as UTF-8, and everything else as it is.
func decoded(r io.Reader, typ string) io.Reader {
	switch strings.ToLower(typ) {
	case "utf-16le":
		return &wide{r: r, order: binary.LittleEndian}
	case "utf-16be":
		return &wide{r: r, order: binary.BigEndian}
	}
	return r
}

// wide turns UTF-16 into UTF-8. What is not valid becomes U+FFFD.
type wide struct {
	r     io.Reader
	order binary.ByteOrder
	in    [4096]byte
	have  int // bytes in in
	high  rune
	out   []byte
	err   error
}

func (w *wide) Read(p []byte) (int, error) {
	for len(w.out) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		n, err := w.r.Read(w.in[w.have:])
		w.have += n
		if w.err = err; err == io.EOF && w.have%2 == 1 {
			w.in[w.have] = 0 // half a character at the end
			w.have++
		}
		w.decode()
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

func (w *wide) decode() {
	i := 0
	for ; i+1 < w.have; i += 2 {
		r := rune(w.order.Uint16(w.in[i:]))
		switch {
		case r == 0xfeff:
		case w.high != 0:
			if pair := utf16.DecodeRune(w.high, r); pair != utf8.RuneError {
				w.out = utf8.AppendRune(w.out, pair)
			} else {
				w.out = utf8.AppendRune(utf8.AppendRune(w.out, utf8.RuneError), r)
			}
			w.high = 0
		case r >= 0xd800 && r < 0xdc00:
			w.high = r
		default:
			w.out = utf8.AppendRune(w.out, r)
		}
	}
	w.have = copy(w.in[:], w.in[i:w.have])
}
