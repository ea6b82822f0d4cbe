package labs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Predicate asks a world a question. Exactly one of Fact, All, Any, Not and Before is
// set; the other fields belong to Fact.
type Predicate struct {
	Fact    string           `yaml:"fact"`
	Where   map[string]Match `yaml:"where"`
	AtLeast int              `yaml:"at_least"` // 1 when neither bound is given
	AtMost  *int             `yaml:"at_most"`
	Within  time.Duration    `yaml:"within"` // since the lab began

	All    []Predicate `yaml:"all"`
	Any    []Predicate `yaml:"any"`
	Not    *Predicate  `yaml:"not"`
	Before []Predicate `yaml:"before"` // two of Fact: the first is there before the second, if that is there at all
}

// Match compares a field with text. By its first characters: "!" anything else, "~"
// holds the words, "!~" does not hold them, "<" and ">" are for numbers; "a|b" is one of
// several. Upper and lower case are the same.
type Match string

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Match) UnmarshalText(text []byte) error {
	*m = Match(text)
	return nil
}

// Holds reports whether a value matches.
func (m Match) Holds(value string) bool {
	want, value := fold(string(m)), fold(value)
	switch {
	case strings.HasPrefix(want, "!~"):
		return !anyOf(want[2:], func(w string) bool { return strings.Contains(value, w) })
	case strings.HasPrefix(want, "!"):
		return !anyOf(want[1:], func(w string) bool { return w == value })
	case strings.HasPrefix(want, "~"):
		return anyOf(want[1:], func(w string) bool { return strings.Contains(value, w) })
	case strings.HasPrefix(want, "<"), strings.HasPrefix(want, ">"):
		got, err := strconv.ParseFloat(value, 64)
		limit, bad := strconv.ParseFloat(want[1:], 64)
		if err != nil || bad != nil {
			return false
		}
		return want[0] == '<' && got < limit || want[0] == '>' && got > limit
	}
	return anyOf(want, func(w string) bool { return w == value })
}

func anyOf(list string, is func(string) bool) bool {
	return slices.ContainsFunc(strings.Split(list, "|"), is)
}

// Holds reports whether the answer is yes.
func (p Predicate) Holds(w World) bool {
	holds := func(q Predicate) bool { return q.Holds(w) }
	fails := func(q Predicate) bool { return !q.Holds(w) }
	switch {
	case len(p.All) > 0:
		return !slices.ContainsFunc(p.All, fails)
	case len(p.Any) > 0:
		return slices.ContainsFunc(p.Any, holds)
	case p.Not != nil:
		return !p.Not.Holds(w)
	case len(p.Before) == 2:
		first := slices.IndexFunc(w, p.Before[0].is)
		second := slices.IndexFunc(w, p.Before[1].is)
		return first >= 0 && (second < 0 || first < second)
	}
	n := 0
	for _, f := range w {
		if p.is(f) {
			n++
		}
	}
	if p.AtMost != nil && n > *p.AtMost {
		return false
	}
	if p.AtMost != nil && p.AtLeast == 0 {
		return true
	}
	return n >= max(1, p.AtLeast)
}

func (p Predicate) is(f Fact) bool {
	if f.Kind != p.Fact || p.Within > 0 && f.At > p.Within {
		return false
	}
	for field, m := range p.Where {
		if !m.Holds(f.Fields[field]) {
			return false
		}
	}
	return true
}

// drawn is the predicate with names filled in.
func (p Predicate) drawn(fill func(string) string) Predicate {
	if p.Where != nil {
		where := map[string]Match{}
		for k, m := range p.Where {
			where[k] = Match(fill(string(m)))
		}
		p.Where = where
	}
	each := func(list []Predicate) (out []Predicate) {
		for _, q := range list {
			out = append(out, q.drawn(fill))
		}
		return out
	}
	p.All, p.Any, p.Before = each(p.All), each(p.Any), each(p.Before)
	if p.Not != nil {
		not := p.Not.drawn(fill)
		p.Not = &not
	}
	return p
}

// check says what is wrong with a predicate.
func (p Predicate) check() error {
	ways := 0
	for _, is := range []bool{p.Fact != "", len(p.All) > 0, len(p.Any) > 0, p.Not != nil, len(p.Before) > 0} {
		if is {
			ways++
		}
	}
	if ways != 1 {
		return fmt.Errorf("a question is one of fact, all, any, not and before")
	}
	if p.Fact == "" && (p.Where != nil || p.AtLeast != 0 || p.AtMost != nil || p.Within != 0) {
		return fmt.Errorf("where, at_least, at_most and within belong to a fact")
	}
	if p.Fact != "" {
		return p.checkFact()
	}
	if len(p.Before) > 0 && (len(p.Before) != 2 || p.Before[0].Fact == "" || p.Before[1].Fact == "") {
		return fmt.Errorf("before takes two facts")
	}
	for _, q := range slices.Concat(p.All, p.Any, p.Before) {
		if err := q.check(); err != nil {
			return err
		}
	}
	if p.Not != nil {
		return p.Not.check()
	}
	return nil
}

func (p Predicate) checkFact() error {
	k, ok := kindNamed(p.Fact)
	if !ok {
		return fmt.Errorf("there are no facts of kind %q", p.Fact)
	}
	for field, m := range p.Where {
		if !slices.Contains(k.Fields, field) {
			return fmt.Errorf("a fact of kind %s has no field %q: one of %s", p.Fact, field, strings.Join(k.Fields, ", "))
		}
		if m == "" {
			return fmt.Errorf("field %s of %s is compared with nothing", field, p.Fact)
		}
	}
	return nil
}
