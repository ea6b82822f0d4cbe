package redact

import (
	"context"
	"errors"
	"io"
	"os"
)

// SetChunk makes the gate cut texts finer than a process would.
func (g *Gate) SetChunk(size int) { g.chunk = size }

// OnChunk is told of every chunk before it is scanned, and may fail as a
// recogniser would.
func (g *Gate) OnChunk(f func([]byte)) { g.met = f }

// Rescan makes the second pass scan in full for itself, as it does where a file has
// changed since the first.
func (g *Gate) Rescan() { g.rescan = true }

// OnPass is told of each pass as it begins: learn, redact, prove, and of the end.
func (g *Gate) OnPass(f func(pass string)) { g.entered = f }

// Content takes one content through the first pass as if it were a file.
func (g *Gate) Content(r io.Reader, w io.Writer) error {
	all := newSpools(os.TempDir())
	s := &stream{ctx: context.Background(), gate: g, hand: &hand{}, spool: newSpool(all), counts: map[string]int64{}}
	_, err := s.content(r, w, "x", 0)
	return errors.Join(err, all.close())
}

// OnOpen puts a reader before every file, which may fail as a disk would.
func (g *Gate) OnOpen(f func(io.Reader) io.Reader) { g.opened = f }

// SetFree bounds what may be unpacked whatever the ratio.
func (g *Gate) SetFree(n int64) { g.free = n }
