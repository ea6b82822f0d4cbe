package metricsexp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/metricsexp"

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

// exporter is what the vendor's exporter serves of an array without pods and
// directories, by page: metric and labels.
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
		"purefa_info":                               "array_name os subscription_type system_id version",
		"purefa_volume_performance_latency_usec":    "dimension naa_id name",
		"purefa_volume_performance_throughput_iops": "dimension naa_id name",
		"purefa_volume_performance_bandwidth_bytes": "dimension naa_id name",
		"purefa_volume_performance_average_bytes":   "dimension naa_id name",
		"purefa_volume_space_bytes":                 "naa_id name pod space volume_group",
		"purefa_volume_space_data_reduction_ratio":  "naa_id name pod volume_group",
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
	"pods":        {"purefa_info": "array_name os subscription_type system_id version"},
	"directories": {"purefa_info": "array_name os subscription_type system_id version"},
}

func TestNamesAndLabelsAreTheExporters(t *testing.T) {
	a := newArray(t, sim.Recorded)
	_, err := a.Inject(sim.Fault{Kind: sim.DriveFail})
	require.NoError(t, err)
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
			n := len(a.View().Volumes())
			require.Equal(t, 83, n)
			all := 0
			for _, c := range count {
				all += c
			}
			require.Equal(t, 37*n+1, all, "thirty-seven series a volume")
		}
	}
	_, whole := get(t, h, request("/metrics"))
	labels, _ := shape(t, whole)
	require.Len(t, labels, 21+6+8)
}

func TestTheSameInstantGivesTheSameBytes(t *testing.T) {
	texts := map[string]bool{}
	for range 3 {
		a := newArray(t, sim.Small)
		_, text := get(t, handler(t, a), request("/metrics"))
		texts[text] = true
	}
	require.Len(t, texts, 1)
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
