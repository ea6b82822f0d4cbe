package alert_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

const poll = 30 * time.Second

// script runs one condition through the engine, one letter a poll:
// y yes, n no, u unknown, . no answer, 1-4 yes with that severity,
// h hard yes, o over, c yes with a cause, P the cause itself says yes,
// Q the cause says no, J the clock jumps back an hour before this poll.
func script(t *testing.T, letters string) (alert.State, []string) {
	t.Helper()
	e := alert.New(alert.Options{})
	var s alert.State
	var told []string
	now := start
	for _, l := range letters {
		c := localmon.Condition{Rule: "r", Target: "t", Component: "c", Severity: 3, Why: "w", Summary: "s"}
		conds := []localmon.Condition{}
		switch l {
		case 'y':
			c.State = localmon.Yes
		case 'n':
			c.State = localmon.No
		case 'u':
			c.State = localmon.Unknown
		case '1', '2', '3', '4':
			c.State, c.Severity = localmon.Yes, localmon.Severity(l-'0')
		case 'h':
			c.State, c.Hard = localmon.Yes, true
		case 'o':
			c.State, c.Over = localmon.Yes, true
		case 'c':
			c.State, c.Cause = localmon.Yes, localmon.Ref{Rule: "parent"}
		case 'P':
			c = localmon.Condition{Rule: "parent", Target: "t", State: localmon.Yes, Hard: true, Severity: 1}
		case 'Q':
			c = localmon.Condition{Rule: "parent", Target: "t", State: localmon.No}
		case 'J':
			now = now.Add(-time.Hour)
			continue
		}
		if l != '.' {
			conds = append(conds, c)
		}
		res := e.Step(s, now, conds)
		for _, ch := range res.Changes {
			told = append(told, fmt.Sprintf("%s %s%d", ch.What, ch.Alert.Rule, ch.Alert.ID))
		}
		s = res.State
		now = now.Add(poll)
	}
	return s, told
}

func TestLifeOfAnAlert(t *testing.T) {
	n10 := strings.Repeat("n", 11)
	cases := []struct {
		name, script string
		want         []string
	}{
		{"one bad sample tells nothing to a person", "y", []string{"raised r1"}},
		{"two in a row fire", "yy", []string{"raised r1", "fired r1"}},
		{"two of three fire", "yny", []string{"raised r1", "fired r1"}},
		{"two of four do not", "ynny", []string{"raised r1", "dropped r1", "raised r2"}},
		{"a hard fault fires at once", "h", []string{"fired r1"}},
		{"unknown between does not count against", "yuuy", []string{"raised r1", "fired r1"}},
		{"no answer between does not count against", "y...y", []string{"raised r1", "fired r1"}},
		{"good for three polls is not long enough", "hnnn", []string{"fired r1"}},
		{"good for five minutes clears", "h" + n10, []string{"fired r1", "cleared r1"}},
		{"a bad one begins the wait again", "hnnnnnnnnnynnnnnnnnnn", []string{"fired r1"}},
		{"unknown never clears", "h" + strings.Repeat("u", 100), []string{"fired r1"}},
		{"silence never clears", "h" + strings.Repeat(".", 100), []string{"fired r1"}},
		{"two good ones and a long silence do not clear", "hnn" + strings.Repeat(".", 20), []string{"fired r1"}},
		{"coming back is the same alert", "h" + n10 + "nnnh", []string{"fired r1", "cleared r1", "reraised r1"}},
		{"coming back softly needs two of three again", "h" + n10 + "yny", []string{"fired r1", "cleared r1", "reraised r1"}},
		{"one bad sample after clearing is silent", "h" + n10 + "ynnn", []string{"fired r1", "cleared r1"}},
		{"coming back later is a new alert", "h" + n10 + strings.Repeat("n", 31) + "h", []string{"fired r1", "cleared r1", "fired r2"}},
		{"severity rises", "h2", []string{"fired r1", "severity r1"}},
		{"severity does not fall", "1144", []string{"raised r1", "fired r1"}},
		{"seen and gone between two looks", "o", []string{"passed r1"}},
		{"seen and gone again soon", "ono", []string{"passed r1", "passed r1"}},
		{"seen and gone while it lives", "ho", []string{"fired r1"}},
		{"explained by a living cause", "Pccc", []string{"fired parent1"}},
		{"explained by nothing", "cc", []string{"raised r1", "fired r1"}},
		{"told before its cause", "yyPcc", []string{"raised r1", "fired r1", "fired parent2", "grouped r1"}},
		{"pending when its cause is told", "yPc", []string{"raised r1", "fired parent2", "dropped r1"}},
		{"still bad after its cause is over", "Pc" + strings.Repeat("Q", 11) + "cc", []string{"fired parent1", "cleared parent1", "raised r2", "fired r2"}},
		{"stands alone again", "yyPcyc", []string{"raised r1", "fired r1", "fired parent2", "grouped r1", "ungrouped r1", "grouped r1"}},
		{"clock jumps back while good", "hnnnJ" + n10, []string{"fired r1", "cleared r1"}},
		{"old answers do not vote", "y" + strings.Repeat("u", 40) + "y", []string{"raised r1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, told := script(t, c.script)
			require.Equal(t, c.want, told)
		})
	}
}

func TestWhatAnAlertSays(t *testing.T) {
	s, _ := script(t, "yyu")
	a := s.Alerts()[0]
	require.True(t, a.Stale, "unknown marks it")
	require.Equal(t, localmon.StatusFiring, a.Status)
	require.Equal(t, start, a.Since)
	require.Equal(t, start.Add(poll), a.Fired)
	require.Equal(t, start.Add(poll), a.Seen, "unknown is not an observation")

	s, _ = script(t, "yyuy")
	require.False(t, s.Alerts()[0].Stale)

	s, _ = script(t, "yy"+strings.Repeat(".", 22))
	require.True(t, s.Alerts()[0].Stale, "silence for more than ten minutes")

	s, _ = script(t, "h"+strings.Repeat("n", 11)+"h")
	require.Equal(t, 1, s.Alerts()[0].Flaps)
	require.Equal(t, start, s.Alerts()[0].Since, "it is the same fault")
	require.Zero(t, s.Alerts()[0].Resolved)

	s, _ = script(t, "Pcc")
	require.Equal(t, []localmon.Ref{{Rule: "r", Component: "c"}}, s.Alerts()[0].Children)
}

func TestAck(t *testing.T) {
	e := alert.New(alert.Options{})
	s, _ := script(t, "yy")
	res, err := e.Ack(s, start.Add(time.Hour), 1, "mdurand", "part ordered")
	require.NoError(t, err)
	require.Equal(t, localmon.ChangeAcked, res.Changes[0].What)
	a := res.State.Alerts()[0]
	require.Equal(t, "mdurand", a.AckedBy)
	require.Equal(t, "part ordered", a.AckNote)
	require.Equal(t, start.Add(time.Hour), a.AckedAt)
	require.Equal(t, localmon.StatusFiring, a.Status)

	_, err = e.Ack(s, start, 7, "mdurand", "")
	require.ErrorIs(t, err, alert.ErrNoAlert)
	_, err = e.Ack(s, start, 1, "", "")
	require.ErrorIs(t, err, alert.ErrNoName)
	s, _ = script(t, "h"+strings.Repeat("n", 11))
	_, err = e.Ack(s, start, 1, "mdurand", "")
	require.ErrorIs(t, err, alert.ErrNoAlert, "a resolved alert is nobody's any more")
}

func TestRetire(t *testing.T) {
	e := alert.New(alert.Options{})
	s, _ := script(t, "yy")
	require.Empty(t, e.Retire(s, start, func(alert.Key) bool { return true }).Changes)
	res := e.Retire(s, start, func(alert.Key) bool { return false })
	require.Equal(t, localmon.ChangeRetired, res.Changes[0].What)
	require.Empty(t, res.State.Entries)
	require.Len(t, s.Entries, 1, "the state given is left alone")
}

func TestFlood(t *testing.T) {
	e := alert.New(alert.Options{Max: 10})
	var conds []localmon.Condition
	for i := range 25 {
		conds = append(conds, localmon.Condition{Rule: "r", Target: "t", Component: fmt.Sprintf("%02d", i), State: localmon.Yes, Hard: true, Severity: 3})
	}
	res := e.Step(alert.State{}, start, conds)
	require.Len(t, res.State.Entries, 11)
	flood := res.State.Entries[alert.Key{Target: "t", Rule: alert.FloodRule}].Alert
	require.Equal(t, localmon.StatusFiring, flood.Status)
	require.Contains(t, flood.Summary, "15 more")
	for i := range 11 {
		res = e.Step(res.State, start.Add(time.Duration(i+1)*poll), conds[:10])
	}
	require.Equal(t, localmon.StatusResolved, res.State.Entries[alert.Key{Target: "t", Rule: alert.FloodRule}].Alert.Status)
}

func TestOneKeyTwiceInOneStepCountsOnce(t *testing.T) {
	c := localmon.Condition{Rule: "r", Target: "t", State: localmon.Yes, Severity: 3}
	d := c
	d.Severity = 1
	n := c
	n.State = localmon.No
	for _, conds := range [][]localmon.Condition{{c, d, n}, {n, d, c}, {d, c}} {
		res := alert.New(alert.Options{}).Step(alert.State{}, start, conds)
		require.Len(t, res.Changes, 1)
		require.Equal(t, localmon.ChangeRaised, res.Changes[0].What)
		require.Equal(t, localmon.SeverityUrgent, res.Changes[0].Alert.Severity)
	}
}

func BenchmarkStepStorm(b *testing.B) {
	var conds []localmon.Condition
	for i := range 5000 {
		conds = append(conds, localmon.Condition{Rule: "array-alert:60", Target: "t", Component: fmt.Sprint(i), State: localmon.Yes, Hard: true, Severity: 3})
	}
	e := alert.New(alert.Options{})
	for b.Loop() {
		e.Step(alert.State{}, start, conds)
	}
}
