package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/runbooks"
)

// Order is one thing the kit is to do to an array, or to take back.
type Order struct {
	Target    string
	Component string
	Deed      runbooks.Deed
}

// Hands do to an array the few things the kit may do, at risk R1. A site has
// none unless its policy says so.
type Hands interface {
	Do(ctx context.Context, o Order) error
	Undo(ctx context.Context, o Order) error
}

// action leads through what changes something: at risk R1 the kit does it, above
// a person, who types the target's name first; at R3 a second one agrees.
func (r *Run) action(ctx context.Context, s runbooks.Step) (string, error) {
	if s.Risk == runbooks.R1 {
		return r.deed(ctx, s)
	}
	if r.intended(s.ID) {
		return r.interrupted(ctx, s)
	}
	if why, err := r.forbidden(ctx, s); why != "" || err != nil {
		return r.refused(ctx, s, why, err)
	}
	before := r.eval(ctx, *s.Before, s.MaxAge)
	screen := r.screen(s)
	r.verdict(&screen, *s.Before, before)
	if before.Result != runbooks.Pass {
		return r.notReady(ctx, s, screen, before)
	}
	screen.Undo = r.fill(s.Undo.In(r.o.Lang))
	screen.Type = r.log.entries[0].Target
	screen.Choices = []Choice{{"n", r.say("no", "non")}}
	answer, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	if answer != screen.Type {
		return "not_done", r.finish(s, Entry{Result: "not_done", Verdict: &before, Note: note})
	}
	if s.Risk >= runbooks.R3 {
		if why, err := r.agreed(ctx, s, screen.Found); why != "" || err != nil {
			return r.refused(ctx, s, why, err)
		}
	}
	if err := r.write(Entry{Event: Entered, Step: s.ID, Kind: s.Kind, Verdict: &before, Note: note}); err != nil {
		return "", err
	}
	return r.prove(ctx, s, "")
}

// notReady shows that the check before an action does not pass.
func (r *Run) notReady(ctx context.Context, s runbooks.Step, screen Screen, before runbooks.Verdict) (string, error) {
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	result := "not_done"
	if before.Result == runbooks.Unknown {
		result = "unknown"
	}
	return result, r.finish(s, Entry{Result: result, Verdict: &before, Note: note})
}

// refused shows why the kit does not let the person act. The run goes on as if
// the person had not wanted to.
func (r *Run) refused(ctx context.Context, s runbooks.Step, why string, err error) (string, error) {
	if err != nil {
		return "", fmt.Errorf("run %s: step %s: %w", r.ID(), s.ID, err)
	}
	screen := r.screen(s)
	screen.Notice = r.say("The kit does not lead on to this step: ", "Le kit ne mène pas à cette étape : ") + why
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	return "not_done", r.finish(s, Entry{Result: "not_done", Error: why, Note: note})
}

// forbidden says why nobody may act now, whatever the runbook says, or "".
func (r *Run) forbidden(ctx context.Context, s runbooks.Step) (string, error) {
	if r.jumped() {
		return r.say("the clock of this machine has jumped since this run was taken up. Set it right, leave and resume",
			"l'horloge de cette machine a sauté depuis la reprise. Réglez-la, quittez et reprenez"), nil
	}
	if why := r.changed(ctx); why != "" {
		return why, nil
	}
	other, err := r.handsElsewhere()
	if err != nil {
		return "", err
	}
	if other != "" {
		return fmt.Sprintf(r.say("run %s has hands on %s and has not ended: end it first", "l'exécution %s a les mains sur %s et n'est pas finie : finissez-la d'abord"), other, r.log.entries[0].Target), nil
	}
	if s.Risk >= runbooks.R3 {
		return r.notYet(ctx), nil
	}
	return "", nil
}

// jumped reports whether wall clock and time since boot have parted since the run
// was last taken up.
func (r *Run) jumped() bool {
	now := Entry{At: r.o.Now().UTC(), Boot: int64(r.o.Boot() / time.Second)}
	for _, e := range slices.Backward(append(slices.Clone(r.log.entries), Entry{Clock: r.log.clock(now), Event: Entered})) {
		if e.Event == Resumed || e.Event == Began {
			return false
		}
		if e.Clock != "steady" {
			return true
		}
	}
	return false
}

// changed says that the target is not the one the run began with, or cannot say
// who it is, or "".
func (r *Run) changed(ctx context.Context) string {
	began := r.log.entries[0].Serial
	if began == "" || r.o.Identity == nil {
		return ""
	}
	now, err := r.o.Identity(ctx)
	if err != nil {
		return r.say("the array does not say who it is: ", "la baie ne dit pas qui elle est : ") + runbooks.Printable(err.Error())
	}
	if now != began {
		return fmt.Sprintf(r.say("the array now says it is %s, and this run began about %s", "la baie dit maintenant être %s, et cette exécution a commencé sur %s"), runbooks.Printable(now), runbooks.Printable(began))
	}
	return ""
}

// handsOnFor is how long a run that acted and was never ended keeps others away.
const handsOnFor = 24 * time.Hour

// handsElsewhere names another run in the folder that has acted on the same
// target and has not ended. One that calls this one, or is called, is no other.
func (r *Run) handsElsewhere() (string, error) {
	runs := filepath.Dir(r.dir)
	entries, err := os.ReadDir(runs)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || strings.HasPrefix(name, ".") || family(name) == family(filepath.Base(r.dir)) {
			continue
		}
		past, err := readDir(filepath.Join(runs, name))
		if err != nil || len(past) == 0 {
			continue // a damaged log is somebody else's alarm; it must not stop every other run
		}
		last := past[len(past)-1]
		acted := slices.ContainsFunc(past, func(e Entry) bool { return e.Event == Entered && e.Kind == runbooks.Action })
		if acted && last.Event != Closed && past[0].Target == r.log.entries[0].Target && r.o.Now().Sub(last.At) < handsOnFor {
			return past[0].Run, nil
		}
	}
	return "", nil
}

// family is the run at the root of a chain of calls: R-0001 for R-0001.2.
func family(name string) string {
	root, _, _ := strings.Cut(name, ".")
	return root
}

func readDir(dir string) ([]Entry, error) {
	f, err := os.Open(filepath.Join(dir, LogFile))
	if err != nil {
		return nil, err
	}
	past, _, err := ReadLog(f)
	return past, errors.Join(err, f.Close())
}

// notYet says what risk R3 lacks, or "".
func (r *Run) notYet(ctx context.Context) string {
	first := r.log.entries[0]
	if !slices.ContainsFunc(r.log.entries, func(e Entry) bool { return e.Event == Finished && e.Kind == runbooks.Collect && e.Result == "taken" }) {
		return r.say("no evidence was taken in this run yet", "aucune preuve n'a encore été prise dans cette exécution")
	}
	alerts, _, err := r.o.Facts.Alerts(ctx)
	if err != nil {
		return r.say("nobody knows which alerts are open: ", "on ne sait pas quelles alertes sont ouvertes : ") + runbooks.Printable(err.Error())
	}
	for _, a := range alerts {
		if a.Severity == 1 && a.ID != first.Alert {
			return fmt.Sprintf(r.say("an urgent alert is open: #%d %s", "une alerte urgente est ouverte : n° %d %s"), a.ID, runbooks.Printable(a.Rule))
		}
	}
	peers := runbooks.Predicate{Each: &runbooks.EachIs{Types: []string{"controller", "fm", "xfm"}, Status: []string{"ready", "healthy", "ok", "unused", "not_installed"}}}
	if v := peers.Eval(ctx, r.o.Now(), r.o.Facts, 2*time.Minute); v.Result != runbooks.Pass {
		return r.say("the other side must be ready: ", "l'autre côté doit être prêt : ") + peers.Describe(r.o.Lang, v)
	}
	return ""
}

// intended reports whether the log holds the intention to act and no result.
func (r *Run) intended(step string) bool { return begun(r.log.entries, step) }

// interrupted asks what became of an action that has no result.
func (r *Run) interrupted(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	screen.Notice = r.say("This step was begun and its result was not written down. Did it happen?",
		"Cette étape a été commencée et son résultat n'a pas été noté. A-t-elle eu lieu ?")
	screen.Choices = r.yesNo()
	answer, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	if answer == "no" {
		return "not_done", r.finish(s, Entry{Result: "not_done", Note: note})
	}
	return r.prove(ctx, s, note)
}

// prove looks until the check after the action passes or time is up.
func (r *Run) prove(ctx context.Context, s runbooks.Step, note string) (string, error) {
	v, err := r.until(ctx, *s.After, s)
	if err != nil {
		return "", err
	}
	result := map[runbooks.Result]string{runbooks.Pass: "done", runbooks.Fail: "failed", runbooks.Unknown: "unknown"}[v.Result]
	return result, r.finish(s, Entry{Result: result, Verdict: &v, Note: note})
}

// deed is an action of the kit itself. All of them may be done twice, so one that
// was interrupted is done again.
func (r *Run) deed(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	var before *runbooks.Verdict
	if s.Before != nil {
		v := r.eval(ctx, *s.Before, s.MaxAge)
		r.verdict(&screen, *s.Before, v)
		if before = &v; v.Result != runbooks.Pass {
			return r.notReady(ctx, s, screen, v)
		}
	}
	what := r.fill(s.Do.Sentence(r.o.Lang))
	screen.Choices = r.yesNo()
	if r.o.Hands == nil {
		what, _, _ = strings.Cut(what, ";") // what the kit would take back a person does not have to
		screen.Notice = r.say("This kit changes nothing on arrays here. Do it yourself, or go on without: ", "Ici le kit ne modifie rien sur les baies. Faites-le vous-même ou continuez sans : ") + strings.TrimSpace(what)
		screen.Choices = []Choice{{"yes", r.say("I have done it", "je l'ai fait")}, {"no", r.say("go on without", "continuer sans")}}
	} else if why := r.changed(ctx); why != "" {
		return r.refused(ctx, s, why, nil)
	} else {
		screen.Notice = r.say("If you say yes, the kit will ", "Si vous dites oui, le kit va ") + what
	}
	answer, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	if answer == "no" {
		return "not_done", r.finish(s, Entry{Result: "not_done", Verdict: before, Note: note})
	}
	did := ""
	if r.o.Hands != nil {
		did = s.Do.What
		if err := r.write(Entry{Event: Entered, Step: s.ID, Kind: s.Kind, Verdict: before, Did: did, Note: note}); err != nil {
			return "", err
		}
		if err := r.o.Hands.Do(ctx, r.order(*s.Do)); err != nil {
			return r.failed(ctx, s, note, err)
		}
	}
	if s.After == nil {
		return "done", r.finish(s, Entry{Result: "done", Did: did, Note: note})
	}
	return r.prove(ctx, s, note)
}

func (r *Run) order(d runbooks.Deed) Order {
	first := r.log.entries[0]
	return Order{Target: first.Target, Component: first.About, Deed: d}
}

// undo takes back what the kit did and has not taken back. What cannot be taken
// back is written down, and does not keep a run from ending.
func (r *Run) undo(ctx context.Context) error {
	left := map[string]string{} // by step
	for _, e := range r.log.entries {
		switch {
		case e.Event == Entered && e.Did != "":
			left[e.Step] = e.Did
		case e.Event == Undone:
			delete(left, e.Step)
		}
	}
	for _, s := range r.book.Steps {
		if left[s.ID] == "" || s.Do == nil || !s.Do.Undone() {
			continue
		}
		e := Entry{Event: Undone, Step: s.ID, Kind: s.Kind, Did: s.Do.What, Result: "undone"}
		err := fs.ErrPermission
		if r.o.Hands != nil {
			err = r.o.Hands.Undo(ctx, r.order(*s.Do))
		}
		if err != nil {
			e.Result, e.Error = "failed", cut(err)
		}
		if err := r.write(e); err != nil {
			return err
		}
	}
	return nil
}

// cut is the text of an error as the log keeps it.
func cut(err error) string {
	text := []rune(runbooks.Printable(err.Error()))
	return string(text[:min(len(text), maxWhy)])
}
