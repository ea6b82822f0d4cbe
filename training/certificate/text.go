package certificate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"darksite/bundle/sign"
	"darksite/bundle/statement"
)

// Prefix begins the text form. It is in capitals because a code holds capitals and
// digits in fewer modules.
const Prefix = "DSC1:"

// MaxText is more characters than any certificate has in its text form.
const MaxText = 700

// Signed is a certificate with the signature of its issuer.
type Signed struct {
	Certificate
	Signature []byte // 64 bytes, without armor
}

// Issue signs a certificate with the issuer's key, whose ID it must name.
func Issue(c Certificate, issuer sign.Signer) (Signed, error) {
	if id := issuer.Public().ID(); c.Issuer != id {
		return Signed{}, fmt.Errorf("issue certificate %s: it names the issuer %s and the key is %s", c.ID, c.Issuer, id)
	}
	text, err := c.Encode()
	if err != nil {
		return Signed{}, err
	}
	armored, err := issuer.Sign(sign.Certificate, text)
	if err != nil {
		return Signed{}, fmt.Errorf("issue certificate %s: %w", c.ID, err)
	}
	short, err := sign.Compact(armored)
	if err != nil {
		return Signed{}, fmt.Errorf("issue certificate %s: %w", c.ID, err)
	}
	return Signed{c, short}, nil
}

// Statement is the text that is signed, for stock tools.
func (s Signed) Statement() ([]byte, error) { return s.Encode() }

// Armored is the signature as stock ssh-keygen reads it, under the key that is said
// to have made it.
func (s Signed) Armored(issuer sign.PublicKey) ([]byte, error) {
	return sign.Expand(sign.Certificate, s.Signature, issuer)
}

// Text is the form that is printed as a code and can be typed.
func Text(s Signed) (string, error) {
	if err := s.validate(); err != nil {
		return "", fmt.Errorf("write certificate: %w", err)
	}
	if len(s.Signature) != sign.CompactSize {
		return "", fmt.Errorf("write certificate %s: a signature of %d bytes, want %d", s.ID, len(s.Signature), sign.CompactSize)
	}
	var b bytes.Buffer
	for _, l := range s.lines()[1:] {
		b.WriteString(l.Value)
		b.WriteByte('\n')
	}
	b.Write(s.Signature)
	return Prefix + encode45(b.Bytes()), nil
}

// ParseText reads the text form and refuses any spelling Text would not write, but for
// white space around it and at line ends, which people add when they paste.
func ParseText(text string) (Signed, error) {
	joined := strings.NewReplacer("\r", "", "\n", "").Replace(strings.TrimSpace(text))
	if len(joined) > MaxText {
		return Signed{}, fmt.Errorf("read certificate: %d characters, at most %d", len(joined), MaxText)
	}
	code, ok := strings.CutPrefix(joined, Prefix)
	if !ok {
		return Signed{}, fmt.Errorf("read certificate: want a text that begins with %s", Prefix)
	}
	raw, err := decode45(code)
	if err != nil {
		return Signed{}, fmt.Errorf("read certificate: %w", err)
	}
	text, signature, err := cut(raw)
	if err != nil {
		return Signed{}, fmt.Errorf("read certificate: %w", err)
	}
	c, err := Parse([]byte(text))
	if err != nil {
		return Signed{}, err
	}
	return Signed{c, signature}, nil
}

// cut parts values and signature and puts the keys back before the values.
func cut(raw []byte) (text string, signature []byte, err error) {
	keys := Certificate{}.lines()[1:]
	lines := []statement.Line{{Key: "format", Value: format}}
	for _, k := range keys {
		value, rest, ok := bytes.Cut(raw, []byte("\n"))
		if !ok {
			return "", nil, fmt.Errorf("the field %s is missing", k.Key)
		}
		lines = append(lines, statement.Line{Key: k.Key, Value: string(value)})
		raw = rest
	}
	if len(raw) != sign.CompactSize {
		return "", nil, errors.New("the signature is cut or something follows it")
	}
	whole, err := statement.Encode(lines)
	return string(whole), bytes.Clone(raw), err
}
