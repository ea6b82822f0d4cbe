package review

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Head says what bundle this is and what the sections hold, in rows of at most
// 80 columns.
func Head(s Summary, sections []Section) []string {
	rows := []string{"REVIEW OF BUNDLE " + string(s.BID), ""}
	add := func(name, text string) { rows = append(rows, wrap(textWidth, fmt.Sprintf("%-13s", name), 13, text)...) }
	add("manifest", string(s.Manifest))
	if len(s.ManifestWords) > 0 {
		add("", strings.Join(s.ManifestWords, " "))
	}
	add("made", fmt.Sprintf("%s by %s (key %s)", s.Created, s.Collector.Principal, s.Collector.KeyID))
	add("case", or(s.Case, "none"))
	add("marking", or(s.Marking, "none"))
	if s.Clear {
		add("ENCRYPTED", notEncrypted)
	}
	add("rules", fmt.Sprintf("%s version %d; policy %s version %d", s.Rules.ID, s.Rules.Version, s.Policy.ID, s.Policy.Version))
	if s.Policy.SHA256 != "" {
		add("policy", string(s.Policy.SHA256))
	}
	if len(s.Loosened) > 0 {
		add("lets through", lets(s))
	}
	add("content", fmt.Sprintf("%s, %s, %s", plural(s.Files, "file"), plural(s.Bytes, "byte"), plural(s.Lines, "line")))
	add("compared", (&layout{s: s, width: textWidth}).since())
	rows = append(rows, "", "WHAT TO READ")
	for i, sec := range sections {
		n := 0
		ask := 0
		for _, it := range sec.Items {
			n += len(it.Lines)
			if it.Ask != "" {
				ask++
			}
		}
		text := plural(int64(n), "row")
		switch {
		case ask > 0:
			text = fmt.Sprintf("%s, %d TO ANSWER", text, ask)
		case n == 0:
			text = or(sec.Brief, "nothing")
		}
		rows = append(rows, wrap(textWidth, fmt.Sprintf("%3d %-9s ", i+1, sec.Key), 14, fmt.Sprintf("%s: %s", sec.Title, text))...)
	}
	return rows
}

// rows are all rows of a report.
func rows(s Summary, v View) []string {
	sections := Sections(s, v)
	out := Head(s, sections)
	for i, sec := range sections {
		title := fmt.Sprintf("%d. %s", i+1, sec.Title)
		out = append(out, "", title, strings.Repeat("-", utf8.RuneCountInString(title)))
		out = append(out, sec.Intro...)
		for _, it := range sec.Items {
			out = append(out, it.Lines...)
		}
		if len(sec.Items)+len(sec.Intro) == 0 {
			out = append(out, "Nothing.")
		}
	}
	return out
}

// Text prints a summary for a terminal or a printer, at 80 columns. It cuts no
// list.
func Text(w io.Writer, s Summary, v View) error {
	b := bufio.NewWriter(w)
	for _, row := range rows(s, v) {
		if _, err := b.WriteString(row + "\n"); err != nil {
			return fmt.Errorf("print review of bundle %s: %w", s.BID, err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("print review of bundle %s: %w", s.BID, err)
	}
	return nil
}
