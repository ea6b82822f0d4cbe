package container

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"darksite/bundle"
)

// The ustar header of POSIX.1-1988, of which only name, size and checksum vary.
const (
	blockSize  = 512
	copyBuffer = 64 << 10

	offName, lenName = 0, 100
	offMode          = 100
	offUID           = 108
	offGID           = 116
	offSize, lenSize = 124, 12
	offMtime         = 136
	offSum, lenSum   = 148, 8
	offType          = 156
	offLink, lenLink = 157, 100
	offMagic         = 257
	offUname         = 265
	offGname         = 297
	offDevMajor      = 329
	offDevMinor      = 337
	offPrefix        = 345
	lenPrefix        = 155
)

type block [blockSize]byte

// header is the only header a member of this name and size can have.
func header(name string, size int64) block {
	var h block
	copy(h[offName:], name)
	copy(h[offMode:], "0000644\x00")
	copy(h[offUID:], "0000000\x00")
	copy(h[offGID:], "0000000\x00")
	copy(h[offSize:], fmt.Sprintf("%011o\x00", size))
	copy(h[offMtime:], "00000000000\x00")
	h[offType] = '0'
	copy(h[offMagic:], "ustar\x0000")
	copy(h[offDevMajor:], "0000000\x00")
	copy(h[offDevMinor:], "0000000\x00")
	copy(h[offSum:], fmt.Sprintf("%06o\x00 ", h.sum()))
	return h
}

// sum adds the bytes of the header, its checksum field taken as spaces.
func (h *block) sum() int64 {
	sum := int64(lenSum * ' ')
	for i, b := range h {
		if i < offSum || i >= offSum+lenSum {
			sum += int64(b)
		}
	}
	return sum
}

func padding(size int64) int64    { return -size & (blockSize - 1) }
func memberSize(size int64) int64 { return blockSize + size + padding(size) }

// parseHeader reads a header block and refuses every one that [header] would
// not have written, saying why. It returns name and size.
func parseHeader(h *block) (string, int64, error) {
	if got, err := octal(h[offSum : offSum+lenSum-1]); err != nil || got != h.sum() {
		return "", 0, bundle.Refuse("tar-checksum", "a header of the archive has a wrong checksum")
	}
	name := string(cut(h[offName : offName+lenName]))
	if err := checkType(h, name); err != nil {
		return "", 0, err
	}
	if err := checkName(name); err != nil {
		return "", 0, err
	}
	size, err := octal(h[offSize : offSize+lenSize-1])
	if err != nil || h[offSize+lenSize-1] != 0 {
		return "", 0, bundle.Refuse("tar-size", "%q has a size that is not eleven octal digits", name)
	}
	if want := header(name, size); *h != want {
		return "", 0, bundle.Refuse("tar-header", "%q has a header with %s, which a bundle does not carry", name, difference(h, &want))
	}
	return name, size, nil
}

func checkType(h *block, name string) error {
	refuse := func(code, what string) error {
		return bundle.Refuse(code, "%q is %s; a bundle holds plain files only", name, what)
	}
	switch t := h[offType]; t {
	case '0':
		return nil
	case '1':
		return refuse("tar-link", "a hard link")
	case '2':
		return refuse("tar-link", "a symbolic link")
	case '3', '4', '6':
		return refuse("tar-device", "a device or pipe")
	case '5':
		return refuse("tar-directory", "a folder entry")
	case 'x', 'g', 'X':
		return refuse("tar-pax", "an extended (PAX) header")
	case 'L', 'K', 'S', 'V', 'M', 'D', 'N', 'A':
		return refuse("tar-gnu", "a GNU extension")
	default:
		return refuse("tar-type", fmt.Sprintf("of the unknown kind %q", t))
	}
}

// difference names the first field in which a header leaves the profile.
func difference(got, want *block) string {
	for _, f := range []struct {
		at, n int
		what  string
	}{
		{offName, lenName, "bytes behind the name"},
		{offMode, 8, "another mode than 0644"},
		{offUID, 16, "an owner or group"},
		{offMtime, 12, "a time"},
		{offLink, lenLink, "a link name"},
		{offMagic, 8, "another magic than ustar"},
		{offUname, 64, "the name of an owner or group"},
		{offDevMajor, 16, "a device number"},
		{offPrefix, lenPrefix, "a name prefix"},
		{offSum, lenSum, "an unusual checksum field"},
	} {
		if !bytes.Equal(got[f.at:f.at+f.n], want[f.at:f.at+f.n]) {
			return f.what
		}
	}
	return "bytes behind its fields"
}

// octal reads digits that fill the whole field.
func octal(field []byte) (int64, error) {
	field = bytes.TrimRight(field, "\x00") // the checksum has six digits, sizes eleven
	for _, c := range field {
		if c < '0' || c > '7' {
			return 0, errors.New("not octal")
		}
	}
	return strconv.ParseInt(string(field), 8, 64)
}

func cut(field []byte) []byte {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		return field[:i]
	}
	return field
}

// tarWriter keeps the first error.
type tarWriter struct {
	w   io.Writer
	err error
}

func (t *tarWriter) write(p []byte) {
	if t.err == nil {
		_, t.err = t.w.Write(p)
	}
}

func (t *tarWriter) header(name string, size int64) {
	h := header(name, size)
	t.write(h[:])
}

func (t *tarWriter) pad(size int64) {
	var zero block
	t.write(zero[:padding(size)])
}

func (t *tarWriter) end() {
	var zero [2 * blockSize]byte
	t.write(zero[:])
}

// file streams one file of the tree and compares it with its entry.
func (t *tarWriter) file(tree fs.FS, e bundle.Entry, buf []byte) (err error) {
	if t.err != nil {
		return t.err
	}
	f, err := tree.Open(e.Path)
	if err != nil {
		return fmt.Errorf("open %s: %w", e.Path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(hash, onlyWriter{t.w}), onlyReader{io.LimitReader(f, e.Size)}, buf)
	if err != nil {
		return fmt.Errorf("copy %s: %w", e.Path, err)
	}
	if n < e.Size {
		return fmt.Errorf("%s has %d bytes, the manifest says %d", e.Path, n, e.Size)
	}
	if k, err := io.ReadFull(f, buf[:1]); k != 0 {
		return fmt.Errorf("%s has more than the %d bytes of the manifest", e.Path, e.Size)
	} else if err != io.EOF {
		return fmt.Errorf("read the end of %s: %w", e.Path, err)
	}
	if got := bundle.Digest(hex.EncodeToString(hash.Sum(nil))); got != e.SHA256 {
		return fmt.Errorf("%s has digest %s, the manifest says %s", e.Path, got, e.SHA256)
	}
	return nil
}

// onlyWriter and onlyReader hide other methods, so that io.CopyBuffer uses the
// buffer it was given.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)
