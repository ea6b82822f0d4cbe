package sign_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"strings"
	"testing"

	"darksite/bundle/sign"

	"github.com/hiddeco/sshsig"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

var text = []byte("statement: export approval v1\n")

func newKey(t testing.TB) sign.Signer {
	t.Helper()
	private, public, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	require.Equal(t, public, key.Public())
	return key
}

func newECDSA(t testing.TB) (ssh.Signer, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	return signer, key
}

func TestVerify(t *testing.T) {
	key, other := newKey(t), newKey(t)
	good, err := key.Sign(sign.Approval, text)
	require.NoError(t, err)
	public := key.Public()

	require.NoError(t, sign.Verify(sign.Approval, text, good, public))
	for name, check := range map[string]func() error{
		"another namespace": func() error { return sign.Verify(sign.Manifest, text, good, public) },
		"no namespace":      func() error { return sign.Verify("", text, good, public) },
		"another key":       func() error { return sign.Verify(sign.Approval, text, good, other.Public()) },
		"another text":      func() error { return sign.Verify(sign.Approval, append([]byte(" "), text...), good, public) },
		"empty":             func() error { return sign.Verify(sign.Approval, text, nil, public) },
		"too large": func() error {
			return sign.Verify(sign.Approval, text, bytes.Repeat([]byte("A"), sign.MaxSignature+1), public)
		},
	} {
		require.ErrorIs(t, check(), sign.ErrBadSignature, name)
	}
}

func TestSignRefusesAnEmptyNamespace(t *testing.T) {
	_, err := newKey(t).Sign("", text)
	require.Error(t, err)
}

// A signature file must not be able to carry anything beside the signature.
func TestVerifyTakesOneSpellingOnly(t *testing.T) {
	key := newKey(t)
	good, err := key.Sign(sign.Approval, text)
	require.NoError(t, err)
	block, rest := pem.Decode(good)
	require.Empty(t, rest)

	for name, armored := range map[string][]byte{
		"wrapped at 64":      pem.EncodeToMemory(block),
		"text before":        append([]byte("hello\n"), good...),
		"text behind":        append(bytes.Clone(good), "hello\n"...),
		"carriage returns":   bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")),
		"a header in it":     bytes.Replace(good, []byte("\n"), []byte("\nComment: hello\n\n"), 1),
		"no last line feed":  good[:len(good)-1],
		"another type":       bytes.ReplaceAll(good, []byte("SSH SIGNATURE"), []byte("PGP SIGNATURE")),
		"two of them":        append(bytes.Clone(good), good...),
		"another version":    rearmor(replace(block.Bytes, "SSHSIG\x00\x00\x00\x01", "SSHSIG\x00\x00\x00\x02")),
		"hash named sha256":  rearmor(replace(block.Bytes, "\x00\x00\x00\x06sha512", "\x00\x00\x00\x06sha256")),
		"something reserved": rearmor(replace(block.Bytes, "\x00\x00\x00\x00\x00\x00\x00\x06sha512", "\x00\x00\x00\x03abc\x00\x00\x00\x06sha512")),
		"tail in the blob":   rearmor(append(bytes.Clone(block.Bytes), "hidden"...)),
		"tail in the signature": rearmor(tail(t, block.Bytes, func(sig *ssh.Signature) {
			sig.Rest = []byte("hidden")
		})),
	} {
		require.NotEqual(t, good, armored, name)
		require.ErrorIs(t, sign.Verify(sign.Approval, text, armored, key.Public()), sign.ErrBadSignature, name)
		_, err := sign.SignedBy(armored)
		require.ErrorIs(t, err, sign.ErrBadSignature, name)
	}
}

func TestVerifyECDSATakesShortNumbersOnly(t *testing.T) {
	signer, _ := newECDSA(t)
	key, err := sign.NewSigner(signer)
	require.NoError(t, err)
	good, err := key.Sign(sign.Label, text)
	require.NoError(t, err)
	require.NoError(t, sign.Verify(sign.Label, text, good, key.Public()))

	block, _ := pem.Decode(good)
	long := rearmor(tail(t, block.Bytes, func(sig *ssh.Signature) {
		var n struct{ R, S *big.Int }
		require.NoError(t, ssh.Unmarshal(sig.Blob, &n))
		r := append([]byte{0, 0, 0}, n.R.Bytes()...)
		sig.Blob = ssh.Marshal(struct{ R, S []byte }{r, append([]byte{0}, n.S.Bytes()...)})
	}))
	require.ErrorIs(t, sign.Verify(sign.Label, text, long, key.Public()), sign.ErrBadSignature)
}

func TestKeyKinds(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rsaSigner, err := ssh.NewSignerFromKey(rsaKey)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	p384Signer, err := ssh.NewSignerFromKey(p384)
	require.NoError(t, err)
	p256Signer, _ := newECDSA(t)

	for name, c := range map[string]struct {
		signer ssh.Signer
		ok     bool
	}{
		"ecdsa p-256": {p256Signer, true},
		"ecdsa p-384": {p384Signer, false},
		"rsa":         {rsaSigner, false},
	} {
		_, err := sign.NewSigner(c.signer)
		require.Equal(t, c.ok, err == nil, name)
		_, err = sign.ParsePublicKey(string(ssh.MarshalAuthorizedKey(c.signer.PublicKey())))
		require.Equal(t, c.ok, err == nil, name)
		sig, err := sshsig.Sign(bytes.NewReader(text), c.signer, sshsig.HashSHA512, string(sign.Approval))
		require.NoError(t, err)
		block, _ := pem.Decode(sshsig.Armor(sig))
		_, err = sign.SignedBy(rearmor(block.Bytes))
		require.Equal(t, c.ok, err == nil, name)
	}
}

// A token's signature counts only with the mark that somebody touched it.
func TestTokenSignatureNeedsATouch(t *testing.T) {
	const touched, withPIN = 0x01, 0x04
	for name, c := range map[string]struct {
		flags byte
		ok    bool
	}{
		"no touch":     {0, false},
		"PIN only":     {withPIN, false},
		"touch":        {touched, true},
		"touch, PIN":   {touched | withPIN, true},
		"touch, other": {touched | 0x40, true},
	} {
		token := newToken(t, c.flags)
		key, err := sign.NewSigner(token)
		require.NoError(t, err)
		armored, err := key.Sign(sign.Approval, text)
		require.NoError(t, err)
		err = sign.Verify(sign.Approval, text, armored, key.Public())
		if c.ok {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, sign.ErrBadSignature, name)
		}
	}
}

func TestParsePublicKey(t *testing.T) {
	key := newKey(t).Public()
	for name, line := range map[string]string{
		"with a comment": string(key) + " somebody@somewhere",
		"with options":   `no-pty ` + string(key),
		"with an end":    string(key) + "\n",
	} {
		got, err := sign.ParsePublicKey(line)
		require.NoError(t, err, name)
		require.Equal(t, key, got, name)
	}
	for name, line := range map[string]string{
		"empty":     "",
		"no key":    "ssh-ed25519",
		"bad key":   "ssh-ed25519 AAAA",
		"two lines": "# comment\n" + string(key),
	} {
		_, err := sign.ParsePublicKey(line)
		require.Error(t, err, name)
	}
}

func TestKeyNames(t *testing.T) {
	key := newKey(t).Public()
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(string(key))[1])
	require.NoError(t, err)
	sum := sha256.Sum256(blob)
	require.Regexp(t, `^[0-9a-f]{16}$`, key.ID())
	require.Equal(t, "SHA256:"+base64.RawStdEncoding.EncodeToString(sum[:]), key.Fingerprint())
	require.Empty(t, sign.PublicKey("nonsense").ID())
	require.Empty(t, sign.PublicKey("nonsense").Fingerprint())
}

func TestPrivateKeyPassphrase(t *testing.T) {
	private, public, err := sign.GenerateKey(nil, "alevy", []byte("seven small stones"))
	require.NoError(t, err)
	for name, pass := range map[string][]byte{"missing": nil, "wrong": []byte("six small stones")} {
		_, err := sign.ParsePrivateKey(private, pass)
		require.ErrorIs(t, err, sign.ErrPassphrase, name)
	}
	key, err := sign.ParsePrivateKey(private, []byte("seven small stones"))
	require.NoError(t, err)
	require.Equal(t, public, key.Public())
	_, err = sign.ParsePrivateKey([]byte("not a key"), nil)
	require.Error(t, err)
	require.NotErrorIs(t, err, sign.ErrPassphrase)
}

func FuzzVerify(f *testing.F) {
	key := newKey(f)
	good, err := key.Sign(sign.Approval, text)
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte("-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, armored []byte) {
		by, err := sign.SignedBy(armored)
		if err == nil {
			require.NotEmpty(t, by.ID())
		}
		if sign.Verify(sign.Approval, text, armored, key.Public()) == nil {
			require.Equal(t, string(good), string(armored)) // Ed25519 signs one way only
		}
	})
}

// rearmor writes a blob in the spelling of ssh-keygen.
func rearmor(blob []byte) []byte {
	var b bytes.Buffer
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	for s := base64.StdEncoding.EncodeToString(blob); s != ""; {
		n := min(70, len(s))
		b.WriteString(s[:n] + "\n")
		s = s[n:]
	}
	b.WriteString("-----END SSH SIGNATURE-----\n")
	return b.Bytes()
}

func replace(blob []byte, from, to string) []byte {
	return bytes.Replace(blob, []byte(from), []byte(to), 1)
}

// tail edits the inner signature of a blob, which is its last field.
func tail(t *testing.T, blob []byte, edit func(*ssh.Signature)) []byte {
	t.Helper()
	var outer struct {
		Magic                         [10]byte // SSHSIG and the version
		Key, Namespace, Reserved, Alg string
		Signature                     []byte
	}
	require.NoError(t, ssh.Unmarshal(blob, &outer))
	var inner ssh.Signature
	require.NoError(t, ssh.Unmarshal(outer.Signature, &inner))
	edit(&inner)
	outer.Signature = ssh.Marshal(inner)
	return ssh.Marshal(outer)
}

// token is a FIDO key in software: it signs what a real one would sign, with
// the flags it is told.
type token struct {
	public ssh.PublicKey
	key    ed25519.PrivateKey
	flags  byte
}

func newToken(t *testing.T, flags byte) token {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	parsed, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, "ssh:"}))
	require.NoError(t, err)
	return token{parsed, private, flags}
}

func (k token) PublicKey() ssh.PublicKey { return k.public }

func (k token) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	app, msg := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	counter := binary.BigEndian.AppendUint32([]byte{k.flags}, 7)
	signed := append(append(app[:], counter...), msg[:]...)
	blob, err := k.key.Sign(nil, signed, crypto.Hash(0))
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: blob, Rest: counter}, err
}
