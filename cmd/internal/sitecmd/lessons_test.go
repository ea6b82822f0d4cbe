package sitecmd

import (
	"strings"
	"testing"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/cli/clitest"
	"darksite/cmd/internal/sitecmd/site"
	runbookcontent "darksite/runbooks/content"
	lessons "darksite/training/course"
	"darksite/training/course/content"
	labcontent "darksite/training/labs/content"

	"github.com/stretchr/testify/require"
)

// What a lesson tells a learner to type is understood.
func TestLessonsTeachCommandsThatAreThere(t *testing.T) {
	books, err := runbookcontent.Library()
	require.NoError(t, err)
	labs, err := labcontent.Library()
	require.NoError(t, err)
	met := 0
	_, err = content.Course(lessons.Limits{
		Runbook: func(id string) bool { _, ok := books.Get(id); return ok },
		Lab:     func(id string) bool { _, ok := labs.Get(id); return ok },
		Command: func(line string) bool {
			rest, ours := strings.CutPrefix(line, "darksite ")
			if !ours { // casedesk's own tests look at its commands
				return strings.HasPrefix(line, "casedesk ") || strings.HasPrefix(line, "sha256sum ")
			}
			met++
			err := clitest.Understood(root(&site.Site{Env: &cli.Env{}}), rest)
			require.NoError(t, err, line)
			return err == nil
		},
	})
	require.NoError(t, err)
	require.Greater(t, met, 20)
}
