package rule_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

func TestShippedRulesKeepTheirCases(t *testing.T) {
	s, err := rule.Shipped()
	require.NoError(t, err)
	require.NoError(t, s.Check())
}

// The number of an array's alert is found again in what the alert of the site rests
// on.
func TestTheNumberOfAnArraysAlert(t *testing.T) {
	set, err := rule.Shipped()
	require.NoError(t, err)
	e := rule.NewEvaluator(set, "fb-1", localmon.KindFlashBlade)
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	conditions := e.Evaluate(now, localmon.Batch{Target: "fb-1", At: now, AlertsRead: true, Alerts: []localmon.ArrayAlert{
		{ID: "x", Name: "17", Code: 1124, Severity: "warning", State: "open", ComponentType: "directory-service", Component: "ad", Summary: "lookup failed"},
	}})
	require.NotEmpty(t, conditions)
	for _, c := range conditions {
		require.Equal(t, 1124, rule.CodeOf(localmon.Alert{Evidence: append([]string{"drive CH0.BAY3 code 7"}, c.Evidence...)}))
	}
	require.Zero(t, rule.CodeOf(localmon.Alert{Evidence: []string{"drive CH0.BAY3 failed", "array alert 1 code x open", "array alert code 12 open"}}))
}
