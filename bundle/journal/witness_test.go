package journal_test

import (
	"testing"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

func TestWitnessesNameWhatBecameOfTheJournal(t *testing.T) {
	dir, o, marks := filled(t, 9)
	log, err := journal.View(dir, o)
	require.NoError(t, err)
	seen := func(n int) journal.Witness { return journal.Witness{Name: "cover", Mark: marks[n]} }
	later := journal.Witness{Name: "receipt", Mark: bundle.JournalMark{Size: 40, Root: marks[3].Root}}
	changed := journal.Witness{Name: "label", Mark: bundle.JournalMark{Size: marks[5].Size, Root: marks[4].Root}}

	for name, c := range map[string]struct {
		in   []journal.Witness
		want []journal.Verdict
	}{
		"nobody":                       {nil, []journal.Verdict{}},
		"all agree, in any order":      {[]journal.Witness{seen(8), seen(2)}, []journal.Verdict{journal.Agrees, journal.Agrees}},
		"the end was cut off":          {[]journal.Witness{later, seen(2)}, []journal.Verdict{journal.Agrees, journal.Truncated}},
		"written anew after a witness": {[]journal.Witness{changed, seen(2)}, []journal.Verdict{journal.Agrees, journal.Forked}},
		"written anew from the start":  {[]journal.Witness{changed}, []journal.Verdict{journal.Rewritten}},
		"two witnesses of one size":    {[]journal.Witness{changed, seen(5)}, []journal.Verdict{journal.Rewritten, journal.Agrees}},
	} {
		t.Run(name, func(t *testing.T) {
			got := []journal.Verdict{}
			for _, one := range log.Hear(c.in) {
				got = append(got, one.Verdict)
				require.NotEmpty(t, one.Why)
			}
			require.Equal(t, c.want, got)
		})
	}
	require.NoError(t, log.Holds(marks[4]))
	require.ErrorIs(t, log.Holds(changed.Mark), journal.ErrTampered)
	require.ErrorIs(t, log.Holds(later.Mark), journal.ErrTampered)
}

func TestTheNewestCheckpointIsCarriedOut(t *testing.T) {
	dir := t.TempDir()
	o := journal.Options{Origin: "S042", Signer: newKey(t)}
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, j.Close()) }()
	_, _, err = j.Newest()
	require.ErrorContains(t, err, "none was signed yet")
	for i := range 12 {
		_, err = j.Append(t.Context(), entry(i))
		require.NoError(t, err)
		if i%5 == 0 {
			_, err = j.Checkpoint(t.Context())
			require.NoError(t, err)
		}
	}
	text, sig, err := j.Newest()
	require.NoError(t, err)
	require.NoError(t, sign.Verify(sign.Journal, text, sig, o.Signer.Public()))
	cp, err := journal.ParseCheckpoint(text)
	require.NoError(t, err)
	require.Equal(t, int64(11), cp.Size)
}
