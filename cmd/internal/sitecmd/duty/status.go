package duty

import (
	"fmt"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/localmon/overview"
	"darksite/localmon/units"
	"darksite/training/certificate"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// StatusCommand is darksite status.
func StatusCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	var asJSON bool
	c := &cobra.Command{
		Use: "status", Short: "Is it safe, since when do I know, what next", Args: cobra.NoArgs,
		Long: `Show every target with its state, the age of its data, open alerts, capacity and
forecast, then what to do next, most urgent first. A target without new data is
UNKN, never OK. Exit 3 when anything needs attention.`,
		Example: "  darksite status\n  darksite status --json",
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := sight.Overview(c.Context(), a.Site)
			if err != nil {
				return err
			}
			hand := a.inHand()
			if asJSON {
				err = a.Env.JSON(statusView{o, hand})
			} else {
				err = a.printOverview(o, hand)
			}
			if err == nil && o.State != overview.OK {
				return cli.ErrAttention
			}
			return err
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// statusView is the overview with what the site has in hand beside its targets.
type statusView struct {
	overview.Overview
	InHand inHand `json:"in_hand"`
}

// inHand are people, contract and work of the site, in numbers.
type inHand struct {
	CertifiedAdmins int      `json:"certified_admins"`
	Contacts        int      `json:"contacts"`
	OpenCases       int      `json:"open_cases"`
	OpenRuns        int      `json:"unfinished_runs"`
	Unknown         []string `json:"unknown,omitempty"` // what of this could not be read
}

// inHand counts what it can read; what it cannot never hides the targets.
func (a *app) inHand() inHand {
	var h inHand
	conf, err := a.Config()
	if err != nil {
		h.Unknown = append(h.Unknown, "contacts")
	} else {
		h.Contacts = len(conf.Contacts)
	}
	if c, _, err := certified.Count(a.Site); err != nil {
		h.Unknown = append(h.Unknown, "certificates")
	} else {
		h.CertifiedAdmins = len(c.Admins)
	}
	if h.OpenCases, err = a.openCaseCount(); err != nil {
		h.Unknown = append(h.Unknown, "cases")
	}
	runs, err := a.unfinishedRuns()
	if err != nil {
		h.Unknown = append(h.Unknown, "runbook runs")
	}
	h.OpenRuns = len(runs)
	return h
}

func (h inHand) text() string {
	text := fmt.Sprintf("certified admins %d/%d, contacts %d/5, open cases %d, unfinished runs %d", h.CertifiedAdmins, certificate.Least, h.Contacts, h.OpenCases, h.OpenRuns)
	if len(h.Unknown) > 0 {
		text += "; not readable now: " + strings.Join(h.Unknown, ", ")
	}
	return text
}

func (a *app) printOverview(o overview.Overview, hand inHand) error {
	leads, err := books.OpenLeads(a.Site)
	if err != nil {
		return err
	}
	w := a.Env.Out
	head := fmt.Sprintf("site %s  %s  ", o.Site, cli.Paint(string(o.State), a.Env.Color()))
	at := o.At.Format("2006-01-02 15:04:05 MST")
	if len("site ")+len(o.Site)+len(o.State)+len("    ")+len(at) > a.Env.Width() {
		head = strings.TrimRight(head, " ") + "\n"
	}
	fmt.Fprintln(w, head+at)
	if o.Monitor == nil {
		for _, l := range cli.Wrap("no monitor is running: what follows is what was stored last", a.Env.Width()) {
			fmt.Fprintln(w, l)
		}
	}
	t := &cli.Table{Header: []string{"TARGET", "STATE", "DATA AGE", "ALERTS", "CAPACITY", "FORECAST"}}
	for _, r := range o.Targets {
		age := "never seen"
		if r.Seen {
			age = units.Duration(r.DataAge.Truncate(time.Second))
		}
		cells := []string{r.Name, string(r.State), age, r.Counts.Text(), used(r.Capacity), forecast(r.Capacity)}
		if r.State == overview.Unknown && !(r.Seen && len(r.Missing) > 0) { // what was true then is not said of now
			if cells[3] == "0" {
				cells[3] = "not known"
			}
			if r.Capacity != nil {
				cells[4], cells[5] = cells[4]+" then", "not known"
			}
		}
		t.Add(cells...)
	}
	fmt.Fprintln(w)
	t.Print(w, a.Env.Width(), a.Env.Color())
	for _, r := range o.Targets {
		if r.Error != "" {
			a.item(r.Name, "no newer data: "+r.Error)
		} else if len(r.Missing) > 0 {
			a.item(r.Name, "not read, so not known: "+watch.Missing(r.Missing))
		}
	}
	if o.Monitor != nil {
		for _, tr := range o.Monitor.Trouble {
			a.item("monitor", fmt.Sprintf("%s since %s: %s", tr.What, tr.Since.Format(time.DateTime), tr.Error))
		}
	}
	a.printKept(o)
	for i, line := range cli.Wrap("site: "+hand.text(), a.Env.Width()-2) {
		mark := "  "
		if i == 0 && (hand.CertifiedAdmins < certificate.Least || len(hand.Unknown) > 0) {
			mark = "! "
		}
		fmt.Fprintln(w, mark+line)
	}
	a.printNext(o, leads)
	return nil
}

// printKept says what people are not told of, and when the next round is due.
func (a *app) printKept(o overview.Overview) {
	here := o.At.Location()
	for _, r := range o.Targets {
		if n := r.Counts.Hushed; n > 0 {
			a.item(r.Name, fmt.Sprintf("people are not told of %d of its alerts", n))
		}
	}
	for _, q := range o.Quiets {
		span := "until " + q.Until.In(here).Format("01-02 15:04")
		if q.From.After(o.At) {
			span = "from " + q.From.In(here).Format("01-02 15:04") + " " + span
		}
		a.item(fmt.Sprintf("%s %d", q.Kind, q.ID), fmt.Sprintf("%s, %s by %s: %s", quietAbout(q), span, q.By, q.Why))
	}
	switch {
	case o.NoRounds:
		a.item("daily round", "when the last was made cannot be read now: darksite round log")
	case o.LastRound.IsZero():
		a.item("daily round", "none was ever made: darksite round start --as ID")
	case o.RoundDue:
		a.item("daily round", fmt.Sprintf("due, the last was %s ago: darksite round start --as ID", units.Duration(o.At.Sub(o.LastRound).Abs())))
	default:
		fmt.Fprintf(a.Env.Out, "  daily round: done %s ago\n", units.Duration(o.At.Sub(o.LastRound)))
	}
}

func (a *app) item(name, text string) {
	const indent = 2
	for i, line := range cli.Wrap(cli.Printable(name+": "+text), a.Env.Width()-indent) {
		lead := "! "
		if i > 0 {
			lead = "  "
		}
		fmt.Fprintln(a.Env.Out, lead+line)
	}
}

func (a *app) printNext(o overview.Overview, leads books.Leads) {
	w := a.Env.Out
	if len(o.Next) == 0 {
		fmt.Fprintln(w, "\nnothing to do")
		if o.Monitor == nil { // what is not watched will not stay known
			a.Env.Next("darksite monitor", "darksite alerts list --all")
			return
		}
		a.Env.Next("darksite history series", "darksite alerts list --all")
		return
	}
	fmt.Fprintln(w, "\ndo next:")
	for i, n := range o.Next {
		about := strings.TrimSpace(n.Target + " " + n.Component)
		since := ""
		if !n.Since.IsZero() {
			since = ", since " + n.Since.Format("2006-01-02 15:04")
		}
		text := fmt.Sprintf("%s: %s%s", about, n.Summary, since)
		if !n.Seen.IsZero() {
			text += ", seen " + units.Duration(max(0, o.At.Sub(n.Seen)).Truncate(time.Second)) + " ago"
		}
		if n.AckedBy != "" {
			text += ", in the hands of " + n.AckedBy
		}
		text += hushed(n.Hush, o.At.Location())
		fmt.Fprintf(w, "%2d  %s%s  ", i+1, cli.Paint(string(n.Word), a.Env.Color()), strings.Repeat(" ", max(0, 4-len(n.Word))))
		for j, line := range cli.Wrap(cli.Printable(text), a.Env.Width()-10) {
			if j > 0 {
				fmt.Fprint(w, "          ")
			}
			fmt.Fprintln(w, line)
		}
		a.Env.Command("          ", leads.NextFor(n, o.Monitor != nil))
	}
	if o.More > 0 {
		fmt.Fprintf(w, "and %d more: darksite alerts list\n", o.More)
	}
}

func used(c *overview.Capacity) string {
	if c == nil {
		return "-"
	}
	return units.Percent(c.UsedPercent / 100)
}

func forecast(c *overview.Capacity) string {
	switch {
	case c == nil:
		return "-"
	case !c.Known:
		return "too early"
	case !c.Growing:
		return "not growing"
	case c.NinetyIn > 0:
		return "90 % in " + units.Duration(c.NinetyIn)
	case c.FullIn > 0:
		return "full in " + units.Duration(c.FullIn)
	}
	return "over a year"
}
