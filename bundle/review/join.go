package review

import (
	"cmp"
	"slices"
	"strings"
)

// join merges shapes that differ in one word. It looks at every place of every
// form, makes the groups that would share a form with that place blanked, and
// merges the largest groups first; ties go by form. A shape is merged once a
// round; a word of an earlier round keeps all its spellings.
func join(all []Shape) []Shape {
	return joinOn(all, joinAt, func(s Shape, blank func(...word)) {
		for w := range words(s.Form) {
			blank(w)
		}
	})
}

// joinLoose merges shapes that differ in n words at once.
func joinLoose(all []Shape, n int) []Shape {
	return joinOn(all, joinAt*2, func(s Shape, blank func(...word)) {
		here := slices.Collect(words(s.Form))
		if len(here) < 2*n || len(here) > looseWords {
			return
		}
		var choose func(chosen []word, from int)
		choose = func(chosen []word, from int) {
			if len(chosen) == n {
				blank(chosen...)
				return
			}
			for i := from; i < len(here); i++ {
				choose(append(chosen[:len(chosen):len(chosen)], here[i]), i+1)
			}
		}
		choose(nil, 0)
	})
}

// member is a shape that would have the form of a group if some of its words
// were blanked.
type member struct {
	shape int
	at    []word
}

// joinOn merges shapes of groups of at least least members; blanks names the
// words of a shape to try without.
func joinOn(all []Shape, least int, blanks func(s Shape, blank func(...word))) []Shape {
	groups := map[string][]member{}
	for i, s := range all {
		if len(s.Form) > maxJoinForm || len(s.Slots) > maxSlots/2 {
			continue
		}
		blanks(s, func(at ...word) {
			form := blanked(s.Form, at)
			groups[form] = append(groups[form], member{i, at})
		})
	}
	forms := make([]string, 0, len(groups))
	for form, g := range groups {
		if len(g) >= least {
			forms = append(forms, form)
		}
	}
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(groups[b]), len(groups[a])), cmp.Compare(a, b))
	})
	used := make([]bool, len(all))
	var out []Shape
	for _, form := range forms {
		free := slices.DeleteFunc(groups[form], func(m member) bool { return used[m.shape] })
		if len(free) >= least {
			out = append(out, joined(all, used, form, free))
		}
	}
	for i, s := range all {
		if !used[i] {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Shape) int { return cmp.Or(cmp.Compare(a.Form, b.Form), cmp.Compare(a.Marks[0], b.Marks[0])) })
	return out
}

// joined is the shape of a group, and takes its members.
func joined(all []Shape, used []bool, form string, free []member) Shape {
	first := all[free[0].shape]
	merged := Shape{Form: form, Example: first.Example, New: first.New}
	spellings := make([][]string, len(free[0].at))
	for _, m := range free {
		one := all[m.shape]
		merged.take(one)
		for i, w := range m.at {
			spellings[i] = append(spellings[i], one.Form[w.from:w.to])
		}
		used[m.shape] = true
	}
	slices.Sort(merged.Marks)
	for i, all := range spellings {
		slices.Sort(all)
		at := min(free[0].at[i].slots+i, len(merged.Slots)) // after the words blanked before it
		merged.Slots = slices.Insert(merged.Slots, at, Slot{Kind: wordKind, Samples: slices.Compact(all)})
	}
	return merged
}

// blanked is a form without some of its words, given in order.
func blanked(form string, at []word) string {
	var b strings.Builder
	from := 0
	for _, w := range at {
		b.WriteString(form[from:w.from])
		b.WriteString(wordKind)
		from = w.to
	}
	b.WriteString(form[from:])
	return b.String()
}

// take adds the lines of one shape to a merged one.
func (s *Shape) take(one Shape) {
	s.Count += one.Count
	s.Bytes += one.Bytes
	s.Files = max(s.Files, one.Files)
	s.Marks = append(s.Marks, one.Marks...)
	for i := range one.Slots {
		if i == len(s.Slots) {
			s.Slots = append(s.Slots, Slot{Kind: one.Slots[i].Kind})
		}
		if one.Slots[i].Kind == wordKind { // words are shown all
			s.Slots[i].Samples = append(s.Slots[i].Samples, one.Slots[i].Samples...)
			slices.Sort(s.Slots[i].Samples)
			s.Slots[i].Samples = slices.Compact(s.Slots[i].Samples)
			continue
		}
		s.Slots[i].merge(&one.Slots[i])
	}
}
