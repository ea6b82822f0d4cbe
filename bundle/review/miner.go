package review

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
)

// miner collects shapes and identifying tokens of a part of a bundle. Parts are
// merged in their order, so that the result does not depend on who mined which.
type miner struct {
	cutter
	seed   maphash.Seed
	byForm map[string]*Shape
	order  []*Shape // as met
	bytes  int
	tokens tokens
	blank  Extent
	missed map[string]*Extent // lines without a shape, by file
	long   map[string]int64   // shapes whose example is not shown to its end, by file
}

func newMiner(seed maphash.Seed) *miner {
	return &miner{seed: seed, byForm: map[string]*Shape{}, tokens: newTokens(), missed: map[string]*Extent{}, long: map[string]int64{}}
}

// line mines one line of size bytes with its line end.
func (m *miner) line(at Place, line []byte, size int64) {
	m.cut(line)
	if len(m.form) == 0 {
		m.blank.add(Extent{1, size})
		return
	}
	for _, v := range m.slots {
		m.tokens.note(at, v, 1)
	}
	s := m.byForm[string(m.form)]
	if s == nil {
		if s = m.fresh(string(m.form), at.Path, Extent{1, size}); s == nil {
			return
		}
		s.Example = Place{at.Path, at.Line, printable(line, maxExample)}
		m.bytes += len(s.Example.Text)
		for _, v := range m.slots {
			if v.at == len(s.Slots) && v.at < maxSlots {
				s.Slots = append(s.Slots, Slot{Kind: v.kind})
			}
		}
		if len(line) > maxExample {
			m.long[at.Path]++
		}
	}
	s.Count++
	s.Bytes += size
	s.in(at.Path)
	for _, v := range m.slots {
		if v.at >= 0 && v.at < len(s.Slots) {
			s.Slots[v.at].add(m.seed, v.value)
		}
	}
}

// fresh makes room for a shape, or counts its lines as missed and returns nil.
func (m *miner) fresh(form, path string, lost Extent) *Shape {
	if len(m.byForm) >= MaxShapes || m.bytes+len(form) > maxShapeBytes {
		if m.missed[path] == nil {
			m.missed[path] = &Extent{}
		}
		m.missed[path].add(lost)
		return nil
	}
	s := &Shape{Form: form}
	m.byForm[form] = s
	m.order = append(m.order, s)
	m.bytes += len(form)
	return s
}

// merge adds what was mined of the next part: a piece of the file path, whose
// line 1 is line base+1 of that file.
func (m *miner) merge(o *miner, path string, base int64) {
	m.blank.add(o.blank)
	for _, one := range o.order {
		s := m.byForm[one.Form]
		if s == nil {
			if s = m.fresh(one.Form, path, one.extent()); s == nil {
				continue
			}
			s.Example, s.Slots = one.Example, one.Slots
			s.Example.Line += base
			m.bytes += len(s.Example.Text)
			s.Count, s.Bytes = one.Count, one.Bytes
			s.in(path)
			continue
		}
		s.Count += one.Count
		s.Bytes += one.Bytes
		s.in(path)
		for i := range s.Slots {
			s.Slots[i].merge(&one.Slots[i])
		}
	}
	for _, missed := range o.missed {
		if m.missed[path] == nil {
			m.missed[path] = &Extent{}
		}
		m.missed[path].add(*missed)
	}
	for _, n := range o.long {
		m.long[path] += n
	}
	m.tokens.merge(&o.tokens, base)
}

// shapes marks what is new, joins and sorts. What is new is joined with nothing
// that was seen before: a new word does not hide among old ones.
func (m *miner) shapes(seen func(Mark) bool) []Shape {
	parts := map[bool][]Shape{}
	tried := 0
	for _, s := range m.order {
		one := *s
		one.Marks = []Mark{markOf("shape", s.Form)}
		one.Form = printable([]byte(s.Form), len(s.Form))
		if one.New = !seen(one.Marks[0]); one.New && tried < maxTried {
			tried++
			one.New = !combined(one.Form, seen)
		}
		parts[one.New] = append(parts[one.New], one)
	}
	var all []Shape
	for _, part := range parts {
		slices.SortFunc(part, func(a, b Shape) int { return cmp.Or(cmp.Compare(a.Form, b.Form), cmp.Compare(a.Marks[0], b.Marks[0])) })
		for round, before := 0, -1; round < joinRounds && len(part) <= joinMaxShapes && len(part) != before; round++ {
			before = len(part)
			part = join(part)
		}
		for n := 2; n <= joinTogether && len(part) <= looseShapes; n++ {
			part = joinLoose(part, n)
		}
		all = append(all, part...)
	}
	for i := range all {
		for j := range all[i].Slots {
			all[i].Slots[j].count()
		}
		all[i].Slots, all[i].lastFile = orEmpty(all[i].Slots), ""
	}
	order(all)
	return all
}

func (m *miner) overflow() []Note {
	var out []Note
	for path, e := range m.missed {
		out = append(out, Note{path, fmt.Sprintf("%d lines (%d bytes) have no shape because there were too many: read this file", e.Lines, e.Bytes)})
	}
	for path, n := range m.long {
		out = append(out, Note{path, fmt.Sprintf("%d kinds of line are longer than %d bytes and not shown to their end: read this file", n, maxExample)})
	}
	for path, n := range m.tokens.missed {
		out = append(out, Note{path, fmt.Sprintf("%d occurrences of identifying tokens are not listed because there were too many: read this file", n)})
	}
	slices.SortFunc(out, func(a, b Note) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Remark, b.Remark)) })
	return out
}
