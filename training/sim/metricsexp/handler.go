package metricsexp

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"darksite/training/sim"
)

// Handler answers the calls of one array.
type Handler struct {
	array *sim.Array
	token string

	mu       sync.Mutex
	failable map[string]int // calls a rule could have failed, by its path

	pages sync.Pool // of *page
}

// New returns the handler of an array, which is read with token. An array of
// another kind than FlashArray serves no metrics of its own and is refused.
func New(a *sim.Array, token string) (*Handler, error) {
	if o := a.Options(); o.Family != sim.FlashArray {
		return nil, fmt.Errorf("metrics of array %s: it is a %s, and only arrays of kind %s serve metrics of their own", o.Name, o.Family, sim.FlashArray)
	}
	return &Handler{array: a, token: token, failable: map[string]int{}, pages: sync.Pool{New: emptyPage}}, nil
}

// pages are what can be asked for, and what is on each.
var pages = map[string][]func(*page){
	"metrics":             {info, array, volumes, volumeGroups, hosts, pods, directories},
	"metrics/array":       {info, array},
	"metrics/volumes":     {info, volumes, volumeGroups},
	"metrics/hosts":       {info, hosts},
	"metrics/pods":        {info, pods},
	"metrics/directories": {info, directories},
}

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	view := h.array.View()
	protocol := view.Protocol()
	if protocol.Unreachable {
		panic(http.ErrAbortHandler) // the connection drops, as when nobody has the address
	}
	w.Header().Set("Date", view.Time().Add(protocol.Skew).UTC().Format(http.TimeFormat))
	path := strings.Trim(r.URL.Path, "/")
	parts, known := pages[path]
	switch namespace := r.URL.Query().Get("namespace"); {
	case !known:
		http.Error(w, "not found", http.StatusNotFound)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case protocol.TokenRefused || !h.authorised(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the token is not valid", http.StatusUnauthorized)
	case namespace != "" && namespace != "purefa":
		http.Error(w, "the namespace is not modelled", http.StatusBadRequest)
	default:
		h.serve(w, r, view, protocol, path, parts)
	}
}

func (h *Handler) authorised(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, got := sha256.Sum256([]byte(h.token)), sha256.Sum256([]byte(given))
	return ok && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// The media types of the two texts.
const (
	openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
	textType        = "text/plain; version=0.0.4; charset=utf-8"
)

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, view sim.View, protocol sim.Protocol, path string, parts []func(*page)) {
	d := disturbance{w, r, protocol, path}
	if d.stalled() || d.hostile() {
		return
	}
	if rule := d.rule(sim.HTTP500); rule != nil && h.fails(rule) {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	p := h.pages.Get().(*page)
	defer h.pages.Put(p)
	p.begin(view, d.rule(sim.DuplicateItems) != nil)
	for _, part := range parts {
		part(p)
	}
	openMetrics := strings.Contains(r.Header.Get("Accept"), "application/openmetrics-text")
	w.Header().Set("Content-Type", textType)
	if openMetrics {
		w.Header().Set("Content-Type", openMetricsType)
	}
	d.send(p.text(openMetrics))
}

func (h *Handler) fails(r *sim.ProtocolRule) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failable[r.Path]++
	return h.failable[r.Path]%max(1, r.Every) == 0
}
