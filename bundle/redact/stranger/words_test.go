package stranger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseWords(t *testing.T) {
	w, err := parseWords("alpha 1\nbeta#gamma 4\nnode_exporter 2\n")
	require.NoError(t, err)
	for word, want := range map[string]spread{
		"alpha": rare, "ALPHA": rare, "beta7gamma": everywhere, "Beta1234gamma": everywhere, "node_exporter": some,
		"alph": nowhere, "beta": nowhere, "": nowhere, "betagamma": nowhere,
	} {
		require.Equal(t, want, w.spread([]byte(word)), word)
	}
}

func TestParseWordsRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no spread", "alpha\n", "words.txt:1: want a word"},
		{"a spread out of range", "alpha 1\nbeta 5\n", "words.txt:2: want a word"},
		{"no word", " 1\n", "words.txt:1: want a word"},
		{"a digit that is not folded", "eth0 1\n", `words.txt:1: no folded word holds '0'`},
		{"a capital", "Alpha 1\n", `words.txt:1: no folded word holds 'A'`},
		{"two marks for one run", "eth## 1\n", "words.txt:1: one # stands"},
		{"out of order", "beta 1\nalpha 1\n", `words.txt:2: "alpha" is out of order behind "beta"`},
		{"twice", "alpha 1\nalpha 2\n", `words.txt:2: "alpha" is out of order`},
		{"a carriage return", "alpha 1\r\n", "words.txt:1: want a word"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseWords(c.text)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestShippedWords holds the list of this build against words that must and must not be
// in it.
func TestShippedWords(t *testing.T) {
	w, err := parseWords(wordList)
	require.NoError(t, err)
	for _, word := range strings.Fields("volume controller eth0 sda nvme0n1 vmhba64 multipathd timeout kworker journald initiator ERROR ext4 zfs snapshot") {
		require.Greater(t, w.spread([]byte(word)), nowhere, word)
	}
	for _, word := range strings.Fields("mueller kowalski hannes qxlyon") {
		require.Equal(t, nowhere, w.spread([]byte(word)), word)
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"": "", "eth0": "eth#", "NVMe0n12": "nvme#n#", "2026": "#", "a-B_c.7": "a-b_c.#"} {
		require.Equal(t, want, string(fold(nil, []byte(in))), in)
	}
}

// FuzzWords holds that what parses is found as it was given.
func FuzzWords(f *testing.F) {
	f.Add("alpha 1\nbeta#gamma 4\n")
	f.Add("a 1\nb")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := parseWords(text)
		if err != nil {
			return
		}
		for l := range strings.Lines(text) {
			l = strings.TrimSuffix(l, "\n")
			word, s := l[:len(l)-2], spread(l[len(l)-1]-'0')
			if len(word) <= maxWord {
				require.Equal(t, s, w.spread([]byte(strings.ReplaceAll(word, "#", "7"))), word)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := Load()
		require.NoError(b, err)
	}
}
