package arrayrest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOnlyTheConfiguredAddressIsDialled looks at the transport itself, because
// what it must refuse cannot be provoked through the client any more.
func TestOnlyTheConfiguredAddressIsDialled(t *testing.T) {
	base, err := parseURL("https://192.0.2.10:8443")
	require.NoError(t, err)
	c := newClient(Options{Target: "fa1", Token: "token"}, base, pinPrefix+strings.Repeat("0", 64))
	transport, ok := c.http.Transport.(*http.Transport)
	require.True(t, ok)
	require.Nil(t, transport.Proxy, "a proxy is another address, whatever the environment says")
	for _, other := range []string{"127.0.0.1:8443", "192.0.2.10:443", "192.0.2.11:8443", "fa1:8443"} {
		_, err := transport.DialContext(t.Context(), "tcp", other)
		require.ErrorContains(t, err, "refuse to dial "+other)
	}
}
