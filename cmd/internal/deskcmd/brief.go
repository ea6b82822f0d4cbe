package deskcmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"darksite/bundle/brief"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	spoken "darksite/bundle/words"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

const briefsDir = "briefs"

type briefOptions struct {
	phone    bool
	lang     string
	passFile string
}

func (a *app) briefCommand() *cobra.Command {
	var o briefOptions
	c := &cobra.Command{
		Use: "brief [FILE...]", Short: "Open a brief: what its QR codes say, scanned in any order",
		Long: `Open a brief, the one page of QR codes that comes from a site where no medium may leave.
FILE holds what a scanner read, a code a line; with no FILE it is read from the input. Any
one code may be missing. The signature under it is held to the roster of its site, and
the text kept below briefs/.

With --phone nothing is opened: type each line that the site reads out, and read back
the check word that follows it.`,
		Example: "  casedesk brief scanned.txt\n  casedesk brief --phone",
		RunE: func(_ *cobra.Command, args []string) error {
			if o.phone {
				return a.phone(o.lang)
			}
			return a.openBrief(args, o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.phone, "phone", false, "answer each line with its check word")
	f.StringVar(&o.lang, "lang", string(spoken.English), "language of the check words: en or fr, as the site has it")
	f.StringVar(&o.passFile, "passphrase-file", "", "passphrase of the intake key")
	return c
}

// phone answers every line typed with its check word.
func (a *app) phone(lang string) error {
	in := bufio.NewScanner(a.env.In)
	for in.Scan() {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		word, err := spoken.Check(spoken.Language(lang), in.Text())
		if err != nil {
			return cli.WithCode(cli.CodeUsage, err)
		}
		fmt.Fprintf(a.env.Out, "%s\n", word)
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("read the line: %w", err)
	}
	return nil
}

// maxScan bounds what is read as scanned codes.
const maxScan = 1 << 20

func (a *app) openBrief(files []string, o briefOptions) error {
	codes, err := a.scanned(files)
	if err != nil {
		return err
	}
	sealed, err := brief.Join(codes)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "scan the page again, a code a line, then: casedesk brief FILE")
	}
	ids, err := a.identities(o.passFile)
	if err != nil {
		return err
	}
	b, err := brief.Open(sealed, ids...)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "was it sealed to an intake key of before? then open it where that key lies")
	}
	site, _, ok := b.BID.Split()
	if !ok || !roster.ValidSite(site) {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("a brief of %q: that is no bundle", string(b.BID))), "telephone the site before you believe it")
	}
	r, err := a.roster(site)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("brief of %q: %w", string(b.BID), err)), "casedesk sites enrol ROSTER")
	}
	person, err := b.Check(r)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "telephone the site before you believe it")
	}
	if err := os.MkdirAll(a.path(briefsDir), 0o700); err != nil {
		return fmt.Errorf("keep the brief: %w", err)
	}
	kept := filepath.Join(a.path(briefsDir), string(b.BID)+".txt")
	if err := safefile.Write(kept, b.Text, 0o600); err != nil {
		return err
	}
	fmt.Fprint(a.env.Out, cli.PrintableLines(string(b.Text)))
	a.env.Notef("brief of %s, signed by %s; kept as %s", b.BID, person.ID, kept)
	a.env.Next("casedesk case list")
	return nil
}

func (a *app) scanned(files []string) ([]string, error) {
	var codes []string
	take := func(r io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(r, maxScan))
		codes = append(codes, strings.Split(string(text), "\n")...)
		return err
	}
	if len(files) == 0 {
		if err := take(a.env.In); err != nil {
			return nil, fmt.Errorf("read the codes: %w", err)
		}
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err == nil {
			err = errors.Join(take(f), f.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("read the codes: %w", err)
		}
	}
	return codes, nil
}
