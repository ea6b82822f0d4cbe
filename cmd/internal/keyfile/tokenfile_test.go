package keyfile_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// tokenFile is the private key file that ssh-keygen -t ed25519-sk leaves: the
// public key, and a handle that only the token can use.
func tokenFile(t *testing.T) []byte {
	t.Helper()
	key, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	const kind = "sk-ssh-ed25519@openssh.com"
	public := ssh.Marshal(struct{ Kind, Key, Application string }{kind, string(key), "ssh:"})
	private := ssh.Marshal(struct {
		Check1, Check2         uint32
		Kind, Key, Application string
		Flags                  byte
		Handle, Reserved       string
		Comment                string
	}{7, 7, kind, string(key), "ssh:", 5, "handle of the token", "", "officer"})
	for i := byte(1); len(private)%8 != 0; i++ {
		private = append(private, i)
	}
	body := append([]byte("openssh-key-v1\x00"), ssh.Marshal(struct {
		Cipher, KDF, KDFOptions string
		Keys                    uint32
		Public, Private         string
	}{"none", "none", "", 1, string(public), string(private)})...)
	return pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: body})
}
