package cli

import (
	"fmt"
	"strconv"
	"strings"
)

// Fact prints a named text in a column of its own, such as a field of an alert.
func (e *Env) Fact(name, text string) {
	const indent = 12
	for _, line := range Wrap(Printable(text), e.Width()-indent) {
		fmt.Fprintf(e.Out, "%-*s%s\n", indent, name, line)
		name = ""
	}
}

// Paragraph prints a text that may come from outside, each line behind an indent.
func (e *Env) Paragraph(indent, text string) {
	for _, line := range Wrap(Printable(text), e.Width()-len(indent)) {
		fmt.Fprintln(e.Out, indent+line)
	}
}

// Point prints a text of the kit's own behind a mark, under which its lines stand.
func (e *Env) Point(mark, text string) {
	for i, line := range Wrap(text, e.Width()-len(mark)) {
		if i > 0 {
			mark = strings.Repeat(" ", len(mark))
		}
		fmt.Fprintln(e.Out, mark+line)
	}
}

// Command prints a command so that it can be copied: where it does not fit it
// goes on behind a backslash.
func (e *Env) Command(lead, command string) {
	for _, line := range Command(lead, command, e.Width()) {
		fmt.Fprintln(e.Out, line)
	}
}

// Section prints a table apart from what stands above it, and nothing of an empty one.
func (e *Env) Section(t *Table) {
	if t.Len() == 0 {
		return
	}
	fmt.Fprintln(e.Out)
	t.Print(e.Out, e.Width(), e.Color())
}

// Indent puts the lines of a text two columns to the right.
func Indent(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight("  "+l, " ")
	}
	return strings.Join(lines, "\n")
}

// OrDash is a text, or a dash where there is none, so that a table has no holes.
func OrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Counted is a number of things in words: 1 array, 2 arrays.
func Counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
