package wayout

import (
	"context"
	"errors"
	"fmt"
	"os"

	"darksite/bundle"
	"darksite/bundle/brief"
	"darksite/bundle/paper"
	"darksite/bundle/pipeline"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

type briefOptions struct {
	site.Person
	pdf    string
	frames string
	yes    bool
}

func (a *app) bundleBriefCommand() *cobra.Command {
	var o briefOptions
	c := &cobra.Command{
		Use: "brief BUNDLE", Short: "Print the essentials as one page of QR codes, where no medium may leave", Args: cobra.ExactArgs(1),
		Long: `Take case, versions, alerts and the curves around the fault out of a bundle that both
officers have approved, sign them, seal them to the vendor's intake key, and print them
as at most four QR codes on one page. Any one code may be torn or stained. Nothing is in
it that is not, redacted and approved, in the bundle; it is shown before it is signed.

Where not even paper may leave, the telephone card that is printed with it is read out:
each line ends with a check word, by which both ends hear a mistake at once.`,
		Example: "  darksite bundle brief S042-000017 --as amartin --pdf brief.pdf\n  darksite bundle brief S042-000017 --as amartin --frames brief.txt",
		RunE:    func(c *cobra.Command, args []string) error { return a.brief(c.Context(), args[0], o) },
	}
	o.Flags(c)
	f := c.Flags()
	f.StringVar(&o.pdf, "pdf", "", "write the page into this file as PDF (default: print it as text)")
	f.StringVar(&o.frames, "frames", "", "write what the codes say into this file, a line each, for a scanner that has to be tried")
	f.BoolVar(&o.yes, "yes", false, "the text has been read: do not ask")
	return c
}

func (a *app) brief(ctx context.Context, name string, o briefOptions) error {
	for _, file := range []string{o.pdf, o.frames} {
		if _, err := os.Lstat(file); file != "" && err == nil {
			return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is there already", file)), "name a file that is not there yet")
		}
	}
	key, err := a.Signer(o.As, o.Key, o.PassFile)
	if err != nil {
		return err
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		b, err := j.Brief(ctx, id, key, func(text []byte) error {
			fmt.Fprintf(a.Env.Err, "what will be signed, sealed and printed:\n\n%s\n", cli.PrintableLines(string(text)))
			refused := cli.WithHint(errors.New("nothing was printed"), "darksite bundle show %s", id)
			return a.Env.Agree(o.yes, "Sign and print this?", "the text has been read", refused)
		})
		if err != nil {
			return err
		}
		card, err := brief.Card(b.Text, site.WordList(j.Conf.Site.Language))
		if err != nil {
			return err
		}
		r, err := j.Show(id)
		if err != nil {
			return err
		}
		page, phone := a.briefPages(r, b, card)
		if o.frames != "" {
			if err := site.WritePDF(o.frames, func(f *safefile.File) error {
				for _, frame := range b.Frames {
					if _, err := fmt.Fprintln(f, frame); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
			a.Env.Notef("written: %s", o.frames)
		}
		if err := a.PrintSheet(page, o.pdf); err != nil {
			return err
		}
		if err := paper.Text(a.Env.Out, phone); err != nil {
			return err
		}
		a.Env.Next("casedesk brief FILE   (at the vendor: what the codes say, a line each)")
		return nil
	})
}

// briefPages are the page of codes and the telephone card.
func (a *app) briefPages(r pipeline.Record, b pipeline.Brief, card []brief.Spoken) (page, phone paper.Sheet) {
	n, id := len(b.Frames), r.BID
	page = paper.Sheet{
		Title: fmt.Sprintf("Brief of %s", id), Made: a.Env.Now(), Codes: b.Frames,
		Rows: []string{
			fmt.Sprintf("BRIEF of %s, %s", id, r.Marking), "",
			"Signed and sealed to the vendor: nobody else can read it.",
			fmt.Sprintf("%d codes; any %d of them are enough. Scan them in any order, a line each, into", n, n-1),
			"a text file, and:  casedesk brief FILE", "",
		},
	}
	for i := range b.Frames {
		page.Labels = append(page.Labels, fmt.Sprintf("%s  code %d of %d", id, i+1, n))
	}
	phone = paper.Sheet{Title: fmt.Sprintf("Telephone card of %s", id), Made: a.Env.Now(), Rows: []string{
		"TELEPHONE CARD of " + string(id), "",
		"Read a line with its number; the engineer types it and reads his check word.",
		"If it is not yours, read the line again. Capitals, blanks and marks do not count.", "",
	}}
	for _, s := range card {
		for i, row := range cli.Wrap(s.Text, 72) {
			lead := "    "
			if i == 0 {
				lead = fmt.Sprintf("%2d  ", s.N)
			}
			phone.Rows = append(phone.Rows, lead+cli.Printable(row))
		}
		phone.Rows = append(phone.Rows, "                                        check word: "+s.Check)
	}
	return page, phone
}
