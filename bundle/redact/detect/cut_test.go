package detect

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCutterAgreesWithTheTable cuts every byte, and random texts of all lengths.
func TestCutterAgreesWithTheTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 330 {
		if n > 140 && n < 256 {
			continue
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
			if n%2 == 0 {
				b[i] = "ab.- _@\n:9z/[`{\x7f\x80\xff"[r.IntN(18)]
			}
		}
		if n >= 256 {
			for c := range 256 {
				b[c] = byte(c)
			}
		}
		var c cutter
		c.read(b)
		high := false
		for i := range b {
			next, end := i, i
			for next < n && class[b[next]] == 0 {
				next++
			}
			for end < n && class[b[end]] != 0 {
				end++
			}
			require.Equal(t, next, c.next(i), "%q at %d", b, i)
			require.Equal(t, end, c.end(i), "%q at %d", b, i)
			high = high || b[i] >= 0x80
		}
		require.Equal(t, high, c.high)
		for i := 0; i+64 <= n; i++ {
			runs, letters := runMasks((*[64]byte)(b[i:]))
			for j := range 64 {
				require.Equal(t, isRun(b[i+j]), runs>>uint(j)&1 == 1, "%q", b[i+j])
				require.Equal(t, isAlpha(b[i+j]), letters>>uint(j)&1 == 1, "%q", b[i+j])
			}
		}
	}
}
