package verify

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"darksite/bundle"

	"filippo.io/age"
)

// Bounds of the age header, far inside those of the age package.
const (
	maxHeader   = 64 << 10
	maxStanzas  = 32
	ageIntro    = "age-encryption.org/v1"
	hybridType  = "mlkem768x25519"
	armorPrefix = "-----BEGIN"
)

// ageHeader reads the header of an age file line by line, bounded, and returns
// it with the kinds of its recipient stanzas. It checks only the shape: whether
// it opens and was not changed is for the age package to say.
func ageHeader(src *bufio.Reader) ([]byte, []string, error) {
	var head []byte
	var kinds []string
	for first := true; ; first = false {
		line, err := src.ReadSlice('\n')
		head = append(head, line...)
		switch {
		case err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull):
			return nil, nil, err
		case first && len(line) == 0:
			return nil, nil, bundle.Refuse("age-empty", "the sealed file is empty")
		case first && bytes.HasPrefix(line, []byte(armorPrefix)):
			return nil, nil, bundle.Refuse("age-armor", "the sealed file is armored text, want binary age")
		case first && err == io.EOF && strings.HasPrefix(ageIntro+"\n", string(line)):
			return nil, nil, bundle.Refuse("age-truncated", "the sealed file ends inside its age header")
		case first && strings.TrimSuffix(string(line), "\n") != ageIntro:
			return nil, nil, bundle.Refuse("age-magic", "the sealed file begins with %.40q, want %q", line, ageIntro)
		case len(head) > maxHeader, err == bufio.ErrBufferFull:
			return nil, nil, bundle.Refuse("age-header-size", "the age header is longer than %d bytes", maxHeader)
		case err == io.EOF:
			return nil, nil, bundle.Refuse("age-truncated", "the sealed file ends inside its age header")
		case bytes.HasPrefix(line, []byte("---")):
			return head, kinds, checkStanzas(kinds)
		}
		if rest, ok := bytes.CutPrefix(line, []byte("-> ")); ok {
			kind, _, _ := strings.Cut(strings.TrimSuffix(string(rest), "\n"), " ")
			if kinds = append(kinds, kind); len(kinds) > maxStanzas {
				return nil, nil, bundle.Refuse("age-stanzas", "the sealed file has more than %d recipients", maxStanzas)
			}
		}
	}
}

func checkStanzas(kinds []string) error {
	for _, kind := range kinds {
		switch kind {
		case hybridType:
		case "scrypt":
			return bundle.Refuse("age-scrypt", "the sealed file is locked with a passphrase, want recipients")
		default:
			return bundle.Refuse("age-recipient", "the sealed file has a recipient of kind %q, only %s is taken", kind, hybridType)
		}
	}
	return nil
}

// decrypt opens the age layer. The reader it returns turns every fault into a
// refusal, and releases data that counts only once it has returned io.EOF.
func decrypt(src io.Reader, ids []age.Identity) (io.Reader, int, error) {
	// A header line may be as long as the header is allowed to be.
	buf := bufio.NewReaderSize(src, maxHeader)
	head, kinds, err := ageHeader(buf)
	if err != nil {
		return nil, 0, err
	}
	plain, err := age.Decrypt(io.MultiReader(bytes.NewReader(head), buf), ids...)
	var none *age.NoIdentityMatchError
	switch {
	case isSource(err):
		return nil, 0, err
	case errors.As(err, &none):
		return nil, 0, bundle.Refuse("age-no-identity", "none of the keys here opens the sealed file, which has %d recipients of kind %s",
			len(kinds), hybridType)
	case err != nil && strings.Contains(err.Error(), "header MAC"):
		return nil, 0, bundle.RefuseFor("age-mac", err, "the age header was changed")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, 0, bundle.Refuse("age-truncated", "the sealed file ends behind its age header")
	case err != nil:
		return nil, 0, bundle.RefuseFor("age-header", err, "the age header cannot be read")
	}
	return &ageReader{src: plain}, len(kinds), nil
}

type ageReader struct {
	src io.Reader
	err error
}

func (r *ageReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.src.Read(p)
	r.err = refuseChunk(err)
	return n, r.err
}

func refuseChunk(err error) error {
	switch {
	case err == nil || err == io.EOF || bundle.RefusalCode(err) != "" || isSource(err):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return bundle.Refuse("age-truncated", "the sealed file ends too early")
	case strings.Contains(err.Error(), "trailing data"):
		return bundle.Refuse("age-trailing", "something follows the end of the sealed file")
	}
	return bundle.RefuseFor("age-chunk", err, "a part of the sealed file was damaged, changed or moved")
}

// sourceError marks a failure to read the file, which is no refusal of it.
type sourceError struct{ error }

func (e sourceError) Unwrap() error { return e.error }

func isSource(err error) bool {
	var s sourceError
	return errors.As(err, &s)
}
