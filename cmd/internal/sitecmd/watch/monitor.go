package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/console"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/notify"
	"darksite/localmon/overview"
	"darksite/localmon/rule"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

type monitorOptions struct {
	once   bool
	length time.Duration
	asJSON bool
}

// Command is darksite monitor.
func Command(s *site.Site) *cobra.Command {
	a := &app{s}
	var o monitorOptions
	c := &cobra.Command{
		Use: "monitor", Short: "Watch the arrays and this machine; runs in the foreground", Args: cobra.NoArgs,
		Long: `Watch every array of site.yaml and the machine the kit runs on. A look counts once
it is on disk. While it runs, other commands ask it through a socket of the site
folder. Ctrl-C or SIGTERM ends it in order; nothing that was stored is lost.

SIGHUP, where no terminal is attached, has it read site.yaml, the secrets it names
and the site's rules again: targets that did not change are watched on, a file
that is wrong is refused and changes nothing. What is listened at needs a restart. A service
manager that asks for it is told when the monitor is ready and that it is alive.`,
		Example: "  darksite monitor\n  darksite monitor --once\n  darksite monitor --for 10m\n  darksite monitor unit > /etc/systemd/system/darksite.service",
		RunE: func(c *cobra.Command, _ []string) error {
			m, err := Open(a.Site)
			if err != nil {
				return err
			}
			if o.once {
				return errors.Join(a.monitorOnce(c.Context(), m, o.asJSON), m.Close())
			}
			return errors.Join(a.monitorRun(c.Context(), m, o.length), m.Close())
		},
	}
	c.Flags().BoolVar(&o.once, "once", false, "look at everything one time, store, judge and end")
	c.Flags().DurationVar(&o.length, "for", 0, "end after this long")
	cli.JSONFlag(c, &o.asJSON)
	c.AddCommand(a.monitorLookCommand(), a.monitorUnitCommand(), a.testNotifyCommand())
	return c
}

// Monitor is a daemon with the files and sessions it holds. What one reading of
// site.yaml decides may be exchanged while it runs; see reload.
type Monitor struct {
	history *history.DB
	site    *boltfile.File
	alerts  *alertstore.Store
	board   *console.Board

	mu      sync.RWMutex // held for writing while the rest is exchanged
	Daemon  *daemon.Daemon
	desk    *notify.Desk
	watched *watched
	conf    *siteconf.Config
	rules   rule.Book
}

// Close closes the sessions and files that a monitor holds.
func (m *Monitor) Close() error {
	m.watched.close()
	return errors.Join(m.history.Close(), m.site.Close())
}

// historyUse is how much of the history's file is in use, and how much may be.
func (m *Monitor) historyUse(ctx context.Context) (used, budget int64, err error) {
	st, err := m.history.Stats(ctx)
	return st.Used, st.Budget, err
}

// Open opens the history and the alerts of the site for a monitor, with everything
// site.yaml names; close it.
func Open(s *site.Site) (*Monitor, error) {
	a := &app{s}
	conf, err := a.Config()
	if err != nil {
		return nil, err
	}
	m := &Monitor{conf: conf, board: console.NewBoard(0)}
	now := a.Env.Now()
	m.history, err = history.Open(a.Path(site.HistoryFile), history.Options{Budget: int64(conf.Monitor.HistoryBudget), Holder: "darksite monitor", Since: now})
	if err != nil {
		return nil, sight.WayOut(a.Path(site.HistoryFile), err)
	}
	m.site, err = boltfile.Open(a.Path(site.SiteDBFile), sight.SiteDB(boltfile.Options{Holder: "darksite monitor", Since: now}))
	if err != nil {
		return nil, errors.Join(err, m.history.Close())
	}
	if err := a.startMonitor(m, conf); err != nil {
		return nil, errors.Join(err, m.history.Close(), m.site.Close())
	}
	return m, nil
}

func (a *app) startMonitor(m *Monitor, conf *siteconf.Config) error {
	var err error
	if m.alerts, err = alertstore.Open(m.site); err != nil {
		return err
	}
	next, err := a.plan(m, conf, nil)
	if err != nil {
		return rules.Refused(err)
	}
	if err := a.begin(m, next); err != nil {
		next.watched.close()
		return err
	}
	return nil
}

// plan is what a reading of site.yaml makes of a monitor, before it is at work.
type plan struct {
	conf    *siteconf.Config
	rules   rule.Book
	digest  string // of their files
	late    error  // what would be refused in them if they were new
	watched *watched
	ways    []notify.Way
}

// plan opens nothing that another one at work holds; before is what of that can
// go on.
func (a *app) plan(m *Monitor, conf *siteconf.Config, before *watched) (*plan, error) {
	rules, digest, late, err := rules.Plan(context.Background(), a.Site, m.history, conf, before == nil)
	if err != nil {
		return nil, err
	}
	ways, err := a.ways(conf)
	if err != nil {
		return nil, err
	}
	w, err := a.watch(conf, func(ctx context.Context, b localmon.Batch) error {
		_, err := m.history.Append(ctx, b)
		return err
	}, m.historyUse, before)
	if err != nil {
		return nil, err
	}
	return &plan{conf, rules, digest, late, w, ways}, nil
}

// begin puts a plan to work where the stored alerts end.
func (a *app) begin(m *Monitor, p *plan) error {
	if err := errors.Join(lastSeen(m.history, p.watched.targets), a.remember(context.Background(), p.watched)); err != nil {
		return err
	}
	leads, err := books.OpenLeads(a.Site)
	if err != nil {
		return err
	}
	desk, err := notify.Open(notify.Options{Site: p.conf.Site.Code, DB: m.site, Log: books.Openable{Log: m.alerts, Leads: leads}, Ways: p.ways, Now: a.Env.Now})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.Env.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	for _, name := range desk.Lost() {
		log.Warn("how far a notifier was told is lost, it begins anew", "notifier", name)
	}
	d, err := daemon.New(daemon.Options{
		Site: p.conf.Site.Code, Targets: p.watched.targets, History: m.history, Alerts: m.alerts, Rules: p.rules.Set, Notifier: desk,
		Now: a.Env.Now, Seen: m.board.Put, Log: log,
	})
	if err != nil {
		return err
	}
	m.Daemon, m.desk, m.watched, m.conf, m.rules = d, desk, p.watched, p.conf, p.rules
	d.Note(rules.Dir, p.late)
	rules.NoteTaken(a.Site, p.digest)
	return nil
}

// lastSeen tells each target's poller when an earlier run saw the target last,
// so that what happened since can be recalled.
func lastSeen(db *history.DB, targets []daemon.Target) error {
	for i, t := range targets {
		seen, err := db.Last(context.Background(), localmon.Selector{Target: t.Source.Target(), Metric: "localmon_source_last_success_timestamp_seconds"})
		if err != nil {
			return fmt.Errorf("find when %s was seen last: %w", t.Source.Target(), err)
		}
		if len(seen) > 0 {
			targets[i].Poll.Since = time.UnixMilli(int64(seen[0].Point.Value * 1000))
		}
	}
	return nil
}

func (a *app) monitorOnce(ctx context.Context, m *Monitor, asJSON bool) error {
	summary, err := m.Daemon.Once(ctx)
	if ctx.Err() != nil {
		return err
	}
	err = errors.Join(err, cli.WithHint(m.desk.Flush(ctx), "darksite monitor test-notify"))
	if asJSON {
		if err := a.Env.JSON(summary); err != nil {
			return err
		}
	} else {
		a.printLooks(summary.Looks)
	}
	stored := slices.ContainsFunc(summary.Looks, func(l overview.Look) bool { return l.Scrape != 0 && l.Error == "" })
	err = errors.Join(err, Unkept(summary.Monitor.Trouble))
	if err != nil && stored { // one target in trouble does not undo what the others gave
		return cli.WithCode(cli.CodePartial, site.Classify(err))
	}
	if err != nil {
		return err
	}
	a.Env.Notef("%d alerts are open", len(summary.Alerts))
	a.Env.Next("darksite status", "darksite history series")
	return nil
}

// Unkept is what the monitor could not put on disk: a look that is not stored is
// no look, however well it went.
func Unkept(trouble []overview.Trouble) error {
	var errs []error
	for _, t := range trouble {
		errs = append(errs, fmt.Errorf("%s: %s", t.What, t.Error))
	}
	return cli.WithHint(errors.Join(errs...), "darksite doctor   (is the disk full or read-only?)")
}

func (a *app) printLooks(looks []overview.Look) {
	t := &cli.Table{Header: []string{"TARGET", "LOOK", "SAMPLES", "PARTS", "TOOK", "NOTE"}}
	for _, l := range looks {
		note := cmp.Or(l.Error, Missing(l.Partial), "-")
		state := "stored"
		switch {
		case l.Scrape == 0:
			state = "NOT STORED"
		case l.Error != "":
			state = "FAILED"
		}
		t.Add(l.Target, state, fmt.Sprint(l.Samples), fmt.Sprint(l.Parts), units.Duration(l.Took), note)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
}

// Missing says what a look could not read: the first of it, and how much more.
func Missing(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return fmt.Sprintf("%s; and %d more", parts[0], len(parts)-1)
}
