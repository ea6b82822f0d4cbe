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
	hand   *hand // whose worker it is taken through by
	w      *worker
	meter  *meter
	counts map[string]int64
	write  bool
	kind   string  // type by content
	hint   string  // the file's own path
	tmp    string  // folder for parts of archives
	spool  *spool  // what the first pass finds
	replay *replay // the same in the second
	crew   *crew   // who helps with texts of many chunks, or nil
	held   []Withheld
	from   *counter // the file itself, or nil
	read   int64    // unpacked so far
}

func (s *stream) worker() *worker {
	if s.w == nil {
		s.w = s.hand.worker(s.gate)
		s.w.near = 0
		if s.counts != nil {
			s.w.counts = s.counts
		}
	}
	s.w.scan.Hint(detect.KindOfFile(s.hint))
	return s.w
}

// text takes a text through the pass at hand, chunk by chunk. Chunks are worked on
// side by side where there are workers without a file, and taken in in their order.
func (s *stream) text(r io.Reader, w io.Writer) error {
	t := &text{s: s, wk: s.worker(), w: w}
	defer t.wait()
	c := &chunker{r: r, size: s.gate.chunk}
	for {
		if err := s.ctx.Err(); err != nil {
			return context.Cause(s.ctx)
		}
		j := s.gate.newJob()
		var err error
		j.chunk, err = c.next(&j.buf)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read: %w", err)
		}
		if len(j.chunk) > 0 {
			if bad := s.inspect(j.chunk); bad != nil {
				return bad
			}
			if bad := t.pass(j); bad != nil {
				return bad
			}
		}
		if err != nil {
			return t.take(0)
		}
	}
}

// text is a text on its way.
type text struct {
	s       *stream
	wk      *worker
	w       io.Writer
	st      detect.State // in which the next chunk to be taken in begins
	begun   bool         // a chunk of it went through
	slow    bool         // the second pass scans for itself
	ahead   []*job       // chunks on their way, in order
	careful int          // chunks that wait for those before them
}

// chunk takes one chunk through the pass at hand and waits for it.
func (t *text) chunk(chunk []byte) error {
	j := t.s.gate.newJob()
	j.chunk = chunk
	if err := t.pass(j); err != nil {
		return err
	}
	return t.take(0)
}

// pass sends a chunk on its way. In the second pass, what the first found in it goes
// with it. A chunk that is another than it was then is scanned again, as are those
// behind it, one by one.
func (t *text) pass(j *job) error {
	if t.s.write && !t.slow {
		st := t.s.replay.state()
		var ok bool
		var err error
		if j.found, ok, err = t.s.replay.next(j.chunk, j.found[:0]); err != nil {
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
	if !t.slow {
		return t.start(j)
	}
	if err := t.take(0); err != nil {
		return err
	}
	found, next, err := t.wk.find(j.chunk, t.st)
	if err != nil {
		return err
	}
	t.st = next
	if j.out, err = t.wk.redact(j.out[:0], j.chunk, found); err != nil {
		return err
	}
	defer t.s.gate.drop(j)
	return t.put(j.out)
}

// put writes the text of a chunk.
func (t *text) put(b []byte) error {
	if _, err := t.w.Write(b); err != nil {
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

// chunker cuts a stream at line ends.
type chunker struct {
	r    io.Reader
	size int    // of a chunk, 0 for chunkSize
	rest []byte // read, and of the next chunk
}

// next reads the next chunk into a buffer, which it makes larger where it has to.
// The last comes with io.EOF.
func (c *chunker) next(space *[]byte) ([]byte, error) {
	if c.size == 0 {
		c.size = chunkSize
	}
	buf := (*space)[:cap(*space)]
	if want := max(c.size, len(c.rest)); len(buf) < want {
		buf = make([]byte, want)
	}
	defer func() { *space = buf }()
	for n, size := copy(buf, c.rest), max(c.size, len(c.rest)); ; size *= 2 {
		if len(buf) < size {
			buf = append(buf[:n], make([]byte, size-n)...)
		}
		m, err := io.ReadFull(c.r, buf[n:size])
		n += m
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			c.rest = c.rest[:0]
			return buf[:n], err
		}
		cut := cutAt(buf[:n])
		if n < c.size+maxItem {
			cut = betweenItems(buf[:n], cut)
		}
		if cut > 0 {
			c.rest = append(c.rest[:0], buf[cut:n]...)
			return buf[:cut], nil
		}
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

var blockBegin = []byte("-----BEGIN ")

// beforeBlock moves a cut before a certificate that it would divide, as that can
// only be summed up when it is seen whole.
func beforeBlock(b []byte) int {
	last := -1
	for at := max(0, len(b)-(64<<10)); ; at = last + 1 {
		i := bytes.Index(b[at:], blockBegin)
		if i < 0 {
			break
		}
		last = at + i
	}
	if last < 0 || bytes.Contains(b[last:], []byte("-----END ")) {
		return len(b)
	}
	if start := bytes.LastIndexByte(b[:last], '\n') + 1; start > 0 {
		return start
	}
	return len(b)
}
