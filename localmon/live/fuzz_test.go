package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{`[1,"2.5"]`, `[-9223372036854775808,"NaN"]`, `{"end":0}`, `{"end":3}`, `{"error":"x"}`, `[`, `[1,2]`, `{}`, `[1,"1"],"2"]`} {
		f.Add(s, 0)
	}
	f.Fuzz(func(t *testing.T, line string, n int) {
		p, end, err := parseLine([]byte(line), n)
		if err == nil && !end {
			again, _, err := parseLine([]byte("["+fmt.Sprintf("%d,%q", p.At.UnixNano(), number(p.Value))+"]"), n)
			require.NoError(t, err)
			require.True(t, again.At.Equal(p.At))
			require.Equal(t, number(p.Value), number(again.Value))
		}
	})
}
