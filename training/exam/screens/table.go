package screens

import (
	"strings"
	"unicode/utf8"
)

// width is that of the pictures, and gap what stands between columns.
const (
	width = 80
	gap   = 2
)

// table sets rows under a header as the commands do: the last column takes what is left
// of the width and wraps.
func table(rows ...[]string) string {
	last := len(rows[0]) - 1
	widths := make([]int, last)
	indent := 0
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i])+gap)
		}
		indent += widths[i]
	}
	var out []string
	for _, row := range rows {
		var head strings.Builder
		for i, n := range widths {
			head.WriteString(row[i] + strings.Repeat(" ", n-utf8.RuneCountInString(row[i])))
		}
		out = append(out, wrap(head.String()+row[last], indent))
	}
	return strings.Join(out, "\n")
}

// wrap breaks a line at spaces behind the indent, under which its further lines begin.
func wrap(line string, indent int) string {
	var out []string
	for rest := []rune(line); ; {
		if len(rest) <= width {
			return strings.Join(append(out, strings.TrimRight(string(rest), " ")), "\n")
		}
		cut := width
		for cut > indent && rest[cut] != ' ' {
			cut--
		}
		if cut == indent {
			cut = width
		}
		out = append(out, strings.TrimRight(string(rest[:cut]), " "))
		rest = []rune(strings.Repeat(" ", indent) + strings.TrimLeft(string(rest[cut:]), " "))
	}
}
