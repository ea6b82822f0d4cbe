package daemon_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/daemon"

	"github.com/stretchr/testify/require"
)

// hungDisk is a history whose disk does not answer for one target.
type hungDisk struct {
	daemon.History
	target  string
	release chan struct{}
}

func (h *hungDisk) Append(ctx context.Context, b localmon.Batch) (uint64, error) {
	if b.Target == h.target {
		<-h.release
	}
	return h.History.Append(ctx, b)
}

func TestATargetWhoseWatchingStandsStillIsToldAndTheOthersGoOn(t *testing.T) {
	f := openFolder(t, t.TempDir())
	disk := &hungDisk{History: f.history, target: "fa-2", release: make(chan struct{})}
	o := options(t, f, nil, &scripted{name: "fa-1"}, &scripted{name: "fa-2"})
	o.Now, o.History, o.Standstill = time.Now, disk, 200*time.Millisecond
	d, err := daemon.New(o)
	require.NoError(t, err)
	require.NoError(t, d.Health(), "nothing runs yet")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()

	require.Eventually(t, func() bool { return len(d.Alerts()) == 1 }, 20*time.Second, 5*time.Millisecond)
	a := d.Alerts()[0]
	require.Equal(t, "monitor-stands-still", a.Rule)
	require.Equal(t, "S042", a.Target)
	require.Equal(t, "fa-2", a.Component)
	require.Equal(t, localmon.SeverityMajor, a.Severity)
	require.Contains(t, a.Summary, "storing a look since")
	require.ErrorContains(t, d.Health(), "standstill of fa-2")
	seen := d.Monitor().Looks[0].Scrape
	require.Eventually(t, func() bool { return d.Monitor().Looks[0].Scrape > seen+2 }, 20*time.Second, 5*time.Millisecond, "the other target is watched")
	require.Equal(t, 1.0, value(t, d, "localmon_monitor_standstill", `target="fa-2"`))

	close(disk.release)
	require.Eventually(t, func() bool { return d.Health() == nil }, 20*time.Second, 5*time.Millisecond, "it goes on")
	stop()
	require.NoError(t, <-done)
	require.NoError(t, d.Health(), "who does not run does not stand still")
}

// What hangs here is the one who hears of a look once it is judged: the last part
// of judging, and the only one a test can hold up from outside.
func TestAJudgeThatStandsStillStopsItsOwnTargetAlone(t *testing.T) {
	f := openFolder(t, t.TempDir())
	release := make(chan struct{})
	o := options(t, f, nil, &scripted{name: "fa-1"}, &scripted{name: "fa-2", bad: true})
	o.Now, o.Standstill = time.Now, 200*time.Millisecond
	o.Seen = func(b localmon.Batch) {
		if b.Target == "fa-2" {
			<-release
		}
	}
	d, err := daemon.New(o)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	require.Eventually(t, func() bool { return len(d.Alerts()) == 2 }, 20*time.Second, 5*time.Millisecond)
	require.ErrorContains(t, d.Health(), "judging a look")
	stored, err := f.alerts.Living()
	require.NoError(t, err)
	require.Len(t, stored, 2, "what is known is on disk all the same")
	close(release)
	stop()
	require.NoError(t, <-done)
}

func TestANotifierThatFailsIsAnAlertOfItsOwn(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1"}
	d, err := daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	d.Note("notifier mail", errors.New("relay refused"))
	d.Note("notifier siem", errors.New("connection refused"))
	s := once(t, d, c)
	require.Len(t, s.Alerts, 2)
	require.Equal(t, "notifier-failed", s.Alerts[0].Rule)
	require.Equal(t, []string{"mail", "siem"}, []string{s.Alerts[0].Component, s.Alerts[1].Component})
	require.Contains(t, s.Alerts[0].Summary, "relay refused")
	d.Note("notifier mail", nil)
	for range 12 {
		s = once(t, d, c)
	}
	require.Len(t, s.Alerts, 1, "each for itself")
	require.Equal(t, "siem", s.Alerts[0].Component)

	d, err = daemon.New(options(t, f, c, src)) // of a site that names no such notifier any more
	require.NoError(t, err)
	for range 12 {
		s = once(t, d, c)
	}
	require.Empty(t, s.Alerts)
}

// value is one of the monitor's own figures.
func value(t *testing.T, d *daemon.Daemon, metric, labels string) float64 {
	t.Helper()
	for _, s := range d.Samples() {
		require.Equal(t, "S042", s.Key.Target)
		if s.Key.Metric == metric && s.Key.Labels == labels {
			return s.Value
		}
	}
	require.Fail(t, "no such figure", "%s{%s}", metric, labels)
	return 0
}

func TestTheMonitorCountsWhatItDoes(t *testing.T) {
	f, c, src := openFolder(t, t.TempDir()), newClock(), &scripted{name: "fa-1", bad: true}
	d, err := daemon.New(options(t, f, c, src))
	require.NoError(t, err)
	once(t, d, c)
	src.set(false, errors.New("gone"))
	once(t, d, c)
	d.Note("spool", errors.New("no space left"))
	for want, figure := range map[float64][2]string{
		2:                            {"localmon_monitor_looks_total", `target="fa-1"`},
		1:                            {"localmon_monitor_look_failures_total", `target="fa-1"`},
		float64(c.Now().Unix()) - 60: {"localmon_monitor_start_timestamp_seconds", ""},
	} {
		require.Equal(t, want, value(t, d, figure[0], figure[1]))
	}
	require.Equal(t, 1.0, value(t, d, "localmon_monitor_alerts", `severity="2",status="firing"`))
	require.Equal(t, 0.0, value(t, d, "localmon_monitor_alerts", `severity="1",status="firing"`))
	require.Equal(t, 1.0, value(t, d, "localmon_monitor_trouble", `what="spool"`))
	require.Equal(t, 0.0, value(t, d, "localmon_monitor_unsaved_changes", ""))
}
