package rule

import (
	"maps"
	"slices"
	"strings"

	"darksite/localmon"
)

// explain names the cause of each Yes that has one: a component of the
// explaining rule that is in trouble now, or was until shortly before. What a
// cause follows from itself is the cause of both.
func (e *Evaluator) explain(conditions []localmon.Condition) {
	x := explainer{bad: map[string][]string{}, open: e.m.Open, by: make(map[string][]Explanation, len(e.rules)), indexed: map[string]causes{}}
	for _, c := range conditions {
		if c.State == localmon.Yes && !c.Over {
			base, _, _ := strings.Cut(c.Rule, ":")
			x.bad[base] = append(x.bad[base], c.Component)
		}
	}
	for _, r := range e.rules {
		x.by[r.ID] = r.ExplainedBy
	}
	for i := range conditions {
		if c := &conditions[i]; c.State == localmon.Yes {
			c.Cause = x.root(localmon.Ref{Rule: c.Rule, Component: c.Component})
		}
	}
}

// explainer finds causes among what is in trouble.
type explainer struct {
	bad     map[string][]string        // rule: components in trouble now
	open    map[string]map[string]open // and until shortly before
	by      map[string][]Explanation
	indexed map[string]causes
}

// longestChain bounds how far causes are followed.
const longestChain = 8

// root follows causes to the first. Beyond the nearest only those in trouble now
// count, because nothing else is sure to have an alert that lives. Rules that
// explain each other stop at where they began.
func (x *explainer) root(of localmon.Ref) localmon.Ref {
	cause, _ := x.cause(of)
	for range longestChain {
		c, ok := x.cause(cause)
		if !ok || c == of || !slices.Contains(x.bad[c.Rule], c.Component) {
			break
		}
		cause = c
	}
	return cause
}

// cause is what explains one component of a rule.
func (x *explainer) cause(of localmon.Ref) (localmon.Ref, bool) {
	base, _, _ := strings.Cut(of.Rule, ":")
	for _, by := range x.by[base] {
		k, ok := x.indexed[by.Rule]
		if !ok {
			k = indexCauses(x.bad[by.Rule], slices.Collect(maps.Keys(x.open[by.Rule])))
			x.indexed[by.Rule] = k
		}
		if other, ok := k.related(by.Same, of.Component); ok {
			return localmon.Ref{Rule: by.Rule, Component: other}, true
		}
	}
	return localmon.Ref{}, false
}

// causes are the components of one explaining rule, indexed by what may be
// asked of them.
type causes struct {
	any    bool
	first  string            // of those in trouble now, else of those before
	names  map[string]bool   // every one
	holder map[string]string // each whole a component belongs to: the first such component
}

func indexCauses(now, before []string) causes {
	k := causes{names: map[string]bool{}, holder: map[string]string{}}
	slices.Sort(now)
	slices.Sort(before)
	for _, c := range slices.Concat(now, before) {
		if !k.any {
			k.any, k.first = true, c
		}
		k.names[c] = true
		for w := range wholes(c) {
			if _, have := k.holder[w]; !have {
				k.holder[w] = c
			}
		}
	}
	return k
}

// related finds the cause that stands to the component as asked.
func (k causes) related(same, component string) (string, bool) {
	switch same {
	case "target":
		return k.first, k.any
	case "component":
		return component, k.names[component]
	case "whole":
		for w := range wholes(component) {
			if k.names[w] {
				return w, true
			}
		}
	case "part":
		part, ok := k.holder[component]
		return part, ok
	}
	return "", false
}
