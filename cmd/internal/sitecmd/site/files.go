package site

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"darksite/bundle/safefile"
)

// NewSecret makes a secret of the site's own, unless it is there.
func NewSecret(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return safefile.Write(path, []byte(hex.EncodeToString(NewRandomKey())+"\n"), 0o600)
}

// NewRandomKey makes 32 bytes that nobody can guess.
func NewRandomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // ends the process where there is no randomness: no error to look at
	return key
}

// ReadSecret reads a secret that NewSecret made.
func ReadSecret(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read site key: %w", err)
	}
	key, err := hex.DecodeString(TrimLine(data))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("read site key %s: want 64 hex digits", filepath.Base(path))
	}
	return key, nil
}

// TrimLine is the content of a file of one line.
func TrimLine(b []byte) string {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return string(b)
}

// ReadBounded reads a regular file that was carried in, as far as the limit.
func ReadBounded(path string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	defer root.Close()
	// A pipe would block the command for ever, out of reach of Ctrl-C.
	f, _, err := safefile.OpenRegular(root, filepath.Base(path))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	return data, nil
}

// ReplaceKept writes a file whole and keeps what was there before under the name
// with .before behind it.
func ReplaceKept(path string, data []byte) error {
	was, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("keep what was there before: %w", err)
	case bytes.Equal(was, data):
		return nil
	default:
		if err := safefile.Write(path+".before", was, 0o600); err != nil {
			return err
		}
	}
	return safefile.Write(path, data, 0o600)
}
