package alertstore_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) (*bbolt.DB, *alertstore.Store) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 5 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	s, err := alertstore.Open(db)
	require.NoError(t, err)
	return db, s
}

func conditions(rng *rand.Rand) []localmon.Condition {
	var out []localmon.Condition
	for _, comp := range []string{"", "CT0", "CT0.FC1", "CH0.BAY7"} {
		out = append(out, localmon.Condition{
			Rule: "r", Target: "fa-1", Component: comp, State: localmon.Truth(rng.IntN(3)), Severity: localmon.Severity(1 + rng.IntN(4)),
			Why: "why", Summary: fmt.Sprint("value ", rng.IntN(100)), Hard: rng.IntN(3) == 0, Evidence: []string{"e1", "e2"},
		})
	}
	return out
}

func TestWhatIsSavedIsLoaded(t *testing.T) {
	db, s := open(t, filepath.Join(t.TempDir(), "site.db"))
	e := alert.New(alert.Options{})
	rng := rand.New(rand.NewPCG(1, 2))
	var state alert.State
	var all []localmon.Change
	for i := range 60 {
		res := e.Step(state, start.Add(time.Duration(i)*3*time.Minute), conditions(rng))
		mem := map[string]alertstore.Memory{"fa-1": {Scrape: uint64(i), Data: []byte(`{"a":1}`)}}
		require.NoError(t, s.Save(alertstore.Step{Result: res, Memories: mem}))
		require.NoError(t, s.Save(alertstore.Step{Result: res, Memories: mem}), "twice is harmless")
		state = res.State
		all = append(all, res.Changes...)

		loaded, memories, err := s.Load()
		require.NoError(t, err)
		require.Equal(t, state, loaded)
		require.Equal(t, mem, memories)
	}
	got, err := s.Changes(0, len(all)+10)
	require.NoError(t, err)
	require.Equal(t, all, got)
	got, err = s.Changes(3, 2)
	require.NoError(t, err)
	require.Equal(t, all[3:5], got)
	stats, err := s.Check()
	require.NoError(t, err)
	require.Equal(t, len(all), stats.Changes)
	require.Equal(t, int(state.NextID), stats.Alerts)

	list, err := s.List(5)
	require.NoError(t, err)
	require.Len(t, list, 5)
	require.Equal(t, state.NextID, list[0].ID)
	for _, a := range list {
		one, changes, err := s.Alert(a.ID)
		require.NoError(t, err)
		require.Equal(t, a, one)
		require.NotEmpty(t, changes)
		require.Equal(t, a.Status, changes[len(changes)-1].Alert.Status)
		for _, c := range all {
			if c.Alert.ID == a.ID {
				require.Contains(t, changes, c)
			}
		}
	}
	_, _, err = s.Alert(state.NextID + 1)
	require.ErrorIs(t, err, alert.ErrNoAlert)

	again, err := alertstore.Open(db)
	require.NoError(t, err)
	reloaded, _, err := again.Load()
	require.NoError(t, err)
	require.Equal(t, state, reloaded)
}

func TestStepsMustFollow(t *testing.T) {
	_, s := open(t, filepath.Join(t.TempDir(), "site.db"))
	e := alert.New(alert.Options{})
	yes := []localmon.Condition{{Rule: "r", Target: "t", State: localmon.Yes, Hard: true, Severity: 2, Summary: "one"}}
	first := e.Step(alert.State{}, start, yes)
	second := e.Step(first.State, start, []localmon.Condition{{Rule: "r2", Target: "t", State: localmon.Yes, Hard: true, Severity: 2}})
	require.ErrorIs(t, s.Save(alertstore.Step{Result: second}), alertstore.ErrOutOfOrder, "a hole")
	require.NoError(t, s.Save(alertstore.Step{Result: first}))
	require.NoError(t, s.Save(alertstore.Step{Result: second}))
	require.ErrorIs(t, s.Save(alertstore.Step{Result: first}), alertstore.ErrOutOfOrder, "a step from the past")

	yes[0].Summary = "another"
	other := e.Step(alert.State{}, start, yes)
	other = e.Step(other.State, start, []localmon.Condition{{Rule: "r3", Target: "t", State: localmon.Yes, Hard: true, Severity: 2}})
	require.ErrorIs(t, s.Save(alertstore.Step{Result: other}), alertstore.ErrOutOfOrder, "the same number with another content")
	_, err := s.Check()
	require.NoError(t, err)
}

func TestTelling(t *testing.T) {
	_, s := open(t, filepath.Join(t.TempDir(), "site.db"))
	e := alert.New(alert.Options{})
	res := e.Step(alert.State{}, start, []localmon.Condition{
		{Rule: "a", Target: "t", State: localmon.Yes, Hard: true, Severity: 2},
		{Rule: "b", Target: "t", State: localmon.Yes, Hard: true, Severity: 2},
	})
	require.NoError(t, s.Save(alertstore.Step{Result: res}))
	changes, maybe, err := s.Untold(10)
	require.NoError(t, err)
	require.Equal(t, res.Changes, changes)
	require.Zero(t, maybe)
	require.NoError(t, s.BeginTelling(1))
	changes, maybe, err = s.Untold(10)
	require.NoError(t, err)
	require.Len(t, changes, 2)
	require.EqualValues(t, 1, maybe, "the first may have been told")
	require.NoError(t, s.Told(2))
	changes, _, err = s.Untold(10)
	require.NoError(t, err)
	require.Empty(t, changes)
}

func TestDamageIsFoundAndNamed(t *testing.T) {
	for _, bucket := range []string{"meta", "state", "changes", "byid", "memory"} {
		t.Run(bucket, func(t *testing.T) {
			db, s := open(t, filepath.Join(t.TempDir(), "site.db"))
			res := alert.New(alert.Options{}).Step(alert.State{}, start, []localmon.Condition{{Rule: "r", Target: "t", State: localmon.Yes, Hard: true, Severity: 2}})
			require.NoError(t, s.Save(alertstore.Step{Result: res, Memories: map[string]alertstore.Memory{"t": {Scrape: 1}}}))
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte(alertstore.Bucket)).Bucket([]byte(bucket))
				k, v := b.Cursor().First()
				v = append([]byte(nil), v...)
				v[len(v)-2] ^= 0x04
				return b.Put(k, v)
			}))
			_, err := s.Check()
			require.ErrorIs(t, err, alertstore.ErrDamaged)
		})
	}
}

func TestReadOnlyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db, s := open(t, path)
	res := alert.New(alert.Options{}).Step(alert.State{}, start, []localmon.Condition{{Rule: "r", Target: "t", State: localmon.Yes, Hard: true, Severity: 2}})
	require.NoError(t, s.Save(alertstore.Step{Result: res}))
	require.NoError(t, db.Close())
	ro, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	defer ro.Close()
	s, err = alertstore.Open(ro)
	require.NoError(t, err)
	living, err := s.Living()
	require.NoError(t, err)
	require.Len(t, living, 1)
	require.Error(t, s.Told(1))

	empty := filepath.Join(t.TempDir(), "site.db")
	db, err = bbolt.Open(empty, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	ro2, err := bbolt.Open(empty, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	defer ro2.Close()
	s, err = alertstore.Open(ro2)
	require.NoError(t, err)
	list, err := s.List(10)
	require.NoError(t, err)
	require.Empty(t, list)
}

// TestKilled kills a process that saves steps as fast as it can, many times,
// and after each kill holds the file against what the process said was saved.
func TestKilled(t *testing.T) {
	if path := os.Getenv("ALERTSTORE_WRITER"); path != "" {
		writer(t, path)
		return
	}
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	path := filepath.Join(t.TempDir(), "site.db")
	rng := rand.New(rand.NewPCG(3, 4))
	var acknowledged uint64
	for range rounds {
		acknowledged = max(acknowledged, killOnce(t, path, time.Duration(20+rng.IntN(150))*time.Millisecond))
		db, s := open(t, path)
		state, memories, err := s.Load()
		require.NoError(t, err)
		require.GreaterOrEqual(t, state.Seq, acknowledged, "what was acknowledged is on disk")
		require.Equal(t, fmt.Sprint(state.Seq), string(memories["fa-1"].Data), "a step is whole: memory and changes agree")
		_, err = s.Check()
		require.NoError(t, err)
		noneTwice(t, s)
		require.NoError(t, db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				return err
			}
			return nil
		}))
		require.NoError(t, db.Close())
	}
	require.NotZero(t, acknowledged)
}

// noneTwice holds every change ever stored against what a person was told: no
// fault has two living alerts, and each alert goes on where it was left.
func noneTwice(t *testing.T, s *alertstore.Store) {
	t.Helper()
	living := map[alert.Key]uint64{}
	status := map[uint64]localmon.Status{}
	for after := uint64(0); ; {
		list, err := s.Changes(after, 1000)
		require.NoError(t, err)
		if len(list) == 0 {
			return
		}
		for _, c := range list {
			k := alert.KeyOf(c.Alert)
			require.Equal(t, status[c.Alert.ID], c.From, "change %d of alert %d goes on where it was left", c.Seq, c.Alert.ID)
			if other, lives := living[k]; lives {
				require.Equal(t, other, c.Alert.ID, "%v is told by two alerts at once", k)
			}
			status[c.Alert.ID], living[k] = c.Alert.Status, c.Alert.ID
			if c.Alert.Status == localmon.StatusResolved || c.What == localmon.ChangeDropped {
				delete(living, k)
			}
			after = c.Seq
		}
	}
}

func killOnce(t *testing.T, path string, after time.Duration) uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v")
	cmd.Env = append(os.Environ(), "ALERTSTORE_WRITER="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var last uint64
	lines := bufio.NewScanner(out)
	timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines.Scan() {
		n, ok := strings.CutPrefix(lines.Text(), "saved ")
		if !ok {
			continue
		}
		if last == 0 {
			timer.Reset(after)
		}
		if v, err := strconv.ParseUint(n, 10, 64); err == nil { // the last line may be cut
			last = v
		}
	}
	require.Error(t, cmd.Wait(), "it was killed")
	return last
}

func writer(t *testing.T, path string) {
	_, s := open(t, path)
	e := alert.New(alert.Options{})
	state, _, err := s.Load()
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(state.Seq, 9))
	var unsaved []localmon.Quiet
	for i := range 100_000 {
		res := e.Step(state, start.Add(time.Duration(int(state.NextID)*20+i)*time.Minute), conditions(rng))
		quiets := res.Quiets
		if rng.IntN(5) == 0 {
			now := start.Add(time.Duration(int(state.NextID)*20+i) * time.Minute)
			q := localmon.Quiet{Kind: localmon.QuietSilence, Rule: "r", Component: "CT*", Until: now.Add(time.Hour), By: "m", Why: "w"}
			if again, err := e.Quiet(res.State, now, q); err == nil {
				again.Changes, again.Touched = append(res.Changes, again.Changes...), append(res.Touched, again.Touched...)
				quiets, res = append(quiets, again.Quiets...), again
			}
		}
		res.Quiets = append(unsaved, quiets...)
		if unsaved = res.Quiets; len(res.Changes) == 0 {
			state = res.State
			continue
		}
		unsaved = nil
		// Touched entries of steps that were not saved are told again here.
		res.Touched = nil
		for k := range res.State.Entries {
			res.Touched = append(res.Touched, k)
		}
		for k := range state.Entries {
			res.Touched = append(res.Touched, k)
		}
		mem := map[string]alertstore.Memory{"fa-1": {Scrape: res.State.Seq, Data: []byte(fmt.Sprint(res.State.Seq))}}
		require.NoError(t, s.Save(alertstore.Step{Result: res, Memories: mem}))
		state = res.State
		fmt.Printf("saved %d\n", state.Seq)
	}
}

func BenchmarkSaveOneChange(b *testing.B) {
	_, s := open(b, filepath.Join(b.TempDir(), "site.db"))
	e := alert.New(alert.Options{})
	var state alert.State
	i := 0
	for b.Loop() {
		i++
		res := e.Step(state, start, []localmon.Condition{{Rule: "r", Target: "t", Component: fmt.Sprint(i % 50), State: localmon.Yes, Hard: true, Severity: localmon.Severity(4 - i/50%4)}})
		require.NoError(b, s.Save(alertstore.Step{Result: res}))
		state = res.State
	}
}
