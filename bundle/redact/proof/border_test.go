package proof

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEverySpellingIsFoundAnywhere plants each spelling of originals of many lengths
// around the border of two blocks, between words and, where it may, in the middle of
// others.
func TestEverySpellingIsFoundAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var originals []Original
	for _, v := range []string{"web1", "web01", "arr-7b", "abcdefg", "abcdefgh", "10.20.30.40", "jürg", "p\"w<d!", "Zq7-hunter-9K", "a long phrase, with signs.", "0123456789abcdef0123456789abcdef"} {
		originals = append(originals, Original{Kind: "host", Value: v, Fold: r.IntN(2) == 0})
	}
	s := &search{ctx: t.Context(), idx: compile(originals)}
	text := bytes.Repeat([]byte("an ordinary line\n"), (block+2048)/17)
	for i, o := range originals {
		for n := range spellingsEnd {
			p := spelling(o, n)
			if p.text == "" {
				continue
			}
			places := []int{0, 1000 + i, block - 300 + r.IntN(100), block - len(p.text)/2, len(text) - len(p.text)}
			b := bytes.Clone(text)
			for _, at := range places {
				copy(b[at:], p.text)
				before, after := byte(' '), byte(' ')
				if !p.edges {
					before, after = 'A', '7'
				}
				if at > 0 {
					b[at-1] = before
				}
				if end := at + len(p.text); end < len(b) {
					b[end] = after
				}
			}
			s.leaks = nil
			require.NoError(t, s.stream(bytes.NewReader(b), "f"))
			found := map[int64]bool{}
			for _, l := range s.leaks {
				found[l.Offset] = found[l.Offset] || l.Spelling == p.spelling
			}
			for _, at := range places {
				require.True(t, found[int64(at)], "%s of %q at %d", p.spelling, o.Value, at)
			}
		}
	}
}

// TestWordsAcrossABorderStandWhole holds against a name that seems to end where a
// block does.
func TestWordsAcrossABorderStandWhole(t *testing.T) {
	s := &search{ctx: t.Context(), idx: compile([]Original{{Kind: "host", Value: "arr01", Fold: true}})}
	for shift := range 24 {
		b := bytes.Repeat([]byte{'.'}, 3*block)
		copy(b[block-shift:], "arr01y")
		copy(b[2*block-shift:], "xarr01")
		require.NoError(t, s.stream(bytes.NewReader(b), "f"))
		require.Empty(t, s.leaks)
	}
}

// TestWriterSpellsAlike holds what is indexed against what is compared.
func TestWriterSpellsAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var w writer
	for i := range 3000 {
		v := make([]byte, 1+i%40)
		for j := range v {
			v[j] = byte(r.Uint32())
		}
		o := Original{Kind: "x", Value: string(v), Fold: i%2 == 0}
		got := map[int]string{}
		w.encodings(o, func(n int, text []byte) { got[n] = string(text) })
		for n := hexAt; n < spellingsEnd; n++ {
			require.Equal(t, spelling(o, n).text, got[n], "%q %d", v, n)
		}
	}
}
