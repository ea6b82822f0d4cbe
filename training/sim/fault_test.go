package sim_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// open lists the alerts that are not closed, by code.
func open(v sim.View) map[int]int {
	m := map[int]int{}
	for _, a := range v.Alerts() {
		if a.State != "closed" {
			m[a.Code]++
		}
	}
	return m
}

func TestEveryFaultHasARepairThatClosesItsAlerts(t *testing.T) {
	for _, info := range sim.CatalogueOf(sim.FlashArray) {
		t.Run(string(info.Kind), func(t *testing.T) {
			o := sim.Options{Seed: 2, Size: roomFor(info.Kind)}
			a, quiet := newArray(t, o), newArray(t, o)
			both := func(d time.Duration) { a.Advance(d); quiet.Advance(d) }
			both(time.Minute)
			id := inject(t, a, sim.Fault{Kind: info.Kind})
			both(2 * time.Minute)
			require.NotEqual(t, sha256.Sum256([]byte(told(quiet.View()))), sha256.Sum256([]byte(told(a.View()))), "it shows")
			both(40 * time.Minute)
			require.NoError(t, a.Clear(id))
			both(24 * time.Hour)
			require.Empty(t, open(a.View()))
			v, q := a.View(), quiet.View()
			require.Equal(t, q.Drives(), v.Drives())
			require.Equal(t, q.Hardware(), v.Hardware())
			require.Equal(t, q.Parity(), v.Parity())
			require.Equal(t, q.Space(), v.Space())
			require.Equal(t, q.Instant().Array(), v.Instant().Array())
			require.Equal(t, q.Hosts(), v.Hosts())
			require.Equal(t, q.Volumes(), v.Volumes())
			require.Equal(t, q.Pods(), v.Pods())
			require.Equal(t, q.Optics(), v.Optics())
			require.Equal(t, q.Instant().Links(), v.Instant().Links())
			p := v.Protocol()
			p.SessionEra = 0
			require.Equal(t, q.Protocol(), p)
			for _, c := range v.Controllers() {
				require.Equal(t, "ready", c.Status)
			}
		})
	}
}

func TestAlertsOfFaults(t *testing.T) {
	for _, c := range []struct {
		fault sim.Fault
		after time.Duration
		want  map[int]int
	}{
		{sim.Fault{Kind: sim.DriveFail}, 4 * time.Second, map[int]int{}},
		{sim.Fault{Kind: sim.DriveFail}, 5 * time.Second, map[int]int{60: 2}},
		{sim.Fault{Kind: sim.DriveMissing}, time.Minute, map[int]int{60: 2}},
		{sim.Fault{Kind: sim.NVRAMFail}, time.Minute, map[int]int{60: 2}},
		{sim.Fault{Kind: sim.ControllerFail}, time.Minute, map[int]int{4: 1}},
		{sim.Fault{Kind: sim.CPUFail}, time.Minute, map[int]int{16: 1}},
		{sim.Fault{Kind: sim.Failover}, time.Minute, map[int]int{}},
		{sim.Fault{Kind: sim.DriveUnadmitted}, time.Minute, map[int]int{61: 1}},
		{sim.Fault{Kind: sim.DrivePathLost}, time.Minute, map[int]int{62: 1}},
		{sim.Fault{Kind: sim.SASCable}, time.Minute, map[int]int{40: 1}},
		{sim.Fault{Kind: sim.SFPDegrade}, time.Minute, map[int]int{}},
		{sim.Fault{Kind: sim.SFPDegrade}, 10 * time.Minute, map[int]int{41: 1}},
		{sim.Fault{Kind: sim.SFPDegrade, Params: map[string]string{"power": "0.05"}}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.NoisyVolume}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.QoSCap}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.ReplicationLag}, 299 * time.Second, map[int]int{}},
		{sim.Fault{Kind: sim.ReplicationLag}, 5 * time.Minute, map[int]int{123: 1}},
		{sim.Fault{Kind: sim.MediatorDown}, time.Minute, map[int]int{122: 1}},
		{sim.Fault{Kind: sim.Upgrade}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.FanSlow}, time.Minute, map[int]int{13: 1}},
		{sim.Fault{Kind: sim.TempHigh}, time.Minute, map[int]int{}},
		{sim.Fault{Kind: sim.TempHigh}, 4 * time.Minute, map[int]int{14: 1}},
		{sim.Fault{Kind: sim.TempHigh, Params: map[string]string{"rise": "10"}}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.PSULoss}, time.Minute, map[int]int{15: 1}},
		{sim.Fault{Kind: sim.PortErrors}, time.Minute, map[int]int{45: 1}},
		{sim.Fault{Kind: sim.LinkFlap}, time.Minute, map[int]int{39: 1}},
		{sim.Fault{Kind: sim.CapacityFill}, time.Hour, map[int]int{25: 1}},
		{sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "79"}}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.Bottleneck}, time.Hour, map[int]int{}},
		{sim.Fault{Kind: sim.AlertBurst}, time.Minute, map[int]int{231: 20}},
		{sim.Fault{Kind: sim.AlertBlip}, 7 * time.Second, map[int]int{45: 1}},
		{sim.Fault{Kind: sim.AlertBlip}, 8 * time.Second, map[int]int{}},
	} {
		t.Run(string(c.fault.Kind)+" "+c.after.String(), func(t *testing.T) {
			a := newArray(t, sim.Options{Size: roomFor(c.fault.Kind)})
			inject(t, a, c.fault)
			a.Advance(c.after)
			require.Equal(t, c.want, open(a.View()))
		})
	}
}

func TestAlertsAreNumberedOnceAndForGood(t *testing.T) {
	a := newArray(t, sim.Options{Seed: 3})
	everyKind(t, a)
	known := map[string]int64{}
	last := int64(0)
	for range 120 {
		a.Advance(10 * time.Second)
		last = 0
		for _, al := range a.View().Alerts() {
			if n, ok := known[al.ID]; ok {
				require.Equal(t, n, al.Number)
			}
			known[al.ID] = al.Number
			require.Greater(t, al.Number, last)
			last = al.Number
			require.Len(t, al.ID, 32)
			require.False(t, al.Updated.Before(al.Created))
			require.False(t, al.Updated.After(a.Now()), "nothing from the future")
		}
	}
	require.Greater(t, len(known), 30)
}

func TestAFaultRepairedBeforeItWasNoticedRaisesNothing(t *testing.T) {
	a := newArray(t, sim.Options{})
	id := inject(t, a, sim.Fault{Kind: sim.DriveFail})
	a.Advance(3 * time.Second)
	require.NoError(t, a.Clear(id))
	before := len(a.View().Alerts())
	a.Advance(time.Hour)
	require.Len(t, a.View().Alerts(), before)
}

func drive(v sim.View, name string) sim.Drive {
	for _, d := range v.Drives() {
		if d.Name == name {
			return d
		}
	}
	return sim.Drive{}
}

func part(v sim.View, name string) sim.Hardware {
	for _, h := range v.Hardware() {
		if strings.EqualFold(h.Name, name) {
			return h
		}
	}
	return sim.Hardware{}
}

func port(v sim.View, name string) sim.PortPerformance {
	for _, p := range v.Instant().Ports() {
		if strings.EqualFold(p.Name, name) {
			return p
		}
	}
	return sim.PortPerformance{}
}

func TestMissingDriveLeavesAnEmptyBay(t *testing.T) {
	a := newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.DriveMissing, Target: "CH0.BAY4"})
	v := a.View()
	require.Equal(t, "missing", drive(v, "CH0.BAY4").Status)
	require.Equal(t, "not_installed", part(v, "CH0.BAY4").Status)
}

func TestTwoDrivesCostTwiceTheParity(t *testing.T) {
	a := newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY1"})
	one := a.View().Parity()
	inject(t, a, sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY2"})
	require.InDelta(t, 2*(1-one), 1-a.View().Parity(), 1e-9)
}

func TestRebuildSlowsReads(t *testing.T) {
	a, b := newArray(t, sim.Options{}), newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.DriveFail})
	a.Advance(time.Minute)
	b.Advance(time.Minute)
	require.InEpsilon(t, 1.2, float64(a.View().Instant().Array().ReadUsec)/float64(b.View().Instant().Array().ReadUsec), 0.03)
}

func TestNVRAMSlowsWrites(t *testing.T) {
	a, b := newArray(t, sim.Options{}), newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.NVRAMFail})
	require.Equal(t, "failed", drive(a.View(), "CH0.NVB1").Status)
	require.InEpsilon(t, 1.5, float64(a.View().Instant().Array().WriteUsec)/float64(b.View().Instant().Array().WriteUsec), 0.03)
}

func TestFanHeatAndPower(t *testing.T) {
	a, b := newArray(t, sim.Options{}), newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.FanSlow, Target: "ct1.fan2"})
	inject(t, a, sim.Fault{Kind: sim.TempHigh, Target: "CT0.TMP5"})
	inject(t, a, sim.Fault{Kind: sim.PSULoss})
	for _, c := range []struct {
		at     time.Duration
		rise   int64
		status string
	}{{100 * time.Second, 10, "ok"}, {190 * time.Second, 19, "ok"}, {200 * time.Second, 20, "critical"}, {time.Hour, 35, "critical"}} {
		a.Advance(c.at - a.Now().Sub(a.Options().Start))
		b.Advance(c.at - b.Now().Sub(b.Options().Start))
		normal := part(b.View(), "CT0.TMP5").Temperature.Value
		h := part(a.View(), "CT0.TMP5")
		require.Equal(t, c.rise, h.Temperature.Value-normal)
		require.Equal(t, c.status, h.Status)
	}
	v := a.View()
	require.Equal(t, "critical", part(v, "CT1.FAN2").Status)
	require.Equal(t, part(b.View(), "CT1.TMP7").Temperature.Value+4, part(v, "CT1.TMP7").Temperature.Value)
	require.Equal(t, "critical", part(v, "CH0.PWR0").Status)
	require.Equal(t, sim.Some(int64(0)), part(v, "CH0.PWR0").Voltage)
}

func TestPortErrorsRise(t *testing.T) {
	a := newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.PortErrors, Target: "CT0.FC3"})
	inject(t, a, sim.Fault{Kind: sim.PortErrors, Target: "CT1.ETH4"})
	a.Advance(time.Minute)
	early := port(a.View(), "CT0.FC3").InvalidWords
	a.Advance(10 * time.Minute)
	late := port(a.View(), "CT0.FC3")
	require.Positive(t, early)
	require.Greater(t, late.InvalidWords, 2*early)
	require.Equal(t, late.InvalidWords, late.TotalErrors())
	require.Positive(t, port(a.View(), "ct1.eth4").CRCErrors)
}

func TestAFlappingLinkComesAndGoes(t *testing.T) {
	a := newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.LinkFlap, Target: "CT0.FC2", Params: map[string]string{"period": "40s"}})
	paths := func() map[string]int {
		m := map[string]int{}
		for _, h := range a.View().Hosts() {
			m[h.Paths]++
		}
		return m
	}
	a.Advance(10 * time.Second)
	require.Equal(t, "critical", part(a.View(), "CT0.FC2").Status)
	require.Zero(t, port(a.View(), "CT0.FC2").TxBytes)
	require.Positive(t, port(a.View(), "CT0.FC2").LinkFailures)
	require.Positive(t, paths()["Uneven"])
	a.Advance(20 * time.Second)
	require.Equal(t, "ok", part(a.View(), "CT0.FC2").Status)
	require.Positive(t, port(a.View(), "CT0.FC2").TxBytes)
	require.Zero(t, paths()["Uneven"])
	a.Advance(20 * time.Second)
	require.Equal(t, "critical", part(a.View(), "CT0.FC2").Status)
}

func TestARestartGivesBothControllersANewTerm(t *testing.T) {
	a := newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.ArrayRestart, Params: map[string]string{"downtime": "3m"}})
	up := a.Now().Add(3 * time.Minute)
	a.Advance(time.Minute)
	require.True(t, a.View().Protocol().Unreachable)
	require.Zero(t, a.View().Instant().Array().Reads, "nothing works meanwhile")
	a.Advance(3 * time.Minute)
	v := a.View()
	require.False(t, v.Protocol().Unreachable)
	for _, c := range v.Controllers() {
		require.Equal(t, sim.Some(up), c.ModeSince)
	}
	require.Equal(t, 1, v.Protocol().SessionEra)
}

func TestBothControllersLostIsNobodyToAsk(t *testing.T) {
	a := newArray(t, sim.Options{})
	first := inject(t, a, sim.Fault{Kind: sim.ControllerFail})
	a.Advance(time.Minute)
	second := inject(t, a, sim.Fault{Kind: sim.ControllerFail})
	require.Equal(t, "CT1", a.Faults()[1].Target, "the default is the primary")
	a.Advance(time.Minute)
	require.True(t, a.View().Protocol().Unreachable)
	require.Zero(t, a.View().Instant().Array().Reads)
	require.NoError(t, a.Clear(first))
	a.Advance(2 * time.Minute)
	require.False(t, a.View().Protocol().Unreachable)
	require.Equal(t, "primary", a.View().Controllers()[0].Mode)
	require.NoError(t, a.Clear(second))
	a.Advance(2 * time.Minute)
	require.Equal(t, "secondary", a.View().Controllers()[1].Mode)
}

func TestARestartDoesNotHealALostController(t *testing.T) {
	a := newArray(t, sim.Options{})
	inject(t, a, sim.Fault{Kind: sim.ArrayRestart})
	a.Advance(time.Minute)
	inject(t, a, sim.Fault{Kind: sim.ControllerFail, Target: "CT1"})
	a.Advance(time.Hour)
	require.Equal(t, "not ready", a.View().Controllers()[1].Status)
	require.Equal(t, "primary", a.View().Controllers()[0].Mode)
}

func TestInjectRefuses(t *testing.T) {
	a := newArray(t, sim.Options{Name: "fa-1"})
	inject(t, a, sim.Fault{ID: "mine", Kind: sim.DriveFail, Duration: time.Hour})
	for _, c := range []struct {
		name  string
		fault sim.Fault
		want  string
	}{
		{"unknown kind", sim.Fault{Kind: "fire"}, `inject into fa-1: unknown fault "fire": use one of drive_fail,`},
		{"unknown part", sim.Fault{Kind: sim.DriveFail, Target: "CH9"}, `the array has no part "CH9": name a drive, such as CH0.BAY3`},
		{"no shelf", sim.Fault{Kind: sim.SASCable}, "an array of size small has no shelf: use size large"},
		{"unknown pod", sim.Fault{Kind: sim.MediatorDown, Target: "x"}, `no part "x": name a stretched pod`},
		{"a pod without a link", sim.Fault{Kind: sim.ReplicationLag, Target: "prod"}, `no part "prod": name a pod that is replicated`},
		{"unknown word", sim.Fault{Kind: sim.WrongVersion, Params: map[string]string{"offer": "x"}}, `parameter offer: "x" is not one of old, unknown`},
		{"unknown volume", sim.Fault{Kind: sim.CapacityFill, Target: "x"}, `no part "x"`},
		{"target where none is", sim.Fault{Kind: sim.ClockSkew, Target: "x"}, "takes no target"},
		{"id twice", sim.Fault{ID: "mine", Kind: sim.FanSlow}, `fault id "mine" is taken`},
		{"the same twice", sim.Fault{Kind: sim.DriveFail}, `fault mine is the same and not over by then`},
		{"unknown parameter", sim.Fault{Kind: sim.DriveFail, Params: map[string]string{"x": "1"}}, `has no parameter "x": use one of rebuild`},
		{"no parameters at all", sim.Fault{Kind: sim.PSULoss, Params: map[string]string{"x": "1"}}, "it takes none"},
		{"not a duration", sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY1", Params: map[string]string{"rebuild": "soon"}}, `"soon" is not a duration`},
		{"not a number", sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "NaN"}}, `"NaN" is not a number`},
		{"out of range", sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "0"}}, "0 is outside 1 to 100"},
		{"negative duration", sim.Fault{Kind: sim.FanSlow, Duration: -1}, "duration"},
		{"duration of a moment", sim.Fault{Kind: sim.ExpireSession, Duration: 1}, "happens once"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, a.Check(c.fault), c.want)
			_, err := a.Inject(c.fault)
			require.ErrorContains(t, err, c.want)
		})
	}
	require.Len(t, a.Faults(), 1)
	require.ErrorIs(t, a.Clear("f9"), sim.ErrNoFault)
}

func TestClear(t *testing.T) {
	a := newArray(t, sim.Options{})
	later := inject(t, a, sim.Fault{Kind: sim.FanSlow, At: a.Now().Add(time.Hour)})
	require.NoError(t, a.Clear(later))
	require.Empty(t, a.Faults(), "what has not begun is taken off the list")

	ends := inject(t, a, sim.Fault{Kind: sim.FanSlow, Duration: time.Hour})
	a.Advance(time.Minute)
	require.NoError(t, a.Clear(ends), "earlier than planned")
	until := a.Faults()[0].Until
	require.Equal(t, a.Now(), until)
	a.Advance(time.Minute)
	require.NoError(t, a.Clear(ends), "again")
	require.Equal(t, until, a.Faults()[0].Until, "what has been seen does not change")
	require.NotEqual(t, later, inject(t, a, sim.Fault{Kind: sim.FanSlow}), "an id is used once")
	inject(t, a, sim.Fault{ID: "f4", Kind: sim.NVRAMFail})
	require.Equal(t, "f5", inject(t, a, sim.Fault{Kind: sim.PSULoss}), "ids of one's own are stepped over")
}

func TestNewRefuses(t *testing.T) {
	for want, o := range map[string]sim.Options{
		`array name "a b"`: {Name: "a b"},
		`array size "huge": use one of [small recorded large]`: {Size: "huge"},
	} {
		_, err := sim.New(o)
		require.ErrorContains(t, err, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	a := newArray(t, sim.Options{})
	done := make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 30 {
				v := a.View()
				v.Alerts()
				v.Instant().Ports()
				if id, err := a.Inject(sim.Fault{Kind: sim.AlertBlip}); err == nil {
					a.Clear(id)
				}
				a.Advance(time.Second)
			}
		}()
	}
	for range 4 {
		<-done
	}
	require.Equal(t, a.Options().Start.Add(120*time.Second), a.Now())
	require.Len(t, a.Faults(), 120)
}

func BenchmarkArrayPerformanceOfALargeArray(b *testing.B) {
	a := newArray(b, sim.Options{Size: sim.Large})
	for b.Loop() {
		a.Advance(time.Second)
		a.View().Instant().Array()
	}
}
