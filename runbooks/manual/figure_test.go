package manual

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

// Every drawing of the kit is plain enough to be printed as one, and says in words
// what it shows.
func TestEveryDrawingIsPrinted(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	n := 0
	for _, b := range lib.All() {
		for _, s := range b.Steps {
			for _, l := range runbooks.Languages() {
				title, desc := b.Transcript(s, l)
				require.Equal(t, s.Figure == "", title == "", "%s %s", b.ID, s.ID)
				if s.Figure == "" {
					continue
				}
				require.NotEmpty(t, desc)
				pic, err := readPicture(b.Figures[runbooks.FigureFile(s.Figure, l)])
				require.NoError(t, err, "%s %s", b.ID, s.Figure)
				require.Greater(t, len(pic.shapes), 10)
				for _, shape := range pic.shapes {
					for _, c := range shape.classes {
						require.Contains(t, pic.styles, c, "%s %s", b.ID, s.Figure)
					}
				}
				n++
			}
		}
	}
	require.NotZero(t, n)
}

const plain = `<svg viewBox="0 0 10 10"><style>.l{stroke:#000000;stroke-width:1}</style><path class="l" d="M1 1 L2 2"/><text class="l" x="1" y="1">a</text></svg>`

// What is not plain is left to its words, and no error.
func TestADrawingThatIsNotPlainLeavesItsWords(t *testing.T) {
	_, err := readPicture([]byte(plain))
	require.NoError(t, err)
	for name, spoil := range map[string][2]string{
		"a curve":          {"L2 2", "C2 2 3 3 4 4"},
		"two lines in one": {"L2 2", "M2 2 L3 3"},
		"a group":          {"<path", "<g/><path"},
		"moved":            {`<path class="l"`, `<path transform="scale(2)"`},
		"words in pieces":  {">a<", "><tspan>a</tspan><"},
		"no size":          {"0 0 10 10", "0 0 10 0"},
		"no number":        {"0 0 10 10", "0 0 NaN 10"},
		"far away":         {"0 0 10 10", "0 0 1e9 10"},
	} {
		_, err := readPicture([]byte(strings.Replace(plain, spoil[0], spoil[1], 1)))
		require.Error(t, err, name)
	}
	lib, err := content.Library()
	require.NoError(t, err)
	book, _ := lib.Get("drive-failed")
	print := func(svg []byte) []byte {
		odd := *book
		odd.Figures = map[string][]byte{"drive-bay.en.svg": svg}
		var out bytes.Buffer
		require.NoError(t, PDF(&out, Book{Books: []*runbooks.Runbook{&odd}, Lang: runbooks.English, Made: time.Unix(0, 0), Kit: "darksite 1"}))
		return out.Bytes()
	}
	drawn := print(book.Figures["drive-bay.en.svg"])
	words := print(bytes.Replace(book.Figures["drive-bay.en.svg"], []byte("<rect"), []byte("<g/><rect"), 1))
	require.Greater(t, len(drawn), len(words)+500, "shapes take room")
	require.Greater(t, len(words), len(print(nil)), "and so do words")
}

// Whatever a carried runbook draws, printing it ends.
func FuzzReadPicture(f *testing.F) {
	f.Add([]byte(plain))
	f.Fuzz(func(t *testing.T, svg []byte) {
		pic, err := readPicture(svg)
		if err != nil {
			return
		}
		p := newPrinter(Book{Lang: runbooks.English}, nil)
		p.doc.AddPage()
		p.draw(pic)
		require.NoError(t, p.doc.Output(&bytes.Buffer{}))
	})
}
