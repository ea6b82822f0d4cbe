package sign

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// CompactSize is the length in bytes of a signature without its armor.
const CompactSize = ed25519.SignatureSize

// Compact takes the signature of a plain Ed25519 key out of its armor, for places
// where each byte counts, such as a printed code. What is left out is known to whoever
// verifies: the key and the namespace. [Expand] puts the armor back.
func Compact(armored []byte) ([]byte, error) {
	sig, err := unarmor(armored)
	if err != nil {
		return nil, err
	}
	if sig.PublicKey.Type() != ssh.KeyAlgoED25519 || len(sig.Signature.Blob) != CompactSize {
		return nil, fmt.Errorf("a signature by a key of type %s has no short form: use an ssh-ed25519 key", sig.PublicKey.Type())
	}
	return sig.Signature.Blob, nil
}

// Expand is the armored signature of which compact is the short form. It proves
// nothing: use [Verify] on what it returns.
func Expand(ns Namespace, compact []byte, by PublicKey) ([]byte, error) {
	key, err := by.ssh()
	if err != nil {
		return nil, err
	}
	if key.Type() != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("keys of type %s have no short signatures", key.Type())
	}
	if len(compact) != CompactSize {
		return nil, errors.New("a short signature has 64 bytes")
	}
	return armor(&sshsig.Signature{
		Version:       1,
		PublicKey:     key,
		Namespace:     string(ns),
		HashAlgorithm: sshsig.HashSHA512,
		Signature:     &ssh.Signature{Format: ssh.KeyAlgoED25519, Blob: compact},
	}), nil
}
