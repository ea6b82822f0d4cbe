package metricsexp_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// reader makes series of REST replies as the vendor's exporter does, by the names
// of the fields alone.
type reader struct {
	t       *testing.T
	rest    *arrayapi.Handler
	session string
	series  map[string]float64
}

type item map[string]any

func newReader(t *testing.T, a *sim.Array) *reader {
	r := &reader{t: t, rest: arrayapi.New(a), series: map[string]float64{}}
	login := httptest.NewRequest(http.MethodPost, "/api/login", http.NoBody)
	login.Header.Set("api-token", r.rest.Token())
	w := httptest.NewRecorder()
	r.rest.ServeHTTP(w, login)
	r.session = w.Header().Get("x-auth-token")
	return r
}

func (r *reader) list(path string) []item {
	req := httptest.NewRequest(http.MethodGet, "/api/2.26/"+path, http.NoBody)
	req.Header.Set("x-auth-token", r.session)
	code, body := get(r.t, r.rest, req)
	require.Equal(r.t, http.StatusOK, code, path)
	var reply struct{ Items []item }
	require.NoError(r.t, json.Unmarshal([]byte(body), &reply))
	require.NotEmpty(r.t, reply.Items, path)
	return reply.Items
}

func (i item) sub(field string) item {
	m, _ := i[field].(map[string]any)
	return m
}

func (i item) text(field string) string {
	s, _ := i[field].(string)
	return s
}

// add takes a null for zero.
func (r *reader) add(value any, metric string, labels map[string]string) {
	v, _ := value.(float64)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	r.series[metric+"{"+strings.Join(all, ",")+"}"] = v
}

func with(labels map[string]string, name, value string) map[string]string {
	all := maps.Clone(labels)
	all[name] = value
	return all
}

// work adds every field of an item that is a rate, a time or a size.
func (r *reader) work(object string, i item, labels map[string]string) {
	for field, value := range i {
		family := ""
		switch {
		case strings.HasPrefix(field, "bytes_per_"):
			family = "average_bytes"
		case strings.HasSuffix(field, "_bytes_per_sec"):
			family = "bandwidth_bytes"
		case strings.HasSuffix(field, "_per_sec"):
			family = "throughput_iops"
		case strings.Contains(field, "usec_per_"):
			family = "latency_usec"
		default:
			continue
		}
		r.add(value, "purefa_"+object+"_performance_"+family, with(labels, "dimension", field))
	}
}

// space adds every use of space that is not null.
func (r *reader) space(object string, i item, labels map[string]string) {
	for field, value := range i.sub("space") {
		switch {
		case field == "data_reduction":
			r.add(value, "purefa_"+object+"_space_data_reduction_ratio", labels)
		case value != nil:
			r.add(value, "purefa_"+object+"_space_bytes", with(labels, "space", field))
		}
	}
}

func (r *reader) volumes() {
	naa := map[string]string{}
	for _, v := range r.list("volumes") {
		naa[v.text("name")] = "naa.624a9370" + v.text("serial")
		labels := map[string]string{
			"naa_id": naa[v.text("name")], "name": v.text("name"),
			"pod": v.sub("pod").text("name"), "volume_group": v.sub("volume_group").text("name"),
		}
		r.space("volume", v, labels)
		if limit := v.sub("qos")["iops_limit"]; limit != nil {
			r.add(limit, "purefa_volume_qos_iops_limit", labels)
		}
	}
	for _, v := range r.list("volumes/performance") {
		r.work("volume", v, map[string]string{"naa_id": naa[v.text("name")], "name": v.text("name")})
	}
	for _, g := range r.list("volume-groups/performance") {
		r.work("volume_group", g, map[string]string{"name": g.text("name")})
	}
}

func (r *reader) hosts() {
	for _, h := range r.list("hosts") {
		r.space("host", h, map[string]string{"host": h.text("name")})
		paths := h.sub("port_connectivity")
		r.add(1.0, "purefa_host_connectivity_info", map[string]string{"host": h.text("name"), "details": paths.text("details"), "status": paths.text("status")})
	}
	for _, h := range r.list("hosts/performance") {
		r.work("host", h, map[string]string{"host": h.text("name")})
	}
	for _, c := range r.list("connections") {
		r.add(1.0, "purefa_host_connections_info", map[string]string{
			"host": c.sub("host").text("name"), "hostgroup": c.sub("host_group").text("name"), "volume": c.sub("volume").text("name"),
		})
	}
}

func (r *reader) pods() {
	for _, p := range r.list("pods") {
		r.space("pod", p, map[string]string{"name": p.text("name")})
		for _, one := range p["arrays"].([]any) {
			array := item(one.(map[string]any))
			online := 0.0
			if array.text("mediator_status") == "online" {
				online = 1
			}
			r.add(online, "purefa_pod_mediator_status", map[string]string{
				"array": array.text("name"), "mediator": p.text("mediator"), "pod": p.text("name"), "status": array.text("mediator_status"),
			})
		}
	}
	for _, p := range r.list("pods/performance") {
		r.work("pod", p, map[string]string{"name": p.text("name")})
	}
	for _, p := range r.list("pods/performance/replication") {
		for _, kind := range []string{"continuous", "resync", "sync", "periodic"} {
			for _, way := range []string{"from_remote", "to_remote", "total"} {
				r.add(p.sub(kind + "_bytes_per_sec")[way+"_bytes_per_sec"], "purefa_pod_performance_replication_bandwidth_bytes",
					map[string]string{"dimension": kind, "direction": way, "name": p.sub("pod").text("name")})
			}
		}
	}
	ends := func(l item) map[string]string {
		remote := item(l["remotes"].([]any)[0].(map[string]any))
		return map[string]string{
			"direction": l.text("direction"), "remote": remote.text("name"),
			"local_pod": l.sub("local_pod").text("name"), "remote_pod": l.sub("remote_pod").text("name"),
		}
	}
	for _, l := range r.list("pod-replica-links/lag") {
		labels := with(ends(l), "status", l.text("status"))
		r.add(l.sub("lag")["avg"], "purefa_pod_replica_links_lag_average_msec", labels)
		r.add(l.sub("lag")["max"], "purefa_pod_replica_links_lag_max_msec", labels)
	}
	for _, l := range r.list("pod-replica-links/performance/replication") {
		for _, field := range []string{"bytes_per_sec_from_remote", "bytes_per_sec_to_remote", "bytes_per_sec_total"} {
			r.add(l[field], "purefa_pod_replica_links_performance_bandwidth_bytes", with(ends(l), "dimension", field))
		}
	}
}

func (r *reader) directories() {
	for _, d := range r.list("directories") {
		r.space("directory", d, map[string]string{"name": d.text("name")})
	}
	for _, d := range r.list("directories/performance") {
		r.work("directory", d, map[string]string{"name": d.text("name")})
	}
}

// told is what a page says, the identity aside.
func told(t *testing.T, text string) map[string]float64 {
	all := map[string]float64{}
	for line := range strings.Lines(text) {
		cut := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "purefa_info{") {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(line[cut:]), 64)
		require.NoError(t, err)
		all[line[:cut]] = v
	}
	return all
}

func TestPagesTellWhatAnExporterMakesOfREST(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []sim.Kind
	}{
		{"a healthy array", nil},
		{"an array in trouble", []sim.Kind{
			sim.DriveFail, sim.ControllerFail, sim.MediatorDown, sim.ReplicationLag, sim.NoisyVolume, sim.QoSCap, sim.CapacityFill,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newArray(t, sim.Recorded)
			for _, k := range c.faults {
				_, err := a.Inject(sim.Fault{Kind: k})
				require.NoError(t, err)
			}
			a.Advance(5 * time.Minute)
			h := handler(t, a)
			for page, read := range map[string]func(*reader){
				"volumes": (*reader).volumes, "hosts": (*reader).hosts, "pods": (*reader).pods, "directories": (*reader).directories,
			} {
				want := newReader(t, a)
				read(want)
				_, text := get(t, h, request("/metrics/"+page))
				require.Equal(t, want.series, told(t, text), page)
			}
		})
	}
}
