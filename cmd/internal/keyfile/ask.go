package keyfile

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"darksite/cmd/internal/cli"
)

// minPassphrase is the fewest characters of a new passphrase.
const minPassphrase = 8

// Ask is the usual Passphrase: out of a file when one is named, else from the
// person at the terminal.
func Ask(env *cli.Env, file string) Passphrase {
	return func(what string) ([]byte, error) {
		if file != "" {
			return passphraseFile(file)
		}
		return env.Asker().Secret(what + ":")
	}
}

// NewPassphrase gets the passphrase of a key that is about to be made: none,
// out of a file, or typed twice.
func NewPassphrase(env *cli.Env, what, file string, none bool) ([]byte, error) {
	if none {
		return nil, nil
	}
	if file != "" {
		return passphraseFile(file)
	}
	ask := env.Asker()
	first, err := ask.Secret("new passphrase for " + what + ":")
	if err != nil {
		return nil, cli.WithHint(err, "--passphrase-file FILE, or --no-passphrase for an exercise")
	}
	if len(first) < minPassphrase {
		return nil, cli.Usagef("a passphrase of %d characters is too short: at least %d", len(first), minPassphrase)
	}
	second, err := ask.Secret("the same again:")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, second) {
		return nil, cli.Usagef("the two passphrases differ")
	}
	return first, nil
}

func passphraseFile(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	return []byte(strings.TrimRight(string(data), "\r\n")), nil
}
