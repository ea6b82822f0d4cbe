package exam_test

import (
	"slices"
	"testing"

	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

func ids(f exam.Form) (out []string) {
	for _, q := range f.Questions {
		out = append(out, q.ID)
	}
	return out
}

// A thousand candidates, each of whom sits twice.
func TestFormsKeepToTheBlueprint(t *testing.T) {
	b, p := loadBank(t), exam.Of(certificate.Officer)
	met := map[string]int{}
	for seed := range uint64(1000) {
		first, err := exam.Draw(b, p, seed, nil)
		require.NoError(t, err)
		second, err := exam.Draw(b, p, seed+5000, ids(first))
		require.NoError(t, err)
		for _, f := range []exam.Form{first, second} {
			byObjective := map[string]int{}
			for _, q := range f.Questions {
				byObjective[q.Objective]++
				met[q.ID]++
			}
			require.Len(t, slices.Compact(slices.Sorted(slices.Values(ids(f)))), p.Items(), "no item stands twice")
			for _, part := range p.Parts {
				require.Equal(t, part.Items, byObjective[part.Objective])
			}
		}
		again := 0
		for _, id := range ids(second) {
			if slices.Contains(ids(first), id) {
				again++
			}
		}
		require.LessOrEqual(t, again, 6, "three in ten of 20")
	}
	for _, it := range b.Items() {
		require.Greater(t, met[it.ID], 300, "%s is hardly ever asked", it.ID)
	}
}

func TestTheSameSeedGivesTheSameForm(t *testing.T) {
	b, p := loadBank(t), exam.Of(certificate.Officer)
	one, err := exam.Draw(b, p, 42, []string{"s1-order-0"})
	require.NoError(t, err)
	two, err := exam.Draw(loadBank(t), p, 42, []string{"s1-order-0"})
	require.NoError(t, err)
	require.Equal(t, ids(one), ids(two))
	for i := range one.Questions {
		require.Equal(t, one.Questions[i].Shown, two.Questions[i].Shown)
		require.Equal(t, one.ScreenSeed(one.Questions[i]), two.ScreenSeed(two.Questions[i]))
	}
	other, err := exam.Draw(b, p, 43, nil)
	require.NoError(t, err)
	require.NotEqual(t, ids(one), ids(other))
	// A form must be made again years later: this one is written down here.
	require.Equal(t, []string{"s3-multi-1", "s4-match-1", "s1-match-2"}, ids(one)[:3])
}

func TestOptionsStandInEachOrder(t *testing.T) {
	b, p := loadBank(t), exam.Of(certificate.Officer)
	first := map[string]int{}
	for seed := range uint64(600) {
		f, err := exam.Draw(b, p, seed, nil)
		require.NoError(t, err)
		for _, q := range f.Questions {
			if q.Kind == exam.Single {
				first[q.Shown[0].ID]++
			}
		}
	}
	all := first["red"] + first["green"] + first["blue"]
	for id, n := range first {
		require.InDelta(t, 1.0/3, float64(n)/float64(all), 0.06, id)
	}
}

func TestABankThatIsTooSmallIsSaid(t *testing.T) {
	_, err := exam.Draw(loadBank(t), exam.Of(certificate.Admin), 1, nil)
	require.ErrorContains(t, err, "objective a0: 2 items are wanted and 0 are left")
}
