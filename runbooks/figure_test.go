package runbooks_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" role="img" lang="LANG">
<title>A pump</title>
<desc>A pump with a valve above it.</desc>
<style>.l{stroke:#000}@media (prefers-color-scheme: dark){.l{stroke:#fff}}</style>
<g><path class="l" d="M0 0 L9 9"/><text x="1" y="1">valve</text></g>
</svg>
`

// drawn is the shelf with a drawing at one step; change alters the French one.
func drawn(t *testing.T, from, to string) fstest.MapFS {
	t.Helper()
	fsys := changed(t, "pump/runbook.yaml", "kind: observe", "kind: observe\n    figure: valve")
	en, fr := strings.Replace(drawing, "LANG", "en", 1), strings.Replace(drawing, "LANG", "fr", 1)
	require.Contains(t, fr, from)
	fsys["pump/fig/valve.en.svg"] = &fstest.MapFile{Data: []byte(en)}
	fsys["pump/fig/valve.fr.svg"] = &fstest.MapFile{Data: []byte(strings.Replace(fr, from, to, 1))}
	return fsys
}

func TestFigures(t *testing.T) {
	lib, err := runbooks.Load(drawn(t, "", ""))
	require.NoError(t, err)
	book, _ := lib.Get("pump")
	require.Contains(t, string(book.Figures[runbooks.FigureFile("valve", runbooks.French)]), `lang="fr"`)
	plain, err := runbooks.LoadOne(changed(t, "pump/runbook.yaml", "kind: observe", "kind: observe\n    figure: valve"), "pump")
	require.NoError(t, err, "the folder of a run has no drawings")
	require.Equal(t, plain.Digest, book.Digest, "and is the same runbook")

	for _, c := range []struct{ name, from, to, want string }{
		{"a script", "<g>", "<script>alert(1)</script><g>", "element script: only"},
		{"a picture in the picture", "<g>", `<image href="x.png"/><g>`, "element image: only"},
		{"something that happens", "<g>", `<g onclick="x()">`, "attribute onclick of g"},
		{"a colour from elsewhere", `class="l"`, `fill="url(x.svg#a)"`, "attribute fill of path"},
		{"a style from elsewhere", ".l{stroke:#000}", "@import 'x';", "its style needs colours for a dark ground, and refers to nothing"},
		{"no dark ground", "prefers-color-scheme: dark", "print", "its style needs colours for a dark ground"},
		{"no title", "<title>A pump</title>", "", "a title is needed"},
		{"nothing to read out", "A pump with a valve above it.", " ", "a desc is needed"},
		{"another language", `lang="fr"`, `lang="en"`, `svg needs role="img", lang="fr" and a viewBox`},
		{"no role", ` role="img"`, "", `svg needs role="img"`},
		{"something is drawn in one language only", "<g>", `<g><path class="l" d="M0 0"/>`, "does not show what its translation shows"},
		{"a word stands in one language only", "<g>", `<g><text>x</text>`, "does not show what its translation shows"},
		{"a declaration", "<svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg", "no declaration and no document type"},
		{"cut off", "</svg>", "", "valve.fr.svg: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := runbooks.Load(drawn(t, c.from, c.to))
			require.ErrorContains(t, err, c.want)
		})
	}
	t.Run("not there", func(t *testing.T) {
		fsys := drawn(t, "", "")
		delete(fsys, "pump/fig/valve.fr.svg")
		_, err := runbooks.Load(fsys)
		require.ErrorContains(t, err, "step look: figure fig/valve.fr.svg is missing")
	})
}
