package arrayapi_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net/http"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// seen is what a TLS client meets: the pin of the certificate, or an error.
type seen struct {
	pin  string
	code int
}

// client is a real client that keeps its connections.
func client(t *testing.T, url string) func(method, path, header, value string) (seen, http.Header, error) {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // pins are compared below
	t.Cleanup(tr.CloseIdleConnections)
	c := &http.Client{Transport: tr, Timeout: 10 * time.Second}
	return func(method, path, header, value string) (seen, http.Header, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, nil)
		require.NoError(t, err)
		req.Header.Set(header, value)
		res, err := c.Do(req)
		if err != nil {
			return seen{}, nil, err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		sum := sha256.Sum256(res.TLS.PeerCertificates[0].Raw)
		return seen{"sha256:" + hex.EncodeToString(sum[:]), res.StatusCode}, res.Header, nil
	}
}

func TestServedOverTLS(t *testing.T) {
	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 3})
	require.NoError(t, err)
	s, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(a))
	require.NoError(t, err)
	defer s.Close()
	do := client(t, s.URL())

	got, h, err := do("POST", "/api/login", "api-token", s.Token())
	require.NoError(t, err)
	require.Equal(t, seen{s.Pin(), 200}, got)
	token := h.Get("x-auth-token")
	got, h, err = do("GET", base+"arrays", "x-auth-token", token)
	require.NoError(t, err)
	require.Equal(t, 200, got.code)
	require.Equal(t, "Mon, 02 Mar 2026 06:00:00 GMT", h.Get("Date"), "the date is the array's own")

	id, err := a.Inject(sim.Fault{Kind: sim.CertChange})
	require.NoError(t, err)
	got, _, err = do("GET", base+"arrays", "x-auth-token", token)
	require.NoError(t, err)
	require.NotEqual(t, s.Pin(), got.pin, "a kept connection is not kept")
	other, err := arrayapi.Certificate(a.Options(), 1)
	require.NoError(t, err)
	require.Equal(t, arrayapi.Pin(other), got.pin)
	require.NoError(t, a.Clear(id))
	got, _, err = do("GET", base+"arrays", "x-auth-token", token)
	require.NoError(t, err)
	require.Equal(t, s.Pin(), got.pin)

	_, err = a.Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	_, _, err = do("GET", base+"arrays", "x-auth-token", token)
	require.Error(t, err, "nothing answers")
	a.Advance(4 * time.Minute)
	got, _, err = do("GET", base+"arrays", "x-auth-token", token)
	require.NoError(t, err)
	require.Equal(t, 401, got.code, "the session is gone")

	require.NoError(t, s.Close())
	_, _, err = do("GET", base+"arrays", "x-auth-token", token)
	require.Error(t, err)
}

func TestFacesShareTheArraysFate(t *testing.T) {
	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 3})
	require.NoError(t, err)
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	s, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(a), arrayapi.Face{Path: "/metrics", Handler: teapot})
	require.NoError(t, err)
	defer s.Close()
	do := client(t, s.URL())
	for path, want := range map[string]int{
		"/metrics": http.StatusTeapot, "/metrics/array?namespace=x": http.StatusTeapot,
		"/metricsother": http.StatusNotFound, "/api/api_version": http.StatusOK, "/": http.StatusNotFound,
	} {
		got, _, err := do("GET", path, "Accept", "*/*")
		require.NoError(t, err)
		require.Equal(t, seen{s.Pin(), want}, got, path)
	}
	id, err := a.Inject(sim.Fault{Kind: sim.CertChange})
	require.NoError(t, err)
	got, _, err := do("GET", "/metrics", "Accept", "*/*")
	require.NoError(t, err)
	require.NotEqual(t, s.Pin(), got.pin, "a kept connection is not kept")
	require.NoError(t, a.Clear(id))

	_, _, err = do("GET", "/metrics", "Accept", "*/*")
	require.NoError(t, err)
	_, err = a.Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	_, _, err = do("GET", "/metrics", "Accept", "*/*")
	require.Error(t, err, "nothing answers, over a kept connection either")
}

func TestCertificateAndTokenFollowFromTheOptions(t *testing.T) {
	pins := map[string]bool{}
	for _, o := range []sim.Options{{Name: "a", Seed: 1}, {Name: "b", Seed: 1}, {Name: "a", Seed: 2}} {
		for change := range 2 {
			x, err := arrayapi.Certificate(o, change)
			require.NoError(t, err)
			y, err := arrayapi.Certificate(o, change)
			require.NoError(t, err)
			require.Equal(t, x.Certificate, y.Certificate)
			pins[arrayapi.Pin(x)] = true
		}
	}
	require.Len(t, pins, 6)
	a, err := sim.New(sim.Options{Name: "a", Seed: 1})
	require.NoError(t, err)
	b, err := sim.New(sim.Options{Name: "a", Seed: 2})
	require.NoError(t, err)
	require.NotEqual(t, arrayapi.New(a).Token(), arrayapi.New(b).Token())
	require.Equal(t, arrayapi.New(a).Token(), arrayapi.New(a).Token())
}

func TestListensOnLoopbackOnly(t *testing.T) {
	a, err := sim.New(sim.Options{})
	require.NoError(t, err)
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:443"} {
		_, err := arrayapi.Listen(address, arrayapi.New(a))
		require.ErrorContains(t, err, "loopback only", address)
	}
	_, err = arrayapi.Listen("nowhere", arrayapi.New(a))
	require.Error(t, err)
}
