package runbooks

import "strings"

// Names are what a run is about, for the words that speak of it.
type Names struct{ Target, Component, Run string }

// Fill puts the names into words of a runbook, tamed by [Printable]: they come
// from arrays and command lines. A run about no single part says so in words.
func (n Names) Fill(l Lang, words string) string {
	component := n.Component
	if component == "" {
		component = Text{EN: "no single part", FR: "aucune pièce en particulier"}.In(l)
	}
	return strings.NewReplacer("{target}", Printable(n.Target), "{component}", Printable(component), "{run}", n.Run).Replace(words)
}
