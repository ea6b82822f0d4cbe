package engine_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// shelfWith is the shelf with texts of the pump's logic replaced, and more books
// made of it.
func shelfWith(t *testing.T, replace ...string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, name := range []string{"runbook.yaml", "en.md", "fr.md"} {
		data, err := os.ReadFile(filepath.Join(shelf, "pump", name))
		require.NoError(t, err)
		out["pump/"+name] = &fstest.MapFile{Data: data}
	}
	text := string(out["pump/runbook.yaml"].Data)
	for i := 0; i < len(replace); i += 2 {
		require.Contains(t, text, replace[i])
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	out["pump/runbook.yaml"] = &fstest.MapFile{Data: []byte(text)}
	return out
}

func library(t *testing.T, fsys fstest.MapFS) *runbooks.Library {
	t.Helper()
	lib, err := runbooks.Load(fsys)
	require.NoError(t, err)
	return lib
}

func bookOf(t *testing.T, replace ...string) *runbooks.Runbook {
	t.Helper()
	b, _ := library(t, shelfWith(t, replace...)).Get("pump")
	return b
}

// run leads through a book in a new folder and returns the log.
func lead(t *testing.T, book *runbooks.Runbook, b engine.Begin, o engine.Options) ([]engine.Entry, runbooks.Outcome) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "runs", b.Run)
	run, err := engine.Start(dir, book, b, o)
	require.NoError(t, err)
	outcome, err := run.Go(t.Context())
	require.NoError(t, err)
	require.NoError(t, run.Close())
	return readLog(t, dir), outcome
}

// step is what a log says of a step's end.
func stepEnd(t *testing.T, log []engine.Entry, id string) engine.Entry {
	t.Helper()
	i := slices.IndexFunc(log, func(e engine.Entry) bool { return e.Event == engine.Finished && e.Step == id })
	require.GreaterOrEqual(t, i, 0, "step %s has not ended: %v", id, events(log))
	return log[i]
}

func TestARunbookForAnotherTargetDoesNotBegin(t *testing.T) {
	b := begin()
	b.Product = "flashblade"
	dir := filepath.Join(t.TempDir(), "R-0001")
	_, err := engine.Start(dir, pump(t), b, newWorld().options())
	require.ErrorIs(t, err, engine.ErrOtherProduct)
	require.ErrorContains(t, err, "pump is for flasharray, and fa-1 is a flashblade")
	require.NoDirExists(t, dir)
	_, err = engine.Rehearse(t.Context(), pump(t), b, newWorld().options())
	require.ErrorIs(t, err, engine.ErrOtherProduct)
}

func TestWhatARunbookNeedsFirst(t *testing.T) {
	for name, c := range map[string]struct {
		book *runbooks.Runbook
		want string
	}{
		"a case":      {bookOf(t, "owner: darksite", "owner: darksite\nvendor_case: true"), "a case that is open"},
		"a change":    {bookOf(t, "risk_max: R2", "risk_max: R3", "people: 1", "people: 2", "risk: R2", "risk: R3"), "number of an approved change"},
		"to be valid": {bookOf(t, "owner: darksite", "owner: darksite\nwithdrawn: it harms"), "pump is withdrawn: it harms"},
	} {
		_, err := engine.Start(filepath.Join(t.TempDir(), "R-0001"), c.book, begin(), newWorld().options())
		require.ErrorIs(t, err, engine.ErrNeeds, name)
		require.ErrorContains(t, err, c.want)
	}
}

// What keeps a hand off the array although the runbook leads there.
func TestNobodyActs(t *testing.T) {
	cases := []struct {
		name string
		with func(t *testing.T, w *world, o *engine.Options)
		want string
	}{
		{"after the clock has jumped", func(_ *testing.T, w *world, _ *engine.Options) {
			w.on = func(w *world, s engine.Screen) {
				if s.ID == "look" {
					w.now, w.boot = w.now.Add(time.Hour), w.boot.Add(time.Hour)
				}
			}
		}, "the clock of this machine has jumped"},
		{"on another array that has taken the address", func(_ *testing.T, _ *world, o *engine.Options) {
			o.Identity = func(context.Context) (string, error) { return "serial-2", nil }
		}, "the array now says it is serial-2, and this run began about serial-1"},
		{"on an array that does not say who it is", func(_ *testing.T, _ *world, o *engine.Options) {
			o.Identity = func(context.Context) (string, error) { return "", errors.New("no\x1b answer") }
		}, "does not say who it is: no? answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			o := w.options()
			c.with(t, w, &o)
			b := begin()
			b.Serial = "serial-1"
			log, _ := lead(t, pump(t), b, o)
			require.Equal(t, "not_done", stepEnd(t, log, "turn").Result)
			require.Contains(t, stepEnd(t, log, "turn").Error, c.want)
			require.NotContains(t, events(log), "entered turn")
		})
	}
}

func TestOneHandAtATimeOnAnArray(t *testing.T) {
	w := newWorld()
	dir := leave(t, w, "warm") // the wheel is turned, the run has not ended
	w.pump = "stopped"
	second := func(n string, to string) engine.Entry {
		b := begin()
		b.Run, b.Target = n, to
		w.plan["turn"] = to
		run, err := engine.Start(filepath.Join(filepath.Dir(dir), n), pump(t), b, w.options())
		require.NoError(t, err)
		defer run.Close()
		_, err = run.Go(t.Context())
		require.NoError(t, err)
		return stepEnd(t, readLog(t, filepath.Join(filepath.Dir(dir), n)), "turn")
	}
	require.Contains(t, second("R-0002", "fa-1").Error, "run R-0001 has hands on fa-1")
	require.Equal(t, "not_done", second("R-0002a", "fa-1").Result)
	require.NoError(t, engine.Abort(t.Context(), dir, w.options(), "the wheel broke"))
	require.Empty(t, second("R-0003", "fa-1").Error, "it was ended")
}

func TestAnAbortSaysWhatWasBegun(t *testing.T) {
	w := newWorld()
	w.stuck = true
	w.sleep = func(*world) error { return errors.New("the light goes out") }
	run, dir := start(t, w)
	_, err := run.Go(t.Context())
	require.ErrorContains(t, err, "the light goes out")
	require.NoError(t, run.Close())
	w.now = w.now.Add(48 * time.Hour)
	require.ErrorContains(t, engine.Abort(t.Context(), dir, w.options(), " "), "a reason is needed")
	require.NoError(t, engine.Abort(t.Context(), dir, w.options(), "found dead"), "also when it has rested too long")
	log := readLog(t, dir)
	last := log[len(log)-1]
	require.Equal(t, []string{"closed", "aborted", "found dead"}, []string{string(last.Event), last.Result, last.Note})
	require.Equal(t, "begun and without a result: turn", last.Error)
	require.ErrorIs(t, engine.Abort(t.Context(), dir, w.options(), "again"), engine.ErrClosed)
}

func TestHandOver(t *testing.T) {
	other := func(w *world) engine.Options {
		o := w.options()
		o.Actor = "ppetit"
		return o
	}
	goOn := func(t *testing.T, dir string, o engine.Options) (runbooks.Outcome, error) {
		run, err := engine.Open(dir, o)
		require.NoError(t, err)
		defer run.Close()
		return run.Go(t.Context())
	}
	t.Run("nobody takes a run unasked and without a reason", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		_, err := goOn(t, dir, other(w))
		require.ErrorIs(t, err, engine.ErrNotYours)
		require.ErrorContains(t, err, "mdurand")
		require.Empty(t, w.shown)
	})
	t.Run("offered and accepted", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		require.ErrorContains(t, engine.Offer(dir, w.options(), "mdurand", "lunch"), "another person")
		require.ErrorContains(t, engine.Offer(dir, w.options(), "ppetit", ""), "a reason")
		require.ErrorIs(t, engine.Offer(dir, other(w), "amartin", "tired"), engine.ErrNotYours)
		require.NoError(t, engine.Offer(dir, w.options(), "ppetit", "end of the shift"))
		o := other(w)
		o.Actor = "amartin"
		_, err := goOn(t, dir, o)
		require.ErrorIs(t, err, engine.ErrNotYours, "it was offered to somebody else")
		outcome, err := goOn(t, dir, other(w))
		require.NoError(t, err)
		require.Equal(t, runbooks.Resolved, outcome)
		require.Contains(t, w.shown[0].Notice, "with mdurand")
		require.Contains(t, w.shown[0].Notice, "end of the shift")
		require.Contains(t, w.shown[0].Body, "- Look: seen\n")
		log := readLog(t, dir)
		i := slices.IndexFunc(log, func(e engine.Entry) bool { return e.Event == engine.Handed })
		require.Equal(t, []string{"ppetit", "mdurand", "end of the shift"}, []string{log[i].Actor, log[i].From, log[i].Note})
	})
	t.Run("not accepted", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		o := other(w)
		o.TakeOver = "mdurand is ill"
		for _, answer := range []string{"no", engine.AnswerStop} {
			w.plan["look"] = answer
			_, err := goOn(t, dir, o)
			require.ErrorIs(t, err, engine.ErrNotYours)
		}
		require.Empty(t, w.drafts, "what is not theirs is not theirs to stop")
	})
}

// hands is an array that does as told.
type hands struct {
	did    []string
	broken error
}

func (h *hands) Do(_ context.Context, o engine.Order) error {
	h.did = append(h.did, "do "+o.Deed.What+" "+o.Target+" "+o.Component)
	return h.broken
}

func (h *hands) Undo(_ context.Context, o engine.Order) error {
	h.did = append(h.did, "undo "+o.Deed.What+" "+o.Target+" "+o.Component)
	return h.broken
}

func located(t *testing.T) *runbooks.Runbook {
	return bookOf(t, "risk_max: R2", "risk_max: R1", `    risk: R2
    max_age: 2m
    before: {count: {type: pump, status: [stopped], op: ">=", value: 1}}
    after: {each: {type: pump, status: [runs]}}
    within: 5m
    every: 1m
    undo: {en: turn it back, fr: revenir en arrière}
`, "    risk: R1\n    do: {what: locate}\n")
}

func TestWhatTheKitDoesItself(t *testing.T) {
	t.Run("it does after a yes and takes back at the end", func(t *testing.T) {
		w, h := newWorld(), &hands{}
		o := w.options()
		o.Hands = h
		log, _ := lead(t, located(t), begin(), o)
		require.Equal(t, []string{"do locate fa-1 P1", "undo locate fa-1 P1"}, h.did)
		require.Equal(t, "done", stepEnd(t, log, "turn").Result)
		require.Contains(t, events(log), "undone turn undone")
		i := slices.IndexFunc(w.shown, func(s engine.Screen) bool { return s.ID == "turn" })
		require.Contains(t, w.shown[i].Notice, "If you say yes, the kit will light the locate LED of P1")
	})
	t.Run("not after a no", func(t *testing.T) {
		w, h := newWorld(), &hands{}
		w.plan["turn"] = "no"
		o := w.options()
		o.Hands = h
		log, _ := lead(t, located(t), begin(), o)
		require.Empty(t, h.did)
		require.Equal(t, "not_done", stepEnd(t, log, "turn").Result)
	})
	t.Run("not where the site has not allowed it", func(t *testing.T) {
		w := newWorld()
		log, _ := lead(t, located(t), begin(), w.options())
		require.Equal(t, "done", stepEnd(t, log, "turn").Result, "by hand")
		require.Empty(t, stepEnd(t, log, "turn").Did)
		i := slices.IndexFunc(w.shown, func(s engine.Screen) bool { return s.ID == "turn" })
		require.Contains(t, w.shown[i].Notice, "This kit changes nothing on arrays here")
	})
	t.Run("what does not work is said", func(t *testing.T) {
		w := newWorld()
		o := w.options()
		o.Hands = &hands{broken: errors.New("403 forbidden")}
		log, _ := lead(t, located(t), begin(), o)
		require.Equal(t, "failed", stepEnd(t, log, "turn").Result)
		require.Equal(t, "403 forbidden", stepEnd(t, log, "turn").Error)
		require.Contains(t, events(log), "undone turn failed")
	})
	t.Run("not on another array", func(t *testing.T) {
		w, h := newWorld(), &hands{}
		o := w.options()
		o.Hands = h
		o.Identity = func(context.Context) (string, error) { return "other", nil }
		b := begin()
		b.Serial = "this"
		log, _ := lead(t, located(t), b, o)
		require.Empty(t, h.did)
		require.Equal(t, "not_done", stepEnd(t, log, "turn").Result)
	})
	t.Run("an end by force takes back too", func(t *testing.T) {
		w, h := newWorld(), &hands{}
		o := w.options()
		o.Hands = h
		w.plan["warm"] = engine.AnswerLeave
		dir := filepath.Join(t.TempDir(), "R-0001")
		run, err := engine.Start(dir, located(t), begin(), o)
		require.NoError(t, err)
		_, err = run.Go(t.Context())
		require.ErrorIs(t, err, engine.ErrLeft)
		require.NoError(t, run.Close())
		require.NoError(t, engine.Abort(t.Context(), dir, o, "shift ends"))
		require.Equal(t, []string{"do locate fa-1 P1", "undo locate fa-1 P1"}, h.did)
	})
}

// second is a place with a second person.
type second struct {
	by, key string
	err     error
	bad     error
	asked   []engine.Request
	wait    func()
}

func (s *second) Approve(_ context.Context, r engine.Request) (engine.Approval, error) {
	s.asked = append(s.asked, r)
	if s.wait != nil {
		s.wait()
	}
	return engine.Approval{By: s.by, Way: "key", Signature: "signed"}, s.err
}

func (s *second) Check(engine.Approval) (string, error) { return s.key, s.bad }

func (s *second) Requester() string { return "key-of-mdurand" }

// twoPersons is the pump with evidence first and a wheel that two must turn.
func twoPersons(t *testing.T) *runbooks.Runbook {
	return bookOf(t, "risk_max: R2", "risk_max: R3", "people: 1", "people: 2", "risk: R2", "risk: R3",
		"- {id: sure, kind: confirm, on: {\"yes\": turn, \"no\": which}}", "- {id: sure, kind: collect, profile: array-state, on: {taken: turn, failed: which}}")
}

func TestTwoPersons(t *testing.T) {
	cases := []struct {
		name string
		s    *second
		with func(w *world, s *second)
		why  string // nothing: it is done
	}{
		{"a second person agrees", &second{by: "ppetit", key: "key-of-ppetit"}, nil, ""},
		{"the second is the first by name", &second{by: "mdurand", key: "another"}, nil, "the second person is the first"},
		{"the second is the first by key", &second{by: "ppetit", key: "key-of-mdurand"}, nil, "the second person is the first"},
		{"a key without a name", &second{by: "ppetit"}, nil, "the second person is the first"},
		{"a signature that does not hold", &second{by: "ppetit", key: "k", bad: errors.New("made for another text")}, nil, "does not hold: made for another text"},
		{"nobody comes", &second{err: engine.ErrNoSecond}, nil, "no second person has agreed"},
		{"too late", &second{by: "ppetit", key: "k"}, func(w *world, s *second) { s.wait = func() { w.now = w.now.Add(15*time.Minute + time.Second) } }, "too late"},
		{"too late, and the clock put back meanwhile", &second{by: "ppetit", key: "k"}, func(w *world, s *second) {
			s.wait = func() { w.boot = w.boot.Add(-time.Hour) }
		}, "too late"},
		{"an urgent alert is open", &second{by: "ppetit", key: "k"}, func(w *world, _ *second) {
			w.alerts = []runbooks.OpenAlert{{ID: 9, Rule: "psu", Severity: 1}}
		}, "an urgent alert is open: #9 psu"},
		{"the other side is not ready", &second{by: "ppetit", key: "k"}, func(w *world, _ *second) { w.peer = "not ready" }, "the other side must be ready"},
		{"nobody knows of the other side", &second{by: "ppetit", key: "k"}, func(w *world, _ *second) { w.peer = "" }, "the other side must be ready"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.peer = "ready"
			if c.with != nil {
				c.with(w, c.s)
			}
			o := w.options()
			o.Second = c.s
			b := begin()
			b.Change = "CR-12"
			log, _ := lead(t, twoPersons(t), b, o)
			end := stepEnd(t, log, "turn")
			if c.why != "" {
				require.Equal(t, "not_done", end.Result)
				require.Contains(t, end.Error, c.why)
				require.NotContains(t, events(log), "entered turn")
				return
			}
			require.Equal(t, "done", end.Result)
			i := slices.IndexFunc(log, func(e engine.Entry) bool { return e.Event == engine.Approved })
			a := log[i].Approval
			require.Equal(t, "key-of-ppetit", a.Key)
			for _, line := range []string{"run: R-0001\n", "step: turn\n", "target: fa-1\n", "change: CR-12\n", "found: 1 of 1 (P1)\n", "requested by: mdurand\n", "risk: R3\n"} {
				require.Contains(t, a.Statement, line)
			}
			require.NoError(t, engine.CheckApprovals(log, c.s.Check))
			log[i].Seq++
			require.ErrorIs(t, engine.CheckApprovals(log, c.s.Check), engine.ErrLogDamaged)
		})
	}
	t.Run("no evidence was taken", func(t *testing.T) {
		w := newWorld()
		w.peer = "ready"
		book := bookOf(t, "risk_max: R2", "risk_max: R3", "people: 1", "people: 2", "risk: R2", "risk: R3")
		o := w.options()
		o.Second = &second{by: "ppetit", key: "k"}
		b := begin()
		b.Change = "CR-12"
		log, _ := lead(t, book, b, o)
		require.Contains(t, stepEnd(t, log, "turn").Error, "no evidence was taken")
	})
	t.Run("a kit that has nobody to ask", func(t *testing.T) {
		w := newWorld()
		w.peer = "ready"
		b := begin()
		b.Change = "CR-12"
		log, _ := lead(t, twoPersons(t), b, w.options())
		require.Contains(t, stepEnd(t, log, "turn").Error, "nobody to ask")
	})
}

// caller is a book that calls the pump.
func callers(t *testing.T) *runbooks.Library {
	fsys := shelfWith(t)
	const prose = "# Look at the pumps\n\nLook.\n\n## inner: Look\nLook.\n\n## well: Look\nLook.\n\n## bad: Look\nLook.\n"
	fsys["round/runbook.yaml"] = &fstest.MapFile{Data: []byte(`id: round
version: 1
title: {en: Look at the pumps, fr: Look at the pumps}
products: [flasharray]
severity: 2
audience: admin
triggers: [{rule: pump}]
symptoms: [water]
risk_max: R2
people: 1
minutes: 5
impact: {en: it gets warm, fr: il fait chaud}
owner: darksite
reviewed_on: 2026-11-22
review_every_days: 365
resume_max: 12h
first: inner
steps:
  - {id: inner, kind: call, runbook: pump, on: {resolved: well, mitigated: well, escalated: bad, not_applicable: well, failed: bad}}
  - {id: well, kind: end, outcome: mitigated}
  - {id: bad, kind: end, outcome: escalated}
`)}
	fsys["round/en.md"] = &fstest.MapFile{Data: []byte(prose)}
	fsys["round/fr.md"] = &fstest.MapFile{Data: []byte(prose)}
	return library(t, fsys)
}

func TestCall(t *testing.T) {
	lib := callers(t)
	round, _ := lib.Get("round")
	t.Run("it comes back with the outcome", func(t *testing.T) {
		w := newWorld()
		o := w.options()
		o.Book = lib.Get
		dir := filepath.Join(t.TempDir(), "runs", "R-0001")
		run, err := engine.Start(dir, round, begin(), o)
		require.NoError(t, err)
		outcome, err := run.Go(t.Context())
		require.NoError(t, err)
		require.Equal(t, runbooks.Mitigated, outcome)
		end := stepEnd(t, readLog(t, dir), "inner")
		require.Equal(t, "resolved", end.Result)
		inner := readLog(t, filepath.Join(filepath.Dir(dir), end.Child))
		require.Equal(t, "R-0001", inner[0].Refers)
	})
	t.Run("left in the middle and taken up", func(t *testing.T) {
		w := newWorld()
		w.plan["sure"] = engine.AnswerLeave
		o := w.options()
		o.Book = lib.Get
		dir := filepath.Join(t.TempDir(), "runs", "R-0001")
		run, err := engine.Start(dir, round, begin(), o)
		require.NoError(t, err)
		_, err = run.Go(t.Context())
		require.ErrorIs(t, err, engine.ErrLeft)
		require.NoError(t, run.Close())
		w.plan["sure"] = "yes"
		run, err = engine.Open(dir, o)
		require.NoError(t, err)
		outcome, err := run.Go(t.Context())
		require.NoError(t, err)
		require.NoError(t, run.Close())
		require.Equal(t, runbooks.Mitigated, outcome)
		folders, err := os.ReadDir(filepath.Dir(dir))
		require.NoError(t, err)
		require.Len(t, folders, 2, "the called run was not begun twice")
	})
	t.Run("a book that is not there", func(t *testing.T) {
		w := newWorld()
		log, outcome := lead(t, round, begin(), w.options())
		require.Equal(t, runbooks.Escalated, outcome)
		require.Contains(t, stepEnd(t, log, "inner").Error, "does not hold the runbook: pump")
	})
}

func TestARehearsalLeavesNothing(t *testing.T) {
	w := newWorld()
	w.plan["turn"] = "done"
	o := w.options()
	o.Hands = &hands{broken: errors.New("never asked")}
	o.Sign = func([]byte) ([]byte, error) { return nil, errors.New("never asked") }
	dir, book := t.TempDir(), pump(t)
	t.Chdir(dir)
	outcome, err := engine.Rehearse(t.Context(), book, begin(), o)
	require.NoError(t, err)
	require.Equal(t, runbooks.Resolved, outcome)
	for _, s := range w.shown {
		require.True(t, s.Dry)
	}
	require.Empty(t, w.drafts)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	w = newWorld()
	w.plan["look"] = engine.AnswerStop
	outcome, err = engine.Rehearse(t.Context(), book, begin(), w.options())
	require.NoError(t, err)
	require.Equal(t, runbooks.Escalated, outcome)
	require.Empty(t, w.drafts, "no case of a rehearsal")
}

// What a run kept gives the same verdicts far away, and a changed byte is seen.
func TestReplay(t *testing.T) {
	w := newWorld()
	run, dir := start(t, w)
	_, err := run.Go(t.Context())
	require.NoError(t, err)
	require.NoError(t, run.Close())
	log, err := os.ReadFile(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	kept, err := os.ReadFile(filepath.Join(dir, engine.FactsFile))
	require.NoError(t, err)
	books := func(string) (*runbooks.Runbook, bool) { return pump(t), true }

	again, err := engine.Again(t.Context(), log, kept, books)
	require.NoError(t, err)
	require.True(t, again.Whole && again.SameBook)
	require.Equal(t, runbooks.Resolved, again.Outcome)
	require.Len(t, again.Verdicts, 5, "stands, turn before and after, warm, the end")
	for _, v := range again.Verdicts {
		require.Empty(t, v.Problem)
		require.Equal(t, v.Logged, v.Again)
		require.True(t, v.Agrees())
	}

	lie := bytes.ReplaceAll(kept, []byte(`"status":"stopped"`), []byte(`"status":"runs"`))
	again, err = engine.Again(t.Context(), log, lie, books)
	require.NoError(t, err)
	require.False(t, again.Verdicts[0].Agrees())

	// Redacted: other names, the chain is gone, the answers are the same.
	mask := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("fa-1"), []byte("ARRAY-7")) }
	again, err = engine.Again(t.Context(), mask(log), mask(kept), books)
	require.NoError(t, err)
	require.False(t, again.Whole)
	for _, v := range again.Verdicts {
		require.True(t, v.Agrees(), v.Problem)
	}

	again, err = engine.Again(t.Context(), log, nil, books)
	require.NoError(t, err)
	require.False(t, again.Verdicts[0].Agrees())
	require.Equal(t, runbooks.Unknown, again.Verdicts[0].Again.Result)
	_, err = engine.Again(t.Context(), []byte("rubbish\n"), nil, books)
	require.ErrorIs(t, err, engine.ErrLogDamaged)
	_, err = engine.Again(t.Context(), nil, nil, books)
	require.ErrorIs(t, err, engine.ErrLogDamaged)
}
