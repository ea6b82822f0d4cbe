package hostfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"darksite/bundle/collect"
	"darksite/bundle/safefile"
)

// Name is the collector's name and the folder of its files.
const Name = "hosts"

// Options say which files are taken in.
type Options struct {
	Files   []string // paths, of any medium
	Scratch string   // private folder with room for one of them
}

// Carried is one file as it was found.
type Carried struct {
	Header
	Path   string `json:"path"`
	Digest string `json:"sha256"`
}

// Hosts is the collector.
type Hosts struct {
	o     Options
	found []Carried
}

// New looks at every file from its first to its last byte, so that one that is
// damaged is refused before anything else is collected. Two files of one host
// are refused too.
func New(ctx context.Context, o Options) (*Hosts, error) {
	h := &Hosts{o: o}
	seen := map[string]string{}
	for _, path := range o.Files {
		c, err := h.withCopy(ctx, path, nil)
		if err != nil {
			return nil, fmt.Errorf("host file %s: %w", path, err)
		}
		if other, twice := seen[c.Host]; twice {
			return nil, fmt.Errorf("host file %s: %w: %s, as %s", path, ErrTwice, c.Host, other)
		}
		seen[c.Host] = path
		h.found = append(h.found, c)
	}
	return h, nil
}

// Found is what the files say of themselves.
func (h *Hosts) Found() []Carried { return h.found }

// Plan says what is taken.
func (h *Hosts) Plan() collect.Plan {
	from := make([]string, 0, len(h.found))
	for _, c := range h.found {
		from = append(from, fmt.Sprintf("%s, made on %s by darksite collect-host", c.Path, c.Host))
	}
	return collect.Plan{
		Name: Name, What: "facts and logs of other hosts of the site, carried here by hand",
		Why: "the other end of the path: what a host saw of the same fault", From: from,
	}
}

// Estimate is exact.
func (h *Hosts) Estimate(context.Context) (collect.Estimate, error) {
	var items []collect.Foreseen
	for _, c := range h.found {
		items = append(items, collect.Foreseen{Origin: "host " + c.Host, Files: c.Files, Bytes: c.Bytes, Exact: true})
	}
	return collect.Sum(items), nil
}

// Collect takes one host after the other. A file that is no longer the one that
// was looked at costs its own host and no other.
func (h *Hosts) Collect(ctx context.Context, w *collect.Writer) error {
	for _, c := range h.found {
		_, err := h.withCopy(ctx, c.Path, func(f *os.File, now Carried) error {
			if now.Digest != c.Digest {
				return errors.New("it is not the file that was looked at")
			}
			_, _, err := Read(f, func(one File, text io.Reader) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return w.Add(c.Host+"/"+one.Name, "host "+c.Host+": "+one.Name, text)
			})
			return err
		})
		if errors.Is(err, collect.ErrBudget) || errors.Is(err, collect.ErrClosed) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			w.Fail("host "+c.Host, err)
		}
	}
	return nil
}

// withCopy copies the file at path to where nobody else can reach it, checks the
// copy, and gives it to work, which may be nil.
func (h *Hosts) withCopy(ctx context.Context, path string, work func(*os.File, Carried) error) (c Carried, err error) {
	f, err := h.unnamed()
	if err != nil {
		return Carried{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := copyFrom(ctx, f, path); err != nil {
		return Carried{}, err
	}
	c.Path = path
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Carried{}, err
	}
	if c.Header, c.Digest, err = Read(f, func(File, io.Reader) error { return ctx.Err() }); err != nil || work == nil {
		return c, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Carried{}, err
	}
	return c, work(f, c)
}

// unnamed makes a file that is gone when it is closed, however the process ends.
func (h *Hosts) unnamed() (*os.File, error) {
	f, err := os.CreateTemp(h.o.Scratch, ".host-*"+safefile.Suffix)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// mostRead is more than any whole file can be long.
const mostRead = MaxBytes + (MaxFiles+8)*(maxLine+1)

func copyFrom(ctx context.Context, to io.Writer, path string) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	src, _, err := safefile.OpenRegular(dir, filepath.Base(path))
	if err != nil {
		return err
	}
	defer src.Close()
	n, err := io.Copy(to, io.LimitReader(until(ctx, src), mostRead+1))
	if err == nil && n > mostRead {
		err = malformed("it is longer than %d bytes", int64(mostRead))
	}
	return err
}

// until is a reader that ends with ctx.
func until(ctx context.Context, from io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return from.Read(p)
	})
}

type readerFunc func(p []byte) (int, error)

// Read implements [io.Reader].
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
