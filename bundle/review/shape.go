package review

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
)

// How a shape is found. A line is cut into words at blanks and punctuation.
// Words that carry values are replaced by what kind of value they are:
//
//	<num>   a number, with sign, point, exponent or unit glued to it; null, true
//	        and false where a value stands in JSON
//	<time>  a date or a time of day
//	<ver>   a version: digits with points, and at most as many letters
//	<hex>   at least eight hexadecimal digits, or 0x and any
//	<ip>    an IPv4 or IPv6 address
//	<uuid>  a UUID
//	<host>, <user>, <vol> and so on: a stand-in of the redactor, by its prefix
//	<name>  a name below .invalid, or an address with @
//	<pkg>   a package by its name: libc6:amd64, with the versions in brackets
//	        behind it, or 003-libc6_2.36-9_amd64.deb; a list of packages is one
//	        place with many values
//	<path>  an absolute path of two parts or more; its parts are tokens
//	<id>    any other word with a digit in it
//
// Runs of blanks become one. What is left is the shape. A second step joins
// shapes that differ in one word only, when at least joinAt of them do; that
// word becomes <word> and all its spellings are listed. A third step joins shapes
// that differ in two or three words at once (a metric and its unit), when twice
// as many of them do and as many words stay the same.
const (
	joinAt        = 3
	joinRounds    = 3 // so that up to three words of a form may differ
	joinTogether  = 3 // words that may differ at once where they go together
	looseWords    = 12
	looseShapes   = 20_000
	joinMaxShapes = 50_000
	maxJoinForm   = 1024     // longer forms are not joined
	maxSample     = 80       // bytes of a value shown
	maxSamples    = 4        // distinct values shown for each place of a shape
	maxExact      = 24       // distinct values up to which they are counted
	maxSlots      = 48       // places of a shape for which values are kept
	maxKey        = 256      // bytes of a value that are kept to tell it from others
	maxExample    = 8 << 10  // bytes of a line shown as an example
	maxShapeBytes = 64 << 20 // of all shapes together
	maxTried      = 20_000   // forms tried against joined shapes that were seen
)

// Slot is one place of a shape where values stand.
type Slot struct {
	Kind     string   `json:"kind"`
	Distinct int64    `json:"distinct"`
	About    bool     `json:"about"`   // Distinct is an estimate
	Samples  []string `json:"samples"` // distinct, in the order met; of words all, sorted
	More     bool     `json:"more"`    // there are more distinct values than shown
	Longest  string   `json:"longest"` // the first of the longest values

	hashes  []uint64 // of samples
	prints  []uint64 // of all values, until there is a sketch
	sketch  *sketch
	longest int
}

// Extent is an amount of text.
type Extent struct {
	Lines int64 `json:"lines"`
	Bytes int64 `json:"bytes"` // with line ends, as UTF-8
}

func (e *Extent) add(o Extent) {
	e.Lines += o.Lines
	e.Bytes += o.Bytes
}

// Shape is lines that differ only in values.
type Shape struct {
	Form    string `json:"form"`
	Count   int64  `json:"count"`
	Bytes   int64  `json:"bytes"`
	Files   int64  `json:"files"` // of a joined shape: of the part in most files
	Example Place  `json:"example"`
	Slots   []Slot `json:"slots"`
	New     bool   `json:"new"`   // no approved bundle under the same rules had it
	Marks   []Mark `json:"marks"` // of the shapes it is joined of, sorted

	lastFile string
}

func (s Shape) extent() Extent { return Extent{s.Count, s.Bytes} }

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

func (s *Shape) in(path string) {
	if s.lastFile != path {
		s.lastFile = path
		s.Files++
	}
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

func (s *Slot) add(seed maphash.Seed, value []byte) {
	if len(value) > s.longest && s.Kind == numKind && digitsOnly(value) {
		s.longest, s.Longest = len(value), printable(value, maxSample)
	}
	hash := maphash.Bytes(seed, value)
	for _, h := range s.hashes {
		if h == hash {
			return
		}
	}
	s.met(hash, fingerprint(value), func() string { return printable(value, maxSample) })
}

func digitsOnly(value []byte) bool {
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// met counts a value that is none of the samples.
func (s *Slot) met(hash, print uint64, text func() string) {
	if len(s.hashes) < maxSamples {
		s.hashes = append(s.hashes, hash)
		s.Samples = append(s.Samples, text())
	} else {
		s.More = true
	}
	s.printed(print)
}

// printed counts a value by its fingerprint.
func (s *Slot) printed(print uint64) {
	switch {
	case s.sketch != nil:
		s.sketch.add(print)
	case slices.Contains(s.prints, print):
	case len(s.prints) < maxExact:
		s.prints = append(s.prints, print)
	default:
		s.spill()
		s.sketch.add(print)
	}
}

// spill goes over from a count to an estimate.
func (s *Slot) spill() {
	if s.sketch != nil {
		return
	}
	s.sketch = &sketch{}
	for _, p := range s.prints {
		s.sketch.add(p)
	}
}

func (s *Slot) merge(o *Slot) {
	if o.longest > s.longest {
		s.longest, s.Longest = o.longest, o.Longest
	}
	for i, h := range o.hashes {
		if slices.Contains(s.hashes, h) {
			continue
		}
		if len(s.hashes) < maxSamples {
			s.hashes, s.Samples = append(s.hashes, h), append(s.Samples, o.Samples[i])
		} else {
			s.More = true
		}
	}
	s.More = s.More || o.More
	for _, p := range o.prints {
		s.printed(p)
	}
	if o.sketch != nil {
		s.spill()
		s.sketch.merge(o.sketch)
	}
}

// count settles how many distinct values stood here, and lets go of what was
// needed to find out.
func (s *Slot) count() {
	switch {
	case s.Kind == wordKind:
		s.Distinct = int64(len(s.Samples))
	case s.sketch != nil:
		s.Distinct, s.About = max(s.sketch.estimate(), maxExact+1), true
	default:
		s.Distinct = int64(len(s.prints))
	}
	s.Samples = orEmpty(s.Samples)
	s.hashes, s.prints, s.sketch, s.longest = nil, nil, nil, 0
}

// key tells values apart without keeping long ones.
func key(value []byte) string {
	if len(value) <= maxKey {
		return string(value)
	}
	return string(bundle.DigestOf(value))
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

// Written is the shape as it is read: places that had one value show it, places
// with a few show them all, the others show how many there were. The words of a
// joined shape follow after it. A head that it begins with is written as <head>.
func (s Shape) Written(head string) string {
	var b strings.Builder
	slot, skip := 0, 0
	if head != "" && strings.HasPrefix(s.Form, head) && !s.longIn(head) {
		b.WriteString("<head>")
		skip = len(head)
	}
	for i := 0; i < len(s.Form); {
		switch {
		case i < skip && s.Form[i] == '<' && s.Form[i+1] != '<':
			i += strings.IndexByte(s.Form[i:], '>') + 1
			slot++
		case i < skip && s.Form[i] == '<':
			i += 2
		case i < skip:
			i++
		case strings.HasPrefix(s.Form[i:], "<<"):
			b.WriteString("<<")
			i += 2
		case s.Form[i] == '<':
			end := strings.IndexByte(s.Form[i:], '>')
			if end < 0 { // cannot be: a literal < is written twice
				b.WriteString(s.Form[i:])
				return b.String()
			}
			if slot < len(s.Slots) {
				b.WriteString(s.Slots[slot].written())
			} else {
				b.WriteString(s.Form[i : i+end+1])
			}
			slot++
			i += end + 1
		default:
			b.WriteByte(s.Form[i])
			i++
		}
	}
	return b.String()
}

// longIn reports whether a long number stands in the head, where it would not be
// seen.
func (s Shape) longIn(head string) bool {
	n := min(strings.Count(head, ">"), len(s.Slots))
	return slices.ContainsFunc(s.Slots[:n], func(slot Slot) bool { return slot.Kind == numKind && len(slot.Longest) >= longValue })
}

// longValue is from how many bytes on the longest value of a place is shown.
const longValue = 14

func (s Slot) written() string {
	name := strings.Trim(s.Kind, "<>")
	switch {
	case s.Kind == wordKind:
		return "<word:" + strconv.Itoa(len(s.Samples)) + ">"
	case s.Distinct == 1:
		return s.Samples[0]
	case s.Kind == timeKind:
		return s.Kind
	case !s.More && total(s.Samples) <= 32:
		return "<" + strings.Join(s.Samples, "|") + ">"
	}
	about := ""
	if s.About {
		about = "~"
	}
	if s.Kind == numKind && len(s.Longest) >= longValue {
		return fmt.Sprintf("<num:%s%d,longest:%s>", about, s.Distinct, s.Longest)
	}
	return fmt.Sprintf("<%s:%s%d>", name, about, s.Distinct)
}

func total(all []string) (n int) {
	for _, s := range all {
		n += len(s)
	}
	return n
}

// Words are the spellings of the places where a word differs.
func (s Shape) Words() []string {
	var out []string
	for _, slot := range s.Slots {
		if slot.Kind == wordKind {
			out = append(out, slot.Samples...)
		}
	}
	return out
}
