package arrayapi

import (
	"net/http"
	"time"

	"darksite/training/sim"
)

// rule finds the protocol fault of a kind that concerns this call. The list of
// versions and the log-in are disturbed by faults that name them only.
func (c *call) rule(k sim.Kind) *sim.ProtocolRule {
	for i, r := range c.protocol.Rules {
		everywhere := r.Path == "" && (c.path != "" || k == sim.WrongVersion)
		if r.Kind == k && (everywhere || r.Path != "" && r.Path == c.asked) {
			return &c.protocol.Rules[i]
		}
	}
	return nil
}

// disturb lets faults of the interface happen to a call that would succeed. It
// reports whether the call goes on.
func (h *Handler) disturb(c *call) bool {
	if r := c.rule(sim.Slow); r != nil {
		t := time.NewTimer(r.Stall)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.r.Context().Done():
			return false
		}
	}
	if c.hostile() {
		return false
	}
	if r := c.rule(sim.HTTP500); r != nil {
		h.mu.Lock()
		h.failable[r.Path]++
		n := h.failable[r.Path]
		h.mu.Unlock()
		if n%max(1, r.Every) == 0 {
			c.fail(http.StatusInternalServerError, c.path, "Internal error.")
			return false
		}
	}
	return true
}

// duplicated repeats every third item where that fault is on.
func (c *call) duplicated(p page) page {
	if c.rule(sim.DuplicateItems) == nil {
		return p
	}
	items := make([]any, 0, len(p.items)*4/3+1)
	for i, it := range p.items {
		items = append(items, it)
		if i%3 == 0 {
			items = append(items, it)
		}
	}
	p.items = items
	return p
}
