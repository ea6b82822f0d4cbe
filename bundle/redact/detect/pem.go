package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

var (
	pemBegin = []byte("-----BEGIN ")
	pemEnd   = []byte("-----END ")
	sshBegin = []byte("---- BEGIN ")
)

// pem deals with PEM and the like in every form: lines, indented or behind a log
// prefix, and a whole block in one line with escaped line ends. A block goes on to
// its END mark or to the first line that is none of its own. It reports whether
// the line is done with.
func (s *Scanner) pem() bool {
	b := s.buf[s.lo:s.hi]
	if s.st.pem == pemNone {
		if !s.begins {
			return false
		}
		i := bytes.Index(b, pemBegin)
		if i < 0 {
			i = bytes.Index(b, sshBegin)
		}
		if i < 0 {
			return false
		}
		return s.pemOpen(i)
	}
	if i := bytes.Index(b, pemBegin); s.begins && i >= 0 {
		s.st.pem, s.summary = pemNone, nil // the block before was cut off
		return s.pemOpen(i)
	}
	if e := bytes.Index(b, pemEnd); e >= 0 || bytes.Contains(b, []byte("---- END ")) {
		if e > 0 && !isSpace(b[e-1]) {
			s.pemBody(s.lo, s.lo+e) // a body that ends on the line of the mark
		}
		s.st.pem, s.summary = pemNone, nil
		return true
	}
	if !pemLine(b) && !headerLine(b) {
		s.st.pem = pemNone // a block cut off
		return s.begins && bytes.Contains(b, []byte("BEGIN ")) && s.pem()
	}
	s.pemBody(s.lo, s.hi)
	return false // a log prefix before the body is looked at like any other
}

// pemOpen deals with the line of a BEGIN mark at i.
func (s *Scanner) pemOpen(i int) bool {
	b := s.buf[s.lo:s.hi]
	from := i + len(pemBegin)
	dash := bytes.Index(b[from:], []byte("----"))
	if dash < 0 {
		return false
	}
	label := b[from : from+dash]
	state := pemPublic
	if bytes.Contains(label, []byte("PRIVATE")) || bytes.Contains(label, []byte("SECRET")) {
		state = pemSecret
	}
	if bytes.Contains(b[from:], []byte(summaryMark)) {
		return false // summed up before
	}
	s.summary = nil
	body := from + dash
	for body < len(b) && b[body] == '-' {
		body++
	}
	if e := bytes.Index(b[body:], []byte("-----END ")); e >= 0 {
		s.pemInline(s.lo+body, s.lo+body+e)
		return false
	}
	if body < len(b) && len(bytes.Trim(b[body:], " \t\"'\\n,|>")) > 0 {
		s.pemInline(s.lo+body, s.hi)
		if bytes.Contains(b[body:], []byte(`\n`)) {
			return false // escaped form without an END mark
		}
	}
	s.st.pem = state
	if certificateLabel(label) {
		s.certificateBelow()
	}
	return false
}

// pemInline masks a body that stands in one line, leaving the escaped line ends
// at its ends.
func (s *Scanner) pemInline(lo, hi int) {
	b := s.buf
	for lo < hi && b[lo] == '\\' {
		lo++
	}
	for lo < hi && (b[lo] == 'n' || b[lo] == 'r') && b[lo-1] == '\\' {
		lo++
		for lo < hi && b[lo] == '\\' {
			lo++
		}
	}
	for hi > lo && (b[hi-1] == '"' || b[hi-1] == '\'' || b[hi-1] == '}' || b[hi-1] == ',' || b[hi-1] == ' ') {
		hi--
	}
	for hi > lo+1 && b[hi-1] == 'n' && b[hi-2] == '\\' {
		hi -= 2
		for hi > lo && b[hi-1] == '\\' {
			hi--
		}
	}
	if hi <= lo || string(b[lo:hi]) == Mask || s.certificateInline(lo, hi) {
		return
	}
	s.emit(lo, hi, pseudonym.Secret, "pem")
}

// pemBody masks what a body line holds, leaving indentation and a log prefix:
// the base64 is the last word of the line.
func (s *Scanner) pemBody(lo, hi int) {
	b := s.buf
	for hi > lo && isSpace(b[hi-1]) {
		hi--
	}
	if len(s.summary) > 0 {
		line := s.summary[0]
		s.summary = s.summary[1:]
		defer func(n int) {
			for i := n; i < len(s.out); i++ {
				s.out[i].Form, s.out[i].Value, s.out[i].Rule = Certificate, line, "certificate"
			}
		}(len(s.out))
	}
	from := hi
	for from > lo && !isSpace(b[from-1]) {
		from--
	}
	for from < hi && (b[from] == '"' || b[from] == '\'') {
		from++
	}
	for hi > from && (b[hi-1] == '"' || b[hi-1] == '\'' || b[hi-1] == ',') {
		hi--
	}
	if bytes.IndexByte(b[lo:hi], ':') > 0 && hi-lo < 100 && headerLine(b[lo:hi]) {
		return // Proc-Type, DEK-Info
	}
	if hi > from && string(b[from:hi]) != Mask {
		s.emit(from, hi, pseudonym.Secret, "pem")
	}
}

func headerLine(b []byte) bool {
	b = bytes.TrimSpace(b)
	return bytes.HasPrefix(b, []byte("Proc-Type:")) || bytes.HasPrefix(b, []byte("DEK-Info:")) || bytes.HasPrefix(b, []byte("Comment:"))
}

// pemLine tells a line whose last word is base64.
func pemLine(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || bytes.HasPrefix(b, []byte("Version:")) || bytes.HasPrefix(b, []byte("Comment:")) || bytes.HasPrefix(b, []byte("Hash:")) {
		return true // the head of an armoured block
	}
	if i := bytes.LastIndexByte(b, ' '); i >= 0 {
		b = bytes.Trim(b[i+1:], `"',`)
		if len(b) < 24 && !(hasDigit(b) && looksEncoded(b)) && !bytes.HasSuffix(b, []byte("=")) && string(b) != Mask {
			return false // the last word of a sentence
		}
	}
	b = bytes.Trim(b, `"',`)
	for _, c := range b {
		if class[c]&(fDigit|fLetter) == 0 && c != '+' && c != '/' && c != '=' {
			return string(b) == Mask
		}
	}
	return true
}
