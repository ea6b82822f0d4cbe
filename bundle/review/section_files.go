package review

import (
	"fmt"
	"path"
	"strings"
)

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
		said := map[string]string{} // names to the folder that has them
		for _, f := range folders(part.paths) {
			names := strings.Join(f.files, " ")
			if first := said[names]; first != "" {
				names = fmt.Sprintf("(%d: the same names as in %s/)", len(f.files), first)
			} else if len(f.files) >= sameNames {
				said[names] = f.name
			}
			l.note(&sec, Place{Path: f.first}, l.wrap(fmt.Sprintf("%-8s ", part.what), 9, f.name+"/ "+names)...)
		}
	}
	return sec
}

// sameNames is from how many files on a folder with the same names as one above is
// said to have them.
const sameNames = 4

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
