package daemon_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/rule"
	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// On some arrays one volume does most of the work every day, on others a backup
// does at night. Neither is a noisy neighbour: a week of two arrays of each.
func TestVolumesThatLeadAsEverAreNoNews(t *testing.T) {
	if testing.Short() {
		t.Skip("a week of four arrays")
	}
	t.Parallel()
	rules, err := rule.Shipped()
	require.NoError(t, err)
	leads := 0
	for _, seed := range []uint64{1, 2, 3, 11} {
		array, err := sim.New(sim.Options{Name: "fa-1", Seed: seed})
		require.NoError(t, err)
		eval, eng, state := rule.NewEvaluator(rules, "fa-1", localmon.KindFlashArray), alert.New(alert.Options{}), alert.State{}
		for range 7 * 24 * 12 {
			array.Advance(5 * time.Minute)
			b, most := volumeWork(array)
			if most > 0.65 {
				leads++
			}
			res := eng.Step(state, array.Now(), eval.Evaluate(array.Now(), b))
			state = res.State
			for _, c := range res.Changes {
				require.NotEqual(t, localmon.ChangeFired, c.What, "seed %d, %s: %s", seed, array.Now(), c.Alert.Summary)
			}
		}
	}
	require.Positive(t, leads, "on some arrays one volume does most of the work")
}

// volumeWork is the part of a look that tells of operations, and the largest share
// of one volume.
func volumeWork(array *sim.Array) (b localmon.Batch, most float64) {
	view := array.View()
	w := view.Instant()
	s := localmon.NewSampler("fa-1")
	add := func(p sim.Performance, metric string, labels ...string) {
		s.Add(float64(p.Reads), metric, append([]string{"dimension", "reads_per_sec"}, labels...)...)
		s.Add(float64(p.Writes), metric, append([]string{"dimension", "writes_per_sec"}, labels...)...)
		s.Add(float64(p.Mirrored), metric, append([]string{"dimension", "mirrored_writes_per_sec"}, labels...)...)
	}
	all := w.Array()
	add(all, "purefa_array_performance_throughput_iops")
	for i, v := range view.Volumes() {
		p := w.Volume(i)
		add(p, "purefa_volume_performance_throughput_iops", "name", v.Name)
		most = max(most, float64(p.Reads+p.Writes+p.Mirrored)/float64(max(1, all.Reads+all.Writes+all.Mirrored)))
	}
	return localmon.Batch{Target: "fa-1", At: array.Now(), AlertsRead: true, Samples: s.Samples()}, most
}
