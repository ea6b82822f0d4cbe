// Package container is the canonical form of a bundle: what its manifest may
// say, and which bytes a given manifest and given files become.
//
// FORMAT.md beside this file gives the format byte by byte. In short, a bundle
// is a ustar archive in its strictest subset, members in a fixed order
//
//	FORMAT  MANIFEST.json  SHA256SUMS  sig/...  approval/...  meta/...  files/...
//
// and nothing in it can vary once manifest, signatures, approvals and files are
// given. So a digest of the manifest stands for every byte, and no place is
// left to hide one.
//
// A site writes with [Write], out of [Contents]. Both sides read with
// [NewReader]: [Reader.Head] gives everything that decides whether the bundle
// is believed before the first byte of payload is handed out, then
// [Reader.Next] walks the files, and only the io.EOF at the end says that the
// archive was whole. Around the archive lies one zstd frame; [NewFrameReader]
// holds it to its profile before a decoder sees it. [Namer] turns the paths
// things had on a machine into names a bundle allows.
//
// The package opens no files and draws no conclusion about trust: signatures
// are carried, not checked. Every refusal of foreign bytes is a
// [bundle.Refusal] with a stable code.
package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/sign"
)

// The members before the payload, and the folders.
const (
	nameFormat   = "FORMAT"
	nameManifest = "MANIFEST.json"
	nameSums     = "SHA256SUMS"
	dirSig       = "sig/"
	dirApproval  = "approval/"
	dirMeta      = "meta/"
	dirFiles     = "files/"
)

// Limits of the format itself. [Limits] may be narrower, never wider.
const (
	MaxManifest   = 64 << 20  // bytes of MANIFEST.json
	MaxEntries    = 1_000_000 // files of a bundle
	MaxFile       = 1<<33 - 1 // bytes of one file: eleven octal digits
	MaxApproval   = 16 << 10  // bytes of one approval statement
	MaxApprovals  = 9         // approvals of a bundle
	MaxSignatures = 4         // signatures of the manifest
	MaxRecipients = 16        // recipients a bundle is sealed to
)

// Signature is a detached SSH signature as it stands in a bundle.
type Signature struct {
	KeyID   string // a hint, and part of the member's name
	Armored []byte
}

// SignatureOf names an armored signature by the key it claims.
func SignatureOf(armored []byte) (Signature, error) {
	key, err := sign.SignedBy(armored)
	if err != nil {
		return Signature{}, err
	}
	return Signature{KeyID: key.ID(), Armored: armored}, nil
}

// Approval is a statement of an officer with its signature. The place in a list
// gives its number: the first is approval/1.txt.
type Approval struct {
	Text      []byte
	Signature Signature
}

// Contents is everything a bundle is made of. Tree holds meta/... and
// files/..., exactly the files the manifest lists.
type Contents struct {
	Manifest   []byte
	Signatures []Signature
	Approvals  []Approval
	Tree       fs.FS
}

// Member is one of the members before the files.
type Member struct {
	Name string
	Data []byte
}

// head lists the members before the payload in their order.
func (c Contents) head(m bundle.Manifest) ([]Member, error) {
	members := []Member{
		{nameFormat, []byte(bundle.Format + "\n")},
		{nameManifest, c.Manifest},
		{nameSums, Sums(c.Manifest, m)},
	}
	sigs := slices.Clone(c.Signatures)
	slices.SortFunc(sigs, func(a, b Signature) int { return strings.Compare(a.KeyID, b.KeyID) })
	if len(sigs) > MaxSignatures || len(c.Approvals) > MaxApprovals {
		return nil, fmt.Errorf("%d signatures and %d approvals, at most %d and %d",
			len(sigs), len(c.Approvals), MaxSignatures, MaxApprovals)
	}
	for i, s := range sigs {
		if i > 0 && s.KeyID == sigs[i-1].KeyID {
			return nil, fmt.Errorf("key %s signed the manifest twice", s.KeyID)
		}
		if err := checkSignature(s); err != nil {
			return nil, fmt.Errorf("signature of the manifest: %w", err)
		}
		members = append(members, Member{sigName(s.KeyID), s.Armored})
	}
	for i, a := range c.Approvals {
		if len(a.Text) == 0 || len(a.Text) > MaxApproval {
			return nil, fmt.Errorf("approval %d: %d bytes, want 1 to %d", i+1, len(a.Text), MaxApproval)
		}
		if err := checkSignature(a.Signature); err != nil {
			return nil, fmt.Errorf("approval %d: %w", i+1, err)
		}
		members = append(members, Member{approvalName(i + 1), a.Text},
			Member{approvalSigName(i+1, a.Signature.KeyID), a.Signature.Armored})
	}
	return members, nil
}

// checkSignature holds that the name of a signature says no more than its bytes.
func checkSignature(s Signature) error {
	of, err := SignatureOf(s.Armored)
	if err != nil {
		return err
	}
	if of.KeyID != s.KeyID {
		return fmt.Errorf("named after key %q but made by %s", s.KeyID, of.KeyID)
	}
	return nil
}

func sigName(keyID string) string                { return dirSig + nameManifest + "." + keyID + ".sig" }
func approvalName(n int) string                  { return fmt.Sprintf("%s%d.txt", dirApproval, n) }
func approvalSigName(n int, keyID string) string { return approvalName(n) + "." + keyID + ".sig" }

// Sums writes the member SHA256SUMS: what "sha256sum -c" checks after a stock
// tar opened the bundle. It repeats the manifest and adds the members above it.
func Sums(manifest []byte, m bundle.Manifest) []byte {
	var b bytes.Buffer
	line := func(d bundle.Digest, name string) { fmt.Fprintf(&b, "%s  %s\n", d, name) }
	line(bundle.DigestOf([]byte(bundle.Format+"\n")), nameFormat)
	line(bundle.DigestOf(manifest), nameManifest)
	for _, e := range m.Files {
		line(e.SHA256, e.Path)
	}
	return b.Bytes()
}

// Size gives the bytes of the archive [Write] would make.
func (c Contents) Size() (int64, error) {
	m, err := DecodeManifest(c.Manifest)
	if err != nil {
		return 0, err
	}
	head, err := c.head(m)
	if err != nil {
		return 0, err
	}
	size := int64(2 * blockSize)
	for _, h := range head {
		size += memberSize(int64(len(h.Data)))
	}
	return size + payloadSize(m), nil
}

func payloadSize(m bundle.Manifest) int64 {
	var size int64
	for _, e := range m.Files {
		size += memberSize(e.Size)
	}
	return size
}

// Write writes the canonical archive. Every file of the tree is hashed while it
// streams and compared with the manifest; a file that is longer, shorter,
// different, missing or not listed stops it with an error, and then what was
// written so far is to be thrown away. Memory does not grow with the files.
func Write(w io.Writer, c Contents) error {
	m, err := DecodeManifest(c.Manifest)
	if err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	head, err := c.head(m)
	if err != nil {
		return fmt.Errorf("write bundle %s: %w", m.BID, err)
	}
	if err := onlyListed(c.Tree, m); err != nil {
		return fmt.Errorf("write bundle %s: %w", m.BID, err)
	}
	t := &tarWriter{w: w}
	for _, h := range head {
		t.header(h.Name, int64(len(h.Data)))
		t.write(h.Data)
		t.pad(int64(len(h.Data)))
	}
	buf := make([]byte, copyBuffer)
	for _, e := range m.Files {
		t.header(e.Path, e.Size)
		if err := t.file(c.Tree, e, buf); err != nil {
			return fmt.Errorf("write bundle %s: %w", m.BID, err)
		}
		t.pad(e.Size)
	}
	t.end()
	if t.err != nil {
		return fmt.Errorf("write bundle %s: %w", m.BID, t.err)
	}
	return nil
}

// onlyListed refuses a tree that holds anything the manifest does not list: a
// frozen tree that changed is not the tree that was reviewed.
func onlyListed(tree fs.FS, m bundle.Manifest) error {
	listed := make(map[string]bool, len(m.Files))
	for _, e := range m.Files {
		listed[e.Path] = true
	}
	if tree == nil {
		if len(m.Files) > 0 {
			return errors.New("no tree to take files from")
		}
		return nil
	}
	for _, dir := range []string{strings.TrimSuffix(dirMeta, "/"), strings.TrimSuffix(dirFiles, "/")} {
		err := fs.WalkDir(tree, dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && path == dir:
				return fs.SkipAll // no such folder: whatever is listed in it fails later
			case err != nil:
				return fmt.Errorf("look through %q: %w", path, err)
			case d.IsDir():
				return nil
			case !d.Type().IsRegular():
				return fmt.Errorf("%q is not a plain file (%s)", path, d.Type())
			case !listed[path]:
				return fmt.Errorf("%q is not listed in the manifest", path)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
