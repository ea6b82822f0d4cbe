package metricsexp

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"

	"darksite/training/sim"
)

// Handler answers the calls of one array.
type Handler struct {
	array *sim.Array
	token string

	mu       sync.Mutex
	failable map[string]int // calls a rule could have failed, by its path
}

// New returns the handler of an array, which is read with token.
func New(a *sim.Array, token string) *Handler {
	return &Handler{array: a, token: token, failable: map[string]int{}}
}

// pages are what can be asked for, and what is on each.
var pages = map[string][]func(*page, sim.View){
	"metrics":             {info, array, volumes, hosts},
	"metrics/array":       {info, array},
	"metrics/volumes":     {info, volumes},
	"metrics/hosts":       {info, hosts},
	"metrics/pods":        {info},
	"metrics/directories": {info},
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

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, view sim.View, protocol sim.Protocol, path string, parts []func(*page, sim.View)) {
	if rule := find(protocol, sim.Slow, path); rule != nil && !stall(r, rule.Stall) {
		return
	}
	if rule := find(protocol, sim.HTTP500, path); rule != nil && h.fails(rule) {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	p := &page{families: map[string][]string{}, repeat: find(protocol, sim.DuplicateItems, path) != nil}
	for _, part := range parts {
		part(p, view)
	}
	openMetrics := strings.Contains(r.Header.Get("Accept"), "application/openmetrics-text")
	w.Header().Set("Content-Type", textType)
	if openMetrics {
		w.Header().Set("Content-Type", openMetricsType)
	}
	text := p.text(openMetrics)
	if find(protocol, sim.TruncatedJSON, path) != nil {
		text = text[:len(text)*2/3]
	}
	_, _ = w.Write(text) // a client that is gone needs no answer
}

// find is the rule of a kind that concerns a path.
func find(p sim.Protocol, k sim.Kind, path string) *sim.ProtocolRule {
	for i, r := range p.Rules {
		if r.Kind == k && (r.Path == "" || r.Path == path) {
			return &p.Rules[i]
		}
	}
	return nil
}

// stall waits, and reports whether the client did too.
func stall(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (h *Handler) fails(r *sim.ProtocolRule) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failable[r.Path]++
	return h.failable[r.Path]%max(1, r.Every) == 0
}
