package sign

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

const (
	armorBegin = "-----BEGIN SSH SIGNATURE-----\n"
	armorEnd   = "-----END SSH SIGNATURE-----\n"
	armorWidth = 70
)

// armor writes a signature as ssh-keygen writes it, so that a signature made by
// the kit and one made by stock OpenSSH have the same spelling.
func armor(sig *sshsig.Signature) []byte {
	text := base64.StdEncoding.EncodeToString(sig.Marshal())
	var b bytes.Buffer
	b.WriteString(armorBegin)
	for len(text) > 0 {
		n := min(armorWidth, len(text))
		b.WriteString(text[:n])
		b.WriteByte('\n')
		text = text[n:]
	}
	b.WriteString(armorEnd)
	return b.Bytes()
}

// unarmor reads a signature in its one spelling. Whatever could differ while the
// signature still holds is refused, because it could carry something: another
// wrapping, text around the armor, bytes behind the signature, long numbers.
func unarmor(armored []byte) (*sshsig.Signature, error) {
	if len(armored) > MaxSignature {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBadSignature, MaxSignature)
	}
	block, _ := pem.Decode(armored)
	if block == nil || block.Type != sshsig.PEMType {
		return nil, fmt.Errorf("%w: not an SSH signature", ErrBadSignature)
	}
	sig, err := sshsig.ParseSignature(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, err)
	}
	if err := checkType(sig.PublicKey.Type()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, err)
	}
	if err := oneForm(sig.Signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, err)
	}
	if sig.HashAlgorithm != sshsig.HashSHA512 {
		return nil, fmt.Errorf("%w: hash %q, want sha512", ErrBadSignature, sig.HashAlgorithm)
	}
	if !bytes.Equal(armor(sig), armored) {
		return nil, fmt.Errorf("%w: the armor is not in its one spelling", ErrBadSignature)
	}
	return sig, nil
}

// oneForm refuses signature blobs with more in them than the verification reads.
func oneForm(sig *ssh.Signature) error {
	token := sig.Format == ssh.KeyAlgoSKED25519 || sig.Format == ssh.KeyAlgoSKECDSA256
	if !token && len(sig.Rest) > 0 {
		return errors.New("something follows the signature")
	}
	if sig.Format != ssh.KeyAlgoECDSA256 && sig.Format != ssh.KeyAlgoSKECDSA256 {
		return nil
	}
	var numbers struct{ R, S *big.Int }
	if err := ssh.Unmarshal(sig.Blob, &numbers); err != nil {
		return err
	}
	if !bytes.Equal(ssh.Marshal(numbers), sig.Blob) {
		return errors.New("a number of the signature is not in its shortest form")
	}
	return nil
}
