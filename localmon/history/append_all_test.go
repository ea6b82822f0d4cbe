package history_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// Batches that are stored together read like batches that were stored one by
// one; those of a transaction that failed were never there.
func TestAppendAllAgainstAModel(t *testing.T) {
	full, failing := errors.New("disk full"), false
	path := filepath.Join(t.TempDir(), "history.db")
	o := history.WithHook(history.Options{NoSync: true}, func(point string) error {
		if failing && (point == "append all" || point == "append") {
			return full
		}
		return nil
	})
	db, err := history.Open(path, o)
	require.NoError(t, err)
	db.SetLimits(60, 3)
	r := rand.New(rand.NewPCG(17, 3))
	m, worlds := model{}, []*world{newWorld(1, "fa-1", 300), newWorld(2, "kit", 20)}
	for n := range 120 {
		var batches []localmon.Batch
		for range r.IntN(12) {
			b := worlds[r.IntN(len(worlds))].batch(0.05)
			if r.IntN(4) == 0 && len(b.Samples) > 0 {
				b.Units = map[string]localmon.Unit{b.Samples[0].Key.Metric: "parsecs"}
			}
			batches = append(batches, b)
		}
		if failing = r.IntN(3) == 0; failing {
			require.ErrorIs(t, db.AppendAll(t.Context(), batches), full)
			units := unitsOf(t, db)
			bad := append(batches, localmon.Batch{Target: "kit", Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: "other"}}}})
			failing = false
			require.Error(t, db.AppendAll(t.Context(), bad))
			require.Equal(t, units, unitsOf(t, db))
		}
		if n%2 == 0 {
			require.NoError(t, db.AppendAll(t.Context(), batches))
		} else { // both kinds follow each other
			for _, b := range batches {
				_, err := db.Append(t.Context(), b)
				require.NoError(t, err)
			}
		}
		for _, b := range batches {
			m.append(b)
		}
		if n%10 == 0 {
			_, err := db.Maintain(t.Context(), worlds[0].at)
			require.NoError(t, err)
		}
		if n%40 == 39 {
			requireAgreement(t, r, m, db)
			require.NoError(t, db.Close())
			db, err = history.Open(path, o)
			require.NoError(t, err)
			db.SetLimits(60, 3)
		}
	}
	requireAgreement(t, r, m, db)
	found, err := db.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, db.Close())
}

func TestAppendAllRefuses(t *testing.T) {
	db, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.AppendAll(t.Context(), nil))
	require.ErrorContains(t, db.AppendAll(t.Context(), []localmon.Batch{{Target: "a"}, {Target: ""}}), "is no name of a target")
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, db.AppendAll(ended, []localmon.Batch{{Target: "a"}}), context.Canceled)
	st, err := db.Stats(t.Context())
	require.NoError(t, err)
	require.Empty(t, st.Targets)
	require.Zero(t, st.LastSeq)
}
