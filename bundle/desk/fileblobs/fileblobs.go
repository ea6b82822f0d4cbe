// Package fileblobs keeps blobs as plain files named by their SHA-256, two
// levels deep, so that stock sha256sum can check the whole store.
//
// Put writes beside the final name, hashes while writing, syncs and renames, so
// a crash leaves the whole blob or none. It is safe for concurrent use.
package fileblobs

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

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/safefile"
)

// Store is a folder of blobs.
type Store struct{ dir string }

// New opens the folder, making it when it is not there, and removes what an
// interrupted Put left.
func New(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	subs, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	for _, s := range subs {
		if !s.IsDir() {
			continue
		}
		if _, err := safefile.Sweep(filepath.Join(dir, s.Name())); err != nil {
			return nil, fmt.Errorf("open blobs: %w", err)
		}
	}
	return &Store{dir}, nil
}

func (s *Store) path(d bundle.Digest) (string, error) {
	if !d.Valid() {
		return "", fmt.Errorf("blob %q: not a digest", d)
	}
	return filepath.Join(s.dir, string(d[:2]), string(d)), nil
}

// Put implements desk.Blobs.
func (s *Store) Put(ctx context.Context, d bundle.Digest, r io.Reader) error {
	path, err := s.path(d)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	sub := filepath.Dir(path)
	if err := os.MkdirAll(sub, 0o700); err != nil {
		return fmt.Errorf("put blob %s: %w", d, err)
	}
	if err := safefile.SyncDir(s.dir); err != nil {
		return fmt.Errorf("put blob %s: %w", d, err)
	}
	f, err := safefile.Create(path, 0o400)
	if err != nil {
		return fmt.Errorf("put blob %s: %w", d, err)
	}
	defer f.Abort()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, h), contextReader{ctx, r}); err != nil {
		return fmt.Errorf("put blob %s: %w", d, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != string(d) {
		return fmt.Errorf("put blob %s: the content has the digest %s", d, got)
	}
	return f.Commit()
}

type contextReader struct {
	ctx context.Context // lives for one Put
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// Open implements desk.Blobs.
func (s *Store) Open(_ context.Context, d bundle.Digest) (io.ReadCloser, error) {
	path, err := s.path(d)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob %s: %w", d, desk.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return f, nil
}

// Remove implements desk.Blobs.
func (s *Store) Remove(_ context.Context, d bundle.Digest) error {
	path, err := s.path(d)
	if err != nil {
		return err
	}
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("remove blob: %w", err)
	}
	return safefile.SyncDir(filepath.Dir(path))
}
