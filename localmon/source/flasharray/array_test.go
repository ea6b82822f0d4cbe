package flasharray_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/flasharray"

	"github.com/stretchr/testify/require"
)

const apiToken = "3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c"

// recorded finds the replies other projects recorded of a real array.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "recorded", "flasharray", name))
	if err != nil {
		t.Skip("recorded array replies are not here: ", err)
	}
	return raw
}

type item = map[string]any

// array is a small array over TLS: it holds items by path, honours the query
// parameters the client uses, counts requests and misbehaves on demand.
type array struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	versions []string
	items    map[string][]item
	pageSize int // a cap the server sets silently
	noFilter bool
	session  int // the only valid one
	logins   int
	logouts  int
	asked    []string // path?query of every GET below the version
	busy     int
	busiest  int
	// misbehave answers instead of the array when it returns true.
	misbehave func(w http.ResponseWriter, r *http.Request, path string) bool
}

func newArray(t *testing.T) *array {
	a := &array{t: t, versions: []string{"1.19", "2.0", "2.4", "2.15"}, items: map[string][]item{}}
	for _, path := range []string{
		"arrays", "arrays/performance", "alerts", "drives", "controllers", "hardware", "network-interfaces",
		"network-interfaces/performance", "volumes", "volumes/performance", "hosts", "hosts/performance", "pods",
	} {
		a.items[path] = []item{}
	}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	a.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests are about
	a.StartTLS()
	t.Cleanup(a.Close)
	return a
}

// newRecorded plays the recorded replies.
func newRecorded(t *testing.T) *array {
	a := newArray(t)
	for path, file := range map[string]string{
		"arrays": "arrays.json", "arrays/performance": "arrays_performance.json", "alerts": "alerts.json", "drives": "drives.json",
		"controllers": "controllers.json", "hardware": "hardware.json", "network-interfaces": "network_interfaces.json",
		"network-interfaces/performance": "network_interfaces_performance.json", "volumes": "volumes.json",
		"volumes/performance": "volumes_performance.json", "hosts": "hosts.json", "hosts/performance": "hosts_performance.json",
		"pods": "pods.json", "subscriptions": "subscriptions.json", "ports": "ports.json", "connections": "connections.json",
	} {
		var reply struct{ Items []item }
		require.NoError(t, json.Unmarshal(recorded(t, file), &reply), file)
		a.items[path] = reply.Items
	}
	var list struct{ Version []string }
	require.NoError(t, json.Unmarshal(recorded(t, "versions.json"), &list))
	a.versions = list.Version
	return a
}

// newSmall is a healthy array of a few parts, for tests that need no
// recording.
func newSmall(t *testing.T) *array {
	a := newArray(t)
	a.items["arrays"] = []item{{
		"name": "fa1", "id": "1234", "os": "Purity//FA", "version": "6.5.1", "capacity": 1000.0, "parity": 1.0,
		"space": item{"unique": 300.0, "shared": 100.0, "snapshots": nil, "system": 0.0, "replication": 0.0, "data_reduction": 2.5},
	}}
	a.items["arrays/performance"] = []item{{"name": "fa1", "time": 1700000000000, "usec_per_read_op": 200, "reads_per_sec": 10, "queue_depth": nil}}
	a.items["drives"] = []item{{"name": "CH0.BAY0", "type": "SSD", "status": "healthy", "capacity": 100}, {"name": "CH0.BAY1", "type": "SSD", "status": "healthy", "capacity": 100}}
	a.items["hardware"] = []item{
		{"name": "CH0.BAY0", "type": "drive_bay", "status": "ok"},
		{"name": "CH0.BAY1", "type": "drive_bay", "status": "ok"},
		{"name": "CT0", "type": "controller", "status": "ok"},
		{"name": "CT1", "type": "controller", "status": "ok"},
	}
	a.items["controllers"] = []item{{"name": "CT0", "status": "ready", "mode": "primary", "model": "FA-X70R3"}, {"name": "CT1", "status": "ready", "mode": "secondary", "model": "FA-X70R3"}}
	return a
}

func (a *array) pin() string {
	pin, err := arrayrest.FetchPin(a.t.Context(), a.URL)
	require.NoError(a.t, err)
	return pin
}

func (a *array) source(change ...func(*flasharray.Options)) *flasharray.Source {
	a.t.Helper()
	o := flasharray.Options{Target: "fa1", URL: a.URL, Token: apiToken, Pin: a.pin(), RequestTimeout: time.Minute, Timeout: time.Minute}
	for _, f := range change {
		f(&o)
	}
	s, err := flasharray.New(o)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = s.Close(a.t.Context()) })
	return s
}

// set changes the array while it serves.
func (a *array) set(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// queries lists the GETs of one path since the last call, as their query.
func (a *array) queries(path string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []string
	for _, each := range a.asked {
		if p, query, _ := strings.Cut(each, "?"); p == path {
			found = append(found, query)
		}
	}
	a.asked = slices.DeleteFunc(a.asked, func(s string) bool { p, _, _ := strings.Cut(s, "?"); return p == path })
	return found
}

var apiPath = regexp.MustCompile(`^/api/2\.\d+/(.+)$`)

func (a *array) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.busy++
	a.busiest = max(a.busiest, a.busy)
	misbehave := a.misbehave
	a.mu.Unlock()
	defer a.set(func() { a.busy-- })
	path := strings.TrimPrefix(r.URL.Path, "/api/")
	if m := apiPath.FindStringSubmatch(r.URL.Path); m != nil {
		path = m[1]
	}
	if misbehave != nil && misbehave(w, r, path) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case path == "api_version":
		answer(w, http.StatusOK, item{"version": a.versions})
	case path == "login" && r.Method == http.MethodPost:
		if r.Header.Get("api-token") != apiToken {
			answer(w, http.StatusUnauthorized, problem("Invalid API token."))
			return
		}
		a.logins++
		a.session++
		w.Header().Set("x-auth-token", fmt.Sprint("session-", a.session))
		answer(w, http.StatusOK, item{"items": []item{{"username": "watcher"}}})
	case r.Header.Get("x-auth-token") != fmt.Sprint("session-", a.session) || a.session == 0:
		answer(w, http.StatusUnauthorized, problem("Invalid session."))
	case path == "logout" && r.Method == http.MethodPost:
		a.logouts++
		a.session++
		answer(w, http.StatusOK, item{})
	case r.Method != http.MethodGet:
		a.t.Errorf("the client sent %s %s", r.Method, r.URL)
	default:
		a.asked = append(a.asked, path+"?"+r.URL.RawQuery)
		a.list(w, path, r.URL.Query())
	}
}

var updatedFilter = regexp.MustCompile(`^updated>=(\d+)$`)

func (a *array) list(w http.ResponseWriter, path string, q url.Values) {
	all, ok := a.items[path]
	if !ok {
		answer(w, http.StatusBadRequest, problem("Invalid path."))
		return
	}
	all = slices.Clone(all)
	if filter := q.Get("filter"); filter != "" {
		m := updatedFilter.FindStringSubmatch(filter)
		switch {
		case a.noFilter || filter != "state='open'" && m == nil:
			answer(w, http.StatusBadRequest, problem("Invalid filter."))
			return
		case m == nil:
			all = slices.DeleteFunc(all, func(i item) bool { return i["state"] != "open" })
		default:
			since, _ := strconv.ParseFloat(m[1], 64)
			all = slices.DeleteFunc(all, func(i item) bool { return number(i["updated"]) < since })
		}
	}
	if q.Get("sort") == "updated-" {
		slices.SortStableFunc(all, func(x, y item) int { return cmp.Compare(number(y["updated"]), number(x["updated"])) })
	}
	limit := len(all)
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	if a.pageSize > 0 {
		limit = min(limit, a.pageSize)
	}
	start, _ := strconv.Atoi(strings.TrimPrefix(q.Get("continuation_token"), "after-"))
	end := min(start+limit, len(all))
	reply := item{"items": all[start:end], "more_items_remaining": end < len(all), "continuation_token": nil, "total_item_count": nil}
	switch {
	case end < len(all) && q.Get("sort") == "":
		reply["continuation_token"] = fmt.Sprint("after-", end)
	case q.Get("sort") != "":
		reply["more_items_remaining"] = end < len(all)
	}
	answer(w, http.StatusOK, reply)
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	case int64:
		return float64(n)
	}
	return 0
}

func problem(message string) item {
	return item{"errors": []item{{"context": nil, "location_context": nil, "message": message}}}
}

func answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

func validJSON(raw []byte) bool { return json.Valid(raw) }
