package redact_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

var testKey = []byte("an example key of 32 bytes: 12345")[:32]

// newGate makes a gate that knows nothing of the site.
func newGate(t testing.TB, o redact.Options) *redact.Gate {
	t.Helper()
	if o.Key == nil {
		o.Key = testKey
	}
	g, err := redact.New(o)
	require.NoError(t, err)
	return g
}

// ruleGate makes a gate that takes for names only what rules tell.
func ruleGate(t testing.TB) *redact.Gate {
	t.Helper()
	return newGate(t, redact.Options{Policy: redact.Policy{ID: "rules", Unknown: redact.KeepUnknown}})
}

// redactFile runs one text through a gate as the only file of a tree.
func redactFile(t testing.TB, g *redact.Gate, text string) string {
	t.Helper()
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	require.NoError(t, os.WriteFile(filepath.Join(in, "x.txt"), []byte(text), 0o600))
	res, err := g.Tree(context.Background(), in, out)
	require.NoError(t, err)
	require.Empty(t, res.Withheld)
	b, err := os.ReadFile(filepath.Join(out, res.Files[0].Out))
	require.NoError(t, err)
	return string(b)
}

// labelled is a line and its parts: what stays and what goes in turn.
type labelled struct {
	line string
	stay []string
	gone []string
}

func readLabelled(t testing.TB, path string) []labelled {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var out []labelled
	for l := range strings.Lines(string(b)) {
		l = strings.TrimSuffix(l, "\n")
		if strings.HasPrefix(l, "# ") {
			continue
		}
		out = append(out, marked(l))
	}
	return out
}

// marked takes a text with marks apart.
func marked(l string) (e labelled) {
	for i, part := range strings.FieldsFunc("\x00"+l+"\x00", func(r rune) bool { return r == '«' || r == '»' }) {
		if i%2 == 0 {
			e.stay = append(e.stay, strings.Trim(part, "\x00"))
		} else {
			e.gone = append(e.gone, part)
		}
	}
	e.line = strings.NewReplacer("«", "", "»", "").Replace(l)
	return e
}

// check holds a line as it came out against its marks.
func (e labelled) check(t *testing.T, got string) {
	t.Helper()
	for _, v := range e.gone {
		if strings.Contains(got, v) {
			t.Errorf("%q is left\n%s\n%s", v, e.line, got)
		}
	}
	rest := got
	for _, s := range e.stay {
		j := strings.Index(rest, s)
		if j < 0 {
			t.Errorf("%q is gone\n%s\n%s", s, e.line, got)
			return
		}
		rest = rest[j+len(s):]
	}
}

// TestLabelledLines holds the gate against lines as the world writes them.
func TestLabelledLines(t *testing.T) {
	all := readLabelled(t, "testdata/labelled.txt")
	areas, err := filepath.Glob("testdata/labelled/*.txt")
	require.NoError(t, err)
	for _, area := range areas {
		all = append(all, readLabelled(t, area)...)
	}
	var text strings.Builder
	for _, e := range all {
		text.WriteString(e.line + "\n")
	}
	got := strings.Split(redactFile(t, ruleGate(t), text.String()), "\n")
	require.Len(t, got, len(all)+1)
	for i, e := range all {
		if e.line == "" {
			continue // ends a table
		}
		t.Run(e.line, func(t *testing.T) {
			e.check(t, got[i])
		})
	}
}

// TestBlocks holds the gate against what one source wrote, alone: what is found in one
// block is not known in the next.
func TestBlocks(t *testing.T) {
	files, err := filepath.Glob("testdata/blocks/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, block := range strings.Split("\n"+string(b), "\n=== ")[1:] {
			name, text, _ := strings.Cut(block, "\n")
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) {
				var all []labelled
				var plain strings.Builder
				for l := range strings.Lines(text) {
					all = append(all, marked(strings.TrimSuffix(l, "\n")))
					plain.WriteString(all[len(all)-1].line + "\n")
				}
				got := strings.Split(redactFile(t, ruleGate(t), plain.String()), "\n")
				for i, e := range all {
					e.check(t, got[i])
				}
			})
		}
	}
}

// TestMustStay holds the gate against over-redaction: every line passes as it is.
func TestMustStay(t *testing.T) {
	text := readStay(t, "testdata/stay.txt", "testdata/stay/*.txt")
	values := map[string]bool{}
	for _, w := range strings.Fields(text) {
		if strings.ContainsAny(w, "0123456789_.:") {
			values[strings.Trim(w, ",;()[]\"'")] = true
		}
	}
	require.Greater(t, len(values), 1000, "values of the kind that must stay")
	checkStays(t, newGate(t, redact.Options{}), text)
}

// TestRulesLetStay holds the rules alone against lines in which names stand where no
// rule may see one. Signs may, which is what they are for.
func TestRulesLetStay(t *testing.T) {
	checkStays(t, ruleGate(t), readStay(t, "testdata/stay/rules/*.txt"))
}

// readStay reads the files of some patterns as one text.
func readStay(t testing.TB, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, f := range files {
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			all.Write(b)
			all.WriteByte('\n')
		}
	}
	return all.String()
}

func checkStays(t *testing.T, g *redact.Gate, text string) {
	t.Helper()
	got := strings.Split(redactFile(t, g, text), "\n")
	for i, want := range strings.Split(text, "\n") {
		if got[i] != want {
			t.Errorf("changed\n%s\n%s", want, got[i])
		}
	}
}
