package alert_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"

	"github.com/stretchr/testify/require"
)

// The defaults of the engine, by the test's own count.
const (
	clearGood  = 3
	clearAfter = 5 * time.Minute
	reraise    = 15 * time.Minute
)

// world plays random histories: answers that come in runs, looks that tell
// nothing, people who silence, plan, end and acknowledge, targets that are given up, and
// restarts. It holds what must be true of every one of them.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	e      alert.Engine
	now    time.Time
	s      alert.State
	stored string // what s was when it came
	mild   bool   // nothing is urgent, so that quiet changes nothing at all
	moods  map[alert.Key]int
	blind  int // looks that still tell nothing

	seq     uint64
	ids     map[uint64]alert.Key
	last    map[uint64]localmon.Alert // by id, as the newest change told it
	newest  map[alert.Key]uint64      // the newest alert of a key
	good    map[alert.Key]int         // No answers in a row
	since   map[alert.Key]time.Time
	answer  map[alert.Key]localmon.Condition // the worst of this look
	retired map[uint64]bool                  // alerts of a target that was given up
	set     map[uint64]localmon.Quiet        // quiets that have not ended
	quiets  uint64                           // set so far
	seen    map[string]int                   // changes by word

	// The same history without a silence or maintenance.
	loud       alert.State
	record     []string
	loudRecord []string
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), e: alert.New(alert.Options{}), now: start, mild: seed%2 == 0, moods: map[alert.Key]int{},
		ids: map[uint64]alert.Key{}, last: map[uint64]localmon.Alert{}, newest: map[alert.Key]uint64{}, good: map[alert.Key]int{},
		since: map[alert.Key]time.Time{}, retired: map[uint64]bool{}, set: map[uint64]localmon.Quiet{}, seen: map[string]int{},
	}
	w.stored = encoded(t, w.s)
	return w
}

// What a key is up to. Most go on as they were.
const (
	well = iota
	ill
	flapping
	untold
	unsure
	moods
)

func (w *world) conditions() []localmon.Condition {
	if w.blind > 0 {
		w.blind--
	} else if w.rng.IntN(60) == 0 {
		w.blind = 1 + w.rng.IntN(30)
	}
	var out []localmon.Condition
	for _, target := range []string{"t", "u"} {
		for _, rule := range []string{"a", "b"} {
			for _, comp := range []string{"", "x", "y"} {
				out = w.say(out, alert.Key{Target: target, Rule: rule, Component: comp})
			}
		}
	}
	w.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// say adds what is said of a key in this look, at times twice.
func (w *world) say(out []localmon.Condition, k alert.Key) []localmon.Condition {
	if w.rng.IntN(12) == 0 {
		w.moods[k] = w.rng.IntN(moods)
	}
	c := localmon.Condition{
		Rule: k.Rule, Target: k.Target, Component: k.Component, Severity: localmon.Severity(1 + w.rng.IntN(4)),
		Hard: k.Rule == "a" && w.rng.IntN(2) == 0, Summary: fmt.Sprint("as seen at ", w.now.Format(time.TimeOnly)),
	}
	if w.mild {
		c.Severity = max(c.Severity, localmon.SeverityMajor)
	}
	switch w.moods[k] {
	case well:
		c.State = localmon.No
	case ill:
		c.State = localmon.Yes
	case flapping:
		c.State = []localmon.Truth{localmon.No, localmon.Yes}[w.rng.IntN(2)]
	case untold:
		return out
	}
	if w.blind > 0 {
		c.State = localmon.Unknown
	}
	c.Over = w.rng.IntN(20) == 0
	if k.Rule == "b" && w.rng.IntN(3) == 0 {
		c.Cause = localmon.Ref{Rule: "a", Component: k.Component}
	}
	out = append(out, c)
	if w.rng.IntN(15) == 0 {
		c.State, c.Over = localmon.Truth(w.rng.IntN(3)), false
		out = append(out, c)
	}
	return out
}

// count takes the worst answer of each key, and how many were good in a row.
func (w *world) count(conds []localmon.Condition) {
	rank := func(c localmon.Condition) int {
		switch {
		case c.State == localmon.Yes && !c.Over:
			return 3
		case c.State == localmon.Yes:
			return 2
		case c.State == localmon.Unknown:
			return 1
		}
		return 0
	}
	w.answer = map[alert.Key]localmon.Condition{}
	for _, c := range conds {
		k := alert.Key{Target: c.Target, Rule: c.Rule, Component: c.Component}
		if have, ok := w.answer[k]; !ok || rank(c) > rank(have) {
			w.answer[k] = c
		}
	}
	for k, c := range w.answer {
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
	seen, seeds, least := map[string]int{}, uint64(10), 20
	if testing.Short() {
		seeds, least = 4, 1
	}
	for seed := range seeds {
		w := newWorld(t, seed)
		for range 400 {
			w.now = w.now.Add(time.Duration(10+w.rng.IntN(110)) * time.Second)
			w.look()
			w.people()
			if w.rng.IntN(25) == 0 {
				w.restart()
			}
		}
		if w.mild {
			require.Equal(t, w.loudRecord, w.record, "seed %d: what people are not told of is recorded all the same", seed)
		}
		for word, n := range w.seen {
			seen[word] += n
		}
	}
	for _, word := range []string{
		localmon.ChangeRaised, localmon.ChangeFired, localmon.ChangeDropped, localmon.ChangeSeverity, localmon.ChangeCleared, localmon.ChangeReraised, localmon.ChangeAcked,
		localmon.ChangeGrouped, localmon.ChangeUngrouped, localmon.ChangePassed, localmon.ChangeRetired, localmon.ChangeHushed, localmon.ChangeUnhushed,
	} {
		require.GreaterOrEqual(t, seen[word], least, "histories have come to %q", word)
	}
}

// look takes one look, with and without quiet.
func (w *world) look() {
	conds := w.conditions()
	w.count(conds)
	res := w.e.Step(w.s, w.now, conds)
	require.Equal(w.t, res, w.e.Step(w.s, w.now, conds), "the same step gives the same result")
	w.answered(res)
	w.take(res)
	w.marked()
	w.heard(w.e.Step(w.loud, w.now, conds))
}

// people do something now and then, a few seconds after a look.
func (w *world) people() {
	if len(w.s.Quiets) > 0 && w.rng.IntN(30) == 0 {
		w.endQuiet()
	}
	w.now = w.now.Add(time.Duration(w.rng.IntN(10)) * time.Second)
	switch w.rng.IntN(40) {
	case 0, 1, 2:
		w.quiet()
	case 3:
		w.endQuiet()
	case 4, 5:
		w.ack()
	case 6:
		if w.rng.IntN(4) == 0 {
			w.retire()
		}
	}
}

// quiet sets a silence or maintenance, of which some cannot be set.
func (w *world) quiet() {
	pick := func(all ...string) string { return all[w.rng.IntN(len(all))] }
	q := localmon.Quiet{
		Kind: localmon.QuietSilence, Target: pick("t", "u", "*"), Rule: pick("", "a", "b"), Component: pick("", "x", "*"),
		Until: w.now.Add(time.Duration(w.rng.IntN(90)) * time.Minute), By: pick("mdurand", "amartin", ""), Why: "known", Urgent: w.rng.IntN(3) == 0,
	}
	switch w.rng.IntN(3) {
	case 0:
		q.Kind, q.Rule, q.Component = localmon.QuietMaintenance, "", ""
		q.From = w.now.Add(time.Duration(w.rng.IntN(40)-10) * time.Minute)
	case 1:
		q.Alert, q.Target, q.Rule, q.Component = w.living(), "", "", ""
	}
	res, err := w.e.Quiet(w.s, w.now, q)
	if err != nil {
		require.Zero(w.t, res, "what cannot be set changes nothing")
		return
	}
	w.quiets++
	require.Equal(w.t, w.quiets, res.Quiets[len(res.Quiets)-1].ID, "ids of quiets have no hole")
	w.take(res)
	w.marked()
}

func (w *world) endQuiet() {
	id := 1 + w.rng.Uint64N(w.quiets+2)
	res, err := w.e.EndQuiet(w.s, w.now, id, "mdurand")
	if q, ok := w.set[id]; !ok || !w.now.Before(q.Until) {
		require.ErrorIs(w.t, err, alert.ErrNoQuiet)
		return
	}
	require.NoError(w.t, err)
	w.take(res)
	w.marked()
}

// living is a living alert, or none.
func (w *world) living() uint64 {
	var ids []uint64
	for _, a := range w.s.Alerts() {
		if a.Status != localmon.StatusResolved {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		return 0
	}
	return ids[w.rng.IntN(len(ids))]
}

func (w *world) ack() {
	id := w.living()
	if w.rng.IntN(5) == 0 {
		id = w.s.NextID + 1
	}
	by := fmt.Sprint("admin ", w.rng.IntN(3))
	res, err := w.e.Ack(w.s, w.now, id, by, "in hand")
	if id == 0 || id > w.s.NextID {
		require.ErrorIs(w.t, err, alert.ErrNoAlert)
		return
	}
	require.NoError(w.t, err)
	require.Len(w.t, res.Changes, 1)
	was, is := w.s.Entries[w.ids[id]], res.State.Entries[w.ids[id]]
	require.Equal(w.t, by, is.Alert.AckedBy)
	is.Alert.AckedBy, is.Alert.AckNote, is.Alert.AckedAt = was.Alert.AckedBy, was.Alert.AckNote, was.Alert.AckedAt
	require.Equal(w.t, was, is, "who has it in hand is all that an acknowledgement changes")
	w.take(res)
	if w.mild {
		loud, err := w.e.Ack(w.loud, w.now, id, by, "in hand")
		require.NoError(w.t, err)
		w.heard(loud)
	}
}

func (w *world) retire() {
	answered := func(k alert.Key) bool { return k.Target != "u" }
	for k, e := range w.s.Entries {
		w.retired[e.Alert.ID] = !answered(k)
	}
	w.take(w.e.Retire(w.s, w.now, answered))
	for k := range w.s.Entries {
		require.NotEqual(w.t, "u", k.Target)
	}
	for _, m := range []map[alert.Key]int{w.good, w.moods} {
		maps.DeleteFunc(m, func(k alert.Key, _ int) bool { return k.Target == "u" })
	}
	w.heard(w.e.Retire(w.loud, w.now, answered))
}

// stored is a state as it lies on a disk.
type stored struct {
	NextID, Seq, NextQuiet uint64
	Entries                []alert.Entry
	Quiets                 []localmon.Quiet
}

func encoded(t *testing.T, s alert.State) string {
	t.Helper()
	d := stored{NextID: s.NextID, Seq: s.Seq, NextQuiet: s.NextQuiet, Quiets: s.Quiets}
	for _, a := range s.Alerts() {
		d.Entries = append(d.Entries, s.Entries[alert.KeyOf(a)])
	}
	data, err := json.Marshal(d)
	require.NoError(t, err)
	return string(data)
}

// restart goes on with what the disk has, and nothing comes out differently.
func (w *world) restart() {
	data := encoded(w.t, w.s)
	var d stored
	require.NoError(w.t, json.Unmarshal([]byte(data), &d))
	s := alert.State{NextID: d.NextID, Seq: d.Seq, NextQuiet: d.NextQuiet, Quiets: d.Quiets, Entries: map[alert.Key]alert.Entry{}}
	for _, e := range d.Entries {
		s.Entries[alert.KeyOf(e.Alert)] = e
	}
	require.Equal(w.t, data, encoded(w.t, s))
	conds := slices.Collect(maps.Values(w.answer))
	later := w.now.Add(time.Minute)
	a, b := w.e.Step(w.s, later, conds), w.e.Step(s, later, conds)
	require.Equal(w.t, a.Changes, b.Changes, "a restart is no event")
	require.Equal(w.t, encoded(w.t, a.State), encoded(w.t, b.State))
	w.s = s
}

// answered holds a look against what was said in it.
func (w *world) answered(res alert.Result) {
	t := w.t
	for _, ch := range res.Changes {
		k := alert.KeyOf(ch.Alert)
		said, any := w.answer[k]
		switch ch.What {
		case localmon.ChangeHushed, localmon.ChangeUnhushed:
		case localmon.ChangeCleared:
			require.True(t, any && said.State == localmon.No, "only good answers close: %s", said.State)
			require.GreaterOrEqual(t, w.good[k], clearGood)
			require.GreaterOrEqual(t, w.now.Sub(w.since[k]), clearAfter)
		case localmon.ChangeDropped:
			require.True(t, any && (said.State == localmon.No || said.State == localmon.Yes && !said.Cause.IsZero()), "dropped by a good answer or into its cause: %s", said.State)
		case localmon.ChangePassed:
			require.True(t, said.State == localmon.Yes && said.Over)
		default:
			require.True(t, said.State == localmon.Yes && !said.Over, "%s without a yes", ch.What)
		}
	}
	for k, was := range w.s.Entries {
		said, any := w.answer[k]
		if any && said.State != localmon.Unknown || was.Alert.Status == localmon.StatusResolved {
			continue
		}
		is, still := res.State.Entries[k]
		require.True(t, still, "unknown ends nothing")
		require.Equal(t, was.Alert.Status, is.Alert.Status, "unknown changes nothing")
		require.Equal(t, was.Votes, is.Votes, "and has no vote")
		require.Equal(t, was.Good, is.Good)
		require.Equal(t, any || was.Alert.Stale || w.now.Sub(was.Alert.Seen) > 10*time.Minute, is.Alert.Stale, "it only makes it stale")
	}
}

// take makes a result the state, and holds its changes against all before it.
func (w *world) take(res alert.Result) {
	t := w.t
	require.Equal(t, w.stored, encoded(t, w.s), "the state a step was given is left alone")
	w.stored = encoded(t, res.State)
	for _, ch := range res.Changes {
		w.seq++
		w.seen[ch.What]++
		require.Equal(t, w.seq, ch.Seq, "sequence numbers have no hole")
		w.told(ch)
		if ch.What != localmon.ChangeHushed && ch.What != localmon.ChangeUnhushed {
			w.record = append(w.record, plain(t, ch))
		}
	}
	for _, q := range res.Quiets {
		if q.Ended.IsZero() {
			require.NotContains(t, w.set, q.ID)
			w.set[q.ID] = q
			continue
		}
		require.Contains(t, w.set, q.ID, "what ends was set, and ends once")
		require.False(t, q.Ended.After(q.Until))
		delete(w.set, q.ID)
	}
	set := map[uint64]localmon.Quiet{}
	for _, q := range res.State.Quiets {
		set[q.ID] = q
	}
	require.Equal(t, w.set, set, "the rest is still set")
	for k, e := range res.State.Entries {
		require.Equal(t, k, alert.KeyOf(e.Alert))
		require.LessOrEqual(t, len(e.Votes), 3)
		said := w.last[e.Alert.ID]
		require.Equal(t, said.Status, e.Alert.Status, "the state is what the changes say")
		if e.Alert.Status == localmon.StatusFiring {
			require.Equal(t, said.Hush == nil, e.Alert.Hush == nil, "whether people are told is a change")
		}
	}
	w.exact(res)
	w.s = res.State
}

// told holds one change against the life of its alert.
func (w *world) told(ch localmon.Change) {
	t, a, k := w.t, ch.Alert, alert.KeyOf(ch.Alert)
	if have, ok := w.ids[a.ID]; ok {
		require.Equal(t, have, k, "an id is about one key for ever")
	}
	w.ids[a.ID] = k
	prev, existed := w.last[a.ID]
	if existed {
		require.Equal(t, prev.Status, ch.From, "a change begins where the last one ended: %s", ch.What)
		require.LessOrEqual(t, a.Severity, prev.Severity, "severity only becomes more urgent")
		require.Equal(t, prev.Since, a.Since)
	} else {
		require.Empty(t, ch.From)
		require.Zero(t, a.Flaps)
		if before, ok := w.last[w.newest[k]]; ok {
			require.Equal(t, localmon.StatusResolved, before.Status, "%v is raised while it lives", k)
			require.True(t, w.retired[before.ID] || w.now.Sub(before.Resolved) > reraise, "soon after it is the same alert")
		}
		w.newest[k] = a.ID
	}
	back := ch.From == localmon.StatusResolved
	if back {
		require.Contains(t, []string{localmon.ChangeReraised, localmon.ChangePassed}, ch.What)
		require.Equal(t, prev.Flaps+1, a.Flaps, "it came back, and that is counted")
		require.LessOrEqual(t, w.now.Sub(prev.Resolved), 2*reraise)
	} else {
		require.Equal(t, prev.Flaps, a.Flaps, "%s is no flap", ch.What)
	}
	if ch.What != localmon.ChangeAcked && existed {
		require.Equal(t, prev.AckedBy, a.AckedBy, "who has it in hand stays")
	}
	if ch.What == localmon.ChangeDropped {
		delete(w.last, a.ID) // it is no more, and its key is free
		delete(w.newest, k)
		return
	}
	w.last[a.ID] = a
}

// marked holds the marks of living alerts against what is quiet now.
func (w *world) marked() {
	for _, e := range w.s.Entries {
		if e.Alert.Status == localmon.StatusResolved {
			continue
		}
		covered := slices.ContainsFunc(w.s.Quiets, func(q localmon.Quiet) bool { return q.At(w.now) && q.Covers(e.Alert) })
		require.Equal(w.t, covered, e.Alert.Hush != nil, "people are told unless it is quiet")
		if e.Alert.Hush != nil && e.Alert.Severity == localmon.SeverityUrgent {
			require.True(w.t, w.set[e.Alert.Hush.ID].Urgent, "what is urgent is covered only where that was said")
		}
	}
}

// heard takes a result of the history without quiet.
func (w *world) heard(res alert.Result) {
	w.loud = res.State
	for _, ch := range res.Changes {
		w.loudRecord = append(w.loudRecord, plain(w.t, ch))
	}
}

// plain is a change without its number and without the mark of quiet.
func plain(t *testing.T, ch localmon.Change) string {
	t.Helper()
	ch.Seq, ch.Alert.Hush = 0, nil
	data, err := json.Marshal(ch)
	require.NoError(t, err)
	return string(data)
}

// exact: replaying only touched entries onto the old state gives the new one.
func (w *world) exact(res alert.Result) {
	t := w.t
	require.True(t, slices.IsSortedFunc(res.Touched, func(a, b alert.Key) int {
		return slices.Compare([]string{a.Target, a.Rule, a.Component}, []string{b.Target, b.Rule, b.Component})
	}))
	replay := maps.Clone(w.s.Entries)
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
	for k, was := range w.s.Entries {
		if was.Alert.Status == localmon.StatusFiring {
			_, still := res.State.Entries[k]
			require.True(t, still || w.last[was.Alert.ID].Status == localmon.StatusResolved, "a told alert never vanishes without being cleared")
		}
	}
}
