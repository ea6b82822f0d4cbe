package sitecmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/console"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/live"
	"darksite/localmon/overview"
	"darksite/localmon/rule"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
	"go.etcd.io/bbolt"
)

type monitorOptions struct {
	once   bool
	length time.Duration
	asJSON bool
}

func (a *app) monitorCommand() *cobra.Command {
	var o monitorOptions
	c := &cobra.Command{
		Use: "monitor", Short: "Watch the arrays and this machine; runs in the foreground", Args: cobra.NoArgs,
		Long: `Watch every array of site.yaml and the machine the kit runs on. A look counts once
it is on disk. While it runs, other commands ask it through a socket of the site
folder. Ctrl-C or SIGTERM ends it in order; nothing that was stored is lost.`,
		Example: "  darksite monitor\n  darksite monitor --once\n  darksite monitor --for 10m\n  darksite monitor unit > /etc/systemd/system/darksite.service",
		RunE: func(c *cobra.Command, _ []string) error {
			m, err := a.openMonitor()
			if err != nil {
				return err
			}
			if o.once {
				return errors.Join(a.monitorOnce(c.Context(), m, o.asJSON), m.close())
			}
			return errors.Join(a.monitorRun(c.Context(), m, o.length), m.close())
		},
	}
	c.Flags().BoolVar(&o.once, "once", false, "look at everything one time, store, judge and end")
	c.Flags().DurationVar(&o.length, "for", 0, "end after this long")
	cli.JSONFlag(c, &o.asJSON)
	c.AddCommand(a.monitorUnitCommand(), a.testNotifyCommand())
	return c
}

// monitor is a daemon with the files and sessions it holds.
type monitor struct {
	daemon  *daemon.Daemon
	history *history.DB
	site    *boltfile.File
	watched *watched
	board   *console.Board
	conf    *siteconf.Config
}

func (m *monitor) close() error {
	m.watched.close()
	return errors.Join(m.history.Close(), m.site.Close())
}

func (a *app) openMonitor() (*monitor, error) {
	conf, err := a.config()
	if err != nil {
		return nil, err
	}
	rules, err := rule.Shipped()
	if err != nil {
		return nil, err
	}
	m := &monitor{conf: conf, board: console.NewBoard(0)}
	now := a.env.Now()
	m.history, err = history.Open(a.path(historyFile), history.Options{Budget: int64(conf.Monitor.HistoryBudget), Holder: "darksite monitor", Since: now})
	if err != nil {
		return nil, wayOut(a.path(historyFile), err)
	}
	m.site, err = boltfile.Open(a.path(siteDBFile), siteOptions(boltfile.Options{Holder: "darksite monitor", Since: now}))
	if err != nil {
		return nil, errors.Join(err, m.history.Close())
	}
	if err := a.startMonitor(m, conf, rules); err != nil {
		return nil, errors.Join(err, m.history.Close(), m.site.Close())
	}
	return m, nil
}

func (a *app) startMonitor(m *monitor, conf *siteconf.Config, rules rule.Set) error {
	alerts, err := alertstore.Open(m.site)
	if err != nil {
		return err
	}
	m.watched, err = a.watch(conf, func(ctx context.Context, b localmon.Batch) error {
		_, err := m.history.Append(ctx, b)
		return err
	})
	if err != nil {
		return err
	}
	if err := errors.Join(lastSeen(m.history, m.watched.targets), a.remember(context.Background(), m.watched)); err != nil {
		m.watched.close()
		return err
	}
	m.daemon, err = daemon.New(daemon.Options{
		Site: conf.Site.Code, Targets: m.watched.targets, History: m.history, Alerts: alerts, Rules: rules, Now: a.env.Now, Seen: m.board.Put,
		Log: slog.New(slog.NewTextHandler(a.env.Err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		m.watched.close()
	}
	return err
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

func (a *app) monitorOnce(ctx context.Context, m *monitor, asJSON bool) error {
	summary, err := m.daemon.Once(ctx)
	if ctx.Err() != nil {
		return err
	}
	if asJSON {
		if err := a.env.JSON(summary); err != nil {
			return err
		}
	} else {
		a.printLooks(summary.Looks)
	}
	stored := slices.ContainsFunc(summary.Looks, func(l overview.Look) bool { return l.Scrape != 0 && l.Error == "" })
	err = errors.Join(err, unkept(summary.Monitor.Trouble))
	if err != nil && stored { // one target in trouble does not undo what the others gave
		return cli.WithCode(cli.CodePartial, classify(err))
	}
	if err != nil {
		return err
	}
	a.env.Notef("%d alerts are open", len(summary.Alerts))
	a.env.Next("darksite status", "darksite history series")
	return nil
}

// unkept is what the monitor could not put on disk: a look that is not stored is
// no look, however well it went.
func unkept(trouble []overview.Trouble) error {
	var errs []error
	for _, t := range trouble {
		errs = append(errs, fmt.Errorf("%s: %s", t.What, t.Error))
	}
	return cli.WithHint(errors.Join(errs...), "darksite doctor   (is the disk full or read-only?)")
}

func (a *app) printLooks(looks []overview.Look) {
	t := &cli.Table{Header: []string{"TARGET", "LOOK", "SAMPLES", "PARTS", "TOOK", "NOTE"}}
	for _, l := range looks {
		note := cmp.Or(l.Error, missing(l.Partial), "-")
		state := "stored"
		switch {
		case l.Scrape == 0:
			state = "NOT STORED"
		case l.Error != "":
			state = "FAILED"
		}
		t.Add(l.Target, state, fmt.Sprint(l.Samples), fmt.Sprint(l.Parts), units.Duration(l.Took), note)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
}

// missing says what a look could not read: the first of it, and how much more.
func missing(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return fmt.Sprintf("%s; and %d more", parts[0], len(parts)-1)
}

func (a *app) monitorRun(ctx context.Context, m *monitor, length time.Duration) error {
	run, stop := context.WithCancel(ctx)
	if length > 0 {
		run, stop = context.WithTimeout(ctx, length)
	}
	defer stop()
	ears, err := a.listenAt(run, m.conf, m.watched, m.board, m.daemon.Note)
	if err != nil {
		return err
	}
	listener, err := live.Listen(a.path(runDir, monitorSocket))
	if err != nil {
		return errors.Join(err, ears.end())
	}
	server := live.NewServer(live.Options{
		Monitor: m.daemon, Reader: m.history,
		History: func(ctx context.Context, w io.Writer) error { _, err := m.history.Snapshot(ctx, w); return err },
		Stats:   func(ctx context.Context) (any, error) { return statsOf(ctx, m.history) },
		Site: func(_ context.Context, w io.Writer) error {
			return m.site.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(w); return err })
		},
	})
	var wg sync.WaitGroup
	var served, heard error
	wg.Go(func() {
		served = server.Serve(run, listener)
		stop() // a monitor nobody can ask is not left running
	})
	wg.Go(func() { heard = ears.run(run, stop) })
	a.env.Notef("watching %d targets; Ctrl-C ends", len(m.watched.targets))
	for _, where := range ears.open {
		a.env.Notef("%s", where)
	}
	a.env.Next("darksite status   (in another terminal)")
	err = m.daemon.Run(run)
	stop()
	wg.Wait()
	err = errors.Join(err, served, heard, ears.end())
	a.env.Notef("the monitor has ended in order")
	return err
}

func (a *app) monitorUnitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unit", Short: "Print a systemd unit with hardening for this site folder", Args: cobra.NoArgs,
		Example: "  darksite monitor unit > /etc/systemd/system/darksite.service",
		RunE: func(*cobra.Command, []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("name this program: %w", err)
			}
			dir, err := filepath.Abs(a.dir())
			if err != nil {
				return fmt.Errorf("name the site folder: %w", err)
			}
			_, err = fmt.Fprintf(a.env.Out, unit, program, dir, dir)
			return err
		},
	}
}

const unit = `[Unit]
Description=Darksite monitor of storage arrays
After=network.target

[Service]
ExecStart=%s --dir %s monitor
User=darksite
Restart=on-failure
RestartSec=5
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ReadWritePaths=%s
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
`
