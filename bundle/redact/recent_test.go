package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"

	"github.com/stretchr/testify/require"
)

// TestBriefsTellFindingsApart makes briefs of findings that are alike and looks whether
// two are equal where the findings are, and not where anything differs that counts.
func TestBriefsTellFindingsApart(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	of := map[brief]string{}
	met := map[string]brief{}
	for range 200000 {
		text := make([]byte, 1+r.IntN(17))
		for i := range text {
			text[i] = "aab\x00"[r.IntN(4)]
		}
		f := detect.Finding{Kind: pseudonym.Kind(1 + r.IntN(2)), Form: detect.Form(r.IntN(2))}
		if f.Value = []string{"", string(text), "other"}[r.IntN(3)]; f.Value == "other" || len(text) > 16 {
			_, ok := briefOf(&f, text, 0)
			require.False(t, ok)
			continue
		}
		marks := []uint8{0, isLearnt, isLearnt | isTold}[r.IntN(3)]
		b, ok := briefOf(&f, text, marks)
		require.True(t, ok)
		said := fmt.Sprintf("%d %d %q %q %d", f.Kind, f.Form, f.Value, text, marks)
		if was, ok := of[b]; ok {
			require.Equal(t, was, said)
		}
		if was, ok := met[said]; ok {
			require.Equal(t, was, b)
		}
		require.NotEqual(t, brief{}, b)
		of[b], met[said] = said, b
	}
}

// TestRecentForgetsButNeverConfuses keeps more than there is room for, of both sorts of keys.
func TestRecentForgetsButNeverConfuses(t *testing.T) {
	t.Run("briefs", func(t *testing.T) {
		forgets(t, func(n int) brief {
			b, ok := briefOf(&detect.Finding{Kind: pseudonym.Host}, []byte(fmt.Sprint(n)), 0)
			require.True(t, ok)
			return b
		})
	})
	t.Run("addresses", func(t *testing.T) { forgets(t, func(n int) address { return address(n + 1) }) })
}

func forgets[K key](t *testing.T, of func(int) K) {
	var m recent[K, int]
	most, kept := of(0).most(), 0
	for n := range 3 * most {
		_, ok := m.find(of(n))
		require.False(t, ok)
		m.keep(of(n), n)
		require.LessOrEqual(t, 2*m.used, len(m.slots))
		if what, ok := m.find(of(n / 2)); ok {
			require.Equal(t, n/2, what)
			kept++
		}
	}
	require.Greater(t, kept, most/2)
	require.Len(t, m.slots, 2*most)
}

// TestRecentIsQuickWhateverIsKept keeps keys that all belong to one place.
func TestRecentIsQuickWhateverIsKept(t *testing.T) {
	var m recent[brief, int]
	alike := func(n int) brief { // one of the two that are multiplied is zero
		return brief{head: uint64(n), tail: mixedLast - 1, n: 16, kind: 1, marks: isBrief}
	}
	for n := range mostBriefs {
		b := alike(n)
		m.keep(b, n)
		what, ok := m.find(b)
		require.True(t, ok)
		require.Equal(t, n, what)
	}
	_, ok := m.find(alike(-1))
	require.False(t, ok)
}

// TestWhatToldOfANameCountsInAnyOrder notes a name that its form gave away and that its
// surroundings told, in both orders.
func TestWhatToldOfANameCountsInAnyOrder(t *testing.T) {
	for _, name := range []string{"bergen.nord.no", "bergen.nordbank.example"} {
		for _, rules := range []string{"fqdn host", "host fqdn", "fqdn fqdn host", "email host"} {
			f := newFindings()
			for rule := range strings.FieldsSeq(rules) {
				f.note(&detect.Finding{End: len(name), Kind: pseudonym.FQDN, Value: name, Rule: rule, Learn: true}, []byte(name))
			}
			require.Equal(t, map[value]uint8{{pseudonym.FQDN, name}: isLearnt | isTold}, f.values, rules)
		}
	}
}
