package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/rule"
	"darksite/runbooks/strictyaml"

	"github.com/spf13/cobra"
)

// draft are files of rules as a monitor of this site would take them.
type draft struct {
	site  rule.Site
	book  rule.Book
	names []string // of the files that were asked for; all of the site's when none was
	bare  bool     // there is no site folder: what its targets tell is not known
}

// draft reads files and joins them with the rest of the site's, in the place of
// those of the same name. An error that holds findings is of a file.
func (a *app) draft(ctx context.Context, names []string) (draft, error) {
	d := draft{names: slices.Clone(names)}
	files, err := a.draftFiles(&d)
	if err != nil {
		return d, err
	}
	conf, err := siteconf.Load(a.Dir())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.bare = true
	case err != nil:
		_, err = a.Config()
		return d, err
	default:
		err = sight.With(ctx, a.Site, func(s *sight.Sight) (err error) {
			d.site, err = Site(ctx, a.Site, conf, s)
			return err
		})
		if err != nil {
			return d, err
		}
	}
	d.book, err = d.site.Join(files...)
	return d, err
}

func (a *app) draftFiles(d *draft) ([]rule.File, error) {
	site, err := readRules(a.Path(Dir))
	if len(d.names) == 0 {
		for _, f := range site {
			d.names = append(d.names, f.Name)
		}
		return site, err
	}
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, name := range d.names {
		d.names[i] = filepath.Clean(name)
		f, err := readDraft(d.names[i])
		errs = append(errs, err)
		site = slices.DeleteFunc(site, func(o rule.File) bool { return filepath.Base(o.Name) == filepath.Base(name) })
		site = append(site, f)
	}
	slices.SortStableFunc(site, func(x, y rule.File) int { return cmp.Compare(filepath.Base(x.Name), filepath.Base(y.Name)) })
	return site, errors.Join(errs...)
}

func readDraft(name string) (rule.File, error) {
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return rule.File{}, fmt.Errorf("read the rules: %w", err)
	}
	defer root.Close()
	return readRule(root, filepath.Dir(name), filepath.Base(name))
}

// ruleFinding is one finding of lint.
type ruleFinding struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Warning bool   `json:"warning,omitempty"` // the monitor takes it all the same
	Message string `json:"message"`
}

func (f ruleFinding) String() string {
	text := (&strictyaml.Error{File: f.File, Line: f.Line, Column: max(1, f.Column), Msg: f.Message}).Error()
	if f.Warning {
		return text + " (a warning)"
	}
	return text
}

// ruleFindings takes an error of files apart; rest is what is no finding.
func ruleFindings(err error) (found []ruleFinding, rest error) {
	var at *strictyaml.Error
	switch many, joined := err.(interface{ Unwrap() []error }); {
	case err == nil:
	case joined:
		for _, one := range many.Unwrap() {
			f, r := ruleFindings(one)
			found, rest = append(found, f...), errors.Join(rest, r)
		}
	case errors.As(err, &at):
		found = []ruleFinding{{File: at.File, Line: at.Line, Column: at.Column, Message: at.Msg}}
	default:
		rest = err
	}
	return found, rest
}

// unheard warns of rules about metrics that no target of their kind has told.
func (d draft) unheard() (found []ruleFinding) {
	for _, r := range d.book.Own() {
		src := d.book.Sources[r.ID]
		if !slices.Contains(d.names, src.File) {
			continue
		}
		for _, metric := range r.Metrics() {
			if !told(d.site, r, metric) {
				found = append(found, ruleFinding{
					File: src.File, Line: src.Line, Warning: true,
					Message: fmt.Sprintf("rule %s: no target has told %s yet, so this cannot fire: darksite history series lists what is told", r.ID, metric),
				})
			}
		}
	}
	return found
}

// told reports whether a target a rule is for tells a metric. Where nothing is
// known of any of them, nobody can say.
func told(s rule.Site, r rule.Rule, metric string) bool {
	known := false
	for _, k := range s.Known {
		if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, k.Kind) {
			continue
		}
		for _, key := range k.Series {
			known = true
			if key.Metric == metric {
				return true
			}
		}
	}
	return !known || strings.HasPrefix(metric, "localmon_")
}

func (a *app) ruleLintCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "lint [FILE...]", Short: "Check files of rules as the monitor of this site would", Args: cobra.ArbitraryArgs,
		Long: `Check files of rules, beside those of the site folder, as the monitor of this site
would: how they are written, what they would cost with what the targets are known
to tell, and their cases. A FILE stands in the place of the one of its name in the
folder rules; without FILE those are checked. Every finding is printed with its
place; exit 4 when the monitor would refuse them.`,
		Example: "  darksite rule lint\n  darksite rule lint draft.yaml && cp draft.yaml ~/.darksite/rules/",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.draft(c.Context(), args)
			if err == nil {
				err = d.book.Check()
			}
			found, err := ruleFindings(err)
			if err != nil {
				return err
			}
			refused := len(found)
			found = append(found, d.unheard()...)
			slices.SortStableFunc(found, func(x, y ruleFinding) int {
				return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
			})
			if asJSON {
				if err := a.Env.JSON(found); err != nil {
					return err
				}
			} else {
				for _, f := range found {
					fmt.Fprintln(a.Env.Out, cli.Printable(f.String()))
				}
			}
			if refused > 0 {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("the monitor would refuse these rules, findings: %d", refused)), "mend the files at the places named; the language is described by: darksite rule --help")
			}
			a.lintWell(d)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) lintWell(d draft) {
	a.Env.Notef("the monitor would take these rules: files %d, rules of the site %d", len(d.names), len(d.book.Own()))
	if d.bare {
		a.Env.Notef("there is no site at %s: what the rules would cost there is not known", a.Dir())
	}
	a.Env.Next("darksite rule test "+strings.Join(d.names, " "), "systemctl reload darksite   (once the files are in the folder rules)")
}

// ruleTrial is one case as test prints it.
type ruleTrial struct {
	Rule   string `json:"rule"`
	Case   string `json:"case"`
	Kind   string `json:"kind"`
	Passed bool   `json:"passed"`
	Said   string `json:"said,omitempty"`
}

func (a *app) ruleTestCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "test [FILE...]", Short: "Run the cases of rules, each against all rules of the site", Args: cobra.ArbitraryArgs,
		Long: `Run the cases that the rules of FILE carry, each against all rules of the site; without
FILE those of the folder rules. Exit 4 when one does not come out as written.`,
		Example: "  darksite rule test draft.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.draft(c.Context(), args)
			if err != nil {
				if found, rest := ruleFindings(err); rest == nil {
					err = cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("no case was run, findings: %d\n%w", len(found), err)), "%s", strings.TrimSpace("darksite rule lint "+strings.Join(args, " ")))
				}
				return err
			}
			trials, failed := d.trials()
			if asJSON {
				if err := a.Env.JSON(trials); err != nil {
					return err
				}
			} else {
				a.printTrials(trials)
			}
			if failed > 0 {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%d of %d cases do not come out as written", failed, len(trials))), "mend the rule or its case; the monitor refuses rules whose cases fail")
			}
			a.Env.Notef("%d cases come out as written", len(trials))
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (d draft) trials() (out []ruleTrial, failed int) {
	for _, r := range d.book.Own() {
		if !slices.Contains(d.names, d.book.Sources[r.ID].File) {
			continue
		}
		for _, t := range d.book.Try(r) {
			one := ruleTrial{Rule: r.ID, Case: r.Cases[t.Case].Name, Kind: string(t.Kind), Passed: t.Err == nil}
			if t.Err != nil {
				one.Said = strings.ReplaceAll(t.Err.Error(), "\n", "; ")
				failed++
			}
			out = append(out, one)
		}
	}
	return out, failed
}

func (a *app) printTrials(trials []ruleTrial) {
	if len(trials) == 0 {
		return
	}
	t := &cli.Table{Header: []string{"STATE", "RULE", "KIND", "CASE"}}
	var failed []string
	for _, tr := range trials {
		state := "PASS"
		if !tr.Passed {
			state = "FAIL"
			failed = append(failed, fmt.Sprintf("%s, %s, %s: %s", tr.Rule, tr.Kind, tr.Case, tr.Said))
		}
		t.Add(state, tr.Rule, tr.Kind, tr.Case)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.paragraphs(failed)
}
