package content_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"
	"darksite/runbooks/strictyaml"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	// Each line of a log is synced; in memory that costs nothing.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		_ = os.Setenv("TMPDIR", "/dev/shm") // else it only takes longer
	}
	os.Exit(m.Run())
}

func eachCase(t *testing.T, visit func(t *testing.T, book *runbooks.Runbook, c testCase)) {
	lib, err := content.Library()
	require.NoError(t, err)
	for _, book := range lib.All() {
		data, err := fs.ReadFile(content.Files(), book.ID+"/tests.yaml")
		require.NoError(t, err, "every runbook carries its cases")
		var file cases
		require.NoError(t, strictyaml.Decode(book.ID+"/tests.yaml", data, &file))
		for _, c := range file.Cases {
			t.Run(book.ID+"/"+c.Name, func(t *testing.T) { visit(t, book, c) })
		}
	}
}

func begin(c testCase) engine.Begin {
	return engine.Begin{Run: "R-0001", Target: "fa-1", Component: c.About, Alert: 7, Change: "CR-1", Case: "00000001"}
}

// Every case goes the way it states. Together they reach every step of every
// runbook and take every edge: a result nobody has seen lead on is a result
// nobody knows where it leads.
func TestEveryCaseComesOutAsStatedAndEveryEdgeIsTaken(t *testing.T) {
	var mu sync.Mutex
	taken := map[string]bool{}
	t.Run("cases", func(t *testing.T) {
		eachCase(t, func(t *testing.T, book *runbooks.Runbook, c testCase) {
			t.Parallel() // it waits for the disk
			w := newWorld(c)
			w.second = "ppetit"
			dir := filepath.Join(t.TempDir(), "R-0001")
			run, err := engine.Start(dir, book, begin(c), w.options())
			require.NoError(t, err)
			outcome, err := run.Go(t.Context())
			require.NoError(t, err)
			require.NoError(t, run.Close())
			require.Equal(t, c.Path, w.path)
			require.Equal(t, c.End, outcome)
			if c.Severity > 0 {
				require.Len(t, w.drafts, 1)
				require.Equal(t, c.Severity, w.drafts[0].Severity)
				require.NotEmpty(t, w.drafts[0].Hold)
			}
			sameFarAway(t, dir, book)
			mu.Lock()
			defer mu.Unlock()
			for _, id := range w.path {
				taken[book.ID+": "+id] = true
			}
			for _, e := range logged(t, dir) {
				if e.Event == engine.Finished {
					taken[strings.TrimSpace(book.ID+": "+e.Step+" "+e.Result)] = true
				}
			}
		})
	})
	lib, err := content.Library()
	require.NoError(t, err)
	var missing []string
	for _, book := range lib.All() {
		for _, s := range book.Steps {
			for _, result := range append([]string{""}, s.Results()...) {
				if edge := strings.TrimSpace(book.ID + ": " + s.ID + " " + result); !taken[edge] {
					missing = append(missing, edge)
				}
			}
		}
	}
	require.Empty(t, missing)
}

func logged(t *testing.T, dir string) []engine.Entry {
	f, err := os.Open(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	defer f.Close()
	entries, _, err := engine.ReadLog(f)
	require.NoError(t, err)
	return entries
}

// Leaving at any screen and coming back gives the same way and the same end. Each
// step of each runbook is left once.
func TestLeavingAnywhereAndComingBackChangesNothing(t *testing.T) {
	var mu sync.Mutex
	left := map[string]bool{}
	eachCase(t, func(t *testing.T, book *runbooks.Runbook, c testCase) {
		t.Parallel() // it waits for the disk
		whole := newWorld(c)
		run, err := engine.Start(filepath.Join(t.TempDir(), "R-0001"), book, begin(c), whole.options())
		require.NoError(t, err)
		_, err = run.Go(t.Context())
		require.NoError(t, err)
		for at := range whole.screens {
			mu.Lock()
			known := left[book.ID+": "+whole.seen[at]]
			left[book.ID+": "+whole.seen[at]] = true
			mu.Unlock()
			if known {
				continue
			}
			dir := filepath.Join(t.TempDir(), "R-0001")
			w := newWorld(c)
			w.leaveAt = at
			run, err := engine.Start(dir, book, begin(c), w.options())
			require.NoError(t, err)
			_, err = run.Go(t.Context())
			require.ErrorIs(t, err, engine.ErrLeft)
			require.NoError(t, run.Close())
			w.leaveAt = -1
			run, err = engine.Open(dir, w.options())
			require.NoError(t, err)
			outcome, err := run.Go(t.Context())
			require.NoError(t, err)
			require.NoError(t, run.Close())
			require.Equal(t, c.End, outcome, "left at screen %d", at)
			if len(c.After) == 0 { // where the world moves on, a check that changed is asked again
				require.Equal(t, c.Path, w.path, "left at screen %d", at)
			}
		}
	})
}
