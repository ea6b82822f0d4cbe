package arrayapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"darksite/training/sim"
)

// hostile answers a call as no honest array would, where a fault wants that.
// It reports whether it did.
func (c *call) hostile() bool {
	if r := c.rule(sim.Redirect); r != nil {
		c.w.Header().Set("Location", r.Word+c.r.URL.RequestURI())
		c.w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	if r := c.rule(sim.EndlessBody); r != nil {
		c.stream(`{"items":[{"name":"x"}`, `,{"name":"x"}`, r.Size, "")
		return true
	}
	if r := c.rule(sim.DeepJSON); r != nil {
		down, up := bytes.Repeat([]byte("["), int(r.Size)), bytes.Repeat([]byte("]"), int(r.Size))
		c.pour([]byte(`{"items":[`), down, up, []byte(`],"more_items_remaining":false}`))
		return true
	}
	if r := c.rule(sim.HugeString); r != nil {
		c.stream(`{"continuation_token":null,"items":[{"name":"`, "x", r.Size, `"}],"more_items_remaining":false,"total_item_count":null}`)
		return true
	}
	return false
}

// chunk is how much is written at once.
const chunk = 64 << 10

// stream sends a head, then a piece over and over for so many bytes or until
// the client has had enough, then a tail.
func (c *call) stream(head, piece string, size int64, tail string) {
	block := bytes.Repeat([]byte(piece), chunk/len(piece))
	if !c.pour([]byte(head)) {
		return
	}
	for left := size; left > 0; left -= int64(len(block)) {
		if len(piece) == 1 && left < int64(len(block)) {
			block = block[:left]
		}
		if !c.pour(block) {
			return
		}
	}
	c.pour([]byte(tail))
}

// pour sends the parts of a body and reports whether the client still reads.
func (c *call) pour(parts ...[]byte) bool {
	for _, p := range parts {
		if c.r.Context().Err() != nil {
			return false
		}
		if _, err := c.w.Write(p); err != nil {
			return false
		}
	}
	return true
}

// drip sends a body byte by byte.
func (c *call) drip(data []byte, pause time.Duration) {
	t := time.NewTicker(pause)
	defer t.Stop()
	flush := http.NewResponseController(c.w)
	for i := range data {
		select {
		case <-t.C:
		case <-c.r.Context().Done():
			return
		}
		if !c.pour(data[i : i+1]) {
			return
		}
		_ = flush.Flush() // where it cannot be flushed, the bytes come together
	}
}

// partial leaves out the last item of a list, with an error for it, where that
// fault is on.
func (c *call) partial(p page) page {
	if n := len(p.items); n > 0 && c.rule(sim.Partial207) != nil {
		name, _ := lookup(p.items[n-1], "name")
		context, _ := name.(string)
		p.errors = append(p.errors, apiError{context, "The object could not be read."})
		p.items = p.items[:n-1]
	}
	return p
}

// nulled takes the numbers out of items where that fault is on.
func (c *call) nulled(p page) page {
	if c.rule(sim.CounterNull) == nil {
		return p
	}
	p.items = withoutNumbers(p.items)
	if p.total != nil {
		p.total = withoutNumbers(p.total)
	}
	return p
}

func withoutNumbers(items []any) []any {
	data, err := json.Marshal(items)
	if err != nil {
		panic(err) // the items are plain structs of ours
	}
	out := []any{}
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return nullNumbers(out).([]any)
}

func nullNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = nullNumbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = nullNumbers(v[i])
		}
	case float64:
		return nil
	}
	return v
}
