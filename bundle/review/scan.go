package review

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"runtime"
	"sync"

	"darksite/bundle"
)

// pieceSize is how much of a file one worker reads at a time. It does not depend
// on the number of workers, because where a bundle is cut shows in the result
// once a bound is met.
const pieceSize = 4 << 20

// piece is a part of a file: the lines that begin in it.
type piece struct {
	entry    bundle.Entry
	from, to int64
}

// part is what one piece held.
type part struct {
	miner    *miner
	searcher *searcher
	lines    int64
	err      error
}

// pieces cuts what can be read. Text that must be decoded first is one piece.
func pieces(files []bundle.Entry) (all []piece, total int64) {
	for _, e := range files {
		if e.Inspected == bundle.InspectedNone || packed(e.Type) {
			continue
		}
		total += e.Size
		step := int64(pieceSize)
		if wideText(e.Type) {
			step = max(e.Size, 1)
		}
		for from := int64(0); from == 0 || from < e.Size; from += step {
			all = append(all, piece{e, from, min(from+step, e.Size)})
		}
	}
	return all, total
}

// scan reads everything, by several workers, and merges in the order of the
// files. At most a few pieces for each worker wait to be merged.
func scan(ctx context.Context, in Input, s *Summary) (*miner, *searcher, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all, size := pieces(in.Manifest.Files)
	workers := in.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	seed := maphash.MakeSeed()
	search := func() *searcher {
		return newSearcher(in.Keywords, in.Loosened, in.Manifest.Rules.SHA256, in.Manifest.Policy.SHA256)
	}
	type job struct {
		piece
		out chan part
	}
	jobs := make(chan job)
	queue := make(chan job, workers) // in order; its length bounds what waits
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel() // before the wait
	for range workers {
		running.Go(func() {
			r := bufio.NewReaderSize(nil, MaxLine)
			for j := range jobs {
				p := part{miner: newMiner(seed), searcher: search()}
				p.lines, p.err = read(ctx, in, r, j.piece, func(at Place, line []byte, size int64) {
					p.miner.line(at, line, size)
					p.searcher.line(at, line)
				})
				j.out <- p
			}
		})
	}
	running.Go(func() {
		defer close(queue)
		defer close(jobs)
		for _, p := range all {
			j := job{p, make(chan part, 1)}
			select {
			case queue <- j:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	})
	m, f := newMiner(seed), search()
	var base, done int64
	path := ""
	for j := range queue {
		var p part
		select {
		case p = <-j.out:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		if p.err != nil {
			return nil, nil, p.err
		}
		if j.entry.Path != path {
			path, base = j.entry.Path, 0
		}
		m.merge(p.miner, path, base)
		f.merge(p.searcher, base)
		base += p.lines
		s.Lines += p.lines
		done += j.to - j.from
		if in.Progress != nil {
			in.Progress(done, size)
		}
	}
	return m, f, ctx.Err()
}

// read gives every line that begins in a piece, without its line end and with
// its size. Lines are numbered from the start of the piece.
func read(ctx context.Context, in Input, r *bufio.Reader, p piece, do func(Place, []byte, int64)) (int64, error) {
	f, err := in.Tree.Open(p.entry.Path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() != p.entry.Size {
		return 0, fmt.Errorf("%s has %d bytes, the manifest has %d", p.entry.Path, info.Size(), p.entry.Size)
	}
	l := &liner{r: r, at: p.from, to: p.to, size: p.entry.Size, place: Place{Path: p.entry.Path}, do: do}
	if wideText(p.entry.Type) {
		r.Reset(decoded(f, p.entry.Type))
		l.to, l.size = 1<<62, -1
		return l.run(ctx)
	}
	start := max(0, p.from-1) // a line begins here only if the byte before ends one
	if at, ok := f.(io.ReaderAt); ok {
		r.Reset(io.NewSectionReader(at, start, p.entry.Size-start))
	} else if _, err := io.CopyN(io.Discard, f, start); err != nil {
		return 0, fmt.Errorf("%s: %w", p.entry.Path, err)
	} else {
		r.Reset(f)
	}
	if p.from > 0 {
		l.at = start
		if err := l.skip(); err != nil {
			return 0, fmt.Errorf("%s: %w", p.entry.Path, err)
		}
	}
	return l.run(ctx)
}

// liner hands out lines. A line longer than MaxLine comes in several pieces,
// each counted as a line.
type liner struct {
	r      *bufio.Reader
	at, to int64
	size   int64 // of the file, -1 where it is decoded
	place  Place
	do     func(Place, []byte, int64)
}

// skip goes to the first line that begins here.
func (l *liner) skip() error {
	for l.at < l.to {
		line, err := l.r.ReadSlice('\n')
		l.at += int64(len(line))
		switch {
		case err == nil:
			return nil
		case errors.Is(err, io.EOF):
			l.at = l.to
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
	return nil
}

func (l *liner) run(ctx context.Context) (int64, error) {
	inside := false // of a long line
	for l.at < l.to || inside {
		line, err := l.r.ReadSlice('\n')
		l.at += int64(len(line))
		if len(line) > 0 {
			l.place.Line++
			l.do(l.place, bytes.TrimRight(line, "\r\n"), int64(len(line)))
		}
		inside = errors.Is(err, bufio.ErrBufferFull)
		switch {
		case errors.Is(err, io.EOF) && l.size >= 0 && l.at != l.size:
			return 0, fmt.Errorf("%s ends after %d bytes, the manifest has %d", l.place.Path, l.at, l.size)
		case errors.Is(err, io.EOF):
			return l.place.Line, nil
		case err != nil && !inside:
			return 0, fmt.Errorf("%s: %w", l.place.Path, err)
		case ctx.Err() != nil:
			return 0, ctx.Err()
		}
	}
	return l.place.Line, nil
}
