package journal_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"darksite/bundle"
	"darksite/bundle/journal"

	"github.com/stretchr/testify/require"
)

// Random life of a journal against a plain list: appends, checkpoints, closing
// and opening, torn ends and their repair. At the end every entry is there in
// order, and every mark ever given out still holds.
func TestRandomLifeAgainstAModel(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		dir := filepath.Join(t.TempDir(), "journal")
		o := journal.Options{Origin: "S042", Signer: newKey(t)}
		j, err := journal.Open(dir, o)
		require.NoError(t, err)
		var model []journal.Entry
		marks := []bundle.JournalMark{j.Mark()}
		checkpoints := make(map[int64]bool)
		note := func(e journal.Entry) {
			e.Seq = int64(len(model) + 1)
			model = append(model, e)
		}
		for step := range 60 {
			switch r.IntN(8) {
			case 0:
				if len(model) > 0 {
					cp, err := j.Checkpoint(t.Context())
					require.NoError(t, err)
					checkpoints[cp.Size] = true
				}
			case 1:
				require.NoError(t, j.Close())
				j, err = journal.Open(dir, o)
				require.NoError(t, err)
			case 2: // a crash in the middle of an append
				require.NoError(t, j.Close())
				e := entry(step)
				e.Seq = int64(len(model) + 1)
				line, err := e.Encode()
				require.NoError(t, err)
				f, err := os.OpenFile(logPath(dir), os.O_APPEND|os.O_WRONLY, 0)
				require.NoError(t, err)
				_, err = f.Write(line[:1+r.IntN(len(line)-1)])
				require.NoError(t, err)
				require.NoError(t, f.Close())
				_, err = journal.Open(dir, o)
				require.ErrorIs(t, err, journal.ErrTorn)
				_, err = journal.Repair(t.Context(), dir, o, "mdurand", clock)
				require.NoError(t, err)
				j, err = journal.Open(dir, o)
				require.NoError(t, err)
				note(journal.Entry{Action: journal.ActionRepaired})
			default:
				e := entry(step)
				_, err := j.Append(t.Context(), e)
				require.NoError(t, err)
				note(e)
			}
			marks = append(marks, j.Mark())
			require.Equal(t, int64(len(model)), j.Mark().Size)
		}
		report, err := j.Verify(t.Context(), marks...)
		require.NoError(t, err)
		require.Equal(t, len(checkpoints), report.Checkpoints)
		require.Equal(t, len(marks), report.Marks)
		var got []journal.Entry
		for e, err := range j.Entries(t.Context(), 1) {
			require.NoError(t, err)
			if e.Action == journal.ActionRepaired {
				e = journal.Entry{Seq: e.Seq, Action: e.Action}
			}
			got = append(got, e)
		}
		require.True(t, slices.EqualFunc(model, got, func(a, b journal.Entry) bool {
			return a.Seq == b.Seq && a.Action == b.Action && a.Details["n"] == b.Details["n"]
		}))
		require.NoError(t, j.Close())

		// A mark of another life of the same journal is not accepted.
		other := filepath.Join(t.TempDir(), "other")
		k, err := journal.Open(other, o)
		require.NoError(t, err)
		_, err = k.Append(t.Context(), entry(999))
		require.NoError(t, err)
		v, err := journal.View(dir, o)
		require.NoError(t, err)
		_, err = v.Verify(t.Context(), k.Mark())
		require.ErrorIs(t, err, journal.ErrTampered)
		require.NoError(t, k.Close())
	}
}

func TestMissingPiecesAreNamed(t *testing.T) {
	dir, o, _ := filled(t, 4)
	v, err := journal.View(dir, o)
	require.NoError(t, err)
	require.NoError(t, os.Remove(logPath(dir)))
	r, err := v.Verify(t.Context())
	require.ErrorIs(t, err, journal.ErrTampered)
	require.Contains(t, r.Problems[0], "log.jsonl is gone")
	for _, err := range v.Entries(t.Context(), 1) {
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	_, err = journal.View(dir, o)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = journal.View(dir, journal.Options{})
	require.ErrorContains(t, err, "origin")

	_, err = journal.Open(dir, o)
	require.ErrorIs(t, err, journal.ErrTampered, "an empty log under old checkpoints is not a new journal")

	j, err := journal.Open(t.TempDir(), journal.Options{Origin: "S042"})
	require.NoError(t, err)
	defer j.Close()
	_, err = j.Append(t.Context(), entry(0))
	require.NoError(t, err)
	_, err = j.Checkpoint(t.Context())
	require.ErrorContains(t, err, "key is not at hand")
	require.ErrorIs(t, journal.Proof{Seq: 1, Mark: bundle.JournalMark{Size: 1}}.Check(nil), journal.ErrTampered)
}
