package search_test

import (
	"testing"

	"darksite/runbooks/search"

	"github.com/stretchr/testify/require"
)

func doc(id, title, text string) search.Doc {
	return search.Doc{ID: id, Fields: []search.Field{{Text: title, Weight: 5}, {Text: text, Weight: 1}}}
}

func found(hits []search.Hit) []string {
	var out []string
	for _, h := range hits {
		out = append(out, h.ID)
	}
	return out
}

func TestFind(t *testing.T) {
	x := search.New([]search.Doc{
		doc("drive", "A drive has failed / Un disque est en panne", "look at the light of the bay; the drive drive drive"),
		doc("port", "A port has no link / Un port n'a plus de lien", "pull no cable; a failed controller takes its ports along"),
		doc("heart", "No heart beat / Pas de battement de cœur", "the kit has not been heard, so nothing about a drive is known"),
		doc("long", "Everything", "drive "+longText+longText+longText),
	})
	cases := []struct {
		name, query string
		want        []string
	}{
		{"a title before a text, a short text before a long one", "drive", []string{"drive", "heart", "long"}},
		{"French without accents and case", "COEUR", []string{"heart"}},
		{"a plural is its singular", "disques", []string{"drive"}},
		{"and the other way round", "cables", []string{"port"}},
		{"accents as marks of their own", "e\u0301tat battement", []string{"heart"}},
		{"words that say nothing find nothing", "the is est le la", nil},
		{"a rare word outweighs a common one", "drive cable", []string{"port", "drive", "heart", "long"}},
		{"an elision", "n'a plus de lien", []string{"port"}},
		{"nothing", "", nil},
		{"signs", "!? --", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, found(x.Find(c.query))) })
	}
	require.Equal(t, []string{"drive", "failed"}, x.Find("failed drive DRIVE")[0].Words)
	require.Empty(t, search.New(nil).Find("drive"))
}

const longText = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"

func FuzzFind(f *testing.F) {
	f.Add("l'état des ports CH0.BAY3", "ports")
	f.Fuzz(func(t *testing.T, text, query string) {
		hits := search.New([]search.Doc{doc("a", text, query)}).Find(query)
		for _, h := range hits {
			require.Positive(t, h.Score)
			require.NotEmpty(t, h.Words)
		}
	})
}
