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

func TestFor(t *testing.T) {
	fsys := shelf()
	text := string(fsys["pump/runbook.yaml"].Data)
	fsys["pump/runbook.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(text, "rule: pump, component", "codes: [60], rule: pump, component", 1))}
	lib, err := runbooks.Load(fsys)
	require.NoError(t, err)
	const link = "https://support.example.com/?cid=Alert_0060"
	cases := []struct {
		name   string
		about  runbooks.About
		reason string // none: nothing is found
	}{
		{"the number of the array", runbooks.About{Code: 60}, "alert code 60"},
		{"the link of the array", runbooks.About{Link: link}, "alert code 60"},
		{"rule, number and component", runbooks.About{Rule: "pump", Code: 60, Component: "pump"}, "rule pump, alert code 60, component pump"},
		{"a component alone leads nowhere", runbooks.About{Component: "pump"}, ""},
		{"another number", runbooks.About{Code: 61}, ""},
		{"its words, where nothing else leads", runbooks.About{Rule: "array-alert", Words: "pumps stand"}, "words pump stand"},
		{"for another target", runbooks.About{Rule: "pump", Product: "flashblade"}, ""},
		{"its words, for another target", runbooks.About{Words: "pumps", Product: "flashblade"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := lib.For(c.about)
			if c.reason == "" {
				require.Empty(t, got)
				return
			}
			require.Equal(t, "pump", got[0].Book.ID)
			require.Equal(t, c.reason, got[0].Reason)
		})
	}
	require.Equal(t, []string{"pump"}, ids(lib.Search(link)), "a link is looked up as well")
	for in, want := range map[string]int{link: 60, "Alert_1101": 1101, "x/Alert_0231/": 231, "alert_7#a": 7, "Alert_": 0, "Alert_0000": 0, "MyAlert_1": 0, "Alert_1x": 0, "Alert_99999999": 0, "": 0} {
		require.Equal(t, want, runbooks.LinkCode(in), in)
	}
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
		{"a symptom, the shortest text first", "water", []string{"pump", "valve", "sensor"}},
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
