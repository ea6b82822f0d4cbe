package review

import (
	"cmp"
	"slices"
	"strings"
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

func (s *Shape) in(path string) {
	if s.lastFile != path {
		s.lastFile = path
		s.Files++
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
