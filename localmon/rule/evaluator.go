package rule

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

// blindAfter is how many looks in a row must read nothing before everything
// that is open is answered Unknown. One or two are a hiccup.
const blindAfter = 3

// evidence is the kinds of evidence, as bits.
type evidence uint8

const (
	fromStates evidence = 1 << iota
	fromAlerts
	fromSamples // metric, bottleneck, jump, identity
	fromLook    // the look itself
)

// Evaluator judges the looks at one target. It belongs to one goroutine.
type Evaluator struct {
	target string
	rules  []Rule
	named  map[string]bool            // types that rules name
	wanted map[string]bool            // metrics that rules read
	picks  map[string]map[string]pick // rule, labels: parsed once
	fits   map[string]fitted          // of m.Lines
	spelt  map[string]string          // names of parts: their one spelling
	m      memory
	opens  int // components in m.Open, while a look is judged
}

// pick is what a rule makes of one label set.
type pick struct {
	ok        bool
	component string
	id        string // of the series and the rule, in what is remembered
}

// NewEvaluator starts judging a target of a kind by the rules of the set that
// are for that kind.
func NewEvaluator(s Set, target string, kind localmon.Kind) *Evaluator {
	e := &Evaluator{
		target: target, named: map[string]bool{}, wanted: map[string]bool{},
		picks: map[string]map[string]pick{}, spelt: map[string]string{}, m: memory{Form: memoryForm},
	}
	for _, r := range s.Rules {
		if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, kind) {
			continue
		}
		e.rules = append(e.rules, r)
		for _, st := range r.States {
			for _, t := range st.Types {
				e.named[t] = t != "*"
			}
		}
		for _, name := range r.Metrics() {
			e.wanted[name] = true
		}
	}
	return e
}

// Judges reports whether a rule is judged here; alerts of one rule may have ids of
// their own behind a colon.
func (e *Evaluator) Judges(id string) bool {
	base, _, _ := strings.Cut(id, ":")
	return slices.ContainsFunc(e.rules, func(r Rule) bool { return r.ID == base })
}

// Metrics are the metrics a rule reads.
func (r *Rule) Metrics() []string {
	switch {
	case r.Metric != nil && r.Metric.ShareOf != "":
		return []string{r.Metric.Name, r.Metric.ShareOf}
	case r.Metric != nil:
		return []string{r.Metric.Name}
	case r.Bottleneck != nil:
		return []string{r.Bottleneck.Metric}
	case r.Jump != nil:
		return []string{r.Jump.Metric}
	}
	return nil
}

// Evaluate judges one look. now is when the look ended by the kit's clock. The
// conditions come in a fixed order; a target in order gives none.
func (e *Evaluator) Evaluate(now time.Time, b localmon.Batch) []localmon.Condition {
	v := e.look(now, b)
	e.note(now, v)
	e.opens = e.m.openCount()
	all := make([]*findings, 0, len(e.rules))
	for i := range e.rules {
		if v.blind && e.rules[i].Source == nil {
			continue
		}
		all = append(all, e.judge(now, v, &e.rules[i]))
	}
	var out []localmon.Condition
	for _, f := range all {
		f.worsen()
		out = append(out, e.answer(now, f)...)
	}
	if v.blind && e.m.Failed >= blindAfter {
		out = append(out, e.unknown()...)
	}
	e.explain(out)
	slices.SortFunc(out, func(a, b localmon.Condition) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Component, b.Component))
	})
	e.forget(now, v)
	return out
}

// judge gathers what one rule finds.
func (e *Evaluator) judge(now time.Time, v *view, r *Rule) *findings {
	f := &findings{rule: r, by: map[localmon.Ref]*verdict{}}
	if len(r.States) > 0 {
		e.judgeStates(now, v, f)
	}
	if len(r.Alerts) > 0 {
		e.judgeAlerts(now, v, f)
	}
	switch {
	case slices.Contains(v.over, r.ID): // no answer: it was not judged
	case r.Metric != nil:
		e.judgeMetric(now, v, f)
	case r.Bottleneck != nil:
		e.judgeBottleneck(now, v, f)
	case r.Jump != nil:
		e.judgeJump(now, v, f)
	case r.Identity != nil:
		e.judgeIdentity(now, v, f)
	case r.Source != nil:
		e.judgeSource(v, f)
	}
	return f
}

// worsen raises severities where several components are in trouble.
func (f *findings) worsen() {
	for _, w := range f.rule.Worse {
		groups := map[string][]*verdict{}
		for ref, v := range f.by {
			if !v.yes || v.over {
				continue
			}
			group := ""
			if w.Same == "whole" {
				g, ok := whole(ref.Component)
				if !ok {
					continue
				}
				group = g
			}
			groups[group] = append(groups[group], v)
		}
		for _, vs := range groups {
			for _, v := range vs {
				if len(vs) >= w.Count && w.Severity < v.severity {
					v.severity, v.why = w.Severity, w.Why
				}
			}
		}
	}
}

// answer turns findings into conditions and notes what is open.
func (e *Evaluator) answer(now time.Time, f *findings) []localmon.Condition {
	var out []localmon.Condition
	for _, ref := range slices.SortedFunc(maps.Keys(f.by), compareRefs) {
		v := f.by[ref]
		o, opened := e.m.opened(ref.Rule, ref.Component)
		switch {
		case v.yes && v.over:
			if !opened {
				out = append(out, e.condition(f.rule, ref, v))
			}
		case v.yes:
			c := e.condition(f.rule, ref, v)
			e.keep(now, ref, o, v, &c)
			out = append(out, c)
		case v.unknown && opened:
			out = append(out, localmon.Condition{Rule: ref.Rule, Target: e.target, Component: ref.Component, State: localmon.Unknown})
		}
	}
	return append(out, e.goods(now, f)...)
}

// goods answers No for open components whose evidence was read again and no
// longer says Yes.
func (e *Evaluator) goods(now time.Time, f *findings) []localmon.Condition {
	var out []localmon.Condition
	for id, components := range e.m.Open {
		if base, _, _ := strings.Cut(id, ":"); base != f.rule.ID {
			continue
		}
		for component, o := range components {
			ref := localmon.Ref{Rule: id, Component: component}
			read := f.read
			if v, ok := f.by[ref]; ok {
				if v.yes && !v.over || v.unknown {
					continue
				}
				read |= v.read
			}
			if o.From&^read != 0 {
				continue // not read: no answer
			}
			out = append(out, localmon.Condition{Rule: id, Target: e.target, Component: component, State: localmon.No})
			switch {
			case o.Good.IsZero() || now.Before(o.Good):
				o.Good = now
				components[component] = o
			case now.Sub(o.Good) > keepOpen:
				delete(components, component)
			}
		}
		if len(components) == 0 {
			delete(e.m.Open, id)
		}
	}
	return out
}

func (e *Evaluator) condition(r *Rule, ref localmon.Ref, v *verdict) localmon.Condition {
	v.set("target", e.target, "component", ref.Component)
	return localmon.Condition{
		Rule: ref.Rule, Target: e.target, Component: ref.Component, State: localmon.Yes,
		Severity: v.severity, Why: v.why, Summary: fill(r.Summary, v.values), Hard: r.Hard || v.over,
		Runbook: r.Runbook, Evidence: v.lines, Over: v.over,
	}
}

// keep notes an open component. While only the target's own alert speaks, the
// words made from fuller evidence shortly before are kept: a value that is read
// every five minutes should not come and go in the summary.
func (e *Evaluator) keep(now time.Time, ref localmon.Ref, o open, v *verdict, c *localmon.Condition) {
	if v.from != fromAlerts {
		o.Fuller, o.Summary, o.Severity, o.Why = now, c.Summary, c.Severity, c.Why
	} else if !o.Fuller.IsZero() && now.Sub(o.Fuller) < keepFuller {
		c.Summary = o.Summary
		if o.Severity < c.Severity {
			c.Severity, c.Why = o.Severity, o.Why
		}
	}
	o.From |= v.from
	o.Yes, o.Good = now, time.Time{}
	if _, have := e.m.Open[ref.Rule][ref.Component]; !have {
		if e.opens >= maxOpen {
			return
		}
		e.opens++
	}
	if e.m.Open[ref.Rule] == nil {
		set(&e.m.Open, ref.Rule, map[string]open{}, maxOpen)
	}
	e.m.Open[ref.Rule][ref.Component] = o
}

// unknown answers for everything open while the target cannot be read.
func (e *Evaluator) unknown() []localmon.Condition {
	var out []localmon.Condition
	for id, components := range e.m.Open {
		base, _, _ := strings.Cut(id, ":")
		i := slices.IndexFunc(e.rules, func(r Rule) bool { return r.ID == base })
		if i < 0 || e.rules[i].Source != nil {
			continue
		}
		for component := range components {
			out = append(out, localmon.Condition{Rule: id, Target: e.target, Component: component, State: localmon.Unknown})
		}
	}
	return out
}

func compareRefs(a, b localmon.Ref) int {
	return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Component, b.Component))
}

// note takes over from a look what every rule may need, before judging.
func (e *Evaluator) note(now time.Time, v *view) {
	if v.blind {
		if e.m.Failed == 0 {
			e.m.Since = now
		}
		e.m.Failed++
		e.m.Blind = now.UTC()
		return
	}
	e.m.Failed, e.m.Since = 0, time.Time{}
	if e.m.Began.IsZero() {
		e.m.Began = now.UTC()
	}
	partial := map[string]int{}
	for _, p := range v.b.Partial {
		name := clean(p.Endpoint, 80)
		if len(partial) < 100 {
			partial[name] = e.m.Partial[name] + 1
		}
	}
	e.m.Partial = partial
}

// forget takes over the parts of a look and lets go of what is too old.
func (e *Evaluator) forget(now time.Time, v *view) {
	if v.blind {
		return
	}
	known := 0
	for _, names := range e.m.Parts {
		known += len(names)
	}
	for kind, states := range v.states {
		for _, s := range states {
			names := e.m.Parts[kind]
			if _, have := names[s.Component]; !have {
				if known >= maxParts {
					continue
				}
				known++
			}
			if names == nil {
				names = map[string]time.Time{}
				set(&e.m.Parts, kind, names, maxParts)
			}
			names[s.Component] = now.UTC()
		}
	}
	for kind, names := range e.m.Parts {
		maps.DeleteFunc(names, func(_ string, seen time.Time) bool { return now.Sub(seen) > keepParts })
		if len(names) == 0 {
			delete(e.m.Parts, kind)
		}
	}
	maps.DeleteFunc(e.m.Known, func(_ string, seen time.Time) bool { return now.Sub(seen) > keepKnown })
	maps.DeleteFunc(e.m.Counters, func(_ string, c counter) bool { return now.Sub(c.At) > 24*time.Hour })
	maps.DeleteFunc(e.m.Sides, func(_ string, s side) bool { return now.Sub(s.Seen) > keepParts })
	maps.DeleteFunc(e.m.Habits, func(_ string, h *habit) bool { return now.Sub(h.Last) > keepParts })
	maps.DeleteFunc(e.m.Jumps, func(_ string, at time.Time) bool { return now.Sub(at) > 24*time.Hour })
	e.m.Alerts = e.m.Alerts || v.b.AlertsRead
}
