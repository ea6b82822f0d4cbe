package history_test

import (
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

func unitsOf(t *testing.T, db *history.DB) map[string]localmon.Unit {
	t.Helper()
	list, err := db.Series(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	units := map[string]localmon.Unit{}
	for _, s := range list {
		units[s.Key.Series()] = s.Unit
	}
	return units
}

// The unit of a series is what was told last; else what its name says.
func TestUnits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	open := func() *history.DB {
		db, err := history.Open(path, history.Options{NoSync: true})
		require.NoError(t, err)
		return db
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	take := func(db *history.DB, units map[string]localmon.Unit, more ...string) {
		b := localmon.Batch{Target: "kit", At: at, Units: units}
		for _, n := range append([]string{"load", "free_bytes", "up_timestamp_seconds"}, more...) {
			b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: "kit", Metric: n}})
		}
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: "kit", Metric: "load", Labels: `cpu="1"`}})
		_, err := db.Append(t.Context(), b)
		require.NoError(t, err)
		at = at.Add(30 * time.Second)
	}
	db := open()
	take(db, nil)
	want := map[string]localmon.Unit{"load": "", `load{cpu="1"}`: "", "free_bytes": "bytes", "up_timestamp_seconds": "timestamp_seconds"}
	require.Equal(t, want, unitsOf(t, db), "nobody told: the names say")

	take(db, map[string]localmon.Unit{"load": "percent", "free_bytes": "bytes", "up_timestamp_seconds": "seconds", "absent": "bytes"})
	want["load"], want[`load{cpu="1"}`] = "percent", "percent"
	require.Equal(t, want, unitsOf(t, db), "what the name says better stays")

	take(db, map[string]localmon.Unit{"load": "percent", `load{cpu="1"}`: "ratio", "fresh": "joules"}, "fresh")
	want[`load{cpu="1"}`], want["fresh"] = "ratio", "joules"
	require.Equal(t, want, unitsOf(t, db), "one series may differ")

	require.NoError(t, db.Close())
	db = open()
	require.Equal(t, want, unitsOf(t, db), "it is on disk")
	take(db, nil)
	take(db, map[string]localmon.Unit{"load": "percent", "free_bytes": "bits"})
	want["free_bytes"] = "bits"
	want[`load{cpu="1"}`] = "percent"
	require.Equal(t, want, unitsOf(t, db), "a unit that changes is the new one")

	_, err := db.Append(t.Context(), localmon.Batch{Target: "kit", At: at, Units: map[string]localmon.Unit{"load": "per cent"}})
	require.ErrorContains(t, err, `unit "per cent" of "load" is no word`)
	for range 2 { // into a sealed segment
		at = at.Add(24 * time.Hour)
		take(db, nil)
	}
	for range 100 {
		more, err := db.Maintain(t.Context(), at)
		require.NoError(t, err)
		if !more {
			break
		}
	}
	st, err := db.Stats(t.Context())
	require.NoError(t, err)
	require.Positive(t, st.Targets[0].Sealed)
	require.NoError(t, db.Close())
	db, err = history.OpenReadOnly(path, history.Options{})
	require.NoError(t, err)
	require.Equal(t, want, unitsOf(t, db))
	found, err := db.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, db.Close())
}

// A batch whose storing failed told nothing.
func TestUnitsOfABatchThatFailed(t *testing.T) {
	db, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	one := localmon.Sample{Key: localmon.SeriesKey{Target: "kit", Metric: "load"}}
	b := localmon.Batch{Target: "kit", At: time.Unix(1, 0), Samples: []localmon.Sample{one}}
	_, err = db.Append(t.Context(), b)
	require.NoError(t, err)
	b.Units = map[string]localmon.Unit{"load": "percent"}
	b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: "other", Metric: "load"}})
	_, err = db.Append(t.Context(), b)
	require.Error(t, err)
	require.Equal(t, map[string]localmon.Unit{"load": ""}, unitsOf(t, db))
	b.Samples = b.Samples[:1]
	_, err = db.Append(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, map[string]localmon.Unit{"load": "percent"}, unitsOf(t, db), "and may be told again")
}

// A history of the first format is refused plainly and left alone.
func TestOlderFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	f, err := boltfile.Open(path, boltfile.Options{Schema: history.Schema, Version: 1})
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = history.Open(path, history.Options{})
	require.ErrorIs(t, err, boltfile.ErrForeign)
	require.ErrorContains(t, err, "history version 1 is older than 2, the oldest this program reads")
}

// Sources tell the same units at every look: that must cost next to nothing.
func TestToldUnitsTakeNoMemory(t *testing.T) {
	db, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b := localmon.Batch{Target: "kit", At: time.Unix(1, 0)}
	for n := range 2000 {
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: "kit", Metric: "load", Labels: localmon.FormatLabels("n", time.Duration(n).String())}})
	}
	allocations := func() float64 {
		return testing.AllocsPerRun(20, func() {
			b.At = b.At.Add(time.Second)
			_, err := db.Append(t.Context(), b)
			require.NoError(t, err)
		})
	}
	without := allocations()
	b.Units = map[string]localmon.Unit{"load": "percent", "other": "bytes"}
	require.InDelta(t, without, allocations(), 20, "the same for 2000 samples, told or not")
}
