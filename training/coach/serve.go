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
	"os"
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
)

// Running is a practice site and where it is reached.
type Running struct {
	site  *Site
	http  *http.Server
	url   string
	token string
	done  chan error
	end   chan struct{} // closed when it was told to end
}

// Start serves the arrays of a drawn lab. The clock of the arrays stands at now until it
// is moved, or moves along with real time under [Running.Run].
func Start(lab *labs.Lab, now time.Time) (*Running, error) {
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
		site: site, url: "http://" + l.Addr().String(), token: hex.EncodeToString(secret[:]),
		done: make(chan error, 1), end: make(chan struct{}),
	}
	r.http = &http.Server{
		Handler: r.handler(), ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // a client that goes away is no event
	}
	go func() { r.done <- r.http.Serve(l) }()
	return r, nil
}

// Served are the arrays.
func (r *Running) Served() []simhost.Served { return r.site.host.Served() }

// Close ends it.
func (r *Running) Close() error {
	err := errors.Join(r.http.Close(), r.site.host.Close())
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
	r.site.host.Run(ctx)
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
	By time.Duration `json:"by"`
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
	r.site.advance(in.By)
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
	return errors.As(err, &op) || errors.Is(err, os.ErrDeadlineExceeded)
}
