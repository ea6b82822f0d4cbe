package content_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"darksite/training/course"
	lessons "darksite/training/course/content"
	"darksite/training/labs/content"
)

// Whatever a seed draws, the arrays can be made with their faults, and every hand of the
// lab finds the fault it repairs.
func TestEveryDrawCanBePlayed(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	require.NotEmpty(t, lib.All())
	for _, l := range lib.All() {
		for seed := range uint64(12) {
			drawn, _ := l.Draw(seed)
			arrays, err := drawn.Scenario(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)).Build()
			require.NoError(t, err, "%s seed %d", l.ID, seed)
			faults := map[string]bool{}
			for _, a := range arrays {
				for _, f := range a.Faults() {
					faults[f.ID] = true
				}
			}
			for _, h := range drawn.Hands {
				for _, e := range h.Does {
					require.True(t, e.Clear == "" || faults[e.Clear], "%s %s clears %q", l.ID, h.Verb, e.Clear)
				}
			}
		}
	}
}

// A lab belongs to lessons that are there.
func TestLabsBelongToLessons(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	all, err := lessons.Course(course.Limits{
		Runbook: func(string) bool { return true },
		Lab:     func(id string) bool { _, ok := lib.Get(id); return ok },
	})
	require.NoError(t, err)
	for _, l := range lib.All() {
		for _, id := range l.Lessons {
			_, ok := all.Lesson(id)
			require.True(t, ok, "%s: lesson %s", l.ID, id)
		}
	}
}
