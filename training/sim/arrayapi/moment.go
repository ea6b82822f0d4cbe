package arrayapi

import (
	"sync"

	"darksite/training/sim"
)

// moment is what has been worked out about the array at one instant. The calls
// of one look of a monitor come close together, and a clock that is moved by
// hand stands still between them, so the work is done once.
type moment struct {
	view    sim.View
	window  func() *sim.Window
	volumes func() []sim.Volume
	hosts   func() []sim.Host
	ports   func() []sim.PortPerformance
}

func newMoment(v sim.View) *moment {
	m := &moment{
		view: v, window: sync.OnceValue(v.Instant), volumes: sync.OnceValue(v.Volumes), hosts: sync.OnceValue(v.Hosts),
	}
	m.ports = sync.OnceValue(func() []sim.PortPerformance { return m.window().Ports() })
	return m
}

// moment returns what is known of a view. One moment is kept: that of the last
// call.
func (h *Handler) moment(v sim.View) *moment {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil || !h.last.view.Same(v) {
		h.last = newMoment(v)
	}
	return h.last
}

// work is what is done at the instant of the call.
func (c *call) work() *sim.Window { return c.moment.window() }
