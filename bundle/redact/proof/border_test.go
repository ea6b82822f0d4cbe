package proof

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// TestPiecesMeet cuts a file at every place in and around an original: whichever
// piece it is found in, it is found once.
func TestPiecesMeet(t *testing.T) {
	for _, o := range []Original{{Kind: "host", Value: "arr01-lyon", Fold: true}, {Kind: "secret", Value: "Zq7!hunter"}} {
		s := &search{ctx: t.Context(), idx: compile([]Original{o})}
		for n := range spellingsEnd {
			p := spelling(o, n)
			if p.text == "" {
				continue
			}
			b := bytes.Repeat([]byte("no word. "), 300)
			at := 1001
			copy(b[at:], p.text)
			b[at-1], b[at+len(p.text)] = ' ', ' '
			for cut := at - 20; cut < at+len(p.text)+20; cut++ {
				s.leaks = nil
				require.NoError(t, s.section(bytes.NewReader(b), "f", 0, int64(cut)))
				require.NoError(t, s.section(bytes.NewReader(b), "f", int64(cut), int64(len(b))))
				require.Len(t, s.leaks, 1, "%s cut at %d", p.spelling, cut)
				require.EqualValues(t, at, s.leaks[0].Offset)
				require.EqualValues(t, at, s.leaks[0].From)
				require.EqualValues(t, at+len(p.text), s.leaks[0].To)
			}
		}
	}
}

// TestLargeFilesAreCut cuts a large text in pieces that cover it, and no archive.
func TestLargeFilesAreCut(t *testing.T) {
	dir := t.TempDir()
	for name, head := range map[string]string{"text": "a line\n", "packed.gz": "\x1f\x8b"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(head), 0o600))
		require.NoError(t, os.Truncate(path, 2*pieceSize+5))
		ps, err := pieces(path)
		require.NoError(t, err)
		if name != "text" {
			require.Equal(t, []piece{{path: path}}, ps)
			continue
		}
		require.Equal(t, []piece{{path, 0, pieceSize}, {path, pieceSize, 2 * pieceSize}, {path, 2 * pieceSize, 2*pieceSize + 5}}, ps)
	}
}
