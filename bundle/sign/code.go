package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// spelled has neither I nor O nor U nor L, which are misread.
var spelled = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// misread puts right what a person takes one letter for.
var misread = strings.NewReplacer("O", "0", "I", "1", "L", "1", " ", "", "-", "", "\n", "", "\r", "", "\t", "")

// checkBytes end a code, so that a slip of the pen is told from a forged one.
const checkBytes = 2

// group is how many letters stand together.
const group = 5

// Code spells a signature of an Ed25519 key so that a person can copy it by hand
// or say it on the telephone: 22 groups of letters and digits, the last two bytes
// a check. Key and namespace are not in it; [FromCode] wants to be told.
func Code(armored []byte) (string, error) {
	sig, err := unarmor(armored)
	if err != nil {
		return "", err
	}
	if sig.Signature.Format != ssh.KeyAlgoED25519 || len(sig.Signature.Blob) != ed25519.SignatureSize {
		return "", errors.New("only the signature of an ed25519 key can be spelled as a code")
	}
	raw := bytes.Clone(sig.Signature.Blob)
	sum := sha256.Sum256(raw)
	text := spelled.EncodeToString(append(raw, sum[:checkBytes]...))
	var b strings.Builder
	for i := 0; i < len(text); i += group {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text[i:min(i+group, len(text))])
	}
	return b.String(), nil
}

// FromCode makes the signature of a key in a namespace from its code. It proves
// nothing: [Verify] it. Case, blanks, and O for 0 or I and L for 1 do not matter.
func FromCode(ns Namespace, code string, key PublicKey) ([]byte, error) {
	if len(code) > 4*ed25519.SignatureSize {
		return nil, errors.New("the code is too long")
	}
	raw, err := spelled.DecodeString(misread.Replace(strings.ToUpper(code)))
	if err != nil || len(raw) != ed25519.SignatureSize+checkBytes {
		return nil, fmt.Errorf("the code is not whole: want %d letters and digits", spelled.EncodedLen(ed25519.SignatureSize+checkBytes))
	}
	blob, check := raw[:ed25519.SignatureSize], raw[ed25519.SignatureSize:]
	if sum := sha256.Sum256(blob); !bytes.Equal(sum[:checkBytes], check) {
		return nil, errors.New("the code has a slip in it: compare it letter by letter")
	}
	pub, err := key.ssh()
	if err != nil {
		return nil, err
	}
	return armor(&sshsig.Signature{
		Version: 1, PublicKey: pub, Namespace: string(ns), HashAlgorithm: sshsig.HashSHA512,
		Signature: &ssh.Signature{Format: ssh.KeyAlgoED25519, Blob: blob},
	}), nil
}
