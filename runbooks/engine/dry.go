package engine

import (
	"context"
	"fmt"
	"slices"

	"darksite/runbooks"
)

// acting are the kinds of step that a rehearsal only speaks of.
var acting = []runbooks.Kind{runbooks.Action, runbooks.Wait, runbooks.Collect, runbooks.Call, runbooks.Escalate}

// Rehearse leads through a runbook and leaves nothing behind: no log, no evidence,
// no case, nothing done to an array. Checks look at the data there is. At a step
// that would change something the person says which result to follow; checks
// behind it cannot be asked, because nothing was changed, and the person says
// again. It returns the outcome that way leads to.
func Rehearse(ctx context.Context, book *runbooks.Runbook, b Begin, o Options) (runbooks.Outcome, error) {
	if err := o.check(); err != nil {
		return "", fmt.Errorf("rehearse: %w", err)
	}
	if !book.For(b.Product) {
		return "", fmt.Errorf("rehearse: %w", mayBegin(book, b))
	}
	o.Hands, o.Second = nil, nil
	r := &Run{book: book, o: o, at: book.First, dry: true, log: &log{run: b.Run}}
	if err := r.write(began(book, b)); err != nil {
		return "", err
	}
	return r.Go(ctx)
}

// acted reports whether the rehearsal has passed a step that would have changed
// something.
func (r *Run) acted() bool {
	return slices.ContainsFunc(r.log.entries, func(e Entry) bool {
		return e.Event == Finished && e.Kind == runbooks.Action && e.Result == "done"
	})
}

// rehearse asks which result of a step to follow.
func (r *Run) rehearse(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	switch {
	case s.Do != nil:
		screen.Notice = r.say("The kit would ask whether to ", "Le kit demanderait s'il doit ") + r.fill(s.Do.Sentence(r.o.Lang))
	case s.Kind == runbooks.Action:
		screen.Expected, screen.Undo = s.Before.Sentence(r.o.Lang), r.fill(s.Undo.In(r.o.Lang))
		screen.Notice = r.say("You would act here. Afterwards the kit would look for: ", "Vous agiriez ici. Ensuite le kit vérifierait : ") + s.After.Sentence(r.o.Lang)
	case s.Expect != nil:
		screen.Expected = s.Expect.Sentence(r.o.Lang)
	}
	return r.choose(ctx, s, screen)
}

// blindCheck is a check that a rehearsal cannot ask.
func (r *Run) blindCheck(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	screen.Expected = s.Expect.Sentence(r.o.Lang)
	screen.Notice = r.say("Not to be asked in a rehearsal: nothing was changed before.", "Invérifiable en répétition : rien n'a été changé avant.")
	return r.choose(ctx, s, screen)
}

func (r *Run) choose(ctx context.Context, s runbooks.Step, screen Screen) (string, error) {
	for _, result := range s.Results() {
		screen.Choices = append(screen.Choices, Choice{result, r.word(result)})
	}
	answer, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	return answer, r.finish(s, Entry{Result: answer, Note: note})
}

// word says a result in the language of the person.
func (r *Run) word(result string) string {
	words := map[string]runbooks.Text{
		"pass": {EN: "it is so", FR: "c'est le cas"}, "fail": {EN: "it is not so", FR: "ce n'est pas le cas"}, "unknown": {EN: "nobody can tell", FR: "on ne peut pas savoir"},
		"done": {EN: "it was done and proven", FR: "c'est fait et prouvé"}, "failed": {EN: "it did not work", FR: "cela n'a pas fonctionné"}, "not_done": {EN: "it was not done", FR: "ce n'est pas fait"},
		"reached": {EN: "it came true in time", FR: "c'est arrivé à temps"}, "expired": {EN: "time ran out", FR: "le temps est écoulé"},
		"taken": {EN: "it was taken", FR: "c'est pris"}, "drafted": {EN: "the case was drafted", FR: "le dossier est préparé"},
		"resolved": {EN: "it came back resolved", FR: "revenue résolue"}, "mitigated": {EN: "it came back mitigated", FR: "revenue atténuée"},
		"escalated": {EN: "it came back with a case", FR: "revenue avec un dossier"}, "not_applicable": {EN: "it came back: nothing wrong", FR: "revenue : rien d'anormal"},
	}
	if t, ok := words[result]; ok {
		return t.In(r.o.Lang)
	}
	return result
}
