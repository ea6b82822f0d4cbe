package arrayact_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayact"

	"github.com/stretchr/testify/require"
)

// array writes down all it is sent and answers as told.
type array struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []string
	status map[string]int    // by "METHOD path"
	reply  map[string]string // by path
}

func newArray(t *testing.T) *array {
	a := &array{status: map[string]int{}, reply: map[string]string{"/api/api_version": `{"version":["1.19","2.4","2.26","2.99"]}`}}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.heard = append(a.heard, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		if strings.HasSuffix(r.URL.Path, "login") && r.Header.Get("Api-Token") == "secret" {
			w.Header().Set("X-Auth-Token", "session")
		} else if r.URL.Path != "/api/api_version" && r.Header.Get("X-Auth-Token") != "session" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		if code := a.status[r.Method+" "+r.URL.Path]; code != 0 {
			w.WriteHeader(code)
		}
		fmt.Fprint(w, a.reply[r.URL.Path])
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *array) client(t *testing.T, kind localmon.Kind) *arrayact.Client {
	t.Helper()
	sum := sha256.Sum256(a.Certificate().Raw)
	c, err := arrayact.New(arrayact.Options{Target: "fa-1", Kind: kind, URL: a.URL, Token: "secret", Pin: "sha256:" + hex.EncodeToString(sum[:])})
	require.NoError(t, err)
	return c
}

const wellDone = `{"items":[{"component_name":"ct0","success":true},{"component_name":"ct1","success":true}]}`

// What leaves the client, to the byte.
func TestWhatIsSent(t *testing.T) {
	acts := map[string]struct {
		do   func(t *testing.T, c *arrayact.Client) error
		want string
	}{
		"light":     {func(t *testing.T, c *arrayact.Client) error { return c.Locate(t.Context(), "CH0.BAY3", true) }, `PATCH /api/2.26/hardware?names=CH0.BAY3 {"identify_enabled":true}`},
		"dark":      {func(t *testing.T, c *arrayact.Client) error { return c.Locate(t.Context(), "CH0.BAY3", false) }, `PATCH /api/2.26/hardware?names=CH0.BAY3 {"identify_enabled":false}`},
		"flag":      {func(t *testing.T, c *arrayact.Client) error { return c.Flag(t.Context(), "8120") }, `PATCH /api/2.26/alerts?names=8120 {"flagged":true}`},
		"mute":      {func(t *testing.T, c *arrayact.Client) error { return c.Mute(t.Context(), time.Hour) }, `POST /api/2.26/maintenance-windows?names=environment {"timeout":3600000}`},
		"unmute":    {func(t *testing.T, c *arrayact.Client) error { return c.Unmute(t.Context()) }, `DELETE /api/2.26/maintenance-windows?names=environment`},
		"ntp":       {func(t *testing.T, c *arrayact.Client) error { return c.Test(t.Context(), "ntp") }, `GET /api/2.26/arrays/ntp-test`},
		"syslog":    {func(t *testing.T, c *arrayact.Client) error { return c.Test(t.Context(), "syslog") }, `GET /api/2.26/syslog-servers/test`},
		"snmp":      {func(t *testing.T, c *arrayact.Client) error { return c.Test(t.Context(), "snmp") }, `GET /api/2.26/snmp-managers/test`},
		"mail":      {func(t *testing.T, c *arrayact.Client) error { return c.Test(t.Context(), "mail") }, `GET /api/2.26/alert-watchers/test`},
		"directory": {func(t *testing.T, c *arrayact.Client) error { return c.Test(t.Context(), "directory") }, `GET /api/2.26/directory-services/test?names=management`},
		"kmip":      {func(t *testing.T, c *arrayact.Client) error { return c.Test(t.Context(), "kmip") }, `GET /api/2.26/kmip/test?names=kmip`},
	}
	for name, c := range acts {
		t.Run(name, func(t *testing.T) {
			a := newArray(t)
			path, _, _ := strings.Cut(strings.Fields(c.want)[1], "?")
			a.reply[path] = wellDone
			require.NoError(t, c.do(t, a.client(t, "")))
			require.Equal(t, []string{"GET /api/api_version", "POST /api/2.26/login", c.want, "POST /api/2.26/logout"}, a.heard)
		})
	}
	t.Run("a FlashBlade has its log-in elsewhere", func(t *testing.T) {
		a := newArray(t)
		a.reply["/api/api_version"] = `{"versions":["2.4","2.16"]}`
		require.NoError(t, a.client(t, localmon.KindFlashBlade).Locate(t.Context(), "CH1.FB3", true))
		require.Equal(t, []string{"GET /api/api_version", "POST /api/login", `PATCH /api/2.16/hardware?names=CH1.FB3 {"identify_enabled":true}`, "POST /api/logout"}, a.heard)
	})
}

// No name makes one call a call for more, or another call.
func TestNoNameWidensACall(t *testing.T) {
	for _, name := range []string{"", "*", "CH0.BAY3,CH0.BAY4", "a b", "a&names=b", "../volumes", "a\r\nX: y", "-x", "é", strings.Repeat("a", 65), "%2A"} {
		a := newArray(t)
		require.ErrorContains(t, a.client(t, "").Locate(t.Context(), name, true), "refuse to send", "%q", name)
		require.NotContains(t, strings.Join(a.heard, "\n"), "PATCH", "%q", name)
	}
	a := newArray(t)
	for _, d := range []time.Duration{0, time.Second, 25 * time.Hour, -time.Hour} {
		require.ErrorContains(t, a.client(t, "").Mute(t.Context(), d), "want a minute to a day")
	}
	require.ErrorContains(t, a.client(t, "").Test(t.Context(), "support"), "no test")
	require.Empty(t, a.heard)
}

func TestWhatTheArrayAnswers(t *testing.T) {
	cases := []struct {
		name string
		set  func(a *array)
		want string
	}{
		{"no right", func(a *array) {
			a.status["PATCH /api/2.26/hardware"] = 403
			a.reply["/api/2.26/hardware"] = `{"errors":[{"message":"Operation not permitted."}]}`
		}, "the array answers 403: Operation not permitted."},
		{"a redirect", func(a *array) { a.status["PATCH /api/2.26/hardware"] = 307 }, "the array answers 307"},
		{"no log-in", func(a *array) { a.status["POST /api/2.26/login"] = 401 }, "log in: the array answers 401"},
		{"too old", func(a *array) { a.reply["/api/api_version"] = `{"version":["1.19"]}` }, "offers no REST 2"},
		{"no version list", func(a *array) { a.reply["/api/api_version"] = `rubbish` }, "ask for versions"},
		{"an endless reply", func(a *array) { a.reply["/api/2.26/hardware"] = strings.Repeat("x", 2<<20) }, "more than 1048576 bytes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := newArray(t)
			c.set(a)
			err := a.client(t, "").Locate(t.Context(), "CH0.BAY3", true)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "session")
		})
	}
	for name, c := range map[string]struct{ reply, want string }{
		"a test that failed":      {`{"items":[{"component_name":"ct0","success":true},{"component_name":"ct1","success":false,"result_details":"no route"}]}`, "did not succeed: ct1 no route"},
		"a test without a word":   {`{"items":[{"component_name":"ct0"}]}`, "did not succeed: ct0"},
		"a test without a result": {`{"items":[]}`, "tells no result"},
		"no reply at all":         {``, "read the results"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArray(t)
			a.reply["/api/2.26/arrays/ntp-test"] = c.reply
			require.ErrorContains(t, a.client(t, "").Test(t.Context(), "ntp"), c.want)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	good := arrayact.Options{Target: "fa-1", URL: "https://127.0.0.1:1", Token: "x", Pin: "sha256:" + strings.Repeat("a", 64)}
	for name, spoil := range map[string]func(o *arrayact.Options){
		"plain http": func(o *arrayact.Options) { o.URL = "http://127.0.0.1" },
		"no pin":     func(o *arrayact.Options) { o.Pin = "" },
		"no token":   func(o *arrayact.Options) { o.Token = "" },
		"two lines":  func(o *arrayact.Options) { o.Token = "a\nb" },
	} {
		o := good
		spoil(&o)
		_, err := arrayact.New(o)
		require.Error(t, err, name)
	}
	_, err := arrayact.New(good)
	require.NoError(t, err)
}
