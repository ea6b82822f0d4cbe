package duty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/alertstore"
	"darksite/localmon/overview"
	"darksite/localmon/rounds"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// RoundCommand is darksite round.
func RoundCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "round", Short: "The daily round: what a careful admin looks at, in six minutes",
		Long: `Go through what a careful admin looks at every day, from top to bottom, one line
each with its word (OK WARN CRIT UNKN), value, age and the command to go on with.
What is not known reads UNKN, never OK. Print it: darksite round show > round.txt`,
		Example: "  darksite round start --as mdurand\n  darksite round done --as mdurand --note \"link of CT0.FC2 reseated\"\n  darksite round show",
	}
	c.AddCommand(a.roundShowCommand(), a.roundStartCommand(), a.roundDoneCommand(), a.roundMarkCommand(), a.roundLogCommand())
	return c
}

func (a *app) roundShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show", Short: "Show the list without noting that a round is made", Args: cobra.NoArgs,
		Example: "  darksite round show\n  darksite round show --json",
		Long:    "Show what is to be looked at. Exit 3 when anything needs attention.",
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := Round(c.Context(), a.Site)
			if err != nil {
				return err
			}
			return a.showRound(r, asJSON, "darksite round start --as ID")
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) showRound(r RoundView, asJSON bool, next string) error {
	if asJSON {
		if err := a.Env.JSON(r); err != nil {
			return err
		}
	} else {
		PrintRound(a.Site, r)
		a.Env.Next(next)
	}
	if r.State != overview.OK {
		return cli.ErrAttention
	}
	return nil
}

func (a *app) roundStartCommand() *cobra.Command {
	var as string
	var asJSON bool
	c := &cobra.Command{
		Use: "start", Short: "Set out on the round: note who and when, and show the list", Args: cobra.NoArgs,
		Example: "  darksite round start --as mdurand",
		RunE: func(c *cobra.Command, _ []string) error {
			err := a.WithRounds(func(s *rounds.Store) error {
				_, err := s.Begin(a.Env.Now(), as)
				return err
			})
			if errors.Is(err, rounds.ErrNoName) {
				return cli.Usagef("want --as ID: who makes the round")
			}
			if err != nil {
				return err
			}
			r, err := Round(c.Context(), a.Site)
			if err != nil {
				return err
			}
			return a.showRound(r, asJSON, "darksite round done --as "+as)
		},
	}
	c.Flags().StringVar(&as, "as", "", "who makes the round")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) roundDoneCommand() *cobra.Command {
	var as, note string
	var asJSON bool
	c := &cobra.Command{
		Use: "done", Short: "Note that the round was made, with what it found", Args: cobra.NoArgs,
		Example: "  darksite round done --as mdurand --note \"all seen, case drafted for fa-prod-1\"",
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := Round(c.Context(), a.Site)
			if err != nil {
				return err
			}
			found := rounds.Round{DoneBy: as, Note: note, State: string(r.State), Counts: r.Counts}
			var done rounds.Round
			err = a.WithRounds(func(s *rounds.Store) (err error) {
				done, err = s.Done(a.Env.Now(), found)
				return err
			})
			switch {
			case errors.Is(err, rounds.ErrNoName):
				return cli.Usagef("want --as ID: who made the round")
			case errors.Is(err, rounds.ErrNotBegun):
				return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite round start --as %s", cmp.Or(as, "ID"))
			case err != nil:
				return err
			}
			if asJSON {
				return a.Env.JSON(done)
			}
			a.Env.Notef("round %d is done, by %s in %s: %s", done.ID, done.DoneBy, units.Duration(done.Done.Sub(done.Begun)), tally(found.Counts))
			a.Env.Next("darksite status")
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "who made the round")
	c.Flags().StringVar(&note, "note", "", "a word for those who come after")
	cli.JSONFlag(c, &asJSON)
	return c
}

// handMarks are what only people can know, with how long their word holds.
var handMarks = map[string]struct {
	what string
	good time.Duration
}{
	"keys-backed-up": {"copies of the keys lie in the officers' safe", 90 * 24 * time.Hour},
	"clock-compared": {"the kit's clock was compared with a watch", 7 * 24 * time.Hour},
	"site-copied":    {"the site folder was copied to another place", 7 * 24 * time.Hour},
}

// historyCheckGood is how long a check of the history is good for.
const historyCheckGood = 31 * 24 * time.Hour

func (a *app) roundMarkCommand() *cobra.Command {
	var as, note string
	var failed bool
	names := slices.Sorted(maps.Keys(handMarks))
	c := &cobra.Command{
		Use: "mark WHAT", Short: "Note what was done by hand: " + strings.Join(names, ", "), Args: cobra.ExactArgs(1), ValidArgs: names,
		Long:    "Note what only a person can know. The word holds for some time; then the round\nasks again.",
		Example: "  darksite round mark keys-backed-up --as amartin --note \"safe 2, sealed bag 0917\"\n  darksite round mark clock-compared --as mdurand",
		RunE: func(_ *cobra.Command, args []string) error {
			if _, known := handMarks[args[0]]; !known || as == "" {
				return cli.Usagef("want one of %s, and --as ID", strings.Join(names, ", "))
			}
			m := rounds.Mark{Name: args[0], By: as, At: a.Env.Now(), Note: note, Bad: failed}
			if err := a.WithRounds(func(s *rounds.Store) error { return s.Mark(m) }); err != nil {
				return err
			}
			a.Env.Notef("noted: %s, by %s", args[0], as)
			a.Env.Next("darksite round show")
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "who did it")
	c.Flags().StringVar(&note, "note", "", "a word for those who come after")
	c.Flags().BoolVar(&failed, "failed", false, "it was tried and did not go well")
	return c
}

func (a *app) roundLogCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "log", Short: "Who made the round and when, the newest first", Args: cobra.NoArgs,
		Example: "  darksite round log --json",
		RunE: func(*cobra.Command, []string) error {
			var list []rounds.Round
			err := a.ReadRounds(func(s *rounds.Store) (err error) {
				list, err = s.List(mostRounds)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(list)
			}
			if len(list) == 0 {
				a.Env.Notef("no round was ever made")
				a.Env.Next("darksite round start --as ID")
				return nil
			}
			here := a.Env.Now().Location()
			t := &cli.Table{Header: []string{"BEGUN", "TOOK", "STATE", "BY", "FOUND"}}
			for _, r := range list {
				took, state, found := "-", "not done", ""
				if !r.Done.IsZero() {
					took, state, found = units.Duration(r.Done.Sub(r.Begun).Truncate(time.Second)), r.State, tally(r.Counts)
				}
				if r.Note != "" {
					found = strings.TrimPrefix(found+"; "+r.Note, "; ")
				}
				t.Add(r.Begun.In(here).Format("2006-01-02 15:04"), took, state, cmp.Or(r.DoneBy, r.By), found)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			a.Env.Next("darksite round show")
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// mostRounds is how many rounds are listed: some years of them.
const mostRounds = 1500

// tally says how many lines had which word, the worst first.
func tally(counts map[string]int) string {
	var parts []string
	for _, w := range []string{"CRIT", "UNKN", "WARN", "OK"} {
		if n := counts[strings.ToLower(w)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w))
		}
	}
	return strings.Join(parts, ", ")
}

// RoundView is a round with who made the last one.
type RoundView struct {
	overview.Round
	Last  *rounds.Round `json:"last,omitempty"`  // the last that was done
	Begun *rounds.Round `json:"begun,omitempty"` // the one under way
}

// Round is the daily round as it stands now.
func Round(ctx context.Context, s *site.Site) (RoundView, error) {
	a := &app{s}
	last, marks, begun, err := a.LastRound()
	if err != nil {
		return RoundView{}, err
	}
	v := RoundView{Begun: begun}
	if !last.Done.IsZero() {
		v.Last = &last
	}
	err = sight.WithOverview(ctx, a.Site, func(s *sight.Sight, in overview.Input, o overview.Overview) error {
		ri := overview.RoundInput{Input: in, Overview: o, Since: last.Done}
		since := cmp.Or(last.Done, a.Env.Now().Add(-24*time.Hour))
		past, err := s.Past(ctx, alertstore.Query{From: since, Limit: mostPast})
		if err != nil {
			return err
		}
		ri.Changes, ri.Cut = past.Changes, past.More
		ri.Others = a.roundFacts(ctx, s, since, marks)
		v.Round, err = overview.BuildRound(ctx, ri)
		return err
	})
	return v, err
}

// PrintRound prints a round as people read it.
func PrintRound(s *site.Site, r RoundView) {
	a := &app{s}
	w, here, color := a.Env.Out, a.Env.Now().Location(), a.Env.Color()
	width := a.Env.Width()
	say := func(format string, args ...any) {
		for _, l := range cli.Wrap(cli.Printable(fmt.Sprintf(format, args...)), width) {
			fmt.Fprintln(w, l)
		}
	}
	say("daily round of site %s, %s", r.Site, r.At.In(here).Format("2006-01-02 15:04 MST"))
	switch {
	case r.Last != nil:
		say("last round: %s by %s, %s ago: %s", r.Last.Done.In(here).Format("2006-01-02 15:04"), r.Last.DoneBy, units.Duration(r.At.Sub(r.Last.Done)), tally(r.Last.Counts))
		if r.Last.Note != "" {
			say("its note: %s", r.Last.Note)
		}
	default:
		say("last round: none, this one looks back over the last 24 h")
	}
	if r.Begun != nil {
		say("begun: %s by %s", r.Begun.Begun.In(here).Format("2006-01-02 15:04"), r.Begun.By)
	}
	for _, s := range r.Sections {
		fmt.Fprintf(w, "\n%s\n", s.Name)
		for _, l := range s.Lines {
			a.printLine(l, here, width, color)
		}
	}
	fmt.Fprintln(w)
	say("%s", tally(r.Counts))
	for _, blank := range []string{"seen by", "date and time"} {
		fmt.Fprintf(w, "%-15s%s\n", blank, strings.Repeat("_", 24))
	}
}

// printLine is the word, what it is about, its value and age, and the command
// where there is something to do.
func (a *app) printLine(l overview.Line, here *time.Location, width int, color bool) {
	const lead = 6
	text := l.What + ": " + l.Value
	if !l.At.IsZero() {
		text += fmt.Sprintf(" (%s, %s ago)", l.At.In(here).Format("01-02 15:04"), units.Duration(l.Age.Truncate(time.Second)))
	}
	for i, part := range cli.Wrap(cli.Printable(text), width-lead) {
		if i == 0 {
			fmt.Fprintf(a.Env.Out, "%s%s%s\n", cli.Paint(string(l.Word), color), strings.Repeat(" ", lead-len(l.Word)), part)
			continue
		}
		fmt.Fprintf(a.Env.Out, "%s%s\n", strings.Repeat(" ", lead), part)
	}
	if l.Next != "" && l.Word != overview.OK {
		for i, part := range cli.Command("", l.Next, width-lead-2) {
			mark := "> "
			if i > 0 {
				mark = "  "
			}
			fmt.Fprintln(a.Env.Out, strings.Repeat(" ", lead)+mark+part)
		}
	}
}

// markedLine is what somebody said to have done, as long as their word holds.
func markedLine(m rounds.Mark, ok bool, what, name string, good time.Duration, now time.Time) overview.Line {
	l := overview.Line{Word: overview.Unknown, What: what, Value: "nobody has said so", Next: "darksite round mark " + name + " --as ID"}
	if !ok {
		return l
	}
	l.At, l.Value = m.At, "said "+m.By
	if m.Note != "" {
		l.Value += ": " + m.Note
	}
	switch age := now.Sub(m.At); {
	case m.Bad:
		l.Word, l.Value = overview.Critical, "it went wrong, said "+m.By+": "+m.Note
	case age < 0 || age > good:
		l.Word = overview.Warning
		l.Value += "; that was too long ago"
	default:
		l.Word = overview.OK
	}
	return l
}
