package remedy

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// answering is a terminal that is answered with lines, and what it shows.
func answering(lang runbooks.Lang, lines ...string) (*terminal, *bytes.Buffer) {
	var shown bytes.Buffer
	env := &cli.Env{In: strings.NewReader(strings.Join(lines, "\n") + "\n"), Out: &shown, Err: &shown, Now: func() time.Time { return factsNow }, Getenv: func(string) string { return "" }}
	return &terminal{env: env, ask: env.Asker(), lang: lang}, &shown
}

func observe(step int, title string, choices ...engine.Choice) engine.Screen {
	return engine.Screen{Run: "R-0001", Target: "fa-1", Step: step, ID: title, Kind: runbooks.Observe, Title: title, Body: "words of " + title, Risk: runbooks.R0, Choices: choices}
}

func TestWhatCameBeforeIsReadAgain(t *testing.T) {
	onward := engine.Choice{ID: "seen", Text: "go on"}
	first, second := observe(1, "first", onward), observe(2, "second", onward)
	third := observe(3, "third", engine.Choice{ID: "yes", Text: "it is so"}, engine.Choice{ID: "no", Text: "it is not"})
	term, shown := answering(runbooks.English, "<", "", "b", "", "<", "<", "<", "<", "b the label is torn")
	_, _, err := term.Ask(t.Context(), first)
	require.NoError(t, err)
	require.Contains(t, shown.String(), "nothing was shown before")
	_, _, err = term.Ask(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(shown.String(), "words of first"), "where b is no answer it leads back")
	require.Contains(t, shown.String(), "you are at step 2, second")
	shown.Reset()
	answer, note, err := term.Ask(t.Context(), third)
	require.NoError(t, err)
	require.Equal(t, "no", answer, "where b is an answer it is the answer")
	require.Equal(t, "the label is torn", note)
	require.Equal(t, 2, strings.Count(shown.String(), "words of second"), "past the first screen it begins anew")
	require.Equal(t, 1, strings.Count(shown.String(), "words of first"))
	require.Contains(t, shown.String(), "<=back, ?=help]:")
}

// Every kind of screen has its own help, in both languages, at eighty columns, and
// nothing is answered by asking for it.
func TestHelpOnEveryScreen(t *testing.T) {
	texts := map[string]string{}
	for _, lang := range runbooks.Languages() {
		for _, kind := range []runbooks.Kind{runbooks.Read, runbooks.Check, runbooks.Observe, runbooks.Confirm, runbooks.Action, runbooks.Wait, runbooks.Collect, runbooks.Escalate} {
			for _, risk := range []runbooks.Risk{runbooks.R1, runbooks.R2} {
				s := observe(1, "screen", engine.Choice{ID: "yes", Text: "it is so"}, engine.Choice{ID: "no", Text: "it is not"})
				s.Kind, s.Risk = kind, risk
				term, shown := answering(lang, "?", "a")
				term.show(s)
				shown.Reset()
				answer, _, err := term.Ask(t.Context(), s)
				require.NoError(t, err)
				require.Equal(t, "yes", answer)
				for line := range strings.Lines(strings.ReplaceAll(shown.String(), ": ", ":\n")) { // an answer ends no line here
					require.LessOrEqual(t, len([]rune(line)), 81, line)
				}
				texts[term.what(s)] = string(kind)
			}
		}
	}
	require.Len(t, texts, 2*9, "two for an action")
}
