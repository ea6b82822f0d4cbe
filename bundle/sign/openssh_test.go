package sign_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// keygen runs the stock ssh-keygen in a folder of its own.
func keygen(t *testing.T, dir, stdin string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed: interoperation is not shown")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
}

func TestStockVerifiesOurSignature(t *testing.T) {
	dir := t.TempDir()
	key := newKey(t)
	armored, err := key.Sign(sign.Approval, text)
	require.NoError(t, err)
	write(t, dir, "sig", armored)
	write(t, dir, "allowed", []byte("alevy@S042 namespaces=\"approval@darksite\" "+string(key.Public())+"\n"))
	args := func(ns string) []string {
		return []string{"-Y", "verify", "-f", "allowed", "-I", "alevy@S042", "-n", ns, "-s", "sig"}
	}

	out, err := keygen(t, dir, string(text), args("approval@darksite")...)
	require.NoError(t, err, out)
	_, err = keygen(t, dir, string(text)+" ", args("approval@darksite")...)
	require.Error(t, err)
	_, err = keygen(t, dir, string(text), args("manifest@darksite")...)
	require.Error(t, err)
}

// What an officer signs by hand must be taken as it is, byte for byte, whatever
// the length of its last line.
func TestWeVerifyStockSignatures(t *testing.T) {
	for _, kind := range []string{"ed25519", "ecdsa"} {
		dir := t.TempDir()
		out, err := keygen(t, dir, "", "-q", "-t", kind, "-N", "", "-C", "alevy", "-f", "key")
		require.NoError(t, err, out)
		line, err := os.ReadFile(filepath.Join(dir, "key.pub"))
		require.NoError(t, err)
		public, err := sign.ParsePublicKey(string(line))
		require.NoError(t, err)
		for n := range 8 {
			ns := sign.Namespace("approval@darksite" + strings.Repeat("x", 6*n))
			armored, err := keygen(t, dir, string(text), "-q", "-Y", "sign", "-f", "key", "-n", string(ns))
			require.NoError(t, err, armored)
			require.NoError(t, sign.Verify(ns, text, []byte(armored), public), "%s %s", kind, ns)
			by, err := sign.SignedBy([]byte(armored))
			require.NoError(t, err)
			require.Equal(t, public, by)
		}
	}
}

func TestStockReadsOurPrivateKeys(t *testing.T) {
	dir := t.TempDir()
	private, public, err := sign.GenerateKey(nil, "bweiss", []byte("open sesame"))
	require.NoError(t, err)
	write(t, dir, "key", private)

	out, err := keygen(t, dir, "", "-y", "-P", "open sesame", "-f", "key")
	require.NoError(t, err, out)
	require.Equal(t, string(public), strings.Join(strings.Fields(out)[:2], " "))
	out, err = keygen(t, dir, "", "-l", "-f", "key")
	require.NoError(t, err, out)
	require.Contains(t, out, public.Fingerprint())
	_, err = keygen(t, dir, "", "-y", "-P", "wrong", "-f", "key")
	require.Error(t, err)
}

// ssh-keygen agrees about what must be refused, not only about what holds.
func TestStockAgreesOnHiddenBytes(t *testing.T) {
	dir := t.TempDir()
	key := newKey(t)
	good, err := key.Sign(sign.Approval, text)
	require.NoError(t, err)
	blob := decode(t, good)
	write(t, dir, "sig", rearmor(replace(blob, "\x00\x00\x00\x06sha512", "\x00\x00\x00\x06sha256")))
	_, err = keygen(t, dir, string(text), "-Y", "check-novalidate", "-n", "approval@darksite", "-s", "sig")
	require.Error(t, err)
	write(t, dir, "sig", good)
	out, err := keygen(t, dir, string(text), "-Y", "check-novalidate", "-n", "approval@darksite", "-s", "sig")
	require.NoError(t, err, out)
	require.True(t, bytes.Equal(rearmor(blob), good))
}

func decode(t *testing.T, armored []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(armored)
	require.NotNil(t, block)
	return block.Bytes
}
