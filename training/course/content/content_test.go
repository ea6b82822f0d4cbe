package content_test

import (
	"bytes"
	"strings"
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

// All pictures stand on one page, where a style holds for each of them: so it is the
// same everywhere, stands still for who asks for that, and stands still on paper.
func TestPicturesShareOneStyle(t *testing.T) {
	style := ""
	for _, l := range load(t).Lessons("") {
		for _, f := range l.Frames {
			_, rest, ok := strings.Cut(string(f.SVG), "<style>")
			require.True(t, ok, "%s %s", l.ID, f.File)
			got, _, ok := strings.Cut(rest, "</style>")
			require.True(t, ok, "%s %s", l.ID, f.File)
			if style == "" {
				style = got
			}
			require.Equal(t, style, got, "%s %s", l.ID, f.File)
		}
	}
	require.Contains(t, style, "prefers-reduced-motion: reduce")
	require.Contains(t, style, "@media print")
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
