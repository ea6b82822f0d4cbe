package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"darksite/bundle/desk"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

func (a *app) caseCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "case", Short: "List, show and answer cases",
		Example: `  casedesk case list
  casedesk case ack S042/T-4KQ7ZC2M5A --severity 2 --diagnosis "drive failed, part is on its way" --as "R. Ney"`,
	}
	c.AddCommand(a.caseListCommand(), a.caseShowCommand(), a.caseAckCommand(), a.caseCommentCommand(), a.caseSeverityCommand(), a.caseStatusCommand())
	return c
}

func (a *app) caseListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List cases, newest first", Args: cobra.NoArgs,
		Example: "  casedesk case list",
		RunE: func(c *cobra.Command, _ []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			defer done() //nolint:errcheck // nothing was written
			cases, err := store.Cases(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(cases)
			}
			a.printCases(cases)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printCases(cases []desk.Case) {
	if len(cases) == 0 {
		a.env.Notef("no case yet")
		a.env.Next("casedesk import MEDIUM")
		return
	}
	t := &cli.Table{Header: []string{"NUMBER", "SEV", "STATUS", "SITE", "CASE", "SUBJECT"}}
	for _, c := range cases {
		t.Add(cmp.Or(c.Number, "-"), sev(c.Severity), string(c.Status), c.Site, c.ID, cmp.Or(c.Draft.Subject, "-"))
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	a.env.Next("casedesk case show " + cases[0].ID)
}

func sev(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

type caseView struct {
	desk.Case
	Events []desk.Event `json:"events"`
}

func (a *app) caseShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show CASE", Short: "Show a case by id or number, with everything that happened", Args: cobra.ExactArgs(1),
		Example: "  casedesk case show 00000001",
		RunE: func(c *cobra.Command, args []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			defer done() //nolint:errcheck // nothing was written
			cs, events, err := store.Case(c.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(caseView{cs, events})
			}
			a.printCase(cs, events)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printCase(c desk.Case, events []desk.Event) {
	w := a.env.Out
	fmt.Fprintf(w, "case      %s  number %s  severity %s  %s\n", c.ID, cmp.Or(c.Number, "not given yet"), sev(c.Severity), c.Status)
	fmt.Fprintf(w, "raised    %s by the site's clock, received %s, in transit %s\n", stamp(c.Raised), stamp(c.Received), units.Duration(c.Received.Sub(c.Raised)))
	for _, row := range [][2]string{
		{"subject", c.Draft.Subject},
		{"array", c.Draft.Array},
		{"model", c.Draft.Model},
		{"version", c.Draft.OSVersion},
		{"initiator", c.Draft.InitiatorOS},
		{"primary", c.Draft.Primary},
		{"secondary", c.Draft.Secondary},
		{"diagnosis", c.Diagnosis},
	} {
		if row[1] != "" {
			a.paragraph(row[0], row[1])
		}
	}
	if c.Draft.Description != "" {
		fmt.Fprintln(w)
		for para := range strings.Lines(c.Draft.Description) {
			for _, line := range cli.Wrap(cli.Printable(strings.TrimRight(para, "\r\n")), a.env.Width()) {
				fmt.Fprintln(w, line)
			}
		}
	}
	t := &cli.Table{Header: []string{"BUNDLE", "TAKEN", "FILES", "APPROVED BY", "RELEASED BY"}}
	for _, b := range c.Bundles {
		t.Add(string(b.BID), stamp(b.Taken), fmt.Sprint(b.Files), strings.Join(b.Officers, ", "), b.ReleasedBy)
	}
	fmt.Fprintln(w)
	t.Print(w, a.env.Width(), a.env.Color())
	t = &cli.Table{Header: []string{"WHEN", "WHAT", "WHO", "WORDS"}}
	for _, e := range events {
		t.Add(stamp(e.At), string(e.Kind), e.Actor, words(e))
	}
	fmt.Fprintln(w)
	t.Print(w, a.env.Width(), a.env.Color())
	if c.Acknowledged.IsZero() {
		a.env.Next(fmt.Sprintf("casedesk case ack %s --severity 2 --diagnosis \"...\" --as NAME", c.ID))
		return
	}
	a.env.Next("casedesk reply " + c.Number)
}

func (a *app) paragraph(name, text string) {
	const indent = 10
	for i, line := range cli.Wrap(cli.Printable(text), a.env.Width()-indent) {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(a.env.Out, "%-*s%s\n", indent, name, line)
	}
}

func words(e desk.Event) string {
	switch e.Kind {
	case desk.Imported:
		return string(e.Bundle.BID)
	case desk.Acknowledged:
		return "number " + e.Number + ": " + e.Text
	case desk.Raised:
		return fmt.Sprintf("to %d", e.Severity)
	case desk.Moved:
		return string(e.Status) + " " + e.Text
	case desk.Replied:
		return fmt.Sprintf("reply %d sealed", e.ReplySeq)
	default:
		return e.Text
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

// act records one event of a person and shows the case.
func (a *app) act(ctx context.Context, name, actor string, e desk.Event) error {
	if actor == "" {
		return cli.Usagef("say who you are with --as NAME")
	}
	store, done, err := a.openStore()
	if err != nil {
		return err
	}
	c, _, err := store.Case(ctx, name)
	if err == nil {
		e.Case, e.At, e.Actor = c.ID, a.env.Now().UTC().Truncate(time.Second), actor
		var cases []desk.Case
		if cases, err = store.Record(ctx, e); err == nil {
			c = cases[0]
		}
	}
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	a.env.Notef("case %s is %s, severity %s, number %s", c.ID, c.Status, sev(c.Severity), cmp.Or(c.Number, "not given yet"))
	a.env.Next("casedesk reply " + cmp.Or(c.Number, c.ID))
	return nil
}

func (a *app) caseAckCommand() *cobra.Command {
	var as, diagnosis string
	var severity int
	c := &cobra.Command{
		Use: "ack CASE", Short: "Acknowledge: give the eight-digit number, confirm the severity, first diagnosis", Args: cobra.ExactArgs(1),
		Example: `  casedesk case ack S042/T-4KQ7ZC2M5A --severity 2 --diagnosis "drive failed, part is on its way" --as "R. Ney"`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.act(c.Context(), args[0], as, desk.Event{Kind: desk.Acknowledged, Severity: severity, Text: diagnosis})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who acknowledges")
	c.Flags().StringVar(&diagnosis, "diagnosis", "", "first diagnosis, in words")
	c.Flags().IntVar(&severity, "severity", 0, "confirm or raise the severity (default: as the site said)")
	return c
}

func (a *app) caseCommentCommand() *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: "comment CASE TEXT", Short: "Add a comment of at most 4,000 characters", Args: cobra.ExactArgs(2),
		Example: `  casedesk case comment 00000001 "Is the replacement drive in the cupboard?" --as "R. Ney"`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.act(c.Context(), args[0], as, desk.Event{Kind: desk.Commented, Text: args[1]})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who comments")
	return c
}

func (a *app) caseSeverityCommand() *cobra.Command {
	var as string
	var to int
	c := &cobra.Command{
		Use: "severity CASE", Short: "Raise the severity; it stays raised until the case is closed", Args: cobra.ExactArgs(1),
		Example: "  casedesk case severity 00000001 --to 1 --as \"R. Ney\"",
		RunE: func(c *cobra.Command, args []string) error {
			return a.act(c.Context(), args[0], as, desk.Event{Kind: desk.Raised, Severity: to})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who raises it")
	c.Flags().IntVar(&to, "to", 0, "new severity, 1 to 4, 1 is the most urgent")
	return c
}

func (a *app) caseStatusCommand() *cobra.Command {
	var as, status, why string
	c := &cobra.Command{
		Use: "status CASE", Short: "Move the case: in progress, awaiting on customer, awaiting on support, closed", Args: cobra.ExactArgs(1),
		Long:    "Move the case. Closing needs the customer's confirmation, in words, with --why.",
		Example: "  casedesk case status 00000001 --to closed --why \"confirmed by telephone\" --as \"R. Ney\"",
		RunE: func(c *cobra.Command, args []string) error {
			return a.act(c.Context(), args[0], as, desk.Event{Kind: desk.Moved, Status: desk.Status(status), Text: why})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who moves it")
	c.Flags().StringVar(&status, "to", "", "new status")
	c.Flags().StringVar(&why, "why", "", "reason, or the customer's confirmation")
	return c
}

func (a *app) checkCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "check", Short: "Check the desk's store: everything derived must follow from the events", Args: cobra.NoArgs,
		Example: "  casedesk check",
		RunE: func(c *cobra.Command, _ []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			found, err := store.Check(c.Context())
			if err = errors.Join(err, done()); err != nil {
				return err
			}
			places := []string{}
			for _, f := range found {
				places = append(places, fmt.Sprint(f))
			}
			if asJSON {
				if err := a.env.JSON(places); err != nil {
					return err
				}
			} else if len(places) > 0 {
				fmt.Fprintln(a.env.Out, cli.PrintableLines(strings.Join(places, "\n")))
			}
			if len(found) > 0 {
				return cli.WithCode(cli.CodeTampered, fmt.Errorf("the store differs from its events in %d places", len(found)))
			}
			a.env.Notef("the store is what its events say")
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}
