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
// [Clear] makes the same file without the age layer, for a site whose guard must
// see inside. It takes only a manifest that says so, and [Seal] none that does:
// which of the two a bundle becomes is what the officers signed.
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
	// ErrProfile says that a bundle approved to leave encrypted was to be made in
	// clear, or the other way round.
	ErrProfile = errors.New("not the profile that was approved")
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
	if m.Clear {
		return Result{}, fmt.Errorf("seal %s: %w: it was approved to leave in clear", m.BID, ErrProfile)
	}
	to, err := readers(m, recipients)
	if err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", m.BID, err)
	}
	res, err := stream(ctx, dst, c, func(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, to...) })
	if err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", m.BID, err)
	}
	return res, nil
}

// Clear writes the bundle signed and compressed but not encrypted: whoever holds
// it can read it. Nothing but a manifest that says "clear" is taken; whether the
// roster allows it is for approve.Check to say, as for Seal.
func Clear(ctx context.Context, dst io.Writer, c container.Contents) (Result, error) {
	m, err := container.DecodeManifest(c.Manifest)
	if err != nil {
		return Result{}, fmt.Errorf("write in clear: %w", err)
	}
	if !m.Clear {
		return Result{}, fmt.Errorf("write %s in clear: %w: it was approved to leave encrypted", m.BID, ErrProfile)
	}
	res, err := stream(ctx, dst, c, func(w io.Writer) (io.WriteCloser, error) { return bare{w}, nil })
	if err != nil {
		return Result{}, fmt.Errorf("write %s in clear: %w", m.BID, err)
	}
	return res, nil
}

// bare is the outer layer of a bundle in clear: none.
type bare struct{ io.Writer }

func (bare) Close() error { return nil }

// readers holds the recipients to those the manifest lists.
func readers(m bundle.Manifest, recipients []string) ([]age.Recipient, error) {
	to, err := parse(recipients)
	if err != nil {
		return nil, err
	}
	prints, err := Fingerprints(recipients)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(prints, m.Recipients) {
		return nil, ErrRecipientSet
	}
	return to, nil
}

// stream writes archive and frame into the outer layer.
func stream(ctx context.Context, dst io.Writer, c container.Contents, outer func(io.Writer) (io.WriteCloser, error)) (Result, error) {
	sealed := newMeter(ctx, dst)
	encrypted, err := outer(sealed)
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
