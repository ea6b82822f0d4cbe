package rule_test

import (
	"testing"

	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

func TestShippedRulesKeepTheirCases(t *testing.T) {
	s, err := rule.Shipped()
	require.NoError(t, err)
	require.NoError(t, s.Check())
}
