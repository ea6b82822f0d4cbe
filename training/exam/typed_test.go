package exam_test

import (
	"strings"
	"testing"

	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

// What stands on the screen as the right answer can be typed and is right.
func TestTheRightAnswerCanBeTyped(t *testing.T) {
	b := loadBank(t)
	form, err := exam.Draw(b, exam.Of(certificate.Officer), 7, nil)
	require.NoError(t, err)
	met := map[exam.Kind]bool{}
	for _, q := range form.Questions {
		met[q.Kind] = true
		_, want, _ := screens{}.Screen(q.Item.Screen, form.ScreenSeed(q))
		words := q.Words(exam.Right(q.Item, want))
		for _, typed := range []string{words, "  " + strings.ReplaceAll(words, " ", "  ")} {
			a, err := q.Typed(typed)
			require.NoError(t, err, "%s %q", q.ID, typed)
			right, err := form.Mark(q, a, screens{})
			require.NoError(t, err)
			require.True(t, right, "%s %q", q.ID, typed)
			require.Equal(t, words, q.Words(a))
		}
		if q.Kind == exam.Multi || q.Kind == exam.Order {
			a, err := q.Typed(strings.ToUpper(strings.ReplaceAll(words, " ", "")))
			require.NoError(t, err)
			require.Equal(t, words, q.Words(a))
		}
	}
	require.Len(t, met, len(exam.Kinds()), "a form of the test bank has all kinds")
}

func TestWhatIsNoAnswerIsAskedAgain(t *testing.T) {
	b := loadBank(t)
	form, err := exam.Draw(b, exam.Of(certificate.Officer), 7, nil)
	require.NoError(t, err)
	rubbish := map[exam.Kind][]string{
		exam.Single:  {"", "z", "ab", "1", "é", "a b"},
		exam.Multi:   {" , ", "aa", "z", "a-b"},
		exam.Order:   {"a", "aab", "abz"},
		exam.Match:   {"a", "a9", "a1", "a1 a2 b3", "é1", "1a"},
		exam.Numeric: {"two", "1 2 3", ""},
		exam.Screen:  {""},
	}
	for _, q := range form.Questions {
		for _, line := range rubbish[q.Kind] {
			_, err := q.Typed(line)
			require.ErrorIs(t, err, exam.ErrTyped, "%s %q", q.ID, line)
		}
	}
}

func FuzzTyped(f *testing.F) {
	form, err := exam.Draw(loadBank(f), exam.Of(certificate.Officer), 7, nil)
	require.NoError(f, err)
	f.Add("a b")
	f.Add("a1 b2 c3")
	f.Add("2 people")
	f.Fuzz(func(t *testing.T, line string) {
		for _, q := range form.Questions {
			a, err := q.Typed(line)
			if err != nil {
				continue
			}
			_, err = form.Mark(q, a, screens{})
			require.NoError(t, err, "what is taken can be marked")
		}
	})
}
