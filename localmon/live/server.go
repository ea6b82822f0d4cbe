package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/exposition"
	"darksite/localmon/overview"
)

// Bounds of the server.
const (
	maxBody     = 64 << 10
	maxHeader   = 16 << 10
	maxAtOnce   = 32
	maxPoints   = 20_000_000
	maxPath     = 107 // of a unix socket, by sockaddr_un
	headerTime  = 5 * time.Second
	idleTime    = time.Minute
	dialPatient = time.Second
)

// Monitor is what is asked of the monitor itself; a *daemon.Daemon is one.
type Monitor interface {
	Monitor() overview.Monitor
	Alerts() []localmon.Alert
	Alert(id uint64) (localmon.Alert, []localmon.Change, error)
	Ack(id uint64, by, note string) (localmon.Alert, error)
}

// Latest is the newest sample of a series.
type Latest struct {
	Key     localmon.SeriesKey
	Point   localmon.Point
	Present bool // the newest look at the target had the series
}

// Options are what a server serves. What is nil is answered as not there.
type Options struct {
	Monitor Monitor
	Reader  localmon.Reader
	Latest  func(ctx context.Context, sel localmon.Selector) ([]Latest, error)
	History func(ctx context.Context, w io.Writer) error // writes a consistent copy
	Site    func(ctx context.Context, w io.Writer) error
	Stats   func(ctx context.Context) (any, error)       // figures of the history, as JSON
	Metrics func(ctx context.Context, w io.Writer) error // the monitor's own figures, as OpenMetrics
	Health  func() error                                 // what of the monitor stands still
	Quiets  Quiets
	Past    Past
	Looker  Looker
}

// Server serves one monitor.
type Server struct {
	o    Options
	http *http.Server
	turn chan struct{}
}

// ErrInUse says that another monitor answers at the socket.
var ErrInUse = errors.New("another monitor answers there")

// Listen makes the socket, and its folder when that is absent.
func Listen(path string) (net.Listener, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("socket %s: the path has %d characters, the system takes %d: use a shorter site folder", path, len(path), maxPath)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the socket: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the socket: %w", err)
	}
	if c, err := net.DialTimeout("unix", path, dialPatient); err == nil { //nolint:noctx // bounded by its own patience
		_ = c.Close()
		return nil, fmt.Errorf("socket %s: %w", path, ErrInUse)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("socket %s: a file that is no socket is in the way", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the socket a crash left: %w", err)
		}
	}
	l, err := net.Listen("unix", path) //nolint:noctx // a name in the file system: made at once
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect %s: %w", path, err), l.Close())
	}
	return l, nil
}

// NewServer makes a server; Serve starts it.
func NewServer(o Options) *Server {
	s := &Server{o: o, turn: make(chan struct{}, maxAtOnce)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/monitor", s.plain(s.monitor))
	mux.HandleFunc("GET /v1/alerts", s.plain(s.alerts))
	mux.HandleFunc("GET /v1/alerts/{id}", s.plain(s.alert))
	mux.HandleFunc("POST /v1/alerts/{id}/ack", s.plain(s.ack))
	mux.HandleFunc("POST /v1/look", s.plain(s.look))
	mux.HandleFunc("GET /v1/quiets", s.plain(s.quiets))
	mux.HandleFunc("GET /v1/quiets/ever", s.plain(s.was))
	mux.HandleFunc("POST /v1/quiets", s.plain(s.setQuiet))
	mux.HandleFunc("POST /v1/quiets/{id}/end", s.plain(s.endQuiet))
	mux.HandleFunc("GET /v1/past", s.plain(s.past))
	mux.HandleFunc("GET /v1/series", s.plain(s.series))
	mux.HandleFunc("GET /v1/latest", s.plain(s.latest))
	mux.HandleFunc("GET /v1/range", s.oneSeries)
	mux.HandleFunc("GET /v1/across", s.manySeries)
	mux.HandleFunc("GET /v1/stats", s.plain(s.stats))
	mux.HandleFunc("GET /v1/copy/history", s.copy(o.History))
	mux.HandleFunc("GET /v1/copy/site", s.copy(o.Site))
	mux.HandleFunc("GET /v1/health", s.health)
	mux.HandleFunc("GET /v1/metrics", s.metrics)
	s.http = &http.Server{
		Handler: s.bounded(mux), ReadHeaderTimeout: headerTime, ReadTimeout: 2 * headerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	return s
}

// Handler is the server without its socket, for tests.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Serve answers on l until ctx ends, then lets answers under way finish for a
// moment. It closes l, which removes the socket.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve the monitor's socket: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := s.http.Shutdown(end); err != nil {
		_ = s.http.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the monitor's socket: %w", err)
	}
	return nil
}

// bounded lets so many requests in at once and limits what they send.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		default:
			refuse(w, http.StatusServiceUnavailable, "", "too many requests at once")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// failure is the JSON of every refusal.
type failure struct {
	Error string `json:"error"`
	Kind  string `json:"kind,omitempty"`
}

func refuse(w http.ResponseWriter, status int, kind, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(failure{Error: text, Kind: kind}) // the client is gone if this fails
}

// badRequest is an error of the one who asks.
type badRequest struct{ error }

// errAbsent says that this monitor does not serve what was asked for.
var errAbsent = errors.New("not served by this monitor")

const kindNoAlert = "no-such-alert"

// plain answers with one JSON value.
func (s *Server) plain(answer func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := answer(r)
		if err != nil {
			fail(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

func fail(w http.ResponseWriter, err error) {
	var bad badRequest
	switch {
	case errors.Is(err, alert.ErrNoAlert):
		refuse(w, http.StatusNotFound, kindNoAlert, err.Error())
	case errors.Is(err, errAbsent):
		refuse(w, http.StatusNotFound, "", err.Error())
	case errors.Is(err, alert.ErrNoQuiet):
		refuse(w, http.StatusNotFound, "", err.Error())
	case errors.As(err, &bad), errors.Is(err, alert.ErrNoName), errors.Is(err, alert.ErrQuiet):
		refuse(w, http.StatusBadRequest, "", err.Error())
	default:
		refuse(w, http.StatusInternalServerError, "", err.Error())
	}
}

func (s *Server) monitor(*http.Request) (any, error) {
	if s.o.Monitor == nil {
		return nil, errAbsent
	}
	return s.o.Monitor.Monitor(), nil
}

func (s *Server) alerts(*http.Request) (any, error) {
	if s.o.Monitor == nil {
		return nil, errAbsent
	}
	return s.o.Monitor.Alerts(), nil
}

// one is an alert with its life.
type one struct {
	Alert   localmon.Alert    `json:"alert"`
	Changes []localmon.Change `json:"changes"`
}

func (s *Server) id(r *http.Request) (uint64, error) {
	if s.o.Monitor == nil {
		return 0, errAbsent
	}
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, badRequest{fmt.Errorf("alert %q: not a number", r.PathValue("id"))}
	}
	return id, nil
}

func (s *Server) alert(r *http.Request) (any, error) {
	id, err := s.id(r)
	if err != nil {
		return nil, err
	}
	a, changes, err := s.o.Monitor.Alert(id)
	return one{a, changes}, err
}

type ackRequest struct {
	By   string `json:"by"`
	Note string `json:"note"`
}

func (s *Server) ack(r *http.Request) (any, error) {
	id, err := s.id(r)
	if err != nil {
		return nil, err
	}
	var req ackRequest
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); err != nil {
		return nil, badRequest{fmt.Errorf("acknowledgement: %w", err)}
	}
	if len(req.By) > 100 || len(req.Note) > 2000 {
		return nil, badRequest{errors.New("acknowledgement: a name has at most 100 characters, a note 2000")}
	}
	return s.o.Monitor.Ack(id, req.By, req.Note)
}

func selector(q url.Values) (localmon.Selector, error) {
	sel := localmon.Selector{Target: q.Get("target"), Metric: q.Get("metric")}
	for _, l := range q["label"] {
		name, value, ok := strings.Cut(l, "=")
		if !ok || name == "" {
			return sel, badRequest{fmt.Errorf("label %q: want name=value", l)}
		}
		sel.Labels = append(sel.Labels, localmon.Label{Name: name, Value: value})
	}
	return sel, nil
}

func (s *Server) series(r *http.Request) (any, error) {
	if s.o.Reader == nil {
		return nil, errAbsent
	}
	sel, err := selector(r.URL.Query())
	if err != nil {
		return nil, err
	}
	out, err := s.o.Reader.Series(r.Context(), sel)
	if out == nil {
		out = []localmon.Series{}
	}
	return out, err
}

func (s *Server) stats(r *http.Request) (any, error) {
	if s.o.Stats == nil {
		return nil, errAbsent
	}
	return s.o.Stats(r.Context())
}

// health answers a probe: 200, or 503 and what stands still.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.o.Health == nil {
		fail(w, errAbsent)
		return
	}
	if err := s.o.Health(); err != nil {
		refuse(w, http.StatusServiceUnavailable, "", err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{\"ok\":true}\n") // the client is gone if this fails
}

// metrics answers with a page of OpenMetrics.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	if s.o.Metrics == nil {
		fail(w, errAbsent)
		return
	}
	var page bytes.Buffer
	if err := s.o.Metrics(r.Context(), &page); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", exposition.OpenMetrics10.ContentType())
	_, _ = w.Write(page.Bytes()) // as above
}

// latestLine is a Latest whose value survives JSON.
type latestLine struct {
	Key     localmon.SeriesKey
	At      time.Time
	Value   string
	Present bool
}

func (s *Server) latest(r *http.Request) (any, error) {
	if s.o.Latest == nil {
		return nil, errAbsent
	}
	sel, err := selector(r.URL.Query())
	if err != nil {
		return nil, err
	}
	all, err := s.o.Latest(r.Context(), sel)
	out := make([]latestLine, 0, len(all))
	for _, l := range all {
		out = append(out, latestLine{l.Key, l.Point.At, number(l.Point.Value), l.Present})
	}
	return out, err
}

// nanPrefix begins a NaN of other bits than the usual one, which follow.
const nanPrefix = "NaN:"

// number is a value as text, to the bit.
func number(v float64) string {
	if bits := math.Float64bits(v); math.IsNaN(v) && bits != math.Float64bits(math.NaN()) {
		return nanPrefix + strconv.FormatUint(bits, 16)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// parseNumber reads number back.
func parseNumber(s string) (float64, error) {
	if hex, ok := strings.CutPrefix(s, nanPrefix); ok {
		bits, err := strconv.ParseUint(hex, 16, 64)
		if v := math.Float64frombits(bits); err == nil && math.IsNaN(v) {
			return v, nil
		}
		return 0, fmt.Errorf("%q are not the bits of a NaN", s)
	}
	return strconv.ParseFloat(s, 64)
}

func window(q url.Values) (localmon.Window, error) {
	var w localmon.Window
	var errs [3]error
	w.From, errs[0] = time.Parse(time.RFC3339Nano, q.Get("from"))
	w.To, errs[1] = time.Parse(time.RFC3339Nano, q.Get("to"))
	w.Agg = localmon.Agg(q.Get("agg"))
	if step := q.Get("step"); step != "" {
		w.Step, errs[2] = time.ParseDuration(step)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return w, badRequest{fmt.Errorf("window: %w", err)}
	}
	return w, nil
}

// oneSeries answers with the points of one series.
func (s *Server) oneSeries(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	win, err := window(q)
	if s.o.Reader == nil {
		err = errAbsent
	}
	if err != nil {
		fail(w, err)
		return
	}
	stream(w, s.o.Reader.Range(r.Context(), localmon.SeriesKey{Target: q.Get("target"), Metric: q.Get("metric"), Labels: q.Get("labels")}, win))
}

// manySeries answers with several series as one.
func (s *Server) manySeries(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	win, errWindow := window(q)
	sel, errSelector := selector(q)
	err := errors.Join(errWindow, errSelector)
	many, ok := s.o.Reader.(localmon.Crosser)
	if !ok {
		err = errAbsent
	}
	if err != nil {
		fail(w, err)
		return
	}
	stream(w, many.Across(r.Context(), sel, win, localmon.Agg(q.Get("how"))))
}

// stream answers line by line. Nothing is sent before the first point or error
// is known, so that most errors come with a status.
func stream(w http.ResponseWriter, points iter.Seq2[localmon.Point, error]) {
	out := json.NewEncoder(w)
	n := 0
	for p, err := range points {
		if err == nil && n >= maxPoints {
			err = fmt.Errorf("more than %d points: ask for a shorter time or wider steps", maxPoints)
		}
		if err != nil {
			if n == 0 {
				fail(w, err)
				return
			}
			_ = out.Encode(failure{Error: err.Error()})
			return
		}
		if n == 0 {
			w.Header().Set("Content-Type", "application/x-ndjson")
		}
		n++
		if out.Encode([2]any{p.At.UnixNano(), number(p.Value)}) != nil {
			return // the client is gone
		}
	}
	_ = out.Encode(map[string]int{"end": n})
}

// copy sends a file. An error in the middle cuts the connection, so that the
// client cannot take the part for the whole.
func (s *Server) copy(write func(context.Context, io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if write == nil {
			fail(w, errAbsent)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		counted := &counter{w: w}
		switch err := write(r.Context(), counted); {
		case err == nil:
		case counted.n == 0:
			fail(w, err)
		default:
			panic(http.ErrAbortHandler)
		}
	}
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
