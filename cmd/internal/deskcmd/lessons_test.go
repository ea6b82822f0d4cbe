package deskcmd

import (
	"strings"
	"testing"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/cli/clitest"
	"darksite/training/course"
	"darksite/training/course/content"

	"github.com/stretchr/testify/require"
)

// What a lesson tells an engineer to type is understood.
func TestLessonsTeachCommandsThatAreThere(t *testing.T) {
	met := 0
	_, err := content.Course(course.Limits{
		Runbook: func(string) bool { return true },
		Lab:     func(string) bool { return true },
		Command: func(line string) bool {
			rest, ours := strings.CutPrefix(line, "casedesk ")
			if ours {
				met++
				require.NoError(t, clitest.Understood((&app{env: &cli.Env{}}).root(), rest), line)
			}
			return true
		},
	})
	require.NoError(t, err)
	require.Greater(t, met, 6)
}
