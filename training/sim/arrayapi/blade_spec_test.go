package arrayapi_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// notDescribed are fields real arrays send although the description does not
// have them, and numbers they send as fractions although it calls them whole.
func notDescribed(wrong string) bool {
	connectors := strings.HasPrefix(wrong, "hardware-connectors/performance") || strings.HasPrefix(wrong, "network-interfaces/connectors/performance")
	return wrong == "arrays/performance/replication.items[].name: not in the description" ||
		(connectors && strings.HasSuffix(wrong, `the description says "integer"`) && strings.Contains(wrong, "_per_sec: number"))
}

func TestBladeRepliesHoldOnlyWhatTheDescriptionHas(t *testing.T) {
	s := loadSpec(t, "FB2.28.spec.yaml", "/api/2.28/")
	schemas := map[string]schema{}
	for _, path := range arrayapi.Endpoints(sim.FlashBlade) {
		schemas[path] = s.reply(t, path)
	}
	check := func(t *testing.T, r *rig) {
		for _, path := range arrayapi.Endpoints(sim.FlashBlade) {
			for _, q := range []string{"", "?total_only=true", "?resolution=300000", "?limit=3"} {
				w := r.raw(path + q)
				require.Contains(t, []int{200, 207}, w.Code, "%s%s: %s", path, q, w.Body)
				var v any
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
				if w.Code == 207 {
					delete(v.(map[string]any), "errors") // not in the description of every list
				}
				require.Empty(t, slices.DeleteFunc(s.check(path, schemas[path], v), notDescribed), "GET %s%s", path, q)
			}
		}
	}
	t.Run("quiet", func(t *testing.T) {
		for _, size := range []sim.Size{sim.Small, sim.Recorded} {
			r := newBladeRig(t, sim.Options{Seed: 11, Size: size})
			r.array.Advance(5 * time.Minute)
			check(t, r)
		}
	})
	for _, info := range sim.CatalogueOf(sim.FlashBlade) {
		t.Run(string(info.Kind), func(t *testing.T) {
			t.Parallel()
			r := newBladeRig(t, sim.Options{Seed: 11})
			id := r.inject(sim.Fault{Kind: info.Kind, At: r.array.Now().Add(time.Minute)})
			for _, at := range []time.Duration{90 * time.Second, 16 * time.Minute, time.Hour} {
				r.array.Advance(at - r.array.Now().Sub(r.array.Options().Start))
				if !unreadable[info.Kind] && r.answers() {
					check(t, r)
				}
			}
			require.NoError(t, r.array.Clear(id))
			r.array.Advance(30 * time.Second)
			require.True(t, r.answers(), "all is well again")
			check(t, r)
		})
	}
}

// recordedBlade names the call that each file of recorded replies answers.
var recordedBlade = map[string]string{
	"alerts_open":                    "alerts?filter=state%3D'open'",
	"array_s3performance":            "arrays/s3-specific-performance",
	"arrays":                         "arrays",
	"arrays_http_performance":        "arrays/http-specific-performance",
	"arrays_nfs_performance":         "arrays/nfs-specific-performance",
	"arrays_performance_replication": "arrays/performance/replication",
	"arrays_space":                   "arrays/space",
	"arrays_space_array":             "arrays/space?type=array",
	"arrays_space_filesystem":        "arrays/space?type=file-system",
	"arrays_space_object_store":      "arrays/space?type=object-store",
	"blades":                         "blades",
	"buckets":                        "buckets",
	"buckets_for_perf":               "buckets?limit=5",
	"buckets_performance":            "buckets/performance?limit=5",
	"buckets_s3performance":          "buckets/s3-specific-performance?limit=5",
	"clients_performance":            "arrays/clients/performance",
	"filesystems":                    "file-systems",
	"filesystems_for_perf":           "file-systems?limit=5",
	"filesystems_perf":               "file-systems/performance?limit=5",
	"hardware":                       "hardware",
	"hw_connectors_perf":             "hardware-connectors/performance",
	"nfs_export_policies":            "nfs-export-policies",
	"object_store_accounts":          "object-store-accounts",
}

func TestBladeRepliesHoldEveryFieldThatWasRecorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(dataDir, "recorded/flashblade/*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the recorded replies are not here")
	}
	r := newBladeRig(t, sim.Options{Seed: 3, Size: sim.Recorded})
	r.inject(sim.Fault{Kind: sim.BladeUnhealthy})
	r.array.Advance(10 * time.Minute)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			var theirs, ours map[string]any
			require.NoError(t, json.Unmarshal(b, &theirs))
			if name == "versions" {
				w := r.do("GET", "/api/api_version", nil)
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &ours))
				holdsRecorded(t, theirs, ours)
				return
			}
			call, ok := recordedBlade[name]
			require.True(t, ok, "no call answers this file")
			w := r.raw(call)
			require.Equal(t, 200, w.Code, w.Body)
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &ours))
			if name == "alerts_open" {
				dropVariables(theirs) // named after the parts of that array
				dropVariables(ours)
			}
			holdsRecorded(t, theirs, ours)
		})
	}
}

func dropVariables(reply map[string]any) {
	for _, item := range reply["items"].([]any) {
		item.(map[string]any)["variables"] = map[string]any{}
	}
}

func TestRecordedShapeOfABladeArray(t *testing.T) {
	r := newBladeRig(t, sim.Options{Size: sim.Recorded})
	for path, want := range map[string]int{
		"blades": 15, "file-systems": 269, "buckets": 92, "object-store-accounts": 60, "arrays/clients/performance": 544, "hardware-connectors/performance": 26,
	} {
		p := r.get(path)
		require.Len(t, p.Items, want, path)
		require.Equal(t, want, *p.ItemCount, path)
	}
	counts := map[string]int{}
	for _, h := range r.get("hardware").Items {
		counts[h["type"].(string)+" "+h["status"].(string)]++
	}
	require.Equal(t, map[string]int{
		"ch healthy": 1, "fb healthy": 15, "fm healthy": 2, "fan healthy": 12, "pwr healthy": 4, "eth healthy": 8, "eth unused": 18,
	}, counts)
	large := newBladeRig(t, sim.Options{Size: sim.Large})
	require.Len(t, large.get("file-systems").Items, 1000)
	require.Len(t, large.get("buckets").Items, 300)
	require.Len(t, large.get("blades").Items, 30)
	require.Len(t, large.get("hardware?filter=type%3D'xfm'").Items, 2)
	require.Len(t, large.get("drives").Items, 60)
	require.Len(t, large.get("arrays/clients/performance").Items, 1200, "the list of clients comes whole")
}

func newBladeRig(t *testing.T, o sim.Options) *rig {
	t.Helper()
	o.Family = sim.FlashBlade
	return newRig(t, o)
}

func TestBladeGolden(t *testing.T) {
	goldenOf(t, "blade", newBladeRig(t, sim.Options{Name: "fb-prod-1", Seed: 42}), []sim.Fault{
		{Kind: sim.BladeUnhealthy, Target: "CH1.FB3"},
		{Kind: sim.CapacityFill, Params: map[string]string{"target": "93", "over": "20m"}},
	}, map[string]bool{"alerts": true, "arrays": true, "arrays/performance": true, "blades": true, "arrays/space": true})
}

func TestBladeSameCallsSameBytes(t *testing.T) {
	run := func() (out []string) {
		r := newBladeRig(t, sim.Options{Seed: 77})
		for i, info := range sim.CatalogueOf(sim.FlashBlade) {
			if !unreadable[info.Kind] {
				r.inject(sim.Fault{Kind: info.Kind, At: r.array.Now().Add(time.Duration(i) * 40 * time.Second)})
			}
		}
		for range 20 {
			r.array.Advance(40 * time.Second)
			for _, p := range arrayapi.Endpoints(sim.FlashBlade) {
				if !r.answers() {
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

func TestBladeVersionsAndSessions(t *testing.T) {
	r := newBladeRig(t, sim.Options{})
	w := r.do("GET", "/api/api_version", nil)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), `{"versions":["1.0",`)
	require.Contains(t, w.Body.String(), `"1.8","1.8.1","1.9"`)
	token := map[string][]string{"Api-Token": {r.handler.Token()}}
	for path, want := range map[string]int{"/api/login": 200, "/api/2.8/login": 405, "/api/1.8.1/login": 404} {
		require.Equal(t, want, r.do("POST", path, token).Code, path)
	}
	for range 3 {
		r.array.Advance(3 * time.Hour)
		require.Equal(t, 200, r.raw("arrays").Code, "a session that is used lives on")
	}
	r.array.Advance(3*time.Hour + time.Second)
	require.Equal(t, 401, r.raw("arrays").Code, "three hours without a call end it")
	r.login()
	require.Equal(t, 200, r.do("POST", "/api/logout", map[string][]string{"X-Auth-Token": {r.session}}).Code)
	require.Equal(t, 401, r.raw("arrays").Code)
	r.login()
	r.inject(sim.Fault{Kind: sim.ExpireSession})
	require.Equal(t, 401, r.raw("arrays").Code)
	r.login()
	r.inject(sim.Fault{Kind: sim.TokenRefused})
	require.Equal(t, 401, r.do("POST", "/api/login", token).Code)
}

func TestEndpointsComeWithTheirVersion(t *testing.T) {
	r := newBladeRig(t, sim.Options{Size: sim.Large})
	for path, from := range map[string]int{"nodes": 18, "drives": 4, "network-interfaces/connectors/performance": 17, "hardware-connectors/performance": 3} {
		for minor, want := range map[int]int{from - 1: 404, from: 200} {
			w := r.do("GET", fmt.Sprintf("/api/2.%d/%s", minor, path), map[string][]string{"X-Auth-Token": {r.session}})
			require.Equal(t, want, w.Code, "2.%d %s", minor, path)
		}
	}
	require.Equal(t, 404, r.raw("volumes").Code)
	require.Equal(t, 404, r.raw("subscriptions").Code, "the description has none")
}

func TestOnlySoManyNamesACall(t *testing.T) {
	r := newBladeRig(t, sim.Options{})
	var names, ids []string
	for _, f := range r.get("file-systems").Items {
		names, ids = append(names, f["name"].(string)), append(ids, f["id"].(string))
	}
	ask := func(minor int, query string) int {
		return r.do("GET", fmt.Sprintf("/api/2.%d/file-systems/performance?%s", minor, query), map[string][]string{"X-Auth-Token": {r.session}}).Code
	}
	for _, c := range []struct{ minor, count, want int }{{8, 5, 200}, {8, 6, 400}, {17, 6, 400}, {18, 10, 200}, {28, 10, 200}, {28, 11, 400}} {
		require.Equal(t, c.want, ask(c.minor, "names="+strings.Join(names[:c.count], ",")), "%d names at 2.%d", c.count, c.minor)
		require.Equal(t, c.want, ask(c.minor, "ids="+strings.Join(ids[:c.count], ",")), "%d ids at 2.%d", c.count, c.minor)
	}
	w := r.raw("file-systems/performance?names=" + strings.Join(names[:11], ","))
	require.JSONEq(t, `{"errors":[{"context":"names","message":"At most 10 objects may be named in one call, not 11."}]}`, w.Body.String())
	require.Len(t, r.get("file-systems?names="+strings.Join(names, ",")).Items, 20, "lists that cost nothing have no such limit")
	p := r.get("file-systems/performance?names=" + names[3] + "," + names[1])
	require.Equal(t, 2, *p.ItemCount)
	require.Equal(t, 400, r.raw("file-systems/performance?names=nobody").Code)
}

func TestPagesOfFileSystemsLoseAndRepeatNothing(t *testing.T) {
	r := newBladeRig(t, sim.Options{Size: sim.Large})
	seen := map[string]bool{}
	token, calls := "", 0
	for {
		p := r.get("file-systems?limit=7" + token)
		calls++
		require.Equal(t, 1000, *p.ItemCount, "the count is always told")
		for _, f := range p.Items {
			name := f["name"].(string)
			require.False(t, seen[name], name)
			seen[name] = true
		}
		if p.Token == nil {
			break
		}
		token = "&continuation_token=" + *p.Token
		require.Less(t, calls, 200)
	}
	require.Len(t, seen, 1000)
	require.Equal(t, 143, calls)
}

func FuzzBladeQuery(f *testing.F) {
	f.Add("limit=7&offset=3&sort=name-&names=a,b&protocol=NFS&type=array")
	f.Add("start_time=1772431200000&resolution=30000&total_only=true&filter=name='x*'")
	f.Add("file_system_names=a&uids=1&user_names=b&limit=0&continuation_token=x")
	a, err := sim.New(sim.Options{Family: sim.FlashBlade})
	require.NoError(f, err)
	a.Advance(time.Minute)
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r := newRigOf(t, a)
		for _, path := range []string{"file-systems/performance", "usage/users", "arrays/space", "arrays/clients/performance"} {
			u := url.URL{Path: bladeBase + path, RawQuery: values.Encode()}
			w := r.do("GET", u.String(), map[string][]string{"X-Auth-Token": {r.session}})
			require.Contains(t, []int{200, 207, 400}, w.Code)
			r.decode(w.Body)
		}
	})
}

func TestEnvelopeOfABladeReply(t *testing.T) {
	r := newBladeRig(t, sim.Options{})
	var envelope map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(r.raw("file-systems?limit=2").Body.Bytes(), &envelope))
	require.NotContains(t, envelope, "more_items_remaining")
	require.Equal(t, "20", string(envelope["total_item_count"]))
	require.True(t, strings.HasPrefix(string(envelope["total"]), "{"), "the total of a list of objects is one object")
	require.NoError(t, json.Unmarshal(r.raw("file-systems/performance?total_only=true").Body.Bytes(), &envelope))
	require.True(t, strings.HasPrefix(string(envelope["total"]), "["), "that of a list of work is a list")
	require.Equal(t, "[]", string(envelope["items"]))
	require.Equal(t, ms(r.array.Now()), r.get("arrays").Items[0]["_as_of"])
}

func TestParametersOfABladeArray(t *testing.T) {
	r := newBladeRig(t, sim.Options{Size: sim.Recorded})
	r.array.Advance(10 * time.Minute)
	rate := func(q string) float64 { return r.get("arrays/performance" + q).Items[0]["reads_per_sec"].(float64) }
	sum := 0.0
	for _, p := range []string{"NFS", "smb", "HTTP", "S3"} {
		require.Positive(t, rate("?protocol="+p))
		sum += rate("?protocol=" + p)
	}
	require.InDelta(t, rate(""), sum, 1e-6)
	require.Equal(t, rate(""), rate("?protocol=all"))
	used := func(q string) float64 {
		return r.get("arrays/space" + q).Items[0]["space"].(map[string]any)["total_physical"].(float64)
	}
	require.Equal(t, used(""), used("?type=file-system")+used("?type=object-store"))
	require.NotEqual(t, r.get("arrays/clients/performance").Items, r.get("arrays/clients/performance?protocol=S3").Items)
	for _, bad := range []string{
		"arrays/performance?protocol=FTP", "arrays/space?type=tape", "arrays/clients/performance?protocol=SMB", "arrays/performance/replication?type=x",
		"file-systems/performance?protocol=S3", "usage/users?file_system_names=nobody", "usage/groups?file_system_ids=0", "arrays/space?resolution=30000",
		"arrays/performance?resolution=28800000", "file-systems/performance?resolution=1000",
	} {
		w := r.raw(bad)
		require.Equal(t, 400, w.Code, bad)
		require.NotEmpty(t, r.decode(w.Body).Errors, bad)
	}
	all := r.get("usage/users?limit=1000").Items
	one := r.get("usage/users?file_system_ids=" + all[0]["file_system"].(map[string]any)["id"].(string)).Items
	require.NotEmpty(t, one)
	require.Less(t, len(one), len(all))
	user := one[0]["user"].(map[string]any)
	byName := r.get("usage/users?user_names=" + user["name"].(string)).Items
	require.Equal(t, byName, r.get(fmt.Sprintf("usage/users?uids=%.0f", user["id"])).Items)
	require.NotEmpty(t, r.get("usage/groups").Items)

	sorted := r.get("file-systems?sort=space.virtual-&limit=3")
	require.Greater(t, sorted.Items[0]["space"].(map[string]any)["virtual"], sorted.Items[2]["space"].(map[string]any)["virtual"])
	require.Nil(t, sorted.Token)
	require.NotEmpty(t, r.get("hardware?filter=status%3D'unused'").Items)
}

func TestHistoryOfABladeArrayIsThatOfTheModel(t *testing.T) {
	r := newBladeRig(t, sim.Options{})
	start := r.array.Now()
	r.array.Advance(time.Hour)
	q := func(path string, resolution int) reply {
		return r.get(fmt.Sprintf("%s?resolution=%d&start_time=%d&end_time=%d", path, resolution, start.UnixMilli(), start.Add(10*time.Minute).UnixMilli()))
	}
	p := q("arrays/performance", 30000)
	require.Len(t, p.Items, 21)
	require.Equal(t, r.array.Blade().At(start.Add(10*time.Minute)).Mean(30*time.Second).Array(sim.AllProtocols).Reads.PerSecond(), p.Items[20]["reads_per_sec"])
	require.Len(t, q("file-systems/performance", 300000).Items, 3*20)
	require.Len(t, q("arrays/space", 300000).Items, 3)
	before := q("arrays/nfs-specific-performance", 1000)
	require.Len(t, before.Items, 601)
	r.inject(sim.Fault{Kind: sim.NFSDown})
	r.array.Advance(10 * time.Minute)
	require.Equal(t, before.Items, q("arrays/nfs-specific-performance", 1000).Items, "history does not change")
}

func TestFaultsOfTheInterfaceOfABladeArray(t *testing.T) {
	r := newBladeRig(t, sim.Options{})
	once := len(r.get("hardware").Items)
	id := r.inject(sim.Fault{Kind: sim.DuplicateItems})
	require.Greater(t, len(r.get("hardware").Items), once)
	require.NoError(t, r.array.Clear(id))
	id = r.inject(sim.Fault{Kind: sim.HTTP500, Params: map[string]string{"path": "blades"}})
	require.Equal(t, 500, r.raw("blades").Code)
	require.Equal(t, 200, r.raw("drives").Code)
	require.NoError(t, r.array.Clear(id))
	id = r.inject(sim.Fault{Kind: sim.TruncatedJSON})
	require.Error(t, json.Unmarshal(r.raw("blades").Body.Bytes(), new(any)))
	require.NoError(t, r.array.Clear(id))
	r.inject(sim.Fault{Kind: sim.ClockSkew, Params: map[string]string{"by": "-90m"}})
	told := r.array.Now().Add(-90 * time.Minute)
	require.Equal(t, ms(told), r.get("arrays/performance").Items[0]["time"])
	require.Equal(t, ms(told), r.get("arrays").Items[0]["_as_of"])
}
