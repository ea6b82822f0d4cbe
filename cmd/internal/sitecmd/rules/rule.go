package rules

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// Command is darksite rule.
func Command(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "rule", Short: "What counts as a fault: the kit's rules and the site's own",
		Long: `What counts as a fault. The kit brings its rules; a site may add its own, replace
one, or do without one, in files rules/*.yaml of its folder:

  off:
    - {rule: site-contacts, why: the only contact is agreed with the vendor}
  rules:
    - id: noisy-volume
      replaces: true
      ...

Begin with a rule of the kit that is near to what you want: rule show ID --yaml
prints its text, with the cases that prove it. The monitor reads the files when it
starts, and when it is told to read site.yaml again. It refuses what is wrong, or
would cost too much with what the targets tell; started again with files that it
took before, it goes on with them, and says when they have come to cost too much.

The language is described in the package comment of localmon/rule.`,
		Example: "  darksite rule list --kind flasharray\n  darksite rule show capacity-high\n  darksite rule show noisy-volume --yaml > draft.yaml\n  darksite rule lint draft.yaml",
	}
	c.AddCommand(a.ruleListCommand(), a.ruleShowCommand(), a.ruleLintCommand(), a.ruleTestCommand())
	return c
}

// rulebook is the rules as the monitor would take them now. Without a site folder
// it is the kit's.
func (a *app) rulebook(ctx context.Context) (rule.Book, error) {
	conf, err := siteconf.Load(a.Dir())
	if errors.Is(err, fs.ErrNotExist) {
		return rule.Site{}.Join()
	}
	if conf, err = a.Config(); err != nil {
		return rule.Book{}, err
	}
	var b rule.Book
	err = sight.With(ctx, a.Site, func(s *sight.Sight) (err error) {
		b, err = a.siteRules(ctx, conf, s)
		return err
	})
	return b, Refused(err)
}

// ruleRow is a rule as list and show print it.
type ruleRow struct {
	ID         string            `json:"id"`
	About      string            `json:"about"`
	Kinds      []localmon.Kind   `json:"kinds"` // none: every kind
	Severity   localmon.Severity `json:"severity"`
	Why        string            `json:"why"`
	Runbook    string            `json:"runbook,omitempty"`
	File       string            `json:"file"`
	Line       int               `json:"line"`
	Shipped    bool              `json:"shipped"`
	Replaces   bool              `json:"replaces"`
	Off        string            `json:"off,omitempty"` // why the site does without it
	Conditions []string          `json:"conditions,omitempty"`
	Cases      []ruleCase        `json:"cases,omitempty"`
}

type ruleCase struct {
	Name  string   `json:"name"`
	Fires []string `json:"fires"`
}

func (a *app) ruleRow(b rule.Book, r rule.Rule) ruleRow {
	src := b.Sources[r.ID]
	row := ruleRow{
		ID: r.ID, About: r.About, Kinds: r.Kinds, Severity: r.Severity, Why: r.Why, Runbook: r.Runbook,
		File: src.File, Line: src.Line, Shipped: src.Shipped, Replaces: r.Replaces,
	}
	if row.Kinds == nil {
		row.Kinds = []localmon.Kind{}
	}
	for _, o := range b.Off {
		if o.Rule == r.ID {
			row.Off = o.Why
		}
	}
	return row
}

// origin is where a rule stands, short.
func (a *app) origin(r ruleRow) string {
	file := r.File
	if rel, err := filepath.Rel(a.Dir(), file); err == nil && filepath.IsLocal(rel) {
		file = rel
	}
	switch {
	case r.Off != "":
		return "OFF"
	case r.Shipped:
		return "kit"
	}
	return fmt.Sprintf("%s:%d", file, r.Line)
}

// KindsOf says which kinds of targets a rule is for.
func KindsOf(kinds []localmon.Kind) string {
	switch {
	case len(kinds) == 0:
		return "all"
	case len(kinds) == 2 && !slices.Contains(kinds, localmon.KindHost):
		return "arrays"
	}
	var out []string
	for _, k := range kinds {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}

// everyRule are the rules in force and those that are off, by id.
func everyRule(b rule.Book) ([]rule.Rule, error) {
	kit, err := rule.Shipped()
	if err != nil {
		return nil, err
	}
	all := slices.Clone(b.Rules)
	for _, r := range kit.Rules {
		if slices.ContainsFunc(b.Off, func(o rule.Off) bool { return o.Rule == r.ID }) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(x, y rule.Rule) int { return strings.Compare(x.ID, y.ID) })
	return all, nil
}

func (a *app) ruleListCommand() *cobra.Command {
	var asJSON, own bool
	var kind string
	c := &cobra.Command{
		Use: "list", Short: "List the rules: severity, kinds, where each stands, and runbook", Args: cobra.NoArgs,
		Example: "  darksite rule list --kind flashblade\n  darksite rule list --own   (what the site changed)",
		RunE: func(c *cobra.Command, _ []string) error {
			kinds := []string{"", string(localmon.KindFlashArray), string(localmon.KindFlashBlade), string(localmon.KindHost)}
			if !slices.Contains(kinds, kind) {
				return cli.Usagef("--kind %q: want flasharray, flashblade or host", kind)
			}
			b, err := a.rulebook(c.Context())
			if err != nil {
				return err
			}
			rules, err := everyRule(b)
			if err != nil {
				return err
			}
			rows := []ruleRow{}
			for _, r := range rules {
				row := a.ruleRow(b, r)
				if own && row.Shipped && row.Off == "" || kind != "" && len(r.Kinds) > 0 && !slices.Contains(r.Kinds, localmon.Kind(kind)) {
					continue
				}
				rows = append(rows, row)
			}
			if asJSON {
				return a.Env.JSON(rows)
			}
			a.printRules(rows)
			return nil
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "only rules for flasharray, flashblade or host")
	c.Flags().BoolVar(&own, "own", false, "only what the site added, replaced or switched off")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printRules(rows []ruleRow) {
	if len(rows) == 0 {
		a.Env.Notef("the site has no rules of its own")
		a.Env.Next("darksite rule list", "darksite rule --help")
		return
	}
	t := &cli.Table{Header: []string{"RULE", "SEV", "KINDS", "FROM", "RUNBOOK"}}
	for _, r := range rows {
		t.Add(r.ID, fmt.Sprint(r.Severity), KindsOf(r.Kinds), a.origin(r), cli.OrDash(r.Runbook))
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	var said []string
	for _, r := range rows {
		switch {
		case r.Off != "":
			said = append(said, fmt.Sprintf("%s is off: %s", r.ID, r.Off))
		case r.Replaces:
			said = append(said, r.ID+" stands in the place of the kit's own")
		}
	}
	a.paragraphs(said)
	a.Env.Next("darksite rule show " + rows[0].ID)
}

// paragraphs prints texts one below the other.
func (a *app) paragraphs(texts []string) {
	for _, text := range texts {
		for _, line := range cli.Wrap(cli.Printable(text), a.Env.Width()) {
			fmt.Fprintln(a.Env.Out, line)
		}
	}
}

func (a *app) ruleShowCommand() *cobra.Command {
	var asJSON, asYAML bool
	c := &cobra.Command{
		Use: "show ID", Short: "Read a rule: what it looks at, when it fires, and the cases that prove it", Args: cobra.ExactArgs(1),
		Long: `Read a rule. With --yaml its text is printed as it stands in its file, to begin a rule
of the site with: give it another id, or add replaces: true.`,
		Example: "  darksite rule show drive-failed\n  darksite rule show noisy-volume --yaml > draft.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			if asJSON && asYAML {
				return cli.Usagef("--json or --yaml: one of them")
			}
			b, err := a.rulebook(c.Context())
			if err != nil {
				return err
			}
			rules, err := everyRule(b)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(rules, func(r rule.Rule) bool { return r.ID == args[0] })
			if i < 0 {
				return cli.WithHint(fmt.Errorf("no rule is named %q", args[0]), "darksite rule list")
			}
			row := a.ruleRow(b, rules[i])
			row.Conditions = Conditions(rules[i])
			for _, k := range rules[i].Cases {
				row.Cases = append(row.Cases, ruleCase{k.Name, append([]string{}, k.Fires...)})
			}
			switch {
			case asJSON:
				return a.Env.JSON(row)
			case asYAML:
				_, err := fmt.Fprint(a.Env.Out, "rules:\n"+b.Sources[row.ID].Text)
				return err
			}
			a.printRule(row)
			return nil
		},
	}
	c.Flags().BoolVar(&asYAML, "yaml", false, "print the text of the rule, to begin one of the site with")
	cli.JSONFlag(c, &asJSON)
	return c
}

// severityWords are the words of the vendor's guide.
var severityWords = map[localmon.Severity]string{
	localmon.SeverityUrgent: "urgent", localmon.SeverityMajor: "major", localmon.SeverityMinor: "minor", localmon.SeverityInfo: "information",
}

func (a *app) printRule(r ruleRow) {
	say := func(indent, text string) {
		for i, line := range cli.Wrap(cli.Printable(text), a.Env.Width()-len(indent)) {
			if i == 0 {
				fmt.Fprintln(a.Env.Out, indent+line)
				continue
			}
			fmt.Fprintln(a.Env.Out, strings.Repeat(" ", len(indent))+line)
		}
	}
	say("", fmt.Sprintf("%s, severity %d %s, %s", r.ID, r.Severity, severityWords[r.Severity], a.origin(r)))
	say("", r.About)
	switch {
	case r.Off != "":
		say("", "The site does without it: "+r.Off)
	case r.Replaces:
		say("", "It stands in the place of the kit's own.")
	}
	fmt.Fprintln(a.Env.Out)
	say("targets   ", KindsOf(r.Kinds))
	say("why       ", r.Why)
	say("runbook   ", cli.OrDash(r.Runbook))
	fmt.Fprintln(a.Env.Out, "\nfires when")
	for _, c := range r.Conditions {
		say("  - ", c)
	}
	fmt.Fprintln(a.Env.Out, "\ncases")
	for _, c := range r.Cases {
		say("  - ", c.Name+": "+firing(c.Fires))
	}
	a.Env.Next("darksite rule show " + r.ID + " --yaml")
}
