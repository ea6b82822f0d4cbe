package simhost_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/flasharray"
	"darksite/training/scenario"
	"darksite/training/sim"
	"darksite/training/simhost"

	"github.com/stretchr/testify/require"
)

func start(t *testing.T, name string, o simhost.Options) *simhost.Host {
	t.Helper()
	var err error
	o.Scenario, err = scenario.Ready(name)
	require.NoError(t, err)
	h, err := simhost.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

// watch opens the kit's own monitor source on a served array.
func watch(t *testing.T, a simhost.Served) *flasharray.Source {
	t.Helper()
	s, err := flasharray.New(flasharray.Options{Target: a.Name, URL: a.URL, Token: a.Token, Pin: a.Pin})
	require.NoError(t, err)
	return s
}

func TestTheMonitorSeesTheScenario(t *testing.T) {
	h := start(t, "demo", simhost.Options{})
	served := h.Served()
	require.Len(t, served, 2)
	source := watch(t, served[0])
	look := func() localmon.Batch {
		b, err := source.Collect(t.Context(), h.Now())
		require.NoError(t, err)
		require.Empty(t, b.Partial)
		return b
	}
	drive := func(b localmon.Batch) localmon.ComponentState {
		for _, s := range b.States {
			if s.Type == "drive" && s.Component == "CH0.BAY7" {
				return s
			}
		}
		return localmon.ComponentState{}
	}
	before := look()
	require.Equal(t, "fa-prod-1", before.Info.Name)
	require.Equal(t, localmon.HealthOK, drive(before).Health)
	require.NotEmpty(t, before.Samples)
	after := before
	for range 20 {
		h.Advance(30 * time.Second)
		after = look()
	}
	require.Equal(t, "failed", drive(after).Status)
	require.Equal(t, localmon.HealthCritical, drive(after).Health)
	var open []string
	for _, a := range after.Alerts {
		if a.State == "open" {
			open = append(open, a.Summary)
		}
	}
	require.ElementsMatch(t, []string{"(drive:ch0.bay7): failure", "(shelf:ch0): shelf drive failures(s)"}, open)
}

func TestBothKindsAreServed(t *testing.T) {
	require.Equal(t, sim.FlashArray, start(t, "demo", simhost.Options{}).Served()[0].Kind)
	served := start(t, "blade-unhealthy", simhost.Options{Size: sim.Small}).Served()
	text, err := json.Marshal(served[0])
	require.NoError(t, err)
	require.Contains(t, string(text), `"kind":"flashblade"`)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // a pin is tested elsewhere
	defer c.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), "GET", served[0].URL+"/api/api_version", nil)
	require.NoError(t, err)
	res, err := c.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), `{"versions":`)
}

func TestPinsAndTokensFollowFromTheScenario(t *testing.T) {
	a, b := start(t, "demo", simhost.Options{}).Served(), start(t, "demo", simhost.Options{}).Served()
	for i := range a {
		require.Equal(t, a[i].Name, b[i].Name)
		require.Equal(t, a[i].Pin, b[i].Pin)
		require.Equal(t, a[i].Token, b[i].Token)
		require.NotEqual(t, a[i].URL, b[i].URL)
	}
	require.NotEqual(t, a[0].Pin, a[1].Pin)
	require.NotEqual(t, a[0].Token, a[1].Token)
}

func TestOverrides(t *testing.T) {
	seed, begin := uint64(99), time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	h := start(t, "demo", simhost.Options{Seed: &seed, Size: sim.Large, Start: begin})
	require.Equal(t, begin, h.Now())
	for _, a := range h.Arrays() {
		require.Equal(t, sim.Options{Name: a.Options().Name, Family: sim.FlashArray, Seed: 99, Size: sim.Large, Start: begin}, a.Options())
	}
	require.Equal(t, "fa-prod-2", h.Array("fa-prod-2").Options().Name)
	require.Nil(t, h.Array("fa-prod-3"))
	h.Advance(7 * time.Minute)
	require.Equal(t, begin.Add(7*time.Minute), h.Now())
	require.False(t, h.Array("fa-prod-1").Faults()[0].At.Before(begin), "events move with the start")
}

func TestControlOverTheNetwork(t *testing.T) {
	h := start(t, "quiet", simhost.Options{Control: "127.0.0.1:0"})
	post := func(path, body string) int {
		r, err := http.NewRequestWithContext(t.Context(), "POST", h.ControlURL()+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		return res.StatusCode
	}
	require.Equal(t, 200, post("/v1/inject", `{"fault":"drive_fail"}`))
	require.Equal(t, 200, post("/v1/step", `{"by":"1h"}`))
	require.Equal(t, 400, post("/v1/speed", `{"factor":1e9}`))
	require.Equal(t, sim.DefaultStart().Add(time.Hour), h.Now())
	require.Len(t, h.Arrays()[0].Faults(), 1)

	res, err := http.Get(h.ControlURL() + "/v1/state")
	require.NoError(t, err)
	defer res.Body.Close()
	var s struct{ Speed float64 }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&s))
	require.Equal(t, 1.0, s.Speed)
}

func TestRefusals(t *testing.T) {
	s, err := scenario.Ready("quiet")
	require.NoError(t, err)
	for want, o := range map[string]simhost.Options{
		"loopback only": {Scenario: s, Addresses: []string{"0.0.0.0:0"}},
		"control interface on 0.0.0.0:0: it listens on loopback only": {Scenario: s, Control: "0.0.0.0:0"},
		"has 1 arrays, but 2 addresses were given":                    {Scenario: s, Addresses: []string{"127.0.0.1:0", "127.0.0.1:0"}},
		`array size "huge"`: {Scenario: s, Size: "huge"},
	} {
		_, err := simhost.Start(o)
		require.ErrorContains(t, err, want)
	}
	taken := start(t, "quiet", simhost.Options{})
	_, err = simhost.Start(simhost.Options{Scenario: s, Addresses: []string{strings.TrimPrefix(taken.Served()[0].URL, "https://")}})
	require.ErrorContains(t, err, "address already in use")
}

func TestTheClockRunsWithRealTime(t *testing.T) {
	h := start(t, "quiet", simhost.Options{})
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		moved := func(real time.Duration) time.Duration {
			before := h.Now()
			time.Sleep(real)
			synctest.Wait()
			return h.Now().Sub(before)
		}
		require.InDelta(t, 10, moved(10*time.Second).Seconds(), 0.1)
		require.NoError(t, h.SetSpeed(60))
		require.InDelta(t, 600, moved(10*time.Second).Seconds(), 6)
		require.NoError(t, h.SetSpeed(0))
		require.Zero(t, moved(10*time.Second))
		stop()
		<-done
		require.Zero(t, moved(time.Second))
	})
}
