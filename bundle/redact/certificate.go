package redact

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"darksite/bundle/redact/detect"
)

// maxDER bounds a file that is taken for a certificate.
const maxDER = 64 << 10

// derHead tells a certificate without its dress of text: a sequence that begins
// with a sequence, both with two bytes of length.
func derHead(head []byte) bool {
	return len(head) > 8 && head[0] == 0x30 && head[1] == 0x82 && head[4] == 0x30 && head[5] == 0x82 &&
		binary.BigEndian.Uint16(head[2:]) > binary.BigEndian.Uint16(head[6:])
}

// der writes the summary of a certificate between the marks that its text form
// has.
func (s *stream) der(r *bufio.Reader, w io.Writer) error {
	b, err := io.ReadAll(io.LimitReader(r, maxDER+1))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	lines, ok := detect.Summary(b)
	if !ok {
		return withhold("binary content")
	}
	wk := s.worker()
	for _, l := range lines {
		wk.seen.noteParts(l)
	}
	if !s.write {
		return nil
	}
	text := "-----BEGIN CERTIFICATE-----\n"
	for _, l := range lines {
		line, err := wk.renderParts(l)
		if err != nil {
			return err
		}
		text += line + "\n"
	}
	wk.counts["certificate"]++
	if _, err := io.WriteString(w, text+"-----END CERTIFICATE-----\n"); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
