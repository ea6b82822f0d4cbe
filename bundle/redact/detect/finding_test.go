package detect

import (
	"testing"

	"darksite/bundle/redact/pseudonym"

	"github.com/stretchr/testify/require"
)

// TestOverlaps holds what becomes of two findings that share a part of a text.
func TestOverlaps(t *testing.T) {
	iqn := Finding{Start: 5, End: 20, Kind: pseudonym.IQN, Value: "iqn.2026-10.example:x", Learn: true}
	for _, c := range []struct {
		name       string
		have, want []Finding
	}{
		{
			"a form that proves itself wins over a longer one before it",
			[]Finding{{Start: 0, End: 19, Kind: pseudonym.FQDN, Value: "x"}, iqn},
			[]Finding{{Start: 0, End: 5, Kind: pseudonym.Name}, iqn},
		},
		{
			"and over a longer one behind it",
			[]Finding{iqn, {Start: 18, End: 90, Kind: pseudonym.Host, Value: "x"}},
			[]Finding{iqn, {Start: 20, End: 90, Kind: pseudonym.Host}},
		},
		{
			"of two names the longer one wins",
			[]Finding{{Start: 0, End: 6, Kind: pseudonym.Host, Value: "x"}, {Start: 4, End: 12, Kind: pseudonym.User, Value: "y"}},
			[]Finding{{Start: 0, End: 4, Kind: pseudonym.Host}, {Start: 4, End: 12, Kind: pseudonym.User, Value: "y"}},
		},
		{
			"what is left of a name with a grammar has none",
			[]Finding{iqn, {Start: 10, End: 60, Kind: pseudonym.NAA, Value: "6"}},
			[]Finding{{Start: 5, End: 10, Kind: pseudonym.Name}, {Start: 10, End: 60, Kind: pseudonym.NAA, Value: "6"}},
		},
		{
			"a secret covers both",
			[]Finding{iqn, {Start: 10, End: 60, Kind: pseudonym.Secret}},
			[]Finding{{Start: 5, End: 60, Kind: pseudonym.Secret}},
		},
		{
			"one inside another is part of it",
			[]Finding{iqn, {Start: 6, End: 9, Kind: pseudonym.Host, Value: "x"}},
			[]Finding{iqn},
		},
		{
			"of two for the same text the one that proves itself stays",
			[]Finding{{Start: 5, End: 20, Kind: pseudonym.Host, Value: "x"}, iqn},
			[]Finding{iqn},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, resolve(c.have))
		})
	}
}
