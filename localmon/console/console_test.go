package console_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/console"
	"darksite/localmon/exposition"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sample(target, metric string, v float64, labels ...string) localmon.Sample {
	return localmon.Sample{Key: localmon.SeriesKey{Target: target, Metric: metric, Labels: localmon.FormatLabels(labels...)}, Value: v}
}

func batch(target string, age time.Duration, samples ...localmon.Sample) localmon.Batch {
	return localmon.Batch{Target: target, At: at.Add(-age), Samples: samples}
}

type fixed []localmon.Batch

func (f fixed) Batches() []localmon.Batch { return f }

func made(batches ...localmon.Batch) *console.Console {
	return console.New(console.Options{Batches: fixed(batches), Now: func() time.Time { return at }, Names: []string{"kit.site.example"}})
}

const open = "application/openmetrics-text; version=1.0.0"

func get(t *testing.T, h http.Handler, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Host = "127.0.0.1:7780"
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// read parses a page and holds it against what readers demand: every line, the
// end, all samples of a metric together, names in order, none twice.
func read(t *testing.T, w *httptest.ResponseRecorder) map[string]float64 {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code)
	d := exposition.DialectOf(w.Header().Get("Content-Type"))
	require.Equal(t, d.ContentType(), w.Header().Get("Content-Type"))
	s := exposition.NewScraper(w.Body, d)
	all := map[string]float64{}
	var metrics []string
	for one, err := range s.Samples() {
		require.NoError(t, err)
		key := one.Metric + "{" + localmon.JoinLabels(one.Labels) + "}"
		require.NotContains(t, all, key)
		all[key] = one.Value
		if len(metrics) == 0 || metrics[len(metrics)-1] != one.Metric {
			metrics = append(metrics, one.Metric)
		}
	}
	require.True(t, s.Whole())
	require.True(t, slices.IsSorted(metrics), "%v", metrics)
	return all
}

var two = []localmon.Batch{
	batch("fa1", 10*time.Second,
		sample("fa1", "localmon_source_up", 1), sample("fa1", "purefa_array_space_utilization", 40.93),
		sample("fa1", "purefa_volume_performance_latency_usec", 224, "dimension", "usec_per_read_op", "name", "v \"1\"\n", "naa_id", "naa.x")),
	batch("kit", 20*time.Second, sample("kit", "localmon_source_up", 1), sample("kit", "node_network_receive_bytes_total", 7, "device", "eth0", "instance", "own")),
}

func TestOneTargetHasTheExportersNamesAndLabels(t *testing.T) {
	for _, accept := range []string{open, "text/plain", ""} {
		require.Equal(t, map[string]float64{
			"localmon_source_up{}":             1,
			"purefa_array_space_utilization{}": 40.93,
			`purefa_volume_performance_latency_usec{dimension="usec_per_read_op",naa_id="naa.x",name="v \"1\"\n"}`: 224,
		}, read(t, get(t, made(two...), "/metrics/fa1", accept)), accept)
	}
}

func TestAllTargetsAreToldApartByInstance(t *testing.T) {
	w := get(t, made(two...), "/metrics", open)
	require.Empty(t, w.Header().Get("Darksite-Left-Out"))
	text := w.Body.String()
	require.Contains(t, text, "# HELP localmon_source_up 1 when")
	require.Contains(t, text, "# TYPE purefa_array_space_utilization gauge\n")
	require.Contains(t, text, "# TYPE node_network_receive_bytes counter\n", "OpenMetrics names a counter so")
	require.True(t, strings.HasSuffix(text, "\n# EOF\n"))
	require.Equal(t, map[string]float64{
		`localmon_source_up{instance="fa1"}`:             1,
		`localmon_source_up{instance="kit"}`:             1,
		`purefa_array_space_utilization{instance="fa1"}`: 40.93,
		`purefa_volume_performance_latency_usec{dimension="usec_per_read_op",instance="fa1",naa_id="naa.x",name="v \"1\"\n"}`: 224,
		`node_network_receive_bytes_total{device="eth0",exported_instance="own",instance="kit"}`:                              7,
	}, read(t, w))
}

func TestNothingOldReadsAsNow(t *testing.T) {
	blind := batch("fa1", 10*time.Second, sample("fa1", "localmon_source_up", 0), sample("fa1", "localmon_source_consecutive_failures", 4),
		sample("fa1", "purefa_array_space_utilization", 40.93))
	require.Equal(t, map[string]float64{"localmon_source_up{}": 0, "localmon_source_consecutive_failures{}": 4}, read(t, get(t, made(blind), "/metrics/fa1", open)))
	for _, age := range []time.Duration{6 * time.Minute, -time.Hour} {
		old := two[0]
		old.At = at.Add(-age)
		require.Equal(t, map[string]float64{"localmon_source_up{}": 0}, read(t, get(t, made(old), "/metrics/fa1", open)), "%s", age)
	}
}

func TestContentIsNegotiated(t *testing.T) {
	for accept, want := range map[string]exposition.Dialect{
		"":                             exposition.Text004,
		"*/*":                          exposition.Text004,
		"text/plain":                   exposition.Text004,
		"application/openmetrics-text": exposition.OpenMetrics10,
		"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2": exposition.OpenMetrics10,
		"application/openmetrics-text;q=0.1, text/plain;q=0.9": exposition.Text004,
		"application/openmetrics-text;q=0":                     exposition.Text004,
		"application/openmetrics-text;q=x,;;":                  exposition.Text004,
	} {
		require.Equal(t, want.ContentType(), get(t, made(two...), "/metrics", accept).Header().Get("Content-Type"), accept)
	}
}

func TestOnlyGetAndHead(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "TRACE"} {
		for _, path := range []string{"/", "/metrics", "/metrics/fa1", "/healthz"} {
			r := httptest.NewRequest(method, path, http.NoBody)
			r.Host = "localhost"
			w := httptest.NewRecorder()
			made(two...).ServeHTTP(w, r)
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, path)
		}
	}
	for _, path := range []string{"/metrics/", "/metrics/none", "/etc", "/metrics/fa1/x"} {
		require.Equal(t, http.StatusNotFound, get(t, made(two...), path, "").Code, path)
	}
}

func TestOnlyItsOwnNames(t *testing.T) {
	for host, want := range map[string]int{
		"127.0.0.1:7780": 200, "127.8.8.8": 200, "[::1]:7780": 200, "[::ffff:127.0.0.1]:1": 200, "localhost": 200, "LOCALHOST:1": 200,
		"kit.site.example:7780": 200, "KIT.site.example": 200, "10.0.0.1:7780": 200, "[fd00::1]:7780": 200,
		"evil.example": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example:7780": 403, "10.0.0.1.evil.example": 403, "": 403, ":7780": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		made(two...).ServeHTTP(w, r)
		require.Equal(t, want, w.Code, host)
		require.Equal(t, want == 200, strings.Contains(w.Body.String(), "purefa_"), host)
	}
}

func TestThePageForPeopleIsInert(t *testing.T) {
	evil := `<script>alert(1)</script>"'/..`
	w := get(t, made(batch(evil, 90*time.Second, sample(evil, "localmon_source_up", 0)), two[0], batch("old", time.Hour)), "/", "")
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	text := w.Body.String()
	require.NotContains(t, text, "<script")
	require.Contains(t, text, `href="/metrics/%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%2F.."`)
	require.Contains(t, text, "1 min")
	require.Contains(t, text, "unknown: could not be read")
	require.Contains(t, text, "unknown: not looked at lately")
	require.Contains(t, text, ">seen</td>")
	require.Contains(t, get(t, made(), "/", "").Body.String(), "No target has been looked at yet")
}

func TestTheLinkOfAnyTargetLeadsToIt(t *testing.T) {
	name := `a/b c%2F"é`
	c := made(batch(name, time.Second, sample(name, "localmon_source_up", 1)))
	text := get(t, c, "/", "").Body.String()
	_, rest, _ := strings.Cut(text, `<a href="/metrics/`)
	rest = "/metrics/" + rest
	link, _, _ := strings.Cut(rest, `"`)
	require.Len(t, read(t, get(t, c, link, open)), 1, link)
}

func TestHealthz(t *testing.T) {
	require.Equal(t, http.StatusOK, get(t, made(two...), "/healthz", "").Code)
	blind := batch("fa1", time.Second, sample("fa1", "localmon_source_up", 0))
	require.Equal(t, http.StatusOK, get(t, made(blind), "/healthz", "").Code, "the kit looks; that it sees nothing is for alerts to say")
	w := get(t, made(batch("fa1", time.Hour)), "/healthz", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "none of 1 targets")
	require.Equal(t, http.StatusServiceUnavailable, get(t, made(), "/healthz", "").Code)
}

func TestTheKitsOwnFiguresStandBesideThoseOfItsTargets(t *testing.T) {
	still := errors.New("standstill of fa1: judging a look since 3m")
	health := error(nil)
	c := console.New(console.Options{
		Batches: fixed(two), Now: func() time.Time { return at },
		Own: func() localmon.Batch {
			return batch("S042", 0, sample("S042", "localmon_monitor_looks_total", 7, "target", "fa1"))
		},
		Health: func() error { return health },
	})
	require.Equal(t, map[string]float64{`localmon_monitor_looks_total{target="fa1"}`: 7}, read(t, get(t, c, "/metrics/S042", open)))
	require.Contains(t, read(t, get(t, c, "/metrics", open)), `localmon_monitor_looks_total{instance="S042",target="fa1"}`)
	require.Equal(t, http.StatusOK, get(t, c, "/healthz", "").Code)
	health = still
	w := get(t, c, "/healthz", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "judging a look")

	var page strings.Builder
	require.NoError(t, console.Write(&page, two[0].Samples[:1]))
	require.Contains(t, page.String(), "localmon_source_up 1\n# EOF\n")
}

func TestWhatCannotBeSaidIsLeftOutAndTold(t *testing.T) {
	bad := batch("fa1", 0, sample("fa1", "m", 1), sample("fa1", "m", 2), sample("fa1", "n", 1, "x", "\xff"), sample("fa1", "o", 3))
	w := get(t, made(bad), "/metrics", open)
	require.Contains(t, w.Header().Get("Darksite-Left-Out"), "given twice")
	require.Equal(t, map[string]float64{`m{instance="fa1"}`: 1, `o{instance="fa1"}`: 3}, read(t, w))
}

func TestBoard(t *testing.T) {
	b := console.NewBoard(0)
	put := func(after time.Duration, samples ...localmon.Sample) map[string]float64 {
		b.Put(localmon.Batch{Target: "t", At: at.Add(after), Samples: samples})
		c := console.New(console.Options{Batches: b, Now: func() time.Time { return at.Add(after) }})
		return read(t, get(t, c, "/metrics/t", open))
	}
	up, slow := sample("t", "localmon_source_up", 1), sample("t", "slow", 5)
	require.Len(t, put(0, up, slow), 2)
	require.Equal(t, map[string]float64{"localmon_source_up{}": 1, "slow{}": 5}, put(9*time.Minute, up), "read each few minutes only")
	require.NotContains(t, put(11*time.Minute, up), "slow{}", "it has gone")
	require.Contains(t, put(12*time.Minute, up, slow), "slow{}")
	require.NotContains(t, put(-time.Hour, up), "slow{}", "a clock that was set back makes nothing last")
	require.Contains(t, put(0, up, slow), "slow{}")
	require.Equal(t, map[string]float64{"localmon_source_up{}": 0}, put(time.Minute, sample("t", "localmon_source_up", 0)))
	require.NotContains(t, put(2*time.Minute, up), "slow{}", "what was lost from sight comes back when it is read, not before")
	b.Forget("t")
	require.Empty(t, b.Batches())
}

// A socket, as its user has it.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- made(two...).Serve(ctx, l) }()
	url := "http://" + l.Addr().String()
	r, err := http.Get(url + "/metrics")
	require.NoError(t, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Contains(t, string(body), `purefa_array_space_utilization{instance="fa1"} 40.93`)
	r, err = http.Head(url + "/metrics")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.NoError(t, r.Body.Close())
	big, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	big.Header.Set("X", strings.Repeat("x", 40<<10))
	if r, err = http.DefaultClient.Do(big); err == nil {
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, r.StatusCode)
		require.NoError(t, r.Body.Close())
	}
	stop()
	require.NoError(t, <-done)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	err = made().Serve(t.Context(), closed)
	require.ErrorIs(t, err, net.ErrClosed)
}

type slowly struct{ wait, asked chan struct{} }

func (s slowly) Batches() []localmon.Batch {
	s.asked <- struct{}{}
	<-s.wait
	return nil
}

func TestSixteenAtOnce(t *testing.T) {
	s := slowly{make(chan struct{}), make(chan struct{})}
	c := console.New(console.Options{Batches: s, Now: func() time.Time { return at }})
	done := make(chan struct{})
	for range 16 {
		go func() {
			get(t, c, "/metrics", "")
			done <- struct{}{}
		}()
		<-s.asked
	}
	require.Equal(t, http.StatusServiceUnavailable, get(t, c, "/metrics", "").Code)
	close(s.wait)
	for range 16 {
		<-done
	}
}
