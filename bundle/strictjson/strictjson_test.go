package strictjson_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"darksite/bundle/strictjson"

	"github.com/stretchr/testify/require"
)

type name string

type inner struct {
	Count int64 `json:"count"`
	Done  bool  `json:"done"`
}

type doc struct {
	Items []inner          `json:"items"`
	Name  name             `json:"name"`
	Rules map[string]int64 `json:"rules"`
	Small int8             `json:"small"`
}

const spelled = `{
  "items": [
    {
      "count": -9223372036854775808,
      "done": true
    },
    {
      "count": 0,
      "done": false
    }
  ],
  "name": "Zürich \"3\" \\ \u001b[31m\n\u202e",
  "rules": {
    "a": 1,
    "b": 9223372036854775807
  },
  "small": -128
}
`

var value = doc{
	Items: []inner{{Count: -1 << 63, Done: true}, {}},
	Name:  "Zürich \"3\" \\ \x1b[31m\n\u202e",
	Rules: map[string]int64{"b": 1<<63 - 1, "a": 1},
	Small: -128,
}

func TestRoundTrip(t *testing.T) {
	text, err := strictjson.Encode(value)
	require.NoError(t, err)
	require.Equal(t, spelled, string(text))
	back, err := strictjson.Decode[doc](text, strictjson.Limits{})
	require.NoError(t, err)
	require.Equal(t, value, back)
	var stock doc
	require.NoError(t, json.Unmarshal(text, &stock)) // any other reader sees the same
	require.Equal(t, value, stock)
}

func TestAbsentIsEmpty(t *testing.T) {
	text, err := strictjson.Encode(doc{})
	require.NoError(t, err)
	require.Equal(t, "{\n  \"items\": [],\n  \"name\": \"\",\n  \"rules\": {},\n  \"small\": 0\n}\n", string(text))
	back, err := strictjson.Decode[doc](text, strictjson.Limits{})
	require.NoError(t, err)
	require.NotNil(t, back.Items)
	require.NotNil(t, back.Rules)
}

// Whatever a terminal would act on or hide is escaped, by a list that does not
// change with the Unicode tables of a Go release.
func TestEveryCharacterHasOneSpelling(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		if r > 0x3000 {
			r += 0xfd // beyond, a sample
		}
		if r >= 0xd800 && r <= 0xdfff {
			continue
		}
		text, err := strictjson.Encode(string(r))
		require.NoError(t, err)
		back, err := strictjson.Decode[string](text, strictjson.Limits{})
		require.NoError(t, err, "%U", r)
		require.Equal(t, string(r), back)
		for _, c := range string(text[:len(text)-1]) {
			switch {
			case c < 0x20, c >= 0x7f && c <= 0x9f, c >= 0x200b && c <= 0x200f, c >= 0x2028 && c <= 0x202e,
				c >= 0x2060 && c <= 0x206f, c == 0x61c, c == 0xfeff:
				t.Fatalf("%U stands raw in the document", c)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for what, c := range map[string]struct{ text, want string }{
		"nothing":               {"", "found the end"},
		"only a line feed":      {"\n", "found the end"},
		"byte order mark":       {"\ufeff" + spelled, "byte order mark"},
		"not UTF-8":             {strings.Replace(spelled, "Zü", "Z\xfc", 1), "not UTF-8"},
		"second value":          {spelled + "{}\n", "follows the one value"},
		"no line feed":          {strings.TrimSuffix(spelled, "\n"), "one spelling"},
		"two line feeds":        {spelled + "\n", "one spelling"},
		"other spacing":         {strings.Replace(spelled, `": "`, `":"`, 1), "one spelling"},
		"carriage returns":      {strings.ReplaceAll(spelled, "\n", "\r\n"), "one spelling"},
		"duplicate key":         {strings.Replace(spelled, `  "rules"`, "  \"name\": \"x\",\n  \"rules\"", 1), `"name" stands twice`},
		"duplicate in a map":    {strings.Replace(spelled, `"b": 9`, `"a": 9`, 1), `"a" stands twice`},
		"other case":            {strings.Replace(spelled, `"name"`, `"NAME"`, 1), "differs in case"},
		"other case, folded":    {strings.Replace(spelled, `"items"`, `"itemſ"`, 1), "differs in case"},
		"unknown key":           {strings.Replace(spelled, `"small"`, `"large"`, 1), `unknown key "large"`},
		"one key more":          {strings.Replace(spelled, "-128", "-128,\n  \"zoo\": 1", 1), `unknown key "zoo"`},
		"missing key":           {strings.Replace(spelled, ",\n  \"small\": -128", "", 1), `"small" is missing`},
		"missing in the middle": {strings.Replace(spelled, "\"done\": true", "\"done\": true,\n      \"count\": 1", 1), "twice or too late"},
		"keys swapped":          {strings.Replace(strings.Replace(spelled, `"count": 0`, `"done": 0`, 1), `"done": false`, `"count": false`, 1), "missing before"},
		"map keys swapped":      {strings.Replace(strings.Replace(spelled, `"a": 1`, `"c": 1`, 1), `"b"`, `"a"`, 1), "one spelling"},
		"null":                  {strings.Replace(spelled, `"rules": {`, `"rules": null {`, 1), `want '{'`},
		"fraction":              {strings.Replace(spelled, "-128", "-128.0", 1), "whole number"},
		"exponent":              {strings.Replace(spelled, "-128", "1e2", 1), "whole number"},
		"huge exponent":         {strings.Replace(spelled, "-128", "1e999", 1), "whole number"},
		"out of range":          {strings.Replace(spelled, "-128", "128", 1), "whole number"},
		"out of range of all":   {strings.Replace(spelled, "9223372036854775807", "9223372036854775808", 1), "whole number"},
		"minus nothing":         {strings.Replace(spelled, `"count": 0`, `"count": -0`, 1), "whole number"},
		"leading zero":          {strings.Replace(spelled, `"count": 0`, `"count": 00`, 1), "whole number"},
		"number as text":        {strings.Replace(spelled, "-128", `"-128"`, 1), "whole number"},
		"text as number":        {strings.Replace(spelled, `"name": "`, `"name": 1, "x": "`, 1), "want '\"'"},
		"comment":               {strings.Replace(spelled, `"name"`, `/* hi */ "name"`, 1), "want '\"'"},
		"comma at the end":      {strings.Replace(spelled, "-128", "-128,", 1), "want '\"'"},
		"raw escape character":  {strings.Replace(spelled, `\u001b`, "\x1b", 1), "one spelling"},
		"escaped for nothing":   {strings.Replace(spelled, "Z", `\u005a`, 1), "one spelling"},
		"escape in capitals":    {strings.Replace(spelled, `\u001b`, `\u001B`, 1), "one spelling"},
		"escaped line feed":     {strings.Replace(spelled, `\n`, `\u000a`, 1), "one spelling"},
		"escaped slash":         {strings.Replace(spelled, "Z", `\/`, 1), "unknown escape"},
		"half a surrogate":      {strings.Replace(spelled, "Z", `\ud800`, 1), "not one character"},
		"surrogate pair":        {strings.Replace(spelled, "Z", `\ud83d\ude00`, 1), "not one character"},
		"bad digits":            {strings.Replace(spelled, `\u001b`, `\u00x1`, 1), "not one character"},
		"text without end":      {`{"items": [], "name": "abc`, "without an end"},
		"escape without end":    {`{"items": [], "name": "abc\`, "without an end"},
		"short escape":          {`{"items": [], "name": "abc\u12`, "unknown escape"},
		"list without end":      {`{"items": [`, "found the end"},
		"wrong word":            {strings.Replace(spelled, "false", "falsy", 1), "want"},
	} {
		require.NotEqual(t, spelled, c.text, what)
		_, err := strictjson.Decode[doc]([]byte(c.text), strictjson.Limits{})
		require.ErrorIs(t, err, strictjson.ErrMalformed, what)
		require.ErrorContains(t, err, c.want, what)
		require.NotContains(t, err.Error(), "\x1b", what)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	_, err := strictjson.Decode[doc]([]byte(strings.Replace(spelled, "true", "1", 1)), strictjson.Limits{})
	require.ErrorContains(t, err, "line 5: items: [0]: done: want true or false")
	_, err = strictjson.Decode[doc]([]byte(strings.Replace(spelled, `"a": 1`, `"a":  1`, 1)), strictjson.Limits{})
	require.ErrorContains(t, err, "line 14")
}

type list []list

func TestLimits(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	_, err := strictjson.Decode[list](deep(8), strictjson.Limits{})
	require.ErrorContains(t, err, "one spelling") // deep enough, only the spacing is wrong
	_, err = strictjson.Decode[list](deep(9), strictjson.Limits{})
	require.ErrorContains(t, err, "deeper than 8")
	_, err = strictjson.Decode[list](deep(3), strictjson.Limits{Depth: 2})
	require.ErrorContains(t, err, "deeper than 2")
	_, err = strictjson.Decode[list](deep(1<<20), strictjson.Limits{})
	require.ErrorContains(t, err, "deeper")
	_, err = strictjson.Decode[doc]([]byte(spelled), strictjson.Limits{Bytes: len(spelled) - 1})
	require.ErrorContains(t, err, "at most")
	_, err = strictjson.Decode[doc]([]byte(spelled), strictjson.Limits{Bytes: len(spelled)})
	require.NoError(t, err)
}

func TestTypesWithoutASpelling(t *testing.T) {
	twice := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"a"`},
		{Name: "B", Type: reflect.TypeFor[string](), Tag: `json:"a"`},
	})
	for what, v := range map[string]any{
		"nil":         nil,
		"float":       1.5,
		"pointer":     &value,
		"unsigned":    uint8(1),
		"not UTF-8":   "\xff",
		"map of ints": map[int]string{},
		"no tag":      struct{ A string }{},
		"hidden":      struct{ a string }{"x"},
		"left out": struct {
			A string `json:"a,omitempty"`
		}{},
		"ignored": struct {
			A string `json:"-"`
		}{},
		"embedded":      struct{ doc }{},
		"in a list":     []float64{1},
		"in a map":      map[string]float64{"a": 1},
		"bad map key":   map[string]bool{"\xff": true},
		"one key twice": reflect.Zero(twice).Interface(),
	} {
		_, err := strictjson.Encode(v)
		require.Error(t, err, what)
	}
	_, err := strictjson.Decode[float64]([]byte("1\n"), strictjson.Limits{})
	require.Error(t, err)
	_, err = strictjson.Decode[map[int]string]([]byte("{}\n"), strictjson.Limits{})
	require.Error(t, err)
	_, err = strictjson.Decode[struct{ A string }]([]byte("{}\n"), strictjson.Limits{})
	require.Error(t, err)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(spelled))
	for _, s := range []string{"{}", `{"items":[],"name":"","rules":{},"small":0}`, "[\n]", `"\u0000"`, `{"items":[{"count":1e9`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := strictjson.Decode[doc](text, strictjson.Limits{Bytes: 1 << 16})
		if err != nil {
			require.ErrorIs(t, err, strictjson.ErrMalformed)
			return
		}
		again, err := strictjson.Encode(v)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		var stock doc
		require.NoError(t, json.Unmarshal(text, &stock))
		require.Equal(t, v, stock) // no second reading of the same bytes
	})
}

func ExampleDecode() {
	type greeting struct {
		To string `json:"to"`
	}
	_, err := strictjson.Decode[greeting]([]byte("{\n  \"To\": \"S042\"\n}\n"), strictjson.Limits{})
	fmt.Println(err)
	// Output: malformed document: line 2: key "To" differs in case from "to"
}
