package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"github.com/spf13/cobra"
)

// PassFlags gives a command the flags for the passphrase of a key: a file with it and,
// where none is not nil, that there is none.
func PassFlags(c *cobra.Command, file *string, none *bool) {
	c.Flags().StringVar(file, "passphrase-file", "", "read the passphrase from this file instead of asking")
	if none != nil {
		c.Flags().BoolVar(none, "no-passphrase", false, "leave the key unprotected (exercises only)")
	}
}

// Signer loads the key of a person of the roster.
func (s *Site) Signer(id, keyPath, passFile string) (sign.Signer, error) {
	if id == "" {
		return nil, cli.Usagef("say who you are with --as ID; `darksite site people` lists the ids")
	}
	named := keyPath != ""
	if !named {
		keyPath = s.Path(KeysDir, id+".key")
	}
	if err := s.OwnKey(keyPath); err != nil {
		return nil, err
	}
	key, err := keyfile.Open(keyPath, s.agentSocket(), keyfile.Ask(s.Env, passFile))
	if errors.Is(err, fs.ErrNotExist) && !named {
		if held, heldErr := s.heldKey(id); heldErr == nil {
			return held, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(err, "name the key file of %s with --key FILE", id)
	}
	if errors.Is(err, keyfile.ErrNotHeld) {
		return nil, cli.WithHint(err, "ssh-add FILE   (or, for a key on a token: ssh-add -s LIBRARY; then the same command again)")
	}
	return key, err
}

// agentSocket is where an ssh-agent listens. In a lab there is none: it would hold the
// learner's own keys.
func (s *Site) agentSocket() string {
	if s.Practice != nil {
		return ""
	}
	return s.Env.Getenv("SSH_AUTH_SOCK")
}

// heldKey is the key of a person of the roster, when an ssh-agent holds it.
func (s *Site) heldKey(id string) (sign.Signer, error) {
	r, err := s.Roster()
	if err != nil {
		return nil, err
	}
	p, ok := r.Person(id)
	if !ok {
		return nil, fmt.Errorf("%s is not on the roster", id)
	}
	return keyfile.Held(p.Key, s.agentSocket())
}

// Vendor reads the vendor's card, which says who may open bundles and whose replies
// count.
func (s *Site) Vendor() (roster.Vendor, error) {
	data, err := os.ReadFile(s.Path(VendorFile))
	if errors.Is(err, fs.ErrNotExist) {
		return roster.Vendor{}, cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("no vendor card: the site does not know yet who may open its bundles")),
			"darksite site vendor CARD   (the vendor card comes from `casedesk keys card`)")
	}
	if err != nil {
		return roster.Vendor{}, fmt.Errorf("read the vendor card: %w", err)
	}
	v, err := roster.ParseVendor(data)
	return v, s.Unreadable(VendorFile, err)
}

// Unreadable is for a file of the kit's own that cannot be read back: somebody
// else has written into it.
func (s *Site) Unreadable(name string, err error) error {
	if err == nil {
		return nil
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%s: %w", s.Path(name), err)), "put the file back from a copy; it is never edited by hand")
}

// Person is who acts, with the key that proves it.
type Person struct{ As, Key, PassFile string }

// Flags gives a command the flags by which a person says who he is.
func (p *Person) Flags(c *cobra.Command) {
	c.Flags().StringVar(&p.As, "as", "", "id of the person who acts, as on the roster")
	c.Flags().StringVar(&p.Key, "key", "", "file of that person's key (default: keys/ID.key)")
	c.Flags().StringVar(&p.PassFile, "passphrase-file", "", "passphrase of the key")
}
