package daemon_test

import (
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/rule"
	"darksite/localmon/source/poll"
	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// A monitor that was off for an hour finds the fault of that hour in the
// array's own record, stores it, and raises no alert for what is over.
func TestAMonitorThatWasOffRecallsWhatItMissed(t *testing.T) {
	s := newSite(t)
	db, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{NoSync: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	rules, err := rule.Shipped()
	require.NoError(t, err)
	once := func(since time.Time) {
		t.Helper()
		file, err := boltfile.Open(filepath.Join(t.TempDir(), "site.db"), boltfile.Options{Schema: "site", Version: 1})
		require.NoError(t, err)
		defer func() { require.NoError(t, file.Close()) }()
		alerts, err := alertstore.Open(file)
		require.NoError(t, err)
		d, err := daemon.New(daemon.Options{
			Targets: []daemon.Target{{Source: s.src, Kind: localmon.KindFlashArray, Poll: poll.Options{Since: since}}},
			History: db, Alerts: alerts, Rules: rules, Now: s.array.Now,
		})
		require.NoError(t, err)
		summary, err := d.Once(t.Context())
		require.NoError(t, err)
		require.Empty(t, summary.Alerts)
		require.Empty(t, summary.Monitor.Trouble)
	}
	s.array.Advance(time.Minute)
	once(time.Time{})
	seen := s.array.Now()
	s.inject(sim.Fault{Kind: sim.Bottleneck, Duration: 20 * time.Minute})
	s.array.Advance(time.Hour)
	once(seen)

	latency := localmon.SeriesKey{Target: "fa-prod-1", Metric: "purefa_array_performance_latency_usec", Labels: `dimension="usec_per_write_op"`}
	var points []localmon.Point
	for p, err := range db.Range(t.Context(), latency, localmon.Window{From: seen, To: s.array.Now().Add(time.Second)}) {
		require.NoError(t, err)
		points = append(points, p)
	}
	require.Len(t, points, 121, "both looks, and every thirty seconds between them")
	highest := 0.0
	for i, p := range points {
		highest = max(highest, p.Value)
		if i > 0 {
			require.Equal(t, 30*time.Second, p.At.Sub(points[i-1].At))
		}
	}
	require.Greater(t, highest, 3*points[0].Value)
	damage, err := db.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, damage)
}
