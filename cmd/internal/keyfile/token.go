package keyfile

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"

	"darksite/bundle/sign"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// ErrNotHeld says that no agent at hand holds a key.
var ErrNotHeld = errors.New("no ssh-agent at hand holds this key")

// Open is [Signer] for a key wherever it is kept. A private key file is read; a
// public key file names a key that the agent behind socket holds, which may be on
// a token; and the handle of a FIDO token, which no program can read as a key, is
// given to stock ssh-keygen, which asks for PIN and touch itself.
func Open(path, socket string, ask Passphrase) (sign.Signer, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	if public, err := sign.ParsePublicKey(string(data)); err == nil {
		s, err := Held(public, socket)
		return s, wrap(path, err)
	}
	if public, ok := onToken(data); ok {
		return program{path, public}, nil
	}
	return Signer(path, ask)
}

// onToken reads the public half of an OpenSSH private key file that is only the
// handle of a key on a token.
func onToken(data []byte) (sign.PublicKey, bool) {
	_, err := ssh.ParseRawPrivateKey(data)
	var missing *ssh.PassphraseMissingError
	public := ssh.PublicKey(nil)
	switch {
	case errors.As(err, &missing):
		public = missing.PublicKey
	case err != nil:
		public = handle(data)
	}
	if public == nil || !strings.HasPrefix(public.Type(), "sk-") {
		return "", false
	}
	key, err := sign.ParsePublicKey(string(ssh.MarshalAuthorizedKey(public)))
	return key, err == nil
}

// handle finds the public key inside an OpenSSH private key file: the file
// repeats it in clear, behind four fields.
func handle(data []byte) ssh.PublicKey {
	const magic = "openssh-key-v1\x00"
	block, _ := pem.Decode(data)
	if block == nil || !bytes.HasPrefix(block.Bytes, []byte(magic)) {
		return nil
	}
	var head struct {
		Cipher, KDF, KDFOptions string
		Keys                    uint32
		Public                  []byte
		Rest                    []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(block.Bytes[len(magic):], &head); err != nil || head.Keys != 1 {
		return nil
	}
	key, err := ssh.ParsePublicKey(head.Public)
	if err != nil {
		return nil
	}
	return key
}

// Held is the signer of a key that an ssh-agent holds.
func Held(key sign.PublicKey, socket string) (sign.Signer, error) {
	if socket == "" {
		return nil, fmt.Errorf("key %s: %w: SSH_AUTH_SOCK is not set", key.ID(), ErrNotHeld)
	}
	conn, err := net.Dial("unix", socket) //nolint:noctx // a socket of this machine answers at once or not at all
	if err != nil {
		return nil, fmt.Errorf("key %s: %w: %w", key.ID(), ErrNotHeld, err)
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("key %s: ask the ssh-agent: %w", key.ID(), err), conn.Close())
	}
	i := slices.IndexFunc(signers, func(s ssh.Signer) bool { // an agent may hold keys of kinds that are not accepted here
		held, err := sign.ParsePublicKey(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
		return err == nil && held == key
	})
	if i < 0 {
		return nil, errors.Join(fmt.Errorf("key %s: %w", key.ID(), ErrNotHeld), conn.Close())
	}
	return sign.NewSigner(signers[i]) // the connection ends with the process
}

// program signs with stock ssh-keygen.
type program struct {
	path   string
	public sign.PublicKey
}

func (p program) Public() sign.PublicKey { return p.public }

func (p program) Sign(ns sign.Namespace, text []byte) ([]byte, error) {
	cmd := exec.Command("ssh-keygen", "-Y", "sign", "-f", p.path, "-n", string(ns)) //nolint:noctx // a person has to touch the token: there is no telling how long
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	sig, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sign in %s with ssh-keygen and %s: %w", ns, p.path, err)
	}
	if err := sign.Verify(ns, text, sig, p.public); err != nil {
		return nil, fmt.Errorf("what ssh-keygen made with %s: %w", p.path, err)
	}
	return sig, nil
}

// plugged reads an identity file whose lines may name an age plugin, such as one
// for a token. The plugin's program is asked for what it needs, and asks through
// ask for a PIN.
func plugged(data []byte, ask Passphrase) ([]age.Identity, error) {
	var all []age.Identity
	var plain strings.Builder
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "AGE-PLUGIN-") {
			plain.WriteString(line)
			continue
		}
		id, err := plugin.NewIdentity(strings.TrimSpace(line), &plugin.ClientUI{
			DisplayMessage: func(name, message string) error {
				_, err := fmt.Fprintf(os.Stderr, "%s: %q\n", name, message)
				return err
			},
			RequestValue: func(name, prompt string, _ bool) (string, error) {
				answer, err := ask(name + ": " + prompt)
				return string(answer), err
			},
			Confirm: func(string, string, string, string) (bool, error) {
				return false, errors.New("nothing can be confirmed here")
			},
			WaitTimer: func(name string) {
				fmt.Fprintf(os.Stderr, "waiting for age-plugin-%s ...\n", name)
			},
		})
		if err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	if len(all) > 0 && strings.Trim(withoutComments(plain.String()), " \r\n") == "" {
		return all, nil
	}
	ids, err := age.ParseIdentities(strings.NewReader(plain.String()))
	return append(all, ids...), err
}

func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}
