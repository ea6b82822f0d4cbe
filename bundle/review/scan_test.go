package review_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"darksite/bundle"
	"darksite/bundle/review"

	"github.com/stretchr/testify/require"
)

// A file of some megabytes is read in pieces by several workers. Its lines are
// all numbered as if one had read it.
func TestWhereAFileIsCutDoesNotShow(t *testing.T) {
	var b strings.Builder
	rng := rand.New(rand.NewPCG(3, 4))
	lines := 0
	for b.Len() < 9<<20 {
		lines++
		fmt.Fprintf(&b, "at %d %s %s\n", rng.IntN(1e6), pick(rng), strings.Repeat("x", rng.IntN(4000)))
		if lines == 1500 {
			b.WriteString(strings.Repeat("long ", 1<<20) + "\n") // over a whole piece
			lines += 6                                           // looked at in pieces of MaxLine, the line end is one more
		}
	}
	b.WriteString("the last one mercure")
	lines++
	in := input(map[string]string{"files/a.log": b.String(), "files/b.log": "short mercure\n"})
	in.Keywords = []string{"mercure"}
	var first review.Summary
	for workers := 1; workers <= 3; workers++ {
		in.Workers = workers
		var last int64
		in.Progress = func(done, total int64) {
			require.Greater(t, done, last)
			require.LessOrEqual(t, done, total)
			last = done
		}
		s, _ := build(t, in)
		require.Equal(t, int64(b.Len()+len("short mercure\n")), last)
		require.Equal(t, int64(lines+1), s.Lines)
		require.Equal(t, []review.Place{
			{Path: "files/a.log", Line: int64(lines), Text: "the last one mercure"}, {Path: "files/b.log", Line: 1, Text: "short mercure"},
		}, s.Keywords[0].Places)
		require.Equal(t, review.Extent{Lines: s.Lines, Bytes: s.Bytes}, s.Coverage.All(), "every byte is accounted for once")
		if workers == 1 {
			first = s
		}
		require.Equal(t, first, s)
	}
}

func TestAFileThatShrinksWhileItIsReadIsRefused(t *testing.T) {
	in := input(map[string]string{"files/a.log": "one\ntwo\n"})
	in.Tree = fstest.MapFS{"files/a.log": &fstest.MapFile{Data: []byte("one\n")}}
	_, _, err := review.Build(t.Context(), in)
	require.ErrorContains(t, err, "files/a.log has 4 bytes, the manifest has 8")
}

func TestUnderOtherRulesEverythingIsNew(t *testing.T) {
	in := input(map[string]string{"files/a.log": "disk 1 ok host-k7f3q2ab ghp_16C7e42F292c6912E7710c\n"})
	in.Manifest.Rules.SHA256 = bundle.DigestOf([]byte("1"))
	_, known := build(t, in)
	in.Known = &known
	s, _ := build(t, in)
	require.False(t, s.Shapes[0].New)
	require.False(t, s.Tokens[0].New)
	require.False(t, s.Secrets[0].New)
	require.Zero(t, s.Difference.NewShapes+s.Difference.NewTokens)
	in.Manifest.Rules.SHA256 = bundle.DigestOf([]byte("2"))
	s, _ = build(t, in)
	require.True(t, s.Difference.OtherRules)
	require.True(t, s.Shapes[0].New)
	require.True(t, s.Tokens[0].New)
	require.True(t, s.Secrets[0].New)
}

// What was seen two bundles ago is known as well, and known words in a known
// kind of line are known although they did not stand together before.
func TestWhatWasSeenIsRemembered(t *testing.T) {
	var b strings.Builder
	for _, a := range []string{"alpha", "bravo", "charlie"} {
		for i, w := range []string{"up", "down", "left", "right"} {
			if a != "bravo" || w != "left" {
				fmt.Fprintf(&b, "link %s went %s at %d\n", a, w, i)
			}
		}
	}
	_, first := build(t, input(map[string]string{"files/a.log": b.String()}))
	second := input(map[string]string{"files/a.log": "other words\n"})
	second.Known = &first
	_, known := build(t, second)
	third := input(map[string]string{"files/a.log": "link bravo went left at 7\nlink bravo went under at 7\nlink bravo stood left at 7\n"})
	third.Known = &known
	s, _ := build(t, third)
	fresh := map[string]bool{}
	for _, one := range s.Shapes {
		fresh[one.Form] = one.New
	}
	require.Equal(t, map[string]bool{"link bravo went left at <num>": false, "link bravo went under at <num>": true, "link bravo stood left at <num>": true}, fresh)
}

func TestManyIdentifiersOfOneMakeAreASeries(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "job-%d for host-%s on CT%d.FC0\n", i, "abcdefg"+string(rune('a'+i%8)), i%3)
	}
	s, _ := build(t, input(map[string]string{"files/a.log": b.String()}))
	require.Len(t, s.Series, 1)
	require.Equal(t, "job-9", s.Series[0].Make)
	require.Equal(t, int64(30), s.Series[0].Distinct)
	require.Equal(t, []string{"job-0", "job-1", "job-2"}, s.Series[0].Samples)
	require.Equal(t, "job-29", s.Series[0].Last)
	kinds := map[string]int{}
	for _, one := range s.Tokens {
		kinds[one.Kind]++
	}
	require.Equal(t, map[string]int{"<host>": 8, "<id>": 3}, kinds, "stand-ins and a few identifiers are listed each")
}

func TestALongNumberIsShown(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "sector %d of %d\n", i*7919, i)
	}
	b.WriteString("sector 4111111111111111 of 3\n")
	s, _ := build(t, input(map[string]string{"files/a.log": b.String()}))
	require.Contains(t, s.Shapes[0].Written(""), "longest:4111111111111111")
}
