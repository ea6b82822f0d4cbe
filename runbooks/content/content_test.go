package content_test

import (
	"context"
	"errors"
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
	"darksite/runbooks/strictyaml"

	"github.com/stretchr/testify/require"
)

type cases struct {
	Cases []testCase `yaml:"cases"`
}

type testCase struct {
	Name     string            `yaml:"name"`
	About    string            `yaml:"about"`
	Age      time.Duration     `yaml:"age"`
	Facts    components        `yaml:"facts"`
	Metrics  series            `yaml:"metrics"`
	Alerts   []string          `yaml:"alerts"` // rules with an open alert; none known without this line
	After    []change          `yaml:"after"`
	Answers  map[string]string `yaml:"answers"`
	Broken   bool              `yaml:"broken"`
	Path     []string          `yaml:"path"`
	End      runbooks.Outcome  `yaml:"end"`
	Severity int               `yaml:"severity"`
}

type (
	components map[string]map[string]string
	series     map[string][]float64 // an hour ago, now
)

// change is what the world looks like once a step has been answered.
type change struct {
	Step    string     `yaml:"step"`
	Facts   components `yaml:"facts"`
	Metrics series     `yaml:"metrics"`
	Alerts  []string   `yaml:"alerts"`
}

// world is facts, person and site of one case.
type world struct {
	c       testCase
	now     time.Time
	facts   components
	metrics series
	alerts  []string
	path    []string
	leaveAt int // leave at the n-th screen; -1 never
	screens int
	seen    []string // the step of each screen
	drafts  []engine.Case
}

func newWorld(c testCase) *world {
	return &world{c: c, now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), facts: c.Facts, metrics: c.Metrics, alerts: c.Alerts, leaveAt: -1}
}

func (w *world) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	parts, ok := w.facts[kind]
	if !ok {
		return nil, time.Time{}, fmt.Errorf("%w: %s", runbooks.ErrNoData, kind)
	}
	var out []runbooks.Component
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		out = append(out, runbooks.Component{Name: name, Type: kind, Status: parts[name]})
	}
	return out, w.now.Add(-w.c.Age), nil
}

func (w *world) Values(_ context.Context, metric string, _ map[string]string, window time.Duration) ([]runbooks.Value, error) {
	v, ok := w.metrics[metric]
	if !ok || w.c.Age > window {
		return nil, runbooks.ErrNoData
	}
	at := w.now.Add(-w.c.Age)
	return []runbooks.Value{{At: at.Add(-time.Hour), Value: v[0]}, {At: at, Value: v[1]}}, nil
}

func (w *world) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	if w.alerts == nil {
		return nil, time.Time{}, fmt.Errorf("%w: the monitor does not run", runbooks.ErrNoData)
	}
	var out []runbooks.OpenAlert
	for i, rule := range w.alerts {
		out = append(out, runbooks.OpenAlert{ID: uint64(i + 1), Rule: rule})
	}
	return out, w.now.Add(-w.c.Age), nil
}

func (w *world) Evidence(context.Context, string) (map[string][]byte, error) {
	if w.c.Broken {
		return nil, errors.New("the array does not answer")
	}
	return map[string][]byte{"drives.json": []byte("[]\n")}, nil
}

func (w *world) DraftCase(_ context.Context, c engine.Case) (string, error) {
	if w.c.Broken {
		return "", errors.New("no room on the disk")
	}
	w.drafts = append(w.drafts, c)
	return "T-0000000001", nil
}

func (w *world) Ask(_ context.Context, s engine.Screen) (string, string, error) {
	w.screens++
	w.seen = append(w.seen, s.ID)
	if w.screens-1 == w.leaveAt {
		return engine.AnswerLeave, "", nil
	}
	if len(w.path) == 0 || w.path[len(w.path)-1] != s.ID {
		w.path = append(w.path, s.ID)
	}
	for _, ch := range w.c.After {
		if ch.Step == s.ID {
			w.facts, w.metrics, w.alerts = ch.Facts, ch.Metrics, ch.Alerts
		}
	}
	if a, ok := w.c.Answers[s.ID]; ok && (s.Type == a || slices.ContainsFunc(s.Choices, func(c engine.Choice) bool { return c.ID == a })) {
		return a, "", nil
	}
	return s.Choices[0].ID, "", nil
}

func (w *world) options() engine.Options {
	return engine.Options{
		Facts: w, Human: w, Site: w, Lang: runbooks.English, Actor: "mdurand",
		Now: func() time.Time { return w.now }, Boot: func() time.Duration { return time.Hour },
		Sleep: func(_ context.Context, d time.Duration) error { w.now = w.now.Add(d); return nil },
	}
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
	return engine.Begin{Run: "R-0001", Target: "fa-1", Component: c.About, Alert: 7}
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
