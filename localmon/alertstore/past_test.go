package alertstore_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// life stores some weeks of alerts of two targets, with a clock that jumps.
func life(t *testing.T, s *alertstore.Store) (all []localmon.Change, state alert.State) {
	t.Helper()
	e := alert.New(alert.Options{})
	rng := rand.New(rand.NewPCG(5, 6))
	at := start
	for range 300 {
		at = at.Add(time.Duration(rng.IntN(240)) * time.Minute)
		if rng.IntN(50) == 0 {
			at = at.Add(-30 * time.Hour)
		}
		conds := conditions(rng)
		for i := range conds {
			conds[i].Target = fmt.Sprintf("fa-%d", 1+rng.IntN(2))
		}
		res := e.Step(state, at, conds)
		require.NoError(t, s.Save(alertstore.Step{Result: res}))
		state = res.State
		all = append(all, res.Changes...)
	}
	return all, state
}

func TestThePastIsFoundByTimeAndName(t *testing.T) {
	_, s := open(t, filepath.Join(t.TempDir(), "site.db"))
	all, _ := life(t, s)
	slices.SortStableFunc(all, func(a, b localmon.Change) int { return a.At.Compare(b.At) })
	week := start.Add(10 * 24 * time.Hour)
	cases := []struct {
		name string
		q    alertstore.Query
		fits func(localmon.Change) bool
	}{
		{"everything", alertstore.Query{Limit: 100_000}, func(localmon.Change) bool { return true }},
		{"from a time", alertstore.Query{From: week, Limit: 100_000}, func(c localmon.Change) bool { return !c.At.Before(week) }},
		{"to a time", alertstore.Query{To: week, Limit: 100_000}, func(c localmon.Change) bool { return c.At.Before(week) }},
		{"a day of one target", alertstore.Query{From: week, To: week.Add(24 * time.Hour), Target: "fa-2"}, func(c localmon.Change) bool {
			return !c.At.Before(week) && c.At.Before(week.Add(24*time.Hour)) && c.Alert.Target == "fa-2"
		}},
		{"a pattern of components", alertstore.Query{Component: "ct0*", Limit: 100_000}, func(c localmon.Change) bool { return c.Alert.Component == "CT0" || c.Alert.Component == "CT0.FC1" }},
		{"a rule nobody broke", alertstore.Query{Rule: "other"}, func(localmon.Change) bool { return false }},
		{"before anything", alertstore.Query{To: start}, func(localmon.Change) bool { return false }},
		{"after everything", alertstore.Query{From: start.AddDate(5, 0, 0)}, func(localmon.Change) bool { return false }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(ch localmon.Change) bool { return !c.fits(ch) })
			got, err := s.Past(c.q)
			require.NoError(t, err)
			require.False(t, got.More)
			require.Len(t, got.Changes, len(want))
			for i := range want {
				require.Equal(t, want[i], got.Changes[i])
			}
			if len(want) < 3 {
				return
			}
			c.q.Limit = 2
			got, err = s.Past(c.q)
			require.NoError(t, err)
			require.True(t, got.More, "older ones were left out, and that is said")
			require.Equal(t, want[len(want)-2:], got.Changes)
		})
	}
}

func TestQuietsAreKeptForGood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db, s := open(t, path)
	e := alert.New(alert.Options{})
	state, _, err := s.Load()
	require.NoError(t, err)
	for i := range 3 {
		res, err := e.Quiet(state, start, localmon.Quiet{Kind: localmon.QuietSilence, Target: fmt.Sprint("fa-", i), Until: start.Add(time.Duration(i+1) * time.Hour), By: "m", Why: "w"})
		require.NoError(t, err)
		require.NoError(t, s.Save(alertstore.Step{Result: res}))
		state = res.State
	}
	require.NoError(t, db.Close())
	_, s = open(t, path)
	loaded, _, err := s.Load()
	require.NoError(t, err)
	require.Equal(t, state, loaded, "a restart forgets none")

	res := e.Step(loaded, start.Add(90*time.Minute), nil)
	require.NoError(t, s.Save(alertstore.Step{Result: res}))
	loaded, _, err = s.Load()
	require.NoError(t, err)
	require.Equal(t, res.State.Quiets, loaded.Quiets, "what has ended is not taken up again")
	require.Len(t, loaded.Quiets, 2)
	require.EqualValues(t, 3, loaded.NextQuiet)
	all, err := s.Quiets(10)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, start.Add(time.Hour), all[2].Ended, "and is kept")
	some, err := s.Quiets(1)
	require.NoError(t, err)
	require.Equal(t, all[:1], some)
}

func TestAFileOfTheFirstFormatIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db, s := open(t, path)
	all, state := life(t, s)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(alertstore.Bucket))
		for _, name := range []string{"bytime", "byalert", "quiets"} {
			require.NoError(t, b.DeleteBucket([]byte(name)))
		}
		return alertstore.SetVersion(b, 1)
	}))
	require.NoError(t, db.Close())

	ro, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	_, err = alertstore.Open(ro)
	require.ErrorIs(t, err, alertstore.ErrOld)
	require.NoError(t, ro.Close())

	_, s = open(t, path)
	stats, err := s.Check()
	require.NoError(t, err)
	require.Equal(t, len(all), stats.Changes)
	loaded, _, err := s.Load()
	require.NoError(t, err)
	require.Equal(t, state, loaded)
	got, err := s.Past(alertstore.Query{Limit: len(all) + 1})
	require.NoError(t, err)
	require.Len(t, got.Changes, len(all))
}

func TestAnIndexThatDoesNotAgreeIsFound(t *testing.T) {
	spoil := map[string]func(b *bbolt.Bucket) error{
		"a change that has no time": func(b *bbolt.Bucket) error {
			k, _ := b.Bucket([]byte("bytime")).Cursor().First()
			return b.Bucket([]byte("bytime")).Delete(k)
		},
		"a change under another alert": func(b *bbolt.Bucket) error {
			byAlert := b.Bucket([]byte("byalert"))
			k, _ := byAlert.Cursor().First()
			moved := slices.Clone(k)
			binary.BigEndian.PutUint64(moved, 99)
			if err := byAlert.Delete(k); err != nil {
				return err
			}
			return byAlert.Put(moved, nil)
		},
		"a time of another alert": func(b *bbolt.Bucket) error {
			k, _ := b.Bucket([]byte("bytime")).Cursor().First()
			return b.Bucket([]byte("bytime")).Put(k, binary.BigEndian.AppendUint64(nil, 99))
		},
		"an index that is gone": func(b *bbolt.Bucket) error { return b.DeleteBucket([]byte("byalert")) },
	}
	for name, do := range spoil {
		t.Run(name, func(t *testing.T) {
			db, s := open(t, filepath.Join(t.TempDir(), "site.db"))
			life(t, s)
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return do(tx.Bucket([]byte(alertstore.Bucket))) }))
			_, err := s.Check()
			require.ErrorIs(t, err, alertstore.ErrDamaged)
		})
	}
}

// BenchmarkPast asks a store of many changes, spread over years, for what people
// ask for: a week, one alert, the newest of a target.
func BenchmarkPast(b *testing.B) {
	const steps, each = 1000, 1000
	_, s := open(b, filepath.Join(b.TempDir(), "site.db"))
	var state alert.State
	for i := range steps {
		at := start.Add(time.Duration(i) * 26 * time.Hour) // three years
		res := alert.Result{State: state}
		for j := range each {
			res.State.Seq++
			res.State.NextID++
			res.Changes = append(res.Changes, localmon.Change{Seq: res.State.Seq, At: at.Add(time.Duration(j) * time.Minute), What: localmon.ChangePassed, Alert: localmon.Alert{
				ID: res.State.NextID, Rule: fmt.Sprint("rule-", j%40), Target: fmt.Sprint("fa-", j%20), Component: fmt.Sprint("CH0.BAY", j%24), Status: localmon.StatusResolved,
				Severity: 3, Why: "the array says warning", Summary: "what is wrong, with the values that were seen", Since: at, Fired: at, Seen: at, Resolved: at,
				Evidence: []string{"array alert 1234 code 7 warning closed: something was wrong"},
			}})
		}
		require.NoError(b, s.Save(alertstore.Step{Result: res}))
		state = res.State
	}
	week := start.Add(steps / 2 * 26 * time.Hour)
	for name, q := range map[string]alertstore.Query{
		"week":         {From: week, To: week.Add(7 * 24 * time.Hour)},
		"newest":       {},
		"target":       {Target: "fa-7"},
		"nothing fits": {Rule: "unheard-of"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := s.Past(q)
				require.NoError(b, err)
			}
		})
	}
	b.Run("one alert", func(b *testing.B) {
		for b.Loop() {
			_, changes, err := s.Alert(state.NextID / 2)
			require.NoError(b, err)
			require.Len(b, changes, 1)
		}
	})
}
