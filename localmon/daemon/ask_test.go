package daemon_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/live"
	"darksite/localmon/overview"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// TestAnotherProcessAsks wires a running monitor to its socket, asks it as
// another process would, and reads the same from the files once it has stopped.
func TestAnotherProcessAsks(t *testing.T) {
	dir, err := os.MkdirTemp("", "ds") // short: a socket stands in it
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	f := openFolder(t, dir)
	o := options(t, f, newClock(), &scripted{name: "fa-1", bad: true}, &scripted{name: "fa-2"})
	o.Now = time.Now
	d, err := daemon.New(o)
	require.NoError(t, err)
	var monitor live.Monitor = d
	l, err := live.Listen(filepath.Join(dir, "run", "monitor.sock"))
	require.NoError(t, err)
	server := live.NewServer(live.Options{
		Monitor: monitor, Reader: f.history,
		Site: func(_ context.Context, w io.Writer) error {
			return f.site.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(w); return err })
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- d.Run(ctx) }()
	go func() { ended <- server.Serve(ctx, l) }()

	client, err := live.Dial(t.Context(), l.Addr().String())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		m, err := client.Monitor(t.Context())
		return err == nil && m.Looks[0].Scrape > 2 && m.Looks[1].Scrape > 2 && len(d.Alerts()) == 1
	}, 20*time.Second, 10*time.Millisecond)
	alerts, err := client.Alerts(t.Context())
	require.NoError(t, err)
	m, err := client.Monitor(t.Context())
	require.NoError(t, err)
	seen, err := overview.Build(t.Context(), overview.Input{
		Site: "S042", Now: time.Now(), Reader: client, Alerts: alerts, Monitor: &m,
		Targets: []overview.Target{{Name: "fa-1", Kind: localmon.KindFlashArray}, {Name: "fa-2", Kind: localmon.KindFlashArray}},
	})
	require.NoError(t, err)
	require.Equal(t, overview.Critical, seen.Targets[0].State)
	require.Equal(t, overview.OK, seen.Targets[1].State)
	require.Equal(t, "drive-failed", seen.Next[0].Runbook)

	_, err = client.Ack(t.Context(), alerts[0].ID, "mdurand", "part ordered")
	require.NoError(t, err)
	site, err := os.Create(filepath.Join(dir, "copy.db"))
	require.NoError(t, err)
	_, err = client.CopySite(t.Context(), site)
	require.NoError(t, err)
	require.NoError(t, site.Close())

	_, err = history.Open(filepath.Join(dir, "history.db"), history.Options{})
	require.ErrorIs(t, err, boltfile.ErrBusy, "a second monitor is told who holds the folder")
	require.ErrorContains(t, err, "held by pid")

	stop()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
	_, err = live.Dial(t.Context(), l.Addr().String())
	require.ErrorIs(t, err, live.ErrNotRunning)
	for _, path := range []string{"copy.db", "site.db"} {
		if path == "site.db" {
			require.NoError(t, f.site.Close())
		}
		file, err := boltfile.Open(filepath.Join(dir, path), boltfile.Options{Schema: "site", Version: 1, ReadOnly: true})
		require.NoError(t, err)
		store, err := alertstore.Open(file)
		require.NoError(t, err)
		living, err := store.Living()
		require.NoError(t, err)
		require.Equal(t, "mdurand", living[0].AckedBy)
		_, err = store.Check()
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
}
