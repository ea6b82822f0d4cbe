package arrayapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// set sends a call that changes something.
func (r *rig) set(method, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(r.t.Context(), method, r.base+path, strings.NewReader(body))
	req.Header["X-Auth-Token"] = []string{r.session}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return w
}

func TestWhatMayBeSetIsSet(t *testing.T) {
	for _, c := range []struct {
		family               sim.Family
		part, window, second string
		fault                sim.Kind
	}{
		{sim.FlashArray, "CH0.BAY3", "environment", "CH0.BAY4", sim.PSULoss},
		{sim.FlashBlade, "CH1.FB3", "array", "CH1.FB4", sim.PSULoss},
	} {
		t.Run(string(c.family), func(t *testing.T) {
			r := newRig(t, sim.Options{Family: c.family})
			require.Equal(t, http.StatusOK, r.set("PATCH", "hardware?names="+c.part, `{"identify_enabled":true}`).Code)
			require.Equal(t, true, r.get("hardware").byName()[c.part]["identify_enabled"])
			require.Equal(t, false, r.get("hardware").byName()[c.second]["identify_enabled"], "one light and no other")
			require.Equal(t, []string{c.part}, r.handler.Lit())
			require.Equal(t, http.StatusOK, r.set("PATCH", "hardware?names="+c.part, `{"identify_enabled":false}`).Code)
			require.Empty(t, r.handler.Lit())

			r.inject(sim.Fault{Kind: c.fault})
			r.array.Advance(time.Minute)
			open := r.get("alerts?filter=state='open'").Items
			require.Len(t, open, 1)
			name := open[0]["name"].(string)
			require.Equal(t, http.StatusOK, r.set("PATCH", "alerts?names="+name, `{"flagged":false}`).Code)
			require.Equal(t, false, r.get("alerts?filter=state='open'").Items[0]["flagged"])

			require.Empty(t, r.get("maintenance-windows").Items)
			require.Equal(t, http.StatusOK, r.set("POST", "maintenance-windows?names="+c.window, `{"timeout":150000}`).Code)
			window := r.get("maintenance-windows").Items
			require.Len(t, window, 1)
			require.InDelta(t, 120_000, window[0]["expires"].(float64)-window[0]["created"].(float64), 0, "rounded down to the minute")
			require.Equal(t, http.StatusOK, r.set("DELETE", "maintenance-windows?names="+c.window, "").Code)
			require.Empty(t, r.get("maintenance-windows").Items)
			require.Equal(t, http.StatusOK, r.set("POST", "maintenance-windows?names="+c.window, `{"timeout":60000}`).Code)
			r.array.Advance(time.Minute)
			require.Empty(t, r.get("maintenance-windows").Items, "it ends by itself")
			require.Equal(t, map[string]int{"PATCH hardware": 2, "PATCH alerts": 1, "POST maintenance-windows": 2, "DELETE maintenance-windows": 1}, r.handler.Acted())
		})
	}
}

func TestWhatCannotBeSetChangesNothing(t *testing.T) {
	r := newRig(t, sim.Options{})
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"no such part":               {"PATCH", "hardware?names=CH0.BAY99", `{"identify_enabled":true}`, 400},
		"one of two is not there":    {"PATCH", "hardware?names=CH0.BAY3,CH0.BAY99", `{"identify_enabled":true}`, 400},
		"the same, told to go on":    {"PATCH", "hardware?names=CH0.BAY3,CH0.BAY99&allow_errors=true", `{"identify_enabled":true}`, 400},
		"a part without a light":     {"PATCH", "hardware?names=CT0.TMP1", `{"identify_enabled":true}`, 400},
		"no name":                    {"PATCH", "hardware", `{"identify_enabled":true}`, 400},
		"another field":              {"PATCH", "hardware?names=CH0.BAY3", `{"index":4}`, 400},
		"a field more":               {"PATCH", "hardware?names=CH0.BAY3", `{"identify_enabled":true,"index":4}`, 400},
		"no truth":                   {"PATCH", "hardware?names=CH0.BAY3", `{"identify_enabled":"yes"}`, 400},
		"no JSON":                    {"PATCH", "hardware?names=CH0.BAY3", `on`, 400},
		"a body without end":         {"PATCH", "hardware?names=CH0.BAY3", strings.Repeat(" ", 1<<20), 400},
		"an alert nobody knows":      {"PATCH", "alerts?names=1", `{"flagged":true}`, 400},
		"a window of another name":   {"POST", "maintenance-windows?names=array", `{"timeout":60000}`, 400},
		"a window of a second":       {"POST", "maintenance-windows?names=environment", `{"timeout":1000}`, 400},
		"a window of a week":         {"POST", "maintenance-windows?names=environment", `{"timeout":604800000}`, 400},
		"a window that does not end": {"POST", "maintenance-windows?names=environment", `{"timeout":9223372036854775807}`, 400},
		"a window that is not there": {"DELETE", "maintenance-windows?names=environment", "", 400},
		"a volume":                   {"PATCH", "volumes?names=v", `{}`, 405},
		"a drive out of its bay":     {"DELETE", "drives?names=CH0.BAY3", "", 405},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, r.set(c.method, c.path, c.body).Code)
		})
	}
	require.Empty(t, r.handler.Lit())
	require.Empty(t, r.get("maintenance-windows").Items)
	r.session = "nobody"
	require.Equal(t, 401, r.set("PATCH", "hardware?names=CH0.BAY3", `{"identify_enabled":true}`).Code)
}
