package render_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/render"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestText(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"paragraphs wrap", "one two three four five six\n\nseven", "one two three four\nfive six\n\nseven"},
		{"emphasis goes, code stays", "the **bay** `CT0` *now*", "the bay `CT0` now"},
		{"bullets hang", "- one two three four five\n- six", "- one two three four\n  five\n- six"},
		{"numbers hang", "1. one two three four five\n2. six", "1. one two three\n   four five\n2. six"},
		{"warnings are marked", "> one two three four five", "! one two three four\n! five"},
		{"a long word stands alone", "a verylongwordthatdoesnotfitatall b", "a\nverylongwordthatdoesnotfitatall\nb"},
		{"html is text at most", "a <b>c</b>", "a c"},
		{"a block of html is text, not lost", "<div>\nnever do this\n</div>", "<div> never do this\n</div>"},
		{"what is escaped is meant", `a \*b\* c`, "a *b* c"},
		{"code is as it is written", "`a\\*b`", "`a\\*b`"},
		{"code in a list keeps its mark", "-     a  b\n      c", "-     a  b\n      c"},
		{"escapes of a terminal", "a\x1b[2Jb \u202ec\n\n    d\x1b[0m", "a?[2Jb ?c\n\n    d?[0m"},
		{"a warning of two paragraphs", "> one\n>\n> two", "! one\n!\n! two"},
		{"a list in a warning", "> - one two three four\n> - five", "! - one two three\n!   four\n! - five"},
		{"a rule", "a\n\n***\n\nb", "a\n\n\nb"},
		{"nothing", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, render.Text(c.in, 20)) })
	}
}

// Every runbook in both languages at three widths, as a person sees it.
func TestGolden(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	for _, book := range lib.All() {
		for _, lang := range runbooks.Languages() {
			for _, width := range []int{40, 80, 120} {
				t.Run(fmt.Sprintf("%s-%s-%d", book.ID, lang, width), func(t *testing.T) {
					got := whole(book, lang, width)
					for line := range strings.Lines(got) {
						if strings.Contains(strings.TrimSpace(line), " ") { // a single word may be longer
							require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, line)
						}
					}
					golden := filepath.Join("testdata", fmt.Sprintf("%s-%s-%d.golden", book.ID, lang, width))
					if *update {
						require.NoError(t, os.MkdirAll("testdata", 0o755))
						require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
					}
					want, err := os.ReadFile(golden)
					require.NoError(t, err)
					require.Equal(t, string(want), got)
				})
			}
		}
	}
}

func whole(book *runbooks.Runbook, lang runbooks.Lang, width int) string {
	var b strings.Builder
	b.WriteString(render.Text(book.Prose[lang].Intro, width) + "\n")
	for _, s := range book.Steps {
		fmt.Fprintf(&b, "\n== %s\n%s\n", s.ID, render.Text(book.Prose[lang].Sections[s.ID].Body, width))
	}
	return b.String()
}

// Whatever comes: no panic, no control character, no blanks at the end of a line.
func FuzzText(f *testing.F) {
	f.Add("> - one two\n>   1. three\n\n`x` **y** <b> \x1b[0m", 20)
	f.Add("# a\n\n***\n\n    code\n\n[l](http://x) ![i](y)\n", 40)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = max(min(width, 200), render.MinWidth)
		for line := range strings.SplitSeq(render.Text(text, width), "\n") {
			require.False(t, strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }), "%q", line)
			require.Equal(t, strings.TrimRight(line, " "), line)
		}
	})
}
