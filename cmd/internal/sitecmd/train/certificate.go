package train

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"darksite/bundle/journal"
	"darksite/bundle/paper"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/training/award"
	"darksite/training/certificate"

	"github.com/spf13/cobra"
	"rsc.io/qr"
)

func (a *app) trainCertificateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "certificate", Short: "Who is certified, until when, and whether a certificate counts",
		Long: `A certificate is a short record, signed with one key, that can be printed as a code and
checked without a network. After an examination that was passed the site issues a
provisional one, for at most 180 days. The record travels to the vendor in the next
bundle, and the vendor's certificate comes back in a reply and counts for 24 months.`,
		Example: `  darksite train certificate list
  darksite train certificate issue 00112233445566ff --as amartin
  darksite train certificate print DSA-0001 --pdf certificate.pdf
  darksite train certificate verify scanned.txt
  darksite train certificate withdraw DSA-0001 --as amartin --why left`,
	}
	c.AddCommand(a.certificateListCommand(), a.certificateIssueCommand(), a.certificateShowCommand(), a.certificateVerifyCommand(), a.certificatePrintCommand(), a.certificateWithdrawCommand())
	return c
}

func (a *app) certificateListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "The certificates kept here, and which of them count", Args: cobra.NoArgs,
		Example: "  darksite train certificate list --json",
		RunE: func(*cobra.Command, []string) error {
			p, err := certified.Read(a.Site)
			if err != nil {
				return err
			}
			views := []certified.View{}
			for _, s := range p.Kept {
				v, err := p.View(s)
				if err != nil {
					return err
				}
				views = append(views, v)
			}
			if asJSON {
				return a.Env.JSON(views)
			}
			a.printCertificates(p, views)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printCertificates(p certified.Papers, views []certified.View) {
	if len(views) == 0 {
		a.Env.Notef("no certificate is kept here yet")
		a.Env.Next("darksite train exam start --track admin --as ID --supervisor ID")
		return
	}
	t := &cli.Table{Header: []string{"CERTIFICATE", "TRACK", "UNTIL", "HOLDER", "STATE"}}
	for _, v := range views {
		t.Add(v.ID, v.Track, v.Until, v.Person, stateWords(v))
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Notef("%s", listWords(p))
	next := []string{"darksite train certificate show " + views[0].ID}
	for _, e := range p.Ends() {
		if e.Notice != 0 {
			next = append(next, e.Renew())
		}
	}
	a.Env.Next(next...)
}

// stateWords is what a certificate is worth, in a few words.
func stateWords(v certified.View) string {
	if !v.Verdict.OK() {
		return "DOES NOT COUNT: " + string(v.Verdict.Reason)
	}
	words := "counts"
	if v.Provisional {
		words += ", provisional"
	}
	if v.Practice != string(certificate.Current) {
		words += ", " + v.Practice
	}
	words += fmt.Sprintf(", %d days left", v.Verdict.DaysLeft)
	if v.Notice != 0 {
		words += fmt.Sprintf(" (notice of %d)", v.Notice)
	}
	return words
}

// listWords say what is known of withdrawn certificates.
func listWords(p certified.Papers) string {
	if p.Withdrawn == nil {
		return "no list of withdrawn certificates has come from the vendor yet"
	}
	return fmt.Sprintf("list %d of withdrawn certificates, %d days old, names %d", p.Withdrawn.Number, p.Withdrawn.Issued.Until(p.Today), len(p.Withdrawn.List))
}

func (a *app) certificateIssueCommand() *cobra.Command {
	var who site.Person
	var bank string
	var products []string
	c := &cobra.Command{
		Use: "issue SESSION", Short: "Issue the provisional certificate of an examination that was passed", Args: cobra.ExactArgs(1),
		Long: `Check the record of an examination again, its signatures and every answer, and sign a
provisional certificate for the candidate with your key. Whoever may supervise may
issue, and nobody for himself. The key is a plain ed25519 one: the signature of a token
is too long for the printed code.`,
		Example: "  darksite train certificate issue 00112233445566ff --as amartin --product flasharray-6",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.issueCertificate(args[0], who, bank, products)
		},
	}
	who.Flags(c)
	bankFlag(c, &bank)
	c.Flags().StringArrayVar(&products, "product", nil, "a kind of array with its major version, such as flasharray-6; may be given again")
	return c
}

func (a *app) issueCertificate(session string, who site.Person, bank string, products []string) error {
	p, err := certified.Read(a.Site)
	if err != nil {
		return err
	}
	e, err := certified.Register(a.Site).Exam(session)
	if errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(fmt.Errorf("no examination %s was held here", session), "darksite train exam status")
	}
	if err != nil {
		return cli.WithCode(cli.CodeTampered, err)
	}
	if !e.Done() {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("examination %s is still open", session)), "darksite train exam submit %s", session)
	}
	b, screens, err := a.examBank(bank)
	if err != nil {
		return err
	}
	checked, err := award.Check(e.Text, e.Signatures, p.People, b, screens)
	if err != nil {
		return cli.WithHint(err, "darksite train exam status")
	}
	key, err := a.examSigner(p.People, who.As, who.Key, who.PassFile)
	if err != nil {
		return err
	}
	if _, err := p.People.Supervises(key.Public().ID(), e.Candidate, p.Today); err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train certificate issue %s --as ID   (somebody else)", session)
	}
	c, err := checked.Certificate(checked.ProvisionalID(), key.Public(), p.Today, products, true)
	if errors.Is(err, award.ErrFailed) {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train progress %s", checked.Candidate.ID)
	}
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	if old, err := certified.Register(a.Site).Certificate(c.ID); err == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("certificate %s was issued on %s", old.ID, old.Issued)), "darksite train certificate show %s", old.ID)
	}
	signed, err := certificate.Issue(c, key)
	if err != nil {
		return err
	}
	err = a.Record(journal.Entry{Actor: who.As, Action: "certificate.issue", Details: map[string]string{"certificate": c.ID, "session": session, "key": c.Key, "until": c.Until.String()}})
	if err != nil {
		return err
	}
	if err := certified.Register(a.Site).Keep(signed); err != nil {
		return err
	}
	fmt.Fprintln(a.Env.Out, c.ID)
	a.Env.Notef("certificate %s for %s counts until %s; the record travels to the vendor in the next bundle", c.ID, checked.Candidate.ID, c.Until)
	a.Env.Next("darksite train certificate print "+c.ID+" --pdf FILE", "darksite bundle collect --as ID")
	return nil
}

func (a *app) certificateShowCommand() *cobra.Command {
	var asJSON, statement bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show a certificate that is kept here", Args: cobra.ExactArgs(1),
		Long: `Show a certificate, whether it counts today, and its text form. With --statement print
what is signed and, on the lines after it, the signature, as stock ssh-keygen takes them.`,
		Example: "  darksite train certificate show DSA-0001",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := certified.Read(a.Site)
			if err != nil {
				return err
			}
			s, err := a.keptCertificate(args[0])
			if err != nil {
				return err
			}
			if statement {
				return a.printSignedText(p, s)
			}
			v, err := p.View(s)
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(v)
			}
			a.printCertificate(p, v)
			for _, line := range cut(v.Text, a.Env.Width()) {
				fmt.Fprintln(a.Env.Out, line)
			}
			a.Env.Next("darksite train certificate print " + v.ID + " --pdf FILE")
			return nil
		},
	}
	c.Flags().BoolVar(&statement, "statement", false, "print statement and signature, for stock tools")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) keptCertificate(id string) (certificate.Signed, error) {
	s, err := certified.Register(a.Site).Certificate(id)
	if errors.Is(err, fs.ErrNotExist) {
		return s, cli.WithHint(fmt.Errorf("no certificate %s is kept here", id), "darksite train certificate list")
	}
	return s, cli.WithCode(cli.CodeTampered, err)
}

// printSignedText prints what stock ssh-keygen -Y verify reads.
func (a *app) printSignedText(p certified.Papers, s certificate.Signed) error {
	text, err := s.Statement()
	if err != nil {
		return err
	}
	armored, err := p.Armored(s)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "darksite site vendor")
	}
	_, err = a.Env.Out.Write(append(text, armored...))
	return err
}

func (a *app) printCertificate(p certified.Papers, v certified.View) {
	a.Env.Fact("certificate", v.ID)
	a.Env.Fact("holder", fmt.Sprintf("%s (%s), key %s", v.Holder, v.Person, v.Key))
	a.Env.Fact("for", fmt.Sprintf("track %s at site %s, products: %s", v.Track, v.Site, cli.OrDash(strings.Join(v.Products, ", "))))
	a.Env.Fact("result", fmt.Sprintf("%s, bank %s, supervised by %s", v.Band, v.Bank, v.Supervisor))
	a.Env.Fact("counts from", v.Issued+" until "+v.Until)
	a.Env.Fact("issued by", fmt.Sprintf("%s, key %s", v.IssuedBy, v.Issuer))
	a.Env.Fact("state", stateWords(v))
	if v.Verdict.Detail != "" {
		a.Env.Fact("", v.Verdict.Detail)
	}
	for _, c := range v.Verdict.Cautions {
		a.Env.Fact("note", cautionWords(c))
	}
	if v.Verdict.OK() {
		a.Env.Fact("practice", fmt.Sprintf("%s; a lab at least every %d days keeps it so", v.Practice, certificate.PracticeEvery))
	}
	a.Env.Fact("withdrawn", listWords(p))
}

func cautionWords(c certificate.Caution) string {
	switch c {
	case certificate.IsProvisional:
		return "provisional: the vendor has not seen the record yet"
	case certificate.EndsSoon:
		return fmt.Sprintf("it ends within %d days: time for a new examination", certificate.RenewWithin)
	case certificate.NoList:
		return "whether it was withdrawn is not known: no list has come"
	case certificate.OldList:
		return fmt.Sprintf("the list of withdrawn certificates is older than %d days", certificate.ListAge)
	}
	return string(c)
}

// cut breaks the text form into lines that, typed one after the other, are the same
// again. No line begins or ends with one of the spaces in it, which people do not see.
func cut(text string, width int) (lines []string) {
	for len(text) > width {
		n := width
		for n > 1 && (text[n-1] == ' ' || text[n] == ' ') {
			n--
		}
		lines, text = append(lines, text[:n]), text[n:]
	}
	return append(lines, text)
}

func (a *app) certificateVerifyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "verify FILE|TEXT", Short: "Whether a certificate counts today, from its file or the text of its code", Args: cobra.ExactArgs(1),
		Long: `Check a certificate without a network: its form, its signature under the keys of the
vendor's card and of this site's roster, the list of withdrawn ones, and its days. Exit 0
when it counts, 5 when it is forged, altered or of an unknown issuer, 4 when it was
withdrawn, has ended, has not begun, or its issuer may not issue it.`,
		Example: "  darksite train certificate verify scanned.txt\n  darksite train certificate verify \"DSC1:...\"",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.verifyCertificate(args[0], asJSON)
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) verifyCertificate(what string, asJSON bool) error {
	p, err := certified.Read(a.Site)
	if err != nil {
		return err
	}
	text := what
	if !strings.HasPrefix(strings.TrimSpace(what), certificate.Prefix) {
		data, err := site.ReadBounded(what, certificate.MaxText*2)
		if errors.Is(err, fs.ErrNotExist) {
			return cli.WithHint(cli.Usagef("%q is neither a file nor a text that begins with %s", cli.Printable(what), certificate.Prefix), "darksite train certificate verify --help")
		}
		if err != nil {
			return err
		}
		text = string(data)
	}
	s, err := certificate.ParseText(text)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "scan it again; where it was typed, compare it letter by letter")
	}
	v, err := p.View(s)
	if err != nil {
		return err
	}
	if !v.Verdict.OK() {
		return refusedCertificate(v)
	}
	if asJSON {
		return a.Env.JSON(v)
	}
	a.printCertificate(p, v)
	return nil
}

func refusedCertificate(v certified.View) error {
	code, hint := cli.CodeRefused, "darksite train exam start --track "+v.Track+" --as ID --supervisor ID"
	switch v.Verdict.Reason {
	case certificate.UnknownIssuer, certificate.Altered:
		code, hint = cli.CodeTampered, "keep it apart and ask whoever showed it; darksite site vendor shows whose keys count"
	case certificate.NotBegun:
		hint = "compare the clock of this machine with a watch"
	case certificate.Withdrawn:
		hint = "darksite train certificate list   (only the vendor puts it back, with another certificate)"
	}
	return cli.WithHint(cli.WithCode(code, fmt.Errorf("certificate %s of %s does not count: %s: %s", v.ID, v.Holder, v.Verdict.Reason, v.Verdict.Detail)), "%s", hint)
}

func (a *app) certificatePrintCommand() *cobra.Command {
	var lang, pdf, png string
	c := &cobra.Command{
		Use: "print ID", Short: "Print a certificate with its code, as text, PDF or picture", Args: cobra.ExactArgs(1),
		Long: `Print a certificate on one page with its code and its text form. Whoever scans the code
or types the text can check it with "train certificate verify" on any kit. Without --pdf
or --png the page is printed as text.`,
		Example: "  darksite train certificate print DSA-0001 --pdf certificate.pdf --lang fr\n  darksite train certificate print DSA-0001 --png badge.png",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := certified.Read(a.Site)
			if err != nil {
				return err
			}
			s, err := a.keptCertificate(args[0])
			if err != nil {
				return err
			}
			v, err := p.View(s)
			if err != nil {
				return err
			}
			return a.printPaper(v, a.Lang(lang), pdf, png)
		},
	}
	site.LangFlag(c, &lang)
	c.Flags().StringVar(&pdf, "pdf", "", "write the page as PDF into this file")
	c.Flags().StringVar(&png, "png", "", "write the code alone as a picture into this file")
	return c
}

func (a *app) printPaper(v certified.View, lang runbooks.Lang, pdf, png string) error {
	sheet := certificatePage(v, lang)
	sheet.Made = a.Env.Now()
	if pdf == "" && png == "" {
		return paper.Text(a.Env.Out, sheet)
	}
	if pdf != "" {
		var page bytes.Buffer
		if err := paper.PDF(&page, sheet); err != nil {
			return err
		}
		if err := safefile.Write(pdf, page.Bytes(), 0o644); err != nil {
			return fmt.Errorf("print certificate %s: %w", v.ID, err)
		}
		fmt.Fprintln(a.Env.Out, pdf)
	}
	if png == "" {
		return nil
	}
	code, err := qr.Encode(v.Text, qr.M)
	if err != nil {
		return fmt.Errorf("print certificate %s: %w", v.ID, err)
	}
	if err := safefile.Write(png, code.PNG(), 0o644); err != nil {
		return fmt.Errorf("print certificate %s: %w", v.ID, err)
	}
	fmt.Fprintln(a.Env.Out, png)
	return nil
}

// paperWidth is how many characters of a text form stand in a row of the page.
const paperWidth = 72

// certificatePage is the page in a language.
func certificatePage(v certified.View, lang runbooks.Lang) paper.Sheet {
	say := func(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(lang) }
	track := map[string]string{
		string(certificate.Admin):   say("administrator of storage arrays", "administrateur de baies de stockage"),
		string(certificate.Officer): say("security officer", "officier de sécurité"),
		string(certificate.TSE):     say("support engineer", "ingénieur de support"),
	}[v.Track]
	band := map[string]string{
		string(certificate.Pass):        say("passed", "réussi"),
		string(certificate.Good):        say("passed, good", "réussi, bien"),
		string(certificate.Outstanding): say("passed, outstanding", "réussi, très bien"),
	}[v.Band]
	title := say("CERTIFICATE ", "CERTIFICAT ") + v.ID
	rows := []string{title, ""}
	if v.Provisional {
		rows = append(rows, say("PROVISIONAL, issued at the site; the vendor's follows", "PROVISOIRE, délivré sur le site ; celui du fournisseur suivra"), "")
	}
	fact := func(name, value string) {
		for _, line := range cli.Wrap(value, paperWidth-16) {
			rows = append(rows, fmt.Sprintf("%-16s%s", name, line))
			name = ""
		}
	}
	fact(say("holder", "titulaire"), v.Holder)
	fact(say("key", "clé"), v.Key)
	fact(say("as", "qualité"), track)
	fact("site", v.Site)
	if len(v.Products) > 0 {
		fact(say("products", "produits"), strings.Join(v.Products, ", "))
	}
	fact(say("result", "résultat"), band)
	fact(say("from", "du"), v.Issued)
	fact(say("until", "au"), v.Until)
	fact(say("issued by", "délivré par"), cmp.Or(v.IssuedBy, v.Issuer)+", "+v.Issuer)
	rows = append(rows, "", say("To check it, scan the code or type the text below:", "Pour le vérifier, lisez le code ou tapez le texte ci-dessous :"),
		"  darksite train certificate verify "+say("FILE", "FICHIER"), "")
	rows = append(rows, cut(v.Text, paperWidth)...)
	rows = append(rows, "")
	return paper.Sheet{Title: title, Rows: rows, Codes: []string{v.Text}, Labels: []string{v.ID}}
}
