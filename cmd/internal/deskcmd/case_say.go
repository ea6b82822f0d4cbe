package deskcmd

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/sla"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

func (a *app) caseNeedCommand() *cobra.Command {
	e := desk.Event{Kind: desk.Asked}
	c := a.deed(deed{
		use: "need CASE", short: "Ask the site for more data, as a profile of its collector", as: "who asks",
		long:    "Ask for another bundle. The next reply carries the need, and the site's kit offers\nthe command that collects it. The next word is the customer's then.",
		example: `casedesk case need 00000001 --profile full --window 6h --why "the log of the other controller" --as "R. Ney"`,
		event:   func() (desk.Event, error) { return e, nil },
	})
	c.Flags().StringVar(&e.Profile, "profile", "", "profile of the collector")
	c.Flags().StringVar(&e.Window, "window", "", "how far back: 6h, 3d")
	c.Flags().StringVar(&e.Text, "why", "", "what it is for")
	return c
}

func (a *app) caseInstructCommand() *cobra.Command {
	e := desk.Event{Kind: desk.Instructed}
	c := a.deed(deed{
		use: "instruct CASE", short: "Give the people at the site steps to do; nothing ever runs them", as: "who gives them",
		example: `casedesk case instruct 00000001 --steps "..." --risk none --expect "..." --rollback "..." --as "R. Ney"`,
		event:   func() (desk.Event, error) { return e, nil },
	})
	c.Flags().StringVar(&e.Text, "steps", "", "the steps, one a line")
	c.Flags().StringVar(&e.Risk, "risk", "", "none, slow (hosts may wait), paths (hosts lose paths), down (hosts lose the array)")
	c.Flags().StringVar(&e.Expect, "expect", "", "what is seen when it went well")
	c.Flags().StringVar(&e.Rollback, "rollback", "", "how it is taken back")
	return c
}

func (a *app) caseAdviseCommand() *cobra.Command {
	e := desk.Event{Kind: desk.Advised}
	c := a.deed(deed{
		use: "advise CASE", short: "Tell the site of a defect and of the version that has the fix", as: "who advises",
		example: `casedesk case advise 00000001 --fixed-in 6.6.10 --text "upgrade before the module is replaced" --as "R. Ney"`,
		event:   func() (desk.Event, error) { return e, nil },
	})
	c.Flags().StringVar(&e.FixedIn, "fixed-in", "", "version that has the fix")
	c.Flags().StringVar(&e.Text, "text", "", "the advice")
	return c
}

func (a *app) caseMailCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "mail CASE", Short: "Draft the mail to the contacts of a case, as it stands", Args: cobra.ExactArgs(1),
		Long:    "Print a mail for a site that can be written to: acknowledgement, what is waited for,\nwhen the next word is due. Nothing is sent.",
		Example: "  casedesk case mail 00000001",
		RunE: func(c *cobra.Command, args []string) error {
			v, site, err := a.caseView(c.Context(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprint(a.env.Out, mail(v, site))
			return nil
		},
	}
	return c
}

func mail(v caseView, site desk.Site) string {
	c := v.Case
	var b strings.Builder
	var to []string
	for _, id := range []string{c.Draft.PrimaryID, c.Draft.SecondaryID} {
		if p, ok := site.Contact(id); ok && p.Mail != "" {
			to = append(to, p.Mail)
		}
	}
	zone := sla.Default()
	if cal, err := sla.Of(site); err == nil {
		zone = cal
	}
	when := func(t time.Time) string { return t.In(zone.Location()).Format("Mon 2006-01-02 15:04 MST") }
	fmt.Fprintf(&b, "To: %s\nSubject: Case %s, severity %d: %s\n\n", cmp.Or(strings.Join(to, ", "), "no mail address is on file"), cmp.Or(c.Number, "without a number yet"), c.Severity, cli.Printable(cmp.Or(c.Draft.Subject, string(c.Bundles[0].BID))))
	fmt.Fprintf(&b, "Your bundle %s reached us on %s.\n", newestOf(c.Bundles).BID, when(newestOf(c.Bundles).Received))
	switch {
	case c.Status == desk.Held:
		fmt.Fprintf(&b, "The case is held, because %s. Please telephone us.\n", strings.Join(c.Paperwork, " and "))
	case c.Acknowledged.IsZero():
		b.WriteString("We have begun to look at it and will give you its number and a first diagnosis.\n")
	default:
		fmt.Fprintf(&b, "Its number is %s and its severity %d. First diagnosis: %s\n", c.Number, c.Severity, c.Diagnosis)
	}
	for _, p := range c.Parts {
		fmt.Fprintf(&b, "The %s for %s is %s since %s.\n", p.Kind, p.Name, p.State, when(p.Since))
	}
	for _, e := range v.Events {
		switch e.Kind {
		case desk.Asked:
			fmt.Fprintf(&b, "On %s we asked for a bundle of profile %s: %s\n", when(e.At), e.Profile, e.Text)
		case desk.Commented:
			fmt.Fprintf(&b, "On %s %s wrote: %s\n", when(e.At), e.Actor, e.Text)
		}
	}
	switch {
	case c.Status == desk.Pending:
		fmt.Fprintf(&b, "Please confirm that this has solved it: %s\n", c.Fix)
	case c.Status == desk.Closed:
		b.WriteString("The case is closed. How was it, from 1 to 5?\n")
	case v.Next != nil:
		fmt.Fprintf(&b, "You hear from us by %s.\n", when(v.Next.Due))
	case c.Status == desk.AwaitingCustomer:
		b.WriteString("We go on when we have heard from you.\n")
	}
	fmt.Fprintf(&b, "In transit it was %s; that counts for nothing on our side.\n", units.Duration(v.Transit.Took))
	return cli.PrintableLines(b.String())
}
