package daemon

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"darksite/localmon"
	"darksite/localmon/alert"
)

// own are the conditions of the site itself: of every trouble there is, and of
// every alert of one that is over.
func (d *Daemon) own() []localmon.Condition {
	var out []localmon.Condition
	asked := map[alert.Key]bool{}
	ask := func(rl ownRule, component string) {
		k := alert.Key{Target: d.o.Site, Rule: rl.id, Component: component}
		if asked[k] {
			return
		}
		asked[k] = true
		c := localmon.Condition{Rule: rl.id, Target: d.o.Site, Component: component, State: localmon.No}
		if t, bad := d.trouble[strings.TrimSpace(rl.trouble+" "+component)]; bad {
			c.State, c.Hard, c.Severity, c.Why, c.Runbook = localmon.Yes, true, rl.severity, rl.why, rl.runbook
			c.Summary = fmt.Sprintf("%s: %s", rl.says, t.Error)
		}
		out = append(out, c)
	}
	for _, rl := range ownRules {
		ask(rl, "")
		if !rl.each {
			continue
		}
		for what := range d.trouble {
			if component, is := strings.CutPrefix(what, rl.trouble+" "); is {
				ask(rl, component)
			}
		}
		for k := range d.state.Entries { // also what an earlier run raised
			if k.Target == d.o.Site && k.Rule == rl.id {
				ask(rl, k.Component)
			}
		}
	}
	slices.SortFunc(out, func(a, b localmon.Condition) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Component, b.Component))
	})
	return out
}

// ownRule says what a trouble of the monitor means.
type ownRule struct {
	trouble  string // its name, as it is noted
	each     bool   // the name is followed by the part that is troubled
	severity localmon.Severity
	id, says string
	why      string
	runbook  string
}

// ownRules say what the monitor's own troubles mean.
var ownRules = []ownRule{
	{"history", false, localmon.SeverityMajor, "history-not-written", "looks are not stored", "what is seen now will be missing from the history; when the disk is well again: darksite history check", "host-filesystem-full"},
	{"alerts", false, localmon.SeverityMajor, "alerts-not-written", "alerts are not stored", "alerts would be lost with a restart", "host-filesystem-full"},
	{"history upkeep", false, localmon.SeverityMinor, "history-upkeep", "the history is not kept small", "the file grows until there is no room", "host-filesystem-full"},
	{"spool", false, localmon.SeverityMinor, "spool-not-written", "messages of arrays are not kept", "what an array said by itself is missing from the next bundle", "host-filesystem-full"},
	{"notifier", true, localmon.SeverityMinor, "notifier-failed", "a notifier fails", "nobody is told of alerts by this way", "collector-stale"},
	{Standstill, true, localmon.SeverityMajor, "monitor-stands-still", "a target is not watched any more", "what happens there now is not seen; this is a fault of the kit or of its disk, and a restart of the monitor is the first help", "collector-stale"},
}
