package strictyaml_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"darksite/runbooks/strictyaml"

	"github.com/stretchr/testify/require"
)

type array struct {
	Name string `yaml:"name"`
	Kind string `yaml:"kind"`
}

type file struct {
	Every  time.Duration     `yaml:"every"`
	Count  int               `yaml:"count"`
	On     bool              `yaml:"on"`
	Arrays []array           `yaml:"arrays"`
	Notes  map[string]string `yaml:"notes"`
	One    *array            `yaml:"one"`
	Hidden string            `yaml:"-"`
}

func TestDecode(t *testing.T) {
	const text = "every: 30s\ncount: 3\non: true\narrays:\n  - {name: a, kind: b}\nnotes: {x: y}\none: {name: z}\n"
	var got file
	require.NoError(t, strictyaml.Decode("f.yaml", []byte(text), &got))
	want := file{
		Every: 30 * time.Second, Count: 3, On: true, Arrays: []array{{"a", "b"}},
		Notes: map[string]string{"x": "y"}, One: &array{Name: "z"},
	}
	require.Equal(t, want, got)
}

func TestDecodeRefuses(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown key near a known one", "evrey: 30s\n", `f.yaml:1:1: unknown key "evrey"; did you mean "every"?`},
		{"unknown key near none", "zzzzzzzz: 1\n", "known here: arrays, count, every, notes, on, one"},
		{"unknown key deep inside", "arrays:\n  - name: a\n    knd: b\n", `f.yaml:3:5: unknown key "knd"; did you mean "kind"?`},
		{"a field that is not for files", "Hidden: x\n", "unknown key"},
		{"a key without letters", "\"\": x\n", "unknown key"},
		{"only a comment", "# nothing\n", "the file is empty"},
		{"repeated key", "count: 1\ncount: 2\n", `f.yaml:2:1: key "count" stands twice, first on line 1`},
		{"wrong type", "count: many\n", `f.yaml:1:8: "many" is not a whole number`},
		{"wrong duration", "every: fast\n", `f.yaml:1:8: "fast" is not a duration`},
		{"list wanted", "arrays: 3\n", "f.yaml:1:9: want a list"},
		{"mapping wanted", "one: 3\n", "f.yaml:1:6: want keys and values: name, kind"},
		{"alias", "arrays:\n  - &a {name: x}\n  - *a\n", "anchors and aliases"},
		{"second document", "count: 1\n---\ncount: 2\n", "a second document"},
		{"empty", "", "f.yaml: the file is empty"},
		{"not yaml", "a: [1\n", "f.yaml: line"},
		{"missing value", "arrays:\n  - name:\n", "a value is missing"},
		{"too large", strings.Repeat("# comment\n", strictyaml.MaxBytes/10+1), "at most"},
		{"too deep", "notes: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "want keys and values"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got file
			err := strictyaml.Decode("f.yaml", []byte(c.text), &got)
			require.ErrorContains(t, err, c.want)
			var at *strictyaml.Error
			require.True(t, errors.As(err, &at))
			require.Equal(t, "f.yaml", at.File)
		})
	}
}

func TestDecodeReportsAllProblemsTogether(t *testing.T) {
	var got file
	err := strictyaml.Decode("f.yaml", []byte("evry: 1\ncount: x\nons: true\n"), &got)
	require.ErrorContains(t, err, "f.yaml:1:1")
	require.ErrorContains(t, err, "f.yaml:2:8")
	require.ErrorContains(t, err, "f.yaml:3:1")
}

func TestAtPlacesAnError(t *testing.T) {
	var got file
	root, err := strictyaml.DecodeNode("f.yaml", []byte("count: 1\narrays:\n  - {name: a}\n  - {name: b}\n"), &got)
	require.NoError(t, err)
	require.EqualError(t, strictyaml.At("f.yaml", root, []string{"arrays", "1", "name"}, "name %q is taken", "b"), `f.yaml:4:12: name "b" is taken`)
	require.EqualError(t, strictyaml.At("f.yaml", root, []string{"arrays", "1", "kind"}, "kind is missing"), `f.yaml:4:5: kind is missing`)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("every: 30s\narrays: [{name: a}]\n"))
	f.Add([]byte("notes: {a: b}\none: {kind: 3}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var got file
		_ = strictyaml.Decode("f.yaml", data, &got) // must return, whatever comes
	})
}
