package books

import (
	"fmt"
	"slices"
	"strings"

	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/notify"
	"darksite/localmon/overview"
	"darksite/localmon/rule"
	"darksite/runbooks"
)

// Leads know where alerts lead.
type Leads struct{ lib *runbooks.Library }

// book is the runbook an alert leads to, and why: the one its rule names where
// this kit holds it, else the one that says of itself that it is for this rule.
// Nil where there is none; then no screen names one.
func (l Leads) book(named, ruleID, component string) (*runbooks.Runbook, string) {
	if b, ok := l.lib.Get(named); ok {
		return b, "rule " + ruleID
	}
	if matches := l.lib.ForAlert(ruleID, componentType(component)); len(matches) > 0 {
		return matches[0].Book, matches[0].Reason
	}
	return nil, ""
}

// Alert is the runbook an alert leads to, and why: as book has it, else by the
// number the array itself gave what it tells of.
func (l Leads) Alert(al localmon.Alert, product string) (*runbooks.Runbook, string) {
	if b, why := l.book(al.Runbook, al.Rule, al.Component); b != nil {
		return b, why
	}
	if matches := l.lib.For(runbooks.About{Code: rule.CodeOf(al), Component: componentType(al.Component), Product: product}); len(matches) > 0 {
		return matches[0].Book, matches[0].Reason
	}
	return nil, ""
}

// OpenLeads reads the runbooks of the site to say where alerts lead.
func OpenLeads(s *site.Site) (Leads, error) {
	lib, err := Library(s)
	return Leads{lib}, err
}

// mostLike is how many runbooks are named that an alert only sounds like.
const mostLike = 3

// Like are the runbooks whose words are those of an alert. None of them is for it
// by anybody's word, so a person chooses.
func (l Leads) Like(al localmon.Alert, product string) []runbooks.Match {
	found := l.lib.For(runbooks.About{Words: al.Summary, Product: product})
	return found[:min(mostLike, len(found))]
}

// NextFor is the command that goes with an entry. Where no alert stands behind
// it, a target is not seen: a monitor is missing, or what keeps it from looking
// is to be found.
func (l Leads) NextFor(n overview.Next, watched bool) string {
	book, _ := l.book(n.Runbook, n.Rule, n.Component)
	switch {
	case n.Alert != 0 && book != nil:
		return fmt.Sprintf("darksite runbook run --alert %d --as ID", n.Alert)
	case n.Alert != 0:
		return fmt.Sprintf("darksite alerts show %d", n.Alert)
	case !watched:
		return "darksite monitor"
	case book != nil:
		return fmt.Sprintf("darksite runbook run %s --array %s --as ID", book.ID, n.Target)
	}
	return "darksite doctor"
}

// Openable is a log of changes that names only runbooks this kit holds, for
// messages to people who cannot look it up.
type Openable struct {
	notify.Log
	Leads Leads
}

// Changes implements notify.Log.
func (l Openable) Changes(after uint64, limit int) ([]localmon.Change, error) {
	list, err := l.Log.Changes(after, limit)
	for i := range list {
		al := &list[i].Alert
		named := al.Runbook
		al.Runbook = ""
		if book, _ := l.Leads.book(named, al.Rule, al.Component); book != nil {
			al.Runbook = book.ID
		}
	}
	return list, err
}

// Runnable reports whether a runbook can be run on a target: an array, or the
// machine the kit runs on.
func Runnable(conf *siteconf.Config, target string) bool {
	return target == conf.Monitor.HostName || IsArray(conf, target)
}

// IsArray reports whether a target is an array.
func IsArray(conf *siteconf.Config, target string) bool {
	return slices.ContainsFunc(conf.Arrays, func(ar siteconf.Array) bool { return ar.Name == target && ar.Kind != localmon.KindHost })
}

// componentType guesses the kind of a component from the array's way of naming.
func componentType(name string) string {
	if strings.Contains(strings.ToUpper(name), ".BAY") {
		return "drive"
	}
	return ""
}

// Product is the kind of a target, or "" when nobody knows.
func Product(s *site.Site, target string) string {
	conf, err := s.Config()
	if err != nil {
		return ""
	}
	if target == conf.Monitor.HostName {
		return string(localmon.KindHost)
	}
	ar, _ := conf.Array(target)
	return string(ar.Kind)
}
