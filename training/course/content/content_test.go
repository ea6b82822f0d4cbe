package content_test

import (
	"bytes"
	"testing"

	"darksite/runbooks"
	runbookcontent "darksite/runbooks/content"
	"darksite/training/certificate"
	"darksite/training/course"
	"darksite/training/course/content"
	"darksite/training/exam"
	labcontent "darksite/training/labs/content"

	"github.com/stretchr/testify/require"
)

func load(t *testing.T) *course.Course {
	t.Helper()
	books, err := runbookcontent.Library()
	require.NoError(t, err)
	labs, err := labcontent.Library()
	require.NoError(t, err)
	c, err := content.Course(course.Limits{
		Runbook: func(id string) bool { _, ok := books.Get(id); return ok },
		Lab:     func(id string) bool { _, ok := labs.Get(id); return ok },
	})
	require.NoError(t, err)
	return c
}

// Each objective that an examination asks for has its lesson, and the other way round.
func TestLessonsAndObjectivesAreTheSame(t *testing.T) {
	c := load(t)
	for _, track := range certificate.Tracks() {
		var lessons, objectives []string
		for _, l := range c.Lessons(track) {
			lessons = append(lessons, l.ID)
		}
		for _, p := range exam.Of(track).Parts {
			objectives = append(objectives, p.Objective)
		}
		require.Equal(t, objectives, lessons)
	}
}

func TestTheManualPrintsInBothLanguages(t *testing.T) {
	c := load(t)
	for _, l := range runbooks.Languages() {
		var page bytes.Buffer
		require.NoError(t, course.Manual(&page, c.Lessons(""), l, "test"))
		for _, lesson := range c.Lessons("") {
			require.Contains(t, page.String(), `id="`+lesson.ID+`"`)
		}
	}
}
