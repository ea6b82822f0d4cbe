package remedy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/localmon/units"
	"darksite/runbooks"
	"darksite/runbooks/engine"
	"darksite/runbooks/render"
)

// terminal shows the screens of a run one after the other and takes answers by
// the line: no repaint, one fact a line, every prompt ends with a colon.
type terminal struct {
	env  *cli.Env
	ask  *cli.Asker
	lang runbooks.Lang
	past []engine.Screen // shown before this one

	waited int // times since the newest screen
	// aside takes what a person types about a target that is no answer, where it means
	// something; nil where nothing does.
	aside func(ctx context.Context, target, line string) (did bool)
}

// Keys of the terminal at every screen, beside those of the engine. Where the letter
// b is no answer it leads back as well.
const (
	keyBack = "<" // what was shown before, once more
	keyHelp = "?" // what this screen is
)

func (t *terminal) say(en, fr string) string {
	if t.lang == runbooks.French {
		return fr
	}
	return en
}

// Ask implements engine.Human.
func (t *terminal) Ask(ctx context.Context, s engine.Screen) (answer, note string, err error) {
	t.show(s)
	t.waited = 0
	defer func() { t.past = append(t.past, s) }()
	for back := len(t.past); ; {
		if err := ctx.Err(); err != nil {
			return "", "", err
		}
		line, err := t.ask.Line(t.prompt(s))
		if err != nil {
			return "", "", err
		}
		if t.aside != nil && t.aside(ctx, s.Target, line) {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == keyHelp:
			t.help(s)
			continue
		case word == keyBack || word == "b" && len(s.Choices) < 2:
			back = t.back(s, back)
			continue
		}
		if answer, ok := t.match(s, word, line); ok {
			return answer, strings.TrimSpace(rest), nil
		}
		t.env.Notef("%s", t.say("that is none of the answers", "ce n'est pas une des réponses"))
	}
}

// match finds the answer a line means. The letters a, b, c choose; an empty line
// goes on where going on is the only choice.
func (t *terminal) match(s engine.Screen, word, line string) (string, bool) {
	switch {
	case word == engine.AnswerLeave || word == engine.AnswerStop:
		return word, true
	case s.Type != "" && line == s.Type:
		return line, true
	case len(s.Choices) == 1 && s.Type == "" && (word == "" || strings.EqualFold(word, s.Choices[0].ID)):
		return s.Choices[0].ID, true
	}
	if len(word) == 1 && len(s.Choices) > 1 {
		if i := int(strings.ToLower(word)[0]) - 'a'; i >= 0 && i < len(s.Choices) {
			return s.Choices[i].ID, true
		}
	}
	i := slices.IndexFunc(s.Choices, func(c engine.Choice) bool {
		return strings.EqualFold(c.ID, word) || strings.EqualFold(c.Text, line)
	})
	if i < 0 {
		return "", false
	}
	return s.Choices[i].ID, true
}

func (t *terminal) show(s engine.Screen) {
	w, width := t.env.Err, t.env.Width()
	fmt.Fprintf(w, "\n%s  %s  %s\n", s.Run, s.Target, cli.Printable(s.Component))
	fmt.Fprintf(w, "%s %d  %s  %s  %s %s\n", t.say("Step", "Étape"), s.Step, strings.ToUpper(s.Kind.In(t.lang)), s.Title, t.say("risk", "risque"), s.Risk)
	if s.Dry {
		fmt.Fprintln(w, t.say("DRY RUN: nothing is done and nothing is written", "RÉPÉTITION : rien n'est fait et rien n'est écrit"))
	}
	if s.Notice != "" {
		fmt.Fprintln(w, render.Text("> "+s.Notice, width))
	}
	fmt.Fprintln(w, cli.Indent(render.Text(cli.PrintableLines(s.Body), width-2)))
	if s.Expected != "" {
		t.fact(t.say("expected", "attendu"), s.Expected)
	}
	if s.Found != "" {
		t.fact(t.say("found", "trouvé"), s.Found)
		age := ""
		if !s.At.IsZero() {
			age = t.say("data ", "données ") + units.Duration(max(0, s.Age(t.env.Now())).Truncate(time.Second)) + t.say(" old", "")
		}
		t.fact(t.say("result", "résultat"), strings.TrimSpace(t.result(s.Result)+"  "+age))
	}
	if s.Undo != "" {
		t.fact(t.say("undo", "retour"), s.Undo)
	}
	if len(s.Choices) > 1 {
		for i, c := range s.Choices {
			fmt.Fprintf(w, "  %c) %s\n", 'a'+i, c.Text)
		}
	}
}

func (t *terminal) fact(name, text string) {
	const indent = 12
	for _, line := range cli.Wrap(cli.Printable(text), t.env.Width()-indent) {
		fmt.Fprintf(t.env.Err, "  %-*s%s\n", indent-2, name, line)
		name = ""
	}
}

func (t *terminal) result(r runbooks.Result) string {
	switch r {
	case runbooks.Pass:
		return t.say("PASS", "RÉUSSI")
	case runbooks.Fail:
		return t.say("FAIL", "ÉCHEC")
	default:
		return t.say("UNKNOWN", "INCONNU")
	}
}

func (t *terminal) prompt(s engine.Screen) string {
	leave := t.say("q=stop here, !=open a case, <=back, ?=help", "q=arrêter ici, !=ouvrir un dossier, <=relire, ?=aide")
	switch {
	case s.Type != "":
		return fmt.Sprintf(t.say("type %s to go on, or n [%s]:", "tapez %s, ou n [%s] :"), s.Type, leave)
	case len(s.Choices) == 1:
		return fmt.Sprintf("%s [%s]:", t.say("Enter to go on", "Entrée pour continuer"), leave)
	default:
		return fmt.Sprintf("%s [a-%c, %s]:", t.say("answer", "réponse"), 'a'+len(s.Choices)-1, leave)
	}
}

// waiting says now and then that something is asked again and again: the first time,
// and every tenth.
func (t *terminal) waiting(d time.Duration) {
	if t.waited++; t.waited%10 == 1 {
		t.env.Notef(t.say("not yet: asked again every %s; Ctrl-C stops, runbook resume goes on", "pas encore : redemandé toutes les %s ; Ctrl-C arrête, runbook resume reprend"), units.Duration(d))
	}
}
