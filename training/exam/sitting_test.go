package exam_test

import (
	"testing"
	"time"

	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

// begun is an examination of which only the head is written.
func begun(t *testing.T, b *exam.Bank) exam.Record {
	t.Helper()
	r := sat(t, b, newKey(t).Public(), newKey(t).Public())
	r.Events = nil
	return r
}

func TestASittingIsItsRecord(t *testing.T) {
	b := loadBank(t)
	s, err := exam.Sit(begun(t, b), b, screens{})
	require.NoError(t, err)
	require.Error(t, s.Answer(began, s.Form().Questions[0].ID, "red"), "before it is open")
	require.NoError(t, s.Open(began.Add(300*time.Millisecond)))
	require.Equal(t, 110*time.Minute, s.Left(began))

	now := began
	for i, q := range s.Form().Questions {
		now = now.Add(time.Minute)
		require.NoError(t, s.Answer(now, q.ID, exam.Answer(" "+rightAnswer(s.Form(), q)+"\t")))
		if i%5 != 0 {
			continue
		}
		// The process ends and another goes on from what was written down.
		text, err := s.Record().Encode()
		require.NoError(t, err)
		r, err := exam.ParseRecord(text)
		require.NoError(t, err)
		s, err = exam.Sit(r, b, screens{})
		require.NoError(t, err)
		now = now.Add(30 * time.Second)
		require.NoError(t, s.Back(now))
	}
	require.Equal(t, 20, s.Answered())
	for _, q := range s.Form().Questions {
		given, ok := s.Given(q.ID)
		require.True(t, ok)
		if q.Kind == exam.Screen { // an array on a screen may be called as one of the site
			require.NotContains(t, string(given), rightAnswer(s.Form(), q))
			require.Equal(t, "...", q.Words(given))
			continue
		}
		require.Equal(t, rightAnswer(s.Form(), q), string(given))
	}
	for _, l := range clean() {
		require.NoError(t, s.Lab(began.Add(65*time.Minute), l))
	}
	require.NoError(t, s.Note(began.Add(66*time.Minute), "all in order"))
	require.False(t, s.Closed())
	require.NoError(t, s.Close(began.Add(5*time.Hour)), "the supervisor may come late")
	require.True(t, s.Closed())

	out, err := s.Record().Replay(b, screens{})
	require.NoError(t, err)
	require.True(t, out.Result.Passed, "%v", out.Result.Lacks)
	require.Equal(t, 120, out.Away)
	require.Equal(t, out, s.Outcome())
	require.Len(t, s.Labs(), len(exam.Of(certificate.Officer).Labs))
}

func TestTimeIsHeld(t *testing.T) {
	b := loadBank(t)
	s, err := exam.Sit(begun(t, b), b, screens{})
	require.NoError(t, err)
	require.NoError(t, s.Open(began))
	q := s.Form().Questions[0]
	right := exam.Answer(rightAnswer(s.Form(), q))
	require.NoError(t, s.Answer(began.Add(110*time.Minute), q.ID, right))
	require.ErrorIs(t, s.Answer(began.Add(110*time.Minute+time.Second), q.ID, right), exam.ErrTimeUp)

	// Who sets the clock back gets no time by it.
	require.Zero(t, s.Left(began.Add(time.Minute)))
	require.NoError(t, s.Back(began.Add(time.Minute)))
	last := s.Record().Events[len(s.Record().Events)-1]
	require.Equal(t, exam.Event{At: began.Add(110 * time.Minute), What: exam.Noted, Rest: "the clock was set back by at least 1h49m0s"}, last)
	require.Zero(t, s.Outcome().Away)
}

func TestWhatCannotBeWrittenIsNotTaken(t *testing.T) {
	b := loadBank(t)
	s, err := exam.Sit(begun(t, b), b, screens{})
	require.NoError(t, err)
	require.NoError(t, s.Open(began))
	for _, answer := range []exam.Answer{"", "nothing of it", "\x1b[2J", "a\nb"} {
		for _, q := range s.Form().Questions {
			if q.Kind != exam.Screen { // any word may stand on a screen
				require.Error(t, s.Answer(began, q.ID, answer), "%s %q", q.ID, answer)
			}
		}
	}
	require.Len(t, s.Record().Events, 1)
	require.ErrorContains(t, s.Note(began, "a\x1b"), "cannot be shown")

	q := s.Form().Questions[0]
	right := exam.Answer(rightAnswer(s.Form(), q))
	for len(s.Record().Events) < exam.MaxEvents {
		require.NoError(t, s.Answer(began, q.ID, right))
	}
	require.ErrorContains(t, s.Answer(began, q.ID, right), "no further change")
	for _, l := range clean() {
		require.NoError(t, s.Lab(began.Add(time.Hour), l))
	}
	require.NoError(t, s.Close(began.Add(time.Hour)))
	_, err = s.Record().Encode()
	require.NoError(t, err, "there is room for the end")
	require.Error(t, s.Answer(began, q.ID, right), "it is closed")
}
