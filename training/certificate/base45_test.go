package certificate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples of RFC 9285, section 4.3 and 4.4.
func TestBase45(t *testing.T) {
	for plain, code := range map[string]string{"": "", "AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0"} {
		require.Equal(t, code, encode45([]byte(plain)))
		got, err := decode45(code)
		require.NoError(t, err)
		require.Equal(t, plain, string(got))
	}
	for _, bad := range []string{"A", "BB8A", ":::", "::", "GGW", "ab", "BB8\x00\x00"} {
		_, err := decode45(bad)
		require.Error(t, err, bad)
	}
}
