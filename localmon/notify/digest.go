package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

const (
	maxGroups    = 50    // shown by a digest
	maxCounted   = 2_000 // kept apart while it is made
	maxNamed     = 5     // components named by a group
	maxNamedText = 80    // bytes of such a name
)

// Group is what one rule said of one target within a digest.
type Group struct {
	Target     string            `json:"target"`
	Rule       string            `json:"rule"`
	Severity   localmon.Severity `json:"severity"` // the most urgent of them
	Open       int               `json:"open"`     // changes after which the alert is open
	Over       int               `json:"over"`     // changes after which it is over
	Changes    int               `json:"changes"`
	Components []string          `json:"components,omitempty"` // the first few
	Further    bool              `json:"further,omitempty"`    // there are components beyond those named
	Summary    string            `json:"summary"`              // of the newest of the most urgent
	Runbook    string            `json:"runbook,omitempty"`
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to"`
}

// Line is the group for people, on one line.
func (g Group) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "severity %d (%s) %s, %s: %d changes (%d open, %d over)", g.Severity, severityWord(g.Severity), g.Target, g.Rule, g.Changes, g.Open, g.Over)
	if len(g.Components) > 0 {
		b.WriteString(" of " + strings.Join(g.Components, ", "))
		if g.Further {
			b.WriteString(" and others")
		}
	}
	fmt.Fprintf(&b, ", %s to %s: %s", g.From.UTC().Format(time.RFC3339), g.To.UTC().Format(time.RFC3339), g.Summary)
	if g.Runbook != "" && g.Open > 0 {
		b.WriteString("; runbook " + g.Runbook)
	}
	return plain(b.String(), maxText)
}

type groupKey struct{ target, rule string }

// digest gathers changes into groups.
type digest struct {
	groups map[groupKey]*Group
	beyond map[groupKey]struct{} // groups there was no room for
}

func newDigest() *digest {
	return &digest{groups: map[groupKey]*Group{}, beyond: map[groupKey]struct{}{}}
}

// add takes one change over. Room is kept for a bounded number of groups; an
// urgent change finds room always, because there are few targets and rules.
func (d *digest) add(c localmon.Change) {
	a := c.Alert
	k := groupKey{a.Target, a.Rule}
	g := d.groups[k]
	if g == nil {
		if len(d.groups) >= maxCounted {
			if len(d.beyond) < maxCounted {
				d.beyond[k] = struct{}{}
			}
			return
		}
		g = &Group{Target: a.Target, Rule: a.Rule, Severity: a.Severity, From: c.At}
		d.groups[k] = g
	}
	g.Changes++
	if a.Status == localmon.StatusResolved {
		g.Over++
	} else {
		g.Open++
	}
	if g.Summary == "" || a.Severity <= g.Severity {
		g.Severity, g.Summary, g.Runbook = a.Severity, plain(a.Summary, maxText), a.Runbook
	}
	if name := plain(a.Component, maxNamedText); name != "" && !slices.Contains(g.Components, name) {
		if len(g.Components) < maxNamed {
			g.Components = append(g.Components, name)
		} else {
			g.Further = true
		}
	}
	g.To = c.At
}

// shown are the groups of a message, the most urgent first, what is still open
// before what is over, and how many were left out.
func (d *digest) shown() ([]Group, int) {
	all := make([]Group, 0, len(d.groups))
	for _, g := range d.groups {
		all = append(all, *g)
	}
	over := func(g Group) int {
		if g.Open > g.Over {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(over(a), over(b)), cmp.Compare(b.Changes, a.Changes),
			cmp.Compare(a.Target, b.Target), cmp.Compare(a.Rule, b.Rule))
	})
	shown := all[:min(len(all), maxGroups)]
	return shown, len(all) - len(shown) + len(d.beyond)
}
