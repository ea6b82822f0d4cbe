package redact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"darksite/bundle/redact/detect"
)

const (
	// chunkSize is how much text is scanned at a time.
	chunkSize = 1 << 20
	// maxLine is the longest line that is scanned in one piece; longer ones are
	// cut between words.
	maxLine = 8 << 20
)

// withholdError says that a file cannot pass.
type withholdError struct{ reason string }

func (e *withholdError) Error() string { return "withheld: " + e.reason }

func withhold(reason string) error { return &withholdError{reason} }

// stream takes the content of one file through the gate, in either pass.
type stream struct {
	ctx    context.Context
	gate   *Gate
	w      *worker
	seen   *findings
	counts map[string]int64
	write  bool
	kind   string // type by content
	hint   string // the file's own path
	tmp    string // folder for parts of archives
	read   int64  // unpacked so far
}

func (s *stream) worker() *worker {
	if s.w == nil {
		s.gate.mu.Lock()
		s.w = s.gate.newWorker()
		s.gate.mu.Unlock()
		s.w.seen = s.seen
		if s.counts != nil {
			s.w.counts = s.counts
		}
	}
	s.w.scan.Hint(detect.KindOfFile(s.hint))
	return s.w
}

// text scans a text and, in the second pass, writes it redacted.
func (s *stream) text(r io.Reader, w io.Writer) error {
	wk := s.worker()
	var st detect.State
	var out []byte
	c := &chunker{r: r, size: s.gate.chunk}
	for {
		if err := s.ctx.Err(); err != nil {
			return context.Cause(s.ctx)
		}
		chunk, err := c.next()
		if len(chunk) > 0 {
			if bad := s.inspect(chunk); bad != nil {
				return bad
			}
			if !s.write {
				if st, err = keep(err, func() (detect.State, error) { return wk.learn(chunk, st) }); err != nil && !errors.Is(err, io.EOF) {
					return err
				}
			} else {
				var red error
				if out, st, red = wk.redact(out[:0], chunk, st); red != nil {
					return red
				}
				if _, werr := w.Write(out); werr != nil {
					return fmt.Errorf("write: %w", werr)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
	}
}

// keep runs f and lets its error come before the one of reading.
func keep[T any](err error, f func() (T, error)) (T, error) {
	v, ferr := f()
	if ferr != nil {
		return v, ferr
	}
	return v, err
}

// inspect counts what was unpacked and refuses text that turns binary.
func (s *stream) inspect(chunk []byte) error {
	if s.read += int64(len(chunk)); s.read > s.gate.policy.bytes() {
		return withhold("unpacks to more than the policy allows")
	}
	if bytes.IndexByte(chunk, 0) >= 0 && !textual(chunk) {
		return withhold("binary content")
	}
	return nil
}

// chunker cuts a stream at line ends.
type chunker struct {
	r    io.Reader
	size int // of a chunk, 0 for chunkSize
	buf  []byte
	rest int // bytes at the end of buf that belong to the next chunk
	end  int
}

// next returns the next chunk, valid until the call after. The last comes with
// io.EOF.
func (c *chunker) next() ([]byte, error) {
	if c.size == 0 {
		c.size = chunkSize
	}
	if c.buf == nil {
		c.buf = make([]byte, c.size+min(c.size, 4096))
	}
	n := copy(c.buf, c.buf[c.rest:c.end])
	c.rest = 0
	for {
		if n == len(c.buf) {
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
		m, err := c.r.Read(c.buf[n:])
		n += m
		c.end = n
		if err != nil {
			c.rest = n
			return c.buf[:n], err
		}
		if n < c.size {
			continue
		}
		if cut := cutAt(c.buf[:n]); cut > 0 {
			c.rest = cut
			return c.buf[:cut], nil
		}
	}
}

// cutAt finds where a full buffer can be cut: behind the last line end, or in a
// line that is too long between two words far from anything that binds them.
func cutAt(b []byte) int {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	if len(b) < maxLine {
		return 0
	}
	half := len(b) / 2
	for _, seps := range []string{"}>", " \t", ",;|"} {
		if i := bytes.LastIndexAny(b[half:], seps); i >= 0 {
			return half + i + 1
		}
	}
	return len(b)
}
