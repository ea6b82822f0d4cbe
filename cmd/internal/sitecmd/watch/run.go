package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sdnotify"
	historycmd "darksite/cmd/internal/sitecmd/history"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/console"
	"darksite/localmon/live"
	"darksite/localmon/overview"
	"darksite/localmon/rule"

	"go.etcd.io/bbolt"
)

func (a *app) monitorRun(ctx context.Context, m *Monitor, length time.Duration) error {
	run, stop := context.WithCancel(ctx)
	if length > 0 {
		run, stop = context.WithTimeout(ctx, length)
	}
	defer stop()
	manager, err := sdnotify.New(a.Env.Getenv, os.Getpid())
	if err != nil {
		return err
	}
	ears, err := a.listenAt(run, m)
	if err != nil {
		return err
	}
	listener, err := live.Listen(a.Path(site.RunDir, site.MonitorSocket))
	if err != nil {
		return errors.Join(err, ears.end())
	}
	var wg sync.WaitGroup
	var served, heard, fed error
	wg.Go(func() {
		served = LiveServer(a.Site, m).Serve(run, listener)
		stop() // a monitor nobody can ask is not left running
	})
	wg.Go(func() { heard = ears.run(run, stop) })
	wg.Go(func() {
		if fed = manager.Feed(run, m.health); fed != nil {
			stop() // it would be killed for being silent
		}
	})
	a.Env.Notef("watching %d targets; Ctrl-C ends", len(m.watched.targets))
	a.noteRules(m.rules)
	for _, where := range ears.open {
		a.Env.Notef("%s", where)
	}
	a.Env.Next("darksite status   (in another terminal)")
	err = a.shifts(run, m, ears, manager)
	stop()
	wg.Wait()
	err = errors.Join(err, served, heard, fed, manager.Stopping(), ears.end())
	a.Env.Notef("the monitor has ended in order")
	return err
}

// LiveServer answers the commands that ask a running monitor.
func LiveServer(s *site.Site, m *Monitor) *live.Server {
	a := &app{s}
	return live.NewServer(live.Options{
		Monitor: current{m}, Reader: m.history, Quiets: current{m}, Past: m.alerts, Looker: current{m},
		Latest: func(ctx context.Context, sel localmon.Selector) ([]live.Latest, error) {
			all, err := m.history.Last(ctx, sel)
			out := make([]live.Latest, 0, len(all))
			for _, l := range all {
				out = append(out, live.Latest(l))
			}
			return out, err
		},
		History: func(ctx context.Context, w io.Writer) error { _, err := m.history.Snapshot(ctx, w); return err },
		Stats:   func(ctx context.Context) (any, error) { return historycmd.StatsOf(ctx, m.history) },
		Site: func(_ context.Context, w io.Writer) error {
			return m.site.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(w); return err })
		},
		Metrics: func(_ context.Context, w io.Writer) error { return console.Write(w, a.own(m).Samples) },
		Health:  m.health,
	})
}

// shifts works until ctx ends, with one reading of site.yaml after the other.
func (a *app) shifts(ctx context.Context, m *Monitor, ears *ears, manager *sdnotify.Socket) error {
	hangup, end := a.hangup()
	defer end()
	if err := manager.Ready(fmt.Sprintf("watching %d targets", len(m.watched.targets))); err != nil {
		return err
	}
	for {
		next, err := a.shift(ctx, m, hangup, manager)
		if err != nil || next == nil {
			return err
		}
		taken, err := a.relieve(m, next, ears)
		if err != nil {
			return err
		}
		if !taken {
			continue
		}
		a.Env.Notef("site.yaml was read again: watching %d targets", len(m.watched.targets))
		a.noteRules(m.rules)
		if err := manager.Ready(fmt.Sprintf("watching %d targets since site.yaml was read again", len(m.watched.targets))); err != nil {
			return err
		}
	}
}

// noteRules says what the site made of the kit's rules, where it did.
func (a *app) noteRules(b rule.Book) {
	if text := rules.Summary(b); text != "" {
		a.Env.Notef("%s", text)
	}
}

// hangup gives the signals that ask for another reading. At a terminal that is
// gone the monitor is to end, as everything else there.
func (a *app) hangup() (<-chan os.Signal, func()) {
	if a.Env.Hangup == nil || cli.Terminal(a.Env.In) {
		return nil, func() {}
	}
	return a.Env.Hangup()
}

// shift works with one reading of site.yaml: until ctx ends, or until there is
// another plan to work by.
func (a *app) shift(ctx context.Context, m *Monitor, hangup <-chan os.Signal, manager *sdnotify.Socket) (*plan, error) {
	work, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() {
		failed = m.Daemon.Run(work)
		stop()
	})
	wg.Go(func() { m.desk.Run(work, m.note) })
	var next *plan
	for work.Err() == nil && next == nil {
		select {
		case <-work.Done():
		case <-hangup:
			next = a.reconsider(m, manager)
		}
	}
	stop()
	wg.Wait()
	return next, failed
}

// reconsider reads the files again. What is wrong with them is told, to the
// service manager as well, and stays a trouble of the monitor until they are well.
func (a *app) reconsider(m *Monitor, manager *sdnotify.Socket) *plan {
	next, err := a.reread(m)
	wrong := map[string]error{siteconf.FileName: nil, rules.Dir: nil}
	if err != nil {
		what := siteconf.FileName
		if errors.Is(err, rules.ErrRefused) {
			what, err = rules.Dir, fmt.Errorf("everything goes on as before: %w", err)
		} else {
			err = fmt.Errorf("site.yaml is not taken over, everything goes on as before: %w", err)
		}
		wrong[what] = err
		a.Env.Notef("%v", err)
		if err := manager.Status(err.Error()); err != nil {
			a.Env.Notef("%v", err)
		}
	}
	for what, err := range wrong {
		m.note(what, err)
	}
	return next
}

// reread makes a plan of what the files say now.
func (a *app) reread(m *Monitor) (*plan, error) {
	conf, err := siteconf.Load(a.Dir())
	if err != nil {
		return nil, err
	}
	var fixed []string
	for what, changed := range map[string]bool{
		"site.code":              conf.Site.Code != m.conf.Site.Code,
		"listen":                 !reflect.DeepEqual(conf.Listen, m.conf.Listen),
		"monitor.history_budget": conf.Monitor.HistoryBudget != m.conf.Monitor.HistoryBudget,
	} {
		if changed {
			fixed = append(fixed, what)
		}
	}
	if len(fixed) > 0 {
		return nil, fmt.Errorf("a restart is needed for a change of %s", strings.Join(fixed, ", "))
	}
	return a.plan(m, conf, m.watched)
}

// relieve puts a plan to work in the place of the one that has ended. Changes
// that are not on disk yet are known to the old daemon alone: it goes on then.
func (a *app) relieve(m *Monitor, next *plan, ears *ears) (taken bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.watched
	if n := m.Daemon.Monitor().Unsaved; n > 0 {
		next.watched.closeBut(old)
		err := fmt.Errorf("site.yaml is not taken over: %d changes of alerts wait for the disk", n)
		a.Env.Notef("%v", err)
		m.Daemon.Note("site.yaml", err)
		return false, nil
	}
	if err := a.begin(m, next); err != nil {
		return false, fmt.Errorf("go on with the new site.yaml: %w", err)
	}
	ears.router.Store(m.watched.router)
	old.closeBut(m.watched)
	named := map[string]bool{}
	for _, t := range m.watched.targets {
		named[t.Source.Target()] = true
	}
	for _, b := range m.board.Batches() {
		if !named[b.Target] {
			m.board.Forget(b.Target)
		}
	}
	return true, nil
}

// Reload has a monitor that listens at nothing take over what site.yaml says now. One
// that is wrong, or that needs a restart, is left where it is: whoever changed it is told
// by the commands that read it.
func Reload(s *site.Site, m *Monitor) error {
	a := &app{s}
	conf, err := a.Config()
	if err != nil || reflect.DeepEqual(conf, m.conf) {
		return nil //nolint:nilerr // said by every command
	}
	next, err := a.reread(m)
	if err != nil {
		return nil //nolint:nilerr // a change that needs a restart
	}
	_, err = a.relieve(m, next, &ears{})
	return err
}

// note hands a trouble to the daemon at work.
func (m *Monitor) note(what string, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.Daemon.Note(what, err)
}

// health says what stands still.
func (m *Monitor) health() error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.Daemon.Health()
}

// own is what the monitor counts of itself.
func (a *app) own(m *Monitor) localmon.Batch {
	m.mu.RLock()
	defer m.mu.RUnlock()
	b := localmon.Batch{Target: m.conf.Site.Code, At: a.Env.Now(), Samples: m.Daemon.Samples()}
	add := func(metric string, value float64, labels ...string) {
		b.Samples = append(b.Samples, localmon.Sample{Value: value, Key: localmon.SeriesKey{Target: b.Target, Metric: metric, Labels: localmon.FormatLabels(labels...)}})
	}
	if info, err := os.Stat(a.Path(site.HistoryFile)); err == nil { // that it is gone is told by the looks
		add("localmon_history_file_bytes", float64(info.Size()))
	}
	for _, s := range m.desk.States() {
		add("localmon_notifier_queue", float64(s.Queue), "notifier", s.Name)
		add("localmon_notifier_messages_total", float64(s.Messages), "notifier", s.Name)
		add("localmon_notifier_changes_total", float64(s.Changes), "notifier", s.Name)
		add("localmon_notifier_failures_total", float64(s.Failures), "notifier", s.Name)
		add("localmon_notifier_failing", float64(cmp.Compare(s.InARow, 0)), "notifier", s.Name)
	}
	return b
}

// current is the daemon at work, as the socket asks it.
type current struct{ m *Monitor }

func (c current) Monitor() overview.Monitor {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.Monitor()
}

// Look implements live.Looker.
func (c current) Look(target string) error {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.watched.ask(target)
}

func (c current) Alerts() []localmon.Alert {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.Alerts()
}

func (c current) Alert(id uint64) (localmon.Alert, []localmon.Change, error) {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.Alert(id)
}

func (c current) Ack(id uint64, by, note string) (localmon.Alert, error) {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.Ack(id, by, note)
}

func (c current) Quiets() []localmon.Quiet {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.Quiets()
}

func (c current) SetQuiet(q localmon.Quiet) (localmon.Quiet, error) {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.SetQuiet(q)
}

func (c current) EndQuiet(id uint64, by string) (localmon.Quiet, error) {
	c.m.mu.RLock()
	defer c.m.mu.RUnlock()
	return c.m.Daemon.EndQuiet(id, by)
}
