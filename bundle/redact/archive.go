package redact

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// archive unpacks, takes what is inside through the gate, and packs again
// without anything the packer added: no names of files or users, no times, no
// comments.
func (s *stream) archive(kind string, r io.Reader, w io.Writer, name string, depth int) error {
	switch kind {
	case "gzip":
		return s.gzip(r, w, name, depth)
	case "zstd":
		return s.zstd(r, w, name, depth)
	case "tar":
		return s.tar(r, w, depth)
	}
	return s.zip(r, w, depth)
}

// bounded refuses what unpacks to far more than was packed.
type bounded struct {
	r      io.Reader
	packed *counter
	out    int64
	ratio  int64
}

type counter struct {
	r io.Reader
	n int64
}

// Read counts.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// freeBytes may be unpacked whatever the ratio.
const freeBytes = 64 << 20

// Read refuses.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.out += int64(n); b.out > freeBytes && b.out > b.packed.n*b.ratio {
		return 0, withhold("unpacks to far more than its size")
	}
	return n, err
}

// damaged turns an error of unpacking into a reason to withhold.
func damaged(err error, what string) error {
	var no *withholdError
	if err == nil || errors.As(err, &no) {
		return err
	}
	return withhold("damaged " + what)
}

// readErrors remembers whether an error came from unpacking.
type readErrors struct {
	r   io.Reader
	err error
}

// Read remembers.
func (e *readErrors) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF {
		e.err = err
	}
	return n, err
}

func (s *stream) gzip(r io.Reader, w io.Writer, name string, depth int) error {
	packed := &counter{r: r}
	zr, err := gzip.NewReader(packed)
	if err != nil {
		return damaged(err, "gzip file")
	}
	zw, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	in := &readErrors{r: &bounded{r: zr, packed: packed, ratio: s.gate.policy.ratio()}}
	if err := s.content(in, s.sink(zw), strings.TrimSuffix(name, ".gz"), depth+1); err != nil {
		if in.err != nil {
			return damaged(in.err, "gzip file")
		}
		return err
	}
	return zw.Close()
}

// sink drops output in the first pass.
func (s *stream) sink(w io.Writer) io.Writer {
	if !s.write {
		return io.Discard
	}
	return w
}

func (s *stream) zstd(r io.Reader, w io.Writer, name string, depth int) error {
	packed := &counter{r: r}
	zr, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return damaged(err, "zstd file")
	}
	defer zr.Close()
	zw, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	in := &readErrors{r: &bounded{r: zr, packed: packed, ratio: s.gate.policy.ratio()}}
	if err := s.content(in, s.sink(zw), strings.TrimSuffix(name, ".zst"), depth+1); err != nil {
		if in.err != nil {
			return damaged(in.err, "zstd file")
		}
		return err
	}
	return zw.Close()
}

// tar re-packs the regular members as plain ustar entries. A member that cannot
// pass is withheld alone: its place is taken by an empty member named for that.
func (s *stream) tar(r io.Reader, w io.Writer, depth int) error {
	tr := tar.NewReader(r)
	tw := tar.NewWriter(s.sink(w))
	names := newNames()
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err, "tar file")
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		name, err := s.member(h.Name, names)
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			if err := putTar(tw, name+".withheld-not-a-regular-file", nil); err != nil {
				return err
			}
			continue
		}
		if err := s.tarMember(tr, tw, name, h.Name, depth); err != nil {
			return err
		}
	}
	return tw.Close()
}

// tarMember takes one member through a temporary file, as its new size must be
// known before it is written.
func (s *stream) tarMember(tr io.Reader, tw *tar.Writer, name, orig string, depth int) error {
	var body bytes.Buffer
	in := &readErrors{r: tr}
	tmp := &spill{buf: &body, dir: s.tmp}
	defer tmp.remove()
	err := s.content(in, s.sink(tmp), orig, depth+1)
	if in.err != nil {
		return damaged(in.err, "tar file")
	}
	var no *withholdError
	if errors.As(err, &no) {
		return putTar(tw, name+".withheld", nil)
	}
	if err != nil {
		return err
	}
	return putTar(tw, name, tmp)
}

func putTar(tw *tar.Writer, name string, body *spill) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}
	if body != nil {
		h.Size = body.size
	}
	if err := tw.WriteHeader(h); err != nil {
		return fmt.Errorf("write archive member: %w", err)
	}
	if body == nil {
		return nil
	}
	return body.copyTo(tw)
}

// zip needs to seek, so the archive is put into a temporary file.
func (s *stream) zip(r io.Reader, w io.Writer, depth int) error {
	f, err := os.CreateTemp(s.tmp, "*.zip")
	if err != nil {
		return fmt.Errorf("unpack zip: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	size, err := io.Copy(f, r)
	if err != nil {
		return fmt.Errorf("unpack zip: %w", err)
	}
	zr, err := zip.NewReader(f, size)
	if err != nil {
		return damaged(err, "zip file")
	}
	zw := zip.NewWriter(s.sink(w))
	names := newNames()
	for _, m := range zr.File {
		if strings.HasSuffix(m.Name, "/") {
			continue
		}
		if err := s.zipMember(m, zw, names, depth); err != nil {
			return err
		}
	}
	return zw.Close()
}

func (s *stream) zipMember(m *zip.File, zw *zip.Writer, names *names, depth int) error {
	name, err := s.member(m.Name, names)
	if err != nil {
		return err
	}
	if !m.Mode().IsRegular() || m.Flags&1 != 0 {
		_, err := zw.Create(name + ".withheld")
		return err
	}
	rc, err := m.Open()
	if err != nil {
		return damaged(err, "zip file")
	}
	defer rc.Close()
	in := &readErrors{r: &bounded{r: rc, packed: &counter{n: int64(m.CompressedSize64)}, ratio: s.gate.policy.ratio()}}
	tmp := &spill{buf: &bytes.Buffer{}, dir: s.tmp}
	defer tmp.remove()
	err = s.content(in, s.sink(tmp), m.Name, depth+1)
	var no *withholdError
	switch {
	case in.err != nil && !errors.As(in.err, &no):
		return damaged(in.err, "zip file")
	case errors.As(err, &no):
		_, err := zw.Create(name + ".withheld")
		return err
	case err != nil:
		return err
	}
	mw, err := zw.Create(name)
	if err != nil {
		return fmt.Errorf("write archive member: %w", err)
	}
	return tmp.copyTo(mw)
}

// names keeps member names apart.
type names struct{ taken map[string]bool }

func newNames() *names { return &names{map[string]bool{}} }

// member redacts a member's name, keeping it relative and new.
func (s *stream) member(name string, n *names) (string, error) {
	clean := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	if clean == "" {
		clean = "member"
	}
	out, err := s.worker().memberPath(clean, s.write)
	if err != nil {
		return "", err
	}
	if len(out) > 100 {
		out = out[:40] + "~" + out[len(out)-40:]
	}
	base := out
	for i := 2; n.taken[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s~%d", base, i)
	}
	n.taken[strings.ToLower(out)] = true
	return out, nil
}

// spillSize is how much of a member is kept in memory.
const spillSize = 4 << 20

// spill holds a member until its size is known, on disk when it grows.
type spill struct {
	dir  string
	buf  *bytes.Buffer
	file *os.File
	size int64
}

// Write keeps.
func (s *spill) Write(p []byte) (int, error) {
	if s.file == nil && s.buf.Len()+len(p) > spillSize {
		f, err := os.CreateTemp(s.dir, "*.part")
		if err != nil {
			return 0, fmt.Errorf("keep archive member: %w", err)
		}
		s.file = f
		if _, err := f.Write(s.buf.Bytes()); err != nil {
			return 0, fmt.Errorf("keep archive member: %w", err)
		}
		s.buf.Reset()
	}
	s.size += int64(len(p))
	if s.file != nil {
		return s.file.Write(p)
	}
	return s.buf.Write(p)
}

func (s *spill) copyTo(w io.Writer) error {
	if s.file == nil {
		_, err := w.Write(s.buf.Bytes())
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("keep archive member: %w", err)
	}
	_, err := io.Copy(w, s.file)
	return err
}

func (s *spill) remove() {
	if s.file == nil {
		return
	}
	_ = s.file.Close() // nothing of it is needed any more
	_ = os.Remove(s.file.Name())
}
