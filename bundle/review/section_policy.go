package review

import "fmt"

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
