package flashblade_test

import (
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flashblade"
	"darksite/localmon/source/sourcetest"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// The simulator shares no code with this client, so that two equal mistakes
// cannot agree. These tests tell what an operator sees of its faults.

// simulated is an array of the simulator and a source that looks at it.
type simulated struct {
	*sim.Array
	src *flashblade.Source
	now time.Time // the kit's clock, which goes with the array's
}

func simulate(t *testing.T, size sim.Size, change ...func(*flashblade.Options)) *simulated {
	t.Helper()
	array, err := sim.New(sim.Options{Name: "fb1", Family: sim.FlashBlade, Seed: 7, Size: size})
	require.NoError(t, err)
	handler := arrayapi.New(array)
	server, err := arrayapi.Listen("127.0.0.1:0", handler)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = server.Close()
		require.Empty(t, handler.Acted(), "the array was made to do something")
	})
	o := flashblade.Options{
		Target: "fb1", URL: server.URL(), Token: server.Token(), Pin: server.Pin(),
		RequestTimeout: time.Minute, Timeout: time.Minute, // a busy machine is not a fault
	}
	for _, f := range change {
		f(&o)
	}
	src, err := flashblade.New(o)
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
		require.NoError(t, sourcetest.Check(b, "fb1", s.now))
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
		Target: "fb1", Now: sim.DefaultStart(),
		New: func(t *testing.T) localmon.Source { return simulate(t, sim.Recorded).src },
		Partial: func(t *testing.T) localmon.Source {
			s := simulate(t, sim.Small)
			s.inject(t, sim.Fault{Kind: sim.HTTP500, Params: map[string]string{"path": "blades"}})
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
	require.Equal(t, "fb1", b.Info.Name)
	require.Equal(t, localmon.KindFlashBlade, b.Info.Kind)
	require.Equal(t, s.Now(), b.TargetAt)
	for _, state := range b.States {
		require.Equal(t, localmon.HealthOK, state.Health, "%+v", state)
	}
	for _, kind := range []string{"blade", "fb", "fm", "eth", "pwr", "fan", "ch"} {
		require.Contains(t, resttest.Types(b), kind)
	}
	require.Equal(t, 269*2, resttest.Count(b, "purefb_file_systems_space_bytes"))
	require.Equal(t, 92*2, resttest.Count(b, "purefb_buckets_space_bytes"))
	require.Equal(t, 1.0, resttest.Value(t, b, "purefb_array_space_parity", "type", "array"))
	require.Greater(t, resttest.Value(t, b, "purefb_array_performance_latency_usec", "protocol", "NFS", "dimension", "usec_per_read_op"), 0.0)
}

func TestSimulatedBladeUnhealthy(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, time.Minute)
	s.inject(t, sim.Fault{Kind: sim.BladeUnhealthy, Target: "CH1.FB3"})
	b := s.look(t, 30*time.Second)
	require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "blade", "CH1.FB3").Health)
	require.Len(t, b.Alerts, 1)
	require.Equal(t, 1000, b.Alerts[0].Code)
	require.Equal(t, "warning", b.Alerts[0].Severity)
	b = s.look(t, 5*time.Minute)
	require.Equal(t, "critical", b.Alerts[0].Severity, "it is being emptied")
	require.Less(t, resttest.Value(t, b, "purefb_array_space_parity", "type", "array"), 1.0)
}

func TestSimulatedQuota(t *testing.T) {
	s := simulate(t, sim.Small)
	s.look(t, time.Minute)
	s.inject(t, sim.Fault{Kind: sim.QuotaFull})
	var b localmon.Batch
	for range 8 {
		b = s.look(t, 5*time.Minute)
	}
	require.Len(t, b.Alerts, 1)
	require.Equal(t, 1101, b.Alerts[0].Code)
	require.Equal(t, "file-systems", b.Alerts[0].ComponentType)
	require.Equal(t, "warning", b.Alerts[0].Severity)
	require.Less(t, resttest.Value(t, b, "purefb_array_space_utilization", "type", "array"), 80.0, "the array has room")
}

func TestSimulatedCapacity(t *testing.T) {
	s := simulate(t, sim.Small)
	before := resttest.Value(t, s.look(t, time.Minute), "purefb_array_space_utilization", "type", "array")
	s.inject(t, sim.Fault{Kind: sim.CapacityFill})
	b := s.look(t, 40*time.Minute)
	used := resttest.Value(t, b, "purefb_array_space_utilization", "type", "array")
	require.InDelta(t, 92, used, 0.5)
	require.Greater(t, used, before)
	require.Equal(t, 1100, b.Alerts[0].Code)
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
	t.Run("duplicate items change nothing", func(t *testing.T) {
		s, clean := simulate(t, sim.Recorded), simulate(t, sim.Recorded)
		s.inject(t, sim.Fault{Kind: sim.DuplicateItems})
		a, b := s.look(t, 30*time.Second), clean.look(t, 30*time.Second)
		require.Equal(t, a.States, b.States)
		require.Len(t, b.Samples, len(a.Samples))
	})
	t.Run("what the array could not read is not gone", func(t *testing.T) {
		s := simulate(t, sim.Small)
		before := s.look(t, time.Minute)
		s.inject(t, sim.Fault{Kind: sim.Partial207})
		b := s.look(t, 30*time.Second)
		require.NotEmpty(t, b.Partial)
		kinds := func(b localmon.Batch) map[string]int {
			n := map[string]int{}
			for _, s := range b.States {
				n[s.Type]++
			}
			return n
		}
		was := kinds(before)
		for kind, n := range kinds(b) {
			require.Equal(t, was[kind], n, kind)
		}
	})
	t.Run("a fabric module that had the management address", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, time.Minute)
		s.inject(t, sim.Fault{Kind: sim.FMFail, Target: "CH1.FM1"})
		_, _ = s.after(t, 2*time.Second) // the interface may have dropped
		b := s.look(t, time.Minute)
		require.Empty(t, b.Partial)
		require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "fm", "CH1.FM1").Health)
	})
}

// Performance is given ten names a request, twelve requests a look: every one
// of a thousand file systems and of three hundred buckets is read once in a
// round, and none twice.
func TestSimulatedLargeLosesAndRepeatsNoName(t *testing.T) {
	const fileSystems, buckets = 1000, 300
	s := simulate(t, sim.Large, func(o *flashblade.Options) { o.MaxFileSystems, o.MaxBuckets = fileSystems, buckets })
	b := s.look(t, time.Minute)
	require.Empty(t, b.Partial)
	require.Equal(t, fileSystems*2, resttest.Count(b, "purefb_file_systems_space_bytes"), "the list comes in pages and whole")
	require.Equal(t, 30, count(b, "blade"))
	seen := map[string]int{}
	for looks := 0; looks < 12; looks++ {
		for _, x := range b.Samples {
			if strings.HasSuffix(x.Key.Metric, "_performance_latency_usec") && strings.Contains(x.Key.Labels, `dimension="usec_per_read_op"`) && strings.Contains(x.Key.Labels, "name=") {
				seen[x.Key.Metric+x.Key.Labels]++
			}
		}
		if len(seen) == fileSystems+buckets {
			break
		}
		b = s.look(t, 30*time.Second)
	}
	require.Len(t, seen, fileSystems+buckets)
	again := 0
	for key, n := range seen {
		if strings.HasPrefix(key, "purefb_file_systems") {
			require.Equal(t, 1, n, key)
		} else if n > 1 {
			again++ // buckets are fewer: their next round may have begun
		}
	}
	require.LessOrEqual(t, again, buckets)
}

func count(b localmon.Batch, kind string) (n int) {
	for _, s := range b.States {
		if s.Type == kind {
			n++
		}
	}
	return n
}

func TestWhatWasMissedIsRecalledFromTheArraysOwnHistory(t *testing.T) {
	recall := func(t *testing.T, s *simulated, from time.Time) (all []localmon.Batch, failed error) {
		t.Helper()
		for b, err := range s.src.Recall(t.Context(), from, s.now) {
			if err != nil {
				failed = err
				continue
			}
			require.True(t, b.At.After(from) && b.At.Before(s.now), "%s is not between %s and %s", b.At, from, s.now)
			require.NoError(t, sourcetest.Check(b, "fb1", b.At))
			require.Empty(t, b.States)
			require.False(t, b.AlertsRead)
			if len(all) > 0 {
				require.True(t, b.At.After(all[len(all)-1].At), "in order")
			}
			all = append(all, b)
		}
		return all, failed
	}
	ops := func(t *testing.T, b localmon.Batch, protocol string) float64 {
		return resttest.Value(t, b, "purefb_array_performance_throughput_iops", "protocol", protocol, "dimension", "reads_per_sec")
	}
	t.Run("the work of every protocol and the space of every type", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, 0)
		seen := s.look(t, 30*time.Second) // what a look at this time says, the record says too
		from := s.now.Add(-time.Second)
		s.inject(t, sim.Fault{Kind: sim.NFSDown, At: s.now.Add(5 * time.Minute), Duration: 10 * time.Minute})
		s.look(t, 30*time.Minute)
		past, err := recall(t, s, from)
		require.NoError(t, err)
		require.Len(t, past, 60, "a batch for every thirty seconds of half an hour")
		require.InEpsilon(t, ops(t, seen, "NFS"), ops(t, past[0], "NFS"), 0.5, "the mean of thirty seconds is near the moment")
		require.Zero(t, ops(t, past[20], "NFS"), "the trouble nobody saw is in the record")
		require.Positive(t, ops(t, past[20], "S3"))
		require.Positive(t, ops(t, past[55], "NFS"))
		spaces := 0
		for i, b := range past {
			if n := resttest.Count(b, "purefb_array_space_data_reduction_ratio"); n > 0 {
				require.Equal(t, 3, n)
				require.Equal(t, 1, resttest.Count(b, "purefb_array_space_utilization"))
				spaces++
			}
			require.Zero(t, resttest.Count(b, "purefb_file_systems_space_bytes"))
			if i > 0 {
				require.Equal(t, 30*time.Second, b.At.Sub(past[i-1].At))
			}
		}
		require.Equal(t, 6, spaces, "space is recorded every five minutes")
	})
	t.Run("a skewed clock moves the record to the kit's time", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.inject(t, sim.Fault{Kind: sim.ClockSkew, Params: map[string]string{"by": "2h"}})
		s.look(t, 30*time.Second)
		before := s.now
		s.look(t, 10*time.Minute)
		past, err := recall(t, s, before)
		require.NoError(t, err)
		require.Len(t, past, 19)
		require.Equal(t, 2*time.Hour, past[0].TargetAt.Sub(past[0].At))
	})
	t.Run("an endpoint that fails costs its own record only", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, 30*time.Second)
		before := s.now
		s.look(t, 10*time.Minute)
		s.inject(t, sim.Fault{Kind: sim.TruncatedJSON, Params: map[string]string{"path": "arrays/space"}})
		past, err := recall(t, s, before)
		require.ErrorContains(t, err, "the past of arrays/space?type=array")
		require.Len(t, past, 19)
	})
	t.Run("an array that is gone", func(t *testing.T) {
		s := simulate(t, sim.Small)
		s.look(t, 30*time.Second)
		s.inject(t, sim.Fault{Kind: sim.ArrayRestart})
		past, err := recall(t, s, s.now.Add(-time.Hour))
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.Empty(t, past)
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
			have[r.Path] = r.Items
		}
	}
	require.Equal(t, 15, have["blades"], "every slot, used or not")
	require.Equal(t, 20, have["file-systems"])
	require.Equal(t, 8, have["buckets"])
	require.Contains(t, have, "network-interfaces/connectors/performance")
	require.NotContains(t, have, "hardware-connectors/performance", "it moved")
}
