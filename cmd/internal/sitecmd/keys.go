package sitecmd

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

func passFlags(c *cobra.Command, file *string, none *bool) {
	c.Flags().StringVar(file, "passphrase-file", "", "read the passphrase from this file instead of asking")
	if none != nil {
		c.Flags().BoolVar(none, "no-passphrase", false, "leave the key unprotected (exercises only)")
	}
}

// signer loads the key of a person of the roster.
func (a *app) signer(id, keyPath, passFile string) (sign.Signer, error) {
	if id == "" {
		return nil, cli.Usagef("say who you are with --as ID; `darksite site people` lists the ids")
	}
	named := keyPath != ""
	if !named {
		keyPath = a.path(keysDir, id+".key")
	}
	if err := a.ownKey(keyPath); err != nil {
		return nil, err
	}
	s, err := keyfile.Open(keyPath, a.agentSocket(), keyfile.Ask(a.env, passFile))
	if errors.Is(err, fs.ErrNotExist) && !named {
		if held, heldErr := a.heldKey(id); heldErr == nil {
			return held, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(err, "name the key file of %s with --key FILE", id)
	}
	if errors.Is(err, keyfile.ErrNotHeld) {
		return nil, cli.WithHint(err, "ssh-add FILE   (or, for a key on a token: ssh-add -s LIBRARY; then the same command again)")
	}
	return s, err
}

// agentSocket is where an ssh-agent listens. In a lab there is none: it would hold the
// learner's own keys.
func (a *app) agentSocket() string {
	if a.practice != nil {
		return ""
	}
	return a.env.Getenv("SSH_AUTH_SOCK")
}

// heldKey is the key of a person of the roster, when an ssh-agent holds it.
func (a *app) heldKey(id string) (sign.Signer, error) {
	r, err := a.loadRoster()
	if err != nil {
		return nil, err
	}
	p, ok := r.Person(id)
	if !ok {
		return nil, fmt.Errorf("%s is not on the roster", id)
	}
	return keyfile.Held(p.Key, a.agentSocket())
}

func (a *app) loadVendor() (roster.Vendor, error) {
	data, err := os.ReadFile(a.path(vendorFile))
	if errors.Is(err, fs.ErrNotExist) {
		return roster.Vendor{}, cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("no vendor card: the site does not know yet who may open its bundles")),
			"darksite site vendor CARD   (the vendor card comes from `casedesk keys card`)")
	}
	if err != nil {
		return roster.Vendor{}, fmt.Errorf("read the vendor card: %w", err)
	}
	v, err := roster.ParseVendor(data)
	return v, a.unreadable(vendorFile, err)
}

// unreadable is for a file of the kit's own that cannot be read back: somebody
// else has written into it.
func (a *app) unreadable(name string, err error) error {
	if err == nil {
		return nil
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%s: %w", a.path(name), err)), "put the file back from a copy; it is never edited by hand")
}
