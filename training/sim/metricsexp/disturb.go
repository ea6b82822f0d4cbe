package metricsexp

import (
	"bytes"
	"net/http"
	"time"

	"darksite/training/sim"
)

// disturbance is what goes wrong with one call that would succeed.
type disturbance struct {
	w        http.ResponseWriter
	r        *http.Request
	protocol sim.Protocol
	path     string // of the page, such as metrics/array
}

// rule is the fault of a kind that concerns the page.
func (d *disturbance) rule(k sim.Kind) *sim.ProtocolRule {
	for i, r := range d.protocol.Rules {
		if r.Kind == k && (r.Path == "" || r.Path == d.path) {
			return &d.protocol.Rules[i]
		}
	}
	return nil
}

// stalled waits where that fault is on, and reports whether the client gave up.
func (d *disturbance) stalled() bool {
	rule := d.rule(sim.Slow)
	if rule == nil {
		return false
	}
	t := time.NewTimer(rule.Stall)
	defer t.Stop()
	select {
	case <-t.C:
		return false
	case <-d.r.Context().Done():
		return true
	}
}

// hostile answers as no honest array would, where a fault wants that. It reports
// whether it did.
func (d *disturbance) hostile() bool {
	if rule := d.rule(sim.Redirect); rule != nil {
		d.w.Header().Set("Location", rule.Word+d.r.URL.RequestURI())
		d.w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	if rule := d.rule(sim.EndlessBody); rule != nil {
		d.w.Header().Set("Content-Type", textType)
		d.pour("", "purefa_info{array_name=\"x\"} 1\n", rule.Size)
		return true
	}
	if rule := d.rule(sim.HugeString); rule != nil {
		d.w.Header().Set("Content-Type", textType)
		d.pour(`purefa_info{array_name="`, "x", rule.Size)
		return true
	}
	return false
}

// chunk is how much is written at once.
const chunk = 64 << 10

// pour sends a head, then a piece over and over for so many bytes or until the
// client has had enough.
func (d *disturbance) pour(head, piece string, size int64) {
	block := append([]byte(head), bytes.Repeat([]byte(piece), chunk/len(piece))...)
	for sent := int64(0); sent < size && d.r.Context().Err() == nil; sent += int64(len(block)) {
		if _, err := d.w.Write(block); err != nil {
			return // a client that is gone needs no answer
		}
		block = block[len(head):]
		head = ""
	}
}

// send writes the page, cut short or a byte at a time where those faults are on.
func (d *disturbance) send(text []byte) {
	if d.rule(sim.TruncatedJSON) != nil {
		text = text[:len(text)*2/3]
	}
	if rule := d.rule(sim.SlowDrip); rule != nil {
		d.drip(text, rule.Stall)
		return
	}
	_, _ = d.w.Write(text) // a client that is gone needs no answer
}

func (d *disturbance) drip(text []byte, pause time.Duration) {
	t := time.NewTicker(pause)
	defer t.Stop()
	flush := http.NewResponseController(d.w)
	for i := range text {
		select {
		case <-t.C:
		case <-d.r.Context().Done():
			return
		}
		if _, err := d.w.Write(text[i : i+1]); err != nil {
			return
		}
		_ = flush.Flush() // where it cannot be flushed, the bytes come together
	}
}
