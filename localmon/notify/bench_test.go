package notify_test

import (
	"fmt"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// BenchmarkStorm is a storm of 5,000 alerts of 200 components, from the log on
// disk to the one message that tells of it.
func BenchmarkStorm(b *testing.B) {
	db, err := bbolt.Open(b.TempDir()+"/site.db", 0o600, nil)
	require.NoError(b, err)
	defer db.Close()
	store, err := alertstore.Open(db)
	require.NoError(b, err)
	var storm []localmon.Condition
	for i := range 5000 {
		storm = append(storm, localmon.Condition{
			Rule: fmt.Sprintf("rule-%d", i/200), Target: fmt.Sprintf("fa-%d", i%4), Component: fmt.Sprintf("CT0.FC%d", i%200), State: localmon.Yes, Hard: true,
			Severity: localmon.Severity(1 + i%4), Summary: "the port is down", Why: "paths are lost",
		})
	}
	begin := func(p *pager) *notify.Desk {
		d, err := notify.Open(notify.Options{Site: "S042", DB: db, Log: store, Now: time.Now, Ways: []notify.Way{{Name: "storm", Notifier: p, Digest: 20}}})
		require.NoError(b, err)
		return d
	}
	var state alert.State
	turn := 0
	for b.Loop() {
		turn++
		b.StopTimer()
		p := &pager{}
		d := begin(p)
		for i := range storm {
			storm[i].Component = fmt.Sprintf("CT0.FC%d of turn %d", i%200, turn)
		}
		res := alert.New(alert.Options{Max: 1 << 20}).Step(alert.State{NextID: state.NextID, Seq: state.Seq}, start, storm)
		require.NoError(b, store.Save(alertstore.Step{Result: res}))
		state = res.State
		b.StartTimer()
		require.NoError(b, d.Flush(b.Context()))
		require.Len(b, p.taken, 1)
		require.Equal(b, 5000, p.taken[0].Count)
	}
}
