package review

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
)

func (l *layout) wrap(first string, indent int, text string) []string {
	return wrap(l.width, first, indent, text)
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
