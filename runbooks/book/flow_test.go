package book

import (
	"strings"
	"testing"
	"time"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

func TestWordsStayWithTheirMarks(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       [][]run
	}{
		{"nothing", "", nil},
		{"words alone", "look at it", [][]run{{{"look", false}}, {{"at", false}}, {{"it", false}}}},
		{"a command of two words and a full stop", "Run `darksite status`.", [][]run{{{"Run", false}}, {{"darksite", true}}, {{"status", true}, {".", false}}}},
		{"a command in brackets", "(`status`)", [][]run{{{"(", false}, {"status", true}, {")", false}}}},
		{"a tick alone", "it`s so", [][]run{{{"it`s", false}}, {{"so", false}}}},
		{"a pair and a tick alone", "`a` b`c", [][]run{{{"a", true}}, {{"b`c", false}}}},
		{"a space that does not break", "Quoi\u00a0?", [][]run{{{"Quoi\u00a0?", false}}}},
		{"blanks at both ends", "  a  b ", [][]run{{{"a", false}}, {{"b", false}}}},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, words(tt.line)) })
	}
}

func TestNothingRunsOverTheEdge(t *testing.T) {
	p := newPrinter(Title{Title: "A", Lang: runbooks.English, Made: time.Unix(0, 0)}, nil)
	p.Chapter("a", "a", "a", "a")
	from := p.doc.GetY()
	p.Write("", Size, 10, 0, strings.Repeat("x", 400))
	require.Greater(t, p.doc.GetY()-from, 3*lineHeight, "a word wider than the page is cut")
	for _, line := range []string{strings.Repeat("`darksite status` ", 30), strings.Repeat("words ", 90), strings.Repeat("`y`x", 200)} {
		from = p.doc.GetY()
		p.Write("B", Size, 0, 0, line)
		require.Greater(t, p.doc.GetY()-from, lineHeight, "%.20s", line)
		require.InDelta(t, left, p.doc.GetX(), 1e-6, "the next begins at the left")
	}
}
