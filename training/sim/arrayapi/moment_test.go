package arrayapi_test

import (
	"sync"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// TestCallsAtOnceAreAnsweredAsOneByOne: the calls of one instant share what is
// worked out for it, whichever comes first.
func TestCallsAtOnceAreAnsweredAsOneByOne(t *testing.T) {
	paths := []string{
		"arrays/performance", "volumes/performance", "hosts/performance", "hosts/performance/balance",
		"network-interfaces/performance", "pods/performance", "pod-replica-links/lag", "volumes", "arrays/space",
	}
	one, many := newRig(t, sim.Options{Size: sim.Recorded}), newRig(t, sim.Options{Size: sim.Recorded})
	for range 3 {
		one.array.Advance(10 * time.Second)
		many.array.Advance(10 * time.Second)
		got := make([]string, 4*len(paths))
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i] = many.raw(paths[i%len(paths)]).Body.String() })
		}
		wg.Wait()
		for i := range got {
			require.Equal(t, one.raw(paths[i%len(paths)]).Body.String(), got[i], paths[i%len(paths)])
		}
	}
}

// TestAFaultShowsWhileTheClockStands: what is kept of an instant is not kept
// past a change.
func TestAFaultShowsWhileTheClockStands(t *testing.T) {
	r := newRig(t, sim.Options{})
	usec := func() any { return r.get("arrays/performance").Items[0]["usec_per_write_op"] }
	quiet := usec()
	id := r.inject(sim.Fault{Kind: sim.NVRAMFail})
	require.NotEqual(t, quiet, usec())
	require.NoError(t, r.array.Clear(id))
	require.Equal(t, quiet, usec())
}
