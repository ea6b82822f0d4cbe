package replay_test

import (
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/desk/replay"
	"darksite/bundle/desk/triage"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// shows is a bundle in which a drive of fa-1 has failed.
func shows(t *testing.T) triage.Facts {
	t.Helper()
	f, err := triage.Read(fstest.MapFS{
		"files/arraystate/fa-1/drives.json":      {Data: []byte(`{"items":[{"name":"CH0.BAY2","type":"SSD","status":"healthy"},{"name":"CH0.BAY3","type":"SSD","status":"failed"}]}`)},
		"files/arraystate/fa-1/controllers.json": {Data: []byte(`{"items":[{"name":"CT0","status":"ready"},{"name":"CT1","status":"not ready"}]}`)},
		"files/monitor/changes.jsonl":            {},
		"files/monitor/alerts.jsonl":             {Data: []byte(`{"rule":"drive-failed","target":"fa-1","component":"CH0.BAY3","status":"firing","severity":2,"summary":"drive","runbook":"drive-failed","since":"2026-11-22T03:00:00Z"}` + "\n")},
	}, time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return f
}

func TestTheChecksOfARunbookAreAskedOfTheBundle(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	book, _ := lib.Get("drive-failed")
	results := map[string]runbooks.Result{}
	for _, c := range replay.Checks(t.Context(), book, shows(t), "fa-1") {
		require.Equal(t, "drive-failed", c.Runbook)
		require.NotEmpty(t, c.Asks)
		require.NotEmpty(t, c.Saw)
		results[c.Step] = c.Result
	}
	require.Equal(t, runbooks.Pass, results["only-one"])
	require.Equal(t, runbooks.Fail, results["rebuilding"])
	require.Equal(t, runbooks.Fail, results["controllers"])
	require.Empty(t, replay.Checks(t.Context(), book, shows(t), "another"))
	without := shows(t)
	without.Arrays[0].Parts, without.Watched = nil, false
	for _, c := range replay.Checks(t.Context(), book, without, "fa-1") {
		require.Equal(t, runbooks.Unknown, c.Result, "what is missing is never taken for health")
	}
}

func TestEveryCheckOfEveryRunbookCanBeAsked(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	asked := 0
	for _, book := range lib.All() {
		for _, c := range replay.Checks(t.Context(), book, shows(t), "fa-1") {
			require.NotEmpty(t, c.Saw, "%s %s", book.ID, c.Step)
			asked++
		}
	}
	require.Greater(t, asked, 50)
}

func TestARunThatDoesNotComeOutIsAFinding(t *testing.T) {
	b, lib := bundle(t)
	require.Empty(t, replay.Findings([]replay.Run{one(t, b, lib)}))
	edit(t, b, engine.FactsFile, `"status":"failed"`, `"status":"healthy"`)
	found := replay.Findings([]replay.Run{one(t, b, lib)})
	require.NotEmpty(t, found)
	require.Regexp(t, `^run/drive-failed@`, found[0].Rule)
	require.Contains(t, found[0].Title, "comes out as")
	r := triage.Report{Findings: []triage.Finding{{Rule: "x", Severity: 3, Open: true}}}.With(found...)
	require.Equal(t, found[0].Rule, r.Findings[0].Rule, "it ranks by its severity")
	b[replay.Folder+"/R-0001/"+engine.LogFile].Data = []byte("rubbish\n")
	found = replay.Findings([]replay.Run{one(t, b, lib)})
	require.Len(t, found, 1)
	require.Contains(t, found[0].Title, "cannot be read")
}
