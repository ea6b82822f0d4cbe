package arrayact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// errGate says that a request is not one of the positive list.
var errGate = errors.New("refuse to send")

// Call is one line of the positive list.
type Call struct {
	Method string
	Path   string // below /api/2.N/, or the whole path when it begins with /
	Query  string // the one parameter it must have; none when empty
	Body   string // the pattern of its body; none when empty
}

// Calls is the positive list. There is no other.
func Calls() []Call {
	return []Call{
		{http.MethodGet, "/api/api_version", "", ""},
		{http.MethodPost, "/api/login", "", ""},
		{http.MethodPost, "/api/logout", "", ""},
		{http.MethodPost, "login", "", ""},
		{http.MethodPost, "logout", "", ""},
		{http.MethodPatch, "hardware", "names", `\{"identify_enabled":(true|false)\}`},
		{http.MethodPatch, "alerts", "names", `\{"flagged":true\}`},
		{http.MethodPost, "maintenance-windows", "names", `\{"timeout":[1-9][0-9]{4,7}\}`},
		{http.MethodDelete, "maintenance-windows", "names", ""},
		{http.MethodGet, "arrays/ntp-test", "", ""},
		{http.MethodGet, "syslog-servers/test", "", ""},
		{http.MethodGet, "snmp-managers/test", "", ""},
		{http.MethodGet, "alert-watchers/test", "", ""},
		{http.MethodGet, "directory-services/test", "names", ""},
		{http.MethodGet, "kmip/test", "names", ""},
	}
}

// maxBody is more than any body on the list.
const maxBody = 64

var version = regexp.MustCompile(`^/api/2\.[0-9]{1,3}/`)

// plainName is what may stand for one part, alert or service: one name, so that
// no list and no pattern widens a call.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)

// allows reports whether the call is this request.
func (c Call) allows(method, path string, query url.Values, body string) bool {
	if v := version.FindString(path); v != "" {
		path = strings.TrimPrefix(path, v)
	}
	if method != c.Method || path != c.Path || !regexp.MustCompile(`^(?:`+c.Body+`)$`).MatchString(body) {
		return false
	}
	if c.Query == "" {
		return len(query) == 0
	}
	given := query[c.Query]
	return len(query) == 1 && len(given) == 1 && plainName.MatchString(given[0])
}

// gate stands below the HTTP client and looks at every request before it leaves.
type gate struct {
	address string // host:port
	below   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g gate) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
			return nil, fmt.Errorf("read what is to be sent: %w", err)
		}
		if err := r.Body.Close(); err != nil {
			return nil, fmt.Errorf("read what is to be sent: %w", err)
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	known := slices.ContainsFunc(Calls(), func(c Call) bool { return c.allows(r.Method, r.URL.Path, query, string(body)) })
	if err != nil || !known || len(body) > maxBody || r.URL.Scheme != "https" || r.URL.Host != g.address || r.URL.User != nil || r.URL.RawPath != "" {
		return nil, fmt.Errorf("%w: %s %s is none of what the kit may do", errGate, r.Method, r.URL.Path)
	}
	sent := r.Clone(r.Context())
	sent.Body, sent.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		sent.Body, sent.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return g.below.RoundTrip(sent)
}
