package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"

	"darksite/bundle"
	"darksite/bundle/container"

	"filippo.io/age"
)

// Stream is a sealed bundle being read: age (unless it is in clear), one zstd
// frame, canonical archive, each in its strictest form, one pass, in bounded memory. Nothing that comes
// out of it counts before [Stream.Finish] has returned without an error,
// because each layer proves itself only at its end.
type Stream struct {
	src        *source
	clear      bool // read without age
	stanzas    int
	frame      *container.Decompressor
	tar        *container.Reader
	identities []age.Identity
}

// Measured is what a sealed bundle turned out to be.
type Measured struct {
	SealedSHA256   bundle.Digest
	SealedSize     int64
	TarSHA256      bundle.Digest // of the archive rebuilt from manifest and files
	TarSize        int64
	ManifestSHA256 bundle.Digest
}

// NewStream begins to read a sealed bundle with the given identities. It stops
// between two reads when ctx ends. Close it in any case.
func NewStream(ctx context.Context, src io.Reader, ids []age.Identity, l container.Limits) (*Stream, error) {
	s := &Stream{src: newSource(ctx, src), identities: ids}
	plain, stanzas, err := decrypt(s.src, ids)
	if err != nil {
		return nil, err
	}
	s.stanzas = stanzas
	return s, s.unpack(plain, l)
}

// NewClearStream is [NewStream] for a bundle whose label says that it is not
// encrypted. It takes only one whose manifest says the same.
func NewClearStream(ctx context.Context, src io.Reader, l container.Limits) (*Stream, error) {
	s := &Stream{src: newSource(ctx, src), clear: true}
	return s, s.unpack(s.src, l)
}

func (s *Stream) unpack(plain io.Reader, l container.Limits) (err error) {
	if s.frame, err = container.Decompress(plain); err != nil {
		return err
	}
	s.tar = container.NewReader(s.frame, l)
	return nil
}

// Close frees what decoding holds. It does not close the source.
func (s *Stream) Close() { s.frame.Close() }

// Head reads all that stands before the files and compares it with the age
// header: as many recipients as the manifest lists, one of the identities among
// them, or no encryption at all where the manifest says so and only there.
func (s *Stream) Head() (container.Head, error) {
	h, err := s.tar.Head()
	if err != nil {
		return container.Head{}, err
	}
	s.frame.Expect(s.tar.TarSize())
	if h.Manifest.Clear != s.clear {
		return container.Head{}, bundle.Refuse("profile", "the manifest says %s, the file is %s", profile(h.Manifest.Clear), profile(s.clear))
	}
	if s.clear {
		return h, nil
	}
	if n := len(h.Manifest.Recipients); n != s.stanzas {
		return container.Head{}, bundle.Refuse("recipients", "the file is sealed to %d recipients, its manifest lists %d", s.stanzas, n)
	}
	if !s.listed(h.Manifest.Recipients) {
		return container.Head{}, bundle.Refuse("recipients", "the key that opens the file is not among the recipients its manifest lists")
	}
	return h, nil
}

func profile(clear bool) string {
	if clear {
		return "not encrypted"
	}
	return "encrypted"
}

// listed holds that the officers agreed to a recipient we are. Identities that
// do not tell their recipient (tokens) are believed.
func (s *Stream) listed(recipients []string) bool {
	for _, id := range s.identities {
		known, ok := id.(interface{ Recipient() *age.HybridRecipient })
		if !ok || slices.Contains(recipients, string(bundle.DigestOf([]byte(known.Recipient().String())))) {
			return true
		}
	}
	return false
}

// Next goes to the next file; see [container.Reader.Next]. Call Head first.
func (s *Stream) Next() (bundle.Entry, error) { return s.tar.Next() }

// Read reads from the file Next went to.
func (s *Stream) Read(p []byte) (int, error) { return s.tar.Read(p) }

// Finish reads whatever is left and returns what the bundle turned out to be.
func (s *Stream) Finish() (Measured, error) {
	h, err := s.Head()
	if err != nil {
		return Measured{}, err
	}
	for {
		if _, err := s.tar.Next(); err == io.EOF {
			break
		} else if err != nil {
			return Measured{}, err
		}
	}
	return Measured{
		SealedSHA256:   bundle.Digest(hex.EncodeToString(s.src.hash.Sum(nil))),
		SealedSize:     s.src.size,
		TarSHA256:      s.tar.TarSHA256(),
		TarSize:        s.tar.TarSize(),
		ManifestSHA256: h.ManifestSHA256,
	}, nil
}

// source counts and hashes the sealed file and marks its read errors, so that a
// broken stick is not taken for a forged bundle.
type source struct {
	r     io.Reader
	alive func() error
	hash  hash.Hash
	size  int64
}

func newSource(ctx context.Context, r io.Reader) *source {
	return &source{r: r, alive: ctx.Err, hash: sha256.New()}
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.alive(); err != nil {
		return 0, sourceError{err}
	}
	n, err := s.r.Read(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	if err != nil && err != io.EOF {
		err = sourceError{err}
	}
	return n, err
}
