package deskcmd

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/runbooks/content"
	"darksite/runbooks/pack"

	"github.com/spf13/cobra"
)

// packSeq is the place of a pack in the order that revocations speak of: none of a
// reply. A key that was taken back, for whatever replies, signs no pack.
const packSeq = math.MaxInt64

type packOptions struct {
	name, site, out, passFile string
	number                    int64
	withdraw, as              []string
}

func (a *app) packCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "pack", Short: "Packs of runbooks, to be carried to sites",
		Example: "  casedesk pack build ./books --number 3 --as ruth --as sam --out vendor-3.pack",
	}
	var o packOptions
	build := &cobra.Command{
		Use: "build [DIR]", Short: "Make a pack of a folder of runbooks, signed by two people", Args: cobra.MaximumNArgs(1),
		Long: `Make a pack of a folder that holds one folder for each runbook, and of runbooks to
withdraw. It is refused where it does not go together with the runbooks of the kit. Two
people sign it. Carry it with a reply (casedesk reply CASE --pack FILE), or by itself
(darksite runbook pack install FILE, at the site).`,
		Example: "  casedesk pack build ./books --number 3 --as ruth --as sam --out vendor-3.pack\n  casedesk pack build --number 4 --withdraw 'ntp-drift=it harms' --out vendor-4.pack",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.buildPack(strings.Join(args, ""), o)
		},
	}
	f := build.Flags()
	f.StringVar(&o.name, "name", "vendor", "name of the series of packs")
	f.Int64Var(&o.number, "number", 0, "number of this pack, higher than the last of its name")
	f.StringVar(&o.site, "site", "", "code of the one site it is for (default: all)")
	f.StringVar(&o.out, "out", "", "file to write")
	f.StringArrayVar(&o.withdraw, "withdraw", nil, "ID=REASON of a runbook nobody may begin any more; may be given again")
	f.StringArrayVar(&o.as, "as", nil, "id of a person who signs; twice (default: both of the vendor card)")
	f.StringVar(&o.passFile, "passphrase-file", "", "passphrase of the reply keys")
	c.AddCommand(build)
	return c
}

func (a *app) buildPack(dir string, o packOptions) error {
	if o.out == "" || o.number < 1 {
		return cli.Usagef("name the file with --out FILE and the pack with --number N")
	}
	var books fs.FS
	if dir != "" {
		books = os.DirFS(dir)
	}
	head := pack.Pack{Name: o.name, Number: o.number, Site: o.site, Issued: a.env.Now().UTC().Truncate(time.Second)}
	p, text, err := pack.Compose(head, books, o.withdraw)
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	base, err := content.Library()
	if err != nil {
		return err
	}
	_, changes, err := pack.Overlay(base, p)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "mend the runbooks where it says, then build again")
	}
	keys, err := a.signers(o.as, o.passFile)
	if err != nil {
		return err
	}
	sigs := map[string][]byte{}
	for _, k := range keys {
		if sigs[k.Public().ID()], err = k.Sign(sign.Pack, text); err != nil {
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
	fmt.Fprintln(a.env.Out, o.out)
	for _, c := range changes {
		a.env.Notef("%s %s", c.What, c.Book)
	}
	for _, id := range slices.Sorted(maps.Keys(p.Withdrawn)) {
		if _, ok := base.Get(id); !ok {
			a.env.Notef("%s is no runbook of the kit: is the id right? A site withdraws it where an earlier pack brought it", id)
		}
	}
	a.env.Next("casedesk reply CASE --pack " + o.out)
	return nil
}
