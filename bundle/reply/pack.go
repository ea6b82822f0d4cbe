package reply

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
)

// member is one file of a pack.
type member struct {
	name string
	data []byte
}

// archive writes the one spelling of a pack: plain ustar headers with no owner,
// no time and mode 0644, and two zero blocks at the end.
func archive(members []member) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.data)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("write archive: %w", err)
		}
		if _, err := w.Write(m.data); err != nil {
			return nil, fmt.Errorf("write archive: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write archive: %w", err)
	}
	return b.Bytes(), nil
}

func unarchive(data []byte) ([]member, error) {
	var members []member
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		if h.Typeflag != tar.TypeReg || len(h.Name) > 80 || len(members) > signers+2+attachments {
			return nil, fmt.Errorf("read archive: member %q does not belong here", h.Name)
		}
		body, err := io.ReadAll(io.LimitReader(r, MaxBytes))
		if err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		members = append(members, member{h.Name, body})
	}
	again, err := archive(members)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, errors.New("read archive: it is not in its one spelling")
	}
	return members, nil
}

func seal(plain []byte, to age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return b.Bytes(), nil
}

// unseal returns the plaintext only when age has proven it to its end.
func unseal(file []byte, ids []age.Identity) ([]byte, error) {
	if !bytes.HasPrefix(file, []byte("age-encryption.org/v1\n")) {
		return nil, errors.New("not a sealed reply")
	}
	r, err := age.Decrypt(bytes.NewReader(file), ids...)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return plain, nil
}
