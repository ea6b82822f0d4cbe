package deskcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/sla"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

// note records one event of a site's file and shows the file.
func (a *app) note(ctx context.Context, code, actor string, e desk.Event) error {
	if actor == "" {
		return cli.Usagef("say who you are with --as NAME")
	}
	if _, err := a.enrolled(code); err != nil {
		return err
	}
	store, done, err := a.openStore()
	if err != nil {
		return err
	}
	e.Site, e.At, e.Actor = code, a.env.Now().UTC().Truncate(time.Second), actor
	var s desk.Site
	if _, err = store.Record(ctx, e); err == nil {
		s, err = store.Site(ctx, code)
	}
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	a.env.Notef("%s", cli.Printable(fileLine(s)))
	a.env.Next("casedesk sites show " + code)
	return nil
}

func fileLine(s desk.Site) string {
	plan := "no plan"
	if s.Plan != nil {
		plan = fmt.Sprintf("plan %s to %s", s.Plan.Kind, s.Plan.Until.Format(time.DateOnly))
	}
	return fmt.Sprintf("site %s has %d contacts on file, %s", s.Code, len(s.Contacts), plan)
}

func (a *app) sitesContactCommand() *cobra.Command {
	var as string
	var ct desk.Contact
	var end bool
	c := &cobra.Command{
		Use: "contact SITE ID", Short: "Say who may ask for support: at most five, one of them the admin", Args: cobra.ExactArgs(2),
		Long: `Add or change a contact of a site. The id is the one site.yaml gives the person, so
that the desk knows who asks although names are redacted. The first contact is the
admin; making another one the admin makes the one before a secondary contact.`,
		Example: `  casedesk sites contact S042 mdurand --role admin --name "M. Durand" --phone "+33 4 00 00 00 01" --as "R. Ney"
  casedesk sites contact S042 mdurand --end --as "R. Ney"`,
		RunE: func(c *cobra.Command, args []string) error {
			if end {
				return a.note(c.Context(), args[0], as, desk.Event{Kind: desk.ContactEnded, By: args[1]})
			}
			ct.ID = args[1]
			return a.note(c.Context(), args[0], as, desk.Event{Kind: desk.ContactSet, Contact: &ct})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who notes it")
	c.Flags().StringVar(&ct.Name, "name", "", "name")
	c.Flags().StringVar(&ct.Role, "role", desk.ContactSecondary, "admin or secondary")
	c.Flags().StringVar(&ct.Phone, "phone", "", "telephone number")
	c.Flags().StringVar(&ct.Mail, "mail", "", "mail address")
	c.Flags().BoolVar(&end, "end", false, "the person may ask no more")
	return c
}

func (a *app) sitesPlanCommand() *cobra.Command {
	var as, from, until string
	c := &cobra.Command{
		Use: "plan SITE KIND", Short: "Say what a site is entitled to: basic, advanced or premium", Args: cobra.ExactArgs(2),
		Example: `  casedesk sites plan S042 premium --until 2027-06-30 --as "R. Ney"`,
		RunE: func(c *cobra.Command, args []string) error {
			p := &desk.Plan{Kind: desk.PlanKind(args[1])}
			var err error
			if p.From = a.env.Now().UTC().Truncate(24 * time.Hour); from != "" {
				if p.From, err = day(from); err != nil {
					return cli.Usagef("--from %q: want a day such as 2026-07-01", from)
				}
			}
			if p.Until, err = day(until); err != nil {
				return cli.Usagef("--until %q: want a day such as 2027-06-30", until)
			}
			p.Until = p.Until.AddDate(0, 0, 1) // to the end of the day that is named
			return a.note(c.Context(), args[0], as, desk.Event{Kind: desk.PlanSet, Plan: p})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who notes it")
	c.Flags().StringVar(&from, "from", "", "first day (default: today)")
	c.Flags().StringVar(&until, "until", "", "last day")
	return c
}

func (a *app) sitesAccessCommand() *cobra.Command {
	var as string
	var x desk.Access
	c := &cobra.Command{
		Use: "access SITE", Short: "Say where parts and people go: address, room, network, security", Args: cobra.ExactArgs(1),
		Example: `  casedesk sites access S042 --address "1 rue du Port, Lyon" --room B2 --network "port 7" --security "ask the guard" --as NAME`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.note(c.Context(), args[0], as, desk.Event{Kind: desk.AccessSet, Access: &x})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who notes it")
	c.Flags().StringVar(&x.Address, "address", "", "postal address")
	c.Flags().StringVar(&x.Room, "room", "", "building, room, row")
	c.Flags().StringVar(&x.Network, "network", "", "how a console is reached on site")
	c.Flags().StringVar(&x.Security, "security", "", "what is asked of a visitor")
	return c
}

func (a *app) sitesHoursCommand() *cobra.Command {
	var as string
	var h desk.Hours
	c := &cobra.Command{
		Use: "hours SITE", Short: "Say when the desk works for a site: time zone, week, holidays", Args: cobra.ExactArgs(1),
		Long: `Set the hours that count for severity 3 and 4, for updates and for parts. Without
them it is Monday to Friday, 09:00 to 18:00 UTC. They replace the ones before.`,
		Example: `  casedesk sites hours S042 --zone Europe/Paris --week "mon-fri 09:00-18:00" --closed 2026-12-25 --as "R. Ney"
  casedesk sites hours S051 --zone Asia/Riyadh --week "sun-thu 08:00-12:00,13:00-16:00" --as "R. Ney"`,
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := sla.Parse(h); err != nil {
				return cli.WithCode(cli.CodeUsage, err)
			}
			return a.note(c.Context(), args[0], as, desk.Event{Kind: desk.HoursSet, Hours: &h})
		},
	}
	c.Flags().StringVar(&as, "as", "", "who notes it")
	c.Flags().StringVar(&h.Zone, "zone", "", "time zone, such as Europe/Paris")
	c.Flags().StringVar(&h.Week, "week", "mon-fri 09:00-18:00", "opening hours")
	c.Flags().StringArrayVar(&h.Closed, "closed", nil, "a day that is closed: 2026-12-25; repeat it")
	return c
}

func (a *app) printFile(s desk.Site) {
	w := a.env.Out
	fmt.Fprintln(w)
	plan := "no support plan is on file"
	if s.Plan != nil {
		plan = fmt.Sprintf("%s, %s to %s", s.Plan.Kind, s.Plan.From.Format(time.DateOnly), s.Plan.Until.AddDate(0, 0, -1).Format(time.DateOnly))
		if why := s.Entitled(a.env.Now()); why != "" {
			plan += ": " + why
		}
	}
	hours := "mon-fri 09:00-18:00 UTC (nothing else is on file)"
	if s.Hours != nil {
		hours = strings.TrimSpace(fmt.Sprintf("%s %s", s.Hours.Week, s.Hours.Zone))
		if n := len(s.Hours.Closed); n > 0 {
			hours += fmt.Sprintf(", closed on %d days", n)
		}
	}
	access := "not on file: no part can be ordered"
	if len(s.Access.Missing()) == 0 {
		access = strings.Join([]string{s.Access.Address, s.Access.Room, s.Access.Network, s.Access.Security}, "; ")
	}
	a.paragraph("plan", plan)
	a.paragraph("hours", hours)
	a.paragraph("access", strings.ReplaceAll(access, "\n", ", "))
	if len(s.Contacts) == 0 {
		a.paragraph("contacts", "none: every case of the site is held, except at severity 1")
		a.env.Next(fmt.Sprintf("casedesk sites contact %s ID --role admin --name NAME --phone NUMBER --as NAME", s.Code))
		return
	}
	fmt.Fprintln(w)
	t := &cli.Table{Header: []string{"CONTACT", "ROLE", "NAME", "TELEPHONE", "MAIL"}}
	for _, c := range s.Contacts {
		t.Add(c.ID, c.Role, c.Name, c.Phone, c.Mail)
	}
	t.Print(w, a.env.Width(), a.env.Color())
	if s.Plan == nil {
		a.env.Next(fmt.Sprintf("casedesk sites plan %s premium --until 2027-06-30 --as NAME", s.Code))
	}
}
