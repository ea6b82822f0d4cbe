package benchpeer

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	turns   = 5
	perTurn = 250 * time.Millisecond // of processor time
)

// query is one way to ask; it returns how many samples the answer is made of.
type query func() (samples int, err error)

// race lets the queries take turns and returns the median of what a sample
// costs each of them in processor time.
func race(t *testing.T, queries ...query) []float64 {
	times := make([]int, len(queries))
	for i, q := range queries {
		_, err := q() // the first time files are read
		require.NoError(t, err)
		before := cpuTime(ofProcess)
		_, err = q()
		require.NoError(t, err)
		times[i] = 1 + int(perTurn/max(cpuTime(ofProcess)-before, time.Microsecond))
	}
	costs := make([][]float64, len(queries))
	for range turns {
		for i, q := range queries {
			runtime.GC()
			n := 0
			before := cpuTime(ofProcess)
			for range times[i] {
				k, err := q()
				require.NoError(t, err)
				n += k
			}
			costs[i] = append(costs[i], float64(cpuTime(ofProcess)-before)/float64(n))
		}
	}
	medians := make([]float64, len(queries))
	for i, c := range costs {
		slices.Sort(c)
		medians[i] = c[turns/2]
	}
	return medians
}
