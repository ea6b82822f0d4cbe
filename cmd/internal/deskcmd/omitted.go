package deskcmd

import (
	"fmt"
	"strings"

	"darksite/bundle/desk"
	"darksite/cmd/internal/cli"
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
		case strings.HasPrefix(o.Reason, "removed at review"):
			removed++
		case strings.HasPrefix(o.Reason, "withheld"):
			withheld++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{removed, "removed at review"}, {withheld, "withheld by the redactor"}, {b.OmittedAll - removed - withheld, "not collected"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return "not in it: " + strings.Join(parts, ", ")
}

// mostOmitted is how many the case shows; --json has more.
const mostOmitted = 10

// printOmitted shows what the newest bundle of a case lacks.
func (a *app) printOmitted(b desk.Bundle) {
	if len(b.LeftOut) > 0 {
		fmt.Fprintln(a.env.Out)
		a.paragraph("left out", strings.Join(leftWords(b), "; "))
	}
	if len(b.Omitted) == 0 {
		return
	}
	t := &cli.Table{Header: []string{"NOT IN " + string(b.BID), "WHY"}}
	for _, o := range b.Omitted[:min(len(b.Omitted), mostOmitted)] {
		t.Add(o.OrigPath, o.Reason)
	}
	fmt.Fprintln(a.env.Out)
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	if more := b.OmittedAll - mostOmitted; more > 0 {
		fmt.Fprintf(a.env.Out, "and %d more: see omitted in the manifest of the bundle\n", more)
	}
}

// counted is a number with its word.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
