package remedy

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/spf13/cobra"
)

func (a *app) runbookHandOverCommand() *cobra.Command {
	var o runOptions
	var to, why string
	c := &cobra.Command{
		Use: "handover RUN", Short: "Ask another person to go on with a run of yours", Args: cobra.ExactArgs(1),
		Long: `Write down that another person is asked to go on with a run, and why. The run changes
hands when that person takes it up with runbook resume and says yes.`,
		Example: "  darksite runbook handover R-0001 --as mdurand --to ppetit --reason \"end of the shift\"",
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" || why == "" {
				return cli.Usagef("say to whom with --to ID, and why with --reason TEXT")
			}
			return a.onRun(c, args[0], o, func(dir string, options engine.Options) error {
				if err := engine.Offer(dir, options, to, why); err != nil {
					return err
				}
				a.Env.Notef("run %s is offered to %s", args[0], to)
				a.Env.Next(fmt.Sprintf("darksite runbook resume %s --as %s", args[0], to))
				return nil
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&to, "to", "", "id of the person who is asked to go on")
	c.Flags().StringVar(&why, "reason", "", "why, for the log")
	return c
}

func (a *app) runbookAbortCommand() *cobra.Command {
	var o runOptions
	var why string
	c := &cobra.Command{
		Use: "abort RUN", Short: "End a run without an outcome, for a reason", Args: cobra.ExactArgs(1),
		Long: `End a run that will not be gone on with. The log says why, and which step was begun and
has no result. What the kit itself switched on at the array is switched off.`,
		Example: "  darksite runbook abort R-0001 --as mdurand --reason \"the array is replaced\"",
		RunE: func(c *cobra.Command, args []string) error {
			if why == "" {
				return cli.Usagef("say why with --reason TEXT: the log is evidence")
			}
			return a.onRun(c, args[0], o, func(dir string, options engine.Options) error {
				if err := engine.Abort(c.Context(), dir, options, why); err != nil {
					return err
				}
				fmt.Fprintf(a.Env.Out, "%s %s\n", args[0], runbooks.Aborted)
				a.Env.Next("darksite bundle collect --as ID --run " + args[0])
				return nil
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&why, "reason", "", "why, for the log")
	return c
}

// onRun does something with a run of this site.
func (a *app) onRun(c *cobra.Command, id string, o runOptions, do func(dir string, options engine.Options) error) error {
	dir := a.Path(site.RunsDir, filepath.Base(id))
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
	return do(dir, options)
}

type replayRow struct {
	Line    int    `json:"line"`
	Step    string `json:"step"`
	Asked   string `json:"asked"`
	Logged  string `json:"logged"`
	Again   string `json:"again"`
	Agrees  bool   `json:"agrees"`
	Problem string `json:"problem,omitempty"`
}

func (a *app) runbookReplayCommand() *cobra.Command {
	var asJSON bool
	var lang string
	c := &cobra.Command{
		Use: "replay RUN", Short: "Ask every check of a run again, on what it was answered then", Args: cobra.ExactArgs(1),
		Long: `Evaluate every check of a run once more on the answers it kept, without an array. Every
verdict must come out as the log has it; the vendor does the same with the bundle.`,
		Example: "  darksite runbook replay R-0001",
		RunE: func(c *cobra.Command, args []string) error {
			dir := a.Path(site.RunsDir, filepath.Base(args[0]))
			log, err := os.ReadFile(filepath.Join(dir, engine.LogFile))
			if err != nil {
				return cli.WithHint(fmt.Errorf("replay: %w", err), "ls %s", a.Path(site.RunsDir))
			}
			kept, err := os.ReadFile(filepath.Join(dir, engine.FactsFile))
			if err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("replay: %w", err)
			}
			// The run's own copy of the runbook is what it followed.
			own := func(string) (*runbooks.Runbook, bool) {
				b, err := runbooks.LoadOne(os.DirFS(a.Path(site.RunsDir)), filepath.Base(args[0]))
				return b, err == nil
			}
			again, err := engine.Again(c.Context(), log, kept, own)
			if err != nil {
				return err
			}
			return a.printReplay(again, a.Lang(lang), asJSON)
		},
	}
	site.LangFlag(c, &lang)
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printReplay(r engine.Replay, lang runbooks.Lang, asJSON bool) error {
	rows, differ := []replayRow{}, 0
	t := &cli.Table{Header: []string{"LINE", "STEP", "THEN", "AGAIN", "ASKED"}}
	for _, v := range r.Verdicts {
		row := replayRow{v.Line, v.Step, v.Predicate.Sentence(lang), string(v.Logged.Result), string(v.Again.Result), v.Agrees(), v.Problem}
		rows = append(rows, row)
		again := row.Again
		if v.Problem != "" {
			again = "not asked"
		}
		t.Add(strconv.Itoa(row.Line), row.Step, row.Logged, again, row.Asked)
		if !row.Agrees {
			differ++
		}
	}
	if asJSON {
		if err := a.Env.JSON(rows); err != nil {
			return err
		}
	} else {
		t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	}
	const hint = "compare the folder of the run with the bundle it went out with"
	switch {
	case !r.Whole:
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("the log of %s is not as it was written", r.Run)), hint)
	case differ > 0:
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%d of %d verdicts of %s do not come out as the log has them", differ, len(rows), r.Run)), hint)
	}
	if len(rows) == 0 {
		a.Env.Notef("no check was asked in %s yet", r.Run)
		a.Env.Next("darksite runbook resume " + r.Run + " --as ID")
		return nil
	}
	a.Env.Notef("all %d verdicts of %s come out as the log has them", len(rows), r.Run)
	a.Env.Next("darksite bundle collect --as ID --run " + r.Run)
	return nil
}
