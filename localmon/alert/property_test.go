package alert_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"

	"github.com/stretchr/testify/require"
)

// world plays random conditions and holds what must be true of every history.
type world struct {
	rng   *rand.Rand
	now   time.Time
	seq   uint64
	ids   map[uint64]alert.Key
	last  map[uint64]localmon.Alert // by id, as the newest change told it
	good  map[alert.Key]int         // No answers in a row, by the test's own count
	since map[alert.Key]time.Time
}

func (w *world) conditions() []localmon.Condition {
	var out []localmon.Condition
	for _, rule := range []string{"a", "b"} {
		for _, comp := range []string{"", "x", "y"} {
			if w.rng.IntN(4) == 0 {
				continue
			}
			c := localmon.Condition{Rule: rule, Target: "t", Component: comp, Severity: localmon.Severity(1 + w.rng.IntN(4))}
			// Long runs of one answer, so that every state is reached.
			switch w.rng.IntN(10) {
			case 0:
				c.State = localmon.Unknown
			case 1, 2, 3:
				c.State = localmon.Yes
			default:
				c.State = localmon.No
			}
			c.Hard = rule == "a" && w.rng.IntN(2) == 0
			c.Over = w.rng.IntN(20) == 0
			if rule == "b" && w.rng.IntN(3) == 0 {
				c.Cause = localmon.Ref{Rule: "a", Component: comp}
			}
			out = append(out, c)
		}
	}
	w.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (w *world) count(conds []localmon.Condition) {
	for _, c := range conds {
		k := alert.Key{Target: c.Target, Rule: c.Rule, Component: c.Component}
		switch {
		case c.State == localmon.No && w.good[k] == 0:
			w.good[k], w.since[k] = 1, w.now
		case c.State == localmon.No:
			w.good[k]++
		case c.State == localmon.Yes && !c.Over:
			w.good[k] = 0
		}
	}
}

func TestEveryHistoryKeepsThePromises(t *testing.T) {
	for seed := range uint64(10) {
		w := &world{
			rng: rand.New(rand.NewPCG(seed, 1)), now: start, ids: map[uint64]alert.Key{}, last: map[uint64]localmon.Alert{},
			good: map[alert.Key]int{}, since: map[alert.Key]time.Time{},
		}
		e := alert.New(alert.Options{})
		var s alert.State
		for range 400 {
			w.now = w.now.Add(time.Duration(10+w.rng.IntN(110)) * time.Second)
			conds := w.conditions()
			w.count(conds)
			before, err := json.Marshal(s.Alerts())
			require.NoError(t, err)
			res := e.Step(s, w.now, conds)
			after, err := json.Marshal(s.Alerts())
			require.NoError(t, err)
			require.Equal(t, string(before), string(after), "a step leaves the state it was given alone")
			require.Equal(t, res, e.Step(s, w.now, conds), "the same step gives the same result")
			w.check(t, s, res)
			s = res.State
		}
	}
}

func (w *world) check(t *testing.T, before alert.State, res alert.Result) {
	t.Helper()
	for _, ch := range res.Changes {
		w.seq++
		require.Equal(t, w.seq, ch.Seq, "sequence numbers have no hole")
		a := ch.Alert
		k := alert.KeyOf(a)
		if have, ok := w.ids[a.ID]; ok {
			require.Equal(t, have, k, "an id is about one key for ever")
		}
		w.ids[a.ID] = k
		prev, existed := w.last[a.ID]
		if existed {
			require.Equal(t, prev.Status, ch.From, "a change begins where the last one ended: %s", ch.What)
			require.LessOrEqual(t, a.Severity, prev.Severity, "severity only becomes more urgent")
		} else {
			require.Empty(t, ch.From)
		}
		if ch.What == localmon.ChangeCleared {
			require.GreaterOrEqual(t, w.good[k], 3, "three good answers")
			require.GreaterOrEqual(t, w.now.Sub(w.since[k]), 5*time.Minute, "and five minutes")
		}
		w.last[a.ID] = a
	}
	for k, e := range res.State.Entries {
		require.Equal(t, k, alert.KeyOf(e.Alert))
		require.LessOrEqual(t, len(e.Votes), 3)
		if told, ok := w.last[e.Alert.ID]; ok {
			require.Equal(t, told.Status, e.Alert.Status, "the state is what the changes say")
		}
	}
	for k, was := range before.Entries {
		if was.Alert.Status == localmon.StatusFiring {
			_, still := res.State.Entries[k]
			require.True(t, still, "a told alert never vanishes without being cleared")
		}
	}
	require.True(t, slices.IsSortedFunc(res.Touched, func(a, b alert.Key) int {
		return slices.Compare([]string{a.Target, a.Rule, a.Component}, []string{b.Target, b.Rule, b.Component})
	}))
	// Touched is exact: replaying only touched entries onto the old state
	// gives the new one.
	replay := maps.Clone(before.Entries)
	if replay == nil {
		replay = map[alert.Key]alert.Entry{}
	}
	for _, k := range res.Touched {
		if e, ok := res.State.Entries[k]; ok {
			replay[k] = e
		} else {
			delete(replay, k)
		}
	}
	require.Equal(t, res.State.Entries, replay)
}
