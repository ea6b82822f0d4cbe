package resttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/localmon/source/pinned"

	"github.com/stretchr/testify/require"
)

// Token is the API token an [Array] takes.
const Token = "3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c"

// Item is one item of a list.
type Item = map[string]any

// Dialect is how the array speaks.
type Dialect struct {
	Versions    string   // key of the version list
	Offers      []string // what is in it
	Unversioned bool     // log-in and log-out have no version in their path
}

// Array is a small array. Change its fields while it serves by [Array.Set]
// only.
type Array struct {
	*httptest.Server
	t       testing.TB
	dialect Dialect

	mu sync.Mutex
	// Versions are what the array offers.
	Versions []string
	// Items by path below the version; path?type=array or path?protocol=NFS
	// where one path gives several lists.
	Items map[string][]Item
	// PageSize is a cap the array sets silently.
	PageSize int
	// MaxNames is how many names one request may ask for; zero for any number.
	MaxNames int
	// Refuses lists filters the array does not understand; "*" is all of them.
	Refuses []string
	// Session is the only valid one; another number makes the array forget it.
	Session int
	// Logins, Logouts and Busiest count log-ins, log-outs and requests at once.
	Logins, Logouts, Busiest int
	// Bytes and Requests count what was answered below the version.
	Bytes, Requests int
	// Clock is the array's; the machine's when zero.
	Clock time.Time
	// Misbehave answers instead of the array when it returns true.
	Misbehave func(w http.ResponseWriter, r *http.Request, path string) bool

	asked []string // path?query of every GET below the version
	busy  int
}

// NewArray starts an array that knows the given paths and holds nothing.
func NewArray(t testing.TB, d Dialect, paths ...string) *Array {
	a := &Array{t: t, dialect: d, Versions: d.Offers, Items: map[string][]Item{}}
	for _, path := range paths {
		a.Items[path] = []Item{}
	}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	a.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests are about
	a.StartTLS()
	t.Cleanup(a.Close)
	return a
}

// Pin is that of the array's certificate.
func (a *Array) Pin() string {
	pin, err := pinned.Fetch(a.t.Context(), a.URL)
	require.NoError(a.t, err)
	return pin
}

// Set changes the array while it serves.
func (a *Array) Set(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// Queries lists the GETs of one path since the last call, as their query.
func (a *Array) Queries(path string) []string {
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

// Answers makes one path misbehave by the given handler.
func (a *Array) Answers(path string, how http.HandlerFunc) {
	a.Set(func() {
		a.Misbehave = func(w http.ResponseWriter, r *http.Request, asked string) bool {
			if asked == path {
				how(w, r)
			}
			return asked == path
		}
	})
}

// Breaks makes one path answer with a status.
func (a *Array) Breaks(path string, status int) {
	a.Answers(path, func(w http.ResponseWriter, _ *http.Request) { Answer(w, status, Problem("Internal error.")) })
}

// Says makes one path answer with these bytes.
func (a *Array) Says(path, body string) {
	a.Answers(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
}

// Heals ends all misbehaviour.
func (a *Array) Heals() { a.Set(func() { a.Misbehave = nil }) }

var (
	versioned     = regexp.MustCompile(`^/api/2\.\d+/(.+)$`)
	updatedFilter = regexp.MustCompile(`^updated>=(\d+)$`)
)

func (a *Array) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.busy++
	a.Busiest = max(a.Busiest, a.busy)
	misbehave := a.Misbehave
	a.mu.Unlock()
	defer a.Set(func() { a.busy-- })
	path, below := strings.TrimPrefix(r.URL.Path, "/api/"), false
	if m := versioned.FindStringSubmatch(r.URL.Path); m != nil {
		path, below = m[1], true
	}
	if misbehave != nil && misbehave(w, r, path) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.Clock.IsZero() {
		w.Header().Set("Date", a.Clock.UTC().Format(http.TimeFormat))
	}
	session := path == "login" || path == "logout"
	switch {
	case session && below == a.dialect.Unversioned:
		Answer(w, http.StatusNotFound, Problem("No such path in this dialect."))
	case path == "api_version" && !below:
		Answer(w, http.StatusOK, Item{a.dialect.Versions: a.Versions})
	case path == "login" && r.Method == http.MethodPost:
		if r.Header.Get("api-token") != Token {
			Answer(w, http.StatusUnauthorized, Problem("Invalid API token."))
			return
		}
		a.Logins++
		a.Session++
		w.Header().Set("x-auth-token", fmt.Sprint("session-", a.Session))
		Answer(w, http.StatusOK, Item{"items": []Item{{"username": "watcher"}}})
	case r.Header.Get("x-auth-token") != fmt.Sprint("session-", a.Session) || a.Session == 0:
		Answer(w, http.StatusUnauthorized, Problem("Invalid session."))
	case path == "logout" && r.Method == http.MethodPost:
		a.Logouts++
		a.Session++
		Answer(w, http.StatusOK, Item{})
	case r.Method != http.MethodGet || !below:
		a.t.Errorf("the client sent %s %s", r.Method, r.URL)
	default:
		a.Requests++
		a.asked = append(a.asked, path+"?"+r.URL.RawQuery)
		status, body := a.list(path, r.URL.Query())
		a.Bytes += Answer(w, status, body)
	}
}

// list answers one list by its query.
func (a *Array) list(path string, q url.Values) (int, Item) {
	all, ok := a.find(path, q)
	if !ok {
		return http.StatusBadRequest, Problem("Invalid path.")
	}
	all, refused := a.filtered(slices.Clone(all), q)
	if refused != "" {
		return http.StatusBadRequest, Problem(refused)
	}
	if q.Get("sort") == "updated-" {
		slices.SortStableFunc(all, func(x, y Item) int { return cmp.Compare(Number(y["updated"]), Number(x["updated"])) })
	}
	limit := len(all)
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	if a.PageSize > 0 {
		limit = min(limit, a.PageSize)
	}
	start, _ := strconv.Atoi(strings.TrimPrefix(q.Get("continuation_token"), "after-"))
	end := min(start+limit, len(all))
	reply := Item{"items": all[start:end], "continuation_token": nil, "total_item_count": nil}
	if !a.dialect.Unversioned {
		reply["more_items_remaining"] = end < len(all)
	}
	if end < len(all) && q.Get("sort") == "" {
		reply["continuation_token"] = fmt.Sprint("after-", end)
	}
	return http.StatusOK, reply
}

// find looks up a list by the queries that tell lists of one path apart.
func (a *Array) find(path string, q url.Values) ([]Item, bool) {
	for _, key := range []string{"protocol", "type"} {
		if all, ok := a.Items[path+"?"+key+"="+q.Get(key)]; ok {
			return all, true
		}
	}
	all, ok := a.Items[path]
	return all, ok
}

// filtered honours filter and names, and says what it refuses.
func (a *Array) filtered(all []Item, q url.Values) (kept []Item, refused string) {
	if filter := q.Get("filter"); filter != "" {
		m := updatedFilter.FindStringSubmatch(filter)
		switch {
		case slices.Contains(a.Refuses, "*") || slices.Contains(a.Refuses, filter):
			return nil, "Invalid filter."
		case m != nil:
			since, _ := strconv.ParseFloat(m[1], 64)
			all = slices.DeleteFunc(all, func(i Item) bool { return Number(i["updated"]) < since })
		case filter == "state='open'":
			all = slices.DeleteFunc(all, func(i Item) bool { return i["state"] != "open" })
		case filter == "state!='closed'":
			all = slices.DeleteFunc(all, func(i Item) bool { return i["state"] == "closed" })
		default:
			return nil, "Invalid filter."
		}
	}
	if !q.Has("names") {
		return all, ""
	}
	names := strings.Split(q.Get("names"), ",")
	if a.MaxNames > 0 && len(names) > a.MaxNames {
		return nil, "Too many names."
	}
	for _, name := range names {
		at := slices.IndexFunc(all, func(i Item) bool { return i["name"] == name })
		if at < 0 {
			return nil, name + " does not exist."
		}
		kept = append(kept, all[at])
	}
	return kept, ""
}

// Number reads a number of an item, whatever its type.
func Number(v any) float64 {
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

// Problem is the body of a refusal.
func Problem(message string) Item {
	return Item{"errors": []Item{{"context": nil, "location_context": nil, "message": message}}}
}

// Answer writes one reply and says how long its body is.
func Answer(w http.ResponseWriter, status int, body any) int {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
	return len(raw)
}
