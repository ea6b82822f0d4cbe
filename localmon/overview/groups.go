package overview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

// Bounds of a group as it is shown. What is beyond is counted.
const (
	MaxNamed   = 8 // components named
	maxVariant = 5 // groups of one family of rules on one target; more are one
)

// Group is what belongs together before people: the alerts of one rule on one
// target, with what they explain.
type Group struct {
	Word       Word              `json:"word"`
	Target     string            `json:"target"`
	Rule       string            `json:"rule"` // a family where it ends in *
	Severity   localmon.Severity `json:"severity"`
	Alert      uint64            `json:"alert"`                // the one to open first: the most urgent, the oldest
	Component  string            `json:"component,omitempty"`  // of that one, where it stands alone
	Components []string          `json:"components,omitempty"` // the first of several
	Alerts     int               `json:"alerts"`
	Explains   int               `json:"explains,omitempty"` // conditions they are the cause of
	Summary    string            `json:"summary"`            // of that one
	Why        string            `json:"why"`
	Runbook    string            `json:"runbook,omitempty"`
	Since      time.Time         `json:"since"` // of the oldest
	Seen       time.Time         `json:"seen"`  // the newest observation
	Acked      int               `json:"acked,omitempty"`
	AckedBy    string            `json:"acked_by,omitempty"` // where all are in the hands of one
	Hushed     int               `json:"hushed,omitempty"`   // people are not told of so many now
	Hush       *localmon.Hush    `json:"hush,omitempty"`     // where that is all of them: the one that ends first
	Stale      int               `json:"stale,omitempty"`
	Flaps      int               `json:"flaps,omitempty"`
}

// Held reports whether nobody has to begin with this now: somebody has all of
// it in hand, or people are not told of it.
func (g Group) Held() bool { return g.Acked == g.Alerts || g.Hushed == g.Alerts }

// State is how the group stands before people, in a word or two.
func (g Group) State() string {
	switch {
	case g.Stale == g.Alerts:
		return "unknown"
	case g.Hush != nil:
		return g.Hush.Word()
	case g.Acked == g.Alerts:
		return "in hand"
	}
	return string(localmon.StatusFiring)
}

// Text is the group in one sentence: the summary of the one that stands alone,
// or how many there are, which, and the summary of the first.
func (g Group) Text() string {
	text := g.Summary
	if g.Alerts > 1 {
		names := strings.Join(g.Components, ", ")
		if more := g.Alerts - len(g.Components); more > 0 && names != "" {
			names += fmt.Sprintf(" and %d more", more)
		}
		text = fmt.Sprintf("%d alerts", g.Alerts)
		if names != "" {
			text += " (" + names + ")"
		}
		text += ", the first: " + g.Summary
	}
	if g.Explains > 0 {
		text += fmt.Sprintf("; it explains %d more", g.Explains)
	}
	return text
}

type groupKey struct{ target, rule string }

// Groups puts the alerts that stand before people together, what to look at
// first in front. Alerts that another one explains are in the group of that.
func Groups(alerts []localmon.Alert) []Group {
	family := families(alerts)
	by := map[groupKey][]localmon.Alert{}
	for _, a := range alerts {
		if !told(a) {
			continue
		}
		k := groupKey{a.Target, a.Rule}
		if f := familyOf(a.Rule); family[groupKey{a.Target, f}] > maxVariant {
			k.rule = f
		}
		by[k] = append(by[k], a)
	}
	out := make([]Group, 0, len(by))
	for k, list := range by {
		out = append(out, group(k.rule, list))
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Word.rank(), a.Word.rank()), compareHeld(a.Held(), b.Held()),
			cmp.Compare(a.Severity, b.Severity), a.Since.Compare(b.Since), cmp.Compare(a.Alert, b.Alert))
	})
	return out
}

// familyOf is a rule with its variants, such as one for each code of an array.
func familyOf(rule string) string {
	name, _, variant := strings.Cut(rule, ":")
	if variant {
		return name + ":*"
	}
	return rule
}

// families counts the rules of each family on each target.
func families(alerts []localmon.Alert) map[groupKey]int {
	seen, n := map[groupKey]bool{}, map[groupKey]int{}
	for _, a := range alerts {
		if k := (groupKey{a.Target, a.Rule}); told(a) && !seen[k] {
			seen[k] = true
			n[groupKey{a.Target, familyOf(a.Rule)}]++
		}
	}
	return n
}

func group(rule string, list []localmon.Alert) Group {
	first := slices.MinFunc(list, func(a, b localmon.Alert) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	g := Group{
		Word: word(first.Severity), Target: first.Target, Rule: rule, Severity: first.Severity, Alert: first.ID,
		Alerts: len(list), Summary: first.Summary, Why: first.Why, Runbook: first.Runbook, Since: first.Since,
	}
	hands := map[string]bool{}
	for _, a := range list {
		g.Explains += len(a.Children)
		g.Flaps += a.Flaps
		g.Stale += count(a.Stale)
		g.Acked += count(a.AckedBy != "")
		hands[a.AckedBy] = true
		if a.Hush != nil {
			g.Hushed++
			if g.Hush == nil || a.Hush.Until.Before(g.Hush.Until) {
				g.Hush = a.Hush
			}
		}
		if a.Since.Before(g.Since) {
			g.Since = a.Since
		}
		if a.Seen.After(g.Seen) {
			g.Seen = a.Seen
		}
		if a.Component != "" {
			g.Components = append(g.Components, a.Component)
		}
	}
	if g.Hushed < g.Alerts {
		g.Hush = nil
	}
	if len(hands) == 1 {
		g.AckedBy = first.AckedBy
	}
	slices.Sort(g.Components)
	g.Components = slices.Compact(g.Components)
	g.Components = slices.Clone(g.Components[:min(len(g.Components), MaxNamed)])
	if g.Alerts == 1 {
		g.Component, g.Components = first.Component, nil
	}
	return g
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// compareHeld puts what nobody has in hand in front.
func compareHeld(a, b bool) int { return cmp.Compare(count(a), count(b)) }
