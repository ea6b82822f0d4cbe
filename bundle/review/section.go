package review

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
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
	return all
}

type layout struct {
	s    Summary
	v    View
	head string // how most shapes begin

	width int
}

func (l *layout) wrap(first string, indent int, text string) []string {
	return wrap(l.width, first, indent, text)
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

// lets says how many words a policy lets through.
func lets(s Summary) string {
	return plural(int64(len(s.Loosened)), "word") + " that the shipped rules would hide"
}

func (l *layout) loosened() Section {
	sec := Section{Key: "policy", Title: "What the policy lets through"}
	sec.Intro = l.wrap("", 0, fmt.Sprintf("This policy lets through: %s. Such a bundle leaves when two officers have agreed, and not before.", lets(l.s)))
	for _, f := range l.s.Loosened {
		it := Item{Marks: []Mark{markOf("policy", f.What)}}
		word := printable([]byte(f.What), maxExcerpt) + ": "
		if f.Count == 0 {
			it.Lines = l.wrap(word, 4, "stands nowhere in this bundle")
		} else {
			it.At = f.Places[0]
			it.Lines = append(l.wrap(word, 4, fmt.Sprintf("stands in %s, first in %s:%d", plural(f.Count, "line"), it.At.Path, it.At.Line)), l.wrap("      ", 6, it.At.Text)...)
		}
		l.add(&sec, it)
	}
	return sec
}

func (l *layout) files() Section {
	d := l.s.Difference
	sec := Section{Key: "new", Title: "New or changed files"}
	sec.Intro = l.wrap("", 0, l.since())
	if d.Against != "" {
		sec.Intro = append(sec.Intro, l.wrap("", 0, fmt.Sprintf("%s new, %d changed, %d the same byte for byte, %d gone.", plural(int64(len(d.New)), "file"), len(d.Changed), d.Same, len(d.Gone)))...)
	}
	parts := []struct {
		what  string
		paths []string
	}{{"new", d.New}, {"changed", d.Changed}, {"gone", d.Gone}}
	if !l.v.Folded {
		parts = parts[:1] // the other names were approved; what is new in such files stands below
	}
	for _, part := range parts {
		for _, f := range folders(part.paths) {
			l.note(&sec, Place{Path: f.first}, l.wrap(fmt.Sprintf("%-8s ", part.what), 9, f.name+"/ "+strings.Join(f.files, " "))...)
		}
	}
	return sec
}

// folder is a folder and what is in it.
type folder struct {
	name, first string
	files       []string
}

// folders puts paths together by folder, and in each those that differ in digits
// only.
func folders(paths []string) []folder {
	byName := map[string][]string{}
	var names []string
	for _, p := range paths {
		dir := path.Dir(p)
		if byName[dir] == nil {
			names = append(names, dir)
		}
		byName[dir] = append(byName[dir], p)
	}
	var out []folder
	for _, dir := range names {
		f := folder{name: dir, first: byName[dir][0]}
		for _, one := range alike(byName[dir]) {
			f.files = append(f.files, strings.TrimPrefix(one.String(), dir+"/"))
		}
		out = append(out, f)
	}
	return out
}

// likeness is files whose names differ in digits only.
type likeness struct {
	name, first string
	files       int64
}

func (n likeness) String() string {
	if n.files == 1 {
		return n.first
	}
	return fmt.Sprintf("%s (%d with a number for 9)", n.name, n.files)
}

// alike puts names together that differ in digits only, three and more.
func alike(paths []string) []likeness {
	byName := map[string]*likeness{}
	var out []likeness
	for _, p := range paths {
		name, _ := makeOf([]byte(p), nameKind)
		if byName[name] == nil {
			byName[name] = &likeness{name: printable([]byte(name), 200)}
		}
		byName[name].files++
	}
	said := map[string]bool{}
	for _, p := range paths {
		name, _ := makeOf([]byte(p), nameKind)
		one := *byName[name]
		one.first = p
		switch {
		case one.files < 3:
			one.files = 1
			out = append(out, one)
		case !said[name]:
			said[name] = true
			out = append(out, one)
		}
	}
	return out
}

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
	shown := map[string]bool{} // words, also of what was read before
	for _, one := range l.s.Shapes {
		if one.New != fresh {
			continue
		}
		var words []string
		for _, w := range one.Words() {
			if !shown[w] {
				shown[w] = true
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
			it.Lines = append(it.Lines, l.wrap(fmt.Sprintf("  %d: ", one.Example.Line), 6, one.Example.Text)...)
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

func (l *layout) inventory() Section {
	sec := Section{Key: "files", Title: "Files by type, by collector and by name"}
	for _, g := range l.s.ByType {
		l.note(&sec, Place{}, fmt.Sprintf("type       %6d files %14d bytes  %s", g.Files, g.Bytes, g.Name))
	}
	for _, g := range l.s.BySource {
		l.note(&sec, Place{}, fmt.Sprintf("collector  %6d files %14d bytes  %s", g.Files, g.Bytes, g.Name))
	}
	if len(l.s.Disagree) == 0 {
		sec.Intro = []string{"No file has a name that its content does not keep to."}
	}
	for _, n := range l.s.Disagree {
		l.note(&sec, Place{Path: n.Path}, append(l.wrap("name disagrees: ", 4, n.Path), l.wrap("      ", 6, n.Remark)...)...)
	}
	return sec
}

func (l *layout) uninspected() Section {
	sec := Section{Key: "unread", Title: "What could not be inspected, was withheld, or is only counted"}
	for _, n := range l.s.Overflow {
		l.note(&sec, Place{Path: n.Path}, append(l.wrap("counted only: ", 4, or(n.Path, "(the whole bundle)")), l.wrap("      ", 6, n.Remark)...)...)
	}
	for _, n := range l.s.Uninspected {
		l.note(&sec, Place{Path: n.Path}, append(l.wrap("in the bundle: ", 4, n.Path), l.wrap("      ", 6, n.Remark)...)...)
	}
	for _, group := range l.omissions() {
		l.note(&sec, Place{}, group...)
	}
	if len(l.s.Overflow)+len(l.s.Uninspected)+len(l.s.Withheld) == 0 {
		sec.Intro = []string{"Nothing: every file was read from end to end."}
	}
	return sec
}

// omissions puts what is not in the bundle together by reason.
func (l *layout) omissions() [][]string {
	byReason := map[string][]string{}
	var reasons []string
	for _, o := range l.s.Withheld {
		if byReason[o.Reason] == nil {
			reasons = append(reasons, o.Reason)
		}
		byReason[o.Reason] = append(byReason[o.Reason], o.OrigPath)
	}
	var out [][]string
	for _, reason := range reasons {
		lines := l.wrap("not in it: ", 4, or(reason, "no reason was given"))
		for _, name := range alike(byReason[reason]) {
			lines = append(lines, l.wrap("      ", 8, name.String())...)
		}
		out = append(out, lines)
	}
	return out
}

func (l *layout) recipients() Section {
	sec := Section{Key: "readers", Title: "Who will be able to read it"}
	for _, r := range l.s.Recipients {
		lines := append(l.wrap("", 4, or(r.Name, "(NAME NOT KNOWN)")), l.wrap("    ", 4, r.Fingerprint)...)
		if len(r.Words) > 0 {
			lines = append(lines, l.wrap("    ", 4, strings.Join(r.Words, " "))...)
		}
		l.note(&sec, Place{}, lines...)
	}
	return sec
}

// mostRedacted is how many files are listed by what was replaced in them.
const mostRedacted = 10

func (l *layout) redactions() Section {
	sec := Section{Key: "replaced", Title: "What was replaced"}
	var rules []string
	for _, c := range l.s.Redactions {
		rules = append(rules, fmt.Sprintf("%10d  in %6d files  by rule %s", c.Count, c.Files, c.Name))
	}
	if len(rules) == 0 {
		sec.Intro = []string{"Nothing was replaced."}
		return sec
	}
	l.note(&sec, Place{}, rules...)
	var files []string
	var rest Count
	for i, c := range l.s.Redacted {
		if i < mostRedacted {
			files = append(files, l.wrap(fmt.Sprintf("%10d  ", c.Count), 14, c.Name)...)
			continue
		}
		rest.Count += c.Count
		rest.Files++
	}
	if rest.Files > 0 {
		files = append(files, fmt.Sprintf("%10d  in %d further files", rest.Count, rest.Files))
	}
	l.note(&sec, Place{}, files...)
	return sec
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

func (l *layout) coverage() Section {
	sec := Section{Key: "coverage", Title: "How much of the text this shows"}
	c := l.s.Coverage
	all := c.All()
	var lines []string
	for _, row := range []struct {
		what string
		e    Extent
	}{
		{"shown in full, each on its own", c.Whole},
		{"shown once for all of a kind", c.Shapes},
		{"folded: kinds approved before", c.Folded},
		{"blank", c.Blank},
		{"counted only, NOT SHOWN", c.Unlisted},
		{"all text", all},
	} {
		lines = append(lines, fmt.Sprintf("%-30s %9d lines %5s %11d bytes %5s", row.what, row.e.Lines, share(row.e.Lines, all.Lines), row.e.Bytes, share(row.e.Bytes, all.Bytes)))
	}
	if c.Unread.Files > 0 {
		lines = append(lines, fmt.Sprintf("%-30s %9d files       %11d bytes", "not text, NOT SHOWN", c.Unread.Files, c.Unread.Bytes))
	}
	l.note(&sec, Place{}, lines...)
	return sec
}

func share(part, all int64) string {
	switch {
	case part == 0 || all == 0:
		return ""
	case part == all:
		return "100 %"
	case part*1000 < all:
		return "<.1 %"
	}
	return fmt.Sprintf("%.0f %%", max(1, min(99, 100*float64(part)/float64(all))))
}

// wrap breaks text at blanks so that no row is wider than a screen; a word that
// is too long is broken anywhere, because what stands here must be seen whole.
// The first row begins with first, the others with indent blanks.
func wrap(width int, first string, indent int, text string) []string {
	var out []string
	row, used := first, utf8.RuneCountInString(first)
	began := false // the row has more than its beginning
	next := func() {
		out = append(out, strings.TrimRight(row, " "))
		row, used, began = strings.Repeat(" ", indent), indent, false
	}
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if began && used+1+n > width {
			next()
		}
		if began {
			row, used = row+" ", used+1
		} else if used+n > width && n <= width-indent && used > indent {
			next()
		}
		for used+n > width {
			cut := breakAt(word, max(width-used, 1))
			n -= utf8.RuneCountInString(word[:cut])
			row += word[:cut]
			word = word[cut:]
			next()
		}
		row, used, began = row+word, used+n, began || n > 0
	}
	if began || len(out) == 0 {
		next()
	}
	return out
}

// breakAt says after how many bytes a word that is too long for room columns is
// broken: behind punctuation, where there is any in the second half.
func breakAt(word string, room int) int {
	edge := 0
	for range room {
		_, size := utf8.DecodeRuneInString(word[edge:])
		edge += size
	}
	if at := strings.LastIndexAny(word[:edge], `,;|/"&=:)}]>`) + 1; at > edge/2 {
		return at
	}
	return edge
}

func plural(n int64, what string, more ...string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %s", n, cmp.Or(strings.Join(more, ""), what+"s"))
}

func or(s, other string) string { return cmp.Or(s, other) }
