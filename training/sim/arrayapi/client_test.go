package arrayapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// Where the newest versions of the two interfaces are.
const (
	base      = "/api/2.26/"
	bladeBase = "/api/2.28/"
)

// rig is an array with a client that has a session, without a network.
type rig struct {
	t       *testing.T
	array   *sim.Array
	handler *arrayapi.Handler
	base    string
	session string
}

func newRig(t *testing.T, o sim.Options) *rig {
	t.Helper()
	a, err := sim.New(o)
	require.NoError(t, err)
	return newRigOf(t, a)
}

func newRigOf(t *testing.T, a *sim.Array) *rig {
	t.Helper()
	r := &rig{t: t, array: a, handler: arrayapi.New(a), base: base}
	if a.Options().Family == sim.FlashBlade {
		r.base = bladeBase
	}
	r.login()
	return r
}

func (r *rig) login() {
	r.t.Helper()
	w := r.do("POST", "/api/login", http.Header{"Api-Token": {r.handler.Token()}})
	require.Equal(r.t, 200, w.Code, w.Body)
	r.session = w.Header().Get("x-auth-token")
	require.NotEmpty(r.t, r.session)
}

func (r *rig) do(method, path string, h http.Header) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(r.t.Context(), method, path, nil)
	for k, v := range h {
		req.Header[k] = v
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return w
}

func (r *rig) raw(path string) *httptest.ResponseRecorder {
	return r.do("GET", r.base+path, http.Header{"X-Auth-Token": {r.session}})
}

// reply is the common form of lists.
type reply struct {
	Items     []map[string]any `json:"items"`
	Total     totals           `json:"total"`
	Token     *string          `json:"continuation_token"`
	More      bool             `json:"more_items_remaining"`
	ItemCount *int             `json:"total_item_count"`
	Errors    []map[string]any `json:"errors"`
}

// totals are a list, or the one object some lists of a FlashBlade have.
type totals []map[string]any

func (t *totals) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("{")) {
		b = slices.Concat([]byte("["), b, []byte("]"))
	}
	return json.Unmarshal(b, (*[]map[string]any)(t))
}

func (r *rig) get(path string) reply {
	r.t.Helper()
	w := r.raw(path)
	require.Contains(r.t, []int{200, 207}, w.Code, "%s: %s", path, w.Body)
	return r.decode(w.Body)
}

func (r *rig) decode(body io.Reader) reply {
	r.t.Helper()
	var out reply
	require.NoError(r.t, json.NewDecoder(body).Decode(&out))
	return out
}

// byName indexes items by name.
func (p reply) byName() map[string]map[string]any {
	m := map[string]map[string]any{}
	for _, it := range p.Items {
		m[it["name"].(string)] = it
	}
	return m
}

func (r *rig) inject(f sim.Fault) string {
	r.t.Helper()
	id, err := r.array.Inject(f)
	require.NoError(r.t, err)
	return id
}

func (r *rig) openAlerts() []map[string]any {
	r.t.Helper()
	return r.get("alerts?filter=state%3D'open'").Items
}

func ms(t time.Time) float64 { return float64(t.UnixMilli()) }
