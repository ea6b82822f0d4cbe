package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// JSON prints v, indented, with one line feed at the end. An empty list is [],
// never null.
func (e *Env) JSON(v any) error {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.IsNil() {
		v = []struct{}{}
	}
	enc := json.NewEncoder(e.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Table is rows of cells under a header. The last column takes what is left of
// the width and wraps; the others keep their widest cell.
type Table struct {
	Header []string
	rows   [][]string
}

// Add appends a row; missing cells are empty.
func (t *Table) Add(cells ...string) { t.rows = append(t.rows, cells) }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

const gap = 2

// Print writes the table at this width, or where it does not fit, each row as
// lines of name and value. States (OK, WARN, ...) are coloured when color is
// set; the words stay, so nothing depends on colour alone.
func (t *Table) Print(w io.Writer, width int, color bool) {
	widths := t.widths(width)
	if total(widths) > width || width <= narrow && t.squeezed(widths) {
		t.stack(w, width, color)
		return
	}
	t.line(w, t.Header, widths, false)
	for _, row := range t.rows {
		t.line(w, row, widths, color)
	}
}

func (t *Table) widths(width int) []int {
	widths := make([]int, len(t.Header))
	for _, row := range append([][]string{t.Header}, t.rows...) {
		for i, cell := range row {
			if i < len(widths) {
				widths[i] = max(widths[i], utf8.RuneCountInString(Printable(cell)))
			}
		}
	}
	last := len(widths) - 1
	left := width
	for _, n := range widths[:last] {
		left -= n + gap
	}
	widths[last] = max(12, min(widths[last], left))
	return widths
}

// narrow is the width from which down a table is stacked before its last column
// becomes a thread of broken words.
const (
	narrow   = 60
	readable = 20
)

// squeezed reports whether the last column has less room than a person can read
// it in.
func (t *Table) squeezed(widths []int) bool {
	last := len(widths) - 1
	if widths[last] >= readable {
		return false
	}
	return slices.ContainsFunc(t.rows, func(row []string) bool {
		return last < len(row) && utf8.RuneCountInString(Printable(row[last])) > widths[last]
	})
}

func total(widths []int) int {
	n := -gap
	for _, w := range widths {
		n += w + gap
	}
	return n
}

// stack writes each row as lines of name and value, an empty line between rows.
func (t *Table) stack(w io.Writer, width int, color bool) {
	names := 0
	for _, h := range t.Header {
		names = max(names, utf8.RuneCountInString(h))
	}
	for i, row := range t.rows {
		if i > 0 {
			fmt.Fprintln(w)
		}
		for j, h := range t.Header {
			if j >= len(row) || row[j] == "" {
				continue
			}
			for _, part := range Wrap(Printable(row[j]), width-names-gap) {
				fmt.Fprintln(w, h+strings.Repeat(" ", names-utf8.RuneCountInString(h)+gap)+Paint(part, color))
				h = ""
			}
		}
	}
}

func (t *Table) line(w io.Writer, row []string, widths []int, color bool) {
	last := len(widths) - 1
	var head strings.Builder
	for i, n := range widths[:last] {
		cell := ""
		if i < len(row) {
			cell = Printable(row[i])
		}
		pad := strings.Repeat(" ", max(0, n-utf8.RuneCountInString(cell))+gap)
		head.WriteString(Paint(cell, color))
		head.WriteString(pad)
	}
	tail := ""
	if last < len(row) {
		tail = Printable(row[last])
	}
	indent := 0
	for _, n := range widths[:last] {
		indent += n + gap
	}
	for i, part := range Wrap(tail, widths[last]) {
		if i > 0 {
			head.WriteString(strings.Repeat(" ", indent))
		}
		head.WriteString(Paint(part, color))
		fmt.Fprintln(w, strings.TrimRight(head.String(), " "))
		head.Reset()
	}
}

// words are the words of a text; a mark that French sets apart stays with its word.
func words(text string) []string {
	fields := strings.Fields(text)
	out := fields[:0]
	for _, w := range fields {
		if n := len(out); n > 0 && strings.Trim(w, "?!:;»") == "" {
			out[n-1] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}

// Wrap breaks text at spaces into lines of at most width runes; a longer word
// is cut, where it can be after a comma or brace. It returns at least one line.
func Wrap(text string, width int) []string {
	width = max(1, width)
	var lines []string
	line := ""
	for _, word := range words(text) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			n := cutAt(r, width)
			lines, word = append(lines, string(r[:n])), string(r[n:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// Command breaks a command at spaces into lines of at most width runes, each
// behind lead; a backslash at its end lets a shell take the lines as one. A word
// is never cut, because half a name is another name: a long one runs over. A flag
// stays with its value where there is room.
func Command(lead, command string, width int) []string {
	const more = " \\"
	room := width - utf8.RuneCountInString(lead)
	var lines []string
	line := ""
	pieces := commandPieces(command, room-len(more))
	for i, piece := range pieces {
		left := room
		if i < len(pieces)-1 {
			left -= len(more)
		}
		switch {
		case line == "":
			line = piece
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(piece) <= left:
			line += " " + piece
		default:
			lines, line = append(lines, lead+line+more), piece
		}
	}
	return append(lines, lead+line)
}

// commandPieces are the words of a command, a flag together with its value where
// both fit into width.
func commandPieces(command string, width int) []string {
	var pieces []string
	for _, word := range strings.Fields(command) {
		if n := len(pieces); n > 0 && strings.HasPrefix(pieces[n-1], "-") && !strings.HasPrefix(word, "-") && !strings.ContainsAny(pieces[n-1], " =") {
			if pair := pieces[n-1] + " " + word; utf8.RuneCountInString(pair) <= width {
				pieces[n-1] = pair
				continue
			}
		}
		pieces = append(pieces, word)
	}
	return pieces
}

// cutAt is where a word that is longer than width is cut.
func cutAt(word []rune, width int) int {
	for n := width; n > width/3; n-- {
		if c := word[n-1]; c == ',' || c == '{' {
			return n
		}
	}
	return width
}

// Printable replaces everything that could steer a terminal, so that text from
// an array, a medium or a bundle is shown and never obeyed.
func Printable(s string) string {
	clean := true
	for _, r := range s {
		if unsafeRune(r) {
			clean = false
			break
		}
	}
	if clean && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == utf8.RuneError || unsafeRune(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafeRune(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0: // C0, DEL, C1
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff: // invisible, bidi
		return true
	}
	return false
}

// Paint colours a state word when color is set.
func Paint(word string, color bool) string {
	if !color {
		return word
	}
	code := ""
	switch word {
	case "OK", "PASS", "resolved", "done":
		code = "32"
	case "WARN", "pending", "unknown", "UNKN":
		code = "33"
	case "CRIT", "FAIL", "firing":
		code = "31"
	default:
		return word
	}
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}

// PrintableLines is [Printable] for text of several lines: line feeds stay.
func PrintableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Printable(l)
	}
	return strings.Join(lines, "\n")
}
