package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// render spells the stand-in of a finding the way the value was spelled.
func (w *worker) render(d detect.Finding, text []byte) (string, error) {
	switch {
	case d.Form == detect.Number:
		return "0", nil
	case d.Form == detect.Certificate:
		return w.renderParts(detect.DecodeParts(d.Value))
	case d.Form == detect.Base64:
		return w.renderBase64(text[d.Start:d.End])
	case d.Kind == Secret:
		return Mask, nil
	}
	canon := canonical(d, text)
	if d.Kind == pseudonym.IPv6 && d.Form == detect.Plain {
		return w.renderIPv6(canon)
	}
	tok, err := w.gate.mint.Token(w.gate.kindOf(d.Kind, canon), canon)
	if err != nil {
		return "", err
	}
	return spell(d, text[d.Start:d.End], tok), nil
}

// renderParts writes a line of a certificate's summary.
func (w *worker) renderParts(ps []detect.Part) (string, error) {
	var b strings.Builder
	for _, p := range ps {
		if p.Kind == pseudonym.None {
			b.WriteString(p.Text)
			continue
		}
		tok, err := w.gate.mint.Token(w.gate.kindOf(p.Kind, p.Text), p.Text)
		if err != nil {
			return "", err
		}
		b.WriteString(tok)
	}
	return b.String(), nil
}

// renderIPv6 maps the quad inside an IPv4-mapped address like any other quad.
func (w *worker) renderIPv6(canon string) (string, error) {
	a, err := netip.ParseAddr(canon)
	if err == nil && a.Is4In6() {
		tok, err := w.gate.mint.Token(pseudonym.IPv4, a.Unmap().String())
		return "::ffff:" + tok, err
	}
	return w.gate.mint.Token(pseudonym.IPv6, canon)
}

// spell writes a token in the form of the value it replaces.
func spell(d detect.Finding, was []byte, tok string) string {
	switch d.Kind {
	case pseudonym.IPv4:
		return spell4(d.Form, was, tok)
	case pseudonym.IPv6:
		a, err := netip.ParseAddr(tok)
		if err != nil {
			return tok
		}
		b := a.As16()
		if d.Form == detect.Arpa {
			return nibbles(b[:])
		}
		if d.Form == detect.HexBack {
			b = backWords(b)
		}
		return putDigits(was, hex.EncodeToString(b[:]))
	case pseudonym.MAC:
		if bytes.Count(was, []byte{':'}) == 5 && len(was) < 17 {
			return tok[:2] + ":" + tok[2:4] + ":" + tok[4:6] + ":" + tok[6:8] + ":" + tok[8:10] + ":" + tok[10:]
		}
		return putDigits(was, tok)
	case pseudonym.WWN, pseudonym.NAA, pseudonym.UUID:
		return putDigits(was, tok)
	case pseudonym.Serial:
		if len(was) == len(tok) {
			return putDigits(was, tok)
		}
	case pseudonym.SID:
		return "S" + tok[1:]
	}
	return tok
}

// putDigits puts the hex digits of a token where those of the text were,
// keeping separators and case.
func putDigits(was []byte, tok string) string {
	digits := 0
	upper := false
	for _, c := range was {
		if isHexDigit(c) {
			digits++
			upper = upper || c >= 'A' && c <= 'F'
		}
	}
	if digits != len(tok) {
		return tok
	}
	if upper {
		tok = strings.ToUpper(tok)
	}
	out := make([]byte, len(was))
	n := 0
	for i, c := range was {
		if isHexDigit(c) {
			c = tok[n]
			n++
		}
		out[i] = c
	}
	return string(out)
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func spell4(form detect.Form, was []byte, tok string) string {
	a, ok := parse4(tok)
	if !ok {
		return tok
	}
	switch form {
	case detect.Joined:
		sep := "-"
		if bytes.IndexByte(was, '_') >= 0 {
			sep = "_"
		}
		return strings.ReplaceAll(tok, ".", sep)
	case detect.Arpa:
		return fmt.Sprintf("%d.%d.%d.%d", a[3], a[2], a[1], a[0])
	case detect.HexBack:
		return putHex(was, [4]byte{a[3], a[2], a[1], a[0]})
	case detect.HexForward:
		return putHex(was, a)
	case detect.Decimal:
		return fmt.Sprint(binary.BigEndian.Uint32(a[:]))
	}
	return tok
}

// putHex writes eight digits in the case of the text, with its 0x.
func putHex(was []byte, a [4]byte) string {
	h := hex4(a)
	head := ""
	if len(was) == 10 {
		head, was = string(was[:2]), was[2:]
	}
	if bytes.ContainsAny(was, "ABCDEF") || !bytes.ContainsAny(was, "abcdef") {
		h = strings.ToUpper(h)
	}
	return head + h
}

func hex4(a [4]byte) string { return hex.EncodeToString(a[:]) }

func parse4(s string) ([4]byte, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return [4]byte{}, false
	}
	return a.As4(), true
}

// backWords turns each of the four words of an address around.
func backWords(b [16]byte) (out [16]byte) {
	for i := range b {
		out[i/4*4+3-i%4] = b[i]
	}
	return out
}

// nibbles writes an address as in ip6.arpa.
func nibbles(b []byte) string {
	h := hex.EncodeToString(b)
	out := make([]byte, 0, 63)
	for i := len(h) - 1; i >= 0; i-- {
		out = append(out, h[i])
		if i > 0 {
			out = append(out, '.')
		}
	}
	return string(out)
}

// renderBase64 redacts the text inside and encodes it again in the alphabet and
// with the padding it had.
func (w *worker) renderBase64(was []byte) (string, error) {
	text, ok := detect.DecodeBase64(was)
	if !ok {
		return Mask, nil
	}
	if w.depth >= 4 {
		return Mask, nil
	}
	red, err := w.nested().redactText(text)
	if err != nil {
		return "", err
	}
	enc := base64.StdEncoding
	if bytes.ContainsAny(was, "-_") {
		enc = base64.URLEncoding
	}
	if len(was)%4 != 0 || !bytes.HasSuffix(was, []byte("=")) && len(text)%3 != 0 {
		enc = enc.WithPadding(base64.NoPadding)
	}
	return enc.EncodeToString(red), nil
}
