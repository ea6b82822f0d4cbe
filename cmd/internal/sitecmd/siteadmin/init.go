package siteadmin

import (
	"errors"
	"fmt"
	"os"

	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"

	"github.com/spf13/cobra"
)

type initOptions struct {
	code, name string
	solo       bool
	passFile   string
	noPass     bool
}

// InitCommand is darksite init.
func InitCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	var o initOptions
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a site folder: site.yaml, keys, roster",
		Long: `Make the site folder with a commented site.yaml, the site's own keys and an empty
roster. Nothing that is there already is changed.

The record key can open every bundle this site seals, so that the site can prove
later what left. Move it to the officers' safe once the site is set up.`,
		Example: `  darksite init --code S042 --name "Lyon 3"
  darksite --dir /srv/darksite init --code S042 --name "Lyon 3"`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runInit(o) },
	}
	c.Flags().StringVar(&o.code, "code", "", "opaque site code given by the vendor, such as S042")
	c.Flags().StringVar(&o.name, "name", "", "name of the site, for people; it never leaves")
	c.Flags().BoolVar(&o.solo, "single-review", false, "one officer may release alone (stamped on every cover sheet)")
	site.PassFlags(c, &o.passFile, &o.noPass)
	_ = c.MarkFlagRequired("code") // the flag exists: it was defined above
	return c
}

func (a *app) runInit(o initOptions) error {
	if !roster.ValidSite(o.code) {
		return cli.Usagef("site code %q: want 2 to 12 of A-Z and 0-9, beginning with a letter, such as S042", o.code)
	}
	conf := a.Path(siteconf.FileName)
	if _, err := os.Stat(conf); err == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is there already: a site is made once", conf)), "darksite site show")
	}
	pass, err := keyfile.NewPassphrase(a.Env, "the record key", o.passFile, o.noPass)
	if err != nil {
		return err
	}
	for _, d := range []string{"", site.KeysDir, site.PolicyDir, site.BundlesDir, site.RunsDir, site.MapsDir, site.RunDir} {
		if err := os.MkdirAll(a.Path(d), 0o700); err != nil {
			return fmt.Errorf("make the site folder: %w", err)
		}
	}
	recipient, err := a.makeSiteKeys(pass)
	if err != nil {
		return err
	}
	approvals := int64(2)
	if o.solo {
		approvals = 1
	}
	if _, err := a.SaveRoster(roster.Roster{Site: o.code, Version: 1, Approvals: approvals, Record: recipient}); err != nil {
		return err
	}
	words := []byte("# One word of the site a line: customer, project and room names that must never leave in clear.\n")
	if err := safefile.Write(a.Path(site.PolicyDir, site.WordsFile), words, 0o600); err != nil {
		return err
	}
	// site.yaml comes last: with it the site exists, without it init can run again.
	if err := safefile.Write(conf, []byte(siteconf.Template(o.code, o.name, approvals)), 0o600); err != nil {
		return err
	}
	a.Env.Notef("site %s is made in %s", o.code, a.Dir())
	a.Env.Next("darksite monitor --once", "darksite site people add ID --name NAME --role collector", "$EDITOR "+conf)
	return nil
}

// makeSiteKeys makes the keys that belong to the site and not to a person. It
// goes on where an interrupted init stopped.
func (a *app) makeSiteKeys(pass []byte) (recipient string, err error) {
	recordPub := a.Path(site.KeysDir, "record.pub")
	_, err = os.Stat(a.Path(site.KeysDir, site.RecordKey))
	switch {
	case errors.Is(err, os.ErrNotExist):
		if recipient, err = keyfile.NewIdentity(a.Path(site.KeysDir, site.RecordKey), pass); err != nil {
			return "", err
		}
		if err := safefile.Write(recordPub, []byte(recipient+"\n"), 0o644); err != nil {
			return "", err
		}
	default:
		data, err := os.ReadFile(recordPub)
		if err != nil {
			return "", cli.WithHint(fmt.Errorf("an interrupted init left %s without its public half: %w", site.RecordKey, err),
				"move %s away and run init again", a.Path(site.KeysDir, site.RecordKey))
		}
		recipient = string(data[:len(data)-1])
	}
	if err := site.NewSecret(a.Path(site.KeysDir, site.PseudonymKey)); err != nil {
		return "", err
	}
	if _, err := keyfile.NewSigner(a.Path(site.KeysDir), site.JournalKeyID, nil); err != nil && !errors.Is(err, keyfile.ErrExists) {
		return "", err
	}
	return recipient, nil
}
