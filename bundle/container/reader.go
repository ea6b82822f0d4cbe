package container

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"strings"

	"darksite/bundle"
	"darksite/bundle/sign"
)

// Limits narrow what a reader takes. A zero field stands for the bound of the
// format; for Bytes there is none but the one of the format.
type Limits struct {
	Manifest int   // bytes of the manifest
	Entries  int   // files
	Bytes    int64 // bytes of all files together
}

func (l Limits) withDefaults() Limits {
	if l.Manifest <= 0 || l.Manifest > MaxManifest {
		l.Manifest = MaxManifest
	}
	if l.Entries <= 0 || l.Entries > MaxEntries {
		l.Entries = MaxEntries
	}
	if l.Bytes <= 0 {
		l.Bytes = MaxEntries * MaxFile
	}
	return l
}

// Head is everything of a bundle before its files.
type Head struct {
	Manifest       bundle.Manifest
	ManifestBytes  []byte
	ManifestSHA256 bundle.Digest
	Signatures     []Signature // of the manifest
	Approvals      []Approval
}

// Contents puts a head and the tree of its files together again, as [Write]
// takes them.
func (h Head) Contents(tree fs.FS) Contents {
	return Contents{Manifest: h.ManifestBytes, Signatures: h.Signatures, Approvals: h.Approvals, Tree: tree}
}

// Members lists the members of the head as they stood in the archive.
func (h Head) Members() ([]Member, error) { return h.Contents(nil).head(h.Manifest) }

// Reader reads a canonical archive once, from front to end, and keeps its first
// error. Nothing it hands out counts before Next has returned io.EOF.
type Reader struct {
	src    *bufio.Reader
	limits Limits
	err    error

	head    Head
	rebuilt hash.Hash // of the archive as this package would write it
	size    int64     // of the archive by its head

	next     string // name of the member whose header was read, "" at the end
	nextSize int64
	entry    int       // index of the current file
	left     int64     // payload bytes of the current file not yet read
	content  hash.Hash // of the current file
	sum      bundle.Digest
}

// NewReader reads from r, which must end where the archive ends.
func NewReader(r io.Reader, l Limits) *Reader {
	return &Reader{src: bufio.NewReaderSize(r, copyBuffer), limits: l.withDefaults(), rebuilt: sha256.New(), entry: -1}
}

// fail keeps the first error. The end of the source is never an end here.
func (r *Reader) fail(err error) error {
	if r.err == nil {
		// Only the bare ends: what a layer below wrapped is its own finding.
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = bundle.Refuse("tar-truncated", "the archive ends too early")
		}
		r.err = err
	}
	return r.err
}

// advance reads the header of the next member, or the two blocks at the end.
func (r *Reader) advance() error {
	var h block
	if _, err := io.ReadFull(r.src, h[:]); err != nil {
		return err
	}
	r.rebuilt.Write(h[:])
	if h != (block{}) {
		name, size, err := parseHeader(&h)
		r.next, r.nextSize = name, size
		return err
	}
	switch _, err := io.ReadFull(r.src, h[:]); err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		return bundle.Refuse("tar-end", "the archive ends with one zero block, want two")
	default:
		return err
	}
	r.rebuilt.Write(h[:])
	if h != (block{}) {
		return bundle.Refuse("tar-end", "the zero block in the archive is followed by something else")
	}
	r.next, r.nextSize = "", 0
	return nil
}

func (r *Reader) skipPadding(size int64) error {
	var pad block
	n := padding(size)
	if _, err := io.ReadFull(r.src, pad[:n]); err != nil {
		return err
	}
	if pad != (block{}) {
		return bundle.Refuse("tar-padding", "the padding behind %q is not zero", r.next)
	}
	r.rebuilt.Write(pad[:n])
	return nil
}

// small reads the member whose header was read, whole.
func (r *Reader) small(limit int) ([]byte, error) {
	if r.nextSize > int64(limit) {
		return nil, bundle.Refuse("tar-large", "%q has %d bytes, at most %d", r.next, r.nextSize, limit)
	}
	// The size is a claim: grow with what really comes.
	data, err := io.ReadAll(io.LimitReader(r.src, r.nextSize))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) < r.nextSize {
		return nil, io.ErrUnexpectedEOF
	}
	r.rebuilt.Write(data)
	r.size += memberSize(r.nextSize)
	if err := r.skipPadding(r.nextSize); err != nil {
		return nil, err
	}
	return data, r.advance()
}

// fixed reads a member that must stand here.
func (r *Reader) fixed(name string, limit int) ([]byte, error) {
	if r.next != name {
		return nil, bundle.Refuse("tar-order", "found %q where %s must stand", r.next, name)
	}
	return r.small(limit)
}

// Head reads everything before the files and holds it to the format. It may be
// called again and returns the same.
func (r *Reader) Head() (Head, error) {
	if r.err != nil && r.err != io.EOF {
		return Head{}, r.err
	}
	if r.entry < 0 {
		if err := r.readHead(); err != nil {
			return Head{}, r.fail(err)
		}
		r.entry = 0
		r.size += payloadSize(r.head.Manifest) + 2*blockSize
	}
	return r.head, nil
}

func (r *Reader) readHead() error {
	if err := r.advance(); err != nil {
		return err
	}
	format, err := r.fixed(nameFormat, len(bundle.Format)+1)
	if err != nil {
		return err
	}
	if string(format) != bundle.Format+"\n" {
		return bundle.Refuse("format-version", "the bundle has format %.40q, this version reads %q", format, bundle.Format)
	}
	text, err := r.fixed(nameManifest, r.limits.Manifest)
	if err != nil {
		return err
	}
	m, err := DecodeManifest(text)
	if err != nil {
		return err
	}
	if len(m.Files) > r.limits.Entries || m.Totals.Bytes > r.limits.Bytes {
		return bundle.Refuse("quota", "the bundle has %d files and %d bytes, allowed here are %d and %d",
			m.Totals.Files, m.Totals.Bytes, r.limits.Entries, r.limits.Bytes)
	}
	r.head = Head{Manifest: m, ManifestBytes: text, ManifestSHA256: bundle.DigestOf(text)}
	want := Sums(text, m)
	sums, err := r.fixed(nameSums, len(want))
	if err != nil {
		return err
	}
	if !bytes.Equal(sums, want) {
		return bundle.Refuse("sums", "SHA256SUMS does not repeat the manifest")
	}
	if err := r.signatures(); err != nil {
		return err
	}
	if err := r.approvals(); err != nil {
		return err
	}
	if len(m.Files) > 0 && r.next != "" && r.next != m.Files[0].Path {
		return r.unexpected(0)
	}
	return nil
}

func (r *Reader) signatures() error {
	prefix := dirSig + nameManifest + "."
	for strings.HasPrefix(r.next, dirSig) {
		name := r.next
		keyID, ok := keyIDOf(name, prefix)
		if n := len(r.head.Signatures); !ok || n == MaxSignatures || n > 0 && r.head.Signatures[n-1].KeyID >= keyID {
			return bundle.Refuse("tar-order", "%q is no signature of the manifest, stands out of order, or is one too many", name)
		}
		sig, err := r.signature(name, keyID)
		if err != nil {
			return err
		}
		r.head.Signatures = append(r.head.Signatures, sig)
	}
	return nil
}

func (r *Reader) approvals() error {
	for strings.HasPrefix(r.next, dirApproval) {
		n := len(r.head.Approvals) + 1
		if n > MaxApprovals || r.next != approvalName(n) {
			return bundle.Refuse("tar-order", "found %q where %s must stand", r.next, approvalName(n))
		}
		text, err := r.small(MaxApproval)
		if err != nil {
			return err
		}
		name := r.next
		keyID, ok := keyIDOf(name, approvalName(n)+".")
		if !ok {
			return bundle.Refuse("tar-order", "found %q where the signature of %s must stand", name, approvalName(n))
		}
		sig, err := r.signature(name, keyID)
		if err != nil {
			return err
		}
		r.head.Approvals = append(r.head.Approvals, Approval{Text: text, Signature: sig})
	}
	return nil
}

func keyIDOf(name, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	keyID, sig := strings.CutSuffix(rest, ".sig")
	return keyID, ok && sig && hexDigits(keyID, 16)
}

// signature reads a signature and holds its name to the key inside it.
func (r *Reader) signature(name, keyID string) (Signature, error) {
	armored, err := r.small(sign.MaxSignature)
	if err != nil {
		return Signature{}, err
	}
	sig := Signature{KeyID: keyID, Armored: armored}
	if err := checkSignature(sig); err != nil {
		return Signature{}, bundle.RefuseFor("sig-armor", err, "%q is no signature by the key of its name", name)
	}
	return sig, nil
}

// Next goes to the next file of the manifest and returns its entry; what was
// not read of the file before is read and checked. It returns io.EOF when all
// files matched the manifest and the archive ended as it must.
func (r *Reader) Next() (bundle.Entry, error) {
	if _, err := r.Head(); err != nil {
		return bundle.Entry{}, err
	}
	if r.err != nil {
		return bundle.Entry{}, r.err
	}
	if r.content != nil {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return bundle.Entry{}, err
		}
		r.entry++
		r.content = nil
		if err := r.advance(); err != nil {
			return bundle.Entry{}, r.fail(err)
		}
	}
	files := r.head.Manifest.Files
	if r.entry == len(files) || r.next != files[r.entry].Path {
		if err := r.finish(); err != nil {
			return bundle.Entry{}, r.fail(err)
		}
		r.err = io.EOF
		return bundle.Entry{}, io.EOF
	}
	e := files[r.entry]
	if r.nextSize != e.Size {
		return bundle.Entry{}, r.fail(bundle.Refuse("file-size", "%q has %d bytes, the manifest says %d", e.Path, r.nextSize, e.Size))
	}
	r.left, r.content = e.Size, sha256.New()
	return e, nil
}

// finish is called where no listed file follows: at the end, or at a fault.
func (r *Reader) finish() error {
	files := r.head.Manifest.Files
	if r.next != "" {
		return r.unexpected(r.entry)
	}
	if r.entry < len(files) {
		return bundle.Refuse("file-missing", "%q is listed in the manifest and not in the archive", files[r.entry].Path)
	}
	if _, err := r.src.ReadByte(); err == nil {
		return bundle.Refuse("tar-trailing", "something follows the end of the archive")
	} else if err != io.EOF {
		return err
	}
	r.sum = bundle.Digest(hex.EncodeToString(r.rebuilt.Sum(nil)))
	return nil
}

// unexpected says why the member whose header was read cannot stand where file
// number want of the manifest must.
func (r *Reader) unexpected(want int) error {
	for i, e := range r.head.Manifest.Files {
		if e.Path != r.next {
			continue
		}
		if i < want {
			return bundle.Refuse("tar-duplicate", "%q stands twice or out of order", r.next)
		}
		return bundle.Refuse("file-missing", "%q is listed in the manifest and does not stand before %q", r.head.Manifest.Files[want].Path, r.next)
	}
	if strings.HasPrefix(r.next, dirMeta) || strings.HasPrefix(r.next, dirFiles) {
		return bundle.Refuse("file-unlisted", "%q is not listed in the manifest", r.next)
	}
	return bundle.Refuse("tar-order", "%q stands where only files of the manifest may stand", r.next)
}

// Read reads from the file Next went to. At its end it compares the digest with
// the manifest: io.EOF means that the file was the listed one.
func (r *Reader) Read(p []byte) (int, error) {
	if r.content == nil {
		return 0, errors.New("read bundle: no file was chosen with Next")
	}
	if r.err != nil && r.err != io.EOF {
		return 0, r.err
	}
	if r.left < 0 {
		return 0, io.EOF
	}
	if r.left == 0 {
		return 0, r.closeFile()
	}
	n, err := r.src.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	r.content.Write(p[:n])
	r.rebuilt.Write(p[:n])
	if err != nil {
		return n, r.fail(err)
	}
	return n, nil
}

// closeFile checks the current file at its end and marks it by a negative left.
func (r *Reader) closeFile() error {
	e := r.head.Manifest.Files[r.entry]
	if got := bundle.Digest(hex.EncodeToString(r.content.Sum(nil))); got != e.SHA256 {
		return r.fail(bundle.Refuse("file-digest", "%q has digest %s, the manifest says %s", e.Path, got, e.SHA256))
	}
	if err := r.skipPadding(e.Size); err != nil {
		return r.fail(err)
	}
	r.left = -1
	return io.EOF
}

// TarSHA256 gives the digest of the archive as this package writes it from what
// was read, once Next has returned io.EOF.
func (r *Reader) TarSHA256() bundle.Digest { return r.sum }

// TarSize gives the size of the whole archive by its head: known before the
// files are read, and zero before [Reader.Head].
func (r *Reader) TarSize() int64 {
	if r.entry < 0 {
		return 0
	}
	return r.size
}
