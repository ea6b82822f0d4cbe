package replies

import (
	"testing"

	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

func TestWhatBecomesOfARuleIsSaidInWords(t *testing.T) {
	kit, err := rule.Site{}.Join()
	require.NoError(t, err)
	find := func(id string) rule.Rule {
		for _, r := range kit.Rules {
			if r.ID == id {
				return r
			}
		}
		require.Fail(t, "the kit has no rule "+id)
		return rule.Rule{}
	}
	was, is := find("drive-failed"), find("drive-failed")
	is.Severity, is.Runbook, is.Hard = 3, "ntp-drift", false
	for name, c := range map[string]struct {
		change rule.Change
		want   []string
	}{
		"added":   {rule.Change{Rule: "drive-failed", Is: &was}, []string{"adds drive-failed, severity 2: " + was.About}},
		"removed": {rule.Change{Rule: "x", Was: &was, Loosens: []string{"nothing tells what it told"}}, []string{"takes x away", "LOOSENS: nothing tells what it told"}},
		"off":     {rule.Change{Rule: "x", Was: &was, Off: "too loud"}, []string{"switches x off: too loud"}},
		"changed": {
			rule.Change{Rule: "drive-failed", Was: &was, Is: &is, Loosens: []string{"severity 3 instead of 2", "one look is no longer enough"}},
			[]string{
				"changes drive-failed", "no longer: severity 2", "no longer: runbook drive-failed", "no longer: one look is enough",
				"now: severity 3", "now: runbook ntp-drift", "now: two of three looks have to say so",
				"LOOSENS: severity 3 instead of 2; one look is no longer enough",
			},
		},
		"cases alone": {rule.Change{Rule: "x", Was: &was, Is: &was}, []string{"changes x: words or cases beside it alone"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, ruleChangeWords(c.change)) })
	}
}
