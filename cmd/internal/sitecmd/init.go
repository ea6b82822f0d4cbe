package sitecmd

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/siteconf"

	"github.com/spf13/cobra"
)

// Names below the site folder.
const (
	keysDir       = "keys"
	recordKey     = "record.key"    // opens what left, for the officers' safe
	pseudonymKey  = "pseudonym.key" // keeps pseudonyms the same across bundles
	journalKeyID  = "journal"
	rosterFile    = "roster.txt"
	vendorFile    = "vendor.txt"
	policyDir     = "policy"
	wordsFile     = "words.txt"
	historyFile   = "history.db"
	siteDBFile    = "site.db"
	journalDir    = "journal"
	bundlesDir    = "bundles"
	runsDir       = "runs"
	mapsDir       = "maps"
	spoolDir      = "spool"
	runDir        = "run"
	monitorSocket = "monitor.sock"
)

type initOptions struct {
	code, name string
	solo       bool
	passFile   string
	noPass     bool
}

func (a *app) initCommand() *cobra.Command {
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
	passFlags(c, &o.passFile, &o.noPass)
	_ = c.MarkFlagRequired("code") // the flag exists: it was defined above
	return c
}

func (a *app) runInit(o initOptions) error {
	if !roster.ValidSite(o.code) {
		return cli.Usagef("site code %q: want 2 to 12 of A-Z and 0-9, beginning with a letter, such as S042", o.code)
	}
	conf := a.path(siteconf.FileName)
	if _, err := os.Stat(conf); err == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is there already: a site is made once", conf)), "darksite site show")
	}
	pass, err := keyfile.NewPassphrase(a.env, "the record key", o.passFile, o.noPass)
	if err != nil {
		return err
	}
	for _, d := range []string{"", keysDir, policyDir, bundlesDir, runsDir, mapsDir, runDir} {
		if err := os.MkdirAll(a.path(d), 0o700); err != nil {
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
	if _, err := a.saveRoster(roster.Roster{Site: o.code, Version: 1, Approvals: approvals, Record: recipient}); err != nil {
		return err
	}
	words := []byte("# One word of the site a line: customer, project and room names that must never leave in clear.\n")
	if err := safefile.Write(a.path(policyDir, wordsFile), words, 0o600); err != nil {
		return err
	}
	// site.yaml comes last: with it the site exists, without it init can run again.
	if err := safefile.Write(conf, []byte(siteconf.Template(o.code, o.name, approvals)), 0o600); err != nil {
		return err
	}
	a.env.Notef("site %s is made in %s", o.code, a.dir())
	a.env.Next("darksite monitor --once", "darksite site people add ID --name NAME --role collector", "$EDITOR "+conf)
	return nil
}

// makeSiteKeys makes the keys that belong to the site and not to a person. It
// goes on where an interrupted init stopped.
func (a *app) makeSiteKeys(pass []byte) (recipient string, err error) {
	recordPub := a.path(keysDir, "record.pub")
	_, err = os.Stat(a.path(keysDir, recordKey))
	switch {
	case errors.Is(err, os.ErrNotExist):
		if recipient, err = keyfile.NewIdentity(a.path(keysDir, recordKey), pass); err != nil {
			return "", err
		}
		if err := safefile.Write(recordPub, []byte(recipient+"\n"), 0o644); err != nil {
			return "", err
		}
	default:
		data, err := os.ReadFile(recordPub)
		if err != nil {
			return "", cli.WithHint(fmt.Errorf("an interrupted init left %s without its public half: %w", recordKey, err),
				"move %s away and run init again", a.path(keysDir, recordKey))
		}
		recipient = string(data[:len(data)-1])
	}
	if err := newSecret(a.path(keysDir, pseudonymKey)); err != nil {
		return "", err
	}
	if _, err := keyfile.NewSigner(a.path(keysDir), journalKeyID, nil); err != nil && !errors.Is(err, keyfile.ErrExists) {
		return "", err
	}
	return recipient, nil
}

func newSecret(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return safefile.Write(path, []byte(hex.EncodeToString(newRandomKey())+"\n"), 0o600)
}

func newRandomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // ends the process where there is no randomness: no error to look at
	return key
}

func readSecret(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read site key: %w", err)
	}
	key, err := hex.DecodeString(trimLine(data))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("read site key %s: want 64 hex digits", filepath.Base(path))
	}
	return key, nil
}

func trimLine(b []byte) string {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return string(b)
}
