package syslogger_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/syslogger"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// story is an array with two faults, of which one is repaired.
func story(t *testing.T) *sim.Array {
	t.Helper()
	a, err := sim.New(sim.Options{Name: "fa-1", Seed: 7})
	require.NoError(t, err)
	start := a.Now()
	for _, f := range []sim.Fault{
		{Kind: sim.DriveFail, Target: "CH0.BAY3", At: start.Add(time.Minute)},
		{Kind: sim.AlertBlip, At: start.Add(90 * time.Second)},
		{Kind: sim.PSULoss, At: start.Add(2 * time.Minute), Duration: time.Minute},
		{Kind: sim.CapacityFill, At: start.Add(3 * time.Minute)},
	} {
		_, err := a.Inject(f)
		require.NoError(t, err)
	}
	return a
}

// told steps through the story and gives every message.
func told(t *testing.T, o syslogger.Options, step, length time.Duration) []byte {
	t.Helper()
	a := story(t)
	var all []byte
	for end := a.Now().Add(length); a.Now().Before(end); {
		from := a.Now()
		a.Advance(step)
		for _, m := range syslogger.Messages(o, a.View(), from, a.Now()) {
			all = append(append(all, m...), '\n')
		}
	}
	return all
}

func TestTheStoryIsToldTheSameEachTime(t *testing.T) {
	for _, format := range []syslogger.Format{syslogger.RFC5424, syslogger.RFC3164} {
		t.Run(string(format), func(t *testing.T) {
			o := syslogger.Options{Name: "fa-1", Format: format}
			got := told(t, o, 5*time.Minute, 50*time.Hour)
			require.Equal(t, got, told(t, o, 5*time.Minute, 50*time.Hour))
			require.Equal(t, got, told(t, o, time.Minute, 50*time.Hour), "steps that are short enough make no difference")
			golden := filepath.Join("testdata", string(format)+".golden")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(golden, got, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
		})
	}
}

// alerts is a view made by hand: nothing but its alerts can matter.
type alerts []sim.Alert

func (a alerts) Alerts() []sim.Alert { return a }

func TestMessagesDependOnTheViewAlone(t *testing.T) {
	a := story(t)
	from := a.Now()
	a.Advance(4 * time.Minute)
	o := syslogger.Options{Name: "fa-1"}
	want := syslogger.Messages(o, a.View(), from, a.Now())
	require.NotEmpty(t, want)
	require.Equal(t, want, syslogger.Messages(o, alerts(a.View().Alerts()), from, a.Now()))
	to := a.Now()
	a.Advance(time.Hour)
	require.Equal(t, want, syslogger.Messages(o, a.View().At(to), from, to), "a later clock changes nothing of the past")
}

func TestWhatIsSaidOfAnAlert(t *testing.T) {
	start := sim.DefaultStart()
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	alert := sim.Alert{ID: strings.Repeat("ab", 16), Number: 5, Code: 60, Severity: "critical", State: "open", ComponentType: "drive", Component: "ch0.bay3", Issue: "failure", Created: at(1), Updated: at(1)}
	count := func(a sim.Alert, from, to int, o syslogger.Options) int {
		return len(syslogger.Messages(o, alerts{a}, at(from), at(to)))
	}
	none := syslogger.Options{}
	require.Equal(t, 1, count(alert, 1, 24, none), "a window holds its beginning")
	require.Equal(t, 0, count(alert, 0, 1, none), "and not its end, which is in the next")
	require.Equal(t, 1+7, count(alert, 0, 24*30, none), "seven reminders")
	info := alert
	info.Severity = "info"
	require.Equal(t, 1, count(info, 0, 24*30, none), "and none of information")
	worse := alert
	worse.Updated = at(2)
	require.Equal(t, 2, count(worse, 0, 3, none))
	closing := worse
	closing.State = "closing"
	require.Equal(t, 1, count(closing, 0, 3, none), "closing is not said")
	closed := worse
	closed.State, closed.Closed, closed.Updated = "closed", sim.Some(at(30)), at(30)
	require.Equal(t, 3, count(closed, 0, 24*30, none), "raised, one reminder, closed")
	require.Equal(t, 2, count(closed, 0, 24*30, syslogger.Options{NeverClosed: true}))
	m := syslogger.Messages(none, alerts{closed}, at(29), at(31))
	require.Contains(t, string(m[0]), "State: closed")
}

func TestWhatCannotSpeak(t *testing.T) {
	for want, o := range map[string]syslogger.Options{
		"has no name":             {Address: "127.0.0.1:1"},
		"loopback only":           {Name: "a", Address: "10.0.0.1:514"},
		"to \"localhost:514\"":    {Name: "a", Address: "localhost:514"},
		"network \"x\"":           {Name: "a", Address: "127.0.0.1:1", Network: "x"},
		"format \"x\"":            {Name: "a", Address: "127.0.0.1:1", Format: "x"},
		"framing \"x\"":           {Name: "a", Address: "127.0.0.1:1", Framing: "x"},
		"how is the listener kno": {Name: "a", Address: "127.0.0.1:1", Network: syslogger.TLS},
	} {
		_, err := syslogger.New(o)
		require.ErrorContains(t, err, want)
	}
}

func TestSendOverTCPInBothFramings(t *testing.T) {
	for framing, want := range map[syslogger.Framing]func(m []byte) string{
		syslogger.OctetCounting: func(m []byte) string { return fmt.Sprintf("%d %s", len(m), m) },
		syslogger.Newline:       func(m []byte) string { return string(m) + "\n" },
	} {
		t.Run(string(framing), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			got := make(chan string, 1)
			go func() {
				c, err := l.Accept()
				if err != nil {
					got <- err.Error()
					return
				}
				defer c.Close()
				data, _ := io.ReadAll(c)
				got <- string(data)
			}()
			a := story(t)
			from := a.Now()
			a.Advance(70 * time.Second)
			s, err := syslogger.New(syslogger.Options{Name: "fa-1", Network: syslogger.TCP, Framing: framing, Address: l.Addr().String()})
			require.NoError(t, err)
			n, err := s.Send(t.Context(), a.View(), from, a.Now())
			require.NoError(t, err)
			require.Equal(t, 2, n)
			require.NoError(t, s.Close())
			require.NoError(t, s.Close())
			expected := ""
			for _, m := range syslogger.Messages(syslogger.Options{Name: "fa-1"}, a.View(), from, a.Now()) {
				expected += want(m)
			}
			require.Equal(t, expected, <-got)
		})
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	a := story(t)
	from := a.Now()
	a.Advance(70 * time.Second)
	s, err := syslogger.New(syslogger.Options{Name: "fa-1", Network: syslogger.TCP, Address: address})
	require.NoError(t, err)
	n, err := s.Send(t.Context(), a.View(), from, a.Now())
	require.Zero(t, n)
	require.ErrorContains(t, err, "send syslog of array fa-1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Send(ctx, a.View(), from, a.Now())
	require.ErrorIs(t, err, context.Canceled)
	n, err = s.Send(ctx, a.View(), a.Now(), a.Now())
	require.NoError(t, err, "who has nothing to say dials nobody")
	require.Zero(t, n)
}
