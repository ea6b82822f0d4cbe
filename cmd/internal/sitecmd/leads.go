package sitecmd

import (
	"fmt"
	"slices"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/notify"
	"darksite/localmon/rule"
	"darksite/runbooks"
)

// leads know where alerts lead.
type leads struct{ lib *runbooks.Library }

func (a *app) openLeads() (leads, error) {
	lib, err := a.library()
	return leads{lib}, err
}

// book is the runbook an alert leads to, and why: the one its rule names where
// this kit holds it, else the one that says of itself that it is for this rule.
// Nil where there is none; then no screen names one.
func (l leads) book(named, ruleID, component string) (*runbooks.Runbook, string) {
	if b, ok := l.lib.Get(named); ok {
		return b, "rule " + ruleID
	}
	if matches := l.lib.ForAlert(ruleID, componentType(component)); len(matches) > 0 {
		return matches[0].Book, matches[0].Reason
	}
	return nil, ""
}

// alert is the runbook an alert leads to, and why: as book has it, else by the
// number the array itself gave what it tells of.
func (l leads) alert(al localmon.Alert, product string) (*runbooks.Runbook, string) {
	if b, why := l.book(al.Runbook, al.Rule, al.Component); b != nil {
		return b, why
	}
	if matches := l.lib.For(runbooks.About{Code: rule.CodeOf(al), Component: componentType(al.Component), Product: product}); len(matches) > 0 {
		return matches[0].Book, matches[0].Reason
	}
	return nil, ""
}

// mostLike is how many runbooks are named that an alert only sounds like.
const mostLike = 3

// like are the runbooks whose words are those of an alert. None of them is for it
// by anybody's word, so a person chooses.
func (l leads) like(al localmon.Alert, product string) []runbooks.Match {
	found := l.lib.For(runbooks.About{Words: al.Summary, Product: product})
	return found[:min(mostLike, len(found))]
}

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
	if !isArray(conf, al.Target) {
		return true
	}
	rules, err := rule.Shipped()
	return err == nil && slices.ContainsFunc(rules.Rules, func(r rule.Rule) bool { return r.ID == al.Rule && r.Source != nil })
}

// runnable reports whether a runbook can be run on a target: an array, or the
// machine the kit runs on.
func runnable(conf *siteconf.Config, target string) bool {
	return target == conf.Monitor.HostName || isArray(conf, target)
}

// isArray reports whether a target is an array.
func isArray(conf *siteconf.Config, target string) bool {
	return slices.ContainsFunc(conf.Arrays, func(ar siteconf.Array) bool { return ar.Name == target && ar.Kind != localmon.KindHost })
}

func (a *app) printWithoutBook(al localmon.Alert, leads leads) {
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
	if like := leads.like(al, a.product(al.Target)); len(like) > 0 {
		fmt.Fprintln(a.Env.Out)
		a.Env.Paragraph("", "By their words these runbooks may be about the same; read one before you run it:")
		for _, m := range like {
			a.Env.Command("  ", fmt.Sprintf("darksite runbook show %s", m.Book.ID))
		}
	}
	a.Env.Next(steps[0].command)
}

// openable is a log of changes that names only runbooks this kit holds, for
// messages to people who cannot look it up.
type openable struct {
	notify.Log
	leads leads
}

// Changes implements notify.Log.
func (l openable) Changes(after uint64, limit int) ([]localmon.Change, error) {
	list, err := l.Log.Changes(after, limit)
	for i := range list {
		al := &list[i].Alert
		named := al.Runbook
		al.Runbook = ""
		if book, _ := l.leads.book(named, al.Rule, al.Component); book != nil {
			al.Runbook = book.ID
		}
	}
	return list, err
}
