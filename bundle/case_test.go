package bundle_test

import (
	"testing"

	"darksite/bundle"

	"github.com/stretchr/testify/require"
)

func TestNamesOfCases(t *testing.T) {
	for id, want := range map[string]bool{
		"T-ABCDEFGH22": true, "T-7777777777": true, "T-ABCDEFGH2": false, "T-ABCDEFGH222": false, "T-abcdefgh22": false,
		"T-ABCDEFGH01": false, "T-../../../x": false, "X-ABCDEFGH22": false, "": false, "00000001": false,
	} {
		require.Equal(t, want, bundle.ValidDraft(id), id)
	}
	for n, want := range map[string]bool{"00000001": true, "99999999": true, "0000001": false, "000000001": false, "0000000a": false, "": false, "١٢٣٤": false} {
		require.Equal(t, want, bundle.ValidNumber(n), n)
	}
}
