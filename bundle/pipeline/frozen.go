package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"darksite/bundle"
	"darksite/bundle/container"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/verify"
)

// hashFile hashes a regular file and, if asked, makes it durable.
func hashFile(path string, sync bool) (bundle.Digest, int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err == nil && sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", 0, err
	}
	return bundle.Digest(hex.EncodeToString(h.Sum(nil))), n, nil
}

// protect takes the right to write from everything in dir but dir itself, and
// makes the folders durable.
func protect(dir string) error {
	var folders []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			folders = append(folders, path)
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is not a regular file", path)
		}
		return os.Chmod(path, 0o400)
	})
	for i := len(folders) - 1; err == nil && i >= 0; i-- {
		if err = safefile.SyncDir(folders[i]); err == nil && i > 0 {
			err = os.Chmod(folders[i], 0o500)
		}
	}
	if err != nil {
		return fmt.Errorf("protect the frozen tree: %w", err)
	}
	return nil
}

// treeDir is the frozen tree of a bundle. One that was frozen again has, for a
// moment, two of them: the tree is the one with the recorded manifest.
func (p *Pipeline) treeDir(r *Record) string {
	for _, dir := range p.trees(r.BID) {
		if text, err := os.ReadFile(filepath.Join(dir, "MANIFEST.json")); err == nil && bundle.DigestOf(text) == r.Manifest {
			return dir
		}
	}
	return filepath.Join(p.Folder(r.BID), frozenDir) // and what is wrong with it is found there
}

// trees are all frozen trees of a bundle.
func (p *Pipeline) trees(id bundle.ID) []string {
	again, _ := filepath.Glob(filepath.Join(p.Folder(id), frozenDir+"-*")) // the pattern is well formed
	return append([]string{filepath.Join(p.Folder(id), frozenDir)}, again...)
}

// contents are a frozen bundle as the container takes it.
type contents struct {
	frozen bundle.Frozen
	text   []byte
	sigs   []container.Signature
	root   *os.Root
	each   fileCheck
}

func (c *contents) Close() error { return c.root.Close() }

// reload reads the frozen tree and believes nothing of it: the manifest must be
// the recorded one, signed by its collector, and every file must be there, as
// listed, read-only, and nothing else. The error wraps ErrTampered where that is
// not so; a failure to read is an error of its own.
func (p *Pipeline) reload(ctx context.Context, r *Record, rost roster.Roster) (*contents, error) {
	return p.look(ctx, r, rost, (*contents).same)
}

// relist is reload for who hashes every file himself and holds it to the
// manifest, as sealing does: here files are only looked at.
func (p *Pipeline) relist(ctx context.Context, r *Record, rost roster.Roster) (*contents, error) {
	return p.look(ctx, r, rost, (*contents).there)
}

// fileCheck holds one file of the tree to its entry.
type fileCheck func(c *contents, name string, e bundle.Entry) error

func (p *Pipeline) look(ctx context.Context, r *Record, rost roster.Roster, each fileCheck) (*contents, error) {
	root, err := os.OpenRoot(p.treeDir(r))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("frozen tree of bundle %s is gone: %w", r.BID, ErrTampered)
		}
		return nil, fmt.Errorf("frozen tree of bundle %s: %w", r.BID, err)
	}
	c := &contents{root: root, each: each}
	if err := c.load(ctx, r, rost); err != nil {
		return nil, errors.Join(fmt.Errorf("frozen tree of bundle %s: %w", r.BID, err), root.Close())
	}
	return c, nil
}

func (c *contents) load(ctx context.Context, r *Record, rost roster.Roster) error {
	var err error
	if c.text, err = readSmall(c.root, "MANIFEST.json", container.MaxManifest); err != nil {
		return err
	}
	if got := bundle.DigestOf(c.text); got != r.Manifest {
		return fmt.Errorf("the manifest has digest %s, recorded is %s: %w", got, r.Manifest, ErrTampered)
	}
	name := signatureName(r.Collector.KeyID)
	armored, err := readSmall(c.root, name, 64<<10)
	if err != nil {
		return err
	}
	sig, err := container.SignatureOf(armored)
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrTampered)
	}
	c.sigs = []container.Signature{sig}
	c.frozen, err = bundle.LoadFrozen(c.text, container.DecodeManifest, func(m bundle.Manifest, _ bundle.Digest) error {
		if _, err := verify.Manifest(c.text, m, c.sigs, rost); err != nil {
			return voids(err)
		}
		return c.compare(ctx, m, name)
	})
	return err
}

// voids tells what the roster forbids from what was changed.
func voids(err error) error {
	for _, rule := range []error{roster.ErrUnknownKey, roster.ErrWrongRole, roster.ErrRevoked} {
		if errors.Is(err, rule) {
			return fmt.Errorf("%w: %w", err, ErrRefused)
		}
	}
	return fmt.Errorf("%w: %w", err, ErrTampered)
}

func readSmall(root *os.Root, name string, limit int64) ([]byte, error) {
	f, info, err := safefile.OpenRegular(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is gone: %w", name, ErrTampered)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, at most %d: %w", name, info.Size(), limit, ErrTampered)
	}
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// compare holds the tree to the manifest.
func (c *contents) compare(ctx context.Context, m bundle.Manifest, signature string) error {
	want := map[string]*bundle.Entry{"MANIFEST.json": nil, signature: nil}
	for i := range m.Files {
		want[m.Files[i].Path] = &m.Files[i]
	}
	seen := 0
	err := fs.WalkDir(c.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o222 != 0 {
			return fmt.Errorf("%s can be written, which nobody should: %w", name, ErrTampered)
		}
		if d.IsDir() {
			return nil
		}
		e, listed := want[name]
		if !listed {
			return fmt.Errorf("%s is not in the manifest: %w", name, ErrTampered)
		}
		seen++
		if e == nil {
			return nil
		}
		return c.each(c, name, *e)
	})
	if err != nil {
		return err
	}
	if seen != len(want) {
		return fmt.Errorf("%d of %d files are there: %w", seen, len(want), ErrTampered)
	}
	return nil
}

// there wants a plain file of the right size.
func (c *contents) there(name string, e bundle.Entry) error {
	info, err := c.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() != e.Size {
		return fmt.Errorf("%s was changed: %w", name, ErrTampered)
	}
	return nil
}

func (c *contents) same(name string, e bundle.Entry) error {
	f, _, err := safefile.OpenRegular(c.root, name)
	if err != nil {
		return fmt.Errorf("%w: %w", err, ErrTampered)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	if n != e.Size || hex.EncodeToString(h.Sum(nil)) != string(e.SHA256) {
		return fmt.Errorf("%s was changed: %w", name, ErrTampered)
	}
	return nil
}

// tree shows meta/ and files/ only, as the container wants it.
type tree struct{ fs.FS }

func (t tree) Open(name string) (fs.File, error) {
	if name != "." && name != "meta" && name != "files" && !strings.HasPrefix(name, "meta/") && !strings.HasPrefix(name, "files/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return t.FS.Open(name)
}

func (c *contents) tree() fs.FS { return tree{c.root.FS()} }
