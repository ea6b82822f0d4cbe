package wayout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/casedraft"
	"darksite/bundle/collect"
	"darksite/bundle/collect/arraystate"
	"darksite/bundle/collect/heard"
	collectmonitor "darksite/bundle/collect/monitor"
	"darksite/bundle/collect/runs"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/siteadmin"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/source/push"
	"darksite/localmon/units"
	"darksite/training/certificate"

	"github.com/spf13/cobra"
)

type collectOptions struct {
	site.Person
	profile, caseName, marking string
	resume                     string
	runs, hostFiles            []string
	dryRun, each, asJSON       bool
	clear                      bool
}

func (a *app) bundleCollectCommand() *cobra.Command {
	var o collectOptions
	c := &cobra.Command{
		Use: "collect", Short: "Collect, redact, prove and freeze a bundle", Args: cobra.NoArgs,
		Long: `Take data under budgets of time and size, send every byte through the redactor, let
a second, independent search prove that nothing replaced is left, and freeze the
result under a signed manifest. A source that fails costs its own data only and is
listed. With --dry-run say what would be taken, from where, why and how much, and
what cannot be had.

Profile quick is for an urgent case and a small medium, standard is what support
asks for, full is all there is. Profile evidence takes what the runbooks of the
runs named with --run ask for, and nothing else.

With --clear the bundle leaves signed but NOT ENCRYPTED, for a guard that must see
inside. The roster must allow it (site keys policy --clear allow), the officers sign
it as such, and it is sealed with --clear too.`,
		Example: `  darksite bundle collect --dry-run --each
  darksite bundle collect --as mdurand --case T-4KQ7ZC2M5A --run R-0001
  darksite bundle collect --as mdurand --profile evidence --run R-0001
  darksite bundle collect --as mdurand --host-file /media/usb/db7.host
  darksite bundle collect --as mdurand --resume S042-000017`,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, other := range []string{"dry-run", "case", "run", "profile", "marking", "clear", "host-file"} {
				if o.resume != "" && c.Flags().Changed(other) {
					return cli.Usagef("--resume and --%s: the bundle has its own already", other)
				}
			}
			switch {
			case o.dryRun:
				return a.foresee(c.Context(), o)
			case o.resume != "":
				return a.resume(c.Context(), o)
			}
			return a.collect(c.Context(), o)
		},
	}
	o.Flags(c)
	f := c.Flags()
	f.StringVar(&o.profile, "profile", "standard", "how much to take: "+profileNames())
	f.StringVar(&o.caseName, "case", "", "case the bundle is for: draft id or number")
	f.StringVar(&o.marking, "marking", "", "marking of what leaves (default: review.marking of site.yaml, else INTERNAL)")
	f.StringArrayVar(&o.runs, "run", nil, "runbook run to take; may be given again (default: those of the case)")
	f.StringArrayVar(&o.hostFiles, "host-file", nil, "what collect-host wrote on another host of the site; may be given again")
	f.BoolVar(&o.clear, "clear", false, "the bundle leaves signed but NOT ENCRYPTED; the roster must allow it")
	f.StringVar(&o.resume, "resume", "", "bundle to go on with after an interruption; what was collected is redacted and frozen")
	f.BoolVar(&o.dryRun, "dry-run", false, "only say what would be taken")
	f.BoolVar(&o.each, "each", false, "with --dry-run: one line for each item")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

func profileNames() string {
	var names []string
	for _, p := range collect.Profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(append(names, evidenceProfile), ", ")
}

// gathering is what a collection works with.
type gathering struct {
	sight      *sight.Sight
	profile    collect.Profile
	collectors []collect.Collector
	closeAll   func()
}

// mayBeClear refuses --clear at a site whose roster does not allow it, before
// anything is taken.
func (a *app) mayBeClear() error {
	r, err := a.Roster()
	if err != nil || r.Clear {
		return err
	}
	return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("--clear: %w", approve.ErrClear)),
		"darksite site keys policy --clear allow   (a change of the roster, which officers sign)")
}

func (a *app) gather(ctx context.Context, o *collectOptions) (*gathering, error) {
	conf, err := a.Config()
	if err != nil {
		return nil, err
	}
	if o.clear {
		if err := a.mayBeClear(); err != nil {
			return nil, err
		}
	}
	if _, err := a.CheckPolicy(conf); err != nil {
		return nil, err
	}
	o.marking = cmp.Or(o.marking, conf.Review.Marking, "INTERNAL")
	if err := a.CheckRuns(o.runs); err != nil {
		return nil, err
	}
	draft, err := a.caseFor(o)
	if err != nil {
		return nil, err
	}
	profile, asked, err := a.extent(o)
	if err != nil {
		return nil, err
	}
	hosts, err := a.carriedHosts(ctx, o.hostFiles)
	if err != nil {
		return nil, err
	}
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	g := &gathering{sight: s, profile: profile}
	arrays, end := a.arrays(asked, o.dryRun)
	g.closeAll = func() {
		end()
		_ = s.Close() // nothing was written through it
	}
	if draft != nil {
		g.collectors = append(g.collectors, *draft)
	}
	now := a.Env.Now()
	for _, c := range []collect.Collector{
		arraystate.New(arrays...),
		collectmonitor.New(collectmonitor.Options{History: s.Reader, Alerts: s, Now: now, Recent: profile.Recent, Trend: profile.Trend, Step: profile.Step, Select: asked.selector()}),
		runs.New(runs.Options{Dir: a.Path(site.RunsDir), Only: a.WithCalled(o.runs)}),
		a.hostFacts(),
		heard.New(heard.Options{Dir: a.Path(site.SpoolDir), Channels: []string{string(push.Syslog), string(push.Trap)}, Window: profile.Logs, Now: now}),
		a.hostLogs(profile.Logs),
		a.ownChecks(ctx, s),
	} {
		if asked.wants(c.Plan().Name) {
			g.collectors = append(g.collectors, c)
		}
	}
	if readiness, err := a.readinessPage(); err == nil && asked.wants(readiness.About.Name) {
		g.collectors = append(g.collectors, readiness)
	}
	if papers, err := certified.Collect(a.Site); err != nil {
		a.Env.Notef("the records of examinations are left out: %v", err)
	} else if papers != nil && asked.wants(certified.CollectorName) {
		g.collectors = append(g.collectors, papers)
	}
	if hosts != nil { // named by a person, so no list leaves it out
		g.collectors = append(g.collectors, hosts)
		for _, h := range hosts.Found() {
			s.Carried = append(s.Carried, hostNames(h.Host)...)
		}
	}
	return g, nil
}

// Collectors are those a collection for a case would run, for whoever takes only some of
// them. They are ended together.
func Collectors(ctx context.Context, s *site.Site, profile, caseName string) (list []collect.Collector, end func(), err error) {
	a := &app{s}
	g, err := a.gather(ctx, &collectOptions{profile: profile, caseName: caseName})
	if err != nil {
		return nil, nil, err
	}
	return g.collectors, g.closeAll, nil
}

// arrays are the arrays as the collector asks them. One that cannot be opened is
// asked all the same and says why it cannot answer. For a preview they can be
// asked whether they answer at all.
func (a *app) arrays(asked *evidence, preview bool) ([]arraystate.Array, func()) {
	conf, err := a.Config()
	if err != nil {
		return nil, func() {}
	}
	var out []arraystate.Array
	var ends []func()
	for _, ar := range conf.Arrays {
		if ar.Via != siteconf.ViaREST || !asked.about(ar.Name) {
			continue // it has no replies of its own; what it told is in the history, and its messages in the spool
		}
		src, err := watch.OpenSource(a.Site, ar, nil)
		if err != nil {
			out = append(out, arraystate.Array{
				Target: ar.Name, Reach: func(context.Context) error { return err },
				Raw: func(context.Context) ([]arraystate.Reply, error) { return nil, err },
			})
			continue
		}
		ends = append(ends, func() { watch.CloseSource(src) })
		var reach func(context.Context) error
		if preview {
			reach = func(ctx context.Context) error {
				_, err := src.Collect(ctx, a.Env.Now())
				return err
			}
		}
		out = append(out, arraystate.Array{Target: ar.Name, Reach: reach, Raw: func(ctx context.Context) ([]arraystate.Reply, error) {
			replies, err := src.(watch.RawReader).Raw(ctx)
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
	file, store, err := a.OpenCases()
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
// the site can do for itself. Keys and certificates stand for people.
func (a *app) readinessPage() (collect.Document, error) {
	v, err := siteadmin.Read(a.Site)
	if err != nil {
		return collect.Document{}, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "readiness of site %s\n\n%s", v.Site.Code, findingLines(append(siteadmin.Readiness(a.Site, v), certified.Findings(a.Site)...)))
	if c, _, err := certified.Count(a.Site); err == nil && len(c.Admins) > 0 { // why not is among the findings
		b.WriteString("\ncertificates of admins\n")
		for _, who := range c.Admins {
			until, how := "an end nobody has said", "as site.yaml says, not checked"
			if who.Until != (certificate.Day{}) {
				until = who.Until.String()
			}
			if who.Checked {
				how = "checked"
			}
			fmt.Fprintf(&b, "%s  until %s  %s\n", who.Certificate, until, how)
		}
	}
	return collect.Document{
		About: collect.Plan{Name: "readiness", What: "readiness of the site", Why: "shows who can do what at the site", From: []string{"darksite site check"}},
		Name:  "readiness.txt", Text: []byte(b.String()),
	}, nil
}

func (a *app) collect(ctx context.Context, o collectOptions) error {
	key, err := a.Signer(o.As, o.Key, o.PassFile)
	if err != nil {
		return err
	}
	g, err := a.gather(ctx, &o)
	if err != nil {
		return err
	}
	defer g.closeAll()
	j, err := Open(a.Site, g.sight)
	if err != nil {
		return err
	}
	watched, err := a.watched(ctx, g)
	if err != nil {
		return errors.Join(err, j.Close())
	}
	id, err := j.Collect(ctx, pipeline.Request{
		Collectors: watched, Profile: g.profile, Signer: key, Case: o.caseName, Marking: o.marking, Clear: o.clear,
		ClockNote: ClockNote(a.Site),
		Progress:  func(step string, done, of int) { a.Env.Notef("%s (%d of %d)", step, done, of) },
	})
	if err == nil {
		err = a.afterCollect(j, id, o.asJSON)
	}
	return errors.Join(err, j.Close())
}

func (a *app) afterCollect(j *Journey, id bundle.ID, asJSON bool) error {
	r, err := j.Show(id)
	if err != nil {
		return err
	}
	if asJSON {
		return a.Env.JSON(r)
	}
	fmt.Fprintln(a.Env.Out, id)
	if a.printOutcomes(r.Collected) {
		a.Env.Notef("some sources gave only part; what is missing is listed in the bundle")
	}
	a.notEncrypted(r)
	return a.after(j, id, "%d files, %s, redacted, proven and frozen", r.Totals.Files, units.Bytes(float64(r.Totals.Bytes)))
}

// printOutcomes says how it went with each source, and whether one gave only part.
func (a *app) printOutcomes(list []collect.Outcome) (part bool) {
	t := &cli.Table{Header: []string{"SOURCE", "STATE", "FILES", "NOTE"}}
	for _, o := range list {
		t.Add(o.Name, string(o.State), fmt.Sprint(o.Files), cmp.Or(o.Reason, "-"))
		part = part || o.State != collect.OK
	}
	t.Print(a.Env.Err, a.Env.Width(), false)
	return part
}

// ClockNote says what is known of the clock: there is no time server at a dark
// site, so that is little.
func ClockNote(s *site.Site) string {
	return "site clock, no time server assumed; order comes from sequence numbers"
}
