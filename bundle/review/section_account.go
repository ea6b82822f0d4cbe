package review

import (
	"fmt"
	"strings"
)

// readers is the key of the section that says who can read the bundle.
const readers = "readers"

const notEncrypted = "NO. It leaves signed but NOT ENCRYPTED: whoever holds the medium can read it."

func (l *layout) recipients() Section {
	sec := Section{Key: readers, Title: "Who will be able to read it"}
	if l.s.Clear {
		l.note(&sec, Place{}, l.wrap("", 0, "WHOEVER HOLDS THE MEDIUM. The bundle leaves signed but not encrypted, because the collector asked for it and the roster allows it. No key is needed to read it.")...)
		return sec
	}
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
