package arrayapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// BenchmarkPoll is what one look of a monitor costs the simulator: the lists
// that are read every 30 seconds, without TLS.
func BenchmarkPoll(b *testing.B) {
	for _, size := range sim.Sizes() {
		b.Run(string(size), func(b *testing.B) {
			a, err := sim.New(sim.Options{Size: size})
			require.NoError(b, err)
			h := arrayapi.New(a)
			call := func(method, path, header, value string) *httptest.ResponseRecorder {
				r := httptest.NewRequestWithContext(b.Context(), method, base+path, nil)
				r.Header.Set(header, value)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				require.Equal(b, http.StatusOK, w.Code)
				return w
			}
			session := call("POST", "login", "api-token", h.Token()).Header().Get("x-auth-token")
			size := 0
			for b.Loop() {
				a.Advance(30 * time.Second)
				size = 0
				for _, p := range []string{
					"arrays", "arrays/performance", "alerts", "drives", "controllers", "hardware",
					"network-interfaces/performance", "volumes/performance", "hosts/performance",
				} {
					size += call("GET", p, "x-auth-token", session).Body.Len()
				}
			}
			b.ReportMetric(float64(size), "bytes/poll")
		})
	}
}

// BenchmarkBladePoll is the same of a FlashBlade, without the work of single
// file systems.
func BenchmarkBladePoll(b *testing.B) {
	for _, size := range sim.Sizes() {
		b.Run(string(size), func(b *testing.B) {
			a, err := sim.New(sim.Options{Family: sim.FlashBlade, Size: size})
			require.NoError(b, err)
			h := arrayapi.New(a)
			call := func(method, path, header, value string) *httptest.ResponseRecorder {
				r := httptest.NewRequestWithContext(b.Context(), method, path, nil)
				r.Header.Set(header, value)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				require.Equal(b, http.StatusOK, w.Code)
				return w
			}
			session := call("POST", "/api/login", "api-token", h.Token()).Header().Get("x-auth-token")
			size := 0
			for b.Loop() {
				a.Advance(30 * time.Second)
				size = 0
				for _, p := range []string{
					"arrays", "arrays/performance", "arrays/space", "alerts", "blades", "hardware", "file-systems", "buckets",
					"network-interfaces/connectors/performance",
				} {
					size += call("GET", bladeBase+p, "x-auth-token", session).Body.Len()
				}
			}
			b.ReportMetric(float64(size), "bytes/poll")
		})
	}
}

// BenchmarkHistory is the back-fill of an hour of every volume at 30 seconds.
func BenchmarkHistory(b *testing.B) {
	a, err := sim.New(sim.Options{Size: sim.Recorded})
	require.NoError(b, err)
	a.Advance(time.Hour)
	h := arrayapi.New(a)
	for b.Loop() {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(b.Context(), "POST", base+"login", nil)
		r.Header.Set("api-token", h.Token())
		h.ServeHTTP(w, r)
		session := w.Header().Get("x-auth-token")
		for offset := 0; offset < 121*83; offset += 1000 {
			r := httptest.NewRequestWithContext(b.Context(), "GET", fmt.Sprintf("%svolumes/performance?resolution=30000&start_time=%d&offset=%d",
				base, a.Now().Add(-time.Hour).UnixMilli(), offset), nil)
			r.Header.Set("x-auth-token", session)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
}
