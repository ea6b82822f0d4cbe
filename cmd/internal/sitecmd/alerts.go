package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/localmon"
	"darksite/localmon/units"
	"darksite/runbooks"
	"darksite/runbooks/render"

	"github.com/spf13/cobra"
)

func (a *app) alertsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "alerts", Short: "List, show and take alerts in hand",
		Example: "  darksite alerts list\n  darksite alerts show 3\n  darksite alerts ack 3 --as mdurand --note \"part ordered\"",
	}
	c.AddCommand(a.alertsListCommand(), a.alertsShowCommand(), a.alertsAckCommand())
	return c
}

func (a *app) alertsListCommand() *cobra.Command {
	var asJSON, all bool
	c := &cobra.Command{
		Use: "list", Short: "List open alerts, most urgent first", Args: cobra.NoArgs,
		Example: "  darksite alerts list --all",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withSight(c.Context(), func(s *sight) error {
				list, err := s.Alerts(c.Context())
				if err == nil && all {
					list, err = s.allAlerts(c.Context())
				}
				if err != nil {
					return err
				}
				slices.SortFunc(list, func(x, y localmon.Alert) int {
					if x.Severity != y.Severity {
						return int(x.Severity) - int(y.Severity)
					}
					return y.Since.Compare(x.Since)
				})
				if asJSON {
					return a.env.JSON(list)
				}
				a.printAlerts(list)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also alerts that are resolved")
	cli.JSONFlag(c, &asJSON)
	return c
}

// allAlerts is every alert that was ever stored, the newest thousand.
func (s *sight) allAlerts(ctx context.Context) ([]localmon.Alert, error) {
	if err := s.copySite(ctx); err != nil || s.store == nil {
		return nil, err
	}
	return s.store.List(1000)
}

func (a *app) printAlerts(list []localmon.Alert) {
	if len(list) == 0 {
		a.env.Notef("no open alert")
		a.env.Next("darksite status")
		return
	}
	t := &cli.Table{Header: []string{"ID", "SEV", "STATE", "SINCE", "TARGET", "WHAT"}}
	for _, al := range list {
		t.Add(strconv.FormatUint(al.ID, 10), strconv.Itoa(int(al.Severity)), alertState(al), al.Since.Format("01-02 15:04"), al.Target, al.Summary)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	a.env.Next(fmt.Sprintf("darksite alerts show %d", list[0].ID))
}

func alertState(al localmon.Alert) string {
	switch {
	case al.Stale:
		return "unknown"
	case al.AckedBy != "":
		return "in hand"
	}
	return string(al.Status)
}

type alertView struct {
	localmon.Alert
	Changes []localmon.Change `json:"changes"`
}

func (a *app) alertsShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show an alert, its life, and the first steps of its runbook", Args: cobra.ExactArgs(1),
		Example: "  darksite alerts show 3",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return cli.Usagef("%q is not the number of an alert", args[0])
			}
			return a.withSight(c.Context(), func(s *sight) error {
				al, changes, err := s.Alert(c.Context(), id)
				if err != nil {
					return cli.WithHint(err, "darksite alerts list --all")
				}
				if asJSON {
					return a.env.JSON(alertView{al, changes})
				}
				a.printAlert(al, changes)
				return nil
			})
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printAlert(al localmon.Alert, changes []localmon.Change) {
	w, now := a.env.Out, a.env.Now()
	fmt.Fprintf(w, "alert %d  %s  severity %d  %s %s\n", al.ID, alertState(al), al.Severity, al.Target, al.Component)
	for _, line := range cli.Wrap(cli.Printable(al.Summary), a.env.Width()) {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "since     %s (%s), seen last %s ago\n", al.Since.Format(time.DateTime), units.Duration(now.Sub(al.Since)), units.Duration(now.Sub(al.Seen)))
	a.fact("severity", al.Why)
	for _, e := range al.Evidence {
		a.fact("evidence", e)
	}
	if al.AckedBy != "" {
		a.fact("in hand", fmt.Sprintf("%s since %s: %s", al.AckedBy, al.AckedAt.Format(time.DateTime), al.AckNote))
	}
	t := &cli.Table{Header: []string{"WHEN", "WHAT", "SEV", "SUMMARY"}}
	for _, ch := range changes {
		t.Add(ch.At.Format("01-02 15:04:05"), ch.What, strconv.Itoa(int(ch.Alert.Severity)), ch.Alert.Summary)
	}
	a.section(t)
	a.printFirstSteps(al)
}

func (a *app) fact(name, text string) {
	const indent = 10
	for _, line := range cli.Wrap(cli.Printable(text), a.env.Width()-indent) {
		fmt.Fprintf(a.env.Out, "%-*s%s\n", indent, name, line)
		name = ""
	}
}

// printFirstSteps brings the procedure to the alert itself.
func (a *app) printFirstSteps(al localmon.Alert) {
	book, err := findBook(al.Runbook)
	if err != nil {
		a.env.Next(fmt.Sprintf("darksite case new --alert %d --help", al.ID))
		return
	}
	lang := a.runbookLang("")
	names := runbooks.Names{Target: al.Target, Component: al.Component}
	fmt.Fprintf(a.env.Out, "\nrunbook %s: %s\n", book.ID, book.Title.In(lang))
	for i, s := range book.Steps[:min(3, len(book.Steps))] {
		sec := book.Prose[lang].Sections[s.ID]
		fmt.Fprintf(a.env.Out, "%d. %s\n%s\n", i+1, sec.Title, indent(render.Text(names.Fill(lang, sec.Body), a.env.Width()-2)))
	}
	a.env.Next(fmt.Sprintf("darksite runbook run --alert %d --as ID", al.ID))
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
			a.env.Notef("alert %d is in the hands of %s", al.ID, al.AckedBy)
			a.env.Next(fmt.Sprintf("darksite alerts show %d", id))
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
	s, err := a.sight(ctx)
	if err != nil {
		return localmon.Alert{}, err
	}
	if s.client != nil {
		al, err := s.client.Ack(ctx, id, as, note)
		return al, errors.Join(err, s.close())
	}
	if err := s.close(); err != nil {
		return localmon.Alert{}, err
	}
	m, err := a.openMonitor()
	if err != nil {
		return localmon.Alert{}, err
	}
	al, err := m.daemon.Ack(id, as, note)
	return al, errors.Join(err, m.close())
}
