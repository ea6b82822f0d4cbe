package weekly_test

import (
	"testing"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/triage"
	"darksite/bundle/desk/weekly"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

const rule = `rules:
  - id: defect
    title: a defect
    versions: {from: 6.4.0, before: 6.6.10}
    severity: 2
    when: {part: {type: [drive], healthy: [healthy]}}
    advice: upgrade
    fixed_in: 6.6.10
    must: [{name: a, version: 6.6.3, parts: [{type: drive, name: D, status: failed}]}]
    must_not: [{name: b, version: 6.6.10, parts: [{type: drive, name: D, status: failed}]}]
    cannot: [{name: c}]
`

func rules(t *testing.T) triage.Rules {
	t.Helper()
	r, err := triage.Parse("r.yaml", []byte(rule))
	require.NoError(t, err)
	return r
}

func facts(version string, parts ...triage.Part) *triage.Facts {
	return &triage.Facts{Watched: true, Arrays: []triage.Array{{Name: "array-1", Version: version, Parts: parts}}}
}

func drive(name, status string) triage.Part {
	return triage.Part{Type: "drive", Name: name, Status: status}
}

func bundles(seqs ...int64) []desk.Bundle {
	var out []desk.Bundle
	for i, s := range seqs {
		at := now.Add(-time.Duration(len(seqs)-1-i) * 4 * 24 * time.Hour)
		out = append(out, desk.Bundle{Seq: s, Taken: at, Received: at})
	}
	return out
}

func TestWeek(t *testing.T) {
	s := weekly.Site{
		File:    desk.Site{Code: "S042", Plan: &desk.Plan{Kind: desk.Basic, From: now.AddDate(-1, 0, 0), Until: now.AddDate(0, 0, 12)}},
		Bundles: bundles(2, 3, 6), Open: 1,
		Before: facts("6.6.3", drive("A", "failed"), drive("B", "failed"), drive("C", "healthy")),
		Now:    facts("6.6.3", drive("A", "healthy"), drive("B", "failed"), drive("C", "failed")),
	}
	got := weekly.Build(s, rules(t), now)
	of := func(list []triage.Finding) (out []string) {
		for _, f := range list {
			out = append(out, f.Component)
		}
		return out
	}
	require.Equal(t, [][]string{{"C"}, {"B"}, {"A"}}, [][]string{of(got.New), of(got.Still), of(got.Cleared)})
	require.Equal(t, []int64{1, 4, 5}, got.Missing)
	require.Equal(t, []weekly.Risk{{Array: "array-1", Version: "6.6.3", Rule: "defect", Title: "a defect", FixedIn: "6.6.10", Advice: "upgrade"}}, got.Risks)
	require.Equal(t, now.AddDate(0, 0, 12), *got.PlanEnds)
	require.Zero(t, got.Silent)
	require.True(t, got.Worth())

	s.Now = facts("6.6.3", drive("A", "healthy"))
	require.Len(t, weekly.Build(s, rules(t), now).Risks, 1, "a defect that does not show yet is a risk")
	s.Now = facts("6.6.10", drive("A", "healthy"))
	require.Empty(t, weekly.Build(s, rules(t), now).Risks)
}

func TestSilenceAndRenewal(t *testing.T) {
	year := &desk.Plan{Kind: desk.Basic, From: now, Until: now.AddDate(1, 0, 0)}
	s := weekly.Site{File: desk.Site{Code: "S042", Plan: year}, Bundles: bundles(1), Now: facts("6.6.10")}
	require.False(t, weekly.Build(s, nil, now).Worth())
	require.Zero(t, weekly.Build(s, nil, now.Add(weekly.Silence)).Silent)
	require.Equal(t, weekly.Silence+time.Hour, weekly.Build(s, nil, now.Add(weekly.Silence+time.Hour)).Silent)
	require.NotNil(t, weekly.Build(s, nil, now.AddDate(2, 0, 0)).PlanEnds, "over is near too")
	s = weekly.Site{File: desk.Site{Code: "S042"}}
	got := weekly.Build(s, nil, now)
	require.True(t, got.NoPlan)
	require.Zero(t, got.Silent, "a site that never sent anything has not gone silent")
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		list           []desk.Bundle
		newest, before int
	}{
		{nil, -1, -1},
		{bundles(1), 0, -1},
		{bundles(1, 2), 1, -1}, // four days apart
		{bundles(1, 2, 3), 2, 0},
		{bundles(1, 2, 3, 4), 3, 1},
	} {
		newest, before := weekly.Choose(c.list)
		require.Equal(t, []int{c.newest, c.before}, []int{newest, before})
	}
}
