package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"darksite/runbooks"
)

// Choice is one answer offered.
type Choice struct {
	ID   string
	Text string
}

// Screen is everything one step shows, as data; the edge renders it.
type Screen struct {
	Run, Target, Component string
	Book                   string // title
	Step, Of               int    // position among the steps done so far and in all
	ID                     string
	Kind                   runbooks.Kind
	Risk                   runbooks.Risk
	Title, Body            string // Body is Markdown
	Expected, Found        string // a check's question and what was found
	Result                 runbooks.Result
	At                     time.Time // time of the data
	Undo                   string
	Type                   string // this word must be typed to go on
	Choices                []Choice
	Notice                 string // something the person should know first
	Dry                    bool   // nothing is done or written: a rehearsal
}

// Human shows a screen and returns the id of a choice, AnswerLeave or
// AnswerStop, with an optional note. When Screen.Type is set the answer must be
// that word or one of the choices.
type Human interface {
	Ask(ctx context.Context, s Screen) (answer, note string, err error)
}

// ask puts a screen to the person and handles what every screen offers.
func (r *Run) ask(ctx context.Context, s Screen) (answer, note string, err error) {
	answer, note, err = r.o.Human.Ask(ctx, s)
	if err != nil {
		return "", "", fmt.Errorf("run %s: step %s: %w", r.ID(), s.ID, err)
	}
	switch answer {
	case AnswerLeave:
		if err := r.write(Entry{Event: Left, Step: s.ID, Note: note}); err != nil {
			return "", "", err
		}
		return "", "", fmt.Errorf("run %s: %w", r.ID(), ErrLeft)
	case AnswerStop:
		return "", note, errStop
	}
	if answer != s.Type && !slices.ContainsFunc(s.Choices, func(c Choice) bool { return c.ID == answer }) || answer == "" {
		return "", "", fmt.Errorf("run %s: step %s: answer %q was not offered", r.ID(), s.ID, answer)
	}
	return answer, note, nil
}

// screen is what every step of the run shows.
func (r *Run) screen(s runbooks.Step) Screen {
	first := r.log.entries[0]
	words := r.book.Prose[r.o.Lang].Sections[s.ID]
	done := map[string]bool{}
	for _, e := range r.log.entries {
		if e.Event == Finished {
			done[e.Step] = true
		}
	}
	delete(done, s.ID)
	return Screen{
		Run: r.ID(), Target: first.Target, Component: first.About, Book: r.book.Title.In(r.o.Lang),
		Step: len(done) + 1, Of: len(r.book.Steps), ID: s.ID, Kind: s.Kind, Risk: max(s.Risk, runbooks.R0),
		Title: words.Title, Body: r.fill(words.Body), Dry: r.dry,
	}
}

// fill puts the names of this run into words. They come from arrays and alerts,
// so nothing in them may act on a terminal or begin a line of its own.
func (r *Run) fill(words string) string {
	first := r.log.entries[0]
	return runbooks.Names{Target: first.Target, Component: first.About, Run: r.ID()}.Fill(r.o.Lang, words)
}

// say is a phrase of the engine itself.
func (r *Run) say(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(r.o.Lang) }

// onward is the one choice of a screen that only wants to be read.
func (r *Run) onward() []Choice { return []Choice{{"n", r.say("go on", "continuer")}} }

func (r *Run) yesNo() []Choice {
	return []Choice{{"yes", r.say("yes", "oui")}, {"no", r.say("no", "non")}}
}
