package duty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/localmon"
	"darksite/localmon/overview"
	"darksite/localmon/units"
	"darksite/runbooks"
	"darksite/runbooks/render"

	"github.com/spf13/cobra"
)

// AlertsCommand is darksite alerts.
func AlertsCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "alerts", Short: "List, show, take in hand and silence alerts; what was",
		Example: "  darksite alerts list\n  darksite alerts show 3\n  darksite alerts ack 3 --as mdurand --note \"part ordered\"\n  darksite alerts history --since 168h",
	}
	c.AddCommand(a.alertsListCommand(), a.alertsShowCommand(), a.alertsAckCommand(), a.alertsSilenceCommand(), a.alertsMaintenanceCommand(),
		a.alertsUnsilenceCommand(), a.alertsSilencesCommand(), a.alertsHistoryCommand())
	return c
}

type listOptions struct {
	all, each, asJSON bool
	target            string
}

func (a *app) alertsListCommand() *cobra.Command {
	var o listOptions
	c := &cobra.Command{
		Use: "list", Short: "List open alerts, what belongs together as one, most urgent first", Args: cobra.NoArgs,
		Long: `List what is open: the alerts of one rule on one target are one line, with the
alert to open first; --each lists every alert, --all also those that are
resolved. N is how many there are, SEEN how old the newest observation is.`,
		Example: "  darksite alerts list\n  darksite alerts list --each --target fa-prod-1\n  darksite alerts list --all",
		RunE: func(c *cobra.Command, _ []string) error {
			return sight.With(c.Context(), a.Site, func(s *sight.Sight) error { return a.listAlerts(c.Context(), s, o) })
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "also alerts that are resolved")
	c.Flags().BoolVar(&o.each, "each", false, "every alert on its own")
	c.Flags().StringVar(&o.target, "target", "", "only of targets that fit; a star stands for any characters")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

func (a *app) listAlerts(ctx context.Context, s *sight.Sight, o listOptions) error {
	list, err := s.Alerts(ctx)
	if err == nil && o.all {
		list, err = allAlerts(ctx, s)
	}
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(al localmon.Alert) bool { return !localmon.Fits(o.target, al.Target) })
	slices.SortFunc(list, func(x, y localmon.Alert) int {
		if x.Severity != y.Severity {
			return int(x.Severity) - int(y.Severity)
		}
		return y.Since.Compare(x.Since)
	})
	switch {
	case o.asJSON:
		return a.Env.JSON(list)
	case o.all, o.each:
		a.printAlerts(list)
	default:
		a.printGroups(list)
	}
	return nil
}

// allAlerts is every alert that was ever stored, the newest thousand.
func allAlerts(ctx context.Context, s *sight.Sight) ([]localmon.Alert, error) {
	if err := s.CopySite(ctx); err != nil || s.Store == nil {
		return nil, err
	}
	return s.Store.List(1000)
}

// printGroups prints what stands before people, then counts what does not.
func (a *app) printGroups(list []localmon.Alert) {
	groups := overview.Groups(list)
	if len(list) == 0 {
		a.Env.Notef("no open alert")
		a.Env.Next("darksite status")
		return
	}
	now := a.Env.Now()
	t := &cli.Table{Header: []string{"ID", "SEV", "STATE", "N", "SEEN", "TARGET", "WHAT"}}
	for _, g := range groups {
		what := g.Text() + ", since " + g.Since.In(now.Location()).Format("01-02 15:04") + hushed(g.Hush, now.Location())
		if g.Hush == nil && g.Hushed > 0 {
			what += fmt.Sprintf("; %d of them are kept quiet", g.Hushed)
		}
		if g.AckedBy == "" && g.Acked > 0 {
			what += fmt.Sprintf("; %d of them are in hand", g.Acked)
		}
		if g.AckedBy != "" {
			what += "; in the hands of " + g.AckedBy
		}
		t.Add(strconv.FormatUint(g.Alert, 10), strconv.Itoa(int(g.Severity)), g.State(), strconv.Itoa(g.Alerts), units.Duration(max(0, now.Sub(g.Seen)).Truncate(time.Second)), g.Target, what)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	counted := map[string]int{}
	for _, al := range list {
		switch {
		case al.Status == localmon.StatusPending:
			counted["pending"]++
		case al.Parent != 0:
			counted["explained by another"]++
		}
	}
	for _, what := range []string{"pending", "explained by another"} {
		if n := counted[what]; n > 0 {
			fmt.Fprintf(a.Env.Out, "%d more %s: darksite alerts list --each\n", n, what)
		}
	}
	if len(groups) == 0 {
		a.Env.Next("darksite alerts list --each")
		return
	}
	a.Env.Next(fmt.Sprintf("darksite alerts show %d", groups[0].Alert))
}

// hushed says who keeps an alert quiet and until when; nothing is hidden.
func hushed(h *localmon.Hush, here *time.Location) string {
	if h == nil {
		return ""
	}
	return fmt.Sprintf("; %s until %s by %s: %s", h.Word(), h.Until.In(here).Format("01-02 15:04"), h.By, h.Why)
}

func (a *app) printAlerts(list []localmon.Alert) {
	if len(list) == 0 {
		a.Env.Notef("no open alert")
		a.Env.Next("darksite status")
		return
	}
	now := a.Env.Now()
	t := &cli.Table{Header: []string{"ID", "SEV", "STATE", "SEEN", "TARGET", "WHAT"}}
	for _, al := range list {
		t.Add(strconv.FormatUint(al.ID, 10), strconv.Itoa(int(al.Severity)), alertState(al), units.Duration(max(0, now.Sub(al.Seen)).Truncate(time.Second)), al.Target,
			al.Summary+", since "+al.Since.In(now.Location()).Format("01-02 15:04")+hushed(hushNow(al), now.Location()))
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Next(fmt.Sprintf("darksite alerts show %d", list[0].ID))
}

// hushNow is the mark of an alert that lives; what is over is not kept quiet.
func hushNow(al localmon.Alert) *localmon.Hush {
	if al.Status == localmon.StatusResolved {
		return nil
	}
	return al.Hush
}

func alertState(al localmon.Alert) string {
	switch {
	case al.Status == localmon.StatusResolved:
		return string(al.Status)
	case al.Stale:
		return "unknown"
	case al.Hush != nil:
		return al.Hush.Word()
	case al.AckedBy != "":
		return "in hand"
	}
	return string(al.Status)
}

type alertView struct {
	localmon.Alert
	Changes []localmon.Change `json:"changes"`
	Samples []alertSamples    `json:"samples"`
}

func (a *app) alertsShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show an alert, its life, the values around it, and the first steps of its runbook", Args: cobra.ExactArgs(1),
		Example: "  darksite alerts show 3",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return cli.Usagef("%q is not the number of an alert", args[0])
			}
			return sight.With(c.Context(), a.Site, func(s *sight.Sight) error {
				al, changes, err := s.Alert(c.Context(), id)
				if err != nil {
					return cli.WithHint(err, "darksite alerts list --all")
				}
				around, err := a.around(c.Context(), s, al)
				if err != nil {
					return err
				}
				if asJSON {
					return a.Env.JSON(alertView{al, changes, around.views()})
				}
				leads, err := books.OpenLeads(a.Site)
				if err != nil {
					return err
				}
				a.printAlert(al, changes, around, leads)
				return nil
			})
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printAlert(al localmon.Alert, changes []localmon.Change, around around, leads books.Leads) {
	w, now := a.Env.Out, a.Env.Now()
	head := fmt.Sprintf("alert %d, %s, %s: %s %s", al.ID, alertState(al), severityWord(al.Severity), al.Target, cli.Printable(al.Component))
	for _, line := range cli.Wrap(head, a.Env.Width()) {
		fmt.Fprintln(w, line)
	}
	for _, line := range cli.Wrap(cli.Printable(al.Summary), a.Env.Width()) {
		fmt.Fprintln(w, line)
	}
	a.Env.Fact("since", fmt.Sprintf("%s (%s), seen last %s ago", al.Since.In(now.Location()).Format(time.DateTime), units.Duration(now.Sub(al.Since)), units.Duration(now.Sub(al.Seen))))
	if !al.Resolved.IsZero() {
		a.Env.Fact("over", "since "+al.Resolved.In(now.Location()).Format(time.DateTime))
	}
	if al.Flaps > 0 {
		a.Env.Fact("came back", cli.Counted(al.Flaps, "time"))
	}
	if h := hushNow(al); h != nil {
		a.Env.Fact(h.Word(), fmt.Sprintf("until %s by %s: %s (darksite alerts unsilence %d --as ID)", h.Until.In(now.Location()).Format(time.DateTime), h.By, h.Why, h.ID))
	}
	if al.Parent != 0 {
		a.Env.Fact("cause", fmt.Sprintf("alert %d explains it", al.Parent))
	}
	if len(al.Children) > 0 {
		a.Env.Fact("explains", explained(al.Children))
	}
	a.Env.Fact("severity", fmt.Sprintf("%d %s: %s", al.Severity, severityWord(al.Severity), cmp.Or(al.Why, "no reason is given")))
	for _, e := range al.Evidence {
		a.Env.Fact("evidence", e)
	}
	if al.AckedBy != "" {
		a.Env.Fact("in hand", fmt.Sprintf("%s since %s: %s", al.AckedBy, al.AckedAt.Format(time.DateTime), al.AckNote))
	}
	t := &cli.Table{Header: []string{"WHEN", "WHAT", "SEV", "SUMMARY"}}
	for _, ch := range changes {
		t.Add(ch.At.In(now.Location()).Format("2006-01-02 15:04:05"), ch.What, strconv.Itoa(int(ch.Alert.Severity)), who(ch)+ch.Alert.Summary)
	}
	a.Env.Section(t)
	a.printAround(al, around)
	a.printFirstSteps(al, leads)
}

// severityWord is the name of a severity, as a support case has it.
func severityWord(s localmon.Severity) string {
	switch s {
	case localmon.SeverityUrgent:
		return "urgent"
	case localmon.SeverityMajor:
		return "major"
	case localmon.SeverityMinor:
		return "minor"
	}
	return "information"
}

// explained names what an alert is the cause of.
func explained(children []localmon.Ref) string {
	const few = 5
	var names []string
	for _, c := range children[:min(few, len(children))] {
		names = append(names, c.String())
	}
	text := strings.Join(names, ", ")
	if more := len(children) - few; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// who is the person behind a change, where there is one.
func who(ch localmon.Change) string {
	switch {
	case ch.What == localmon.ChangeAcked:
		return ch.Alert.AckedBy + ": "
	case ch.What == localmon.ChangeHushed && ch.Alert.Hush != nil:
		return fmt.Sprintf("by %s until %s: ", ch.Alert.Hush.By, ch.Alert.Hush.Until.Format("01-02 15:04"))
	}
	return ""
}

// printFirstSteps brings the procedure to the alert itself.
func (a *app) printFirstSteps(al localmon.Alert, leads books.Leads) {
	if al.Status == localmon.StatusResolved {
		a.Env.Next(fmt.Sprintf("darksite alerts history --since 168h --target %s --rule %s", al.Target, al.Rule))
		return
	}
	book, _ := leads.Alert(al, books.Product(a.Site, al.Target))
	if book == nil {
		a.printWithoutBook(al, leads)
		return
	}
	lang := a.Lang("")
	names := runbooks.Names{Target: al.Target, Component: al.Component}
	fmt.Fprintln(a.Env.Out)
	for _, line := range cli.Wrap(fmt.Sprintf("runbook %s: %s", book.ID, book.Title.In(lang)), a.Env.Width()) {
		fmt.Fprintln(a.Env.Out, line)
	}
	for i, s := range book.Steps[:min(3, len(book.Steps))] {
		sec := book.Prose[lang].Sections[s.ID]
		for _, line := range cli.Wrap(fmt.Sprintf("%d. %s", i+1, sec.Title), a.Env.Width()) {
			fmt.Fprintln(a.Env.Out, line)
		}
		fmt.Fprintln(a.Env.Out, cli.Indent(render.Text(names.Fill(lang, sec.Body), a.Env.Width()-2)))
	}
	if conf, err := a.Config(); err == nil && !books.Runnable(conf, al.Target) {
		a.Env.Next("darksite runbook show " + book.ID)
		return
	}
	a.Env.Next(fmt.Sprintf("darksite runbook run --alert %d --as ID", al.ID))
}

func (a *app) alertsAckCommand() *cobra.Command {
	var as, note string
	c := &cobra.Command{
		Use: "ack ID", Short: "Take an alert in hand", Args: cobra.ExactArgs(1),
		Example: "  darksite alerts ack 3 --as mdurand --note \"part ordered\"",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil || as == "" {
				return cli.Usagef("want the number of an alert and --as ID")
			}
			al, err := a.ack(c.Context(), id, as, note)
			if err != nil {
				return err
			}
			a.Env.Notef("alert %d is in the hands of %s", al.ID, al.AckedBy)
			a.Env.Next(fmt.Sprintf("darksite alerts show %d", id))
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "who takes it in hand")
	c.Flags().StringVar(&note, "note", "", "a word for the others")
	return c
}

// ack tells the running monitor, or without one writes to its file as the
// monitor would.
func (a *app) ack(ctx context.Context, id uint64, as, note string) (localmon.Alert, error) {
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return localmon.Alert{}, err
	}
	if s.Client != nil {
		al, err := s.Client.Ack(ctx, id, as, note)
		return al, errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return localmon.Alert{}, err
	}
	m, err := watch.Open(a.Site)
	if err != nil {
		return localmon.Alert{}, err
	}
	al, err := m.Daemon.Ack(id, as, note)
	return al, errors.Join(err, m.Close())
}
