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

func silence(about func(*localmon.Quiet)) localmon.Quiet {
	q := localmon.Quiet{Kind: localmon.QuietSilence, Until: start.Add(2 * time.Hour), By: "mdurand", Why: "part ordered"}
	about(&q)
	return q
}

func maintenance(target string, from, until time.Time) localmon.Quiet {
	return localmon.Quiet{Kind: localmon.QuietMaintenance, Target: target, From: from, Until: until, By: "mdurand", Why: "upgrade"}
}

func yes(rule, component string, severity localmon.Severity) localmon.Condition {
	return localmon.Condition{Rule: rule, Target: "fa-1", Component: component, State: localmon.Yes, Hard: true, Severity: severity, Summary: "s"}
}

// told says what happened: a change that people are not told of is in brackets.
func told(changes []localmon.Change) []string {
	var out []string
	for _, c := range changes {
		s := fmt.Sprintf("%s %d", c.What, c.Alert.ID)
		if c.Hushed() {
			s = "(" + s + ")"
		}
		out = append(out, s)
	}
	return out
}

// player keeps a state and what was said on the way.
type player struct {
	t    *testing.T
	e    alert.Engine
	s    alert.State
	said []string
}

func (p *player) take(r alert.Result, err error) alert.Result {
	p.t.Helper()
	require.NoError(p.t, err)
	p.s = r.State
	p.said = append(p.said, told(r.Changes)...)
	return r
}

func (p *player) step(at time.Duration, c ...localmon.Condition) alert.Result {
	p.t.Helper()
	return p.take(p.e.Step(p.s, start.Add(at), c), nil)
}

func (p *player) quiet(at time.Duration, q localmon.Quiet) localmon.Quiet {
	p.t.Helper()
	r := p.take(p.e.Quiet(p.s, start.Add(at), q))
	return r.Quiets[len(r.Quiets)-1]
}

func TestQuiet(t *testing.T) {
	any := func(q *localmon.Quiet) { q.Target = "fa-1" }
	clear := func(p *player, from time.Duration, rule, component string) {
		for i := range 11 {
			p.step(from+time.Duration(i)*poll, localmon.Condition{Rule: rule, Target: "fa-1", Component: component, State: localmon.No})
		}
	}
	cases := []struct {
		name string
		play func(p *player)
		want []string
	}{
		{"a silenced alert lives on and is told when the silence ends", func(p *player) {
			p.step(0, yes("a", "x", 2))
			p.quiet(time.Minute, silence(func(q *localmon.Quiet) { q.Alert = 1 }))
			p.step(time.Hour, yes("a", "x", 2))
			p.step(2*time.Hour, yes("a", "x", 2))
		}, []string{"fired 1", "(hushed 1)", "told 1"}},
		{"a new alert under a silence is recorded and not told", func(p *player) {
			p.quiet(0, silence(any))
			p.step(time.Minute, yes("a", "x", 3))
			clear(p, 2*time.Minute, "a", "x")
		}, []string{"(fired 1)", "(cleared 1)"}},
		{"the good end of what was told before is told", func(p *player) {
			p.step(0, yes("a", "x", 3))
			p.quiet(time.Second, silence(any))
			clear(p, time.Minute, "a", "x")
		}, []string{"fired 1", "(hushed 1)", "cleared 1"}},
		{"a silence does not cover what is urgent", func(p *player) {
			p.quiet(0, silence(any))
			p.step(time.Minute, yes("a", "x", 1))
		}, []string{"fired 1"}},
		{"unless that was said", func(p *player) {
			p.quiet(0, silence(func(q *localmon.Quiet) { q.Target, q.Urgent = "fa-1", true }))
			p.step(time.Minute, yes("a", "x", 1))
		}, []string{"(fired 1)"}},
		{"what becomes urgent under a silence is told", func(p *player) {
			p.quiet(0, silence(any))
			p.step(time.Minute, yes("a", "x", 3))
			p.step(2*time.Minute, yes("a", "x", 1))
		}, []string{"(fired 1)", "severity 1"}},
		{"what is urgent and explained by a silenced cause is told", func(p *player) {
			p.quiet(0, silence(func(q *localmon.Quiet) { q.Rule = "cause" }))
			p.step(time.Minute, yes("cause", "", 2))
			c := yes("a", "x", 1)
			c.Cause = localmon.Ref{Rule: "cause"}
			p.step(2*time.Minute, yes("cause", "", 2), c)
		}, []string{"(fired 1)", "fired 2"}},
		{"maintenance covers the target from its beginning to its end, urgent or not", func(p *player) {
			p.quiet(0, maintenance("fa-1", start.Add(time.Hour), start.Add(2*time.Hour)))
			p.step(time.Minute, yes("a", "x", 1))
			p.step(time.Hour, yes("a", "x", 1), yes("a", "y", 1))
			p.step(2*time.Hour, yes("a", "x", 1), yes("a", "y", 1))
		}, []string{"fired 1", "(fired 2)", "(hushed 1)", "told 1", "told 2"}},
		{"what came and went in maintenance is recorded and never told", func(p *player) {
			p.quiet(0, maintenance("fa-1", start, start.Add(time.Hour)))
			over := yes("a", "x", 2)
			over.Over = true
			p.step(time.Minute, over)
			p.step(2*time.Hour, localmon.Condition{Rule: "a", Target: "fa-1", Component: "x", State: localmon.No})
		}, []string{"(passed 1)"}},
		{"another rule, component or target is told", func(p *player) {
			p.quiet(0, silence(func(q *localmon.Quiet) { q.Rule, q.Component = "port-*", "CT0.*" }))
			p.step(time.Minute, yes("port-down", "CT0.FC1", 3), yes("port-down", "CT1.FC1", 3), yes("drive-failed", "CT0.FC1", 3))
		}, []string{"fired 1", "(fired 2)", "fired 3"}},
		{"ended early by a person", func(p *player) {
			p.step(0, yes("a", "x", 3))
			q := p.quiet(0, silence(any))
			r := p.take(p.e.EndQuiet(p.s, start.Add(time.Minute), q.ID, "amartin"))
			require.Equal(p.t, "amartin", r.Quiets[0].EndedBy)
			require.Equal(p.t, start.Add(time.Minute), r.Quiets[0].Ended)
			require.Empty(p.t, r.State.Quiets)
		}, []string{"fired 1", "(hushed 1)", "told 1"}},
		{"of two that cover an alert the longer counts, without a word between", func(p *player) {
			p.step(0, yes("a", "x", 3))
			p.quiet(0, silence(any))
			p.quiet(0, silence(func(q *localmon.Quiet) { q.Rule, q.Until = "a", start.Add(5*time.Hour) }))
			p.step(3*time.Hour, yes("a", "x", 3))
		}, []string{"fired 1", "(hushed 1)", "(hushed 1)"}},
		{"a clock set back to before the silence tells", func(p *player) {
			p.step(0, yes("a", "x", 3))
			p.quiet(time.Minute, silence(any))
			p.step(-time.Hour, yes("a", "x", 3))
		}, []string{"fired 1", "(hushed 1)", "told 1"}},
		{"a flapping alert under a silence is told when it ends", func(p *player) {
			p.quiet(0, silence(any))
			p.step(time.Minute, yes("a", "x", 3))
			clear(p, 2*time.Minute, "a", "x")
			p.step(10*time.Minute, yes("a", "x", 3))
			p.step(2*time.Hour, yes("a", "x", 3))
		}, []string{"(fired 1)", "(cleared 1)", "(reraised 1)", "told 1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := &player{t: t, e: alert.New(alert.Options{})}
			c.play(p)
			require.Equal(t, c.want, p.said)
		})
	}
}

func TestAQuietSaysWhoWhyAndUntil(t *testing.T) {
	p := &player{t: t, e: alert.New(alert.Options{})}
	p.step(0, yes("a", "x", 3))
	q := p.quiet(time.Minute, silence(func(q *localmon.Quiet) { q.Alert = 1 }))
	require.EqualValues(t, 1, q.ID)
	require.Equal(t, start.Add(time.Minute), q.From, "a silence begins now")
	want := &localmon.Hush{ID: 1, Kind: localmon.QuietSilence, By: "mdurand", Why: "part ordered", Since: start.Add(time.Minute), Until: start.Add(2 * time.Hour)}
	require.Equal(t, want, p.s.Alerts()[0].Hush)
	before := p.s
	r := p.step(2 * time.Hour)
	require.Nil(t, p.s.Alerts()[0].Hush)
	require.Equal(t, start.Add(2*time.Hour), r.Quiets[0].Ended)
	require.Empty(t, r.Quiets[0].EndedBy, "by itself")
	require.NotNil(t, before.Alerts()[0].Hush, "the state given is left alone")
	require.Len(t, before.Quiets, 1)
	require.EqualValues(t, 2, p.quiet(3*time.Hour, silence(func(q *localmon.Quiet) { q.Rule, q.Until = "a", start.Add(4*time.Hour) })).ID, "no id is used twice")
}

func TestWhatCannotBeSilenced(t *testing.T) {
	cases := []struct {
		name string
		q    localmon.Quiet
		want string
	}{
		{"for ever", silence(func(q *localmon.Quiet) { q.Target, q.Until = "fa-1", time.Time{} }), "before it begins"},
		{"for longer than a month", silence(func(q *localmon.Quiet) { q.Target, q.Until = "fa-1", start.Add(31*24*time.Hour) }), "at most"},
		{"everything", silence(func(*localmon.Quiet) {}), "cover everything"},
		{"everything, by stars", silence(func(q *localmon.Quiet) { q.Target, q.Rule = "*", "**" }), "cover everything"},
		{"by nobody", silence(func(q *localmon.Quiet) { q.Target, q.By = "fa-1", "" }), "must be named"},
		{"without a reason", silence(func(q *localmon.Quiet) { q.Target, q.Why = "fa-1", " " }), "reason"},
		{"an alert that does not live", silence(func(q *localmon.Quiet) { q.Alert = 7 }), "no such alert"},
		{"a pattern without end", silence(func(q *localmon.Quiet) { q.Rule = strings.Repeat("x", 1000) }), "pattern"},
		{"by a kind nobody knows", localmon.Quiet{Kind: "holiday", Target: "fa-1"}, "kind"},
		{"maintenance of everything", maintenance("*", start, start.Add(time.Hour)), "names its target"},
		{"maintenance that is over", maintenance("fa-1", start.Add(-2*time.Hour), start.Add(-time.Hour)), "before it begins"},
		{"maintenance the wrong way round", maintenance("fa-1", start.Add(2*time.Hour), start.Add(time.Hour)), "before it begins"},
		{"maintenance of a month", maintenance("fa-1", start, start.Add(30*24*time.Hour)), "at most"},
		{"maintenance in two years", maintenance("fa-1", start.Add(800*24*time.Hour), start.Add(801*24*time.Hour)), "a year"},
	}
	e := alert.New(alert.Options{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := e.Quiet(alert.State{}, start, c.q)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := e.EndQuiet(alert.State{}, start, 3, "mdurand")
	require.ErrorIs(t, err, alert.ErrNoQuiet)
	_, err = e.EndQuiet(alert.State{}, start, 3, "")
	require.ErrorIs(t, err, alert.ErrNoName)

	var s alert.State
	for range alert.MaxQuiets {
		r, err := e.Quiet(s, start, silence(func(q *localmon.Quiet) { q.Target = "fa-1" }))
		require.NoError(t, err)
		s = r.State
	}
	_, err = e.Quiet(s, start, silence(func(q *localmon.Quiet) { q.Target = "fa-1" }))
	require.ErrorIs(t, err, alert.ErrQuiet)
}
