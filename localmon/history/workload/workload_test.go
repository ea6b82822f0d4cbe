package workload_test

import (
	"slices"
	"testing"

	"darksite/localmon/history/workload"

	"github.com/stretchr/testify/require"
)

func TestTheSameSeedMakesTheSameSamples(t *testing.T) {
	a, b := workload.New(workload.Default()), workload.New(workload.Default())
	other := workload.Default()
	other.Seed++
	c := workload.New(other)
	differ := false
	for range 50 {
		at, x := a.Next()
		bt, y := b.Next()
		_, z := c.Next()
		require.Equal(t, at, bt)
		require.Equal(t, x, y)
		differ = differ || !slices.Equal(x, z)
	}
	require.True(t, differ, "another seed makes other samples")
}

func TestTheDefaultArrayHasItsSeries(t *testing.T) {
	a := workload.New(workload.Default())
	require.Len(t, a.Keys(), 5000)
	_, values := a.Next()
	require.Len(t, values, 5000)
	seen := map[string]bool{}
	for _, k := range a.Keys() {
		require.False(t, seen[k.String()], k.String())
		seen[k.String()] = true
	}
	first := slices.Clone(values)
	resting := 0
	moved := make([]bool, len(first))
	for range 200 {
		_, values = a.Next()
		for i, v := range values {
			moved[i] = moved[i] || v != first[i]
		}
	}
	for _, m := range moved {
		if !m {
			resting++
		}
	}
	require.InDelta(t, 0.5, float64(resting)/5000, 0.15, "about half of them rest")
}
