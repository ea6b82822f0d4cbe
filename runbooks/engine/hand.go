package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"darksite/runbooks"
)

// owner is who the run belongs to: who began it, or who took it over last.
func (r *Run) owner() (who string, offer *Entry) {
	for i, e := range r.log.entries {
		switch e.Event {
		case Began, Handed:
			who, offer = e.Actor, nil
		case Offered:
			offer = &r.log.entries[i]
		}
	}
	return who, offer
}

// accept lets another person take the run over: one it was offered to, or one who
// says why. Who takes it over sees first where it stands.
func (r *Run) accept(ctx context.Context) error {
	owner, offer := r.owner()
	if owner == r.o.Actor || r.dry {
		return nil
	}
	reason := r.o.TakeOver
	if offer != nil && offer.To == r.o.Actor {
		reason = offer.Note
	} else if reason == "" {
		return fmt.Errorf("run %s: %w: %s", r.ID(), ErrNotYours, runbooks.Printable(owner))
	}
	s, _ := r.book.Step(r.at)
	last := r.log.entries[len(r.log.entries)-1]
	screen := r.screen(s)
	screen.Kind, screen.Risk = runbooks.Confirm, runbooks.R0
	screen.Title, screen.Body = r.say("Take this run over", "Reprendre cette exécution"), r.soFar()
	screen.Notice = fmt.Sprintf(r.say("It is with %s, who wrote last at %s. Why it changes hands: %s", "Elle est à %s, qui a écrit en dernier à %s. Pourquoi elle change de main : %s"),
		runbooks.Printable(owner), last.At.UTC().Format("2006-01-02 15:04Z"), runbooks.Printable(reason))
	screen.Choices = r.yesNo()
	answer, note, err := r.ask(ctx, screen)
	if errors.Is(err, errStop) {
		answer, err = "no", nil // a run that is not theirs is not theirs to stop
	}
	if err != nil {
		return err
	}
	if answer == "no" {
		return fmt.Errorf("run %s: %w: %s", r.ID(), ErrNotYours, runbooks.Printable(owner))
	}
	return r.write(Entry{Event: Handed, From: owner, Note: strings.TrimSpace(reason + " " + note)})
}

// soFar lists the steps that ended, with their results, as Markdown.
func (r *Run) soFar() string {
	var b strings.Builder
	for _, e := range r.log.entries {
		if e.Event != Finished {
			continue
		}
		title := r.book.Prose[r.o.Lang].Sections[e.Step].Title
		fmt.Fprintf(&b, "- %s: %s\n", r.fill(title), e.Result)
	}
	if b.Len() == 0 {
		return r.say("Nothing was done yet.", "Rien n'a encore été fait.")
	}
	return b.String()
}

// Offer writes down that the owner of the run in dir asks another person to go on
// with it, and why. The run changes hands when that person takes it up.
func Offer(dir string, o Options, to, why string) error {
	if to == "" || to == o.Actor || strings.TrimSpace(why) == "" {
		return errors.New("hand over: another person and a reason are needed")
	}
	r, err := open(dir, o, toGoOn)
	if err != nil {
		return err
	}
	if owner, _ := r.owner(); owner != o.Actor {
		return errors.Join(fmt.Errorf("run %s: %w: %s", r.ID(), ErrNotYours, runbooks.Printable(owner)), r.Close())
	}
	return errors.Join(r.write(Entry{Event: Offered, To: to, Note: why}), r.Close())
}

// Abort ends the run in dir without an outcome, for a reason. The log says what
// was begun and has no result. It works on runs that have rested too long.
func Abort(ctx context.Context, dir string, o Options, why string) error {
	if strings.TrimSpace(why) == "" {
		return errors.New("abort: a reason is needed")
	}
	r, err := open(dir, o, toEnd)
	if err != nil {
		return err
	}
	var begun []string
	for _, s := range r.book.Steps {
		if r.intended(s.ID) {
			begun = append(begun, s.ID)
		}
	}
	err = r.undo(ctx)
	if err == nil {
		e := Entry{Event: Closed, Step: r.at, Result: string(runbooks.Aborted), Note: why}
		if len(begun) > 0 {
			e.Error = "begun and without a result: " + strings.Join(begun, ", ")
		}
		err = r.write(e)
	}
	if err == nil {
		err = r.seal()
	}
	return errors.Join(err, r.Close())
}
