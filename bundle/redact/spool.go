package redact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"sync"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// spoolMemory is how much of what the first pass found is kept in memory, for all
// files together. The rest goes to a temporary file: places, lengths and kinds, and
// never a value.
const spoolMemory = 2 << 20

// spools keep what the first pass found for the second, so that a text is scanned
// once.
type spools struct {
	tmp  string
	seed maphash.Seed

	mu     sync.Mutex
	inCore int
	file   *os.File
	size   int64
}

func newSpools(tmp string) *spools { return &spools{tmp: tmp, seed: maphash.MakeSeed()} }

// put takes bytes from a full buffer and says where they are now.
func (p *spools) put(b []byte) (part, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inCore+len(b) <= spoolMemory {
		p.inCore += len(b)
		return part{mem: append([]byte(nil), b...)}, nil
	}
	if p.file == nil {
		f, err := os.CreateTemp(p.tmp, "found-*")
		if err != nil {
			return part{}, fmt.Errorf("keep places of findings: %w", err)
		}
		p.file = f
	}
	at := p.size
	if _, err := p.file.WriteAt(b, at); err != nil {
		return part{}, fmt.Errorf("keep places of findings: %w", err)
	}
	p.size += int64(len(b))
	return part{at: at, size: len(b)}, nil
}

// get reads a part back into buf.
func (p *spools) get(t part, buf []byte) ([]byte, error) {
	if t.mem != nil {
		return t.mem, nil
	}
	if cap(buf) < t.size {
		buf = make([]byte, t.size)
	}
	buf = buf[:t.size]
	if _, err := p.file.ReadAt(buf, t.at); err != nil {
		return nil, fmt.Errorf("read places of findings: %w", err)
	}
	return buf, nil
}

// close removes the temporary file.
func (p *spools) close() error {
	if p.file == nil {
		return nil
	}
	if err := errors.Join(p.file.Close(), os.Remove(p.file.Name())); err != nil {
		return fmt.Errorf("drop places of findings: %w", err)
	}
	return nil
}

// part is a piece of a spool.
type part struct {
	mem  []byte
	at   int64
	size int
}

// sort is what findings of a file have in common; they are many and of few sorts.
type sort struct {
	rule      string
	kind      pseudonym.Kind
	form      detect.Form
	tentative bool
}

// spool is what the first pass found in one file: for each chunk its length and sum,
// then for each finding how far it is from the one before, its length and its sort.
type spool struct {
	all     *spools
	buf     []byte
	parts   []part
	sorts   []sort
	sortOf  map[sort]int
	values  []string // canonical forms that the text does not say
	valueOf map[string]int
	states  []startState
	chunks  int
}

// startState is the state in which a chunk begins; those that begin like the one
// before are left out.
type startState struct {
	chunk int
	st    detect.State
}

// partSize is how much a spool gathers before it gives it away.
const partSize = 64 << 10

func newSpool(all *spools) *spool {
	return &spool{all: all, sortOf: map[sort]int{}, valueOf: map[string]int{}}
}

// add takes the findings of the next chunk, which began in a state.
func (s *spool) add(chunk []byte, st detect.State, found []detect.Finding) error {
	if n := len(s.states); n == 0 || s.states[n-1].st != st {
		s.states = append(s.states, startState{s.chunks, st})
	}
	s.chunks++
	if len(s.buf) >= partSize {
		if err := s.flush(); err != nil {
			return err
		}
	}
	b := binary.AppendUvarint(s.buf, uint64(len(chunk)))
	b = binary.LittleEndian.AppendUint64(b, maphash.Bytes(s.all.seed, chunk))
	b = binary.AppendUvarint(b, uint64(len(found)))
	at := 0
	for i := range found {
		f := &found[i]
		b = appendSmall(b, f.Start-at)
		b = appendSmall(b, f.End-f.Start)
		at = f.Start
		no := s.sort(sort{f.Rule, f.Kind, f.Form, f.Tentative}) << 1
		if f.Value == "" || saysItself(f, chunk) {
			b = appendSmall(b, no)
			continue
		}
		b = appendSmall(b, no|1)
		b = appendSmall(b, s.value(f.Value))
	}
	s.buf = b
	return nil
}

func appendSmall(b []byte, n int) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	return binary.AppendUvarint(b, uint64(n))
}

// sort numbers a sort of findings. The first ones met are mostly those met often.
func (s *spool) sort(t sort) int {
	for i := range min(len(s.sorts), 8) {
		if s.sorts[i] == t {
			return i
		}
	}
	n, ok := s.sortOf[t]
	if !ok {
		n = len(s.sorts)
		s.sortOf[t] = n
		s.sorts = append(s.sorts, t)
	}
	return n
}

// value numbers a canonical form. They are kept in memory alone.
func (s *spool) value(v string) int {
	n, ok := s.valueOf[v]
	if !ok {
		n = len(s.values)
		s.valueOf[v] = n
		s.values = append(s.values, v)
	}
	return n
}

// flush gives the buffer away.
func (s *spool) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	p, err := s.all.put(s.buf)
	if err != nil {
		return err
	}
	s.parts, s.buf = append(s.parts, p), s.buf[:0]
	return nil
}

// end closes the first pass over the file.
func (s *spool) end() error {
	err := s.flush()
	s.buf, s.sortOf, s.valueOf = nil, nil, nil
	return err
}

// replay reads a spool back chunk by chunk.
type replay struct {
	s     *spool
	buf   []byte
	rest  []byte
	chunk int
	lost  bool // the text is not the one the first pass saw
}

// next returns the findings of a chunk, appended to out, and the state in which it
// begins. It reports false when the chunk is not the one the first pass saw, as
// when a file has grown or was written to; from there on nothing is known of it.
func (r *replay) next(chunk []byte, out []detect.Finding) ([]detect.Finding, bool, error) {
	if r.lost || r.chunk == r.s.chunks {
		r.lost = true
		return out, false, nil
	}
	if len(r.rest) == 0 {
		var err error
		if r.rest, err = r.s.all.get(r.s.parts[0], r.buf); err != nil {
			return out, false, err
		}
		if r.s.parts[0].mem == nil {
			r.buf = r.rest
		}
		r.s.parts = r.s.parts[1:]
	}
	n, sum := r.small(), r.sum()
	if n != len(chunk) || sum != maphash.Bytes(r.s.all.seed, chunk) {
		r.lost = true
		return out, false, nil
	}
	at := 0
	for range r.small() {
		at += r.small()
		f := detect.Finding{Start: at, End: at + r.small()}
		no := r.small()
		t := &r.s.sorts[no>>1]
		f.Rule, f.Kind, f.Form, f.Tentative = t.rule, t.kind, t.form, t.tentative
		if no&1 != 0 {
			f.Value = r.s.values[r.small()]
		}
		out = append(out, f)
	}
	r.chunk++
	return out, true, nil
}

// state is the one in which the chunk next asked for begins.
func (r *replay) state() detect.State {
	st := detect.State{}
	for _, s := range r.s.states {
		if s.chunk > r.chunk {
			break
		}
		st = s.st
	}
	return st
}

func (r *replay) small() int {
	if c := r.rest[0]; c < 0x80 {
		r.rest = r.rest[1:]
		return int(c)
	}
	n, k := binary.Uvarint(r.rest)
	r.rest = r.rest[k:]
	return int(n)
}

func (r *replay) sum() uint64 {
	v := binary.LittleEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	return v
}
