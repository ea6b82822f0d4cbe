package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (l *layout) keywords() Section {
	sec := Section{Key: "words", Title: "Words of the site that must not leave"}
	if len(l.s.Keywords) == 0 {
		sec.Intro = []string{"The site has no list of words."}
	}
	var none []string
	for _, k := range l.s.Keywords {
		if k.Count == 0 {
			none = append(none, k.What)
		}
	}
	if len(none) > 0 {
		sec.Intro = l.wrap("not found: ", 4, strings.Join(none, ", "))
	}
	for _, k := range l.s.Keywords {
		l.hits(&sec, Keyword, k)
	}
	return sec
}

func (l *layout) markings() Section {
	sec := Section{Key: "markings", Title: "Markings found in the text"}
	sec.Intro = l.wrap("", 0, "What leaves is marked "+or(l.s.Marking, "with nothing")+".")
	for _, m := range l.s.Markings {
		l.hits(&sec, Marking, m)
	}
	return sec
}

// hits makes an item of every place.
func (l *layout) hits(sec *Section, ask Ask, f Found) {
	for i, at := range f.Places {
		lines := l.wrap(fmt.Sprintf("%s (%d of %d) ", f.What, i+1, f.Count), 4, fmt.Sprintf("%s:%d", at.Path, at.Line))
		l.add(sec, Item{
			Ask: ask, At: at, Lines: append(lines, l.wrap("      ", 6, at.Text)...),
			Marks: []Mark{markOf(string(ask), fmt.Sprintf("%s\n%s\n%d\n%s", f.What, at.Path, at.Line, at.Text))},
		})
	}
	if rest := f.Count - int64(len(f.Places)); rest > 0 {
		text := fmt.Sprintf("%s stands in %d more places that are not listed. Hide it by a pattern or remove files.", f.What, rest)
		l.add(sec, Item{Ask: ask, Lines: l.wrap("", 4, text), Marks: []Mark{markOf(string(ask), text)}})
	}
}

func (l *layout) secrets() Section {
	sec := Section{Key: "secrets", Title: "Strings that look like secrets, and what was not sure"}
	l.secretItems(&sec, true)
	whole := map[string][]string{} // of files, by why
	for _, n := range l.s.Near {
		if n.Line == 0 {
			whole[n.Why] = append(whole[n.Why], fmt.Sprintf("%s (%s)", n.Path, printable([]byte(n.Text), maxSample)))
			continue
		}
		at := Place{Path: n.Path, Line: n.Line, Text: n.Text}
		lines := l.wrap("not sure: ", 4, fmt.Sprintf("%s:%d: %s", n.Path, n.Line, printable([]byte(n.Why), maxExcerpt)))
		l.note(&sec, at, append(lines, l.wrap("      ", 6, printable([]byte(n.Text), maxExcerpt))...)...)
	}
	for _, why := range slices.Sorted(maps.Keys(whole)) {
		l.note(&sec, Place{}, l.wrap("not sure: ", 4, printable([]byte(why), maxExcerpt)+", in "+strings.Join(whole[why], ", "))...)
	}
	return sec
}

func (l *layout) secretItems(sec *Section, fresh bool) {
	for _, g := range l.s.Secrets {
		if g.New != fresh {
			continue
		}
		var strs []string
		var marks []Mark
		for i, m := range g.Marks {
			if !l.read(m) {
				strs, marks = append(strs, g.Strings[i]), append(marks, m)
			}
		}
		for from := 0; from < len(strs); from += secretRows {
			to := min(from+secretRows, len(strs))
			it := Item{Marks: marks[from:to:to], At: g.Example}
			if from == 0 {
				it.Lines = l.wrap("such as: ", 4, fmt.Sprintf("%s:%d: %s", g.Example.Path, g.Example.Line, g.Example.Text))
			}
			list := strs[from:to]
			if from == 0 && strings.Contains(g.Example.Text, list[0]) {
				list = list[1:] // the example shows it
			}
			if len(list) > 0 {
				it.Lines = append(it.Lines, l.wrap("      ", 6, strings.Join(list, " "))...)
			}
			sec.Items = append(sec.Items, it)
		}
		if g.Beyond > 0 {
			l.note(sec, g.Example, l.wrap("", 4, fmt.Sprintf("about %d more of these, in %d places, are not listed", g.Beyond, g.BeyondCount))...)
		}
	}
}
