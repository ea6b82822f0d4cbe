package localmon_test

import (
	"math"
	"testing"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestSamplerKeepsOneNumberASeries(t *testing.T) {
	s := localmon.NewSampler("fa1")
	s.Add(2, "b", "y", "2", "x", "1")
	s.Add(3, "b", "x", "1", "y", "2") // the same series in another order
	s.Add(math.NaN(), "c")
	s.Add(math.Inf(1), "c")
	s.Add(1, "a")
	require.Equal(t, 2, s.Len())
	require.Equal(t, []localmon.Sample{
		{Key: localmon.SeriesKey{Target: "fa1", Metric: "a"}, Value: 1},
		{Key: localmon.SeriesKey{Target: "fa1", Metric: "b", Labels: `x="1",y="2"`}, Value: 2},
	}, s.Samples())
}
