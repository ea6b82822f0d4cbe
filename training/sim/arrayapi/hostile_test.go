package arrayapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func TestWrongVersion(t *testing.T) {
	r := newRig(t, sim.Options{})
	list := func() []string {
		var v struct{ Version []string }
		require.NoError(t, json.Unmarshal(r.do("GET", "/api/api_version", nil).Body.Bytes(), &v))
		return v.Version
	}
	require.Contains(t, list(), "2.26")
	id := r.inject(sim.Fault{Kind: sim.WrongVersion})
	require.Contains(t, list(), "1.19")
	require.NotContains(t, strings.Join(list(), " "), "2.")
	require.Equal(t, 404, r.raw("arrays").Code)
	require.Equal(t, 404, r.do("POST", base+"login", nil).Code)
	require.NoError(t, r.array.Clear(id))
	r.get("arrays")

	r.inject(sim.Fault{Kind: sim.WrongVersion, Params: map[string]string{"offer": "unknown"}})
	require.Equal(t, []string{"9.0", "9.1", "10.0"}, list())
	require.Equal(t, 404, r.raw("arrays").Code)
	require.Equal(t, 404, r.do("GET", "/api/9.0/arrays", nil).Code)
	_, err := r.array.Inject(sim.Fault{Kind: sim.WrongVersion, Params: map[string]string{"offer": "some"}})
	require.ErrorContains(t, err, `"some" is not one of old, unknown`)
}

func TestPartial207(t *testing.T) {
	r := newRig(t, sim.Options{})
	all := r.get("drives").Items
	r.inject(sim.Fault{Kind: sim.Partial207, Params: map[string]string{"path": "drives"}})
	w := r.raw("drives")
	require.Equal(t, 207, w.Code)
	p := r.decode(w.Body)
	require.Len(t, p.Items, len(all)-1)
	require.Len(t, p.Errors, 1)
	require.Equal(t, all[len(all)-1]["name"], p.Errors[0]["context"])
	require.Equal(t, 200, r.raw("hardware").Code)
}

func TestCounterNull(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.CounterNull})
	p := r.get("volumes/performance")
	require.Len(t, p.Items, 20, "the list is whole")
	for _, item := range append(p.Items, p.Total...) {
		for field, v := range item {
			require.IsNotType(t, 0.0, v, field)
		}
	}
	require.NotEmpty(t, p.Items[3]["name"])
	require.Nil(t, r.get("arrays").Items[0]["space"].(map[string]any)["unique"], "inside objects as well")
}

func TestEndlessBody(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.EndlessBody, Params: map[string]string{"megabytes": "3", "path": "volumes"}})
	w := r.raw("volumes")
	require.Equal(t, 200, w.Code)
	require.Greater(t, w.Body.Len(), 3<<20)
	require.True(t, strings.HasPrefix(w.Body.String(), `{"items":[{"name":"x"},{"name":"x"},`), "it reads like a list that goes on")
	require.Error(t, json.Unmarshal(w.Body.Bytes(), new(any)))
	r.get("drives")
}

func TestDeepJSON(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.DeepJSON})
	body := r.raw("hosts").Body.String()
	require.Equal(t, 200_001, strings.Count(body, "["))
	require.Equal(t, 200_001, strings.Count(body, "]"))
}

func TestHugeString(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.HugeString})
	p := r.get("hosts")
	require.Len(t, p.Items[0]["name"], 10<<20, "it is one good reply with a very long name")
}

func TestSlowDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sim.Options{})
		whole := r.raw("controllers").Body.String()
		r.inject(sim.Fault{Kind: sim.SlowDrip, Params: map[string]string{"path": "controllers"}})
		began := time.Now()
		require.Equal(t, whole, r.raw("controllers").Body.String())
		require.Equal(t, time.Duration(len(whole))*time.Second, time.Since(began))
	})
}

func TestRedirect(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.Redirect, Params: map[string]string{"to": "https://127.0.0.1:9/"}})
	w := r.raw("volumes?names=x")
	require.Equal(t, 307, w.Code)
	require.Equal(t, "https://127.0.0.1:9/api/2.26/volumes?names=x", w.Header().Get("Location"))
	r.login()
}

func TestFaultsOfTheRepliesReachTheLogInWhenTheyNameIt(t *testing.T) {
	for _, path := range []string{"login", "api_version"} {
		r := newRig(t, sim.Options{})
		ask := map[string]func() int{
			"login": func() int {
				return r.do("POST", "/api/login", map[string][]string{"Api-Token": {r.handler.Token()}}).Code
			},
			"api_version": func() int { return r.do("GET", "/api/api_version", nil).Code },
		}
		id := r.inject(sim.Fault{Kind: sim.Redirect})
		require.Equal(t, 200, ask[path](), "a fault of all lists leaves it alone")
		require.NoError(t, r.array.Clear(id))
		r.inject(sim.Fault{Kind: sim.Redirect, Params: map[string]string{"path": path}})
		require.Equal(t, 307, ask[path]())
		r.get("arrays")
	}
}

// TestABodyEndsWhenTheClientHasHadEnough: the simulator does not go on writing
// to nobody.
func TestABodyEndsWhenTheClientHasHadEnough(t *testing.T) {
	for name, f := range map[string]sim.Fault{
		"endless": {Kind: sim.EndlessBody, Params: map[string]string{"megabytes": "1000000"}},
		"slow":    {Kind: sim.SlowDrip, Params: map[string]string{"pause": "20ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sim.Options{})
			r.inject(f)
			done := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				defer close(done)
				r.handler.ServeHTTP(w, req)
			}))
			defer srv.Close()
			ctx, leave := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+base+"volumes", nil)
			require.NoError(t, err)
			req.Header.Set("X-Auth-Token", r.session)
			res, err := srv.Client().Do(req)
			require.NoError(t, err)
			defer res.Body.Close()
			_, err = io.ReadFull(res.Body, make([]byte, 10))
			require.NoError(t, err)
			leave()
			<-done
		})
	}
}
