package course_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/training/course"

	"github.com/stretchr/testify/require"
)

var printDay = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func pdf(t *testing.T, l runbooks.Lang) (lessons []*course.Lesson, printed []byte) {
	t.Helper()
	c, err := course.Load(files("a0", "a1", "s1", "t1"), limits())
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, course.PDF(&file, c.Lessons(""), l, printDay, "test"))
	return c.Lessons(""), file.Bytes()
}

func TestTheSameLessonsAreTheSamePDF(t *testing.T) {
	_, one := pdf(t, runbooks.French)
	_, two := pdf(t, runbooks.French)
	require.True(t, bytes.HasPrefix(one, []byte("%PDF-")))
	require.Equal(t, one, two)
}

// A stock reader finds title, objective, words, commands, questions and answers.
func TestAStockReaderReadsThePDF(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed")
	}
	for _, l := range runbooks.Languages() {
		lessons, printed := pdf(t, l)
		cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-enc", "UTF-8", "-", "-")
		cmd.Stdin = bytes.NewReader(printed)
		out, err := cmd.Output()
		require.NoError(t, err)
		words := strings.Join(strings.Fields(string(out)), " ")
		for _, lesson := range lessons {
			for _, want := range []string{lesson.Title.In(l), lesson.Objective.In(l), lesson.Frames[0].Text.In(l), "darksite status"} {
				require.Contains(t, words, want)
			}
			for _, q := range lesson.Printed(l) {
				require.Contains(t, words, q.Stem)
				require.Contains(t, words, q.Answer+". "+q.Why)
			}
			require.Contains(t, words, strings.ToUpper(lesson.ID)+" "+lesson.Title.In(l))
		}
	}
}
