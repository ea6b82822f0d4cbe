// Package control lets a person or a lab steer simulated arrays while they are
// served: inject and clear faults, move the clock, look behind the curtain.
//
// It is a small JSON interface for a listener of its own on loopback. An array
// never answers these calls on its own address, so a client under test cannot
// come across them.
//
//	GET  /v1/state                                  clock, speed, faults of every array
//	GET  /v1/faults?kind=flashblade                 the catalogue of faults, of one kind of array or all
//	GET  /v1/snapshot?array=NAME                    what the model holds, in full
//	POST /v1/inject {"array", "fault", "target", "duration", "in", "params", "id"}
//	POST /v1/clear  {"array", "id"}
//	POST /v1/step   {"by": "10m"}
//	POST /v1/speed  {"factor": 60}
//
// Durations are texts such as "90s". Where there is one array, "array" may be
// left out. Errors are {"error": "..."} with status 400, or 404 for what does
// not exist.
//
// A web page open in a browser on the same machine must not be able to steer
// anything: a call under a name that is not loopback, with an Origin, or with
// a body that is not application/json is refused.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"darksite/training/sim"
)

// Site is what is steered: arrays that share one clock.
type Site interface {
	Arrays() []*sim.Array
	// Advance moves the clock of every array.
	Advance(d time.Duration)
	// Speed is how much faster than real time the clock runs; 0 is stopped.
	Speed() float64
	SetSpeed(factor float64) error
}

const (
	maxBody = 64 << 10
	maxStep = 366 * 24 * time.Hour
)

// New returns the handler for a site.
func New(s Site) http.Handler {
	h := handler{s}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/state", h.state)
	mux.HandleFunc("GET /v1/faults", h.faults)
	mux.HandleFunc("GET /v1/snapshot", h.snapshot)
	mux.HandleFunc("POST /v1/inject", h.inject)
	mux.HandleFunc("POST /v1/clear", h.clear)
	mux.HandleFunc("POST /v1/step", h.step)
	mux.HandleFunc("POST /v1/speed", h.speed)
	return local(mux)
}

// local refuses what does not come from a program on this machine.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Host
		if h, _, err := net.SplitHostPort(r.Host); err == nil {
			name = h
		}
		ip := net.ParseIP(strings.Trim(name, "[]"))
		if name != "localhost" && (ip == nil || !ip.IsLoopback()) {
			fail(w, http.StatusForbidden, fmt.Errorf("this interface is called by a loopback address, not as %q", name))
			return
		}
		if r.Header.Get("Origin") != "" {
			fail(w, http.StatusForbidden, errors.New("this interface is not for web pages"))
			return
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && (err != nil || kind != "application/json") {
			fail(w, http.StatusUnsupportedMediaType, errors.New("send application/json"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

type handler struct{ site Site }

// Fault is a fault as it is shown.
type Fault struct {
	ID     string            `json:"id"`
	Fault  sim.Kind          `json:"fault"`
	Target string            `json:"target,omitempty"`
	At     time.Time         `json:"at"`
	Until  time.Time         `json:"until,omitzero"`
	State  string            `json:"state"` // planned, active or over
	Params map[string]string `json:"params,omitempty"`
}

// Array is an array as it is shown.
type Array struct {
	Name   string     `json:"name"`
	Kind   sim.Family `json:"kind"`
	Size   sim.Size   `json:"size"`
	Seed   uint64     `json:"seed"`
	Faults []Fault    `json:"faults"`
}

// State is the answer to GET /v1/state.
type State struct {
	Now    time.Time `json:"now"`
	Speed  float64   `json:"speed"`
	Arrays []Array   `json:"arrays"`
}

func (h handler) state(w http.ResponseWriter, _ *http.Request) {
	s := State{Speed: h.site.Speed()}
	for _, a := range h.site.Arrays() {
		o := a.Options()
		s.Now = a.Now()
		s.Arrays = append(s.Arrays, Array{Name: o.Name, Kind: o.Family, Size: o.Size, Seed: o.Seed, Faults: faultsOf(a)})
	}
	send(w, s)
}

func faultsOf(a *sim.Array) []Fault {
	fs, now := []Fault{}, a.Now()
	for _, e := range a.Faults() {
		f := Fault{ID: e.ID, Fault: e.Kind, Target: e.Target, At: e.At, Until: e.Until, State: "active", Params: e.Params}
		info, _ := sim.Describe(e.Kind)
		switch {
		case now.Before(e.At):
			f.State = "planned"
		case info.Moment, !e.Until.IsZero() && !now.Before(e.Until):
			f.State = "over"
		}
		fs = append(fs, f)
	}
	return fs
}

// Info is a kind of fault as it is shown.
type Info struct {
	Fault  sim.Kind     `json:"fault"`
	Kinds  []sim.Family `json:"kinds"` // of arrays it can befall
	Doc    string       `json:"doc"`
	Target string       `json:"target,omitempty"`
	Moment bool         `json:"moment,omitempty"`
	Params []Param      `json:"params,omitempty"`
}

// Param is a parameter of a fault as it is shown.
type Param struct {
	Name    string        `json:"name"`
	Type    sim.ParamType `json:"type"`
	Default string        `json:"default"`
	Doc     string        `json:"doc"`
}

func (h handler) faults(w http.ResponseWriter, r *http.Request) {
	catalogue := sim.Catalogue()
	if kind := r.URL.Query().Get("kind"); kind != "" {
		if catalogue = sim.CatalogueOf(sim.Family(kind)); len(catalogue) == 0 {
			fail(w, http.StatusBadRequest, fmt.Errorf("kind %q: use one of %v", kind, sim.Families()))
			return
		}
	}
	var all []Info
	for _, i := range catalogue {
		info := Info{Fault: i.Kind, Kinds: i.Families, Doc: i.Doc, Target: i.Target, Moment: i.Moment}
		for _, p := range i.Params {
			info.Params = append(info.Params, Param{p.Name, p.Type, p.Default, p.Doc})
		}
		all = append(all, info)
	}
	send(w, all)
}

// Snapshot is the answer to GET /v1/snapshot of a FlashArray: all the model has.
type Snapshot struct {
	Now         time.Time        `json:"now"`
	Identity    sim.Identity     `json:"identity"`
	Faults      []Fault          `json:"faults"`
	Parity      float64          `json:"parity"`
	Space       sim.Space        `json:"space"`
	Performance sim.Performance  `json:"performance"`
	Controllers []sim.Controller `json:"controllers"`
	Drives      []sim.Drive      `json:"drives"`
	Hardware    []sim.Hardware   `json:"hardware"`
	Alerts      []sim.Alert      `json:"alerts"`
	Volumes     []sim.Volume     `json:"volumes"`
	Hosts       []sim.Host       `json:"hosts"`
	Protocol    sim.Protocol     `json:"protocol"`
}

// BladeSnapshot is the answer to GET /v1/snapshot of a FlashBlade.
type BladeSnapshot struct {
	Now         time.Time             `json:"now"`
	Identity    sim.BladeIdentity     `json:"identity"`
	Faults      []Fault               `json:"faults"`
	Parity      float64               `json:"parity"`
	Capacity    int64                 `json:"capacity"`
	Space       sim.BladeSpace        `json:"space"`
	Performance sim.BladeWork         `json:"performance"`
	Blades      []sim.Blade           `json:"blades"`
	Drives      []sim.BladeDrive      `json:"drives"`
	Hardware    []sim.BladeHardware   `json:"hardware"`
	Alerts      []sim.BladeAlert      `json:"alerts"`
	FileSystems []sim.BladeFileSystem `json:"file_systems"`
	Buckets     []sim.Bucket          `json:"buckets"`
	Protocol    sim.Protocol          `json:"protocol"`
}

func (h handler) snapshot(w http.ResponseWriter, r *http.Request) {
	a, err := h.array(r.URL.Query().Get("array"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	switch v := a.Look().(type) {
	case sim.View:
		send(w, Snapshot{
			Now: v.Time(), Identity: v.Identity(), Faults: faultsOf(a), Parity: v.Parity(), Space: v.Space(),
			Performance: v.Instant().Array(), Controllers: v.Controllers(), Drives: v.Drives(), Hardware: v.Hardware(),
			Alerts: v.Alerts(), Volumes: v.Volumes(), Hosts: v.Hosts(), Protocol: v.Protocol(),
		})
	case sim.BladeView:
		send(w, BladeSnapshot{
			Now: v.Time(), Identity: v.Identity(), Faults: faultsOf(a), Parity: v.Parity(), Capacity: v.Capacity(),
			Space: v.Space(sim.SpaceOfArray), Performance: v.Instant().Array(sim.AllProtocols), Blades: v.Blades(), Drives: v.Drives(),
			Hardware: v.Hardware(), Alerts: v.Alerts(), FileSystems: v.FileSystems(), Buckets: v.Buckets(), Protocol: v.Protocol(),
		})
	}
}

func (h handler) inject(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Array, Target, Duration, ID, In string
		Fault                           sim.Kind
		Params                          map[string]string
	}
	if !read(w, r, &in) {
		return
	}
	a, err := h.array(in.Array)
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	f := sim.Fault{ID: in.ID, Kind: in.Fault, Target: in.Target, Params: in.Params}
	if f.Duration, err = duration("duration", in.Duration); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	wait, err := duration("in", in.In)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if wait > 0 {
		f.At = a.Now().Add(wait)
	}
	id, err := a.Inject(f)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	send(w, map[string]string{"id": id})
}

func (h handler) clear(w http.ResponseWriter, r *http.Request) {
	var in struct{ Array, ID string }
	if !read(w, r, &in) {
		return
	}
	a, err := h.array(in.Array)
	if err == nil {
		err = a.Clear(in.ID)
	}
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	send(w, struct{}{})
}

func (h handler) step(w http.ResponseWriter, r *http.Request) {
	var in struct{ By string }
	if !read(w, r, &in) {
		return
	}
	d, err := duration("by", in.By)
	if err == nil && d == 0 {
		err = errors.New("by: give the time to step, such as 10m")
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	h.site.Advance(d)
	now := time.Time{}
	for _, a := range h.site.Arrays() {
		now = a.Now()
	}
	send(w, map[string]time.Time{"now": now})
}

func (h handler) speed(w http.ResponseWriter, r *http.Request) {
	var in struct{ Factor *float64 }
	if !read(w, r, &in) {
		return
	}
	if in.Factor == nil {
		fail(w, http.StatusBadRequest, errors.New("factor is missing: 1 is real time, 0 stops the clock"))
		return
	}
	if err := h.site.SetSpeed(*in.Factor); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	send(w, map[string]float64{"speed": h.site.Speed()})
}

// array finds an array by name; none means the only one.
func (h handler) array(name string) (*sim.Array, error) {
	all := h.site.Arrays()
	var names []string
	for _, a := range all {
		if a.Options().Name == name || (name == "" && len(all) == 1) {
			return a, nil
		}
		names = append(names, a.Options().Name)
	}
	return nil, fmt.Errorf("there is no array %q: name one of %s", name, strings.Join(names, ", "))
}

func duration(what, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxStep {
		return 0, fmt.Errorf("%s: %q is not a duration between 0s and %s, such as 90s", what, text, maxStep)
	}
	return d, nil
}

// read decodes a body strictly and answers where it cannot.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the first value")
		}
	}
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("read the call: %w", err))
		return false
	}
	return true
}

func send(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(body) // a client that is gone needs no answer
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
