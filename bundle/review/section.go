package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// textWidth is how wide rows are, and the least that fits a table.
const (
	textWidth = 80
	minWidth  = 76
)

// View chooses what of a summary is laid out.
type View struct {
	// Read reports what the officer has read already; such items are left out.
	// Nil leaves nothing out.
	Read func(Mark) bool
	// Folded shows what an approved bundle had as well.
	Folded bool
	// Width is how wide rows are; zero means 80 columns.
	Width int
}

// Item is what is read at once: a kind of line, a hit, a few tokens.
type Item struct {
	Lines []string // printable, of at most View.Width columns
	Marks []Mark
	// Ask is set where the officer has to answer for this item alone: it is
	// Keyword or Marking.
	Ask Ask
	At  Place // where it stands first, if anywhere
}

// Ask is why an officer must answer for an item.
type Ask string

// What must be answered one by one.
const (
	Keyword Ask = "keyword"
	Marking Ask = "marking"
)

// Section is items that belong together.
type Section struct {
	Key   string // a word to go there by
	Title string
	Brief string   // what it holds, where that is not items
	Intro []string // what is to know before; not an item
	Items []Item
}

// Sections lays a summary out in the order in which it is read: what the policy
// lets through, where it does so, before all; then what is new, then what must be answered one by one, then what to know before signing.
func Sections(s Summary, v View) []Section {
	l := &layout{s: s, v: v, width: max(cmp.Or(v.Width, textWidth), minWidth)}
	all := []Section{
		l.files(), l.shapes(), l.tokens(), l.keywords(), l.markings(), l.secrets(), l.inventory(),
		l.uninspected(), l.recipients(), l.redactions(), l.folded(), l.coverage(),
	}
	if len(s.Loosened) > 0 {
		all = slices.Insert(all, 0, l.loosened())
	}
	if s.Clear { // who can read it is then the first thing to know
		i := slices.IndexFunc(all, func(sec Section) bool { return sec.Key == readers })
		all = slices.Insert(slices.Delete(all, i, i+1), 0, l.recipients())
	}
	return all
}

type layout struct {
	s    Summary
	v    View
	head string // how most shapes begin

	width int
}

func (l *layout) read(marks ...Mark) bool {
	if l.v.Read == nil {
		return false
	}
	return !slices.ContainsFunc(marks, func(m Mark) bool { return !l.v.Read(m) })
}

// add appends an item unless it was read.
func (l *layout) add(sec *Section, it Item) {
	if !l.read(it.Marks...) {
		sec.Items = append(sec.Items, it)
	}
}

// note is an item of plain text, marked by its text.
func (l *layout) note(sec *Section, at Place, lines ...string) {
	l.add(sec, Item{Lines: lines, At: at, Marks: []Mark{markOf(sec.Key, strings.Join(lines, "\n"))}})
}

func (l *layout) since() string {
	d := l.s.Difference
	switch {
	case d.Against == "":
		return "No bundle was approved before: everything is new."
	case d.OtherRules:
		return fmt.Sprintf("The last approved bundle, %s, was redacted under other rules or another policy: everything counts as new.", d.Against)
	}
	return fmt.Sprintf("Compared with what was approved up to %s under the same rules.", d.Against)
}
