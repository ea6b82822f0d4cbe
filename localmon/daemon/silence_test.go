package daemon_test

import (
	"context"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/daemon"

	"github.com/stretchr/testify/require"
)

// TestASilenceOutlivesTheMonitor sets a silence, starts another monitor on the
// same files, and finds it there; then it ends by itself and the alert is told.
func TestASilenceOutlivesTheMonitor(t *testing.T) {
	f := openFolder(t, t.TempDir())
	clock := newClock()
	look := func() *daemon.Daemon {
		d, err := daemon.New(options(t, f, clock, &scripted{name: "fa-1", bad: true}))
		require.NoError(t, err)
		_, err = d.Once(t.Context())
		require.NoError(t, err)
		return d
	}
	d := look()
	require.Len(t, d.Alerts(), 1)
	id := d.Alerts()[0].ID
	q, err := d.SetQuiet(localmon.Quiet{Kind: localmon.QuietSilence, Alert: id, Until: clock.Now().Add(time.Hour), By: "mdurand", Why: "part ordered"})
	require.NoError(t, err)
	_, err = d.SetQuiet(localmon.Quiet{Kind: localmon.QuietSilence, Target: "fa-1", By: "mdurand", Why: "for ever"})
	require.ErrorIs(t, err, alert.ErrQuiet)

	d = look()
	require.Equal(t, []localmon.Quiet{q}, d.Quiets())
	require.Equal(t, q.ID, d.Alerts()[0].Hush.ID)

	clock.add(2 * time.Hour)
	d = look()
	require.Empty(t, d.Quiets())
	require.Nil(t, d.Alerts()[0].Hush)
	_, changes, err := d.Alert(id)
	require.NoError(t, err)
	require.Equal(t, localmon.ChangeUnhushed, changes[len(changes)-1].What)
	require.False(t, changes[len(changes)-1].Hushed(), "people are told now")

	_, err = d.EndQuiet(q.ID, "mdurand")
	require.ErrorIs(t, err, alert.ErrNoQuiet)
}

// listener is a notifier that remembers.
type listener struct{ heard []string }

func (l *listener) Notify(_ context.Context, changes []localmon.Change, _ int) error {
	for _, c := range changes {
		l.heard = append(l.heard, c.What+" "+c.Alert.Component)
	}
	return nil
}

// TestNobodyIsToldInMaintenance lets a drive fail in a maintenance window: people
// hear nothing of it until the window ends.
func TestNobodyIsToldInMaintenance(t *testing.T) {
	f, clock, ear, drive := openFolder(t, t.TempDir()), newClock(), &listener{}, &scripted{name: "fa-1"}
	o := options(t, f, clock, drive)
	o.Notifier = ear
	d, err := daemon.New(o)
	require.NoError(t, err)
	now := clock.Now()
	_, err = d.SetQuiet(localmon.Quiet{Kind: localmon.QuietMaintenance, Target: "fa-1", From: now, Until: now.Add(time.Hour), By: "mdurand", Why: "upgrade"})
	require.NoError(t, err)
	drive.set(true, nil)
	once(t, d, clock)
	require.Len(t, d.Alerts(), 1)
	require.Empty(t, ear.heard)
	clock.add(time.Hour)
	once(t, d, clock)
	require.Equal(t, []string{"told CH0.BAY1"}, ear.heard)
	left, _, err := f.alerts.Untold(1)
	require.NoError(t, err)
	require.Empty(t, left, "what was kept quiet is not told later")
}
