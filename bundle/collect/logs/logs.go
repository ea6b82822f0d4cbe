// Package logs collects the text logs of the host the kit runs on: the files
// below /var/log, the newest first, the journal of systemd and the ring buffer
// of the kernel.
//
// Only whole lines of text are taken. A log that is longer than its share of
// the budget keeps its end. Compressed logs (.gz) are taken as the text they
// hold. Files that are binary, older than the window or not regular files are
// listed as omitted, with the reason.
package logs

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/safefile"
)

// Name is the collector's name and the folder of its files.
const Name = "logs"

// maxFiles bounds how many files are looked at, so that a folder gone wild
// costs no more than a line in the report.
const maxFiles = 20000

// Options says where logs are.
type Options struct {
	Dir      string           // folder of log files, /var/log on a real machine
	Label    string           // how Dir is called in the report; Dir where empty
	Window   time.Duration    // older files are left out; zero takes all
	Now      time.Time        // end of the window
	Programs collect.Programs // nil runs none
}

// Logs is the collector.
type Logs struct{ o Options }

// New makes the collector.
func New(o Options) *Logs {
	o.Label = strings.TrimSuffix(cmp.Or(o.Label, o.Dir), "/")
	if o.Programs == nil {
		o.Programs = collect.NoPrograms{}
	}
	return &Logs{o}
}

// programs are asked besides the files. The journal is bounded by lines before
// it is bounded by bytes, so that a year of it is not read to keep its end; more
// than half a gigabyte of it is not asked for. Lines 0 is for telling what is run.
func (l *Logs) programs(lines int64) []collect.Program {
	most := int(min(max(lines, 1000), 8<<20))
	journal := []string{"--no-pager", "--quiet", "--utc", "--output=short-iso-precise"}
	if lines > 0 {
		journal = append(journal, "--lines="+strconv.Itoa(most))
	}
	if l.o.Window > 0 {
		journal = append(journal, "--since=@"+strconv.FormatInt(l.o.Now.Add(-l.o.Window).Unix(), 10))
	}
	return []collect.Program{
		{Name: "journalctl", Args: journal, As: "journal.txt", Time: 10 * time.Minute, Lines: most},
		{Name: "dmesg", As: "dmesg.txt"},
	}
}

// Plan says what is taken.
func (l *Logs) Plan() collect.Plan {
	from := []string{l.o.Label + "/**"}
	for _, p := range l.programs(0) {
		from = append(from, p.String())
	}
	return collect.Plan{
		Name: Name,
		What: "text logs of this host, the newest first, whole lines",
		Why:  "what the host saw of the fault: paths, timeouts, resets, services",
		From: from,
	}
}

type logFile struct {
	name string // below Dir
	info fs.FileInfo
}

// list walks the folder and returns text candidates, newest first, and what is
// left out. Links are never followed.
func (l *Logs) list(ctx context.Context, root *os.Root) (files []logFile, omit []collect.Omission, err error) {
	seen := 0
	leave := func(name, reason string) {
		omit = append(omit, collect.Omission{Origin: path.Join(l.o.Label, name), Reason: reason})
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			leave(name, "cannot be read: "+cause(err))
			if d != nil && d.IsDir() && name != "." {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			if path.Base(name) == "journal" {
				leave(name, "binary journal: its text is taken from journalctl")
				return fs.SkipDir
			}
			return nil
		}
		if seen++; seen > maxFiles {
			leave(".", fmt.Sprintf("more than %d files: the rest was not looked at", maxFiles))
			return fs.SkipAll
		}
		info, err := d.Info()
		switch {
		case err != nil:
			leave(name, "cannot be read: "+cause(err))
		case !info.Mode().IsRegular():
			leave(name, "not a regular file")
		case info.Size() == 0:
		case l.o.Window > 0 && info.ModTime().Before(l.o.Now.Add(-l.o.Window)):
			leave(name, "last written before the window")
		default:
			files = append(files, logFile{name, info})
		}
		return nil
	})
	slices.SortFunc(files, func(a, b logFile) int {
		return cmp.Or(b.info.ModTime().Compare(a.info.ModTime()), cmp.Compare(a.name, b.name))
	})
	return files, omit, err
}

// cause drops the path of an error: it stands beside it already.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// Estimate adds up the files; what programs would print is not known.
func (l *Logs) Estimate(ctx context.Context) (collect.Estimate, error) {
	root, err := os.OpenRoot(l.o.Dir)
	if err != nil {
		return collect.Estimate{}, fmt.Errorf("open logs: %w", err)
	}
	defer root.Close()
	files, omit, err := l.list(ctx, root)
	if err != nil {
		return collect.Estimate{}, fmt.Errorf("list logs: %w", err)
	}
	var items []collect.Foreseen
	for _, p := range l.programs(typical / typicalLine) {
		items = append(items, p.Foresee(l.o.Programs, typical))
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return collect.Estimate{}, err
		}
		it := collect.Foreseen{Origin: path.Join(l.o.Label, f.name), Files: 1, Bytes: f.info.Size()}
		if isText, err := text(root, f.name); err != nil {
			it.Problem = cause(err)
		} else if !isText {
			it.Problem = isBinary
		}
		items = append(items, it)
	}
	for _, o := range omit {
		items = append(items, collect.Foreseen{Origin: o.Origin, Problem: o.Reason})
	}
	return collect.Sum(items), nil
}

// What a program is taken to print, and a line of a log to be long.
const (
	typical     = 1 << 20
	typicalLine = 64
)

// Collect takes programs first, because they are small and say most, then files.
func (l *Logs) Collect(ctx context.Context, w *collect.Writer) error {
	share := max(w.Left()/4, 1)
	for _, p := range l.programs(share / typicalLine) {
		if err := w.AddProgram(ctx, l.o.Programs, p, share); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(l.o.Dir)
	if err != nil {
		return fmt.Errorf("open logs: %w", err)
	}
	defer root.Close()
	files, omit, err := l.list(ctx, root)
	for _, o := range omit {
		w.Omit(o.Origin, o.Reason)
	}
	if err != nil {
		return fmt.Errorf("list logs: %w", err)
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		origin := path.Join(l.o.Label, f.name)
		err := l.take(root, w, f, origin, share)
		if errors.Is(err, collect.ErrBudget) || errors.Is(err, collect.ErrClosed) {
			return err
		}
		if err != nil {
			w.Fail(origin, errors.New(cause(err)))
		}
	}
	return nil
}

func (l *Logs) take(root *os.Root, w *collect.Writer, f logFile, origin string, share int64) error {
	if strings.HasSuffix(f.name, ".gz") {
		return takeGzip(root, w, f, origin, share)
	}
	isText, err := text(root, f.name)
	if err != nil {
		return err
	}
	if !isText {
		w.Omit(origin, isBinary)
		return nil
	}
	return w.AddFile(root, f.name, f.name, origin, share)
}

const isBinary = "binary"

// text looks at how a file begins. A compressed one is taken for text until it is
// opened.
func text(root *os.Root, name string) (bool, error) {
	src, _, err := safefile.OpenRegular(root, name)
	if err != nil {
		return false, err
	}
	defer src.Close()
	if strings.HasSuffix(name, ".gz") {
		return true, nil
	}
	start := make([]byte, 8<<10)
	n, err := io.ReadFull(src, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return !binary(start[:n]), nil
}

func takeGzip(root *os.Root, w *collect.Writer, f logFile, origin string, share int64) error {
	src, _, err := safefile.OpenRegular(root, f.name)
	if err != nil {
		return err
	}
	defer src.Close()
	text, err := gzip.NewReader(src)
	if err != nil {
		return err
	}
	start := make([]byte, 8<<10)
	n, err := io.ReadFull(text, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if binary(start[:n]) {
		w.Omit(origin, "binary inside")
		return nil
	}
	whole := io.MultiReader(bytes.NewReader(start[:n]), text)
	return w.Tail(strings.TrimSuffix(f.name, ".gz"), origin+" (decompressed)", whole, share)
}

// binary looks for a zero byte, unless the text begins as UTF-16 does.
func binary(start []byte) bool {
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return false
	}
	return bytes.IndexByte(start, 0) >= 0
}
