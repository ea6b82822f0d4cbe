package stranger

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHashTellsTextsApart hashes texts of all lengths that differ in one byte, or in how
// many zeros are at their end, under two seeds.
func TestHashTellsTextsApart(t *testing.T) {
	seen := map[uint64]string{}
	for n := range 30 {
		for i := range max(n, 1) {
			for c := range 256 {
				text := bytes.Repeat([]byte{'a'}, n)
				if n > 0 {
					text[i] = byte(c)
				}
				for _, seed := range []uint64{hashSeed, hashLength} {
					h, said := hash(seed, text), string(text)
					if seed != hashSeed {
						said += "|"
					}
					if was, ok := seen[h]; ok {
						require.Equal(t, was, said)
					}
					seen[h] = said
				}
			}
		}
	}
	zeros := make([]byte, 30)
	for n := range zeros {
		for m := range n {
			require.NotEqual(t, hash(hashSeed, zeros[:n]), hash(hashSeed, zeros[:m]))
		}
	}
}
