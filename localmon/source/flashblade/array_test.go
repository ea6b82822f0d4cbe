package flashblade_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flashblade"

	"github.com/stretchr/testify/require"
)

type item = resttest.Item

var (
	at      = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	dialect = resttest.Dialect{Versions: "versions", Offers: []string{"1.8.1", "1.12", "2.0", "2.4", "2.8"}, Unversioned: true}
)

// array is a small FlashBlade.
type array struct {
	*resttest.Array
	t testing.TB
}

func newArray(t testing.TB) *array {
	return &array{resttest.NewArray(t, dialect,
		"arrays", "arrays/performance", "arrays/nfs-specific-performance", "arrays/http-specific-performance", "arrays/s3-specific-performance",
		"arrays/space", "alerts", "hardware", "blades", "drives", "hardware-connectors/performance", "network-interfaces/connectors/performance",
		"file-systems", "file-systems/performance", "buckets", "buckets/performance", "array-connections",
	), t}
}

// recorded reads the items of a reply other projects recorded of a real array.
func recorded(t testing.TB, name string) []item {
	t.Helper()
	var reply struct{ Items []item }
	require.NoError(t, json.Unmarshal(recordedBytes(t, name), &reply), name)
	return reply.Items
}

func recordedBytes(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "recorded", "flashblade", name))
	if err != nil {
		t.Skip("recorded array replies are not here: ", err)
	}
	return raw
}

// newRecorded plays the recorded replies. The performance of the array as a
// whole was not recorded and is empty; that of file systems and buckets was
// recorded for five of each, and the others are given copies of an idle one, so
// that the array knows every name it lists.
func newRecorded(t testing.TB) *array {
	a := newArray(t)
	for path, file := range map[string]string{
		"arrays": "arrays.json", "arrays/nfs-specific-performance": "arrays_nfs_performance.json",
		"arrays/http-specific-performance": "arrays_http_performance.json", "arrays/s3-specific-performance": "array_s3performance.json",
		"arrays/space?type=array": "arrays_space_array.json", "arrays/space?type=file-system": "arrays_space_filesystem.json",
		"arrays/space?type=object-store": "arrays_space_object_store.json", "alerts": "alerts_open.json", "hardware": "hardware.json",
		"blades": "blades.json", "hardware-connectors/performance": "hw_connectors_perf.json", "file-systems": "filesystems.json",
		"buckets": "buckets.json", "file-systems/performance": "filesystems_perf.json", "buckets/performance": "buckets_performance.json",
		"arrays/performance/replication": "arrays_performance_replication.json", "arrays/clients/performance": "clients_performance.json",
	} {
		a.Items[path] = recorded(t, file)
	}
	for _, path := range []string{"file-systems", "buckets"} {
		perf := a.Items[path+"/performance"]
		known, idle := map[any]bool{}, perf[1]
		for _, each := range perf {
			known[each["name"]] = true
		}
		for _, each := range a.Items[path] {
			if !known[each["name"]] {
				other := maps.Clone(idle)
				other["name"] = each["name"]
				perf = append(perf, other)
			}
		}
		a.Items[path+"/performance"] = perf
	}
	var list struct{ Versions []string }
	require.NoError(t, json.Unmarshal(recordedBytes(t, "versions.json"), &list))
	a.Versions = list.Versions
	return a
}

// newSmall is a healthy array of a few parts, for tests that need no
// recording.
func newSmall(t testing.TB) *array {
	a := newArray(t)
	a.Items["arrays"] = []item{{"name": "fb1", "id": "1234", "os": "Purity//FB", "version": "4.1.2", "product_type": "FlashBlade"}}
	a.Items["arrays/performance"] = []item{{"name": "fb1", "time": 1700000000000, "usec_per_read_op": 250.5, "reads_per_sec": 17.0333}}
	a.Items["arrays/space"] = []item{{"name": "fb1", "capacity": 1000, "parity": 1.0, "space": item{"total_physical": 250, "unique": 200, "snapshots": 50, "data_reduction": 1.8}}}
	a.Items["hardware"] = []item{
		{"name": "CH1", "type": "ch", "status": "healthy", "index": 1, "slot": nil},
		{"name": "CH1.FB1", "type": "fb", "status": "healthy", "index": nil, "slot": 1},
		{"name": "CH1.FB2", "type": "fb", "status": "healthy", "index": nil, "slot": 2},
	}
	a.Items["blades"] = []item{blade("CH1.FB1", "healthy"), blade("CH1.FB2", "healthy")}
	return a
}

func blade(name, status string) item {
	return item{"name": name, "status": status, "raw_capacity": 17592186044416, "progress": nil, "target": nil, "details": nil}
}

// alert is one row of /alerts; updated is in milliseconds.
func alert(n int, state string, updated int64) item {
	return item{
		"id": fmt.Sprintf("id%d", n), "name": fmt.Sprint(n), "index": n, "code": 1000, "severity": "critical", "state": state, "flagged": false,
		"component_type": "hardware", "component_name": fmt.Sprintf("CH1.FB%d", n), "summary": fmt.Sprintf("Blade CH1.FB%d is unhealthy", n),
		"action": "Look at it.", "description": "It is.", "created": 1_700_000_000_000, "updated": updated, "variables": item{},
	}
}

func (a *array) source(change ...func(*flashblade.Options)) *flashblade.Source {
	a.t.Helper()
	o := flashblade.Options{Target: "fb1", URL: a.URL, Token: resttest.Token, Pin: a.Pin(), RequestTimeout: time.Minute, Timeout: time.Minute}
	for _, f := range change {
		f(&o)
	}
	s, err := flashblade.New(o)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = s.Close(a.t.Context()) })
	return s
}
