package screens

import (
	"maps"
	"slices"

	"darksite/runbooks"
)

// Screens makes all screens of the bank.
type Screens struct{}

// picture is what is shown and what is to be read from it.
type picture struct {
	text   runbooks.Text
	answer string
}

// console is a screen of a program that speaks one language only.
func console(text, answer string) picture {
	return picture{runbooks.Text{EN: text, FR: text}, answer}
}

var makers = map[string]func(*dice) picture{
	"status-unknown":  statusUnknown,
	"status-critical": statusCritical,
	"status-forecast": statusForecast,
	"forecast":        forecastRange,
	"alerts-free":     alertsFree,
	"alerts-hands":    alertsHands,
	"history-top":     historyTop,
	"drives":          drives,
	"parts":           parts,
	"ports":           ports,
	"replicas":        replicas,
	"run-log":         runLog,
	"dry-run":         dryRun,
	"redacted":        redacted,
	"statement":       statement,
	"review":          review,
	"cover":           cover,
	"readback":        readBack,
	"journal":         journal,
	"digest":          digest,
	"case-list":       caseList,
	"refusal":         refusal,
	"analyze":         analyze,
	"findings":        findings,
	"certificates":    certificates,
}

// Names are the names of all screens, sorted.
func Names() []string { return slices.Sorted(maps.Keys(makers)) }

// Screen is the picture of a name for a seed, in both languages, and the answer.
func (Screens) Screen(name string, seed uint64) (runbooks.Text, string, bool) {
	draw, ok := makers[name]
	if !ok {
		return runbooks.Text{}, "", false
	}
	p := draw(&dice{name: name, seed: seed})
	return p.text, p.answer, true
}
