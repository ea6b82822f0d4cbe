package flasharray_test

import (
	"fmt"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/sourcetest"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// The simulator shares no code with this client, so that two equal mistakes
// cannot agree. These tests tell what an operator sees of each of its faults.

// simulated is an array of the simulator and a source that looks at it.
type simulated struct {
	*sim.Array
	src *flasharray.Source
	now time.Time // the kit's clock, which goes with the array's
}

func simulate(t *testing.T, size sim.Size) *simulated {
	t.Helper()
	array, err := sim.New(sim.Options{Name: "fa1", Seed: 7, Size: size})
	require.NoError(t, err)
	handler := arrayapi.New(array)
	server, err := arrayapi.Listen("127.0.0.1:0", handler)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = server.Close()
		require.Empty(t, handler.Acted(), "the array was made to do something")
	})
	src, err := flasharray.New(flasharray.Options{
		Target: "fa1", URL: server.URL(), Token: server.Token(), Pin: server.Pin(),
		RequestTimeout: time.Minute, Timeout: time.Minute, // a busy machine is not a fault
	})
	require.NoError(t, err)
	return &simulated{Array: array, src: src, now: array.Now()}
}

// after lets time pass and looks.
func (s *simulated) after(t *testing.T, d time.Duration) (localmon.Batch, error) {
	t.Helper()
	s.Advance(d)
	s.now = s.now.Add(d)
	b, err := s.src.Collect(t.Context(), s.now)
	if err == nil {
		require.NoError(t, sourcetest.Check(b, "fa1", s.now))
	}
	return b, err
}

func (s *simulated) look(t *testing.T, d time.Duration) localmon.Batch {
	t.Helper()
	b, err := s.after(t, d)
	require.NoError(t, err)
	return b
}

func (s *simulated) inject(t *testing.T, f sim.Fault) string {
	t.Helper()
	id, err := s.Inject(f)
	require.NoError(t, err)
	return id
}

func TestSimulatedConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fa1", Now: sim.DefaultStart(),
		New: func(t *testing.T) localmon.Source { return simulate(t, sim.Recorded).src },
		Partial: func(t *testing.T) localmon.Source {
			s := simulate(t, sim.Small)
			s.inject(t, sim.Fault{Kind: sim.HTTP500, Params: map[string]string{"path": "volumes"}})
			return s.src
		},
		Gone: func(t *testing.T) localmon.Source {
			s := simulate(t, sim.Small)
			s.inject(t, sim.Fault{Kind: sim.TokenRefused})
			return s.src
		},
	})
}

func TestSimulatedHealthyArray(t *testing.T) {
	s := simulate(t, sim.Recorded)
	b := s.look(t, time.Minute)
	require.Empty(t, b.Partial)
	require.Equal(t, "fa1", b.Info.Name)
	require.Equal(t, s.Now(), b.TargetAt)
	for _, state := range b.States {
		require.Equal(t, localmon.HealthOK, state.Health, "%+v", state)
	}
	require.Equal(t, 83*2, resttest.Count(b, "purefa_volume_performance_latency_usec"))
	require.Equal(t, 31*2, resttest.Count(b, "purefa_host_performance_latency_usec"))
	require.Greater(t, resttest.Value(t, b, "purefa_array_performance_latency_usec", "dimension", "usec_per_read_op"), 0.0)
}

func TestSimulatedDriveFails(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, time.Minute)
	s.inject(t, sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY3"})
	b := s.look(t, 30*time.Second)
	require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "drive", "CH0.BAY3").Health)
	require.Equal(t, localmon.HealthOK, resttest.StateOf(t, b, "drive_bay", "CH0.BAY3").Health, "the bay stays ok, as on real arrays")
	require.NotEmpty(t, b.Alerts)
	require.Equal(t, 60, b.Alerts[0].Code)
}

func TestSimulatedControllerFails(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, time.Minute)
	s.inject(t, sim.Fault{Kind: sim.ControllerFail, Target: "CT1"})
	b := s.look(t, 2*time.Minute)
	require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "controller", "CT1").Health)
	require.Equal(t, localmon.HealthOK, resttest.StateOf(t, b, "controller", "CT0").Health)
}

func TestSimulatedBlipIsNotMissed(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, time.Minute)
	s.inject(t, sim.Fault{Kind: sim.AlertBlip})
	b := s.look(t, 30*time.Second)
	require.Len(t, b.Alerts, 1, "it opened and closed between two looks")
	require.Equal(t, "closed", b.Alerts[0].State)
	require.Empty(t, s.look(t, 30*time.Second).Alerts, "and is told once")
}

func TestSimulatedBurstComesWhole(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, time.Minute)
	s.inject(t, sim.Fault{Kind: sim.AlertBurst})
	open := map[string]bool{}
	for range 4 {
		for _, a := range s.look(t, 30*time.Second).Alerts {
			open[a.ID] = true
		}
	}
	require.Len(t, open, 20)
}

func TestSimulatedInterfaceFaults(t *testing.T) {
	t.Run("a session that ends is renewed unseen", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, time.Minute)
		s.inject(t, sim.Fault{Kind: sim.ExpireSession})
		require.Empty(t, s.look(t, 30*time.Second).Partial)
	})
	t.Run("a session that is left alone for hours too", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, time.Minute)
		require.Empty(t, s.look(t, 5*time.Hour).Partial)
	})
	t.Run("truncated replies of one endpoint", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.inject(t, sim.Fault{Kind: sim.TruncatedJSON, Params: map[string]string{"path": "hardware"}})
		require.Equal(t, []string{"hardware"}, resttest.Failed(s.look(t, 30*time.Second)))
	})
	t.Run("duplicate items change nothing", func(t *testing.T) {
		s, clean := simulate(t, sim.Recorded), simulate(t, sim.Recorded)
		s.inject(t, sim.Fault{Kind: sim.DuplicateItems})
		a, b := s.look(t, 30*time.Second), clean.look(t, 30*time.Second)
		require.Equal(t, a.States, b.States)
		require.Len(t, b.Samples, len(a.Samples))
	})
	t.Run("a certificate that changes under way", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, time.Minute)
		s.inject(t, sim.Fault{Kind: sim.CertChange})
		_, err := s.after(t, 30*time.Second)
		require.ErrorIs(t, err, localmon.ErrCertificateChanged)
	})
	t.Run("an array that restarts is lost and found", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, time.Minute)
		s.inject(t, sim.Fault{Kind: sim.ArrayRestart})
		_, err := s.after(t, 30*time.Second)
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.Empty(t, s.look(t, 10*time.Minute).Partial)
	})
	t.Run("a skewed clock is told as the array tells it", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.inject(t, sim.Fault{Kind: sim.ClockSkew})
		b := s.look(t, 30*time.Second)
		require.NotEqual(t, s.Now(), b.TargetAt)
		require.Equal(t, s.now, b.At)
	})
}

func TestSimulatedRaw(t *testing.T) {
	s := simulate(t, sim.Small)
	s.Advance(time.Minute)
	replies, err := s.src.Raw(t.Context())
	require.NoError(t, err)
	have := map[string]int{}
	for _, r := range replies {
		if r.Err == nil {
			require.True(t, validJSON(r.JSON), r.Path)
			have[r.Path] = r.Items
		}
	}
	require.Equal(t, 20, have["volumes"])
	require.Equal(t, 1, have["arrays/space"])
	require.Contains(t, have, "connections")
}

// BenchmarkSimulatedLarge is one look at a simulated array of 1,000 volumes;
// the simulator's own work is part of the figure.
func BenchmarkSimulatedLarge(b *testing.B) {
	array, err := sim.New(sim.Options{Name: "fa1", Seed: 7, Size: sim.Large})
	require.NoError(b, err)
	server, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(array))
	require.NoError(b, err)
	defer server.Close()
	src, err := flasharray.New(flasharray.Options{Target: "fa1", URL: server.URL(), Token: server.Token(), Pin: server.Pin()})
	require.NoError(b, err)
	now := array.Now()
	var samples int
	b.ReportAllocs()
	for b.Loop() {
		array.Advance(30 * time.Second)
		now = now.Add(30 * time.Second)
		batch, err := src.Collect(b.Context(), now)
		require.NoError(b, err, fmt.Sprint(now))
		samples = len(batch.Samples)
	}
	b.ReportMetric(float64(samples), "samples/look")
}

// recall lists what a source recalls, and the error it gives.
func recall(t *testing.T, src localmon.Recaller, from, to time.Time) (all []localmon.Batch, failed error) {
	t.Helper()
	for b, err := range src.Recall(t.Context(), from, to) {
		if err != nil {
			failed = err
			continue
		}
		require.Equal(t, "fa1", b.Target)
		require.True(t, b.At.After(from) && b.At.Before(to), "%s is not between %s and %s", b.At, from, to)
		require.NoError(t, sourcetest.Check(b, "fa1", b.At))
		if len(all) > 0 {
			require.True(t, b.At.After(all[len(all)-1].At), "in order")
		}
		all = append(all, b)
	}
	return all, failed
}

func TestWhatWasMissedIsRecalledFromTheArraysOwnHistory(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, 0)
	seen := s.look(t, 30*time.Second) // what a look at this time says, the record says too
	from := s.now.Add(-time.Second)
	s.inject(t, sim.Fault{Kind: sim.Bottleneck, Duration: 10 * time.Minute})
	s.look(t, 30*time.Minute)

	past, err := recall(t, s.src, from, s.now)
	require.NoError(t, err)
	require.Len(t, past, 60, "a batch for every thirty seconds of half an hour")
	reads := localmon.SeriesKey{Target: "fa1", Metric: "purefa_array_performance_throughput_iops", Labels: `dimension="reads_per_sec"`}
	at := func(b localmon.Batch, k localmon.SeriesKey) float64 {
		for _, one := range b.Samples {
			if one.Key == k {
				return one.Value
			}
		}
		return -1
	}
	require.InEpsilon(t, at(seen, reads), at(past[0], reads), 0.5, "the mean of thirty seconds is near the moment")
	latency := localmon.SeriesKey{Target: "fa1", Metric: "purefa_array_performance_latency_usec", Labels: `dimension="usec_per_write_op"`}
	require.Greater(t, at(past[15], latency), 3*at(past[55], latency), "the trouble nobody saw is in the record")
	count := func(b localmon.Batch, metric string) (n int) {
		for _, one := range b.Samples {
			if one.Key.Metric == metric {
				n++
			}
		}
		return n
	}
	require.Positive(t, count(past[9], "purefa_volume_performance_latency_usec"))
	require.Equal(t, 1, count(past[9], "purefa_array_space_utilization"), "space is recorded every five minutes of the array's clock")
	require.Zero(t, count(past[10], "purefa_array_space_utilization"))
	for i, b := range past {
		require.Empty(t, b.States)
		require.False(t, b.AlertsRead)
		if i > 0 {
			require.Equal(t, 30*time.Second, b.At.Sub(past[i-1].At))
		}
	}

	t.Run("a long time is recalled in coarser steps", func(t *testing.T) {
		before := s.now
		s.look(t, 5*24*time.Hour)
		past, err := recall(t, s.src, before, s.now)
		require.NoError(t, err)
		steps := map[time.Duration]int{}
		for i := 1; i < len(past); i++ {
			steps[past[i].At.Sub(past[i-1].At)]++
		}
		require.Less(t, len(past), 4000)
		require.Positive(t, steps[5*time.Minute], "%v", steps)
	})
	t.Run("a skewed clock moves the record to the kit's time", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.inject(t, sim.Fault{Kind: sim.ClockSkew, Params: map[string]string{"by": "2h"}})
		s.look(t, 30*time.Second)
		before := s.now
		s.look(t, 10*time.Minute)
		past, err := recall(t, s.src, before, s.now)
		require.NoError(t, err)
		require.Len(t, past, 19)
		require.Equal(t, 2*time.Hour, past[0].TargetAt.Sub(past[0].At))
	})
	t.Run("an endpoint that fails costs its own record only", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, 30*time.Second)
		before := s.now
		s.look(t, 10*time.Minute)
		s.inject(t, sim.Fault{Kind: sim.TruncatedJSON, Params: map[string]string{"path": "volumes/performance"}})
		past, err := recall(t, s.src, before, s.now)
		require.ErrorContains(t, err, "the past of volumes/performance")
		require.NotEmpty(t, past)
	})
	t.Run("an array that is gone", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, 30*time.Second)
		s.inject(t, sim.Fault{Kind: sim.ArrayRestart})
		past, err := recall(t, s.src, s.now.Add(-time.Hour), s.now)
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.Empty(t, past)
	})
}
