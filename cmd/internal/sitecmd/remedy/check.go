package remedy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/runtarget"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/units"
	"darksite/runbooks"

	"github.com/spf13/cobra"
)

// Where the answers of runbook check come from.
const (
	fromLive    = "live"
	fromHistory = "history"
)

type checkRow struct {
	Step   string          `json:"step"`
	Asked  string          `json:"asked"`
	Result runbooks.Result `json:"result"`
	Found  string          `json:"found"`
	At     time.Time       `json:"at,omitzero"`
}

func (a *app) runbookCheckCommand() *cobra.Command {
	var asJSON bool
	var array, from, lang string
	c := &cobra.Command{
		Use: "check ID", Short: "Ask every question of a runbook at once, of the array or of what the monitor kept", Args: cobra.ExactArgs(1),
		Long: `Ask every check of a runbook now, without following it. With --from history nothing is
asked of the array: the answers come from the newest looks the monitor kept, and what is
older than the runbook allows is unknown. It is the same question as in a run.`,
		Example: "  darksite runbook check drive-failed --array fa-prod-1\n  darksite runbook check drive-failed --array fa-prod-1 --from history",
		RunE: func(c *cobra.Command, args []string) error {
			book, err := a.findBook(args[0])
			if err != nil {
				return err
			}
			if array == "" {
				return cli.Usagef("say which array with --array NAME")
			}
			if from != fromLive && from != fromHistory {
				return cli.Usagef("--from %s: want live or history", from)
			}
			rows, err := a.checkBook(c.Context(), book, array, from, a.Lang(lang))
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(rows)
			}
			a.printChecks(rows, runbooks.Text{EN: ": ", FR: " : "}.In(a.Lang(lang)))
			a.Env.Next(fmt.Sprintf("darksite runbook run %s --array %s --as ID", book.ID, array))
			return nil
		},
	}
	c.Flags().StringVar(&array, "array", "", "array, or the name of the kit's own machine")
	c.Flags().StringVar(&from, "from", fromLive, "live: ask the array; history: ask what the monitor kept")
	site.LangFlag(c, &lang)
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) checkBook(ctx context.Context, book *runbooks.Runbook, target, from string, lang runbooks.Lang) ([]checkRow, error) {
	if product := books.Product(a.Site, target); !book.For(product) {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("runbook %s is for %s, and %s is a %s", book.ID, strings.Join(book.Products, ", "), target, product)), "darksite runbook list")
	}
	live, err := a.facts(ctx, target)
	if err != nil {
		return nil, err
	}
	var facts runbooks.Facts = live
	if from == fromHistory {
		facts = runtarget.NewPast(target, live.sight, a.Env.Now)
	}
	rows := []checkRow{}
	for _, s := range book.Steps {
		if s.Expect == nil {
			continue
		}
		v := s.Expect.Eval(ctx, a.Env.Now(), facts, s.MaxAge)
		rows = append(rows, checkRow{s.ID, s.Expect.Sentence(lang), v.Result, s.Expect.Describe(lang, v), v.At})
	}
	return rows, errors.Join(ctx.Err(), live.close())
}

func (a *app) printChecks(rows []checkRow, colon string) {
	now := a.Env.Now()
	t := &cli.Table{Header: []string{"STEP", "RESULT", "AGE", "ASKED, AND FOUND"}}
	for _, r := range rows {
		age := "-"
		if !r.At.IsZero() {
			age = units.Duration(max(0, now.Sub(r.At)).Truncate(time.Second))
		}
		t.Add(r.Step, strings.ToUpper(string(r.Result)), age, r.Asked+colon+r.Found)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
}
