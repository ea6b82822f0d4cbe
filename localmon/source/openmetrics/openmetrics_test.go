package openmetrics_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/openmetrics"
	"darksite/localmon/source/sourcetest"
	"darksite/training/sim"
	"darksite/training/sim/metricsexp"

	"github.com/stretchr/testify/require"
)

const token = "3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c"

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// serve serves over TLS and gives the pin of its certificate.
func serve(t *testing.T, h http.Handler) (*httptest.Server, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, fmt.Sprintf("sha256:%x", sha256.Sum256(s.Certificate().Raw))
}

func page(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
	}
}

const (
	plain = "text/plain; version=0.0.4"
	open  = "application/openmetrics-text; version=1.0.0; charset=utf-8"
)

func source(t *testing.T, h http.Handler, change ...func(*openmetrics.Options)) *openmetrics.Source {
	t.Helper()
	s, pin := serve(t, h)
	o := openmetrics.Options{
		Target: "t1", URL: s.URL, Pin: pin, Token: token, Paths: []openmetrics.Path{{Path: "/metrics"}},
		Timeout: time.Minute, RequestTimeout: time.Minute, // a busy machine is not a fault
	}
	for _, f := range change {
		f(&o)
	}
	src, err := openmetrics.New(o)
	require.NoError(t, err)
	t.Cleanup(src.Close)
	return src
}

func look(t *testing.T, src *openmetrics.Source) localmon.Batch {
	t.Helper()
	b, err := src.Collect(t.Context(), at)
	require.NoError(t, err)
	require.NoError(t, sourcetest.Check(b, src.Target(), at))
	return b
}

func value(t *testing.T, b localmon.Batch, metric string, labels ...string) float64 {
	t.Helper()
	key := localmon.SeriesKey{Target: b.Target, Metric: metric, Labels: localmon.FormatLabels(labels...)}
	for _, s := range b.Samples {
		if s.Key == key {
			return s.Value
		}
	}
	require.Failf(t, "no such sample", "%s", key)
	return 0
}

func partial(b localmon.Batch) string {
	var all []string
	for _, p := range b.Partial {
		all = append(all, p.Endpoint+": "+p.Err.Error())
	}
	return strings.Join(all, "\n")
}

func TestSource(t *testing.T) {
	text := page(open, "# TYPE node_load1 gauge\nnode_load1 0.25\nnode_x{a=\"b\"} 1\n# EOF\n")
	two := func(o *openmetrics.Options) {
		o.Paths = []openmetrics.Path{{Path: "/metrics"}, {Path: "/gone"}}
	}
	half := http.NewServeMux()
	half.Handle("/metrics", text)
	sourcetest.Run(t, sourcetest.Subject{
		Target: "t1", Now: at,
		New:     func(t *testing.T) localmon.Source { return source(t, text) },
		Partial: func(t *testing.T) localmon.Source { return source(t, half, two) },
		Gone:    func(t *testing.T) localmon.Source { return source(t, http.NotFoundHandler()) },
	})
}

// Units that a page tells come with the look, of what is kept.
func TestUnitsOfAPage(t *testing.T) {
	b := look(t, source(t, page(open, "# TYPE work_joules counter\n# UNIT work_joules joules\nwork_joules_total 7\n# UNIT left_bytes bytes\nleft_bytes 1\n# UNIT odd K/s\nodd 1\n# EOF\n"),
		func(o *openmetrics.Options) {
			o.Keep = func(metric string, _ []localmon.Label) bool { return metric != "left_bytes" }
		}))
	require.Equal(t, map[string]localmon.Unit{"work_joules_total": "joules"}, b.Units)
	b = look(t, source(t, page(open, "work_joules_total 7\n# EOF\n")))
	require.Empty(t, b.Units)
}

func exporter(t *testing.T, a *sim.Array, token string) http.Handler {
	t.Helper()
	h, err := metricsexp.New(a, token)
	require.NoError(t, err)
	return h
}

func simulated(t *testing.T) (*sim.Array, *openmetrics.Source) {
	a, err := sim.New(sim.Options{Name: "fa1", Seed: 7, Size: sim.Recorded})
	require.NoError(t, err)
	a.Advance(time.Hour)
	return a, source(t, exporter(t, a, token), func(o *openmetrics.Options) {
		o.Paths, o.Keep = openmetrics.FlashArrayPaths(), openmetrics.Curated
	})
}

func states(b localmon.Batch) map[string]localmon.ComponentState {
	all := map[string]localmon.ComponentState{}
	for _, s := range b.States {
		all[s.Type+" "+s.Component] = s
	}
	return all
}

func TestAnArrayIsKnownByItsOwnEndpointAlone(t *testing.T) {
	a, src := simulated(t)
	b := look(t, src)
	require.Empty(t, b.Partial)
	require.Equal(t, localmon.KindFlashArray, b.Info.Kind)
	require.Equal(t, "fa1", b.Info.Name)
	require.Equal(t, a.View().Identity().Model, b.Info.Model)
	require.Equal(t, a.Now(), b.TargetAt, "the array's clock, not ours")
	require.True(t, b.AlertsRead)
	require.Empty(t, b.Alerts, "read, and none: not the same as not known")
	hardware, drives := len(a.View().Hardware()), len(a.View().Drives())
	require.Len(t, b.States, hardware+drives)
	for _, s := range b.States {
		require.Equal(t, localmon.HealthOK, s.Health, "%+v", s)
	}
	require.Equal(t, 0.0, value(t, b, "localmon_endpoint_items_left_out", "endpoint", "/metrics/volumes?namespace=purefa"))
	perVolume, perGroup := 0, 0
	for _, s := range b.Samples {
		switch {
		case strings.HasPrefix(s.Key.Metric, "purefa_volume_group_"):
			perGroup++
		case strings.HasPrefix(s.Key.Metric, "purefa_volume_"):
			perVolume++
		}
	}
	require.Equal(t, 83*8, perVolume, "six of its work and two of its space")
	require.Equal(t, 3*6, perGroup, "six of its work")
}

func TestFaultsOfAnArrayAreSeenThroughItsOwnEndpoint(t *testing.T) {
	a, src := simulated(t)
	for _, f := range []sim.Fault{
		{Kind: sim.DriveFail, Target: "CH0.BAY7"},
		{Kind: sim.PSULoss, Target: "CH0.PWR0"},
		{Kind: sim.ControllerFail, Target: "CT1"},
	} {
		_, err := a.Inject(f)
		require.NoError(t, err)
	}
	a.Advance(time.Minute)
	b := look(t, src)
	s := states(b)
	require.Equal(t, "failed", s["drive CH0.BAY7"].Status)
	require.Equal(t, localmon.HealthCritical, s["drive CH0.BAY7"].Health)
	require.Equal(t, localmon.HealthOK, s["drive_bay CH0.BAY7"].Health, "the bay does not know")
	require.Equal(t, localmon.HealthCritical, s["power_supply CH0.PWR0"].Health)
	require.Equal(t, localmon.HealthCritical, s["controller CT1"].Health)
	require.Equal(t, localmon.HealthOK, s["controller CT0"].Health)
	require.True(t, b.AlertsRead)
	codes := map[string]localmon.ArrayAlert{}
	for _, one := range b.Alerts {
		codes[fmt.Sprint(one.Code, " ", one.ComponentType)] = one
		require.Equal(t, "open", one.State)
		require.False(t, one.Created.IsZero())
	}
	require.Equal(t, "ch0.bay7", codes["60 drive"].Component, "taken from the summary, there is no label for it")
	require.Equal(t, "critical", codes["60 drive"].Severity)
}

func TestPathsAreReadWhenTheyAreDue(t *testing.T) {
	var asked atomic.Value
	asked.Store("")
	src := source(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(asked.Load().(string) + r.URL.Path)
		page(plain, "x"+strings.ReplaceAll(r.URL.Path, "/", "_")+" 1\n")(w, r)
	}), func(o *openmetrics.Options) {
		o.Paths = []openmetrics.Path{{"/a", 30 * time.Second}, {"/b", 5 * time.Minute}}
	})
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{
		{0, []string{"/a/b", "/b/a"}},
		{10 * time.Second, []string{"/a"}}, // some path is always asked for
		{4 * time.Minute, []string{"/a"}},
		{5*time.Minute - time.Second, []string{"/a/b", "/b/a"}},
		{-time.Hour, []string{"/a/b", "/b/a"}}, // the clock was set back
	} {
		asked.Store("")
		b, err := src.Collect(t.Context(), at.Add(step.after))
		require.NoError(t, err)
		require.Contains(t, step.want, asked.Load(), "%s", step.after)
		value(t, b, "localmon_endpoint_last_success_timestamp_seconds", "endpoint", "/b")
	}
}

func TestWhatDoesNotFitIsLeftOutAndSaid(t *testing.T) {
	for _, c := range []struct {
		name, kind, text string
		kept             int
		want             []string
	}{
		{"nothing is wrong with NaN", plain, "a 1\nb NaN\nc +Inf\n", 1, nil},
		{"duplicates: the first counts", plain, "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\nb 1\nb 1\n", 2, []string{"2 series came twice, and the first was kept; the first of them: a"}},
		{"not UTF-8", plain, "a{x=\"\xff\"} 1\nb 1\n", 1, []string{"1 lines could not be read, the first: line 1: not in the format: the line is not UTF-8"}},
		{"names", plain, "A 1\njob:a 1\na{B=\"1\"} 1\na{_b=\"1\"} 1\na{b=\"1\",b=\"2\"} 1\n{\"a.b\"} 1\nb 1\n", 1, []string{`6 series have names the kit does not keep, the first: the metric "A"`}},
		{"an endless value", plain, "a{x=\"" + strings.Repeat("y", 5000) + "\"} 1\nb 1\n", 1, []string{"longer than 4096 bytes"}},
		{"a line of ten million bytes", plain, "a 1\nb{x=\"" + strings.Repeat("y", 10_000_000) + "\"} 1\nc 1\n", 2, []string{"line 2: not in the format: the line has more than 65536 bytes"}},
		{"cut: OpenMetrics without its end", open, "a 1\n", 1, []string{"its end (# EOF) is missing"}},
		{"cut in the middle of a number", plain, "a 1\nb 17", 1, []string{"cut in the middle"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := look(t, source(t, page(c.kind, c.text)))
			kept := 0
			for _, s := range b.Samples {
				if !strings.HasPrefix(s.Key.Metric, "localmon_") {
					kept++
					require.Equal(t, 1.0, s.Value, "%s", s.Key)
				}
			}
			require.Equal(t, c.kept, kept)
			require.Len(t, b.Partial, len(c.want))
			for _, want := range c.want {
				require.Contains(t, partial(b), want)
			}
			require.Less(t, len(partial(b)), 1000)
		})
	}
}

func TestOldSamplesDoNotReadAsNow(t *testing.T) {
	hostNow := at.Add(-48 * time.Hour) // the clocks of dark sites differ
	src := source(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", hostNow.Format(http.TimeFormat))
		page(plain, fmt.Sprintf("young 1 %d\nold 1 %d\npurefa_hw_component_status{component_name=\"CT0\",component_type=\"controller\",component_status=\"ok\"} 1 %d\n",
			hostNow.Add(-time.Minute).UnixMilli(), hostNow.Add(-time.Hour).UnixMilli(), hostNow.Add(-time.Hour).UnixMilli()))(w, r)
	}))
	b := look(t, src)
	require.Equal(t, hostNow, b.TargetAt)
	value(t, b, "young")
	require.NotContains(t, fmt.Sprint(b.Samples), "old")
	require.Empty(t, b.States, "an old ok is no ok")
	require.Contains(t, partial(b), "2 series are older than 5m0s by the host's own clock")
}

func TestSeriesFlood(t *testing.T) {
	const n = 30_000
	src := source(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out := bufio.NewWriter(w)
		for i := range n {
			fmt.Fprintf(out, "flood{i=\"%d\"} 1\n", i)
		}
		_ = out.Flush()
	}))
	b := look(t, src)
	require.Equal(t, 10_000.0, value(t, b, "localmon_endpoint_items_left_out", "endpoint", "/metrics"))
	require.Equal(t, float64(n), value(t, b, "localmon_endpoint_items", "endpoint", "/metrics"))
	require.Contains(t, partial(b), "10000 series beyond the first 20000 were left out")
	require.Len(t, b.Samples, 20_000+4)
}

func TestPartsAndAlertsAreBelievedOnlyWhole(t *testing.T) {
	const parts = `purefa_hw_component_status{component_name="CT0",component_type="controller",component_status="ok"} 1
purefa_hw_component_status{component_name="CT1",component_type="controller",component_status="ok"} 1
purefa_hw_component_status{component_name="CH0.BAY1",component_type="drive_bay",component_status="critical"} 1
purefa_hw_component_status{component_name="CH0.BAY2",component_type="drive_bay",component_status="identifying"} 1
purefa_hw_controller_info{mode="primary",model="FA-X70R3",name="ct0",status="ready",type="array_controller",version="6"} 1
purefa_drive_capacity_bytes{component_name="CH0.BAY1",component_type="SSD",component_status="healthy",component_protocol="NVMe"} 100
purefa_drive_capacity_bytes{component_name="CH0.BAY2",component_type="SSD",component_status="healthy",component_protocol="NVMe"} 100
purefa_drive_capacity_bytes{component_name="CH0.BAY3",component_type="SSD",component_status="glowing",component_protocol="NVMe"} NaN
`
	b := look(t, source(t, page(open, parts+"# EOF\n")))
	s := states(b)
	require.Equal(t, localmon.HealthCritical, s["drive CH0.BAY1"].Health, "the worse of drive and bay")
	require.Contains(t, s["drive CH0.BAY1"].Detail, "its own list says healthy")
	require.Equal(t, localmon.HealthOK, s["drive CH0.BAY2"].Health, "a lit lamp is no fault")
	require.Equal(t, localmon.HealthWarning, s["drive CH0.BAY3"].Health, "a new word is news")
	require.Equal(t, "not listed", s["controller CT1"].Status)
	require.Equal(t, localmon.HealthCritical, s["controller CT1"].Health)
	require.Equal(t, localmon.HealthOK, s["controller ct0"].Health)
	require.True(t, b.AlertsRead)
	for name, text := range map[string]string{
		"the page was cut":                          parts,
		"a line of parts cannot be read":            parts + "purefa_drive_capacity_bytes{component_name=\"CH0.BAY9\n# EOF\n",
		"a line of parts is too long":               parts + "purefa_hw_component_status{x=\"" + strings.Repeat("y", 70_000) + "\"} 1\n# EOF\n",
		"a part has no name":                        parts + "purefa_drive_capacity_bytes{component_status=\"failed\"} 1\n# EOF\n",
		"a part has a label that does not fit":      parts + "purefa_drive_capacity_bytes{component_name=\"" + strings.Repeat("y", 5000) + "\"} 1\n# EOF\n",
		"parts of one page hide no lines of others": parts + "purefa_hw_controller_info x\n# EOF\n",
	} {
		b := look(t, source(t, page(open, text)))
		require.Empty(t, b.States, name)
		require.NotEmpty(t, b.Samples, name)
	}
	b = look(t, source(t, page(open, parts+"purefa_alerts_open{name=\"1\n# EOF\n")))
	require.NotEmpty(t, b.States)
	require.False(t, b.AlertsRead, "an alert that cannot be read may be the one that counts")
	b = look(t, source(t, page(open, "node_load1 1\n# EOF\n")))
	require.False(t, b.AlertsRead, "not an array: nothing is known of alerts")
}

func TestFlashBladeNames(t *testing.T) {
	b := look(t, source(t, page(open, `purefb_info{array_name="fb1",os="Purity//FB",system_id="x",version="4.1"} 1
purefb_hardware_health{index="1",name="CH1.FB1",slot="1",type="fb"} 1
purefb_hardware_health{index="2",name="CH1.FB2",slot="2",type="fb"} 2
purefb_hardware_health{index="1",name="CH1.PWR1",slot="0",type="pwr"} 0
purefb_alerts_open{action="look",code="1001",component_name="CH1.PWR1",component_type="pwr",created="1678287765779",kburl="",severity="critical",summary="power"} 1
# EOF
`)))
	require.Equal(t, localmon.KindFlashBlade, b.Info.Kind)
	s := states(b)
	require.Equal(t, localmon.HealthOK, s["fb CH1.FB1"].Health)
	require.Equal(t, localmon.HealthOK, s["fb CH1.FB2"].Health)
	require.Equal(t, localmon.HealthCritical, s["pwr CH1.PWR1"].Health)
	require.True(t, b.AlertsRead)
	require.Equal(t, "CH1.PWR1", b.Alerts[0].Component)
	require.Equal(t, "1001/pwr/CH1.PWR1/1678287765779", b.Alerts[0].ID)
	require.Equal(t, time.UnixMilli(1678287765779).UTC(), b.Alerts[0].Created)
}

// fails looks at a host that gives nothing of use.
func fails(t *testing.T, h http.Handler, kind error, words string, change ...func(*openmetrics.Options)) {
	t.Helper()
	b, err := source(t, h, change...).Collect(t.Context(), at)
	require.ErrorIs(t, err, kind)
	require.ErrorContains(t, err, words)
	require.ErrorContains(t, err, "t1")
	require.NotContains(t, err.Error(), token)
	require.Empty(t, b.Samples)
	require.Empty(t, b.States)
	require.Less(t, len(err.Error()), 500)
}

func TestAWrongToken(t *testing.T) {
	a, err := sim.New(sim.Options{Name: "fa1", Seed: 7})
	require.NoError(t, err)
	fails(t, exporter(t, a, "another"), localmon.ErrTokenRefused, "HTTP 401", func(o *openmetrics.Options) { o.Paths = openmetrics.FlashArrayPaths() })
}

func TestARedirectToAnotherHostIsNotFollowed(t *testing.T) {
	var asked atomic.Int32
	other, _ := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	fails(t, http.RedirectHandler(other.URL+"/metrics", http.StatusFound), openmetrics.ErrNoData, "a redirect, which is not followed")
	require.Zero(t, asked.Load())
}

func TestACertificateThatChanged(t *testing.T) {
	var asked atomic.Int32
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	fails(t, h, localmon.ErrCertificateChanged, "certificate changed: pinned sha256:", func(o *openmetrics.Options) { o.Pin = "sha256:" + strings.Repeat("ab:", 31) + "AB" })
	require.Zero(t, asked.Load(), "the token is not shown to a stranger")
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := l.Addr().String()
	require.NoError(t, l.Close())
	fails(t, http.NotFoundHandler(), localmon.ErrUnreachable, "refused", func(o *openmetrics.Options) { o.URL = "https://" + gone })
}

func TestWhatIsNoPageOfMetrics(t *testing.T) {
	fails(t, page("text/html", "<html>\n<body>please log in</body>\n"), openmetrics.ErrNoData, "not a page of metrics")
	fails(t, page(open, ""), openmetrics.ErrNoData, "the page is empty and lacks its end")
	fails(t, http.NotFoundHandler(), openmetrics.ErrNoData, "HTTP 404")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(bytes.Repeat([]byte("a 1\n"), 1<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	fails(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}), openmetrics.ErrNoData, "compressed")
}

func TestAnEndlessBody(t *testing.T) {
	line := []byte("flood{label=\"" + strings.Repeat("x", 1000) + "\"} 1\n")
	src := source(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := look(t, src)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Contains(t, partial(b), "more than 33554432 bytes")
	require.Contains(t, partial(b), "series came twice")
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(8<<20), "what was read is not held")
	require.Empty(t, b.States)
}

func TestABrokenConnectionKeepsWhatCame(t *testing.T) {
	b := look(t, source(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "a 1\npurefa_hw_component_status{component_name=\"CT0\",component_status=\"ok\"} 1\n")
	})))
	value(t, b, "a")
	require.Empty(t, b.States, "half a list is no list")
	require.Contains(t, partial(b), "unexpected EOF")
}

func TestASlowDripEndsWithTheTimeOfOneCall(t *testing.T) {
	drip := http.NewServeMux()
	drip.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, "#")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Millisecond):
			}
		}
	})
	drip.Handle("/metrics", page(plain, "a 1\n"))
	b := look(t, source(t, drip, func(o *openmetrics.Options) {
		o.RequestTimeout = 300 * time.Millisecond
		o.Paths = []openmetrics.Path{{Path: "/slow"}, {Path: "/metrics"}}
	}))
	value(t, b, "a")
	require.Contains(t, partial(b), "/slow: unreachable: no complete reply within 300ms")
}

func TestPlainHTTPOnlyWhereAllowed(t *testing.T) {
	s := httptest.NewServer(page(plain, "node_load1 1\n"))
	defer s.Close()
	o := openmetrics.Options{Target: "t1", URL: s.URL, AllowPlain: true, Paths: []openmetrics.Path{{Path: "/metrics"}}}
	src, err := openmetrics.New(o)
	require.NoError(t, err)
	defer src.Close()
	value(t, look(t, src), "node_load1")
}

func TestOptionsAreChecked(t *testing.T) {
	pin := "sha256:" + strings.Repeat("0", 64)
	good := openmetrics.Options{Target: "t1", URL: "https://10.1.0.10", Pin: pin, Token: token, Paths: []openmetrics.Path{{Path: "/metrics"}}}
	_, err := openmetrics.New(good)
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		change func(*openmetrics.Options)
		want   string
	}{
		{"no name", func(o *openmetrics.Options) { o.Target = "" }, "a target needs a name"},
		{"no pin", func(o *openmetrics.Options) { o.Pin = "" }, "no certificate pin"},
		{"a pin that is none", func(o *openmetrics.Options) { o.Pin = "sha256:12" }, "64 hex digits"},
		{"plain http", func(o *openmetrics.Options) { o.URL = "http://10.1.0.10" }, "plain http"},
		{"a token over plain http", func(o *openmetrics.Options) { o.URL, o.AllowPlain = "http://10.1.0.10", true }, "given away"},
		{"another scheme", func(o *openmetrics.Options) { o.URL = "file:///etc/passwd" }, "want https"},
		{"a user in the url", func(o *openmetrics.Options) { o.URL = "https://u:p@10.1.0.10" }, "want https"},
		{"a path in the url", func(o *openmetrics.Options) { o.URL = "https://10.1.0.10/metrics" }, "the paths on their own"},
		{"no paths", func(o *openmetrics.Options) { o.Paths = nil }, "0 paths"},
		{"a path of another host", func(o *openmetrics.Options) { o.Paths = []openmetrics.Path{{Path: "//evil/metrics"}} }, "a path of this host"},
		{"an address as path", func(o *openmetrics.Options) { o.Paths = []openmetrics.Path{{Path: "https://evil/metrics"}} }, "a path of this host"},
		{"a path that is twice there", func(o *openmetrics.Options) { o.Paths = append(o.Paths, o.Paths[0]) }, "named twice"},
		{"a path before time", func(o *openmetrics.Options) { o.Paths = []openmetrics.Path{{"/a", -1}} }, "below zero"},
		{"a token of two lines", func(o *openmetrics.Options) { o.Token = "a\nb" }, "spans lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := openmetrics.New(o)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), token)
		})
	}
}

func TestCurated(t *testing.T) {
	for text, want := range map[string]bool{
		"node_load1":  true,
		"purefa_info": true,
		"purefa_array_performance_latency_usec queue":               true,
		"purefa_volume_performance_latency_usec usec_per_read_op":   true,
		"purefa_volume_performance_latency_usec san":                false,
		"purefa_host_performance_throughput_iops writes_per_sec":    true,
		"purefa_host_performance_average_bytes":                     false,
		"purefa_volume_group_performance_throughput_iops x":         false,
		"purefa_host_connectivity_info":                             true,
		"purefa_host_connections_info":                              false,
		"purefa_pod_mediator_status":                                true,
		"purefa_volume_space_data_reduction_ratio":                  false,
		"purefa_pod_performance_bandwidth_bytes read_bytes_per_sec": true,
	} {
		metric, dimension, _ := strings.Cut(text, " ")
		require.Equal(t, want, openmetrics.Curated(metric, []localmon.Label{{Name: "dimension", Value: dimension}}), text)
	}
	require.True(t, openmetrics.Curated("purefa_volume_space_bytes", []localmon.Label{{Name: "space", Value: "unique"}}))
	require.False(t, openmetrics.Curated("purefa_host_space_bytes", []localmon.Label{{Name: "space", Value: "unique"}}))
}
