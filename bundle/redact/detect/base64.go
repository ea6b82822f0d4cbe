package detect

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"unicode/utf8"

	"darksite/bundle/redact/pseudonym"
)

// maxDepth bounds base64 in base64.
const maxDepth = 3

// base64 looks into a long run of the alphabet: when it decodes to text in which
// something must go, the whole run is a finding that is written again from the
// redacted text.
func (s *Scanner) base64(lo, end int) int {
	b := s.buf
	for lo > s.lo && (b[lo-1] == '+' || b[lo-1] == '/') && s.depth == 0 && lo-1 >= s.lo && lo > s.done {
		lo--
	}
	to := lo
	for to < s.hi && (class[b[to]]&(fDigit|fLetter|fUnder|fDash) != 0 || b[to] == '+' || b[to] == '/') {
		to++
	}
	body := to
	for to < s.hi && b[to] == '=' && to-body < 2 {
		to++
	}
	if to-lo < 16 || s.depth >= maxDepth || !looksEncoded(b[lo:body]) {
		return end
	}
	text, ok := DecodeBase64(b[lo:to])
	if !ok {
		if to-lo > 300 && string(b[lo:lo+3]) == "MII" && s.certificateInline(lo, to) {
			return to
		}
		return end
	}
	if s.credentials(lo, text) {
		s.learn(lo, to, pseudonym.Secret, "secret")
		return to
	}
	if !s.encoded(Finding{Start: lo, End: to, Kind: pseudonym.Secret, Form: Base64, Rule: "base64"}, text) {
		return end
	}
	return to
}

// goesOn64 tells words behind which more of what may be encoded stands. Where none does,
// letters of both cases must be in the word itself.
func (s *Scanner) goesOn64(end int) bool {
	return end < s.hi && (s.buf[end] == '+' || s.buf[end] == '/')
}

// credentials tells account:password, as the logins of registries are kept, by the
// key before the encoded text.
func (s *Scanner) credentials(lo int, text []byte) bool {
	colon, at := bytes.IndexByte(text, ':'), lo
	if colon < 1 || colon+1 == len(text) || bytes.IndexByte(text, ' ') >= 0 {
		return false
	}
	for at > s.lo && (isSpace(s.buf[at-1]) || bytes.IndexByte([]byte(`"'\\:=`), s.buf[at-1]) >= 0) {
		at--
	}
	return at-4 >= s.lo && at < lo && foldEqual(s.buf[at-4:at], "auth")
}

// looksEncoded wants what words, paths and numbers seldom have: upper and lower
// case and no slash at every few characters.
func looksEncoded(b []byte) bool {
	var f flags
	slashes := 0
	for _, c := range b {
		f |= class[c]
		if c == '/' {
			slashes++
		}
	}
	return f&fUpper != 0 && f&fLower != 0 && slashes*12 <= len(b)+11
}

// DecodeBase64 decodes either alphabet, padded or not, to text; it fails where
// the result is not text.
func DecodeBase64(b []byte) ([]byte, bool) {
	raw := bytes.TrimRight(b, "=")
	enc := base64.RawStdEncoding
	if bytes.ContainsAny(raw, "-_") {
		enc = base64.RawURLEncoding
	}
	out := make([]byte, enc.DecodedLen(len(raw)))
	n, err := enc.Decode(out, raw)
	if err != nil || !isText(out[:n]) {
		return nil, false
	}
	return out[:n], true
}

func isText(b []byte) bool {
	if len(b) < 6 || !utf8.Valid(b) {
		return false
	}
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// Nested returns a scanner for text found inside text.
func (s *Scanner) Nested() *Scanner {
	n := NewScanner(s.k, s.inv, s.owns)
	n.depth = s.depth + 1
	return n
}

// holds scans a decoded text on the side.
func (s *Scanner) holds(text []byte) bool {
	if s.inner == nil {
		s.inner = s.Nested()
	}
	found, _ := s.inner.Scan(text, State{})
	for _, f := range found {
		if !f.Tentative && f.Start < f.End {
			return true
		}
	}
	return false
}

// encoded emits a finding whose decoded text holds something, and tentatively one
// of which only the inventory can tell.
func (s *Scanner) encoded(f Finding, text []byte) bool {
	if s.holds(text) {
		s.out = append(s.out, f)
		return true
	}
	s.maybe(f)
	return false
}

// hexText looks into hex-encoded arguments of audit records.
func (s *Scanner) hexText(lo, hi int) {
	text, ok := decodeHexText(s.buf[lo:hi])
	if !ok {
		return
	}
	s.encoded(Finding{Start: lo, End: hi, Kind: pseudonym.Secret, Form: HexText, Rule: "proctitle"}, text)
}

// decodeHexText reads arguments written as hex digits, zeros between them.
func decodeHexText(b []byte) ([]byte, bool) {
	text := make([]byte, len(b)/2)
	if _, err := hex.Decode(text, b[:len(text)*2]); err != nil {
		return nil, false
	}
	for i, c := range text {
		if c == 0 {
			text[i] = ' '
		}
	}
	return text, len(text) > 0
}
