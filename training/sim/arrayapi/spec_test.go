package arrayapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const dataDir = "../../../../shared/data" // beside the module root

// spec is the published description of an interface.
type spec struct {
	prefix     string                          // of the paths
	Paths      map[string]map[string]yaml.Node `yaml:"paths"`
	Components struct {
		Schemas map[string]schema `yaml:"schemas"`
	} `yaml:"components"`

	flat sync.Map // resolved schemas by reference
}

type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       string            `yaml:"type"`
	AllOf      []schema          `yaml:"allOf"`
	Properties map[string]schema `yaml:"properties"`
	Items      *schema           `yaml:"items"`
	Others     *schema           `yaml:"additionalProperties"`
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct {
			Schema schema `yaml:"schema"`
		} `yaml:"content"`
	} `yaml:"responses"`
}

func loadSpec(t *testing.T, file, prefix string) *spec {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dataDir, "specs", file))
	if err != nil {
		t.Skipf("the published description of the interface is not here: %v", err)
	}
	var s spec
	s.prefix = prefix
	require.NoError(t, yaml.Unmarshal(b, &s))
	return &s
}

// resolve flattens references and compositions, each reference once.
func (s *spec) resolve(x schema) schema {
	if x.Ref == "" {
		return s.flatten(x)
	}
	if known, ok := s.flat.Load(x.Ref); ok {
		return known.(schema)
	}
	flat := s.resolve(s.Components.Schemas[x.Ref[strings.LastIndexByte(x.Ref, '/')+1:]])
	s.flat.Store(x.Ref, flat)
	return flat
}

func (s *spec) flatten(x schema) schema {
	if len(x.AllOf) == 0 {
		return x
	}
	out := schema{Type: x.Type, Items: x.Items, Properties: maps.Clone(x.Properties)}
	if out.Properties == nil {
		out.Properties = map[string]schema{}
	}
	for _, part := range x.AllOf {
		p := s.resolve(part)
		maps.Copy(out.Properties, p.Properties)
		if out.Type == "" {
			out.Type = p.Type
		}
		if out.Items == nil {
			out.Items = p.Items
		}
	}
	return out
}

func (s *spec) reply(t *testing.T, path string) schema {
	t.Helper()
	n, ok := s.Paths[s.prefix+path]["get"]
	require.True(t, ok, "the description has no GET %s", path)
	var op operation
	require.NoError(t, n.Decode(&op))
	return op.Responses["200"].Content["application/json"].Schema
}

// check says where a value departs from a schema: an unknown field or a wrong
// type. Null is allowed everywhere, as real arrays send it.
func (s *spec) check(at string, x schema, v any) (wrong []string) {
	x = s.resolve(x)
	switch v := v.(type) {
	case nil:
	case map[string]any:
		if x.Type != "object" && len(x.Properties) == 0 {
			return []string{fmt.Sprintf("%s: an object, the description says %q", at, x.Type)}
		}
		for k, inner := range v {
			p, ok := x.Properties[k]
			if !ok && x.Others != nil {
				p, ok = *x.Others, true
			}
			if !ok {
				wrong = append(wrong, at+"."+k+": not in the description")
				continue
			}
			wrong = append(wrong, s.check(at+"."+k, p, inner)...)
		}
	case []any:
		if x.Type != "array" || x.Items == nil {
			return []string{fmt.Sprintf("%s: a list, the description says %q", at, x.Type)}
		}
		for _, inner := range v {
			wrong = append(wrong, s.check(at+"[]", *x.Items, inner)...)
		}
	case bool:
		if x.Type != "boolean" {
			wrong = []string{fmt.Sprintf("%s: a boolean, the description says %q", at, x.Type)}
		}
	case string:
		if x.Type != "string" {
			wrong = []string{fmt.Sprintf("%s: a string, the description says %q", at, x.Type)}
		}
	case float64:
		if x.Type != "number" && (x.Type != "integer" || v != math.Trunc(v)) {
			wrong = []string{fmt.Sprintf("%s: number %v, the description says %q", at, v, x.Type)}
		}
	}
	return wrong
}

// roomFor is the smallest size that has the part a fault is about.
func roomFor(k sim.Kind) sim.Size {
	if k == sim.SASCable {
		return sim.Large
	}
	return sim.Small
}

// everyFault is one fault of every kind, and of some kinds a second variant.
func everyFault() []sim.Fault {
	var fs []sim.Fault
	for _, i := range sim.CatalogueOf(sim.FlashArray) {
		fs = append(fs, sim.Fault{Kind: i.Kind})
	}
	return append(fs,
		sim.Fault{Kind: sim.ControllerFail, Target: "CT1"},
		sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "100", "over": "1m"}},
		sim.Fault{Kind: sim.PortErrors, Target: "ct1.eth4"},
		sim.Fault{Kind: sim.LinkFlap, Target: "CT1.FC3"},
		sim.Fault{Kind: sim.DrivePathLost, Params: map[string]string{"flap": "40s"}},
		sim.Fault{Kind: sim.WrongVersion, Params: map[string]string{"offer": "unknown"}},
	)
}

// unreadable are the faults under which no reply is one of an array, for any
// call that is made here.
var unreadable = map[sim.Kind]bool{
	sim.HTTP500: true, sim.Slow: true, sim.TruncatedJSON: true, sim.TokenRefused: true, sim.WrongVersion: true,
	sim.EndlessBody: true, sim.DeepJSON: true, sim.HugeString: true, sim.SlowDrip: true, sim.Redirect: true,
}

// question is how an endpoint is asked for all it has.
func (r *rig) question(path string) string {
	if path != "alerts/events" {
		return path + "?"
	}
	var names []string
	for _, a := range r.get("alerts").Items {
		names = append(names, a["name"].(string))
	}
	return path + "?names=" + strings.Join(names, ",") + "&"
}

// answers says whether the array gives a reply a client could read, and opens
// a new session where the old one ended.
func (r *rig) answers() bool {
	if r.array.Look().Protocol().Unreachable {
		return false
	}
	if w := r.raw("hardware"); w.Code == 401 {
		w = r.do("POST", "/api/login", http.Header{"Api-Token": {r.handler.Token()}})
		r.session = w.Header().Get("x-auth-token")
		return w.Code == 200
	}
	return true
}

func TestRepliesHoldOnlyWhatTheDescriptionHas(t *testing.T) {
	s := loadSpec(t, "FA2.56.spec.yaml", "/api/2.56/")
	schemas := map[string]schema{}
	for _, path := range append(arrayapi.Endpoints(sim.FlashArray), arrayapi.ActingEndpoints()...) {
		schemas[path] = s.reply(t, path)
	}
	hold := func(t *testing.T, r *rig, path string) {
		t.Helper()
		w := r.raw(path)
		require.Contains(t, []int{200, 207}, w.Code, "GET %s: %s", path, w.Body)
		var v any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
		name, _, _ := strings.Cut(path, "?")
		if w.Code == 207 {
			delete(v.(map[string]any), "errors") // not in the description of every list
		}
		require.Empty(t, s.check(name, schemas[name], v), "GET %s", path)
	}
	t.Run("quiet, in every form", func(t *testing.T) {
		r := newRig(t, sim.Options{Seed: 11, Size: sim.Recorded})
		r.array.Advance(11 * time.Minute)
		for path := range schemas {
			for _, q := range []string{"", "total_only=true", "resolution=300000", "limit=3&total_item_count=true"} {
				hold(t, r, r.question(path)+q)
			}
		}
	})
	for _, f := range everyFault() {
		t.Run(fmt.Sprint(f.Kind, " ", f.Target, f.Params), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sim.Options{Seed: 11, Size: roomFor(f.Kind)})
			r.array.Advance(5 * time.Minute)
			id := r.inject(f)
			look := func() {
				if !r.answers() {
					return
				}
				for _, path := range arrayapi.Endpoints(sim.FlashArray) {
					hold(t, r, r.question(path)+"limit=6")
				}
			}
			if !unreadable[f.Kind] {
				for _, d := range []time.Duration{time.Second, 8 * time.Second, 23 * time.Second, 7 * time.Minute} {
					r.array.Advance(d)
					look()
				}
			}
			require.NoError(t, r.array.Clear(id))
			for _, d := range []time.Duration{time.Second, 10 * time.Minute} {
				r.array.Advance(d)
				look()
			}
			require.True(t, r.answers(), "all is well again")
		})
	}
}

// recorded names the file of recorded replies for an endpoint.
var recorded = map[string]string{
	"alerts": "alerts", "arrays": "arrays", "arrays/performance": "arrays_performance", "connections": "connections",
	"controllers": "controllers", "drives": "drives", "hardware": "hardware", "hosts": "hosts",
	"hosts/performance": "hosts_performance", "hosts/performance/balance": "hosts_balance",
	"network-interfaces": "network_interfaces", "network-interfaces/performance": "network_interfaces_performance",
	"ports": "ports", "subscriptions": "subscriptions", "volumes": "volumes", "volumes/performance": "volumes_performance",
	"directories": "directories", "directories/performance": "directories_performance",
	"pod-replica-links/lag":                     "pod_replica_links_lag",
	"pod-replica-links/performance/replication": "pod_replica_links_performance",
	"pods":                         "pods",
	"pods/performance":             "pods_performance",
	"pods/performance/replication": "pods_performance_replication",
	"volume-groups":                "volume_groups",
	"volume-groups/performance":    "volume_groups_performance",
}

// covered are the other files: the list of versions, the list of alerts at
// another moment, and a reply with nothing in it.
var covered = []string{"versions", "alerts_open", "directories_1"}

func TestEveryRecordedFileIsLookedAt(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(dataDir, "recorded/flasharray/*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the recorded replies are not here")
	}
	known := append(slices.Collect(maps.Values(recorded)), covered...)
	require.Len(t, files, len(known))
	for _, f := range files {
		require.Contains(t, known, strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	b, err := os.ReadFile(filepath.Join(dataDir, "recorded/flasharray/versions.json"))
	require.NoError(t, err)
	var theirs, ours struct{ Version []string }
	require.NoError(t, json.Unmarshal(b, &theirs))
	r := newRig(t, sim.Options{})
	require.NoError(t, json.Unmarshal(r.do("GET", "/api/api_version", nil).Body.Bytes(), &ours))
	require.Equal(t, theirs.Version, ours.Version[:len(theirs.Version)], "a newer array offers more")
}

func TestRepliesHoldEveryFieldThatWasRecorded(t *testing.T) {
	dir := filepath.Join(dataDir, "recorded/flasharray")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the recorded replies are not here: %v", err)
	}
	r := newRig(t, sim.Options{Seed: 3, Size: sim.Recorded})
	r.array.Advance(8 * time.Hour)
	r.login() // the first session is long over
	for path, file := range recorded {
		t.Run(path, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, file+".json"))
			require.NoError(t, err)
			var theirs, ours any
			require.NoError(t, json.Unmarshal(b, &theirs))
			w := r.raw(path)
			require.Equal(t, 200, w.Code, w.Body)
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &ours))
			var except []string
			if path == "hosts/performance" {
				except = []string{".total[].id"} // recorded as null, and not in the description
			}
			holdsRecorded(t, theirs, ours, except...)
		})
	}
}

// holdsRecorded demands every field of a recorded reply, with its type.
func holdsRecorded(t *testing.T, theirs, ours any, except ...string) {
	t.Helper()
	want, have := map[string]string{}, map[string]string{}
	kinds("", theirs, want)
	kinds("", ours, have)
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if slices.Contains(except, field) {
			continue
		}
		k, ok := have[field]
		if list, _, inList := cutLast(field, "[]"); !ok && inList && list != ".items" && list != ".total" && strings.HasPrefix(have[list], "list") {
			continue // lists of what the model has none of, such as time servers, are empty
		}
		require.True(t, ok, "recorded field %s is missing", field)
		if strings.Contains(want[field], "null") && k != "null" {
			continue // a value where the recording has none or both
		}
		require.Subset(t, strings.Split(want[field], "|"), strings.Split(strings.TrimSuffix(k, "|null"), "|"),
			"type of %s", field)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// kinds collects the kinds of value seen at every field, null last.
func kinds(at string, v any, into map[string]string) {
	kind := ""
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for k, inner := range v {
			kinds(at+"."+k, inner, into)
		}
	case []any:
		kind = "list"
		for _, inner := range v {
			kinds(at+"[]", inner, into)
		}
	case nil:
		kind = "null"
	case bool:
		kind = "boolean"
	case string:
		kind = "string"
	case float64:
		kind = "number"
	}
	seen := strings.Split(into[at], "|")
	if into[at] == "" {
		seen = nil
	}
	if !slices.Contains(seen, kind) {
		seen = append(seen, kind)
	}
	slices.SortFunc(seen, func(a, b string) int {
		if (a == "null") != (b == "null") {
			if a == "null" {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	into[at] = strings.Join(seen, "|")
}

func TestRecordedShape(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	require.Len(t, r.get("volumes").Items, 83)
	require.Len(t, r.get("hosts").Items, 31)
	require.Len(t, r.get("controllers").Items, 2)
	counts := map[string]int{}
	for _, h := range r.get("hardware").Items {
		counts[h["type"].(string)]++
		require.Equal(t, "ok", h["status"])
	}
	require.Equal(t, map[string]int{
		"chassis": 1, "controller": 2, "cooling": 12, "drive_bay": 20, "nvram_bay": 4, "power_supply": 2,
		"temp_sensor": 55, "eth_port": 12, "fc_port": 12,
	}, counts)
}
