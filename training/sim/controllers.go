package sim

import (
	"fmt"
	"slices"
	"time"
)

// A fail-over takes this long: the peer is primary afterwards, and until then
// nothing answers when the primary was the one that was lost.
const failover = 8 * time.Second

// turn is one change in the lives of the two controllers.
type turn struct {
	at    time.Time
	order int // of turns at the same time
	apply func(c *[2]Controller, at time.Time)
}

// Controllers lists the two controllers.
func (v View) Controllers() []Controller { return slices.Clone(v.ctl[:]) }

// controllers replays every change up to the instant of the view.
func (v View) controllers() [2]Controller {
	var c [2]Controller
	since := v.options.Start.Add(-120 * 24 * time.Hour)
	for i, mode := range []string{"primary", "secondary"} {
		c[i] = Controller{
			Name: fmt.Sprintf("CT%d", i), Status: "ready", Mode: mode, Model: model, Version: v.version(),
			ModeSince: Some(since.Add(time.Duration(i*15*60+37) * time.Second)),
		}
	}
	var turns []turn
	for _, e := range v.entries {
		switch e.Kind {
		case ControllerFail, CPUFail:
			turns = append(turns, v.controllerTurns(e)...)
		case Failover:
			turns = append(turns, failoverTurns(e)...)
		case ArrayRestart, Upgrade:
			turns = append(turns, v.restartTurns(e)...)
		}
	}
	slices.SortStableFunc(turns, func(a, b turn) int {
		if d := a.at.Compare(b.at); d != 0 {
			return d
		}
		return a.order - b.order
	})
	for _, t := range turns {
		if !t.at.After(v.at) {
			t.apply(&c, t.at)
		}
	}
	return c
}

func (v View) controllerTurns(e Entry) []turn {
	n := controllerOf(e.Target)
	turns := []turn{
		{e.At, 1, func(c *[2]Controller, _ time.Time) {
			c[n].Status, c[n].Mode, c[n].ModeSince = "not ready", "offline", Opt[time.Time]{}
		}},
		{e.At.Add(failover), 2, func(c *[2]Controller, at time.Time) {
			if peer := &c[1-n]; peer.Mode == "secondary" && c[n].Mode != "primary" {
				peer.Mode, peer.ModeSince = "primary", Some(at)
			}
		}},
	}
	if !e.Until.IsZero() {
		turns = append(turns, turn{e.Until.Add(e.duration("boot")), 0, func(c *[2]Controller, at time.Time) {
			if !v.broken(n, at) {
				start(n)(c, at)
			}
		}})
	}
	return turns
}

// failoverTurns: the primary steps down, and its peer takes over when the
// address has moved.
func failoverTurns(e Entry) []turn {
	from := -1
	return []turn{
		{e.At, 1, func(c *[2]Controller, at time.Time) {
			for i := range c {
				if c[i].Mode == "primary" && c[1-i].Mode == "secondary" {
					from = i
				}
			}
			if from >= 0 {
				c[from].Mode, c[from].ModeSince = "secondary", Some(at)
			}
		}},
		{e.At.Add(failover), 2, func(c *[2]Controller, at time.Time) {
			if from >= 0 && c[1-from].Mode == "secondary" && c[from].Mode != "primary" {
				c[1-from].Mode, c[1-from].ModeSince = "primary", Some(at)
			}
		}},
	}
}

// start brings a controller up, as secondary where the peer is primary.
func start(n int) func(*[2]Controller, time.Time) {
	return func(c *[2]Controller, at time.Time) {
		mode := "primary"
		if c[1-n].Mode == "primary" {
			mode = "secondary"
		}
		c[n].Status, c[n].Mode, c[n].ModeSince = "ready", mode, Some(at)
	}
}

// restartTurns: both controllers start again, but for one that is broken.
func (v View) restartTurns(e Entry) []turn {
	var was [2]bool // which controllers took part
	return []turn{
		{e.At, 1, func(c *[2]Controller, _ time.Time) {
			for i := range c {
				if was[i] = c[i].Mode != "offline"; was[i] {
					c[i].Status, c[i].Mode, c[i].ModeSince = "not ready", "offline", Opt[time.Time]{}
				}
			}
		}},
		{e.Until, 0, func(c *[2]Controller, at time.Time) {
			for i := range c {
				if was[i] && !v.broken(i, at) {
					start(i)(c, at)
				}
			}
		}},
	}
}

// broken says whether a controller cannot start at an instant.
func (v View) broken(n int, at time.Time) bool {
	return slices.ContainsFunc(v.entries, func(e Entry) bool {
		return e.Kind.losesController() && controllerOf(e.Target) == n && e.begun(at) &&
			(e.Until.IsZero() || at.Before(e.Until.Add(e.duration("boot"))))
	})
}

// whyLost says what is wrong with a controller that is offline.
func (v View) whyLost(n int) string {
	for _, e := range v.entries {
		if e.Kind == CPUFail && controllerOf(e.Target) == n && e.active(v.at) {
			return "a processor has failed"
		}
	}
	return "controller is not ready"
}

// primary names the primary controller, CT0 when there is none.
func (v View) primary() string {
	if v.ctl[1].Mode == "primary" {
		return "CT1"
	}
	return "CT0"
}

// unreachable says whether the management address answers: it moves with the
// primary, so for the time of a fail-over nobody has it.
func (v View) unreachable() bool {
	return v.ctl[0].Mode != "primary" && v.ctl[1].Mode != "primary"
}
