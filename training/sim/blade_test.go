package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func newBlade(t testing.TB, o sim.Options) *sim.Array {
	t.Helper()
	o.Family = sim.FlashBlade
	return newArray(t, o)
}

// bladeTold is everything a view of a FlashBlade tells, as one text.
func bladeTold(v sim.BladeView) string {
	w := v.Instant()
	s := fmt.Sprintln(v.Time(), v.Identity(), v.Parity(), v.Capacity(), v.Protocol(), v.Blades(), v.Drives(), v.Hardware(),
		v.Connectors(), v.Alerts(), v.FileSystems(), v.Buckets(), v.Accounts(), v.Policies(), v.Clients(), v.Apps(), w.Connectors())
	for i := range v.FileSystems() {
		s += fmt.Sprintln(w.File(i, sim.AllProtocols))
	}
	for i := range v.Buckets() {
		s += fmt.Sprintln(w.Bucket(i))
	}
	return s
}

func bladeFaults(t testing.TB, a *sim.Array) {
	for i, k := range sim.CatalogueOf(sim.FlashBlade) {
		inject(t, a, sim.Fault{Kind: k.Kind, At: a.Now().Add(time.Duration(i*27) * time.Second)})
	}
}

func TestABladeArrayIsTheSameHoweverItsClockMoves(t *testing.T) {
	for _, size := range []sim.Size{sim.Small, sim.Recorded} {
		t.Run(string(size), func(t *testing.T) {
			long, short := newBlade(t, sim.Options{Seed: 5, Size: size}), newBlade(t, sim.Options{Seed: 5, Size: size})
			bladeFaults(t, long)
			bladeFaults(t, short)
			long.Advance(20 * time.Minute)
			for range 20 * 60 {
				short.Advance(time.Second)
				short.Look()
			}
			require.Equal(t, bladeTold(long.Blade()), bladeTold(short.Blade()))
		})
	}
}

func TestWhatABladeArrayHasToldDoesNotChange(t *testing.T) {
	a := newBlade(t, sim.Options{Seed: 9})
	blade := inject(t, a, sim.Fault{Kind: sim.BladeUnhealthy})
	inject(t, a, sim.Fault{Kind: sim.QuotaFull, Params: map[string]string{"over": "5m"}})
	a.Advance(6 * time.Minute)
	then := a.Blade()
	before := bladeTold(then)
	require.NoError(t, a.Clear(blade))
	inject(t, a, sim.Fault{Kind: sim.FMFail})
	a.Advance(time.Hour)
	require.Equal(t, before, bladeTold(then), "a view stays as it was")
	earlier := then.Time().Add(-time.Second)
	require.Equal(t, bladeTold(then.At(earlier)), bladeTold(a.Blade().At(earlier)))
	require.NotEqual(t, newBlade(t, sim.Options{Seed: 1}).Blade().Identity(), newBlade(t, sim.Options{Seed: 2}).Blade().Identity())
}

func TestTheProtocolsSumToTheArrayExactly(t *testing.T) {
	for _, size := range sim.Sizes() {
		t.Run(string(size), func(t *testing.T) {
			a := newBlade(t, sim.Options{Seed: 4, Size: size})
			for range 3 {
				a.Advance(97 * time.Minute)
				v := a.Blade()
				for _, w := range []*sim.BladeWindow{v.Instant(), v.Mean(30 * time.Second), v.Mean(time.Hour)} {
					bladeSumsAgree(t, v, w)
				}
			}
		})
	}
}

func bladeSumsAgree(t *testing.T, v sim.BladeView, w *sim.BladeWindow) {
	t.Helper()
	all, nfs := w.Array(sim.AllProtocols), w.Array(sim.NFS)
	for _, p := range []sim.NASProtocol{sim.NFS, sim.SMB, sim.HTTP, sim.S3} {
		require.Positive(t, w.Array(p).Reads.Count, p)
	}
	require.Equal(t, all, sim.SumWork(nfs, w.Array(sim.SMB), w.Array(sim.HTTP), w.Array(sim.S3)))
	var files, buckets, clients, apps []sim.BladeWork
	busy := 0
	for i := range v.FileSystems() {
		files = append(files, w.File(i, sim.AllProtocols))
		if files[i].Reads.Count > 0 {
			busy++
		}
	}
	for i := range v.Buckets() {
		buckets = append(buckets, w.Bucket(i))
	}
	for i := range v.Clients() {
		clients = append(clients, w.Client(i))
	}
	for i := range v.Apps() {
		apps = append(apps, w.App(i))
	}
	require.Equal(t, all, sim.SumWork(append(files, buckets...)...), "file systems and buckets")
	require.Equal(t, nfs, sim.SumWork(clients...), "clients over NFS")
	require.Equal(t, w.Array(sim.S3), sim.SumWork(apps...), "clients of the object store")
	require.Less(t, busy, len(files)/2, "most are idle")

	n := nfs.NFS()
	others := sim.BladeWork{}
	for _, o := range []sim.OpWork{n.MetadataCreates, n.MetadataModifies, n.MetadataReads, n.ShareReads, n.Other} {
		others = sim.SumWork(others, sim.BladeWork{Others: o})
	}
	require.Equal(t, nfs.Others, others.Others, "operations of metadata")

	var rx, tx int64
	for i, c := range v.Connectors() {
		x := w.Connectors()[i]
		require.LessOrEqual(t, sim.PerSecond(x.TxBytes)*8, float64(c.Speed), c.Name)
		rx, tx = rx+x.RxBytes, tx+x.TxBytes
	}
	require.InEpsilon(t, all.ReadBytes, tx, 0.06, "what is read leaves through the ports")
	require.InEpsilon(t, all.WriteBytes, rx, 0.06, "what is written comes in through the ports")
}

func TestTheSpaceOfABladeArrayIsTheSumOfItsParts(t *testing.T) {
	for _, size := range sim.Sizes() {
		t.Run(string(size), func(t *testing.T) {
			a := newBlade(t, sim.Options{Seed: 4, Size: size})
			inject(t, a, sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "97", "over": "1h"}})
			inject(t, a, sim.Fault{Kind: sim.QuotaFull, Params: map[string]string{"target": "150", "over": "1h"}})
			for range 4 {
				a.Advance(21 * time.Minute)
				v := a.Blade()
				var files, objects sim.BladeSpace
				for _, f := range v.FileSystems() {
					files = sim.BladeSpace{Virtual: files.Virtual + f.Space.Virtual, Unique: files.Unique + f.Space.Unique, Snapshots: files.Snapshots + f.Space.Snapshots}
				}
				for _, b := range v.Accounts() {
					objects = sim.BladeSpace{Virtual: objects.Virtual + b.Space.Virtual, Unique: objects.Unique + b.Space.Unique}
				}
				require.Equal(t, files, v.Space(sim.SpaceOfFiles))
				require.Equal(t, objects, v.Space(sim.SpaceOfObjects))
				require.Equal(t, files.Physical()+objects.Physical(), v.Space(sim.SpaceOfArray).Physical())
				require.Less(t, v.Space(sim.SpaceOfArray).Physical(), v.Capacity())
			}
			require.InDelta(t, 0.97, float64(a.Blade().Space(sim.SpaceOfArray).Physical())/float64(a.Blade().Capacity()), 0.001)
		})
	}
}

func TestAQuietBladeArrayRaisesNothing(t *testing.T) {
	for _, size := range sim.Sizes() {
		a := newBlade(t, sim.Options{Seed: 8, Size: size})
		a.Advance(400 * 24 * time.Hour)
		v := a.Blade()
		require.Empty(t, bladeOpen(v), size)
		for _, h := range v.Hardware() {
			require.Contains(t, []string{"healthy", "unused"}, h.Status, h.Name)
		}
		require.Equal(t, 1.0, v.Parity())
		for _, f := range v.FileSystems() {
			if f.Quota > 0 {
				require.Less(t, float64(f.Space.Virtual)/float64(f.Quota), 0.8, f.Name)
			}
		}
	}
}

// bladeOpen lists the alerts that are not closed, by code.
func bladeOpen(v sim.BladeView) map[int]int {
	m := map[int]int{}
	for _, a := range v.Alerts() {
		if a.State != "closed" {
			m[a.Code]++
		}
	}
	return m
}

func TestEveryBladeFaultHasARepairThatClosesItsAlerts(t *testing.T) {
	for _, info := range sim.CatalogueOf(sim.FlashBlade) {
		t.Run(string(info.Kind), func(t *testing.T) {
			a, quiet := newBlade(t, sim.Options{Seed: 2}), newBlade(t, sim.Options{Seed: 2})
			both := func(d time.Duration) { a.Advance(d); quiet.Advance(d) }
			both(time.Minute)
			id := inject(t, a, sim.Fault{Kind: info.Kind})
			both(2 * time.Minute)
			require.NotEqual(t, bladeTold(quiet.Blade()), bladeTold(a.Blade()), "it shows")
			both(50 * time.Minute)
			require.NoError(t, a.Clear(id))
			both(24 * time.Hour)
			v, q := a.Blade(), quiet.Blade()
			require.Empty(t, bladeOpen(v))
			require.Equal(t, q.Blades(), v.Blades())
			require.Equal(t, q.Hardware(), v.Hardware())
			require.Equal(t, q.Connectors(), v.Connectors())
			require.Equal(t, q.Parity(), v.Parity())
			require.Equal(t, q.Capacity(), v.Capacity())
			require.Equal(t, q.FileSystems(), v.FileSystems())
			require.Equal(t, q.Instant().Array(sim.AllProtocols), v.Instant().Array(sim.AllProtocols))
			p := v.Protocol()
			p.SessionEra = 0
			require.Equal(t, q.Protocol(), p)
		})
	}
}

func TestAlertsOfBladeFaults(t *testing.T) {
	for _, c := range []struct {
		fault sim.Fault
		after time.Duration
		want  map[int]int
	}{
		{sim.Fault{Kind: sim.BladeUnhealthy}, 4 * time.Second, map[int]int{}},
		{sim.Fault{Kind: sim.BladeUnhealthy}, 5 * time.Second, map[int]int{1000: 1}},
		{sim.Fault{Kind: sim.BladeRemoved}, time.Minute, map[int]int{1001: 1}},
		{sim.Fault{Kind: sim.FMFail}, time.Minute, map[int]int{1002: 1}},
		{sim.Fault{Kind: sim.ConnectorDown}, time.Minute, map[int]int{1004: 1}},
		{sim.Fault{Kind: sim.ConnectorRemoved}, time.Minute, map[int]int{1005: 1}},
		{sim.Fault{Kind: sim.NFSDown}, time.Minute, map[int]int{1006: 1}},
		{sim.Fault{Kind: sim.PSULoss}, time.Minute, map[int]int{1007: 1}},
		{sim.Fault{Kind: sim.FanSlow}, time.Minute, map[int]int{1013: 1}},
		{sim.Fault{Kind: sim.CapacityFill}, time.Hour, map[int]int{1100: 1}},
		{sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "79"}}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.QuotaFull}, time.Hour, map[int]int{1101: 1}},
		{sim.Fault{Kind: sim.Bottleneck}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.AlertBurst}, time.Minute, map[int]int{1124: 20}},
		{sim.Fault{Kind: sim.AlertBlip}, 7 * time.Second, map[int]int{1004: 1}},
		{sim.Fault{Kind: sim.AlertBlip}, 8 * time.Second, map[int]int{}},
	} {
		t.Run(string(c.fault.Kind)+" "+c.after.String(), func(t *testing.T) {
			a := newBlade(t, sim.Options{})
			inject(t, a, c.fault)
			a.Advance(c.after)
			require.Equal(t, c.want, bladeOpen(a.Blade()))
		})
	}
}

func TestABottleneckOfABladeBeginsAndEnds(t *testing.T) {
	a, quiet := newBlade(t, sim.Options{Seed: 3}), newBlade(t, sim.Options{Seed: 3})
	both := func(d time.Duration) { a.Advance(d); quiet.Advance(d) }
	both(time.Minute)
	id := inject(t, a, sim.Fault{Kind: sim.Bottleneck, Target: "nfs"})
	times := func(p sim.NASProtocol) (now, normal float64) {
		return a.Blade().Instant().Array(p).Reads.UsecPerOp(), quiet.Blade().Instant().Array(p).Reads.UsecPerOp()
	}
	var seen []float64
	for range 4 {
		both(30 * time.Second)
		now, normal := times(sim.NFS)
		require.Greater(t, now, 2*normal)
		seen = append(seen, now)
	}
	require.IsIncreasing(t, seen, "it comes over two minutes")
	require.InDelta(t, 8000, seen[3], 800)
	for _, p := range []sim.NASProtocol{sim.SMB, sim.HTTP, sim.S3} {
		now, normal := times(p)
		require.Equal(t, normal, now, "%s is another protocol", p)
	}
	w, q := a.Blade().Instant().Array(sim.NFS), quiet.Blade().Instant().Array(sim.NFS)
	require.InEpsilon(t, 2.5, w.Reads.PerSecond()/q.Reads.PerSecond(), 0.01, "more is asked for")
	require.NoError(t, a.Clear(id))
	both(time.Minute)
	now, normal := times(sim.NFS)
	require.Greater(t, now, 2*normal, "it goes as it came")
	both(time.Minute)
	now, normal = times(sim.NFS)
	require.Equal(t, normal, now)

	_, err := a.Inject(sim.Fault{Kind: sim.Bottleneck, Target: "gopher"})
	require.ErrorContains(t, err, `no part "gopher": name a protocol`)
	inject(t, a, sim.Fault{Kind: sim.Bottleneck})
	both(2 * time.Minute)
	for _, p := range []sim.NASProtocol{sim.NFS, sim.SMB, sim.HTTP} {
		now, normal := times(p)
		require.Greater(t, now, 10*normal, p)
	}
}

func TestAnAlertAboutSpaceWorsensAndWaitsToBeDowngraded(t *testing.T) {
	a := newBlade(t, sim.Options{})
	id := inject(t, a, sim.Fault{Kind: sim.QuotaFull, Params: map[string]string{"target": "120", "over": "1h", "reclaim": "2h"}})
	var seen []string
	look := func() {
		for _, al := range a.Blade().Alerts() {
			if al.Code != 1101 {
				continue
			}
			word := al.Severity + " " + al.State
			if !slices.Contains(seen, word) {
				seen = append(seen, word)
			}
			require.NotEmpty(t, al.Variables["CurrentUtilization"])
		}
	}
	for range 75 {
		a.Advance(time.Minute)
		look()
	}
	require.NoError(t, a.Clear(id))
	for range 130 {
		a.Advance(time.Minute)
		look()
	}
	require.Equal(t, []string{
		"info open", "warning open", "critical open",
		"critical waiting to downgrade", "warning waiting to downgrade",
	}, seen[:5])
	a.Advance(time.Hour)
	require.Empty(t, bladeOpen(a.Blade()))
}

func bladeNamed(v sim.BladeView, name string) sim.Blade {
	for _, b := range v.Blades() {
		if b.Name == name {
			return b
		}
	}
	return sim.Blade{}
}

func bladePart(v sim.BladeView, name string) sim.BladeHardware {
	for _, h := range v.Hardware() {
		if h.Name == name {
			return h
		}
	}
	return sim.BladeHardware{}
}

func TestAnUnhealthyBladeIsEvacuated(t *testing.T) {
	a := newBlade(t, sim.Options{Size: sim.Large})
	id := inject(t, a, sim.Fault{Kind: sim.BladeUnhealthy, Target: "ch1.fb7", Params: map[string]string{"evacuate": "20m"}})
	var parity []float64
	for _, c := range []struct {
		at       time.Duration
		status   string
		part     string
		progress float64
	}{{30 * time.Second, "unhealthy", "unhealthy", 0}, {6 * time.Minute, "evacuating", "critical", 0.25}, {11 * time.Minute, "evacuating", "critical", 0.5}, {22 * time.Minute, "evacuated", "critical", 1}} {
		a.Advance(c.at - a.Now().Sub(a.Options().Start))
		v := a.Blade()
		b := bladeNamed(v, "CH1.FB7")
		require.Equal(t, c.status, b.Status)
		require.InDelta(t, c.progress, b.Progress.Value, 1e-9)
		require.Equal(t, c.part, bladePart(v, "CH1.FB7").Status)
		require.Equal(t, "unknown", bladePart(v, "CH1.FB7.BAY1").Status)
		for _, d := range v.Drives() {
			if d.Name == "CH1.FB7.BAY1" {
				require.Equal(t, c.status, d.Status)
			}
		}
		parity = append(parity, v.Parity())
	}
	require.Less(t, parity[0], 1.0)
	require.IsIncreasing(t, parity)
	require.Equal(t, 1.0, parity[3])
	require.NoError(t, a.Clear(id))
	a.Advance(time.Minute)
	require.Equal(t, "unknown", bladeNamed(a.Blade(), "CH1.FB7").Status)
	a.Advance(time.Minute)
	require.Equal(t, "healthy", bladeNamed(a.Blade(), "CH1.FB7").Status)
}

func TestARemovedBladeLeavesAnUnusedSlot(t *testing.T) {
	a := newBlade(t, sim.Options{})
	before := a.Blade()
	inject(t, a, sim.Fault{Kind: sim.BladeRemoved, Target: "CH1.FB5"})
	v := a.Blade()
	require.Equal(t, "critical", bladeNamed(v, "CH1.FB5").Status)
	require.Equal(t, "unused", bladePart(v, "CH1.FB5").Status)
	require.InEpsilon(t, 6.0/7, float64(v.Capacity())/float64(before.Capacity()), 0.001)
	require.InDelta(t, 6.0/7, v.Parity(), 0.001)
	require.Equal(t, "unused", bladePart(before, "CH1.FB8").Status, "an empty slot from the start is no fault")
}

func TestALostFabricModuleMovesItsTraffic(t *testing.T) {
	for _, c := range []struct {
		size                 sim.Size
		first, second, ports string
	}{{sim.Small, "CH1.FM1", "CH1.FM2", "CH1.FM1.ETH1.1"}, {sim.Large, "XFM1", "XFM2", "XFM1.ETH1.1"}} {
		t.Run(string(c.size), func(t *testing.T) {
			a, quiet := newBlade(t, sim.Options{Size: c.size}), newBlade(t, sim.Options{Size: c.size})
			inject(t, a, sim.Fault{Kind: sim.FMFail, Target: c.first})
			require.Equal(t, c.first == "CH1.FM1", a.Blade().Protocol().Unreachable, "the management address moves")
			a.Advance(time.Minute)
			quiet.Advance(time.Minute)
			v, w := a.Blade(), a.Blade().Instant()
			require.False(t, v.Protocol().Unreachable)
			require.Equal(t, "critical", bladePart(v, c.first).Status)
			require.Equal(t, "unknown", bladePart(v, c.ports).Status)
			var tx, other int64
			for i, x := range w.Connectors() {
				if v.Connectors()[i].Module == c.first {
					require.Zero(t, x.TxBytes)
				} else {
					tx += x.TxBytes
				}
			}
			for _, x := range quiet.Blade().Instant().Connectors() {
				other += x.TxBytes
			}
			require.InEpsilon(t, other, tx, 0.01)
			require.Greater(t, w.Array(sim.NFS).Reads.UsecPerOp(), quiet.Blade().Instant().Array(sim.NFS).Reads.UsecPerOp())
			inject(t, a, sim.Fault{Kind: sim.FMFail, Target: c.second})
			require.True(t, a.Blade().Protocol().Unreachable, "nobody is left to ask")
			require.Zero(t, a.Blade().Instant().Array(sim.AllProtocols).Reads.Count)
		})
	}
}

func TestPortsThatAreDownCarryNothing(t *testing.T) {
	a := newBlade(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.ConnectorDown, Target: "CH1.FM1.ETH1.1"})
	inject(t, a, sim.Fault{Kind: sim.ConnectorRemoved, Target: "CH1.FM2.ETH1.4"})
	v := a.Blade()
	require.Equal(t, "unhealthy", bladePart(v, "CH1.FM1.ETH1.1").Status)
	require.Equal(t, "unused", bladePart(v, "CH1.FM2.ETH1.4").Status)
	require.Equal(t, sim.Some(int64(0)), bladePart(v, "CH1.FM2.ETH1.4").Speed)
	for i, c := range v.Connectors() {
		if c.Name == "CH1.FM1.ETH1.1" || c.Name == "CH1.FM2.ETH1.4" {
			require.Zero(t, v.Instant().Connectors()[i].TxBytes)
		}
	}
}

func TestWithoutNFSTheOtherProtocolsGoOn(t *testing.T) {
	a := newBlade(t, sim.Options{Size: sim.Recorded})
	inject(t, a, sim.Fault{Kind: sim.NFSDown})
	w := a.Blade().Instant()
	require.Zero(t, w.Array(sim.NFS))
	require.Positive(t, w.Array(sim.SMB).Reads.Count)
	require.Positive(t, w.Array(sim.S3).Reads.Count)
}

func TestAFullBladeArrayTakesNoWrites(t *testing.T) {
	a := newBlade(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "100", "over": "10m"}})
	a.Advance(9 * time.Minute)
	require.Positive(t, a.Blade().Instant().Array(sim.AllProtocols).Writes.Count)
	a.Advance(2 * time.Minute)
	require.Zero(t, a.Blade().Instant().Array(sim.AllProtocols).Writes.Count)
	require.Positive(t, a.Blade().Instant().Array(sim.AllProtocols).Reads.Count)
}

func TestOneFileSystemTakesTheGrowth(t *testing.T) {
	a := newBlade(t, sim.Options{})
	target := ""
	for _, f := range a.Blade().FileSystems() {
		if f.Quota == 0 {
			target = f.Name
		}
	}
	before := a.Blade().FileSystems()
	inject(t, a, sim.Fault{Kind: sim.CapacityFill, Target: target, Params: map[string]string{"target": "60", "over": "1m"}})
	a.Advance(time.Minute)
	for i, f := range a.Blade().FileSystems() {
		if f.Name == target {
			require.Greater(t, f.Space.Unique, before[i].Space.Unique)
			continue
		}
		require.InDelta(t, before[i].Space.Unique, f.Space.Unique, 1e-4*float64(before[i].Space.Unique), f.Name)
	}
}

func TestAlertsOfABladeArrayAreNumberedOnceAndForGood(t *testing.T) {
	a := newBlade(t, sim.Options{Seed: 3})
	bladeFaults(t, a)
	known := map[string]int64{}
	for range 120 {
		a.Advance(10 * time.Second)
		last := int64(0)
		for _, al := range a.Blade().Alerts() {
			if n, ok := known[al.ID]; ok {
				require.Equal(t, n, al.Index)
			}
			known[al.ID] = al.Index
			require.Equal(t, last+1, al.Index)
			last = al.Index
			require.False(t, al.Updated.Before(al.Created))
			require.False(t, al.Updated.After(a.Now()), "nothing from the future")
			require.NotEmpty(t, al.Summary)
		}
	}
	require.Greater(t, len(known), 30)
}

func TestAFaultOfAnotherFamilyIsRefused(t *testing.T) {
	fa, fb := newArray(t, sim.Options{Name: "fa"}), newBlade(t, sim.Options{Name: "fb"})
	_, err := fa.Inject(sim.Fault{Kind: sim.BladeRemoved})
	require.EqualError(t, err, "inject into fa: fault blade_removed cannot befall an array of kind flasharray, only flashblade")
	_, err = fb.Inject(sim.Fault{Kind: sim.DriveFail})
	require.EqualError(t, err, "inject into fb: fault drive_fail cannot befall an array of kind flashblade, only flasharray")
	for want, f := range map[string]sim.Fault{
		`the array has no part "CH0.PWR0": name a power supply, such as CH1.PWR2`:        {Kind: sim.PSULoss, Target: "CH0.PWR0"},
		`the array has no part "CH1.FB9": name a blade, such as CH1.FB3`:                 {Kind: sim.BladeRemoved, Target: "CH1.FB9"},
		`the array has no part "CH1.FM1.ETH4.1": name a port in use`:                     {Kind: sim.ConnectorDown, Target: "CH1.FM1.ETH4.1"},
		`the array has no part "x": name a file system without a quota`:                  {Kind: sim.CapacityFill, Target: "x"},
		`fault nfs_down takes no target`:                                                 {Kind: sim.NFSDown, Target: "x"},
		`the array has no part "x": name a file system with a quota; the largest when l`: {Kind: sim.QuotaFull, Target: "x"},
	} {
		require.ErrorContains(t, fb.Check(f), want)
	}
	require.Empty(t, fb.Faults())
	_, err = sim.New(sim.Options{Family: "tape"})
	require.ErrorContains(t, err, `array kind "tape": use one of [flasharray flashblade]`)
}

func TestTheCatalogueTellsFamiliesApart(t *testing.T) {
	for _, i := range sim.Catalogue() {
		require.NotEmpty(t, i.Families, i.Kind)
		for _, f := range i.Families {
			own, ok := sim.DescribeFor(f, i.Kind)
			require.True(t, ok, i.Kind)
			require.Equal(t, i.Params, own.Params, "%s takes the same parameters in every family", i.Kind)
			require.Equal(t, i.Moment, own.Moment, i.Kind)
			require.Equal(t, i.Target == "", own.Target == "", i.Kind)
		}
	}
	_, ok := sim.DescribeFor(sim.FlashArray, sim.BladeRemoved)
	require.False(t, ok)
	info, _ := sim.DescribeFor(sim.FlashBlade, sim.PSULoss)
	require.Equal(t, []sim.Family{sim.FlashArray, sim.FlashBlade}, info.Families)
	require.Contains(t, info.Target, "CH1.PWR2")
	require.Empty(t, sim.CatalogueOf("tape"))
}

func TestViewsAreOfTheRightFamily(t *testing.T) {
	require.PanicsWithValue(t, "sim: View of sim-array, which is a flashblade", func() { newBlade(t, sim.Options{}).View() })
	require.PanicsWithValue(t, "sim: Blade of sim-array, which is a flasharray", func() { newArray(t, sim.Options{}).Blade() })
}
