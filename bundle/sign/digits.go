package sign

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/hiddeco/sshsig"
)

// digitGroup is how many hex digits stand together: as many as in a SHA-256.
const digitGroup = 64

// Digits spells a signature of any kind of key as groups of hex digits, for texts in
// which armor would be taken for a secret and masked. Key and namespace are in it.
func Digits(armored []byte) ([]string, error) {
	sig, err := unarmor(armored)
	if err != nil {
		return nil, err
	}
	var out []string
	for text := hex.EncodeToString(sig.Marshal()); text != ""; {
		n := min(digitGroup, len(text))
		out, text = append(out, text[:n]), text[n:]
	}
	return out, nil
}

// FromDigits makes the armored signature again. It proves nothing: [Verify] it.
func FromDigits(groups []string) ([]byte, error) {
	text := strings.Join(groups, "")
	if len(text) > 2*MaxSignature {
		return nil, errors.New("too many digits for a signature")
	}
	raw, err := hex.DecodeString(text)
	if err != nil || strings.ToLower(text) != text {
		return nil, fmt.Errorf("%w: want groups of hex digits", ErrBadSignature)
	}
	sig, err := sshsig.ParseSignature(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadSignature, err)
	}
	armored := armor(sig)
	if _, err := unarmor(armored); err != nil {
		return nil, err
	}
	return armored, nil
}
