package duty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"darksite/cmd/internal/cli"
	historycmd "darksite/cmd/internal/sitecmd/history"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/localmon"
	"darksite/localmon/daemon"
	"darksite/localmon/live"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

type quietOptions struct {
	q           localmon.Quiet
	length      time.Duration
	from, until string
	yes, asJSON bool
}

func (o *quietOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.q.By, "as", "", "who answers for it")
	c.Flags().StringVar(&o.q.Why, "why", "", "the reason, for those who come after")
	cli.SpanFlag(c, &o.length, "for", "how long, such as 4h or 2d")
	c.Flags().StringVar(&o.until, "until", "", "or until when: 2026-03-01, \"2026-03-01 08:00\" or RFC 3339")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask, unless something urgent would be kept quiet")
	cli.JSONFlag(c, &o.asJSON)
}

// times fills in when it begins and ends.
func (o *quietOptions) times(now time.Time) error {
	if (o.length == 0) == (o.until == "") || o.length < 0 {
		return cli.Usagef("say how long: --for 4h, or --until \"2026-03-01 08:00\"")
	}
	if o.q.By == "" || o.q.Why == "" {
		return cli.Usagef("want --as ID and --why REASON: somebody answers for it")
	}
	o.q.From = now
	var err error
	if o.from != "" {
		if o.q.From, err = historycmd.Moment("--from", o.from, now.Location()); err != nil {
			return err
		}
	}
	o.q.Until = o.q.From.Add(o.length)
	if o.until != "" {
		o.q.Until, err = historycmd.Moment("--until", o.until, now.Location())
	}
	return err
}

func (a *app) alertsSilenceCommand() *cobra.Command {
	o := quietOptions{q: localmon.Quiet{Kind: localmon.QuietSilence}}
	c := &cobra.Command{
		Use: "silence [ID]", Short: "Keep one alert, or those that fit, from being told for a while", Args: cobra.MaximumNArgs(1),
		Long: `Keep an alert, or every alert of a target, a rule or a component, from being told
for a bounded time. The alerts live on, are recorded and shown as silenced, and
what still fires at the end is told then. In patterns a star stands for any
characters. What is urgent (severity 1) is told all the same, unless --urgent is
given and confirmed twice. At most 30 days.`,
		Example: `  darksite alerts silence 3 --for 4h --as mdurand --why "part arrives at 16:00"
  darksite alerts silence --target fa-prod-1 --rule "port-*" --component "CT0.*" --for 24h --as mdurand --why "cabling"`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				id, err := strconv.ParseUint(args[0], 10, 64)
				if err != nil || id == 0 {
					return cli.Usagef("%q is not the number of an alert", args[0])
				}
				if o.q.Alert = id; o.q.Target+o.q.Rule+o.q.Component != "" {
					return cli.Usagef("either the number of an alert or patterns")
				}
			}
			return a.setQuiet(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.q.Target, "target", "", "targets that fit")
	c.Flags().StringVar(&o.q.Rule, "rule", "", "rules that fit")
	c.Flags().StringVar(&o.q.Component, "component", "", "components that fit")
	c.Flags().BoolVar(&o.q.Urgent, "urgent", false, "also what is urgent; asks twice")
	o.flags(c)
	return c
}

func (a *app) alertsMaintenanceCommand() *cobra.Command {
	o := quietOptions{q: localmon.Quiet{Kind: localmon.QuietMaintenance}}
	c := &cobra.Command{
		Use: "maintenance TARGET", Short: "Plan work on a target: its alerts are kept and marked, and not told", Args: cobra.ExactArgs(1),
		Long: `Plan a maintenance window of a target. Alerts in it, urgent ones too, are kept and
marked; nobody is told of them. What still fires at the end is told then. At most
7 days, planned at most a year ahead.`,
		Example: `  darksite alerts maintenance fa-prod-1 --from "2026-11-28 20:00" --for 4h --as mdurand --why "upgrade to 6.6.2"
  darksite alerts maintenance fa-prod-1 --for 1h --as mdurand --why "controller is exchanged"`,
		RunE: func(c *cobra.Command, args []string) error {
			o.q.Target, o.q.Urgent = args[0], true
			return a.setQuiet(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.from, "from", "", "when it begins (default now)")
	c.Flags().StringVar(&o.q.Component, "component", "", "only components that fit, such as \"CT0*\"")
	o.flags(c)
	return c
}

// setQuiet shows what would not be told, asks, and sets it.
func (a *app) setQuiet(ctx context.Context, o quietOptions) error {
	if err := o.times(a.Env.Now()); err != nil {
		return err
	}
	covered, err := a.wouldCover(ctx, o.q)
	if err != nil {
		return err
	}
	if err := a.agreeQuiet(o, covered); err != nil {
		return err
	}
	var q localmon.Quiet
	err = a.withQuiets(ctx, func(c *live.Client) (err error) {
		q, err = c.SetQuiet(ctx, o.q)
		return err
	}, func(d *daemon.Daemon) (err error) {
		q, err = d.SetQuiet(o.q)
		return err
	})
	if err != nil {
		return cli.WithHint(err, "darksite alerts silence --help")
	}
	if o.asJSON {
		return a.Env.JSON(q)
	}
	here := a.Env.Now().Location()
	a.Env.Notef("%s %d: %s, %s to %s, covers %s now", q.Kind, q.ID, cmp.Or(quietAbout(q), "-"), q.From.In(here).Format("01-02 15:04"), q.Until.In(here).Format("01-02 15:04"), cli.Counted(len(covered), "alert"))
	a.Env.Next("darksite alerts silences", fmt.Sprintf("darksite alerts unsilence %d --as %s   (ends it)", q.ID, q.By))
	return nil
}

func quietAbout(q localmon.Quiet) string {
	if q.Alert != 0 {
		return fmt.Sprintf("alert %d", q.Alert)
	}
	return q.About()
}

// wouldCover are the living alerts that fit, urgent or not.
func (a *app) wouldCover(ctx context.Context, q localmon.Quiet) (covered []localmon.Alert, err error) {
	q.Urgent = true
	err = sight.With(ctx, a.Site, func(s *sight.Sight) error {
		list, err := s.Alerts(ctx)
		for _, al := range list {
			if q.Covers(al) {
				covered = append(covered, al)
			}
		}
		return err
	})
	return covered, err
}

var errKeptTelling = errors.New("nothing was set: people are told as before")

// agreeQuiet asks once, and once more where something urgent would be kept from
// people: then the target has to be typed.
func (a *app) agreeQuiet(o quietOptions, covered []localmon.Alert) error {
	ask := a.Env.Asker()
	var urgent []localmon.Alert
	for _, al := range covered {
		if al.Severity == localmon.SeverityUrgent {
			urgent = append(urgent, al)
		}
	}
	for _, al := range urgent {
		if !o.q.Urgent {
			a.Env.Notef("alert %d is urgent and will be told all the same: %s", al.ID, cli.Printable(al.Summary))
		}
	}
	twice := o.q.Urgent && (len(urgent) > 0 || o.q.Kind == localmon.QuietSilence)
	if o.yes && !twice {
		return nil
	}
	question := fmt.Sprintf("keep %d open alerts and new ones that fit quiet for %s?", len(covered), units.Duration(o.q.Until.Sub(o.q.From)))
	yes, err := ask.Confirm(question)
	if err == nil && !yes {
		return cli.WithCode(cli.CodeRefused, errKeptTelling)
	}
	if err != nil || !twice {
		return err
	}
	for _, al := range urgent {
		a.Env.Notef("URGENT: alert %d, %s %s: %s", al.ID, al.Target, cli.Printable(al.Component), cli.Printable(al.Summary))
	}
	word := cmp.Or(o.q.Target, strconv.FormatUint(o.q.Alert, 10))
	if o.q.Target == "" && o.q.Alert == 0 {
		word = cmp.Or(o.q.Rule, o.q.Component)
	}
	line, err := ask.Line(fmt.Sprintf("nobody will be told of what is urgent; type %s to go on, or n:", cli.Printable(word)))
	if err != nil {
		return err
	}
	if line != word {
		return cli.WithCode(cli.CodeRefused, errKeptTelling)
	}
	return nil
}

// withQuiets asks the running monitor through its socket, or without one opens
// one for this alone, which writes as the monitor would.
func (a *app) withQuiets(ctx context.Context, running func(*live.Client) error, alone func(*daemon.Daemon) error) error {
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return err
	}
	if s.Client != nil {
		return errors.Join(running(s.Client), s.Close())
	}
	if err := s.Close(); err != nil {
		return err
	}
	m, err := watch.Open(a.Site)
	if err != nil {
		return err
	}
	return errors.Join(alone(m.Daemon), m.Close())
}

func (a *app) alertsUnsilenceCommand() *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: "unsilence NUMBER", Short: "End a silence or maintenance window; what still fires is told", Args: cobra.ExactArgs(1),
		Example: "  darksite alerts unsilence 2 --as mdurand",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil || as == "" {
				return cli.Usagef("want the number of a silence, as darksite alerts silences lists it, and --as ID")
			}
			var q localmon.Quiet
			err = a.withQuiets(c.Context(), func(running *live.Client) (err error) {
				q, err = running.EndQuiet(c.Context(), id, as)
				return err
			}, func(d *daemon.Daemon) (err error) {
				q, err = d.EndQuiet(id, as)
				return err
			})
			if err != nil {
				return cli.WithHint(err, "darksite alerts silences")
			}
			a.Env.Notef("%s %d has ended: %s", q.Kind, q.ID, quietAbout(q))
			a.Env.Next("darksite alerts list")
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "who ends it")
	return c
}

func (a *app) alertsSilencesCommand() *cobra.Command {
	var all, asJSON bool
	c := &cobra.Command{
		Use: "silences", Short: "List silences and maintenance windows, with --all those that have ended", Args: cobra.NoArgs,
		Example: "  darksite alerts silences\n  darksite alerts silences --all --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return sight.With(c.Context(), a.Site, func(s *sight.Sight) error {
				ask := s.Quiets
				if all {
					ask = s.QuietsEver
				}
				list, err := ask(c.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return a.Env.JSON(list)
				}
				a.printQuiets(list)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also those that have ended")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printQuiets(list []localmon.Quiet) {
	if len(list) == 0 {
		a.Env.Notef("nothing is kept quiet")
		a.Env.Next("darksite alerts list")
		return
	}
	now := a.Env.Now()
	t := &cli.Table{Header: []string{"NO", "KIND", "STATE", "FROM", "UNTIL", "WHAT"}}
	for _, q := range list {
		what := fmt.Sprintf("%s, by %s: %s", quietAbout(q), q.By, q.Why)
		if q.EndedBy != "" {
			what += fmt.Sprintf("; ended by %s at %s", q.EndedBy, q.Ended.In(now.Location()).Format("01-02 15:04"))
		}
		t.Add(strconv.FormatUint(q.ID, 10), string(q.Kind), quietState(q, now), q.From.In(now.Location()).Format("01-02 15:04"), q.Until.In(now.Location()).Format("01-02 15:04"), what)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Next(fmt.Sprintf("darksite alerts unsilence %d --as ID", list[0].ID))
}

func quietState(q localmon.Quiet, now time.Time) string {
	switch {
	case q.At(now):
		return "holds"
	case q.Ended.IsZero() && now.Before(q.From):
		return "planned"
	}
	return "ended"
}
