// Package keyfile makes and reads the private key files of people, sites and
// the vendor, in the formats stock ssh-keygen and age use.
//
// A signing key is an OpenSSH private key; an identity (what can open a sealed
// bundle) is an age identity file, hybrid only, itself encrypted with a
// passphrase unless none is given. Files are made with mode 0600 and never
// replace another file.
//
// A key need not be in a file the kit can read: [Open] also signs with what an
// ssh-agent holds or a FIDO token does, and an identity file may name an age
// plugin.
package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"darksite/bundle/safefile"
	"darksite/bundle/sign"

	"filippo.io/age"
)

// ErrExists says that a key file is already there.
var ErrExists = errors.New("a key file is there already")

const (
	keySuffix  = ".key"
	pubSuffix  = ".pub"
	maxKeyFile = 64 << 10
	ageMagic   = "age-encryption.org/v1"
)

// Passphrase hands in the passphrase of a key when one is needed. what says
// which key, for a prompt.
type Passphrase func(what string) ([]byte, error)

// NewSigner makes a signing key dir/id.key with its public half dir/id.pub.
func NewSigner(dir, id string, passphrase []byte) (sign.PublicKey, error) {
	path := filepath.Join(dir, id+keySuffix)
	private, public, err := sign.GenerateKey(nil, id, passphrase)
	if err != nil {
		return "", err
	}
	if err := writeNew(path, private, 0o600); err != nil {
		return "", err
	}
	if err := writeNew(filepath.Join(dir, id+pubSuffix), []byte(string(public)+" "+id+"\n"), 0o644); err != nil {
		return "", err
	}
	return public, nil
}

// Signer reads a signing key. ask is called only when the file is encrypted.
func Signer(path string, ask Passphrase) (sign.Signer, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	s, err := sign.ParsePrivateKey(data, nil)
	if !errors.Is(err, sign.ErrPassphrase) {
		return s, wrap(path, err)
	}
	pass, err := ask("passphrase of " + filepath.Base(path))
	if err != nil {
		return nil, err
	}
	s, err = sign.ParsePrivateKey(data, pass)
	return s, wrap(path, err)
}

// PublicKey reads the public half written by NewSigner or ssh-keygen.
func PublicKey(path string) (sign.PublicKey, error) {
	data, err := read(path)
	if err != nil {
		return "", err
	}
	key, err := sign.ParsePublicKey(string(data))
	return key, wrap(path, err)
}

// NewIdentity makes a hybrid age identity at path and returns its recipient.
func NewIdentity(path string, passphrase []byte) (recipient string, err error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", fmt.Errorf("make identity: %w", err)
	}
	recipient = id.Recipient().String()
	text := fmt.Sprintf("# public key: %s\n%s\n", recipient, id)
	if len(passphrase) > 0 {
		if text, err = lock(text, passphrase); err != nil {
			return "", err
		}
	}
	return recipient, writeNew(path, []byte(text), 0o600)
}

func lock(text string, passphrase []byte) (string, error) {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return "", fmt.Errorf("lock identity: %w", err)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return "", fmt.Errorf("lock identity: %w", err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return "", fmt.Errorf("lock identity: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("lock identity: %w", err)
	}
	return out.String(), nil
}

// Identities reads an age identity file. ask is called only when it is encrypted.
func Identities(path string, ask Passphrase) ([]age.Identity, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(data), ageMagic) {
		pass, err := ask("passphrase of " + filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if data, err = unlock(data, pass); err != nil {
			return nil, wrap(path, err)
		}
	}
	ids, err := plugged(data, ask)
	return ids, wrap(path, err)
}

func unlock(data, pass []byte) ([]byte, error) {
	id, err := age.NewScryptIdentity(string(pass))
	if err != nil {
		return nil, sign.ErrPassphrase
	}
	r, err := age.Decrypt(bytes.NewReader(data), id)
	if err != nil {
		return nil, sign.ErrPassphrase
	}
	return io.ReadAll(io.LimitReader(r, maxKeyFile))
}

func writeNew(path string, data []byte, mode fs.FileMode) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("write %s: %w", path, ErrExists)
	}
	return safefile.Write(path, data, mode)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	return data, wrap(path, err)
}

func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}
