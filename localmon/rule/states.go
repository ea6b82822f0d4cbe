package rule

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

// gone is the status of a part that is no longer listed.
const gone = "no longer listed"

// judgeStates holds the parts of a look against the rule.
func (e *Evaluator) judgeStates(now time.Time, v *view, f *findings) {
	readAll := true
	for i := range f.rule.States {
		m := &f.rule.States[i]
		for kind, known := range e.m.Parts {
			if len(known) > 0 && e.concerns(m, kind) && len(v.states[kind]) == 0 {
				readAll = false // was listed before and is not now: not read
			}
		}
		for kind, states := range v.states {
			if !e.concerns(m, kind) {
				continue
			}
			for _, s := range states {
				e.judgeState(f, m, s)
			}
			if m.Vanished {
				e.judgeVanished(now, f, m, kind, v.listed(kind))
			}
		}
	}
	if readAll {
		f.read |= fromStates
	}
}

func (e *Evaluator) concerns(m *StateMatch, kind string) bool {
	return slices.Contains(m.Types, kind) || slices.Contains(m.Types, "*") && !e.named[kind]
}

func (e *Evaluator) judgeState(f *findings, m *StateMatch, s localmon.ComponentState) {
	if !named(s.Component, m.Names, m.NotNames) {
		return
	}
	ref := localmon.Ref{Rule: f.rule.ID, Component: s.Component}
	word := strings.TrimSpace(s.Status)
	switch {
	case oneOf(word, m.Not):
		return
	case oneOf(word, m.Statuses) || slices.Contains(m.Health, s.Health.String()):
	case s.Health == localmon.HealthUnknown:
		f.at(ref).unknown = true
		return
	default:
		return
	}
	v := f.at(ref)
	severity, why := m.severity(f.rule)
	v.set("status", cmp.Or(word, s.Health.String()), "type", s.Type, "detail", s.Detail)
	v.say(fromStates, severity, why, strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", s.Type, s.Component, cmp.Or(word, "no status"), s.Detail)))
}

func (e *Evaluator) judgeVanished(now time.Time, f *findings, m *StateMatch, kind string, listed map[string]bool) {
	for name, seen := range e.m.Parts[kind] {
		if listed[name] || now.Sub(seen) > keepParts || !named(name, m.Names, m.NotNames) {
			continue
		}
		v := f.at(localmon.Ref{Rule: f.rule.ID, Component: name})
		severity, why := m.severity(f.rule)
		v.set("status", gone, "type", kind)
		v.say(fromStates, severity, why, fmt.Sprintf("%s %s: %s, last seen %s", kind, name, gone, stamp(seen)))
	}
}

func (m *StateMatch) severity(r *Rule) (localmon.Severity, string) {
	if m.Severity != 0 {
		return m.Severity, m.Why
	}
	return r.Severity, r.Why
}

// named holds a name against patterns, without case.
func named(name string, yes, no []string) bool {
	return (len(yes) == 0 || matches(name, yes)) && !matches(name, no)
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(strings.ToLower(p), strings.ToLower(name))
		return ok
	})
}

func oneOf(word string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}
