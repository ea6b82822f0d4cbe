package book

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const plain = `<svg viewBox="0 0 10 10"><style>.l{stroke:#000000;stroke-width:1}</style><path class="l" d="M1 1 L2 2"/><text class="l" x="1" y="1">a</text></svg>`

// What is not plain is left to its words, and no error.
func TestADrawingThatIsNotPlainLeavesItsWords(t *testing.T) {
	_, err := readPicture([]byte(plain))
	require.NoError(t, err)
	for name, spoil := range map[string][2]string{
		"a curve":          {"L2 2", "C2 2 3 3 4 4"},
		"two lines in one": {"L2 2", "M2 2 L3 3"},
		"a group":          {"<path", "<g/><path"},
		"moved":            {`<path class="l"`, `<path transform="scale(2)"`},
		"words in pieces":  {">a<", "><tspan>a</tspan><"},
		"no size":          {"0 0 10 10", "0 0 10 0"},
		"no number":        {"0 0 10 10", "0 0 NaN 10"},
		"far away":         {"0 0 10 10", "0 0 1e9 10"},
	} {
		_, err := readPicture([]byte(strings.Replace(plain, spoil[0], spoil[1], 1)))
		require.Error(t, err, name)
	}
	require.NoError(t, Print(&bytes.Buffer{}, Title{Title: "t", Made: time.Unix(0, 0)}, func(p *Printer) {
		p.Chapter("a", "a", "a", "a")
		require.True(t, p.Drawing([]byte(plain)))
		require.False(t, p.Drawing([]byte(strings.Replace(plain, "<path", "<g/><path", 1))))
		require.False(t, p.Drawing(nil))
	}))
}

// Whatever a carried runbook draws, printing it ends.
func FuzzReadPicture(f *testing.F) {
	f.Add([]byte(plain))
	f.Fuzz(func(t *testing.T, svg []byte) {
		require.NoError(t, Print(&bytes.Buffer{}, Title{Title: "t", Made: time.Unix(0, 0)}, func(p *Printer) {
			p.Chapter("a", "a", "a", "a")
			p.Drawing(svg)
		}))
	})
}
