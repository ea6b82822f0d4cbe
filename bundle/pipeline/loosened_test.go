package pipeline_test

import (
	"os"
	"testing"

	"darksite/bundle/bundletest"
	"darksite/bundle/pipeline"

	"github.com/stretchr/testify/require"
)

// TestALooseningTakesTwoOfficers lets one officer release alone at a site whose
// policy lets words through.
func TestALooseningTakesTwoOfficers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keeps []string
		want  pipeline.State
	}{
		"a policy that only hides":                              {nil, pipeline.Approved},
		"a word is let through":                                 {[]string{"kernel"}, pipeline.Approved1},
		"a word that is hidden all the same is not let through": {[]string{canary}, pipeline.Approved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.trust.Roster.Approvals = 1
			s.gate.keeps = c.keeps
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			require.NoError(t, s.approve(id, bundletest.OfficerA))
			require.Equal(t, c.want, s.state(id))
			report, err := os.ReadFile(s.frozen(id, pipeline.ReportPath))
			require.NoError(t, err)
			require.NotContains(t, string(report), canary)
			if c.want == pipeline.Approved {
				return
			}
			require.Error(t, s.p.Seal(t.Context(), id, bundletest.OfficerA))
			sum := s.review(id, bundletest.OfficerB)
			require.Len(t, sum.Loosened, 1)
			require.Equal(t, "kernel", sum.Loosened[0].What)
			require.EqualValues(t, 1, sum.Loosened[0].Count, "the report of the redaction is not counted")
			look, err := s.p.Look(id)
			require.NoError(t, err)
			require.NoError(t, look.Close())
			require.Equal(t, []string{"kernel"}, look.Loosened)
			require.NoError(t, s.approve(id, bundletest.OfficerB))
			require.Equal(t, pipeline.Approved, s.state(id))
			require.NoError(t, s.p.Seal(t.Context(), id, bundletest.OfficerB))
		})
	}
}

// TestAnotherContentOfThePolicyVoids changes what a policy says and neither its name
// nor its version.
func TestAnotherContentOfThePolicyVoids(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.approved()
	s.policy.SHA256 = s.rules.SHA256
	err := s.p.Seal(t.Context(), id, bundletest.OfficerB)
	require.ErrorIs(t, err, pipeline.ErrInvalidated)
	require.ErrorContains(t, err, "or the word list was changed since")
	require.Equal(t, pipeline.Invalidated, s.state(id))
}
