package pinned

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

// TestOnlyTheConfiguredAddressIsDialled looks at the transport itself, because
// what it must refuse cannot be provoked through a client any more.
func TestOnlyTheConfiguredAddressIsDialled(t *testing.T) {
	base, err := ParseURL("https://192.0.2.10:8443")
	require.NoError(t, err)
	transport := Transport(HostPort(base), prefix+strings.Repeat("0", 64), 4)
	require.Nil(t, transport.Proxy, "a proxy is another address, whatever the environment says")
	for _, other := range []string{"127.0.0.1:8443", "192.0.2.10:443", "192.0.2.11:8443", "fa1:8443"} {
		_, err := transport.DialContext(t.Context(), "tcp", other)
		require.ErrorContains(t, err, "refuse to dial "+other)
	}
}

func TestOnlyThePinnedCertificateIsBelieved(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "https://192.0.2.1/", http.StatusFound)
		}
	}))
	defer server.Close()
	pin, err := Fetch(t.Context(), server.URL)
	require.NoError(t, err)
	base, err := ParseURL(server.URL)
	require.NoError(t, err)
	get := func(pin, path string) (int, error) {
		c := &http.Client{Transport: Transport(HostPort(base), pin, 1), CheckRedirect: NoRedirect}
		defer c.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		resp, err := c.Do(req)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	status, err := get(pin, "/")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	status, err = get(pin, "/away")
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, status, "a redirect is an answer and no way to go")

	other := prefix + strings.Repeat("0", 64)
	_, err = get(other, "/")
	require.ErrorIs(t, err, localmon.ErrCertificateChanged)
	var changed *CertificateError
	require.ErrorAs(t, err, &changed)
	require.Equal(t, CertificateError{Want: other, Got: pin}, *changed)
	_, err = get("", "/")
	require.ErrorIs(t, err, localmon.ErrCertificateChanged, "no pin is no leave to believe any certificate")
}

func TestParseURLTakesAnAddressAndNothingMore(t *testing.T) {
	for _, bad := range []string{"", "http://10.1.0.1", "https://", "https://10.1.0.1/api", "https://u:p@10.1.0.1", "https://10.1.0.1?x=1", "https://10.1.0.1#x", "10.1.0.1", "https://[::1"} {
		_, err := ParseURL(bad)
		require.Error(t, err, bad)
	}
	for good, want := range map[string]string{"https://10.1.0.1": "10.1.0.1:443", "https://10.1.0.1:8443/": "10.1.0.1:8443", "https://[fd00::1]": "[fd00::1]:443"} {
		u, err := ParseURL(good)
		require.NoError(t, err)
		require.Equal(t, want, HostPort(u))
	}
}

func FuzzParse(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("0A:", 31) + "0A")
	f.Fuzz(func(t *testing.T, s string) {
		pin, err := Parse(s)
		if err != nil {
			return
		}
		require.Len(t, pin, len(prefix)+64)
		again, err := Parse(pin)
		require.NoError(t, err)
		require.Equal(t, pin, again)
	})
}
