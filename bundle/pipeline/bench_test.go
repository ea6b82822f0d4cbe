package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"darksite/bundle/bundletest"
	"darksite/bundle/collect"
	"darksite/bundle/pipeline"

	"github.com/stretchr/testify/require"
)

// BenchmarkCollectToSealed leads 32 MiB of log lines from collection to the
// sealed file, the review of two officers included, through the small gate of
// the tests: the real one has its own benchmark.
func BenchmarkCollectToSealed(b *testing.B) {
	var text strings.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for text.Len() < 32<<20 {
		fmt.Fprintf(&text, "2026-03-02T08:%02d:%02d.%06dZ kernel: sd %d:0:0:%d: [sdb] tag#%d FAILED Result: hostbyte=DID_OK cmd_age=%ds\n",
			rng.IntN(60), rng.IntN(60), rng.IntN(1e6), rng.IntN(16), rng.IntN(9), rng.IntN(300), rng.IntN(60))
	}
	s := newSite(b)
	q := s.request(document("logs", text.String()))
	q.Profile = collect.Profile{Name: "bench", Each: collect.Budget{Bytes: 1 << 30, Time: q.Profile.Each.Time}, Total: 1 << 30}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		id := s.approvedWith(q)
		require.NoError(b, s.p.Seal(b.Context(), id, bundletest.OfficerB))
		require.NoError(b, s.p.Withdraw(b.Context(), id, "bench", "done"))
		require.Equal(b, pipeline.Withdrawn, s.state(id))
	}
}
