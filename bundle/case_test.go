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

func TestIDsSplitAsTheyAreMade(t *testing.T) {
	site, seq, ok := bundle.NewID("S042", 17).Split()
	require.True(t, ok)
	require.Equal(t, "S042", site)
	require.EqualValues(t, 17, seq)
	_, seq, ok = bundle.NewID("S042", 12345678).Split()
	require.True(t, ok)
	require.EqualValues(t, 12345678, seq)
	for _, id := range []bundle.ID{"", "S042", "S042-", "S042-17", "S042-+00017", "S042-0000017", "S042--00017", "S042-000017-1", "S042-99999999999999999999"} {
		_, _, ok := id.Split()
		require.False(t, ok, id)
	}
}
