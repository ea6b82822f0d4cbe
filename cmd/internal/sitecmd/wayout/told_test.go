package wayout

import (
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// TestUnknownAmong holds that a name of the site goes though a question is called so too.
func TestUnknownAmong(t *testing.T) {
	names := []string{"net-07", "a1", "easy"}
	known := []redact.Known{{Kind: redact.Host, Value: "NET-07"}, {Kind: redact.Volume, Value: "easy2"}}
	require.Equal(t, []string{"a1", "easy"}, unknownAmong(names, known))
	require.Equal(t, names, unknownAmong(names, nil))
	require.Equal(t, []string{"net-07", "a1", "easy"}, names, "the names are the caller's")
}
