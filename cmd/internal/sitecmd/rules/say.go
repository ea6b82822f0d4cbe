package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/sitecmd/chart"
	"darksite/localmon/rule"
	"darksite/localmon/units"
)

// Conditions says in words when a rule fires: one line for each evidence that is
// enough, then what changes its severity, what quietens it, and how it is believed.
func Conditions(r rule.Rule) []string {
	var out []string
	for _, s := range r.States {
		out = append(out, stateSays(s))
	}
	for _, al := range r.Alerts {
		out = append(out, alertSays(al))
	}
	switch {
	case r.Metric != nil:
		out = append(out, metricSays(*r.Metric)...)
	case r.Bottleneck != nil:
		out = append(out, bottleneckSays(*r.Bottleneck)...)
	case r.Jump != nil:
		out = append(out, jumpSays(*r.Jump))
	case r.Identity != nil:
		out = append(out, fmt.Sprintf("the %s of the target is another than before; told for %s", r.Identity.Field, units.Duration(r.Identity.Hold)))
	case r.Source != nil:
		out = append(out, sourceSays(*r.Source))
	}
	for _, w := range r.Worse {
		of := "of one target"
		if w.Same == "whole" {
			of = "of one shelf, controller or chassis"
		}
		out = append(out, fmt.Sprintf("severity %d where %d or more %s are in trouble: %s", w.Severity, w.Count, of, w.Why))
	}
	for _, e := range r.ExplainedBy {
		out = append(out, fmt.Sprintf("said under %s when that fires for %s", e.Rule, relationWords[e.Same]))
	}
	if r.Hard {
		return append(out, "one look is enough")
	}
	return append(out, "two of three looks have to say so")
}

var relationWords = map[string]string{
	"component": "the same component", "whole": "the whole it is a part of", "part": "a part of it", "target": "the same target",
}

// clauses joins what is there.
func clauses(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// list says a list behind words; nothing when it is empty.
func list(before string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return before + strings.Join(words, ", ")
}

func stateSays(s rule.StateMatch) string {
	types := "a part of type " + strings.Join(s.Types, " or ")
	if slices.Contains(s.Types, "*") {
		types = "a part of a type no other rule names"
	}
	gone := ""
	if s.Vanished {
		gone = "or it is no longer listed"
	}
	worse := ""
	if s.Severity != 0 {
		worse = fmt.Sprintf("then severity %d: %s", s.Severity, s.Why)
	}
	return clauses(types, list("named ", s.Names), list("not named ", s.NotNames), list("is ", s.Statuses), list("is not ", s.Not), list("judged ", s.Health), gone, worse)
}

func alertSays(al rule.AlertMatch) string {
	if al.Uncovered {
		return "the target raises an alert that no other rule knows; its own word gives the severity"
	}
	codes := func(before string, numbers []int) string {
		var words []string
		for _, n := range numbers {
			words = append(words, fmt.Sprint(n))
		}
		return list(before, words)
	}
	whole := ""
	if al.Whole {
		whole = "which counts for the target as a whole"
	}
	absorbed := ""
	if al.Absorb {
		absorbed = "the same fault where this rule already names a part of it"
	}
	return clauses("the target raises an alert", codes("code ", al.Codes), codes("code not ", al.NotCodes), list("of ", al.Types), list("category ", al.Categories),
		list("about ", al.Names), list("not about ", al.NotNames), list("whose text holds ", al.Text), whole, absorbed)
}

func labels(before string, m map[string][]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		words = append(words, name+" "+strings.Join(m[name], " or "))
	}
	return list(before, words)
}

// firing says what a case expects, such as "CH0.BAY7 2".
func firing(fires []string) string {
	var out []string
	for _, f := range fires {
		i := strings.LastIndexByte(f, ' ')
		component := strings.TrimSpace(f[:max(i, 0)])
		if component == "-" {
			component = "the target"
		}
		out = append(out, fmt.Sprintf("%s with severity %s", component, f[i+1:]))
	}
	if len(out) == 0 {
		return "quiet"
	}
	return "fires for " + strings.Join(out, ", ")
}

// figure writes a limit of a metric.
func figure(v float64, unit string) string {
	switch unit {
	case "percent":
		return chart.Number(v) + " %"
	case "usec", "celsius":
		return chart.Number(v) + " " + unit
	case "per_second":
		return chart.Number(v) + " a second"
	case "bytes":
		return units.Bytes(v)
	case "seconds":
		return units.Duration(time.Duration(v * float64(time.Second)))
	}
	return chart.Number(v)
}

func metricSays(m rule.MetricMatch) []string {
	what := m.Name
	if m.Summed {
		what = "all " + what + " of it together"
	}
	if m.ShareOf != "" {
		what += " as a share of " + m.ShareOf
	}
	if m.Rate {
		what = "increase a second of " + what
	}
	each := ""
	if m.Component != "" {
		each = "for each " + m.Component
	}
	what = clauses(what, each, labels("with ", m.Labels), labels("not with ", m.NotLabels))
	var out []string
	say := func(format string, args ...any) { out = append(out, what+": "+fmt.Sprintf(format, args...)) }
	switch {
	case m.Above != nil:
		say("above %s%s", figure(*m.Above, m.Unit), until(m))
	case m.Below != nil:
		say("below %s%s", figure(*m.Below, m.Unit), until(m))
	case m.Within > 0:
		say("will reach %s within %s, judged from at least %s", figure(*m.FullAt, m.Unit), units.Duration(m.Within), units.Duration(m.History))
	case m.Growing != nil:
		say("surely grows by more than %s a day, judged from at least %s", figure(*m.Growing, m.Unit), units.Duration(m.History))
	case m.Absent > 0:
		say("was read before and is missing for %s", units.Duration(m.Absent))
	case m.Unusual != nil:
		say("%s", unusualSays(*m.Unusual, m.Unit))
	}
	for _, l := range m.Levels {
		say("above %s is severity %d: %s", figure(l.Above, m.Unit), l.Severity, l.Why)
	}
	if m.Above != nil && m.Unusual != nil {
		out = append(out, "not told where that is usual for the hour of the week")
	}
	if m.Rise > 0 {
		out = append(out, fmt.Sprintf("and %s times what it was in its own last hours", chart.Number(m.Rise)))
	}
	if m.OfAtLeast > 0 {
		out = append(out, fmt.Sprintf("nothing is said while the whole is below %s", chart.Number(m.OfAtLeast)))
	}
	if m.Need > 0 {
		out = append(out, fmt.Sprintf("in %d of the newest %d samples", m.Need, m.Of))
	}
	return out
}

func until(m rule.MetricMatch) string {
	if m.Until == nil {
		return ""
	}
	return ", and over only past " + figure(*m.Until, m.Unit)
}

func unusualSays(u rule.UnusualMatch, unit string) string {
	floor := ""
	if u.Floor > 0 {
		floor = " and above " + figure(u.Floor, unit)
	}
	return fmt.Sprintf("%s times what is usual at this hour of the week%s, known from %d weeks on", chart.Number(u.Times), floor, u.Weeks)
}

func bottleneckSays(b rule.BottleneckMatch) []string {
	var sides []string
	for _, s := range b.Sides {
		sides = append(sides, s.Name)
	}
	return []string{
		fmt.Sprintf("%s of %s above %s, for %s: and above %s, or %s times normal, or %s %% of it waiting in the queue",
			b.Metric, strings.Join(sides, " or "), figure(b.Floor, "usec"), units.Duration(b.For), figure(b.Ceiling, "usec"), chart.Number(b.Factor), chart.Number(100*b.QueueShare)),
		fmt.Sprintf("over when below %s times normal for %s", chart.Number(b.EndFactor), units.Duration(b.EndFor)),
	}
}

func jumpSays(j rule.JumpMatch) string {
	who := "a part"
	if j.All {
		who = "every part, within " + units.Duration(j.Together)
	}
	if j.Clock {
		return fmt.Sprintf("%s moved though nothing has started, so the clock was set; told for %s", j.Metric, units.Duration(j.Hold))
	}
	unseen := ""
	if j.Unseen {
		unseen = "after a look that could not read it"
	}
	return clauses(fmt.Sprintf("%s moved: %s has started anew", j.Metric, who), unseen, "told for "+units.Duration(j.Hold))
}

var troubleWords = map[string]string{
	"no-data": "the target could not be read", "certificate": "the certificate of the target is another than the pinned one",
	"token": "the target refuses the token", "partial": "a part of the look failed while the rest went on",
	"budget": "a rule found more samples than it may look at, and was left out",
}

func sourceSays(s rule.SourceMatch) string {
	if s.Looks > 1 {
		return fmt.Sprintf("%s, in %d looks in a row", troubleWords[s.Trouble], s.Looks)
	}
	return troubleWords[s.Trouble]
}
