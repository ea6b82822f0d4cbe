package words_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/words"

	"github.com/stretchr/testify/require"
)

var languages = []words.Language{words.English, words.French}

func TestRoundTrip(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, lang := range languages {
		for chunk := range slices.Chunk(all, words.MaxBytes) {
			said, err := words.Spell(lang, chunk)
			require.NoError(t, err)
			require.Len(t, said, len(chunk)+1)
			got, err := words.Parse(lang, strings.Join(said, " "))
			require.NoError(t, err)
			require.Equal(t, chunk, got)

			short := make([]string, len(said))
			for i, w := range said {
				short[i] = strings.ToUpper(w[:4])
			}
			got, err = words.Parse(lang, strings.Join(short, "\n "))
			require.NoError(t, err, "the first four letters, in capitals, are enough")
			require.Equal(t, chunk, got)
		}
	}
}

// The words of a byte may never change: papers in safes carry them.
func TestWordsNeverChange(t *testing.T) {
	d := bundle.DigestOf([]byte("darksite"))
	en, err := words.Digest(words.English, d)
	require.NoError(t, err)
	fr, err := words.Digest(words.French, d)
	require.NoError(t, err)
	require.Equal(t, wantEnglish, strings.Join(en, " "))
	require.Equal(t, wantFrench, strings.Join(fr, " "))
	require.NoError(t, words.Matches(words.English, wantEnglish, d))
	require.NoError(t, words.Matches(words.French, wantFrench, d))
	require.ErrorIs(t, words.Matches(words.French, wantFrench, bundle.DigestOf(nil)), words.ErrMisheard)
	require.Equal(t, bundle.Digest("4ff35a329fb3307f2de3a0b7e0cc3b36eb06603e35fd330132c3c20e96986151"),
		bundle.DigestOf([]byte(strings.Join(list(t, "english.txt"), "\n")+"\n"+strings.Join(list(t, "french.txt"), "\n")+"\n")))
}

const (
	wantEnglish = "orchid sultan pelican almond peanut elder meadow ukulele copper syrup victory glacier geyser glacier cobalt dolphin broom"
	wantFrench  = "notaire sapin oeillet acier objet cymbale losange souris chaise secret tisane falaise essence falaise calcul corbeau azur"
)

func list(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return strings.Fields(string(b))
}

func TestListsAreFitForTheTelephone(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"english.txt", "french.txt"} {
		l := list(t, name)
		require.Len(t, l, 256)
		require.True(t, slices.IsSorted(l))
		for i, w := range l {
			require.Regexp(t, `^[a-z]{4,8}$`, w)
			require.NotContains(t, seen, w, "a word stands on one list only")
			seen[w] = name
			for _, v := range l[:i] {
				require.NotEqual(t, v[:4], w[:4])
				require.GreaterOrEqual(t, distance(v, w), 3, "%s and %s sound alike", v, w)
			}
		}
	}
}

// distance is the number of letters to insert, delete or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func TestMisheardIsNoticed(t *testing.T) {
	said, err := words.Digest(words.English, bundle.DigestOf([]byte("x")))
	require.NoError(t, err)
	l := list(t, "english.txt")

	missed, tried := 0, 0
	check := func(s []string) {
		tried++
		if _, err := words.Parse(words.English, strings.Join(s, " ")); err == nil {
			missed++
		} else {
			require.ErrorIs(t, err, words.ErrMisheard)
		}
	}
	for i := range said {
		for _, other := range l {
			if other != said[i] {
				s := slices.Clone(said)
				s[i] = other
				check(s)
			}
		}
		if i > 0 && said[i] != said[i-1] {
			s := slices.Clone(said)
			s[i], s[i-1] = s[i-1], s[i]
			check(s)
		}
		check(slices.Delete(slices.Clone(said), i, i+1))
	}
	require.Less(t, float64(missed)/float64(tried), 2.0/256, "one word wrong is noticed 255 times in 256")

	for name, text := range map[string]string{
		"nothing":          "",
		"one word":         "acorn",
		"unknown word":     "acorn xylograph",
		"three letters":    "aco acorn",
		"beyond the word":  "acorns acorn",
		"the other list":   "abeille abricot",
		"too many":         strings.Repeat("acorn ", 34),
		"last of the list": "zzzz zzzz",
	} {
		_, err := words.Parse(words.English, text)
		require.ErrorIs(t, err, words.ErrMisheard, name)
	}
}

func TestRefusals(t *testing.T) {
	_, err := words.Spell(words.English, nil)
	require.ErrorContains(t, err, "0 bytes")
	_, err = words.Spell(words.English, make([]byte, 33))
	require.ErrorContains(t, err, "33 bytes")
	_, err = words.Spell("de", []byte{1})
	require.ErrorContains(t, err, `word list "de"`)
	_, err = words.Parse("", "acorn agent")
	require.Error(t, err)
	_, err = words.Digest(words.English, "ABC")
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add("acorn agent album", true)
	f.Add("abeille abricot accord acier", false)
	f.Add("ACOR\tagen", true)
	f.Fuzz(func(t *testing.T, text string, en bool) {
		lang := words.French
		if en {
			lang = words.English
		}
		b, err := words.Parse(lang, text)
		if err != nil {
			return
		}
		said, err := words.Spell(lang, b)
		require.NoError(t, err)
		again, err := words.Parse(lang, strings.Join(said, " "))
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, again))
		for i, w := range strings.Fields(strings.ToLower(text)) {
			require.True(t, strings.HasPrefix(said[i], w))
		}
	})
}

func TestRowsAreWhatPeopleCompare(t *testing.T) {
	digest := bundle.DigestOf([]byte("a key"))
	spelled, err := words.Digest(words.English, digest)
	require.NoError(t, err)
	rows := words.Rows(string(digest), spelled)
	require.Len(t, rows, 5)
	for _, row := range rows {
		require.LessOrEqual(t, len(row), 76)
	}
	joined := strings.Join(rows, " ")
	require.Contains(t, strings.ReplaceAll(joined[:strings.Index(joined, "words")], " ", ""), string(digest)[:32])
	require.Equal(t, spelled, strings.Fields(joined[strings.Index(joined, "words")+5:]))
	require.Len(t, words.Rows(string(digest), nil), 2)
}

func TestACheckWordNeedsNoCapitalsBlanksOrMarks(t *testing.T) {
	for _, lang := range languages {
		want, err := words.Check(lang, "alert: drive CH0.BAY7 is failed, 2 left")
		require.NoError(t, err)
		same, err := words.Check(lang, "ALERT Drive ch0 bay7   is failed 2 left")
		require.NoError(t, err)
		require.Equal(t, want, same)
		other, err := words.Check(lang, "alert: drive CH0.BAY9 is failed, 2 left")
		require.NoError(t, err)
		require.NotEqual(t, want, other)
	}
	_, err := words.Check("xx", "a")
	require.Error(t, err)
}
