package train

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/runbooks"
	"darksite/runbooks/render"
	"darksite/training/exam"
)

// questioner shows questions one at a time and takes answers by the line: nothing is
// painted over, and every prompt ends with a colon.
type questioner struct {
	env     *cli.Env
	ask     *cli.Asker
	lang    runbooks.Lang
	screens exam.Screener
}

func (a *app) questioner(lang string, screens exam.Screener) *questioner {
	return &questioner{a.Env, a.Env.Asker(), a.Lang(lang), screens}
}

func (q *questioner) say(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(q.lang) }

func (q *questioner) notef(en, fr string, args ...any) { q.env.Notef(q.say(en, fr), args...) }

// turn is what a person wants instead of answering.
type turn int

const (
	answered turn = iota
	onward
	backward
	jump
	leave
)

// show prints a question with its picture, and the answer given before, if any.
func (q *questioner) show(head string, question exam.Question, seed uint64, given exam.Answer) {
	w, width := q.env.Err, q.env.Width()
	fmt.Fprintf(w, "\n%s\n", head)
	if question.Kind == exam.Screen && q.screens != nil {
		picture, _, _ := q.screens.Screen(question.Item.Screen, seed) // the bank was held against it
		fmt.Fprintf(w, "\n%s\n\n", cli.Indent(cli.PrintableLines(strings.TrimRight(picture.In(q.lang), "\n"))))
	}
	fmt.Fprintln(w, render.Text(question.Stem.In(q.lang), width))
	q.list(question.Shown, exam.Letter, func(o exam.Option) string { return o.Text.In(q.lang) })
	if len(question.Targets) > 0 {
		fmt.Fprintln(w)
	}
	q.list(question.Targets, func(i int) string { return strconv.Itoa(i + 1) }, func(o exam.Option) string { return o.Partner.In(q.lang) })
	if given != "" {
		q.notef("  your answer so far: %s", "  votre réponse jusqu'ici : %s", cli.Printable(question.Words(given)))
	}
}

func (q *questioner) list(options []exam.Option, mark func(int) string, text func(exam.Option) string) {
	for i, o := range options {
		lead := "  " + mark(i) + ") "
		for _, line := range cli.Wrap(text(o), q.env.Width()-len(lead)) {
			fmt.Fprintln(q.env.Err, lead+line)
			lead = strings.Repeat(" ", len(lead))
		}
	}
}

// wanted is what is to be typed.
func (q *questioner) wanted(question exam.Question) string {
	switch question.Kind {
	case exam.Multi:
		return q.say("all letters that are right, such as: a c", "toutes les lettres justes, par exemple : a c")
	case exam.Numeric:
		if unit := question.Number.Unit; unit != "" {
			return q.say("a number of ", "un nombre de ") + unit
		}
		return q.say("a number", "un nombre")
	case exam.Order:
		return fmt.Sprintf(q.say("all %d letters in the right order, such as: c a b", "les %d lettres dans le bon ordre, par exemple : c a b"), len(question.Shown))
	case exam.Match:
		return fmt.Sprintf(q.say("all %d letters, each with its number, such as: a2 b1 c3", "les %d lettres, chacune avec son numéro, par exemple : a2 b1 c3"), len(question.Shown))
	case exam.Screen:
		return q.say("what the screen shows", "ce que montre l'écran")
	}
	return q.say("one letter", "une lettre")
}

// read takes an answer, or where moving is allowed, a word that moves. Anything else is
// asked again.
func (q *questioner) read(question exam.Question, moves bool) (a exam.Answer, t turn, to int, err error) {
	prompt := q.wanted(question)
	if moves {
		prompt += q.say(" [next, back, go N, quit]", " [suite, retour, aller N, quitter]")
	}
	for {
		line, err := q.ask.Line(prompt + q.say(":", " :"))
		if err != nil {
			return "", leave, 0, err
		}
		if t, to, ok := steering(line); ok && moves {
			return "", t, to, nil
		}
		if a, err = question.Typed(line); err == nil {
			return a, answered, 0, nil
		}
		if !errors.Is(err, exam.ErrTyped) {
			return "", leave, 0, err
		}
		q.notef("that is no answer to this question; wanted: %s", "ce n'est pas une réponse à cette question ; attendu : %s", q.wanted(question))
	}
}

// steering reads a word that moves, in either language.
func steering(line string) (t turn, to int, ok bool) {
	words := strings.Fields(strings.ToLower(line))
	if len(words) == 0 {
		return onward, 0, true
	}
	switch words[0] {
	case "next", "suite":
		return onward, 0, true
	case "back", "retour":
		return backward, 0, true
	case "quit", "quitter":
		return leave, 0, true
	case "go", "aller":
		if len(words) == 2 {
			if n, err := strconv.Atoi(words[1]); err == nil {
				return jump, n, true
			}
		}
	}
	return answered, 0, false
}

// because prints whether an answer was right, what is, and why.
func (q *questioner) because(question exam.Question, given exam.Answer, right bool, seed uint64) {
	want := ""
	if question.Kind == exam.Screen && q.screens != nil {
		_, want, _ = q.screens.Screen(question.Item.Screen, seed)
	}
	if right {
		q.notef("Right.", "Juste.")
	} else {
		q.notef("Not right. The answer is: %s", "Ce n'est pas juste. La réponse est : %s", question.Words(exam.Right(question.Item, want)))
	}
	if question.Why != nil {
		q.env.Notef("%s", question.Why.In(q.lang))
	}
	for i, o := range question.Shown {
		chosen := strings.Contains(" "+string(given)+" ", " "+o.ID+" ")
		if o.Why != nil && (o.Right || chosen) {
			q.env.Notef("%s) %s – %s", exam.Letter(i), o.Text.In(q.lang), o.Why.In(q.lang))
		}
	}
}
