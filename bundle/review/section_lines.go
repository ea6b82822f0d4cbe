package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

func (l *layout) shapes() Section {
	sec := Section{Key: "lines", Title: "New kinds of line, each once"}
	l.head = head(l.s.Shapes)
	sec.Intro = []string{
		"120x: so many lines are like this. <host:7>: one of 7 hosts stands here.",
		"<word:9>: one of 9 words; those not shown in an item above follow below it.",
	}
	if l.head != "" {
		sec.Intro = append(sec.Intro, l.wrap("", 8, "<head>: "+l.head)...)
	}
	l.shapeItems(&sec, true)
	return sec
}

// Many lines of logs begin alike: with a time, a host and a program. Where at
// least so many shapes do, their common head is written once.
const alikeHeads = 12

// head is how most shapes begin, up to a colon and a blank, if at least two
// values stand there and enough shapes begin so.
func head(shapes []Shape) string {
	count := map[string]int{}
	best := ""
	for _, s := range shapes {
		end := strings.Index(s.Form, ": ")
		if s.Count == 1 || end < 0 || strings.Count(s.Form[:end], ">") < 2 {
			continue
		}
		h := s.Form[:end+1]
		count[h]++
		if n := cmp.Compare(count[h], count[best]); n > 0 || n == 0 && h < best {
			best = h
		}
	}
	if count[best] < alikeHeads {
		return ""
	}
	return best
}

func (l *layout) shapeItems(sec *Section, fresh bool) {
	file := ""
	shown := l.named() // words, also of what was read before
	for _, one := range l.s.Shapes {
		if one.New != fresh {
			continue
		}
		var words []string
		for _, w := range one.Words() {
			if !shown.has(w) {
				shown.add(w)
				words = append(words, w)
			}
		}
		if l.read(one.Marks...) {
			continue
		}
		it := Item{Marks: one.Marks, At: one.Example}
		if one.Count == 1 {
			if one.Example.Path != file {
				file = one.Example.Path
				it.Lines = append(it.Lines, l.wrap("", 4, "single lines of "+file)...)
			}
			it.Lines = append(it.Lines, l.single(one)...)
		} else {
			file = ""
			it.Lines = l.wrap(fmt.Sprintf("%dx  ", one.Count), 6, clip(one.Written(l.head)))
			if len(words) > 0 {
				it.Lines = append(it.Lines, l.wrap("      word: ", 8, strings.Join(words, " "))...)
			}
		}
		sec.Items = append(sec.Items, it)
	}
}

// longList is from how many values in one place on a line that stands alone is
// shown by its kind: its values are tokens, listed each once.
const longList = 8

// single shows a line that stands alone in its kind: in full, unless most of it is
// one list.
func (l *layout) single(one Shape) []string {
	at := fmt.Sprintf("  %d: ", one.Example.Line)
	if one.list() {
		return l.wrap(at, 6, clip(one.Written(l.head)))
	}
	return l.wrap(at, 6, one.Example.Text)
}

// list reports whether a line is mostly one list.
func (s Shape) list() bool {
	return slices.ContainsFunc(s.Slots, func(slot Slot) bool { return slot.Kind == pkgKind && slot.Distinct >= longList })
}

// shownWords are the words an officer has been shown so far.
type shownWords map[string]bool

// has reports whether a word was shown, alone or by its parts: name.csv where name
// and csv were.
func (s shownWords) has(w string) bool {
	if s[w] {
		return true
	}
	for part := range strings.SplitSeq(w, ".") {
		if part != "" && !s[part] {
			return false
		}
	}
	return true
}

func (s shownWords) add(w string) {
	s[w] = true
	for part := range strings.SplitSeq(w, ".") {
		s[part] = true
	}
}

// named are the words of the names of new files, which stand above the lines.
func (l *layout) named() shownWords {
	shown := shownWords{}
	for _, f := range folders(l.s.Difference.New) {
		for _, name := range f.files {
			if !strings.Contains(name, " ") { // several names that differ in digits are not shown in full
				shown.add(name)
			}
		}
	}
	return shown
}

// clip ends a form where an example would end; what is longer is named in the
// section of what is counted only.
func clip(form string) string {
	if len(form) <= maxExample {
		return form
	}
	return strings.ToValidUTF8(form[:maxExample], "") + "…"
}

func (l *layout) tokens() Section {
	sec := Section{Key: "tokens", Title: "New identifying tokens, each once"}
	l.tokenItems(&sec, true)
	return sec
}

// tokenRows is how many rows of tokens make an item, and secretRows how many
// strings.
const (
	tokenRows  = 12
	secretRows = 12
)

func (l *layout) tokenItems(sec *Section, fresh bool) {
	var row []string
	var marks []Mark
	kind, at, used := "", Place{}, 0
	flush := func() {
		if len(row) > 0 {
			first := fmt.Sprintf("%-7s ", strings.Trim(kind, "<>"))
			sec.Items = append(sec.Items, Item{At: at, Marks: marks, Lines: l.wrap(first, 8, strings.Join(row, " "))})
		}
		row, marks, used = nil, nil, 0
	}
	for _, t := range l.s.Tokens {
		if t.New != fresh || l.read(t.Mark) {
			continue
		}
		if used += utf8.RuneCountInString(t.Value) + 1; t.Kind != kind || used > tokenRows*(l.width-8) {
			flush()
			kind, at, used = t.Kind, t.First, utf8.RuneCountInString(t.Value)+1
		}
		row, marks = append(row, t.Value), append(marks, t.Mark)
	}
	flush()
	for _, one := range l.s.Series {
		if one.New != fresh || l.read(one.Mark) {
			continue
		}
		text := fmt.Sprintf("%s: about %d, such as %s and last %s", one.Make, one.Distinct, strings.Join(one.Samples, " "), one.Last)
		if len(one.Samples) == 0 {
			text = fmt.Sprintf("%s: about %d", one.Make, one.Distinct)
		}
		sec.Items = append(sec.Items, Item{Marks: []Mark{one.Mark}, Lines: l.wrap("series  ", 8, text)})
	}
}

func (l *layout) folded() Section {
	sec := Section{Key: "seen", Title: "Seen before in an approved bundle, folded"}
	var shapes, tokens, strs int64
	for _, one := range l.s.Shapes {
		if !one.New {
			shapes++
		}
	}
	for _, t := range l.s.Tokens {
		if !t.New {
			tokens++
		}
	}
	for _, one := range l.s.Series {
		if !one.New {
			tokens += one.Distinct
		}
	}
	for _, g := range l.s.Secrets {
		if !g.New {
			strs += int64(len(g.Strings))
		}
	}
	if shapes+tokens+strs == 0 {
		sec.Intro = []string{"Nothing."}
		return sec
	}
	f := l.s.Coverage.Folded
	sec.Brief = fmt.Sprintf("folded, %s", plural(f.Lines, "line"))
	sec.Intro = l.wrap("", 0, fmt.Sprintf("%s (%s, %s), %s, %s that look like secrets. To have been approved once approves nothing: they leave by your signature again.",
		plural(shapes, "kind of line", "kinds of line"), plural(f.Lines, "line"), plural(f.Bytes, "byte"), plural(tokens, "token"), plural(strs, "string")))
	if l.v.Folded {
		l.shapeItems(&sec, false)
		l.tokenItems(&sec, false)
		l.secretItems(&sec, false)
	}
	return sec
}
