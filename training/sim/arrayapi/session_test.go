package arrayapi_test

import (
	"net/http"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func TestVersionsNeedNoSession(t *testing.T) {
	r := newRig(t, sim.Options{})
	w := r.do("GET", "/api/api_version", nil)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), `{"version":["1.0",`)
	require.Contains(t, w.Body.String(), `"2.26"]}`)
	require.NotContains(t, w.Body.String(), `"2.12"`)
}

func TestLogin(t *testing.T) {
	r := newRig(t, sim.Options{})
	for _, c := range []struct {
		name, method, path, token string
		want                      int
	}{
		{"with version", "POST", "/api/2.4/login", r.handler.Token(), 200},
		{"without version", "POST", "/api/login", r.handler.Token(), 200},
		{"unknown version", "POST", "/api/2.12/login", r.handler.Token(), 404},
		{"first interface", "POST", "/api/1.19/login", r.handler.Token(), 404},
		{"wrong token", "POST", "/api/login", "00000000-0000-0000-0000-000000000000", 401},
		{"no token", "POST", "/api/login", "", 401},
		{"wrong method", "GET", "/api/login", r.handler.Token(), 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := r.do(c.method, c.path, http.Header{"Api-Token": {c.token}})
			require.Equal(t, c.want, w.Code, w.Body)
			if c.want == 200 {
				require.NotEmpty(t, w.Header().Get("x-auth-token"))
				require.Contains(t, w.Body.String(), `"username"`)
			} else {
				require.Empty(t, w.Header().Get("x-auth-token"))
				require.NotEmpty(t, r.decode(w.Body).Errors)
			}
		})
	}
}

func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig)
		want int
	}{
		{"not while it is used", func(r *rig) {
			for range 5 {
				r.array.Advance(59 * time.Minute)
				r.get("arrays")
			}
		}, 200},
		{"after an hour without a call", func(r *rig) { r.array.Advance(time.Hour + time.Second) }, 401},
		{"with logout", func(r *rig) { r.do("POST", base+"logout", http.Header{"X-Auth-Token": {r.session}}) }, 401},
		{"with logout without version", func(r *rig) { r.do("POST", "/api/logout", http.Header{"X-Auth-Token": {r.session}}) }, 401},
		{"when it is expired", func(r *rig) { r.inject(sim.Fault{Kind: sim.ExpireSession}) }, 401},
		{"with a restart", func(r *rig) { r.inject(sim.Fault{Kind: sim.ArrayRestart}); r.array.Advance(5 * time.Minute) }, 401},
		{"when tokens are refused", func(r *rig) { r.inject(sim.Fault{Kind: sim.TokenRefused}) }, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, sim.Options{})
			require.Equal(t, 1, r.handler.Sessions())
			c.do(r)
			w := r.raw("arrays")
			require.Equal(t, c.want, w.Code)
			if c.want == 401 {
				require.JSONEq(t, `{"errors":[{"message":"Invalid session."}]}`, w.Body.String())
			}
		})
	}
}

func TestTokenRefusedAndAccepted(t *testing.T) {
	r := newRig(t, sim.Options{})
	id := r.inject(sim.Fault{Kind: sim.TokenRefused})
	header := http.Header{"Api-Token": {r.handler.Token()}}
	require.Equal(t, 401, r.do("POST", "/api/login", header).Code)
	require.NoError(t, r.array.Clear(id))
	require.Equal(t, 401, r.raw("arrays").Code, "old sessions do not come back")
	r.login()
	require.Equal(t, 200, r.raw("arrays").Code)
}

func TestSessionsOfAClientThatNeverLogsOutAreForgotten(t *testing.T) {
	r := newRig(t, sim.Options{})
	for range 24 * 60 {
		r.array.Advance(time.Minute)
		r.login()
	}
	require.LessOrEqual(t, r.handler.Sessions(), 61)
}

func TestRequestID(t *testing.T) {
	r := newRig(t, sim.Options{})
	w := r.do("GET", base+"arrays", http.Header{"X-Auth-Token": {r.session}, "X-Request-Id": {"mine"}})
	require.Equal(t, "mine", w.Header().Get("X-Request-ID"))
	first, second := r.raw("arrays"), r.raw("arrays")
	require.NotEmpty(t, first.Header().Get("X-Request-ID"))
	require.NotEqual(t, first.Header().Get("X-Request-ID"), second.Header().Get("X-Request-ID"))
}

func TestWhatIsNotModelledIsRefused(t *testing.T) {
	r := newRig(t, sim.Options{})
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", base + "remote-pods", 404},
		{"GET", base + "smtp-servers/test", 404},
		{"GET", base + "alerts/events", 400},
		{"GET", "/api/9.9/arrays", 404},
		{"GET", "/", 404},
		{"GET", "/metrics", 404},
		{"POST", base + "volumes", 405},
		{"PATCH", base + "drives", 405},
		{"DELETE", base + "volumes?names=x", 405},
	} {
		w := r.do(c.method, c.path, http.Header{"X-Auth-Token": {r.session}})
		require.Equal(t, c.want, w.Code, "%s %s", c.method, c.path)
		require.NotEmpty(t, r.decode(w.Body).Errors)
	}
	require.Equal(t, 401, r.do("GET", base+"nothing", nil).Code, "without a session nothing is told")
}

var endsSessions = map[sim.Kind]bool{sim.ExpireSession: true, sim.ArrayRestart: true, sim.Upgrade: true}

func TestSameCallsSameBytes(t *testing.T) {
	run := func() (out []string) {
		r := newRig(t, sim.Options{Seed: 77})
		for _, f := range everyFault() {
			if f.Target == "CT1" || unreadable[f.Kind] || f.Kind == sim.SASCable || f.Kind == sim.CounterNull || endsSessions[f.Kind] {
				continue // nothing would answer
			}
			f.At = r.array.Now().Add(3 * time.Minute)
			r.array.Inject(f) // some overlap and are refused, in both runs alike
		}
		for range 20 {
			r.array.Advance(30 * time.Second)
			for _, p := range []string{
				"alerts", "arrays", "arrays/performance", "drives", "hardware", "controllers",
				"volumes/performance", "hosts/performance/balance", "network-interfaces/performance", "arrays/space",
				"volumes/performance?resolution=30000&start_time=1772430000000&limit=50",
			} {
				if r.array.View().Protocol().Unreachable {
					out = append(out, "unreachable")
					continue
				}
				w := r.raw(p)
				require.Contains(t, []int{200, 207}, w.Code, "%s: %s", p, w.Body)
				out = append(out, w.Body.String(), w.Header().Get("X-Request-ID"), w.Header().Get("Date"), r.session)
			}
		}
		return out
	}
	require.Equal(t, run(), run())
}
