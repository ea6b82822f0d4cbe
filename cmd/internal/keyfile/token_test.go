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
	"darksite/cmd/internal/keyfile"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/stretchr/testify/require"
)

// pluginName is the age plugin that this test program is when it is started by
// that name.
const pluginName = "kittest"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "age-plugin-"+pluginName {
		p, err := plugin.New(pluginName)
		if err != nil {
			panic(err)
		}
		// The token of this plugin keeps the identity in a file, and asks for a PIN.
		p.HandleIdentity(func(data []byte) (age.Identity, error) {
			pin, err := p.RequestValue("PIN", true)
			if err != nil || pin != "2468" {
				return nil, io.ErrUnexpectedEOF
			}
			text, err := os.ReadFile(string(data))
			if err != nil {
				return nil, err
			}
			ids, err := age.ParseIdentities(bytes.NewReader(text))
			if err != nil {
				return nil, err
			}
			return ids[0], nil
		})
		os.Exit(p.Main())
	}
	os.Exit(m.Run())
}

// sshAgent starts a stock ssh-agent for this test and returns its socket.
func sshAgent(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"ssh-agent", "ssh-add", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	dir, err := os.MkdirTemp("", "agent") // a socket's path is short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	socket := filepath.Join(dir, "s")
	cmd := exec.CommandContext(t.Context(), "ssh-agent", "-D", "-a", socket)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // killed when the context of the test ends
	require.Eventually(t, func() bool { _, err := os.Stat(socket); return err == nil }, 10*time.Second, 5*time.Millisecond)
	return socket
}

func sshAdd(t *testing.T, socket string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ssh-add", args...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestAKeyThatAnAgentHolds(t *testing.T) {
	socket := sshAgent(t)
	never := func(what string) ([]byte, error) { t.Fatalf("asked for %s", what); return nil, nil }
	for _, kind := range []string{"ed25519", "ecdsa"} {
		t.Run(kind, func(t *testing.T) {
			private := filepath.Join(t.TempDir(), "officer")
			out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", kind, "-N", "", "-f", private).CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, err = keyfile.Open(private+".pub", socket, never)
			require.ErrorIs(t, err, keyfile.ErrNotHeld, "not loaded yet")
			sshAdd(t, socket, "-q", private)
			require.NoError(t, os.Remove(private), "only the agent has it now")

			s, err := keyfile.Open(private+".pub", socket, never)
			require.NoError(t, err)
			text := []byte("statement: export approval v1\n")
			sig, err := s.Sign(sign.Approval, text)
			require.NoError(t, err)
			require.NoError(t, sign.Verify(sign.Approval, text, sig, s.Public()))

			sshAdd(t, socket, "-q", "-D")
			_, err = s.Sign(sign.Approval, text)
			require.Error(t, err, "the key was taken out of the agent")
		})
	}
	_, err := keyfile.Held("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", "")
	require.ErrorIs(t, err, keyfile.ErrNotHeld)
}

// The handle of a FIDO token cannot be made without one; its file can, and what
// is asked of ssh-keygen is seen by standing in for it.
func TestAKeyOnATokenIsLeftToSSHKeygen(t *testing.T) {
	dir := t.TempDir()
	_, err := keyfile.NewSigner(dir, "a", nil)
	require.NoError(t, err)
	log := filepath.Join(dir, "log")
	fake := filepath.Join(dir, "ssh-keygen")
	require.NoError(t, os.WriteFile(fake, []byte("#!/bin/sh\necho \"$@\" > "+log+"\ncat > /dev/null\nexit 1\n"), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	handle := filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(handle, tokenFile(t), 0o600))
	s, err := keyfile.Open(handle, "", func(string) ([]byte, error) { return nil, nil })
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(s.Public()), "sk-ssh-ed25519@openssh.com "), "%s", s.Public())
	_, err = s.Sign(sign.Approval, []byte("x\n"))
	require.ErrorContains(t, err, "with ssh-keygen")
	said, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Equal(t, "-Y sign -f "+handle+" -n approval@darksite\n", string(said))

	// A program that answers with a signature by another key is not believed.
	other, err := keyfile.Signer(filepath.Join(dir, "a.key"), nil)
	require.NoError(t, err)
	sig, err := other.Sign(sign.Approval, []byte("x\n"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(log, sig, 0o600))
	require.NoError(t, os.WriteFile(fake, []byte("#!/bin/sh\ncat > /dev/null\ncat "+log+"\n"), 0o700))
	_, err = s.Sign(sign.Approval, []byte("x\n"))
	require.ErrorIs(t, err, sign.ErrBadSignature)
}

func TestAnIdentityOfAPlugin(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(dir, "age-plugin-"+pluginName)))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	secret := filepath.Join(dir, "secret")
	recipient, err := keyfile.NewIdentity(secret, nil)
	require.NoError(t, err)
	file := filepath.Join(dir, "record.key")
	require.NoError(t, os.WriteFile(file, []byte("# on a token\n"+plugin.EncodeIdentity(pluginName, []byte(secret))+"\n"), 0o600))

	to, err := age.ParseHybridRecipient(recipient)
	require.NoError(t, err)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	require.NoError(t, err)
	_, err = io.WriteString(w, "hello")
	require.NoError(t, err)
	require.NoError(t, w.Close())

	ids, err := keyfile.Identities(file, fixed("2468"))
	require.NoError(t, err)
	r, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), ids...)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))

	ids, err = keyfile.Identities(file, fixed("1111"))
	require.NoError(t, err)
	_, err = age.Decrypt(bytes.NewReader(sealed.Bytes()), ids...)
	require.Error(t, err, "a wrong PIN")
}
