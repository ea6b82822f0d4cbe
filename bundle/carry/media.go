package carry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/safefile"
	"darksite/bundle/sign"
)

// Bypass says whether bytes read back came from the medium itself.
type Bypass string

// How a file was read.
const (
	Direct  Bypass = "direct"  // O_DIRECT: the page cache was not involved
	Dropped Bypass = "dropped" // the kernel was asked to drop its pages first; that it did is not proven
	Cached  Bypass = "cached"  // may have come from memory: unmount, plug in again and read once more
)

// Bounds of listings: a folder of a bundle has at most some 280 files; the
// medium itself may be somebody's well-used stick.
const (
	maxEntries      = 1024
	maxMediumFolder = 16 << 10
)

// volume is one copy of one file of the set.
type volume struct {
	file *os.File
	how  Bypass
	size int64 // as found
}

// read fills buf from an offset and reports how much there was. An I/O error is
// how a medium says that a sector is gone, so it only ends the data.
func (v *volume) read(buf []byte, off int64) int {
	if off >= v.size {
		return 0
	}
	if v.how != Direct {
		n, _ := v.file.ReadAt(buf, off)
		return n
	}
	n, _ := readDirect(v.file, buf[:cap(buf)], len(buf), off)
	return n
}

// media is one set of volumes as found in one or more folders.
type media struct {
	label      Label
	text       []byte
	signatures [][]byte
	sigNames   []string
	geo        geometry
	names      []string
	copies     [][]*volume // by file
	blocks     Blocks
	list       ListState
	extra      []string
	closers    []io.Closer
	direct     bool
	small      map[string][]byte // sheets and sums of the only folder, when read back
}

func (m *media) close() {
	for _, c := range slices.Backward(m.closers) {
		_ = c.Close() // everything is open for reading only
	}
}

// openMedia opens the folders of one set and refuses what is not plain files
// of one bundle. The label is parsed, not yet believed.
func openMedia(folders []string, direct bool) (_ *media, err error) {
	if len(folders) == 0 {
		return nil, errors.New("no folder given")
	}
	m := &media{direct: direct}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	for _, folder := range folders {
		if strings.HasSuffix(filepath.Clean(folder), safefile.Suffix) {
			return nil, fmt.Errorf("%s: %w", folder, ErrIncomplete)
		}
		if err := m.add(folder); err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
	}
	return m, nil
}

// add opens one folder.
func (m *media) add(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	m.closers = append(m.closers, root)
	entries, err := listDir(root, maxEntries)
	if err != nil {
		return err
	}
	if err := m.addLabel(root, entries); err != nil {
		return err
	}
	for _, e := range entries {
		if err := m.addEntry(root, e); err != nil {
			return err
		}
	}
	return nil
}

func listDir(root *os.Root, limit int) ([]fs.DirEntry, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close() // read only
	entries, err := dir.ReadDir(limit + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	if len(entries) > limit {
		return nil, fmt.Errorf("more than %d files", limit)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// addLabel reads the label of a folder, which must be that of the first one.
func (m *media) addLabel(root *os.Root, entries []fs.DirEntry) error {
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == LabelName }) {
		return fmt.Errorf("%w: there is no %s here", ErrLabel, LabelName)
	}
	text, err := m.readSmall(root, LabelName, MaxLabel)
	if errors.Is(err, errTooLong) {
		return fmt.Errorf("%w: %w", ErrLabel, err)
	}
	if err != nil {
		return err
	}
	if m.text != nil {
		if !bytes.Equal(m.text, text) {
			return fmt.Errorf("its label is not that of the first folder: %w", ErrMixed)
		}
		return nil
	}
	if m.label, err = ParseLabel(text); err != nil {
		return err
	}
	if m.geo, err = m.label.geometry(); err != nil {
		return fmt.Errorf("%w: %w", ErrLabel, err)
	}
	m.text, m.names = text, m.label.FileNames()
	m.copies = make([][]*volume, len(m.names))
	m.blocks, m.list = newBlocks(m.geo), ListMissing
	return nil
}

var (
	signatureName = regexp.MustCompile(`^LABEL\.txt\.[0-9a-f]{16}\.sig$`)
	foreignName   = regexp.MustCompile(`^([A-Z][A-Z0-9]{1,11}-[0-9]{6,18})\.(tar\.zst(\.age)?(\.v[0-9]{3})?|p[0-9]{3}|blocks)$`)
)

func (m *media) addEntry(root *os.Root, e fs.DirEntry) error {
	name := e.Name()
	if i := slices.Index(m.names, name); i >= 0 {
		v, err := m.open(root, name)
		if err != nil {
			return err
		}
		m.copies[i] = append(m.copies[i], v)
		return nil
	}
	switch {
	case name == LabelName:
		return nil
	case name == m.label.BlocksName():
		return m.addBlocks(root)
	case name == ReadmeName, name == CoverName, name == CoverPDFName, name == SumsName:
		if !m.direct {
			return nil // for people and stock programs: nothing is decided by them
		}
		text, err := m.readSmall(root, name, maxSums)
		if err != nil {
			return err
		}
		if m.small == nil {
			m.small = make(map[string][]byte)
		}
		m.small[name] = text
		return nil
	case signatureName.MatchString(name):
		sig, err := m.readSmall(root, name, sign.MaxSignature)
		if errors.Is(err, errTooLong) {
			return fmt.Errorf("%w: %w", ErrLabel, err)
		}
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(m.signatures, func(s []byte) bool { return bytes.Equal(s, sig) }) {
			m.signatures, m.sigNames = append(m.signatures, sig), append(m.sigNames, name)
		}
		if len(m.signatures) > MaxSignatures {
			return fmt.Errorf("%w: more than %d signatures", ErrLabel, MaxSignatures)
		}
		return nil
	}
	if f := foreignName.FindStringSubmatch(name); f != nil && f[1] != string(m.label.BID) {
		return fmt.Errorf("%s lies in a folder of bundle %s: %w", name, m.label.BID, ErrMixed)
	}
	m.extra = append(m.extra, describe(e))
	return nil
}

// describe names an unknown entry so that it is safe to print.
func describe(e fs.DirEntry) string {
	name := e.Name()
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		name = strconv.QuoteToASCII(name)
	}
	if !e.Type().IsRegular() {
		name += " (" + safefile.Kind(e.Type()) + ")"
	}
	return name
}

// open opens a plain file of the folder and nothing else.
func (m *media) open(root *os.Root, name string) (*volume, error) {
	f, info, err := safefile.OpenRegular(root, name)
	if err != nil {
		return nil, err
	}
	m.closers = append(m.closers, f)
	v := &volume{file: f, size: info.Size(), how: Cached}
	if m.direct {
		v.how, err = bypassCache(f)
	}
	return v, err
}

// errTooLong says that a small file is larger than any this package writes.
var errTooLong = errors.New("too long")

// readSmall reads a whole file of bounded length.
func (m *media) readSmall(root *os.Root, name string, limit int) ([]byte, error) {
	v, err := m.open(root, name)
	if err != nil {
		return nil, err
	}
	if v.size > int64(limit) {
		return nil, fmt.Errorf("%w: %s has %d bytes, at most %d", errTooLong, name, v.size, limit)
	}
	buf, free, err := alignedBlock()
	if err != nil {
		return nil, err
	}
	defer free()
	if n := v.read(buf[:v.size], 0); int64(n) != v.size {
		return nil, fmt.Errorf("%s: only %d of %d bytes can be read", name, n, v.size)
	}
	return bytes.Clone(buf[:v.size]), nil
}

// addBlocks keeps the better block list: the label's, or else the one with the
// fewest damaged lines.
func (m *media) addBlocks(root *os.Root) error {
	v, err := m.open(root, m.label.BlocksName())
	if err != nil {
		return err
	}
	if m.list == ListGood {
		return nil
	}
	r, free, err := v.stream()
	if err != nil {
		return err
	}
	defer free()
	b, _, err := readBlocks(r, m.geo)
	if err == nil && b.Digest() == m.label.BlocksSHA256 {
		m.blocks, m.list = b, ListGood
		return nil
	}
	if b.count() >= m.blocks.count() {
		m.blocks, m.list = b, ListDamaged
	}
	return nil
}

// count is how many digests are known.
func (b Blocks) count() int {
	n := 0
	for _, sum := range b.sums {
		if sum != (digest{}) {
			n++
		}
	}
	return n
}

// stream reads a volume from front to back as it was opened.
func (v *volume) stream() (io.Reader, func(), error) {
	buf, free, err := alignedBlock()
	if err != nil {
		return nil, nil, err
	}
	return &streamer{volume: v, buf: buf}, free, nil
}

type streamer struct {
	*volume
	buf, rest []byte
	off       int64
}

func (s *streamer) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		n := s.read(s.buf[:min(int64(len(s.buf)), max(s.size-s.off, 0))], s.off)
		if n == 0 {
			return 0, io.EOF
		}
		s.rest, s.off = s.buf[:n], s.off+int64(n)
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Find returns the folders of bundles on a medium: the medium itself if it is
// one, or else each of its folders that holds a label. Folders of interrupted
// writes are left out.
func Find(medium string) ([]string, error) {
	root, err := os.OpenRoot(medium)
	if err != nil {
		return nil, fmt.Errorf("look for bundles on %s: %w", medium, err)
	}
	defer root.Close() // a folder handle
	if _, err := root.Lstat(LabelName); err == nil {
		return []string{medium}, nil
	}
	entries, err := listDir(root, maxMediumFolder)
	if err != nil {
		return nil, fmt.Errorf("look for bundles on %s: %w", medium, err)
	}
	var found []string
	for _, e := range entries {
		if !e.IsDir() || strings.HasSuffix(e.Name(), safefile.Suffix) {
			continue
		}
		if _, err := root.Lstat(filepath.Join(e.Name(), LabelName)); err == nil {
			found = append(found, filepath.Join(medium, e.Name()))
		}
	}
	return found, nil
}
