package runbooks_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

// library holds the pump and, made from it, two runbooks of other words.
func library(t *testing.T) *runbooks.Library {
	t.Helper()
	fsys := shelf()
	for id, words := range map[string][2]string{"valve": {"A valve is stuck", "Une vanne est bloquée"}, "sensor": {"No heart beat", "Pas de battement de cœur"}} {
		for _, name := range []string{"runbook.yaml", "en.md", "fr.md"} {
			text := strings.NewReplacer("id: pump", "id: "+id, "A pump stands", words[0], "Une pompe est arrêtée", words[1], "rule: pump, component: pump", "rule: pump, component: "+id).Replace(string(fsys["pump/"+name].Data))
			fsys[id+"/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	lib, err := runbooks.Load(fsys)
	require.NoError(t, err)
	return lib
}

func ids(matches []runbooks.Match) []string {
	var out []string
	for _, m := range matches {
		out = append(out, m.Book.ID)
	}
	return out
}

func TestForAlert(t *testing.T) {
	lib := library(t)
	got := lib.ForAlert("pump", "Valve")
	require.Equal(t, []string{"valve", "pump", "sensor"}, ids(got), "the component decides, then the id")
	require.Equal(t, "rule pump, component Valve", got[0].Reason)
	require.Equal(t, "rule pump", got[1].Reason)
	require.Equal(t, []string{"pump", "sensor", "valve"}, ids(lib.ForAlert("pump", "")))
	require.Empty(t, lib.ForAlert("fan", "valve"))
	require.Empty(t, lib.ForAlert("", ""))
}

func TestSearch(t *testing.T) {
	lib := library(t)
	cases := []struct {
		name, query string
		want        []string
	}{
		{"English", "pump", []string{"pump"}},
		{"French", "vanne bloquée", []string{"valve"}},
		{"French without accents", "BLOQUEE", []string{"valve"}},
		{"accents as marks of their own", "bloque\u0301e", []string{"valve"}},
		{"an elision", "l'arrêtée", []string{"pump"}},
		{"a ligature", "coeur", []string{"sensor"}},
		{"a ligature in the query", "Cœur", []string{"sensor"}},
		{"a symptom", "water", []string{"pump", "sensor", "valve"}},
		{"two words are better than one", "stuck valve pump", []string{"valve", "pump"}},
		{"a word said often", "pump pump pump valve stuck", []string{"valve", "pump"}},
		{"nothing like it", "elevator", nil},
		{"no word", " !? ", nil},
		{"nothing", "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, ids(lib.Search(c.query))) })
	}
	require.Equal(t, "stuck valve", lib.Search("valve? stuck!")[0].Reason)
	title, word := lib.Search("valve")[0].Score, lib.Search("water")[0].Score
	require.Greater(t, title, word, "a title counts more than a symptom")
}
