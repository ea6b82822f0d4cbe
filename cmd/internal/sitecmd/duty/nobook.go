package duty

import (
	"fmt"
	"slices"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/localmon"
	"darksite/localmon/rule"
)

// toDo is a step towards help where no runbook leads.
type toDo struct{ what, command string }

// withoutBook are the first steps for an alert that no runbook of this kit is
// for. What the kit itself lacks is mended here; for an array the vendor is asked.
func (a *app) withoutBook(al localmon.Alert) []toDo {
	steps := []toDo{{"Say that you have it in hand, so that nobody does it twice.", fmt.Sprintf("darksite alerts ack %d --as ID", al.ID)}}
	if al.AckedBy != "" {
		steps = nil
	}
	if a.aboutKit(al) {
		return append(steps,
			toDo{"See what the kit finds out about itself.", "darksite doctor"},
			toDo{"See when and how often it came.", fmt.Sprintf("darksite alerts history --since 168h --target %s --rule %s", al.Target, al.Rule)},
		)
	}
	return append(steps,
		toDo{"Change nothing on the array because of this before you have advice. Open a case.", fmt.Sprintf("darksite case new --alert %d --initiator-os \"...\" --description \"...\"", al.ID)},
		toDo{"Collect the evidence for it: logs, history and the array's own alerts.", "darksite bundle collect --as ID --case CASE"},
	)
}

// aboutKit reports whether an alert is about the kit, its machine or its sight,
// and not about what an array is told to have.
func (a *app) aboutKit(al localmon.Alert) bool {
	conf, err := a.Config()
	if err != nil {
		return false
	}
	if !books.IsArray(conf, al.Target) {
		return true
	}
	rules, err := rule.Shipped()
	return err == nil && slices.ContainsFunc(rules.Rules, func(r rule.Rule) bool { return r.ID == al.Rule && r.Source != nil })
}

func (a *app) printWithoutBook(al localmon.Alert, leads books.Leads) {
	steps := a.withoutBook(al)
	fmt.Fprintln(a.Env.Out)
	a.Env.Paragraph("", "This kit holds no runbook for this alert. Do this:")
	for i, s := range steps {
		number := fmt.Sprintf("%d. ", i+1)
		for j, line := range cli.Wrap(s.what, a.Env.Width()-len(number)) {
			if j > 0 {
				number = "   "
			}
			fmt.Fprintln(a.Env.Out, number+line)
		}
		a.Env.Command("   ", s.command)
	}
	if like := leads.Like(al, books.Product(a.Site, al.Target)); len(like) > 0 {
		fmt.Fprintln(a.Env.Out)
		a.Env.Paragraph("", "By their words these runbooks may be about the same; read one before you run it:")
		for _, m := range like {
			a.Env.Command("  ", fmt.Sprintf("darksite runbook show %s", m.Book.ID))
		}
	}
	a.Env.Next(steps[0].command)
}
