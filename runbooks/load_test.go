package runbooks_test

import (
	"embed"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

//go:embed testdata/shelf
var embedded embed.FS

// shelf is the smallest runbook that holds every kind of step, in a file system
// that a test may change.
func shelf() fstest.MapFS {
	out := fstest.MapFS{"README.md": {Data: []byte("files beside the folders are left alone")}}
	for _, name := range []string{"runbook.yaml", "en.md", "fr.md"} {
		data, err := embedded.ReadFile("testdata/shelf/pump/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		out["pump/"+name] = &fstest.MapFile{Data: data}
	}
	return out
}

// changed replaces a text that must be there once or more.
func changed(t *testing.T, name, from, to string) fstest.MapFS {
	t.Helper()
	fsys := shelf()
	text := string(fsys[name].Data)
	require.Contains(t, text, from)
	fsys[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, from, to, 1))}
	return fsys
}

func TestLoad(t *testing.T) {
	lib, err := runbooks.Load(shelf())
	require.NoError(t, err)
	require.Len(t, lib.All(), 1)
	r, ok := lib.Get("pump")
	require.True(t, ok)
	require.Equal(t, 12*time.Hour, r.ResumeMax)
	require.Equal(t, "Une pompe est arrêtée", r.Title.In(runbooks.French))
	require.Equal(t, "A pump stands", r.Title.In("de"), "English is what an unknown language gets")
	require.Equal(t, "Look {target}.", r.Prose[runbooks.English].Intro)
	require.Equal(t, runbooks.Section{Title: "Regarder", Body: "Regarder {component}.\n\n> Regarder\n> Regarder"}, r.Prose[runbooks.French].Sections["turn"])
	_, ok = lib.Get("fan")
	require.False(t, ok)
	lib.All()[0] = nil
	require.NotNil(t, lib.All()[0], "nobody takes a book off the shelf")
}

func TestDigestHoldsEveryByte(t *testing.T) {
	one, err := runbooks.LoadOne(shelf(), "pump")
	require.NoError(t, err)
	require.Len(t, one.Files, 3)
	seen := map[string]bool{one.Digest: true}
	for name := range one.Files {
		fsys := shelf()
		fsys["pump/"+name].Data = append(fsys["pump/"+name].Data, '\n')
		other, err := runbooks.LoadOne(fsys, "pump")
		require.NoError(t, err)
		require.False(t, seen[other.Digest], name)
		seen[other.Digest] = true
	}
}

func TestLoadRefuses(t *testing.T) {
	without := func(name string) fstest.MapFS {
		fsys := shelf()
		delete(fsys, name)
		return fsys
	}
	twice := shelf()
	for name, f := range maps.Clone(twice) {
		twice[strings.Replace(name, "pump/", "pump-2/", 1)] = f
	}
	cases := []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"no logic", without("pump/runbook.yaml"), "runbook.yaml"},
		{"no French", without("pump/fr.md"), "fr.md"},
		{"unknown key", changed(t, "pump/runbook.yaml", "audience:", "audiense:"), `pump/runbook.yaml:6:1: unknown key "audiense"; did you mean "audience"?`},
		{"a bound that is no number", changed(t, "pump/runbook.yaml", "op: \">\", value: 1", "op: \">\", value: .nan"), `".nan" is not a number`},
		{"unknown question", changed(t, "pump/runbook.yaml", "metric: {name: flow", "metrik: {name: flow"), "did you mean \"metric\"?"},
		{"one id in two folders", twice, `lies in the folder "pump-2"`},
		{"too many words", changed(t, "pump/en.md", "Look", strings.Repeat("x", 256<<10)), "at most 262144"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := runbooks.Load(c.fsys)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestProseRefuses(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"empty", "", "line 1: want \"# Title\""},
		{"no title", "words\n", "line 1: want \"# Title\""},
		{"an empty title", "# \n", "line 1: want \"# Title\""},
		{"a title without a space", "#Title\n", "line 1: want \"# Title\""},
		{"a title behind a line", "\n# Title\n", "line 1: want \"# Title\""},
		{"a second title", "# Title\n\n# Title\n", "line 3: want \"# Title\""},
		{"a section without a title", "# T\n## what\n", "line 2: want \"## step: Title\""},
		{"a section with an empty title", "# T\n## what: \n", "line 2: want \"## step: Title\""},
		{"a section without an id", "# T\n## : Title\n", "line 2: want \"## step: Title\""},
		{"a section whose id is no id", "# T\n## Was ist: Title\n", "line 2: want \"## step: Title\""},
		{"a section without a space", "# T\n## what:Title\n", "line 2: want \"## step: Title\""},
		{"a section twice", "# T\n## what: A\nx\n## what: B\n", "line 4: step what has two sections"},
		{"carriage returns", "# T\r\n## what: A\r\n", "control characters"},
		{"an escape", "# T\n\x1b[2J\n", "control characters"},
		{"a hidden character", "# T\nleft\u202eright\n", "control characters"},
		{"not UTF-8", "# T\n\xff\n", "control characters"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fsys := shelf()
			fsys["pump/en.md"] = &fstest.MapFile{Data: []byte(c.text)}
			_, err := runbooks.LoadOne(fsys, "pump")
			require.ErrorContains(t, err, "en.md: ")
			require.ErrorContains(t, err, c.want)
		})
	}
}

// What is read can be written again: headings and words, nothing lost, nothing
// moved to another step.
func FuzzProse(f *testing.F) {
	f.Add("# T\n\nintro\n\n## what: A\nwords\n## b: B\n> warn\n")
	f.Add("# T\n## what: A: B\n### deeper\n##what: x\n")
	f.Add("# T\u00a0?\n\n\n## a: é\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := runbooks.ParseProse(text)
		if err != nil {
			return
		}
		var again strings.Builder
		again.WriteString("# " + p.Title + "\n" + p.Intro + "\n")
		for id, s := range p.Sections {
			again.WriteString("## " + id + ": " + s.Title + "\n" + s.Body + "\n")
		}
		got, err := runbooks.ParseProse(again.String())
		require.NoError(t, err)
		require.Equal(t, p, got)
	})
}
