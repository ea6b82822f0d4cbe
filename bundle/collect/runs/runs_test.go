package runs_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/runs"

	"github.com/stretchr/testify/require"
)

func put(t *testing.T, dir, name string, age time.Duration) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(name+"\n"), 0o600))
	at := time.Now().Add(-age)
	require.NoError(t, os.Chtimes(filepath.Dir(path), at, at))
}

func run(t *testing.T, c collect.Collector) (collect.Result, []string) {
	t.Helper()
	p := collect.Profile{Each: collect.Budget{Bytes: 1 << 20, Time: time.Minute}, Total: 1 << 20}
	res, err := collect.Run(t.Context(), collect.Options{Staging: t.TempDir(), Profile: p, Now: time.Now}, []collect.Collector{c})
	require.NoError(t, err)
	var paths []string
	for _, it := range res.Items {
		paths = append(paths, it.Path)
	}
	return res, paths
}

func TestNewestRunsAreCopied(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, ".start-R-4/log.jsonl", 0) // a start that was interrupted is no run
	put(t, dir, "R-1/run.json", 3*time.Hour)
	put(t, dir, "R-2/run.json", 2*time.Hour)
	put(t, dir, "R-2/fr.md", 2*time.Hour) // the runbook's own words
	put(t, dir, "R-2/evidence/out.txt", 2*time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "R-2"), time.Now().Add(-2*time.Hour), time.Now().Add(-2*time.Hour)))
	put(t, dir, "R-3/run.json", time.Hour)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "R-3", "link")))
	require.NoError(t, os.Chtimes(filepath.Join(dir, "R-3"), time.Now(), time.Now()))

	c := runs.New(runs.Options{Dir: dir, Newest: 2})
	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	require.Equal(t, collect.Estimate{Files: 3, Bytes: 13 + 13 + 21, Exact: true, Items: []collect.Foreseen{
		{Origin: "run R-3", Files: 1, Bytes: 13, Exact: true}, {Origin: "run R-2", Files: 2, Bytes: 34, Exact: true},
	}}, e)
	res, paths := run(t, c)
	require.Equal(t, []string{"files/runs/R-3/run.json", "files/runs/R-2/evidence/out.txt", "files/runs/R-2/run.json"}, paths)
	require.Equal(t, []collect.Omission{
		{Origin: "run R-3/link", Source: "runs", Reason: "not a regular file"},
		{Origin: "run R-2/fr.md", Source: "runs", Reason: "the runbook's own words: the log names them by digest"},
	}, res.Omitted)
	require.Equal(t, collect.OK, res.Collectors[0].State)
}

func TestRunsByName(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "R-1/run.json", time.Hour)
	put(t, dir, "R-2/run.json", 0)
	res, paths := run(t, runs.New(runs.Options{Dir: dir, Only: []string{"R-1", "R-9", "../R-2"}}))
	require.Equal(t, []string{"files/runs/R-1/run.json"}, paths)
	require.Len(t, res.Omitted, 2)
	require.Equal(t, "there is no such run", res.Omitted[0].Reason)
	require.Equal(t, collect.Partial, res.Collectors[0].State)
}

func TestSiteWithoutRuns(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "runs")
	res, paths := run(t, runs.New(runs.Options{Dir: absent}))
	require.Empty(t, paths)
	require.Equal(t, collect.OK, res.Collectors[0].State)
	res, _ = run(t, runs.New(runs.Options{Dir: absent, Only: []string{"R-1"}}))
	require.Equal(t, collect.Failed, res.Collectors[0].State)
}
