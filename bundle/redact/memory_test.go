package redact_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestWhatIsRememberedChangesNothing compares a scanner that has met every word, and
// goes over those that say nothing, with one that meets all of them for the first
// time: on labelled lines, generated ones and pieces of both put together.
func TestWhatIsRememberedChangesNothing(t *testing.T) {
	shipped, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(shipped, nil)
	require.NoError(t, err)
	inv := detect.NewInventory([]detect.Item{{Text: "nordbank.example", Canon: "nordbank.example", Kind: pseudonym.Domain}}, nil)
	fresh := func() *detect.Scanner {
		return detect.NewScanner(know, inv, func(pseudonym.Kind, string) bool { return false })
	}
	r := rand.New(rand.NewPCG(4, 4))
	var lines [][]byte
	for _, e := range readAllLabelled(t) {
		lines = append(lines, []byte(e.line+"\n"))
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	lines = lines[:min(len(lines), 500)]
	gen := newGenerator(5)
	for range 150 {
		var b bytes.Buffer
		gen.line(&b)
		lines = append(lines, b.Bytes())
	}
	for range 300 {
		a, b := lines[r.IntN(len(lines))], lines[r.IntN(len(lines))]
		i := r.IntN(len(a))
		glue := []string{"", ":", "[", "\\", "%", "::", "\x1b[31m", "-", ".", "é", "://", "\\n", "+49 "}[r.IntN(13)]
		lines = append(lines, slices.Concat(a[:i], []byte(glue), b[r.IntN(len(b)):]))
	}
	warm := fresh()
	for _, l := range lines {
		warm.Scan(l, detect.State{})
	}
	for _, l := range lines {
		want, st := fresh().Scan(l, detect.State{})
		got, now := warm.Scan(l, detect.State{})
		require.Equal(t, append([]detect.Finding{}, want...), append([]detect.Finding{}, got...), "%s", l)
		require.Equal(t, st, now, "%s", l)
	}
}
