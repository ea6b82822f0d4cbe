package rule

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"darksite/localmon"
)

// digestFrom is how many alerts of one code, none covered by another rule, are
// told as one: an array has been seen with twenty of one code open at once.
const digestFrom = 5

// judgeAlerts holds the target's own alerts against the rule.
func (e *Evaluator) judgeAlerts(now time.Time, v *view, f *findings) {
	if !v.b.AlertsRead {
		return
	}
	f.read |= fromAlerts
	var wholes []localmon.ArrayAlert
	loose := map[int][]localmon.ArrayAlert{}
	for _, a := range v.b.Alerts {
		m := e.matching(f.rule, a)
		if m == nil || strings.EqualFold(a.Severity, "hidden") {
			continue
		}
		news := e.news(now, f.rule, a)
		switch {
		case closed(a):
			if news {
				e.judgeClosed(f, m, a)
			}
		case m.Uncovered:
			loose[a.Code] = append(loose[a.Code], a)
		case m.Absorb:
			wholes = append(wholes, a)
		default:
			severity, why := m.severity(f.rule, a)
			f.alert(localmon.Ref{Rule: f.rule.ID, Component: m.component(a)}, a, severity, why)
		}
	}
	for _, a := range wholes {
		e.absorb(f, a)
	}
	e.judgeLoose(f, loose)
}

// alert notes an open alert of the target.
func (f *findings) alert(ref localmon.Ref, a localmon.ArrayAlert, severity localmon.Severity, why string) *verdict {
	v := f.at(ref)
	v.set("status", condition(a), "value", cmp.Or(a.Actual, a.Issue), "issue", cmp.Or(a.Issue, a.Summary), "code", strconv.Itoa(a.Code), "type", a.ComponentType)
	v.say(fromAlerts, severity, why, alertLine(a))
	return v
}

// condition is the target's word for what it found. Where it gives a number
// (how many drives, how many words) the issue says more.
func condition(a localmon.ArrayAlert) string {
	if strings.ContainsFunc(a.Actual, unicode.IsLetter) {
		return a.Actual
	}
	return cmp.Or(a.Issue, a.Summary)
}

func alertLine(a localmon.ArrayAlert) string {
	return fmt.Sprintf("array alert %s code %d %s %s: %s", cmp.Or(a.Name, a.ID), a.Code, a.Severity, a.State, cmp.Or(a.Summary, a.Issue))
}

// codeIn finds the number in a line of alertLine.
var codeIn = regexp.MustCompile(`^array alert \S+ code ([1-9][0-9]{0,5}) `)

// CodeOf is the number the target gave the alert of its own that an alert of the site
// rests on; 0 where it rests on none.
func CodeOf(a localmon.Alert) int {
	for _, line := range a.Evidence {
		if found := codeIn.FindStringSubmatch(line); found != nil {
			n, _ := strconv.Atoi(found[1]) // at most six digits
			return n
		}
	}
	return 0
}

// absorb gives an alert about a whole to the parts of it this rule names; when
// there is none, and none was shortly before, it stands for itself.
func (e *Evaluator) absorb(f *findings, a localmon.ArrayAlert) {
	w := canon(a.Component)
	found := false
	for ref, v := range f.by {
		if v.yes && !v.over && holds(w, ref.Component) {
			v.line(alertLine(a))
			found = true
		}
	}
	if found {
		return
	}
	var last localmon.Ref
	var when time.Time
	for component, o := range e.m.Open[f.rule.ID] {
		if holds(w, component) && (o.Yes.After(when) || o.Yes.Equal(when) && component < last.Component) {
			last, when = localmon.Ref{Rule: f.rule.ID, Component: component}, o.Yes
		}
	}
	if last.Rule == "" {
		last = localmon.Ref{Rule: f.rule.ID, Component: w}
	}
	f.alert(last, a, f.rule.Severity, f.rule.Why)
}

// news notes that a rule has seen an alert and reports whether it was not seen
// before. What was found at the very first look is history and not news, and
// neither is what finds no room to be remembered.
func (e *Evaluator) news(now time.Time, r *Rule, a localmon.ArrayAlert) bool {
	id := fmt.Sprint(r.ID, "/", a.ID, "/", a.Name, "/", a.Code, "/", a.Component)
	_, before := e.m.Known[id]
	set(&e.m.Known, id, now.UTC(), maxKnown)
	_, kept := e.m.Known[id]
	return !before && kept && e.m.Alerts
}

// judgeClosed tells of an alert that opened and closed between two looks.
func (e *Evaluator) judgeClosed(f *findings, m *AlertMatch, a localmon.ArrayAlert) {
	ref := localmon.Ref{Rule: f.rule.ID, Component: m.component(a)}
	severity, why := m.severity(f.rule, a)
	if m.Uncovered {
		ref.Rule = variant(f.rule, a.Code)
	}
	if _, was := e.m.opened(ref.Rule, ref.Component); was || e.m.Digest[a.Code] {
		return
	}
	if v, ok := f.by[ref]; ok && v.yes {
		return
	}
	f.alert(ref, a, severity, why).over = true
}

// judgeLoose tells alerts no other rule covers, each on its own or, where many
// share a code, as one until the last of them is closed.
func (e *Evaluator) judgeLoose(f *findings, loose map[int][]localmon.ArrayAlert) {
	for code := range e.m.Digest {
		if len(loose[code]) == 0 {
			delete(e.m.Digest, code)
		}
	}
	for code, alerts := range loose {
		if len(alerts) >= digestFrom {
			set(&e.m.Digest, code, true, 1000)
		}
		for _, a := range alerts {
			ref := localmon.Ref{Rule: variant(f.rule, code), Component: canon(a.Component)}
			severity, why := arraySeverity(a.Severity)
			if !e.m.Digest[code] {
				f.alert(ref, a, severity, why)
				continue
			}
			ref.Component = ""
			v := f.alert(ref, a, severity, why)
			v.put("issue", fmt.Sprintf("%s (%d alerts)", cmp.Or(clean(a.Issue, 120), clean(a.Summary, 120)), len(alerts)))
		}
	}
}

func variant(r *Rule, code int) string { return r.ID + ":" + strconv.Itoa(code) }

// matching is the first match of the rule for the alert.
func (e *Evaluator) matching(r *Rule, a localmon.ArrayAlert) *AlertMatch {
	for i := range r.Alerts {
		m := &r.Alerts[i]
		if m.Uncovered && !e.covered(a) || !m.Uncovered && m.matches(a) {
			return m
		}
	}
	return nil
}

func (e *Evaluator) covered(a localmon.ArrayAlert) bool {
	for i := range e.rules {
		for j := range e.rules[i].Alerts {
			if m := &e.rules[i].Alerts[j]; !m.Uncovered && m.matches(a) {
				return true
			}
		}
	}
	return false
}

func (m *AlertMatch) matches(a localmon.ArrayAlert) bool {
	if len(m.Codes) > 0 && !slices.Contains(m.Codes, a.Code) || slices.Contains(m.NotCodes, a.Code) ||
		len(m.Types) > 0 && !oneOf(a.ComponentType, m.Types) ||
		len(m.Categories) > 0 && !oneOf(a.Category, m.Categories) ||
		!named(a.Component, m.Names, m.NotNames) {
		return false
	}
	if len(m.Text) == 0 {
		return true
	}
	text := strings.ToLower(a.Issue + "\n" + a.Summary)
	return slices.ContainsFunc(m.Text, func(t string) bool { return strings.Contains(text, strings.ToLower(t)) })
}

func (m *AlertMatch) component(a localmon.ArrayAlert) string {
	if m.Whole {
		return ""
	}
	return canon(a.Component)
}

func (m *AlertMatch) severity(r *Rule, a localmon.ArrayAlert) (localmon.Severity, string) {
	if m.Uncovered || m.Word {
		return arraySeverity(a.Severity)
	}
	return r.Severity, r.Why
}

func closed(a localmon.ArrayAlert) bool {
	return strings.EqualFold(a.State, "closed") || a.State == "" && !a.Closed.IsZero()
}

// arraySeverity maps the target's word. One to four are the support
// severities; only rules that know what is lost make it urgent.
func arraySeverity(word string) (localmon.Severity, string) {
	word = clean(cmp.Or(word, "no severity"), 40)
	switch strings.ToLower(word) {
	case "critical":
		return localmon.SeverityMajor, "the array calls it critical"
	case "info":
		return localmon.SeverityInfo, "the array calls it information"
	default:
		return localmon.SeverityMinor, "the array says " + word
	}
}
