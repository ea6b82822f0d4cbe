package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle"
)

// How a shape is found. A line is cut into words at blanks and punctuation.
// Words that carry values are replaced by what kind of value they are:
//
//	<num>   a number, with sign, point, exponent or unit glued to it
//	<time>  a date or a time of day
//	<ver>   a version: digits with points, and at most as many letters
//	<hex>   at least eight hexadecimal digits, or 0x and any
//	<ip>    an IPv4 or IPv6 address
//	<uuid>  a UUID
//	<host>, <user>, <vol> and so on: a stand-in of the redactor, by its prefix
//	<name>  a name below .invalid, or an address with @
//	<id>    any other word with a digit in it
//
// Runs of blanks become one. What is left is the shape. A second step joins
// shapes that differ in one word only, when at least joinAt of them do; that
// word becomes <word> and all its spellings are listed.
const (
	joinAt        = 3
	joinRounds    = 3 // so that up to three words of a form may differ
	joinMaxShapes = 50_000
	maxJoinForm   = 1024     // longer forms are not joined
	maxSample     = 80       // bytes of a value shown
	maxSamples    = 4        // distinct values shown for each place of a shape
	maxSlots      = 48       // places of a shape for which values are kept
	maxKey        = 256      // bytes of a value that are kept to tell it from others
	maxExample    = 8 << 10  // bytes of a line shown as an example
	maxShapeBytes = 64 << 20 // of all shapes together
)

// Slot is one place of a shape where values stand.
type Slot struct {
	Kind    string   `json:"kind"`
	Samples []string `json:"samples"` // distinct, in the order met; of words all, sorted
	More    bool     `json:"more"`    // there are more distinct values than shown
}

// Shape is lines that differ only in values.
type Shape struct {
	Form    string `json:"form"`
	Count   int64  `json:"count"`
	Files   int64  `json:"files"` // of a joined shape: of the part in most files
	Example Place  `json:"example"`
	Slots   []Slot `json:"slots"`
	New     bool   `json:"new"` // not in the last approved bundle

	lastFile string
}

// digest names a shape in what is kept for the next review. The words of a
// joined place are part of it: a new word makes a shape new.
func (s Shape) digest() bundle.Digest {
	var b strings.Builder
	b.WriteString(s.Form)
	for _, slot := range s.Slots {
		if slot.Kind == wordKind {
			b.WriteByte(0)
			b.WriteString(strings.Join(slot.Samples, "\x01"))
		}
	}
	return bundle.DigestOf([]byte(b.String()))
}

// order puts new shapes first, then frequent ones. Lines that are alone in their
// shape come last and in the order of their files, as they are best read.
func order(shapes []Shape) {
	slices.SortFunc(shapes, func(a, b Shape) int {
		switch {
		case a.New != b.New && a.New:
			return -1
		case a.New != b.New:
			return 1
		case a.Count == 1 && b.Count == 1:
			return cmp.Or(cmp.Compare(a.Example.Path, b.Example.Path), cmp.Compare(a.Example.Line, b.Example.Line))
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Form, b.Form))
	})
}

type token struct {
	Token
	at int // order met
}

// miner collects shapes and identifying tokens over all lines of a bundle.
type miner struct {
	byForm   map[string]*Shape
	bytes    int
	known    map[string]*token
	form     []byte
	slots    []slotValue
	missed   map[string]int64 // lines without a shape, by file
	long     map[string]int64 // shapes whose example is not shown to its end, by file
	missedID int64            // tokens beyond MaxTokens
}

type slotValue struct {
	kind  string
	value []byte
}

func newMiner() *miner {
	return &miner{byForm: map[string]*Shape{}, known: map[string]*token{}, missed: map[string]int64{}, long: map[string]int64{}}
}

func (m *miner) line(at Place, line []byte) {
	m.form, m.slots = m.form[:0], m.slots[:0]
	m.cut(line)
	if len(m.form) == 0 {
		return
	}
	s := m.byForm[string(m.form)]
	if s == nil {
		if len(m.byForm) >= MaxShapes || m.bytes+len(m.form) > maxShapeBytes {
			m.missed[at.Path]++
			m.note(at, line)
			return
		}
		s = &Shape{Form: string(m.form), Example: Place{at.Path, at.Line, printable(line, maxExample)}}
		for _, v := range m.slots[:min(len(m.slots), maxSlots)] {
			s.Slots = append(s.Slots, Slot{Kind: v.kind})
		}
		m.byForm[s.Form] = s
		m.bytes += len(s.Form) + len(s.Example.Text)
		if len(line) > maxExample {
			m.long[at.Path]++
		}
	}
	s.Count++
	if s.lastFile != at.Path {
		s.lastFile = at.Path
		s.Files++
	}
	for i := range s.Slots {
		s.Slots[i].add(m.slots[i].value)
	}
	m.note(at, line)
}

func (s *Slot) add(value []byte) {
	if s.More {
		return
	}
	for _, have := range s.Samples {
		if have == string(value) || len(value) > maxSample && have == printable(value, maxSample) {
			return
		}
	}
	if len(s.Samples) < maxSamples {
		s.Samples = append(s.Samples, printable(value, maxSample))
	} else {
		s.More = true
	}
}

// key tells values apart without keeping long ones.
func key(value []byte) string {
	if len(value) <= maxKey {
		return string(value)
	}
	return string(bundle.DigestOf(value))
}

// note counts the identifying tokens of the line.
func (m *miner) note(at Place, line []byte) {
	for _, v := range m.slots {
		switch v.kind {
		case numKind, timeKind, hexKind, verKind:
			continue
		}
		if t := m.known[string(v.value)]; t != nil { // the common case, without a copy
			t.Count++
			continue
		}
		name := key(v.value)
		if t := m.known[name]; t != nil {
			t.Count++
			continue
		}
		if len(m.known) >= MaxTokens {
			m.missedID++
			continue
		}
		first := Place{at.Path, at.Line, around(line, v.value)}
		m.known[name] = &token{Token{printable(v.value, 200), v.kind, 1, first}, len(m.known)}
	}
}

// shapes joins and sorts.
func (m *miner) shapes() []Shape {
	all := make([]Shape, 0, len(m.byForm))
	for _, s := range m.byForm {
		s.Form = printable([]byte(s.Form), len(s.Form))
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Shape) int { return cmp.Compare(a.Form, b.Form) })
	for round, before := 0, -1; round < joinRounds && len(all) <= joinMaxShapes && len(all) != before; round++ {
		before = len(all)
		all = join(all)
	}
	return all
}

func (m *miner) tokens() []Token {
	all := make([]*token, 0, len(m.known))
	for _, t := range m.known {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *token) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value), cmp.Compare(a.at, b.at))
	})
	out := make([]Token, len(all))
	for i, t := range all {
		out[i] = t.Token
	}
	return out
}

func (m *miner) overflow() []Note {
	var out []Note
	for path, n := range m.missed {
		out = append(out, Note{path, fmt.Sprintf("%d lines have no shape because there were too many: read this file", n)})
	}
	for path, n := range m.long {
		out = append(out, Note{path, fmt.Sprintf("%d kinds of line are longer than %d bytes and not shown to their end: read this file", n, maxExample)})
	}
	slices.SortFunc(out, func(a, b Note) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Remark, b.Remark)) })
	if m.missedID > 0 {
		out = append(out, Note{"", fmt.Sprintf("%d more occurrences of identifying tokens are not listed", m.missedID)})
	}
	return out
}

// join merges shapes that differ in one word. It looks at every place of every
// form, makes the groups that would share a form with that place blanked, and
// merges the largest groups first; ties go by form. A shape is merged once a
// round; a word of an earlier round keeps all its spellings.
func join(all []Shape) []Shape {
	type member struct {
		shape int
		at    word
	}
	groups := map[string][]member{}
	for i, s := range all {
		if len(s.Form) > maxJoinForm || len(s.Slots) > maxSlots/2 {
			continue
		}
		for w := range words(s.Form) {
			blanked := s.Form[:w.from] + wordKind + s.Form[w.to:]
			groups[blanked] = append(groups[blanked], member{i, w})
		}
	}
	forms := make([]string, 0, len(groups))
	for form, g := range groups {
		if len(g) >= joinAt {
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
		if len(free) < joinAt {
			continue
		}
		merged := Shape{Form: form, Example: all[free[0].shape].Example}
		spellings := make([]string, 0, len(free))
		for _, m := range free {
			one := all[m.shape]
			merged.take(one)
			spellings = append(spellings, one.Form[m.at.from:m.at.to])
			used[m.shape] = true
		}
		slices.Sort(spellings)
		at := min(free[0].at.slots, len(merged.Slots))
		merged.Slots = slices.Insert(merged.Slots, at, Slot{Kind: wordKind, Samples: spellings})
		out = append(out, merged)
	}
	for i, s := range all {
		if !used[i] {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Shape) int { return cmp.Compare(a.Form, b.Form) })
	return out
}

// take adds the lines of one shape to a merged one.
func (s *Shape) take(one Shape) {
	s.Count += one.Count
	s.Files = max(s.Files, one.Files)
	for i, slot := range one.Slots {
		if i == len(s.Slots) {
			s.Slots = append(s.Slots, Slot{Kind: slot.Kind})
		}
		if slot.Kind == wordKind { // words are shown all
			s.Slots[i].Samples = append(s.Slots[i].Samples, slot.Samples...)
			slices.Sort(s.Slots[i].Samples)
			s.Slots[i].Samples = slices.Compact(s.Slots[i].Samples)
			continue
		}
		for _, v := range slot.Samples {
			s.Slots[i].add([]byte(v))
		}
		s.Slots[i].More = s.Slots[i].More || slot.More
	}
}
