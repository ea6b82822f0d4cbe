package train

import (
	"testing"

	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

func TestAnExaminationWithoutItsLabsIsNotBegun(t *testing.T) {
	require.NoError(t, haveLabs(exam.Of(certificate.Admin)))
	for _, track := range certificate.Tracks() {
		require.NoError(t, haveLabs(exam.Renewal(track)), track)
	}
	plan := exam.Of(certificate.Admin)
	plan.Labs = append(plan.Labs, "swim")
	require.ErrorContains(t, haveLabs(plan), "this kit has no lab of kind swim for track admin")
}

func TestEachMissingKindOfLabIsNamed(t *testing.T) {
	next := labsToDo([]exam.LabKind{exam.BundleLab, "swim"}, "admin", "mdurand")
	require.Equal(t, []string{"darksite train lab start l10 --as mdurand", "darksite train lab list --track admin"}, next)
	require.Contains(t, labsToDo([]exam.LabKind{exam.EasyLab}, "admin", "mdurand")[0], "darksite train lab start l1 --as mdurand   (or l")
}
