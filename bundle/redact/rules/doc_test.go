package rules_test

import (
	"testing"

	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

func TestShippedRulesAreComplete(t *testing.T) {
	all, err := rules.Shipped()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	seen := map[string]bool{}
	for _, r := range all {
		require.False(t, seen[r.ID], "two rules named %s", r.ID)
		seen[r.ID] = true
		require.NotEmpty(t, r.Why, r.ID)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no id":            "kind: secret\nhit: a -> b\nmiss: c",
		"unknown kind":     "id: x\nkind: colour\nhit: a -> b\nmiss: c",
		"unknown word":     "id: x\nkinds: secret",
		"no cases":         "id: x\nkind: secret",
		"hit without text": "id: x\nkind: secret\nhit: a",
		"short prefix":     "id: x\nkind: secret\nprefix: a 1 word",
		"unknown alphabet": "id: x\nkind: secret\nprefix: a 8 runes",
		"no colon":         "id",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Parse("site.rule", text)
			require.Error(t, err)
			require.Contains(t, err.Error(), "site.rule")
		})
	}
}
