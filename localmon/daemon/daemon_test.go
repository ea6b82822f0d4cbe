package daemon_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/rule"
	"darksite/localmon/source/host"
	"darksite/localmon/source/poll"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// scripted is a target whose drive is as bad as the test says.
type scripted struct {
	name string
	mu   sync.Mutex
	bad  bool
	err  error
	n    int
}

func (s *scripted) Target() string { return s.name }

func (s *scripted) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if s.err != nil {
		return localmon.Batch{Target: s.name, At: now}, s.err
	}
	status, health := "healthy", localmon.HealthOK
	if s.bad {
		status, health = "failed", localmon.HealthCritical
	}
	return localmon.Batch{
		Target: s.name, At: now, AlertsRead: true,
		Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: s.name, Metric: "looks_total"}, Value: float64(s.n)}},
		States:  []localmon.ComponentState{{Component: "CH0.BAY1", Type: "drive", Status: status, Health: health}},
	}, nil
}

func (s *scripted) set(bad bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad, s.err = bad, err
}

// folder is a site folder with its two files open.
type folder struct {
	history *history.DB
	site    *boltfile.File
	alerts  *alertstore.Store
}

func openFolder(t testing.TB, dir string) folder {
	t.Helper()
	h, err := history.Open(filepath.Join(dir, "history.db"), history.Options{})
	require.NoError(t, err)
	f, err := boltfile.Open(filepath.Join(dir, "site.db"), boltfile.Options{Schema: "site", Version: 1})
	require.NoError(t, err)
	s, err := alertstore.Open(f)
	require.NoError(t, err)
	var once sync.Once
	fo := folder{h, f, s}
	t.Cleanup(func() { once.Do(func() { _ = h.Close(); _ = f.Close() }) })
	return fo
}

var shippedRules = sync.OnceValues(rule.Shipped)

// rules are the shipped rules, read once: nobody changes a set.
func rules(t testing.TB) rule.Set {
	t.Helper()
	s, err := shippedRules()
	require.NoError(t, err)
	s.Rules = slices.Clone(s.Rules) // some tests take rules away
	return s
}

// clock is a wall clock the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)} }

func options(t testing.TB, f folder, c *clock, src ...*scripted) daemon.Options {
	o := daemon.Options{Site: "S042", History: f.history, Alerts: f.alerts, Rules: rules(t), Now: c.Now}
	for _, s := range src {
		o.Targets = append(o.Targets, daemon.Target{Source: s, Kind: localmon.KindFlashArray, Poll: poll.Options{Every: 20 * time.Millisecond, Timeout: time.Second}})
	}
	return o
}

func once(t *testing.T, d *daemon.Daemon, c *clock) daemon.Summary {
	t.Helper()
	s, _ := d.Once(t.Context())
	c.add(30 * time.Second)
	return s
}

func TestOnceLooksStoresAndJudges(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1"}
	d, err := daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	s := once(t, d, c)
	require.Empty(t, s.Alerts)
	require.EqualValues(t, 1, s.Looks[0].Scrape)
	require.Equal(t, 1, s.Looks[0].Parts)

	src.set(true, nil)
	s = once(t, d, c)
	require.Len(t, s.Alerts, 1)
	require.Equal(t, "drive-failed", s.Alerts[0].Rule)
	require.Equal(t, "CH0.BAY1", s.Alerts[0].Component)

	last, err := f.history.Last(t.Context(), localmon.Selector{Metric: "looks_total"})
	require.NoError(t, err)
	require.Equal(t, 2.0, last[0].Point.Value)
	stored, err := f.alerts.Living()
	require.NoError(t, err)
	require.Equal(t, s.Alerts, stored)
}

func TestAlertsAndMemorySurviveARestart(t *testing.T) {
	dir, c, src := t.TempDir(), newClock(), &scripted{name: "fa-1", bad: true}
	f := openFolder(t, dir)
	d, err := daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	once(t, d, c)
	_, err = d.Ack(1, "mdurand", "part ordered")
	require.NoError(t, err)
	require.NoError(t, f.history.Close())
	require.NoError(t, f.site.Close())

	f = openFolder(t, dir)
	d, err = daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	a := d.Alerts()
	require.Len(t, a, 1)
	require.Equal(t, "mdurand", a[0].AckedBy)
	src.set(false, nil)
	for range 12 {
		once(t, d, c)
	}
	require.Empty(t, d.Alerts(), "cleared by a monitor that did not raise it")
	_, changes, err := d.Alert(1)
	require.NoError(t, err)
	var told []string
	for _, ch := range changes {
		told = append(told, ch.What)
	}
	require.Equal(t, []string{"fired", "acked", "cleared"}, told)
}

func TestTargetsNoLongerNamedAreRetired(t *testing.T) {
	f, c := openFolder(t, t.TempDir()), newClock()
	d, err := daemon.New(options(t, f, c, &scripted{name: "fa-1", bad: true}))
	require.NoError(t, err)
	once(t, d, c)
	d, err = daemon.New(options(t, f, c, &scripted{name: "fa-2"}))
	require.NoError(t, err)
	require.Empty(t, d.Alerts())
	a, _, err := d.Alert(1)
	require.NoError(t, err)
	require.Equal(t, localmon.StatusResolved, a.Status)
}

// Without this an alert whose rule was switched off would stay for ever: nobody
// answers for it, and what is unknown closes nothing.
func TestAlertsOfRulesTheSiteNoLongerHasAreRetired(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1", bad: true}
	d, err := daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	once(t, d, c)
	require.Len(t, d.Alerts(), 1)
	o := options(t, f, c, src)
	o.Rules.Rules = slices.DeleteFunc(o.Rules.Rules, func(r rule.Rule) bool { return r.ID == "drive-failed" })
	d, err = daemon.New(o)
	require.NoError(t, err)
	require.Empty(t, d.Alerts())
	_, life, err := d.Alert(1)
	require.NoError(t, err)
	require.Equal(t, localmon.ChangeRetired, life[len(life)-1].What)

	d, err = daemon.New(options(t, f, c, src)) // the rule is back
	require.NoError(t, err)
	once(t, d, c)
	require.Len(t, d.Alerts(), 1)
}

func TestUnreachableTargetHoldsWhatIsKnown(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1", bad: true}
	d, err := daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	once(t, d, c)
	src.set(false, fmt.Errorf("dial: %w", localmon.ErrUnreachable))
	for range 20 {
		once(t, d, c)
	}
	a := d.Alerts()
	require.Len(t, a, 2)
	require.Equal(t, "drive-failed", a[0].Rule)
	require.True(t, a[0].Stale, "nobody can say whether it still holds")
	require.Equal(t, "no-data", a[1].Rule)
	require.Contains(t, d.Monitor().Looks[0].Error, "unreachable")
	require.Equal(t, 20, d.Monitor().Looks[0].Failed)
}

// brokenDisk is a history whose disk fails for a while.
type brokenDisk struct {
	daemon.History
	err error
}

func (b *brokenDisk) Append(ctx context.Context, batch localmon.Batch) (uint64, error) {
	if b.err != nil {
		return 0, b.err
	}
	return b.History.Append(ctx, batch)
}

func TestAFailingDiskIsSaidAndTheWatchGoesOn(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1"}
	o := options(t, f, c, src)
	disk := &brokenDisk{History: f.history, err: errors.New("no space left on device")}
	o.History = disk
	d, err := daemon.New(o)
	require.NoError(t, err)
	src.set(true, nil)
	s := once(t, d, c)
	require.Len(t, s.Alerts, 2)
	require.Zero(t, s.Looks[0].Scrape, "a look that is not on disk is not acknowledged")
	own := s.Alerts[0]
	require.Equal(t, "history-not-written", own.Rule)
	require.Equal(t, "S042", own.Target)
	require.Contains(t, own.Summary, "no space left")
	require.Equal(t, "history", s.Monitor.Trouble[0].What)

	disk.err = nil
	for range 12 {
		s = once(t, d, c)
	}
	require.Len(t, s.Alerts, 1, "the disk is well again, the drive is not")
	require.Empty(t, s.Monitor.Trouble)
}

// failingFile is a site file that cannot be written for a while.
type failingFile struct {
	*boltfile.File
	err error
}

func (f *failingFile) Update(fn func(*bbolt.Tx) error) error {
	if f.err != nil {
		return f.err
	}
	return f.File.Update(fn)
}

func TestChangesWaitForTheDisk(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1"}
	file := &failingFile{File: f.site}
	store, err := alertstore.Open(file)
	require.NoError(t, err)
	o := options(t, f, c, src)
	o.Alerts = store
	d, err := daemon.New(o)
	require.NoError(t, err)
	file.err = errors.New("input/output error")
	src.set(true, nil)
	s := once(t, d, c)
	require.Len(t, s.Alerts, 1, "it is known")
	require.Equal(t, 1, s.Monitor.Unsaved, "and not on disk")
	s = once(t, d, c)
	require.Len(t, s.Alerts, 2, "the next look tells of the disk too")
	_, err = d.Ack(1, "mdurand", "")
	require.ErrorContains(t, err, "not stored")

	file.err = nil
	s = once(t, d, c)
	require.Zero(t, s.Monitor.Unsaved)
	stored, err := f.alerts.Living()
	require.NoError(t, err)
	require.Equal(t, s.Alerts, stored)
	_, err = f.alerts.Check()
	require.NoError(t, err)
}

// pager remembers what it was told and fails when asked to.
type pager struct {
	err     error
	told    []uint64
	repeats int
}

func (p *pager) Notify(_ context.Context, changes []localmon.Change, repeats int) error {
	if p.err != nil {
		return p.err
	}
	for _, c := range changes {
		p.told = append(p.told, c.Seq)
	}
	p.repeats += repeats
	return nil
}

func TestANotifierHearsEverythingOnce(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1", bad: true}
	o := options(t, f, c, src)
	p := &pager{err: errors.New("relay refused")}
	o.Notifier = p
	d, err := daemon.New(o)
	require.NoError(t, err)
	once(t, d, c)
	require.Equal(t, "notifier", d.Monitor().Trouble[0].What)
	once(t, d, c)
	p.err = nil
	once(t, d, c)
	once(t, d, c)
	require.Equal(t, []uint64{1, 2}, p.told, "the drive, and the notifier itself")
	require.Equal(t, 2, p.repeats, "a call that failed may have told part of it, and the next one says so")
}

func TestRunWatchesAndStopsWhole(t *testing.T) {
	f, src := openFolder(t, t.TempDir()), &scripted{name: "fa-1", bad: true}
	o := options(t, f, newClock(), src, &scripted{name: "fa-2"})
	o.Now = time.Now
	o.Upkeep = 5 * time.Millisecond
	d, err := daemon.New(o)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	require.Eventually(t, func() bool {
		m := d.Monitor()
		return len(d.Alerts()) == 1 && m.Looks[0].Scrape > 3 && m.Looks[1].Scrape > 3
	}, 20*time.Second, 5*time.Millisecond)
	stop()
	require.NoError(t, <-done)
	stats, err := f.history.Stats(t.Context())
	require.NoError(t, err)
	m := d.Monitor()
	require.Equal(t, max(m.Looks[0].Scrape, m.Looks[1].Scrape), stats.LastSeq, "every look that was acknowledged is there and nothing came after")
	_, memories, err := f.alerts.Load()
	require.NoError(t, err)
	require.Equal(t, m.Looks[0].Scrape, memories["fa-1"].Scrape)
}

func TestThisMachineIsWatched(t *testing.T) {
	f := openFolder(t, t.TempDir())
	src, err := host.New(host.Options{Target: "this-host"})
	if err != nil {
		t.Skip("no Linux host to look at: ", err)
	}
	d, err := daemon.New(daemon.Options{
		Site: "S042", History: f.history, Alerts: f.alerts, Rules: rules(t),
		Targets: []daemon.Target{{Source: src, Kind: localmon.KindHost}},
	})
	require.NoError(t, err)
	s, err := d.Once(t.Context())
	if err != nil {
		t.Skip("this host cannot be looked at: ", err)
	}
	require.Greater(t, s.Looks[0].Samples, 20)
	series, err := f.history.Series(t.Context(), localmon.Selector{Target: "this-host", Metric: "node_memory_MemTotal_bytes"})
	require.NoError(t, err)
	require.Len(t, series, 1)
}

func TestNamesMustDiffer(t *testing.T) {
	f, c := openFolder(t, t.TempDir()), newClock()
	_, err := daemon.New(options(t, f, c, &scripted{name: "fa-1"}, &scripted{name: "fa-1"}))
	require.ErrorContains(t, err, "used twice")
	_, err = daemon.New(options(t, f, c, &scripted{name: "S042"}))
	require.ErrorContains(t, err, "used twice")
}

// TestKilled kills monitors in the middle of their work. Afterwards every look
// that was acknowledged is in the history, the alerts are whole, and one fault
// that never went away is one alert that was fired once.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("DAEMON_DIR"); dir != "" {
		victim(t, dir)
		return
	}
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	var acknowledged uint64
	for round := range rounds {
		acknowledged = max(acknowledged, kill(t, dir, time.Duration(30+40*round)*time.Millisecond))
		f := openFolder(t, dir)
		stats, err := f.history.Stats(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, stats.LastSeq, acknowledged)
		damage, err := f.history.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, damage)
		_, err = f.alerts.Check()
		require.NoError(t, err)
		all, err := f.alerts.List(10)
		require.NoError(t, err)
		require.Len(t, all, 1, "one fault is one alert, however often the monitor dies")
		_, changes, err := f.alerts.Alert(all[0].ID)
		require.NoError(t, err)
		require.Len(t, changes, 1)
		require.Equal(t, localmon.ChangeFired, changes[0].What)
		require.NoError(t, f.history.Close())
		require.NoError(t, f.site.Close())
	}
	require.NotZero(t, acknowledged)
}

// kill runs a monitor, waits until it has acknowledged something, and kills it
// a little later. It returns the newest sequence number it said was stored.
func kill(t *testing.T, dir string, after time.Duration) uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v")
	cmd.Env = append(os.Environ(), "DAEMON_DIR="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var last uint64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, ok := strings.CutPrefix(lines.Text(), "stored ")
		if !ok {
			continue
		}
		if last == 0 {
			timer.Reset(after)
		}
		if v, err := strconv.ParseUint(n, 10, 64); err == nil {
			last = v
		}
	}
	require.Error(t, cmd.Wait(), "it was killed")
	return last
}

func victim(t *testing.T, dir string) {
	f := openFolder(t, dir)
	o := options(t, f, nil, &scripted{name: "fa-1", bad: true}, &scripted{name: "fa-2"})
	o.Now = time.Now
	for i := range o.Targets {
		o.Targets[i].Poll.Every = time.Millisecond
	}
	d, err := daemon.New(o)
	require.NoError(t, err)
	go func() { _ = d.Run(t.Context()) }()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		m := d.Monitor()
		if seq := max(m.Looks[0].Scrape, m.Looks[1].Scrape); seq > 0 && len(d.Alerts()) > 0 {
			fmt.Printf("stored %d\n", seq)
		}
		time.Sleep(time.Millisecond)
	}
}
