package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"darksite/bundle/safefile"
)

// Folders of the staging folder. Every file of a collector is below
// files/<name of the collector>/.
const (
	filesDir = "files"
	spoolDir = "spool"
)

const (
	maxSegment = 120
	maxDepth   = 12
	// maxSpool bounds what Tail reads in order to keep its end.
	maxSpool = 2 << 30
)

// Writer takes the files of one collector into the staging folder. It may be
// used by several goroutines.
type Writer struct {
	root   *os.Root
	source string

	mu     sync.Mutex
	left   int64
	closed bool
	spools int
	names  map[string]rune
	items  []Item
	lost   []Omission
	failed bool
	bytes  int64       // of items
	flight int64       // of what is on its way into one
	taken  func(int64) // told both as they grow; nil where nobody watches
	broken error       // why the staging folder cannot be written any more
}

func newWriter(root *os.Root, source string, bytes int64) (*Writer, error) {
	if err := root.MkdirAll(path.Join(filesDir, source), 0o700); err != nil {
		return nil, fmt.Errorf("stage %s: %w", source, err)
	}
	if err := root.MkdirAll(spoolDir, 0o700); err != nil {
		return nil, fmt.Errorf("stage %s: %w", source, err)
	}
	return &Writer{root: root, source: source, left: bytes, names: map[string]rune{}}, nil
}

// Left returns how many bytes the budget still allows.
func (w *Writer) Left() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left
}

// Omit records something that is deliberately not taken, and why.
func (w *Writer) Omit(origin, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.lost = append(w.lost, Omission{Origin: shown(origin), Source: w.source, Reason: shown(reason)})
	}
}

// Fail records something that could not be taken. The collector goes on; its
// outcome is partial.
func (w *Writer) Fail(origin string, err error) {
	w.Omit(origin, err.Error())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = true
}

// Add stores what r gives as name, which is cleaned and made unique. Origin
// says where it came from, for people. When the budget ends first, the text is
// cut after its last whole line, recorded as truncated, and the error wraps
// [ErrBudget]. An error of r is returned and nothing is kept.
func (w *Writer) Add(name, origin string, r io.Reader) error {
	limit := w.Left()
	cut, err := w.start(name, Item{Origin: origin}, r, limit)
	if err == nil && cut {
		return ErrBudget
	}
	return err
}

// start stores the first whole lines of r, at most limit bytes, and says
// whether something was left out.
func (w *Writer) start(name string, it Item, r io.Reader, limit int64) (cut bool, err error) {
	if limit <= 0 {
		w.Fail(it.Origin, ErrBudget)
		return false, ErrBudget
	}
	spool, err := w.spool()
	if err != nil {
		return false, err
	}
	defer w.drop(spool)
	n, err := w.copy(spool, io.LimitReader(r, limit+1))
	if err != nil {
		return false, fmt.Errorf("take %s: %w", it.Origin, err)
	}
	if it.State == "" {
		it.State = OK
	}
	if n > limit {
		cut = true
		if n, err = lastLineEnd(spool, limit); err == nil {
			err = spool.Truncate(n)
		}
		if err != nil {
			return false, fmt.Errorf("take %s: %w", it.Origin, err)
		}
		it.State, it.Reason = Truncated, fmt.Sprintf("the first %d bytes: the size budget ended here", n)
	}
	it.Size = n
	return cut, w.keep(spool, name, it)
}

// Tail stores the last whole lines of what r gives, at most limit bytes and no
// more than the budget allows. Use it for logs, where the newest matters.
func (w *Writer) Tail(name, origin string, r io.Reader, limit int64) error {
	_, err := w.tail(name, origin, r, limit, true)
	return err
}

// tail is Tail; it returns how much r gave and may leave out an empty file.
func (w *Writer) tail(name, origin string, r io.Reader, limit int64, keepEmpty bool) (n int64, err error) {
	limit = min(limit, w.Left())
	if limit <= 0 {
		w.Fail(origin, ErrBudget)
		return 0, ErrBudget
	}
	spool, err := w.spool()
	if err != nil {
		return 0, err
	}
	defer w.drop(spool)
	n, err = w.copy(spool, io.LimitReader(r, maxSpool+1))
	if err == nil && n > maxSpool {
		err = fmt.Errorf("more than %d bytes", int64(maxSpool))
	}
	if err != nil {
		return n, fmt.Errorf("take %s: %w", origin, err)
	}
	if n <= limit {
		if n == 0 && !keepEmpty {
			return 0, nil
		}
		return n, w.keep(spool, name, Item{Origin: origin, Size: n, State: OK})
	}
	return n, w.keepEnd(name, origin, spool, n, limit)
}

// AddFile stores the regular file name of root. When it is longer than limit or
// the budget, its last whole lines are kept.
func (w *Writer) AddFile(root *os.Root, name, as, origin string, limit int64) error {
	f, info, err := safefile.OpenRegular(root, name)
	if err != nil {
		return err
	}
	defer f.Close()
	limit = min(limit, w.Left())
	if limit > 0 && info.Size() > limit {
		return w.keepEnd(as, origin, f, info.Size(), limit)
	}
	// Files of /proc say 0 and give more; a log may have grown since.
	_, err = w.start(as, Item{Origin: origin}, f, limit)
	return err
}

// keepEnd stores the last whole lines of the size bytes of f.
func (w *Writer) keepEnd(name, origin string, f io.ReaderAt, size, limit int64) error {
	start, err := nextLineStart(f, size-limit)
	if err != nil {
		return fmt.Errorf("take %s: %w", origin, err)
	}
	if start >= size {
		w.Fail(origin, fmt.Errorf("its last line alone is longer than %d bytes", limit))
		return nil
	}
	cut := Item{Origin: origin, State: Truncated, Reason: fmt.Sprintf("the last %d of %d bytes", size-start, size)}
	_, err = w.start(name, cut, io.NewSectionReader(f, start, size-start), limit)
	return err
}

// spool makes an empty file that is not part of the result yet.
func (w *Writer) spool() (*os.File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	w.spools++
	name := path.Join(spoolDir, w.source+"-"+strconv.Itoa(w.spools))
	f, err := w.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return f, w.lame(err)
}

// lame ends the work where the staging folder itself takes no more, such as on a
// full disk: that is no fault of an item, and what would follow would only look
// like a collection. The caller holds mu.
func (w *Writer) lame(err error) error {
	if err == nil {
		return nil
	}
	w.closed = true
	if w.broken == nil {
		w.broken = fmt.Errorf("stage %s: %w", w.source, err)
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}

// drop closes a spool file and removes it unless it was kept.
func (w *Writer) drop(f *os.File) {
	_ = f.Close() // what was kept is already synced
	_ = w.root.Remove(path.Join(spoolDir, path.Base(f.Name())))
}

// copy moves data in steps and stops as soon as the writer is closed, so that a
// collector that was left behind can write no more.
func (w *Writer) copy(dst *os.File, r io.Reader) (int64, error) {
	buf := make([]byte, 256<<10)
	var n int64
	for {
		got, err := r.Read(buf)
		if got > 0 {
			if put, err := w.write(dst, buf[:got]); err != nil {
				return n + int64(put), err
			}
			n += int64(got)
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (w *Writer) write(dst *os.File, p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, ErrClosed
	}
	n, err := dst.Write(p)
	w.flight += int64(n)
	w.tell()
	return n, w.lame(err)
}

// tell tells who watches. What is on its way counts as far as the budget goes:
// the rest of it is read in order to keep its end. The caller holds mu.
func (w *Writer) tell() {
	if w.taken != nil {
		w.taken(w.bytes + min(w.flight, w.left))
	}
}

// keep syncs a spool file and gives it its name.
func (w *Writer) keep(f *os.File, name string, it Item) error {
	failure := f.Sync()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	if failure != nil {
		return w.lame(failure)
	}
	it.Source, it.Origin = w.source, shown(it.Origin)
	it.Path = w.unique(path.Join(filesDir, w.source, cleanName(name)))
	if err := w.root.MkdirAll(path.Dir(it.Path), 0o700); err != nil {
		return w.lame(err)
	}
	if err := w.root.Rename(path.Join(spoolDir, path.Base(f.Name())), it.Path); err != nil {
		return w.lame(err)
	}
	w.left -= it.Size
	w.items = append(w.items, it)
	w.bytes += it.Size
	w.flight = 0
	w.tell()
	return nil
}

// What a name is taken by.
const (
	aFile   = 'f'
	aFolder = 'd'
)

// unique returns a path that is not taken, not a folder of one taken and not
// below a file, also on file systems that do not tell upper from lower case.
func (w *Writer) unique(p string) string {
	top := path.Join(filesDir, w.source)
	for dir := path.Dir(p); dir != top && dir != "."; dir = path.Dir(dir) {
		if w.names[strings.ToLower(dir)] == aFile {
			p = path.Join(top, strings.ReplaceAll(strings.TrimPrefix(p, top+"/"), "/", "_"))
			break
		}
	}
	base := p
	for n := 2; w.names[strings.ToLower(p)] != 0; n++ {
		p = base + "~" + strconv.Itoa(n)
	}
	w.names[strings.ToLower(p)] = aFile
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		w.names[strings.ToLower(dir)] = aFolder
	}
	return p
}

// shown makes a text printable and valid UTF-8: it goes into reports.
func shown(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// cleanName makes a relative path that stays in its folder out of any string.
func cleanName(name string) string {
	var segments []string
	for seg := range strings.SplitSeq(name, "/") {
		seg = strings.Map(func(r rune) rune {
			if r == utf8.RuneError || r == '\\' || r == ':' || !unicode.IsPrint(r) {
				return '_'
			}
			return r
		}, seg)
		seg = strings.TrimSpace(seg)
		for len(seg) > maxSegment {
			_, size := utf8.DecodeLastRuneInString(seg)
			seg = seg[:len(seg)-size]
		}
		if seg != "" && seg != "." && seg != ".." {
			segments = append(segments, seg)
		}
	}
	if len(segments) > maxDepth {
		segments = append(segments[:maxDepth-1], strings.Join(segments[maxDepth-1:], "_"))
		return cleanName(path.Join(segments...))
	}
	if len(segments) == 0 {
		return "unnamed"
	}
	return path.Join(segments...)
}

func (w *Writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// lastLineEnd returns where the last whole line of the first limit bytes ends,
// or 0 when not one line is whole.
func lastLineEnd(f io.ReaderAt, limit int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for end := limit; end > 0; {
		start := max(0, end-int64(len(buf)))
		part := buf[:end-start]
		if _, err := f.ReadAt(part, start); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end = start
	}
	return 0, nil
}

// nextLineStart returns where the first whole line at or after from begins. The
// end of the file is returned when there is none.
func nextLineStart(f io.ReaderAt, from int64) (int64, error) {
	if from <= 0 {
		return 0, nil
	}
	buf := make([]byte, 64<<10)
	for at := from - 1; ; { // a line feed just before from makes from a start
		n, err := f.ReadAt(buf, at)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return at + int64(i) + 1, nil
		}
		at += int64(n)
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
