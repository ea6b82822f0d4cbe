package console

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
)

// Bounds of the server.
const (
	maxHeader   = 16 << 10
	maxAtOnce   = 16
	headerTime  = 5 * time.Second
	writeTime   = 30 * time.Second
	idleTime    = 2 * time.Minute
	farewell    = 5 * time.Second
	maxLeftText = 500
)

// Batches knows the newest look at each target.
type Batches interface {
	Batches() []localmon.Batch
}

// Options are what a console shows and to whom.
type Options struct {
	Batches Batches
	Now     func() time.Time
	// Names are the names under which the console may be asked, beside
	// localhost and addresses.
	Names []string
	// Own is what the kit counts of itself, as the look at one more target; nil
	// when nobody counts.
	Own func() localmon.Batch
	// Health says what of the kit itself does not work; nil when nobody knows.
	Health func() error
	// View is the overview of the site for the page for people; nil when there is
	// none.
	View Views
	// Stale is how old the newest look at a target may be; five minutes when
	// zero.
	Stale time.Duration
}

// Console answers for one kit.
type Console struct {
	o     Options
	mux   *http.ServeMux
	turn  chan struct{}
	pages *template.Template

	mu   sync.Mutex // held while a view is made
	kept View
	seen time.Time // when kept was made
}

// New makes a console. It listens nowhere; see [Console.Serve].
func New(o Options) *Console {
	o.Stale = cmp.Or(o.Stale, 5*time.Minute)
	o.Names = slices.Clone(o.Names)
	c := &Console{o: o, mux: http.NewServeMux(), turn: make(chan struct{}, maxAtOnce), pages: template.Must(template.New("index").Funcs(funcs()).Parse(indexHTML))}
	c.mux.HandleFunc("GET /{$}", c.index)
	c.mux.HandleFunc("GET /console.css", c.css)
	c.mux.HandleFunc("GET /healthz", c.healthz)
	c.mux.HandleFunc("GET /metrics", c.all)
	c.mux.HandleFunc("GET /metrics/{target}", c.one)
	return c
}

// Serve answers on l until ctx ends, which is no error, and closes l.
func (c *Console) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler: c, ReadHeaderTimeout: headerTime, ReadTimeout: 2 * headerTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	stopped := make(chan error, 1)
	end := context.AfterFunc(ctx, func() {
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		stopped <- s.Shutdown(short)
	})
	err := s.Serve(l)
	if !end() {
		err = <-stopped
	}
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the console on %s: %w", l.Addr(), err)
	}
	return nil
}

// ServeHTTP answers one request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	if !c.mine(r.Host) {
		http.Error(w, "this console does not go by that name", http.StatusForbidden)
		return
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	default:
		http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
		return
	}
	c.mux.ServeHTTP(w, r)
}

// mine reports whether the host a client asked for can be this machine.
func (c *Console) mine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true // an address is no name that could have been turned to this machine
	}
	return strings.EqualFold(host, "localhost") || slices.ContainsFunc(c.o.Names, func(n string) bool { return n != "" && strings.EqualFold(n, host) })
}

func (c *Console) all(w http.ResponseWriter, r *http.Request) {
	var samples [][]localmon.Sample
	now := c.o.Now()
	for _, b := range c.o.Batches.Batches() {
		samples = append(samples, c.current(b, now))
	}
	if c.o.Own != nil {
		samples = append(samples, c.o.Own().Samples)
	}
	c.page(w, r, families(samples, true))
}

func (c *Console) one(w http.ResponseWriter, r *http.Request) {
	for _, b := range c.o.Batches.Batches() {
		if b.Target == r.PathValue("target") {
			c.page(w, r, families([][]localmon.Sample{c.current(b, c.o.Now())}, false))
			return
		}
	}
	if c.o.Own != nil {
		if own := c.o.Own(); own.Target == r.PathValue("target") {
			c.page(w, r, families([][]localmon.Sample{own.Samples}, false))
			return
		}
	}
	http.Error(w, "no such target", http.StatusNotFound)
}

// page sends families in the text the client asks for.
func (c *Console) page(w http.ResponseWriter, r *http.Request, all []exposition.Family) {
	var b bytes.Buffer
	d := dialect(strings.Join(r.Header.Values("Accept"), ","))
	if err := exposition.WritePage(&b, d, all); err != nil {
		text := strings.ReplaceAll(err.Error(), "\n", "; ")
		w.Header().Set("Darksite-Left-Out", text[:min(len(text), maxLeftText)])
	}
	w.Header().Set("Content-Type", d.ContentType())
	w.Header().Set("Vary", "Accept")
	_, _ = w.Write(b.Bytes()) // a client that is gone needs no answer
}

// healthz tells a probe whether the kit is looking. Whether the targets are well
// is another question, which alerts answer.
func (c *Console) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	now := c.o.Now()
	batches := c.o.Batches.Batches()
	if !slices.ContainsFunc(batches, func(b localmon.Batch) bool { return !c.stale(b, now) }) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "none of %d targets was looked at in the last %s\n", len(batches), c.o.Stale)
		return
	}
	if c.o.Health != nil {
		if err := c.o.Health(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
	}
	fmt.Fprintln(w, "ok")
}
