package arrayrest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzPage feeds any bytes as a page: no panic, bounds kept, texts bounded.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"items":[{"name":"CH0.BAY0","at":1700000000000}],"continuation_token":null}`))
	f.Add([]byte(`{"items":[null,1,[],{"name":{}}],"more_items_remaining":true,"errors":[{"message":"m"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := ParsePage(body)
		if err != nil {
			return
		}
		require.LessOrEqual(t, l.Count, maxItems)
		l.Each(func(f Fields) {
			for key := range f {
				require.LessOrEqual(t, len(f.Str(key, 10)), 10+len("…"))
				name, ok := f.Name(key)
				require.True(t, !ok || name != "" && len(name) <= MaxName)
				require.GreaterOrEqual(t, f.Time(key).Year(), 1)
			}
		}, func(err error) { require.ErrorIs(t, err, errReplyShape) })
	})
}

func FuzzVersions(f *testing.F) {
	f.Add("1.19 2.0 2.15")
	f.Add("2.99999 2.-1 .4 2. 02.04")
	d := Dialect{Oldest: Version{2, 4}, Newest: Version{2, 56}}
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := d.choose(strings.Fields(text))
		if ok {
			require.False(t, v.Less(d.Oldest))
			require.False(t, d.Newest.Less(v))
		}
	})
}

func FuzzShorten(f *testing.F) {
	f.Add("héllo", 2)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = min(max(n, 0), 1000)
		got := Shorten(s, n)
		require.LessOrEqual(t, len(got), n+len("…"))
		if len(s) <= n {
			require.Equal(t, s, got)
		}
	})
}
