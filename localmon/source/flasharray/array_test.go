package flasharray_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flasharray"

	"github.com/stretchr/testify/require"
)

// recorded finds the replies other projects recorded of a real array.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "recorded", "flasharray", name))
	if err != nil {
		t.Skip("recorded array replies are not here: ", err)
	}
	return raw
}

type item = resttest.Item

// array is a small FlashArray.
type array struct {
	*resttest.Array
	t testing.TB
}

var dialect = resttest.Dialect{Versions: "version", Offers: []string{"1.19", "2.0", "2.4", "2.15"}}

func newArray(t testing.TB) *array {
	return &array{resttest.NewArray(t, dialect,
		"arrays", "arrays/performance", "alerts", "drives", "controllers", "hardware", "network-interfaces",
		"network-interfaces/performance", "volumes", "volumes/performance", "hosts", "hosts/performance", "pods", "pod-replica-links/lag",
	), t}
}

// newRecorded plays the recorded replies.
func newRecorded(t testing.TB) *array {
	a := newArray(t)
	for path, file := range map[string]string{
		"arrays": "arrays.json", "arrays/performance": "arrays_performance.json", "alerts": "alerts.json", "drives": "drives.json",
		"controllers": "controllers.json", "hardware": "hardware.json", "network-interfaces": "network_interfaces.json",
		"network-interfaces/performance": "network_interfaces_performance.json", "volumes": "volumes.json",
		"volumes/performance": "volumes_performance.json", "hosts": "hosts.json", "hosts/performance": "hosts_performance.json",
		"pods": "pods.json", "subscriptions": "subscriptions.json", "ports": "ports.json", "connections": "connections.json",
		"pod-replica-links/lag": "pod_replica_links_lag.json",
	} {
		var reply struct{ Items []item }
		require.NoError(t, json.Unmarshal(recorded(t, file), &reply), file)
		a.Items[path] = reply.Items
	}
	var list struct{ Version []string }
	require.NoError(t, json.Unmarshal(recorded(t, "versions.json"), &list))
	a.Versions = list.Version
	return a
}

// newSmall is a healthy array of a few parts, for tests that need no
// recording.
func newSmall(t testing.TB) *array {
	a := newArray(t)
	a.Items["arrays"] = []item{{
		"name": "fa1", "id": "1234", "os": "Purity//FA", "version": "6.5.1", "capacity": 1000.0, "parity": 1.0,
		"space": item{"unique": 300.0, "shared": 100.0, "snapshots": nil, "system": 0.0, "replication": 0.0, "data_reduction": 2.5},
	}}
	a.Items["arrays/performance"] = []item{{"name": "fa1", "time": 1700000000000, "usec_per_read_op": 200, "reads_per_sec": 10, "queue_depth": nil}}
	a.Items["drives"] = []item{{"name": "CH0.BAY0", "type": "SSD", "status": "healthy", "capacity": 100}, {"name": "CH0.BAY1", "type": "SSD", "status": "healthy", "capacity": 100}}
	a.Items["hardware"] = []item{
		{"name": "CH0.BAY0", "type": "drive_bay", "status": "ok"},
		{"name": "CH0.BAY1", "type": "drive_bay", "status": "ok"},
		{"name": "CT0", "type": "controller", "status": "ok"},
		{"name": "CT1", "type": "controller", "status": "ok"},
	}
	a.Items["controllers"] = []item{{"name": "CT0", "status": "ready", "mode": "primary", "model": "FA-X70R3"}, {"name": "CT1", "status": "ready", "mode": "secondary", "model": "FA-X70R3"}}
	return a
}

func (a *array) source(change ...func(*flasharray.Options)) *flasharray.Source {
	a.t.Helper()
	o := flasharray.Options{Target: "fa1", URL: a.URL, Token: resttest.Token, Pin: a.Pin(), RequestTimeout: time.Minute, Timeout: time.Minute}
	for _, f := range change {
		f(&o)
	}
	s, err := flasharray.New(o)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = s.Close(a.t.Context()) })
	return s
}

func validJSON(raw []byte) bool { return json.Valid(raw) }
