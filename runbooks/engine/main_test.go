package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Each line of a log is synced; in memory that costs nothing.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if err := os.Setenv("TMPDIR", "/dev/shm"); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(m.Run())
}

// shelf holds the runbook "pump", which has every kind of step:
// what (read) -> stands (check) -> look (observe) -> sure (confirm) -> turn
// (action) -> warm (wait) -> well; and besides which (branch), take (collect),
// call (escalate) and the ends fine and called.
const shelf = "../testdata/shelf"

func pump(t testing.TB) *runbooks.Runbook {
	t.Helper()
	lib, err := runbooks.Load(os.DirFS(shelf))
	require.NoError(t, err)
	r, ok := lib.Get("pump")
	require.True(t, ok)
	return r
}

// world is facts, person and site of a run. The person goes on wherever that is
// the only choice, and otherwise answers by plan, or with the first choice.
type world struct {
	now, boot time.Time
	pump      string  // status; "" is an array that does not answer
	flow      float64 // the measured flow; 0 is none measured
	plan      map[string]string
	note      string
	shown     []engine.Screen
	on        func(w *world, s engine.Screen) // the world moves while a screen is shown
	files     map[string][]byte
	drafts    []engine.Case
	broken    error  // of evidence and drafts
	stuck     bool   // the wheel does not turn
	peer      string // status of the controllers; "" lists none
	alerts    []runbooks.OpenAlert
	sleep     func(w *world) error
}

func newWorld() *world {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	return &world{now: now, boot: now.Add(-time.Hour), pump: "stopped", flow: 3, plan: map[string]string{"turn": "fa-1"}, files: map[string][]byte{"b.json": []byte("{}\n"), "a.txt": nil}}
}

func (w *world) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	if kind == "controller" && w.peer != "" {
		return []runbooks.Component{{Name: "CT0", Type: kind, Status: "ready"}, {Name: "CT1", Type: kind, Status: w.peer}}, w.now, nil
	}
	if w.pump == "" || kind != "pump" {
		return nil, time.Time{}, runbooks.ErrNoData
	}
	return []runbooks.Component{{Name: "P1", Type: "pump", Status: w.pump}}, w.now, nil
}

func (w *world) Values(context.Context, string, map[string]string, time.Duration) ([]runbooks.Value, error) {
	if w.flow == 0 {
		return nil, runbooks.ErrNoData
	}
	return []runbooks.Value{{At: w.now, Value: w.flow}}, nil
}

func (w *world) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	return w.alerts, w.now, nil
}

func (w *world) Evidence(context.Context, string) (map[string][]byte, error) {
	return w.files, w.broken
}

func (w *world) DraftCase(_ context.Context, c engine.Case) (string, error) {
	if w.broken != nil {
		return "", w.broken
	}
	w.drafts = append(w.drafts, c)
	return fmt.Sprintf("T-%010d", len(w.drafts)), nil
}

func (w *world) Ask(_ context.Context, s engine.Screen) (string, string, error) {
	w.shown = append(w.shown, s)
	w.now = w.now.Add(10 * time.Second)
	if w.on != nil {
		w.on(w, s)
	}
	if a, ok := w.plan[s.ID]; ok && (s.Type == a || a == engine.AnswerLeave || a == engine.AnswerStop || slices.ContainsFunc(s.Choices, func(c engine.Choice) bool { return c.ID == a })) {
		if s.Type == a && s.ID == "turn" && w.pump == "stopped" && !w.stuck {
			w.pump = "runs" // the hand that types turns the wheel
		}
		return a, w.note, nil
	}
	if len(s.Choices) == 0 {
		return "", "", fmt.Errorf("screen %s offers nothing", s.ID)
	}
	return s.Choices[0].ID, w.note, nil
}

func (w *world) options() engine.Options {
	return engine.Options{
		Facts: w, Human: w, Site: w, Lang: runbooks.English, Actor: "mdurand",
		Now: func() time.Time { return w.now }, Boot: func() time.Duration { return w.now.Sub(w.boot) },
		Sleep: func(_ context.Context, d time.Duration) error {
			w.now = w.now.Add(d)
			if w.sleep != nil {
				return w.sleep(w)
			}
			return nil
		},
	}
}

// ids is the way the person went; a screen shown twice in a row counts once.
func (w *world) ids() []string {
	var out []string
	for _, s := range w.shown {
		out = append(out, s.ID)
	}
	return slices.Compact(out)
}

func begin() engine.Begin {
	return engine.Begin{Run: "R-0001", Target: "fa-1", Component: "P1", Alert: 7}
}

// start begins a run of the pump in a new folder.
func start(t *testing.T, w *world) (*engine.Run, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "runs", "R-0001")
	run, err := engine.Start(dir, pump(t), begin(), w.options())
	require.NoError(t, err)
	t.Cleanup(func() { _ = run.Close() })
	return run, dir
}

// leave runs until the person leaves at a step, and closes.
func leave(t *testing.T, w *world, at string) string {
	t.Helper()
	run, dir := start(t, w)
	before, had := w.plan[at]
	w.plan[at] = engine.AnswerLeave
	_, err := run.Go(t.Context())
	require.ErrorIs(t, err, engine.ErrLeft)
	require.NoError(t, run.Close())
	if delete(w.plan, at); had {
		w.plan[at] = before
	}
	w.shown = nil
	return dir
}

func reopen(t *testing.T, w *world, dir string) *engine.Run {
	t.Helper()
	run, err := engine.Open(dir, w.options())
	require.NoError(t, err)
	t.Cleanup(func() { _ = run.Close() })
	return run
}

func readLog(t *testing.T, dir string) []engine.Entry {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	defer f.Close()
	entries, torn, err := engine.ReadLog(f)
	require.NoError(t, err)
	require.False(t, torn)
	return entries
}

// events is the log in short: event, step, result.
func events(entries []engine.Entry) []string {
	var out []string
	for _, e := range entries {
		line := string(e.Event)
		for _, part := range []string{e.Step, e.Result} {
			if part != "" {
				line += " " + part
			}
		}
		out = append(out, line)
	}
	return out
}
