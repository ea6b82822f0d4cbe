package remedy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"
	"darksite/runbooks/render"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// RunbookCommand is darksite runbook.
func RunbookCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "runbook", Short: "Find, read and follow runbooks against live data",
		Example: `  darksite runbook search disk replaced
  darksite runbook run --alert 3 --as mdurand
  darksite runbook resume R-0001 --as mdurand`,
	}
	c.AddCommand(a.runbookListCommand(), a.runbookShowCommand(), a.runbookSearchCommand(), a.runbookCheckCommand(), a.runbookRunCommand(), a.runbookResumeCommand(),
		a.runbookHandOverCommand(), a.runbookAbortCommand(), a.runbookApproveCommand(), a.runbookReplayCommand(), a.runbookSignCommand(), a.runbookLintCommand(), a.runbookPackCommand(), a.runbookExportCommand())
	return c
}

type bookRow struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Title   string `json:"title"`
	Risk    string `json:"risk_max"`
	Minutes int    `json:"minutes"`
	Why     string `json:"why,omitempty"`
}

func (a *app) printBooks(rows []bookRow, asJSON bool) error {
	if asJSON {
		return a.Env.JSON(rows)
	}
	t := &cli.Table{Header: []string{"RUNBOOK", "RISK", "MIN", "TITLE"}}
	for _, r := range rows {
		t.Add(r.ID, r.Risk, strconv.Itoa(r.Minutes), r.Title)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	if len(rows) > 0 {
		a.Env.Next("darksite runbook show " + rows[0].ID)
	}
	return nil
}

func row(b *runbooks.Runbook, lang runbooks.Lang, why string) bookRow {
	title := b.Title.In(lang)
	if b.Withdrawn != "" {
		title = runbooks.Text{EN: "WITHDRAWN: ", FR: "RETIRÉE : "}.In(lang) + title
	}
	return bookRow{b.ID, b.Version, title, string(b.RiskMax), b.Minutes, why}
}

func (a *app) runbookListCommand() *cobra.Command {
	var asJSON bool
	var lang string
	c := &cobra.Command{
		Use: "list", Short: "List the runbooks of this site", Args: cobra.NoArgs,
		Example: "  darksite runbook list --lang fr",
		RunE: func(*cobra.Command, []string) error {
			lib, err := books.Library(a.Site)
			if err != nil {
				return err
			}
			rows := []bookRow{}
			for _, b := range lib.All() {
				rows = append(rows, row(b, a.Lang(lang), ""))
			}
			return a.printBooks(rows, asJSON)
		},
	}
	site.LangFlag(c, &lang)
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) runbookSearchCommand() *cobra.Command {
	var asJSON bool
	var lang string
	c := &cobra.Command{
		Use: "search WORD...", Short: "Find runbooks by words, in English or French", Args: cobra.MinimumNArgs(1),
		Example: "  darksite runbook search disque absent",
		RunE: func(_ *cobra.Command, args []string) error {
			lib, err := books.Library(a.Site)
			if err != nil {
				return err
			}
			rows := []bookRow{}
			for _, m := range lib.Search(strings.Join(args, " ")) {
				rows = append(rows, row(m.Book, a.Lang(lang), m.Reason))
			}
			if len(rows) == 0 {
				return cli.WithHint(fmt.Errorf("no runbook speaks of %q", strings.Join(args, " ")), "darksite runbook list")
			}
			return a.printBooks(rows, asJSON)
		},
	}
	site.LangFlag(c, &lang)
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) findBook(id string) (*runbooks.Runbook, error) {
	lib, err := books.Library(a.Site)
	if err != nil {
		return nil, err
	}
	b, ok := lib.Get(id)
	if !ok {
		return nil, cli.WithHint(fmt.Errorf("no runbook is named %q", id), "darksite runbook list")
	}
	return b, nil
}

func (a *app) runbookShowCommand() *cobra.Command {
	var lang string
	c := &cobra.Command{
		Use: "show ID", Short: "Read a runbook from front to end, with what each step checks", Args: cobra.ExactArgs(1),
		Example: "  darksite runbook show drive-failed --lang fr",
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := a.findBook(args[0])
			if err != nil {
				return err
			}
			a.printBook(b, a.Lang(lang))
			return nil
		},
	}
	site.LangFlag(c, &lang)
	return c
}

func (a *app) printBook(b *runbooks.Runbook, lang runbooks.Lang) {
	w, width := a.Env.Out, a.Env.Width()
	p := b.Prose[lang]
	fmt.Fprintf(w, "%s\n%s v%d  risk up to %s  about %d min\n\n%s\n", p.Title, b.ID, b.Version, b.RiskMax, b.Minutes, render.Text(p.Intro, width))
	for i, s := range b.Steps {
		sec := p.Sections[s.ID]
		fmt.Fprintf(w, "\n%d. %s  [%s]\n", i+1, sec.Title, strings.ToUpper(string(s.Kind)))
		fmt.Fprintln(w, render.Text(sec.Body, width))
		if title, desc := b.Transcript(s, lang); title != "" {
			for _, line := range cli.Wrap(runbooks.Text{EN: "drawing: ", FR: "dessin : "}.In(lang)+title+". "+desc, width) {
				fmt.Fprintln(w, line)
			}
		}
		if s.Expect != nil {
			for _, line := range cli.Wrap("expects: "+s.Expect.Sentence(lang), width) {
				fmt.Fprintln(w, line)
			}
		}
	}
	a.Env.Next("darksite runbook run " + b.ID + " --array NAME --as ID")
}

func (a *app) runbookLintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lint [DIR]", Short: "Check the embedded runbooks, or a folder of runbooks", Args: cobra.MaximumNArgs(1),
		Example: "  darksite runbook lint ./runbooks",
		RunE: func(_ *cobra.Command, args []string) error {
			fsys := content.Files()
			if len(args) == 1 {
				fsys = os.DirFS(args[0])
			}
			lib, err := runbooks.Load(fsys)
			if err != nil {
				return err
			}
			a.Env.Notef("%d runbooks, no finding", len(lib.All()))
			return nil
		},
	}
}

type runOptions struct {
	array, component, as, keyFile, passFile, lang string
	alert                                         uint64
	change, caseID, after, takeOver               string
	dry                                           bool
}

func (o *runOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.as, "as", "", "id of the person who follows the runbook")
	c.Flags().StringVar(&o.keyFile, "key", "", "key file that signs the closed log (default: keys/ID.key when there is one)")
	c.Flags().StringVar(&o.passFile, "passphrase-file", "", "passphrase of the key")
	site.LangFlag(c, &o.lang)
}

func (a *app) runbookRunCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use: "run [ID]", Short: "Follow a runbook step by step against live data", Args: cobra.MaximumNArgs(1),
		Long: `Follow a runbook. Each step says what to do, or checks the array now; data that is
missing or old is unknown and never passes. At every question:
  q  stop here, resume later        !  stop and open a case
  <  read again what came before    ?  what this screen is
The log of the run is evidence: it goes into the next bundle with --run.
With --dry nothing is done or written: you see where it would lead.`,
		Example: "  darksite runbook run --alert 3 --as mdurand\n  darksite runbook run drive-failed --array fa-prod-1 --component CH0.BAY3 --as mdurand",
		RunE: func(c *cobra.Command, args []string) error {
			book, err := a.chooseBook(c.Context(), args, &o)
			if err != nil {
				return err
			}
			return a.startRun(c.Context(), book, o)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.array, "array", "", "array the runbook is about, or the name of the kit's own machine")
	c.Flags().StringVar(&o.component, "component", "", "component the runbook is about")
	c.Flags().BoolVar(&o.dry, "dry", false, "rehearse: nothing is done, nothing is written")
	c.Flags().StringVar(&o.change, "change", "", "number of the approved change; a runbook of risk R3 needs it")
	c.Flags().StringVar(&o.caseID, "case", "", "case that is open with the vendor; some runbooks need it")
	c.Flags().StringVar(&o.after, "after", "", "older run this one follows")
	c.Flags().Uint64Var(&o.alert, "alert", 0, "alert the runbook is about; gives array, component and runbook")
	return c
}

// chooseBook finds the runbook by name, or the best for the alert.
func (a *app) chooseBook(ctx context.Context, args []string, o *runOptions) (*runbooks.Runbook, error) {
	var al localmon.Alert
	if o.alert != 0 {
		var err error
		if al, err = sight.Alert(ctx, a.Site, o.alert); err != nil {
			return nil, err
		}
		if conf, err := a.Config(); err == nil && !books.Runnable(conf, al.Target) {
			return nil, cli.WithHint(cli.Usagef("alert %d is about %s, which runbooks cannot be run on", o.alert, al.Target), "darksite alerts show %d", o.alert)
		}
		o.array = al.Target
		if o.component == "" {
			o.component = al.Component
		}
	}
	if o.array == "" {
		return nil, cli.Usagef("say which array with --array NAME or --alert ID")
	}
	if len(args) == 1 {
		return a.findBook(args[0])
	}
	if o.alert == 0 {
		return nil, cli.WithHint(cli.Usagef("say which runbook, or which alert with --alert ID"), "darksite runbook list")
	}
	leads, err := books.OpenLeads(a.Site)
	if err != nil {
		return nil, err
	}
	al.Component = o.component
	book, why := leads.Alert(al, books.Product(a.Site, al.Target))
	if book == nil {
		return nil, cli.WithHint(fmt.Errorf("this kit holds no runbook for alert %d, rule %s", al.ID, al.Rule), "darksite alerts show %d   (says what to do instead)", al.ID)
	}
	a.Env.Notef(runbooks.Text{EN: "runbook %s: chosen by %s", FR: "procédure %s : choisie par %s"}.In(a.Lang(o.lang)), book.ID, reason(a.Lang(o.lang), why))
	return book, nil
}

// reason says in a language why a runbook was chosen.
func reason(l runbooks.Lang, why string) string {
	if l == runbooks.French {
		return strings.NewReplacer("rule ", "la règle ", "alert code ", "le code d'alerte ", "component ", "le composant ").Replace(why)
	}
	return why
}

func (a *app) startRun(ctx context.Context, book *runbooks.Runbook, o runOptions) error {
	options, done, err := a.engineOptions(ctx, o)
	if err != nil {
		return err
	}
	defer done()
	begin := engine.Begin{Target: o.array, Component: o.component, Alert: o.alert, Refers: o.after, Product: books.Product(a.Site, o.array), Change: o.change, Case: o.caseID}
	if o.dry {
		begin.Run = "R-DRY"
		return a.rehearse(ctx, book, begin, options)
	}
	if begin.Serial, err = options.Identity(ctx); err != nil {
		begin.Serial = "" // a target that cannot be reached has runbooks too
	}
	for n := 1; ; n++ {
		id := fmt.Sprintf("R-%04d", n)
		dir := a.Path(site.RunsDir, id)
		if _, err := os.Stat(dir); err == nil {
			continue
		}
		begin.Run = id
		run, err := engine.Start(dir, book, begin, options)
		if errors.Is(err, os.ErrExist) {
			continue // another run took the number meanwhile
		}
		if err != nil {
			return refusal(err)
		}
		return a.goOn(ctx, run, options.Actor, options.Lang)
	}
}

// refusal gives errors of the engine that a rule made their exit code and the way
// on.
func refusal(err error) error {
	switch {
	case errors.Is(err, engine.ErrOtherProduct):
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite runbook list")
	case errors.Is(err, engine.ErrNeeds):
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite runbook list; name the change with --change NUMBER, the case with --case ID")
	case errors.Is(err, engine.ErrNotYours):
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "its owner offers it with runbook handover, or say why with --take-over TEXT")
	}
	return err
}

// rehearse leads through a runbook and leaves nothing behind.
func (a *app) rehearse(ctx context.Context, book *runbooks.Runbook, b engine.Begin, o engine.Options) error {
	outcome, err := engine.Rehearse(ctx, book, b, o)
	if errors.Is(err, engine.ErrLeft) {
		return nil
	}
	if err != nil {
		return refusal(err)
	}
	fmt.Fprintf(a.Env.Out, "dry run: %s\n", outcome)
	a.Env.Next(fmt.Sprintf("darksite runbook run %s --array %s --as ID", book.ID, b.Target))
	return nil
}

func (a *app) runbookResumeCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use: "resume RUN", Short: "Go on with a run; what passed before is asked again", Args: cobra.ExactArgs(1),
		Example: "  darksite runbook resume R-0001 --as mdurand",
		RunE: func(c *cobra.Command, args []string) error {
			dir := a.Path(site.RunsDir, filepath.Base(args[0]))
			target, err := runTarget(dir)
			if err != nil {
				return cli.WithHint(err, "ls %s", a.Path(site.RunsDir))
			}
			o.array = target
			options, done, err := a.engineOptions(c.Context(), o)
			if err != nil {
				return err
			}
			defer done()
			run, err := engine.Open(dir, options)
			if err != nil {
				return err
			}
			return a.goOn(c.Context(), run, options.Actor, options.Lang)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.takeOver, "take-over", "", "why you go on with a run of somebody who has not offered it")
	return c
}

func (a *app) runbookSignCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use: "sign RUN", Short: "Sign the log of a run that ended without a signature", Args: cobra.ExactArgs(1),
		Example: "  darksite runbook sign R-0001 --as mdurand",
		RunE: func(_ *cobra.Command, args []string) error {
			if o.as == "" {
				return cli.Usagef("say who you are with --as ID")
			}
			sign, err := a.runSigner(o)
			if err != nil {
				return err
			}
			if sign == nil {
				return cli.WithHint(fmt.Errorf("no key of %s is at hand", o.as), "name the key file with --key FILE")
			}
			if err := engine.Sign(a.Path(site.RunsDir, filepath.Base(args[0])), sign); err != nil {
				return err
			}
			a.Env.Notef("the log of %s is signed by %s", args[0], o.as)
			a.Env.Next("darksite bundle collect --as ID --run " + args[0])
			return nil
		},
	}
	o.flags(c)
	return c
}

func runTarget(dir string) (string, error) {
	f, err := os.Open(filepath.Join(dir, engine.LogFile))
	if err != nil {
		return "", fmt.Errorf("resume: %w", err)
	}
	defer f.Close()
	entries, _, err := engine.ReadLog(f)
	if err != nil {
		return "", err
	}
	if len(entries) == 0 {
		return "", fmt.Errorf("resume: %w", engine.ErrLogDamaged)
	}
	return entries[0].Target, nil
}

func (a *app) goOn(ctx context.Context, run *engine.Run, as string, lang runbooks.Lang) error {
	id := run.ID()
	outcome, err := run.Go(ctx)
	err = errors.Join(err, run.Close())
	switch {
	case errors.Is(err, engine.ErrLeft):
		a.Env.Notef(runbooks.Text{EN: "run %s is saved", FR: "l'exécution %s est gardée"}.In(lang), id)
		a.Env.Next("darksite runbook resume " + id + " --as " + as)
		return nil
	case errors.Is(err, engine.ErrNotProven):
		return cli.WithHint(cli.WithCode(cli.CodePartial, err), "darksite runbook resume %s --as %s, once it is so", id, as)
	case errors.Is(err, engine.ErrUnsigned):
		fmt.Fprintf(a.Env.Out, "%s %s\n", id, outcome)
		return cli.WithHint(cli.WithCode(cli.CodePartial, err), "darksite runbook sign %s --as %s", id, as)
	case errors.Is(err, cli.ErrNoAnswer):
		return cli.WithHint(err, "darksite runbook resume %s --as %s", id, as)
	case err != nil:
		return refusal(err)
	}
	fmt.Fprintf(a.Env.Out, "%s %s\n", id, outcome)
	a.Env.Next("darksite bundle collect --as "+as+" --run "+id, "darksite case list")
	return nil
}

// engineOptions assembles what a run needs; done frees it.
func (a *app) engineOptions(ctx context.Context, o runOptions) (engine.Options, func(), error) {
	if o.as == "" {
		return engine.Options{}, nil, cli.Usagef("say who you are with --as ID: the log names who did what")
	}
	facts, err := a.facts(ctx, o.array)
	if err != nil {
		return engine.Options{}, nil, err
	}
	conf, err := a.Config()
	if err != nil {
		return engine.Options{}, nil, errors.Join(err, facts.close())
	}
	hands, err := a.hands(conf, facts)
	if err != nil {
		return engine.Options{}, nil, errors.Join(err, facts.close())
	}
	lib, err := books.Library(a.Site)
	if err != nil {
		return engine.Options{}, nil, errors.Join(err, facts.close())
	}
	lang := a.Lang(o.lang)
	term := &terminal{env: a.Env, ask: a.Env.Asker(), lang: lang, aside: a.Aside}
	options := engine.Options{
		Facts: facts, Human: term, Site: &runSite{a: a, facts: facts},
		Lang: lang, Actor: o.as, Now: a.Env.Now, Hands: hands, TakeOver: o.takeOver,
		Second: a.newSecond(o, term.ask, term.say), Identity: facts.Identity, Book: lib.Get,
		Boot: a.boot(),
		Sleep: func(ctx context.Context, d time.Duration) error {
			term.waiting(d)
			facts.hurry(ctx)
			return a.sleep(ctx, d)
		},
	}
	if options.Sign, err = a.runSigner(o); err != nil {
		return engine.Options{}, nil, errors.Join(err, facts.close())
	}
	return options, func() { _ = facts.close() }, nil
}

// runSigner signs closed logs when the person's key is at hand.
func (a *app) runSigner(o runOptions) (func([]byte) ([]byte, error), error) {
	path := o.keyFile
	if path == "" {
		path = a.Path(site.KeysDir, o.as+".key")
		if _, err := os.Stat(path); err != nil {
			a.Env.Notef("no key of %s is here: the log of this run stays unsigned", o.as)
			return nil, nil
		}
	}
	r, err := a.Roster()
	if err != nil {
		return nil, err
	}
	p, ok := r.Person(o.as)
	if !ok || len(p.Role.Namespaces()) == 0 {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is not on the roster", o.as)), "darksite site people")
	}
	var key sign.Signer
	return func(log []byte) ([]byte, error) {
		// The passphrase is asked when there is something to sign, not before.
		if key == nil {
			if err = a.OwnKey(path); err != nil {
				return nil, err
			}
			if key, err = keyfile.Signer(path, keyfile.Ask(a.Env, o.passFile)); err != nil {
				return nil, err
			}
		}
		return key.Sign(sign.Run, log)
	}, nil
}
