package arrayact

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sent counts what passes the gate.
type sent []string

func (s *sent) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	*s = append(*s, r.Method+" "+r.URL.RequestURI()+" "+string(body))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// The gate stands below any code that could be written above it.
func TestTheGate(t *testing.T) {
	cases := []struct {
		method, url, body string
		passes            bool
	}{
		{"PATCH", "https://a:443/api/2.26/hardware?names=CH0.BAY3", `{"identify_enabled":true}`, true},
		{"GET", "https://a:443/api/2.4/arrays/ntp-test", "", true},
		{"GET", "https://a:443/api/2.4/support/test", "", false},
		{"GET", "https://a:443/api/2.4/volumes", "", false},
		{"DELETE", "https://a:443/api/2.4/volumes?names=v", "", false},
		{"PATCH", "https://a:443/api/2.26/hardware", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26/hardware?names=a&names=b", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26/hardware?names=a&ids=b", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26/hardware?names=a", `{"identify_enabled":true,"x":1}`, false},
		{"PATCH", "https://a:443/api/2.26/hardware?names=a", `{"identify_enabled":true}` + strings.Repeat(" ", 100), false},
		{"PATCH", "https://a:443/api/2.26/hardware?names=a", "", false},
		{"PATCH", "https://a:443/api/2.26/alerts?names=a", `{"flagged":false}`, false},
		{"POST", "https://a:443/api/2.26/hardware?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26/hardware/?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26/../2.26/hardware?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26%2Fhardware?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "https://b:443/api/2.26/hardware?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "http://a:443/api/2.26/hardware?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "https://u:p@a:443/api/2.26/hardware?names=a", `{"identify_enabled":true}`, false},
		{"PATCH", "https://a:443/api/2.26/hardware?names=a;b=c", `{"identify_enabled":true}`, false},
		{"POST", "https://a:443/api/2.26/maintenance-windows?names=environment", `{"timeout":999999999}`, false},
		{"POST", "https://a:443/api/2.26/login", `{"x":1}`, false},
		{"CONNECT", "https://a:443/api/login", "", false},
	}
	for _, c := range cases {
		var below sent
		r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
		require.NoError(t, err)
		resp, err := gate{"a:443", &below}.RoundTrip(r)
		if c.passes {
			require.NoError(t, err, c.url)
			require.NoError(t, resp.Body.Close())
			require.Len(t, below, 1)
			continue
		}
		require.ErrorIs(t, err, errGate, "%s %s %s", c.method, c.url, c.body)
		require.Empty(t, below)
	}
}

// Nothing on the list reads or changes data, reaches the vendor, or restarts.
func TestTheListIsShort(t *testing.T) {
	for _, c := range Calls() {
		for _, no := range []string{"volume", "host", "pod", "protection", "support", "reboot", "controllers", "admins", "file-system", "bucket"} {
			require.NotContains(t, c.Path, no)
		}
		if c.Method == http.MethodPatch || c.Method == http.MethodPost {
			require.True(t, c.Body != "" || strings.HasSuffix(c.Path, "login") || strings.HasSuffix(c.Path, "logout"), "%s %s would take any body", c.Method, c.Path)
		}
	}
	require.Len(t, Calls(), 15, "whoever makes the list longer says here why")
}

// Whatever passes the gate is one of the list, to the byte.
func FuzzGate(f *testing.F) {
	f.Add("PATCH", "/api/2.26/hardware", "names=CH0.BAY3", `{"identify_enabled":true}`)
	f.Add("GET", "/api/2.26/kmip/test", "names=kmip", "")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := &http.Request{Method: method, URL: &url.URL{Scheme: "https", Host: "a:443", Path: path, RawQuery: query}, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}
		var below sent
		resp, err := gate{"a:443", &below}.RoundTrip(r.WithContext(t.Context()))
		if err != nil {
			require.Empty(t, below)
			return
		}
		require.NoError(t, resp.Body.Close())
		require.LessOrEqual(t, len(body), maxBody)
		require.Regexp(t, `^(GET|POST|PATCH|DELETE) /api/(2\.[0-9]{1,3}/)?[a-z_/-]+(\?names=[A-Za-z0-9._:-]+)? (\{"(identify_enabled|flagged|timeout)":(true|false|[0-9]+)\})?$`, below[0])
	})
}
