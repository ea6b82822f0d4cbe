// Package sign makes and checks the SSH signatures that people of a site and of
// the vendor put under plain statements.
//
// The format is SSHSIG (PROTOCOL.sshsig of OpenSSH), hash SHA-512, so that
// stock "ssh-keygen -Y verify" checks every signature without this software.
// Each kind of statement has its own [Namespace]: a signature made for one kind
// is worthless for another, and a key's role decides which namespaces it may use.
//
// Start with [ParsePrivateKey] to get a [Signer] and [Verify] to check. The
// package knows no roles and no people: that is the roster's work.
//
// Keys are Ed25519, ECDSA P-256 or their FIDO forms. RSA and DSA are refused.
// Signatures of FIDO keys must carry the mark of a touch; the mark of a PIN is
// not asked for, because stock ssh-keygen does not ask either.
//
// Limits: Verify proves that a key signed these bytes, not that the key is
// trusted, current or unrevoked.
package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Namespace separates the kinds of signed text.
type Namespace string

// The namespaces of the kit. Each is also the file's role in allowed_signers.
const (
	Manifest    Namespace = "manifest@darksite"
	Approval    Namespace = "approval@darksite"
	Label       Namespace = "label@darksite"
	Reply       Namespace = "reply@darksite"
	Receipt     Namespace = "receipt@darksite"
	Journal     Namespace = "journal@darksite"
	Root        Namespace = "root@darksite"
	Roster      Namespace = "roster@darksite"
	Enrol       Namespace = "enrol@darksite" // the holder of a new key shows that he has it
	Run         Namespace = "run@darksite"
	Step        Namespace = "step@darksite"        // a second person agrees to a step of a runbook
	Pack        Namespace = "pack@darksite"        // runbooks that are carried in
	Certificate Namespace = "certificate@darksite" // who may look after arrays, and which of those is withdrawn
	Exam        Namespace = "exam@darksite"        // the record of an examination, by candidate and supervisor
)

// MaxSignature bounds an armored signature; real ones are below 1 KiB.
const MaxSignature = 8 << 10

var (
	// ErrBadSignature is wrapped by every refusal of Verify.
	ErrBadSignature = errors.New("signature does not match")
	// ErrPassphrase says that a private key needs a passphrase or got a wrong one.
	ErrPassphrase = errors.New("passphrase missing or wrong")
)

// PublicKey is one line of an OpenSSH public key without comment, such as
// "ssh-ed25519 AAAA...". It is comparable; two equal keys are the same string.
type PublicKey string

// ParsePublicKey reads an OpenSSH public key line and drops options and comment.
func ParsePublicKey(line string) (PublicKey, error) {
	if strings.ContainsAny(strings.TrimSpace(line), "\r\n") {
		return "", errors.New("read public key: more than one line")
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return "", fmt.Errorf("read public key: %w", err)
	}
	if err := checkType(key.Type()); err != nil {
		return "", err
	}
	return fromSSH(key), nil
}

// ID is a short name of the key: the first 16 hex digits of SHA-256 over its
// blob. It is a hint to find a key, never proof of one.
func (k PublicKey) ID() string {
	key, err := k.ssh()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(key.Marshal())
	return hex.EncodeToString(sum[:8])
}

// Hex is the whole SHA-256 over the blob of the key, for comparing by eye and, in
// words, by ear.
func (k PublicKey) Hex() string {
	key, err := k.ssh()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(key.Marshal())
	return hex.EncodeToString(sum[:])
}

// Fingerprint is the form ssh-keygen -l prints: SHA256: and base64.
func (k PublicKey) Fingerprint() string {
	key, err := k.ssh()
	if err != nil {
		return ""
	}
	return ssh.FingerprintSHA256(key)
}

func (k PublicKey) ssh() (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k))
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	return key, checkType(key.Type())
}

func fromSSH(key ssh.PublicKey) PublicKey {
	return PublicKey(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))))
}

func checkType(t string) error {
	switch t {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoSKECDSA256:
		return nil
	}
	return fmt.Errorf("key type %s is not accepted: use ed25519 or ecdsa p-256", t)
}

// Signer signs text in a namespace and returns the armored signature.
type Signer interface {
	Public() PublicKey
	Sign(ns Namespace, text []byte) ([]byte, error)
}

type sshSigner struct{ key ssh.Signer }

// NewSigner wraps any SSH signer: a key file, an agent or a token.
func NewSigner(key ssh.Signer) (Signer, error) {
	if err := checkType(key.PublicKey().Type()); err != nil {
		return nil, err
	}
	return sshSigner{key}, nil
}

func (s sshSigner) Public() PublicKey { return fromSSH(s.key.PublicKey()) }

func (s sshSigner) Sign(ns Namespace, text []byte) ([]byte, error) {
	if ns == "" {
		return nil, errors.New("sign: empty namespace")
	}
	sig, err := sshsig.Sign(bytes.NewReader(text), s.key, sshsig.HashSHA512, string(ns))
	if err != nil {
		return nil, fmt.Errorf("sign in %s: %w", ns, err)
	}
	return armor(sig), nil
}

// Verify checks an armored signature over text. It refuses another namespace,
// another key, another hash than SHA-512, and any spelling of the armor but that
// of ssh-keygen, so that a signature file can carry nothing else.
func Verify(ns Namespace, text, armored []byte, key PublicKey) error {
	if ns == "" {
		return fmt.Errorf("%w: no namespace", ErrBadSignature)
	}
	sig, err := unarmor(armored)
	if err != nil {
		return err
	}
	if sig.Namespace != string(ns) {
		return fmt.Errorf("%w: made for %q, wanted %q", ErrBadSignature, sig.Namespace, ns)
	}
	pub, err := key.ssh()
	if err != nil {
		return err
	}
	if !bytes.Equal(sig.PublicKey.Marshal(), pub.Marshal()) {
		return fmt.Errorf("%w: made by key %s, wanted %s", ErrBadSignature, fromSSH(sig.PublicKey).ID(), key.ID())
	}
	if err := sshsig.Verify(bytes.NewReader(text), sig, pub, sshsig.HashSHA512, string(ns)); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSignature, err)
	}
	return nil
}

// SignedBy reads which key an armored signature claims. It proves nothing: use
// it to look a key up and then [Verify].
func SignedBy(armored []byte) (PublicKey, error) {
	sig, err := unarmor(armored)
	if err != nil {
		return "", err
	}
	return fromSSH(sig.PublicKey), nil
}

// GenerateKey makes an Ed25519 key and returns it in the OpenSSH private key
// format, which ssh-keygen reads. An empty passphrase leaves the file
// unencrypted: only for demonstrations and tests.
func GenerateKey(random io.Reader, comment string, passphrase []byte) (private []byte, public PublicKey, err error) {
	if random == nil {
		random = rand.Reader
	}
	pub, priv, err := ed25519.GenerateKey(random)
	if err != nil {
		return nil, "", fmt.Errorf("generate key: %w", err)
	}
	sshPub, err := ssh.NewPublicKey(pub)
	if err != nil {
		return nil, "", fmt.Errorf("generate key: %w", err)
	}
	var block *pem.Block
	if len(passphrase) == 0 {
		block, err = ssh.MarshalPrivateKey(priv, comment)
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(priv, comment, passphrase)
	}
	if err != nil {
		return nil, "", fmt.Errorf("write private key: %w", err)
	}
	return pem.EncodeToMemory(block), fromSSH(sshPub), nil
}

// ParsePrivateKey reads an OpenSSH private key. When the key is encrypted and
// passphrase is empty or wrong the error wraps [ErrPassphrase].
func ParsePrivateKey(file, passphrase []byte) (Signer, error) {
	key, err := ssh.ParsePrivateKey(file)
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		if len(passphrase) == 0 {
			return nil, fmt.Errorf("read private key: %w", ErrPassphrase)
		}
		if key, err = ssh.ParsePrivateKeyWithPassphrase(file, passphrase); err != nil {
			return nil, fmt.Errorf("read private key: %w", ErrPassphrase)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read private key: %w", err)
	}
	return NewSigner(key)
}
