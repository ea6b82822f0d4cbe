package manual_test

import (
	"bytes"
	"testing"

	"darksite/runbooks"
	pages "darksite/runbooks/book"
	"darksite/runbooks/content"
	"darksite/runbooks/manual"

	"github.com/stretchr/testify/require"
)

// Every drawing of the kit is plain enough to be printed as one, and says in words
// what it shows.
func TestEveryDrawingIsPrinted(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	n := 0
	require.NoError(t, pages.Print(&bytes.Buffer{}, pages.Title{Title: "t", Made: day}, func(p *pages.Printer) {
		p.Chapter("a", "a", "a", "a")
		for _, b := range lib.All() {
			for _, s := range b.Steps {
				for _, l := range runbooks.Languages() {
					title, desc := b.Transcript(s, l)
					require.Equal(t, s.Figure == "", title == "" || desc == "", "%s %s", b.ID, s.ID)
					if s.Figure != "" {
						require.True(t, p.Drawing(b.Figures[runbooks.FigureFile(s.Figure, l)]), "%s %s", b.ID, s.Figure)
						n++
					}
				}
			}
		}
	}))
	require.NotZero(t, n)
}

// A drawing that is not plain is left to its words, and is no error.
func TestADrawingThatIsNotPlainLeavesItsWords(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	one, _ := lib.Get("drive-failed")
	print := func(svg []byte) []byte {
		odd := *one
		odd.Figures = map[string][]byte{"drive-bay.en.svg": svg}
		var out bytes.Buffer
		require.NoError(t, manual.PDF(&out, manual.Book{Books: []*runbooks.Runbook{&odd}, Lang: runbooks.English, Made: day, Kit: "darksite 1"}))
		return out.Bytes()
	}
	drawn := print(one.Figures["drive-bay.en.svg"])
	words := print(bytes.Replace(one.Figures["drive-bay.en.svg"], []byte("<rect"), []byte("<g/><rect"), 1))
	require.Greater(t, len(drawn), len(words)+500, "shapes take room")
	require.Greater(t, len(words), len(print(nil)), "and so do words")
}
