package history_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// TestAFullDiskStopsNothingForGood lets the file grow no further, as a full
// disk would, and then gives room again. The limit holds for a whole process,
// so the test runs in one of its own.
func TestAFullDiskStopsNothingForGood(t *testing.T) {
	const alone = "HISTORY_FULL_DISK"
	if os.Getenv(alone) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), alone+"=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: "+t.Name())
		return
	}
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(t, err)
	db.SetLimits(100, 3)
	m := model{}
	w := newWorld(31, "fa-1", 400)
	store := func(b localmon.Batch) error {
		_, err := db.Append(t.Context(), b)
		if err == nil {
			m.append(b)
		}
		return err
	}
	for range 20 {
		require.NoError(t, store(w.batch(0.02)))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)

	var old syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	small := old
	small.Cur = uint64(info.Size())
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
	restore := func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }
	defer restore()

	refused := 0
	for range 400 {
		if err := store(w.batch(0.02)); err != nil {
			require.ErrorContains(t, err, "append a batch of fa-1")
			refused++
		}
	}
	require.NotZero(t, refused, "the limit was never met")
	_, err = db.Maintain(t.Context(), w.at) // may fail, must not harm
	if err != nil {
		require.ErrorContains(t, err, "maintain history")
	}
	requireAgreement(t, rand.New(rand.NewPCG(1, 1)), m, db)

	restore()
	for range 50 {
		require.NoError(t, store(w.batch(0.02)), "it resumes when there is room")
	}
	maintain(t, db, w.at)
	requireAgreement(t, rand.New(rand.NewPCG(1, 2)), m, db)
	requireSound(t, db)
	require.NoError(t, db.Close())
	db, err = history.Open(path, history.Options{})
	require.NoError(t, err)
	requireAgreement(t, rand.New(rand.NewPCG(1, 3)), m, db)
	require.NoError(t, db.Close())
}

// TestABudgetIsKept runs through many short segments on a small budget: the file stays within
// it, the newest samples and the oldest steps are there.
func TestABudgetIsKept(t *testing.T) {
	const budget = 1300 << 10
	db, path := openTemp(t, history.Options{NoSync: true, Budget: budget})
	db.SetLimits(150, 4)
	w := newWorld(41, "fa-1", 120)
	start := w.at
	key := w.series[0].key
	for i := range 4000 {
		b := w.batch(0)
		if i%10 == 0 {
			// a volume comes and another one goes
			w.bear()
			w.series = append(w.series[:1], w.series[2:]...)
		}
		_, err := db.Append(t.Context(), b)
		require.NoError(t, err)
		maintain(t, db, b.At)
	}
	stats, err := db.Stats(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, stats.Used, int64(budget))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(budget+4<<20), "within one step of growth")
	target := stats.Targets[0]
	require.NotZero(t, target.Weeks)
	require.Less(t, target.Raw, target.Sealed, "raw samples went first")
	require.True(t, target.OldestRaw.After(target.Oldest), "%+v", stats)
	if target.Oldest.After(start.Add(time.Hour)) {
		require.Less(t, target.Series, 120+400, "series of which nothing is left are gone")
	}
	requireSound(t, db)
	all, err := db.Series(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	for _, s := range all {
		require.False(t, s.First.Before(target.Oldest), "%s is said to begin before what is kept", s.Key)
	}
	hours := 0
	for p, err := range db.Range(t.Context(), key, localmon.Window{From: start, To: w.at, Step: time.Hour, Agg: localmon.AggMax}) {
		require.NoError(t, err)
		require.False(t, p.At.Before(target.Oldest.Add(-time.Hour)))
		hours++
	}
	require.Greater(t, hours, int(w.at.Sub(target.Oldest).Hours())*9/10)
	require.NoError(t, db.Close())
}
