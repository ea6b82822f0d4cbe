package sitecmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/casedraft"
	"darksite/bundle/collect"
	"darksite/bundle/collect/arraystate"
	"darksite/bundle/collect/heard"
	"darksite/bundle/collect/hostfacts"
	"darksite/bundle/collect/logs"
	"darksite/bundle/collect/runs"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/source/push"
	"darksite/localmon/units"

	collectmonitor "darksite/bundle/collect/monitor"

	"github.com/spf13/cobra"
)

type collectOptions struct {
	person
	profile, caseName, marking string
	runs                       []string
	dryRun, asJSON             bool
}

func (a *app) bundleCollectCommand() *cobra.Command {
	var o collectOptions
	c := &cobra.Command{
		Use: "collect", Short: "Collect, redact, prove and freeze a bundle", Args: cobra.NoArgs,
		Long: `Take data under budgets of time and size, send every byte through the redactor, let
a second, independent search prove that nothing replaced is left, and freeze the
result under a signed manifest. A source that fails costs its own data only and is
listed. With --dry-run say what would be taken, from where and how much.`,
		Example: `  darksite bundle collect --dry-run
  darksite bundle collect --as mdurand --case T-4KQ7ZC2M5A --run R-0001`,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.dryRun {
				return a.foresee(c.Context(), o)
			}
			return a.collect(c.Context(), o)
		},
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.profile, "profile", "standard", "how much to take: "+profileNames())
	f.StringVar(&o.caseName, "case", "", "case the bundle is for: draft id or number")
	f.StringVar(&o.marking, "marking", "", "marking of what leaves (default: review.marking of site.yaml, else INTERNAL)")
	f.StringArrayVar(&o.runs, "run", nil, "runbook run to take; may be given again (default: those of the case)")
	f.BoolVar(&o.dryRun, "dry-run", false, "only say what would be taken")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

func profileNames() string {
	var names []string
	for _, p := range collect.Profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// gathering is what a collection works with.
type gathering struct {
	sight      *sight
	profile    collect.Profile
	collectors []collect.Collector
	closeAll   func()
}

func (a *app) gather(ctx context.Context, o *collectOptions) (*gathering, error) {
	conf, err := a.config()
	if err != nil {
		return nil, err
	}
	o.marking = cmp.Or(o.marking, conf.Review.Marking, "INTERNAL")
	profile, err := collect.ProfileNamed(o.profile)
	if err != nil {
		return nil, cli.WithCode(cli.CodeUsage, err)
	}
	if err := a.checkRuns(o.runs); err != nil {
		return nil, err
	}
	draft, err := a.caseFor(o)
	if err != nil {
		return nil, err
	}
	s, err := a.sight(ctx)
	if err != nil {
		return nil, err
	}
	g := &gathering{sight: s, profile: profile}
	arrays, end := a.arrays()
	g.closeAll = func() {
		end()
		_ = s.close() // nothing was written through it
	}
	now := a.env.Now()
	if draft != nil {
		g.collectors = append(g.collectors, *draft)
	}
	g.collectors = append(
		g.collectors,
		arraystate.New(arrays...),
		collectmonitor.New(collectmonitor.Options{History: s.Reader, Alerts: s, Now: now, Recent: profile.Recent, Trend: profile.Trend, Step: profile.Step}),
		runs.New(runs.Options{Dir: a.path(runsDir), Only: o.runs}),
		hostfacts.New(hostfacts.Options{Root: "/", Programs: collect.HostPrograms{}}),
		heard.New(heard.Options{Dir: a.path(spoolDir), Channels: []string{string(push.Syslog), string(push.Trap)}, Window: profile.Logs, Now: now}),
		logs.New(logs.Options{Dir: "/var/log", Window: profile.Logs, Now: now, Programs: collect.HostPrograms{}}),
	)
	if readiness, err := a.readinessPage(); err == nil {
		g.collectors = append(g.collectors, readiness)
	}
	return g, nil
}

// arrays are the arrays as the collector asks them. One that cannot be opened is
// asked all the same and says why it cannot answer.
func (a *app) arrays() ([]arraystate.Array, func()) {
	conf, err := a.config()
	if err != nil {
		return nil, func() {}
	}
	var out []arraystate.Array
	var ends []func()
	for _, ar := range conf.Arrays {
		if ar.Via != siteconf.ViaREST {
			continue // it has no replies of its own; what it told is in the history, and its messages in the spool
		}
		src, err := a.openSource(ar, nil)
		if err != nil {
			out = append(out, arraystate.Array{Target: ar.Name, Raw: func(context.Context) ([]arraystate.Reply, error) { return nil, err }})
			continue
		}
		ends = append(ends, func() { closeSource(src) })
		out = append(out, arraystate.Array{Target: ar.Name, Raw: func(ctx context.Context) ([]arraystate.Reply, error) {
			replies, err := src.(rawReader).Raw(ctx)
			raw := make([]arraystate.Reply, 0, len(replies))
			for _, r := range replies {
				raw = append(raw, arraystate.Reply{Path: r.Path, File: r.File, JSON: r.JSON, Err: r.Err})
			}
			return raw, err
		}})
	}
	return out, func() {
		for _, end := range ends {
			end()
		}
	}
}

// caseFor is the draft as a file of the bundle; its runs go along.
func (a *app) caseFor(o *collectOptions) (*collect.Document, error) {
	if o.caseName == "" {
		return nil, nil
	}
	file, store, err := a.openCases()
	if err != nil {
		return nil, err
	}
	d, err := store.Get(o.caseName)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, cli.WithHint(err, "darksite case list")
	}
	text, err := casedraft.Encode(d)
	if err != nil {
		return nil, err
	}
	for _, r := range d.Runs {
		if !slices.Contains(o.runs, r) {
			o.runs = append(o.runs, r)
		}
	}
	return &collect.Document{
		About: collect.Plan{Name: "case", What: "the case draft", Why: "it is what the bundle is about", From: []string{"case " + d.Name()}},
		Name:  "case.json", Text: text,
	}, nil
}

// readinessPage is one page on the site itself, so that the vendor sees what
// the site can do for itself.
func (a *app) readinessPage() (collect.Document, error) {
	v, err := a.siteView()
	if err != nil {
		return collect.Document{}, err
	}
	text, err := json.MarshalIndent(a.readiness(v), "", "  ")
	if err != nil {
		return collect.Document{}, err
	}
	return collect.Document{
		About: collect.Plan{Name: "readiness", What: "readiness of the site", Why: "shows who can do what at the site", From: []string{"darksite site check"}},
		Name:  "readiness.json", Text: append(text, '\n'),
	}, nil
}

func (a *app) foresee(ctx context.Context, o collectOptions) error {
	g, err := a.gather(ctx, &o)
	if err != nil {
		return err
	}
	defer g.closeAll()
	list, err := collect.Foresee(ctx, g.profile, g.collectors)
	if err != nil {
		return err
	}
	if o.asJSON {
		return a.env.JSON(list)
	}
	t := &cli.Table{Header: []string{"SOURCE", "ABOUT", "AT MOST", "WHAT AND WHY"}}
	for _, p := range list {
		what := p.Plan.What + ": " + p.Plan.Why
		if p.Problem != "" {
			what += " (cannot be estimated: " + p.Problem + ")"
		}
		t.Add(p.Plan.Name, units.Bytes(float64(p.Estimate.Bytes)), units.Bytes(float64(p.Budget.Bytes)), what)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	a.env.Next("darksite bundle collect --as ID")
	return nil
}

func (a *app) collect(ctx context.Context, o collectOptions) error {
	key, err := a.signer(o.as, o.key, o.passFile)
	if err != nil {
		return err
	}
	g, err := a.gather(ctx, &o)
	if err != nil {
		return err
	}
	defer g.closeAll()
	j, err := a.journey(g.sight)
	if err != nil {
		return err
	}
	id, err := j.Collect(ctx, pipeline.Request{
		Collectors: g.collectors, Profile: g.profile, Signer: key, Case: o.caseName, Marking: o.marking,
		ClockNote: a.clockNote(),
		Progress:  func(step string, done, of int) { a.env.Notef("%s (%d of %d)", step, done, of) },
	})
	if err == nil {
		err = a.afterCollect(j, id, o.asJSON)
	}
	return errors.Join(err, j.close())
}

func (a *app) afterCollect(j *journey, id bundle.ID, asJSON bool) error {
	r, err := j.Show(id)
	if err != nil {
		return err
	}
	if asJSON {
		return a.env.JSON(r)
	}
	fmt.Fprintln(a.env.Out, id)
	part := false
	t := &cli.Table{Header: []string{"SOURCE", "STATE", "FILES", "NOTE"}}
	for _, o := range r.Collected {
		t.Add(o.Name, string(o.State), fmt.Sprint(o.Files), cmp.Or(o.Reason, "-"))
		part = part || o.State != collect.OK
	}
	t.Print(a.env.Err, a.env.Width(), false)
	if part {
		a.env.Notef("some sources gave only part; what is missing is listed in the bundle")
	}
	return a.after(j, id, "%d files, %s, redacted, proven and frozen", r.Totals.Files, units.Bytes(float64(r.Totals.Bytes)))
}

// clockNote says what is known of the clock: there is no time server at a dark
// site, so that is little.
func (a *app) clockNote() string {
	return "site clock, no time server assumed; order comes from sequence numbers"
}

// fillFromAlerts completes a case from the alerts it is about.
func (a *app) fillFromAlerts(ctx context.Context, o *caseOptions) error {
	for _, text := range o.alerts {
		var id uint64
		if _, err := fmt.Sscan(text, &id); err != nil {
			return cli.Usagef("--alert %q is not the number of an alert", text)
		}
		al, err := a.alert(ctx, id)
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
	return a.withSight(ctx, func(s *sight) error { return fillIdentity(ctx, s, &o.draft) })
}

// fillIdentity takes model and version of an array from what the monitor saw.
func fillIdentity(ctx context.Context, s *sight, d *casedraft.Draft) error {
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
