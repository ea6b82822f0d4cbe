package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	defaultFile   = 8 << 20
	defaultBudget = 256 << 20
	suffix        = ".log"
)

// Options bound a spool. The zero value is good.
type Options struct {
	FileBytes int64 // a file is left for the next when it would grow beyond; 8 MiB when zero
	Budget    int64 // of one channel, in bytes; 256 MiB when zero, and never less than two files
}

// Counters say what became of lines since the spool was opened.
type Counters struct {
	Lines   uint64 // written
	Failed  uint64 // lines that could not be written
	Removed uint64 // files removed to keep to the budget
}

// Spool writes lines. It may be used by any number of goroutines.
type Spool struct {
	dir  string
	root *os.Root
	o    Options

	mu       sync.Mutex
	channels map[string]*channel
	counters Counters
}

// channel is one folder of files.
type channel struct {
	name  string
	files []file // the oldest first; the last is written to
	out   *os.File
	torn  bool // the last write left a piece of a line behind
}

type file struct {
	number uint64
	size   int64
}

func (f file) name() string { return fmt.Sprintf("%012d%s", f.number, suffix) }

// Open opens the spool in a folder and makes the folder when it is absent.
func Open(dir string, o Options) (*Spool, error) {
	o.FileBytes = max(cmp.Or(max(o.FileBytes, 0), defaultFile), maxLine)
	o.Budget = max(cmp.Or(max(o.Budget, 0), defaultBudget), 2*o.FileBytes)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the spool: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("protect the spool: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	return &Spool{dir: dir, root: root, o: o, channels: map[string]*channel{}}, nil
}

// Dir is the folder, as [Read] wants it.
func (s *Spool) Dir() string { return s.dir }

var channelName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// Append writes one line to a channel, which is made when it is absent.
func (s *Spool) Append(name string, l Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(name, l.encode()); err != nil {
		s.counters.Failed++
		return fmt.Errorf("spool a line of %s: %w", name, err)
	}
	s.counters.Lines++
	return nil
}

func (s *Spool) append(name string, line []byte) error {
	c, err := s.channel(name)
	if err != nil {
		return err
	}
	if c.torn {
		if err := c.out.Truncate(c.last().size); err != nil {
			return fmt.Errorf("take a torn line off: %w", err)
		}
		c.torn = false
	}
	if c.out != nil && c.last().size+int64(len(line)) > s.o.FileBytes {
		if err := c.leave(); err != nil {
			return err
		}
	}
	if err := s.makeRoom(c, int64(len(line))); err != nil {
		return err
	}
	if c.out == nil {
		if err := s.next(c); err != nil {
			return err
		}
	}
	if _, err := c.out.Write(line); err != nil {
		c.torn = true
		return err
	}
	c.last().size += int64(len(line))
	return nil
}

func (c *channel) last() *file { return &c.files[len(c.files)-1] }

// channel finds a channel, or takes up where an earlier run left it.
func (s *Spool) channel(name string) (*channel, error) {
	if c := s.channels[name]; c != nil {
		return c, nil
	}
	if !channelName.MatchString(name) {
		return nil, fmt.Errorf("channel %q: want letters, digits and -", name)
	}
	if err := s.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	files, err := list(s.root, name)
	if err != nil {
		return nil, err
	}
	c := &channel{name: name, files: files}
	if len(files) > 0 {
		if err := s.resume(c); err != nil {
			return nil, err
		}
	}
	s.channels[name] = c
	return c, nil
}

// list gives the files of a channel in their order. Others are left alone.
func list(root *os.Root, name string) ([]file, error) {
	dir, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var files []file
	for _, e := range entries {
		number, err := strconv.ParseUint(strings.TrimSuffix(e.Name(), suffix), 10, 64)
		f := file{number: number}
		if err != nil || f.name() != e.Name() || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		f.size = info.Size()
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.number, b.number) })
	return files, nil
}

// resume opens the newest file again and takes a torn line off its end.
func (s *Spool) resume(c *channel) error {
	out, err := s.root.OpenFile(c.path(*c.last()), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	whole, err := wholeLines(out, c.last().size)
	if err == nil && whole < c.last().size {
		err = out.Truncate(whole)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("mend %s: %w", c.path(*c.last()), err), out.Close())
	}
	c.out = out
	c.last().size = whole
	return nil
}

// wholeLines is the size of a file up to the end of its last whole line.
func wholeLines(r io.ReaderAt, size int64) (int64, error) {
	block := make([]byte, maxLine)
	for end := size; end > 0; {
		begin := max(end-int64(len(block)), 0)
		piece := block[:end-begin]
		if _, err := r.ReadAt(piece, begin); err != nil {
			return 0, err
		}
		if i := strings.LastIndexByte(string(piece), '\n'); i >= 0 {
			return begin + int64(i) + 1, nil
		}
		end = begin
	}
	return 0, nil
}

func (c *channel) path(f file) string { return c.name + "/" + f.name() }

// leave ends the file that is written to.
func (c *channel) leave() error {
	out := c.out
	c.out, c.torn = nil, false
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("leave %s: %w", c.path(*c.last()), err)
	}
	return nil
}

// next begins another file.
func (s *Spool) next(c *channel) error {
	f := file{number: 1}
	if len(c.files) > 0 {
		f.number = c.last().number + 1
	}
	out, err := s.root.OpenFile(c.path(f), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	c.files, c.out = append(c.files, f), out
	return nil
}

// makeRoom removes the oldest files until so many bytes fit the budget.
func (s *Spool) makeRoom(c *channel, more int64) error {
	total := more
	for _, f := range c.files {
		total += f.size
	}
	for total > s.o.Budget && len(c.files) > 0 && (c.out == nil || len(c.files) > 1) {
		oldest := c.files[0]
		if err := s.root.Remove(c.path(oldest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("make room: %w", err)
		}
		s.counters.Removed++
		total -= oldest.size
		c.files = c.files[1:]
	}
	return nil
}

// Counters returns what became of lines so far.
func (s *Spool) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters
}

// Sync brings what was written onto the disk.
func (s *Spool) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.channels {
		if c.out != nil {
			errs = append(errs, c.out.Sync())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sync the spool: %w", err)
	}
	return nil
}

// Close syncs and ends every channel. A spool that is closed is not used again.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.channels {
		if c.out != nil {
			if c.torn {
				errs = append(errs, c.out.Truncate(c.last().size))
			}
			errs = append(errs, c.leave())
		}
	}
	clear(s.channels)
	if err := errors.Join(append(errs, s.root.Close())...); err != nil {
		return fmt.Errorf("close the spool: %w", err)
	}
	return nil
}
