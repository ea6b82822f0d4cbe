package sim_test

import (
	"fmt"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func newArray(t testing.TB, o sim.Options) *sim.Array {
	t.Helper()
	a, err := sim.New(o)
	require.NoError(t, err)
	return a
}

func inject(t testing.TB, a *sim.Array, f sim.Fault) string {
	t.Helper()
	id, err := a.Inject(f)
	require.NoError(t, err)
	return id
}

// told is everything a view tells, as one text.
func told(v sim.View) string {
	w := v.Instant()
	s := fmt.Sprintln(v.Time(), v.Identity(), v.Parity(), v.Space(), v.Protocol(), v.Drives(), v.Hardware(),
		v.Controllers(), v.Alerts(), v.Volumes(), v.Hosts(), v.Connections(), w.Array(), w.Ports(), w.Balance(),
		v.Pods(), v.VolumeGroups(), v.Directories(), v.FileSystems(), v.Remotes(), v.Optics(), v.Upgrades(), w.Links(), w.Replication())
	for i := range v.Volumes() {
		s += fmt.Sprintln(w.Volume(i))
	}
	for i := range v.Hosts() {
		s += fmt.Sprintln(w.Host(i))
	}
	for i := range v.Pods() {
		s += fmt.Sprintln(w.Pod(i))
	}
	for i := range v.VolumeGroups() {
		s += fmt.Sprintln(w.VolumeGroup(i))
	}
	for i := range v.Directories() {
		s += fmt.Sprintln(w.Directory(i))
	}
	return s
}

// roomFor is the smallest size that has the part a kind of fault is about.
func roomFor(k sim.Kind) sim.Size {
	if k == sim.SASCable {
		return sim.Large
	}
	return sim.Small
}

// everyKind is one fault of every kind the array has parts for, spread over
// twenty minutes.
func everyKind(t testing.TB, a *sim.Array) {
	for i, k := range sim.CatalogueOf(sim.FlashArray) {
		if roomFor(k.Kind) == sim.Large && a.Options().Size != sim.Large {
			continue
		}
		inject(t, a, sim.Fault{Kind: k.Kind, At: a.Now().Add(time.Duration(i*27) * time.Second)})
	}
}

func TestOneLongStepAndManyShortOnesLeadToTheSameState(t *testing.T) {
	for _, size := range sim.Sizes() {
		t.Run(string(size), func(t *testing.T) {
			long, short := newArray(t, sim.Options{Seed: 5, Size: size}), newArray(t, sim.Options{Seed: 5, Size: size})
			everyKind(t, long)
			everyKind(t, short)
			long.Advance(20 * time.Minute)
			for range 20 * 60 {
				short.Advance(time.Second)
				short.View()
			}
			require.Equal(t, told(long.View()), told(short.View()))
		})
	}
}

func TestSeedsDiffer(t *testing.T) {
	a, b := newArray(t, sim.Options{Seed: 1}), newArray(t, sim.Options{Seed: 2})
	require.NotEqual(t, a.View().Identity(), b.View().Identity())
	require.NotEqual(t, a.View().Instant().Array(), b.View().Instant().Array())
}

func TestWhatHasBeenSeenDoesNotChange(t *testing.T) {
	a := newArray(t, sim.Options{Seed: 9})
	drive := inject(t, a, sim.Fault{Kind: sim.DriveFail})
	inject(t, a, sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"over": "5m"}})
	a.Advance(6 * time.Minute)
	then := a.View()
	before := told(then)
	require.NoError(t, a.Clear(drive))
	inject(t, a, sim.Fault{Kind: sim.ControllerFail})
	inject(t, a, sim.Fault{Kind: sim.Bottleneck})
	a.Advance(time.Hour)
	require.Equal(t, before, told(then), "a view stays as it was")

	now := a.View()
	past := now.At(then.Time().Add(-time.Second))
	require.Equal(t, then.At(then.Time().Add(-time.Second)).Instant().Array(), past.Instant().Array())
	require.Equal(t, then.At(then.Time().Add(-time.Second)).Drives(), past.Drives())

	_, err := a.Inject(sim.Fault{Kind: sim.FanSlow, At: then.Time()})
	require.ErrorContains(t, err, "what has been seen cannot change")
}

func TestTotalsAreTheSumOfTheirParts(t *testing.T) {
	for _, size := range sim.Sizes() {
		t.Run(string(size), func(t *testing.T) {
			a := newArray(t, sim.Options{Seed: 4, Size: size})
			inject(t, a, sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "97", "over": "1h"}})
			for range 4 {
				a.Advance(21 * time.Minute)
				v := a.View()
				for _, w := range []*sim.Window{v.Instant(), v.Mean(30 * time.Second), v.Mean(time.Hour)} {
					sumsAgree(t, v, w)
				}
				spacesAgree(t, v)
			}
		})
	}
}

func sumsAgree(t *testing.T, v sim.View, w *sim.Window) {
	t.Helper()
	array := w.Array()
	var volumes, hosts [7]int64
	for i := range v.Volumes() {
		add(&volumes, w.Volume(i))
	}
	for i := range v.Hosts() {
		add(&hosts, w.Host(i))
	}
	want := [7]int64{}
	add(&want, array)
	require.Equal(t, want, volumes, "volumes")
	require.Equal(t, want, hosts, "hosts")
	require.Positive(t, array.Reads)
	require.Positive(t, array.Writes)
	var rx, tx int64
	for _, p := range w.Ports() {
		require.LessOrEqual(t, p.RxBytes*8, p.Speed, p.Name)
		require.LessOrEqual(t, p.TxBytes*8, p.Speed, p.Name)
		if p.Service != "management" {
			rx, tx = rx+p.RxBytes, tx+p.TxBytes
		}
	}
	require.InEpsilon(t, array.ReadBytes, tx, 0.06, "what is read leaves through the ports")
	require.Positive(t, array.Mirrored, "a busy volume is in a stretched pod")
	require.InEpsilon(t, array.WriteBytes+array.MirroredBytes, rx, 0.06, "what is written comes in through the ports")
}

func add(sum *[7]int64, p sim.Performance) {
	for i, v := range []int64{p.Reads, p.Writes, p.Mirrored, p.Others, p.ReadBytes, p.WriteBytes, p.MirroredBytes} {
		sum[i] += v
	}
}

func spacesAgree(t *testing.T, v sim.View) {
	t.Helper()
	var sum sim.Space
	for _, vol := range v.Volumes() {
		s := vol.Space
		require.LessOrEqual(t, s.Unique, s.Provisioned, vol.Name)
		require.LessOrEqual(t, s.Virtual, s.Provisioned, vol.Name)
		sum.Unique += s.Unique
		sum.Snapshots += s.Snapshots
	}
	all := v.Space()
	require.Equal(t, sum.Unique, all.Unique)
	require.Equal(t, sum.Snapshots, all.Snapshots)
	require.LessOrEqual(t, all.Physical(), v.Identity().Capacity)
}

func TestAQuietArrayIsPlausible(t *testing.T) {
	for _, size := range sim.Sizes() {
		t.Run(string(size), func(t *testing.T) {
			a := newArray(t, sim.Options{Seed: 12, Size: size})
			v := a.View()
			require.Len(t, v.Volumes(), map[sim.Size]int{sim.Small: 20, sim.Recorded: 83, sim.Large: 1000}[size])
			used := float64(v.Space().Physical()) / float64(v.Identity().Capacity)
			require.InDelta(t, 0.45, used, 0.2)
			names := map[string]bool{}
			for _, vol := range v.Volumes() {
				require.False(t, names[vol.Name], vol.Name)
				names[vol.Name] = true
			}
			var lo, hi int64
			busy := map[int]bool{}
			for range 7 * 24 {
				a.Advance(time.Hour)
				w := a.View().Instant()
				p := w.Array()
				require.Less(t, p.ReadUsec, int64(1000))
				require.Less(t, p.WriteUsec, int64(1500))
				ops := p.Reads + p.Writes
				if lo == 0 || ops < lo {
					lo = ops
				}
				hi = max(hi, ops)
				for i := range v.Volumes() {
					if w.Volume(i).Reads > 0 {
						busy[i] = true
					}
				}
				for _, al := range a.View().Alerts() {
					require.Equal(t, "closed", al.State)
				}
			}
			require.Greater(t, hi, 2*lo, "the day has a wave")
			require.Less(t, float64(len(busy)), 0.4*float64(len(v.Volumes())), "most volumes are idle")
			a.Advance(2 * 365 * 24 * time.Hour)
			require.Len(t, a.View().Alerts(), 3, "a quiet array raises nothing by itself")
		})
	}
}
