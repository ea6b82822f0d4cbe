package triage

import (
	"fmt"
	"slices"
	"strings"
)

// mostFolded is how many parts of a whole are named as evidence.
const mostFolded = 5

// fold puts what rules of the desk found about the parts of a controller or a
// fabric module under the finding about the whole: fans and sensors of one that has
// failed tell nothing by themselves. What the site's monitor raised stays as it is.
func (a Array) fold(all []Finding) []Finding {
	wholes := map[string]int{} // place of the finding, by component
	for i, f := range all {
		if _, there := wholes[f.Component]; f.Array == a.Name && f.Open && !there && a.holdsParts(f.Component) {
			wholes[f.Component] = i
		}
	}
	below := map[int][]string{} // what is said under a whole
	keep := make([]bool, len(all))
	for i, f := range all {
		at, is := under(f.Component, wholes)
		keep[i] = !is || f.Array != a.Name || strings.HasPrefix(f.Rule, sitePrefix)
		if !keep[i] {
			below[at] = append(below[at], f.Evidence...)
		}
	}
	for at, said := range below {
		more := len(said) - mostFolded
		said = said[:min(len(said), mostFolded)]
		if more > 0 {
			said = append(slices.Clip(said), fmt.Sprintf("and %d more parts of it", more))
		}
		all[at].Evidence = slices.Concat(all[at].Evidence, said)
	}
	var out []Finding
	for i, f := range all {
		if keep[i] {
			out = append(out, f)
		}
	}
	return out
}

func (a Array) holdsParts(component string) bool {
	return slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Name == component && (p.Type == "controller" || p.Type == "fm") })
}

// under finds the nearest whole that a component is a part of: CH1.FM2 for
// CH1.FM2.FAN3.
func under(component string, wholes map[string]int) (at int, ok bool) {
	for !ok {
		i := strings.LastIndexByte(component, '.')
		if i < 0 {
			return 0, false
		}
		component = component[:i]
		at, ok = wholes[component]
	}
	return at, ok
}
