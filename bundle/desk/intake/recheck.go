package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/bundle/verify"
)

// lies is a reader that left something else than a bundle of this label.
func lies(format string, args ...any) error {
	return bundle.Refuse(airlock.Code, "the process that read the medium says it is in order, and "+format, args...)
}

// recheck believes a tree the reader has left, or does not: nothing in it is taken
// for what the reader says it is. The label is believed already, so its digests say
// what the manifest is and what was approved, before a byte of either is parsed.
func recheck(ctx context.Context, tree string, l carry.Label, r roster.Roster) (container.Head, verify.Signers, error) {
	// A link here would be moved into place as a link.
	if info, err := os.Lstat(tree); err != nil || !info.IsDir() {
		return container.Head{}, verify.Signers{}, lies("it left no folder of files")
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return container.Head{}, verify.Signers{}, fmt.Errorf("check what was read: %w", err)
	}
	defer root.Close() // read only
	c := checker{root: root, label: l, buf: make([]byte, 128<<10)}
	h, err := c.head()
	if err != nil {
		return h, verify.Signers{}, err
	}
	signers, err := verify.Head(h, r)
	if err == nil {
		err = airlock.Want(l).Head(h)
	}
	if err == nil {
		err = c.files(ctx, h.Manifest)
	}
	if err == nil {
		err = c.nothingElse(ctx, h)
	}
	return h, signers, err
}

type checker struct {
	root  *os.Root
	label carry.Label
	buf   []byte
}

// head puts the head together again from its members.
func (c checker) head() (h container.Head, err error) {
	if h.ManifestBytes, err = c.small("MANIFEST.json", container.MaxManifest); err != nil {
		return h, err
	}
	if h.ManifestSHA256 = bundle.DigestOf(h.ManifestBytes); h.ManifestSHA256 != c.label.ManifestSHA256 {
		return h, lies("the manifest it left is %s, the label is of %s", h.ManifestSHA256, c.label.ManifestSHA256)
	}
	if h.Manifest, err = container.DecodeManifest(h.ManifestBytes); err != nil {
		return h, err
	}
	if h.Manifest.Clear != c.label.Clear {
		return h, lies("the manifest and the label do not agree whether it is encrypted")
	}
	names, err := c.names("sig", container.MaxSignatures)
	if err != nil {
		return h, err
	}
	for _, name := range names {
		sig, err := c.signature(name)
		if err != nil {
			return h, err
		}
		h.Signatures = append(h.Signatures, sig)
	}
	if err := c.approvals(&h); err != nil {
		return h, err
	}
	members, err := h.Members()
	if err != nil {
		return h, lies("what it left is no bundle: %v", err)
	}
	for _, m := range members {
		if data, err := c.small(m.Name, len(m.Data)); err != nil || !bytes.Equal(data, m.Data) {
			return h, lies("%s is not what belongs to this manifest", m.Name)
		}
	}
	return h, nil
}

func (c checker) approvals(h *container.Head) error {
	names, err := c.names("approval", 2*container.MaxApprovals)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".sig") {
			continue
		}
		sig, err := c.signature(name)
		if err != nil {
			return err
		}
		text, err := c.small(strings.TrimSuffix(name, "."+sig.KeyID+".sig"), container.MaxApproval)
		if err != nil {
			return err
		}
		h.Approvals = append(h.Approvals, container.Approval{Text: text, Signature: sig})
	}
	return nil
}

func (c checker) signature(name string) (container.Signature, error) {
	armored, err := c.small(name, sign.MaxSignature)
	if err != nil {
		return container.Signature{}, err
	}
	sig, err := container.SignatureOf(armored)
	if err != nil {
		return container.Signature{}, lies("%s is no signature: %v", name, err)
	}
	return sig, nil
}

// names lists a folder of few files, by name.
func (c checker) names(folder string, most int) ([]string, error) {
	dir, err := c.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check what was read: %w", err)
	}
	defer dir.Close() // read only
	entries, err := dir.ReadDir(most + 1)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("check what was read: %w", err)
	}
	if len(entries) > most {
		return nil, lies("there are more than %d files in %s", most, folder)
	}
	var names []string
	for _, e := range entries {
		names = append(names, folder+"/"+e.Name())
	}
	slices.Sort(names)
	return names, nil
}

// open opens a plain file of the tree of at most so many bytes.
func (c checker) open(name string, most int64) (*os.File, int64, error) {
	f, info, err := safefile.OpenRegular(c.root, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, safefile.ErrIrregular) {
		return nil, 0, lies("%s is not there as a plain file", name)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("check what was read: %w", err)
	}
	if info.Size() > most {
		return nil, 0, errors.Join(lies("%s has %d bytes, at most %d", name, info.Size(), most), f.Close())
	}
	return f, info.Size(), nil
}

func (c checker) small(name string, most int) ([]byte, error) {
	f, size, err := c.open(name, int64(most))
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("check what was read: %s: %w", name, err)
	}
	return data, nil
}

// files holds every file against the manifest.
func (c checker) files(ctx context.Context, m bundle.Manifest) error {
	h := sha256.New()
	for _, e := range m.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, size, err := c.open(e.Path, e.Size)
		if err != nil {
			return err
		}
		h.Reset()
		_, err = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, c.buf)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("check what was read: %s: %w", e.Path, err)
		}
		if size != e.Size || hex.EncodeToString(h.Sum(nil)) != string(e.SHA256) {
			return lies("%s is not the file of the manifest", e.Path)
		}
	}
	return nil
}

// nothingElse wants as many files as the manifest and the members before it make,
// each of which was seen.
func (c checker) nothingElse(ctx context.Context, h container.Head) error {
	members, err := h.Members()
	if err != nil {
		return err
	}
	left := len(members) + len(h.Manifest.Files)
	return fs.WalkDir(c.root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("check what was read: %w", err)
		case d.IsDir():
			return ctx.Err()
		case left == 0 || !d.Type().IsRegular():
			return lies("there is %q, which is in no manifest", path)
		}
		left--
		return nil
	})
}

// clear removes a folder, also when whoever filled it has locked some of it.
func clear(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// sealedFile opens the sealed file the reader has left; that it has the digest of
// the label is for who keeps it to see.
func sealedFile(work string, size int64) (*os.File, error) {
	root, err := os.OpenRoot(work)
	if err != nil {
		return nil, fmt.Errorf("open the sealed file: %w", err)
	}
	defer root.Close() // a folder handle
	f, info, err := safefile.OpenRegular(root, airlock.SealedName)
	if err != nil {
		return nil, lies("%s holds no sealed file: %v", filepath.Base(work), err)
	}
	if info.Size() != size {
		return nil, errors.Join(lies("the sealed file it left has %d bytes, the label says %d", info.Size(), size), f.Close())
	}
	return f, nil
}
