package remedy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/casedraft"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"

	"github.com/spf13/cobra"
)

// CaseCommand is darksite case.
func CaseCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "case", Short: "Draft a support case, print it for mail or telephone, see its number",
		Example: `  darksite case new --alert 3 --severity 2 --initiator-os "Linux 6.1" --primary mdurand --secondary ppetit
  darksite case show T-4KQ7ZC2M5A --mail
  darksite case show T-4KQ7ZC2M5A --telephone --lang fr`,
	}
	c.AddCommand(a.caseNewCommand(), a.caseListCommand(), a.caseShowCommand())
	return c
}

type caseOptions struct {
	draft              casedraft.Draft
	severity           int
	alerts             []string
	primary, secondary string
}

func (a *app) caseNewCommand() *cobra.Command {
	var o caseOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "new", Short: "Draft a case with every field the vendor's form asks for", Args: cobra.NoArgs,
		Long: `Draft a case. The fields are those of the vendor's form; a field that would be sent
back is named with what to write instead, and nothing is stored. With --alert the
array, its model and version, the subject and the severity are taken from the
alert where they are not given.`,
		Example: `  darksite case new --alert 3 --initiator-os "Linux 6.1" --primary mdurand --secondary ppetit \
      --description "The drive in CH0.BAY3 failed at 03:12. No host is affected."`,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.severity < 0 || o.severity > int(localmon.SeverityInfo) {
				return cli.Usagef("--severity %d: want 1 urgent, 2 major, 3 minor or 4 information", o.severity)
			}
			if err := a.CheckRuns(o.draft.Runs); err != nil {
				return err
			}
			if err := a.fillFromAlerts(c.Context(), &o); err != nil {
				return err
			}
			d, err := a.newCase(o)
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(d)
			}
			fmt.Fprintln(a.Env.Out, d.ID)
			a.Env.Notef("case %s is drafted, severity %d: %s", d.ID, d.Severity, d.Subject)
			a.Env.Next("darksite case show "+string(d.ID)+" --telephone", "darksite bundle collect --as ID --case "+string(d.ID))
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.draft.Array, "array", "", "name of the array as in site.yaml")
	f.StringVar(&o.draft.Model, "model", "", "model of the array")
	f.StringVar(&o.draft.OSVersion, "os-version", "", "version of the array's operating system")
	f.StringVar(&o.draft.Serial, "serial", "", "serial number of the array")
	f.StringVar(&o.draft.InitiatorOS, "initiator-os", "", "operating system of the hosts that use it")
	f.StringVar(&o.draft.Subject, "subject", "", "one sentence")
	f.StringVar(&o.draft.Description, "description", "", "what happened, since when, what was tried")
	f.StringVar(&o.draft.Impact, "impact", "", "what the business cannot do, one sentence")
	f.StringVar(&o.draft.Comments, "comments", "", "at most 4,000 characters")
	f.StringArrayVar(&o.draft.Messages, "message", nil, "an exact error message; may be given again")
	f.StringArrayVar(&o.draft.Runs, "run", nil, "id of a runbook run; may be given again")
	f.IntVar(&o.severity, "severity", 0, "1 urgent, 2 major, 3 minor, 4 information, by business impact")
	f.StringArrayVar(&o.alerts, "alert", nil, "id of an alert to take facts from; may be given again")
	f.StringVar(&o.primary, "primary", "", "id of the primary contact (default: the admin)")
	f.StringVar(&o.secondary, "secondary", "", "id of the secondary contact (default: the first other one)")
	cli.JSONFlag(c, &asJSON)
	return c
}

// newCase completes, validates and stores a draft.
func (a *app) newCase(o caseOptions) (casedraft.Draft, error) {
	conf, err := a.Config()
	if err != nil {
		return casedraft.Draft{}, err
	}
	contacts := authorised(conf)
	d := o.draft
	d.Site = conf.Site.Code
	d.Severity = localmon.Severity(o.severity) // 0 to 4, checked where it comes from a person
	d.Primary = pick(contacts, o.primary, func(c casedraft.Contact) bool { return c.Role == "admin" })
	d.Secondary = pick(contacts, o.secondary, func(c casedraft.Contact) bool { return c.ID != d.Primary.ID })
	file, store, err := a.OpenCases()
	if err != nil {
		return casedraft.Draft{}, err
	}
	added, err := store.Add(d, contacts, a.Env.Now())
	if err = errors.Join(err, file.Close()); err != nil {
		return casedraft.Draft{}, err
	}
	return added, nil
}

func authorised(conf *siteconf.Config) []casedraft.Contact {
	var out []casedraft.Contact
	for _, p := range conf.Contacts {
		out = append(out, casedraft.Contact{ID: p.ID, Name: p.Name, Role: p.Role, Phone: p.Phone, Mail: p.Mail, Certificate: p.Certificate})
	}
	return out
}

// pick returns the contact with this id, or without an id the first that fits.
func pick(contacts []casedraft.Contact, id string, fits func(casedraft.Contact) bool) casedraft.Contact {
	for _, c := range contacts {
		if id == c.ID || id == "" && fits(c) {
			return c
		}
	}
	return casedraft.Contact{ID: id} // validation says that nobody of this id may ask
}

func (a *app) caseListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the cases of this site with the numbers the vendor gave", Args: cobra.NoArgs,
		Example: "  darksite case list",
		RunE: func(*cobra.Command, []string) error {
			file, store, err := a.OpenCases()
			if err != nil {
				return err
			}
			drafts, err := store.List()
			if err = errors.Join(err, file.Close()); err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(drafts)
			}
			if len(drafts) == 0 {
				a.Env.Notef("no case yet")
				a.Env.Next("darksite case new --help")
				return nil
			}
			t := &cli.Table{Header: []string{"NUMBER", "DRAFT", "SEV", "STATUS", "ARRAY", "SUBJECT"}}
			for _, d := range drafts {
				t.Add(cli.OrDash(d.Number), string(d.ID), strconv.Itoa(int(d.Severity)), string(d.Status), d.Array, d.Subject)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) caseShowCommand() *cobra.Command {
	var asJSON, mail, telephone bool
	var lang string
	c := &cobra.Command{
		Use: "show CASE", Short: "Show a case, or print its e-mail text or telephone card", Args: cobra.ExactArgs(1),
		Example: "  darksite case show T-4KQ7ZC2M5A --mail\n  darksite case show 00000001 --telephone",
		RunE: func(_ *cobra.Command, args []string) error {
			file, store, err := a.OpenCases()
			if err != nil {
				return err
			}
			d, err := store.Get(args[0])
			if err = errors.Join(err, file.Close()); err != nil {
				return cli.WithHint(err, "darksite case list")
			}
			switch {
			case asJSON:
				return a.Env.JSON(d)
			case telephone:
				return a.printText(casedraft.Card(d, a.Language(lang)))
			case mail:
				return a.printText(casedraft.Mail(d, a.Language(lang)))
			}
			a.printDraft(d)
			return nil
		},
	}
	c.Flags().BoolVar(&mail, "mail", false, "print the text of an e-mail")
	c.Flags().BoolVar(&telephone, "telephone", false, "print the card to read from")
	c.Flags().StringVar(&lang, "lang", "", "en or fr (default: as site.yaml says)")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printText(text string, err error) error {
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	_, err = fmt.Fprint(a.Env.Out, text)
	return err
}

func (a *app) printDraft(d casedraft.Draft) {
	w := a.Env.Out
	fmt.Fprintf(w, "case      %s  number %s  severity %d  %s\n", d.ID, cmp.Or(d.Number, "not given yet"), d.Severity, d.Status)
	for _, row := range [][2]string{
		{"subject", d.Subject},
		{"array", d.Array},
		{"model", d.Model},
		{"version", d.OSVersion},
		{"initiator", d.InitiatorOS},
		{"impact", d.Impact},
		{"contacts", d.Primary.Name + ", " + d.Secondary.Name},
		{"messages", strings.Join(d.Messages, " / ")},
		{"runs", strings.Join(d.Runs, ", ")},
		{"text", d.Description},
		{"comments", d.Comments},
		{"diagnosis", d.Ack.Diagnosis},
		{"vendor", d.Ack.Text},
	} {
		if row[1] == "" || row[1] == ", " {
			continue
		}
		name := row[0]
		for para := range strings.Lines(row[1]) {
			for _, line := range cli.Wrap(cli.Printable(strings.TrimRight(para, "\r\n")), a.Env.Width()-10) {
				fmt.Fprintf(w, "%-10s%s\n", name, line)
				name = ""
			}
		}
	}
	for _, an := range d.Answers {
		a.Env.Fact("answer", fmt.Sprintf("%s, %s: %s", an.At.Format("2006-01-02 15:04Z"), an.From, an.Text))
	}
	a.Env.Next("darksite case show "+d.Name()+" --mail", "darksite bundle collect --as ID --case "+d.Name())
}

// fillFromAlerts completes a case from the alerts it is about.
func (a *app) fillFromAlerts(ctx context.Context, o *caseOptions) error {
	for _, text := range o.alerts {
		var id uint64
		if _, err := fmt.Sscan(text, &id); err != nil {
			return cli.Usagef("--alert %q is not the number of an alert", text)
		}
		al, err := sight.Alert(ctx, a.Site, id)
		if err != nil {
			return err
		}
		if !slices.Contains(o.draft.Alerts, id) {
			o.draft.Alerts = append(o.draft.Alerts, id)
		}
		o.draft.Array = cmp.Or(o.draft.Array, al.Target)
		o.draft.Subject = cmp.Or(o.draft.Subject, al.Target+": "+al.Summary)
		o.severity = cmp.Or(o.severity, int(al.Severity))
	}
	if o.draft.Array == "" || o.draft.Model != "" && o.draft.OSVersion != "" {
		return nil
	}
	return sight.With(ctx, a.Site, func(s *sight.Sight) error { return fillIdentity(ctx, s, &o.draft) })
}

// fillIdentity takes model and version of an array from what the monitor saw.
func fillIdentity(ctx context.Context, s *sight.Sight, d *casedraft.Draft) error {
	for metric, fill := range map[string]map[string]*string{
		"purefa_info":               {"version": &d.OSVersion, "system_id": &d.Serial},
		"purefa_hw_controller_info": {"model": &d.Model},
	} {
		series, err := s.Series(ctx, localmon.Selector{Target: d.Array, Metric: metric})
		if err != nil {
			return err
		}
		for _, one := range series {
			labels, err := localmon.ParseLabels(one.Key.Labels)
			if err != nil {
				return err
			}
			for _, l := range labels {
				if field, ok := fill[l.Name]; ok && *field == "" {
					*field = l.Value
				}
			}
		}
	}
	return nil
}
