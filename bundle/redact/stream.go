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
	chunkSize = 256 << 10
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
	kind   string  // type by content
	hint   string  // the file's own path
	tmp    string  // folder for parts of archives
	spool  *spool  // what the first pass finds
	replay *replay // the same in the second
	held   []Withheld
	from   *counter // the file itself, or nil
	read   int64    // unpacked so far
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

// text takes a text through the pass at hand, chunk by chunk.
func (s *stream) text(r io.Reader, w io.Writer) error {
	wk := s.worker()
	t := &text{s: s, wk: wk, w: w}
	c := s.gate.chunker(r)
	defer s.gate.give(c)
	for {
		if err := s.ctx.Err(); err != nil {
			return context.Cause(s.ctx)
		}
		chunk, err := c.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read: %w", err)
		}
		if len(chunk) > 0 {
			if bad := s.inspect(chunk); bad != nil {
				return bad
			}
			if bad := t.chunk(chunk); bad != nil {
				return bad
			}
		}
		if err != nil {
			return nil
		}
	}
}

// text is a text on its way.
type text struct {
	s     *stream
	wk    *worker
	w     io.Writer
	st    detect.State
	out   []byte
	found []detect.Finding
	begun bool // a chunk of it went through
	slow  bool // the second pass scans for itself
}

// chunk takes one chunk through the pass at hand.
func (t *text) chunk(chunk []byte) error {
	if t.s.write {
		return t.redact(chunk)
	}
	st := t.st
	found, next, err := t.wk.learn(chunk, st)
	if err != nil {
		return err
	}
	t.st = next
	return t.s.spool.add(chunk, st, found)
}

// redact writes a chunk by what the first pass found in it. A chunk that is another
// than it was then is scanned here, as are those behind it.
func (t *text) redact(chunk []byte) error {
	ok, err := false, error(nil)
	if !t.slow {
		st := t.s.replay.state()
		if t.found, ok, err = t.s.replay.next(chunk, t.found[:0]); err != nil {
			return err
		}
		if !ok {
			t.slow = true
			if t.begun {
				t.st = st
			}
		}
		t.begun = true
	}
	found := t.found
	if t.slow {
		if found, t.st, err = t.wk.find(chunk, t.st); err != nil {
			return err
		}
	}
	if t.out, err = t.wk.redact(t.out[:0], chunk, found); err != nil {
		return err
	}
	if _, err := t.w.Write(t.out); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// inspect counts what was unpacked and refuses text that turns binary.
func (s *stream) inspect(chunk []byte) error {
	if s.read += int64(len(chunk)); s.read > s.gate.policy.bytes() {
		return withhold("unpacks to more than the policy allows")
	}
	if s.from != nil && s.read > s.gate.freely() && s.read/s.gate.policy.ratio() > s.from.n {
		return withhold("unpacks to far more than its size") // many small bombs in one
	}
	if bytes.IndexByte(chunk, 0) >= 0 && !textual(chunk) {
		return withhold("binary content")
	}
	return nil
}

// chunker takes a buffer that another text is done with: for many small files and
// members to make one is most of the work.
func (g *Gate) chunker(r io.Reader) *chunker {
	c := &chunker{r: r, size: g.chunk}
	if b, ok := g.buffers.Get().(*[]byte); ok {
		c.buf = *b
	}
	return c
}

// give leaves a buffer to the next text, unless it has grown: then chunks would be
// cut elsewhere.
func (g *Gate) give(c *chunker) {
	if b := c.buf; len(b) == c.size {
		g.buffers.Put(&b)
	}
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
		c.buf = make([]byte, c.size)
	}
	n := copy(c.buf, c.buf[c.rest:c.end])
	c.rest = 0
	for {
		m, err := io.ReadFull(c.r, c.buf[n:])
		n += m
		c.end = n
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			c.rest = n
			return c.buf[:n], err
		}
		cut := cutAt(c.buf[:n])
		if n < c.size+maxItem {
			cut = betweenItems(c.buf[:n], cut)
		}
		if cut > 0 {
			c.rest = cut
			return c.buf[:cut], nil
		}
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
}

// maxItem bounds how much more is read to find a place between two items.
const maxItem = 64 << 10

// betweenItems moves a cut behind a line back to where no item goes on: a secret
// can stand some lines before the name that says so. It returns 0 where there is
// no such place.
func betweenItems(b []byte, cut int) int {
	for at := cut; at > 0 && cut-at < maxItem; {
		if at < len(b) && begins(b[at:]) {
			return at
		}
		at = bytes.LastIndexByte(b[:at-1], '\n') + 1
	}
	return 0
}

// begins reports whether a line begins an item: it is not indented, or a dash or
// an opening bracket says so.
func begins(line []byte) bool {
	switch line[0] {
	case ' ', '\t':
		line = bytes.TrimLeft(line, " \t")
		return len(line) > 0 && (line[0] == '{' || line[0] == '<' || line[0] == '-' && len(line) > 1 && line[1] == ' ')
	case '}', ']', ')', '\r', '\n', '"', '\'':
		return false
	}
	return true
}

// cutAt finds where a full buffer can be cut: behind the last line end, or in a
// line that is too long between two words far from anything that binds them.
func cutAt(b []byte) int {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return beforeBlock(b[:i+1])
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

// beforeBlock moves a cut before a certificate that it would divide, as that can
// only be summed up when it is seen whole.
func beforeBlock(b []byte) int {
	from := max(0, len(b)-(64<<10))
	i := bytes.LastIndex(b[from:], []byte("-----BEGIN "))
	if i < 0 || bytes.Contains(b[from+i:], []byte("-----END ")) {
		return len(b)
	}
	if start := bytes.LastIndexByte(b[:from+i], '\n') + 1; start > 0 {
		return start
	}
	return len(b)
}
