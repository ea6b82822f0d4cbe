package arrayrest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"darksite/localmon"
)

// Parts are the states of one batch by type and name, without case. Make them
// with [NewParts].
type Parts struct {
	states map[PartKey]localmon.ComponentState
}

// PartKey names one part; Name is in lower case.
type PartKey struct{ Type, Name string }

// NewParts begins without any part.
func NewParts() *Parts { return &Parts{states: map[PartKey]localmon.ComponentState{}} }

// Add keeps the worse where the array lists a part twice.
func (p *Parts) Add(s localmon.ComponentState) {
	key := PartKey{s.Type, strings.ToLower(s.Component)}
	if have, ok := p.states[key]; ok && !s.Health.WorseThan(have.Health) {
		return
	}
	p.states[key] = s
}

// Set takes a state for the part as it is.
func (p *Parts) Set(key PartKey, s localmon.ComponentState) { p.states[key] = s }

// Get finds a part; the zero state when it is not listed.
func (p *Parts) Get(key PartKey) (localmon.ComponentState, bool) {
	s, ok := p.states[key]
	return s, ok
}

// lack adds what the array said it could not read, and what belongs to it, as
// unknown, as far as last knew of it. It reports whether that was anything.
func (p *Parts) lack(name string, last *Parts) (known bool) {
	if last == nil {
		return false
	}
	name = strings.ToLower(name)
	for key, s := range last.states {
		if key.Name != name && !strings.HasPrefix(key.Name, name+".") {
			continue
		}
		known = true
		if _, read := p.states[key]; !read {
			s.Status, s.Health, s.Detail = "", localmon.HealthUnknown, "the array could not read it"
			p.states[key] = s
		}
	}
	return known
}

// All gives the parts by their keys.
func (p *Parts) All() map[PartKey]localmon.ComponentState { return p.states }

// Sorted lists the parts by type and name.
func (p *Parts) Sorted() []localmon.ComponentState {
	var all []localmon.ComponentState
	for _, s := range p.states {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b localmon.ComponentState) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Component, b.Component))
	})
	return all
}

// Detail joins what is known into one line.
func Detail(known ...string) string {
	return strings.Join(slices.DeleteFunc(known, func(p string) bool { return p == "" }), ", ")
}

// Sized is a quantity for a detail; empty when it is not known or nothing.
func Sized(v float64, known bool, format string) string {
	if !known || v <= 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}
