// Package proof searches a finished tree for values that must not be in it.
//
// It is the second opinion on the redactor and shares no code with it: where the
// redactor reads grammar, this is a plain search for many strings at once. Every
// original is looked for as it is, with case folded where its case does not
// count, with quotes escaped as in JSON, percent-encoded, in base64 at its three
// alignments and both alphabets, in hex, and in hex back to front. Files are
// looked into through gzip, zstd, tar and zip, texts of two bytes a character
// are narrowed first, and names of files and members are searched like text.
//
// A plain hit counts only when the original stands alone: "arr01" is not found
// in "xarr01y". Encoded spellings have no such edges and are looked for from six
// bytes up. [Search] reports where, what kind and which spelling, never the
// value.
package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Original is a value that must not be found.
type Original struct {
	Kind  string
	Value string
	Fold  bool // case does not count
}

// Leak is a place where one was found. It never holds the value.
type Leak struct {
	File     string // relative path; members of archives behind a !
	Offset   int64  // in the file or member as unpacked
	Kind     string
	Spelling string

	// From and To bound what has to go with it: the value itself, or the whole run
	// of an encoding. Both are 0 where the place in the file is not known, as in
	// archives, in names and in texts of two bytes a character.
	From, To int64
}

// maxLeaks ends a search that has seen enough.
const maxLeaks = 1000

// Progress is told how many bytes of the files were searched, of how many. It is
// called from one goroutine at a time.
type Progress func(done, total int64)

// Search looks through all files of a folder for originals and returns where
// they were found, at most 1000 places. Tell may be nil.
func Search(ctx context.Context, dir string, originals []Original, tell Progress) ([]Leak, error) {
	if len(originals) > maxOriginals {
		return nil, fmt.Errorf("search for leaks: %d originals, %d at most", len(originals), maxOriginals)
	}
	s := &search{ctx: ctx, idx: compile(originals), tell: tell}
	if s.idx.empty() {
		return nil, nil
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files = append(files, path)
		info, err := d.Info()
		if err == nil && info.Mode().IsRegular() {
			s.total += info.Size()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search for leaks: %w", err)
	}
	if err := s.all(dir, files); err != nil {
		return nil, fmt.Errorf("search for leaks: %w", err)
	}
	return s.sorted(), nil
}

// search is one search under way.
type search struct {
	ctx   context.Context
	idx   *index
	tell  Progress // may be nil
	total int64    // bytes of all files
	bufs  sync.Pool

	mu    sync.Mutex
	done  int64
	leaks []Leak
}

// piece is a file, or a part of a large one.
type piece struct {
	path        string
	after, upto int64 // what ends there is searched; upto is 0 for the whole file
}

// pieceSize is how much of a large file is searched in one go, so that all
// searchers have work when there is only one.
const pieceSize = 16 << 20

// pieces cuts a file that is no archive, and large.
func pieces(path string) ([]piece, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() || size < 2*pieceSize {
		return []piece{{path: path}}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, headSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, err
	}
	if sniff(head) != "" {
		return []piece{{path: path}}, nil
	}
	var out []piece
	for at := int64(0); at < size; at += pieceSize {
		out = append(out, piece{path, at, min(at+pieceSize, size)})
	}
	return out, nil
}

// all searches files side by side.
func (s *search) all(dir string, files []string) error {
	queue := make(chan piece)
	searchers := runtime.GOMAXPROCS(0)
	errs := make(chan error, searchers+1)
	var wg sync.WaitGroup
	for range searchers {
		wg.Go(func() {
			var first error
			for p := range queue {
				if first == nil {
					first = s.guarded(dir, p)
				}
			}
			errs <- first
		})
	}
	for _, f := range files {
		ps, err := pieces(f)
		if err != nil {
			errs <- err
			break
		}
		for _, p := range ps {
			queue <- p
		}
	}
	close(queue)
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// guarded makes a panic an error, for there is nobody else to do so in a goroutine.
// What the panic says is left out: it can quote the text at hand.
func (s *search) guarded(dir string, p piece) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the search failed unexpectedly")
		}
	}()
	return s.file(dir, p)
}

func (s *search) file(dir string, p piece) error {
	rel, err := filepath.Rel(dir, p.path)
	if err != nil {
		return err
	}
	name := filepath.ToSlash(rel)
	if p.after == 0 {
		s.whole(name, name)
	}
	if target, err := os.Readlink(p.path); err == nil {
		s.whole(target, name)
		return nil
	}
	f, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if p.upto > 0 {
		s.searched(p.upto - p.after)
		return s.section(f, name, p.after, p.upto)
	}
	return s.content(&counted{f, s}, name, 0)
}

// counted counts what is read of a file.
type counted struct {
	r io.Reader
	s *search
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.s.searched(int64(n))
	return n, err
}

// searched tells of progress.
func (s *search) searched(n int64) {
	if s.tell == nil || n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += n
	s.tell(s.done, s.total)
}

func (s *search) report(l Leak) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.leaks) < maxLeaks {
		s.leaks = append(s.leaks, l)
	}
}

func (s *search) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.leaks) >= maxLeaks
}
