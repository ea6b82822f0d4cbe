package metricsexp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/metricsexp"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const token = "3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c"

func newArray(t *testing.T, size sim.Size) *sim.Array {
	t.Helper()
	a, err := sim.New(sim.Options{Name: "fa1", Seed: 7, Size: size})
	require.NoError(t, err)
	a.Advance(time.Hour)
	return a
}

func handler(t *testing.T, a *sim.Array) http.Handler {
	t.Helper()
	h, err := metricsexp.New(a, token)
	require.NoError(t, err)
	return h
}

func request(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func get(t *testing.T, h http.Handler, r *http.Request) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Code, string(body)
}

var (
	series = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? (-?[0-9.e+]+)$`)
	label  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// shape reads a page: label names by metric, and how many series each has.
func shape(t *testing.T, text string) (labels map[string]string, count map[string]int) {
	t.Helper()
	labels, count = map[string]string{}, map[string]int{}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		m := series.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		require.False(t, seen[m[1]+m[2]], "twice: %s", line)
		seen[m[1]+m[2]] = true
		var names []string
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			names = append(names, l[1])
		}
		require.True(t, slices.IsSorted(names), line)
		if have, known := labels[m[1]]; known {
			require.Equal(t, have, strings.Join(names, " "), line)
		}
		labels[m[1]] = strings.Join(names, " ")
		count[m[1]]++
	}
	return labels, count
}

// exporter is what the vendor's exporter serves of an array, by page: metric and
// labels.
var exporter = map[string]map[string]string{
	"array": {
		"purefa_info":                                          "array_name os subscription_type system_id version",
		"purefa_alerts_open":                                   "category code component_type created issue name severity summary",
		"purefa_array_performance_latency_usec":                "dimension",
		"purefa_array_performance_throughput_iops":             "dimension",
		"purefa_array_performance_bandwidth_bytes":             "dimension",
		"purefa_array_performance_average_bytes":               "dimension",
		"purefa_array_performance_queue_depth_ops":             "",
		"purefa_array_space_bytes":                             "space",
		"purefa_array_space_data_reduction_ratio":              "",
		"purefa_array_space_utilization":                       "",
		"purefa_hw_component_status":                           "component_name component_status component_type",
		"purefa_hw_component_temperature_celsius":              "component_name component_type",
		"purefa_hw_component_voltage_volt":                     "component_name component_type",
		"purefa_hw_controller_info":                            "mode model name status type version",
		"purefa_hw_controller_mode_since_timestamp_seconds":    "mode model name status type version",
		"purefa_drive_capacity_bytes":                          "component_name component_protocol component_status component_type",
		"purefa_network_interface_performance_bandwidth_bytes": "dimension name type",
		"purefa_network_interface_performance_throughput_pkts": "dimension name type",
		"purefa_network_interface_performance_errors":          "dimension name type",
		"purefa_network_interface_speed_bandwidth_bytes":       "enabled ethsubtype name services type",
		"purefa_network_port_info":                             "iqn name nqn portal wwn",
	},
	"volumes": {
		"purefa_info":                                     "array_name os subscription_type system_id version",
		"purefa_volume_performance_latency_usec":          "dimension naa_id name",
		"purefa_volume_performance_throughput_iops":       "dimension naa_id name",
		"purefa_volume_performance_bandwidth_bytes":       "dimension naa_id name",
		"purefa_volume_performance_average_bytes":         "dimension naa_id name",
		"purefa_volume_space_bytes":                       "naa_id name pod space volume_group",
		"purefa_volume_space_data_reduction_ratio":        "naa_id name pod volume_group",
		"purefa_volume_qos_iops_limit":                    "naa_id name pod volume_group",
		"purefa_volume_group_performance_latency_usec":    "dimension name",
		"purefa_volume_group_performance_throughput_iops": "dimension name",
		"purefa_volume_group_performance_bandwidth_bytes": "dimension name",
		"purefa_volume_group_performance_average_bytes":   "dimension name",
	},
	"hosts": {
		"purefa_info":                             "array_name os subscription_type system_id version",
		"purefa_host_performance_latency_usec":    "dimension host",
		"purefa_host_performance_throughput_iops": "dimension host",
		"purefa_host_performance_bandwidth_bytes": "dimension host",
		"purefa_host_performance_average_bytes":   "dimension host",
		"purefa_host_space_bytes":                 "host space",
		"purefa_host_space_data_reduction_ratio":  "host",
		"purefa_host_connectivity_info":           "details host status",
		"purefa_host_connections_info":            "host hostgroup volume",
	},
	"pods": {
		"purefa_info":                                          "array_name os subscription_type system_id version",
		"purefa_pod_performance_latency_usec":                  "dimension name",
		"purefa_pod_performance_throughput_iops":               "dimension name",
		"purefa_pod_performance_bandwidth_bytes":               "dimension name",
		"purefa_pod_performance_average_bytes":                 "dimension name",
		"purefa_pod_performance_replication_bandwidth_bytes":   "dimension direction name",
		"purefa_pod_space_bytes":                               "name space",
		"purefa_pod_space_data_reduction_ratio":                "name",
		"purefa_pod_mediator_status":                           "array mediator pod status",
		"purefa_pod_replica_links_lag_average_msec":            "direction local_pod remote remote_pod status",
		"purefa_pod_replica_links_lag_max_msec":                "direction local_pod remote remote_pod status",
		"purefa_pod_replica_links_performance_bandwidth_bytes": "dimension direction local_pod remote remote_pod",
	},
	"directories": {
		"purefa_info": "array_name os subscription_type system_id version",
		"purefa_directory_performance_latency_usec":    "dimension name",
		"purefa_directory_performance_throughput_iops": "dimension name",
		"purefa_directory_performance_bandwidth_bytes": "dimension name",
		"purefa_directory_performance_average_bytes":   "dimension name",
		"purefa_directory_space_bytes":                 "name space",
		"purefa_directory_space_data_reduction_ratio":  "name",
	},
}

func TestNamesAndLabelsAreTheExporters(t *testing.T) {
	a := newArray(t, sim.Recorded)
	for _, k := range []sim.Kind{sim.DriveFail, sim.QoSCap} {
		_, err := a.Inject(sim.Fault{Kind: k})
		require.NoError(t, err)
	}
	a.Advance(time.Minute)
	h := handler(t, a)
	for page, want := range exporter {
		code, text := get(t, h, request("/metrics/"+page+"?namespace=purefa"))
		require.Equal(t, http.StatusOK, code)
		labels, count := shape(t, text)
		require.Equal(t, want, labels, page)
		switch page {
		case "array":
			require.Equal(t, 18, count["purefa_array_performance_latency_usec"])
			require.Equal(t, 15, count["purefa_array_space_bytes"])
			require.Equal(t, len(a.View().Hardware()), count["purefa_hw_component_status"])
			require.Equal(t, len(a.View().Drives()), count["purefa_drive_capacity_bytes"])
			require.Equal(t, 1, strings.Count(text, `component_name="CH0.BAY3",component_protocol="NVMe",component_status="failed"`))
		case "volumes":
			all := 0
			for _, c := range count {
				all += c
			}
			require.Equal(t, 37*83+26*3+1+1, all, "thirty-seven series a volume, twenty-six a group, one limit and the identity")
		}
	}
	_, whole := get(t, h, request("/metrics"))
	labels, _ := shape(t, whole)
	require.Len(t, labels, 21+11+8+11+6)
}

func TestTheSameInstantGivesTheSameBytes(t *testing.T) {
	pages := []string{"/metrics", "/metrics/array", "/metrics/volumes", "/metrics/hosts", "/metrics/pods", "/metrics/directories"}
	read := func(order []string) map[string]string {
		a := newArray(t, sim.Recorded)
		for _, k := range []sim.Kind{sim.ControllerFail, sim.MediatorDown, sim.ReplicationLag, sim.NoisyVolume} {
			_, err := a.Inject(sim.Fault{Kind: k})
			require.NoError(t, err)
			a.Advance(time.Minute)
		}
		h, texts := handler(t, a), map[string]string{}
		for _, page := range order {
			_, texts[page] = get(t, h, request(page))
		}
		return texts
	}
	want := read(pages)
	require.Equal(t, want, read(pages))
	slices.Reverse(pages)
	require.Equal(t, want, read(pages), "whatever was asked for before")
}

func TestPagesAskedForAtOnceDoNotMix(t *testing.T) {
	h := handler(t, newArray(t, sim.Small))
	want := map[string]string{}
	for _, page := range []string{"/metrics/volumes", "/metrics/pods", "/metrics/hosts"} {
		_, want[page] = get(t, h, request(page))
	}
	var all sync.WaitGroup
	for page, text := range want {
		for range 8 {
			all.Go(func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, request(page))
				assert.Equal(t, text, w.Body.String())
			})
		}
	}
	all.Wait()
}

func TestAnArrayOfAnotherKindIsRefused(t *testing.T) {
	a, err := sim.New(sim.Options{Name: "fb1", Family: sim.FlashBlade})
	require.NoError(t, err)
	h, err := metricsexp.New(a, token)
	require.EqualError(t, err, "metrics of array fb1: it is a flashblade, and only arrays of kind flasharray serve metrics of their own")
	require.Nil(t, h)
}

func TestBothTexts(t *testing.T) {
	h := handler(t, newArray(t, sim.Small))
	r := request("/metrics/array")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, "text/plain; version=0.0.4; charset=utf-8", w.Header().Get("Content-Type"))
	require.NotContains(t, w.Body.String(), "# EOF")
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, "application/openmetrics-text; version=1.0.0; charset=utf-8", w.Header().Get("Content-Type"))
	require.True(t, strings.HasSuffix(w.Body.String(), "\n# EOF\n"))
	require.Equal(t, "Mon, 02 Mar 2026 07:00:00 GMT", w.Header().Get("Date"), "the array's own clock")
}

func TestRefusals(t *testing.T) {
	h := handler(t, newArray(t, sim.Small))
	wrong := request("/metrics/array")
	wrong.Header.Set("Authorization", "Bearer other")
	none := request("/metrics/array")
	none.Header.Del("Authorization")
	post := request("/metrics/array")
	post.Method = http.MethodPost
	for _, c := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"a wrong token", wrong, http.StatusUnauthorized},
		{"no token", none, http.StatusUnauthorized},
		{"a page that is not there", request("/metrics/blades"), http.StatusNotFound},
		{"another namespace", request("/metrics/array?namespace=purefb"), http.StatusBadRequest},
		{"another method", post, http.StatusMethodNotAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, text := get(t, h, c.r)
			require.Equal(t, c.want, code)
			require.NotContains(t, text, "purefa_")
		})
	}
}

func TestFaultsOfTheInterface(t *testing.T) {
	inject := func(f sim.Fault) http.Handler {
		a := newArray(t, sim.Small)
		_, err := a.Inject(f)
		require.NoError(t, err)
		return handler(t, a)
	}
	code, _ := get(t, inject(sim.Fault{Kind: sim.TokenRefused}), request("/metrics/array"))
	require.Equal(t, http.StatusUnauthorized, code)

	h := inject(sim.Fault{Kind: sim.HTTP500, Params: map[string]string{"every": "2"}})
	var codes []int
	for range 4 {
		code, _ := get(t, h, request("/metrics/array"))
		codes = append(codes, code)
	}
	require.Equal(t, []int{200, 500, 200, 500}, codes)

	_, whole := get(t, handler(t, newArray(t, sim.Small)), request("/metrics/array"))
	_, cut := get(t, inject(sim.Fault{Kind: sim.TruncatedJSON}), request("/metrics/array"))
	require.True(t, strings.HasPrefix(whole, cut))
	require.Less(t, len(cut), len(whole))

	_, double := get(t, inject(sim.Fault{Kind: sim.DuplicateItems}), request("/metrics/array"))
	require.Greater(t, strings.Count(double, "\n"), strings.Count(whole, "\n"))

	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		get(t, inject(sim.Fault{Kind: sim.ArrayRestart}), request("/metrics/array"))
	})

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, text := get(t, inject(sim.Fault{Kind: sim.Slow, Params: map[string]string{"stall": "10m"}}), request("/metrics/array").WithContext(gone))
	require.Empty(t, text, "whoever gave up waiting gets nothing")
}

func TestHostileAnswers(t *testing.T) {
	inject := func(kind sim.Kind, params map[string]string) *httptest.ResponseRecorder {
		a := newArray(t, sim.Small)
		_, err := a.Inject(sim.Fault{Kind: kind, Params: params})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		handler(t, a).ServeHTTP(w, request("/metrics/pods"))
		return w
	}
	w := inject(sim.Redirect, map[string]string{"to": "https://192.0.2.9"})
	require.Equal(t, http.StatusTemporaryRedirect, w.Code)
	require.Equal(t, "https://192.0.2.9/metrics/pods", w.Header().Get("Location"))

	const megabytes = "2"
	w = inject(sim.EndlessBody, map[string]string{"megabytes": megabytes})
	require.GreaterOrEqual(t, w.Body.Len(), 2<<20)
	require.Greater(t, strings.Count(w.Body.String(), "\n"), 10_000)

	w = inject(sim.HugeString, map[string]string{"megabytes": megabytes})
	require.GreaterOrEqual(t, w.Body.Len(), 2<<20)
	require.Equal(t, 1, strings.Count(w.Body.String(), `"`), "a label that never ends")

	w = inject(sim.Redirect, map[string]string{"to": "https://192.0.2.9", "path": "metrics/hosts"})
	require.Equal(t, http.StatusOK, w.Code, "a rule of another page")
}

func TestAPageThatDrips(t *testing.T) {
	_, want := get(t, handler(t, newArray(t, sim.Small)), request("/metrics/directories"))
	synctest.Test(t, func(t *testing.T) {
		a := newArray(t, sim.Small)
		_, err := a.Inject(sim.Fault{Kind: sim.SlowDrip, Params: map[string]string{"pause": "1s"}})
		require.NoError(t, err)
		began := time.Now()
		_, text := get(t, handler(t, a), request("/metrics/directories"))
		require.Equal(t, want, text)
		require.Equal(t, time.Duration(len(want))*time.Second, time.Since(began))

		given, cancel := context.WithTimeout(t.Context(), 90500*time.Millisecond)
		defer cancel()
		_, text = get(t, handler(t, a), request("/metrics/directories").WithContext(given))
		require.Equal(t, want[:90], text, "until the client gives up")
	})
}

func BenchmarkTheVolumesOfALargeArray(b *testing.B) {
	a, err := sim.New(sim.Options{Name: "fa1", Seed: 7, Size: sim.Large})
	require.NoError(b, err)
	a.Advance(time.Hour)
	h, err := metricsexp.New(a, token)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request("/metrics/volumes"))
		b.SetBytes(int64(w.Body.Len()))
	}
}
