package daemon_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"darksite/localmon/daemon"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

// switched is a notifier that the test breaks and mends.
type switched struct {
	mu   sync.Mutex
	err  error
	told []string
}

func (s *switched) Notify(_ context.Context, m notify.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for i, c := range m.Changes {
		line := fmt.Sprintf("%d %s %s", c.Seq, c.What, c.Alert.Rule)
		if i < m.Repeats {
			line += " repeat"
		}
		s.told = append(s.told, line)
	}
	return nil
}

func (s *switched) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *switched) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.told...)
}

// A monitor with its desk, as it is run: one notifier fails for an hour. The
// other one tells of the drive at once and of the notifier after its patience,
// and when it works again it is told all of it, and the alert clears.
func TestANotifierThatFailsIsToldByTheOthersAndCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFolder(t, t.TempDir())
		broken, well := &switched{err: fmt.Errorf("relay is down: %w", notify.ErrNotSent)}, &switched{}
		desk, err := notify.Open(notify.Options{Site: "S042", DB: f.site, Log: f.alerts, Now: time.Now, Ways: []notify.Way{
			{Name: "mail", Notifier: broken, Patience: 10 * time.Minute}, {Name: "log", Notifier: well},
		}})
		require.NoError(t, err)
		o := options(t, f, nil, &scripted{name: "fa-1", bad: true})
		o.Now, o.Notifier = time.Now, desk
		o.Targets[0].Poll.Every = 30 * time.Second
		d, err := daemon.New(o)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = d.Run(ctx) })
		wg.Go(func() { desk.Run(ctx, d.Note) })

		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"1 fired drive-failed"}, well.all())
		require.Len(t, d.Alerts(), 1, "its patience is not over")
		time.Sleep(55 * time.Minute)
		require.Equal(t, []string{"1 fired drive-failed", "2 fired notifier-failed"}, well.all())
		a := d.Alerts()[1]
		require.Equal(t, "mail", a.Component)
		require.Contains(t, a.Summary, "relay is down")

		broken.set(nil)
		time.Sleep(30 * time.Minute)
		want := []string{"1 fired drive-failed", "2 fired notifier-failed", "3 cleared notifier-failed"}
		require.Equal(t, want, well.all())
		require.Equal(t, want, broken.all(), "in order, and nothing is a repeat: nothing of it had left")
		require.Len(t, d.Alerts(), 1)
		stop()
		wg.Wait()
		require.NoError(t, f.history.Close())
		require.NoError(t, f.site.Close())
	})
}
