package strictyaml_test

import (
	"net/netip"
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
	Every   time.Duration     `yaml:"every"`
	Count   int               `yaml:"count"`
	On      bool              `yaml:"on"`
	Arrays  []array           `yaml:"arrays"`
	Notes   map[string]string `yaml:"notes"`
	One     *array            `yaml:"one"`
	Level   float64           `yaml:"level"`
	Since   time.Time         `yaml:"since"`
	Address netip.Addr        `yaml:"address"`
	Hidden  string            `yaml:"-"`
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

func TestDurationsAndTimes(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "90s": 90 * time.Second, "14d": 336 * time.Hour, "1d6h30m": 30*time.Hour + 30*time.Minute, "-5m": -5 * time.Minute,
	} {
		var got file
		require.NoError(t, strictyaml.Decode("f.yaml", []byte("every: "+text+"\n"), &got), text)
		require.Equal(t, want, got.Every, text)
	}
	for _, text := range []string{"30", "1.5d", "-1d", "d", "1d30h", "1d-1h", "1d1d", "99999999d", "1h1d"} {
		var got file
		require.ErrorContains(t, strictyaml.Decode("f.yaml", []byte("every: "+text+"\n"), &got), "is not a duration", text)
	}
	var got file
	require.NoError(t, strictyaml.Decode("f.yaml", []byte("since: 2026-03-02T06:00:00Z\naddress: 10.1.0.10\n"), &got))
	require.Equal(t, time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC), got.Since)
	require.Equal(t, netip.MustParseAddr("10.1.0.10"), got.Address)
}

func TestDecodeRefuses(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown key near a known one", "evrey: 30s\n", `f.yaml:1:1: unknown key "evrey"; did you mean "every"?`},
		{"unknown key near none", "zzzzzzzz: 1\n", "known here: address, arrays, count, every, level, notes, on, one, since"},
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
		{"alias in a key", "notes:\n  &a x: y\n", "f.yaml:2:3: a key must be a plain word"},
		{"tag", "notes: {x: !!binary aGlkZGVu}\n", "f.yaml:1:12: tags such as !!binary are not used in this file"},
		{"fraction", "count: 1.5\n", `f.yaml:1:8: "1.5" is not a whole number`},
		{"no number", "level: .nan\n", `f.yaml:1:8: ".nan" is not a number`},
		{"endless", "level: .inf\n", `f.yaml:1:8: ".inf" is not a number`},
		{"number missing", "count:\n", "f.yaml:1:7: a value is missing"},
		{"list for a value", "count: [1]\n", "f.yaml:1:8: want one value: a whole number"},
		{"wrong time", "since: 2026-03-02\n", `"2026-03-02" is not a time such as 2026-03-02T06:00:00Z`},
		{"refused by its type", "address: here\n", `f.yaml:1:10: ParseAddr("here")`},
		{"not UTF-8", "notes: {x: \xff}\n", "f.yaml: not UTF-8 text"},
		{"too many members", "arrays: [" + strings.Repeat("{},", strictyaml.MaxItems+1) + "]", "10001 members, at most 10000"},
		{"second document", "count: 1\n---\ncount: 2\n", "a second document"},
		{"empty", "", "f.yaml: the file is empty"},
		{"not yaml", "a: 1\nb: c: d\n", "f.yaml:2:1: mapping values are not allowed"},
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
			require.ErrorAs(t, err, &at)
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
	at, err := strictyaml.Read("f.yaml", []byte("count: 1\narrays:\n  - {name: a}\n  - {name: b}\n"), &got)
	require.NoError(t, err)
	require.NoError(t, at.Err())
	b := at.Key("arrays").Item(1)
	b.Key("name").Fail("name %q is taken", "b")
	b.Key("kind").Fail("kind is missing")
	b.Key("kind").Key("name").Item(0).Fail("what is missing is passed through no further")
	at.Key("arrays").Item(7).Fail("eight are too few")
	at.Key("arrays").Item(0).Key("name").Word("name", "a", []string{"a"})
	at.Key("arrays").Item(0).Key("name").Word("name", "fa-2", []string{"fa-1", "db-1"})
	require.EqualError(t, at.Err(), `f.yaml:4:12: name "b" is taken
f.yaml:4:5: kind is missing
f.yaml:4:5: what is missing is passed through no further
f.yaml:3:3: eight are too few
f.yaml:3:12: name "fa-2" is not known; did you mean "fa-1"?`)
}

func TestProblemsAreBounded(t *testing.T) {
	var got file
	err := strictyaml.Decode("f.yaml", []byte("arrays: ["+strings.Repeat("0, ", 500)+"0]"), &got)
	require.Len(t, strings.Split(err.Error(), "\n"), strictyaml.MaxErrors+1)
	require.ErrorContains(t, err, "there may be more")
	long := strings.Repeat("x", 1<<19)
	require.Less(t, len(strictyaml.Decode("f.yaml", []byte(long+": 1\n"), &got).Error()), 300, "an error does not repeat what is too long to read")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("every: 30s\narrays: [{name: a}]\n"))
	f.Add([]byte("notes: {a: b}\none: {kind: 3}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var got file
		_ = strictyaml.Decode("f.yaml", data, &got) // must return, whatever comes
	})
}
