// Package simhost runs a practice site: the arrays of a scenario, each served
// on a loopback port of its own with the interfaces of a real array (REST, and
// below /metrics the pages a FlashArray serves of itself), on one virtual clock.
//
// # Start
//
//	s, err := scenario.Ready("demo")
//	h, err := simhost.Start(simhost.Options{Scenario: s})
//	defer h.Close()
//	for _, a := range h.Served() {
//		// a.Name, a.URL, a.Token and a.Pin are what a monitor needs
//	}
//
// With [Speech] the arrays also answer over SNMP and say by syslog and traps what
// happens to them, as the clock moves.
//
// The clock stands still until it is moved: by hand with [Host.Advance], as
// tests and the demonstration do, or along with real time by [Host.Run], which
// is what the command that serves a site uses. The control interface (see
// package control) is served as well when it is given an address; an array
// never answers it.
//
// # Promises
//
//   - Same scenario, same overrides, same steps: the same replies to the byte.
//     Pins and tokens follow from the scenario alone and can be put into a
//     configuration once.
//   - Everything listens on loopback; other addresses are refused.
//   - Close ends every connection and waits for what it started.
//
// # Limits
//
// Sessions live in the array's time. A monitor that looks every 30 seconds of
// real time finds its session gone from a speed of 120 on, and logs in again
// for each look.
package simhost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"darksite/training/scenario"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"
	"darksite/training/sim/control"
)

// Options say what to run. Only the scenario is required.
type Options struct {
	Scenario  scenario.Scenario
	Seed      *uint64   // in place of the scenario's own
	Size      sim.Size  // in place of the size of every array
	Start     time.Time // in place of the scenario's start of the clock
	Addresses []string  // where each array listens; 127.0.0.1:0 for those not named
	Control   string    // where the control interface listens; nowhere when empty
	Speech    Speech    // how the arrays make themselves heard
}

// Served is what a client needs to know of an array.
type Served struct {
	Name  string     `json:"name"`
	Kind  sim.Family `json:"kind"`
	URL   string     `json:"url"`     // https://127.0.0.1:port
	Token string     `json:"token"`   // API token
	Pin   string     `json:"tls_pin"` // sha256:hex of the certificate

	SNMP      string `json:"snmp,omitempty"`      // 127.0.0.1:port of its agent
	Community string `json:"community,omitempty"` // of the agent and of its traps
}

// Host is a practice site that is being served.
type Host struct {
	arrays  []*sim.Array
	servers []*arrayapi.Server
	voices  []*voice
	speech  Speech
	control *http.Server
	ctlAddr string
	ctlDone chan error

	mu     sync.Mutex // of the clock: arrays move together
	speed  float64
	unsaid error // the newest failure to make an array heard
}

// MaxSpeed is the fastest the clock runs: almost a year an hour.
const MaxSpeed = 8000

// Start makes the arrays of the scenario and serves them. The clock stands.
func Start(o Options) (*Host, error) {
	s := o.Scenario
	if o.Seed != nil {
		s.Seed = *o.Seed
	}
	if !o.Start.IsZero() {
		s.Start = o.Start
	}
	if o.Size != "" {
		s.Arrays = slices.Clone(s.Arrays)
		for i := range s.Arrays {
			s.Arrays[i].Size = o.Size
		}
	}
	if len(o.Addresses) > len(s.Arrays) {
		return nil, fmt.Errorf("scenario %s has %d arrays, but %d addresses were given", s.Name, len(s.Arrays), len(o.Addresses))
	}
	arrays, err := s.Build()
	if err != nil {
		return nil, err
	}
	o.Speech.Community = cmp.Or(o.Speech.Community, DefaultCommunity)
	h := &Host{arrays: arrays, speed: 1, speech: o.Speech}
	if err := h.serve(o); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) serve(o Options) error {
	for i, a := range h.arrays {
		address := ""
		if i < len(o.Addresses) {
			address = o.Addresses[i]
		}
		s, err := listen(cmp.Or(address, "127.0.0.1:0"), a)
		if err != nil {
			return err
		}
		h.servers = append(h.servers, s)
		v, err := newVoice(a, o.Speech)
		if err != nil {
			return err
		}
		h.voices = append(h.voices, v)
	}
	if o.Control == "" {
		return nil
	}
	tcp, err := net.ResolveTCPAddr("tcp", o.Control)
	if err != nil {
		return fmt.Errorf("serve the control interface on %s: %w", o.Control, err)
	}
	if !tcp.IP.IsLoopback() {
		return fmt.Errorf("serve the control interface on %s: it listens on loopback only, such as 127.0.0.1:0", o.Control)
	}
	l, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return fmt.Errorf("serve the control interface: %w", err)
	}
	h.ctlAddr, h.ctlDone = l.Addr().String(), make(chan error, 1)
	h.control = &http.Server{
		Handler: control.New(h), ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), // a client that goes away is no event
	}
	go func() { h.ctlDone <- h.control.Serve(l) }()
	return nil
}

// Served lists what a client needs to know, in the order of the scenario.
func (h *Host) Served() []Served {
	var all []Served
	for i, s := range h.servers {
		o := h.arrays[i].Options()
		one := Served{Name: o.Name, Kind: o.Family, URL: s.URL(), Token: s.Token(), Pin: s.Pin(), SNMP: h.voices[i].address()}
		if one.SNMP != "" {
			one.Community = h.speech.Community
		}
		all = append(all, one)
	}
	return all
}

// ControlURL is where the control interface is, empty when it is not served.
func (h *Host) ControlURL() string {
	if h.ctlAddr == "" {
		return ""
	}
	return "http://" + h.ctlAddr
}

// Arrays are the arrays, in the order of the scenario.
func (h *Host) Arrays() []*sim.Array { return slices.Clone(h.arrays) }

// Array finds an array by name; nil when there is none.
func (h *Host) Array(name string) *sim.Array {
	for _, a := range h.arrays {
		if a.Options().Name == name {
			return a
		}
	}
	return nil
}

// Now is the time of the virtual clock.
func (h *Host) Now() time.Time { return h.arrays[0].Now() }

// Advance moves the clock of every array, and lets each say what has happened
// meanwhile.
func (h *Host) Advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.voices {
		if err := v.advance(d); err != nil {
			h.unsaid = err
		}
	}
}

// Unsaid is the newest failure to make an array heard; nil when there was none.
// Nobody listening is one, where the system tells of it.
func (h *Host) Unsaid() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unsaid
}

// Speed is how much faster than real time the clock runs under Run.
func (h *Host) Speed() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.speed
}

// SetSpeed changes how fast the clock runs under Run: 1 is real time, 0 stops.
func (h *Host) SetSpeed(factor float64) error {
	if math.IsNaN(factor) || factor < 0 || factor > MaxSpeed {
		return fmt.Errorf("speed %g: use 0 (the clock stands) to %d times real time", factor, MaxSpeed)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.speed = factor
	return nil
}

// tick is how often Run moves the clock.
const tick = 50 * time.Millisecond

// Run moves the clock along with real time, times the speed, until the context
// ends. A pause of the machine itself counts as one second at most.
func (h *Host) Run(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			if !last.IsZero() {
				h.Advance(time.Duration(float64(min(now.Sub(last), time.Second)) * h.Speed()))
			}
			last = now
		}
	}
}

// Close stops serving.
func (h *Host) Close() error {
	var errs []error
	for _, s := range h.servers {
		errs = append(errs, s.Close())
	}
	h.servers = nil
	for _, v := range h.voices {
		errs = append(errs, v.close())
	}
	if h.control != nil {
		errs = append(errs, h.control.Close())
		if err := <-h.ctlDone; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
		h.control = nil
	}
	return errors.Join(errs...)
}
