package statement_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"darksite/bundle/statement"

	"github.com/stretchr/testify/require"
)

func TestDecodeEncodes(t *testing.T) {
	text := "statement: label v1\nempty:\nwords: a  b: c\nplace: Orléans, 日本\nn: 0\n"
	lines, err := statement.Decode([]byte(text))
	require.NoError(t, err)
	require.Equal(t, []statement.Line{
		{"statement", "label v1"}, {"empty", ""}, {"words", "a  b: c"}, {"place", "Orléans, 日本"}, {"n", "0"},
	}, lines)
	again, err := statement.Encode(lines)
	require.NoError(t, err)
	require.Equal(t, text, string(again))
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                    "",
		"no line feed":             "a: b",
		"blank line":               "a: b\n\n",
		"no colon":                 "a\n",
		"no space":                 "a:b\n",
		"space and nothing":        "a: \n",
		"two spaces":               "a:  b\n",
		"space at the end":         "a: b \n",
		"carriage return":          "a: b\r\n",
		"tab":                      "a: b\tc\n",
		"escape":                   "a: \x1b[31m\n",
		"delete":                   "a: \x7f\n",
		"control of Latin-1":       "a: \u009b\n",
		"right to left":            "a: \u202etxt.exe\n",
		"zero width":               "a: b\u200bc\n",
		"no-break space":           "a: b\u00a0c\n",
		"line separator":           "a: b\u2028c\n",
		"byte order mark":          "\ufeffa: b\n",
		"not UTF-8":                "a: \xff\n",
		"upper-case key":           "A: b\n",
		"key with dash":            "a-b: c\n",
		"empty key":                ": b\n",
		"long key":                 strings.Repeat("k", statement.MaxKey+1) + ": v\n",
		"too many lines":           strings.Repeat("a: b\n", statement.MaxLines+1),
		"too large":                "a: " + strings.Repeat("b", statement.MaxBytes) + "\n",
		"NUL":                      "a: \x00\n",
		"private use":              "a: \ue000\n",
		"language tag, unseen":     "a: \U000e0041\n",
		"variation after the tail": "a: b\u2060\n",
	} {
		_, err := statement.Decode([]byte(text))
		require.ErrorIs(t, err, statement.ErrMalformed, name)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, lines := range map[string][]statement.Line{
		"line feed in value": {{"a", "b\nc: d"}},
		"colon in key":       {{"a:", "b"}},
		"space around":       {{"a", " b"}},
		"too many":           make([]statement.Line, statement.MaxLines+1),
		"too large":          {{"a", strings.Repeat("b", statement.MaxBytes)}},
	} {
		_, err := statement.Encode(lines)
		require.ErrorIs(t, err, statement.ErrMalformed, name)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	_, err := statement.Decode([]byte("a: b\nc: \x1b[2J\n"))
	require.ErrorContains(t, err, "line 2")
	require.ErrorContains(t, err, "U+001B")
	require.NotContains(t, err.Error(), "\x1b")
}

func TestReader(t *testing.T) {
	text := "kind: roster/1\nname: Lyon 3\nn: 17\nlist: a b c\nnone:\nperson: x\nperson: y\nend: z\n"
	r := statement.NewReader([]byte(text))
	r.Const("kind", "roster/1")
	require.Equal(t, "Lyon 3", r.Text("name"))
	require.Equal(t, int64(17), r.Int("n"))
	require.Equal(t, []string{"a", "b", "c"}, r.Words("list"))
	require.Nil(t, r.Words("none"))
	require.Equal(t, []string{"x", "y"}, r.Repeat("person"))
	require.Nil(t, r.Repeat("revoked"))
	require.Equal(t, "z", r.Text("end"))
	require.NoError(t, r.Done())
}

func TestReaderKeepsTheFirstError(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		read func(*statement.Reader)
		want string
	}{
		"missing":        {"a: b\n", func(r *statement.Reader) { r.Text("a"); r.Text("c"); r.Text("d") }, "field c is missing"},
		"other key":      {"a: b\nc: d\n", func(r *statement.Reader) { r.Text("c"); r.Text("a") }, "line 1 is a, want c"},
		"left over":      {"a: b\nc: d\n", func(r *statement.Reader) { r.Text("a") }, "unexpected field c"},
		"constant":       {"a: b\n", func(r *statement.Reader) { r.Const("a", "c") }, `"b", want "c"`},
		"plus sign":      {"a: +1\n", func(r *statement.Reader) { r.Int("a") }, "whole number"},
		"leading zero":   {"a: 01\n", func(r *statement.Reader) { r.Int("a") }, "whole number"},
		"negative":       {"a: -1\n", func(r *statement.Reader) { r.Int("a") }, "whole number"},
		"minus nothing":  {"a: -0\n", func(r *statement.Reader) { r.Int("a") }, "whole number"},
		"too large":      {"a: 9223372036854775808\n", func(r *statement.Reader) { r.Int("a") }, "whole number"},
		"empty number":   {"a:\n", func(r *statement.Reader) { r.Int("a") }, "whole number"},
		"two spaces":     {"a: b  c\n", func(r *statement.Reader) { r.Words("a") }, "one space"},
		"caller's":       {"a: b\n", func(r *statement.Reader) { r.Fail(r.Text("a"), errors.New("no such")) }, "b: no such"},
		"caller's later": {"a: b\n", func(r *statement.Reader) { r.Text("z"); r.Fail("a", errors.New("no such")) }, "want z"},
		"malformed":      {"a\n", func(r *statement.Reader) { r.Text("a"); r.Int("a"); r.Words("a"); r.Repeat("a") }, "line 1"},
	} {
		r := statement.NewReader([]byte(c.text))
		c.read(r)
		require.ErrorIs(t, r.Done(), statement.ErrMalformed, name)
		require.ErrorContains(t, r.Done(), c.want, name)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a: b\n", "a:\n", "a: é\nb: 1\n", "a: \n", "a: b\r\n", ": \n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := statement.Decode(text)
		if err != nil {
			require.ErrorIs(t, err, statement.ErrMalformed)
			return
		}
		again, err := statement.Encode(lines)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

func ExampleReader() {
	r := statement.NewReader([]byte("statement: greeting v1\nto: S042\nseq: 17\n"))
	r.Const("statement", "greeting v1")
	to, seq := r.Text("to"), r.Int("seq")
	fmt.Println(to, seq, r.Done())
	// Output: S042 17 <nil>
}
