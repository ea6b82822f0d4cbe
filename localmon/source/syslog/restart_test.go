package syslog_test

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/push"
	"darksite/localmon/source/syslog"
	"darksite/localmon/spool"

	"github.com/stretchr/testify/require"
)

// site is how an assembler puts listener, spool, router and source together.
type site struct {
	src    *push.Lone
	router *push.Router
	spool  *spool.Spool
	failed chan error
}

func assemble(ctx context.Context, t *testing.T, dir string, now time.Time) *site {
	t.Helper()
	box := push.NewMailbox(0)
	s := &site{src: push.Alone("fa-1", box, push.AloneOptions{}), failed: make(chan error, 1)}
	known := []push.Target{{Name: "fa-1", From: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Box: box}}
	var err error
	s.router, err = push.NewRouter(known)
	require.NoError(t, err)
	s.spool, err = spool.Open(dir, spool.Options{})
	require.NoError(t, err)
	for line, err := range spool.Read(ctx, s.spool.Dir(), "syslog", now.Add(-25*time.Hour), time.Time{}) {
		require.NoError(t, err)
		from, err := netip.ParseAddrPort(line.From)
		require.NoError(t, err)
		m, _ := syslog.Decode(push.Unescape(line.Raw), from, line.At)
		if _, known := s.router.Whose(m); known {
			s.src.Replay(m)
		}
	}
	return s
}

// handle keeps the text before anything is concluded from it.
func (s *site) handle(m push.Message) {
	err := s.spool.Append(string(m.Channel), spool.Line{At: m.At, From: m.From.String(), Severity: m.Severity, Raw: m.Raw})
	if err != nil {
		s.failed <- err
	}
	s.router.Route(m)
}

// TestARestartTakesUpWhatWasSpooled: an alert that only a message told is open
// after the monitor has been stopped and started again, and is over when its
// day is.
func TestARestartTakesUpWhatWasSpooled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	at := now
	first := assemble(t.Context(), t, dir, at)
	r := serve(t, syslog.Options{Now: func() time.Time { return at }, Handle: first.handle})
	c, err := net.Dial("udp", r.udp)
	require.NoError(t, err)
	defer c.Close()
	for _, text := range []string{
		"(drive:ch0.bay3): failure [60]#012Expected: healthy, Actual: failed",
		"(hardware:ct0.fc3): increased invalid TX word count [45]\nSeverity: warning",
		"(hardware:ct0.fc3): increased invalid TX word count (closed) [45]",
		"user logged in \\x41",
	} {
		r.send(c, "<130>Jan  1 00:00:00 fa-1 purity.alert[9]: "+text)
	}
	r.stop() // everything that came in is handed over
	before := collect(t, first.src, at)
	require.Len(t, before, 2)
	require.NoError(t, first.spool.Close())

	at = at.Add(10 * time.Hour)
	second := assemble(t.Context(), t, dir, at)
	require.Equal(t, openOnly(before), openOnly(collect(t, second.src, at)), "not one word of it has changed")
	require.NoError(t, second.spool.Close())

	third := assemble(t.Context(), t, dir, at.Add(24*time.Hour))
	require.Empty(t, collect(t, third.src, at.Add(24*time.Hour)), "nobody repeated it for 25 hours")
	require.NoError(t, third.spool.Close())
	for _, s := range []*site{first, second, third} {
		require.Empty(t, s.failed)
	}
}

func collect(t *testing.T, src localmon.Source, at time.Time) []localmon.ArrayAlert {
	t.Helper()
	b, err := src.Collect(t.Context(), at)
	require.NoError(t, err)
	return b.Alerts
}

// openOnly leaves out what is closed; times are compared to the millisecond and
// wherever they are.
func openOnly(alerts []localmon.ArrayAlert) []localmon.ArrayAlert {
	var all []localmon.ArrayAlert
	for _, a := range alerts {
		if a.State == "open" {
			a.Created, a.Updated = a.Created.UTC(), a.Updated.UTC()
			all = append(all, a)
		}
	}
	return all
}
