package content_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	// Each line of a log is synced; in memory that costs nothing.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		_ = os.Setenv("TMPDIR", "/dev/shm") // else it only takes longer
	}
	os.Exit(m.Run())
}

func eachCase(t *testing.T, visit func(t *testing.T, book *runbooks.Runbook, c content.Case)) {
	lib, err := content.Library()
	require.NoError(t, err)
	for _, book := range lib.All() {
		cases, err := content.Cases(book.ID)
		require.NoError(t, err, "every runbook carries its cases")
		for _, c := range cases {
			t.Run(book.ID+"/"+c.Name, func(t *testing.T) { visit(t, book, c) })
		}
	}
}

func begin(c content.Case) engine.Begin {
	return engine.Begin{Run: "R-0001", Target: "fa-1", Component: c.About, Alert: 7, Change: "CR-1", Case: "00000001"}
}

// Every case goes the way it states. Together they reach every step of every
// runbook and take every edge: a result nobody has seen lead on is a result
// nobody knows where it leads.
func TestEveryCaseComesOutAsStatedAndEveryEdgeIsTaken(t *testing.T) {
	var mu sync.Mutex
	taken := map[string]bool{}
	t.Run("cases", func(t *testing.T) {
		eachCase(t, func(t *testing.T, book *runbooks.Runbook, c content.Case) {
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
	eachCase(t, func(t *testing.T, book *runbooks.Runbook, c content.Case) {
		t.Parallel() // it waits for the disk
		whole := newWorld(c)
		whole.second = "ppetit"
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
			w.second, w.leaveAt = "ppetit", at
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

// Every runbook is tried with the fault it is for, without any, with two faults
// that look like it and are another's, with old data, with nothing to be seen, and
// where neither evidence nor a draft can be written.
func TestEveryRunbookIsTriedWithEveryKindOfCase(t *testing.T) {
	kinds := map[string]map[string]int{}
	eachCase(t, func(_ *testing.T, book *runbooks.Runbook, c content.Case) {
		if kinds[book.ID] == nil {
			kinds[book.ID] = map[string]int{}
		}
		for _, kind := range kindsOf(c, book) {
			kinds[book.ID][kind]++
		}
	})
	for id, has := range kinds {
		for kind, want := range map[string]int{"fault": 1, "none": 1, "look-alike": 2, "stale": 1, "lost": 1, "nothing can be written": 1} {
			assert.GreaterOrEqual(t, has[kind], want, "%s: cases of the kind %q", id, kind)
		}
		t.Logf("%-34s fault %2d  none %2d  look-alike %2d  stale %2d  lost %2d  unwritable %2d", id,
			has["fault"], has["none"], has["look-alike"], has["stale"], has["lost"], has["nothing can be written"])
	}
}

// kindsOf says what a case is a case of.
func kindsOf(c content.Case, book *runbooks.Runbook) (kinds []string) {
	add := func(is bool, kind string) {
		if is {
			kinds = append(kinds, kind)
		}
	}
	nothing := func(f content.Components, m content.Series, a []string) bool {
		return len(f) == 0 && len(m) == 0 && a == nil
	}
	none := c.End == runbooks.NotApplicable
	add(!none && c.Age == 0 && !nothing(c.Facts, c.Metrics, c.Alerts) || !none && !asks(book), "fault")
	add(none, "none")
	// Another fault is there, and this runbook has nothing to do with it.
	add(none && (len(c.Alerts) > 0 || strings.Contains(c.Name, "another matter")), "look-alike")
	add(c.Age > 0, "stale")
	lost := nothing(c.Facts, c.Metrics, c.Alerts)
	for _, ch := range c.After {
		lost = lost || len(ch.Facts) == 0 && len(ch.Metrics) == 0
	}
	add(lost, "lost")
	add(c.Broken, "nothing can be written")
	return kinds
}

// asks reports whether a runbook asks the data anything; one that leads a person
// through what only a person can see does not.
func asks(book *runbooks.Runbook) bool {
	return slices.ContainsFunc(book.Steps, func(s runbooks.Step) bool { return s.Expect != nil })
}
