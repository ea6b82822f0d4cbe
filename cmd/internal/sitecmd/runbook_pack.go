package sitecmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/pack"

	"github.com/spf13/cobra"
)

// packSigners is how many people of the vendor must have signed a pack.
const packSigners = 2

// library is the runbooks of this site: the embedded ones with the installed
// packs laid over them. A pack whose signatures do not hold any more is left out,
// and so is one that does not go together with the kit or the packs before it, as
// may come about when the kit is renewed; both are said. No pack takes the others,
// or the kit's own runbooks, away from people who stand before a fault.
func (a *app) library() (*runbooks.Library, error) {
	base, err := content.Library()
	if err != nil {
		return nil, err
	}
	packs, err := a.packs()
	if err != nil || len(packs) == 0 {
		return base, err
	}
	lib, _ := a.layAll(base, packs)
	return lib, nil
}

// layAll lays packs over the embedded runbooks, one after the other, and returns
// what comes of it and which were laid.
func (a *app) layAll(base *runbooks.Library, packs []*pack.Opened) (lib *runbooks.Library, laid []pack.Pack) {
	lib = base
	for _, o := range packs {
		if _, err := a.packSigned(o); err != nil {
			a.Env.Notef("pack %s %d is left out: %v", o.Name, o.Number, err)
			continue
		}
		next, _, err := pack.Overlay(base, append(slices.Clone(laid), o.Pack)...)
		if err != nil {
			a.Env.Notef("pack %s %d is left out: %s; ask the vendor for a newer one", o.Name, o.Number, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		lib, laid = next, append(laid, o.Pack)
	}
	return lib, laid
}

// packedBooks are the ids of the runbooks in the installed packs, whoever signed
// them: a rule that names one stays a rule when its pack is left out.
func (a *app) packedBooks() (ids []string) {
	files, err := filepath.Glob(a.Path(packsDir, "*.pack"))
	if err != nil {
		return nil
	}
	for _, file := range files {
		if o, err := readPack(file); err == nil {
			ids = append(ids, slices.Sorted(maps.Keys(o.Books))...)
		}
	}
	return ids
}

// packs reads what was installed, by name.
func (a *app) packs() ([]*pack.Opened, error) {
	files, err := os.ReadDir(a.Path(packsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the packs: %w", err)
	}
	var out []*pack.Opened
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".pack" {
			continue
		}
		o, err := readPack(a.Path(packsDir, f.Name()))
		if err != nil { // the embedded runbooks are there all the same
			a.Env.Notef("left out: %v; install the pack again, or move the file away", err)
			continue
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(x, y *pack.Opened) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

func readPack(path string) (*pack.Opened, error) {
	data, err := site.ReadBounded(path, pack.MaxBytes+1)
	if err != nil {
		return nil, err
	}
	o, err := pack.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// packSigned returns who of the vendor signed a pack, or why it may not be run.
func (a *app) packSigned(o *pack.Opened) ([]string, error) {
	if len(o.Sigs) == 0 {
		return nil, errors.New("nobody has signed it: it can be read, not run")
	}
	vendor, err := a.Vendor()
	if err != nil {
		return nil, err
	}
	return vendorSigned(vendor, o)
}

func vendorSigned(vendor roster.Vendor, o *pack.Opened) ([]string, error) {
	by := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(o.Sigs)) {
		p, err := vendor.Check(sign.Pack, math.MaxInt64, o.Text, o.Sigs[key])
		if err != nil {
			return nil, err
		}
		by[p.ID] = true
	}
	who := slices.Sorted(maps.Keys(by))
	if len(who) < packSigners {
		return who, fmt.Errorf("signed by %s alone: %d people of the vendor must sign", strings.Join(who, ", "), packSigners)
	}
	return who, nil
}

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
	by, err := a.packSigned(o)
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
			packs, err := a.packs()
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
			o, err := readPack(args[0])
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
			if by, err := a.packSigned(o); err != nil {
				a.Env.Paragraph("", "NOT TO BE RUN: "+err.Error())
			} else {
				fmt.Fprintf(a.Env.Out, "signed by %s\n", strings.Join(by, " and "))
			}
			for _, c := range changes {
				a.Env.Paragraph("", changeWords(c))
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

func changeWords(c pack.Change) string {
	switch c.What {
	case pack.Adds:
		return fmt.Sprintf("adds %s v%d", c.Book, c.To)
	case pack.Replaces:
		return fmt.Sprintf("replaces %s v%d by v%d", c.Book, c.From, c.To)
	case pack.Withdraws:
		return fmt.Sprintf("withdraws %s v%d: %s", c.Book, c.From, c.Why)
	}
	return fmt.Sprintf("passes over %s: v%d is here", c.Book, c.From)
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
	p, err := a.weighPack(o, conf.Site.Code)
	if err != nil {
		return cli.WithHint(err, "darksite runbook pack show %s", path)
	}
	if p == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("pack %s %d is installed: %d is not newer", o.Name, o.Number, o.Number)), "darksite runbook pack list")
	}
	by, changes := p.by, p.changes
	for _, c := range changes {
		a.Env.Paragraph("", changeWords(c))
	}
	if err := a.Env.Agree(yes, fmt.Sprintf("install pack %s %d, signed by %s?", o.Name, o.Number, strings.Join(by, " and ")), "the changes are what you want", errors.New("not installed")); err != nil {
		return err
	}
	log, err := a.OpenJournal()
	if err != nil {
		return err
	}
	if err = errors.Join(a.layPack(ctx, log, p, data, as), log.Close()); err != nil {
		return err
	}
	a.Env.Notef("pack %s %d is installed", o.Name, o.Number)
	a.Env.Next("darksite runbook list")
	return nil
}

// errNotNewer says that a newer pack of the name is installed.
var errNotNewer = errors.New("this is not newer")

// newPack is a pack that may be laid over the runbooks of the site.
type newPack struct {
	*pack.Opened
	by      []string
	changes []pack.Change
}

// weighPack refuses a pack that is not signed by two, is for another site, is older
// than the one of its name, or does not go together with what is here. It is nil
// where this very pack is installed.
func (a *app) weighPack(o *pack.Opened, site string) (*newPack, error) {
	refuse := func(err error) error {
		return cli.WithCode(cli.CodeRefused, fmt.Errorf("pack %s %d: %w", o.Name, o.Number, err))
	}
	by, err := a.packSigned(o)
	if err != nil {
		return nil, refuse(err)
	}
	if o.Site != "" && o.Site != site {
		return nil, refuse(fmt.Errorf("it is for site %s, this is %s", o.Site, site))
	}
	packs, err := a.packs()
	if err != nil {
		return nil, err
	}
	var others []*pack.Opened
	for _, have := range packs {
		switch {
		case have.Name != o.Name:
			others = append(others, have)
		case have.Number == o.Number && bytes.Equal(have.Text, o.Text):
			return nil, nil
		case have.Number >= o.Number:
			return nil, refuse(fmt.Errorf("number %d is installed, and %w", have.Number, errNotNewer))
		}
	}
	base, err := content.Library()
	if err != nil {
		return nil, err
	}
	_, laid := a.layAll(base, others)
	laid = append(laid, o.Pack)
	slices.SortFunc(laid, func(x, y pack.Pack) int { return strings.Compare(x.Name, y.Name) }) // as they are read
	_, changes, err := pack.Overlay(base, laid...)
	if err != nil {
		return nil, refuse(fmt.Errorf("it does not go together with the runbooks of this site: %w", err))
	}
	changes = slices.DeleteFunc(changes, func(c pack.Change) bool { return c.Pack != o.Name })
	return &newPack{o, by, changes}, nil
}

// layPack installs a pack, in the journal first. The pack before stays beside it
// under another name.
func (a *app) layPack(ctx context.Context, log *journal.Journal, p *newPack, data []byte, actor string) error {
	_, err := log.Append(ctx, journal.Entry{
		Time: a.Env.Now(), Actor: actor, Action: "pack.install",
		Details: map[string]string{"name": p.Name, "number": strconv.FormatInt(p.Number, 10), "signed_by": strings.Join(p.by, " ")},
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.Path(packsDir), 0o700); err != nil {
		return fmt.Errorf("install the pack: %w", err)
	}
	return replaceKept(a.Path(packsDir, p.Name+".pack"), data)
}

// replaceKept writes a file whole and keeps what was there before under the name
// with .before behind it.
func replaceKept(path string, data []byte) error {
	was, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("keep what was there before: %w", err)
	case bytes.Equal(was, data):
		return nil
	default:
		if err := safefile.Write(path+".before", was, 0o600); err != nil {
			return err
		}
	}
	return safefile.Write(path, data, 0o600)
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
	var books fs.FS
	if dir != "" {
		books = os.DirFS(dir)
	}
	head := pack.Pack{Name: o.name, Number: o.number, Site: o.site, Issued: a.Env.Now().UTC().Truncate(time.Second)}
	p, text, err := pack.Compose(head, books, o.withdraw)
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
	if len(sigs) < packSigners {
		a.Env.Notef("signed by %d: a site reads it and does not run it before %d people have signed", len(sigs), packSigners)
	}
	a.Env.Next("darksite runbook pack show " + o.out)
	return nil
}

// packsDir holds the packs of runbooks that were installed, one file a name.
const packsDir = "packs"
