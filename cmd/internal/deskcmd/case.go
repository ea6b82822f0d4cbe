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
	c.AddCommand(a.caseListCommand(), a.caseShowCommand(), a.caseAckCommand(), a.caseCommentCommand(), a.caseSeverityCommand(), a.caseStatusCommand(),
		a.caseAdmitCommand(), a.caseRefuseCommand(), a.caseAgreeCommand(), a.caseEscalateCommand(), a.caseAnswerCommand(),
		a.casePartCommand(), a.caseMovedPartCommand(), a.caseNeedCommand(), a.caseInstructCommand(), a.caseAdviseCommand(), a.caseMailCommand(), a.caseCloseCommand(), a.caseReopenCommand(), a.caseSurveyCommand())
	return c
}

func sev(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
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
	case desk.Escalated:
		return fmt.Sprintf("%s, reached by %s: %s; %s", e.By, e.Reach, e.Summary, e.Text)
	case desk.Agreed:
		if e.Every == 0 {
			return "updates as the severity says"
		}
		return "an update every " + units.Duration(e.Every)
	case desk.Asked:
		return strings.TrimSpace(fmt.Sprintf("profile %s %s: %s", e.Profile, e.Window, e.Text))
	case desk.Instructed:
		return fmt.Sprintf("risk %s: %s; expect %s; take back: %s", e.Risk, e.Text, e.Expect, e.Rollback)
	case desk.Advised:
		if e.FixedIn != "" {
			return fmt.Sprintf("fixed in %s: %s", e.FixedIn, e.Text)
		}
		return e.Text
	case desk.Ordered:
		return e.Part.Kind + " " + e.Part.Name
	case desk.PartMoved:
		return fmt.Sprintf("part %d %s", e.PartNo, e.PartState)
	case desk.Surveyed:
		return fmt.Sprintf("%d of 5 by %s: %s", e.Score, e.By, e.Text)
	case desk.Imported:
		return string(e.Bundle.BID)
	case desk.Acknowledged:
		return "number " + e.Number + ": " + e.Text
	case desk.Raised:
		return fmt.Sprintf("to %d", e.Severity)
	case desk.Moved:
		if e.By != "" {
			return fmt.Sprintf("%s, confirmed by %s: %s", e.Status, e.By, e.Text)
		}
		return strings.TrimSpace(string(e.Status) + " " + e.Text)
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
	a.env.Next(nextFor(c))
	return nil
}

// nextFor is the command a case asks for as it stands.
func nextFor(c desk.Case) string {
	name := cmp.Or(c.Number, c.ID)
	switch {
	case c.Status == desk.Held:
		return fmt.Sprintf("casedesk case admit %s --why \"...\" --as NAME   (or refuse)", name)
	case c.Acknowledged.IsZero() && c.Status != desk.Closed:
		return fmt.Sprintf("casedesk case ack %s --severity %d --diagnosis \"...\" --as NAME", name, cmp.Or(c.Severity, 3))
	case c.Acknowledged.IsZero():
		return "casedesk case list"
	}
	return "casedesk reply " + name
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
		Use: "status CASE", Short: "Move the case: in progress, awaiting on customer, awaiting on support, pending confirmation", Args: cobra.ExactArgs(1),
		Long:    "Move the case. \"pending confirmation\" needs the fix that is offered, with --why. A case\nis closed with `casedesk case close`, on the word of a contact.",
		Example: "  casedesk case status 00000001 --to \"pending confirmation\" --why \"the new drive is in use\" --as \"R. Ney\"",
		RunE: func(c *cobra.Command, args []string) error {
			if desk.Status(status) == desk.Closed {
				return cli.Usagef("close a case on the word of a contact: casedesk case close %s --by CONTACT --words TEXT", args[0])
			}
			return a.act(c.Context(), args[0], as, desk.Event{Kind: desk.Moved, Status: desk.Status(status), Text: why})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who moves it")
	c.Flags().StringVar(&status, "to", "", "new status")
	c.Flags().StringVar(&why, "why", "", "reason, or the fix that is offered")
	return c
}
