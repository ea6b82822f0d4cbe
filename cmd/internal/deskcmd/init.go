package deskcmd

import (
	"fmt"
	"os"

	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"github.com/spf13/cobra"
)

type initOptions struct {
	name     string
	people   []string
	escrow   []string
	passFile string
	noPass   bool
}

func (a *app) initCommand() *cobra.Command {
	var o initOptions
	c := &cobra.Command{
		Use: "init", Short: "Make a desk folder: intake key, two people who sign replies, vendor card", Args: cobra.NoArgs,
		Long: `Make the desk folder with the key that opens bundles and the keys of two people
who sign replies, and write the vendor card that sites accept.

Keep the intake key on a station without network. For the day it is lost make a second
identity elsewhere (age-keygen -pq), lay it down with keepers, and name its recipient
with --escrow: sites seal to both.`,
		Example: `  casedesk init --name "Vendor support" --person ruth --person sam`,
		RunE:    func(*cobra.Command, []string) error { return a.runInit(o) },
	}
	c.Flags().StringVar(&o.name, "name", "", "name of the vendor, as sites will read it")
	c.Flags().StringArrayVar(&o.people, "person", []string{"replier-1", "replier-2"}, "id of a person who signs replies; twice")
	c.Flags().StringArrayVar(&o.escrow, "escrow", nil, "recipient of a key kept offline, which opens bundles too when the intake key is lost; may be given again")
	c.Flags().StringVar(&o.passFile, "passphrase-file", "", "read the passphrase of the new keys from this file")
	c.Flags().BoolVar(&o.noPass, "no-passphrase", false, "leave the keys unprotected (exercises only)")
	_ = c.MarkFlagRequired("name") // the flag exists: it was defined above
	return c
}

func (a *app) runInit(o initOptions) error {
	if _, err := os.Stat(a.path(vendorFile)); err == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is there already: a desk is made once", a.path(vendorFile))), "casedesk keys card")
	}
	if len(o.people) != 2 || o.people[0] == o.people[1] {
		return cli.Usagef("two different people sign every reply: give --person twice")
	}
	pass, err := keyfile.NewPassphrase(a.env, "the desk's keys", o.passFile, o.noPass)
	if err != nil {
		return err
	}
	for _, d := range []string{"", keysDir, rostersDir, blobsDir, repliesDir} {
		if err := os.MkdirAll(a.path(d), 0o700); err != nil {
			return fmt.Errorf("make the desk folder: %w", err)
		}
	}
	recipient, err := a.newIntake(pass)
	if err != nil {
		return cli.WithHint(err, "an interrupted init left keys behind: empty %s and run init again", a.path(keysDir))
	}
	v := roster.Vendor{Name: o.name, Version: 1, Intake: []string{recipient}, Escrow: o.escrow}
	for _, id := range o.people {
		var key sign.PublicKey
		if key, err = keyfile.NewSigner(a.path(keysDir), id, pass); err != nil {
			return err
		}
		v.People = append(v.People, roster.Person{ID: id, Name: id, Role: roster.Replier, Key: key})
	}
	card, err := v.Encode()
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	if err := safefile.Write(a.path(vendorFile), card, 0o644); err != nil {
		return err
	}
	a.env.Notef("the desk is made in %s", a.dir())
	a.env.Next("casedesk keys card > vendor.txt   (carry it to each site)", "casedesk sites enrol roster.txt")
	return nil
}
