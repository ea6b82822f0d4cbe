package push_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"darksite/localmon/source/push"

	"github.com/stretchr/testify/require"
)

func TestEscapeIsOneLineAndCanBeUndone(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":         "plain text",
		"a\nb\x00c\x7f":      `a\x0ab\x00c\x7f`,
		`back\slash \x41`:    `back\\slash \\x41`,
		"h\u00e9t\u00e9":     "h\u00e9t\u00e9",
		"\xff\xfe":           `\xff\xfe`,
		"turn\u202eround":    `turn\xe2\x80\xaeround`,
		"line\u2028separate": `line\xe2\x80\xa8separate`,
		"real \uFFFD kept":   "real \uFFFD kept",
	} {
		require.Equal(t, want, push.Escape([]byte(in)))
		require.Equal(t, in, string(push.Unescape(want)))
	}
	require.Equal(t, `\q \x4 \xZZ \`, string(push.Unescape(`\q \x4 \xZZ \`)), "what is no escape stands for itself")
}

func FuzzEscape(f *testing.F) {
	f.Add([]byte("a\\b\xff\u202e"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := push.Escape(raw)
		require.True(t, utf8.ValidString(s))
		require.Equal(t, -1, strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }))
		require.Equal(t, string(raw), string(push.Unescape(s)))
	})
}

func TestLineIsForAPerson(t *testing.T) {
	require.Equal(t, "two lines and a bell", push.Line(" two\r\n lines#012and\ta  bell ", 100))
	require.Equal(t, `bell \x07 and \xff`, push.Line("bell \a and \xff", 100))
	long := push.Line(strings.Repeat("h\u00e9 ", 100), 50)
	require.LessOrEqual(t, len(long), 50)
	require.True(t, strings.HasSuffix(long, "…"))
	require.True(t, utf8.ValidString(long))
}

func FuzzLine(f *testing.F) {
	f.Add("a#012b\xff", 10)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 4 + most&0xfff
		line := push.Line(s, most)
		require.LessOrEqual(t, len(line), most)
		require.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }))
	})
}
