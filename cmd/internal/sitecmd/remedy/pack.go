package remedy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/pack"

	"github.com/spf13/cobra"
)

func (a *app) runbookPackCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "pack", Short: "Runbooks that are carried in: build, show, install, list",
		Example: "  darksite runbook pack show /media/usb/vendor-3.pack\n  darksite runbook pack install /media/usb/vendor-3.pack --as mdurand",
	}
	c.AddCommand(a.packListCommand(), a.packShowCommand(), a.packInstallCommand(), a.packBuildCommand())
	return c
}

type packRow struct {
	Name   string   `json:"name"`
	Number int64    `json:"number"`
	Issued string   `json:"issued"`
	Books  []string `json:"books"`
	By     []string `json:"signed_by"`
	Why    string   `json:"not_run_because,omitempty"`
}

func (a *app) packRow(o *pack.Opened) packRow {
	r := packRow{Name: o.Name, Number: o.Number, Issued: o.Issued.UTC().Format(time.DateOnly), Books: slices.Sorted(maps.Keys(o.Books))}
	by, err := books.Signed(a.Site, o)
	if r.By = by; err != nil {
		r.Why = err.Error()
	}
	return r
}

func (a *app) packListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the packs that are installed", Args: cobra.NoArgs, Example: "  darksite runbook pack list",
		RunE: func(*cobra.Command, []string) error {
			packs, err := books.Packs(a.Site)
			if err != nil {
				return err
			}
			rows := []packRow{}
			t := &cli.Table{Header: []string{"PACK", "NO", "ISSUED", "SIGNED BY", "RUNBOOKS"}}
			for _, o := range packs {
				r := a.packRow(o)
				rows = append(rows, r)
				t.Add(r.Name, strconv.FormatInt(r.Number, 10), r.Issued, strings.Join(r.By, ", "), strings.Join(r.Books, ", "))
			}
			if asJSON {
				return a.Env.JSON(rows)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			if len(rows) == 0 {
				a.Env.Notef("no pack is installed: the runbooks are those of the kit")
			}
			a.Env.Next("darksite runbook list")
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) packShowCommand() *cobra.Command {
	var lang, read string
	c := &cobra.Command{
		Use: "show FILE", Short: "Say what a pack carries, who signed it, and read a runbook in it", Args: cobra.ExactArgs(1),
		Example: "  darksite runbook pack show vendor-3.pack --read drive-failed",
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := books.ReadPack(args[0])
			if err != nil {
				return err
			}
			if read != "" {
				return a.readFromPack(o, read, a.Lang(lang))
			}
			base, err := content.Library()
			if err != nil {
				return err
			}
			_, changes, err := pack.Overlay(base, o.Pack)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Env.Out, "pack %s %d, issued %s, for %s\n", o.Name, o.Number, o.Issued.UTC().Format(time.DateOnly), or(o.Site, "every site"))
			if by, err := books.Signed(a.Site, o); err != nil {
				a.Env.Paragraph("", "NOT TO BE RUN: "+err.Error())
			} else {
				fmt.Fprintf(a.Env.Out, "signed by %s\n", strings.Join(by, " and "))
			}
			for _, c := range changes {
				a.Env.Paragraph("", books.ChangeWords(c))
			}
			a.Env.Next("darksite runbook pack show "+args[0]+" --read ID", "darksite runbook pack install "+args[0]+" --as ID")
			return nil
		},
	}
	site.LangFlag(c, &lang)
	c.Flags().StringVar(&read, "read", "", "print this runbook of the pack")
	return c
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (a *app) readFromPack(o *pack.Opened, id string, lang runbooks.Lang) error {
	books, err := o.Runbooks()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(books, func(b *runbooks.Runbook) bool { return b.ID == id })
	if i < 0 {
		return fmt.Errorf("the pack holds no runbook %q", id)
	}
	a.printBook(books[i], lang)
	return nil
}

func (a *app) packInstallCommand() *cobra.Command {
	var as string
	var yes bool
	c := &cobra.Command{
		Use: "install FILE", Short: "Verify a carried pack and lay it over the runbooks", Args: cobra.ExactArgs(1),
		Long: `Check that two people of the vendor signed the pack, that it is for this site and newer
than the one of its name that is here, and that all runbooks together pass lint. Then it
says what changes, asks, installs it and writes it into the journal.`,
		Example: "  darksite runbook pack install /media/usb/vendor-3.pack --as mdurand",
		RunE: func(c *cobra.Command, args []string) error {
			if as == "" {
				return cli.Usagef("say who you are with --as ID: the journal names who installed it")
			}
			return a.installPack(c.Context(), args[0], as, yes)
		},
	}
	c.Flags().StringVar(&as, "as", "", "id of the person who installs it")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func (a *app) installPack(ctx context.Context, path, as string, yes bool) error {
	conf, err := a.Config()
	if err != nil {
		return err
	}
	data, err := site.ReadBounded(path, pack.MaxBytes+1)
	if err != nil {
		return err
	}
	o, err := pack.Read(data)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "copy the pack from its medium again, or ask the vendor for another")
	}
	p, err := books.Weigh(a.Site, o, conf.Site.Code)
	if err != nil {
		return cli.WithHint(err, "darksite runbook pack show %s", path)
	}
	if p == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("pack %s %d is installed: %d is not newer", o.Name, o.Number, o.Number)), "darksite runbook pack list")
	}
	by, changes := p.By, p.Changes
	for _, c := range changes {
		a.Env.Paragraph("", books.ChangeWords(c))
	}
	if err := a.Env.Agree(yes, fmt.Sprintf("install pack %s %d, signed by %s?", o.Name, o.Number, strings.Join(by, " and ")), "the changes are what you want", errors.New("not installed")); err != nil {
		return err
	}
	log, err := a.OpenJournal()
	if err != nil {
		return err
	}
	if err = errors.Join(books.Lay(ctx, a.Site, log, p, data, as), log.Close()); err != nil {
		return err
	}
	a.Env.Notef("pack %s %d is installed", o.Name, o.Number)
	a.Env.Next("darksite runbook list")
	return nil
}

type packBuild struct {
	name, site, out, passFile string
	number                    int64
	withdraw, keys            []string
}

func (a *app) packBuildCommand() *cobra.Command {
	var o packBuild
	c := &cobra.Command{
		Use: "build [DIR]", Short: "Make a pack of a folder of runbooks", Args: cobra.MaximumNArgs(1),
		Long: `Make a pack of a folder that holds one folder for each runbook, and of runbooks to
withdraw. Two people of the vendor sign it, each with --key; without keys it can be
read at a site and not run.`,
		Example: "  darksite runbook pack build ./books --name vendor --number 3 --key rone.key --key rtwo.key --out vendor-3.pack",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.buildPack(strings.Join(args, ""), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.name, "name", "vendor", "name of the series of packs")
	f.Int64Var(&o.number, "number", 0, "number of this pack, higher than the last")
	f.StringVar(&o.site, "site", "", "code of the one site it is for (default: all)")
	f.StringVar(&o.out, "out", "", "file to write")
	f.StringArrayVar(&o.withdraw, "withdraw", nil, "ID=REASON of a runbook to withdraw")
	f.StringArrayVar(&o.keys, "key", nil, "key file of a person who signs")
	f.StringVar(&o.passFile, "passphrase-file", "", "passphrase of the keys")
	return c
}

func (a *app) buildPack(dir string, o packBuild) error {
	if o.out == "" || o.number < 1 {
		return cli.Usagef("name the file with --out FILE and the pack with --number N")
	}
	var folder fs.FS
	if dir != "" {
		folder = os.DirFS(dir)
	}
	head := pack.Pack{Name: o.name, Number: o.number, Site: o.site, Issued: a.Env.Now().UTC().Truncate(time.Second)}
	p, text, err := pack.Compose(head, folder, o.withdraw)
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	base, err := content.Library()
	if err != nil {
		return err
	}
	if _, _, err := pack.Overlay(base, p); err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "mend the runbooks where it says, then build again")
	}
	sigs := map[string][]byte{}
	for _, path := range o.keys {
		if err := a.OwnKey(path); err != nil {
			return err
		}
		signer, err := keyfile.Signer(path, keyfile.Ask(a.Env, o.passFile))
		if err != nil {
			return err
		}
		if sigs[signer.Public().ID()], err = signer.Sign(sign.Pack, text); err != nil {
			return err
		}
	}
	data, err := pack.Write(p, sigs)
	if err != nil {
		return err
	}
	if err := safefile.Write(o.out, data, 0o644); err != nil {
		return err
	}
	fmt.Fprintln(a.Env.Out, o.out)
	if len(sigs) < books.Signers {
		a.Env.Notef("signed by %d: a site reads it and does not run it before %d people have signed", len(sigs), books.Signers)
	}
	a.Env.Next("darksite runbook pack show " + o.out)
	return nil
}
