package notify_test

import (
	"context"
	"strings"
	"testing"
	"unicode"

	"darksite/localmon"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

// receiver is where a notifier under test delivers to.
type receiver struct {
	notifier notify.Notifier
	// took are the entries that arrived, at least n of them, as people would
	// read them; the newest of them when there are more.
	took func(t *testing.T, n int) []string
	// entries is how many entries a message of n changes makes.
	entries func(n int) int
	// down takes the receiver away; nil where nobody would notice.
	down func(t *testing.T)
	// up brings it back.
	up func(t *testing.T)
}

func each(n int) int { return n }

func one(int) int { return 1 }

// conform is what every notifier owes the desk.
func conform(t *testing.T, open func(t *testing.T) receiver) {
	send := func(t *testing.T, r receiver, m notify.Message) {
		t.Helper()
		require.NoError(t, r.notifier.Notify(t.Context(), m))
	}
	t.Run("a change arrives with what a person needs", func(t *testing.T) {
		r := open(t)
		send(t, r, message(0, change(7, localmon.SeverityMajor, "CH0.BAY7", "drive CH0.BAY7 is failed")))
		got := r.took(t, 1)
		require.Len(t, got, 1)
		for _, want := range []string{"S042", "fa-1", "CH0.BAY7", "drive-failed", "drive CH0.BAY7 is failed"} {
			require.Contains(t, got[0], want)
		}
		require.NotContains(t, got[0], "repeat")
	})
	t.Run("changes arrive in order, and message after message", func(t *testing.T) {
		r := open(t)
		send(t, r, message(0, change(1, 2, "A", "alpha"), change(2, 2, "B", "beta"), change(3, 2, "C", "gamma")))
		send(t, r, message(0, change(4, 2, "D", "delta")))
		all := strings.Join(r.took(t, r.entries(3)+1), "\n")
		at := -1
		for _, word := range []string{"alpha", "beta", "gamma", "delta"} {
			i := strings.Index(all, word)
			require.Greater(t, i, at, word)
			at = i
		}
	})
	t.Run("what may have been told before says so", func(t *testing.T) {
		r := open(t)
		send(t, r, message(1, change(1, 2, "A", "alpha"), change(2, 2, "B", "beta")))
		got := r.took(t, r.entries(2))
		require.Contains(t, got[0], "repeat")
		if len(got) == 2 {
			require.NotContains(t, got[1], "repeat")
		}
	})
	t.Run("a test says that it is one", func(t *testing.T) {
		r := open(t)
		send(t, r, notify.Message{Site: "S042", At: start, Test: true})
		got := r.took(t, 1)
		require.Len(t, got, 1)
		require.Contains(t, got[0], "test")
		require.Contains(t, got[0], "S042")
	})
	t.Run("what an array calls its parts makes no entries of its own", func(t *testing.T) {
		r := open(t)
		nasty := "bad\r\n.\r\nQUIT\r\n<13>1 - - - - - - forged\n\x1b[2J\x00\x7f\u202e\"]\\ end"
		send(t, r, message(0, change(1, 2, nasty, nasty), change(2, 2, "B", strings.Repeat("long ", 2000))))
		send(t, r, message(0, change(3, 2, "C", "the last")))
		got := r.took(t, r.entries(2)+1)
		require.Len(t, got, r.entries(2)+1)
		require.Contains(t, got[len(got)-1], "the last")
		for _, entry := range got {
			require.NotContains(t, entry, "\nQUIT")
			require.NotContains(t, entry, "\n<13>")
			require.NotContains(t, entry, "\n.\n")
			require.Negative(t, strings.IndexFunc(entry, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }), "%q", entry)
			require.Less(t, len(entry), 16<<10)
		}
	})
	t.Run("a digest arrives", func(t *testing.T) {
		r := open(t)
		send(t, r, notify.Message{
			Site: "S042", At: start, First: 1, Last: 4000, Count: 4000, More: 3,
			Digest: []notify.Group{{Target: "fa-1", Rule: "port-down", Severity: 2, Open: 4000, Changes: 4000, Components: []string{"CT0.FC1"}, Further: true, Summary: "port is down", From: start, To: start}},
		})
		all := strings.Join(r.took(t, r.entries(3)), "\n") // a head, a group, and that there are more
		for _, want := range []string{"4000", "port-down", "CT0.FC1", "port is down"} {
			require.Contains(t, all, want)
		}
	})
	t.Run("a time that is over ends it", func(t *testing.T) {
		r := open(t)
		if r.down == nil {
			t.Skip("nothing to wait for")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, plain := r.notifier.(*notify.File); plain {
			t.Skip("a file is written at once")
		}
		require.Error(t, r.notifier.Notify(ctx, message(0, change(1, 2, "A", "alpha"))))
	})
	t.Run("a receiver that is gone is an error, and the next try arrives", func(t *testing.T) {
		r := open(t)
		if r.down == nil {
			t.Skip("nobody would notice")
		}
		r.down(t)
		m := message(0, change(1, 2, "A", "alpha"))
		require.ErrorIs(t, r.notifier.Notify(t.Context(), m), notify.ErrNotSent)
		r.up(t)
		send(t, r, m)
		require.Contains(t, r.took(t, 1)[0], "alpha")
	})
}
