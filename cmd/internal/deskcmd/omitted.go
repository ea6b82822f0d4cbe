package deskcmd

import (
	"fmt"
	"strings"

	"darksite/bundle/desk"
	"darksite/cmd/internal/cli"
)

// How the reasons begin of what did not get into a bundle on purpose.
const (
	removedReason  = "removed at review"
	withheldReason = "withheld"
)

// leftWords says what a site does without of our replies.
func leftWords(b desk.Bundle) []string {
	var out []string
	for _, l := range b.LeftOut {
		out = append(out, fmt.Sprintf("the site left the %s of reply %d out", l.What, l.Reply))
	}
	return out
}

// omittedWords counts what is not in a bundle, by who decided that.
func omittedWords(b desk.Bundle) string {
	removed, withheld := 0, 0
	for _, o := range b.Omitted {
		switch {
		case strings.HasPrefix(o.Reason, removedReason):
			removed++
		case strings.HasPrefix(o.Reason, withheldReason):
			withheld++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{removed, removedReason}, {withheld, "withheld by the redactor"}, {b.OmittedAll - removed - withheld, "not collected"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return "not in it: " + strings.Join(parts, ", ")
}

// mostOmitted is how many the case shows.
const mostOmitted = 10

// printOmitted shows what the newest bundle of a case lacks: by name what a person or
// the redactor took out, by number what was not there to be taken.
func (a *app) printOmitted(b desk.Bundle) {
	if len(b.LeftOut) > 0 {
		fmt.Fprintln(a.env.Out)
		a.paragraph("left out", strings.Join(leftWords(b), "; "))
	}
	if b.OmittedAll == 0 {
		return
	}
	t := &cli.Table{Header: []string{"NOT IN " + string(b.BID), "WHY"}}
	for _, o := range b.Omitted {
		if t.Len() < mostOmitted && (strings.HasPrefix(o.Reason, removedReason) || strings.HasPrefix(o.Reason, withheldReason)) {
			t.Add(o.OrigPath, o.Reason)
		}
	}
	fmt.Fprintln(a.env.Out)
	if t.Len() > 0 {
		t.Print(a.env.Out, a.env.Width(), a.env.Color())
	}
	for _, line := range cli.Wrap(fmt.Sprintf("%s, %s; all of it: --json, and the manifest", b.BID, omittedWords(b)), a.env.Width()) {
		fmt.Fprintln(a.env.Out, line)
	}
}
