package arrayapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"darksite/training/sim"
)

// Handler answers the calls of one array.
type Handler struct {
	array   *sim.Array
	dialect dialect
	token   string

	mu       sync.Mutex
	sessions map[string]session
	opened   int64 // sessions since the start
	calls    int64
	failable map[string]int // calls a rule could have failed, by its path
	acted    map[string]int // calls that act; see Acted
	marks    marks
	last     *moment
	buffers  sync.Pool // of *bytes.Buffer: replies on their way
}

type session struct {
	era    int // of the array's sessions; see sim.Protocol
	number int64
	opened time.Time
	used   time.Time
}

// New returns the handler of an array. It speaks the dialect of its family.
func New(a *sim.Array) *Handler {
	return &Handler{
		array: a, dialect: dialectOf(a.Options().Family), token: derivedUUID(a.Options(), "api token", 0),
		sessions: map[string]session{}, failable: map[string]int{}, acted: map[string]int{},
		marks:   marks{lit: map[string]bool{}, flags: map[string]bool{}},
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
}

// Token is the API token that opens a session.
func (h *Handler) Token() string { return h.token }

// Array is the array behind the handler.
func (h *Handler) Array() *sim.Array { return h.array }

// call is one call on its way through the handler.
type call struct {
	w        http.ResponseWriter
	r        *http.Request
	now      time.Time // by the clock of the model
	view     sim.View  // of a FlashArray, else empty
	blade    sim.BladeView
	protocol sim.Protocol
	h        *Handler
	path     string // endpoint, without version; empty when it is no list
	asked    string // what faults of the replies call it: the path, login or api_version
	minor    int    // of the version 2.minor in the path
	moment   *moment
}

// ms is a time as the array tells it.
func (c *call) ms(t time.Time) int64 { return t.Add(c.protocol.Skew).UnixMilli() }

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sight := h.array.Look()
	c := &call{w: w, r: r, h: h, now: sight.Time(), protocol: sight.Protocol()}
	h.dialect.look(c, sight)
	if c.protocol.Unreachable {
		panic(http.ErrAbortHandler) // the connection drops, as when nobody has the address
	}
	h.stamp(c)
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		c.fail(http.StatusNotFound, "", "Not found.")
		return
	}
	rest := strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	switch first, below, _ := strings.Cut(rest, "/"); {
	case rest == "api_version":
		c.asked = rest
		h.method(c, http.MethodGet, h.version)
	case c.entrance("login", rest, first, below):
		c.asked = "login"
		h.method(c, http.MethodPost, h.login)
	case c.entrance("logout", rest, first, below):
		h.method(c, http.MethodPost, h.logout)
	case !c.known(first):
		c.fail(http.StatusNotFound, first, "Unsupported API version.")
	default:
		c.path, c.asked, c.minor = below, below, minorOf(first)
		h.watch(c)
		if set, ok := writes[c.r.Method+" "+c.path]; ok {
			h.change(c, set)
			return
		}
		h.method(c, http.MethodGet, h.get)
	}
}

// stamp sets the headers every reply has. The date is the array's own.
func (h *Handler) stamp(c *call) {
	h.mu.Lock()
	h.calls++
	id := derivedUUID(h.array.Options(), "request", h.calls)
	h.mu.Unlock()
	if given := c.r.Header.Get("X-Request-ID"); given != "" && len(given) <= 128 {
		id = given
	}
	hd := c.w.Header()
	hd.Set("X-Request-ID", id)
	hd.Set("Date", c.now.Add(c.protocol.Skew).UTC().Format(http.TimeFormat))
	hd.Set("Content-Type", "application/json")
	hd.Set("Cache-Control", "no-store")
}

func (h *Handler) method(c *call, want string, serve func(*call)) {
	if c.r.Method != want {
		c.w.Header().Set("Allow", want)
		c.fail(http.StatusMethodNotAllowed, "", "Method not allowed.")
		return
	}
	serve(c)
}

func (h *Handler) version(c *call) {
	if h.disturb(c) {
		c.send(http.StatusOK, map[string][]string{h.dialect.versionKey: c.offered()})
	}
}

func (h *Handler) login(c *call) {
	if !h.disturb(c) {
		return
	}
	if c.protocol.TokenRefused || c.r.Header.Get("api-token") != h.token {
		c.fail(http.StatusUnauthorized, "", "Invalid credentials.")
		return
	}
	h.mu.Lock()
	h.opened++
	token := derivedUUID(h.array.Options(), "session", h.opened)
	now := c.now
	h.sessions[token] = session{era: c.protocol.SessionEra, number: h.opened, opened: now, used: now}
	h.forget(now)
	h.mu.Unlock()
	c.w.Header().Set("x-auth-token", token)
	c.send(http.StatusOK, map[string][]map[string]string{"items": {{"username": "pureuser"}}})
}

// forget drops sessions that have ended, so that a client that never logs out
// costs no more than that much memory.
func (h *Handler) forget(now time.Time) {
	for token, s := range h.sessions {
		if now.Sub(s.used) > h.dialect.idleTimeout {
			delete(h.sessions, token)
		}
	}
}

func (h *Handler) logout(c *call) {
	if !h.authorised(c) {
		return
	}
	h.mu.Lock()
	delete(h.sessions, c.r.Header.Get("x-auth-token"))
	h.mu.Unlock()
	c.w.WriteHeader(http.StatusOK)
}

// authorised says whether the call has a living session, and answers if not.
func (h *Handler) authorised(c *call) bool {
	token, now := c.r.Header.Get("x-auth-token"), c.now
	h.mu.Lock()
	s, ok := h.sessions[token]
	ok = ok && now.Sub(s.used) <= h.dialect.idleTimeout && s.era == c.protocol.SessionEra
	if ok {
		s.used = now
		h.sessions[token] = s
	} else {
		delete(h.sessions, token)
	}
	h.mu.Unlock()
	if !ok {
		c.fail(http.StatusUnauthorized, "", "Invalid session.")
	}
	return ok
}

// living lists the sessions that have not ended, by their numbers.
func (h *Handler) living(now time.Time, era int) []session {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget(now)
	var all []session
	for _, s := range h.sessions {
		if s.era == era {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b session) int { return cmp.Compare(a.number, b.number) })
	return all
}

// Sessions is the number of sessions that are open.
func (h *Handler) Sessions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget(h.array.Now())
	return len(h.sessions)
}

func (h *Handler) get(c *call) {
	if !h.authorised(c) {
		return
	}
	if kind, ok := h.dialect.acting[c.path]; ok {
		c.tried(kind)
		return
	}
	build, ok := h.dialect.endpoint(c)
	if !ok {
		c.fail(http.StatusNotFound, c.path, "The endpoint is not modelled.")
		return
	}
	if !h.disturb(c) {
		return
	}
	q, err := parseQuery(c.r.URL.Query(), c.path)
	if err == nil {
		err = q.namesAtMost(h.dialect.mostNames(c.path, c.minor))
	}
	if err != nil {
		c.refuse(err)
		return
	}
	page, err := q.answer(c, build(c))
	if err != nil {
		c.refuse(err)
		return
	}
	if page.token != nil {
		c.w.Header().Set("x-next-token", *page.token)
	}
	page = c.partial(page)
	status := http.StatusOK
	if len(page.errors) > 0 {
		status = http.StatusMultiStatus
	}
	c.send(status, h.dialect.body(c.nulled(c.duplicated(page))))
}

// page is what a call is answered with, before it has the form of a dialect.
type page struct {
	token   *string
	errors  []apiError
	items   []any
	more    bool
	total   []any
	whole   bool // the total is one object and no list
	count   int
	counted bool // the count was asked for
}

type apiError struct {
	Context string `json:"context,omitempty"`
	Message string `json:"message"`
}

func (e apiError) Error() string { return e.Context + ": " + e.Message }

func (c *call) fail(status int, context, message string) {
	c.send(status, map[string][]apiError{"errors": {{context, message}}})
}

// refuse answers a call whose parameters cannot be served.
func (c *call) refuse(err error) {
	var e apiError
	if !errors.As(err, &e) {
		e = apiError{Message: err.Error()}
	}
	c.fail(http.StatusBadRequest, e.Context, e.Message)
}

// keptBuffer is the largest buffer that is kept for a later reply.
const keptBuffer = 4 << 20

func (c *call) send(status int, body any) {
	b := c.h.buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= keptBuffer {
			c.h.buffers.Put(b)
		}
	}()
	b.Reset()
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic(err) // the bodies are plain structs of ours
	}
	data := b.Bytes()
	if c.rule(sim.TruncatedJSON) != nil && status == http.StatusOK {
		data = data[:len(data)*2/3]
	}
	c.w.WriteHeader(status)
	if r := c.rule(sim.SlowDrip); r != nil {
		c.drip(data, r.Stall)
		return
	}
	_, _ = c.w.Write(data) // a client that is gone needs no answer
}
