package sim_test

import (
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func TestPodsHoldVolumesAndTheirWork(t *testing.T) {
	for _, size := range sim.Sizes() {
		t.Run(string(size), func(t *testing.T) {
			a := newArray(t, sim.Options{Seed: 6, Size: size})
			a.Advance(6 * time.Hour)
			v := a.View()
			w := v.Instant()
			pods := map[string][7]int64{}
			groups := map[string]int{}
			unique := map[string]int64{}
			for i, vol := range v.Volumes() {
				sum := pods[vol.Pod]
				add(&sum, w.Volume(i))
				pods[vol.Pod] = sum
				groups[vol.VolumeGroup]++
				unique[vol.Pod] += vol.Space.Unique
			}
			for i, p := range v.Pods() {
				var sum [7]int64
				add(&sum, w.Pod(i))
				require.Equal(t, pods[p.Name], sum, p.Name)
				require.Equal(t, unique[p.Name], p.Space.Unique)
				require.Equal(t, "online", p.Mediator)
				if p.Stretched {
					require.Zero(t, sum[1], "every write of a stretched pod is mirrored")
				} else {
					require.Zero(t, sum[2])
				}
			}
			for _, g := range v.VolumeGroups() {
				require.Equal(t, groups[g.Name], g.Volumes, g.Name)
			}
			for _, r := range w.Replication() {
				require.Equal(t, r.Continuous+r.SyncFrom+r.SyncTo, r.Total())
			}
			require.Len(t, v.Directories(), map[sim.Size]int{sim.Small: 5, sim.Recorded: 34, sim.Large: 60}[size])
		})
	}
}

// TestTheRecordedSizeIsAsIdleAsTheRecording: 4 of 83 volumes and 3 of 31 hosts
// were busy when the replies were recorded.
func TestTheRecordedSizeIsAsIdleAsTheRecording(t *testing.T) {
	for seed := range uint64(20) {
		a := newArray(t, sim.Options{Seed: seed, Size: sim.Recorded})
		a.Advance(8 * time.Hour)
		v := a.View()
		w := v.Instant()
		volumes, hosts := 0, 0
		var most, all int64
		for i := range v.Volumes() {
			p := w.Volume(i)
			ops := p.Reads + p.Writes + p.Mirrored
			most, all = max(most, ops), all+ops
			if ops > 0 {
				volumes++
			}
		}
		for i := range v.Hosts() {
			if p := w.Host(i); p.Reads+p.Writes+p.Mirrored > 0 {
				hosts++
			}
		}
		require.Equal(t, 4, volumes)
		require.InDelta(t, 3.5, hosts, 0.5, "seed %d", seed)
		require.Greater(t, most, all/4, "one does more than its part")
	}
}

func TestSharesOfANoisyVolumeComeAndGo(t *testing.T) {
	a, quiet := newArray(t, sim.Options{Size: sim.Recorded}), newArray(t, sim.Options{Size: sim.Recorded})
	both := func(d time.Duration) { a.Advance(d); quiet.Advance(d) }
	both(8 * time.Hour)
	id := inject(t, a, sim.Fault{Kind: sim.NoisyVolume, Target: a.View().Volumes()[2].Name, Params: map[string]string{"share": "95"}})
	both(5 * time.Minute)
	array, before := a.View().Instant().Array(), quiet.View().Instant().Array()
	require.Greater(t, array.Reads+array.Writes+array.Mirrored, before.Reads+before.Writes+before.Mirrored)
	require.Greater(t, array.ReadUsec, before.ReadUsec, "everybody waits a little longer")
	require.NoError(t, a.Clear(id))
	both(time.Minute)
	require.NotEqual(t, quiet.View().Instant().Array(), a.View().Instant().Array(), "it takes its time to go")
	both(time.Minute)
	require.Equal(t, quiet.View().Instant().Array(), a.View().Instant().Array())
}

func TestOneFaultOfAControllerDoesNotHealAnother(t *testing.T) {
	a := newArray(t, sim.Options{})
	first := inject(t, a, sim.Fault{Kind: sim.ControllerFail, Target: "CT1"})
	inject(t, a, sim.Fault{Kind: sim.CPUFail, Target: "CT1"})
	a.Advance(time.Minute)
	require.NoError(t, a.Clear(first))
	a.Advance(time.Hour)
	require.Equal(t, "not ready", a.View().Controllers()[1].Status)
}

func TestASecondUpgradeCountsOn(t *testing.T) {
	a := newArray(t, sim.Options{})
	for i, version := range []string{"6.6.10", "6.7.1"} {
		inject(t, a, sim.Fault{Kind: sim.Upgrade, Params: map[string]string{"version": version, "downtime": "3m"}})
		a.Advance(2 * time.Minute)
		require.Equal(t, i, a.View().Upgrades(), "not before it is done")
		a.Advance(2 * time.Minute)
		require.Equal(t, i+1, a.View().Upgrades())
		require.Equal(t, version, a.View().Identity().Version)
	}
}
