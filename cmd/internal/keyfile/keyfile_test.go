package keyfile_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func fixed(pass string) keyfile.Passphrase {
	return func(string) ([]byte, error) { return []byte(pass), nil }
}

func TestSignerRoundTrip(t *testing.T) {
	for name, pass := range map[string]string{"unprotected": "", "protected": "a long passphrase"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			public, err := keyfile.NewSigner(dir, "mdurand", []byte(pass))
			require.NoError(t, err)
			s, err := keyfile.Signer(filepath.Join(dir, "mdurand.key"), fixed(pass))
			require.NoError(t, err)
			require.Equal(t, public, s.Public())
			again, err := keyfile.PublicKey(filepath.Join(dir, "mdurand.pub"))
			require.NoError(t, err)
			require.Equal(t, public, again)
			info, err := os.Stat(filepath.Join(dir, "mdurand.key"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		})
	}
}

func TestAWrongPassphraseIsSaid(t *testing.T) {
	dir := t.TempDir()
	_, err := keyfile.NewSigner(dir, "a", []byte("a long passphrase"))
	require.NoError(t, err)
	_, err = keyfile.Signer(filepath.Join(dir, "a.key"), fixed("another"))
	require.ErrorIs(t, err, sign.ErrPassphrase)
	_, err = keyfile.Signer(filepath.Join(dir, "a.key"), func(string) ([]byte, error) { return nil, cli.ErrNoAnswer })
	require.ErrorIs(t, err, cli.ErrNoAnswer)
}

func TestNothingIsReplaced(t *testing.T) {
	dir := t.TempDir()
	first, err := keyfile.NewSigner(dir, "a", nil)
	require.NoError(t, err)
	_, err = keyfile.NewSigner(dir, "a", nil)
	require.ErrorIs(t, err, keyfile.ErrExists)
	again, err := keyfile.PublicKey(filepath.Join(dir, "a.pub"))
	require.NoError(t, err)
	require.Equal(t, first, again)
}

func TestIdentityRoundTrip(t *testing.T) {
	for name, pass := range map[string]string{"unprotected": "", "protected": "a long passphrase"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "record.key")
			recipient, err := keyfile.NewIdentity(path, []byte(pass))
			require.NoError(t, err)
			ids, err := keyfile.Identities(path, fixed(pass))
			require.NoError(t, err)
			to, err := age.ParseHybridRecipient(recipient)
			require.NoError(t, err)
			var sealed bytes.Buffer
			w, err := age.Encrypt(&sealed, to)
			require.NoError(t, err)
			_, err = io.WriteString(w, "hello")
			require.NoError(t, err)
			require.NoError(t, w.Close())
			r, err := age.Decrypt(&sealed, ids...)
			require.NoError(t, err)
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, "hello", string(got))
			if pass != "" {
				_, err = keyfile.Identities(path, fixed("wrong one"))
				require.ErrorIs(t, err, sign.ErrPassphrase)
			}
		})
	}
}

// Stock ssh-keygen reads the keys this package makes.
func TestStockSSHKeygenReadsTheKey(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	dir := t.TempDir()
	public, err := keyfile.NewSigner(dir, "a", []byte("a long passphrase"))
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-y", "-P", "a long passphrase", "-f", filepath.Join(dir, "a.key")).Output()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(out), string(public)), "%s", out)
}

func TestNewPassphrase(t *testing.T) {
	ask := func(in string) ([]byte, error) {
		env := &cli.Env{In: strings.NewReader(in), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }, Now: time.Now}
		return keyfile.NewPassphrase(env, "the key", "", false)
	}
	got, err := ask("correct horse\ncorrect horse\n")
	require.NoError(t, err)
	require.Equal(t, "correct horse", string(got))
	for name, in := range map[string]string{"too short": "short\nshort\n", "different": "correct horse\ncorrect cow\n", "no answer": ""} {
		_, err := ask(in)
		require.Error(t, err, name)
	}
	_, err = ask("")
	require.ErrorIs(t, err, cli.ErrNoAnswer)
	require.Contains(t, cli.Hint(err), "--passphrase-file")

	file := filepath.Join(t.TempDir(), "pass")
	require.NoError(t, os.WriteFile(file, []byte("out of a file\r\n"), 0o600))
	got, err = keyfile.NewPassphrase(nil, "", file, false)
	require.NoError(t, err)
	require.Equal(t, "out of a file", string(got))
	got, err = keyfile.NewPassphrase(nil, "", file, true)
	require.NoError(t, err)
	require.Nil(t, got)
}
