package duty

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	historycmd "darksite/cmd/internal/sitecmd/history"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"
	"darksite/localmon/alertstore"

	"github.com/spf13/cobra"
)

type pastOptions struct {
	time                    historycmd.Period
	rule, target, component string
	limit                   int
	asJSON, asCSV           bool
}

func (a *app) alertsHistoryCommand() *cobra.Command {
	var o pastOptions
	c := &cobra.Command{
		Use: "history", Short: "What happened to alerts: every change, with silences and maintenance", Args: cobra.NoArgs,
		Long: `Print every change of every alert of a span of time, the oldest first, with the
silences and maintenance windows that were set or ended in it. Changes are kept
for good. In patterns a star stands for any characters. When more fit than
--limit, the newest are printed and that is said.`,
		Example: `  darksite alerts history --since 168h
  darksite alerts history --from 2026-03-01 --to 2026-04-01 --target fa-prod-1 --csv
  darksite alerts history --since 8760h --rule drive-failed --component "CH0.*" --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.asJSON && o.asCSV {
				return cli.Usagef("either --json or --csv")
			}
			span, err := o.span(a.Env.Now())
			if err != nil {
				return err
			}
			return sight.With(c.Context(), a.Site, func(s *sight.Sight) error { return a.printPast(c.Context(), s, o, span) })
		},
	}
	o.time.Flags(c, "24h")
	c.Flags().StringVar(&o.rule, "rule", "", "rules that fit")
	c.Flags().StringVar(&o.target, "target", "", "targets that fit")
	c.Flags().StringVar(&o.component, "component", "", "components that fit")
	c.Flags().IntVar(&o.limit, "limit", 1000, "the newest so many")
	c.Flags().BoolVar(&o.asCSV, "csv", false, "print CSV")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

// span is the time asked for; the last day when nothing is said.
func (o *pastOptions) span(now time.Time) (localmon.Window, error) {
	if o.limit <= 0 || o.limit > mostPast {
		return localmon.Window{}, cli.Usagef("--limit %d: want 1 to %d", o.limit, mostPast)
	}
	if o.time.Since == 0 && o.time.From == "" {
		o.time.Since = 24 * time.Hour
	}
	return o.time.Span(now, false)
}

// mostPast is how many changes are printed at once.
const mostPast = 20_000

// pastEvent is one line of the history: a change of an alert, or of what keeps
// alerts quiet.
type pastEvent struct {
	At        time.Time         `json:"at"`
	What      string            `json:"what"`
	Alert     uint64            `json:"alert,omitempty"`
	Quiet     uint64            `json:"quiet,omitempty"` // the number of the silence or maintenance
	Severity  localmon.Severity `json:"severity,omitempty"`
	Status    localmon.Status   `json:"status,omitempty"`
	Target    string            `json:"target,omitempty"`
	Rule      string            `json:"rule,omitempty"`
	Component string            `json:"component,omitempty"`
	By        string            `json:"by,omitempty"`
	Told      bool              `json:"told"` // people were to be told of it
	Summary   string            `json:"summary"`
}

// pastView is what history prints as JSON.
type pastView struct {
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Events []pastEvent `json:"events"`
	More   bool        `json:"more"` // older ones fit too and were left out
}

func (a *app) printPast(ctx context.Context, s *sight.Sight, o pastOptions, span localmon.Window) error {
	past, err := s.Past(ctx, alertstore.Query{From: span.From, To: span.To, Target: o.target, Rule: o.rule, Component: o.component, Limit: o.limit})
	if err != nil {
		return err
	}
	quiets, err := s.QuietsEver(ctx)
	if err != nil {
		return err
	}
	v := pastView{From: span.From, To: span.To, Events: []pastEvent{}, More: past.More}
	for _, c := range past.Changes {
		v.Events = append(v.Events, changeEvent(c))
	}
	v.Events = append(v.Events, quietEvents(quiets, span, o)...)
	slices.SortStableFunc(v.Events, func(x, y pastEvent) int { return x.At.Compare(y.At) })
	switch {
	case o.asJSON:
		return a.Env.JSON(v)
	case o.asCSV:
		return a.pastCSV(v)
	}
	if len(v.Events) == 0 {
		a.Env.Notef("nothing happened from %s to %s", span.From.Format(time.DateTime), span.To.Format(time.DateTime))
		a.Env.Next("darksite alerts history --since 720h")
		return nil
	}
	t := &cli.Table{Header: []string{"WHEN", "WHAT", "ID", "SEV", "TARGET", "SUMMARY"}}
	for _, e := range v.Events {
		sev := "-"
		if e.Severity > 0 {
			sev = strconv.Itoa(int(e.Severity))
		}
		id := cmp.Or(e.Alert, e.Quiet)
		t.Add(e.At.In(a.Env.Now().Location()).Format("01-02 15:04:05"), e.What, strconv.FormatUint(id, 10), sev, cli.OrDash(e.Target), e.text())
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	if v.More {
		a.Env.Notef("older ones fit too: the newest %d are printed; see --limit, --from and --to", len(past.Changes))
	}
	if last := v.Events[len(v.Events)-1]; last.Alert != 0 {
		a.Env.Next(fmt.Sprintf("darksite alerts show %d", last.Alert))
	}
	return nil
}

func (e pastEvent) text() string {
	text := e.Summary
	if e.By != "" {
		text = "by " + e.By + ": " + text
	}
	if e.Alert != 0 && !e.Told && e.What != localmon.ChangeHushed {
		text += " (people were not told)"
	}
	return text
}

func changeEvent(c localmon.Change) pastEvent {
	e := pastEvent{
		At: c.At, What: c.What, Alert: c.Alert.ID, Severity: c.Alert.Severity, Status: c.Alert.Status, Target: c.Alert.Target,
		Rule: c.Alert.Rule, Component: c.Alert.Component, Summary: c.Alert.Summary, Told: !c.Hushed(),
	}
	switch {
	case c.What == localmon.ChangeAcked:
		e.By = c.Alert.AckedBy
	case c.What == localmon.ChangeHushed && c.Alert.Hush != nil:
		e.By, e.Quiet = c.Alert.Hush.By, c.Alert.Hush.ID
	}
	return e
}

// quietEvents are the beginnings and ends of silences in a span.
func quietEvents(quiets []localmon.Quiet, span localmon.Window, o pastOptions) []pastEvent {
	var out []pastEvent
	add := func(q localmon.Quiet, at time.Time, what, by string) {
		if at.Before(span.From) || !at.Before(span.To) {
			return
		}
		out = append(out, pastEvent{
			At: at, What: string(q.Kind) + " " + what, Quiet: q.ID, Target: q.Target, Rule: q.Rule, Component: q.Component,
			By: by, Told: true, Summary: fmt.Sprintf("%s until %s: %s", quietAbout(q), q.Until.UTC().Format("2006-01-02 15:04"), q.Why),
		})
	}
	for _, q := range quiets {
		if !within(o.target, q.Target) || !within(o.rule, q.Rule) || !within(o.component, q.Component) {
			continue
		}
		add(q, q.Set, "set", q.By)
		if !q.Ended.IsZero() {
			add(q, q.Ended, "ended", q.EndedBy)
		}
	}
	return out
}

// within reports whether a silence of a pattern can have to do with what is
// asked for: it names nothing, or one of them fits the other.
func within(asked, pattern string) bool {
	return pattern == "" || localmon.Fits(asked, pattern) || localmon.Fits(pattern, asked)
}

func (a *app) pastCSV(v pastView) error {
	w := csv.NewWriter(a.Env.Out)
	rows := [][]string{{"at", "what", "alert", "quiet", "severity", "status", "target", "rule", "component", "by", "told", "summary"}}
	for _, e := range v.Events {
		rows = append(rows, []string{
			e.At.UTC().Format(time.RFC3339Nano), e.What, strconv.FormatUint(e.Alert, 10), strconv.FormatUint(e.Quiet, 10), strconv.Itoa(int(e.Severity)), string(e.Status),
			inert(e.Target), inert(e.Rule), inert(e.Component), inert(e.By), strconv.FormatBool(e.Told), inert(e.Summary),
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("print CSV: %w", err)
	}
	if v.More {
		a.Env.Notef("older ones fit too and were left out; see --limit, --from and --to")
	}
	return nil
}

// inert keeps a spreadsheet from taking text of an array for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
