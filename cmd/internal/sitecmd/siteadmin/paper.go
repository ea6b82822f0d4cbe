package siteadmin

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"

	"darksite/bundle/paper"
	"darksite/bundle/roster"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

//go:embed checklists/en/*.txt checklists/fr/*.txt
var checklists embed.FS

// topic is a checklist and what it is for.
type topic struct{ name, en, fr string }

// topics are the checklists, in the order in which a site meets them.
func topics() []topic {
	return []topic{
		{"found", "sign the first roster and exchange keys with the vendor", "signer le premier registre et échanger les clés avec le fournisseur"},
		{"record", "put the record key into the safe", "mettre la clé d'archive au coffre"},
		{"escrow", "a copy of a key with three keepers, two of whom can use it", "une copie de clé chez trois gardiens, dont deux peuvent s'en servir"},
		{"accounts", "separate accounts of the machine for kit and people", "des comptes séparés sur la machine pour le kit et les gens"},
		{"enrol", "a person more", "une personne de plus"},
		{"rotate", "another key for a person", "une autre clé pour une personne"},
		{"lost", "a key is lost, an officer is gone, too few are left", "une clé est perdue, un officier est parti, il en reste trop peu"},
		{"vendor", "a new vendor card", "une nouvelle carte du fournisseur"},
	}
}

func (a *app) keysChecklistCommand() *cobra.Command {
	var pdf, lang string
	c := &cobra.Command{
		Use: "checklist [TOPIC]", Short: "Print what to do, step by step, to be ticked and signed on paper", Args: cobra.MaximumNArgs(1),
		Long:    "Without TOPIC list the checklists. With TOPIC print it, filled in for this site.",
		Example: "  darksite site keys checklist\n  darksite site keys checklist lost --pdf lost.pdf\n  darksite site keys checklist found --lang fr",
		RunE: func(_ *cobra.Command, args []string) error {
			lang := a.Language(lang)
			if lang != "en" && lang != "fr" {
				return cli.Usagef("--lang %q: want en or fr", lang)
			}
			if len(args) == 0 {
				a.printTopics(lang)
				return nil
			}
			s, err := a.checklist(args[0], lang)
			if err != nil {
				return err
			}
			return a.PrintSheet(s, pdf)
		},
	}
	c.Flags().StringVar(&pdf, "pdf", "", "write it into this file as PDF")
	c.Flags().StringVar(&lang, "lang", "", "en or fr (default: as site.yaml says)")
	return c
}

func (a *app) printTopics(lang string) {
	t := &cli.Table{Header: []string{"TOPIC", "FOR"}}
	for _, one := range topics() {
		what := one.en
		if lang == "fr" {
			what = one.fr
		}
		t.Add(one.name, what)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Next("darksite site keys checklist found")
}

// checklist fills in a checklist for this site.
func (a *app) checklist(topic, lang string) (paper.Sheet, error) {
	text, err := fs.ReadFile(checklists, path.Join("checklists", lang, topic+".txt"))
	if err != nil {
		return paper.Sheet{}, cli.WithHint(cli.Usagef("no checklist is called %q", topic), "darksite site keys checklist")
	}
	r, err := a.Roster()
	if err != nil {
		return paper.Sheet{}, err
	}
	in := struct {
		roster.Roster
		Officers []roster.Person
	}{Roster: r}
	for _, p := range r.People {
		if p.Role == roster.Officer {
			in.Officers = append(in.Officers, p)
		}
	}
	t, err := template.New(topic).Parse(string(text))
	if err != nil {
		return paper.Sheet{}, fmt.Errorf("checklist %s: %w", topic, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, in); err != nil {
		return paper.Sheet{}, fmt.Errorf("checklist %s: %w", topic, err)
	}
	rows := strings.Split(cli.PrintableLines(b.String()), "\n")
	title, head := fmt.Sprintf("Site %s: checklist %s", r.Site, topic), "Site %s                    Date ______________  Place ____________________"
	if lang == "fr" {
		title, head = fmt.Sprintf("Site %s : fiche %s", r.Site, topic), "Site %s                    Date ______________  Lieu _____________________"
	}
	return paper.Sheet{Title: title, Made: a.Env.Now(), Rows: append([]string{fmt.Sprintf(head, r.Site), ""}, rows...)}, nil
}

func (a *app) keysCardCommand() *cobra.Command {
	var pdf string
	c := &cobra.Command{
		Use: "card ID", Short: "Print the card of a person: role, fingerprint as hex and words, QR code", Args: cobra.ExactArgs(1),
		Example: "  darksite site keys card amartin --pdf amartin.pdf",
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.keyCard(args[0])
			if err != nil {
				return err
			}
			return a.PrintSheet(s, pdf)
		},
	}
	c.Flags().StringVar(&pdf, "pdf", "", "write it into this file as PDF")
	return c
}

// keyCard is the card of a person, with the proposed key where one is proposed.
func (a *app) keyCard(id string) (paper.Sheet, error) {
	v, err := a.keysView()
	if err != nil {
		return paper.Sheet{}, err
	}
	var card *keyView
	for i, k := range v.Keys {
		if k.Holder == id && k.State != "taken back" {
			card = &v.Keys[i]
		}
	}
	if card == nil {
		return paper.Sheet{}, cli.WithHint(cli.Usagef("nobody on the roster has the id %q", id), "darksite site people")
	}
	rows := []string{
		fmt.Sprintf("KEY CARD of %s, %s", card.Holder, cli.Printable(card.Name)),
		fmt.Sprintf("site %s, roster %d, %s", v.Site, v.Roster, card.State),
		card.Use, "",
		"ssh    " + card.Fingerprint,
	}
	rows = append(rows, words.Rows(card.SHA256, card.Words)...)
	rows = append(rows,
		"", "The last word is a checksum over the others. Whoever calls you about this key",
		"does not read first: you read, he says whether it is the same.",
		"", "Date ______________  Signature of the holder ______________________________", "")
	code := fmt.Sprintf("DARKSITE KEY %s %s %s", v.Site, strings.ToUpper(card.Holder), strings.ToUpper(card.SHA256))
	return paper.Sheet{Title: fmt.Sprintf("Site %s: key card of %s", v.Site, card.Holder), Made: a.Env.Now(), Rows: rows, Codes: []string{code}}, nil
}
