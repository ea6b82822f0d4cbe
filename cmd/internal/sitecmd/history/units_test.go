package history

import (
	"testing"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestUnitsThatSeriesOfAMetricShare(t *testing.T) {
	of := func(metric, labels string, u localmon.Unit) localmon.Series {
		return localmon.Series{Key: localmon.SeriesKey{Metric: metric, Labels: labels}, Unit: u}
	}
	list := []localmon.Series{of("a", "1", "x"), of("a", "2", "x"), of("b", "1", "x"), of("b", "2", ""), of("c_bytes", "1", "ratio"), of("c_bytes", "2", "bytes"), of("d", "", "")}
	oneUnit(list)
	var got []localmon.Unit
	for _, s := range list {
		got = append(got, s.Unit)
	}
	require.Equal(t, []localmon.Unit{"x", "x", "", "", "bytes", "bytes", ""}, got)
}
