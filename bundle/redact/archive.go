package redact

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// archive unpacks, takes what is inside through the gate, and packs again
// without anything the packer added: no names of files or users, no times, no
// comments. What was packed with xz or bzip2 is packed with gzip, which every
// desk can read; see [repackedName].
func (s *stream) archive(kind string, r io.Reader, w io.Writer, name string, depth int) error {
	switch kind {
	case "gzip":
		return s.packed(r, w, name, depth, kind, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	case "bzip2":
		return s.packed(r, w, name, depth, kind, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil })
	case "xz":
		return s.packed(r, w, name, depth, kind, newXZ)
	case "zstd":
		return s.zstd(r, w, name, depth)
	case "tar":
		return s.tar(r, w, name, depth)
	}
	return s.zip(r, w, name, depth)
}

// bounded refuses what unpacks to far more than was packed.
type bounded struct {
	r      io.Reader
	packed *counter
	out    int64
	free   int64 // may be unpacked whatever the ratio
	ratio  int64
}

func (s *stream) bounded(r io.Reader, packed *counter) *bounded {
	return &bounded{r: r, packed: packed, free: s.gate.freely(), ratio: s.gate.policy.ratio()}
}

type counter struct {
	r   io.Reader
	n   int64
	err error // the first that is not the end
}

// Read counts.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF && c.err == nil {
		c.err = err
	}
	return n, err
}

// freeBytes may be unpacked whatever the ratio.
const freeBytes = 64 << 20

func (g *Gate) freely() int64 {
	if g.free > 0 {
		return g.free
	}
	return freeBytes
}

// Read refuses.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.out += int64(n); b.out > b.free && b.out > b.packed.n*b.ratio {
		return 0, withhold("unpacks to far more than its size")
	}
	return n, err
}

// damaged turns an error of unpacking into a reason to withhold. When the disk
// failed under it, that is the error.
func (s *stream) damaged(err error, what string) error {
	var no *withholdError
	if s.from != nil && s.from.err != nil {
		return s.from.err
	}
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

// packed takes one packed content through the gate and packs it with gzip.
func (s *stream) packed(r io.Reader, w io.Writer, name string, depth int, kind string, open func(io.Reader) (io.Reader, error)) error {
	packed := &counter{r: r}
	zr, err := open(packed)
	if err != nil {
		return s.damaged(err, kind+" file")
	}
	zw, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	in := &readErrors{r: s.bounded(zr, packed)}
	if _, err := s.content(in, s.sink(zw), unpackedName(name), depth+1); err != nil || in.err != nil { // a content that breaks off looks like its end
		if in.err != nil {
			return s.damaged(in.err, kind+" file")
		}
		return err
	}
	return zw.Close()
}

// maxDictionary bounds what an xz file may ask for to be unpacked; xz -9 asks for
// as much.
const maxDictionary = 64 << 20

// newXZ opens an xz file after a look at the dictionary that its first block
// asks for: it is made before a byte is unpacked.
func newXZ(r io.Reader) (io.Reader, error) {
	br := bufio.NewReader(r)
	head, err := br.Peek(64)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if xzDictionary(head) > maxDictionary {
		return nil, withhold("xz file that asks for too much memory")
	}
	return xz.NewReader(br)
}

// xzDictionary reads what the first block asks for: behind a header of 12 bytes
// stand size and flags, then up to two lengths, then the filter (LZMA2 is 0x21)
// with its one property.
func xzDictionary(head []byte) uint64 {
	if len(head) < 14 {
		return 0
	}
	flags, rest := head[13], head[14:]
	for _, has := range []byte{0x40, 0x80} {
		if flags&has == 0 {
			continue
		}
		_, n := binary.Uvarint(rest)
		if n <= 0 {
			return 0
		}
		rest = rest[n:]
	}
	if len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 || rest[2] > 40 {
		return 0 // the reader has its own word on that
	}
	return (2 | uint64(rest[2]&1)) << (rest[2]/2 + 11)
}

// unpackedName is the name of what is in a packed file.
func unpackedName(name string) string {
	for _, e := range []string{".gz", ".xz", ".bz2", ".zst"} {
		if n, ok := strings.CutSuffix(name, e); ok {
			return n
		}
	}
	return name
}

// repackedName is the name of a packed file in the output: what comes out of the
// gate with gzip says so.
func repackedName(name, kind string) string {
	if kind != "xz" && kind != "bzip2" {
		return name
	}
	for _, e := range [][2]string{{".xz", ".gz"}, {".bz2", ".gz"}, {".txz", ".tgz"}, {".tbz2", ".tgz"}, {".tbz", ".tgz"}} {
		if n, ok := strings.CutSuffix(name, e[0]); ok {
			return n + e[1]
		}
	}
	return name
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
		return s.damaged(err, "zstd file")
	}
	defer zr.Close()
	zw, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	in := &readErrors{r: s.bounded(zr, packed)}
	if _, err := s.content(in, s.sink(zw), unpackedName(name), depth+1); err != nil || in.err != nil { // a content that breaks off looks like its end
		if in.err != nil {
			return s.damaged(in.err, "zstd file")
		}
		return err
	}
	return zw.Close()
}

// tar re-packs the regular members as plain ustar entries, and links to other
// members as links. A member that cannot pass is withheld alone and listed: its
// place is taken by an empty member named for that.
func (s *stream) tar(r io.Reader, w io.Writer, name string, depth int) error {
	tr := tar.NewReader(r)
	tw := tar.NewWriter(s.sink(w))
	names := newNames()
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.damaged(err, "tar file")
		}
		switch h.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
			err = s.tarMember(tr, tw, names, name, h.Name, depth)
		case tar.TypeSymlink, tar.TypeLink:
			err = s.tarLink(tw, names, name, h)
		default:
			err = s.tarHeld(tw, names, name, h.Name, "not a regular file")
		}
		if err != nil {
			return err
		}
	}
	return tw.Close()
}

// tarHeld puts an empty member where one is withheld.
func (s *stream) tarHeld(tw *tar.Writer, names *names, archive, orig, reason string) error {
	out, err := s.member(orig)
	if err != nil {
		return err
	}
	s.hold(archive, orig, out, reason)
	return putTar(tw, names.take(out+".withheld"), nil)
}

// tarMember takes one member through a temporary file, as its new size must be
// known before it is written.
func (s *stream) tarMember(tr io.Reader, tw *tar.Writer, names *names, archive, orig string, depth int) error {
	in := &readErrors{r: tr}
	tmp := &spill{dir: s.tmp}
	defer tmp.remove()
	kind, err := s.content(in, s.sink(tmp), archive+"!"+orig, depth+1)
	if in.err != nil {
		return s.damaged(in.err, "tar file")
	}
	var no *withholdError
	if errors.As(err, &no) {
		return s.tarHeld(tw, names, archive, orig, no.reason)
	}
	if err != nil {
		return err
	}
	out, err := s.member(orig)
	if err != nil {
		return err
	}
	out = names.take(repackedName(out, kind))
	names.given[clean(orig)] = out
	return putTar(tw, out, tmp)
}

// tarLink keeps a link that stays inside the archive: a symbolic one with the
// name its target gets, a hard one when its target has passed.
func (s *stream) tarLink(tw *tar.Writer, names *names, archive string, h *tar.Header) error {
	target := h.Linkname
	if h.Typeflag == tar.TypeSymlink {
		target = path.Join(path.Dir(clean(h.Name)), h.Linkname)
	}
	target = path.Clean(target)
	to, passed := names.given[clean(target)]
	if strings.HasPrefix(target, "../") || target == ".." || path.IsAbs(h.Linkname) || h.Typeflag == tar.TypeLink && !passed && s.write {
		return s.tarHeld(tw, names, archive, h.Name, "link to something outside or withheld")
	}
	out, err := s.member(h.Name)
	if err != nil {
		return err
	}
	if !passed {
		if to, err = s.member(target); err != nil {
			return err
		}
	}
	out = names.take(out)
	names.given[clean(h.Name)] = out
	if h.Typeflag == tar.TypeSymlink {
		if to, err = relative(out, to); err != nil {
			return err
		}
	}
	return putLink(tw, h.Typeflag, out, to)
}

// relative is the way from a link to its target, both seen from the top.
func relative(link, target string) (string, error) {
	rel, err := filepath.Rel(path.Dir("/"+link), "/"+target)
	if err != nil {
		return "", fmt.Errorf("write archive member: %w", err)
	}
	return filepath.ToSlash(rel), nil
}

func putLink(tw *tar.Writer, flag byte, name, to string) error {
	if err := tw.WriteHeader(&tar.Header{Typeflag: flag, Name: name, Linkname: to, Mode: 0o644}); err != nil {
		return fmt.Errorf("write archive member: %w", err)
	}
	return nil
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
func (s *stream) zip(r io.Reader, w io.Writer, name string, depth int) error {
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
		return s.damaged(err, "zip file")
	}
	if office(zr) {
		return withhold("office document")
	}
	zw := zip.NewWriter(s.sink(w))
	names := newNames()
	for _, m := range zr.File {
		if strings.HasSuffix(m.Name, "/") {
			continue
		}
		if err := s.zipMember(m, zw, names, name, depth); err != nil {
			return err
		}
	}
	return zw.Close()
}

// office tells documents of office programs, which cut words into runs of letters
// at will: a name in them need not stand together.
func office(zr *zip.Reader) bool {
	for _, m := range zr.File {
		if m.Name == "[Content_Types].xml" || m.Name == "META-INF/manifest.xml" {
			return true
		}
	}
	return false
}

func (s *stream) zipMember(m *zip.File, zw *zip.Writer, names *names, archive string, depth int) error {
	if !m.Mode().IsRegular() {
		return s.zipHeld(zw, names, archive, m.Name, "not a regular file")
	}
	if m.Flags&1 != 0 {
		return s.zipHeld(zw, names, archive, m.Name, "encrypted")
	}
	rc, err := m.Open()
	if err != nil {
		return s.damaged(err, "zip file")
	}
	defer rc.Close()
	in := &readErrors{r: s.bounded(rc, &counter{n: int64(m.CompressedSize64)})}
	tmp := &spill{dir: s.tmp}
	defer tmp.remove()
	kind, err := s.content(in, s.sink(tmp), archive+"!"+m.Name, depth+1)
	var no *withholdError
	switch {
	case in.err != nil && !errors.As(in.err, &no):
		return s.damaged(in.err, "zip file")
	case errors.As(err, &no):
		return s.zipHeld(zw, names, archive, m.Name, no.reason)
	case err != nil:
		return err
	}
	name, err := s.member(m.Name)
	if err != nil {
		return err
	}
	mw, err := zw.Create(names.take(repackedName(name, kind)))
	if err != nil {
		return fmt.Errorf("write archive member: %w", err)
	}
	return tmp.copyTo(mw)
}

// zipHeld puts an empty member where one is withheld.
func (s *stream) zipHeld(zw *zip.Writer, names *names, archive, orig, reason string) error {
	out, err := s.member(orig)
	if err != nil {
		return err
	}
	s.hold(archive, orig, out, reason)
	if _, err := zw.Create(names.take(out + ".withheld")); err != nil {
		return fmt.Errorf("write archive member: %w", err)
	}
	return nil
}

// names keeps member names apart and remembers which member got which.
type names struct {
	taken map[string]bool
	next  map[string]int    // number to go on with, by name: thousands can have one
	given map[string]string // name as found -> name as written
}

func newNames() *names {
	return &names{map[string]bool{}, map[string]int{}, map[string]string{}}
}

// take shortens a name to what every format holds and makes it new.
func (n *names) take(out string) string {
	if len(out) > 100 {
		out = out[:40] + "~" + out[len(out)-40:]
	}
	base, same := out, strings.ToLower(out)
	for i := max(2, n.next[same]); n.taken[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s~%d", base, i)
		n.next[same] = i + 1
	}
	n.taken[strings.ToLower(out)] = true
	return out
}

// clean makes a member's name relative, without steps up.
func clean(name string) string {
	c := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	if c == "" {
		return "member"
	}
	return c
}

// member redacts a member's name.
func (s *stream) member(name string) (string, error) {
	return s.worker().memberPath(clean(name), s.write)
}

// hold lists a member that did not pass.
func (s *stream) hold(archive, orig, out, reason string) {
	if s.write {
		s.held = append(s.held, Withheld{In: archive + "!" + orig, Path: out, Reason: reason})
	}
}

// spillSize is how much of a member is kept in memory.
const spillSize = 4 << 20

// spill holds a member until its size is known, on disk when it grows.
type spill struct {
	dir  string
	buf  bytes.Buffer
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
