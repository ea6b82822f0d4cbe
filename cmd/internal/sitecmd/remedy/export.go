package remedy

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/manual"

	"github.com/spf13/cobra"
)

func (a *app) runbookExportCommand() *cobra.Command {
	var lang, out string
	c := &cobra.Command{
		Use: "export [ID...]", Short: "Print runbooks, or all of them, as a PDF manual",
		Long: `Print the named runbooks, or all, as a PDF with contents and index: each step with its
words, what the kit would check, and where each result leads, to follow with a pencil
where no kit runs.`,
		Example: "  darksite runbook export --out runbooks.pdf\n  darksite runbook export drive-failed --lang fr --out disque.pdf",
		RunE: func(_ *cobra.Command, args []string) error {
			if !strings.EqualFold(filepath.Ext(out), ".pdf") {
				return cli.Usagef("name the file with --out FILE.pdf")
			}
			lib, err := books.Library(a.Site)
			if err != nil {
				return err
			}
			books := lib.All()
			if len(args) > 0 {
				books = nil
			}
			for _, id := range args {
				b, err := a.findBook(id)
				if err != nil {
					return err
				}
				books = append(books, b)
			}
			return a.exportBooks(books, a.Lang(lang), out)
		},
	}
	site.LangFlag(c, &lang)
	c.Flags().StringVar(&out, "out", "", "file to write, FILE.pdf")
	return c
}

func (a *app) exportBooks(books []*runbooks.Runbook, lang runbooks.Lang, out string) error {
	var b bytes.Buffer
	if err := manual.PDF(&b, manual.Book{Books: books, Lang: lang, Made: a.Env.Now(), Kit: "darksite " + a.Version}); err != nil {
		return err
	}
	if err := safefile.Write(out, b.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(a.Env.Out, out)
	a.Env.Notef("%d runbooks, %d KB", len(books), b.Len()/1024)
	return nil
}
