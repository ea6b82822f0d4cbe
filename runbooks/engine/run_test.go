package engine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

func TestARunFromEndToEnd(t *testing.T) {
	w := newWorld()
	run, dir := start(t, w)
	require.Equal(t, "R-0001", run.ID())
	outcome, err := run.Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, runbooks.Resolved, outcome)
	require.Equal(t, []string{"what", "stands", "look", "sure", "turn", "warm", "well"}, w.ids())

	entries := readLog(t, dir)
	require.Equal(t, []string{
		"began", "finished what seen", "finished stands pass", "finished look still", "finished sure yes",
		"entered turn", "finished turn done", "finished warm reached", "closed well resolved",
	}, events(entries))
	first := entries[0]
	require.Equal(t, "pump@1", first.Book)
	require.Equal(t, pump(t).Digest, first.Digest)
	require.Equal(t, engine.Entry{Target: "fa-1", About: "P1", Alert: 7}, engine.Entry{Target: first.Target, About: first.About, Alert: first.Alert})
	for _, e := range entries {
		require.Equal(t, []string{"R-0001", "mdurand"}, []string{e.Run, e.Actor})
	}
	require.Equal(t, runbooks.Pass, entries[8].Verdict.Result, "the proof stands in the last line")
	kept, err := runbooks.LoadOne(os.DirFS(filepath.Dir(dir)), filepath.Base(dir))
	require.NoError(t, err)
	require.Equal(t, pump(t).Digest, kept.Digest, "the runbook lies beside its log")
	_, err = run.Go(t.Context())
	require.ErrorIs(t, err, engine.ErrClosed)
	require.NoError(t, run.Close())
	_, err = engine.Open(dir, w.options())
	require.ErrorIs(t, err, engine.ErrClosed)
}

func TestWaysThroughTheRunbook(t *testing.T) {
	cases := []struct {
		name    string
		world   func(w *world)
		want    []string
		outcome runbooks.Outcome
	}{
		{"nothing is wrong", func(w *world) { w.pump = "runs" }, []string{"what", "stands", "fine"}, runbooks.NotApplicable},
		{"the array does not answer", func(w *world) { w.pump = "" }, []string{"what", "stands", "call", "called"}, runbooks.Escalated},
		{"nobody can see it", func(w *world) { w.plan["look"] = "cannot-see" }, []string{"what", "stands", "look", "call", "called"}, runbooks.Escalated},
		{"not sure: the branch goes by what was seen", func(w *world) { w.plan["sure"] = "no" }, []string{"what", "stands", "look", "sure", "take", "call", "called"}, runbooks.Escalated},
		{"the name is not typed", func(w *world) { w.plan["turn"] = "n" }, []string{"what", "stands", "look", "sure", "turn", "take", "call", "called"}, runbooks.Escalated},
		{"it does not help", func(w *world) {
			w.on = func(w *world, s engine.Screen) {
				if s.ID == "turn" {
					w.pump = "leaks"
				}
			}
		}, []string{"what", "stands", "look", "sure", "turn", "take", "call", "called"}, runbooks.Escalated},
		{"it runs and no water comes", func(w *world) { w.flow = 0.5 }, []string{"what", "stands", "look", "sure", "turn", "warm", "take", "call", "called"}, runbooks.Escalated},
		{"it runs and the flow is not known", func(w *world) { w.flow = 0 }, []string{"what", "stands", "look", "sure", "turn", "warm", "take", "call", "called"}, runbooks.Escalated},
		{"it helps late", func(w *world) {
			w.flow = 0.5
			rounds := 0
			w.sleep = func(w *world) error {
				if rounds++; rounds == 9 {
					w.flow = 2
				}
				return nil
			}
		}, []string{"what", "stands", "look", "sure", "turn", "warm", "well"}, runbooks.Resolved},
		{"it starts by itself before a hand is raised", func(w *world) {
			w.on = func(w *world, s engine.Screen) {
				if s.ID == "sure" {
					w.pump = "runs"
				}
			}
		}, []string{"what", "stands", "look", "sure", "turn", "take", "call", "called"}, runbooks.Escalated},
		{"the array is lost before a hand is raised", func(w *world) {
			w.on = func(w *world, s engine.Screen) {
				if s.ID == "sure" {
					w.pump = ""
				}
			}
		}, []string{"what", "stands", "look", "sure", "turn", "take", "call", "called"}, runbooks.Escalated},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			c.world(w)
			run, dir := start(t, w)
			outcome, err := run.Go(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, w.ids())
			require.Equal(t, c.outcome, outcome)
			last := readLog(t, dir)
			require.Equal(t, string(c.outcome), last[len(last)-1].Result)
		})
	}
}

// An action is offered only while its check passes, with its way back, and only
// the name of the target says yes.
func TestTheScreenOfAnAction(t *testing.T) {
	w := newWorld()
	run, _ := start(t, w)
	_, err := run.Go(t.Context())
	require.NoError(t, err)
	for _, s := range w.shown {
		require.Equal(t, s.ID == "turn", s.Type != "", s.ID)
		if s.ID != "turn" {
			continue
		}
		require.Equal(t, "fa-1", s.Type)
		require.Equal(t, "turn it back", s.Undo)
		require.Equal(t, runbooks.R2, s.Risk)
		require.Equal(t, runbooks.Pass, s.Result)
		require.Equal(t, "number of pump components that are stopped: at least 1", s.Expected)
		require.Equal(t, "1 of 1 (P1)", s.Found)
		require.Equal(t, 10*time.Second, s.Age(w.shown[4].At.Add(10*time.Second)))
	}
	w = newWorld()
	w.on = func(w *world, s engine.Screen) {
		if s.ID == "sure" {
			w.pump = ""
		}
	}
	run, dir := start(t, w)
	_, err = run.Go(t.Context())
	require.NoError(t, err)
	for _, s := range w.shown {
		require.Empty(t, s.Type, "nothing is done on what is not known")
	}
	require.NotContains(t, events(readLog(t, dir)), "entered turn")
}

func TestWordsAreFilledAndTamed(t *testing.T) {
	w := newWorld()
	o := w.options()
	o.Lang = runbooks.French
	b := begin()
	b.Component = "P1\x1b[2J\n# X"
	run, err := engine.Start(filepath.Join(t.TempDir(), "R-0001"), pump(t), b, o)
	require.NoError(t, err)
	defer run.Close()
	_, err = run.Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Regarder P1?[2J # X.\n\n> Regarder\n> Regarder", w.shown[0].Body)
	require.Equal(t, "P1?[2J # X est à l'arrêt", w.shown[2].Choices[0].Text)
	require.Equal(t, "continuer", w.shown[0].Choices[0].Text)
	require.Equal(t, "oui", w.shown[3].Choices[0].Text)
	require.Equal(t, 1, w.shown[0].Step)
	require.Equal(t, 3, w.shown[2].Step)
}

func TestAnAnswerThatWasNotOfferedIsRefused(t *testing.T) {
	for _, answer := range []string{"", "maybe", "fa-1"} {
		w := newWorld()
		o := w.options()
		o.Human = says(answer)
		dir := filepath.Join(t.TempDir(), "R-0001")
		run, err := engine.Start(dir, pump(t), begin(), o)
		require.NoError(t, err)
		_, err = run.Go(t.Context())
		require.ErrorContains(t, err, "was not offered")
		require.NoError(t, run.Close())
		require.Equal(t, []string{"began"}, events(readLog(t, dir)), "it is not in the log either")
	}
}

type says string

func (s says) Ask(context.Context, engine.Screen) (string, string, error) { return string(s), "", nil }

func TestStartRefuses(t *testing.T) {
	w := newWorld()
	good := w.options()
	dir := filepath.Join(t.TempDir(), "runs", "R-0001")
	for name, c := range map[string]struct {
		edit func(b *engine.Begin, o *engine.Options)
		want string
	}{
		"no id":                         {func(b *engine.Begin, _ *engine.Options) { b.Run = "" }, "needed"},
		"no target":                     {func(b *engine.Begin, _ *engine.Options) { b.Target = "" }, "needed"},
		"a target typed as no is typed": {func(b *engine.Begin, _ *engine.Options) { b.Target = "n" }, "needed"},
		"no facts":                      {func(_ *engine.Begin, o *engine.Options) { o.Facts = nil }, "facts, human, site"},
		"nobody":                        {func(_ *engine.Begin, o *engine.Options) { o.Actor = "" }, "facts, human, site"},
	} {
		b, o := begin(), good
		c.edit(&b, &o)
		_, err := engine.Start(dir, pump(t), b, o)
		require.ErrorContains(t, err, c.want, name)
		require.NoDirExists(t, filepath.Dir(dir))
	}
	require.NoError(t, os.MkdirAll(dir, 0o700))
	_, err := engine.Start(dir, pump(t), begin(), good)
	require.ErrorIs(t, err, os.ErrExist)
	left, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing lies beside it")
}

func TestOneWriter(t *testing.T) {
	w := newWorld()
	run, dir := start(t, w)
	_, err := engine.Open(dir, w.options())
	require.ErrorIs(t, err, engine.ErrBusy)
	require.ErrorIs(t, engine.Sign(dir, nil), engine.ErrBusy)
	require.NoError(t, run.Close())
	require.NoError(t, reopen(t, w, dir).Close())
}

func TestResume(t *testing.T) {
	t.Run("what passed is asked again, and still passes", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		_, err := reopen(t, w, dir).Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, "look", w.ids()[0])
	})
	t.Run("what passed is asked again, and does not pass any more", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		w.pump = "runs"
		outcome, err := reopen(t, w, dir).Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, runbooks.NotApplicable, outcome)
		require.Equal(t, []string{"stands", "fine"}, w.ids())
		require.Equal(t, "This passed before the interruption and does not pass any more.", w.shown[0].Notice)
		require.Equal(t, []string{"left look", "resumed", "returned stands fail", "finished stands fail", "closed fine not_applicable"}, events(readLog(t, dir))[3:])
	})
	t.Run("an array that does not answer any more does not pass either", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		w.pump = ""
		_, err := reopen(t, w, dir).Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, "stands", w.ids()[0])
	})
	t.Run("behind an action only what came after it is asked", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "warm")
		outcome, err := reopen(t, w, dir).Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, runbooks.Resolved, outcome)
		require.Equal(t, []string{"warm", "well"}, w.ids(), "that the pump stands is not true any more and was meant so")
	})
	t.Run("another language, another person", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		o := w.options()
		o.Lang, o.Actor, o.TakeOver = runbooks.French, "jmartin", "mdurand est malade"
		w.plan["look"] = "still"
		run, err := engine.Open(dir, o)
		require.NoError(t, err)
		defer run.Close()
		_, err = run.Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, "Regarder", w.shown[1].Title)
		entries := readLog(t, dir)
		require.Equal(t, "mdurand", entries[3].Actor)
		require.Equal(t, "jmartin", entries[4].Actor)
	})
	t.Run("rested too long", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		w.now = w.now.Add(12 * time.Hour)
		reopened := reopen(t, w, dir)
		require.NoError(t, reopened.Close(), "twelve hours are allowed")
		w.now = w.now.Add(time.Second)
		_, err := engine.Open(dir, w.options())
		require.ErrorIs(t, err, engine.ErrTooOld)
		b := begin()
		b.Run, b.Refers = "R-0002", "R-0001"
		next := filepath.Join(filepath.Dir(dir), "R-0002")
		run, err := engine.Start(next, pump(t), b, w.options())
		require.NoError(t, err)
		require.NoError(t, run.Close())
		require.Equal(t, "R-0001", readLog(t, next)[0].Refers)
	})
}

// parts is a world of several types of component.
type parts struct {
	*world
	status map[string]string // type -> status of its one component
}

func (p parts) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	return []runbooks.Component{{Name: "X", Type: kind, Status: p.status[kind]}}, p.now, nil
}

// A check that was left behind on another way is not asked again: the run is
// not thrown back to a way it has given up.
func TestResumeAsksOnlyWhatLedHere(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	book, _ := lib.Get("drive-failed")
	w := newWorld()
	p := parts{w, map[string]string{"drive": "failed", "controller": "ready"}}
	o := w.options()
	o.Facts = p
	w.plan["take"] = engine.AnswerLeave
	dir := filepath.Join(t.TempDir(), "R-0001")
	run, err := engine.Start(dir, book, begin(), o)
	require.NoError(t, err)
	_, err = run.Go(t.Context())
	require.ErrorIs(t, err, engine.ErrLeft)
	require.NoError(t, run.Close())
	require.Equal(t, []string{"what", "still", "only-one", "controllers", "take"}, w.ids())

	p.status["drive"] = "healthy" // back to still, and on to another way
	w.shown, w.plan["nothing-wrong"] = nil, engine.AnswerLeave
	run, err = engine.Open(dir, o)
	require.NoError(t, err)
	_, err = run.Go(t.Context())
	require.ErrorIs(t, err, engine.ErrLeft)
	require.NoError(t, run.Close())
	require.Equal(t, []string{"still", "rebuilding", "nothing-wrong"}, w.ids())

	p.status["controller"] = "not ready"
	delete(w.plan, "nothing-wrong")
	w.shown = nil
	run, err = engine.Open(dir, o)
	require.NoError(t, err)
	defer run.Close()
	outcome, err := run.Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, runbooks.NotApplicable, outcome)
	require.Equal(t, []string{"nothing-wrong"}, w.ids())
}

var errLight = errors.New("the light went out")

// interruptedAction leaves a log that holds the intention and no result.
func interruptedAction(t *testing.T, w *world) string {
	t.Helper()
	w.sleep = func(*world) error { return errLight }
	w.on = func(w *world, s engine.Screen) {
		if s.Type != "" {
			w.pump = "turning" // stopped no more and running not yet
		}
	}
	run, dir := start(t, w)
	_, err := run.Go(t.Context())
	require.ErrorIs(t, err, errLight)
	require.NoError(t, run.Close())
	log := events(readLog(t, dir))
	require.Equal(t, "entered turn", log[len(log)-1])
	w.sleep, w.on, w.shown = nil, nil, nil
	return dir
}

func TestAnActionWithoutAResultIsAskedAboutAndNotRepeated(t *testing.T) {
	cases := []struct {
		name, answer, pump string
		then               string
		outcome            runbooks.Outcome
	}{
		{"it happened and is proven", "yes", "runs", "finished turn done", runbooks.Resolved},
		{"it is said to have happened and nothing proves it", "yes", "stopped", "finished turn failed", runbooks.Escalated},
		{"it is said to have happened and nobody can tell", "yes", "", "finished turn unknown", runbooks.Escalated},
		{"it did not happen", "no", "stopped", "finished turn not_done", runbooks.Escalated},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			dir := interruptedAction(t, w)
			w.plan["turn"], w.pump = c.answer, c.pump
			outcome, err := reopen(t, w, dir).Go(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.outcome, outcome)
			require.Equal(t, "This step was begun and its result was not written down. Did it happen?", w.shown[0].Notice)
			require.Empty(t, w.shown[0].Type, "it is not offered again")
			require.Equal(t, []string{"resumed", c.then}, events(readLog(t, dir))[6:8])
		})
	}
}

func TestAnEndThatIsNotProvenStaysOpen(t *testing.T) {
	w := newWorld()
	dir := leave(t, w, "well")
	w.flow = 0
	run := reopen(t, w, dir)
	_, err := run.Go(t.Context())
	require.ErrorIs(t, err, engine.ErrNotProven)
	require.ErrorContains(t, err, "flow above 1: unknown")
	require.Equal(t, "The end is not proven, so the run stays open.", w.shown[0].Notice)
	w.flow = 2
	outcome, err := run.Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, runbooks.Resolved, outcome)

	w = newWorld()
	dir = leave(t, w, "well")
	w.flow = 0.1
	w.plan["well"] = engine.AnswerStop
	outcome, err = reopen(t, w, dir).Go(t.Context())
	require.NoError(t, err, "who cannot prove the end can still open a case")
	require.Equal(t, runbooks.Escalated, outcome)
}

func TestStopOpensACaseFromAnyScreen(t *testing.T) {
	for _, at := range []string{"what", "stands", "look", "sure", "turn", "warm", "well"} {
		t.Run(at, func(t *testing.T) {
			w := newWorld()
			w.note = "smoke"
			w.plan[at] = engine.AnswerStop
			run, dir := start(t, w)
			outcome, err := run.Go(t.Context())
			require.NoError(t, err)
			require.Equal(t, runbooks.Escalated, outcome)
			require.Equal(t, []engine.Case{{
				Target: "fa-1", Component: "P1", Alert: 7, Severity: 2, Subject: "fa-1: A pump stands", Impact: "it gets warm", Run: "R-0001",
			}}, w.drafts)
			entries := readLog(t, dir)
			last := entries[len(entries)-2:]
			require.Equal(t, []string{"stopped " + at, "closed " + at + " escalated"}, events(last))
			require.Equal(t, "T-0000000001", last[0].Case)
			require.Equal(t, "smoke", last[0].Note, "what a person wrote is never lost")
		})
	}
	t.Run("and no case can be drafted", func(t *testing.T) {
		w := newWorld()
		w.plan["look"], w.broken = engine.AnswerStop, errors.New("no room")
		run, dir := start(t, w)
		_, err := run.Go(t.Context())
		require.ErrorContains(t, err, "open a case: no room")
		w.broken = nil
		outcome, err := run.Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, runbooks.Escalated, outcome)
		require.Len(t, w.drafts, 1)
		require.Contains(t, events(readLog(t, dir)), "stopped look")
	})
	t.Run("and the light goes out before the last line", func(t *testing.T) {
		w := newWorld()
		w.plan["look"] = engine.AnswerStop
		run, dir := start(t, w)
		_, err := run.Go(t.Context())
		require.NoError(t, err)
		require.NoError(t, run.Close())
		path := filepath.Join(dir, engine.LogFile)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		end := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
		require.NoError(t, os.Truncate(path, int64(end)))
		w.shown, w.now = nil, w.now.Add(48*time.Hour)
		outcome, err := reopen(t, w, dir).Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, runbooks.Escalated, outcome)
		require.Empty(t, w.shown, "nobody is asked again")
		require.Len(t, w.drafts, 1, "one case is enough")
	})
}

func TestEvidence(t *testing.T) {
	w := newWorld()
	w.plan["sure"] = "no"
	w.note = "loud"
	run, dir := start(t, w)
	_, err := run.Go(t.Context())
	require.NoError(t, err)
	var taken []engine.Evidence
	for _, e := range readLog(t, dir) {
		if e.Event == engine.Finished && e.Step == "take" {
			taken = e.Evidence
			require.Equal(t, "loud", e.Note)
		}
	}
	require.Len(t, taken, 2)
	for i, name := range []string{"a.txt", "b.json"} {
		require.Equal(t, "evidence/006-take/"+name, taken[i].Name)
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(taken[i].Name)))
		require.NoError(t, err)
		require.Equal(t, w.files[name], append([]byte(nil), text...))
		sum := sha256.Sum256(text)
		require.Equal(t, hex.EncodeToString(sum[:]), taken[i].SHA256)
		require.EqualValues(t, len(text), taken[i].Size)
	}
}

func TestEvidenceStaysInItsFolder(t *testing.T) {
	for _, name := range []string{"../log.jsonl", "/etc/passwd", "a/b", "", ".", ".."} {
		w := newWorld()
		w.plan["sure"] = "no"
		w.files = map[string][]byte{name: []byte("x")}
		run, dir := start(t, w)
		_, err := run.Go(t.Context())
		require.ErrorContains(t, err, "not a plain file name", name)
		require.NotContains(t, events(readLog(t, dir)), "finished take taken")
	}
}

func TestWhatFailsIsSaidAndKept(t *testing.T) {
	w := newWorld()
	w.plan["sure"], w.note = "no", "loud"
	w.broken = errors.New("the array \x1b[2J hangs up")
	run, dir := start(t, w)
	outcome, err := run.Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, runbooks.Escalated, outcome)
	for _, e := range readLog(t, dir) {
		if e.Step == "take" || e.Step == "call" {
			require.Equal(t, "failed", e.Result)
			require.Equal(t, "the array ?[2J hangs up", e.Error)
			require.Equal(t, "loud loud", e.Note, "both screens of the step")
		}
	}
	require.Equal(t, "This did not work: the array ?[2J hangs up", w.shown[5].Notice)
}

// An interruption is neither failed evidence nor a failed draft.
func TestAnInterruptionIsNoFailure(t *testing.T) {
	for _, at := range []string{"take", "call"} {
		w := newWorld()
		w.plan["sure"] = "no"
		ctx, cancel := context.WithCancel(t.Context())
		w.on = func(w *world, s engine.Screen) {
			if s.ID == at {
				cancel()
				w.broken = ctx.Err()
			}
		}
		run, dir := start(t, w)
		_, err := run.Go(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.NotContains(t, events(readLog(t, dir)), "finished "+at+" failed")
		w.on, w.broken = nil, nil
		_, err = run.Go(t.Context())
		require.NoError(t, err)
	}
}

func TestEscalateDraftsWhatItHolds(t *testing.T) {
	w := newWorld()
	w.plan["look"] = "cannot-see"
	o := w.options()
	o.Lang = runbooks.French
	run, err := engine.Start(filepath.Join(t.TempDir(), "R-0001"), pump(t), begin(), o)
	require.NoError(t, err)
	defer run.Close()
	_, err = run.Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, []engine.Case{{
		Target: "fa-1", Component: "P1", Alert: 7, Severity: 2, Subject: "fa-1: la pompe est arrêtée", Impact: "il fait chaud",
		Run: "R-0001", Hold: []string{"ne toucher aucune vanne"},
	}}, w.drafts)
}

func TestTheClosedLogIsSigned(t *testing.T) {
	w := newWorld()
	o := w.options()
	o.Sign = func(log []byte) ([]byte, error) { return append([]byte("signed:"), log...), nil }
	dir := filepath.Join(t.TempDir(), "R-0001")
	run, err := engine.Start(dir, pump(t), begin(), o)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(dir, engine.SigFile))
	_, err = run.Go(t.Context())
	require.NoError(t, err)
	require.NoError(t, run.Close())
	log, err := os.ReadFile(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	sig, err := os.ReadFile(filepath.Join(dir, engine.SigFile))
	require.NoError(t, err)
	require.Equal(t, "signed:"+string(log), string(sig))
}

func TestARunThatCouldNotBeSignedIsSignedLater(t *testing.T) {
	w := newWorld()
	o := w.options()
	wrong := errors.New("wrong passphrase")
	o.Sign = func([]byte) ([]byte, error) { return nil, wrong }
	dir := filepath.Join(t.TempDir(), "R-0001")
	run, err := engine.Start(dir, pump(t), begin(), o)
	require.NoError(t, err)
	outcome, err := run.Go(t.Context())
	require.ErrorIs(t, err, engine.ErrUnsigned)
	require.ErrorIs(t, err, wrong)
	require.Equal(t, runbooks.Resolved, outcome, "the run has ended all the same")
	require.NoError(t, run.Close())

	mark := func(text string) func([]byte) ([]byte, error) {
		return func([]byte) ([]byte, error) { return []byte(text), nil }
	}
	require.ErrorIs(t, engine.Sign(dir, o.Sign), wrong)
	require.NoError(t, engine.Sign(dir, mark("first")))
	require.NoError(t, engine.Sign(dir, mark("second")))
	sig, err := os.ReadFile(filepath.Join(dir, engine.SigFile))
	require.NoError(t, err)
	require.Equal(t, "first", string(sig), "a signature is not replaced")

	open := leave(t, newWorld(), "look")
	require.ErrorContains(t, engine.Sign(open, mark("x")), "it has not ended")
	require.NoFileExists(t, filepath.Join(open, engine.SigFile))
}

func TestLeavingKeepsTheNote(t *testing.T) {
	w := newWorld()
	w.note = "lunch"
	dir := leave(t, w, "sure")
	entries := readLog(t, dir)
	last := entries[len(entries)-1]
	require.Equal(t, engine.Left, last.Event)
	require.Equal(t, []string{"sure", "lunch"}, []string{last.Step, last.Note})
}
