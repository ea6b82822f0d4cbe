package arrayapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"darksite/training/sim"
)

// write changes something of the named objects, which are found as they stand
// before it.
type write func(h *Handler, c *call, names []string, found []any, body []byte) error

// writes are the calls that change something, by method and path. There are no
// others: what the kit may do to an array is all that can be practised on one.
var writes = map[string]write{
	"PATCH hardware":             (*Handler).light,
	"PATCH alerts":               (*Handler).flag,
	"POST maintenance-windows":   (*Handler).mute,
	"DELETE maintenance-windows": (*Handler).unmute,
}

// marks are what people and programs set on an array. They are the interface's
// own: no fault of the model depends on them.
type marks struct {
	lit     map[string]bool // locate LEDs that are on, by part
	flags   map[string]bool // as set by somebody, by number of the alert
	created time.Time       // of the maintenance window
	expires time.Time
}

// The bounds of a maintenance window, see also dialect.window.
const (
	shortestWindow = time.Minute
	longestWindow  = 24 * time.Hour
)

// maxWriteBody is more than any body of a write has.
const maxWriteBody = 64 << 10

// change answers a call that changes something, with the objects as they are then.
func (h *Handler) change(c *call, set write) {
	if !h.authorised(c) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxWriteBody))
	if err != nil {
		c.refuse(apiError{"", "The body cannot be read."})
		return
	}
	q, err := parseQuery(c.r.URL.Query(), c.path)
	if err == nil && len(q.names) == 0 {
		err = apiError{"names", "Missing names."}
	}
	var found page
	if err == nil && c.path != "maintenance-windows" {
		if found, err = q.answer(c, h.dialect.endpoints[c.path](c)); err == nil && len(found.errors) > 0 {
			err = found.errors[0] // nothing is set where one is not there
		}
	}
	if err == nil {
		err = set(h, c, q.names, found.items, body)
	}
	if err == nil && c.r.Method != http.MethodDelete {
		found, err = q.answer(c, h.dialect.endpoints[c.path](c))
	}
	switch {
	case err != nil:
		c.refuse(err)
	case c.r.Method == http.MethodDelete:
		c.w.WriteHeader(http.StatusOK)
	default:
		c.send(http.StatusOK, h.dialect.body(found))
	}
}

// field reads a body of one known field.
func field[T any](body []byte, name string) (T, error) {
	var given map[string]json.RawMessage
	var value T
	if err := json.Unmarshal(body, &given); err != nil || len(given) != 1 || given[name] == nil {
		return value, apiError{name, "The body is to be an object with this one field."}
	}
	if err := json.Unmarshal(given[name], &value); err != nil {
		return value, apiError{name, "Invalid value."}
	}
	return value, nil
}

func (h *Handler) light(_ *call, names []string, found []any, body []byte) error {
	on, err := field[bool](body, "identify_enabled")
	if err != nil {
		return err
	}
	for _, item := range found {
		if part, ok := item.(interface{ canIdentify() bool }); !ok || !part.canIdentify() {
			return apiError{"identify_enabled", "The component has no LED to identify it."}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range names {
		h.marks.lit[strings.ToLower(n)] = on
	}
	return nil
}

func (h *Handler) flag(_ *call, names []string, _ []any, body []byte) error {
	flagged, err := field[bool](body, "flagged")
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range names {
		h.marks.flags[n] = flagged
	}
	return nil
}

func (h *Handler) mute(c *call, names []string, _ []any, body []byte) error {
	milliseconds, err := field[int64](body, "timeout")
	if err != nil {
		return err
	}
	d := time.Duration(milliseconds) * time.Millisecond
	if len(names) != 1 || names[0] != h.dialect.window || milliseconds > longestWindow.Milliseconds() || d < shortestWindow {
		return apiError{"timeout", fmt.Sprintf("Name %s and a time from %s to %s.", h.dialect.window, shortestWindow, longestWindow)}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.marks.created, h.marks.expires = c.now, c.now.Add(d.Truncate(time.Minute))
	return nil
}

func (h *Handler) unmute(c *call, names []string, _ []any, _ []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(names) != 1 || names[0] != h.dialect.window || !c.now.Before(h.marks.expires) {
		return apiError{names[0], "There is no such maintenance window."}
	}
	h.marks.expires = c.now
	return nil
}

// isLit reports whether the locate LED of a part is on.
func (h *Handler) isLit(part string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.marks.lit[strings.ToLower(part)]
}

// isFlagged is the flag of an alert: as somebody set it, else as the array did.
func (h *Handler) isFlagged(alert string, own bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if set, ok := h.marks.flags[alert]; ok {
		return set
	}
	return own
}

// Lit lists the parts whose locate LED is on.
func (h *Handler) Lit() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for part, on := range h.marks.lit {
		if on {
			all = append(all, strings.ToUpper(part))
		}
	}
	slices.Sort(all)
	return all
}

type windowItem struct {
	Name    string `json:"name"`
	ID      string `json:"id,omitempty"` // of a FlashBlade
	Created int64  `json:"created"`
	Expires int64  `json:"expires"`
}

// maintenanceWindows is the window that has not ended, if there is one.
func maintenanceWindows(c *call) resource {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	var all []windowItem
	if c.now.Before(c.h.marks.expires) {
		w := windowItem{Name: c.h.dialect.window, Created: c.ms(c.h.marks.created), Expires: c.ms(c.h.marks.expires)}
		if c.h.array.Options().Family == sim.FlashBlade {
			w.ID = derivedUUID(c.h.array.Options(), "maintenance window", c.h.marks.created.UnixMilli())
		}
		all = append(all, w)
	}
	r := of(all, func(w windowItem) string { return w.Name }, func(w windowItem) any { return w })
	r.id = r.name
	return r
}
