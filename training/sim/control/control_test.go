package control_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/control"

	"github.com/stretchr/testify/require"
)

// site is two arrays with a clock that is moved by hand.
type site struct {
	arrays []*sim.Array
	speed  float64
}

func (s *site) Arrays() []*sim.Array { return s.arrays }
func (s *site) Speed() float64       { return s.speed }

func (s *site) Advance(d time.Duration) {
	for _, a := range s.arrays {
		a.Advance(d)
	}
}

func (s *site) SetSpeed(f float64) error {
	if f < 0 {
		return errors.New("time does not go back")
	}
	s.speed = f
	return nil
}

func newSite(t *testing.T, names ...string) *site {
	t.Helper()
	s := &site{speed: 1}
	for _, n := range names {
		a, err := sim.New(sim.Options{Name: n})
		require.NoError(t, err)
		s.arrays = append(s.arrays, a)
	}
	return s
}

func call(t *testing.T, s *site, method, path, body string, into any) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:9"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	control.New(s).ServeHTTP(w, r)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), into), w.Body)
	return w.Code
}

func TestALessonByControl(t *testing.T) {
	s := newSite(t, "a", "b")
	var id struct{ ID string }
	require.Equal(t, 200, call(t, s, "POST", "/v1/inject", `{"array":"b","fault":"drive_fail","target":"ch0.bay2","in":"1m","duration":"2h","params":{"rebuild":"5m"}}`, &id))
	require.Equal(t, "f1", id.ID)

	var st control.State
	require.Equal(t, 200, call(t, s, "GET", "/v1/state", "", &st))
	require.Equal(t, "planned", st.Arrays[1].Faults[0].State)
	require.Equal(t, "CH0.BAY2", st.Arrays[1].Faults[0].Target)
	require.Empty(t, st.Arrays[0].Faults)

	var now struct{ Now time.Time }
	require.Equal(t, 200, call(t, s, "POST", "/v1/step", `{"by":"90s"}`, &now))
	require.Equal(t, sim.DefaultStart().Add(90*time.Second), now.Now)

	var snap control.Snapshot
	require.Equal(t, 200, call(t, s, "GET", "/v1/snapshot?array=b", "", &snap))
	require.Equal(t, "failed", snap.Drives[2].Status)
	require.Equal(t, "active", snap.Faults[0].State)
	require.Less(t, snap.Parity, 1.0)
	require.Positive(t, snap.Performance.Reads)

	require.Equal(t, 200, call(t, s, "POST", "/v1/clear", `{"array":"b","id":"f1"}`, &struct{}{}))
	require.Equal(t, 200, call(t, s, "GET", "/v1/state", "", &st))
	require.Equal(t, "over", st.Arrays[1].Faults[0].State)

	var speed struct{ Speed float64 }
	require.Equal(t, 200, call(t, s, "POST", "/v1/speed", `{"factor":60}`, &speed))
	require.Equal(t, 60.0, speed.Speed)

	var all []control.Info
	require.Equal(t, 200, call(t, s, "GET", "/v1/faults", "", &all))
	require.Len(t, all, len(sim.Catalogue()))
}

func TestBothKindsAreSteered(t *testing.T) {
	s := newSite(t, "a")
	fb, err := sim.New(sim.Options{Name: "fb", Family: sim.FlashBlade})
	require.NoError(t, err)
	s.arrays = append(s.arrays, fb)
	var id struct{ ID string }
	require.Equal(t, 200, call(t, s, "POST", "/v1/inject", `{"array":"fb","fault":"blade_removed","target":"ch1.fb2"}`, &id))
	var st control.State
	require.Equal(t, 200, call(t, s, "GET", "/v1/state", "", &st))
	require.Equal(t, sim.FlashArray, st.Arrays[0].Kind)
	require.Equal(t, sim.FlashBlade, st.Arrays[1].Kind)
	require.Equal(t, "CH1.FB2", st.Arrays[1].Faults[0].Target)
	var snap control.BladeSnapshot
	require.Equal(t, 200, call(t, s, "GET", "/v1/snapshot?array=fb", "", &snap))
	require.Len(t, snap.FileSystems, 20)
	require.Less(t, snap.Parity, 1.0)
	var e struct{ Error string }
	require.Equal(t, 400, call(t, s, "POST", "/v1/inject", `{"array":"fb","fault":"drive_fail"}`, &e))
	require.Contains(t, e.Error, "cannot befall an array of kind flashblade")
	var all []control.Info
	require.Equal(t, 200, call(t, s, "GET", "/v1/faults?kind=flashblade", "", &all))
	require.Len(t, all, len(sim.CatalogueOf(sim.FlashBlade)))
	require.Equal(t, []sim.Family{sim.FlashBlade}, all[0].Kinds)
	require.Equal(t, 400, call(t, s, "GET", "/v1/faults?kind=tape", "", &e))
}

func TestTheOnlyArrayNeedsNoName(t *testing.T) {
	s := newSite(t, "only")
	var id struct{ ID string }
	require.Equal(t, 200, call(t, s, "POST", "/v1/inject", `{"fault":"fan_slow"}`, &id))
	require.Len(t, s.arrays[0].Faults(), 1)
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, method, path, body string
		code                     int
		want                     string
	}{
		{"which array", "POST", "/v1/inject", `{"fault":"fan_slow"}`, 404, `there is no array "": name one of a, b`},
		{"unknown array", "GET", "/v1/snapshot?array=c", "", 404, `there is no array "c"`},
		{"unknown fault", "POST", "/v1/inject", `{"array":"a","fault":"fire"}`, 400, `unknown fault "fire"`},
		{"unknown field", "POST", "/v1/inject", `{"array":"a","fualt":"fan_slow"}`, 400, "fualt"},
		{"not JSON", "POST", "/v1/step", `by=10m`, 400, "read the call"},
		{"two values", "POST", "/v1/step", `{"by":"1s"}{}`, 400, "something follows"},
		{"too long", "POST", "/v1/step", `{"by":"` + strings.Repeat(" ", 1<<17) + `"}`, 400, "too large"},
		{"bad duration", "POST", "/v1/step", `{"by":"-1s"}`, 400, `by: "-1s" is not a duration`},
		{"no step", "POST", "/v1/step", `{}`, 400, "give the time to step"},
		{"no such fault id", "POST", "/v1/clear", `{"array":"a","id":"f7"}`, 404, "no such fault"},
		{"no factor", "POST", "/v1/speed", `{}`, 400, "factor is missing"},
		{"backwards", "POST", "/v1/speed", `{"factor":-1}`, 400, "time does not go back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, "a", "b")
			var e struct{ Error string }
			require.Equal(t, c.code, call(t, s, c.method, c.path, c.body, &e))
			require.Contains(t, e.Error, c.want)
			require.Empty(t, s.arrays[0].Faults())
			require.Equal(t, sim.DefaultStart(), s.arrays[0].Now())
		})
	}
}

func TestPagesInABrowserCannotSteer(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"another name for this machine": func(r *http.Request) { r.Host = "attacker.example:9" },
		"a page of another origin":      func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1") },
		"a form":                        func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, "a")
			r := httptest.NewRequestWithContext(t.Context(), "POST", "http://127.0.0.1:9/v1/step", strings.NewReader(`{"by":"1h"}`))
			r.Header.Set("Content-Type", "application/json")
			change(r)
			w := httptest.NewRecorder()
			control.New(s).ServeHTTP(w, r)
			require.Contains(t, []int{403, 415}, w.Code)
			require.Equal(t, sim.DefaultStart(), s.arrays[0].Now())
		})
	}
}
