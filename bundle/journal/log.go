package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"darksite/bundle"
	"darksite/bundle/sign"

	"golang.org/x/mod/sumdb/tlog"
)

// Log is a journal open for reading. It may be used by several goroutines.
type Log struct {
	dir    string
	origin string
	key    sign.PublicKey

	mu     sync.RWMutex
	n      int64 // entries
	bytes  int64 // of their lines
	hashes []tlog.Hash
	mark   bundle.JournalMark // over all n
	torn   []byte             // what follows the last finished line
	view   bool               // somebody else may be writing
}

// View reads the journal in dir as it is now, also while another process
// writes to it. Unlike Open it shows a journal whose checkpoints do not agree,
// so that [Log.Verify] can say how. An entry that cannot be read is an error
// that wraps [ErrTampered].
func View(dir string, o Options) (*Log, error) {
	l, err := view(dir, o)
	if err != nil {
		return nil, fmt.Errorf("view journal %s: %w", dir, err)
	}
	return l, nil
}

func view(dir string, o Options) (*Log, error) {
	if err := checkOrigin(o.Origin); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, logName))
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	l, err := load(dir, o, f)
	if err != nil {
		return nil, err
	}
	l.view = true
	return l, nil
}

// load reads the whole log into a tree.
func load(dir string, o Options, f io.ReadSeeker) (*Log, error) {
	l := &Log{dir: dir, origin: o.Origin, key: o.key()}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	s := newLines(f)
	for {
		line, err := s.next()
		if errors.Is(err, io.EOF) {
			return l, l.settle()
		}
		if errors.Is(err, ErrTorn) {
			l.torn = bytes.Clone(line)
			return l, l.settle()
		}
		if err != nil {
			return nil, err
		}
		e, err := ParseEntry(line)
		if err == nil && e.Seq != l.n+1 {
			err = fmt.Errorf("it says it is entry %d", e.Seq)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrTampered, l.n+1, err)
		}
		if err := l.grow(line); err != nil {
			return nil, err
		}
	}
}

// lines reads a log line by line.
type lines struct{ in *bufio.Reader }

func newLines(r io.Reader) lines { return lines{bufio.NewReaderSize(r, MaxLine+1)} }

// next returns a line with its line feed, valid until the next call; io.EOF at
// the end; and what is left with ErrTorn when the end is not a finished line.
// A last line with a NUL byte counts as torn: no entry has one, but a file
// system may leave zeros where a write was cut short.
func (l lines) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		if bytes.IndexByte(line, 0) >= 0 {
			return line, ErrTorn
		}
		return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrTampered, MaxLine)
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, ErrTorn
	case err != nil:
		return nil, err
	}
	if bytes.IndexByte(line, 0) >= 0 {
		if _, err := l.in.Peek(1); errors.Is(err, io.EOF) {
			return line, ErrTorn
		}
	}
	return line, nil
}

func (l *Log) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			if n < 0 || n >= int64(len(l.hashes)) {
				return nil, fmt.Errorf("hash %d of %d", n, len(l.hashes))
			}
			out[i] = l.hashes[n]
		}
		return out, nil
	})
}

// root is the tree's root over the first n entries.
func (l *Log) root(n int64) (tlog.Hash, error) {
	root, err := tlog.TreeHash(n, l.reader())
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("root over %d entries: %w", n, err)
	}
	return root, nil
}

// settle computes the mark over what has been taken into the tree.
func (l *Log) settle() error {
	root, err := l.root(l.n)
	if err != nil {
		return err
	}
	l.mark = markOf(l.n, root)
	return nil
}

// Mark is the size and root of the journal now, for labels, manifests and cover
// sheets.
func (l *Log) Mark() bundle.JournalMark {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.mark
}

// Holds wants a mark, read off a manifest or a label, to be a beginning of this
// journal. The error wraps [ErrTampered].
func (l *Log) Holds(m bundle.JournalMark) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if why := l.holds(m); why != "" {
		return fmt.Errorf("%w: mark of size %d: %s", ErrTampered, m.Size, why)
	}
	return nil
}

// Entries reads the entries from sequence from on, as many as there are now. It
// ends after the first error.
func (l *Log) Entries(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		l.mu.RLock()
		limit := l.bytes
		l.mu.RUnlock()
		fail := func(err error) { yield(Entry{}, fmt.Errorf("read journal %s: %w", l.dir, err)) }
		f, err := os.Open(filepath.Join(l.dir, logName))
		if err != nil {
			fail(err)
			return
		}
		defer f.Close() // read only
		s := newLines(io.LimitReader(f, limit))
		for seq := int64(1); ; seq++ {
			if err := ctx.Err(); err != nil {
				fail(err)
				return
			}
			line, err := s.next()
			if errors.Is(err, io.EOF) {
				return
			}
			var e Entry
			if err == nil && seq >= from {
				e, err = ParseEntry(line)
			}
			if err != nil {
				fail(fmt.Errorf("entry %d: %w", seq, err))
				return
			}
			if seq >= from && !yield(e, nil) {
				return
			}
		}
	}
}

// Proof shows that an entry stands in a journal without showing the others.
type Proof struct {
	Seq  int64              `json:"seq"`
	Mark bundle.JournalMark `json:"mark"`
	Path []tlog.Hash        `json:"path"` // RFC 6962 audit path, base64
}

// Prove makes the proof of an entry against the journal as it is now.
func (l *Log) Prove(seq int64) (Proof, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if seq < 1 || seq > l.n {
		return Proof{}, fmt.Errorf("prove entry %d: the journal has %d", seq, l.n)
	}
	path, err := tlog.ProveRecord(l.n, seq-1, l.reader())
	if err != nil {
		return Proof{}, fmt.Errorf("prove entry %d: %w", seq, err)
	}
	return Proof{Seq: seq, Mark: l.mark, Path: path}, nil
}

// Check verifies the proof for the line of an entry. The caller compares
// p.Mark with one it trusts.
func (p Proof) Check(line []byte) error {
	root, err := parseRoot(p.Mark)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p.Path, p.Mark.Size, root, p.Seq-1, tlog.RecordHash(line)); err != nil {
		return fmt.Errorf("%w: entry %d is not in the journal of %d entries: %w", ErrTampered, p.Seq, p.Mark.Size, err)
	}
	return nil
}
