// Package open is the desk's opener: it decrypts a sealed bundle that crossed a
// courier and unpacks it into a quarantine folder, or leaves nothing.
//
// [Bundle] works in one pass and in bounded memory. A bundle in clear has no age
// layer, and everything else alike: Options.Clear is what its label says. It believes the layers in
// order: age header, zstd frame, archive, manifest; then signatures, roster,
// approvals and the label's word, all before the first byte of a file touches
// the disk; then the files, each against its digest; then the ends of archive,
// frame and age file, beyond which nothing may follow. Because each layer proves
// itself only at its end, nothing counts before Bundle returns, and on any error
// the folder is removed again.
//
// Files are written through an [os.Root] with mode 0600, never over anything,
// and are on disk (fsync) when Bundle returns. Names come from the manifest and
// keep its grammar: no links, no folders out of the archive, no foreign
// characters. The content of a file is never looked at here.
//
// Every refusal is a [bundle.Refusal] with a stable code. What is left to the
// caller: one rename out of quarantine, one transaction, and the order of a
// site's bundles (replays, gaps, forks).
//
// The site's binary must not link this package.
package open

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"darksite/bundle/container"
	"darksite/bundle/safefile"
	"darksite/bundle/verify"
)

// ErrNoRoster says that Bundle was called without a way to know whom to believe.
var ErrNoRoster = errors.New("a roster is needed to open a bundle")

// Options are what to believe, and how much to take. Roster is needed.
type Options struct {
	verify.Options
	// Accept is asked once the head is believed and before anything is written:
	// the place for quotas and for the order of a site's bundles. An error stops.
	Accept func(verify.Report) error
	// Synced, where it is set, is called after each file that is on disk: at the end
	// of a bundle of many files this takes longer than anything else.
	Synced func()
}

// Bundle opens a sealed bundle into dir, which must not exist; its parent must.
// On success dir holds what a stock tar would have unpacked.
func Bundle(ctx context.Context, src io.Reader, dir string, o Options) (verify.Report, error) {
	if o.Roster == nil {
		return verify.Report{}, ErrNoRoster
	}
	s, err := o.Stream(ctx, src)
	if err != nil {
		return verify.Report{}, fmt.Errorf("open bundle: %w", err)
	}
	defer s.Close()
	rep, err := o.Check(s)
	if err == nil && o.Accept != nil {
		err = o.Accept(rep)
	}
	if err != nil {
		return verify.Report{}, fmt.Errorf("open bundle: %w", err)
	}
	if rep.Measured, err = extract(s, rep.Head, o, dir); err != nil {
		return verify.Report{}, fmt.Errorf("open bundle %s: %w", rep.Head.Manifest.BID, err)
	}
	return rep, nil
}

// extract fills dir and removes it again when anything fails.
func extract(s *verify.Stream, h container.Head, o Options, dir string) (m verify.Measured, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return m, fmt.Errorf("make quarantine folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, fmt.Errorf("open quarantine folder: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	x := &extractor{root: root, made: map[string]bool{".": true}, buf: make([]byte, 64<<10), synced: o.Synced}
	if err := x.head(h); err != nil {
		return m, err
	}
	for {
		e, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return m, err
		}
		if err := x.file(e.Path, s); err != nil {
			return m, err
		}
	}
	if m, err = s.Finish(); err != nil {
		return m, err
	}
	if err := o.Want.Measured(m); err != nil {
		return m, err
	}
	return m, x.sync(dir)
}

// extractor writes below a root and remembers the folders it made.
type extractor struct {
	root  *os.Root
	made  map[string]bool
	files []string
	buf   []byte

	synced func()
}

// head writes the members before the payload, as they were read.
func (x *extractor) head(h container.Head) error {
	members, err := h.Members()
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := x.file(m.Name, bytes.NewReader(m.Data)); err != nil {
			return err
		}
	}
	return nil
}

func (x *extractor) file(name string, content io.Reader) (err error) {
	if err := x.folder(path.Dir(name)); err != nil {
		return err
	}
	f, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// A foreign fault passes through Copy as it is; f's own errors name the file.
	if _, err := io.CopyBuffer(onlyWriter{f}, onlyReader{content}, x.buf); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	x.files = append(x.files, name)
	return nil
}

func (x *extractor) folder(dir string) error {
	if x.made[dir] {
		return nil
	}
	if err := x.root.MkdirAll(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder %s: %w", dir, err)
	}
	for ; !x.made[dir]; dir = path.Dir(dir) {
		x.made[dir] = true
	}
	return nil
}

// sync makes files and folders durable, the parent of dir included. It comes
// last: what is refused need not be waited for.
func (x *extractor) sync(dir string) error {
	for _, name := range x.files {
		if err := x.syncFile(name); err != nil {
			return fmt.Errorf("sync %s: %w", name, err)
		}
		if x.synced != nil {
			x.synced()
		}
	}
	for made := range x.made {
		if err := safefile.SyncDir(filepath.Join(dir, filepath.FromSlash(made))); err != nil {
			return err
		}
	}
	return safefile.SyncDir(filepath.Dir(dir))
}

func (x *extractor) syncFile(name string) error {
	f, err := x.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// onlyReader and onlyWriter hide other methods, so that the one buffer is used.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
