package bundle_test

import (
	"errors"
	"fmt"
	"testing"

	"darksite/bundle"

	"github.com/stretchr/testify/require"
)

func TestRefusal(t *testing.T) {
	cause := errors.New("line 3: unknown key")
	for want, err := range map[string]error{
		`"a\x1b[31m" is a link [tar-link]`:                                 bundle.Refuse("tar-link", "%q is a link", "a\x1b[31m"),
		"the manifest cannot be read: line 3: unknown key [manifest-json]": bundle.RefuseFor("manifest-json", cause, "the manifest cannot be read"),
	} {
		require.EqualError(t, err, want)
	}
	wrapped := fmt.Errorf("open bundle: %w", bundle.RefuseFor("sums", cause, "x"))
	require.Equal(t, "sums", bundle.RefusalCode(wrapped))
	require.ErrorIs(t, wrapped, cause)
	require.Empty(t, bundle.RefusalCode(cause))
	require.Empty(t, bundle.RefusalCode(nil))
}
