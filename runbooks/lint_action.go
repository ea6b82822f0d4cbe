package runbooks

import "slices"

// action: what each level of risk demands of a step.
func (l *linter) action(s Step, need func(ok bool, what string)) {
	looks := s.MaxAge > 0 && s.Every > 0 && s.Every <= s.Within
	switch s.Risk {
	case R1:
		need(s.Do != nil, "do at risk R1: what the kit does")
		if s.Do != nil {
			if msg := s.Do.problem(); msg != "" {
				l.fail(s.ID, "do: %s", msg)
			}
		}
		need(s.Before == nil || s.MaxAge > 0, "max_age for what is asked before")
		need(s.After == nil || looks, "max_age, within and a shorter every for what is asked after")
		return
	case R2:
	case R3:
		need(l.r.People >= 2, "people: 2 at the head of the runbook for risk R3")
		need(slices.ContainsFunc(l.r.Steps, func(o Step) bool { return o.Kind == Collect }), "a step that takes evidence before risk R3")
	default:
		need(false, "a risk of R1, R2 or R3; R4 is for nobody")
	}
	need(s.Do == nil, "no do: at this risk a person acts")
	need(s.Before != nil && s.After != nil && looks, "before, after, max_age, within and a shorter every")
	need(whole(s.Undo), "undo in both languages")
}

// maxCalls is how deep runbooks may call each other.
const maxCalls = 2

// calls: every runbook that is called exists, is for the same targets, needs no more
// people, and the calls have an end.
func (l *linter) calls() {
	for _, s := range l.r.Steps {
		if s.Kind != Call || s.Runbook == "" {
			continue
		}
		callee, ok := l.lib.Get(s.Runbook)
		if !ok {
			l.fail(s.ID, "calls the runbook %q, which does not exist", s.Runbook)
			continue
		}
		for _, p := range l.r.Products {
			if !callee.For(p) {
				l.fail(s.ID, "calls %s, which is not for %s", callee.ID, p)
			}
		}
		if callee.People > l.r.People {
			l.fail(s.ID, "calls %s, which needs %d people", callee.ID, callee.People)
		}
		if depth(l.lib, callee, maxCalls) > maxCalls-1 {
			l.fail(s.ID, "calls go deeper than %d, or in a circle", maxCalls)
		}
	}
}

// depth is how many calls follow each other from a runbook on, at most limit.
func depth(lib *Library, r *Runbook, limit int) int {
	deepest := 0
	for _, s := range r.Steps {
		if callee, ok := lib.Get(s.Runbook); ok && s.Kind == Call && limit > 0 {
			deepest = max(deepest, 1+depth(lib, callee, limit-1))
		}
	}
	return deepest
}
