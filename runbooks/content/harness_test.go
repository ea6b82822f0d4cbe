package content_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// What every runbook must come through, whatever it is about. A new runbook comes
// under all of it by being in the folder; what it needs is its tests.yaml.
var columns = []string{"right fault", "no fault", "look-alikes", "stale data", "array lost", "killed, resumed", "second = first", "edges", "far away"}

// tested is one runbook with its stated cases.
type tested struct {
	book  *runbooks.Runbook
	cases []content.Case
}

func library(t *testing.T) []tested {
	t.Helper()
	lib, err := content.Library()
	require.NoError(t, err)
	var out []tested
	for _, book := range lib.All() {
		cases, err := content.Cases(book.ID)
		require.NoError(t, err, "every runbook carries its cases")
		out = append(out, tested{book, cases})
	}
	return out
}

// ended is what one run came to.
type ended struct {
	outcome runbooks.Outcome
	log     []engine.Entry
	world   *world
	dir     string
}

// acted reports whether a person's hand was raised, and where.
func (e ended) acted() string {
	for _, l := range e.log {
		if l.Event == engine.Entered && l.Kind == runbooks.Action && l.Did == "" {
			return l.Step
		}
	}
	return ""
}

// finished is the log in short: each step that ended, with its result.
func (e ended) finished() []string {
	var out []string
	for _, l := range e.log {
		if l.Event == engine.Finished || l.Event == engine.Closed {
			out = append(out, l.Step+" "+l.Result)
		}
	}
	return slices.Compact(out)
}

// lead follows a runbook to its end; where the light goes out, it is taken up
// again by the same person.
func lead(t *testing.T, book *runbooks.Runbook, w *world) ended {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "R-0001")
	run, err := engine.Start(dir, book, begin(w.c), w.options())
	require.NoError(t, err)
	outcome, err := run.Go(t.Context())
	for lives := 0; err != nil && lives < 5; lives++ {
		require.NoError(t, run.Close())
		w.killAt = -1
		if strings.Contains(err.Error(), engine.ErrNotProven.Error()) { // it stays open, which is what it should do
			return ended{"", logged(t, dir), w, dir}
		}
		require.ErrorIs(t, err, errKilled)
		run, err = engine.Open(dir, w.options())
		require.NoError(t, err)
		outcome, err = run.Go(t.Context())
	}
	require.NoError(t, err)
	require.NoError(t, run.Close())
	return ended{outcome, logged(t, dir), w, dir}
}

// right are the stated cases in which the fault is there: the runbook has
// something to do, by a hand or by a case.
func (b tested) right() []content.Case {
	var out []content.Case
	for _, c := range b.cases {
		if c.Age == 0 && !c.Broken && c.End != runbooks.NotApplicable && !slices.Contains(c.Path, "no-sight") {
			out = append(out, c)
		}
	}
	return out
}

// hands reports whether a runbook leads to an action at all.
func (b tested) hands() bool {
	return slices.ContainsFunc(b.book.Steps, func(s runbooks.Step) bool { return s.Kind == runbooks.Action })
}

// sameFarAway asks every verdict of a run again on what the run kept.
func sameFarAway(t *testing.T, dir string, book *runbooks.Runbook) {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	kept, err := os.ReadFile(filepath.Join(dir, engine.FactsFile))
	if err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	again, err := engine.Again(t.Context(), log, kept, func(string) (*runbooks.Runbook, bool) { return book, true })
	require.NoError(t, err)
	require.True(t, again.Whole && again.SameBook)
	for _, v := range again.Verdicts {
		require.Truef(t, v.Agrees(), "line %d, step %s: %s then, %s again; %s", v.Line, v.Step, v.Logged.Result, v.Again.Result, v.Problem)
		require.Equal(t, v.Logged, v.Again)
	}
}

func TestEveryRunbookComesThrough(t *testing.T) {
	all := library(t)
	table := map[string][]string{}
	var mu sync.Mutex
	say := func(book *runbooks.Runbook, column string, n int) {
		mu.Lock()
		defer mu.Unlock()
		row := table[book.ID]
		if row == nil {
			row = make([]string, len(columns))
			table[book.ID] = row
		}
		row[slices.Index(columns, column)] = fmt.Sprint(n)
	}
	t.Run("each", func(t *testing.T) {
		for _, b := range all {
			t.Run(b.book.ID, func(t *testing.T) {
				t.Parallel()
				say(b.book, "right fault", b.rightFault(t))
				say(b.book, "no fault", b.noFault(t))
				say(b.book, "look-alikes", b.lookAlikes(t, all))
				say(b.book, "stale data", b.stale(t))
				say(b.book, "array lost", b.arrayLost(t))
				say(b.book, "killed, resumed", b.killed(t))
				say(b.book, "second = first", b.secondIsFirst(t))
				say(b.book, "edges", b.edges(t))
				say(b.book, "far away", len(b.cases))
			})
		}
	})
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-40s", "runs, all as they should be")
	for _, c := range columns {
		fmt.Fprintf(&out, "  %s", c)
	}
	for _, id := range slices.Sorted(maps.Keys(table)) {
		fmt.Fprintf(&out, "\n%-40s", id)
		for i, c := range columns {
			n := table[id][i]
			if n == "0" {
				n = "-"
			}
			fmt.Fprintf(&out, "  %*s", len(c), n)
		}
	}
	t.Log(out.String())
}

// rightFault: with the fault there, the runbook comes to a hand or to a case.
func (b tested) rightFault(t *testing.T) int {
	n := 0
	for _, c := range b.right() {
		w := newWorld(c)
		w.second = "ppetit"
		e := lead(t, b.book, w)
		require.Equal(t, c.End, e.outcome, c.Name)
		require.True(t, e.acted() != "" || len(w.drafts) > 0 || e.outcome == runbooks.Mitigated || e.outcome == runbooks.Resolved || e.outcome == runbooks.Escalated, c.Name)
		n++
	}
	require.NotZero(t, n, "a case with the fault")
	return n
}

// noFault: where nothing is wrong the runbook says so, and nothing was written:
// no hand, no case, no change.
func (b tested) noFault(t *testing.T) int {
	n := 0
	for _, c := range b.cases {
		if c.End != runbooks.NotApplicable || c.Broken {
			continue
		}
		e := lead(t, b.book, newWorld(c))
		require.Equal(t, runbooks.NotApplicable, e.outcome, c.Name)
		require.Empty(t, e.acted(), c.Name)
		require.Empty(t, e.world.drafts, c.Name)
		n++
	}
	ends := slices.ContainsFunc(b.book.Steps, func(s runbooks.Step) bool { return s.Outcome == runbooks.NotApplicable })
	require.True(t, n > 0 || !ends, "a case without the fault")
	return n
}

// lookAlikes: with the fault of any other runbook, and all well that this one
// looks at besides, no hand is raised.
func (b tested) lookAlikes(t *testing.T, all []tested) int {
	i := slices.IndexFunc(b.cases, func(c content.Case) bool { return c.End == runbooks.NotApplicable && !c.Broken && c.Age == 0 })
	if i < 0 || !b.hands() {
		return 0
	}
	n := 0
	for _, other := range all {
		rights := other.right()
		if other.book == b.book || len(rights) == 0 {
			continue
		}
		c := b.cases[i] // all is well
		c.After, c.Answers = nil, map[string]string{}
		for _, s := range b.book.Steps {
			if s.Kind == runbooks.Action {
				c.Answers[s.ID] = "fa-1" // somebody in a hurry
			}
		}
		c.Facts, c.Metrics, c.Alerts = maps.Clone(c.Facts), maps.Clone(c.Metrics), slices.Clone(c.Alerts)
		for kind, parts := range rights[0].Facts {
			if _, own := c.Facts[kind]; !own {
				if c.Facts == nil {
					c.Facts = content.Components{}
				}
				c.Facts[kind] = parts
			}
		}
		for metric, values := range rights[0].Metrics {
			if _, own := c.Metrics[metric]; !own {
				if c.Metrics == nil {
					c.Metrics = content.Series{}
				}
				c.Metrics[metric] = values
			}
		}
		for _, rule := range rights[0].Alerts {
			own := slices.ContainsFunc(b.book.Triggers, func(t runbooks.Trigger) bool { return t.Rule == rule })
			if !own {
				c.Alerts = append(c.Alerts, rule)
			}
		}
		e := lead(t, b.book, newWorld(c))
		require.Emptyf(t, e.acted(), "with the fault of %s", other.book.ID)
		n++
	}
	return n
}

// stale: the same fault in data of yesterday raises no hand and says neither that
// all is well nor that it was mended.
func (b tested) stale(t *testing.T) int {
	n := 0
	for _, c := range b.right() {
		if !b.checks() {
			continue
		}
		c.Age, c.After = 24*time.Hour, nil
		e := lead(t, b.book, newWorld(c))
		require.Empty(t, e.acted(), c.Name)
		require.NotContains(t, []runbooks.Outcome{runbooks.Resolved, runbooks.NotApplicable}, e.outcome, c.Name)
		n++
	}
	return n
}

// checks reports whether a runbook looks at data at all.
func (b tested) checks() bool {
	return slices.ContainsFunc(b.book.Steps, func(s runbooks.Step) bool { return s.Expect != nil })
}

// arrayLost: the array stops to answer at any screen. No hand is raised after
// that, and nothing is called mended.
func (b tested) arrayLost(t *testing.T) int {
	n := 0
	for _, c := range b.first() {
		whole := lead(t, b.book, newWorld(c))
		for at := range whole.world.screens - 1 { // at the last screen the end is proven already
			w := newWorld(c)
			w.loseAt = at
			e := lead(t, b.book, w)
			before := e.raised(at)
			require.Truef(t, before || e.acted() == "" || slices.Index(w.seen, e.acted()) <= at, "%s: lost at screen %d, and a hand at %s", c.Name, at, e.acted())
			require.NotEqualf(t, runbooks.Resolved, e.outcome, "%s: lost at screen %d", c.Name, at)
			n++
		}
	}
	return n
}

// raised reports whether a hand was raised before the n-th screen.
func (e ended) raised(at int) bool {
	step := e.acted()
	return step != "" && slices.Contains(e.world.seen[:min(at, len(e.world.seen))], step)
}

// first is the first case with the fault in which a hand is raised, else the first
// with the fault.
func (b tested) first() []content.Case {
	rights := b.right()
	for _, c := range rights {
		if slices.ContainsFunc(b.book.Steps, func(s runbooks.Step) bool { return s.Kind == runbooks.Action && slices.Contains(c.Path, s.ID) }) {
			return []content.Case{c}
		}
	}
	return rights[:min(1, len(rights))]
}

// killed: the light goes out at any screen, and somebody goes on. The log is what
// it would have been, but for the times and the word that it was taken up.
func (b tested) killed(t *testing.T) int {
	n := 0
	seen := map[string]bool{}
	for _, c := range b.cases {
		if c.Broken {
			continue
		}
		whole := newWorld(c)
		whole.second = "ppetit"
		want := lead(t, b.book, whole)
		for at := range whole.screens {
			if seen[whole.seen[at]] {
				continue
			}
			seen[whole.seen[at]] = true
			w := newWorld(c)
			w.killAt, w.second = at, "ppetit"
			e := lead(t, b.book, w)
			require.Equalf(t, want.outcome, e.outcome, "%s: killed at screen %d", c.Name, at)
			if len(c.After) == 0 { // where the world moves on, a check that changed is asked again
				require.Equalf(t, want.finished(), e.finished(), "%s: killed at screen %d", c.Name, at)
			}
			n++
		}
	}
	return n
}

// secondIsFirst: where two must agree, the first does not agree with himself.
func (b tested) secondIsFirst(t *testing.T) int {
	n := 0
	for _, s := range b.book.Steps {
		if s.Kind != runbooks.Action || s.Risk < runbooks.R3 {
			continue
		}
		for _, c := range b.cases {
			if !slices.Contains(c.Path, s.ID) {
				continue
			}
			w := newWorld(c)
			w.second = "mdurand"
			require.Empty(t, lead(t, b.book, w).acted(), c.Name)
			n++
		}
		require.NotZero(t, n, "a case that reaches %s", s.ID)
	}
	return n
}

// edges counts the edges; TestEveryCaseComesOutAsStatedAndEveryEdgeIsTaken proves
// that each is taken.
func (b tested) edges(*testing.T) int {
	n := 0
	for _, s := range b.book.Steps {
		n += max(len(s.Results()), len(s.When)+1)
	}
	return n
}
