package arraystate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/arraystate"

	"github.com/stretchr/testify/require"
)

func TestArrayThatHangsCostsOnlyItself(t *testing.T) {
	staging := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		answers := []arraystate.Reply{{Path: "arrays", JSON: []byte("{}\n")}}
		hangs := arraystate.Array{Target: "hangs", Raw: func(ctx context.Context) ([]arraystate.Reply, error) {
			<-ctx.Done()
			return answers, ctx.Err()
		}}
		good := arraystate.Array{Target: "good", Raw: func(context.Context) ([]arraystate.Reply, error) { return answers, nil }}
		p := collect.Profile{Each: collect.Budget{Bytes: 1 << 20, Time: 2 * time.Minute}, Total: 1 << 20}
		res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{arraystate.New(hangs, good)})
		require.NoError(t, err)
		require.Len(t, res.Items, 2, "also what the one that hangs had answered")
		require.Equal(t, []collect.Omission{{Origin: "array hangs", Source: "arraystate", Reason: "stopped after 1m0s; what it had answered is kept"}}, res.Omitted)
		require.Equal(t, collect.Partial, res.Collectors[0].State)
	})
}

func TestEveryReplyIsAFileAndEveryLossIsSaid(t *testing.T) {
	gone := errors.New("connection reset")
	good := arraystate.Array{Target: "fa-prod-1", Raw: func(context.Context) ([]arraystate.Reply, error) {
		return []arraystate.Reply{
			{Path: "arrays", JSON: []byte("{\"items\":[]}\n")},
			{Path: "network-interfaces/performance", JSON: []byte("{}\n"), Err: errors.New("page 3 of 4 is missing")},
			{Path: "pods", Err: errors.New("the array's REST 2.1 does not have it")},
		}, nil
	}}
	half := arraystate.Array{Target: "../escape", Raw: func(context.Context) ([]arraystate.Reply, error) {
		return []arraystate.Reply{{Path: "arrays", JSON: []byte("{}\n")}}, gone
	}}
	c := arraystate.New(half, good)
	require.Equal(t, []string{"array ../escape, read-only endpoints", "array fa-prod-1, read-only endpoints"}, c.Plan().From)
	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	require.False(t, e.Exact)
	require.Len(t, e.Items, 2)

	good.Reach, half.Reach = func(context.Context) error { return nil }, func(context.Context) error { return gone }
	e, err = arraystate.New(half, good).Estimate(t.Context())
	require.NoError(t, err)
	require.Equal(t, "connection reset", e.Items[0].Problem)
	require.Empty(t, e.Items[1].Problem)
	require.Equal(t, e.Items[1].Bytes, e.Bytes, "an array that cannot be reached counts for nothing")

	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: 1 << 20, Time: time.Minute}, Total: 1 << 20}
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{c})
	require.NoError(t, err)
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	var paths []string
	for _, it := range res.Items {
		paths = append(paths, it.Path)
		require.FileExists(t, filepath.Join(staging, it.Path))
	}
	require.Equal(t, []string{
		"files/arraystate/escape/arrays.json", "files/arraystate/fa-prod-1/arrays.json",
		"files/arraystate/fa-prod-1/network-interfaces-performance.json",
	}, paths)
	require.Equal(t, []collect.Omission{
		{Origin: "array ../escape", Source: "arraystate", Reason: "connection reset"},
		{Origin: "array fa-prod-1: network-interfaces/performance", Source: "arraystate", Reason: "page 3 of 4 is missing"},
		{Origin: "array fa-prod-1: pods", Source: "arraystate", Reason: "the array's REST 2.1 does not have it"},
	}, res.Omitted)
	text, err := os.ReadFile(filepath.Join(staging, paths[1]))
	require.NoError(t, err)
	require.Equal(t, "{\"items\":[]}\n", string(text))
}

func TestATimeBudgetEndsTheQuestions(t *testing.T) {
	var asked []string
	slow := func(name string) arraystate.Array {
		return arraystate.Array{Target: name, Raw: func(ctx context.Context) ([]arraystate.Reply, error) {
			asked = append(asked, name)
			<-ctx.Done()
			return []arraystate.Reply{{Path: "arrays", JSON: []byte("{}\n")}}, ctx.Err()
		}}
	}
	p := collect.Profile{Each: collect.Budget{Bytes: 1 << 20, Time: 20 * time.Millisecond}, Total: 1 << 20}
	res, err := collect.Run(t.Context(), collect.Options{Staging: t.TempDir(), Profile: p, Now: time.Now},
		[]collect.Collector{arraystate.New(slow("a"), slow("b"))})
	require.NoError(t, err)
	require.Equal(t, collect.Timeout, res.Collectors[0].State)
	require.Len(t, res.Items, 1, "what came before the end is kept")
	require.Equal(t, []string{"a"}, asked)
}
