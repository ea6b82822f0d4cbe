package manual

import (
	"fmt"

	"darksite/runbooks"
)

// figure prints the drawing of a step, and below it what it shows in words. What the
// drawing is made of beyond plain shapes leaves the words alone.
func (p *printer) figure(b *runbooks.Runbook, s runbooks.Step) {
	title, desc := b.Transcript(s, p.Lang)
	if title == "" && desc == "" {
		return
	}
	p.Drawing(b.Figures[runbooks.FigureFile(s.Figure, p.Lang)])
	p.Write("I", 8, 12, 4, fmt.Sprintf("%s: %s. %s", p.say("Drawing", "Dessin"), title, desc))
}
