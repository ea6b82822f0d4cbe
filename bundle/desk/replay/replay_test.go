package replay_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/desk/replay"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// site is a site with a failed drive where a person goes on wherever that leads.
type site struct{ now time.Time }

func (s site) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	switch kind {
	case "drive":
		return []runbooks.Component{{Name: "CH0.BAY2", Type: kind, Status: "healthy"}, {Name: "CH0.BAY3", Type: kind, Status: "failed"}}, s.now, nil
	case "controller":
		return []runbooks.Component{{Name: "CT0", Type: kind, Status: "ready"}}, s.now, nil
	}
	return nil, time.Time{}, runbooks.ErrNoData
}

func (site) Values(context.Context, string, map[string]string, time.Duration) ([]runbooks.Value, error) {
	return nil, runbooks.ErrNoData
}

func (s site) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	return nil, s.now, nil
}

func (site) Evidence(context.Context, string) (map[string][]byte, error) {
	return map[string][]byte{"drives.json": []byte("[]\n")}, nil
}

func (site) DraftCase(context.Context, engine.Case) (string, error) { return "T-1", nil }

func (site) Ask(_ context.Context, s engine.Screen) (string, string, error) {
	return s.Choices[len(s.Choices)-1].ID, "", nil
}

// bundle is an opened bundle with one run of drive-failed in it.
func bundle(t *testing.T) (fstest.MapFS, *runbooks.Library) {
	t.Helper()
	lib, err := content.Library()
	require.NoError(t, err)
	book, _ := lib.Get("drive-failed")
	s := site{time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	dir := filepath.Join(t.TempDir(), "R-0001")
	run, err := engine.Start(dir, book, engine.Begin{Run: "R-0001", Target: "fa-1", Component: "CH0.BAY3"}, engine.Options{
		Facts: s, Human: s, Site: s, Lang: runbooks.English, Actor: "mdurand", Now: func() time.Time { return s.now },
		Boot: func() time.Duration { return time.Hour }, Sleep: func(context.Context, time.Duration) error { return nil },
	})
	require.NoError(t, err)
	_, err = run.Go(t.Context())
	require.NoError(t, err)
	require.NoError(t, run.Close())
	out := fstest.MapFS{}
	for _, name := range []string{engine.LogFile, engine.FactsFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		out[replay.Folder+"/R-0001/"+name] = &fstest.MapFile{Data: data}
	}
	return out, lib
}

// edit changes a file of the bundle.
func edit(t *testing.T, b fstest.MapFS, name, from, to string) {
	t.Helper()
	f := b[replay.Folder+"/R-0001/"+name]
	require.Contains(t, string(f.Data), from)
	f.Data = bytes.ReplaceAll(f.Data, []byte(from), []byte(to))
}

func one(t *testing.T, b fs.FS, lib *runbooks.Library) replay.Run {
	t.Helper()
	runs, err := replay.Runs(t.Context(), b, lib)
	require.NoError(t, err)
	require.Len(t, runs, 1)
	return runs[0]
}

func TestRuns(t *testing.T) {
	t.Run("as it was written", func(t *testing.T) {
		b, lib := bundle(t)
		r := one(t, b, lib)
		require.NoError(t, r.Err)
		require.True(t, r.Whole && r.SameBook)
		require.Equal(t, runbooks.Escalated, r.Outcome)
		require.NotEmpty(t, r.Verdicts)
		require.Empty(t, r.Disagree())
		require.Empty(t, r.Unasked())
	})
	t.Run("redacted", func(t *testing.T) {
		b, lib := bundle(t)
		for _, name := range []string{engine.LogFile, engine.FactsFile} {
			edit(t, b, name, "fa-1", "ARRAY-0007")
		}
		r := one(t, b, lib)
		require.False(t, r.Whole)
		require.Equal(t, "ARRAY-0007", r.Target)
		require.Empty(t, r.Disagree())
		require.Empty(t, r.Unasked())
	})
	t.Run("an answer that was changed", func(t *testing.T) {
		b, lib := bundle(t)
		edit(t, b, engine.FactsFile, `"status":"failed"`, `"status":"healthy"`)
		require.NotEmpty(t, one(t, b, lib).Disagree())
	})
	t.Run("answers that did not come along", func(t *testing.T) {
		b, lib := bundle(t)
		delete(b, replay.Folder+"/R-0001/"+engine.FactsFile)
		r := one(t, b, lib)
		require.Empty(t, r.Disagree())
		require.Len(t, r.Unasked(), len(r.Verdicts))
	})
	t.Run("a runbook the desk does not hold", func(t *testing.T) {
		b, _ := bundle(t)
		none, err := runbooks.NewLibrary(nil)
		require.NoError(t, err)
		r := one(t, b, none)
		require.False(t, r.SameBook)
		require.Contains(t, r.Unasked()[0].Problem, "does not hold the runbook")
	})
	t.Run("rubbish is a run with an error", func(t *testing.T) {
		b, lib := bundle(t)
		b[replay.Folder+"/R-0001/"+engine.LogFile].Data = []byte("rubbish\n")
		require.ErrorIs(t, one(t, b, lib).Err, engine.ErrLogDamaged)
	})
	t.Run("no runs", func(t *testing.T) {
		_, lib := bundle(t)
		runs, err := replay.Runs(t.Context(), fstest.MapFS{}, lib)
		require.NoError(t, err)
		require.Empty(t, runs)
	})
}

func TestAsk(t *testing.T) {
	b, _ := bundle(t)
	drives := runbooks.Predicate{Count: &runbooks.CountIs{Type: "drive", Status: []string{"failed"}, Op: "==", Value: 1}}
	v, err := replay.Ask(t.Context(), b, "R-0001", drives, 2*time.Minute)
	require.NoError(t, err)
	require.Equal(t, runbooks.Pass, v.Result, "a question the run did not put in these words")
	fans := runbooks.Predicate{Each: &runbooks.EachIs{Type: "fan", Status: []string{"ok"}}}
	v, err = replay.Ask(t.Context(), b, "R-0001", fans, 2*time.Minute)
	require.NoError(t, err)
	require.Equal(t, runbooks.Unknown, v.Result)
	for _, name := range []string{"R-0002", "../R-0001", "", "a/b"} {
		_, err = replay.Ask(t.Context(), b, name, fans, 0)
		require.Error(t, err, name)
	}
}
