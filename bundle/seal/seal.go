// Package seal turns approved contents into the one file that may leave a site.
//
// [Seal] streams: canonical archive -> SHA-256 -> one zstd frame -> age to the
// recipients -> SHA-256. Nothing is held back and nothing touches a disk on the
// way, so memory stays the same for a bundle of any size, and the bytes that are
// hashed against the approved manifest are the very bytes that are encrypted.
//
// Recipients are age's hybrid post-quantum ones (age1pq1...) and no others, and
// exactly those whose [Fingerprint] the manifest lists: what the officers signed
// decides who can read. A classic recipient is refused, not skipped.
//
// The output opens with stock programs:
//
//	age -d -i key.txt bundle.tar.zst.age | zstd -dc | tar -x --no-same-owner -C out
//
// Limits: Seal checks contents against the manifest, not the manifest against
// the roster. Call approve.Check directly before, in the same process, and
// verify what was written afterwards (package verify). On any error what was
// written to dst so far is worthless and must be removed.
package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/container"

	"filippo.io/age"
)

// Errors a caller decides on.
var (
	// ErrRecipient says that a recipient is not a hybrid one.
	ErrRecipient = errors.New("not a hybrid age recipient")
	// ErrRecipientSet says that the recipients are not those of the manifest.
	ErrRecipientSet = errors.New("recipients are not those that were approved")
)

// Result names what was sealed.
type Result struct {
	SealedSHA256   bundle.Digest // of the file as written
	SealedSize     int64
	TarSHA256      bundle.Digest // of the canonical archive inside
	TarSize        int64
	ManifestSHA256 bundle.Digest
}

// Fingerprint names a recipient in manifests, labels and approvals: the SHA-256
// of its age1pq1... string.
func Fingerprint(recipient string) string {
	return string(bundle.DigestOf([]byte(recipient)))
}

// Fingerprints gives the sorted fingerprints for a manifest. It refuses
// recipients that Seal would refuse.
func Fingerprints(recipients []string) ([]string, error) {
	if _, err := parse(recipients); err != nil {
		return nil, err
	}
	var out []string
	for _, r := range recipients {
		out = append(out, Fingerprint(r))
	}
	slices.Sort(out)
	return out, nil
}

func parse(recipients []string) ([]age.Recipient, error) {
	if len(recipients) == 0 || len(recipients) > container.MaxRecipients {
		return nil, fmt.Errorf("%w: %d recipients, want 1 to %d", ErrRecipientSet, len(recipients), container.MaxRecipients)
	}
	var out []age.Recipient
	for i, r := range recipients {
		if slices.Contains(recipients[:i], r) {
			return nil, fmt.Errorf("%w: recipient %s stands twice", ErrRecipientSet, short(r))
		}
		hybrid, err := age.ParseHybridRecipient(r)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", ErrRecipient, short(r))
		}
		out = append(out, hybrid)
	}
	return out, nil
}

// short keeps an error readable: a hybrid recipient has 1,959 characters.
func short(recipient string) string {
	if strings.HasPrefix(strings.ToUpper(recipient), "AGE-SECRET-KEY") {
		return "a secret key"
	}
	if len(recipient) > 24 {
		recipient = recipient[:24] + "..."
	}
	return fmt.Sprintf("%q", recipient)
}

// Seal writes the sealed bundle to dst. It stops between two writes when ctx ends.
func Seal(ctx context.Context, dst io.Writer, c container.Contents, recipients []string) (Result, error) {
	m, err := container.DecodeManifest(c.Manifest)
	if err != nil {
		return Result{}, fmt.Errorf("seal: %w", err)
	}
	res, err := seal(ctx, dst, c, m, recipients)
	if err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", m.BID, err)
	}
	return res, nil
}

func seal(ctx context.Context, dst io.Writer, c container.Contents, m bundle.Manifest, recipients []string) (Result, error) {
	to, err := parse(recipients)
	if err != nil {
		return Result{}, err
	}
	prints, err := Fingerprints(recipients)
	if err != nil {
		return Result{}, err
	}
	if !slices.Equal(prints, m.Recipients) {
		return Result{}, ErrRecipientSet
	}
	sealed := newMeter(ctx, dst)
	encrypted, err := age.Encrypt(sealed, to...)
	if err != nil {
		return Result{}, fmt.Errorf("encrypt: %w", err)
	}
	compressed, err := container.Compress(encrypted)
	if err != nil {
		return Result{}, err
	}
	tar := newMeter(ctx, compressed)
	if err := container.Write(tar, c); err != nil {
		return Result{}, err // without age's last chunk dst never opens as whole
	}
	if err := compressed.Close(); err != nil {
		return Result{}, fmt.Errorf("compress: %w", err)
	}
	if err := encrypted.Close(); err != nil {
		return Result{}, fmt.Errorf("encrypt: %w", err)
	}
	return Result{
		SealedSHA256:   sealed.digest(),
		SealedSize:     sealed.size,
		TarSHA256:      tar.digest(),
		TarSize:        tar.size,
		ManifestSHA256: bundle.DigestOf(c.Manifest),
	}, nil
}

// meter counts and hashes what passes, and ends with its context.
type meter struct {
	w     io.Writer
	alive func() error
	hash  hash.Hash
	size  int64
}

func newMeter(ctx context.Context, w io.Writer) *meter {
	return &meter{w: w, alive: ctx.Err, hash: sha256.New()}
}

func (m *meter) Write(p []byte) (int, error) {
	if err := m.alive(); err != nil {
		return 0, err
	}
	n, err := m.w.Write(p)
	m.hash.Write(p[:n])
	m.size += int64(n)
	return n, err
}

func (m *meter) digest() bundle.Digest { return bundle.Digest(hex.EncodeToString(m.hash.Sum(nil))) }
