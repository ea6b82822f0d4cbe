package screens_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"darksite/training/exam"
	"darksite/training/exam/screens"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

var _ exam.Screener = screens.Screens{}

// A record of years ago is marked by what its screens showed then: a picture that has
// changed here is a new screen under a new name.
func TestTheSameNameAndSeedAreTheSamePictureForGood(t *testing.T) {
	for _, name := range screens.Names() {
		t.Run(name, func(t *testing.T) {
			text, answer, ok := screens.Screens{}.Screen(name, 20261123)
			require.True(t, ok)
			got := text.EN + "\n\n" + text.FR + "\n\n= " + answer + "\n"
			file := filepath.Join("testdata", name+".txt")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestEachPictureShowsOneAnswerThatCanBeTyped(t *testing.T) {
	for _, name := range screens.Names() {
		answers := map[string]bool{}
		for seed := range uint64(300) {
			text, answer, ok := screens.Screens{}.Screen(name, seed)
			require.True(t, ok)
			require.NotEmpty(t, answer, "%s with seed %d", name, seed)
			require.Len(t, strings.Fields(answer), 1, "%s with seed %d: a word is typed, and no more", name, seed)
			for _, picture := range []string{text.EN, text.FR} {
				require.Contains(t, picture, answer, "%s with seed %d", name, seed)
				for line := range strings.Lines(picture) {
					// What is signed or printed is shown as it is, digests and all.
					require.True(t, name == "statement" || name == "cover" || utf8.RuneCountInString(strings.TrimRight(line, "\n")) <= 80, "%s with seed %d: %q is wider than 80", name, seed, line)
				}
			}
			answers[answer] = true
		}
		require.Greater(t, len(answers), 1, "%s has one answer that everybody learns", name)
	}
}

func TestNobodyMakesAScreenOfAnotherName(t *testing.T) {
	_, _, ok := screens.Screens{}.Screen("weather", 1)
	require.False(t, ok)
}

// The reader must be able to tell: exactly one thing on the screen fits the question.
func TestEachScreenHasOneThingThatFits(t *testing.T) {
	for _, tt := range []struct{ name, mark string }{
		{"status-unknown", "UNKN"}, {"drives", "failed"}, {"run-log", "unknown"}, {"case-list", "customer"}, {"findings", "new "}, {"readback", "FAILED"}, {"dry-run", "none"}, {"review", "(1 of 1)"}, {"cover", "size/taille"},
	} {
		for seed := range uint64(300) {
			text, answer, _ := screens.Screens{}.Screen(tt.name, seed)
			var fit []string
			for line := range strings.Lines(text.EN) {
				if strings.Contains(line, tt.mark) {
					fit = append(fit, line)
				}
			}
			require.Len(t, fit, 1, "%s with seed %d", tt.name, seed)
			require.Contains(t, fit[0], answer, "%s with seed %d", tt.name, seed)
		}
	}
}
