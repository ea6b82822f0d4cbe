package deskcmd

import (
	"cmp"
	"fmt"
	"slices"

	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"github.com/spf13/cobra"
)

func (a *app) keysCommand() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "The desk's keys and the card sites accept", Example: "  casedesk keys card > /media/usb/vendor.txt"}
	c.AddCommand(&cobra.Command{
		Use: "card", Short: "Print the vendor card, to be carried to sites", Args: cobra.NoArgs,
		Example: "  casedesk keys card > vendor.txt",
		RunE: func(*cobra.Command, []string) error {
			v, err := a.vendor()
			if err != nil {
				return err
			}
			text, err := v.Encode()
			if err != nil {
				return err
			}
			_, err = a.env.Out.Write(text)
			return err
		},
	})
	c.AddCommand(a.keysAddCommand(), a.keysRevokeCommand(), a.keysIntakeCommand())
	return c
}

func (a *app) keysAddCommand() *cobra.Command {
	var passFile string
	var noPass bool
	c := &cobra.Command{
		Use: "add PERSON", Short: "Make a key for another person who signs replies, and a new vendor card", Args: cobra.ExactArgs(1),
		Long:    "Make a key and a card with a new number. Sites take it with a reply made with --card,\nsigned by two people they know; two officers there have to agree.",
		Example: "  casedesk keys add tom",
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.vendor()
			if err != nil {
				return err
			}
			if _, ok := v.Person(args[0]); ok {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is on the card already", args[0])), "casedesk keys card")
			}
			pass, err := keyfile.NewPassphrase(a.env, "the new key", passFile, noPass)
			if err != nil {
				return err
			}
			key, err := keyfile.NewSigner(a.path(keysDir), args[0], pass)
			if err != nil {
				return err
			}
			v.People = append(v.People, roster.Person{ID: args[0], Name: args[0], Role: roster.Replier, Key: key})
			return a.newCard(v)
		},
	}
	c.Flags().StringVar(&passFile, "passphrase-file", "", "read the passphrase of the new key from this file")
	c.Flags().BoolVar(&noPass, "no-passphrase", false, "leave the key unprotected (exercises only)")
	return c
}

func (a *app) keysRevokeCommand() *cobra.Command {
	var after int64
	c := &cobra.Command{
		Use: "revoke PERSON", Short: "Take a person's key back, on a new vendor card", Args: cobra.ExactArgs(1),
		Long:    "Take a key back: sites that have the new card believe no reply above --after that it\nsigned. Sign the reply that carries the card with two other people.",
		Example: "  casedesk keys revoke sam --after 12",
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.vendor()
			if err != nil {
				return err
			}
			p, ok := v.Person(args[0])
			if !ok {
				return cli.WithHint(fmt.Errorf("%s is not on the card", args[0]), "casedesk keys card")
			}
			if after < 0 {
				return cli.Usagef("--after %d: want the number of a reply, or 0 for none", after)
			}
			v.Revoked = slices.DeleteFunc(v.Revoked, func(r roster.Revocation) bool { return r.KeyID == p.Key.ID() && r.After >= after })
			if slices.ContainsFunc(v.Revoked, func(r roster.Revocation) bool { return r.KeyID == p.Key.ID() }) {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("the key of %s is taken back already, and sooner", args[0])), "casedesk keys card")
			}
			v.Revoked = append(v.Revoked, roster.Revocation{KeyID: p.Key.ID(), After: after})
			slices.SortFunc(v.Revoked, func(x, y roster.Revocation) int { return cmp.Compare(x.KeyID, y.KeyID) })
			return a.newCard(v)
		},
	}
	c.Flags().Int64Var(&after, "after", 0, "the newest reply that is still believed (default: none)")
	return c
}

// newCard writes the card under the next number.
func (a *app) newCard(v roster.Vendor) error {
	v.Version++
	text, err := v.Encode()
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	if err := safefile.Write(a.path(vendorFile), text, 0o644); err != nil {
		return err
	}
	a.env.Notef("vendor card %d is written", v.Version)
	a.env.Next("casedesk reply CASE --card --as ONE --as OTHER")
	return nil
}
