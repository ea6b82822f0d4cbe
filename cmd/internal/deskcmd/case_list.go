package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/queue"
	"darksite/bundle/desk/sla"
	"darksite/bundle/roster"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

type listOptions struct {
	all    bool
	site   string
	status string
	search string
}

func (a *app) caseListCommand() *cobra.Command {
	var asJSON bool
	var o listOptions
	c := &cobra.Command{
		Use: "list", Short: "List open cases, what is due first on top", Args: cobra.NoArgs,
		Long: `List the cases that are not closed, what is due first on top. DUE counts from when
the desk read the medium, in the hours of the site where the severity says so;
OWED is what is due: the response, an update, a manager's call, a part. Cases in
which the next word is the customer's come last.`,
		Example: "  casedesk case list\n  casedesk case list --all --search nvram\n  casedesk case list --status held",
		RunE: func(c *cobra.Command, _ []string) error {
			rows, err := a.queue(c.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(rows)
			}
			a.printQueue(rows)
			return nil
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "closed cases too")
	c.Flags().StringVar(&o.site, "site", "", "only this site")
	c.Flags().StringVar(&o.status, "status", "", "only this status, or escalated")
	c.Flags().StringVar(&o.search, "search", "", "only cases that hold this text")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) queue(ctx context.Context, o listOptions) ([]queue.Row, error) {
	store, done, err := a.openStore()
	if err != nil {
		return nil, err
	}
	defer done() //nolint:errcheck // nothing was written
	cases, err := store.Cases(ctx)
	if err != nil {
		return nil, err
	}
	sites, err := siteFiles(ctx, store, cases)
	if err != nil {
		return nil, err
	}
	rows, err := queue.Build(cases, sites, a.env.Now())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r queue.Row) bool { return !o.shows(r) }), nil
}

func siteFiles(ctx context.Context, store *boltstore.Store, cases []desk.Case) (map[string]desk.Site, error) {
	sites := map[string]desk.Site{}
	for _, c := range cases {
		if _, ok := sites[c.Site]; ok {
			continue
		}
		s, err := store.Site(ctx, c.Site)
		if err != nil {
			return nil, err
		}
		sites[c.Site] = s
	}
	return sites, nil
}

func (o listOptions) shows(r queue.Row) bool {
	if o.status == string(desk.Closed) {
		o.all = true
	}
	switch {
	case r.Status == desk.Closed && !o.all,
		o.site != "" && r.Site != o.site,
		o.status == "escalated" && !r.Escalated,
		o.status != "" && o.status != "escalated" && string(r.Status) != o.status:
		return false
	}
	if o.search == "" {
		return true
	}
	d := r.Draft
	text := strings.Join([]string{r.ID, r.Number, d.Subject, d.Description, d.Array, d.Model, d.OSVersion, r.Diagnosis, r.Fix}, "\n")
	return strings.Contains(strings.ToLower(text), strings.ToLower(o.search))
}

// wide is the width from which the queue has more columns.
const wide = 110

func (a *app) printQueue(rows []queue.Row) {
	if len(rows) == 0 {
		a.env.Notef("no case to show")
		a.env.Next("casedesk import MEDIUM", "casedesk case list --all")
		return
	}
	t := &cli.Table{Header: []string{"DUE", "OWED", "CASE", "SEV", "STATUS", "SUBJECT"}}
	more := a.env.Width() >= wide
	if more {
		t.Header = []string{"DUE", "OWED", "CASE", "SEV", "STATUS", "TRANSIT", "LOCAL", "PLAN", "SUBJECT"}
	}
	for _, r := range rows {
		due, owed := "-", "-"
		if r.Next != nil {
			due, owed = a.due(*r.Next), owes(*r.Next)
		}
		cells := []string{due, owed, caseName(r.Case), sev(r.Severity), short(r)}
		if more {
			cells = append(cells, transit(r.Transit), r.Local, r.Plan)
		}
		t.Add(append(cells, cmp.Or(r.Draft.Subject, "-"))...)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	a.env.Next("casedesk case show " + cmp.Or(rows[0].Number, rows[0].ID))
}

func caseName(c desk.Case) string {
	if c.Number == "" {
		return c.ID
	}
	return c.Number + " " + c.Site
}

// due is how long there is, or how late it is.
func (a *app) due(k sla.Clock) string {
	left := k.Due.Sub(a.env.Now())
	if left < 0 {
		return "late " + units.Duration((-left).Truncate(time.Second))
	}
	return "in " + units.Duration(left.Truncate(time.Second))
}

func owes(k sla.Clock) string {
	if k.Kind == sla.Escalation {
		return "call"
	}
	return k.Kind
}

// short is a status in one word.
func short(r queue.Row) string {
	if r.Escalated {
		return "escalated"
	}
	switch r.Status {
	case desk.AwaitingSupport:
		return "support"
	case desk.AwaitingCustomer:
		return "customer"
	case desk.AwaitingPart:
		return "part"
	case desk.InProgress:
		return "progress"
	case desk.Pending:
		return "confirm"
	}
	return string(r.Status)
}

func transit(t sla.Transit) string {
	if t.Ahead > 0 {
		return "clock ahead"
	}
	return units.Duration(t.Took)
}

type caseView struct {
	queue.Row
	Events []desk.Event `json:"events"`
}

func (a *app) caseShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show CASE", Short: "Show a case by id or number, with its clocks and everything that happened", Args: cobra.ExactArgs(1),
		Example: "  casedesk case show 00000001",
		RunE: func(c *cobra.Command, args []string) error {
			v, site, err := a.caseView(c.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(v)
			}
			a.printCase(v, site)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) caseView(ctx context.Context, name string) (v caseView, site desk.Site, err error) {
	store, done, err := a.openStore()
	if err != nil {
		return v, site, err
	}
	defer func() { err = errors.Join(err, done()) }()
	cs, events, err := store.Case(ctx, name)
	if err != nil {
		return v, site, err
	}
	if site, err = store.Site(ctx, cs.Site); err != nil {
		return v, site, err
	}
	row, err := queue.Of(cs, site, a.env.Now())
	return caseView{row, events}, site, err
}

func (a *app) printCase(v caseView, site desk.Site) {
	c, w := v.Case, a.env.Out
	fmt.Fprintf(w, "case      %s  number %s  severity %s  %s\n", c.ID, cmp.Or(c.Number, "not given yet"), sev(c.Severity), c.Status)
	a.printTransit(v)
	primary, secondary := who(c.Draft.Primary, c.Draft.PrimaryID), who(c.Draft.Secondary, c.Draft.SecondaryID)
	for _, row := range [][2]string{
		{"held", strings.Join(c.Paperwork, "; ")},
		{"plan", v.Plan},
		{"subject", c.Draft.Subject},
		{"array", c.Draft.Array},
		{"model", c.Draft.Model},
		{"version", c.Draft.OSVersion},
		{"initiator", c.Draft.InitiatorOS},
		{"primary", primary},
		{"secondary", secondary},
		{"diagnosis", c.Diagnosis},
		{"fix", c.Fix},
	} {
		if row[0] == "held" && c.Status != desk.Held {
			row[0] = "paperwork"
		}
		if row[1] != "" {
			a.paragraph(row[0], row[1])
		}
	}
	if c.Confirmed != nil {
		a.paragraph("confirmed", fmt.Sprintf("by %s on %s: %s", c.Confirmed.By, stamp(c.Confirmed.At), c.Confirmed.Words))
	}
	if c.Survey != nil {
		a.paragraph("survey", surveyLine(*c.Survey))
	}
	if c.Draft.Description != "" {
		fmt.Fprintln(w)
		for para := range strings.Lines(c.Draft.Description) {
			for _, line := range cli.Wrap(cli.Printable(strings.TrimRight(para, "\r\n")), a.env.Width()) {
				fmt.Fprintln(w, line)
			}
		}
	}
	a.printClocks(v, site)
	a.printParts(c)
	t := &cli.Table{Header: []string{"BUNDLE", "TAKEN", "FILES", "APPROVED BY", "RELEASED BY"}}
	for _, b := range c.Bundles {
		t.Add(string(b.BID), stamp(b.Taken), fmt.Sprint(b.Files), strings.Join(b.Officers, ", "), b.ReleasedBy)
	}
	fmt.Fprintln(w)
	t.Print(w, a.env.Width(), a.env.Color())
	if len(c.Bundles) > 0 {
		a.printOmitted(newestOf(c.Bundles))
	}
	people := a.peopleOf()
	t = &cli.Table{Header: []string{"WHEN", "WHAT", "WHO", "WORDS"}}
	for _, e := range v.Events {
		t.Add(stamp(e.At), string(e.Kind), people(e.Actor), words(e))
	}
	fmt.Fprintln(w)
	t.Print(w, a.env.Width(), a.env.Color())
	a.env.Next(nextFor(c))
}

// peopleOf names the people of the vendor card where an event has their keys; one
// that is on the card no longer stays as it was recorded.
func (a *app) peopleOf() func(actor string) string {
	v, err := a.vendor()
	if err != nil {
		return func(actor string) string { return actor }
	}
	return func(actor string) string {
		var names []string
		for _, word := range strings.Fields(actor) {
			i := slices.IndexFunc(v.People, func(p roster.Person) bool { return p.Key.ID() == word })
			if i < 0 {
				return actor
			}
			names = append(names, v.People[i].ID)
		}
		return strings.Join(names, ", ")
	}
}

func (a *app) printTransit(v caseView) {
	if v.Transit.Ahead > 0 {
		a.paragraph("received", fmt.Sprintf("%s, raised %s by the site's clock, which is ahead by %s or more", stamp(v.Received), stamp(v.Raised), units.Duration(v.Transit.Ahead)))
		return
	}
	a.paragraph("raised", fmt.Sprintf("%s by the site's clock, received %s, in transit %s", stamp(v.Raised), stamp(v.Received), units.Duration(v.Transit.Took)))
}

func who(name, id string) string {
	if id == "" || name == "" {
		return name + id
	}
	return id + " (" + name + ")"
}

func surveyLine(s desk.Survey) string {
	if s.At.IsZero() {
		return "sent on " + stamp(s.Sent)
	}
	return fmt.Sprintf("%d of 5 by %s on %s: %s", s.Score, s.By, stamp(s.At), s.Words)
}

func (a *app) printClocks(v caseView, site desk.Site) {
	if len(v.Clocks) == 0 {
		return
	}
	cal, err := sla.Of(site)
	if err != nil {
		cal = sla.Default()
	}
	t := &cli.Table{Header: []string{"OWED", "DUE", "AT THE SITE", "STATE"}}
	for _, k := range v.Clocks {
		due, local, state := "-", "-", string(k.State)
		if !k.Due.IsZero() {
			due, local = stamp(k.Due), k.Due.In(cal.Location()).Format("Mon 15:04")
		}
		if k.State == sla.Running || k.State == sla.Late {
			state = a.due(k)
		}
		t.Add(strings.TrimSpace(owes(k)+" "+k.What), due, local, state)
	}
	fmt.Fprintln(a.env.Out)
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
}

func (a *app) printParts(c desk.Case) {
	if len(c.Parts) == 0 {
		return
	}
	t := &cli.Table{Header: []string{"PART", "KIND", "PLACE", "STATE", "SINCE", "OLD PART"}}
	for i, p := range c.Parts {
		old := "goes back"
		switch {
		case p.Keep:
			old = "kept, for a fee"
		case p.State == desk.PartReturned:
			old = "came back"
		}
		t.Add(fmt.Sprint(i+1), p.Kind, p.Name, string(p.State), stamp(p.Since), old)
	}
	fmt.Fprintln(a.env.Out)
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
}
