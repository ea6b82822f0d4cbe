package coach

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"darksite/training/labs"
	"darksite/training/simhost"
)

// Bounds of a practice site.
const (
	maxBody    = 64 << 10
	maxAdvance = 30 * 24 * time.Hour
	// MaxLife is the longest a practice site is served, whatever the lab says.
	MaxLife = 6 * time.Hour
	// watchMarker is how often a site looks whether it is still wanted.
	watchMarker = 2 * time.Second
	// lookEvery is how often the monitor looks while nobody makes time pass.
	lookEvery = 30 * time.Second
)

// Watcher is the monitor of a practice site.
type Watcher interface {
	Look(ctx context.Context) error
	Close() error
}

// Running is a practice site and where it is reached.
type Running struct {
	site *Site
	open func(now func() time.Time) (Watcher, error)

	looking sync.Mutex // of what follows: the monitor looks once at a time
	watcher Watcher    // nil until the site is furnished
	looked  time.Time

	http  *http.Server
	url   string
	token string
	done  chan error
	end   chan struct{} // closed when it was told to end
}

// Start serves the arrays of a drawn lab. The clock of the arrays stands at now until it
// is moved, or moves along with real time under [Running.Run]. Once [Client.Watch] says
// that the site is furnished, its monitor is opened on that clock; it looks as time passes.
func Start(lab *labs.Lab, now time.Time, open func(now func() time.Time) (Watcher, error)) (*Running, error) {
	site, err := newSite(lab, now)
	if err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab %s: serve its control: %w", lab.ID, err), site.host.Close())
	}
	var secret [16]byte
	rand.Read(secret[:]) // ends the process where there is no randomness
	r := &Running{
		site: site, open: open, url: "http://" + l.Addr().String(), token: hex.EncodeToString(secret[:]),
		done: make(chan error, 1), end: make(chan struct{}),
	}
	r.http = &http.Server{
		Handler: r.handler(), ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // a client that goes away is no event
	}
	go func() { r.done <- r.http.Serve(l) }()
	return r, nil
}

// Served are the arrays.
func (r *Running) Served() []simhost.Served { return r.site.host.Served() }

// Close ends it.
func (r *Running) Close() error {
	err := r.http.Close()
	r.looking.Lock()
	defer r.looking.Unlock()
	if r.watcher != nil {
		err = errors.Join(err, r.watcher.Close())
	}
	err = errors.Join(err, r.site.host.Close())
	if served := <-r.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Marker is what the folder of the practice site is to say.
func (r *Running) Marker(seed uint64, lang string, ends time.Time) Marker {
	m := Marker{Lab: r.site.lab.ID, Version: r.site.lab.Version, Seed: seed, Lang: lang, URL: r.url, Token: r.token, Ends: ends.UTC().Truncate(time.Second)}
	for _, s := range r.Served() {
		m.Secrets = append(m.Secrets, Secret([]byte(s.Token)))
	}
	return m
}

// Run lets the clock go on with real time until life is over, the site is told to end,
// or the marker in the folder is not its own any more.
func (r *Running) Run(ctx context.Context, folder string, life time.Duration) {
	ctx, stop := context.WithTimeout(ctx, min(life, MaxLife))
	defer stop()
	go func() {
		t := time.NewTicker(watchMarker)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.end:
				stop()
				return
			case <-t.C:
				if m, err := ReadMarker(folder); err != nil || m.Token != r.token {
					stop()
					return
				}
			}
		}
	}()
	go func() {
		t := time.NewTicker(lookEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				_ = r.look(ctx, lookEvery) // what it could not do stands in the monitor's own screens
			}
		}
	}()
	r.site.host.Run(ctx)
}

// look lets the monitor look, unless it did less than every ago.
func (r *Running) look(ctx context.Context, every time.Duration) error {
	r.looking.Lock()
	defer r.looking.Unlock()
	now := r.site.host.Now()
	if r.watcher == nil || now.Sub(r.looked) < every {
		return nil
	}
	r.looked = now
	return r.watcher.Look(ctx)
}

// watch opens the monitor.
func (r *Running) watch() error {
	r.looking.Lock()
	defer r.looking.Unlock()
	if r.watcher != nil {
		return nil
	}
	w, err := r.open(r.site.host.Now)
	r.watcher = w
	return err
}

func (r *Running) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /now", func(w http.ResponseWriter, _ *http.Request) { send(w, moment{r.site.host.Now()}) })
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		r.site.mu.Lock()
		began := r.site.began
		r.site.mu.Unlock()
		send(w, state{began, r.site.host.Now(), r.site.world()})
	})
	mux.HandleFunc("POST /begin", func(w http.ResponseWriter, _ *http.Request) {
		r.site.begin()
		send(w, moment{r.site.host.Now()})
	})
	mux.HandleFunc("POST /watch", func(w http.ResponseWriter, _ *http.Request) {
		if err := r.watch(); err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		send(w, moment{r.site.host.Now()})
	})
	mux.HandleFunc("POST /advance", r.advance)
	mux.HandleFunc("POST /do", act(r.site.do))
	mux.HandleFunc("POST /look", act(r.site.look))
	mux.HandleFunc("POST /end", func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-r.end:
		default:
			close(r.end)
		}
		send(w, moment{r.site.host.Now()})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if subtle.ConstantTimeCompare([]byte(q.Header.Get("Authorization")), []byte("Bearer "+r.token)) != 1 {
			fail(w, http.StatusForbidden, errors.New("this interface is for the owner of the folder"))
			return
		}
		q.Body = http.MaxBytesReader(w, q.Body, maxBody)
		mux.ServeHTTP(w, q)
	})
}

type moment struct {
	Now time.Time `json:"now"`
}

type state struct {
	Began time.Time  `json:"began"`
	Now   time.Time  `json:"now"`
	World labs.World `json:"world"`
}

type advance struct {
	By    time.Duration `json:"by"`
	Every time.Duration `json:"every"` // between two looks of the monitor
}

type saying struct {
	Says string `json:"says"`
}

func (r *Running) advance(w http.ResponseWriter, q *http.Request) {
	var in advance
	if !read(w, q, &in) {
		return
	}
	if in.By <= 0 || in.By > maxAdvance {
		fail(w, http.StatusBadRequest, fmt.Errorf("%s: let between a moment and %s pass", in.By, maxAdvance))
		return
	}
	every := max(in.Every, time.Second)
	for left := in.By; left > 0; left -= every {
		r.site.advance(min(left, every))
		if err := r.look(q.Context(), every); err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
	}
	send(w, moment{r.site.host.Now()})
}

func act(do func(Act) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		var a Act
		if !read(w, q, &a) {
			return
		}
		says, err := do(a)
		if err != nil {
			fail(w, http.StatusNotFound, err)
			return
		}
		send(w, saying{says})
	}
}

func read(w http.ResponseWriter, q *http.Request, into any) bool {
	dec := json.NewDecoder(q.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("read the call: %w", err))
		return false
	}
	return true
}

func send(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that is gone needs no answer
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// ErrOver says that a practice site is not served any more.
var ErrOver = errors.New("the lab is over: its arrays are gone")

func isGone(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
